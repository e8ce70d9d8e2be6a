"""What the demo's partner sends, and when: three wires, two minutes.

The items on the running story tell, in our own words, what happened between 21 and 30 December
2021, and carry those dates; Port Ellory does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from feedstream.domain.wire import Format, Source

SAMPLE_SLUG = "putin-biden-video-call"
"""The sample's running story, which the follow-ups belong to."""

BALTIC, MERIDIAN, HARBOUR = "baltic-desk", "meridian-wire", "ellory-harbour"
ENDINGS: dict[str, Format] = {BALTIC: "rss", MERIDIAN: "atom", HARBOUR: "jsonfeed"}
TITLES = {BALTIC: "Baltic Desk", MERIDIAN: "Meridian Wire", HARBOUR: "Ellory Harbour Office"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The partner puts an item on a wire, `at` seconds after it began (at speed 1).

    `note` tells the audience what to expect. With `again` the very same item is sent once more, as
    careless partners do. Where `guid` was sent before, this is its next version, and it is held
    back until the newsroom has taken the one before.
    """

    at: float
    wire: str
    guid: str
    headline: str
    paragraphs: tuple[str, ...]
    published: datetime
    note: str
    categories: tuple[str, ...] = ()
    again: bool = False

    @property
    def url(self) -> str:
        """The partner's own address of the item."""
        return f"https://{self.wire}.example.net/items/{self.guid}"

    @property
    def body(self) -> str:
        """The item's text as HTML."""
        return "".join(f"<p>{text}</p>" for text in self.paragraphs)


def _on(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2021, 12, day, hour, minute, tzinfo=UTC)


_BOARD = Step(
    at=4,
    wire=BALTIC,
    guid="bd-1221",
    headline="Putin warns NATO of “military-technical” answer over Ukraine",
    paragraphs=(
        "Should the West keep to what he called a clearly aggressive line, Russia will answer with"
        " adequate military-technical measures, President Vladimir Putin told the board of his"
        " defence ministry in Moscow on Tuesday.",
        "He came back to the security guarantees that he had asked of Joe Biden in their video call"
        " and that the Russian foreign ministry has since published as drafts, one for the United"
        " States and one for NATO.",
    ),
    published=_on(21, 13, 30),
    categories=("Ukraine", "Russia", "diplomacy"),
    note="a follow-up: it should join the running story, with credit",
)
_PRESS = Step(
    at=38,
    wire=BALTIC,
    guid="bd-1223",
    headline="Putin: talks with United States on security guarantees to begin in January",
    paragraphs=(
        "American negotiators are ready to begin talks on Russia’s security guarantees at the start"
        " of the year in Geneva, President Vladimir Putin said at his yearly press conference in"
        " Moscow on Thursday. The ball, he said, is in NATO’s court: it had grown eastwards and"
        " must give guarantees now.",
        "Washington has said that some of Moscow’s published drafts can’t be agreed to. Ukraine"
        " and the Russian troops near its border remain the heart of the matter.",
    ),
    published=_on(23, 14, 0),
    categories=("Ukraine", "Russia", "diplomacy"),
    note="another follow-up for the same story",
)
_PHONE = Step(
    at=74,
    wire=BALTIC,
    guid="bd-1230",
    headline="Putin and Biden speak by telephone on Ukraine and security guarantees",
    paragraphs=(
        "President Vladimir Putin of Russia and President Joe Biden of the United States are"
        " speaking by telephone, three weeks after their video call. It was Mr Putin who asked for"
        " the call on Thursday.",
        "Ukraine and the security guarantees that Moscow wants from NATO and Washington are its"
        " subjects, ahead of the talks in Geneva.",
    ),
    published=_on(30, 20, 45),
    categories=("Ukraine", "Russia", "United States", "diplomacy"),
    note="the call of 30 December, while it goes on",
)
_GENEVA = Step(
    at=20,
    wire=MERIDIAN,
    guid="mw-1228",
    headline="United States and Russia fix 10 January for talks on security",
    paragraphs=(
        "American and Russian officials will sit down together on 10 January, a spokesperson of the"
        " White House said. NATO and Russia are to talk on the 12th, the OSCE on the 13th.",
        "Moscow’s drafts on guarantees and the troops near Ukraine will be on the table.",
    ),
    published=_on(28, 8, 0),
    categories=("diplomacy",),
    note="this wire may only suggest: look at the inbox",
)
_SNOW = Step(
    at=48,
    wire=MERIDIAN,
    guid="mw-snow",
    headline="Lorries queue for hours at the mountain pass",
    paragraphs=("Snow on the upper bends kept lorries waiting through the night.",),
    published=_on(29, 6, 20),
    note="unrelated: it should stay in the inbox",
)
_FERRY = Step(
    at=60,
    wire=HARBOUR,
    guid="eh-31",
    headline="New year’s ferries: one boat more to the islands",
    paragraphs=(
        "On 31 December and 1 January an extra boat leaves Port Ellory for the islands at half"
        " past ten at night, the harbour office announces. Bicycles travel free.",
    ),
    published=_on(29, 9, 0),
    categories=("ferries",),
    note="this wire may publish: a story of its own",
)

SCRIPT: tuple[Step, ...] = tuple(
    sorted(
        (
            _BOARD,
            _GENEVA,
            _PRESS,
            _SNOW,
            _FERRY,
            _PHONE,
            replace(
                _PRESS, at=88, again=True, note="the same item once more: nothing should happen"
            ),
            replace(
                _PHONE,
                at=100,
                headline="Putin and Biden talk for 50 minutes on Ukraine and security guarantees",
                paragraphs=(
                    "President Vladimir Putin of Russia and President Joe Biden of the United"
                    " States talked by telephone for 50 minutes on Thursday, three weeks after"
                    " their video call. It was Mr Putin who had asked for it.",
                    "Mr Biden spoke of a firm answer, should Russia invade Ukraine further; Mr"
                    " Putin’s aide said that sweeping sanctions might break off relations. Both"
                    " stand by the talks in Geneva.",
                ),
                note="a revision: the update in the story should change, not come twice",
            ),
            replace(
                _FERRY,
                at=112,
                paragraphs=(
                    *_FERRY.paragraphs,
                    "Correction of the time: the boat leaves at eleven, not at half past ten.",
                ),
                headline="New year’s ferries: one boat more to the islands, at eleven",
                note="a new version of its story",
            ),
        ),
        key=lambda step: step.at,
    )
)


def listed(steps: Sequence[Step], wire: str) -> list[Step]:
    """What stands on a wire once `steps` were released, newest first.

    The latest version of each item, and the items that were sent twice twice.
    """
    ours = [step for step in steps if step.wire == wire]
    latest = {step.guid: step for step in ours if not step.again}
    return [*(step for step in ours if step.again), *reversed(latest.values())]


def final_headlines() -> dict[tuple[str, str], str]:
    """By wire and guid: the headline of an item's last version."""
    return {(step.wire, step.guid): step.headline for step in SCRIPT}


def sources(base: str) -> list[Source]:
    """The three wires as sources of a newsroom; `base` is the partner's address."""
    common = {"interval": 10, "language": "en", "allow_private": True}
    policies = {BALTIC: "attach", MERIDIAN: "suggest", HARBOUR: "publish"}
    return [
        Source(
            name=name,
            url=f"{base}/{name}.{ENDINGS[name]}",
            credit=TITLES[name],
            format=ENDINGS[name],
            policy=policy,  # type: ignore[arg-type]  # one of the four
            section="Port Ellory" if name == HARBOUR else "",
            **common,  # type: ignore[arg-type]
        )
        for name, policy in policies.items()
    ]
