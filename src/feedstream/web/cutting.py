"""The entries of a rendered feed as bytes: which there are, and the feed without some of them."""

import json
from collections.abc import Container, Iterator
from hashlib import blake2b
from pathlib import PurePath
from typing import Any
from xml.parsers import expat

# In which element an entry stands, by how deep it is.
_ENTRIES = {(2, "http://www.w3.org/2005/Atom entry"), (3, "item")}


def entry_digests(file: str, body: bytes) -> frozenset[bytes]:
    """The digest of each entry of a feed's file."""
    if _is_json(file):
        return frozenset(map(_item_digest, json.loads(body)["items"]))
    return frozenset(_digest(body[start:end]) for start, end in _spans(body))


def without_entries(file: str, body: bytes, known: Container[bytes]) -> bytes:
    """The file without the entries whose digests are `known`; all else of it, tombstones among
    that, stays."""
    if _is_json(file):
        document = json.loads(body)
        document["items"] = [one for one in document["items"] if _item_digest(one) not in known]
        return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
    return b"".join(_kept(body, known))


def _kept(body: bytes, known: Container[bytes]) -> Iterator[bytes]:
    done = 0
    for start, end in _spans(body):
        if _digest(body[start:end]) in known:
            yield body[done:start].rstrip()
            done = end
    yield body[done:]


def _spans(body: bytes) -> list[tuple[int, int]]:
    """From where to where each entry of an RSS or Atom document goes, in bytes."""
    spans: list[tuple[int, int]] = []
    path: list[tuple[str, int]] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def begin(name: str, _: object) -> None:
        path.append((name, parser.CurrentByteIndex))

    def end(name: str) -> None:
        depth = len(path)
        _, start = path.pop()
        if (depth, name) in _ENTRIES:
            spans.append((start, body.index(b">", parser.CurrentByteIndex) + 1))

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.Parse(body, True)
    return spans


def _is_json(file: str) -> bool:
    return PurePath(file).suffix == ".json"


def _item_digest(item: dict[str, Any]) -> bytes:
    return _digest(json.dumps(item, ensure_ascii=False).encode())


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()
