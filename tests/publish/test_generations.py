"""A generation appears in one step, whole, whatever happens while it is made."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedstream.publish.generations import Generations
from feedstream.publish.places import GENERATIONS, LIVE, target_of
from feedstream.publish.reading import identity_of, read_published
from tests.faults.disks import fill, free, small_disk
from tests.publish.folders import (
    change,
    dangling,
    expected,
    files_of,
    leftovers,
    plain,
    served,
)

BEFORE = {"stories": "one", "tag/a": "one", "story/x": "one", "section/city": "one"}
CHANGE = {"stories": "two", "tag/a": None, "tag/b": "two", "story/x": "two"}
AFTER = {"stories": "two", "tag/b": "two", "story/x": "two", "section/city": "one"}


def test_every_coding_stands_beside_its_file_with_the_same_time(tmp_path: Path) -> None:
    change(tmp_path, BEFORE, at=1000.5)
    files = served(tmp_path)
    assert plain(files) == expected(BEFORE)
    assert len(files) == 4 * len(expected(BEFORE))
    assert {(tmp_path / name).stat().st_mtime for name in files} == {1000.5}


def test_what_did_not_change_is_the_same_file_and_what_did_is_later(tmp_path: Path) -> None:
    change(tmp_path, BEFORE, at=1000.0)
    before = {name: (tmp_path / name).stat() for name in served(tmp_path)}
    draft = change(tmp_path, {"stories": "two", "tag/a": "one"}, at=1000.0)
    assert draft.written == sorted(files_of("stories", ""))
    for name, old in before.items():
        now = (tmp_path / name).stat()
        same = (now.st_ino, now.st_mtime_ns) == (old.st_ino, old.st_mtime_ns)
        assert same != name.startswith("stories"), name
        assert int(now.st_mtime) >= int(old.st_mtime) + (not same)
    assert change(tmp_path, {"stories": "two"}).written == []
    assert Generations(tmp_path).live == 3  # nothing to change, no generation


def test_one_format_that_differs_leaves_the_others_untouched(tmp_path: Path) -> None:
    change(tmp_path, {"stories": "one"})
    before = {n: (tmp_path / n).stat().st_ino for n in served(tmp_path)}
    generations = Generations(tmp_path)
    from feedstream.publish.draft import Draft

    with Draft(generations) as draft:
        files = files_of("stories", "one") | {"stories.rss": b"other"}
        draft.put("stories", files, 5000.0)
        draft.seal()
        draft.publish()
    after = {n: (tmp_path / n).stat().st_ino for n in served(tmp_path)}
    differ = {name for name in before if before[name] != after[name]}
    assert differ == {f"stories.rss{end}" for end in ("", ".gz", ".br", ".zst")}
    change(tmp_path, {"stories": "two"})  # the shared files outlive the version they came from
    change(tmp_path, {"stories": "one"})
    assert plain(served(tmp_path)) == expected({"stories": "one"})


# ── killed at every step ─────────────────────────────────────────────────────────────────────
STEPS = frozenset(
    {"os.symlink", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
)


def run_until(step: int, folder: Path) -> bool:
    """Make the change in a process that dies before so many steps; whether it came to its end."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    left = [step]

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if event in STEPS or (event == "open" and str(arguments[1]) in ("w", "wb", "None")):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)

    sys.addaudithook(count)
    try:
        change(folder, CHANGE)
    except BaseException:
        os._exit(7)
    os._exit(0)


def test_a_publisher_that_is_killed_leaves_one_generation_whole(tmp_path: Path) -> None:
    """At every eleventh step; `make faults` does it at every one."""
    assert kill_at_steps(tmp_path, 11) > 60


def kill_at_steps(tmp_path: Path, stride: int) -> int:
    """Kill it before each of these steps; how many there are."""
    change(tmp_path / "feeds", {"stories": "none", "tag/a": "none"})
    change(tmp_path / "feeds", BEFORE)
    seen, ended, step = set(), False, 0
    while not ended:
        folder = tmp_path / f"at-{step}"
        shutil.copytree(tmp_path / "feeds", folder, symlinks=True)
        ended = run_until(step, folder)
        found = plain(served(folder))
        assert found in (expected(BEFORE), expected(AFTER)), step
        seen.add(found == expected(AFTER))
        Generations(folder).prepare()
        assert plain(served(folder)) == found, step
        assert leftovers(folder) == set(), step
        change(folder, CHANGE)
        assert plain(served(folder)) == expected(AFTER), step
        assert dangling(folder) == [], step
        shutil.rmtree(folder)
        step += stride
    assert seen == {True, False}
    return step


# ── readers ──────────────────────────────────────────────────────────────────────────────────
def test_a_reader_never_misses_a_file_nor_goes_back(tmp_path: Path) -> None:
    change(tmp_path, {"stories": "100", "tag/a": "100"})
    done, trouble = threading.Event(), []

    def read() -> None:
        last = ""
        while not done.is_set():
            try:
                words = (tmp_path / "stories.rss").read_text()
                packed = read_published(tmp_path, "stories.json")
            except OSError as error:
                trouble.append(error)
                return
            if words < last or packed is None or len(packed.packed) != 3:
                trouble.append((words, last, packed))
            last = words

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(101, 140):
        change(tmp_path, {"stories": str(number), "tag/a": str(number)})
    done.set()
    reader.join()
    assert trouble == []


def test_a_file_and_its_codings_are_read_from_one_version(tmp_path: Path) -> None:
    change(tmp_path, BEFORE)
    before = identity_of(tmp_path, "stories.rss")
    change(tmp_path, {"stories": "two"})
    found = read_published(tmp_path, "stories.rss")
    assert found is not None
    assert found.body == files_of("stories", "two")["stories.rss"]
    assert set(found.packed) == {"gzip", "br", "zstd"}
    assert found.identity == identity_of(tmp_path, "stories.rss") != before
    assert read_published(tmp_path, "stories.xml") is None


def test_an_open_file_is_read_to_its_end(tmp_path: Path) -> None:
    change(tmp_path, BEFORE)
    with (tmp_path / "stories.rss").open("rb") as file:
        change(tmp_path, {"stories": None})
        assert not (tmp_path / "stories.rss").exists()
        assert file.read() == files_of("stories", "one")["stories.rss"]


# ── what goes, and when ──────────────────────────────────────────────────────────────────────
def holds(folder: Path, words: str) -> bool:
    return any(words.encode() in p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_an_old_generation_stays_until_the_next_but_one(tmp_path: Path) -> None:
    change(tmp_path, {"stories": "first words"})
    change(tmp_path, {"stories": "second words"})
    assert holds(tmp_path, "first words")
    change(tmp_path, {"stories": "third words"})
    assert not holds(tmp_path, "first words")


def test_what_was_taken_back_goes_at_once_with_its_names(tmp_path: Path) -> None:
    change(tmp_path, {"stories": "libel", "tag/libel-tag": "libel", "tag/a": "fine"})
    change(tmp_path, {"stories": "libel, again"})
    draft = change(tmp_path, {"stories": "fine", "tag/libel-tag": None})
    assert draft.removed == sorted(files_of("tag/libel-tag", ""))
    assert not holds(tmp_path, "libel")
    assert not any("libel" in str(path) for path in tmp_path.rglob("*"))
    assert plain(served(tmp_path)) == expected({"stories": "fine", "tag/a": "fine"})


def test_forgetting_leaves_only_what_stands(tmp_path: Path) -> None:
    change(tmp_path, {"stories": "first words"})
    change(tmp_path, {"stories": "second words"})
    Generations(tmp_path).forget()
    assert not holds(tmp_path, "first words")
    assert plain(served(tmp_path)) == expected({"stories": "second words"})


# ── a folder of plain files ──────────────────────────────────────────────────────────────────
def test_a_folder_of_plain_files_is_taken_over(tmp_path: Path) -> None:
    old = {"stories.rss.gz": b"old", "tag/gone.rss": b"x"}
    for name, content in (expected(BEFORE) | old).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / ".well-known").mkdir()
    (tmp_path / ".well-known" / "checkpoint").write_text("signed")
    (tmp_path / "robots.txt").write_text("theirs")
    change(tmp_path, {**BEFORE, "tag/gone": None})
    found = served(tmp_path)
    theirs = {".well-known/checkpoint": b"signed", "robots.txt": b"theirs"}
    assert plain(found) == expected(BEFORE) | theirs
    assert (tmp_path / "stories.rss").is_symlink()
    assert (tmp_path / "robots.txt").is_file()


def test_a_name_that_somebody_took_is_put_right(tmp_path: Path) -> None:
    change(tmp_path, BEFORE)
    (tmp_path / "stories.rss").unlink()
    (tmp_path / "stories.atom").unlink()
    (tmp_path / "stories.atom").write_text("by hand")
    assert change(tmp_path, {"stories": "one"}).written == ["stories.atom", "stories.rss"]
    (tmp_path / "stories.rss").write_text("by hand, through the link")
    (tmp_path / "stories.json.br").unlink()
    assert "stories.rss" in change(tmp_path, {"stories": "one"}).written
    assert plain(served(tmp_path)) == expected(BEFORE)


def test_a_folder_in_the_place_of_a_name_holds_up_no_other(tmp_path: Path) -> None:
    (tmp_path / "tag" / "a.rss").mkdir(parents=True)
    draft = change(tmp_path, BEFORE)
    assert set(draft.failed) == {"tag/a"}
    assert plain(served(tmp_path)) == expected(BEFORE | {"tag/a": None})
    (tmp_path / "tag" / "a.rss").rmdir()
    assert change(tmp_path, BEFORE).failed == {}
    assert plain(served(tmp_path)) == expected(BEFORE)


@pytest.mark.parametrize("put", [lambda at: at.write_text("hi"), lambda at: at.symlink_to("no")])
def test_a_file_in_the_place_of_a_folder_holds_up_no_other(
    tmp_path: Path, put: Callable[[Path], object]
) -> None:
    change(tmp_path, {"stories": "libel", "section/city": "libel"})
    put(tmp_path / "tag")
    draft = change(tmp_path, BEFORE | {"section/city": None})
    assert set(draft.failed) == {"tag/a"}
    assert f"{tmp_path / 'tag'} is no folder" in str(draft.failed["tag/a"])
    (tmp_path / "tag").unlink()
    assert plain(served(tmp_path)) == expected({"stories": "one", "story/x": "one"})
    assert leftovers(tmp_path) == set()
    assert change(tmp_path, BEFORE).failed == {}
    assert plain(served(tmp_path)) == expected(BEFORE)


def test_a_copy_that_followed_links_is_taken_over(tmp_path: Path) -> None:
    feeds, copy = tmp_path / "feeds", tmp_path / "copy"
    change(feeds, BEFORE | {"stories": "libel"})
    change(feeds, BEFORE)
    identity = Generations(feeds).prepare()
    subprocess.run(["cp", "-aL", feeds, copy], check=True)
    assert served(copy).items() >= expected(BEFORE).items()
    assert Generations(copy).prepare() != identity  # so that all is published
    assert plain(served(copy)) == expected(BEFORE)
    assert not holds(copy, "libel")
    change(copy, AFTER | {"tag/a": None})
    assert plain(served(copy)) == expected(AFTER)
    assert (copy / LIVE).is_symlink()
    assert (copy / "stories.rss").is_symlink()
    assert leftovers(copy) == set()


def test_files_in_the_place_of_what_is_generated_are_replaced(tmp_path: Path) -> None:
    (tmp_path / LIVE).write_text("")
    (tmp_path / GENERATIONS).write_text("")
    change(tmp_path, BEFORE)
    assert plain(served(tmp_path)) == expected(BEFORE)


def test_a_copy_of_the_folder_serves_the_same(tmp_path: Path) -> None:
    change(tmp_path / "feeds", BEFORE)
    shutil.copytree(tmp_path / "feeds", tmp_path / "elsewhere" / "copy", symlinks=True)
    shutil.copytree(tmp_path / "feeds", tmp_path / "flat", ignore=lambda *_: [LIVE, GENERATIONS])
    identity = Generations(tmp_path / "feeds").prepare()
    shutil.rmtree(tmp_path / "feeds")
    assert plain(served(tmp_path / "elsewhere" / "copy")) == expected(BEFORE)
    assert plain(served(tmp_path / "flat")) == expected(BEFORE)
    (tmp_path / "feeds").mkdir()
    assert Generations(tmp_path / "feeds").prepare() != identity  # made anew: all is published


def test_links_lie_in_their_inodes() -> None:
    story = "story/01a213a4-aae6-77c5-911d-8a55967a0527"
    assert len(target_of(story, f"{story}.ninjs.json") + ".zst") < 60


# ── a full disk ──────────────────────────────────────────────────────────────────────────────
def test_a_full_disk_leaves_what_stands(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        change(disk, BEFORE)
        fill(disk)
        with pytest.raises(OSError, match="No space left"):
            change(disk, CHANGE)
        (disk / "ballast").rename(tmp_path / "disk" / "ballast")
        found = served(disk)
        found.pop("ballast")
        assert plain(found) == expected(BEFORE)
        free(disk)
        change(disk, CHANGE)
        assert plain(served(disk)) == expected(AFTER)
        assert leftovers(disk) == set()


# ── a law ────────────────────────────────────────────────────────────────────────────────────
FEEDS = st.sampled_from(["stories", "index.opml", "a/b/c", *(f"tag/{n}" for n in range(9))])
CHANGES = st.dictionaries(FEEDS, st.none() | st.sampled_from(["one", "two", "three"]), max_size=5)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(CHANGES, max_size=6))
def test_any_changes_leave_exactly_what_was_published(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, str | None]]
) -> None:
    folder, stands = tmp_path_factory.mktemp("feeds"), {}
    for one in history:
        change(folder, one)
        stands |= one
        assert plain(served(folder)) == expected(stands)
        assert leftovers(folder) == set()
        assert dangling(folder) == []
