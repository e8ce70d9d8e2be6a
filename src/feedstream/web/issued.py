"""What the publish ledger says of a file's versions: where its validators come from."""

from feedstream.projections.ledger import Ledger, LedgerRow
from feedstream.web.tags import Tag


def row_of(ledger: Ledger, file: str, digest: str) -> LedgerRow | None:
    """The last row of `file` with the bytes of this SHA-256 (hex); None where there is none."""
    return _first(ledger, "file = ? AND digest = ? ORDER BY number DESC LIMIT 1", (file, digest))


def row_issued(ledger: Ledger, file: str, tag: Tag) -> LedgerRow | None:
    """The row that `tag` was made of; None where no such tag was ever sent for `file`."""
    row = _first(
        ledger,
        "file = ? AND position = ? AND substr(digest, 1, ?) = ? AND substr(settings, 1, ?) = ?"
        " ORDER BY number DESC LIMIT 1",
        (file, tag.position, len(tag.body), tag.body, len(tag.settings), tag.settings),
    )
    return row if row and row.digest else None


def ever_published(ledger: Ledger, file: str) -> bool:
    """Whether a file of this name ever stood: then its absence is no secret."""
    return bool(ledger.positions_of([file]))


def _first(ledger: Ledger, where: str, values: tuple[str | int, ...]) -> LedgerRow | None:
    found = ledger._db.connection.execute(
        f"SELECT number, position, file, digest, settings FROM published WHERE {where}",  # noqa: S608  # ours
        values,
    ).fetchone()
    if found is None:
        return None
    number, position, file, digest, settings = found
    return LedgerRow(
        number=int(number),
        position=int(position),
        file=str(file),
        digest=str(digest),
        settings=str(settings),
    )
