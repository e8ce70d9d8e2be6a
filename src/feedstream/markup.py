"""HTML comes in here, once: text and Markdown become HTML, and all HTML is sanitised.

What passes is safe to publish for ever: it is stored in events and never cleaned again, so that a
replay does not depend on a sanitiser's version.
"""

import html
import re
from collections.abc import Mapping

import nh3
from markdown_it import MarkdownIt

from feedstream.errors import Invalid

TAGS = frozenset(
    [
        *("a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em"),
        *("figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd"),
        *("li", "mark", "ol", "p", "pre", "q", "s", "small", "strong", "sub", "sup", "table"),
        *("tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul"),
    ]
)
ATTRIBUTES: Mapping[str, set[str]] = {
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_DROPPED_WHOLE = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_markdown = MarkdownIt("commonmark", {"html": False})


def strip_control(text: str) -> str:
    """`text` without the characters that XML 1.0 §2.2 forbids, and with `\\n` line ends."""
    return _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


MAX_WORK = 2_000_000
"""Open tags times depth: a sanitiser's tree costs about that much."""

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)")
_SELF_CLOSING = frozenset(
    [
        *(
            "area",
            "base",
            "br",
            "col",
            "embed",
            "hr",
            "img",
            "input",
            "link",
            "meta",
            "param",
            "source",
            "track",
            "wbr",
        ),
        *("p", "li", "dd", "dt", "tr", "td", "th", "thead", "tbody", "tfoot", "option"),
    ]
)


def tree_work(markup: str) -> int:
    """How much a tree of `markup` may cost: its tags times how many are open at once at most."""
    tags = depth = deepest = 0
    open_: dict[str, int] = {}
    for closing, name in _TAG.findall(markup.lower()):
        tags += 1
        if name in _SELF_CLOSING:
            continue
        if not closing:
            open_[name] = open_.get(name, 0) + 1
            depth += 1
        elif open_.get(name):
            open_[name] -= 1
            depth -= 1
        deepest = max(deepest, depth)
    return tags * deepest


def sanitise(markup: str, *, base: str = "") -> str:
    """`markup` with only the allowed tags and attributes, well nested.

    Links may be http, https, mailto or tel. Relative addresses are resolved against `base`, an
    absolute one, or dropped where there is none: a body is read far from the page it came from.
    Raises `Invalid` for markup nested so deeply that cleaning it would stall.
    """
    if tree_work(markup) > MAX_WORK:
        raise Invalid("The HTML nests its tags too deeply to be cleaned: flatten it.")
    return nh3.clean(
        strip_control(markup),
        tags=set(TAGS),
        clean_content_tags=_DROPPED_WHOLE,
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto", "tel"},
        url_relative=("rewrite_with_base", base) if base else "deny",
        link_rel=None,
        strip_comments=True,
    ).strip()


def from_text(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs, single line ends become `<br>`."""
    blocks = re.split(r"\n[ \t]*\n", strip_control(text).strip())
    return "\n".join(
        f"<p>{html.escape(block.strip(), quote=False).replace(chr(10), '<br>')}</p>"
        for block in blocks
        if block.strip()
    )


def from_markdown(text: str) -> str:
    """CommonMark as sanitised HTML; raw HTML in it is shown as text."""
    return sanitise(_markdown.render(strip_control(text)))


def to_text(markup: str) -> str:
    """The words of some HTML, in one line."""
    spaced = re.sub(r"<(?:/p|/li|/h[2-6]|br|/td|/blockquote)[^<>]*>", " ", markup)
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())


def objection(markup: str) -> str | None:
    """Why `markup` may not enter an event as it is: a sentence, or None where it may."""
    if _substance(markup) == _substance(sanitise(markup)):
        return None
    return "the body holds markup that is not admitted (scripts, handlers, styles or odd tags)"


def _substance(markup: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(markup)).strip()
