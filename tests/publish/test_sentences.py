"""What the command says where settings or the folder of feeds are not as they must be."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from feedstream.cli.run import app as feedstream
from feedstream.config import Home, load_settings
from feedstream.errors import Invalid


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ('[websub]\nhubs = "https://hub.example.org/"', "websub.hubs: give a list of addresses"),
        ("[websub]\nhubs = 3", "websub.hubs: give a list."),
        ('sources = "wire"', "sources: give a list."),
    ],
)
def test_what_should_be_a_list_is_told_so(tmp_path: Path, setting: str, sentence: str) -> None:
    (tmp_path / "feedstream.toml").write_text(setting)
    with pytest.raises(Invalid) as told:
        load_settings(Home(tmp_path))
    assert sentence in told.value.sentence


def test_what_could_not_be_published_is_told_once_and_the_rest_appears(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home")]
    assert CliRunner().invoke(feedstream, [*home, "init"]).exit_code == 0
    feeds = tmp_path / "home" / "feeds"
    feeds.mkdir(exist_ok=True)
    (feeds / "tag").write_text("hi")
    begin = ["story", "publish", "--headline", "Bridge", "--body", "Shut.", "--tag", "harbour"]
    done = CliRunner().invoke(feedstream, [*home, *begin])
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("It is recorded") == 1
    assert f"{feeds / 'tag'} is no folder" in done.stderr
    assert "Bridge" in (feeds / "stories.rss").read_text()
    (feeds / "tag").unlink()
    again = [*home, "story", "publish", "--headline", "Ferry", "--body", "Late."]
    assert CliRunner().invoke(feedstream, again).stderr == ""
    assert (feeds / "tag" / "harbour.rss").is_file()
