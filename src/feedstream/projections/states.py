"""States as JSON in the read model, decoded by pydantic."""

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
