"""OPML 2.0: all feeds of a site, for readers to subscribe to at once."""

from collections.abc import Sequence

from lxml import etree

from feedstream.config import Site
from feedstream.domain.feed import FeedDefinition
from feedstream.markup import strip_control
from feedstream.render.urls import feed_url


def render_opml(feeds: Sequence[FeedDefinition], site: Site) -> bytes:
    """The list of `feeds`, in their order; a story's own feed stands below the others."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = strip_control(site.title)
    body = etree.SubElement(root, "body")
    for feed in sorted(feeds, key=lambda one: (bool(one.story), one.name)):
        title = " ".join(strip_control(feed.title).split()) or feed.name
        etree.SubElement(
            body,
            "outline",
            text=title,
            title=title,
            type="rss",
            version="RSS2",
            xmlUrl=feed_url(site, feed.name, "rss"),
            htmlUrl=f"{site.base_url}/",
        )
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
