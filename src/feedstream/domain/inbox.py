"""A wire item in the newsroom: its versions, what was suggested, where it is used."""

from dataclasses import dataclass, replace
from datetime import datetime

from feedstream.domain import events as e
from feedstream.domain.ids import id_in
from feedstream.domain.wire import Candidate, WireItem, WireRef, changed_fields
from feedstream.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """One partner item as it stands; `version` counts its received versions from 1.

    `story` and `update` say where it is used: as an update of a story, or as the story itself
    (`update` is None). `used_version` is the version that was last taken over there. `detached`
    remembers that the newsroom took it out again: no policy may put it back by itself.
    """

    id: str
    revision: int = 0
    position: int = 0
    item: WireItem | None = None
    version: int = 0
    story: str = ""
    update: str | None = None
    used_version: int = 0
    detached: bool = False
    candidates: tuple[Candidate, ...] = ()
    rejected: str | None = None
    withdrawn: bool = False
    withheld: bool = False

    @property
    def state(self) -> str:
        """One word for people: `attached`, `revised` (attached, and newer here), `rejected`, …"""
        if self.withheld:
            return "withheld"
        if self.item is None:
            return "absent"
        if self.withdrawn:
            return "withdrawn"
        if self.story:
            return "revised" if self.version > self.used_version else "attached"
        return "new" if self.rejected is None else "rejected"

    @property
    def ref(self) -> WireRef:
        """What an update or story made from this version refers to."""
        item = self.known
        dated = item.updated or item.published
        return WireRef(
            item=self.id,
            source=item.source,
            revision=self.version,
            url=item.url,
            rights=item.rights,
            updated=dated if isinstance(dated, datetime) else None,
        )

    @property
    def known(self) -> WireItem:
        """The item itself. Raises `Refused` where none was received yet."""
        if self.item is None:
            raise Refused(f"Wire item {self.id} was never received.")
        return self.item


def evolve_item(item: InboxItem | None, recorded: e.Recorded) -> InboxItem:
    """The item after one more of its events; total."""
    item = item or InboxItem(id=id_in(recorded.stream))
    return replace(
        _changed(item, recorded.event), revision=recorded.revision, position=recorded.position
    )


def _changed(item: InboxItem, event: e.Event | e.Unknown | e.Withheld) -> InboxItem:
    match event:
        case e.Withheld():
            # Whatever of it was erased: nothing of it is read again, nor taken in again.
            return replace(item, item=None, candidates=(), withheld=True)
        case e.WireReceived() | e.WireRevised():
            return replace(item, item=event.item, version=item.version + 1, withdrawn=False)
        case e.WireWithdrawn():
            return replace(item, withdrawn=True)
        case e.WireSuggested():
            return replace(item, candidates=event.candidates)
        case e.WireAttached():
            return replace(
                item,
                story=event.story,
                update=event.update,
                used_version=event.revision,
                detached=False,
                rejected=None,
            )
        case e.WireDetached():
            return replace(item, story="", update=None, used_version=0, detached=True)
        case e.WireRejected():
            return replace(item, rejected=event.reason)
        case _:
            return item


def receive(item: InboxItem | None, incoming: WireItem) -> tuple[e.WireEvent, ...]:
    """What a delivery of `incoming` means: a new item, a new version, a withdrawal, or nothing.

    An item whose content was erased does not come back with its partner's next delivery.
    """
    if item is not None and item.withheld:
        return ()
    if item is None or item.item is None:
        received: tuple[e.WireEvent, ...] = (e.WireReceived(item=incoming),)
        usable = incoming.status == "usable"
        return received if usable else (*received, e.WireWithdrawn(status=incoming.status))
    if incoming.status != "usable":
        return () if item.withdrawn else (e.WireWithdrawn(status=incoming.status),)
    changed = changed_fields(item.item, incoming)
    return (e.WireRevised(item=incoming, changed=changed),) if changed or item.withdrawn else ()


def attach(item: InboxItem, story: str, update: str | None) -> tuple[e.WireEvent, ...]:
    """The item becomes part of a story. Raises `Refused` where it is part of another one."""
    if item.withdrawn:
        raise Refused(f"Wire item {item.id} was withdrawn by its source and can't be used.")
    if item.story and item.story != story:
        raise Refused(f"Wire item {item.id} is in story {item.story} already: detach it first.")
    if item.story == story and item.used_version == item.version:
        return ()
    return (e.WireAttached(story=story, update=update, revision=item.version),)


def reject(item: InboxItem, reason: str) -> tuple[e.WireEvent, ...]:
    """The item is not wanted. Raises `Refused` where a story uses it."""
    if item.story:
        raise Refused(f"Wire item {item.id} is in story {item.story}: detach it first.")
    return () if item.rejected is not None else (e.WireRejected(reason=reason.strip()),)


def detach(item: InboxItem, reason: str) -> tuple[e.WireEvent, ...]:
    """The item leaves its story. Raises `Refused` where it is in none."""
    if not item.story:
        raise Refused(f"Wire item {item.id} is in no story.")
    return (e.WireDetached(story=item.story, reason=reason.strip()),)


def suggest(item: InboxItem, candidates: tuple[Candidate, ...]) -> tuple[e.WireEvent, ...]:
    """Offer stories for an item; nothing where the same were offered for this version."""
    if item.candidates == candidates and candidates:
        return ()
    return (e.WireSuggested(candidates=candidates, revision=item.version),)
