"""JSON-LD for the page of a story: a schema.org `NewsArticle`, or a `LiveBlogPosting` once it has
updates."""

import json
from collections.abc import Mapping
from typing import Any

from feedstream.config import Site
from feedstream.domain.story import Update
from feedstream.markup import to_text
from feedstream.render.content import update_title
from feedstream.render.dates import rfc3339
from feedstream.render.document import Amendment, Article, Entry, Person
from feedstream.render.entries import story_entry
from feedstream.render.item import filed, holder, notice_of
from feedstream.render.urls import update_url

UPDATES = 50
"""The greatest number of updates that are told: search engines look at the latest."""

_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
"""Nothing in a `script` element may look like markup, whatever a headline says."""


def story_jsonld(article: Article, site: Site) -> str:
    """A public story as what may stand, as it is, in `<script type="application/ld+json">`."""
    entry = story_entry(article, site)
    told = _article(entry, article, site) | _live(article, site)
    text = json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False)
    return text.translate(_ESCAPES)


def _article(entry: Entry, article: Article, site: Site) -> dict[str, Any]:
    story = article.story
    topics = filed(story)
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": entry.url,
        "mainEntityOfPage": entry.url,
        "url": entry.url,
        "identifier": entry.id,
        "headline": entry.title,
        "description": entry.summary,
        "datePublished": rfc3339(entry.published),
        "dateModified": rfc3339(entry.updated),
        "inLanguage": entry.language or site.language,
        "isAccessibleForFree": True,
        "creativeWorkStatus": "Retracted" if story.retracted else "",
        "articleSection": next((name for relation, name in topics if relation == "section"), ""),
        "keywords": [name for relation, name in topics if relation == "tag"],
        "author": [_person(one) for one in entry.authors] or [_publisher(site)],
        "publisher": _publisher(site),
        "contributor": [_organisation(one) for one in entry.contributors],
        "image": [one.url for one in entry.media if one.medium == "image"],
        "copyrightNotice": notice_of(entry, site),
        "correction": [_correction(one) for one in entry.amendments],
        "version": story.revision,
    }


def _live(article: Article, site: Site) -> dict[str, Any]:
    story = article.story
    standing = [update for update in story.updates if update.withdrawn is None]
    if story.retracted or not standing:
        return {}
    latest = sorted(standing, key=lambda update: (update.at, update.position), reverse=True)
    return {
        "@type": "LiveBlogPosting",
        "coverageStartTime": rfc3339(story.published) if story.published else "",
        "coverageEndTime": rfc3339(latest[0].at) if story.closed else "",
        "liveBlogUpdate": [_update(article, update, site) for update in latest[:UPDATES]],
    }


def _update(article: Article, update: Update, site: Site) -> Mapping[str, Any]:
    address = update_url(site, article.slug, update.id)
    return {
        "@type": "BlogPosting",
        "@id": address,
        "url": address,
        "identifier": update.entry_id,
        "headline": update_title(article.story, update, site),
        "articleBody": to_text(update.body),
        "datePublished": rfc3339(update.published),
        "dateModified": rfc3339(max(update.published, update.updated)),
    }


def _correction(one: Amendment) -> Mapping[str, str]:
    said = f"It said “{one.was}”, right is “{one.now}”. Why: {one.why}"
    return {
        "@type": "CorrectionComment",
        "@id": one.url,
        "url": one.url,
        "text": said if one.kind == "correction" else one.text,
        "datePublished": one.date,
    }


def _person(one: Person) -> Mapping[str, str]:
    return _named("Person", one)


def _organisation(one: Person) -> Mapping[str, str]:
    return _named("Organization", one)


def _named(kind: str, one: Person) -> Mapping[str, str]:
    told = {"@type": kind, "name": one.name, "url": one.url}
    return {key: value for key, value in told.items() if value}


def _publisher(site: Site) -> Mapping[str, str]:
    return _organisation(Person(name=holder(site), url=f"{site.base_url}/"))
