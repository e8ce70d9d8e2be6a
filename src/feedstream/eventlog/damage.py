"""Damage: what a log holds and must not, or no longer holds."""

from feedstream.errors import Integrity, Invalid


class Damaged(Integrity):
    """The stored log is not what was recorded.

    `position` is the first broken one (0: no event in particular), `expected` and `actual` what
    should be there and what is, as text.
    """

    def __init__(
        self, message: str, *, position: int = 0, expected: str = "", actual: str = ""
    ) -> None:
        super().__init__(message)
        self.position = position
        self.expected = expected
        self.actual = actual


class Foreign(Invalid):
    """A file that is no event log at all."""
