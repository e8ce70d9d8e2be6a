"""What a newsroom's rolling copy says, as plain frozen values.

Every `line` counts from 1 in the copy as it was given.
"""

from dataclasses import dataclass
from typing import Literal

from feedstream.domain.when import When

Kind = Literal["plain", "markdown"]
HeadlineFrom = Literal["option", "text", "none"]
"""Whence a headline came: given by the caller, a line of the copy, or cut from the first words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One block of text: a paragraph or, in Markdown, also a list, a quotation or code.

    `text` has no mark-up; `html` is one element, escaped, without any raw HTML of the copy.
    """

    text: str
    html: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyUpdate:
    """One dated section. `line` is that of its header; `headline` is never empty.

    With `headline_from="none"` the headline was cut from the first words of the body, so it
    changes when they do.
    """

    dated: When
    headline: str
    headline_from: HeadlineFrom
    paragraphs: tuple[Paragraph, ...]
    line: int

    @property
    def body(self) -> str:
        """The HTML of all paragraphs."""
        return body_of(self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditOffer:
    """A partner that the text quotes and the credit line does not name.

    `phrase` is where it does so, in the copy's own words; `line` is where that paragraph begins.
    """

    name: str
    line: int
    phrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingCopy:
    """A whole rolling story as its copy has it; `updates` stand in the order of the copy.

    `notices` are sentences for the editor: what was guessed, left out or looks wrong.
    """

    headline: str
    headline_from: HeadlineFrom
    opening: tuple[Paragraph, ...]
    updates: tuple[CopyUpdate, ...]
    credits: tuple[str, ...]
    offers: tuple[CreditOffer, ...]
    notices: tuple[str, ...]

    @property
    def body(self) -> str:
        """The HTML of the opening report."""
        return body_of(self.opening)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedCopy:
    """Bytes that turned out to be text, and how they are written."""

    text: str
    kind: Kind
    notices: tuple[str, ...] = ()


def body_of(paragraphs: tuple[Paragraph, ...]) -> str:
    """The HTML of `paragraphs`, one below the other."""
    return "\n".join(paragraph.html for paragraph in paragraphs)
