"""What a story looks like after events, and the laws that hold for any history."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given as for_all
from hypothesis import strategies as st

from feedstream.domain import events as e
from feedstream.domain.evolve import evolve, fold
from tests.domain.desk import NOON, PUBLISHED, record, story_after
from tests.domain.test_decide import KILLED, RETRACTED, UPDATE

LATER = NOON + timedelta(days=3)


def test_a_published_story_is_public_and_dated():
    story = story_after(PUBLISHED)
    assert story.is_public
    assert story.published == story.updated == NOON + timedelta(minutes=1)


def test_an_embargoed_story_is_first_published_when_the_embargo_is_lifted():
    hidden = story_after(replace(PUBLISHED, embargo_until=LATER))
    assert not hidden.is_public
    assert hidden.published is None
    lift = replace(record(e.StoryEmbargoLifted(due=True), 2, LATER), recorded_at=LATER)
    lifted = evolve(hidden, lift)
    assert lifted.is_public
    assert lifted.published == LATER


def test_published_never_moves_and_updated_always_moves_forward():
    story = story_after(PUBLISHED)
    for revision, day in enumerate([date(2021, 12, 6), date(2021, 12, 6), date(2021, 11, 1)], 2):
        event = replace(UPDATE, update=f"u{revision}")
        recorded = replace(record(event, revision, day), recorded_at=LATER)
        after = evolve(story, recorded)
        assert after.published == story.published
        assert after.updated > story.updated
        story = after
    assert story.updated < LATER + timedelta(seconds=5)


def test_a_date_stays_a_date_and_stands_at_noon_in_feeds():
    story = story_after(PUBLISHED)
    after = evolve(
        story,
        replace(record(UPDATE, 2, date(2021, 12, 6)), recorded_at=datetime(2022, 1, 1, tzinfo=UTC)),
    )
    assert after.updates[0].dated == date(2021, 12, 6)
    assert after.updates[0].at == datetime(2021, 12, 6, 12, tzinfo=UTC)


def test_a_typo_does_not_move_updated():
    story = story_after(PUBLISHED)
    assert story_after(PUBLISHED, e.StoryEdited(headline="x", minor=True)).updated == story.updated
    assert story_after(PUBLISHED, e.StoryEdited(headline="x")).updated > story.updated


def test_a_killed_story_keeps_nothing_that_could_leak():
    story = story_after(PUBLISHED, UPDATE, KILLED)
    assert not story.is_public
    assert story.status == "killed"
    assert (story.headline, story.body, story.updates, story.tags) == ("", "", (), ())


def test_a_retracted_story_stays_and_a_reinstated_one_is_whole_again():
    assert story_after(PUBLISHED, RETRACTED).is_public
    whole = story_after(PUBLISHED, RETRACTED, e.StoryReinstated(reason="It did."))
    assert whole.retracted is None
    assert whole.body == PUBLISHED.body


def test_the_credit_line_is_composed():
    credits = [e.CreditAdded(name=name) for name in ("TASS", "Foreign Policy", "AP")]
    assert story_after(PUBLISHED).credit_line == ""
    assert story_after(PUBLISHED, *credits[:1]).credit_line == "With reporting by TASS"
    assert (
        story_after(PUBLISHED, *credits).credit_line
        == "With reporting by TASS, Foreign Policy and AP"
    )


def test_updates_stand_newest_first_with_pinned_ones_on_top():
    events = [replace(UPDATE, update=name) for name in ("a", "b", "c")]
    assert [u.id for u in story_after(PUBLISHED, *events).updates_in_order] == ["c", "b", "a"]
    pinned = story_after(PUBLISHED, *events, e.UpdatePinned(update="a"))
    assert [u.id for u in pinned.updates_in_order] == ["a", "c", "b"]


def test_dating_an_update_anew_moves_its_place_and_not_its_publication():
    before = story_after(PUBLISHED, UPDATE).updates[0]
    moved = e.UpdateEdited(update="u1", dated=date(2021, 12, 1))
    after = story_after(PUBLISHED, UPDATE, moved).updates[0]
    assert after.at < before.at
    assert after.published == before.published


def test_old_slugs_are_kept_once():
    there = e.StorySlugChanged(slug="b", previous="harbour-bridge")
    back = e.StorySlugChanged(slug="harbour-bridge", previous="b")
    assert story_after(PUBLISHED, there).old_slugs == ("harbour-bridge",)
    assert story_after(PUBLISHED, there, back).old_slugs == ("b",)


story_events = st.sampled_from(
    [
        PUBLISHED,
        replace(PUBLISHED, embargo_until=LATER),
        UPDATE,
        KILLED,
        RETRACTED,
        e.StoryReinstated(reason="x"),
        e.StoryEdited(headline="y"),
        e.StoryTagged(added=("x",), removed=("harbour",)),
        e.StorySlugChanged(slug="b", previous="a"),
        e.StoryEmbargoed(until=LATER),
        e.StoryEmbargoLifted(due=True),
        e.StoryClosed(),
        e.StoryReopened(),
        e.StoryMergedInto(target="other"),
        e.UpdateEdited(update="u1", body="z", dated=date(2021, 12, 1)),
        e.UpdateWithdrawn(update="u1", reason="x"),
        e.UpdatePinned(update="u1"),
        e.UpdateUnpinned(update="nobody"),
        e.CorrectionIssued(correction="k", entry_id="t", was="a", now="b", why="c"),
        e.ClarificationIssued(correction="l", entry_id="t", text="a"),
        e.CreditAdded(name="TASS"),
        e.CreditRemoved(name="TASS"),
        e.FeedRemoved(name="a stranger in the stream"),
        e.Unknown(raw={"future": True}),
    ]
)


def _record(event, number):
    if isinstance(event, e.Unknown):
        return replace(record(PUBLISHED, number), event=event, type="story.sung")
    return record(event, number)


@for_all(st.lists(story_events, max_size=30))
def test_evolve_is_total_and_monotone(events):
    story = None
    for number, event in enumerate(events, 1):
        after = evolve(story, _record(event, number))
        assert after.revision == after.position == number
        if story and story.published:
            assert after.published == story.published
            assert after.updated >= story.updated
        if after.killed:
            assert not after.is_public
            assert not after.body
        story = after


@for_all(st.lists(story_events, max_size=20), st.integers(0, 20))
def test_folding_in_two_steps_is_folding_once(events, cut):
    history = [_record(event, number) for number, event in enumerate(events, 1)]
    story = fold(history[:cut])
    for recorded in history[cut:]:
        story = evolve(story, recorded)
    assert story == fold(history)
