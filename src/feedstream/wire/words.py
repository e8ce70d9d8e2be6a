"""Words and names of a text in any language that writes words; pure and without dictionaries."""

import re
import unicodedata
from collections.abc import Iterator

STEM = 5
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)?")
_GAP = re.compile(r"[ \u00a0-]")
_VOWELS = re.compile(r"[aeiouy]+")
_MAX_NAME_WORDS = 5

STOP = frozenset(
    re.findall(
        r"\w+",
        """
    the and for with that this from are was were been has have had will would not but its his
    her their they them who which what when where into over under after before about more than
    also said says say told tells according between during against among amid could should may
    might can other new two three four five first last week month year today monday tuesday
    wednesday thursday friday saturday sunday people officials statement reported president
    minister government country state der die das und mit von für auf den dem des ein eine
    einer einem einen ist sind war wurde wird werden nicht auch sich bei nach vor aus über
    unter zum zur als wie haben hat sagte teilte im am an in um zu es er sie dass montag
    dienstag mittwoch donnerstag freitag samstag sonntag präsident minister regierung что как
    это для при или его она они был была были будет быть которые который также после перед
    между над под про более сообщил сообщила заявил заявила сказал среди около через
    понедельник вторник среду четверг пятницу субботу воскресенье президент президента министр
    """,
    )
)
"""Words that hardly tell one story from another; the rest is found by how many stories use it."""

_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў",
        re.findall(
            r"\w+",
            "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh sch _ y _ e yu ya i i e g u",
        ),
        strict=True,
    )
)


def tokens(text: str) -> Iterator[re.Match[str]]:
    """The words of a text as matches."""
    return _WORD.finditer(text)


def stem(word: str) -> str:
    """A word's first letters, folded: enough that “Путина” meets “Путин”, “Ukrainian” “Ukraine”."""
    return unicodedata.normalize("NFC", word.casefold())[:STEM]


def terms(text: str) -> list[str]:
    """The stems of the words that may tell something, in order, with repetitions."""
    words = (match[0].casefold() for match in tokens(text))
    return [stem(word) for word in words if len(word) > 2 and word not in STOP]


def names(text: str) -> dict[str, str]:
    """Names of people, places and organisations: runs of capitalised words, and words in capitals.

    Keyed by their stems, with the words as found. A single capitalised word counts where it does
    not begin a sentence, so that a first word is no name by its place alone.
    """
    found: dict[str, str] = {}
    run: list[re.Match[str]] = []
    for match in tokens(text):
        if run and not (_joined(text, run[-1], match) and _capital(match[0])):
            _keep(text, run, found)
            run = []
        if _capital(match[0]):
            run.append(match)
    _keep(text, run, found)
    return found


def _keep(text: str, run: list[re.Match[str]], found: dict[str, str]) -> None:
    while run and run[0][0].casefold() in STOP:
        run = run[1:]
    run = run[:_MAX_NAME_WORDS]
    if not run or (len(run) == 1 and _begins_sentence(text, run[0]) and not _acronym(run[0][0])):
        return
    for match in run:
        # Each word stands for itself: “Joe Biden” is “Biden” in the next paragraph.
        if len(match[0]) > 2 and match[0].casefold() not in STOP:
            found.setdefault(stem(match[0]), match[0])
    if len(run) > 1:
        found.setdefault(" ".join(stem(m[0]) for m in run), " ".join(m[0] for m in run))


def _capital(word: str) -> bool:
    return word[0].isupper()


def _acronym(word: str) -> bool:
    return len(word) > 2 and word.isupper()


def _joined(text: str, left: re.Match[str], right: re.Match[str]) -> bool:
    return right.start() - left.end() == 1 and bool(_GAP.match(text, left.end()))


def _begins_sentence(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 8) : match.start()].rstrip(" \t“\"«„'‘(")
    return not before or before[-1] in ".!?…:;\n—–-"


def skeleton(word: str) -> str:
    """A name's consonants in Latin letters, to compare it across scripts: “Байден” as “Biden”.

    Empty where too little is left to tell names apart.
    """
    latin = "".join(_LATIN.get(letter, letter) for letter in word.casefold())
    plain = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    bones = _VOWELS.sub("", plain.replace("_", "").replace("w", "v").replace("c", "k"))
    bones = re.sub(r"(.)\1+", r"\1", bones)
    return (plain[:1] if plain[:1] in "aeiou" else "") + bones if len(bones) >= 3 else ""


def is_cyrillic(word: str) -> bool:
    """Whether a word is written in Cyrillic."""
    return any(letter in _LATIN for letter in word.casefold())
