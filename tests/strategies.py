"""Hypothesis strategies for everything that can stand in the log.

Import as `from tests.strategies import events, proposals, histories`.
"""

import types
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from feedstream.domain.events import EVENT_CLASSES, Event, Proposed, Unknown

STREAMS = ("story-a", "story-b", "wire-c", "source-d", "feed-e")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
"""Any text that UTF-8 can hold, with NUL, controls, quotes and every script in it."""

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
instants = st.datetimes(  # naive bounds, since Hypothesis adds the zone
    datetime(1, 1, 2),  # noqa: DTZ001
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.one_of(st.just(UTC), zones),
)
days = st.dates()
whens = st.one_of(instants, days)
"""From one end of the calendar to the other: what a log holds may have been written by any hand."""


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type, as the domain uses them."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return st.one_of(*(values(part) for part in parts))
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple:
        return st.lists(values(parts[0]), max_size=3).map(tuple)
    if is_dataclass(hint):
        return instances(hint)
    return PLAIN[hint]


PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    datetime: instants,
    date: days,
    type(None): st.none(),
}


def instances(cls: Any) -> st.SearchStrategy[Any]:
    """Instances of a dataclass with every field drawn, those with defaults too."""
    hints = get_type_hints(cls)
    return st.builds(cls, **{field.name: values(hints[field.name]) for field in fields(cls)})


events: st.SearchStrategy[Event] = st.sampled_from(EVENT_CLASSES).flatmap(instances)
"""Any event of any class."""

json_objects = st.dictionaries(
    texts,
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=3,
)
unknowns = json_objects.map(lambda raw: Unknown(raw=raw))


@st.composite
def proposals(draw: st.DrawFn) -> Proposed:
    """An event of any class, or one of a later version, offered to the log."""
    unknown = draw(st.booleans()) and draw(st.booleans())
    return Proposed(
        id=str(draw(st.uuids())),
        stream=draw(st.sampled_from(STREAMS)),
        event=draw(unknowns) if unknown else draw(events),
        effective_at=draw(whens),
        actor=draw(names),
        correlation_id=draw(st.one_of(st.just(""), names)),
        causation_id=draw(st.one_of(st.just(""), names)),
        type="story.foretold" if unknown else "",
        schema=draw(st.integers(1, 9)) if unknown else 0,
    )


histories = st.lists(st.lists(proposals(), min_size=1, max_size=4), max_size=6).filter(
    lambda batches: len({p.id for b in batches for p in b}) == sum(map(len, batches))
)
"""Batches of proposals with ids of their own, as they were appended one after the other."""
