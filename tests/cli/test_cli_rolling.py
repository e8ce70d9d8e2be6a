"""Rolling copy from the command line, day after day."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run, lines, one

DAY_1 = """The harbour board said on Friday that the old crane would be taken down.

It gave no day for the work, which the engineers expect to last a week.

UPDATE 06/12/2021
Board names the day

The crane comes down on Tuesday, the board said.
"""
DAY_2 = """
UDPATE 07/12/2021
Work begins at dawn

Two tugs held the barge while the first bolts were cut.

With reporting by Harbour Wire
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "crane.txt"
    path.write_text(DAY_1)
    return path


def bring(cli: Run, copy: Path, *more: str) -> dict:
    return one(
        cli("import", "rolling", str(copy), "--headline", "Old crane to go", "--json", *more)
    )


def kinds(told: dict) -> list[str]:
    return [event["type"] for event in told["events"]]


def test_the_same_file_daily_gives_the_right_history(cli: Run, copy: Path) -> None:
    assert kinds(bring(cli, copy)) == ["story.published", "update.added"]
    again = bring(cli, copy)
    assert (again["changed"], again["events"]) == (False, [])
    copy.write_text(DAY_1 + DAY_2)
    assert kinds(bring(cli, copy)) == ["update.added", "credit.added"]
    copy.write_text((DAY_1 + DAY_2).replace("Two tugs", "Three tugs"))
    assert kinds(bring(cli, copy)) == ["update.edited"]
    assert one(cli("story", "list", "--json"))["updates"] == 2
    dated = [u["dated"] for u in lines(cli("update", "list", "old-crane-to-go", "--json"))]
    assert dated == ["2021-12-07", "2021-12-06"]


def test_a_renamed_story_is_found_by_its_old_slug(cli: Run, copy: Path) -> None:
    bring(cli, copy)
    cli("story", "rename", "old-crane-to-go", "crane")
    assert bring(cli, copy)["slug"] == "crane"


def test_copy_whose_first_words_changed_still_finds_its_story(cli: Run, copy: Path) -> None:
    first = one(cli("import", "rolling", str(copy), "--json"))
    copy.write_text("Yesterday " + DAY_1.replace("The harbour", "the harbour", 1))
    told = one(cli("import", "rolling", str(copy), "--json"))
    assert told["story"] == first["story"]
    assert kinds(told) == ["story.edited"]
    apart = one(cli("import", "rolling", str(copy), "--new", "--slug", "apart", "--json"))
    assert apart["story"] != first["story"]


def test_a_dry_run_shows_the_events_and_records_nothing(cli: Run, copy: Path) -> None:
    result = cli("import", "rolling", str(copy), "--headline", "Old crane to go", "--dry-run")
    assert "story.published" in result.stdout
    assert "2021-12-06" in result.stdout
    assert "nothing was recorded" in result.stderr
    assert one(cli("log", "head", "--json"))["position"] == 0


def test_a_given_date_story_and_labels_are_used(cli: Run, copy: Path) -> None:
    bring(cli, copy, "--date", "2021-12-03", "--section", "Port", "--tag", "Crane")
    story = one(cli("story", "show", "old-crane-to-go", "--json"))["story"]
    assert (story["dated"], story["section"], story["tags"]) == ("2021-12-03", "Port", ["Crane"])
    told = bring(cli, copy, "--headline", "Another", "--story", "old-crane-to-go")
    assert kinds(told) == ["story.edited"]


def test_the_sites_order_of_day_and_month_decides(cli: Run, home: Path, copy: Path) -> None:
    settings = home / "feedstream.toml"
    settings.write_text(settings.read_text().replace('date_order = "dmy"', 'date_order = "mdy"'))
    bring(cli, copy)
    assert one(cli("update", "list", "old-crane-to-go", "--json"))["dated"] == "2021-06-12"


def test_copy_comes_from_standard_input(cli: Run) -> None:
    told = one(cli("import", "rolling", "-", "--headline", "Crane", "--json", text=DAY_1 + DAY_2))
    assert kinds(told)[0] == "story.published"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DAY_1.replace("06/12/2021", "31/02/2021"), "line 5"),
        ("", "empty"),
        ("%PDF-1.7 and so on", "PDF"),
        ("<html><p>x</p></html>", "HTML"),
    ],
)
def test_what_is_no_copy_is_refused(cli: Run, copy: Path, text: str, words: str) -> None:
    copy.write_text(text)
    result = cli("import", "rolling", str(copy), "--headline", "X")
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert one(cli("log", "head", "--json"))["position"] == 0


MILL = "The old mill by the river burned down on Monday night and nobody was hurt.\n"
BUS = "A city bus caught fire near Central Station; passengers left through rear windows.\n"


def _copy(folder: Path, text: str) -> str:
    path = folder / "copy.txt"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("end", ["kill", "retract", "close"])
def test_copy_of_a_story_that_ended_does_not_begin_anew(cli: Run, tmp_path: Path, end: str) -> None:
    file = _copy(tmp_path, f"Fire in the town\n\n{MILL}")
    assert cli("import", "rolling", file, "--slug", "mill").exit_code == 0
    reason = ["--reason", "A court order."] if end != "close" else []
    assert cli("story", end, "mill", *reason, *(["--yes"] if end == "kill" else [])).exit_code == 0
    again = cli("import", "rolling", file)
    assert (again.exit_code, "--new" in again.stderr) == (1, True)
    assert len(lines(cli("story", "list", "--all", "--json"))) == 1
    assert cli("import", "rolling", file, "--new").exit_code == 0


def test_another_text_under_the_same_headline_replaces_nothing(cli: Run, tmp_path: Path) -> None:
    first = _copy(tmp_path, f"Fire in the town\n\n{MILL}")
    assert cli("import", "rolling", first).exit_code == 0
    second = _copy(tmp_path, f"Fire in the town\n\n{BUS}")
    refused = cli("import", "rolling", second)
    assert (refused.exit_code, "another text" in refused.stderr) == (1, True)
    assert "mill" in cli("story", "show", "fire-in-the-town").stdout
    edited = _copy(tmp_path, f"Fire in the town\n\n{MILL.replace('Monday', 'Tuesday')}")
    assert cli("import", "rolling", edited).exit_code == 0
    assert "Tuesday" in cli("story", "show", "fire-in-the-town").stdout
