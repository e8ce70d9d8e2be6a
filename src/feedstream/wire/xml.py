"""Partners' XML, read with every door shut: no DTD, no entities, no network, bounded depth."""

import html
import re
from collections.abc import Iterator
from html.entities import name2codepoint

from lxml import etree

from feedstream.errors import Invalid
from feedstream.markup import strip_control

MAX_DEPTH = 100
_SPACE = re.compile(r"\s*")
_ASIDES = (("<?", "?>"), ("<!--", "-->"))
_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*\?>")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_HTML_NAME = re.compile(r"[^A-Za-z0-9]|^[^A-Za-z]+")
_XML_OWN = frozenset(("lt", "gt", "amp", "quot", "apos"))


def parse_xml(text: str) -> tuple[etree._Element, bool]:
    """The root of a document, and whether it had to be mended to be well formed.

    Raises `Invalid` for a DTD, for elements nested deeper than `MAX_DEPTH`, and for what can't be
    read as XML at all. Names such as `&nbsp;` that HTML has and XML lacks become their characters.
    """
    text = _DECLARATION.sub("", strip_control(text)).strip()
    start = past_prolog(text)
    if text[start : start + 9].upper() == "<!DOCTYPE" or "<!ENTITY" in text[:100_000]:
        raise Invalid(
            "The document has a DTD (<!DOCTYPE or <!ENTITY), which is refused because entities can "
            "be made to swell; ask the partner for plain RSS, Atom or JSON Feed."
        )
    data = _NAMED.sub(_character, text).encode("utf-8", "replace")
    try:
        return _shallow(_root(data, recover=False)), False
    except etree.XMLSyntaxError:
        return _shallow(_mended(data)), True


def past_prolog(text: str) -> int:
    """Where the comments and processing instructions before the first element end.

    By hand, in linear time: as one expression it backtracks without end on hostile prologs.
    """
    at = 0
    while True:
        match = _SPACE.match(text, at)
        at = match.end() if match else at
        closing = next((end for begin, end in _ASIDES if text.startswith(begin, at)), None)
        end = text.find(closing, at) if closing else -1
        if closing is None or end < 0:
            return at
        at = end + len(closing)


def _mended(data: bytes) -> etree._Element:
    try:
        root = _root(data, recover=True)
    except etree.XMLSyntaxError as error:
        raise Invalid(
            f"The document is no readable XML ({error.msg}); tell the partner."
        ) from error
    if root is None:
        raise Invalid("The document is no readable XML; tell the partner.")
    return root


def _root(data: bytes, *, recover: bool) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(data, parser)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    known = None if name in _XML_OWN else name2codepoint.get(name)
    return match[0] if known is None else chr(known)


def _shallow(root: etree._Element) -> etree._Element:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise Invalid(
                f"The document's elements are nested more than {MAX_DEPTH} deep, which no feed "
                "needs; tell the partner."
            )
    return root


def local(element: etree._Element) -> str:
    """An element's name without its namespace; empty for what is no element."""
    # Not `QName`, which raises for the names that mending can let through.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def elements(parent: etree._Element) -> Iterator[etree._Element]:
    """The child elements, safe against removing them on the way."""
    return (child for child in list(parent) if isinstance(child.tag, str))


def child_text(parent: etree._Element, name: str) -> str:
    """The text of the first child of that local name, on one line; empty where there is none."""
    for child in elements(parent):
        if local(child) == name:
            return " ".join("".join(str(part) for part in child.itertext()).split())
    return ""


def flatten(element: etree._Element) -> None:
    """Replace markup inside an element by the same markup as text, without namespaces."""
    if len(element) == 0:
        return
    for inner in element.iterdescendants(etree.Element):  # not comments, nor unknown entities
        inner.tag = _HTML_NAME.sub("", local(inner)) or "span"
    etree.cleanup_namespaces(element)
    parts = [html.escape(element.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode") for child in element]
    for child in list(element):
        element.remove(child)
    element.text = "".join(parts)
    element.set("type", "html")
