"""Packing is deterministic, and slow only where it pays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.publish.codings import is_sealed, packed, unpacked
from feedstream.publish.files import SUFFIXES


@given(st.binary(max_size=5000), st.booleans())
def test_what_is_packed_comes_out_again_and_the_same_each_time(
    content: bytes, sealed: bool
) -> None:
    found = packed(content, sealed=sealed)
    assert set(found) == set(SUFFIXES)
    assert found == packed(content, sealed=sealed)
    assert {unpacked(one, coding) for coding, one in found.items()} == {content}


@pytest.mark.parametrize("coding", SUFFIXES)
@pytest.mark.parametrize("harm", [b"", b"no such thing", b"\x1f\x8b\x08"])
def test_what_is_not_packed_is_refused(coding: str, harm: bytes) -> None:
    with pytest.raises(ValueError, match=f"are not {coding}"):
        unpacked(harm, coding)


@pytest.mark.parametrize("coding", SUFFIXES)
def test_what_was_cut_off_is_refused(coding: str) -> None:
    whole = packed(b"Shut since dawn. " * 500)[coding]
    with pytest.raises(ValueError, match=f"are not {coding}"):
        unpacked(whole[: len(whole) // 2], coding)


def test_only_an_archive_with_a_digest_is_sealed() -> None:
    assert is_sealed("archive/updates/3-0a1b2c3d4e5f.atom")
    for other in ("archive/updates/3.atom", "stories.atom", "tag/archive-0a1b2c3d.atom"):
        assert not is_sealed(other)
