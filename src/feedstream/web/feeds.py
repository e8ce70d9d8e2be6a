"""Published files over HTTP, with the validators and codings of RFC 9110."""

from collections.abc import Callable, Container
from email.utils import format_datetime

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response

from feedstream.config import Settings
from feedstream.errors import Unavailable
from feedstream.projections.ledger import Ledger
from feedstream.projections.views import Views
from feedstream.publish.archive import ARCHIVED, number_of, page_name
from feedstream.render.urls import hub_urls
from feedstream.web.codings import IDENTITY, choose
from feedstream.web.conditional import not_modified
from feedstream.web.issued import ever_published
from feedstream.web.media import is_name, is_record, is_sealed, media_type
from feedstream.web.shown import check_shown
from feedstream.web.versions import Version, Versions

OUTDATED = "This feed can't be brought up to date at the moment: try again soon."
UNKNOWN = "There is no such feed; /feeds/ lists them all."
GONE = "This feed was published once and is no more; /feeds/ lists those that are."
NOT_SEALED = "This page of the history is not sealed yet: the feed itself holds what it will."
REFUSED = "This feed is sent as it is, or packed with gzip, br or zstd: accept one of these."
XML = "application/xml; charset=utf-8"
CACHE = "public, max-age=30, stale-while-revalidate=60"
SEALED = "public, max-age=31536000, immutable"
VARY = "Accept-Encoding, A-IM, Sec-Fetch-Dest"
LISTS = ("accept-encoding", "if-none-match", "a-im")
"""Headers that may come in several lines (RFC 9110 §5.3)."""


class FeedFiles:
    """Which version of a published file a reader gets; nothing else is reachable through it."""

    def __init__(
        self,
        versions: Versions,
        views: Views,
        ledger: Ledger,
        failed: Callable[[], Container[str]] = tuple,
    ) -> None:
        self._failed = failed
        self._versions = versions
        self._views = views
        self._ledger = ledger

    def find(self, file: str) -> Version:
        """The file as it stands.

        Raises 404 for none, 410 (451) for one that was published and is no more or whose story was
        killed, `Unavailable` for one that could not be written: what it holds may have been taken
        back since.
        """
        if not is_name(file):
            raise HTTPException(404, UNKNOWN)
        if file.startswith("story/"):
            # Asked before the file is looked for: a kill counts before the publisher's next run.
            self._check_story(file)
        if self.has_failed(file):
            raise Unavailable(OUTDATED)
        version = self._versions.load(file)
        if version is None:
            raise self._missing(file)
        return version

    def has_failed(self, file: str) -> bool:
        """Whether it stands as it was, since it could not be written."""
        failed = self._failed()
        return feed_of(file) in failed or file in failed

    def _check_story(self, file: str) -> None:
        row = self._views.story(feed_of(file).removeprefix("story/"))
        hidden = row and row.story.published and not row.story.is_public
        if row and hidden and is_record(file):
            version = self._versions.load(file)
            if version and version.tag.position >= row.story.position:
                return  # it says by now that the story is withheld or canceled, and nothing else
        try:
            check_shown(row, UNKNOWN)
        except HTTPException as error:
            back = row and row.story.embargo_until  # it is to come back: readers must not drop it
            raise error if error.status_code != 404 or back else self._missing(file) from None

    def _missing(self, file: str) -> HTTPException:
        if self._is_next_page(file):
            start = f"/feeds/{ARCHIVED}.{file.partition('.')[2]}"
            return HTTPException(307, NOT_SEALED, {"Location": start})
        if ever_published(self._ledger, file):
            return HTTPException(410, GONE)
        return HTTPException(404, UNKNOWN)

    def _is_next_page(self, file: str) -> bool:
        """Whether the last sealed page leads there: what follows it is the feed itself."""
        name, _, ending = file.partition(".")
        number = number_of(name)
        before = f"{page_name(number - 1)}.{ending}" if number and number > 1 else ""
        return bool(before) and self._versions.load(before) is not None


def feed_of(file: str) -> str:
    """The feed that a file is of: its name up to the first dot."""
    return file.partition(".")[0]


def combined(headers: Headers) -> Headers:
    """The headers with lists that came in several lines put into one; of a date that came twice
    nothing is known."""
    found = dict(headers.items())
    for name in LISTS:
        if lines := headers.getlist(name):
            found[name] = ", ".join(lines)
    if len(headers.getlist("if-modified-since")) > 1:
        del found["if-modified-since"]
    return Headers(found)


def link_header(file: str, settings: Settings) -> str:
    """`Link` (RFC 8288): the address of the file, and the WebSub hubs that tell of its changes."""
    base = settings.site.base_url
    hubs = "".join(f', <{hub}>; rel="hub"' for hub in hub_urls(settings.site, settings.websub))
    return f'<{base}/feeds/{file}>; rel="self"{"" if is_sealed(file) else hubs}'


def respond(version: Version, headers: Headers, link: str) -> Response:
    """200 or 304, to a GET or HEAD with these `combined` headers; 406 where it refuses all.

    A range is answered with the whole: a feed changes too often for parts of it to be of use.
    """
    coding = choose(headers.get("accept-encoding"))
    tag = version.tag.text(coding or IDENTITY)
    told = validators(version, tag)
    if not_modified(headers, tag, version.modified):
        return Response(status_code=304, headers=told)
    if coding is None:
        raise HTTPException(406, REFUSED, {"Vary": VARY, "Cache-Control": "no-store"})
    return Response(
        version.coded(coding),
        headers={**told, **described(version.file, coding, link), **_for_people(version, headers)},
    )


def _for_people(version: Version, headers: Headers) -> dict[str, str]:
    """A browser lays out a feed with its stylesheet only where it is told that it is XML."""
    navigates = headers.get("sec-fetch-dest") == "document"
    return {"Content-Type": XML} if navigates and version.file.endswith((".rss", ".atom")) else {}


def validators(version: Version, tag: str) -> dict[str, str]:
    """What a 200 and a 304 have in common."""
    return {
        "ETag": tag,
        "Last-Modified": format_datetime(version.modified, usegmt=True),
        "Cache-Control": SEALED if is_sealed(version.file) else CACHE,
        "Vary": VARY,
    }


def described(file: str, coding: str, link: str) -> dict[str, str]:
    """What is said of the body."""
    told = {"Content-Type": media_type(file), "Accept-Ranges": "none", "Link": link}
    return told if coding == IDENTITY else {**told, "Content-Encoding": coding}
