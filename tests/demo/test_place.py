"""Where a demo lives, what it remembers, and that nothing of a former one is ever lost."""

from pathlib import Path

import pytest

from feedstream.config import Home, load_settings
from feedstream.demo import place
from feedstream.demo.place import State
from feedstream.errors import Conflict


def test_a_first_demo_begins_at_nothing(tmp_path: Path) -> None:
    found = place.prepare(tmp_path, fresh=False)
    assert found.state == State()
    assert found.kept is None
    assert not found.continued
    assert load_settings(Home(found.root)).site.authority == "news.example.org"


def test_a_demo_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    root = place.prepare(tmp_path, fresh=False).root
    place.save(root, State(released=3, partner_port=4711))
    again = place.prepare(tmp_path, fresh=False)
    assert again.continued
    assert again.state == State(released=3, partner_port=4711)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_demo_that_is_done_or_unwanted_is_put_aside_under_the_next_number(
    tmp_path: Path, fresh: bool
) -> None:
    for number in (1, 2, 3):
        root = place.prepare(tmp_path, fresh=False).root
        (root / "mark").write_text(str(number))
        place.save(root, State(released=2, completed=not fresh))
        if fresh:
            place.prepare(tmp_path, fresh=True)
        else:
            place.prepare(tmp_path, fresh=False)
        assert (tmp_path / f"demo-{number}" / "mark").read_text() == str(number)


def test_a_folder_that_is_no_demo_is_put_aside_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "feedstream.toml").write_text("# mine")
    found = place.prepare(tmp_path, fresh=False)
    assert found.kept == tmp_path / "demo-1"
    assert (tmp_path / "demo-1" / "feedstream.toml").read_text() == "# mine"


def test_a_kill_before_the_state_was_written_leaves_a_folder_that_is_simply_used(
    tmp_path: Path,
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "demo.json.part").write_text('{"rel')
    assert place.prepare(tmp_path, fresh=False).kept is None


def test_the_base_url_is_set_and_what_else_was_written_there_stays(tmp_path: Path) -> None:
    root = place.prepare(tmp_path, fresh=False).root
    config = Home(root).config
    config.write_text(config.read_text() + "ttl = 7  # mine\n")
    place.set_base_url(root, "http://127.0.0.1:9123")
    settings = load_settings(Home(root))
    assert settings.site.base_url == "http://127.0.0.1:9123"
    assert settings.feeds.ttl == 7
    assert "# mine" in config.read_text()


def test_one_demo_at_a_time(tmp_path: Path) -> None:
    with place.locked(tmp_path), pytest.raises(Conflict), place.locked(tmp_path):
        pass
