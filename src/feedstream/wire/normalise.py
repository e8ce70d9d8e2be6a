"""A format's item becomes a wire item: bounded, sanitised, identified, in order."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urljoin, urlsplit

from feedstream.config import Wire
from feedstream.domain.when import When, instant_of
from feedstream.domain.wire import Source, WireItem, fingerprint
from feedstream.markup import MAX_WORK, from_text, sanitise, strip_control, to_text, tree_work
from feedstream.wire.raw import ParsedWire, RawFeed, RawItem

MAX_BODY = 1_000_000
MAX_SUMMARY = 2000
MAX_HEADLINE = 300
MAX_LINE = 500
MAX_LIST = 30
MAX_TITLE = 200
MAX_GUID = 1000
_MADE_HEADLINE = 120
_ANY_TAG = re.compile(r"<[^<>]*>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_SENTENCE = re.compile(r"(?<=[.!?…])\s")
_END = datetime(2200, 1, 1, tzinfo=UTC)


def normalise(feed: RawFeed, source: Source, format_: str, limits: Wire) -> ParsedWire:
    """The wire items of a feed, the oldest first; pure, and the same for the same feed."""
    items = [_item(raw, feed, source) for raw in feed.items[: limits.max_items]]
    said = [item for item in items if item is not None]
    kept, notices = _identify(said)
    if len(said) < len(items):
        notices.append(f"{len(items) - len(said)} items were left out because they say nothing.")
    return ParsedWire(
        items=tuple(_in_order(kept)),
        format=format_,
        title=_line(feed.title, MAX_TITLE) or source.name,
        notices=(*feed.notices, *notices),
    )


def _item(raw: RawItem, feed: RawFeed, source: Source) -> WireItem | None:
    body = clean(raw.body, raw.base)
    summary = _line(_text(raw.summary), MAX_SUMMARY)
    url = _url(raw.url, raw.base)
    title = _line(raw.title, MAX_HEADLINE)
    if not (title or body or summary or url or raw.status != "usable"):
        return None
    item = WireItem(
        source=source.name,
        guid=_guid(raw.guid),
        headline=title or _made_headline(summary or to_text(body), source),
        url=url,
        summary=summary,
        body=body,
        published=raw.published,
        updated=raw.updated,
        authors=_lines(raw.authors or feed.authors),
        categories=_lines(raw.categories),
        language=_language(raw.language, feed.language, source.language),
        rights=_line(raw.rights or feed.rights, MAX_LINE),
        status=raw.status,
    )
    return replace(item, guid=item.guid or _guid(url) or fingerprint(item))


def clean(markup: str, base: str = "") -> str:
    """Partner HTML, at most `MAX_BODY` long, links made absolute against `base`, sanitised.

    Markup nested so deeply that cleaning would stall becomes its plain text.
    """
    markup = markup[:MAX_BODY]
    if tree_work(markup) > MAX_WORK:
        markup = from_text(_ANY_TAG.sub(" ", markup))
    cleaned = sanitise(markup, base=base if _is_http(base) else "")
    if len(cleaned) > MAX_BODY:
        cleaned = sanitise(cleaned[:MAX_BODY].rpartition("<")[0])
    return cleaned if to_text(cleaned) or "<img" in cleaned else ""


def _text(markup: str) -> str:
    markup = markup[: 20 * MAX_SUMMARY]
    return to_text(_ANY_TAG.sub(" ", markup) if tree_work(markup) > MAX_WORK // 10 else markup)


def _line(text: str, limit: int) -> str:
    text = " ".join(strip_control(text[: 20 * limit]).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _lines(values: Iterable[str]) -> tuple[str, ...]:
    lines = (_line(value, MAX_TITLE) for value in values)
    return tuple(islice(dict.fromkeys(line for line in lines if line), MAX_LIST))


def _made_headline(text: str, source: Source) -> str:
    first = _SENTENCE.split(text[:1000], maxsplit=1)[0]
    return _line(first, _MADE_HEADLINE) or f"Item from {source.credit or source.name}"


def _guid(text: str) -> str:
    """An identifier as it is; an overlong one by its digest, so that it stays one of a kind."""
    text = strip_control(text).strip()
    if len(text) <= MAX_GUID:
        return text
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _url(text: str, base: str) -> str:
    try:
        url = urljoin(base if _is_http(base) else "", strip_control(text).strip())
    except ValueError:
        return ""
    return url if _is_http(url) and len(url) <= 2000 and not re.search(r"[\s<>\"]", url) else ""


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _language(*said: str) -> str:
    tags = (text.strip().replace("_", "-") for text in said)
    return next((tag for tag in tags if _LANGUAGE.fullmatch(tag)), "")


def _identify(items: list[WireItem]) -> tuple[list[WireItem], list[str]]:
    """Every item under a guid of its own.

    Some partners give all items one guid: taken at its word, each look would make each item a
    revision of the last. The link tells such items apart; where it is the same too, the newest
    version is the one that counts.
    """
    kept: dict[str, WireItem] = {}
    notices = []
    shared = _shared_guids(items)
    for item in items:
        one = replace(item, guid=item.url) if item.guid in shared else item
        other = kept.get(one.guid)
        if other is None or _newness(one) > _newness(other):
            kept[one.guid] = one
    if shared:
        notices.append(f"{len(shared)} ids stand for several items; their links were used instead.")
    return list(kept.values()), notices


def _shared_guids(items: list[WireItem]) -> set[str]:
    links: dict[str, set[str]] = {}
    for item in items:
        if item.status == "usable":
            links.setdefault(item.guid, set()).add(item.url)
    return {guid for guid, urls in links.items() if len(urls) > 1 and "" not in urls}


def _newness(item: WireItem) -> datetime:
    """The later of an item's dates; a withdrawal without one is newest, an undated item oldest."""
    dates = [_instant(when) for when in (item.updated, item.published) if when is not None]
    unknown = datetime.min.replace(tzinfo=UTC) if item.status == "usable" else _END
    return max(dates, default=unknown)


def _instant(when: When) -> datetime:
    return instant_of(when, recorded_at=_END)


def _in_order(items: list[WireItem]) -> list[WireItem]:
    """Oldest first. Feeds put the newest first; an undated item goes with the one before it."""
    previous = datetime.min.replace(tzinfo=UTC)
    keyed = []
    for item in reversed(items):
        when = item.published or item.updated
        previous = previous if when is None else _instant(when)
        keyed.append((previous, item))
    return [item for _, item in sorted(keyed, key=lambda pair: pair[0])]
