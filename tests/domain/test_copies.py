"""A copier gives what `dataclasses.replace` gives, and folding never touches what it was given."""

import copy
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from feedstream.domain import events as e
from feedstream.domain.copies import copier
from feedstream.domain.evolve import evolve
from feedstream.domain.story import Notice, Story, Update
from tests.domain.desk import record, story_after
from tests.domain.test_decide import PUBLISHED
from tests.strategies import events, instances

stories = instances(Story)
SLOWLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
_story = copier(Story)


@settings(SLOWLY, max_examples=25)
@for_all(stories, st.sets(st.sampled_from([field.name for field in fields(Story)])))
def test_a_copy_is_what_replace_gives(story, names):
    other = Story(id="other")
    changes = {name: getattr(other, name) for name in names}
    made = _story(story, changes)
    assert made == replace(story, **changes)
    assert type(made) is Story
    assert repr(made) == repr(replace(story, **changes))


@pytest.mark.parametrize("cls", [Story, Update, Notice])
def test_a_copy_is_as_frozen_as_the_rest(cls):
    copied = copier(cls)(some(cls), {})
    with pytest.raises(FrozenInstanceError):
        setattr(copied, fields(cls)[0].name, "x")
    with pytest.raises(FrozenInstanceError):
        delattr(copied, fields(cls)[0].name)
    assert copy.deepcopy(copied) == copied


def some(cls):
    """An instance with nothing much in it."""
    return cls(**{field.name: "" for field in fields(cls)})


def test_a_name_that_is_no_field_is_refused():
    with pytest.raises(AttributeError):
        _story(Story(id="a"), {"headlines": "x"})


@settings(SLOWLY, max_examples=40)
@for_all(stories, events)
def test_folding_leaves_the_story_it_was_given_as_it_was(story, event):
    before = copy.deepcopy(story)
    after = evolve(story, record(event, 2))
    assert story == before
    assert after.revision == 2


def test_updates_that_an_event_does_not_touch_stay_the_same_objects():
    added = [e.UpdateAdded(update=u, entry_id=u, headline="H", body="B") for u in ("u", "v")]
    story = story_after(PUBLISHED, *added)
    after = evolve(story, record(e.UpdatePinned(update="v"), 4))
    assert after.updates[0] is story.updates[0]
    assert after.updates[1] == replace(story.updates[1], pinned=True)
    assert evolve(story, record(e.UpdatePinned(update="w"), 4)).updates is story.updates
