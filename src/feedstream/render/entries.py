"""One entry from one story, update, correction or retraction; a function of those and the site.

Ids were minted in events. Only the entry of a publication has none of its own there: in a feed of
updates it is the opening report alone, so it must differ from the story's entry, to which it is a
reply like every update. Its id is the story's with `/opening`, and so as permanent.
"""

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
from feedstream.render.dates import format_day
from feedstream.render.document import Amendment, Article, Category, Entry, EntryKind, Origin, Person
from feedstream.render.urls import correction_url, retraction_url, story_url, update_url

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
        summary=story.summary or story.body,
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
        summary=story.summary or story.body,
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
        published=update.at,
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
