"""Pages for people: readable without JavaScript, each story with its whole record."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from feedstream.config import Site
from feedstream.domain.when import When, format_when, parse_when
from feedstream.projections.views import StoryRow, Views
from feedstream.render.dates import format_day

STATIC = Path(__file__).parent / "static"
PAGE = 30  # stories on the index
CHANGES = {
    "story.published": "Published",
    "story.edited": "Report edited",
    "story.tagged": "Tags changed",
    "story.slug-changed": "Address changed",
    "story.embargoed": "Embargo set",
    "story.embargo-lifted": "Embargo lifted",
    "story.retracted": "Retracted",
    "story.reinstated": "Reinstated",
    "story.closed": "Closed",
    "story.reopened": "Reopened",
    "update.added": "Update added",
    "update.edited": "Update edited",
    "update.withdrawn": "Update withdrawn",
    "update.pinned": "Update pinned",
    "update.unpinned": "Update unpinned",
    "correction.issued": "Correction issued",
    "clarification.issued": "Clarification issued",
    "credit.added": "Credit added",
    "credit.removed": "Credit removed",
}


class Pages:
    """The site's pages. The plain `def` endpoints run in worker threads, off the event loop."""

    def __init__(self, views: Views, site: Site) -> None:
        self._views = views
        self._site = site
        self._templates = Environment(
            loader=PackageLoader("feedstream.web"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["day"] = lambda when: format_day(when, site)
        self._templates.filters["iso"] = format_when
        self._templates.filters["sanitised"] = Markup  # bodies were sanitised before the log
        self._templates.globals["site"] = site

    def index(self, request: Request) -> Response:
        """The running stories, last changed first."""
        offset = _offset(request)
        rows = self._views.stories(limit=PAGE + 1, offset=offset)
        older = offset + PAGE if len(rows) > PAGE else None
        newer = max(0, offset - PAGE) if offset else None
        return self._page("index.html", rows=rows[:PAGE], older=older, newer=newer)

    def story(self, request: Request) -> Response:
        """A story as it stands; a former slug leads on to the present one."""
        row = self._find(request.path_params["slug"])
        if row.slug != request.path_params["slug"]:
            return RedirectResponse(f"/stories/{row.slug}", 301)
        count = len(self._views.revisions(row.story.id))
        return self._page("story.html", row=row, story=row.story, revisions=count)

    def history(self, request: Request) -> Response:
        """Every change of a story: which kind, when, by whom."""
        row = self._find(request.path_params["slug"])
        if row.slug != request.path_params["slug"]:
            return RedirectResponse(f"/stories/{row.slug}/history", 301)
        changes = [
            (change, CHANGES.get(change.type, change.type), _when(change.effective_at))
            for change in self._views.revisions(row.story.id)
        ]
        return self._page("history.html", row=row, story=row.story, changes=changes)

    def feeds(self, request: Request) -> Response:
        """All feeds, in their three formats."""
        del request
        feeds = self._views.feeds()
        general = [feed for feed in feeds if not feed.story]
        return self._page(
            "feeds.html", feeds=general, stories=[feed for feed in feeds if feed.story]
        )

    def problem(
        self, request: Request, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """An error as a page, or as JSON for a client that asks for it."""
        del request
        return self._page("problem.html", status, headers, code=status, sentence=sentence)

    def _find(self, slug: str) -> StoryRow:
        """A visible story. What is embargoed looks just like what does not exist."""
        row = self._views.by_slug(slug)
        if row and row.story.killed:
            legal = row.story.killed.legal
            raise HTTPException(451 if legal else 410, "This story was removed.")
        if row and row.story.merged_into:
            target = self._views.story(row.story.merged_into)
            row = target or row
        if row is None or not row.story.is_public:
            raise HTTPException(404, "There is no such page.")
        return row

    def _page(
        self,
        name: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        html = self._templates.get_template(name).render(**values)
        return HTMLResponse(html, status, headers={"Cache-Control": "no-cache", **(headers or {})})


def _offset(request: Request) -> int:
    text = request.query_params.get("after", "0")
    return min(int(text), 1_000_000) if text.isdecimal() and len(text) < 8 else 0


def _when(text: str) -> When:
    return parse_when(text)
