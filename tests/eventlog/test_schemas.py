"""Every schema of an event that ever landed: none changes unnoticed, none is left without a way up.

`schemas.json` has the shape of each (type, schema). A class whose shape changed needs a new SCHEMA
and an upcast from the one before; then its new shape is added here, and the old one stays for ever:

    FEEDSTREAM_REWRITE=1 python -m pytest tests/eventlog/test_schemas.py
"""

import json
import os
import types
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from feedstream.domain.events import EVENT_CLASSES
from feedstream.eventlog.codec import CODEC

FILE = Path(__file__).with_name("schemas.json")
Shape = Any


def shape(hint: Any) -> Shape:
    """What a value of this type looks like in the log."""
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return {
            field.name: {"type": shape(hints[field.name])}
            | ({} if field.default is MISSING else {"default": repr(field.default)})
            for field in fields(hint)
        }
    origin, parts = get_origin(hint), get_args(hint)
    if origin is None:
        return "null" if hint is type(None) else hint.__name__
    if origin is types.UnionType or str(origin) == "typing.Union":
        return [shape(part) for part in parts]
    if origin is tuple:
        return {"each": shape(parts[0])}
    return {str(getattr(origin, "__name__", origin)): [str(part) for part in parts]}


def landed() -> dict[str, dict[str, Shape]]:
    found: dict[str, dict[str, Shape]] = json.loads(FILE.read_text("utf-8"))
    return found


TODAY = {cls.TYPE: (str(cls.SCHEMA), shape(cls)) for cls in EVENT_CLASSES}

if os.environ.get("FEEDSTREAM_REWRITE"):
    known = landed() if FILE.exists() else {}
    for name, (schema, form) in TODAY.items():
        known.setdefault(name, {}).setdefault(schema, form)
    FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")


@pytest.mark.parametrize("name", sorted(TODAY))
def test_what_an_event_looks_like_changes_only_with_its_schema(name: str) -> None:
    schema, form = TODAY[name]
    assert landed()[name][schema] == form


@pytest.mark.parametrize("name", sorted(landed()) if FILE.exists() else [])
def test_every_schema_that_ever_landed_can_still_be_read(name: str) -> None:
    assert name in TODAY, "a type that was ever recorded is known for ever"
    CODEC.check([(name, int(schema)) for schema in landed()[name]])
