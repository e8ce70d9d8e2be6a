"""Checkpoints, keys and proofs over HTTP.

A proof shows hashes and positions only: no header and no body, whatever the event, so that
nothing of a story that is not public can be read out of it.
"""

import hashlib
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feedstream.errors import Invalid, NotFound, Unavailable
from feedstream.eventlog.base import EventLog
from feedstream.proof.bundle import Proof, render_proof
from feedstream.proof.checkpoint import MAX_SIZE
from feedstream.proof.prover import Prover
from feedstream.proof.publisher import WELL_KNOWN, checkpoint_path, key_list_path
from feedstream.web.conditional import not_modified

# A new checkpoint comes once a second at most; a list of keys names the next one long before
# the last one ends.
_SECOND, _MINUTE = "public, max-age=1, must-revalidate", "public, max-age=60"
_NUMBER = re.compile(r"[0-9]{1,19}")
_MAX_ID = 200


class Proofs:
    """`/.well-known/feedstream/…` and `/proofs/…`."""

    def __init__(self, log: EventLog, feeds: Path) -> None:
        self._feeds = feeds
        self._prover = Prover(log, feeds)

    def routes(self) -> list[Route]:
        """The routes of these endpoints."""
        return [
            Route(f"/{WELL_KNOWN}/checkpoint", self.checkpoint),
            Route(f"/{WELL_KNOWN}/keys.json", self.keys),
            Route("/proofs/inclusion", self.inclusion),
            Route("/proofs/consistency", self.consistency),
        ]

    def checkpoint(self, request: Request) -> Response:
        """The signed checkpoint (C2SP tlog-checkpoint), as published."""
        return _file(request, checkpoint_path(self._feeds), "text/plain; charset=utf-8", _SECOND)

    def keys(self, request: Request) -> Response:
        """All keys that ever signed one, as published."""
        return _file(request, key_list_path(self._feeds), "application/json", _MINUTE)

    async def inclusion(self, request: Request) -> Response:
        """`?position=N` or `?event=ID`, `&size=M`: that the event is in the tree of M events."""
        _check_names(request, {"position", "event", "size"})
        size = _number(request, "size")
        position = await self._position(request)
        return _json(await self._prover.inclusion(position, size))

    async def consistency(self, request: Request) -> Response:
        """`?from=M`, `&to=N`: that the tree of N events begins with that of M."""
        _check_names(request, {"from", "to"})
        old = _number(request, "from")
        if old is None:
            raise Invalid("Say from which size of the log on: /proofs/consistency?from=100.")
        return _json(await self._prover.consistency(old, _number(request, "to")))

    async def _position(self, request: Request) -> int:
        position, event = _number(request, "position"), request.query_params.get("event")
        if (position is None) == (event is None):
            raise Invalid("Say which event, by its position or its id: ?position=17 or ?event=ID.")
        if event is None:
            return position or 0
        if not 0 < len(event) <= _MAX_ID:
            raise Invalid(f"“event” is an event's id, of at most {_MAX_ID} characters.")
        return await self._prover.position_of(event)


def _check_names(request: Request, known: set[str]) -> None:
    given = [name for name, _ in request.query_params.multi_items()]
    if len(given) > len(set(given)) or not set(given) <= known:
        raise Invalid(f"The parameters are {', '.join(sorted(known))}, each once at most.")


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise Invalid(f"“{name}” must be a whole number from 0 to {MAX_SIZE}.")
    return int(text)


def _json(proof: Proof) -> Response:
    return Response(
        render_proof(proof), media_type="application/json", headers={"Cache-Control": _SECOND}
    )


def _file(request: Request, path: Path, media_type: str, cache: str) -> Response:
    try:
        body = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("This newsroom publishes no checkpoint: it has no signing key.") from error
    except OSError as error:
        raise Unavailable(f"The {path.name} can't be read now: {error.strerror}.") from error
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": cache}
    if not_modified(request.headers, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers={**headers, "Content-Type": media_type})
