"""Published files in a bucket of S3, or of what speaks like it.

Only what changed since the last time is sent, by the publish ledger; an object in the bucket says
how far it is, and is written last, so that whatever breaks off is done again. There is no rename
that covers a bucket: what was taken back goes first, then archives, then the feeds of stories and
labels, then the feeds that people subscribe to, and last the lists of all. A reader who follows a
link from one to the other finds what it names.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feedstream.errors import Invalid, Unreachable
from feedstream.projections.labels import BUILTIN
from feedstream.projections.ledger import REMOVED, WITHHELD, Ledger
from feedstream.publish.codings import ARCHIVES
from feedstream.publish.files import SUFFIXES
from feedstream.publish.generations import identity_of_folder
from feedstream.publish.lists import is_list
from feedstream.publish.outputs import FEED_NAME, feed_of_file, possible_files
from feedstream.publish.reading import read_published
from feedstream.publish.versions import ENDS

if TYPE_CHECKING:
    from obstore.store import S3Store

INDEX: Final = ".feedstream-published.json"  # no feed can be called so
SENDERS = 8  # requests at a time
_SUBSCRIBED = {feed.name for feed in BUILTIN}
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')

Headers = Mapping[str, str]
"""What an object is answered with: `Content-Type`, `Cache-Control`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The objects that were written and removed; whether all of them were looked at."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    whole: bool


def open_bucket(
    url: str, *, endpoint: str = "", region: str = "", retry: timedelta = timedelta(minutes=1)
) -> "S3Store":
    """The place `s3://bucket/prefix`, with the credentials that the environment gives.

    Requests that fail are tried again for `retry`. Raises `Invalid` where `url` is no such address,
    or the extra “s3” is not installed.
    """
    try:
        from obstore.exceptions import BaseError  # noqa: PLC0415  # an extra
        from obstore.store import S3Store  # noqa: PLC0415
    except ImportError as error:
        raise Invalid("A bucket needs the extra “s3”: pip install 'feedstream[s3]'.") from error
    if not re.fullmatch(r"s3://[^/]+(/.*)?", url):
        raise Invalid(f"“{url}” is no bucket: give s3://bucket/prefix.")
    given = {"endpoint": endpoint, "region": region}
    try:
        return S3Store.from_url(
            url.rstrip("/"),
            client_options={"allow_http": endpoint.startswith("http://")},
            retry_config={"retry_timeout": retry},
            **{key: value for key, value in given.items() if value},  # type: ignore[arg-type]
        )
    except (BaseError, ValueError) as error:
        raise Invalid(f"The bucket {url} can't be used: {_first_line(error)}.") from error


class Bucket:
    """A copy of `folder`, of which `ledger` tells, in the bucket `store`.

    `headers_of` gives what each file is answered with. With `packed`, the packed siblings go along,
    each with its `Content-Encoding`, for a server in front that chooses among them.
    All below the prefix whose name could be a feed's is this newsroom's.
    """

    def __init__(
        self,
        store: "S3Store",
        folder: Path,
        ledger: Ledger,
        headers_of: Callable[[str], Headers],
        *,
        packed: bool = True,
    ) -> None:
        self._store = store
        self._folder = folder
        self._ledger = ledger
        self._headers_of = headers_of
        self._ends = ENDS if packed else ("",)
        self._packed = packed

    def send(self, *, everything: bool = False) -> Sent:
        """Bring the bucket up to what is published; with `everything`, look at each object.

        Raises `Unreachable` where the bucket can't be reached, or refuses: it is then as it was, or
        between the two, and the next time makes it whole.
        """
        with _reaching(self._store):
            upto = self._ledger.last
            changed = None if everything else self._changed(upto)
            done = self._send_all() if changed is None else self._send_some(changed)
            if changed is None or changed:
                self._store.put(INDEX, self._index(upto), attributes=dict(_OF_INDEX))
        return done

    def _changed(self, upto: int) -> list[str] | None:
        """The files that changed since the last time; None where that can't be told."""
        known = self._known()
        if known is None or known > upto:
            return None
        files = self._ledger.files_after(known)
        # A name that was erased since is not to be had: what is there and should not be goes then.
        return None if any(file.startswith(WITHHELD) for file in files) else files

    def _known(self) -> int | None:
        try:
            index = json.loads(bytes(self._store.get(INDEX).bytes()))
            return int(index["row"]) if index["of"] == self._of() else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def _of(self) -> str:
        """What tells this folder, and this way to copy it, from others."""
        return f"{identity_of_folder(self._folder)}{'' if self._packed else ' plain'}"

    def _index(self, row: int) -> bytes:
        return json.dumps({"of": self._of(), "row": row}).encode()

    def _send_some(self, changed: Iterable[str]) -> Sent:
        standing = [file for file in changed if self._ledger.digest_of(file) != REMOVED]
        gone = sorted(set(changed).difference(standing))
        removed = self._remove([file + end for file in gone for end in self._ends])
        return Sent(written=self._write(standing, {}), removed=removed, whole=False)

    def _send_all(self) -> Sent:
        there = self._listed()
        rows = (row for row in self._ledger.latest() if row.digest != REMOVED)
        standing = [row.file for row in rows if not row.file.startswith(WITHHELD)]
        wanted = {file + end for file in standing for end in self._ends}
        removed = self._remove([n for n in there if n not in wanted and _may_be_ours(n)])
        return Sent(written=self._write(standing, there), removed=removed, whole=True)

    def _listed(self) -> dict[str, str]:
        """The MD5 of each object, by name; "" where the store gives another mark."""
        found = {}
        for page in self._store.list():
            for one in page:
                md5 = _MD5.fullmatch(one["e_tag"] or "")
                found[self._relative(one["path"])] = md5[1] if md5 else ""
        return found

    def _relative(self, path: str) -> str:
        prefix = f"{self._store.prefix or ''}".strip("/")
        return path.removeprefix(f"{prefix}/") if prefix else path

    def _remove(self, names: list[str]) -> tuple[str, ...]:
        if names:
            self._store.delete(names)
        return tuple(sorted(names))

    def _write(self, files: Iterable[str], there: Mapping[str, str]) -> tuple[str, ...]:
        """Write in the order of `_rank`: a later one may name an earlier."""
        written: list[str] = []
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="bucket") as pool:
            for _, group in groupby(sorted(files, key=_order), key=_rank):
                for names in pool.map(lambda file: self._put(file, there), [*group]):
                    written.extend(names)
        return tuple(written)

    def _put(self, file: str, there: Mapping[str, str]) -> list[str]:
        published = read_published(self._folder, file)
        if published is None:  # removed since: the ledger has a later row, for the next time
            return []
        contents = {"": published.body, **(published.packed if self._packed else {})}
        headers = self._headers_of(file)
        written = []
        for coding, content in contents.items():
            name = file + SUFFIXES.get(coding, "")
            if there.get(name) != hashlib.md5(content, usedforsecurity=False).hexdigest():
                coded = {"Content-Encoding": coding} if coding else {}
                self._store.put(name, content, attributes={**headers, **coded})
                written.append(name)
        return written


_OF_INDEX = {"Content-Type": "application/json", "Cache-Control": "no-store"}


def _rank(file: str) -> int:
    if file.startswith(ARCHIVES):
        return 0
    if is_list(file):
        return 3
    return 2 if feed_of_file(file) in _SUBSCRIBED else 1


def _order(file: str) -> tuple[int, str]:
    return _rank(file), file


def _may_be_ours(name: str) -> bool:
    end = next((end for end in ENDS[1:] if name.endswith(end)), "")
    file = name.removesuffix(end)
    return file in possible_files(feed_of_file(file)) and (is_list(file) or _is_feed(file))


def _is_feed(file: str) -> bool:
    return FEED_NAME.fullmatch(feed_of_file(file)) is not None


@contextmanager
def _reaching(store: "S3Store") -> Iterator[None]:
    from obstore.exceptions import BaseError  # noqa: PLC0415  # an extra

    try:
        yield
    except (BaseError, OSError) as error:
        raise Unreachable(
            f"The bucket can't be brought up to date: {_reason(error, store)}; give the command"
            " again."
        ) from error


def _reason(error: Exception, store: "S3Store") -> str:
    """What the store answered, in words where it is one of the usual refusals."""
    name, told = store.config.get("bucket", ""), f"{error}".partition("\n\nDebug source")[0]
    if "<Code>NoSuchBucket<" in told:
        return f"there is no bucket “{name}” at this store, and it must exist"
    if _REFUSED.search(told):
        return f"the store refuses these credentials for the bucket “{name}”"
    if _METADATA in told:
        return f"no credentials for the bucket “{name}” are in the environment"
    return _first_line(error)


_REFUSED = re.compile(r"status code: 40[13] ")
_METADATA = "//169.254.169.254/"  # asked for credentials where the environment has none


def _first_line(error: Exception) -> str:
    line = f"{error}".strip().partition("\n")[0]
    return line.partition(": <")[0].rstrip(".")  # what follows is the body of the answer
