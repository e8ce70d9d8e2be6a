"""A short way to write events of plain values: the bytes that the long way writes, none checked
twice.

The long way lets pydantic write an event, reads it back and compares. Where all values are of the
very types that the class names, and none is a time, that can only succeed.
"""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import orjson

_PLAIN: Final = frozenset({str, int, bool, NoneType})
_TEXTS: Final = (str, ...)


class PlainWriter:
    """Writes the events of one class."""

    def __init__(self, cls: type[Any]) -> None:
        hints = get_type_hints(cls)
        self._names = tuple(field.name for field in fields(cls))
        self._allowed = [_plain_types(hints[name]) for name in self._names]
        self._texts = [_holds_texts(hints[name]) for name in self._names]
        self._values = _getter(self._names)
        self._shapes: dict[tuple[type, ...], tuple[int, ...] | None] = {}

    def write(self, event: Any) -> bytes | None:
        """Canonical JSON; None where this way is not for `event`: perhaps it is not even valid."""
        values = self._values(event)
        shape = tuple(map(type, values))
        tuples = self._shapes.get(shape, _UNSEEN)
        if tuples is _UNSEEN:
            tuples = self._shapes[shape] = self._look(shape)
        if tuples is None:
            return None
        for at in tuples:
            if values[at] and not (self._texts[at] and _all_texts(values[at])):
                return None
        try:
            return orjson.dumps(dict(zip(self._names, values, strict=True)))
        except orjson.JSONEncodeError:  # half a surrogate pair, a number that is too large
            return None

    def _look(self, shape: tuple[type, ...]) -> tuple[int, ...] | None:
        """Where in a shape tuples stand; None where it is not plain."""
        if not all(type_ in allowed for type_, allowed in zip(shape, self._allowed, strict=True)):
            return None
        return tuple(at for at, type_ in enumerate(shape) if type_ is tuple)


_UNSEEN: Final = (-1,)


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda event: tuple(getattr(event, name) for name in names)


def _plain_types(hint: Any) -> frozenset[type]:
    """The types of which a value of this field is written as it stands."""
    if get_origin(hint) in {Union, UnionType}:
        return frozenset(kind for part in get_args(hint) for kind in _plain_types(part))
    if get_origin(hint) is tuple:
        return frozenset({tuple})
    return frozenset(kind for kind in _PLAIN if kind is hint)


def _holds_texts(hint: Any) -> bool:
    parts = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    return any(get_origin(part) is tuple and get_args(part) == _TEXTS for part in parts)


def _all_texts(values: tuple[object, ...]) -> bool:
    return set(map(type, values)) == {str}
