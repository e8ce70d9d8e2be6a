"""Bytes to text: a partner's document in whatever encoding it is, whatever it says it is."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
# Python has codecs that are no character sets, and some whose cost is quadratic (punycode).
_ADMITTED = re.compile(r"(iso8859|cp\d|koi8|gb|big5|shift_jis|euc_|iso2022|utf-16|mac_|tis)")


def decode(body: bytes, content_type: str) -> str:
    """The text of `body`; never fails.

    A byte order mark decides; then UTF-8 where the bytes are that, since text in another encoding
    hardly ever is by chance; then what the document, and then what `content_type`, declares; then
    windows-1252.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _declared(body, content_type)
    return next(
        (text for name in _order(body, declared) if (text := _strictly(body, name)) is not None),
        None,
    ) or body.decode("cp1252", "replace")


def _order(body: bytes, declared: list[str]) -> list[str]:
    if body[:4] == b"<\x00?\x00":
        return ["utf-16-le"]
    if body[:4] == b"\x00<\x00?":
        return ["utf-16-be"]
    # ISO 2022 is ASCII to the eye: escape sequences tell it apart, and XML admits none.
    escaped = [name for name in declared if name.startswith("iso2022") and b"\x1b" in body]
    return [*escaped, "utf-8", *declared]


def _declared(body: bytes, content_type: str) -> list[str]:
    said = [match[1].decode() for match in [_DECLARED.search(body[:400])] if match]
    said += [match[1] for match in [_CHARSET.search(content_type[:400])] if match]
    return [name for label in said if (name := _codec(label))]


def _codec(label: str) -> str:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    name = "cp1252" if name == "iso8859-1" else name  # as the WHATWG encoding standard has it
    return name if _ADMITTED.match(name) else ""


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except UnicodeDecodeError:
        return None
