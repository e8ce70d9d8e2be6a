"""Where the demo lives: its folder, what it remembers there, and what becomes of former demos."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import tomlkit

from feedstream.config import Home
from feedstream.errors import Conflict, Unavailable

STATE = "demo.json"
_PART = "demo.json.part"

SETTINGS = """\
# The settings of the demo: the sample's newsroom. base_url is set anew at every start.
[site]
title = "The Ellory Courier"
description = "The demo of feedstream: a running story, a partner’s wire, live feeds."
base_url = "http://127.0.0.1:8000"
language = "en"
timezone = "UTC"
tag_authority = "news.example.org"

[feeds]
window = 50
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the demo remembers: items released, the partner's port, whether all is done."""

    released: int = 0
    partner_port: int = 0
    completed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A demo's folder, ready; `kept` is where the former demo lies, if it was put aside."""

    root: Path
    state: State
    kept: Path | None = None
    continued: bool = False


def save(root: Path, state: State) -> None:
    """Write the state in one step, durably. Raises `Unavailable`."""
    try:
        with (root / _PART).open("w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(root / _PART, root / STATE)
    except OSError as error:
        raise Unavailable(f"{root / STATE} can't be written: {error.strerror}.") from error


def load(root: Path) -> State | None:
    """The state in a folder; None where there is none that can be read."""
    try:
        said = json.loads((root / STATE).read_bytes())
        return State(
            released=max(0, int(said["released"])),
            partner_port=int(said["partner_port"]),
            completed=bool(said["completed"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """One demo at a time in a home. Raises `Conflict` where another one runs."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / ".demo.lock").open("a")
    except OSError as error:
        raise Unavailable(f"{home} can't be written: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                f"A demo is running in {home} already: end it with Ctrl-C, or give another --home."
            ) from error
        yield


def prepare(home: Path, *, fresh: bool) -> Place:
    """The demo's folder in `home`: a former demo that was not done goes on, any other is put aside.

    Nothing is deleted. Raises `Unavailable`.
    """
    root = home / "demo"
    state = load(root)
    try:
        kept = None
        if _is_used(root) and (fresh or state is None or state.completed):
            kept, state = _put_aside(root), None
        root.mkdir(exist_ok=True)
        continued = state is not None
        state = state or State()
        if not continued:
            save(root, state)
        if not Home(root).config.exists():
            _write_settings(root, SETTINGS)
    except OSError as error:
        raise Unavailable(f"{root} can't be set up: {error.strerror}.") from error
    return Place(root=root, state=state, kept=kept, continued=continued)


def _is_used(root: Path) -> bool:
    return root.exists() and (not root.is_dir() or any(p.name != _PART for p in root.iterdir()))


def _put_aside(root: Path) -> Path:
    number = 1
    while (kept := root.with_name(f"{root.name}-{number}")).exists():
        number += 1
    return root.rename(kept)


def set_base_url(root: Path, base_url: str) -> None:
    """Have the site's links begin with the address that is served. Raises `Unavailable`."""
    path = Home(root).config
    try:
        settings = tomlkit.parse(path.read_text("utf-8"))
        site = settings.setdefault("site", tomlkit.table())
        if site.get("base_url") != base_url:
            site["base_url"] = base_url
            _write_settings(root, tomlkit.dumps(settings))
    except OSError as error:
        raise Unavailable(f"{path} can't be written: {error.strerror}.") from error


def _write_settings(root: Path, text: str) -> None:
    path = Home(root).config
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
