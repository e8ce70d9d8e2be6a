"""`replay --check`: that a replay gives the very bytes that were published."""

import asyncio
import time
from dataclasses import asdict
from typing import Any

from feedstream.bootstrap import App
from feedstream.cli.output import json_line, say
from feedstream.cli.pace import paced
from feedstream.errors import Integrity
from feedstream.projections.ledger import REMOVED
from feedstream.publish import locked
from feedstream.replay.check import Checked, Difference, check_published
from feedstream.replay.disk import FileFault, OnDisk, check_disk


async def check(app: App, *, upto: int | None, this_version: bool, as_json: bool) -> None:
    """Check, and say what was found. Raises `Integrity` where something differs.

    The files on the disk are looked at too, unless the check ends at an earlier position.
    """
    end = min(app.ledger.end, (await app.log.head()).position if upto is None else upto)
    began = time.monotonic()
    with paced("Checking", end) as told:
        found = await check_published(
            app.log, app.ledger, upto=upto, this_version=this_version, progress=told
        )
    disk = await asyncio.to_thread(_on_disk, app) if upto is None else None
    if as_json:
        json_line(_record(found, disk))
    else:
        _tell(found, disk, end / max(time.monotonic() - began, 1e-9))
    if found.different or (disk and disk.faults):
        raise Integrity(_verdict(found, disk))


def _on_disk(app: App) -> OnDisk:
    with locked(app.home.lock):
        return check_disk(app.home.feeds, app.ledger, app.views.dirty())


def _record(found: Checked, disk: OnDisk | None) -> dict[str, Any]:
    first = asdict(found.first) if found.first else None
    return {**asdict(found), "first": first, "disk": asdict(disk) if disk else None}


def _tell(found: Checked, disk: OnDisk | None, rate: float) -> None:
    say(
        f"{found.positions} published positions checked at {rate:,.0f} events/s:"
        f" {found.equal} of {found.files} files equal."
    )
    if found.withheld:
        say(f"{found.withheld} files can't be made again: withheld by erasure.")
    if found.excused:
        say(f"{found.excused} files differ that another version of feedstream published.")
    if found.different:
        say(f"{found.different} files differ:")
    for one in found.differences:
        say(f"  {difference(one)}")
    if disk:
        _tell_disk(disk)


def _tell_disk(disk: OnDisk) -> None:
    good = disk.files - len(disk.faults) - len(disk.unfinished)
    say(f"{good} of {disk.files} files on the disk are as they were published.")
    for name in disk.unfinished:
        say(f"  {name}: still to be written; the next run of the publisher does it")
    for fault in disk.faults:
        say(f"  {_fault(fault)}")


def difference(one: Difference) -> str:
    """Such as `position 12: tag/a.rss: published …, replayed …`."""
    by = f" (by feedstream {one.version})" if one.version else ""
    return (
        f"position {one.position}: {one.file}: published {_digest(one.expected)}{by},"
        f" replayed {_digest(one.actual)}"
    )


def _fault(one: FileFault) -> str:
    words = {
        "changed": "is not as it was published",
        "missing": "is missing",
        "not removed": "was removed and is there",
        "other coding": "holds another version than its sibling",
    }
    return (
        f"{one.file} {words[one.fault]} (position {one.position}):"
        f" published {_digest(one.expected)}, on the disk {_digest(one.actual)}"
    )


def _digest(digest: str) -> str:
    return "no file" if digest == REMOVED else digest


def _verdict(found: Checked, disk: OnDisk | None) -> str:
    if found.first and found.first.position > found.head:
        return (
            f"Files were published as of position {found.first.position}, and the log ends at"
            f" {found.head}: it was cut off or replaced; restore it from a backup or an export."
        )
    if found.first:
        return (
            f"A replay does not give what was published, first at {difference(found.first)}: see"
            " whether the log is whole (“feedstream log verify”)."
        )
    fault = disk.faults[0] if disk else None
    return (
        f"{fault.file if fault else 'A file'} is not as it was published: “feedstream rebuild”"
        " writes such files anew."
    )
