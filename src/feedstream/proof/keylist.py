"""The list of all keys that ever signed a log's checkpoints, as it is kept and published.

    {"origin": "news.example.org/feedstream",
     "keys": [{"vkey": "news.example.org/feedstream+1c2f…+AT…", "from": 0, "until": 812},
              {"vkey": "news.example.org/feedstream+9a04…+AR…", "from": 640, "until": null}]}

A key signs checkpoints of the sizes from `from` to `until`; null: it is in use. Where two are in
use, every checkpoint is signed by both.
"""

from dataclasses import dataclass, replace
from typing import Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from feedstream.errors import Invalid, NotFound, Refused
from feedstream.proof.checkpoint import MAX_SIZE, Verifier
from feedstream.proof.signing import VerifierKey, parse_verifier_key

IN_USE = 2  # keys at once: the old and the new


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    vkey: str
    since: int = Field(alias="from", ge=0, le=MAX_SIZE)
    until: int | None = Field(ge=0, le=MAX_SIZE)

    def verifier(self) -> Verifier:
        return Verifier(key=parse_verifier_key(self.vkey), since=self.since, until=self.until)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    origin: str
    keys: tuple[_Entry, ...] = Field(min_length=1, max_length=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """A log's origin, which is every key's name as well, and its keys, oldest first."""

    origin: str
    verifiers: tuple[Verifier, ...]

    @classmethod
    def started(cls, key: VerifierKey) -> Self:
        """The list with its first key, which is in use from the start."""
        return cls(origin=key.name, verifiers=(Verifier(key=key),))

    @property
    def in_use(self) -> tuple[Verifier, ...]:
        """The keys that sign today, oldest first."""
        return tuple(verifier for verifier in self.verifiers if verifier.until is None)

    def rotated(self, key: VerifierKey, position: int) -> Self:
        """With a new key, in use from `position` on. Raises `Refused` while two are in use."""
        if len(self.in_use) >= IN_USE:
            raise Refused(
                f"Two keys are in use already ({_ids(self.in_use)}): retire the old one with"
                " “keys retire” first."
            )
        new = Verifier(key=key, since=position)
        return replace(self, verifiers=(*self.verifiers, new))

    def retired(self, key_id: str, position: int) -> tuple[Self, Verifier]:
        """Without a key after `position`, and that key: the one named, else the oldest in use.

        Raises `NotFound` for an id that is not in use, `Refused` for the only key that is.
        """
        named = [v for v in self.in_use if key_id in {"", v.key.id.hex()}]
        if not named:
            raise NotFound(f"No key {key_id} is in use: those in use are {_ids(self.in_use)}.")
        if len(self.in_use) < IN_USE:
            raise Refused(
                f"{_ids(self.in_use)} is the only key in use, and nothing could be signed without"
                " it: “keys rotate” makes another first."
            )
        ended = replace(named[0], until=max(position, named[0].since))
        kept = tuple(ended if v is named[0] else v for v in self.verifiers)
        return replace(self, verifiers=kept), ended

    def render(self) -> bytes:
        """The list as a file."""
        keys = [{"vkey": str(v.key), "from": v.since, "until": v.until} for v in self.verifiers]
        listed = {"origin": self.origin, "keys": keys}
        return orjson.dumps(listed, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def parse_key_list(content: bytes) -> KeyList:
    """Read a list. Raises `Invalid` with what is wrong."""
    try:
        file = _File.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise Invalid(f"This is no list of keys: {where}: {first['msg'].lower()}.") from error
    verifiers = tuple(entry.verifier() for entry in file.keys)
    if any(verifier.key.name != file.origin for verifier in verifiers):
        raise Invalid(f"This list of keys has one that is not named {file.origin}.")
    return KeyList(origin=file.origin, verifiers=verifiers)


def _ids(verifiers: tuple[Verifier, ...]) -> str:
    return " and ".join(verifier.key.id.hex() for verifier in verifiers) or "none"
