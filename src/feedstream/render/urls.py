"""Every public address, absolute, in one place."""

from urllib.parse import quote

from feedstream.config import Site
from feedstream.render.document import FormatName


def story_url(site: Site, slug: str) -> str:
    """The page of a story."""
    return f"{site.base_url}/stories/{quote(slug, safe='')}"


def update_url(site: Site, slug: str, update: str) -> str:
    """The permalink of an update, on its story's page."""
    return f"{story_url(site, slug)}#u-{quote(update, safe='')}"


def correction_url(site: Site, slug: str, correction: str) -> str:
    """The permalink of a correction or clarification, on its story's page."""
    return f"{story_url(site, slug)}#c-{quote(correction, safe='')}"


def retraction_url(site: Site, slug: str) -> str:
    """The permalink of the notice of a retraction."""
    return f"{story_url(site, slug)}#retraction"


def feed_address(site: Site, name: str) -> str:
    """The address of a feed without the ending of a format."""
    return f"{site.base_url}/feeds/{quote(name, safe='/')}"


def feed_url(site: Site, name: str, fmt: FormatName) -> str:
    """The address of a feed in one format."""
    return f"{feed_address(site, name)}.{fmt}"


def feeds_page_url(site: Site) -> str:
    """The page for people that lists all feeds and says what they hold."""
    return f"{site.base_url}/feeds/"


def opml_url(site: Site) -> str:
    """The list of all feeds for feed readers."""
    return f"{site.base_url}/feeds/index.opml"
