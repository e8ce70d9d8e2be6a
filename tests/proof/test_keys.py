"""Keys on the disk: rights, rotation, and what is refused."""

import asyncio
import os
import re
import stat
from pathlib import Path

import pytest

from feedstream.config import Site
from feedstream.errors import Conflict, Integrity, Invalid, NotFound, Refused, Unavailable
from feedstream.proof.checkpoint import Verifier
from feedstream.proof.keys import KeyFolder, origin_of
from feedstream.proof.private import read_private, write_private
from tests.proof.conftest import ORIGIN, Place


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys")


def ids(verifiers: tuple[Verifier, ...]) -> list[str]:
    return [verifier.key.id.hex() for verifier in verifiers]


def files(keys: KeyFolder) -> set[str]:
    return {path.stem for path in keys.folder.glob("*.pem")}


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_private_key_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    for mask in (0o000, 0o022, 0o777):
        keys = KeyFolder(tmp_path / f"{mask}" / "keys")
        keys.folder.mkdir(parents=True)
        before = os.umask(mask)
        try:
            await keys.init(ORIGIN)
        finally:
            os.umask(before)
        (path,) = keys.folder.glob("*.pem")
        assert rights(path) == 0o600
        assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")


async def test_the_folder_is_its_owners_alone(keys: KeyFolder) -> None:
    await keys.init(ORIGIN)
    assert rights(keys.folder) == 0o700


def test_a_key_file_is_never_written_over_nor_through_a_link(tmp_path: Path) -> None:
    path, target = tmp_path / "key.pem", tmp_path / "target"
    path.symlink_to(target)
    with pytest.raises(FileExistsError):
        write_private(path, b"secret")
    assert not target.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o644, 0o700])
def test_a_key_with_wider_rights_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    write_private(path, b"secret")
    path.chmod(mode)
    with pytest.raises(Unavailable, match=re.escape(f"chmod 600 {path}")):
        read_private(path)
    path.chmod(0o600)
    assert read_private(path) == b"secret"


async def test_nothing_is_signed_with_a_key_that_others_may_read(signing: Place) -> None:
    await signing.publisher.publish()
    before = signing.signed
    (path,) = signing.keys.folder.glob("*.pem")
    path.chmod(0o644)
    await signing.grow(1)
    with pytest.raises(Unavailable, match="chmod 600"):
        await signing.publisher.publish()
    assert signing.signed == before


async def test_the_first_key_is_made_once(keys: KeyFolder) -> None:
    assert keys.listed() is None
    with pytest.raises(NotFound, match="keys init"):
        keys.require()
    made = await keys.init(ORIGIN)
    assert keys.listed() == made
    assert (made.origin, ids(made.in_use)) == (ORIGIN, list(files(keys)))
    with pytest.raises(Conflict, match="keys rotate"):
        await keys.init(ORIGIN)


async def test_a_name_that_no_key_can_have_makes_none(keys: KeyFolder) -> None:
    with pytest.raises(Invalid):
        await keys.init("two words")
    assert not keys.folder.exists()


async def test_keys_rotate_and_retire(keys: KeyFolder) -> None:
    (first,) = (await keys.init(ORIGIN)).in_use
    with pytest.raises(Refused, match="only key in use"):
        await keys.retire(5)
    _, second = (await keys.rotate(40)).in_use
    with pytest.raises(Refused, match="retire the old one"):
        await keys.rotate(41)
    assert (first.since, second.since, second.until) == (0, 40, None)
    assert files(keys) == set(ids((first, second)))
    ended = await keys.retire(60)
    assert (ended.key, ended.until) == (first.key, 60)
    assert files(keys) == {second.key.id.hex()}
    assert keys.require().verifiers == (ended, second)
    with pytest.raises(NotFound, match=first.key.id.hex()):
        await keys.retire(61, first.key.id.hex())


async def test_the_new_key_may_be_the_one_to_go(keys: KeyFolder) -> None:
    (first,) = (await keys.init(ORIGIN)).in_use
    _, second = (await keys.rotate(40)).in_use
    assert (await keys.retire(50, second.key.id.hex())).key == second.key
    assert keys.require().in_use == (first,)


async def test_a_key_that_was_lost_is_replaced(keys: KeyFolder) -> None:
    (first,) = (await keys.init(ORIGIN)).in_use
    (keys.folder / f"{first.key.id.hex()}.pem").unlink()
    with pytest.raises(Unavailable, match="keys rotate"):
        keys.private(keys.require())
    await keys.rotate(3)
    await keys.retire(3)
    assert len(keys.private(keys.require())) == 1


async def test_a_key_file_that_holds_another_key_is_found(keys: KeyFolder) -> None:
    first, second = (await keys.init(ORIGIN), await keys.rotate(3))[1].in_use
    one, two = (keys.folder / f"{v.key.id.hex()}.pem" for v in (first, second))
    one.write_bytes(two.read_bytes())
    with pytest.raises(Integrity, match="another key"):
        keys.private(keys.require())
    one.write_bytes(b"no key")
    with pytest.raises(Integrity, match="PKCS"):
        keys.private(keys.require())


async def test_a_damaged_list_is_said_and_signs_nothing(signing: Place) -> None:
    (signing.keys.folder / "verifiers.json").write_text("{}")
    with pytest.raises(Integrity, match=r"verifiers\.json"):
        await signing.publisher.publish()


async def test_of_two_that_make_the_first_key_one_does(keys: KeyFolder) -> None:
    answers = await asyncio.gather(
        *(KeyFolder(keys.folder).init(ORIGIN) for _ in range(4)), return_exceptions=True
    )
    made = [answer for answer in answers if not isinstance(answer, Conflict)]
    assert made == [keys.require()]
    assert files(keys) == set(ids(keys.require().in_use))


@pytest.mark.parametrize(
    ("site", "origin"),
    [
        (Site(base_url="https://news.example.org"), "news.example.org/feedstream"),
        (Site(base_url="https://news.example.org/desk/"), "news.example.org/desk/feedstream"),
        (Site(tag_authority="press.example"), "press.example/feedstream"),
        (Site(), "feedstream.example/feedstream"),
    ],
)
def test_a_log_is_named_after_its_site(site: Site, origin: str) -> None:
    assert origin_of(site) == origin
