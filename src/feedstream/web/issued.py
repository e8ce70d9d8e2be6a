"""What the publish ledger says of a file's versions: where its validators come from."""

from feedstream.projections.ledger import Ledger, LedgerRow
from feedstream.web.tags import Tag


def row_issued(ledger: Ledger, file: str, tag: Tag) -> LedgerRow | None:
    """The row that `tag` was made of; None where no such tag was ever sent for `file`."""
    row = ledger.row_like(file, tag.position, tag.body, tag.settings)
    return row if row and row.digest else None


def ever_published(ledger: Ledger, file: str) -> bool:
    """Whether a file of this name ever stood: then its absence is no secret."""
    return bool(ledger.positions_of([file]))
