"""A reader's own verifier, from C2SP's formats and RFC 6962: it imports nothing of feedstream.
Usage: verifier.py KEYS.json CHECKPOINT|PROOF.json…; exit code 0 where every one holds."""

import hashlib
import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Keys = list[tuple[str, bytes, int, int | None]]  # name, public key, first and last size


def need(holds: object, what: str) -> None:
    if not holds:
        raise ValueError(what)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def b64(text: str) -> bytes:
    content = b64decode(text, validate=True)
    need(b64encode(content).decode() == text, "base64 has one spelling")
    return content


def load_keys(text: str) -> Keys:
    keys: Keys = []
    for entry in json.loads(text)["keys"]:
        name, number, encoded = entry["vkey"].split("+", 2)
        key = b64(encoded)
        fine = key[0] == 1 and sha(name.encode(), b"\n", key)[:4].hex() == number
        need(fine, "a key of another kind, or another key")
        keys.append((name, key[1:], entry["from"], entry["until"]))
    return keys


def open_note(note: str, keys: Keys) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint that a key in use at that size has signed."""
    text, _, signatures = note.rpartition("\n\n")
    origin, size, root = text.split("\n")[:3]
    good = 0
    for line in signatures.removesuffix("\n").split("\n"):
        dash, name, encoded = line.split(" ")
        need(dash == "—", "a signature begins with a dash")
        number, signature = b64(encoded)[:4], b64(encoded)[4:]
        for owner, public, since, until in keys:
            if (owner, sha(owner.encode(), b"\n\x01", public)[:4]) != (name, number):
                continue
            Ed25519PublicKey.from_public_bytes(public).verify(signature, f"{text}\n".encode())
            in_use = since <= int(size) and (until is None or int(size) <= until)
            good += owner == origin and in_use
    need(good, "signed by no key in use")
    return origin, int(size), b64(root)


def root_with(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that `path` gives to a leaf; the definition of §2.1.1, read backwards."""
    if size == 1:
        need(not path, "the path is too long")
        return leaf
    *rest, side = path
    half = 1 << (size - 1).bit_length() - 1  # the greatest power of two below
    if index < half:
        return sha(b"\x01", root_with(leaf, index, half, rest), side)
    return sha(b"\x01", side, root_with(leaf, index - half, size - half, rest))


def both_roots(old: int, new: int, path: list[bytes], known: bytes) -> tuple[bytes, bytes]:
    """The old and the new root that `path` gives; the definition of §2.1.2, read backwards."""
    if old == new:
        need(len(path) <= 1, "the path is too long")
        return (path[0], path[0]) if path else (known, known)
    *rest, side = path
    half = 1 << (new - 1).bit_length() - 1
    if old <= half:
        then, now = both_roots(old, half, rest, known)
        return then, sha(b"\x01", now, side)
    then, now = both_roots(old - half, new - half, rest, known)
    return sha(b"\x01", side, then), sha(b"\x01", side, now)


def check_grown(old: dict[str, Any], new: tuple[int, bytes], path: list[str]) -> None:
    size, root = old["size"], b64(old["root"])
    need(size <= new[0], "it has shrunk")
    if size == 0:
        return need(not path and root == sha(), "the empty tree")
    roots = both_roots(size, new[0], [b64(node) for node in path], root)
    return need(roots == (root, new[1]), "not the same log")


def check_proof(document: str, keys: Keys) -> None:
    proof = json.loads(document)
    tree = proof["tree" if "position" in proof else "new"]
    _, size, root = open_note(tree["checkpoint"], keys)
    check_grown(tree, (size, root), tree["path"])
    if "position" not in proof:
        return check_grown(proof["old"], (tree["size"], b64(tree["root"])), proof["path"])
    need(1 <= proof["position"] <= tree["size"], "beyond the tree")
    leaf, path = b64(proof["leaf"]), [b64(node) for node in proof["path"]]
    found = root_with(leaf, proof["position"] - 1, tree["size"], path)
    need(found == b64(tree["root"]), "not in the log")
    if event := proof.get("event"):
        need(leaf == sha(b"\0", event["header"].encode(), b64(event["digest"])), "another event")
        need(json.loads(event["header"])["position"] == proof["position"], "another position")
        body = [b64(event["salt"]), event["data"].encode()] if "data" in event else None
        need(body is None or sha(*body) == b64(event["digest"]), "another body")
    return None


if __name__ == "__main__":
    listed = load_keys(Path(sys.argv[1]).read_text("utf-8"))
    for content in (Path(name).read_text("utf-8") for name in sys.argv[2:]):
        (check_proof if content.startswith("{") else open_note)(content, listed)
