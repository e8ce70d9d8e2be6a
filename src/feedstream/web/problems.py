"""Errors as pages: the one place where HTTP statuses are chosen."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from feedstream import errors
from feedstream.web.pages import Pages

_STATUS: Mapping[type[errors.FeedstreamError], int] = {
    errors.StaleRevision: 412,
    errors.Conflict: 409,
    errors.NotFound: 404,
    errors.Invalid: 400,
    errors.Refused: 422,
    errors.Unreachable: 502,
    errors.Unavailable: 503,
}


def status_of(error: errors.FeedstreamError) -> int:
    """The HTTP status of an error of ours; 500 for what should not be."""
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)


def handlers(pages: Pages) -> Mapping[Any, Callable[[Request, Any], Response]]:
    """Starlette's exception handlers."""

    def http(request: Request, error: HTTPException) -> Response:
        return pages.problem(request, error.status_code, error.detail, error.headers)

    def ours(request: Request, error: errors.FeedstreamError) -> Response:
        return pages.problem(request, status_of(error), error.sentence)

    def unexpected(request: Request, _: Exception) -> Response:
        return pages.problem(request, 500, "Something went wrong on our side and was recorded.")

    return {HTTPException: http, errors.FeedstreamError: ours, Exception: unexpected}
