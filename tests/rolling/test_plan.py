"""Rolling copy against a story: only what changed, nothing twice, nothing lost."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.domain.story import Story
from feedstream.domain.wire import WireRef
from feedstream.errors import Invalid
from feedstream.eventlog.memory import MemoryLog
from feedstream.newsroom import Newsroom
from feedstream.rolling import parse_rolling
from feedstream.rolling.matching import likeness
from feedstream.rolling.plan import Wishes, earliest, plan_rolling

NOW = datetime(2022, 1, 10, 12, tzinfo=UTC)
OPENING = """The harbour board said on Friday that the old crane would be taken down.

It gave no day for the work, which the port's engineers expect to last a week.
"""
FIRST = """
UPDATE 06/12/2021
Board names the day

The crane comes down on Tuesday, the board said in a short note to the shipping lines.
"""
SECOND = """
UPDATE 07/12/2021
Work begins at dawn

Two tugs held the barge while the first bolts were cut, engineers told reporters on the quay.
"""
CREDITS = "\nWith reporting by Harbour Wire, The Quay Post\n"


def desk() -> Newsroom:
    return Newsroom(MemoryLog(clock=lambda: NOW), authority="t.example", clock=lambda: NOW)


def parsed(*parts: str, headline: str | None = "Old crane to go"):
    return parse_rolling("".join(parts), headline=headline)


async def imported(newsroom: Newsroom, *parts: str, wishes: Wishes | None = None) -> Story:
    plan = plan_rolling(parsed(*parts), None, newsroom, at=NOW, wishes=wishes)
    return (await newsroom.execute_all(plan.commands, actor="ana")).story


async def again(newsroom: Newsroom, story: Story, *parts: str, **options: object):
    wishes = Wishes(**options)  # type: ignore[arg-type]
    plan = plan_rolling(parsed(*parts), story, newsroom, at=NOW, wishes=wishes)
    if not plan.commands:
        return story, (), plan.notices
    outcome = await newsroom.execute_all(plan.commands, actor="ana")
    return outcome.story, outcome.events, plan.notices


async def test_a_first_import_is_one_story_with_dated_updates_and_credits() -> None:
    story = await imported(
        desk(), OPENING, FIRST, SECOND, CREDITS, wishes=Wishes(opened=date(2021, 12, 3))
    )
    assert story.dated == date(2021, 12, 3)
    assert [u.dated for u in story.updates] == [date(2021, 12, 6), date(2021, 12, 7)]
    assert [u.headline for u in story.updates] == ["Board names the day", "Work begins at dawn"]
    assert [credit.name for credit in story.credits] == ["Harbour Wire", "The Quay Post"]
    assert "Harbour Wire" not in story.updates[-1].body


async def test_the_same_copy_again_asks_for_nothing() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, SECOND, CREDITS)
    plan = plan_rolling(parsed(OPENING, FIRST, SECOND, CREDITS), story, newsroom, at=NOW)
    assert plan.commands == ()
    assert plan.notices == ()


async def test_quotes_and_ampersands_do_not_look_like_a_change() -> None:
    newsroom = desk()
    odd = OPENING + '\n“Smith & Sons” said "no" to <b>that</b> & left; it\'s 5 > 4.\n'
    story = await imported(newsroom, odd, FIRST)
    assert plan_rolling(parsed(odd, FIRST), story, newsroom, at=NOW).commands == ()


async def test_a_new_update_at_the_end_is_one_event_with_its_date() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST)
    after, events, _ = await again(newsroom, story, OPENING, FIRST, SECOND)
    assert [type(event) for event in events] == [e.UpdateAdded]
    assert after.updates[-1].dated == date(2021, 12, 7)


async def test_new_credits_are_added_and_none_is_removed() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, "\nWith reporting by Harbour Wire\n")
    after, events, _ = await again(
        newsroom, story, OPENING, FIRST, "\nWith reporting by The Quay Post\n"
    )
    assert [type(event) for event in events] == [e.CreditAdded]
    assert [credit.name for credit in after.credits] == ["Harbour Wire", "The Quay Post"]


async def test_an_edited_opening_paragraph_edits_only_the_body() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, SECOND)
    _, events, _ = await again(
        newsroom, story, OPENING.replace("a week", "nine days"), FIRST, SECOND
    )
    (event,) = events
    assert isinstance(event, e.StoryEdited)
    assert event.body
    assert event.headline is None


async def test_an_edited_update_paragraph_edits_just_that_update() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, SECOND)
    _, events, _ = await again(newsroom, story, OPENING, FIRST, SECOND.replace("Two", "Three"))
    (event,) = events
    assert isinstance(event, e.UpdateEdited)
    assert event.update == story.updates[1].id
    assert event.headline is None


async def test_a_changed_update_headline_is_an_edit_and_no_second_update() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, SECOND)
    after, events, _ = await again(
        newsroom, story, OPENING, FIRST.replace("Board names the day", "Tuesday it is"), SECOND
    )
    (event,) = events
    assert isinstance(event, e.UpdateEdited)
    assert event.headline == "Tuesday it is"
    assert event.body is None
    assert len(after.updates) == 2


async def test_an_update_rewritten_whole_is_told_by_its_day() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, SECOND)
    other = "\nUPDATE 07/12/2021\nFog stops everything\n\nNobody could see past the bow.\n"
    after, events, notices = await again(newsroom, story, OPENING, FIRST, other)
    assert [type(event) for event in events] == [e.UpdateEdited]
    assert len(after.updates) == 2
    assert any("rewritten" in notice for notice in notices)


async def test_two_updates_of_one_day_keep_apart_when_one_is_edited() -> None:
    newsroom = desk()
    evening = SECOND.replace("Work begins at dawn", "Work ends at dusk").replace("Two", "Six")
    story = await imported(newsroom, OPENING, SECOND, evening)
    _, events, _ = await again(
        newsroom, story, OPENING, SECOND, evening.replace("ends at dusk", "ends at nightfall")
    )
    (event,) = events
    assert isinstance(event, e.UpdateEdited)
    assert event.update == story.updates[1].id


async def test_a_date_put_right_moves_the_update() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, SECOND)
    after, events, _ = await again(
        newsroom, story, OPENING, FIRST, SECOND.replace("07/12/2021", "08/12/2021")
    )
    (event,) = events
    assert isinstance(event, e.UpdateEdited)
    assert event.dated == date(2021, 12, 8)
    assert len(after.updates) == 2


async def test_an_update_that_left_the_copy_stays_with_a_notice() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, SECOND)
    after, events, notices = await again(newsroom, story, OPENING, FIRST)
    assert events == ()
    assert len(after.updates) == 2
    assert any("--withdraw-missing" in notice for notice in notices)


async def test_an_update_that_left_the_copy_is_withdrawn_when_asked_and_stays_so() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST, SECOND)
    after, events, _ = await again(newsroom, story, OPENING, FIRST, withdraw_missing=True)
    assert [type(event) for event in events] == [e.UpdateWithdrawn]
    _, events, notices = await again(newsroom, after, OPENING, FIRST, SECOND)
    assert events == ()
    assert any("withdrawn" in notice for notice in notices)


async def test_what_a_partner_sent_is_left_alone() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST)
    ref = WireRef(item="i", source="wire", revision=1)
    wired = replace(story.updates[0], id="w", origin=ref)
    mixed = replace(story, updates=(*story.updates, wired))
    plan = plan_rolling(
        parsed(OPENING), mixed, newsroom, at=NOW, wishes=Wishes(withdraw_missing=True)
    )
    withdrawn = [one.update for one in plan.commands if isinstance(one, c.WithdrawUpdate)]
    assert withdrawn == [story.updates[0].id]


async def test_a_headline_cut_from_the_text_never_replaces_an_editors() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST)
    plan = plan_rolling(parsed(OPENING, FIRST, headline=None), story, newsroom, at=NOW)
    assert plan.commands == ()


async def test_copy_that_runs_newest_first_is_recorded_in_the_order_of_events() -> None:
    story = await imported(desk(), OPENING, SECOND, FIRST)
    assert [u.dated for u in story.updates] == [date(2021, 12, 6), date(2021, 12, 7)]


async def test_section_and_tags_come_to_a_story_that_is_there() -> None:
    newsroom = desk()
    story = await imported(newsroom, OPENING, FIRST)
    after, _, _ = await again(newsroom, story, OPENING, FIRST, section="Port", tags=("Crane",))
    assert (after.section, after.tags) == ("Port", ("Crane",))


def test_copy_without_an_opening_report_begins_no_story() -> None:
    with pytest.raises(Invalid, match="no opening report"):
        plan_rolling(parsed(FIRST), None, desk(), at=NOW)


def test_the_earliest_date_is_found_in_any_order() -> None:
    assert earliest(parsed(OPENING, SECOND, FIRST)) == date(2021, 12, 6)
    assert earliest(parsed(OPENING)) is None


async def test_likeness_tells_a_grown_copy_from_another_story() -> None:
    story = await imported(desk(), OPENING, FIRST)
    assert likeness(parsed(OPENING, FIRST, SECOND), story) >= 0.5
    assert likeness(parsed("A ferry was late.\n\nNobody minded much.\n"), story) == 0
