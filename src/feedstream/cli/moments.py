"""Moments as people name them on a command line: a position, an instant, a date."""

from feedstream.asof import parse_moment
from feedstream.errors import Invalid
from feedstream.replay import Moment


def moment_named(text: str | None, option: str) -> Moment | None:
    """The position, instant or date that an option gives. Raises `Invalid`, naming the option."""
    if text is None:
        return None
    try:
        return parse_moment(text)
    except Invalid as error:
        raise Invalid(f"{option}: {error.sentence}") from error
