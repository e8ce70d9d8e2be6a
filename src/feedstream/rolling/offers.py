"""Wire quotations in the text, offered as credits: "TASS quoted …", "told Reuters".

Work is bounded: the text is searched once for the verbs, and each is looked at with a window of
some dozen characters before and after it.
"""

import re
from collections.abc import Iterable, Iterator

from feedstream.rolling.outlets import OUTLET, canonical
from feedstream.rolling.values import CreditOffer, Paragraph

_MOST = 100  # offers for one story
_AROUND = 80  # characters looked at on either side of a verb
_TAIL = 5  # words of the phrase after what was found

_AFTER = re.compile(r"\b(?:quoted|cited|reported|reports|writes|wrote|has learned)\b")
_BEFORE = re.compile(
    r"\b(?:told|according to|quoted by|cited by|reported by|interview with|interview to|speaking to"
    r"|citing|statement to|quoting)\b",
    re.I,
)
_BETWEEN = (
    r"(?:(?:the|a|an|state|state-run|state-owned|national|official|private|local|news|wire|agency"
    r"|agencies|broadcaster|newspaper|daily|weekly|magazine|channel|outlet|site|website"
    r"|[A-Z][a-z]{2,12}(?:n|sh|ch|se|an))\s){0,6}"
)
_NAME_THEN = re.compile(
    OUTLET
    + r"\s(?:(?:news|wire|agency|service|newspaper|has|had|have|also|later|earlier|first)\s){0,3}$"
)
_THEN_NAME = re.compile(r"\s" + _BETWEEN + OUTLET)
_STOP = re.compile(r"[,.;:!?“”\"«»()]")


def offers_of(paragraphs: Iterable[Paragraph], credits: Iterable[str]) -> tuple[CreditOffer, ...]:
    """One offer for each outlet that `paragraphs` quote and `credits` do not name, first come."""
    seen = {canonical(name).casefold() for name in credits}
    offers: list[CreditOffer] = []
    for paragraph in paragraphs:
        for name, phrase in _quotations(paragraph.text):
            if name.casefold() not in seen and len(offers) < _MOST:
                seen.add(name.casefold())
                offers.append(CreditOffer(name=name, line=paragraph.line, phrase=phrase))
    return tuple(offers)


def _quotations(text: str) -> Iterator[tuple[str, str]]:
    """(canonical name, phrase) of every quotation, in the order of the text."""
    found = [*_names_before(text), *_names_after(text)]
    return ((name, phrase) for _, name, phrase in sorted(found))


def _names_before(text: str) -> Iterator[tuple[int, str, str]]:
    for verb in _AFTER.finditer(text):
        start = max(0, verb.start() - _AROUND)
        if match := _NAME_THEN.search(text[start : verb.start()]):
            at = start + match.start()
            yield at, canonical(match["name"]), text[at : verb.end()] + _tail(text, verb.end())


def _names_after(text: str) -> Iterator[tuple[int, str, str]]:
    for verb in _BEFORE.finditer(text):
        if match := _THEN_NAME.match(text[verb.end() : verb.end() + _AROUND]):
            phrase = text[verb.start() : verb.end()] + match[0]
            yield verb.start(), canonical(match["name"]), _lead(text, verb.start()) + phrase


def _tail(text: str, at: int) -> str:
    """The next words of the same clause."""
    window = text[at : at + _AROUND]
    stop = _STOP.search(window)
    clause = window[: stop.start()] if stop else window
    whole = clause if stop or at + _AROUND >= len(text) else clause.rpartition(" ")[0]
    return "".join(f" {word}" for word in whole.split()[:_TAIL])


def _lead(text: str, at: int) -> str:
    """The last two words of the same clause before `at`: who told."""
    words = _STOP.split(text[max(0, at - _AROUND) : at])[-1].split()[-2:]
    return "".join(f"{word} " for word in words)
