"""What the tables hold of states and instants reads back as it was."""

from datetime import UTC

from hypothesis import HealthCheck, settings
from hypothesis import given as for_all

from feedstream.domain.feed import FeedDefinition
from feedstream.domain.inbox import InboxItem
from feedstream.domain.story import Correction, Story, Update
from feedstream.domain.when import format_when
from feedstream.domain.wire import Source
from feedstream.projections import states
from feedstream.projections.labels import stamp
from feedstream.projections.texts import effective, stamped
from tests.strategies import instances, instants, whens

SLOWLY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOWLY
@for_all(instances(Story), instances(Update), instances(Correction))
def test_stories_and_their_parts(story, update, correction):
    assert states.STORY.validate_json(states.encode(story)) == story
    assert states.UPDATE.validate_json(states.encode(update)) == update
    assert states.CORRECTION.validate_json(states.encode(correction)) == correction


@SLOWLY
@for_all(instances(InboxItem), instances(Source), instances(FeedDefinition))
def test_items_sources_and_feeds(item, source, feed):
    assert states.ITEM.validate_json(states.encode(item)) == item
    assert states.SOURCE.validate_json(states.encode(source)) == source
    assert states.FEED.validate_json(states.encode(feed)) == feed


@for_all(instants, whens)
def test_instants_and_dates(instant, when):
    for one in (instant, instant.astimezone(UTC), instant.replace(microsecond=0, tzinfo=UTC)):
        assert stamped(one) == stamp(one)
        assert effective(one) == format_when(one)
    assert effective(when) == format_when(when)
