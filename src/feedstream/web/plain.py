"""The plainest form of a request for a feed: what the fast path takes. All else it hands on.

Stricter than HTTP: one request line, one `Host`, headers that are known to be harmless, each once,
one space after each colon, no body. What is refused here is not wrong, only for others to judge.
"""

import re
from dataclasses import dataclass

from starlette.datastructures import Headers

from feedstream.web.media import is_name

LONGEST = 4096  # bytes
_REQUEST = re.compile(
    rb"(GET|HEAD) /feeds/([a-z0-9][a-z0-9/._-]{0,250}) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z][A-Za-z0-9-]*: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n"
)
_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]+")
_HARMLESS = frozenset([
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "dnt",
    "from", "host", "if-modified-since", "if-none-match", "origin", "pragma", "priority",
    "referer", "save-data", "traceparent", "tracestate", "upgrade-insecure-requests",
    "user-agent", "x-request-id",
])  # fmt: skip
_HARMLESS_KINDS = ("sec-ch-", "sec-fetch-", "sec-gpc", "x-forwarded-", "x-real-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A GET, or HEAD, of a file below `/feeds/`."""

    head: bool
    file: str
    headers: Headers


def parse_plain(data: bytes) -> Plain | None:
    """The one request that `data` is, whole and nothing more; None for anything else."""
    found = _REQUEST.fullmatch(data) if len(data) <= LONGEST else None
    if found is None:
        return None
    file = found[2].decode("ascii")
    headers = _headers(found[3])
    if headers is None or not is_name(file):
        return None
    return Plain(head=found[1] == b"HEAD", file=file, headers=headers)


def _headers(lines: bytes) -> Headers | None:
    raw = []
    for line in lines[:-2].split(b"\r\n"):
        name, _, value = line.partition(b": ")
        raw.append((name.lower(), value))
    headers = Headers(raw=raw)
    plain = len(dict(raw)) == len(raw) and all(map(_is_harmless, headers.items()))
    return headers if plain and _HOST.fullmatch(headers.get("host", "")) else None


def _is_harmless(pair: tuple[str, str]) -> bool:
    name, value = pair
    if name == "connection":
        return value.lower() == "keep-alive"
    return name in _HARMLESS or name.startswith(_HARMLESS_KINDS)
