"""Paragraphs of a section: plain text, escaped, or CommonMark without raw HTML."""

import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from feedstream.rolling.lines import Line, blocks, has_long, is_wrapped
from feedstream.rolling.values import Kind, Paragraph

MARKDOWN_BLOCK = 10_000  # characters: what marks can cost grows with the square of a block
_FENCES = ("```", "~~~")
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_DEFINITION = re.compile(r"\s{0,3}\[[^\[\]]{1,200}\]:\s{0,9}\S")
_OUTLINE = MarkdownIt("commonmark", {"html": False})
_OUTLINE.core.ruler.enableOnly(["normalize", "block"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How this copy is read: `references` are the link definitions of the whole Markdown copy,
    `code` the indexes of its lines that are code, where nothing is a header."""

    kind: Kind
    references: MutableMapping[str, Any] = field(default_factory=dict)
    code: frozenset[int] = frozenset()


def reading_of(lines: Sequence[Line], kind: Kind) -> Reading:
    """How to read `lines`, all of the copy."""
    if kind == "plain":
        return Reading(kind=kind)
    references: dict[str, Any] = {}
    tokens = _OUTLINE.parse("\n".join(line.text for line in lines), references)
    spans = (token.map for token in tokens if token.type in ("fence", "code_block") and token.map)
    code = frozenset(n for start, end in spans for n in range(start, end))
    return Reading(kind=kind, references=references, code=code)


def paragraphs_of(lines: Sequence[Line], reading: Reading) -> tuple[Paragraph, ...]:
    """The paragraphs of a section without its headline and credit lines.

    A section that `is_heavy` is plain text even in Markdown copy.
    """
    if reading.kind == "plain" or is_heavy(lines, reading):
        return tuple(_plain(lines))
    return tuple(_markdown(_parted(lines), reading))


def without_definitions(lines: Sequence[Line], reading: Reading) -> list[Line]:
    """`lines` without the link definitions that close them: they show nothing."""
    end = len(lines)
    while end and (lines[end - 1].blank or _defines(lines[end - 1], reading)):
        end -= 1
    return list(lines[:end])


def _defines(line: Line, reading: Reading) -> bool:
    return reading.kind == "markdown" and bool(_DEFINITION.match(line.text))


def is_heavy(lines: Sequence[Line], reading: Reading) -> bool:
    """Whether these Markdown lines hold a block too long to be read as Markdown."""
    return reading.kind == "markdown" and any(
        sum(len(line.text) for line in block) > MARKDOWN_BLOCK for block in blocks(lines)
    )


def plain_text(text: str, kind: Kind) -> str:
    """One line of copy without its Markdown marks."""
    if kind == "plain" or len(text) > MARKDOWN_BLOCK:
        return text.strip("* ")
    return " ".join(_text(_MARKDOWN.parseInline(text.strip())).split())


def _plain(lines: Sequence[Line]) -> Iterator[Paragraph]:
    parts = blocks(lines) if is_wrapped(lines) else [[line] for line in lines if not line.blank]
    for part in parts:
        text = " ".join(line.text for line in part)
        yield Paragraph(text=text, html=f"<p>{escape(text, quote=False)}</p>", line=part[0].number)


def _parted(lines: Sequence[Line]) -> list[Line]:
    """`lines` with a blank one between paragraphs that were written one a line.

    CommonMark would join them; a line wider than anybody wraps shows that they are not wrapped.
    """
    if not has_long(lines) or any(line.text.lstrip().startswith(_FENCES) for line in lines):
        return list(lines)
    parted: list[Line] = []
    for one, two in zip(lines, [*lines[1:], Line(0, "")], strict=True):
        parted.append(one)
        if _prose(one.text) and _prose(two.text):
            parted.append(Line(one.number, ""))
    return parted


def _prose(text: str) -> bool:
    """Whether a line begins as prose does: not a list, quotation, heading, table or code."""
    return text[:1].isalpha() or text[:1] in "“‘\"'«("


def _markdown(lines: Sequence[Line], reading: Reading) -> Iterator[Paragraph]:
    env = reading.references
    tokens = _MARKDOWN.parse("\n".join(line.text for line in lines), env)
    for group in _top_level(tokens):
        html = _MARKDOWN.renderer.render(group, _MARKDOWN.options, env).rstrip("\n")
        first = group[0].map[0] if group[0].map else 0
        text = " ".join(_text(group).split())
        yield Paragraph(text=text, html=html, line=lines[first].number)


def _top_level(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


def _text(tokens: Sequence[Token]) -> str:
    """What a reader sees of `tokens`."""
    parts: list[str] = []
    for token in tokens:
        if token.children:
            parts.append(_text(token.children))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type == "inline" or token.block:
            parts.append(f" {token.content} ")
        else:
            parts.append(token.content)
    return "".join(parts)
