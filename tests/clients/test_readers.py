"""What other people's clients see of a story's life is what docs/readers.md says."""

from pathlib import Path

import pytest
import reader

from tests.clients import node
from tests.clients.life import FEEDS, STAGES, served
from tests.clients.look import Look, Seen
from tests.clients.table import DOCUMENT, END, markdown, parted, run, with_tables


@pytest.mark.timeout(240)  # npm may have to fetch the clients
def test_the_document_says_what_a_run_gives(
    tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = pytestconfig.cache
    place = cache.mkdir("clients") if cache else tmp_path / "npm"
    try:
        seen = run(tmp_path, place)
    except node.Missing as missing:
        pytest.skip(f"clients from npm: {missing}")
    _, tables, _ = parted(DOCUMENT.read_text("utf-8"))
    assert markdown(seen) == tables, "run scripts/readers_table.py, and look at the difference"


def test_no_client_keeps_what_was_killed_unless_it_keeps_everything() -> None:
    _, tables, _ = parted(DOCUMENT.read_text("utf-8"))
    rows = [line.strip("| ").split(" | ") for line in tables.splitlines() if line.startswith("| ")]
    killed = {row[0]: row[-1] for row in rows if row[0] != "client" and not row[0].startswith("-")}
    assert len(killed) == 5
    assert {name for name, word in killed.items() if "gone" not in word} == {
        "reader (rss, atom, json)"
    }


def test_an_entry_that_was_read_stays_read_when_it_changes_and_a_new_one_is_unread(
    tmp_path: Path,
) -> None:
    with served(tmp_path / "newsroom") as life, reader.make_reader(":memory:") as mine:
        addresses = [life.feed(name, "atom") for name in FEEDS]
        for address in addresses:
            mine.add_feed(address)
        unread = {}
        for stage in STAGES[:-1]:
            life.live(stage)
            for name, address in zip(FEEDS, addresses, strict=True):
                mine.update_feed(address)
                found = list(mine.get_entries(feed=address, read=False))
                unread[stage, name] = len(
                    [one for one in found if "Ferry" not in (one.title or "")]
                )
                for one in found:
                    mine.mark_entry_as_read(one)
    assert {stage: unread[stage, "stories"] for stage in STAGES[:-1]} == {
        **{"publication": 1, "update": 0, "correction": 0, "retraction": 0}
    }
    assert all(unread[stage, "updates"] == 1 for stage in STAGES[:-1])
    assert [unread[stage, "corrections"] for stage in STAGES[:-1]] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (Look(), Look(), "–"),
        (Look(), Look({"a": Seen("t", "c", "1")}), "1 new"),
        (Look({"a": Seen("t", "c", "1")}), Look({"a": Seen("t", "d", "2")}), "1 changed"),
        (
            Look({"a": Seen("t", "c", "1")}),
            Look({"a": Seen("u", "c", "1")}),
            "1 changed without a new date",
        ),
        (
            Look({"a": Seen("t", "c", "1")}),
            Look({"a": Seen("t", "c", "2")}),
            "1 with a new date alone",
        ),
        (
            Look({"a": Seen("t", "c", "1")}),
            Look({}, frozenset({"a"})),
            "1 gone, 1 told deleted",
        ),
    ],
)
def test_what_became_of_a_feed_in_words(before: Look, now: Look, words: str) -> None:
    assert now.since(before) == words


def test_writing_the_tables_leaves_the_rest_of_the_document_as_it_is() -> None:
    text = DOCUMENT.read_text("utf-8")
    changed = with_tables(text, "| a |")
    assert parted(changed) == (parted(text)[0], "| a |", parted(text)[2])
    assert with_tables(changed, parted(text)[1]) == text
    assert text.count(END) == 1
