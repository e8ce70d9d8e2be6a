"""Copies of frozen values with some fields changed, at a tenth of what `dataclasses.replace` costs.

Folding copies a story for every event of the log, so that this is where replays spend their time.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")
Copier = Callable[[T, Mapping[str, Any]], T]
"""The copy of a value, with other values in the fields that are named."""


def copier(cls: type[T]) -> Copier[T]:
    """What copies instances of `cls`: a frozen, slotted dataclass without `__post_init__`.

    As dataclasses do for their `__init__`, it writes one assignment for each field and compiles
    them. The copy is made in a twin that can be written to, and frozen as it is handed out. It
    raises `AttributeError` for a name that is no field.
    """
    twin = type(
        cls.__name__,
        (cls,),
        {
            "__slots__": (),
            "__setattr__": object.__setattr__,
            "__delattr__": object.__delattr__,  # one C slot serves both: a frozen one slows both
        },
    )
    names = [field.name for field in fields(cls)]  # type: ignore[arg-type]  # a dataclass
    lines = ["def copy(old, changes):", " new = make(twin)"]
    lines += [f" new.{name} = old.{name}" for name in names]
    lines += [" for name in changes: set(new, name, changes[name])"]
    lines += [" new.__class__ = cls", " return new"]
    scope = {"make": object.__new__, "twin": twin, "set": setattr, "cls": cls}
    exec("\n".join(lines), scope)  # noqa: S102  # of names of fields, nothing else
    made: Copier[T] = scope["copy"]  # type: ignore[assignment]
    return made
