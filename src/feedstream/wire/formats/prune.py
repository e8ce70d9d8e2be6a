"""Cuts a feed's tree to bounded parts, so that what reads it afterwards stays fast."""

from lxml import etree

from feedstream.wire.xml import child_text, elements, flatten, local

MAX_PARTS = 500
"""Elements of one item, or of a feed outside its items."""
MAX_TEXT = 2000
MAX_NAME = 200
MAX_BODY = 1_000_000

_BODIES = frozenset(("content", "description", "summary", "encoded", "body"))
_NAMES = frozenset(
    [
        *("author", "creator", "name", "email", "contributor", "publisher"),
        *("managingEditor", "webMaster", "owner", "uri", "url"),
    ]
)


def item_elements(root: etree._Element) -> list[etree._Element]:
    """The items of a feed, in document order: beside the channel in RSS 1.0, in it otherwise."""
    parents = [root, *(child for child in elements(root) if local(child) == "channel")]
    return [
        child for parent in parents for child in elements(parent) if local(child) in _ITEM_NAMES
    ]


_ITEM_NAMES = ("item", "entry")


def split_withdrawn(root: etree._Element) -> list[etree._Element]:
    """Take the tombstones (RFC 6721) and drafts (RFC 5023) out of a feed, and return them.

    They go before feedparser looks: it takes a tombstone's link for the feed's own.
    """
    found = [
        child
        for child in elements(root)
        if local(child) == "deleted-entry" or (local(child) == "entry" and _is_draft(child))
    ]
    for element in found:
        root.remove(element)
    return found


def _is_draft(entry: etree._Element) -> bool:
    return any(
        local(child) == "control" and child_text(child, "draft").lower() == "yes"
        for child in elements(entry)
    )


def prune(root: etree._Element, max_items: int) -> list[str]:
    """Cut the tree in place; a sentence for each kind of thing that was left out."""
    items = item_elements(root)
    for item in items[max_items:]:
        _remove(item)
    kept = items[:max_items]
    cut = sum([_cut_parts(item, set()) for item in kept])
    cut += _cut_parts(root, set(kept))
    notices = []
    if len(items) > max_items:
        notices.append(f"Of {len(items)} items the first {max_items} were read.")
    if cut:
        notices.append(f"{cut} parts beyond {MAX_PARTS} of one item or feed were left out.")
    return notices


def _cut_parts(top: etree._Element, skip: set[etree._Element]) -> int:
    """Bound every part below `top`, without those in `skip`; how many parts were left out."""
    seen = removed = 0
    waiting = list(elements(top))[::-1]
    while waiting:
        part = waiting.pop()
        if part in skip:
            continue
        seen += 1
        if seen > MAX_PARTS:
            _remove(part)
            removed += 1
            continue
        _bound(part)
        waiting.extend(list(elements(part))[::-1])
    return removed


def _bound(part: etree._Element) -> None:
    name = local(part)
    if name in _BODIES:
        flatten(part)
    limit = MAX_BODY if name in _BODIES else MAX_NAME if name in _NAMES else MAX_TEXT
    if part.text and len(part.text) > limit:
        part.text = part.text[:limit]
    part.tail = None
    for key, value in list(part.attrib.items()):
        if len(value) > MAX_TEXT:
            del part.attrib[key]


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
