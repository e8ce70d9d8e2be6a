"""What the formats of news agencies (ninjs, NewsML-G2) both say about a story.

They go to partners, who keep what they received: so a story that was public once never leaves
without a word. It becomes `withheld` or `canceled` (IPTC pubStatus) and keeps nothing but its id,
its version and its dates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from feedstream.config import Site
from feedstream.domain.story import Story
from feedstream.domain.wire import WireStatus
from feedstream.markup import strip_control
from feedstream.render.document import Amendment, Article, Entry
from feedstream.render.entries import story_entry
from feedstream.render.parts import UNTITLED

REMOVED = "This story was removed: take it down."
LEGAL = "This story was removed after a legal order: take it down."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsItem:
    """One version of a story: `number` rises with each; `changed` is when it was made.

    `note` is for editors who receive it. `entry` is the story's own entry, and None where nothing
    of it may be shown any more; `topics` are what it is filed under (see `filed`). `corrects` says
    that this version is there for a correction.
    """

    guid: str
    slug: str
    number: int
    status: WireStatus
    created: datetime
    changed: datetime
    note: str = ""
    entry: Entry | None = None
    topics: tuple[tuple[str, str], ...] = ()
    corrects: bool = False


def news_item(article: Article, site: Site) -> NewsItem | None:
    """The story as partners get it; None for one that was never public."""
    story = article.story
    if not story.exists or story.published is None:
        return None
    entry = story_entry(article, site) if story.is_public else None
    return NewsItem(
        guid=story.entry_id,
        slug=article.slug,
        number=max(1, story.revision),
        status=_status(story),
        created=story.published,
        changed=_changed(story),
        note="\n".join(_note(story, entry)),
        entry=entry,
        topics=filed(story) if entry else (),
        corrects=_corrects(story),
    )


def byline(entry: Entry) -> str:
    """The authors as a byline has them, such as `Ada Example and Ben Sample`; may be empty."""
    *others, last = [one.name for one in entry.authors] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def filed(story: Story) -> tuple[tuple[str, str], ...]:
    """What the story is about, each with its relation: `section`, `tag`."""
    named = (("section", story.section), *(("tag", tag) for tag in story.tags))
    lines = ((relation, " ".join(strip_control(name).split())) for relation, name in named)
    return tuple((relation, name) for relation, name in lines if name)


def notice_of(entry: Entry, site: Site) -> str:
    """The copyright notice: the entry's own, else the site's; may be empty."""
    return entry.rights or " ".join(strip_control(site.rights).split())


def holder(site: Site) -> str:
    """Who holds the rights in what the site publishes."""
    named = (" ".join(strip_control(name).split()) for name in (site.author, site.title))
    return next(filter(None, named), UNTITLED)


def _status(story: Story) -> WireStatus:
    """Both other words ask partners to take the text down; `withheld` leaves open that it returns,
    as after a retraction or under an embargo that was set late."""
    if story.killed or story.merged_into:
        return "canceled"
    return "withheld" if story.embargo_until or story.retracted else "usable"


def _changed(story: Story) -> datetime:
    taken_back = (notice.at for notice in (story.killed, story.merged) if notice)
    return max(at for at in (story.published, story.updated, *taken_back) if at)


def _note(story: Story, entry: Entry | None) -> Iterator[str]:
    if story.killed:
        yield LEGAL if story.killed.legal else REMOVED
    elif story.merged_into:
        yield "This story was merged into another one: use that."
    elif entry is None:
        yield "This story is not for publication now: take it down until it is sent again."
    else:
        yield from map(_sentence, entry.amendments)


def _sentence(one: Amendment) -> str:
    if one.kind != "correction":
        return f"{one.kind.upper()} ({one.date}): {one.text}"
    return f"CORRECTION ({one.date}): it said “{one.was}”, right is “{one.now}”. Why: {one.why}"


def _corrects(story: Story) -> bool:
    """Whether the last significant change was a correction."""
    corrected = max((one.position for one in story.corrections), default=0)
    others = [one.position for one in story.updates]
    others += [story.retracted.position] if story.retracted else []
    return corrected > max(others, default=0)
