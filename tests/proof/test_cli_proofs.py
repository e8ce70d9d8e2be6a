"""`keys` and the proofs of `log`, from the command line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from feedstream.cli.run import app
from tests.cli.conftest import Run, lines, one
from tests.proof import verifier


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "newsroom"


@pytest.fixture
def cli(home: Path) -> Run:
    """A newsroom with three events and no key."""

    def call(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(
            app, ["--home", str(home), "--actor", "ana", *arguments], input=text
        )

    assert call("init", "--authority", "news.example").exit_code == 0
    shutil.rmtree(home / "keys")  # as in a newsroom that is older than keys
    for headline in ("Crane", "Ferry", "Bridge"):
        result = call("story", "publish", "--headline", headline, "--body", "It stands.")
        assert result.exit_code == 0, result.output
    return call


@pytest.fixture
def signing(cli: Run) -> Run:
    assert cli("keys", "init").exit_code == 0
    return cli


def reader_keys(home: Path) -> verifier.Keys:
    return verifier.load_keys((home / "feeds/.well-known/feedstream/keys.json").read_text("utf-8"))


def test_the_first_key_signs_at_once(cli: Run, home: Path) -> None:
    assert cli("keys", "show", "--json").stdout == ""
    assert cli("log", "checkpoint").exit_code == 3
    made = one(cli("keys", "init", "--json"))
    assert (made["state"], made["from"], made["until"]) == ("in use", 0, None)
    assert made["vkey"].startswith(f"news.example/feedstream+{made['id']}+")
    assert cli("keys", "init").exit_code == 4
    result = cli("log", "checkpoint")
    assert result.exit_code == 0
    assert verifier.open_note(result.stdout, reader_keys(home))[1] == 3
    assert lines(cli("keys", "show", "--json")) == [made]
    assert made["vkey"] in cli("keys", "show").stdout


def test_the_verifier_key_alone_goes_into_a_pipe(cli: Run) -> None:
    printed = cli("keys", "init", "--origin", "press.example/record").stdout.splitlines()
    assert len(printed) == 1
    assert printed[0].startswith("press.example/record+")


def test_a_name_that_cannot_be_one_is_refused(cli: Run) -> None:
    result = cli("keys", "init", "--origin", "two words")
    assert (result.exit_code, "two words" in result.stderr) == (2, True)


def test_keys_rotate_and_retire(signing: Run, home: Path) -> None:
    assert signing("keys", "retire", "--yes").exit_code == 1
    first = one(signing("keys", "show", "--json"))
    second = one(signing("keys", "rotate", "--json"))
    assert (second["from"], second["id"] != first["id"]) == (3, True)
    assert signing("keys", "rotate").exit_code == 1
    assert signing("log", "checkpoint").stdout.count("\n— ") == 2
    assert signing("keys", "retire", text="n\n").exit_code == 1
    assert signing("keys", "retire", "12345678", "--yes").exit_code == 3
    ended = one(signing("keys", "retire", "--yes", "--json"))
    assert (ended["id"], ended["state"], ended["until"]) == (first["id"], "retired", 3)
    assert signing("log", "checkpoint").stdout.count("\n— ") == 1
    assert [record["id"] for record in lines(signing("keys", "show", "--json"))] == [
        first["id"],
        second["id"],
    ]
    assert [path.stem for path in (home / "keys").glob("*.pem")] == [second["id"]]


def test_a_checkpoint_is_written_on_demand(signing: Run, home: Path) -> None:
    before = one(signing("log", "checkpoint", "--json"))
    assert signing("story", "publish", "--headline", "Quay", "--body", "New.").exit_code == 0
    after = one(signing("log", "checkpoint", "--write", "--json"))
    assert (before["size"], after["size"], after["head"]) == (3, 4, 4)
    assert verifier.open_note(after["note"], reader_keys(home))[1] == 4


def test_an_event_is_proved_by_position_and_by_id(signing: Run, home: Path) -> None:
    document = signing("log", "prove", "2").stdout
    verifier.check_proof(document, reader_keys(home))
    header = json.loads(json.loads(document)["event"]["header"])
    assert (header["position"], header["type"]) == (2, "story.published")
    assert signing("log", "prove", header["id"]).stdout == document
    assert "Ferry" not in document
    assert "Ferry" in signing("log", "prove", "2", "--with-data").stdout
    verifier.check_proof(signing("log", "prove", "2", "--size", "2").stdout, reader_keys(home))
    assert signing("log", "prove", "9").exit_code == 3
    assert signing("log", "prove", "nothing").exit_code == 3
    assert signing("log", "prove", "3", "--size", "2").exit_code == 2


def test_a_proof_is_checked_with_the_key_alone(signing: Run, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    assert signing("log", "prove", "2", "--with-data", "--out", str(path)).exit_code == 0
    vkey = one(signing("keys", "show", "--json"))["vkey"]
    nowhere = ("--home", str(tmp_path / "none"))
    check = ("log", "check-proof", str(path))
    assert "Position 2 (story.published" in signing(*check).stdout
    assert signing(*nowhere, *check, "--key", vkey).exit_code == 0
    checked: Any = one(signing(*nowhere, *check, "--key", vkey, "--json"))
    assert (checked["holds"], checked["position"], checked["checkpoint"]) == (True, 2, 3)
    assert signing(*nowhere, *check).exit_code == 3
    assert signing(*check, "--key", "no key").exit_code == 2
    assert not (tmp_path / "none").exists()
    piped = signing("log", "check-proof", "-", text=path.read_text("utf-8"))
    assert piped.exit_code == 0


def test_a_changed_proof_fails_with_its_own_exit_code(signing: Run, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    signing("log", "prove", "2", "--with-data", "--out", str(path))
    path.write_text(path.read_text("utf-8").replace("Ferry", "Fairy"), "utf-8")
    result = signing("log", "check-proof", str(path))
    assert (result.exit_code, "body" in result.stderr) == (5, True)
    path.write_text("{}", "utf-8")
    assert signing("log", "check-proof", str(path)).exit_code == 2
    assert signing("log", "check-proof", str(tmp_path / "none.json")).exit_code == 2


def test_a_checkpoint_that_was_kept_tells_growth_from_rewriting(
    signing: Run, home: Path, tmp_path: Path
) -> None:
    kept, path = tmp_path / "kept", tmp_path / "grown.json"
    kept.write_text(signing("log", "checkpoint").stdout, "utf-8")
    signing("story", "publish", "--headline", "Quay", "--body", "New.")
    signing("log", "checkpoint", "--write")
    assert signing("log", "prove-consistency", str(kept), "--out", str(path)).exit_code == 0
    verifier.check_proof(path.read_text("utf-8"), reader_keys(home))
    said = signing("log", "check-proof", str(path)).stdout
    assert "The tree of 4 begins with that of 3 of the old checkpoint" in said
    assert signing("log", "prove-consistency", "1", "2").exit_code == 0
    assert signing("log", "prove-consistency", "2", "1").exit_code == 2
    assert signing("log", "prove-consistency", "1", "9").exit_code == 3
    kept.write_text(kept.read_text("utf-8").replace("\n3\n", "\n2\n"), "utf-8")
    assert signing("log", "prove-consistency", str(kept)).exit_code == 5


def test_an_older_copy_of_the_log_is_refused(signing: Run, home: Path) -> None:
    log_file = home / "events" / "log.db"
    old = log_file.read_bytes()
    signing("story", "publish", "--headline", "Quay", "--body", "New.")
    assert one(signing("log", "checkpoint", "--write", "--json"))["size"] == 4
    for path in (home / "events").iterdir():
        path.unlink()
    log_file.write_bytes(old)
    for command in (("log", "checkpoint"), ("log", "checkpoint", "--write"), ("log", "prove", "1")):
        result = signing(*command)
        assert (result.exit_code, "ends at 3" in result.stderr) == (5, True), result.output
