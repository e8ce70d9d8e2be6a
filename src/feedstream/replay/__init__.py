"""Replay: the state and the very bytes of the feeds as they were at an earlier moment."""

from feedstream.replay.asof import views_at
from feedstream.replay.folder import render_to, replay_to
from feedstream.replay.moments import (
    Moment,
    end_of,
    first_position,
    last_position,
    position_until,
    start_of,
)

__all__ = [
    "Moment",
    "end_of",
    "first_position",
    "last_position",
    "position_until",
    "render_to",
    "replay_to",
    "start_of",
    "views_at",
]
