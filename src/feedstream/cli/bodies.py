"""The text of a story or an update, from an option, a file or standard input, as HTML."""

import sys
from pathlib import Path

from feedstream import markup
from feedstream.errors import Invalid

MOST_BYTES = 8 * 1024 * 1024
_MARKDOWN = (".md", ".markdown", ".mdown")
_HTML = (".html", ".htm", ".xhtml")


def read_bytes(name: str, most: int = MOST_BYTES) -> bytes:
    """The content of a file or, for "-", of standard input, one byte more than `most` at most.

    Raises `Invalid` where it can't be read.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(most + 1)
        with Path(name).open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise Invalid(f"{name} can't be read: {error.strerror}.") from error


def read_body(
    body: str | None, file: str | None, *, markdown: bool, html: bool, required: bool
) -> str | None:
    """The body as sanitised HTML; None where none was given and none is `required`.

    A required body comes from standard input where nothing else gives it and it is no terminal.
    Raises `Invalid`.
    """
    if body is not None and file is not None:
        raise Invalid("Give the text with --body or with --file, not with both.")
    if markdown and html:
        raise Invalid("Give --markdown or --html, not both.")
    if body is None and file is None:
        if not required:
            return None
        if sys.stdin.isatty():
            raise Invalid("There is no text: give --body TEXT, --file FILE, or pipe it in.")
        file = "-"
    text = body if body is not None else _text(file or "-")
    return _as_html(text, (file or "").lower(), markdown=markdown, html=html)


def _text(name: str) -> str:
    content = read_bytes(name)
    if len(content) > MOST_BYTES:
        raise Invalid(f"{name} is larger than {MOST_BYTES // 1024**2} MiB: that is no report.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Invalid(f"{name} is not UTF-8 (first seen in line {line}): save it so.") from error


def _as_html(text: str, name: str, *, markdown: bool, html: bool) -> str:
    if html or (name.endswith(_HTML) and not markdown):
        return markup.sanitise(text)
    if markdown or name.endswith(_MARKDOWN):
        return markup.from_markdown(text)
    return markup.from_text(text)
