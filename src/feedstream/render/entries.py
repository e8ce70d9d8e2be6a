"""One entry from one story, update, correction or retraction; a function of those and the site.

Ids were minted in events. Only the entry of a publication has none of its own there: in a feed of
updates it is the opening report alone, so it must differ from the story's entry, to which it is a
reply like every update. Its id is the story's with `/opening`, and so as permanent.
"""

import html
from collections.abc import Iterable
from datetime import datetime

from feedstream.config import Site
from feedstream.domain.story import Correction, Credit, Notice, Story, Update
from feedstream.domain.when import format_when
from feedstream.domain.wire import WireRef
from feedstream.markup import strip_control, to_text
from feedstream.render.content import (
    correction_html,
    corrections_to,
    opening_html,
    retraction_html,
    story_html,
    update_html,
    update_title,
)
from feedstream.render.document import (
    Amendment,
    Article,
    Category,
    Entry,
    EntryKind,
    Origin,
    Person,
)
from feedstream.render.urls import correction_url, retraction_url, story_url, update_url

KIND_SCHEME = "tag:feedstream,2026:kind"
"""The vocabulary of the category that says what an entry stands for."""

SUMMARY_LENGTH = 280
"""The greatest number of characters of a summary that is cut from a body."""


def story_entry(article: Article, site: Site) -> Entry:
    """The story as it stands."""
    story = article.story
    return _entry(
        article,
        site,
        kind="story",
        id=story.entry_id,
        url=story_url(site, article.slug),
        title=_marked(story, _headline(story)),
        summary=_summary(story),
        content=story_html(article, site),
        published=_published(story),
        updated=(story.updated,),
        contributors=story.credits,
        origin=story.origin,
        amendments=_corrections(article, story.corrections_in_order, site),
    )


def publication_entry(article: Article, site: Site) -> Entry:
    """The opening report as it stands."""
    story = article.story
    corrections = corrections_to(story, None)
    return _entry(
        article,
        site,
        kind="publication",
        id=f"{story.entry_id}/opening",
        url=story_url(site, article.slug),
        title=_marked(story, _headline(story)),
        summary=_summary(story),
        content=opening_html(article, site),
        published=_published(story),
        updated=_amended_at(story, corrections),
        origin=story.origin,
        amendments=_corrections(article, corrections, site),
    )


def update_entry(article: Article, update: Update, site: Site) -> Entry:
    """One update as it stands; what was withdrawn says so."""
    story = article.story
    corrections = corrections_to(story, update.id)
    title = update_title(story, update, site)
    return _entry(
        article,
        site,
        kind="update",
        id=update.entry_id,
        url=update_url(site, article.slug, update.id),
        title=_marked(story, title if update.withdrawn is None else f"WITHDRAWN: {title}"),
        summary=update.body if update.withdrawn is None else _escaped_reason(update.withdrawn),
        content=update_html(article, update, site),
        published=update.published,
        updated=(update.updated, *_amended_at(story, corrections)),
        contributors=tuple(c for c in story.credits if _is_from(c, update.origin)),
        origin=update.origin,
        amendments=_corrections(article, corrections, site),
    )


def correction_entry(article: Article, correction: Correction, site: Site) -> Entry:
    """A correction or clarification on its own; a retraction of the story leaves it on record."""
    kind: EntryKind = "clarification" if correction.is_clarification else "correction"
    amendment = _correction(article, correction, site)
    return _entry(
        article,
        site,
        kind=kind,
        id=correction.entry_id,
        url=amendment.url,
        title=f"{kind.capitalize()}: {_headline(article.story)}",
        summary="",
        content=correction_html(article, correction, site),
        published=correction.at,
        amendments=(amendment,),
        about_story=False,
    )


def retraction_entry(article: Article, notice: Notice, site: Site) -> Entry:
    """The retraction of a story."""
    return _entry(
        article,
        site,
        kind="retraction",
        id=notice.entry_id,
        url=retraction_url(site, article.slug),
        title=f"Retraction: {_headline(article.story)}",
        summary="",
        content=retraction_html(article, notice, site),
        published=notice.at,
    )


def _entry(
    article: Article,
    site: Site,
    *,
    kind: EntryKind,
    id: str,
    url: str,
    title: str,
    summary: str,
    content: str,
    published: datetime,
    updated: Iterable[datetime | None] = (),
    contributors: Iterable[Credit] = (),
    origin: WireRef | None = None,
    amendments: tuple[Amendment, ...] = (),
    about_story: bool = True,
) -> Entry:
    """What all entries share; `about_story` is False for one that a retraction leaves standing."""
    story = article.story
    text = _cut(story.retracted.reason if story.retracted and about_story else to_text(summary))
    return Entry(
        id=id,
        kind=kind,
        url=url,
        title=" ".join(title.split()) or "Untitled",
        summary=text,
        content=content,
        published=published,
        updated=max((one for one in (published, *updated) if one), default=published),
        story=story.entry_id,
        story_url=story_url(site, article.slug),
        language=story.language,
        authors=_people((name, "") for name in story.authors),
        contributors=_people((one.name, one.url) for one in contributors),
        categories=_categories(story, kind),
        origin=_origin(story, origin),
        amendments=amendments,
    )


def _categories(story: Story, kind: EntryKind) -> tuple[Category, ...]:
    filed = dict.fromkeys(filter(None, map(_line, (story.section, *story.tags))))
    kinds = () if kind == "story" else (Category(term=kind, scheme=KIND_SCHEME),)
    return (*(Category(term=one) for one in filed), *kinds)


def _origin(story: Story, ref: WireRef | None) -> Origin | None:
    if ref is None:
        return None
    name = next((one.name for one in story.credits if one.source == ref.source), ref.source)
    return Origin(name=_line(name), url=_web(ref.url))


def _people(named: Iterable[tuple[str, str]]) -> tuple[Person, ...]:
    people = (Person(name=_line(name), url=_web(url)) for name, url in named)
    return tuple(person for person in people if person.name)


def _web(url: str) -> str:
    """The address, or nothing where a reader must not be sent there: partners write these."""
    url = url.strip()
    return url if url.lower().startswith(("http://", "https://")) else ""


def _line(text: str) -> str:
    return " ".join(strip_control(text).split())


def _headline(story: Story) -> str:
    return " ".join(story.headline.split()) or ("Withheld" if story.withheld else "Untitled")


def _marked(story: Story, title: str) -> str:
    return f"RETRACTED: {title}" if story.retracted else title


def _published(story: Story) -> datetime:
    """Only public stories come here, and those have been published."""
    if story.published is None:
        raise ValueError(f"story {story.id} was never published")
    return story.published


def _corrections(
    article: Article, corrections: Iterable[Correction], site: Site
) -> tuple[Amendment, ...]:
    notice = article.story.retracted
    retraction = (_retraction(article, notice, site),) if notice else ()
    return (*retraction, *(_correction(article, one, site) for one in corrections))


def _correction(article: Article, correction: Correction, site: Site) -> Amendment:
    return Amendment(
        kind="clarification" if correction.is_clarification else "correction",
        id=correction.entry_id,
        url=correction_url(site, article.slug, correction.id),
        date=format_when(correction.dated),
        was=correction.was,
        now=correction.now,
        why=correction.why,
        text=correction.text,
    )


def _retraction(article: Article, notice: Notice, site: Site) -> Amendment:
    return Amendment(
        kind="retraction",
        id=notice.entry_id,
        url=retraction_url(site, article.slug),
        date=format_when(notice.dated),
        text=notice.reason,
    )


def _amended_at(story: Story, corrections: Iterable[Correction]) -> tuple[datetime, ...]:
    """When an entry was touched from outside: by corrections, a retraction and its undoing."""
    notice = (story.retracted.at,) if story.retracted else ()
    back = (story.reinstated,) if story.reinstated else ()
    return (*(one.at for one in corrections), *notice, *back)


def _is_from(credit: Credit, origin: WireRef | None) -> bool:
    return origin is not None and credit.source == origin.source


def _summary(story: Story) -> str:
    """As HTML: a summary is plain text, in which “<” is a character."""
    return html.escape(story.summary) if story.summary else story.body


def _escaped_reason(reason: str) -> str:
    return html.escape(reason)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= SUMMARY_LENGTH:
        return text
    return text[: SUMMARY_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"
