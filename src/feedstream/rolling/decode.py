"""Bytes of a file or of standard input as copy, or one sentence that says why they are none."""

import re
from collections.abc import Sequence

from feedstream.errors import Invalid
from feedstream.rolling.headers import read_header
from feedstream.rolling.values import DecodedCopy, Kind

MOST_BYTES = 5 * 1024 * 1024
_TEXT = "save it as plain text or Markdown in UTF-8"

# (what it begins with, what it is)
_MAGIC: Sequence[tuple[bytes, str]] = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "a rich text (RTF) document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a SQLite database"),
)
_INSIDE_ZIP: Sequence[tuple[bytes, str]] = (
    (b"word/", "a Word document"),
    (b"opendocument.text", "an OpenDocument text"),
    (b"xl/", "a spreadsheet"),
    (b"ppt/", "a slide show"),
    (b"application/epub+zip", "an EPUB book"),
)
_MARKUP: Sequence[tuple[re.Pattern[str], str]] = (
    (
        re.compile(r"\s{0,99}<(?:!doctype html|html|head|body|div|p|article|section|h1)\b", re.I),
        "HTML",
    ),
    (re.compile(r"\s{0,99}<(?:\?xml|rss|feed|!DOCTYPE)\b|\s{0,99}<\?xml", re.I), "XML"),
    (re.compile(r'\s{0,99}(?:\{\s{0,99}"|\[\s{0,99}\{)'), "JSON"),
)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x7f]")
_ATX = re.compile(r"^#{1,6}[ \t].{0,200}", re.M)


def decode_copy(data: bytes, *, name: str) -> DecodedCopy:
    """The text in `data` and whether it is Markdown; `name` is the file's, or "-".

    UTF-8, UTF-16 with its mark, or Windows-1252 with a notice. Markdown is told by the name or by
    update headers that are headings. Raises `Invalid` for anything else, naming what it is.
    """
    called = "standard input" if name == "-" else f"“{name.rpartition('/')[2]}”"
    if len(data) > MOST_BYTES:
        raise Invalid(f"{called} is larger than {MOST_BYTES // 1024**2} MiB; split the copy")
    if not data.strip():
        raise Invalid(f"{called} is empty; write an opening report and updates below it")
    if what := _binary(data):
        raise Invalid(f"{called} is {what}, not text; {_TEXT}")
    text, notices = _decoded(data, called)
    _refuse_other(text, called)
    return DecodedCopy(text=text, kind=_kind(text, name), notices=notices)


def _binary(data: bytes) -> str:
    """What binary thing `data` is, or "" where its start does not say."""
    if data.startswith(b"PK\x03\x04"):
        head = data[:8192] + data[-8192:]
        return next((what for mark, what in _INSIDE_ZIP if mark in head), "a zip archive")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "a WebP image"
    return next((what for mark, what in _MAGIC if data.startswith(mark)), "")


def _decoded(data: bytes, called: str) -> tuple[str, tuple[str, ...]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), ()
        except UnicodeDecodeError:
            raise Invalid(f"{called} begins as UTF-16 and is not; {_TEXT}") from None
    if b"\x00" in data:
        evenly = 0.4 < data.count(b"\x00") / len(data) < 0.6
        what = (
            "looks like UTF-16 without its mark" if evenly else "holds NUL bytes, which no text has"
        )
        raise Invalid(f"{called} {what}; {_TEXT}")
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        return _western(data, called, data.count(b"\n", 0, error.start) + 1)


def _western(data: bytes, called: str, line: int) -> tuple[str, tuple[str, ...]]:
    """`data` as Windows-1252, unless so much of it is beyond ASCII that this would be a guess."""
    beyond = sum(len(run) for run in re.findall(rb"[\x80-\xff]+", data))
    try:
        text = data.decode("cp1252") if beyond * 5 < len(data) else ""
    except UnicodeDecodeError:
        text = ""
    if not text:
        raise Invalid(f"{called} is not UTF-8 (first seen in line {line}); {_TEXT}")
    return text, (
        f"{called} is not UTF-8 and was read as Windows-1252; check quotation marks and accents,"
        f" first in line {line}, or save it in UTF-8.",
    )


def _refuse_other(text: str, called: str) -> None:
    if "\x00" in text or len(_CONTROL.findall(text)) * 100 > len(text):
        raise Invalid(f"{called} is binary data, not text; {_TEXT}")
    for pattern, what in _MARKUP:
        if pattern.match(text):
            raise Invalid(f"{called} is {what}; copy its text out and save that in UTF-8")
    if not text.strip():
        raise Invalid(f"{called} is empty; write an opening report and updates below it")


def _kind(text: str, name: str) -> Kind:
    if name.lower().endswith((".md", ".markdown", ".mdown")):
        return "markdown"
    return "markdown" if any(_is_header(line[0]) for line in _ATX.finditer(text)) else "plain"


def _is_header(text: str) -> bool:
    try:
        return read_header(text, line=0) is not None
    except Invalid:
        return True  # a broken header is one: the parser says so with its line
