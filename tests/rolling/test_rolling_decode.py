"""Bytes that are copy, and bytes that are not."""

import gzip
import io
import zipfile

import pytest

from feedstream.errors import Invalid
from feedstream.rolling import decode_copy

COPY = "The ferry “Ærø” sails\nIt sails at noon.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_without_a_notice(encoding):
    copy = decode_copy(COPY.encode(encoding), name="ferry.txt")
    assert (copy.text, copy.kind, copy.notices) == (COPY, "plain", ())


def test_utf_16_of_either_order_is_read_with_its_mark():
    assert decode_copy(b"\xfe\xff" + COPY.encode("utf-16-be"), name="-").text == COPY


def test_windows_1252_is_read_with_a_notice():
    copy = decode_copy(COPY.encode("cp1252"), name="ferry.txt")
    assert copy.text == COPY
    assert len(copy.notices) == 1
    assert "“ferry.txt” is not UTF-8 and was read as Windows-1252" in copy.notices[0]


def zipped(*names):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b" \r\n\t ", "is empty"),
        ("\ufeff\u00a0\n".encode(), "is empty"),
        (b"x" * (5 * 1024 * 1024 + 1), "is larger than 5 MiB"),
        (b"%PDF-1.7\n...", "is a PDF"),
        (b"{\\rtf1\\ansi Ferry}", "is a rich text"),
        (zipped("[Content_Types].xml", "word/document.xml"), "is a Word document"),
        (zipped("xl/workbook.xml"), "is a spreadsheet"),
        (zipped("notes.txt"), "is a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "is an old Microsoft Office document"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG image"),
        (b"\xff\xd8\xff\xe0", "is a JPEG image"),
        (b"GIF89a", "is a GIF image"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "is a WebP image"),
        (gzip.compress(b"Ferry", mtime=0), "is a gzip archive"),
        (b"<!DOCTYPE html><p>Ferry", "is HTML"),
        (b"\n <html lang='en'>", "is HTML"),
        ("\ufeff<p>Ferry</p>".encode(), "is HTML"),
        (b"<?xml version='1.0'?><rss/>", "is XML"),
        (b'{"headline": "Ferry"}', "is JSON"),
        (b'[\n {"headline": "Ferry"}]', "is JSON"),
        (b"Ferry\x00sails", "holds NUL bytes"),
        ("Ferry sails".encode("utf-16-le"), "looks like UTF-16 without its mark"),
        (b"\xff\xfeF\x00e", "begins as UTF-16 and is not"),
        ("Паром снова ходит".encode("cp1251"), "is not UTF-8"),
        (b"Ferry sails\n" * 20 + b"\x81", "is not UTF-8 (first seen in line 21)"),
        (b"\x01\x02\x03Ferry", "is binary data"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_name_with_how_to_mend_it(data, what):
    with pytest.raises(Invalid) as refusal:
        decode_copy(data, name="/some/where/ferry.txt")
    sentence = refusal.value.sentence
    assert sentence.startswith(f"“ferry.txt” {what}")
    assert ";" in sentence
    assert "\n" not in sentence


def test_standard_input_is_called_so():
    with pytest.raises(Invalid, match=r"^standard input is empty"):
        decode_copy(b"", name="-")


@pytest.mark.parametrize("name", ["ferry.md", "FERRY.MARKDOWN"])
def test_markdown_is_told_by_the_name(name):
    assert decode_copy(COPY.encode(), name=name).kind == "markdown"


def test_markdown_is_told_by_update_headers_that_are_headings():
    assert decode_copy(b"Ferry\n\n## UPDATE 6 Dec 2021\nNoon.", name="-").kind == "markdown"
    assert decode_copy(b"Ferry\n\n## UPDATE\nNoon.", name="-").kind == "markdown"
    assert decode_copy(b"# Ferry\n\nUPDATE 6 Dec 2021\nNoon.", name="-").kind == "plain"
