"""Writes the tables of docs/readers.md anew, from a run: python scripts/readers_table.py

It needs Node and npm, and what the tests need.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.clients.table import DOCUMENT, markdown, run, with_tables  # noqa: E402

if __name__ == "__main__":
    with TemporaryDirectory() as place:
        tables = markdown(run(Path(place), Path(place) / "npm"))
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text("utf-8"), tables), "utf-8")
    print(f"{DOCUMENT.relative_to(ROOT)} is written.")
