"""Neutral documents with everything in them that a document can say, and strategies for more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

from hypothesis import strategies as st

from feedstream.render.document import (
    Amendment,
    Category,
    Deleted,
    Entry,
    EntryKind,
    FeedDocument,
    History,
    Link,
    Media,
    Origin,
    Person,
)

DAY = datetime(2021, 12, 6, 9, 30, tzinfo=UTC)
SITE = "https://news.example.org"
PAGE = f"{SITE}/stories/talks"


def tag(name: str) -> str:
    return f"tag:news.example.org,2021:{name}"


PICTURE = Media(
    url=f"{SITE}/media/hall.jpg?a=1&b=2",
    type="image/jpeg",
    length=52_100,
    title="The hall & its doors",
    width=1200,
    height=800,
)
SOUND = Media(url=f"{SITE}/media/call.mp3", type="audio/mpeg", length=3_400_000, title="The call")
FILM = Media(url=f"{SITE}/media/arrival.mp4", type="video/mp4")
PAPER = Media(url=f"{SITE}/media/text.pdf", type="application/pdf", length=900)

CORRECTION = Amendment(
    kind="correction",
    id=tag("correction/c1"),
    url=f"{PAGE}#c-c1",
    date="2021-12-08T16:05:00Z",
    was="Three hours.",
    now="Two hours.",
    why="A misread timetable.",
)
CLARIFICATION = Amendment(
    kind="clarification",
    id=tag("correction/c2"),
    url=f"{PAGE}#c-c2",
    date="2021-12-08",
    text="By video.",
)
RETRACTION = Amendment(
    kind="retraction",
    id=tag("retraction/talks"),
    url=f"{PAGE}#retraction",
    date="2021-12-09",
    text="The letter was forged.",
)
REINSTATEMENT = Amendment(
    kind="reinstatement",
    id=tag("reinstatement/talks"),
    url=f"{PAGE}#reinstatement",
    date="2021-12-10",
    text="It was genuine after all.",
)
WIRE = Origin(
    name="TASS",
    url="https://wire.example/items/1?a=1&b=2",
    id=tag("source/tass"),
    updated=DAY,
    rights="© TASS",
)

STORY = Entry(
    id=tag("story/talks"),
    kind="story",
    url=PAGE,
    title="Call set for Tuesday",
    summary="Both sides name a day.",
    content=f'<p>Both sides name a day. <a href="{SITE}/x?a=1&amp;b=2">More</a> ]]&gt;</p>',
    published=DAY,
    updated=DAY + timedelta(days=2),
    story=tag("story/talks"),
    story_url=PAGE,
    language="en",
    authors=(Person(name="Ada Example"), Person(name="Ben Sample", url=f"{SITE}/people/ben")),
    contributors=(Person(name="Foreign Policy", url="https://policy.example/"),),
    categories=(Category(term="World"), Category(term="Ukraine")),
    origin=WIRE,
    amendments=(RETRACTION, CORRECTION, CLARIFICATION),
    media=(PAPER, FILM, PICTURE, SOUND),
    rights="© 2021 The Daily Example",
    revision=7,
)
UPDATE = Entry(
    id=tag("update/u1"),
    kind="update",
    url=f"{PAGE}#u-u1",
    title="The call is under way",
    summary="",
    content="<p>The talks began.</p>",
    published=DAY + timedelta(days=1),
    updated=DAY + timedelta(days=1),
    story=STORY.id,
    story_url=PAGE,
    categories=(Category(term="update", scheme="tag:feedstream,2026:kind"),),
    revision=7,
)
DOCUMENT = FeedDocument(
    id=tag("feed/stories"),
    kind="stories",
    title="The Daily Example: stories",
    description="Running stories, with every change on the record.",
    address=f"{SITE}/feeds/stories",
    home_url=f"{SITE}/",
    about_url=f"{SITE}/feeds/",
    language="en",
    author=Person(name="The Daily Example", url=f"{SITE}/"),
    ttl=5,
    rights="© 2021 The Daily Example",
    updated=DAY + timedelta(days=3),
    links=tuple(
        Link(href=f"{SITE}/feeds/stories.{ending}", rel="alternate", type=media_type)
        for ending, media_type in (
            ("rss", "application/rss+xml"),
            ("atom", "application/atom+xml"),
            ("json", "application/feed+json"),
        )
    ),
    entries=(STORY, UPDATE),
    deleted=(
        Deleted(
            ref=tag("story/gone"),
            when=DAY + timedelta(days=3),
            comment="This story was removed.",
            legal=True,
        ),
        Deleted(ref=tag("story/gone-too"), when=DAY),
    ),
    hubs=(f"{SITE}/hub", "https://hub.example/"),
    history=History(
        kind="current",
        prev=f"{SITE}/feeds/archive/b-22",
    ),
    stylesheet=f"{SITE}/static/feed.css",
)
ARCHIVE = replace(
    DOCUMENT,
    address=f"{SITE}/feeds/archive/b-22",
    history=History(
        kind="archive",
        current=DOCUMENT.address,
        prev=f"{SITE}/feeds/archive/a-11",
        next=f"{SITE}/feeds/archive/c-33",
    ),
)
COMPLETE = replace(DOCUMENT, history=History(kind="complete"))
EMPTY = FeedDocument(
    id=tag("feed/tag/x"),
    kind="updates",
    title="X",
    description="",
    address=f"{SITE}/feeds/tag/x",
    home_url=f"{SITE}/",
    about_url=f"{SITE}/feeds/",
    language="",
    author=Person(name=""),
    ttl=5,
)
ALL = (DOCUMENT, ARCHIVE, COMPLETE, EMPTY)

texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", " ", "]]>", "<script>alert(1)</script>", "\x00", "&amp;", "אב\u202e", "😀"]
    ),
)
urls = st.sampled_from([f"{SITE}/a", f"{SITE}/b?c=1&d=2#f"])
people = st.builds(Person, name=texts, url=st.sampled_from(["", SITE]))
moments = st.builds(
    lambda seconds, hours: (DAY + timedelta(seconds=seconds)).astimezone(
        timezone(timedelta(hours=hours))
    ),
    st.integers(0, 3),
    st.integers(-11, 11),
)
media = st.builds(
    Media,
    url=urls,
    type=st.sampled_from(["image/png", "audio/ogg", "video/mp4", "application/pdf"]),
    length=st.integers(0, 2),
    title=texts,
    width=st.integers(0, 2),
)
amendments = st.builds(
    Amendment,
    kind=st.sampled_from(["correction", "clarification", "retraction", "reinstatement"]),
    id=st.just(tag("c")),
    url=urls,
    date=st.sampled_from(["2021-12-08", "2021-12-08T16:05:00Z"]),
    was=texts,
    text=texts,
)
entries = st.builds(
    Entry,
    id=st.sampled_from([tag("story/a"), tag("update/b"), tag("update/c")]),
    kind=st.sampled_from(get_args(EntryKind)),
    url=urls,
    title=texts,
    summary=texts,
    content=texts,
    published=moments,
    updated=moments,
    story=st.sampled_from([tag("story/a"), tag("story/d")]),
    story_url=urls,
    language=st.sampled_from(["", "en", "de-AT"]),
    authors=st.lists(people, max_size=2).map(tuple),
    contributors=st.lists(people, max_size=2).map(tuple),
    categories=st.lists(
        st.builds(Category, term=texts, scheme=st.sampled_from(["", "tag:x"])), max_size=2
    ).map(tuple),
    origin=st.none()
    | st.builds(Origin, name=texts, url=st.just("") | urls, updated=st.none() | moments),
    amendments=st.lists(amendments, max_size=2).map(tuple),
    media=st.lists(media, max_size=2).map(tuple),
    rights=texts,
    revision=st.integers(0, 2),
)
documents = st.builds(
    lambda document, chosen, about: replace(document, entries=tuple(chosen), about_url=about),
    st.sampled_from(ALL),
    st.lists(entries, max_size=3),
    urls,
)
