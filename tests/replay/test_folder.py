"""`replay --out`: a folder holds the site of that moment, and keeps what is not a replay's."""

from pathlib import Path

import pytest

from feedstream.replay.folder import LIST
from tests.replay.conftest import digest, tree


@pytest.fixture
def desk(cli):
    cli("story", "publish", "--headline", "Crane falls", "--body", "It fell.")
    cli("story", "publish", "--headline", "Ferry late", "--body", "It is late.", "--tag", "Sea")
    return cli


def replayed(desk, out: Path, position: int) -> set[str]:
    done = desk("replay", "--position", str(position), "--out", str(out))
    assert done.exit_code == 0, done.output
    return set(tree(out))


def test_a_replay_of_an_earlier_position_takes_away_what_a_later_one_wrote(desk, tmp_path):
    out = tmp_path / "out"
    late = replayed(desk, out, 2)
    assert "tag/sea.rss" in late
    early = replayed(desk, out, 1)
    assert early == set(tree_of_one(desk, tmp_path, 1))
    assert not (out / "tag").exists()
    assert replayed(desk, out, 2) == late
    assert "feeds written" in desk("replay", "--position", "1", "--out", str(out)).stdout


def tree_of_one(desk, tmp_path: Path, position: int) -> dict[str, bytes]:
    replayed(desk, tmp_path / "fresh", position)
    return tree(tmp_path / "fresh")


def test_what_no_replay_wrote_and_what_was_changed_since_stays(desk, tmp_path):
    out = tmp_path / "out"
    (out / "tag").mkdir(parents=True)
    for name in ("README.md", "tag/mine.rss", "tag/sea.rss.gz"):
        (out / name).write_text("mine")
    replayed(desk, out, 2)
    (out / "tag" / "sea.rss").write_text("edited")
    files = replayed(desk, out, 1)
    assert {"README.md", "tag/mine.rss", "tag/sea.rss"} <= files
    assert (out / "tag" / "sea.rss.gz").exists()
    assert "tag/sea.atom" not in files
    assert (out / "tag" / "sea.rss").read_text() == "edited"


def test_a_list_that_somebody_wrote_leads_nowhere_else(desk, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    victims = {"../victim.rss": b"a", "notes.txt": b"b", "UPPER.rss": b"c", ".hidden.rss": b"d"}
    for name, content in victims.items():
        (out / name).write_bytes(content)
    listed = [f"{digest(content)}  {name}\n" for name, content in victims.items()]
    (out / LIST).write_text("".join(listed) + "nonsense\n")
    replayed(desk, out, 1)
    assert {name: (out / name).read_bytes() for name in victims} == victims


def test_the_list_is_one_that_sha256sum_reads_and_a_second_replay_changes_nothing(desk, tmp_path):
    out = tmp_path / "out"
    files = replayed(desk, out, 2) - {LIST}
    listed = dict(line.split("  ")[::-1] for line in (out / LIST).read_text().splitlines())
    assert listed == {name: digest((out / name).read_bytes()) for name in files}
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert "0 feeds written" in desk("replay", "--out", str(out)).stdout
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == times


def test_a_folder_that_cannot_be_written_is_one_sentence(desk, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = desk("replay", "--out", str(tmp_path / "file" / "out"))
    assert (done.exit_code, "can't be written" in done.stderr) == (1, True)
