"""The sample's small news: Port Ellory, a harbour town that is on no map."""

from dataclasses import replace

from sample_desk import ANNA, BEN, CLERK, FOG, MERIDIAN, QUAY, Desk, at, html

from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.ids import feed_stream, story_stream, wire_item_id
from feedstream.domain.registry import remove_feed
from feedstream.domain.wire import WireItem
from feedstream.erasing import Eraser


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
    """9 December: a court's order; the story leaves every output, and its text the log."""
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
    desk.set(at(9, 21, 40))
    eraser = Eraser(desk.newsroom)
    plan = await eraser.of_story(begin.story)
    await eraser.carry_out(plan, kind="legal", reason="Order 112/2021 of the court.", actor=ANNA)


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
    await not_our_fog(desk, item)


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


async def not_our_fog(desk: Desk, item: str) -> None:
    """12 December: the item was about another port; out it goes, its credit with it."""
    desk.set(at(12, 8, 10))
    await desk.ingest.detach(item, reason="The item is about another port.", actor=BEN)
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
