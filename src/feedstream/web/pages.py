"""Pages for people: readable without JavaScript, each story with its whole record."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from feedstream.asof import Point
from feedstream.config import Site
from feedstream.domain.story import Story
from feedstream.domain.when import When, format_when, parse_when
from feedstream.projections.listing import Group
from feedstream.projections.views import StoryRow, Views
from feedstream.render import Article
from feedstream.render.dates import format_day
from feedstream.render.jsonld import story_jsonld
from feedstream.web.conditional import not_modified
from feedstream.web.facts import (
    PURPOSES,
    group_of_labels,
    last_change,
    latest_update,
    made_feeds,
    main_feeds,
)
from feedstream.web.shown import check_shown

STATIC = Path(__file__).parent / "static"
PAGE = 30  # stories on the index
STORY_FEEDS = 20  # on the page of feeds: the others are found on the stories' pages
LABEL_FEEDS = 200  # of sections, of tags, of authors and of sources
NO_PAGE = "There is no such page."
_LABELS: tuple[Group, ...] = ("section", "tag", "author", "source")
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
    "story.merged-into": "Merged into another story",
    "content.erased": "Content erased",
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
        position = self._views.checkpoint
        offset = _offset(request)
        rows = self._views.stories(limit=PAGE + 1, offset=offset)
        older = offset + PAGE if len(rows) > PAGE else None
        newer = max(0, offset - PAGE) if offset else None
        return self._page(
            request,
            "index.html",
            rows=[(row, last_change(row.story), latest_update(row.story)) for row in rows[:PAGE]],
            older=older,
            newer=newer,
            position=position,
        )

    def story(self, request: Request) -> Response:
        """A story as it stands; a former slug leads on to the present one."""
        position = self._views.checkpoint
        row = self.find(request.path_params["slug"])
        if row.slug != request.path_params["slug"]:
            return RedirectResponse(f"/stories/{row.slug}", 301)
        count = len(self._views.revisions(row.story.id))
        return self._page(
            request,
            "story.html",
            row=row,
            story=row.story,
            changed=last_change(row.story),
            revisions=count,
            position=position,
            # Escaped for a script element by its maker: another escape would end in the data.
            linked=Markup(story_jsonld(Article(row.story, row.slug), self._site)),  # noqa: S704
        )

    def history(self, request: Request) -> Response:
        """Every change of a story: which kind, when, by whom."""
        position = self._views.checkpoint
        row = self.find(request.path_params["slug"])
        if row.slug != request.path_params["slug"]:
            return RedirectResponse(f"/stories/{row.slug}/history", 301)
        changes = [
            (change, CHANGES.get(change.type, "Another change"), _when(change.effective_at))
            for change in self._views.revisions(row.story.id)
        ]
        return self._page(
            request, "history.html", row=row, story=row.story, changes=changes, position=position
        )

    def feeds(self, request: Request) -> Response:
        """The feeds and what each is for, in all formats; as long on a site of any size."""
        own, listing = self._views.listing.own_feeds(), self._views.listing
        groups = [
            made_feeds(own),
            *(
                group_of_labels(kind, listing.feeds_of(kind, LABEL_FEEDS + 1), LABEL_FEEDS)
                for kind in _LABELS
            ),
        ]
        stories = self._views.stories(limit=STORY_FEEDS)
        return self._page(
            request,
            "feeds.html",
            main=main_feeds(own),
            purposes=PURPOSES,
            groups=[group for group in groups if group.feeds],
            stories=stories,
        )

    def problem(
        self, request: Request, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """An error as a page."""
        values = {"code": status, "sentence": NO_PAGE if sentence == "Not Found" else sentence}
        return self._page(request, "problem.html", status, headers, **values)

    def past(self, request: Request, story: Story, present: StoryRow, point: Point) -> Response:
        """A story as it stood; `present` gives its address."""
        return self._page(
            request,
            "story.html",
            headers={"X-Robots-Tag": "noindex"},
            row=present,
            story=story,
            changed=last_change(story),
            revisions=story.revision,
            position=point.position,
            past=point,
        )

    def find(self, slug: str) -> StoryRow:
        """A visible story, by any slug it ever had or its id; of a merged one, what it joined."""
        row = self._views.by_slug(slug) or self._views.story(slug)
        if row and row.story.merged_into and row.story.published:
            row = self._views.story(row.story.merged_into) or row
        return check_shown(row, NO_PAGE)

    def _page(
        self,
        request: Request,
        name: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        html = self._templates.get_template(name).render(**values)
        if status != 200:
            return HTMLResponse(html, status, headers=headers)
        tag = f'W/"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
        told = {"ETag": tag, **(headers or {})}
        if "if-none-match" in request.headers and not_modified(request.headers, tag):
            return Response(status_code=304, headers=told)
        return HTMLResponse(html, headers=told)


def _offset(request: Request) -> int:
    text = request.query_params.get("after", "0")
    return min(int(text), 1_000_000) if text.isdecimal() and len(text) < 8 else 0


def _when(text: str) -> When:
    return parse_when(text)
