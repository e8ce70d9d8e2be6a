"""Our own elements in Atom and RSS: what an entry stands for, and what was amended in it.

docs/feedstream-extension.md describes them, docs/schemas/feedstream.rng is their grammar.
"""

from lxml import etree

from feedstream.render.document import Amendment, Entry
from feedstream.render.elements import element


def add_extension(parent: etree._Element, entry: Entry) -> None:
    """Add `fs:story`, `fs:kind`, of a story `fs:revision`, and an element for each amendment."""
    element(parent, "fs:story", entry.story, href=entry.story_url)
    element(parent, "fs:kind", entry.kind)
    revision = revision_of(entry)
    if revision:
        element(parent, "fs:revision", str(revision))
    for one in entry.amendments:
        _add_amendment(parent, one)


def revision_of(entry: Entry) -> int:
    """The revision that an entry tells: a story's, and 0 for what is only a part of a story.

    A part must not change with the rest of its story: archives of such entries are sealed.
    """
    return entry.revision if entry.kind == "story" else 0


def _add_amendment(parent: etree._Element, one: Amendment) -> None:
    made = element(parent, f"fs:{one.kind}", id=one.id, url=one.url, date=one.date)
    words = (("was", one.was), ("now", one.now), ("why", one.why), ("text", one.text))
    for name, text in words:
        if text:
            element(made, f"fs:{name}", text)
