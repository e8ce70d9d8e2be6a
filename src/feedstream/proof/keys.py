"""The `keys/` folder of a newsroom: the private keys that sign, and the list of all keys.

keys/verifiers.json     every key ever used, published as keys.json
keys/1c2f09aa.pem       a private key, named by its id; gone once it is retired
keys/signed             the last checkpoint that was signed: none may ever contradict it
keys/lock               held while keys change and while a checkpoint is signed
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from feedstream.clock import Clock, utc_now
from feedstream.config import Home, Site
from feedstream.errors import Conflict, Integrity, Invalid, NotFound, Unavailable
from feedstream.proof.checkpoint import Checkpoint, Verifier, open_checkpoint
from feedstream.proof.keylist import KeyList, parse_key_list
from feedstream.proof.locking import locked
from feedstream.proof.private import read_private, write_private
from feedstream.proof.signing import SigningKey, draw_key, read_pem
from feedstream.publish import replace_file

NO_KEYS = "This newsroom has no signing key yet: “feedstream keys init” makes one."


def origin_of(site: Site) -> str:
    """The origin that a new log gets: its authority, the path of its base URL, and a last word.

    It is kept with the keys from then on: a site may move, its log stays the same.
    """
    return f"{site.authority}{urlsplit(site.base_url).path}/feedstream"


def keys_of(home: Home) -> "KeyFolder":
    """The keys of a newsroom."""
    return KeyFolder(home.root / "keys")


class KeyFolder:
    """Keys on the disk. Several processes may use one folder at once."""

    def __init__(self, folder: Path, clock: Clock = utc_now) -> None:
        self.folder = folder
        self._clock = clock
        self._list = folder / "verifiers.json"
        self._signed = folder / "signed"

    # ── reading ──────────────────────────────────────────────────────────────────────────────
    def listed(self) -> KeyList | None:
        """All keys ever used; None where none was made. Raises `Integrity` where it is damaged."""
        content = _read(self._list)
        if content is None:
            return None
        try:
            return parse_key_list(content)
        except Invalid as error:
            raise Integrity(f"{self._list}: {error.sentence} Restore it from a backup.") from error

    def require(self) -> KeyList:
        """As `listed`. Raises `NotFound` where no key was made."""
        found = self.listed()
        if found is None:
            raise NotFound(NO_KEYS)
        return found

    def private(self, keys: KeyList) -> tuple[SigningKey, ...]:
        """The private halves of the keys in use, oldest first.

        Raises `Unavailable` for one that is gone or that others may read, `Integrity` for one
        that is not what its name says.
        """
        return tuple(self._private(verifier) for verifier in keys.in_use)

    def signed(self, keys: KeyList) -> Checkpoint | None:
        """The last checkpoint that was signed here. Raises `Integrity` where it is damaged."""
        content = _read(self._signed)
        if content is None:
            return None
        try:
            return open_checkpoint(content, keys.verifiers)
        except (Invalid, Integrity) as error:
            raise Integrity(
                f"{self._signed} is damaged ({error.sentence.rstrip('.')}), and without it nothing"
                " can be signed safely: restore it from a backup, or copy the published"
                " “checkpoint” there."
            ) from error

    def last_signed(self) -> Checkpoint | None:
        """As `signed`, by the keys that are listed; None where no key was made either."""
        listed = self.listed()
        return self.signed(listed) if listed else None

    # ── changing ─────────────────────────────────────────────────────────────────────────────
    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Nobody else signs or changes keys meanwhile. Raises `Unavailable`, `NotFound`."""
        if not self.folder.is_dir():
            raise NotFound(NO_KEYS)
        with _writable(self.folder):
            async with locked(self.folder / "lock"):
                yield

    def remember(self, signed: bytes) -> None:
        """Keep what is about to be published, unless it is kept already; under the lock."""
        if _read(self._signed) != signed:
            replace_file(self._signed, signed, self._clock().timestamp())

    async def init(self, origin: str) -> KeyList:
        """Make the first key, named `origin`. Raises `Conflict` where there is one, `Invalid`."""
        key = draw_key(origin)
        with _writable(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with self.locked():
            known = self.listed()
            if known is not None:
                raise Conflict(
                    f"{self._list} has keys already, for {known.origin}: “keys rotate” makes a new"
                    " one."
                )
            return await self._added(key, KeyList.started(key.verifier))

    async def rotate(self, position: int) -> KeyList:
        """Make a new key that signs beside the old one, where the log ends at `position`.

        Raises `NotFound`, `Refused`.
        """
        async with self.locked():
            known = self.require()
            key = draw_key(known.origin)
            return await self._added(key, known.rotated(key.verifier, self._last(known, position)))

    async def retire(self, position: int, key_id: str = "") -> Verifier:
        """End a key (the oldest in use where none is named) and remove its private half.

        Raises `NotFound`, `Refused`.
        """
        async with self.locked():
            known = self.require()
            kept, ended = known.retired(key_id, self._last(known, position))
            # The list first: from here on nobody signs with it, even if the file outlives a crash.
            await asyncio.to_thread(self._write_list, kept)
            self._file(ended).unlink(missing_ok=True)
            return ended

    def _last(self, keys: KeyList, position: int) -> int:
        signed = self.signed(keys)
        return max(position, signed.size if signed else 0)

    async def _added(self, key: SigningKey, keys: KeyList) -> KeyList:
        # The key first: a list never names a key in use whose private half is not there.
        await asyncio.to_thread(write_private, self._file(keys.in_use[-1]), key.pem())
        await asyncio.to_thread(self._write_list, keys)
        return keys

    def _write_list(self, keys: KeyList) -> None:
        replace_file(self._list, keys.render(), self._clock().timestamp())

    def _file(self, verifier: Verifier) -> Path:
        return self.folder / f"{verifier.key.id.hex()}.pem"

    def _private(self, verifier: Verifier) -> SigningKey:
        path = self._file(verifier)
        try:
            key = read_pem(verifier.key.name, read_private(path))
        except Invalid as error:
            raise Integrity(f"{path}: {error.sentence}: restore it from a backup.") from error
        if key.verifier != verifier.key:
            raise Integrity(
                f"{path} holds another key than {self._list.name} says: restore both from one"
                " backup."
            )
        return key


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"{path} can't be read: {error.strerror}.") from error


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{folder} can't be written: {error.strerror}.") from error
