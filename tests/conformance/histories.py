"""Random histories of a newsroom, and all that it publishes at the end of each.

Editors' commands go through the newsroom, which refuses what the rules forbid; other events stand
in the log as another hand may have written them. The words in both are as bad as words can be.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from feedstream.config import Feeds, Home, Settings, Site, WebSub, load_settings
from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import feed_stream, story_stream
from feedstream.domain.media import Media
from feedstream.domain.wire import WireRef
from feedstream.errors import FeedstreamError
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.transfer import import_
from feedstream.markup import sanitise
from feedstream.newsroom import Newsroom
from feedstream.publish import Outputs
from feedstream.replay import views_at
from tests.strategies import texts
from tests.walk.conftest import TickingClock

SAMPLE = Path(__file__).parents[2] / "events"
HOSTILE = (
    *("]]>", "<script>alert(1)</script>", "&lt;b&gt;&amp;amp;&#0;", "😀 \u202eאבג", "a\x00b\x1fc"),
    *("\ufffe\uffff", "\u2028\u2029", "<!--", "' \" `", "x" * 300, "  ", "\x7f\x85\x9f", "&nbsp;"),
)
BODIES = (
    *("<p>Shut since dawn.</p>", '<p><a href="/a?b=1&c=2">x</a></p>', "<img src=x onerror=y>"),
    *('<img src="https://e.org/a.jpg" srcset="/b.jpg 2x" alt="]]>">', "&#0;&bogus;&amp;lt;"),
    *(
        "<p>a<p>b<ul><li>c",
        '<script>x</script><style>y</style><p style="z">w</p>',
        "<svg/onload=1>",
    ),
    *('<video poster="https://e.org/p.jpg"></video>', "<object></object>]]>", "plain"),
)
words = st.one_of(
    st.sampled_from(HOSTILE), texts, st.sampled_from(["City", "harbour", "Ana Brandt"])
)
"""What can stand in the log."""

typed = words | st.sampled_from(["\ud800x", "x\udfff"])
"""What can be typed: the newsroom takes out what no log can hold."""

bodies = st.sampled_from(BODIES) | texts
few_words = st.lists(words, max_size=3).map(tuple)
urls = st.sampled_from(
    ["", "https://e.org/a b", "https://e.org/ü?q=é#f", "http://[", "javascript:x", "/relative"]
)
languages = st.sampled_from(["", "en", "pt-BR", "zh-Hant-TW", "not a language", "x", "en_GB"])
media = st.lists(
    st.builds(
        Media,
        url=st.sampled_from(["https://e.org/a.jpg", "https://e.org/ü x.mp3", "http://e.org/c.pdf"]),
        type=st.sampled_from(["image/jpeg", "audio/mpeg", "application/pdf", "image/svg+xml"]),
        length=st.sampled_from([0, 1, 2**40]),
        title=words,
        width=st.integers(0, 2),
        height=st.integers(0, 2),
    ),
    max_size=3,
).map(tuple)
days = st.sampled_from([date(1600, 1, 1), date(1969, 7, 20), date(2021, 12, 2), date(2021, 12, 3)])
instants = st.sampled_from(
    [datetime(1899, 12, 31, 23, 59, 59, 999999, UTC), datetime(2021, 12, 3, 8, tzinfo=UTC)]
)
origins = st.none() | st.builds(
    WireRef,
    item=st.just("i"),
    source=st.sampled_from(["tass", "a b", "ü"]),
    revision=st.just(1),
    url=urls,
    updated=st.none() | instants,
    rights=words,
)
parts = st.sampled_from(["first", "second"])
BY_NAME: Mapping[str, st.SearchStrategy[Any]] = {
    **{"media": media, "tags": few_words, "authors": few_words, "add": few_words},
    **{"remove": few_words, "added": few_words, "removed": few_words},
    **{"language": languages, "url": urls, "origin": origins, "dated": days | instants},
    **{"minor": st.booleans(), "due": st.booleans(), "legal": st.booleans(), "update": parts},
    **{"until": st.just(datetime(2030, 1, 1, tzinfo=UTC)), "source": st.sampled_from(["", "tass"])},
    **{"slug": st.sampled_from(["s0", "s1"]), "target": st.just("story-0"), "correction": parts},
    "embargo_until": st.none(),
}


@dataclass(frozen=True)
class Act:
    """Something that happens to the story of that number: a command, or an event of the log's own.

    `given` are its fields; ids are minted when it happens.
    """

    story: int
    kind: type[Any]
    given: Mapping[str, Any]
    effective: Any


COMMANDS = (
    *(c.EditStory, c.TagStory, c.RetractStory, c.ReinstateStory, c.KillStory, c.CloseStory),
    *(c.AddUpdate, c.AddUpdate, c.EditUpdate, c.WithdrawUpdate, c.PinUpdate, c.ChangeSlug),
    *(c.IssueCorrection, c.IssueClarification, c.AddCredit, c.RemoveCredit, c.EmbargoStory),
    c.LiftEmbargo,
)
EVENTS = (
    *(e.StoryPublished, e.StoryEdited, e.StoryTagged, e.StoryRetracted, e.StoryReinstated),
    *(e.UpdateAdded, e.UpdateEdited, e.UpdateWithdrawn, e.CorrectionIssued, e.CreditAdded),
    *(e.ClarificationIssued, e.StoryKilled, e.StoryMergedInto, e.StorySlugChanged),
)
_MINTED = {"story", "at", "effective", "if_revision", "entry_id"}


@dataclass(frozen=True)
class Erasure:
    """The words of the event that stands at that position, if one does, leave the log."""

    position: int


@st.composite
def acts(draw: st.DrawFn, kinds: tuple[type[Any], ...], text: st.SearchStrategy[str]) -> Act:
    """Something of one of these kinds, with `text` in all that people write."""
    kind = draw(st.sampled_from(kinds))
    by_name = {**BY_NAME, "body": bodies if kind in COMMANDS else bodies.map(sanitise)}
    named = (one.name for one in fields(kind) if one.name not in _MINTED)
    given = {name: draw(by_name.get(name, text)) for name in named}
    return Act(draw(st.integers(0, 2)), kind, given, draw(st.none() | days | instants))


openings = st.builds(
    lambda number, given, effective: Act(number, c.PublishStory, given, effective),
    st.integers(0, 2),
    st.fixed_dictionaries(
        {
            **dict.fromkeys(("headline", "summary", "section"), typed),
            **{name: BY_NAME[name] for name in ("tags", "authors", "language", "media", "origin")},
            **{"slug": BY_NAME["slug"], "body": bodies},
        }
    ),
    st.none() | days | instants,
)
editing, other = acts(COMMANDS, typed), acts(EVENTS, words)
erasures = st.builds(Erasure, st.integers(1, 12))
sites = st.builds(
    lambda title, url, more: Site(title=title[:200] or "T", base_url=url, **more),
    words,
    st.sampled_from(["https://post.example.org", "http://127.0.0.1:8000/deep"]),
    st.fixed_dictionaries(
        {
            **dict.fromkeys(("description", "author", "rights"), words),
            "language": st.sampled_from(["en", "ar", "zh-Hant"]),
            "timezone": st.sampled_from(["UTC", "Asia/Kolkata"]),
        }
    ),
)
settings = st.builds(
    lambda site, window, hubs: Settings(
        site=site, feeds=Feeds(window=window), websub=WebSub(hubs=hubs)
    ),
    sites,
    st.sampled_from([1, 3, 50]),
    st.sampled_from([(), ("https://hub.example/?a=1&b=2",)]),
)


@dataclass(frozen=True)
class History:
    """What happened, and the settings that it is published with."""

    settings: Settings
    acts: tuple[Act | Erasure, ...]


histories = st.builds(
    lambda settings, first, rest: History(settings, (first, *rest)),
    settings,
    openings,
    st.lists(st.one_of(openings, editing, editing, other, erasures), max_size=14),
)


async def published(history: History) -> dict[str, bytes]:
    """Every file that the newsroom publishes at the end of a history, by name."""
    clock = TickingClock()
    async with MemoryLog(clock=clock) as log:
        room = Newsroom(log, authority=history.settings.site.authority, clock=clock)
        await _append(room, feed_stream("front"), e.FeedDefined(feed=_FRONT), None)
        for act in history.acts:
            with suppress(FeedstreamError):
                await _happen(room, act)
        given = history.settings
        async with views_at(log) as views:
            return dict(Outputs(views, given.site, given.feeds, given.websub).files())


async def sample() -> tuple[Site, dict[str, bytes]]:
    """The site of `events/sample.jsonl`, and every file that it publishes at its end."""
    given = load_settings(Home(SAMPLE))
    async with MemoryLog() as log:
        await import_(log, (SAMPLE / "sample.jsonl").read_bytes().splitlines())
        async with views_at(log) as views:
            return given.site, dict(Outputs(views, given.site, given.feeds, given.websub).files())


_FRONT = FeedDefinition(name="front", title="]]> & front \x00", tag="harbour", kind="updates")


async def _happen(room: Newsroom, act: Act | Erasure) -> None:
    if isinstance(act, Erasure):
        await _erase(room, act.position)
        return
    names = {one.name for one in fields(act.kind)}
    story, minted = f"story-{act.story}", room.mint("x", room.ids())
    given = {**act.given, **({"entry_id": minted} if "entry_id" in names else {})}
    if "at" not in names:
        await _append(room, story_stream(story), act.kind(**given), act.effective)
        return
    command = act.kind(story=story, at=room.clock(), effective=act.effective, **given)
    await room.execute(command, actor="editor")


async def _erase(room: Newsroom, position: int) -> None:
    found = [one async for one in room.log.read_all(position - 1, upto=position)]
    for one in found:
        event = e.ContentErased(positions=(position,), kind="request", reason="]]> \x00")
        envelope = room.envelope(event, one.stream, effective=room.clock(), actor="editor")
        await room.log.erase(envelope)


async def _append(room: Newsroom, stream: str, event: e.Event, effective: Any) -> None:
    envelope = room.envelope(event, stream, effective=effective or room.clock(), actor="other")
    await room.log.append([envelope])
