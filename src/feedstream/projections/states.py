"""States as JSON in the read model: written by orjson, decoded by pydantic."""

from typing import Any

import orjson
from pydantic import TypeAdapter

from feedstream.domain.feed import FeedDefinition
from feedstream.domain.inbox import InboxItem
from feedstream.domain.story import Correction, Story, Update
from feedstream.domain.wire import Source

STORY: TypeAdapter[Story] = TypeAdapter(Story)
UPDATE: TypeAdapter[Update] = TypeAdapter(Update)
CORRECTION: TypeAdapter[Correction] = TypeAdapter(Correction)
ITEM: TypeAdapter[InboxItem] = TypeAdapter(InboxItem)
SOURCE: TypeAdapter[Source] = TypeAdapter(Source)
FEED: TypeAdapter[FeedDefinition] = TypeAdapter(FeedDefinition)


def encode(state: Any) -> bytes:
    """The JSON of a state, which the adapter of its class decodes to an equal one."""
    return orjson.dumps(state, option=orjson.OPT_UTC_Z)
