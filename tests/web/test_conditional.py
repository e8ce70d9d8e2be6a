"""What the pure rules of conditional requests and of codings say."""

from datetime import UTC, datetime

import pytest

from feedstream.web.conditional import accepts_gzip, not_modified

TAG = '"abc-gz"'
MODIFIED = datetime(2024, 3, 6, 8, 30, tzinfo=UTC)
SAME = "Wed, 06 Mar 2024 08:30:00 GMT"
BEFORE = "Wed, 06 Mar 2024 08:29:59 GMT"


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, identity", False),
        ("gzip;q=0.3, identity;q=0.7", False),
        ("identity;q=0.5, gzip;q=0.5", True),
        ("*", True),
        ("*;q=0", False),
        ("deflate", False),
        ("gzip;q=banana", False),
    ],
)
def test_the_coding_follows_the_weights(header: str, wanted: bool) -> None:
    assert accepts_gzip(header) is wanted


@pytest.mark.parametrize(
    ("tag", "since", "fresh"),
    [
        (None, None, False),
        (TAG, None, True),
        (f"W/{TAG}", None, True),
        (f'"x", {TAG}', None, True),
        ("*", None, True),
        ('"abc"', None, False),
        ('"abc"', SAME, False),
        (TAG, BEFORE, True),
        (None, SAME, True),
        (None, BEFORE, False),
        (None, "yesterday", False),
        (None, "Wed, 99 Mar 2024 08:30:00 GMT", False),
    ],
)
def test_a_tag_decides_before_a_date(tag: str | None, since: str | None, fresh: bool) -> None:
    given = {"if-none-match": tag, "if-modified-since": since}
    headers = {name: value for name, value in given.items() if value is not None}
    assert not_modified(headers, TAG, MODIFIED) is fresh
