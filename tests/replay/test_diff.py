"""`diff`: which stories and files changed between two moments, and which words."""

import json

import pytest

from feedstream.domain.events import ContentErased
from feedstream.domain.ids import story_stream
from feedstream.replay.changes import changes_of
from feedstream.replay.site import site_diff
from tests.cli.conftest import lines
from tests.replay.conftest import publish


@pytest.fixture
def desk(cli):
    cli(
        "story",
        "publish",
        "--headline",
        "Crane falls",
        "--body",
        "It fell at dawn.",
        "--tag",
        "Sea",
    )
    cli("update", "add", "crane-falls", "--headline", "Two hurt", "--body", "Two are hurt.")
    cli("story", "publish", "--headline", "Ferry late", "--body", "It is late.")
    cli("story", "correct", "crane-falls", "--was", "dawn", "--now", "noon", "--why", "A slip.")
    cli("story", "edit", "crane-falls", "--body", "It fell at noon.")
    return cli


def records(result, about):
    return [line for line in lines(result) if line["about"] == about]


def test_a_site_diff_names_stories_by_what_happened_and_the_files_that_differ(desk, home):
    result = desk("diff", "2", "--json")
    stories = {one["slug"]: one for one in records(result, "story")}
    assert stories["ferry-late"]["change"] == "new"
    assert stories["ferry-late"]["kinds"] == {"published": 1}
    assert stories["crane-falls"]["change"] == "changed"
    assert stories["crane-falls"]["kinds"] == {"corrected": 1, "edited": 1}
    files = {one["file"]: one["change"] for one in records(result, "file")}
    assert files["stories.rss"] == files["corrections.atom"] == files["tag/sea.json"] == "changed"
    ferry = stories["ferry-late"]["id"]
    assert files[f"story/{ferry}.rss"] == "added"
    assert records(result, "span") == [{"about": "span", "after": 2, "upto": 5}]


def test_the_files_of_a_site_diff_are_exactly_those_that_two_replays_differ_in(desk, tmp_path):
    desk("story", "kill", "ferry-late", "--reason", "Unsafe.", "--yes")
    for first, second in ((0, 6), (1, 2), (3, 6), (5, 6), (4, 4)):
        sites = []
        for position in (first, second):
            out = tmp_path / f"{first}-{second}" / str(position)
            desk("replay", "--position", str(position), "--out", str(out))
            sites.append(
                {
                    path.relative_to(out).as_posix(): path.read_bytes()
                    for path in out.rglob("*")
                    if path.is_file() and path.suffix != ".sha256"
                }
            )
        old, new = sites
        differing = {name for name in {*old, *new} if old.get(name) != new.get(name)}
        told = records(desk("diff", str(first), str(second), "--json"), "file")
        assert {one["file"] for one in told} == differing
        assert all((one["change"] == "removed") == (one["file"] not in new) for one in told)


def test_a_story_diff_shows_the_words_by_event(desk):
    changes = lines(desk("diff", "0", "--story", "crane-falls", "--json"))
    assert [one["kind"] for one in changes] == ["published", "updated", "corrected", "edited"]
    assert [one["position"] for one in changes] == [1, 2, 4, 5]
    assert {one["actor"] for one in changes} == {"ana"}
    (part,) = changes[-1]["parts"]
    assert part["part"] == "opening"
    assert [(run["op"], run["text"]) for run in part["runs"]] == [
        ("same", "It fell at "),
        ("removed", "dawn"),
        ("added", "noon"),
        ("same", "."),
    ]
    plain = desk("diff", "4", "5", "--story", "crane-falls").stdout
    assert "edited · position 5" in plain
    assert "It fell at [-dawn-]{+noon+}." in plain


def test_a_killed_story_shows_its_changes_and_no_text(desk):
    desk("story", "kill", "crane-falls", "--reason", "Libel.", "--yes")
    for span in (("0",), ("0", "5"), ("1", "2")):
        for options in ((), ("--json",)):
            for about in ((), ("--story", "crane-falls")):
                told = desk("diff", *span, *about, *options)
                assert told.exit_code == 0, told.output
                for word in ("fell", "dawn", "Two", "falls", "Libel"):
                    assert word not in told.stdout, (span, options, about)
    assert "killed" in desk("diff", "5", "--story", "crane-falls").stdout
    (one,) = records(desk("diff", "5", "--json"), "story")
    assert (one["change"], one["status"], one["headline"]) == ("gone", "killed", "")


def test_long_text_that_stayed_is_cut_at_words(desk):
    body = f"{'harbour ' * 40}twelve {'quay ' * 60}"
    desk("story", "publish", "--headline", "Long", "--body", body)
    desk("story", "edit", "long", "--body", body.replace("twelve", "eleven"))
    shown = desk("diff", "6", "--story", "long").stdout
    assert "[-twelve -]{+eleven +}quay quay" in shown
    assert "harbour" in shown
    assert len(shown) < 400
    assert set(shown.split("opening: ")[1].split()) <= {
        *("harbour", "quay", "…", "[-twelve", "-]{+eleven", "+}quay")
    }


async def test_what_was_erased_is_withheld_in_the_story_and_the_site(app):
    story = await publish(app)
    update = app.newsroom.update(story, headline="Libel", body="<p>Slander.</p>")
    await app.newsroom.execute(update, actor="ana")
    stream = story_stream(story)
    erasure = ContentErased(positions=(2,), kind="legal", reason="A court order.")
    at = app.newsroom.clock()
    proposed = app.newsroom.envelope(erasure, stream, effective=at, actor="ana")
    await app.log.erase(proposed)
    history = [one async for one in app.log.read_stream(stream)]
    changes = list(changes_of(None, history))
    assert changes[1].kind == "update.added, withheld"
    assert not any(word in str(changes) for word in ("Libel", "Slander"))
    found = await site_diff(app.log, app.settings, 1, 2)
    assert found.stories[0].kinds == {"update.added, withheld": 1}


def test_a_withdrawn_update_and_its_notice(desk):
    update = json.loads(desk("story", "show", "crane-falls", "--json").stdout)["story"]["updates"][
        0
    ]
    desk("update", "withdraw", "crane-falls", update["id"], "--reason", "Nobody was.")
    (change,) = lines(desk("diff", "5", "--story", "crane-falls", "--json"))
    assert change["kind"] == "update withdrawn"
    runs = {part["part"]: part["runs"] for part in change["parts"]}
    name = f"update {update['id'][-8:]}"
    assert runs == {
        name: [{"op": "removed", "text": "Two are hurt."}],
        f"{name}, notice": [{"op": "added", "text": "Nobody was."}],
    }


def test_dates_and_instants_name_moments_and_nonsense_is_refused(desk):
    assert desk("diff", "2000-01-01", "--json").stdout == desk("diff", "0", "--json").stdout
    same = desk("diff", "5", "5")
    assert "0 stories and 0 feed files changed." in same.stdout
    assert "did not change" in desk("diff", "5", "--story", "crane-falls").stderr
    assert desk("diff", "4", "2").exit_code == 2
    assert desk("diff", "nonsense").exit_code == 2
    assert desk("diff", "9").exit_code == 3
    assert desk("diff", "1", "--story", "nothing").exit_code == 3
