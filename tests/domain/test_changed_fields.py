"""What makes a new version of a partner's item, and what does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from feedstream.domain.wire import WireItem, changed_fields

ITEM = WireItem(
    source="s", guid="g", headline="H", body="<p>b</p>", published=datetime(2021, 12, 7, tzinfo=UTC)
)


def test_the_same_instant_from_another_parser_is_no_change() -> None:
    other = ITEM.published.astimezone(timezone(timedelta(0), "GMT"))  # type: ignore[union-attr]
    assert repr(other) != repr(ITEM.published)
    assert changed_fields(ITEM, replace(ITEM, published=other)) == ()


def test_another_instant_is_a_change_and_white_space_is_none() -> None:
    later = datetime(2021, 12, 8, tzinfo=UTC)
    after = replace(ITEM, published=later, headline=" H ")
    assert changed_fields(ITEM, after) == ("published",)
