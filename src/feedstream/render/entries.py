"""One entry from one story, update, correction or retraction; a function of those and the site.

Ids were minted in events. Only the entry of a publication has none of its own there: in a feed of
updates it is the opening report alone, so it must differ from the story's entry, to which it is a
reply like every update. Its id is the story's with `/opening`, and so as permanent.
"""

import html
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from feedstream.config import Site
from feedstream.domain.media import Media as MediaFile
from feedstream.domain.story import Correction, Credit, Notice, Reinstatement, Story, Update
from feedstream.domain.when import format_when
from feedstream.domain.wire import WireRef
from feedstream.markup import strip_control, to_text
from feedstream.render.content import (
    correction_html,
    corrections_to,
    opening_html,
    reinstatement_html,
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
    Media,
    Origin,
    Person,
)
from feedstream.render.parts import language_of
from feedstream.render.urls import (
    correction_url,
    reinstatement_url,
    retraction_url,
    story_url,
    update_url,
    uri,
)

KIND_SCHEME = "tag:feedstream,2026:kind"
"""The vocabulary of the category that says what an entry stands for."""

SUMMARY_LENGTH = 280
"""The greatest number of characters of a summary that is cut from a body."""


def opening_id(story: str) -> str:
    """The id of the opening report alone, from that of its story."""
    return f"{story}/opening"


def story_updated(story: Story) -> datetime:
    """The `updated` of the story's own entry."""
    published = _published(story)
    return max(published, story.updated or published)


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
        media=(*story.media, *(one for update in story.updates_in_order for one in update.media)),
        revision=story.revision,
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
        id=opening_id(story.entry_id),
        url=story_url(site, article.slug),
        title=_marked(story, _headline(story)),
        summary=_summary(story),
        content=opening_html(article, site),
        published=_published(story),
        updated=(story.edited, *_amended_at(story, corrections)),
        origin=story.origin,
        media=story.media,
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
        media=update.media,
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


def retraction_entry(
    article: Article, notice: Notice, site: Site, back: Notice | None = None
) -> Entry:
    """The retraction of a story; `back` took it back, and it stays on record."""
    return _entry(
        article,
        site,
        kind="retraction",
        id=notice.entry_id,
        url=retraction_url(site, article.slug),
        title=f"Retraction: {_headline(article.story)}",
        summary=html.escape(notice.reason),
        content=retraction_html(article, notice, site, back),
        published=notice.at,
        updated=(back.at,) if back else (),
        amendments=(_retraction(article, notice, site),),
        about_story=False,
    )


def reinstatement_entry(article: Article, past: Reinstatement, site: Site) -> Entry:
    """That a retraction was taken back."""
    return _entry(
        article,
        site,
        kind="reinstatement",
        id=past.notice.entry_id,
        url=reinstatement_url(site, article.slug),
        title=f"Reinstatement: {_headline(article.story)}",
        summary=html.escape(past.notice.reason),
        content=reinstatement_html(article, past.notice, site),
        published=past.notice.at,
        amendments=(_reinstatement(article, past.notice, site),),
        about_story=False,
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
    media: Iterable[MediaFile] = (),
    revision: int = 0,
    about_story: bool = True,
) -> Entry:
    """What all entries share; `about_story` is False for one that a retraction leaves standing."""
    story = article.story
    hidden = story.retracted if about_story else None
    text = _cut(hidden.reason if hidden else to_text(summary))
    touched = max((one for one in (published, *updated) if one), default=published)
    return Entry(
        id=id,
        kind=kind,
        url=url,
        title=" ".join(title.split()) or "Untitled",
        summary=text,
        content=content,
        published=published,
        updated=touched,
        story=story.entry_id,
        story_url=story_url(site, article.slug),
        language=language_of(story.language, site),
        authors=_people((name, "") for name in story.authors),
        contributors=_people((one.name, one.url) for one in contributors),
        categories=_categories(story, kind),
        origin=_origin(story, origin, site, touched),
        amendments=amendments,
        media=() if hidden else _media(media),
        rights=_line((origin.rights if origin else "") or site.rights),
        revision=revision,
    )


def _categories(story: Story, kind: EntryKind) -> tuple[Category, ...]:
    filed = dict.fromkeys(filter(None, map(_line, (story.section, *story.tags))))
    kinds = () if kind == "story" else (Category(term=kind, scheme=KIND_SCHEME),)
    return (*(Category(term=one) for one in filed), *kinds)


def _media(media: Iterable[MediaFile]) -> tuple[Media, ...]:
    """Each file once, where it comes first."""
    found: dict[str, MediaFile] = {}
    for one in media:
        if address := uri(one.url):
            found.setdefault(address, one)
    return tuple(
        Media(
            url=address,
            type=one.type,
            length=one.length,
            title=_line(one.title),
            width=one.width,
            height=one.height,
        )
        for address, one in found.items()
    )


def _origin(story: Story, ref: WireRef | None, site: Site, latest: datetime) -> Origin | None:
    """Where it came from. What a partner's clock says is never later than what we tell of it."""
    if ref is None:
        return None
    name = next((one.name for one in story.credits if one.source == ref.source), ref.source)
    return Origin(
        name=_line(name),
        url=uri(ref.url),
        id=f"tag:{site.authority},2021:source/{quote(_line(ref.source), safe='')}",
        updated=min(ref.updated, latest) if ref.updated else None,
        rights=_line(ref.rights),
    )


def _people(named: Iterable[tuple[str, str]]) -> tuple[Person, ...]:
    people = (Person(name=_line(name), url=uri(url)) for name, url in named)
    return tuple(person for person in people if person.name)


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


def _reinstatement(article: Article, notice: Notice, site: Site) -> Amendment:
    return Amendment(
        kind="reinstatement",
        id=notice.entry_id,
        url=reinstatement_url(site, article.slug),
        date=format_when(notice.dated),
        text=_said(article.story, notice.reason),
    )


def _correction(article: Article, correction: Correction, site: Site) -> Amendment:
    adds = correction.is_clarification
    words = ("text",) if adds else ("was", "now", "why")
    return Amendment(
        kind="clarification" if adds else "correction",
        id=correction.entry_id,
        url=correction_url(site, article.slug, correction.id),
        date=format_when(correction.dated),
        **{word: _said(article.story, getattr(correction, word)) for word in words},
    )


def _retraction(article: Article, notice: Notice, site: Site) -> Amendment:
    return Amendment(
        kind="retraction",
        id=notice.entry_id,
        url=retraction_url(site, article.slug),
        date=format_when(notice.dated),
        text=_said(article.story, notice.reason),
    )


def _said(story: Story, words: str) -> str:
    """What an amendment says. It must say something: a log of another hand may have it blank."""
    if strip_control(words).strip():
        return words
    return "Withheld" if story.withheld else "Not given"


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
