"""Which story an item belongs to: a dozen labelled items over six stories, in three languages."""
# ruff: noqa: E501  # partners' documents and copy are shown as they are sent

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedstream.domain.wire import WireItem
from feedstream.wire.match import LINKED, StoryText, match

AT = datetime(2021, 12, 7, 12, tzinfo=UTC)


def story(key: str, headline: str, text: str, *tags: str, hours: float = 20) -> StoryText:
    return StoryText(
        id=key, headline=headline, text=text, tags=tags, section="World",
        updated=AT - timedelta(hours=hours), url=f"https://news.example.org/stories/{key}",
    )  # fmt: skip


STORIES = [
    story(
        "call", "Putin and Biden prepare a video call",
        "Moscow and Washington are preparing a virtual summit of Vladimir Putin and Joe Biden. "
        "Kremlin spokesman Dmitry Peskov said the date was not settled. The presidents met in "
        "Geneva in June. They are expected to talk about Ukraine, NATO and security guarantees. "
        "The Kremlin confirmed that the online meeting will take place on December 7.",
        "Diplomacy",
    ),
    story(
        "border", "Russian troops gather near Ukraine's border",
        "Satellite images show armoured vehicles and artillery at Yelnya and in Crimea. Kyiv's "
        "defence minister Oleksii Reznikov counts 94,000 soldiers and warns of an escalation in "
        "late January. Moscow calls the deployment its own affair and points to NATO drills in the "
        "Black Sea. Ukraine's army has put its brigades in Donbas on alert.",
        "Defence",
    ),
    story(
        "osce", "OSCE ministers meet in Stockholm",
        "Foreign ministers of 57 states met in Stockholm for the yearly council of the "
        "Organization for Security and Co-operation in Europe. Ann Linde of Sweden was in the "
        "chair. Antony Blinken and Sergey Lavrov spoke for half an hour on the sidelines. "
        "Poland takes over the chairmanship of the OSCE in January.",
    ),
    story(
        "cup", "Rovers win the cup final after penalties",
        "Northbridge Rovers beat Eastham United 4-2 on penalties at Wembley. Goalkeeper Tom Ashby "
        "saved twice. Manager Lena Fischer praised her team. Striker Paul Okoro had equalised in "
        "the last minute of extra time.",
        "Football",
    ),
    story(
        "flood", "Hochwasser an der Ahr: Tausende verlassen ihre Häuser",
        "Nach tagelangem Regen ist die Ahr über die Ufer getreten. In Bad Neuenahr und Sinzig "
        "stehen Straßen unter Wasser, das Technische Hilfswerk verteilt Sandsäcke. Landrätin "
        "Cornelia Weigand rief den Katastrophenfall aus. Der Pegel Altenahr stieg auf fünf Meter.",
    ),
    story(
        "vote", "Выборы в Киргизии: явка выше тридцати процентов",
        "В Киргизии прошли выборы в парламент. Центральная избирательная комиссия в Бишкеке "
        "сообщила о сбое при подсчёте голосов. Партии «Ата-Журт» и «Ишеним» получили больше всего "
        "мандатов. Садыр Жапаров назвал голосование честным, оппозиция собралась на площади.",
    ),
]  # fmt: skip


def item(headline: str, body: str = "", **changes: object) -> WireItem:
    known: dict[str, object] = {"published": AT, "body": f"<p>{body}</p>" if body else ""}
    return WireItem(source="s", guid="g", headline=headline, **{**known, **changes})  # type: ignore[arg-type]


RELATED = [
    ("call", "Putin-Biden video call lasts two hours",
     "Vladimir Putin and Joe Biden ended their online meeting on Tuesday. Dmitry Peskov said the "
     "Kremlin was content. Ukraine and NATO dominated the talks."),
    ("call", "Kremlin: Biden and Putin to speak again",
     "Spokesman Dmitry Peskov told reporters in Moscow that Joe Biden and Vladimir Putin agreed on a "
     "further virtual summit about security guarantees."),
    ("border", "Ukraine puts more brigades on alert at the border",
     "Defence minister Oleksii Reznikov said Russian troops had moved artillery to Yelnya. "
     "Further armoured vehicles were seen in Crimea, satellite images show."),
    ("border", "More Russian artillery near Yelnya",
     "Satellite images taken on Monday show armoured vehicles and tents near Yelnya. Ukraine's army "
     "in Donbas speaks of an escalation; Moscow denies it."),
    ("osce", "Linde closes OSCE council in Stockholm",
     "Sweden's foreign minister Ann Linde ended the council of the Organization for Security and "
     "Co-operation in Europe. Poland will take the chairmanship in January."),
    ("cup", "Ashby the hero as Rovers lift the cup",
     "Tom Ashby saved two penalties as Northbridge Rovers beat Eastham United at Wembley. "
     "Lena Fischer said she had never doubted her team."),
    ("flood", "Ahr: Pegel fällt, Hochwasser geht zurück",
     "In Sinzig und Bad Neuenahr räumen Helfer die Straßen. Landrätin Cornelia Weigand dankte dem "
     "Technischen Hilfswerk. Der Pegel Altenahr sank auf drei Meter."),
    ("vote", "В Киргизии пересчитают голоса после сбоя",
     "Центральная избирательная комиссия в Бишкеке объявила о пересчёте. Партия «Ата-Журт» "
     "лидирует на выборах в парламент, Садыр Жапаров призвал оппозицию к спокойствию."),
]  # fmt: skip
UNRELATED = [
    ("French parliament debates pension reform",
     "The minister of labour defended the bill in Paris. Unions call for a strike on Thursday. "
     "Opposition leaders said the government had not listened to the people."),
    ("Chile's president meets business leaders",
     "Sebastián Piñera received chambers of commerce in Santiago and spoke about taxes and growth."),
    ("Bundestag wählt Ausschussvorsitzende",
     "In Berlin stimmten die Abgeordneten über die Leitung der Ausschüsse ab. Die Fraktionen "
     "hatten sich am Montag geeinigt."),
    ("Суд в Токио вынес приговор бывшему министру",
     "Бывший министр юстиции Японии признан виновным в подкупе. Защита намерена обжаловать решение."),
]  # fmt: skip


@pytest.mark.parametrize(("key", "headline", "body"), RELATED)
def test_an_item_of_a_running_story_finds_it(key: str, headline: str, body: str) -> None:
    best, *rest = match(item(headline, body), STORIES, at=AT)
    assert best.story == key
    assert best.score >= 0.45, best
    assert all(other.score < best.score - 0.15 for other in rest), rest
    assert {"names", "terms"} <= {reason.feature for reason in best.reasons}


@pytest.mark.parametrize(("headline", "body"), UNRELATED)
def test_an_unrelated_item_scores_low(headline: str, body: str) -> None:
    found = match(item(headline, body), STORIES, at=AT)
    assert all(candidate.score < 0.15 for candidate in found), found


def test_a_russian_item_finds_an_english_story_by_its_names() -> None:
    best, *_ = match(
        item(
            "Путин и Байден поговорят по видеосвязи",
            "Пресс-секретарь Дмитрий Песков сообщил, что Владимир Путин и Джо Байден обсудят Украину.",
        ),
        STORIES,
        at=AT,
    )
    assert best.story == "call"
    assert best.score >= 0.3
    assert any(reason.feature == "names-across-scripts" for reason in best.reasons)


def test_a_link_to_the_story_decides() -> None:
    linking = item("Correction", '<a href="https://news.example.org/stories/flood">here</a>')
    best, *_ = match(linking, STORIES, at=AT)
    assert (best.story, best.score >= LINKED, best.reasons[0].feature) == ("flood", True, "link")
    other = item("Correction", '<a href="https://news.example.org/stories/flood-2">here</a>')
    assert all(candidate.score < LINKED for candidate in match(other, STORIES, at=AT))


def test_reasons_are_words_for_people() -> None:
    _, headline, body = RELATED[0]
    best, *_ = match(item(headline, body, categories=("diplomacy",)), STORIES, at=AT)
    said = {reason.feature: reason.found for reason in best.reasons}
    assert "Vladimir Putin" in said["names"]
    assert said["time"] == "20 hours apart"
    assert said["section-or-tag"] == "Diplomacy"
    assert sum(r.weight for r in best.reasons) == pytest.approx(best.score, abs=0.01)


def test_closeness_in_time_counts_and_alone_says_nothing() -> None:
    _, headline, body = RELATED[0]
    near = match(item(headline, body), STORIES, at=AT)[0].score
    far = match(item(headline, body, published=AT + timedelta(days=60)), STORIES, at=AT)[0].score
    assert far < near
    assert match(item("Zzz", "Qqq"), STORIES, at=AT) == ()


def test_a_lone_story_is_no_match_for_everything() -> None:
    headline, body = UNRELATED[0]
    assert all(c.score < 0.15 for c in match(item(headline, body), STORIES[:1], at=AT))
    assert match(item(headline, body), (), at=AT) == ()


def test_at_most_five_best_first() -> None:
    same = [story(str(n), *RELATED[0][1:]) for n in range(9)]
    found = match(item(*RELATED[0][1:]), same, at=AT)
    assert [c.story for c in found] == ["0", "1", "2", "3", "4"]


TEXTS = st.text(max_size=200) | st.sampled_from([body for _, _, body in RELATED])


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=4))
def test_scores_are_from_0_to_1_and_the_same_again(head: str, body: str, texts: list[str]) -> None:
    stories = [StoryText(id=str(n), headline=t[:50], text=t) for n, t in enumerate(texts)]
    one = WireItem(source="s", guid="g", headline=head, summary=body)
    found = match(one, stories, at=AT)
    assert found == match(one, stories, at=AT)
    assert all(0 < candidate.score <= 1 for candidate in found)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
