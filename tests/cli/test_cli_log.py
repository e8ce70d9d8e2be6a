"""The record, replay and feeds from the command line."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, lines, one


@pytest.fixture
def running(cli: Run) -> Run:
    cli("story", "publish", "--headline", "Crane", "--body", "It stands.", "--date", "2021-12-06")
    cli(
        "update", "add", "crane", "--headline", "Down", "--body", "It fell.", "--date", "2021-12-08"
    )
    cli("story", "publish", "--headline", "Ferry", "--body", "It is late.", "--tag", "Sea")
    return cli


def test_an_export_imported_elsewhere_exports_the_same_bytes(running: Run, tmp_path: Path) -> None:
    out, other = tmp_path / "log.jsonl", str(tmp_path / "other")
    assert running("log", "export", "--out", str(out)).exit_code == 0
    assert running("--home", other, "init").exit_code == 0
    dry = one(running("--home", other, "log", "import", str(out), "--dry-run", "--json"))
    assert (dry["new"], dry["known"]) == (3, 0)
    assert one(running("--home", other, "log", "head", "--json"))["position"] == 0
    assert one(running("--home", other, "log", "import", str(out), "--json"))["new"] == 3
    assert one(running("--home", other, "log", "import", str(out), "--json"))["known"] == 3
    assert running("--home", other, "log", "export").stdout_bytes == out.read_bytes()
    assert "Ferry" in (tmp_path / "other" / "feeds" / "stories.rss").read_text()


def test_a_broken_line_is_named_and_nothing_is_recorded(running: Run, tmp_path: Path) -> None:
    out = tmp_path / "log.jsonl"
    running("log", "export", "--out", str(out))
    first, *_ = out.read_text().splitlines()
    out.write_text(f"{first}\nnot json\n")
    other = str(tmp_path / "other")
    running("--home", other, "init")
    result = running("--home", other, "log", "import", str(out))
    assert (result.exit_code, "line 2" in result.stderr) == (2, True)
    assert one(running("--home", other, "log", "head", "--json"))["position"] == 0


def test_a_body_with_a_script_does_not_come_in(running: Run, tmp_path: Path) -> None:
    event = json.loads(running("log", "show", "1", "--json").stdout)
    for name in ("position", "revision", "salt", "leaf"):
        del event[name]
    event["data"]["body"] = "<p>x</p><script>alert(1)</script>"
    event |= {"id": "new", "subject": "story-new"}
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(event) + "\n")
    result = running("log", "import", str(path))
    assert (result.exit_code, "line 1" in result.stderr) == (2, True)


def test_tail_shows_the_last_and_filters(running: Run) -> None:
    def types(*options: str) -> list[str]:
        return [event["type"] for event in lines(running("log", "tail", "--json", *options))]

    assert types() == ["story.published", "update.added", "story.published"]
    assert types("-n", "1") == ["story.published"]
    assert types("-n", "0") == []
    assert types("--type", "update.*") == ["update.added"]
    assert types("--story", "crane") == ["story.published", "update.added"]
    assert types("--actor", "ben") == []
    assert types("--source", "wire") == []
    assert running("log", "tail", "--type", "storey.*").exit_code == 2
    assert "Crane" in running("log", "tail").stdout


def test_tail_shows_a_stretch_of_time_or_of_positions(running: Run) -> None:
    def positions(*options: str) -> list[int]:
        return [e["position"] for e in lines(running("log", "tail", "--json", *options))]

    assert positions("--since", "2", "--until", "2") == [2]
    assert positions("--since", "2") == [2, 3]
    assert positions("--until", "2", "-n", "1") == [2]
    assert positions("--since", "2021-12-06") == [1, 2, 3]
    assert positions("--until", "2021-12-06") == []
    assert positions("--since", "3", "--actor", "ben") == []
    assert running("log", "tail", "--since", "soon").exit_code == 2
    assert running("log", "tail", "--until", "99").exit_code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "--until", "9999-12-31"),
        ("replay", "--until", "0001-01-01"),
        ("story", "show", "crane", "--at", "9999-12-31"),
        ("feed", "render", "stories", "--at", "9999-12-31"),
        ("log", "show", "²"),
        ("story", "list", "-n", "9" * 20),
        ("log", "tail", "-n", "9" * 20),
        ("log", "import", "/etc/hostname/x"),
        ("diff", "1", "9999-12-31"),
    ],
)
def test_no_mistake_of_a_user_ends_in_a_traceback(running: Run, arguments: tuple[str, ...]) -> None:
    result = running(*arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output


def test_an_event_is_shown_by_position_and_by_id(running: Run) -> None:
    event = one(running("log", "show", "2", "--json"))
    assert one(running("log", "show", event["id"], "--json")) == event
    assert "It fell." in running("log", "show", "2").stdout
    assert running("log", "show", "9").exit_code == 3
    assert running("log", "show", "nothing").exit_code == 3


def test_replay_shows_stories_as_they_were(running: Run) -> None:
    assert [r["slug"] for r in lines(running("replay", "--position", "1", "--json"))] == ["crane"]
    assert one(running("replay", "--position", "1", "--json"))["updates"] == 0
    effective = ("--until", "2021-12-08", "--by", "effective", "--json")
    assert one(running("replay", *effective))["updates"] == 1
    assert lines(running("replay", "--until", "2021-12-08", "--json")) == []
    assert running("replay", "--position", "99").exit_code == 3
    assert running("replay", "--position", "1", "--until", "2021-12-08").exit_code == 2


def test_replay_of_an_export_needs_no_home_and_gives_the_published_bytes(
    running: Run, home: Path, tmp_path: Path
) -> None:
    out, feeds = tmp_path / "log.jsonl", tmp_path / "feeds"
    running("log", "export", "--out", str(out))
    none = str(tmp_path / "none")
    options = ("--out", str(feeds), "--config", str(home / "feedstream.toml"))
    assert running("--home", none, "replay", str(out), *options).exit_code == 0
    assert not Path(none).exists()
    for name in ("stories.rss", "updates.atom", "tag/sea.json"):
        assert (feeds / name).read_bytes() == (home / "feeds" / name).read_bytes()


def test_a_feed_of_the_sites_own_is_defined_rendered_and_removed(running: Run, home: Path) -> None:
    define = ("feed", "define", "at-sea", "--title", "At sea", "--tag", "Sea")
    assert running(*define).exit_code == 0
    assert "Nothing to change" in running(*define).stdout
    body = json.loads(running("feed", "render", "at-sea", "--format", "json").stdout)
    assert [item["title"] for item in body["items"]] == ["Ferry"]
    names = [feed["name"] for feed in lines(running("feed", "list", "--json"))]
    assert {"stories", "updates", "corrections", "at-sea", "tag/sea"} <= set(names)
    assert running("feed", "remove", "at-sea").exit_code == 0
    assert not (home / "feeds" / "at-sea.atom").exists()
    assert running("feed", "remove", "at-sea").exit_code == 3
    assert running("feed", "define", "stories", "--title", "No").exit_code == 1
    assert running("feed", "render", "nothing").exit_code == 3


@pytest.mark.parametrize(
    ("subject", "type_", "data", "said"),
    [
        ("story-../../../evil", "story.closed", {}, "can't be a stream"),
        ("story-a/b", "story.closed", {}, "can't be a stream"),
        ("story-ABC", "story.closed", {}, "can't be a stream"),
        ("story-" + "a" * 300, "story.closed", {}, "at most 100"),
        ("story-a", "story.slug-changed", {"slug": "../x/y", "previous": "a"}, "no slug"),
        (
            "feed-x",
            "feed.defined",
            {"feed": {"name": "a" * 300, "title": "X"}},
            "can't name a feed",
        ),
        ("feed-../x", "feed.removed", {"name": "../x"}, "can't be a stream"),
        (
            "feed-x",
            "feed.defined",
            {"feed": {"name": "../../x", "title": "X"}},
            "can't name a feed",
        ),
        ("feed-x", "feed.removed", {"name": "stories"}, "the system's own"),
        (
            "story-a",
            "story.retracted",
            {"entry_id": "not a tag", "reason": "x"},
            "must be an IRI",
        ),
    ],
)
def test_what_leads_out_of_the_home_does_not_come_in(
    cli: Run, home: Path, tmp_path: Path, subject: str, type_: str, data: object, said: str
) -> None:
    event = {
        "specversion": "1.0",
        "id": "new",
        "source": "tag:feedstream,2026:log",
        "type": type_,
        "subject": subject,
        "time": "2021-12-06T09:00:00Z",
        "datacontenttype": "application/json",
        "schemaversion": 1,
        "effectiveat": "2021-12-06",
        "actor": "a stranger",
        "data": data,
    }
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(event) + "\n")
    before = set(tmp_path.rglob("*"))
    result = cli("log", "import", str(path))
    assert result.exit_code == 2, result.output
    assert "line 1" in result.stderr
    assert said in result.stderr
    new = {path.relative_to(tmp_path) for path in set(tmp_path.rglob("*")) - before}
    assert all(path.is_relative_to(home.relative_to(tmp_path)) for path in new)
    assert one(cli("log", "head", "--json"))["position"] == 0


def test_a_date_before_all_newspapers_is_refused(cli: Run) -> None:
    result = cli("story", "publish", "--headline", "A", "--body", "B", "--date", "0001-01-01")
    assert (result.exit_code, "1600 or later" in result.stderr) == (1, True)
    far = cli(
        "story", "publish", "--headline", "A", "--body", "B", "--date", "0001-01-01T00:00+05:00"
    )
    assert (far.exit_code, "beyond the calendar" in far.stderr) == (2, True)
