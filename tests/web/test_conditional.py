"""What the pure rules of conditional requests and of codings say."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.web.codings import PREFERRED, choose
from feedstream.web.conditional import not_modified, wants_delta
from feedstream.web.tags import Tag, listed, parse_tag

TAG = '"abc-gz"'
MODIFIED = datetime(2024, 3, 6, 8, 30, tzinfo=UTC)
SAME = "Wed, 06 Mar 2024 08:30:00 GMT"
BEFORE = "Wed, 06 Mar 2024 08:29:59 GMT"


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP, deflate, BR", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br"),
        ("br;q=0.7, gzip;q=0.8, *;q=0.1", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip; q=0.0, identity", "identity"),
        ("gzip;q=0.3, identity;q=0.7", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0.001, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "zstd"),
        ("*;q=0, identity", "identity"),
        ("*;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("*;q=0", None),
        ("identity;q=0", None),
        ("identity;q=0, deflate", None),
        ("deflate", "identity"),
        ("gzip;q=banana", "identity"),
        ("gzip;q=1.5", "identity"),
        (", gzip ,,", "gzip"),
    ],
)
def test_the_coding_follows_the_weights(header: str | None, wanted: str | None) -> None:
    assert choose(header) == wanted


_LIKED = st.dictionaries(
    st.sampled_from(["gzip", "br", "zstd", "identity", "*", "deflate"]), st.integers(0, 1000)
)


@given(_LIKED)
def test_no_coding_is_sent_that_another_is_preferred_to(liked: dict[str, int]) -> None:
    header = ", ".join(f"{name};q={weight / 1000:.3f}" for name, weight in liked.items())
    chosen = choose(header)
    # Identity needs no mention, but what is mentioned comes first.
    given = {one: liked.get(one, liked.get("*", 0)) for one in ("gzip", "br", "zstd")}
    given["identity"] = liked.get("identity", liked.get("*", 0.5))
    if chosen is None:
        assert not any(given.values())
    else:
        assert given[chosen] == max(given.values()) > 0


@given(
    st.integers(0, 10**17), st.binary(min_size=1), st.binary(min_size=1), st.sampled_from(PREFERRED)
)
def test_a_tag_is_read_as_it_was_written(
    position: int, settings: bytes, body: bytes, coding: str
) -> None:
    tag = Tag.of(position, sha256(settings).hexdigest(), sha256(body).hexdigest())
    assert [parse_tag(one) for one in listed(f'"x", W/{tag.text(coding)}')] == [None, tag]


@pytest.mark.parametrize(
    "text", ["", "1-2-3", "1-aaaaaaaa-bbbbbbbbbbbbbbbb-xx", "x-aaaaaaaa-bbbbbbbbbbbbbbbb"]
)
def test_what_is_no_tag_of_ours_is_none(text: str) -> None:
    assert parse_tag(text) is None


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("feed", True),
        ("FEED", True),
        ("gzip, feed;q=0.5", True),
        ("feed;q=0", False),
        ("vcdiff", False),
        ("feeds", False),
        ("", False),
    ],
)
def test_a_delta_is_sent_to_who_takes_one(header: str, wanted: bool) -> None:
    assert wants_delta({"a-im": header}) is wanted


@pytest.mark.parametrize(
    ("tag", "since", "fresh"),
    [
        (None, None, False),
        (TAG, None, True),
        (f"W/{TAG}", None, True),
        (f'"x", {TAG}', None, True),
        ("*", None, True),
        ('"abc"', None, True),
        ('"abc-br"', BEFORE, True),
        ('"abd"', None, False),
        ('"abd"', SAME, False),
        ("abc", None, False),
        ("", SAME, False),
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
