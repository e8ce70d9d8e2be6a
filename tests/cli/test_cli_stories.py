"""Stories and updates from the command line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run, lines, one


def publish(cli: Run, headline: str = "Crane comes down", *more: str) -> dict:
    body = ("--body", "The <old> crane.")
    return one(cli("story", "publish", "--headline", headline, *body, "--json", *more))


def test_publishing_takes_all_fields_and_writes_the_feeds(cli: Run, home: Path) -> None:
    told = publish(
        cli, "Crane comes down", "--section", "Port", "--tag", "A", "--tag", "B", "--author", "Ana",
        "--date", "2021-12-06", "--summary", "It goes.", "--language", "en-GB",
    )  # fmt: skip
    story = one(cli("story", "show", "crane-comes-down", "--json"))["story"]
    assert told["events"][0]["type"] == "story.published"
    assert story["body"] == "<p>The &lt;old&gt; crane.</p>"
    assert (story["section"], story["tags"], story["authors"]) == ("Port", ["A", "B"], ["Ana"])
    assert (story["dated"], story["language"]) == ("2021-12-06", "en-GB")
    assert "Crane comes down" in (home / "feeds" / "stories.atom").read_text()
    assert (home / "feeds" / "tag" / "a.json").is_file()


@pytest.mark.parametrize(
    ("name", "options", "text", "html"),
    [
        ("a.txt", (), "*x*", "<p>*x*</p>"),
        ("a.md", (), "*x*", "<p><em>x</em></p>"),
        ("a.txt", ("--markdown",), "*x*", "<p><em>x</em></p>"),
        ("a.html", (), "<p>x<script>y</script></p>", "<p>x</p>"),
        ("a.txt", ("--html",), "<b onclick='z'>x</b>", "<b>x</b>"),
    ],
)
def test_the_text_of_a_file_becomes_html_by_what_it_is(
    cli: Run, tmp_path: Path, name: str, options: tuple[str, ...], *, text: str, html: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    told = one(cli("story", "publish", "--headline", "X", "--file", str(path), *options, "--json"))
    assert told["events"][0]["data"]["body"].strip() == html


def test_the_text_comes_from_standard_input_where_nothing_else_gives_it(cli: Run) -> None:
    told = one(cli("story", "publish", "--headline", "X", "--json", text="One.\n\nTwo."))
    assert told["events"][0]["data"]["body"] == "<p>One.</p>\n<p>Two.</p>"


def test_a_whole_life_of_a_story_is_in_its_history(cli: Run) -> None:
    publish(cli)
    for command in (
        ("edit", "crane-comes-down", "--headline", "Crane is down", "--minor", "--note", "tense"),
        ("tag", "crane-comes-down", "--add", "Port"),
        ("rename", "crane-comes-down", "crane-down"),
        ("credit", "add", "crane-down", "Harbour Wire"),
        ("credit", "remove", "crane-down", "Harbour Wire"),
        ("correct", "crane-down", "--was", "old", "--now", "new", "--why", "misread"),
        ("clarify", "crane-down", "It was the north crane."),
        ("close", "crane-down"),
        ("reopen", "crane-down"),
        ("retract", "crane-down", "--reason", "unproven"),
        ("reinstate", "crane-down", "--reason", "proven"),
        ("embargo", "crane-down", "2999-01-01T00:00:00Z"),
        ("lift", "crane-down", "--reason", "agreed"),
        ("kill", "crane-down", "--reason", "court", "--legal", "--yes"),
    ):
        result = cli("story", *command)
        assert result.exit_code == 0, (command, result.output)
    kinds = [row["type"] for row in lines(cli("story", "history", "crane-comes-down", "--json"))]
    assert kinds[::-1] == [
        "story.published", "story.edited", "story.tagged", "story.slug-changed", "credit.added",
        "credit.removed", "correction.issued", "clarification.issued", "story.closed",
        "story.reopened", "story.retracted", "story.reinstated", "story.embargoed",
        "story.embargo-lifted", "story.killed",
    ]  # fmt: skip
    assert lines(cli("story", "list", "--json")) == []
    assert one(cli("story", "list", "--all", "--json"))["status"] == "killed"


def test_a_story_can_be_seen_as_it_was(cli: Run) -> None:
    first = publish(cli)
    cli("story", "edit", "crane-comes-down", "--headline", "Crane is down")
    then = one(cli("story", "show", "crane-comes-down", "--at", str(first["position"]), "--json"))
    assert then["story"]["headline"] == "Crane comes down"
    assert "Crane is down" in cli("story", "show", "crane-comes-down").stdout
    assert cli("story", "show", "crane-comes-down", "--at", "2001-01-01").exit_code == 3


def test_updates_are_added_edited_pinned_and_withdrawn(cli: Run) -> None:
    publish(cli)
    added = ("--headline", "Bolts cut", "--body", "At dawn.", "--date", "2021-12-07")
    assert cli("update", "add", "crane-comes-down", *added).exit_code == 0
    update = one(cli("update", "list", "crane-comes-down", "--json"))
    assert update["dated"] == "2021-12-07"
    short = update["short"]
    for command in (
        ("edit", "crane-comes-down", short, "--body", "At noon."),
        ("pin", "crane-comes-down", short),
        ("unpin", "crane-comes-down", short),
        ("withdraw", "crane-comes-down", short, "--reason", "wrong day"),
    ):
        assert cli("update", *command).exit_code == 0, command
    assert one(cli("update", "list", "crane-comes-down", "--json"))["withdrawn"] == "wrong day"


def test_a_change_that_changes_nothing_records_nothing(cli: Run) -> None:
    publish(cli)
    told = one(cli("story", "edit", "crane-comes-down", "--headline", "Crane comes down", "--json"))
    assert (told["changed"], told["position"]) == (False, 1)


def test_a_story_is_found_by_the_end_of_its_id(cli: Run) -> None:
    story = publish(cli)["story"]
    assert one(cli("story", "show", story[-6:], "--json"))["story"]["id"] == story


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("story", "show", "none"), 3, "no story"),
        (("story", "edit", "crane-comes-down", "--minor", "--if-revision", "9"), 4, "revision 1"),
        (("story", "correct", "crane-comes-down", "--was=a", "--now=b", "--why="), 1, "why"),
        (("story", "publish", "--headline", "X", "--body", "a", "--date", "soon"), 2, "--date"),
        (("story", "publish", "--headline", "X", "--embargo", "2999-01-01"), 2, "instant"),
        (("story", "publish", "--headline", "X", "--body", "a", "--file", "b"), 2, "not with both"),
        (("story", "publish", "--headline", "X", "--file", "/no/such"), 2, "can't be read"),
        (("story", "kill", "crane-comes-down", "--reason", "x"), 2, "--yes"),
        (("story", "retract", "crane-comes-down"), 2, "--reason"),
        (("update", "edit", "crane-comes-down", "ffff", "--body", "x"), 3, "update list"),
        (("story", "tag", "crane-comes-down"), 2, "--add"),
        (("story", "pubish"), 2, "publish"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_and_its_exit_code(
    cli: Run, command: tuple[str, ...], code: int, words: str
) -> None:
    publish(cli)
    result = cli(*command)
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert len(lines(cli("log", "tail", "--json"))) == 1


def test_escape_sequences_in_a_headline_do_not_reach_the_terminal(cli: Run) -> None:
    publish(cli, "A\x1b]0;title\x07 crane\x9b2J")
    assert not any(c in cli("story", "list").stdout for c in "\x1b\x07\x9b")


PICTURE = "https://example.org/a/crane.JPG?size=2;width=1200;height=800;length=1832;title=The crane"


def test_media_are_given_shown_replaced_and_taken_away(cli: Run, home: Path) -> None:
    publish(cli, "Crane comes down", "--media", PICTURE)
    shown = cli("story", "show", "crane-comes-down").stdout
    assert "The crane (image/jpeg, 1200×800, 1,832 bytes): https://example.org/a/crane.JPG" in shown
    [file] = one(cli("story", "show", "crane-comes-down", "--json"))["story"]["media"]
    assert (file["url"], file["length"]) == ("https://example.org/a/crane.JPG?size=2", 1832)
    assert "https://example.org/a/crane.JPG?size=2" in (home / "feeds" / "stories.rss").read_text()
    film = ("--media", "https://example.org/film;type=video/mp4")
    assert cli("story", "edit", "crane-comes-down", *film).exit_code == 0
    story = one(cli("story", "show", "crane-comes-down", "--json"))["story"]
    assert [file["type"] for file in story["media"]] == ["video/mp4"]
    assert cli("story", "edit", "crane-comes-down", "--no-media").exit_code == 0
    assert one(cli("story", "show", "crane-comes-down", "--json"))["story"]["media"] == []


def test_an_update_has_media_of_its_own(cli: Run) -> None:
    publish(cli)
    added = ("--headline", "Bolts cut", "--body", "At dawn.", "--media", "https://e.org/b.mp3")
    assert cli("update", "add", "crane-comes-down", *added).exit_code == 0
    update = one(cli("update", "list", "crane-comes-down", "--json"))["short"]
    [part] = one(cli("story", "show", "crane-comes-down", "--json"))["story"]["updates"]
    assert [file["type"] for file in part["media"]] == ["audio/mpeg"]
    assert cli("update", "edit", "crane-comes-down", update, "--no-media").exit_code == 0
    [part] = one(cli("story", "show", "crane-comes-down", "--json"))["story"]["updates"]
    assert part["media"] == []


@pytest.mark.parametrize(
    ("media", "words"),
    [
        ("https://e.org/what", "type=image/jpeg"),
        ("crane.jpg", "http(s) address"),
        ("https://e.org/a.jpg;length=big", "length=12345"),
        ("https://e.org/a.jpg;type=picture", "no media type"),
    ],
)
def test_media_that_cannot_be_meant_are_explained(cli: Run, media: str, words: str) -> None:
    said = ("--headline", "X", "--body", "y", "--media", media)
    result = cli("story", "publish", *said)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
