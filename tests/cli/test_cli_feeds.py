"""Feeds of the site's own, by command and by the settings file."""

import pytest

from tests.cli.conftest import lines


def names(cli):
    return {feed["name"] for feed in lines(cli("feed", "list", "--json"))}


def write(home, text):
    config = home / "feedstream.toml"
    config.write_text(config.read_text() + text)


OWN = """
[[feeds.defined]]
name = "summits"
title = "Summits"
tag = "Diplomacy"
window = 7
"""


def test_a_feed_in_the_file_is_defined_once_and_published(cli, home):
    write(home, OWN)
    cli("feed", "render")
    cli("feed", "render")
    assert "summits" in names(cli)
    assert (home / "feeds" / "summits.rss").is_file()
    told = lines(cli("log", "tail", "--json"))
    assert [event["type"] for event in told].count("feed.defined") == 1


def test_a_changed_definition_in_the_file_is_a_change_of_the_feed(cli, home):
    write(home, OWN)
    cli("feed", "render")
    config = home / "feedstream.toml"
    config.write_text(config.read_text().replace('title = "Summits"', 'title = "Meetings"'))
    cli("feed", "render")
    assert b"<title>Meetings</title>" in (home / "feeds" / "summits.rss").read_bytes()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OWN.replace("summits", "stories"), "can't name a feed"),
        (OWN + 'story = "nowhere"\n', "is not there"),
        (OWN.replace("window = 7", "window = 0"), "feeds.defined.0.window"),
    ],
)
def test_a_definition_that_makes_no_sense_is_told_in_one_sentence(cli, home, text, says):
    write(home, text)
    told = cli("feed", "render")
    assert told.exit_code
    assert says in str(told.exception) + told.output
