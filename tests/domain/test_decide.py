"""The rules of a story: given what happened, when a command comes, then what follows."""

from datetime import UTC, date, datetime, timedelta

import pytest

from feedstream.domain import commands as c
from feedstream.domain import events as e
from feedstream.errors import NotFound, Refused, StaleRevision
from tests.domain.desk import NOON, PUBLISHED, given

UPDATE = e.UpdateAdded(
    update="u1", entry_id="tag:x,2021:u1", headline="Divers go down", body="<p>Two divers.</p>"
)
KILLED = e.StoryKilled(reason="A court said so.")
RETRACTED = e.StoryRetracted(entry_id="tag:x,2021:r", reason="It never happened.")
PUBLISH = {
    "entry_id": PUBLISHED.entry_id,
    "slug": "harbour-bridge",
    "headline": "Harbour bridge closes",
    "body": "<p>The bridge is shut.</p>",
    "tags": ("harbour",),
}
ADD = {"update": "u2", "entry_id": "tag:x,2021:u2", "headline": "Reopened", "body": "<p>Open.</p>"}
CORRECT = {
    "correction": "k1",
    "entry_id": "tag:x,2021:k1",
    "was": "two",
    "now": "three",
    "why": "A miscount.",
}


def test_a_story_begins_with_its_publication():
    given().when(c.PublishStory, **PUBLISH).then(PUBLISHED)


def test_a_story_is_published_once():
    given(PUBLISHED).when(c.PublishStory, **PUBLISH).refused(Refused, "published already")


@pytest.mark.parametrize("slug", ["", "Harbour", "a b", "../x", "-a", "a--b", "a/b", "x" * 121])
def test_a_slug_is_plain(slug):
    given().when(c.PublishStory, **PUBLISH | {"slug": slug}).refused(Refused, "slug")


@pytest.mark.parametrize("field", ["headline", "body"])
def test_a_story_needs_words(field):
    given().when(c.PublishStory, **PUBLISH | {field: " \n"}).refused(
        Refused, f"The {field} is empty"
    )


def test_a_story_may_begin_under_embargo():
    until = NOON + timedelta(hours=2)
    given().when(c.PublishStory, **PUBLISH, embargo_until=until).then(
        e.StoryPublished(**PUBLISH, embargo_until=until)
    )


def test_an_embargo_lies_in_the_future():
    given().when(c.PublishStory, **PUBLISH, embargo_until=NOON).refused(
        Refused, "not in the future"
    )
    given(PUBLISHED).when(c.EmbargoStory, until=NOON).refused(Refused, "not in the future")


def test_commands_need_a_story():
    given().when(c.AddUpdate, **ADD).refused(NotFound, "no story")


def test_an_update_is_added():
    given(PUBLISHED).when(c.AddUpdate, **ADD).then(e.UpdateAdded(**ADD))


def test_an_update_may_be_dated_but_not_in_the_future():
    given(PUBLISHED).when(c.AddUpdate, **ADD, effective=date(2021, 12, 1)).then(
        e.UpdateAdded(**ADD)
    )
    given(PUBLISHED).when(c.AddUpdate, **ADD, effective=date(2021, 12, 9)).refused(
        Refused, "future"
    )
    late = NOON + timedelta(days=1)
    given(PUBLISHED).when(c.AddUpdate, **ADD, effective=late).refused(Refused, "future")


@pytest.mark.parametrize(
    ("past", "words"),
    [(KILLED, "was killed"), (RETRACTED, "is retracted"), (e.StoryClosed(), "is closed")],
)
def test_a_story_that_ended_takes_no_update(past, words):
    given(PUBLISHED, past).when(c.AddUpdate, **ADD).refused(Refused, words)


def test_a_reopened_story_takes_updates_again():
    given(PUBLISHED, e.StoryClosed(), e.StoryReopened()).when(c.AddUpdate, **ADD).then(
        e.UpdateAdded(**ADD)
    )


def test_a_stale_edit_names_both_revisions():
    given(PUBLISHED, UPDATE).when(c.EditStory, headline="New", if_revision=1).refused(
        StaleRevision, "revision 1", "revision 2"
    )


def test_an_edit_says_only_what_changed():
    given(PUBLISHED).when(c.EditStory, headline="Harbour bridge closes", body="<p>Shut!</p>").then(
        e.StoryEdited(body="<p>Shut!</p>")
    )


def test_an_edit_that_changes_nothing_is_nothing():
    given(PUBLISHED).when(c.EditStory, headline=PUBLISHED.headline, body=PUBLISHED.body).then()
    given(PUBLISHED, UPDATE).when(c.EditUpdate, update="u1", headline=UPDATE.headline).then()
    given(PUBLISHED).when(c.TagStory, add=("harbour",), remove=("sea",)).then()
    given(PUBLISHED).when(c.ChangeSlug, slug="harbour-bridge").then()
    given(PUBLISHED).when(c.ReopenStory).then()


@pytest.mark.parametrize("missing", ["was", "now", "why"])
def test_a_correction_says_what_was_wrong_what_is_right_and_why(missing):
    given(PUBLISHED).when(c.IssueCorrection, **CORRECT | {missing: " "}).refused(Refused, missing)


def test_a_correction_is_issued():
    given(PUBLISHED).when(c.IssueCorrection, **CORRECT).then(e.CorrectionIssued(**CORRECT))
    given(PUBLISHED, UPDATE).when(c.IssueCorrection, **CORRECT, update="u1").then(
        e.CorrectionIssued(**CORRECT, update="u1")
    )
    given(PUBLISHED).when(c.IssueCorrection, **CORRECT, update="u9").refused(NotFound, "u9")


def test_a_retracted_story_can_be_reinstated_and_killed():
    given(PUBLISHED, RETRACTED).when(c.ReinstateStory, reason="It did.").then(
        e.StoryReinstated(reason="It did.")
    )
    given(PUBLISHED).when(c.ReinstateStory, reason="x").refused(Refused, "not retracted")
    given(PUBLISHED, RETRACTED).when(c.KillStory, reason="Safety.").then(
        e.StoryKilled(reason="Safety.")
    )


def test_a_retraction_and_a_kill_have_a_reason():
    given(PUBLISHED).when(c.RetractStory, entry_id="tag:x", reason="").refused(Refused, "reason")
    given(PUBLISHED).when(c.KillStory, reason="").refused(Refused, "reason")


def test_a_killed_story_takes_no_command_at_all():
    for kind, fields in [
        (c.EditStory, {"headline": "x"}),
        (c.ReinstateStory, {"reason": "x"}),
        (c.KillStory, {"reason": "x"}),
        (c.AddCredit, {"name": "x"}),
        (c.LiftEmbargo, {}),
    ]:
        given(PUBLISHED, KILLED).when(kind, **fields).refused(Refused, "was killed")


def test_an_embargo_is_lifted_when_due_or_by_an_editor():
    early = e.StoryEmbargoed(until=NOON + timedelta(hours=2))
    given(PUBLISHED, early).when(c.LiftEmbargo, due=True).refused(Refused, "lasts until")
    given(PUBLISHED, early).when(c.LiftEmbargo, reason="It is out.").then(
        e.StoryEmbargoLifted(due=False, reason="It is out.")
    )
    given(PUBLISHED).when(c.LiftEmbargo, due=True).then()


def test_a_withdrawn_update_takes_no_more_changes():
    gone = e.UpdateWithdrawn(update="u1", reason="Wrong bridge.")
    given(PUBLISHED, UPDATE, gone).when(c.EditUpdate, update="u1", body="<p>x</p>").refused(
        Refused, "withdrawn"
    )
    given(PUBLISHED, UPDATE).when(c.WithdrawUpdate, update="u1", reason="Wrong bridge.").then(gone)


def test_pins_and_credits():
    pinned = e.UpdatePinned(update="u1")
    given(PUBLISHED, UPDATE).when(c.PinUpdate, update="u1").then(pinned)
    given(PUBLISHED, UPDATE, pinned).when(c.PinUpdate, update="u1").then()
    given(PUBLISHED, UPDATE, pinned).when(c.UnpinUpdate, update="u1").then(
        e.UpdateUnpinned(update="u1")
    )
    given(PUBLISHED).when(c.AddCredit, name=" TASS ").then(e.CreditAdded(name="TASS"))
    given(PUBLISHED, e.CreditAdded(name="TASS")).when(c.AddCredit, name="TASS").then()
    given(PUBLISHED).when(c.RemoveCredit, name="TASS").refused(NotFound, "no credit")


def test_the_size_of_what_editors_send_is_bounded():
    given(PUBLISHED).when(c.EditStory, headline="x" * 501).refused(Refused, "501 characters")
    given(PUBLISHED).when(c.EditStory, body="x" * 2_000_001).refused(Refused, "characters")


@pytest.mark.parametrize(
    "early", [date(1, 1, 1), date(1599, 12, 31), datetime(1, 1, 1, tzinfo=UTC)]
)
def test_no_date_is_older_than_newspapers(early):
    given().when(c.PublishStory, **PUBLISH, effective=early).refused(Refused, "1600 or later")
    given(PUBLISHED).when(c.AddUpdate, **ADD, effective=early).refused(Refused, "1600 or later")
    given(PUBLISHED, UPDATE).when(c.EditUpdate, update="u1", dated=early).refused(
        Refused, "1600 or later"
    )
