"""Every public address, absolute, in one place; and the addresses of others, as URIs."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

from feedstream.config import Site, WebSub
from feedstream.render.document import FormatName

_PLAIN = "%:@!$&'()*+,;=~-._"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


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


def reinstatement_url(site: Site, slug: str) -> str:
    """Where a story that was retracted stands again."""
    return f"{story_url(site, slug)}#reinstatement"


def feed_address(site: Site, name: str) -> str:
    """The address of a feed without the ending of a format."""
    return f"{site.base_url}/feeds/{quote(name, safe='/')}"


def feed_url(site: Site, name: str, fmt: FormatName) -> str:
    """The address of a feed in one format."""
    return f"{feed_address(site, name)}.{fmt}"


def feeds_page_url(site: Site) -> str:
    """The page for people that lists all feeds and says what they hold."""
    return f"{site.base_url}/feeds/"


def stylesheet_url(site: Site) -> str:
    """The CSS file for people who open a feed in a browser."""
    return f"{site.base_url}/static/feed.css"


def hub_urls(site: Site, websub: WebSub) -> tuple[str, ...]:
    """The WebSub hubs that feeds name: the site's own first, each once."""
    own = (f"{site.base_url}/hub",) if websub.hub else ()
    return tuple(dict.fromkeys((*own, *websub.hubs)))


def uri(address: str) -> str:
    """A web address as the URI that standards ask for (RFC 3986): whatever that does not admit
    where it stands is escaped. Empty for what is no web address."""
    try:
        parts = urlsplit(address.strip())
        reachable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    if not reachable:
        return ""
    made = urlunsplit(
        (
            parts.scheme,
            quote(parts.netloc, safe=f"{_PLAIN}[]"),
            quote(parts.path, safe=f"{_PLAIN}/"),
            quote(parts.query, safe=f"{_PLAIN}/?"),
            quote(parts.fragment, safe=f"{_PLAIN}/?"),
        )
    )
    return _LONE_PERCENT.sub("%25", made)
