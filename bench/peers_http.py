"""Peers of `serving.py`: the same bytes by a bare ASGI application, and by a Starlette route.

python bench/peers_http.py FILE bare|starlette PORT
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CACHE = "public, max-age=30"


def _packed(file: Path) -> dict[str, tuple[bytes, str]]:
    """By coding: the bytes and their entity tag, ready."""
    plain, zipped = file.read_bytes(), file.with_name(f"{file.name}.gz").read_bytes()
    digest = hashlib.sha256(plain).hexdigest()
    return {"identity": (plain, f'"{digest}"'), "gzip": (zipped, f'"{digest}-gz"')}


def bare(file: Path) -> Any:
    """As little as ASGI lets one do: a look at two headers, and two messages."""
    ready = {coding.encode(): (body, tag.encode()) for coding, (body, tag) in _packed(file).items()}

    async def app(scope: Any, _: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        coding = headers.get(b"accept-encoding", b"identity")
        body, tag = ready[coding] if coding in ready else ready[b"identity"]
        told = [(b"etag", tag), (b"vary", b"Accept-Encoding"), (b"cache-control", CACHE.encode())]
        status = 304 if headers.get(b"if-none-match") == tag else 200
        if status == 200:
            told += [(b"content-type", b"application/rss+xml; charset=utf-8")]
            told += [(b"content-length", str(len(body)).encode())]
            if coding == b"gzip":
                told.append((b"content-encoding", b"gzip"))
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": body if status == 200 else b""})

    return app


def starlette(file: Path) -> Any:
    """One route."""
    ready = _packed(file)

    async def feed(request: Request) -> Response:
        coding = request.headers.get("accept-encoding", "identity")
        body, tag = ready.get(coding, ready["identity"])
        told = {"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": CACHE}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=told)
        if coding == "gzip":
            told["Content-Encoding"] = "gzip"
        return Response(body, headers=told, media_type="application/rss+xml")

    return Starlette(routes=[Route("/feeds/stories.rss", feed)])


def main() -> None:
    file, name, port = sys.argv[1:]
    made = {"bare": bare, "starlette": starlette}[name](Path(file))
    uvicorn.run(made, port=int(port), access_log=False, log_config=None, lifespan="off")


if __name__ == "__main__":
    main()
