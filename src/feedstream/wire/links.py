"""Web addresses of sources: which are admitted, how a redirect is followed, how one is shown."""

import httpx

from feedstream.errors import Invalid

MAX_URL = 4000


def http_url(text: str, whose: str) -> httpx.URL:
    """`text` as an http or https address with a host. Raises `Invalid` naming `whose` it is."""
    try:
        return _checked(httpx.URL(text))
    except (httpx.InvalidURL, ValueError) as error:
        raise Invalid(
            f"{whose}: its address is no web address ({error}); give one such as "
            "https://example.org/feed."
        ) from error


def follow(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads. Raises `ValueError` where that is no web address.

    Name and password go along to the same origin only, and never to one that `location` names.
    """
    try:
        target = _checked(url.join(location))
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from None
    keep = url.userinfo if _origin(url) == _origin(target) else b""
    return target.copy_with(userinfo=keep, fragment=None)


def bare(url: httpx.URL) -> str:
    """The address without name, password and fragment: what may be stored."""
    return str(url.copy_with(userinfo=b"", fragment=None))


def shown(url: httpx.URL) -> str:
    """The address for people; its query may hold a key, and is left out."""
    return bare(url.copy_with(query=None))


def _checked(url: httpx.URL) -> httpx.URL:
    if url.scheme not in ("http", "https"):
        raise ValueError(f"“{url.scheme[:20]}:” is neither http nor https")
    if not url.host:
        raise ValueError("it names no host")
    if len(str(url)) > MAX_URL:
        raise ValueError(f"it is longer than {MAX_URL} characters")
    return url


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
