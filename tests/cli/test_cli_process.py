"""Real processes: exit codes, pipes that close, Ctrl-C, set-up and the doctor."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run, lines, process

pytestmark = pytest.mark.process
START = [sys.executable, "-c", "from feedstream.cli import main; main()"]


@pytest.fixture
def made(home: Path) -> Path:
    assert process(home, "init", "--authority", "news.example").returncode == 0
    return home


def test_exit_codes_and_no_traceback(made: Path, tmp_path: Path) -> None:
    text = process(made, "story", "publish", "--headline", "Crane", input="It stands.\n")
    assert (text.returncode, text.stderr) == (0, "")
    for code, arguments in (
        (1, ("story", "correct", "crane", "--was", "a", "--now", "b", "--why", " ")),
        (2, ("story", "publish")),
        (2, ("nonsense",)),
        (3, ("story", "show", "nothing")),
        (3, ("--home", str(tmp_path / "none"), "story", "list")),
        (4, ("init",)),
        (6, ("source", "add", "http://127.0.0.1:9/feed", "--allow-private")),
    ):
        done = process(made, *arguments)
        assert done.returncode == code, (arguments, done.stderr)
        assert done.stderr
        assert "Traceback" not in done.stderr


def test_a_damaged_log_is_exit_code_5_or_2_and_one_sentence(made: Path) -> None:
    process(made, "story", "publish", "--headline", "Crane", input="It stands.\n")
    (made / "events" / "log.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 8192)
    done = process(made, "log", "head")
    assert done.returncode in (2, 5), done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_that_closes_is_quiet(made: Path) -> None:
    for n in range(30):
        process(made, "story", "publish", "--headline", f"Crane {n}", input="x " * 20_000)
        if n >= 2:
            break
    with subprocess.Popen(
        [*START, "--home", str(made), "log", "export"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.read(10)
        child.stdout.close()
        told = child.stderr.read().decode()
        child.wait(20)
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


def test_following_shows_what_another_process_appends_and_ctrl_c_ends_it(made: Path) -> None:
    with subprocess.Popen(
        [*START, "--home", str(made), "log", "tail", "-f", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as child:
        time.sleep(1)
        process(made, "story", "publish", "--headline", "Crane", input="It stands.\n")
        assert child.stdout
        assert child.stderr
        assert '"story.published"' in child.stdout.readline()
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 130
        assert time.monotonic() - began < 2
        assert "Traceback" not in child.stderr.read()


def test_the_actor_is_who_the_environment_says(made: Path) -> None:
    process(made, "story", "publish", "--headline", "Crane", input="It stands.\n")
    assert '"actor":"ana"' in process(made, "log", "tail", "--json").stdout


def test_every_command_has_help_with_an_example(home: Path) -> None:
    import typer.main

    from feedstream.cli.run import app

    def commands(command, path=()):
        children = getattr(command, "commands", None)
        if children is None:
            yield path, command
            return
        for name, child in children.items():
            yield from commands(child, (*path, name))

    found = list(commands(typer.main.get_command(app)))
    assert len(found) > 45
    for path, command in found:
        assert command.help, path
        assert f"feedstream {' '.join(path)}" in command.epilog or "| feedstream" in command.epilog


def test_init_writes_settings_that_are_read_back_and_overwrites_nothing(
    bare: Run, home: Path
) -> None:
    from feedstream.config import Home, load_settings

    title = 'The "Daily" \\ Example'
    assert bare("init", "--title", title, "--timezone", "Europe/Brussels").exit_code == 0
    site = load_settings(Home(home)).site
    assert (site.title, site.timezone) == (title, "Europe/Brussels")
    assert bare("init", "--title", "Other").exit_code == 4
    assert load_settings(Home(home)).site.title == title


def test_init_with_a_wrong_value_leaves_nothing(bare: Run, home: Path) -> None:
    result = bare("init", "--timezone", "Mars/Olympus")
    assert (result.exit_code, "time zone" in result.stderr) == (2, True)
    assert not (home / "feedstream.toml").exists()


def test_the_doctor_says_what_is_wrong(bare: Run, home: Path) -> None:
    assert bare("doctor").exit_code == 1
    bare("init", "--authority", "news.example")
    assert {row["state"] for row in lines(bare("doctor", "--json"))} <= {"ok", "warning"}
    (home / "feedstream.toml").write_text("[site]\ntitel = 'x'\n")
    result = bare("doctor")
    assert (result.exit_code, "titel" in result.stdout) == (1, True)
