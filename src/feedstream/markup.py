"""HTML comes in here, once: text and Markdown become HTML, and all HTML is sanitised.

What passes is safe to publish for ever: it is stored in events and never cleaned again, so that a
replay does not depend on a sanitiser's version.
"""

import html
import re
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

import nh3
from markdown_it import MarkdownIt

from feedstream.errors import Invalid

TAGS = frozenset(
    [
        *("a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em"),
        *("audio", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins"),
        *("kbd", "li", "mark", "ol", "p", "picture", "pre", "q", "s", "small", "source", "strong"),
        *("sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul"),
        "video",
    ]
)
ATTRIBUTES: Mapping[str, set[str]] = {
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "audio": {"src", "controls"},
    "blockquote": {"cite"},
    "img": {"src", "srcset", "sizes", "alt", "title", "width", "height"},
    "ol": {"start"},
    "q": {"cite"},
    "source": {"src", "srcset", "sizes", "media", "type", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"src", "poster", "controls", "width", "height"},
}
_DROPPED_WHOLE = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math"}
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_markdown = MarkdownIt("commonmark", {"html": False})


def strip_control(text: str) -> str:
    """`text` without what XML 1.0 §2.2 forbids, and without other controls that no text needs; its
    line ends are `\\n`.
    """
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

    Links may be http, https, mailto or tel. Relative addresses (those in `srcset`, `poster` and
    `cite` too) are resolved against `base`, an absolute one, or dropped where there is none: a body
    is read far from the page it came from. Raises `Invalid` for markup nested so deeply that
    cleaning it would stall.
    """
    if tree_work(markup) > MAX_WORK:
        raise Invalid("The HTML nests its tags too deeply to be cleaned: flatten it.")
    return nh3.clean(
        strip_control(markup),
        tags=set(TAGS),
        clean_content_tags=_DROPPED_WHOLE,
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto", "tel"},
        attribute_filter=_addresses(markup, base),
        url_relative=("rewrite_with_base", base) if base else "deny",
        link_rel=None,
        strip_comments=True,
    ).strip()


_Filter = Callable[[str, str, str], str | None]
_OTHERS = re.compile(r"srcset|cite", re.IGNORECASE)
_DESCRIPTOR = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?[wx]")
_ENDS = re.compile(r"(\s[0-9.]{1,19}[wx])\s?,")
_MOST_CANDIDATES = 50


def _addresses(markup: str, base: str) -> _Filter | None:
    """The filter for attributes whose addresses the sanitiser does not know; None for no such."""

    def keep(_: str, name: str, value: str) -> str | None:
        if name == "srcset":
            return _srcset(value, base) or None
        return _absolute(value, base) or None if name == "cite" else value

    return keep if _OTHERS.search(markup) else None


def _srcset(value: str, base: str) -> str:
    """The candidates of a `srcset` (HTML §4.8.4.2.1), each at an absolute address."""
    kept = []
    parted = _ENDS.sub(r"\1, ", value)  # a comma ends a descriptor, but may stand in an address
    for candidate in re.split(r",\s+|,$", parted, maxsplit=_MOST_CANDIDATES)[:_MOST_CANDIDATES]:
        url, *descriptors = candidate.split() or [""]
        address = _absolute(url, base)
        if address and all(map(_DESCRIPTOR.fullmatch, descriptors)):
            kept.append(" ".join([address, *descriptors]))
    return ", ".join(kept)


def _absolute(url: str, base: str) -> str:
    """The address on the web that `url` means on the page `base`; empty where that is none."""
    try:
        address = urljoin(base, url.strip())
        parts = urlsplit(address)
    except ValueError:
        return ""
    web = parts.scheme in ("http", "https") and parts.hostname
    return re.sub(r"\s", "%20", address) if web else ""


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
