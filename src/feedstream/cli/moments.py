"""Moments as people name them on a command line: a position, an instant, a date."""

import re

from feedstream.cli.context import when
from feedstream.replay import Moment

_POSITION = re.compile(r"[0-9]{1,18}")


def moment_named(text: str | None, option: str) -> Moment | None:
    """The position, instant or date that an option gives. Raises `Invalid`, naming the option."""
    if text is not None and _POSITION.fullmatch(text.strip()):
        return int(text)
    return when(text, option)
