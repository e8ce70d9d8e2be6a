"""Every error that feedstream raises on purpose.

```
FeedstreamError
├── Refused           a command that the rules of a story do not allow      exit 1 · HTTP 422
├── Invalid           input that cannot be read as what it claims to be     exit 2 · HTTP 400
├── NotFound          no such story, update, source, feed or position       exit 3 · HTTP 404
├── Conflict          somebody else was first                               exit 4 · HTTP 409
│   ├── StaleRevision     an edit made on an older revision                          412
│   └── IdTaken           an event id that already stands for other content
├── Integrity         the log does not hold what it should                  exit 5 · HTTP 500
│   └── NoUpcast          a stored (type, schema) that this version cannot read
├── Unreachable       a partner or a server that does not answer            exit 6 · HTTP 502
└── Unavailable       a full disk, a closed log, a read-only folder         exit 1 · HTTP 503
```

Each message is one sentence that says what, where, and how to mend it. Exit codes are the
command line's (`cli.run`), statuses are HTTP's (`api.problems`): nothing here knows of either.
"""


class FeedstreamError(Exception):
    """The root: catch it to catch everything that feedstream raises on purpose."""

    @property
    def sentence(self) -> str:
        """The message as one sentence for a person."""
        return str(self.args[0]) if self.args else type(self).__name__


class Refused(FeedstreamError):
    """A command that the rules do not allow in the present state."""


class Invalid(FeedstreamError):
    """Input that cannot be read as what it claims to be."""


class NotFound(FeedstreamError):
    """Something that was named and does not exist."""


class Conflict(FeedstreamError):
    """Somebody else was first.

    `stream`, `expected` and `actual` are those of the optimistic check (positions), where the
    conflict came from one.
    """

    def __init__(
        self, message: str, *, stream: str = "", expected: int = 0, actual: int = 0
    ) -> None:
        super().__init__(message)
        self.stream = stream
        self.expected = expected
        self.actual = actual


class StaleRevision(Conflict):
    """An edit made on an older revision of a story; both revisions are named."""


class IdTaken(Conflict):
    """An event id that already stands for other content."""


class Integrity(FeedstreamError):
    """The log does not hold what it should."""


class NoUpcast(Integrity):
    """A stored (type, schema) that this version cannot read."""


class Unreachable(FeedstreamError):
    """A partner or a server that does not answer, or not usefully."""


class Unavailable(FeedstreamError):
    """The store cannot work now: a full disk, a closed log, a read-only folder."""
