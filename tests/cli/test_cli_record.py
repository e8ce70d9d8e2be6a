"""The record from the command line: verify, erase, back up, restore."""

import json
import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from feedstream.bootstrap import App
from feedstream.erasing import Eraser
from feedstream.projections.ledger import Ledger
from tests.cli.conftest import Run, lines, one
from tests.web.site import at_desk
from tests.web.site import running as served

WORDS = ("Secretname", "Secretbody", "Secrettag", "Secretupdate")


@pytest.fixture
def two(cli: Run) -> Run:
    """A story that must go, and one that stays."""
    story = ("story", "publish", "--headline", "Secretname held", "--body", "Secretbody said so.")
    assert cli(*story, "--tag", "Secrettag", "--section", "City").exit_code == 0
    assert cli("story", "publish", "--headline", "Ferry", "--body", "It is late.").exit_code == 0
    update = ("update", "add", "secretname-held", "--headline", "Secretupdate")
    assert cli(*update, "--body", "More Secretbody.").exit_code == 0
    return cli


def holding(home: Path) -> set[str]:
    """The files, and names of files, in which a secret word is still to be found."""
    found = set()
    for path in home.rglob("*"):
        name = str(path.relative_to(home))
        content = path.read_bytes() if path.is_file() else b""
        for word in WORDS:
            if word.lower() in name.lower() or word.lower().encode() in content.lower():
                found.add(name)
    return found


def test_a_whole_log_is_as_recorded(two: Run) -> None:
    found = one(two("log", "verify", "--json"))
    assert (found["verified"], found["events"], found["checkpoints"]) == (True, 3, 1)
    assert found["page_checksums"] is True
    assert one(two("log", "verify", "--from", "2", "--to", "2", "--json"))["events"] == 1
    assert two("log", "verify", "--from", "3", "--to", "2").exit_code == 2


def test_an_edited_body_is_found_stops_writes_and_is_said_everywhere(two: Run, home: Path) -> None:
    kept = (home / "events" / "log.db").read_bytes()
    db = sqlite3.connect(home / "events" / "log.db")
    db.executescript(
        "DROP TRIGGER bodies_refuse_update;"
        "UPDATE bodies SET data = CAST(replace(data, 'late', 'soon') AS BLOB) WHERE position = 2;"
        "CREATE TRIGGER bodies_refuse_update BEFORE UPDATE ON bodies"
        " BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;"
    )
    db.close()
    broken = two("log", "verify", "--json")
    assert broken.exit_code == 5, broken.output
    assert json.loads(broken.stdout)["verified"] is False
    refused = two("story", "publish", "--headline", "New", "--body", "News.")
    assert (refused.exit_code, "restore" in refused.stderr) == (5, True)
    assert two("doctor").exit_code == 1
    assert "problem" in two("doctor").stdout
    with served(home) as url:
        assert httpx.get(f"{url}/readyz").json()["status"] == "failing"
        assert "It is late." in httpx.get(f"{url}/feeds/stories.rss").text
    for path in (home / "events").glob("log.db-*"):
        path.unlink()
    (home / "events" / "log.db").write_bytes(kept)
    assert two("log", "verify").exit_code == 0
    assert two("story", "publish", "--headline", "New", "--body", "News.").exit_code == 0


def test_a_log_that_was_put_back_is_found_by_what_was_signed(two: Run, home: Path) -> None:
    assert two("backup", "create", "--to", str(home / "old.db")).exit_code == 0
    assert two("story", "publish", "--headline", "New", "--body", "News.").exit_code == 0
    kept = two("log", "checkpoint").stdout
    (home / "kept.txt").write_text(kept)
    for path in (home / "events").glob("log.db*"):
        path.unlink()
    (home / "old.db").rename(home / "events" / "log.db")
    assert two("log", "verify").exit_code == 5
    other = two("log", "verify", "--checkpoint", str(home / "kept.txt"))
    assert (other.exit_code, "cut off" in other.stderr) == (5, True)
    assert two("log", "verify", "--checkpoint", str(home / "feedstream.toml")).exit_code == 2


@pytest.mark.parametrize(("option", "status"), [("--legal", 451), ("--request", 410)])
def test_an_erased_story_leaves_no_byte_and_a_sound_record(
    two: Run, home: Path, option: str, status: int
) -> None:
    told = one(
        two("erase", "--story", "secretname-held", option, "--reason", "R", "--dry-run", "--json")
    )
    assert (told["positions"], told["killed"], told["position"]) == ([1, 3], True, None)
    assert two("story", "show", "secretname-held").stdout.startswith("Secretname held")
    done = one(
        two("erase", "--story", "secretname-held", option, "--reason", "R", "--yes", "--json")
    )
    assert (done["position"], done["backups"]) == (5, [])
    assert holding(home) == set()
    verified = one(two("log", "verify", "--json"))
    assert (verified["events"], verified["erased"]) == (5, 2)
    assert two("log", "export").stdout.count("Secret") == 0
    shown = two("story", "show", "secretname-held", "--at", "3").stdout
    assert "Withheld: story.published" in shown
    with served(home) as url:
        assert httpx.get(f"{url}/stories/secretname-held").status_code == status
        assert "Ferry" in httpx.get(f"{url}/feeds/stories.rss").text
    again = two("erase", "--story", "secretname-held", option, "--reason", "R", "--yes")
    assert (again.exit_code, "Nothing is left" in again.stderr) == (1, True)


def test_a_running_server_lets_go_of_what_was_erased(two: Run, home: Path) -> None:
    with served(home) as url, httpx.Client(base_url=url) as http:
        assert "Secretbody" in http.get("/stories/secretname-held").text
        done = two("erase", "--position", "3", "--request", "--reason", "R", "--yes")
        assert done.exit_code == 0, done.output
        added = ("update", "add", "secretname-held", "--headline", "Next", "--body", "Later.")
        assert two(*added).exit_code == 0
        for path in ("/stories/secretname-held", "/feeds/updates.json", "/feeds/stories.atom"):
            assert "Secretupdate" not in http.get(path).text
        page = http.get("/stories/secretname-held").text
        assert "withheld" in page
        assert "at a request" in page
        then = http.get("/stories/secretname-held", params={"at": 3}).text
        assert "Secretupdate" not in then
        assert "Secretbody said so." in then
    assert "Secretupdate" not in (home / "events" / "views.db").read_bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--reason", "R", "--legal"), 2),
        (("--story", "x", "--position", "1", "--reason", "R", "--legal"), 2),
        (("--position", "1", "--reason", "R"), 2),
        (("--position", "1", "--reason", " ", "--legal"), 2),
        (("--position", "99", "--reason", "R", "--legal", "--yes"), 3),
        (("--story", "nothing", "--reason", "R", "--legal", "--yes"), 3),
        (("--position", "1", "--position", "2", "--reason", "R", "--legal", "--yes"), 1),
    ],
)
def test_what_can_not_be_erased_is_told(two: Run, arguments: tuple[str, ...], code: int) -> None:
    result = two("erase", *arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert one(two("log", "head", "--json"))["position"] == 3


def test_a_backup_tells_what_it_still_holds_and_restores(
    two: Run, home: Path, tmp_path: Path
) -> None:
    made = one(two("backup", "create", "--json"))
    assert made["events"] == 3
    left = home / "backups" / ".log-x.db.999.new"  # of one that was killed
    left.write_text("Secretbody")
    erase = ("erase", "--story", "secretname-held", "--legal", "--reason", "R", "--yes", "--json")
    assert one(two(*erase))["backups"] == [made["path"]]
    [listed] = lines(two("backup", "list", "--json"))
    assert (listed["position"], listed["holds"]) == (3, [1, 3])
    assert not left.exists()
    clean = one(two("backup", "create", "--json"))["path"]
    other = str(tmp_path / "other")
    assert two("--home", other, "restore", clean).exit_code == 3
    assert two("--home", other, "init").exit_code == 0
    assert one(two("--home", other, "restore", clean, "--json"))["events"] == 5
    assert two("--home", other, "log", "export").stdout == two("log", "export").stdout
    assert "Ferry" in (tmp_path / "other" / "feeds" / "stories.rss").read_text()
    assert two("--home", other, "restore", clean).exit_code == 4
    assert two("--home", other, "restore", str(home / "feedstream.toml")).exit_code != 0


def test_init_makes_a_key_where_the_authority_is_real(bare: Run, home: Path) -> None:
    assert "keys init" in bare("init").stderr
    assert not (home / "keys").exists()
    other = str(home.parent / "real")
    assert bare("--home", other, "init", "--authority", "news.example").exit_code == 0
    assert one(bare("--home", other, "keys", "show", "--json"))["state"] == "in use"


def test_what_comes_in_while_the_question_is_asked_is_erased_too(two: Run, home: Path) -> None:
    async def erase(app: App) -> None:
        eraser = Eraser(app.newsroom)
        story = app.views.by_slug("secretname-held").story
        plan = await eraser.of_story(story.id)
        update = app.newsroom.update(story.id, headline="Secretupdate", body="<p>Late.</p>")
        await app.newsroom.execute(update, actor="ben")
        _, done = await eraser.carry_out(plan, kind="legal", reason="R", actor="ana")
        assert done.positions == (1, 3, 4)
        await app.settle()

    at_desk(home, erase)
    assert holding(home) == set()


def test_a_renamed_storys_first_address_goes_with_its_headline(two: Run, home: Path) -> None:
    assert two("story", "rename", "secretname-held", "another-name").exit_code == 0
    erase = ("erase", "--position", "1", "--position", "3", "--request", "--reason", "R", "--yes")
    done = one(two(*erase, "--json"))
    assert done["positions"] == [1, 3, 4]
    assert holding(home) == set()
    with served(home) as url:
        for slug in ("secretname-held", "another-name"):
            answer = httpx.get(f"{url}/stories/{slug}", follow_redirects=True)
            assert "withheld" in answer.text


@pytest.mark.parametrize("kind", ["correction", "clarification"])
def test_an_erased_correction_stays_what_it_was(two: Run, kind: str) -> None:
    if kind == "correction":
        two("story", "correct", "ferry", "--was", "a", "--now", "b", "--why", "c")
    else:
        two("story", "clarify", "ferry", "Words.")
    position = one(two("log", "head", "--json"))["position"]
    erase = ("erase", "--position", str(position), "--request", "--reason", "R", "--yes")
    assert two(*erase).exit_code == 0
    shown = two("story", "show", "ferry").stdout
    assert f"{kind.capitalize()}, " in shown
    assert "Its content was erased." in shown


def test_a_backup_older_than_what_was_signed_is_not_gone_on_from_unawares(
    two: Run, home: Path
) -> None:
    kept = str(home / "kept.db")
    assert two("backup", "create", "--to", kept).exit_code == 0
    assert two("story", "publish", "--headline", "Lost", "--body", "Words.").exit_code == 0
    for path in (home / "events").glob("log.db*"):
        path.unlink()
    refused = two("restore", kept)
    assert (refused.exit_code, "--accept-loss" in refused.stderr) == (1, True)
    assert not (home / "events" / "log.db").exists()
    shutil.copy(kept, home / "events" / "log.db")  # by hand, then
    fork = two("story", "publish", "--headline", "Fork", "--body", "Words.")
    assert (fork.exit_code, "--accept-loss" in fork.stderr) == (5, True)
    assert one(two("log", "head", "--json"))["position"] == 3
    for path in (home / "events").glob("log.db*"):
        path.unlink()
    assert two("restore", kept, "--accept-loss").exit_code == 0
    assert two("story", "publish", "--headline", "On", "--body", "Words.").exit_code == 0
    assert two("log", "verify").exit_code == 0
    origin = "news.example/feedstream/from-3"
    assert one(two("log", "checkpoint", "--json"))["origin"] == f"{origin}-1"
    for path in (home / "events").glob("log.db*"):
        path.unlink()
    assert two("restore", kept, "--accept-loss").exit_code == 0
    assert one(two("log", "checkpoint", "--json"))["origin"] == f"{origin}-2"


def test_another_record_is_neither_restored_nor_written_to(two: Run, home: Path) -> None:
    one_, other = str(home / "one.db"), str(home / "other.db")
    assert two("backup", "create", "--to", one_).exit_code == 0
    assert two("story", "publish", "--headline", "A", "--body", "Words.").exit_code == 0
    assert two("backup", "create", "--to", other).exit_code == 0
    for again in range(2):
        for path in (home / "events").glob("log.db*"):
            path.unlink()
        if not again:
            assert two("restore", one_, "--accept-loss").exit_code == 0
            assert two("story", "publish", "--headline", "B", "--body", "Words.").exit_code == 0
    refused = two("restore", other)
    assert (refused.exit_code, "another record" in refused.stderr) == (1, True)
    assert not (home / "events" / "log.db").exists()
    shutil.copy(other, home / "events" / "log.db")
    assert two("story", "publish", "--headline", "C", "--body", "Words.").exit_code == 5
    assert one(two("log", "head", "--json"))["position"] == 4


def test_a_signer_in_trouble_does_not_undo_what_was_recorded(two: Run, home: Path) -> None:
    (home / "keys" / "signed").write_text("junk")
    done = two("story", "publish", "--headline", "New", "--body", "Words.")
    assert done.exit_code == 0
    assert "not signed" in done.stderr
    assert one(two("log", "head", "--json"))["position"] == 4
    assert two("doctor").exit_code == 1


def test_a_legal_erasure_of_what_was_killed_before_answers_451(two: Run, home: Path) -> None:
    assert two("story", "kill", "secretname-held", "--reason", "R", "--yes").exit_code == 0
    erase = ("erase", "--story", "secretname-held", "--legal", "--reason", "R", "--yes")
    assert two(*erase).exit_code == 0
    with served(home) as url:
        assert httpx.get(f"{url}/stories/secretname-held").status_code == 451


def test_a_dangling_link_among_scratch_folders_does_no_harm(two: Run) -> None:
    link = Path(tempfile.gettempdir()) / f"feedstream-{2**22 - 2}-link"
    link.unlink(missing_ok=True)
    link.symlink_to("/nonexistent")
    try:
        assert two("replay", "--position", "2").exit_code == 0
    finally:
        link.unlink(missing_ok=True)


@pytest.mark.parametrize("offset", [0, 3, 24, 60])
def test_a_flipped_bit_at_the_files_start_is_damage_and_the_site_is_served(
    two: Run, home: Path, offset: int
) -> None:
    path = home / "events" / "log.db"
    content = bytearray(path.read_bytes())
    content[offset] ^= 4
    path.write_bytes(content)
    assert two("log", "verify").exit_code == 5
    with served(home) as url:
        assert "Ferry" in httpx.get(f"{url}/feeds/stories.rss").text
        assert httpx.get(f"{url}/readyz").status_code == 503


def test_a_flipped_bit_in_a_body_is_damage_and_is_marked(two: Run, home: Path) -> None:
    path = home / "events" / "log.db"
    content = bytearray(path.read_bytes())
    content[content.index(b"It is late.")] ^= 4
    path.write_bytes(content)
    found = two("log", "verify", "--json")
    assert (found.exit_code, json.loads(found.stdout)["verified"]) == (5, False)
    assert (home / "events" / "log.db.broken").exists()
    assert two("backup", "create").exit_code == 5


def test_what_a_killed_check_left_is_swept(two: Run, tmp_path: Path) -> None:
    left = Path(tempfile.gettempdir()) / f"feedstream-{2**22 - 1}-left"
    left.mkdir(exist_ok=True)
    (left / "views.db").write_text("Secretbody")
    assert two("replay", "--check").exit_code == 0
    assert not left.exists()


def test_a_check_after_an_erasure_says_only_what_is_so(two: Run) -> None:
    two("erase", "--story", "secretname-held", "--legal", "--reason", "R", "--yes")
    checked = two("replay", "--check")
    assert checked.exit_code == 0
    assert "no name for a feed" not in checked.stderr


def test_sealed_pages_stay_checkable_after_an_erasure_and_an_edit(cli: Run, home: Path) -> None:
    settings = home / "feedstream.toml"
    text, found = re.subn(r"(?m)^window = \d+", "window = 4", settings.read_text())
    assert found == 1
    settings.write_text(text)
    for number in range(8):
        story = ("story", "publish", "--headline", f"Ferry {number}", "--body", "It is late.")
        assert cli(*story).exit_code == 0
    pages = {path.name for path in (home / "feeds" / "archive").rglob("*.atom")}
    assert {"1.atom", "2.atom", "3.atom"} <= pages
    erase = ("erase", "--story", "ferry-2", "--legal", "--reason", "R", "--yes")
    assert cli(*erase).exit_code == 0
    checked = cli("replay", "--check")
    assert (checked.exit_code, "withheld:" in checked.output) == (0, False), checked.output
    with closing(Ledger(home / "events" / "published.db")) as ledger:
        assert ledger.withheld == 0  # no page is named after what was erased
    assert cli("story", "edit", "ferry-1", "--body", "It is there.").exit_code == 0
    checked = cli("replay", "--check")
    assert (checked.exit_code, "withheld:" in checked.output) == (0, False), checked.output


def test_rows_of_names_that_were_erased_are_no_fault_and_no_feed(
    two: Run, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An earlier version put them in the place of files that still stand."""
    db = sqlite3.connect(home / "events" / "published.db")
    db.execute(
        "INSERT INTO published SELECT NULL, position, 'withheld:abc', digest, settings"
        " FROM published WHERE file = 'stories.rss' ORDER BY number DESC LIMIT 1"
    )
    db.commit()
    db.close()
    assert two("rebuild", "--yes").exit_code == 0
    found = one(two("replay", "--check", "--json"))
    assert found["disk"]["faults"] == []
    assert "no name for a feed" not in caplog.text


def test_the_doctor_says_what_a_damaged_push_store_costs(two: Run, home: Path) -> None:
    def pushes() -> dict[str, str]:
        rows = map(json.loads, two("doctor", "--json").stdout.splitlines())
        return {row["what"]: row for row in rows}["push"]

    assert (pushes()["state"], (home / "events" / "websub.db").exists()) == ("ok", False)
    two("push", "list")
    assert pushes()["state"] == "ok"
    for path in (home / "events").glob("websub.db*"):
        path.unlink()
    store = home / "events" / "websub.db"
    store.write_bytes(b"no database at all, and longer than a header is" * 300)
    assert pushes()["state"] == "problem"
    assert f"move {store} away" in pushes()["found"]
    assert "subscriptions" in pushes()["found"]
