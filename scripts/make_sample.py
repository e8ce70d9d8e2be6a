"""Writes events/sample.jsonl: a newsroom's December of 2021, the same bytes every time.

The real newsroom and the real ingest do the work, on a log in memory; only the clock, the ids and
the salts are given. Usage: make_sample.py [FILE]
"""

import asyncio
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from feedstream.config import Home as SiteHome
from feedstream.config import Settings, load_settings
from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.feed import FeedDefinition
from feedstream.domain.ids import feed_stream, source_stream, story_stream, wire_item_id
from feedstream.domain.registry import put_feed, put_source, remove_feed, remove_source
from feedstream.domain.wire import Source, WireItem
from feedstream.eventlog.base import ANY
from feedstream.eventlog.memory import MemoryLog
from feedstream.eventlog.transfer import export
from feedstream.ingest import Ingest
from feedstream.newsroom import Newsroom
from feedstream.projections.views import Views

EVENTS = Path(__file__).parent.parent / "events"
MOST_EVENTS = 60
ANNA, BEN, CLERK = "anna", "ben", "scheduler"  # who is at work; nobody real

MERIDIAN = Source(
    name="meridian-wire",
    url="https://wire.example.net/meridian.atom",
    credit="Meridian Wire",
    policy="suggest",
)
BALTIC = Source(
    name="baltic-desk",
    url="https://baltic.example.net/news.rss",
    credit="Baltic Desk",
    format="rss",
    policy="attach",
)
QUAY = Source(
    name="quay-sheet",
    url="https://quay.example.net/feed.json",
    credit="The Quay Sheet",
    format="jsonfeed",
    interval=3600,
    policy="hold",
)
DIPLOMACY = FeedDefinition(name="diplomacy", title="Diplomacy", kind="updates", tag="diplomacy")
FOG = FeedDefinition(name="fog-watch", title="Fog watch", kind="updates", tag="fog")


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """An instant of December 2021, in UTC."""
    return datetime(2021, 12, day, hour, minute, tzinfo=UTC)


def on(day: int) -> date:
    """A day of December 2021, without a time."""
    return date(2021, 12, day)


def html(*paragraphs: str) -> str:
    """Paragraphs as HTML."""
    return "".join(f"<p>{text}</p>" for text in paragraphs)


class Desk:
    """The newsroom with a clock that is set by hand and ids that a seed gives."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._random = random.Random(20211203)
        self._now = at(1)
        self.log = MemoryLog(clock=self.clock, salt=lambda: self._random.randbytes(16))
        self.views = Views(folder / "views.db")
        self.newsroom = Newsroom(
            self.log, authority=settings.site.authority, clock=self.clock, ids=self.new_id
        )
        self.ingest = Ingest(self.newsroom, self.views, settings.wire)

    def clock(self) -> datetime:
        return self._now

    def new_id(self) -> str:
        """A UUIDv7 (RFC 9562 §5.7) of the desk's own time, its random part from the seed."""
        head = int(self._now.timestamp() * 1000) << 80
        tail = 7 << 76 | self._random.getrandbits(12) << 64 | 2 << 62 | self._random.getrandbits(62)
        text = f"{head | tail:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def set(self, now: datetime) -> None:
        if now < self._now:
            raise ValueError(f"{now} is before {self._now}: write the days in their order")
        self._now = now

    async def do(self, now: datetime, *commands: c.Command, actor: str = ANNA) -> None:
        """Carry out commands on one story at `now`."""
        self.set(now)
        given = [replace(command, at=now) for command in commands]
        await self.newsroom.execute_all(given, actor=actor)

    async def record(self, now: datetime, stream: str, *events: e.Event, actor: str = ANNA) -> None:
        """Record events that no command of a story leads to."""
        self.set(now)
        proposed = [
            self.newsroom.envelope(event, stream, effective=now, actor=actor) for event in events
        ]
        await self.log.append(proposed, expect={stream: ANY})

    async def hear(self, now: datetime, source: Source, *items: WireItem) -> None:
        """A partner delivers."""
        self.set(now)
        await self.ingest.deliver(source, items)

    async def put_source(self, now: datetime, source: Source, known: Source | None = None) -> None:
        await self.record(now, source_stream(source.name), *put_source(source, known))

    async def put_feed(
        self, now: datetime, feed: FeedDefinition, known: FeedDefinition | None = None
    ) -> None:
        await self.record(now, feed_stream(feed.name), *put_feed(feed, known))


async def first_days(desk: Desk) -> None:
    """1 December: two partners, a third on trial, and a feed of the site's own."""
    await desk.put_source(at(1, 8, 30), MERIDIAN)
    await desk.put_source(at(1, 8, 32), BALTIC)
    await desk.put_source(at(1, 8, 40), QUAY)
    await desk.put_feed(at(1, 9, 5), DIPLOMACY)


# ── the call of two presidents ───────────────────────────────────────────────────────────────
async def summit_begins(desk: Desk) -> str:
    """3 December: the Kremlin speaks of preparations."""
    desk.set(at(3, 13, 18))
    room = desk.newsroom
    begin = room.begin(
        headline="Moscow and Washington prepare a video call of Putin and Biden",
        slug="putin-biden-video-call",
        summary="The Kremlin says that the two presidents may talk within days; no date is fixed.",
        section="World",
        tags=("Russia", "United States"),
        authors=("Anna Brandt",),
        effective=at(3, 13, 10),
        body=html(
            "Russia and the United States are preparing a video conference of their presidents,"
            " Vladimir Putin and Joe Biden, the Kremlin’s spokesman Dmitry Peskov told reporters on"
            " Friday. Several dates had been proposed, among them 7 December, and none was agreed"
            " yet, Russian state agency TASS reported him as saying.",
            "The two men met in Geneva in July. Since then the tone has hardened: Washington"
            " watches Russian troops gathering near the border of Ukraine with growing concern,"
            " Moscow objects to NATO’s presence in the countries around it.",
            "On Thursday Secretary of State Antony Blinken and Foreign Minister Sergey Lavrov saw"
            " each other in Stockholm, on the margin of a meeting of the OSCE. Neither reported"
            " progress over Ukraine.",
        ),
    )
    story = begin.story
    now = desk.clock()
    await desk.do(
        now,
        begin,
        c.AddCredit(story=story, at=now, name="TASS", url="https://tass.com/"),
    )
    await desk.do(
        at(3, 13, 31),
        c.TagStory(story=story, at=now, add=("Ukraine", "diplomacy")),
        actor=BEN,
    )
    return story


async def date_is_confirmed(desk: Desk, story: str) -> str:
    """6 December: the day is named; the update stands above the others until it has come."""
    desk.set(at(6, 10, 12))
    update = desk.newsroom.update(
        story,
        headline="Kremlin confirms 7 December for the call",
        effective=on(6),
        body=html(
            "The presidents will talk on Tuesday, 7 December, Mr Peskov said on Monday. He named"
            " Ukraine, the eastward growth of NATO and the security guarantees that Mr Putin asks"
            " for as subjects, and promised a statement once the call is over.",
        ),
    )
    await desk.do(at(6, 10, 12), update)
    await desk.do(
        at(6, 10, 14), c.PinUpdate(story=story, at=desk.clock(), update=update.update), actor=BEN
    )
    return update.update


BALTIC_CALL = WireItem(
    source=BALTIC.name,
    guid="https://baltic.example.net/2021/12/07/call",
    url="https://baltic.example.net/2021/12/07/call",
    headline="Putin and Biden end video call after about two hours",
    body=html(
        "The video call of Russian President Vladimir Putin and US President Joe Biden on Ukraine"
        " has ended after some two hours. Washington and Moscow are to publish their accounts of"
        " the talks later on Tuesday.",
    ),
    published=at(7, 17, 15),
    categories=("Ukraine", "diplomacy"),
    language="en",
)


async def the_call(desk: Desk, story: str, pinned: str) -> None:
    """7 December: it begins, a partner reports its end, and the announcement is unpinned."""
    desk.set(at(7, 15, 20))
    await desk.do(
        at(7, 15, 20),
        desk.newsroom.update(
            story,
            headline="The video call has begun",
            effective=on(7),
            body=html(
                "Mr Putin, in Sochi, and Mr Biden, in the White House, greeted each other on screen"
                " a little after ten in the morning in Washington. Mr Biden said that he hoped"
                " to meet in person the next time. Then the cameras were sent out; neither side"
                " has announced a press conference.",
            ),
        ),
    )
    await desk.hear(at(7, 17, 21), BALTIC, BALTIC_CALL)
    await desk.do(
        at(7, 17, 30), c.UnpinUpdate(story=story, at=desk.clock(), update=pinned), actor=BEN
    )


async def the_day_after(desk: Desk, story: str) -> None:
    """8 December: what was agreed; the partner's new version; an error of ours is put right."""
    desk.set(at(8, 9, 40))
    now = desk.clock()
    update = desk.newsroom.update(
        story,
        headline="Two presidents agree on consultations, and on little else",
        effective=on(8),
        body=html(
            "Officials of both countries are to consult on the security questions that divide"
            " them, the Kremlin said after the call. Most of the talk was of Ukraine.",
            "The White House said that Mr Biden had announced strong economic and other measures"
            " of the United States and its allies, should Russia escalate by force. The Kremlin"
            " said that Mr Putin had laid the tension at NATO’s door and had asked for reliable"
            " guarantees, in law, against its growing eastwards.",
        ),
    )
    credit = c.AddCredit(
        story=story, at=now, name="Foreign Policy", url="https://foreignpolicy.com/"
    )
    await desk.do(now, update, credit)
    revised = replace(
        BALTIC_CALL,
        body=BALTIC_CALL.body
        + html("Both capitals have since done so; each says that the talks will go on."),
        updated=at(8, 10, 2),
    )
    await desk.hear(at(8, 10, 6), BALTIC, revised)
    await correct(desk, story)
    clarification = desk.newsroom.clarification(
        story,
        text="The presidents “met” on 7 December by secure video link, not in one place.",
        effective=on(8),
    )
    await desk.do(at(8, 15, 2), clarification, actor=BEN)


async def correct(desk: Desk, story: str) -> None:
    """A wrong month: the report is edited, and the correction says so, in one append."""
    desk.set(at(8, 14, 30))
    report = await desk.newsroom.load(story)
    if report is None:
        raise ValueError("the story is not there")
    edit = c.EditStory(
        story=story,
        at=desk.clock(),
        body=report.body.replace("in Geneva in July", "in Geneva in June"),
        note="month of the Geneva meeting",
    )
    correction = desk.newsroom.correction(
        story,
        was="The two men met in Geneva in July.",
        now="They met in Geneva on 16 June 2021.",
        why="The month was taken from a reporter’s notes and not looked up.",
        effective=at(8, 14, 25),
    )
    await desk.do(at(8, 14, 30), edit, correction)


async def allies_are_told(desk: Desk, story: str) -> None:
    """9 December."""
    desk.set(at(9, 20, 5))
    update = desk.newsroom.update(
        story,
        headline="Biden speaks with Zelensky and with the Bucharest Nine",
        effective=on(9),
        body=html(
            "Mr Biden telephoned the president of Ukraine, Volodymyr Zelensky, on Thursday, and"
            " after him the leaders of the Bucharest Nine, NATO’s members on its eastern side, to"
            " tell them of the call with Mr Putin.",
        ),
    )
    await desk.do(at(9, 20, 5), update)


async def bucharest(desk: Desk, story: str) -> None:
    """10 December: Moscow's demand; the desk takes the story for told."""
    desk.set(at(10, 13, 20))
    update = desk.newsroom.update(
        story,
        headline="Moscow wants NATO to take back its promise of 2008",
        effective=on(10),
        body=html(
            "NATO should formally disown the sentence of its Bucharest summit of 2008 by which"
            " Ukraine and Georgia will become members, the Russian foreign ministry demanded in"
            " a statement on Friday.",
        ),
    )
    await desk.do(at(10, 13, 20), update)
    note = "The call is told; what follows from it will be a story of its own."
    await desk.do(at(10, 18, 0), c.CloseStory(story=story, at=desk.clock(), note=note), actor=BEN)


async def proposals(desk: Desk, story: str) -> None:
    """15 to 17 December: it goes on after all."""
    desk.set(at(15, 14, 40))
    note = "Moscow’s proposals follow from the call: the story runs on."
    update = desk.newsroom.update(
        story,
        headline="Russia hands its proposals to Karen Donfried",
        effective=on(15),
        body=html(
            "Karen Donfried, the US assistant secretary of state for Europe, was given Russia’s"
            " proposals for security guarantees in Moscow on Wednesday and is to take them to"
            " Washington.",
        ),
    )
    reopen = c.ReopenStory(story=story, at=desk.clock(), note=note)
    await desk.do(at(15, 14, 40), reopen, update)
    wider = replace(DIPLOMACY, title="Diplomacy, update by update", window=20)
    await desk.put_feed(at(15, 14, 52), wider, DIPLOMACY)
    desk.set(at(17, 12, 15))
    published = desk.newsroom.update(
        story,
        headline="Moscow publishes two draft treaties",
        effective=on(17),
        body=html(
            "The Russian foreign ministry made two drafts public on Friday, one of a treaty with"
            " the United States and one of an agreement with NATO. Under them NATO would take in"
            " no more countries to its east, Ukraine among them.",
        ),
    )
    await desk.do(at(17, 12, 15), published)


# ── Port Ellory ──────────────────────────────────────────────────────────────────────────────
async def lighthouse(desk: Desk) -> None:
    """4 and 5 December: an embargo, moved once, and lifted when its hour came."""
    desk.set(at(4, 16, 5))
    begin = desk.newsroom.begin(
        headline="Port Ellory’s lighthouse will be lit again",
        slug="lighthouse-lit-again",
        section="Port Ellory",
        tags=("harbour",),
        authors=("Ben Oduya",),
        effective=at(4, 16, 0),
        embargo_until=at(5, 6, 0),
        body=html(
            "After eleven dark years the old lighthouse on the north mole will be lit again, the"
            " harbour board has decided. Volunteers have rebuilt the lamp from its drawings.",
        ),
    )
    await desk.do(at(4, 16, 5), begin, actor=BEN)
    later = c.EmbargoStory(
        story=begin.story,
        at=desk.clock(),
        until=at(5, 12, 0),
        reason="The board announces it at noon instead.",
    )
    await desk.do(at(4, 18, 20), later, actor=BEN)
    lift = c.LiftEmbargo(story=begin.story, at=desk.clock(), effective=at(5, 12, 0), due=True)
    await desk.do(at(5, 12, 0), lift, actor=CLERK)


async def witness(desk: Desk) -> None:
    """9 December: a court's order; the story leaves every output."""
    desk.set(at(9, 20, 40))
    begin = desk.newsroom.begin(
        headline="Witness heard in the trial about the cold store",
        slug="cold-store-witness",
        section="Port Ellory",
        tags=("courts",),
        effective=at(9, 20, 36),
        body=html("The court of Port Ellory heard a witness of the fire in the cold store."),
    )
    await desk.do(at(9, 20, 40), begin, actor=BEN)
    kill = c.KillStory(
        story=begin.story,
        at=desk.clock(),
        reason="An order of the court protects the witness.",
        legal=True,
    )
    await desk.do(at(9, 21, 15), kill)


async def the_trial_of_a_partner(desk: Desk) -> None:
    """10 December: the third partner sends advertising, and is not wanted."""
    item = WireItem(
        source=QUAY.name,
        guid="qs-4711",
        headline="Ten oilskins you will love this winter",
        body=html("Our advertiser’s choice, from eighty crowns."),
        published=at(10, 7, 0),
    )
    await desk.hear(at(10, 7, 31), QUAY, item)
    await desk.ingest.reject(
        wire_item_id(QUAY.name, item.guid), reason="Advertising, not news.", actor=BEN
    )


FOG_ITEM = WireItem(
    source=MERIDIAN.name,
    guid="tag:wire.example.net,2021:fog-77",
    url="https://wire.example.net/items/fog-77",
    headline="Fog holds ferries in harbour for a second day",
    body=html(
        "Ferries stayed in harbour for a second day as fog hid the channel. The pilots expect to"
        " sail again on Sunday morning.",
    ),
    published=at(11, 9, 10),
    categories=("fog", "ferries"),
    language="en",
)


async def fog(desk: Desk) -> None:
    """11 December: a suggestion of the wire is accepted; a second report is merged."""
    await desk.put_feed(at(11, 7, 0), FOG)
    desk.set(at(11, 7, 20))
    begin = desk.newsroom.begin(
        headline="Fog closes the harbour of Port Ellory",
        slug="fog-closes-harbour",
        section="Port Ellory",
        tags=("harbour", "fog"),
        authors=("Ben Oduya",),
        effective=at(11, 7, 10),
        body=html(
            "Thick fog has closed the harbour of Port Ellory since Saturday’s first light. Two"
            " ferries wait at the quay, the pilots stay ashore, and the horn on the north mole"
            " sounds twice a minute.",
        ),
    )
    await desk.do(at(11, 7, 20), begin, actor=BEN)
    await desk.hear(at(11, 9, 16), MERIDIAN, FOG_ITEM)
    desk.set(at(11, 9, 30))
    item = wire_item_id(MERIDIAN.name, FOG_ITEM.guid)
    await desk.ingest.accept(item, begin.story, actor=BEN)
    await merged(desk, begin.story)
    renamed = c.ChangeSlug(story=begin.story, at=desk.clock(), slug="fog-december-2021")
    await desk.do(at(11, 11, 15), renamed, actor=BEN)
    await not_our_fog(desk, begin.story, item)


async def merged(desk: Desk, target: str) -> None:
    """Two editors began the same story: one of the two leads to the other from here on."""
    desk.set(at(11, 10, 45))
    begin = desk.newsroom.begin(
        headline="Ferries wait for the fog to lift",
        slug="ferries-wait",
        section="Port Ellory",
        tags=("fog",),
        effective=at(11, 10, 40),
        body=html("No ferry has left Port Ellory since Friday night."),
    )
    await desk.do(at(11, 10, 45), begin)
    reason = "Two reports of the same fog."
    event = e.StoryMergedInto(target=target, reason=reason)
    await desk.record(at(11, 11, 0), story_stream(begin.story), event, actor=BEN)


async def not_our_fog(desk: Desk, story: str, item: str) -> None:
    """12 December: the item was about another port; out it goes, its credit with it."""
    desk.set(at(12, 8, 10))
    await desk.ingest.detach(item, reason="The item is about another port.", actor=BEN)
    remove = c.RemoveCredit(story=story, at=desk.clock(), name=MERIDIAN.credit)
    await desk.do(at(12, 8, 12), remove, actor=BEN)
    canceled = replace(FOG_ITEM, status="canceled", updated=at(12, 8, 50))
    await desk.hear(at(12, 8, 56), MERIDIAN, canceled)
    await desk.record(at(12, 18, 0), feed_stream(FOG.name), *remove_feed(FOG.name, FOG), actor=BEN)


async def tide_gate(desk: Desk) -> None:
    """13 December: wrong from the ground up; the story stays, with the reason in its place."""
    desk.set(at(13, 9, 20))
    begin = desk.newsroom.begin(
        headline="Tide gate fails at its yearly test",
        slug="tide-gate-fails",
        section="Port Ellory",
        tags=("harbour",),
        effective=at(13, 9, 15),
        body=html("The tide gate of the inner harbour did not close when it was tested."),
    )
    await desk.do(at(13, 9, 20), begin)
    reason = "The gate did close. We took the script of an exercise for the record of the test."
    retraction = desk.newsroom.retraction(begin.story, reason=reason, effective=at(13, 11, 50))
    await desk.do(at(13, 11, 55), retraction)


async def drinking_water(desk: Desk) -> None:
    """14 December: retracted in haste, and reinstated when the figures proved right."""
    desk.set(at(14, 8, 5))
    begin = desk.newsroom.begin(
        headline="Salt found in the drinking water of the lower town",
        slug="salt-in-drinking-water",
        section="Port Ellory",
        tags=("water",),
        authors=("Ben Oduya",),
        effective=at(14, 8, 0),
        body=html(
            "Samples from the lower town hold more salt than the waterworks allow. Nobody need"
            " boil water, the laboratory says; the taste is the worst of it.",
        ),
    )
    await desk.do(at(14, 8, 5), begin, actor=BEN)
    doubt = "The waterworks say that the samples were mixed up. We take the report back."
    retraction = desk.newsroom.retraction(begin.story, reason=doubt, effective=at(14, 10, 0))
    await desk.do(at(14, 10, 3), retraction)
    reason = "The laboratory has shown the labels: the samples were the right ones."
    reinstate = c.ReinstateStory(
        story=begin.story, at=desk.clock(), reason=reason, effective=at(14, 16, 30)
    )
    await desk.do(at(14, 16, 34), reinstate)


async def last_days(desk: Desk) -> None:
    """17 December: one partner is asked more often, another no more."""
    await desk.put_source(at(17, 17, 0), replace(MERIDIAN, interval=120), MERIDIAN)
    gone = remove_source(QUAY.name, QUAY, "It sent advertising only.")
    await desk.record(at(17, 17, 5), source_stream(QUAY.name), *gone)


async def december(desk: Desk) -> None:
    """The whole month, in the order in which the log took it."""
    await first_days(desk)
    summit = await summit_begins(desk)
    await lighthouse(desk)
    announced = await date_is_confirmed(desk, summit)
    await the_call(desk, summit, announced)
    await the_day_after(desk, summit)
    await allies_are_told(desk, summit)
    await witness(desk)
    await the_trial_of_a_partner(desk)
    await bucharest(desk, summit)
    await fog(desk)
    await tide_gate(desk)
    await drinking_water(desk)
    await proposals(desk, summit)
    await last_days(desk)


async def sample() -> bytes:
    """The sample's lines."""
    settings = load_settings(SiteHome(EVENTS))
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(settings, Path(folder))
        try:
            await december(desk)
            lines = [line async for line in export(desk.log)]
        finally:
            desk.views.close()
    if len(lines) > MOST_EVENTS:
        raise ValueError(f"{len(lines)} events are more than a newcomer reads: {MOST_EVENTS}")
    return b"".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Write the sample to the file that is named, or to its place."""
    place = Path(arguments[0]) if arguments else EVENTS / "sample.jsonl"
    content = asyncio.run(sample())
    place.write_bytes(content)
    print(f"{place}: {len(content.splitlines())} events")


if __name__ == "__main__":
    main(sys.argv[1:])
