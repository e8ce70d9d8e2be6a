"""The running stories as the matcher reads them, each made anew only after it changed."""

from dataclasses import dataclass
from threading import Lock

from feedstream import markup
from feedstream.config import Site
from feedstream.projections.views import StoryRow, Views
from feedstream.render.urls import story_url
from feedstream.wire.match import MAX_CHARS, StoryText


@dataclass(frozen=True, slots=True)
class _Known:
    position: int
    slug: str
    text: StoryText


class RunningStories:
    """Texts of the stories that may take an update. Any thread may ask."""

    def __init__(self, views: Views, site: Site) -> None:
        self._views = views
        self._site = site
        self._known: dict[str, _Known] = {}
        self._lock = Lock()

    def texts(self) -> tuple[StoryText, ...]:
        """One for each running story, the last changed first, as the read model has them now."""
        with self._lock:
            marks = self._views.running()
            known = self._known
            self._known = {
                mark.id: known[mark.id]
                for mark in marks
                if mark.id in known
                and (known[mark.id].position, known[mark.id].slug) == (mark.position, mark.slug)
            }
            for mark in marks:
                if mark.id not in self._known and (row := self._views.story(mark.id)):
                    text = _text(row, self._site)
                    self._known[mark.id] = _Known(row.story.position, row.slug, text)
            return tuple(self._known[mark.id].text for mark in marks if mark.id in self._known)


def _text(row: StoryRow, site: Site) -> StoryText:
    story = row.story
    parts = [story.summary, story.body]
    parts += [f"{u.headline} {u.body}" for u in story.updates_in_order if u.withdrawn is None]
    return StoryText(
        id=story.id,
        headline=story.headline,
        text=markup.to_text(" ".join(parts)[:MAX_CHARS]),
        tags=story.tags,
        section=story.section,
        updated=story.updated,
        url=story_url(site, row.slug),
    )
