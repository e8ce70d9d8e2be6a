"""OPML 2.0: the feeds of a site, for readers to subscribe to at once."""

from collections.abc import Sequence

from lxml import etree

from feedstream.config import Site
from feedstream.domain.feed import FeedDefinition
from feedstream.markup import strip_control
from feedstream.render.urls import feed_url

GROUPS = {"section": "Sections", "tag": "Tags", "author": "Authors", "source": "Sources"}
"""Readers make a folder of each: feeds that follow from what stories are filed under."""


def group_of(feed: FeedDefinition) -> str:
    """The kind of label that a feed is named after; empty for the others."""
    kind = feed.name.partition("/")[0]
    return kind if kind in GROUPS and getattr(feed, kind) else ""


def render_opml(feeds: Sequence[FeedDefinition], site: Site) -> bytes:
    """The list of `feeds`, in their order: first those of no group, then group by group.

    A site gives no feeds of single stories here: whoever takes the list takes it whole, and those
    are found on the stories' pages. What comes nevertheless stands below the others.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = strip_control(site.title)
    body = etree.SubElement(root, "body")
    ordered = sorted(feeds, key=lambda one: (bool(one.story), one.name))
    for feed in ordered:
        if not group_of(feed):
            _outline(body, feed, site)
    for kind, title in GROUPS.items():
        if members := [feed for feed in ordered if group_of(feed) == kind]:
            group = etree.SubElement(body, "outline", text=title, title=title)
            for feed in members:
                _outline(group, feed, site)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _outline(parent: etree._Element, feed: FeedDefinition, site: Site) -> None:
    title = " ".join(strip_control(feed.title).split()) or feed.name
    etree.SubElement(
        parent,
        "outline",
        text=title,
        title=title,
        type="rss",
        version="RSS2",
        xmlUrl=feed_url(site, feed.name, "rss"),
        htmlUrl=f"{site.base_url}/",
    )
