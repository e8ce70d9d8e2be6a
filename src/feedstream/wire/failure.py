"""How a fetch fails: one sentence for people, and what the schedule needs to know."""

from feedstream.errors import Unreachable


class FetchFailed(Unreachable):
    """A source that did not answer, or not usefully.

    `status` is the HTTP status where one came; `retry_after` the seconds the server asked for.
    """

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class AddressRefused(FetchFailed):
    """An address on this machine or network, for a source that may not use one."""
