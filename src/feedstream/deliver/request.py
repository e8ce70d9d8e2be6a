"""A subscription request as it comes in (WebSub §5.1); pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs

import httpx

from feedstream.deliver.limits import Limits
from feedstream.errors import Invalid
from feedstream.wire.guard import is_public
from feedstream.wire.links import http_url

Mode = Literal["subscribe", "unsubscribe"]
SECRET_BYTES = 200  # a secret must be shorter (§5.1)
_KNOWN = ("hub.callback", "hub.mode", "hub.topic", "hub.lease_seconds", "hub.secret")
_MAX_FIELDS = 100
_MAX_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRequest:
    """What a subscriber asks for. `host` is the callback's, in lower case; `lease` in seconds."""

    mode: Mode
    callback: str
    host: str
    topic: str
    lease: int
    secret: str = ""


def parse_request(body: bytes, limits: Limits) -> SubscriptionRequest:
    """Read the form of a request; parameters that we do not know are passed over (§5.1).

    Raises `Invalid` with one sentence for the client's developer.
    """
    fields = _fields(body)
    mode = _mode(fields.get("hub.mode", ""))
    callback = fields.get("hub.callback", "")
    return SubscriptionRequest(
        mode=mode,
        callback=callback,
        host=_host(callback, limits),
        topic=_topic(fields.get("hub.topic", ""), limits),
        lease=_lease(fields.get("hub.lease_seconds", ""), limits) if mode == "subscribe" else 0,
        secret=_secret(fields.get("hub.secret", "")),
    )


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        found = parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise Invalid(
            "The body is no form in UTF-8 (application/x-www-form-urlencoded)."
        ) from error
    for name in _KNOWN:
        if len(found.get(name, ())) > 1:
            raise Invalid(f"“{name}” stands in the request more than once.")
    return {name: values[0] for name, values in found.items()}


def _mode(text: str) -> Mode:
    match text:
        case "subscribe":
            return "subscribe"
        case "unsubscribe":
            return "unsubscribe"
        case "publish":
            raise Invalid("This hub takes nothing but its own site's changes, without being told.")
    raise Invalid("“hub.mode” must be subscribe or unsubscribe.")


def _host(callback: str, limits: Limits) -> str:
    """The host of an admitted callback.

    A port below 1024 is the web's own or none: a callback must not make us talk to mail servers.
    """
    if not callback or len(callback) > limits.max_url:
        raise Invalid(f"“hub.callback” must be an address of at most {limits.max_url} characters.")
    url = http_url(callback, "“hub.callback”")
    if url.userinfo or url.fragment:
        raise Invalid("“hub.callback” must hold neither a password nor a fragment.")
    if url.port is not None and url.port < 1024 and url.port not in (80, 443):
        raise Invalid("“hub.callback” must use port 80 or 443, or one from 1024 on.")
    if _is_address(url.host) and not (limits.allow_private or is_public(url.host)):
        raise Invalid("“hub.callback” must be on the open internet.")
    return url.host.lower()


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _topic(text: str, limits: Limits) -> str:
    if not text or len(text) > limits.max_url:
        raise Invalid(f"“hub.topic” must be an address of at most {limits.max_url} characters.")
    return text


def _lease(text: str, limits: Limits) -> int:
    """The lease that is granted: what was asked for, within our bounds."""
    if not text:
        return limits.default_lease
    if not (text.isascii() and text.isdecimal()) or not int(text[:_MAX_DIGITS]):
        raise Invalid("“hub.lease_seconds” must be a whole number of seconds, 1 or more.")
    asked = limits.greatest_lease if len(text) > _MAX_DIGITS else int(text)
    return min(max(asked, limits.least_lease), limits.greatest_lease)


def _secret(text: str) -> str:
    if len(text.encode()) >= SECRET_BYTES:
        raise Invalid(f"“hub.secret” must be shorter than {SECRET_BYTES} bytes.")
    return text


def with_parameters(callback: str, parameters: Mapping[str, str]) -> str:
    """The callback with parameters at the end of its query, which is kept as it is (§5.1.1)."""
    joined = "&" if "?" in callback else "?"
    return f"{callback}{joined}{httpx.QueryParams(parameters)}"
