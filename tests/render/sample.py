"""Stories of our own for the tests, each made by folding events as the log would hold them."""

from datetime import UTC, date, datetime

from feedstream.config import Site
from feedstream.domain import events as e
from feedstream.domain.evolve import fold
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import story_stream
from feedstream.domain.story import Story
from feedstream.domain.when import When
from feedstream.domain.wire import WireRef
from feedstream.render import Article

SITE = Site(
    title="The Daily Example",
    description="Running stories, with every change on the record.",
    base_url="https://news.example.org",
    author="The Daily Example newsroom",
    rights="© 2021 The Daily Example",
)
LATER = datetime(2021, 12, 20, 9, tzinfo=UTC)


def tag(name: str) -> str:
    return f"tag:news.example.org,2021:{name}"


def story_of(name: str, *happened: tuple[When, e.StoryEvent], first: int = 1) -> Story:
    """The story that these events lead to, recorded one after another from position `first`."""
    story = fold(
        e.Recorded(
            position=first + n,
            id=f"{name}-{n}",
            stream=story_stream(name),
            revision=n + 1,
            type=event.TYPE,
            schema=event.SCHEMA,
            effective_at=when,
            recorded_at=LATER,
            actor="test",
            correlation_id="",
            causation_id="",
            event=event,
            salt=b"",
            leaf=b"",
        )
        for n, (when, event) in enumerate(happened)
    )
    assert story is not None
    return story


def published(name: str, headline: str = "A headline", **given: object) -> e.StoryPublished:
    body = given.pop("body", "<p>The report.</p>")
    return e.StoryPublished(
        entry_id=tag(f"story/{name}"), slug=name, headline=headline, body=body, **given
    )


def added(name: str, headline: str, body: str, origin: WireRef | None = None) -> e.UpdateAdded:
    return e.UpdateAdded(
        update=name, entry_id=tag(f"update/{name}"), headline=headline, body=body, origin=origin
    )


TALKS = story_of(
    "talks",
    (
        datetime(2021, 12, 3, 14, 30, tzinfo=UTC),
        published(
            "talks",
            "Kremlin and White House prepare a call between Putin and Biden",
            body="<p>The presidents of Russia and the United States are to speak by video before"
            " the year is out, the Kremlin’s spokesman said on Friday; the day is not fixed.</p>\n"
            "<p>Ukraine, NATO &amp; arms are likely to lead the agenda.</p>",
            summary="A video call is being prepared; its day is open.",
            language="en",
            section="World",
            tags=("Russia", "United States", "Ukraine"),
            authors=("Ada Example", "Ben Sample"),
        ),
    ),
    (datetime(2021, 12, 3, 14, 31, tzinfo=UTC), e.CreditAdded(name="TASS", source="tass")),
    (
        datetime(2021, 12, 3, 14, 32, tzinfo=UTC),
        e.CreditAdded(name="Foreign Policy", url="https://foreignpolicy.example/"),
    ),
    (
        date(2021, 12, 6),
        added(
            "u1",
            "Call set for 7 December",
            "<p>Both sides now name Tuesday, 7 December.</p>",
            WireRef(
                item="w1", source="tass", revision=1, url="https://wire.example/items/1?a=1&b=2"
            ),
        ),
    ),
    (
        date(2021, 12, 7),
        added("u2", "The video call is under way", "<p>The talks began behind closed doors.</p>"),
    ),
    (
        date(2021, 12, 8),
        added(
            "u3",
            "Two hours on Ukraine and security",
            "<p>The leaders agreed that their teams will go on talking.</p>\n"
            "<blockquote><p>“Detailed consultations” are to follow.</p></blockquote>",
        ),
    ),
    (
        datetime(2021, 12, 8, 16, 5, tzinfo=UTC),
        e.CorrectionIssued(
            correction="c1",
            entry_id=tag("correction/c1"),
            was="The talks lasted three hours.",
            now="The talks lasted two hours.",
            why="We misread the Kremlin’s timetable.",
            update="u3",
        ),
    ),
)
CLAIM = story_of(
    "claim",
    (
        date(2021, 12, 7),
        published("claim", "Envoy said to have left Geneva", section="World", language="en"),
    ),
    (
        datetime(2021, 12, 8, 9, tzinfo=UTC),
        e.ClarificationIssued(
            correction="c2", entry_id=tag("correction/c2"), text="The envoy is not an ambassador."
        ),
    ),
    (
        datetime(2021, 12, 9, 10, tzinfo=UTC),
        e.StoryRetracted(
            entry_id=tag("retraction/claim"), reason="The letter it rested on was forged."
        ),
    ),
    first=20,
)
ARTICLES = (Article(TALKS, "putin-biden-call"), Article(CLAIM, "envoy-geneva"))

FEEDS = (
    FeedDefinition(name="stories", title="The Daily Example: stories"),
    FeedDefinition(name="updates", title="The Daily Example: every update", kind="updates"),
    FeedDefinition(name="corrections", title="The Daily Example: corrections", kind="corrections"),
    FeedDefinition(
        name="story/talks", title="The call, whole", kind="updates", story="talks", window=0
    ),
    FeedDefinition(name="tag/nothing", title="Nothing yet", tag="nothing"),
)
EMPTY = ("tag/nothing",)


def articles_for(feed: FeedDefinition) -> tuple[Article, ...]:
    return () if feed.name in EMPTY else ARTICLES
