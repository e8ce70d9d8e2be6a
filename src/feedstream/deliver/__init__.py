"""Push (W3C WebSub, Recommendation of 23 January 2018): an embedded hub, and hubs elsewhere."""

from feedstream.deliver.hub import Answer, Hub
from feedstream.deliver.limits import Limits
from feedstream.deliver.push import Push
from feedstream.deliver.store import PushStore
from feedstream.deliver.topics import Topics, topic_of

__all__ = ["Answer", "Hub", "Limits", "Push", "PushStore", "Topics", "topic_of"]
