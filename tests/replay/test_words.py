"""The word diff: its laws, and what people see of it."""

from hypothesis import given as for_all
from hypothesis import strategies as st

from feedstream.replay.words import Run, word_diff

words = st.lists(st.sampled_from(("the", "lock", "gate", ".", "шлюз", "\n", "—", "7")), max_size=30)
texts = st.one_of(words.map(" ".join), st.text(max_size=60))


def without(op, runs):
    return "".join(run.text for run in runs if run.op != op)


@for_all(texts, texts)
def test_the_runs_are_both_texts_again(before, after):
    runs = word_diff(before, after)
    assert without("added", runs) == before
    assert without("removed", runs) == after
    assert all(run.text for run in runs)


@for_all(texts)
def test_a_text_does_not_differ_from_itself(text):
    assert {run.op for run in word_diff(text, text)} <= {"same"}


@for_all(texts, texts, texts)
def test_what_stands_around_a_change_stays(head, tail, middle):
    runs = word_diff(f"{head} | {tail}", f"{head} | {middle} {tail}")
    assert {run.op for run in runs} <= {"same", "added", "removed"}
    assert len(without("added", runs)) == len(head) + len(tail) + 3


def test_a_number_that_was_corrected_is_the_only_change():
    assert word_diff("twelve barges wait.", "eleven barges wait.") == (
        Run("removed", "twelve "),
        Run("added", "eleven "),
        Run("same", "barges wait."),
    )


def test_punctuation_is_a_word_of_its_own():
    assert word_diff("It stands", "It stands.") == (
        Run("same", "It stands"),
        Run("added", "."),
    )


def test_long_texts_with_one_change_cost_little_and_are_exact():
    before = "the lock gate jammed at low water " * 5000
    after = before[:50_000] + "again " + before[50_000:]
    assert [run.op for run in word_diff(before, after)].count("same") == 2
