"""Writes events/sample.jsonl: a newsroom's December of 2021, the same bytes every time.

The demo's copy is written too: it has to travel with the package.

The real newsroom and the real ingest do the work, on a log in memory; only the clock, the ids and
the salts are given. Usage: make_sample.py [FILE]
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sample_desk import BALTIC, BEN, DIPLOMACY, MERIDIAN, QUAY, Desk, at, html, on
from sample_town import drinking_water, fog, lighthouse, the_trial_of_a_partner, tide_gate, witness

from feedstream.config import Home as SiteHome
from feedstream.config import load_settings
from feedstream.domain import commands as c
from feedstream.domain.ids import source_stream
from feedstream.domain.media import Media
from feedstream.domain.registry import remove_source
from feedstream.domain.wire import WireItem
from feedstream.eventlog.transfer import export

ROOT = Path(__file__).parent.parent
EVENTS = ROOT / "events"
PLACES = (EVENTS / "sample.jsonl", ROOT / "src" / "feedstream" / "demo" / "data" / "sample.jsonl")
MOST_EVENTS = 60


async def first_days(desk: Desk) -> None:
    """1 December: two partners, a third on trial, and a feed of the site's own."""
    await desk.put_source(at(1, 8, 30), MERIDIAN)
    await desk.put_source(at(1, 8, 32), BALTIC)
    await desk.put_source(at(1, 8, 40), QUAY)
    await desk.put_feed(at(1, 9, 5), DIPLOMACY)


GENEVA = Media(
    url="https://pictures.example.net/2021/06/geneva-handshake.jpg",
    type="image/jpeg",
    length=184_320,
    title="Joe Biden and Vladimir Putin shake hands in Geneva on 16 June 2021",
    width=1600,
    height=1067,
)
GREETING = Media(
    url="https://pictures.example.net/2021/12/greeting.mp3",
    type="audio/mpeg",
    length=912_384,
    title="The greeting on the screen, with interpreters",
)


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
        media=(GENEVA,),
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
    rights="© 2021 Baltic News Desk",
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
            media=(GREETING,),
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
    """Write the sample to the file that is named, or to its places."""
    content = asyncio.run(sample())
    for place in [Path(name) for name in arguments] or PLACES:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        print(f"{place}: {len(content.splitlines())} events")


if __name__ == "__main__":
    main(sys.argv[1:])
