"""Deltas of feeds (RFC 3229): what a reader lacks, and nothing else."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedstream.domain import commands as c
from feedstream.web.cutting import entry_digests, without_entries
from tests.web.conftest import Site
from tests.web.site import at_desk, order, publish, running, update, wait_for

ENDINGS = ("rss", "atom", "json")
PLAIN = {"Accept-Encoding": "identity"}


def entries(body: bytes, ending: str) -> list[Any]:
    """The entries of a document, each as text."""
    if ending == "json":
        return json.loads(body)["items"]
    mark = "item" if ending == "rss" else "entry"
    return re.findall(rf"<{mark}[ >].*?</{mark}>", body.decode(), re.DOTALL)


def ask(http: httpx.Client, file: str, *tags: str, **more: str) -> httpx.Response:
    known = {"If-None-Match": ", ".join(tags)} if tags else {}
    return http.get(f"/feeds/{file}", headers={**PLAIN, "A-IM": "feed", **known, **more})


def changed(site: Site, file: str, tag: str) -> httpx.Response:
    """The whole document, once it is another than that of the tag."""
    return wait_for(
        lambda: site.http.get(f"/feeds/{file}", headers=PLAIN),
        lambda answer: answer.headers["etag"] != tag,
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_delta_holds_the_entries_that_are_new_or_differ(own_site: Site, ending: str) -> None:
    file = f"updates.{ending}"
    first = ask(own_site.http, file)
    assert first.status_code == 200
    tag = first.headers["etag"]
    at_desk(own_site.home, lambda app: update(app, own_site.ids["gate"], "Rail measured"))
    whole = changed(own_site, file, tag)
    delta = ask(own_site.http, file, tag)
    assert (delta.status_code, delta.headers["im"]) == (226, "feed")
    assert delta.headers["etag"] == whole.headers["etag"]
    assert delta.headers["delta-base"] == tag
    assert delta.headers["cache-control"] == "no-store"
    assert delta.headers["vary"] == whole.headers["vary"]
    assert delta.headers["content-type"] == whole.headers["content-type"]
    old, new = entries(first.content, ending), entries(whole.content, ending)
    assert entries(delta.content, ending) == [one for one in new if one not in old]
    assert 0 < len(entries(delta.content, ending)) < len(new)
    assert len(delta.content) < len(whole.content)
    head = own_site.http.head(
        f"/feeds/{file}", headers={**PLAIN, "A-IM": "feed", "If-None-Match": tag}
    )
    assert (head.status_code, head.content) == (226, b"")
    assert head.headers["content-length"] == delta.headers["content-length"]
    again = ask(own_site.http, file, whole.headers["etag"])
    assert again.status_code == 304


def test_a_base_that_is_not_in_memory_is_made_again_from_the_log(own_site: Site) -> None:
    http, home = own_site.http, own_site.home
    tags = {ending: ask(http, f"stories.{ending}").headers["etag"] for ending in ENDINGS}
    at_desk(home, lambda app: update(app, own_site.ids["gate"], "Rail measured"))
    for ending, tag in tags.items():
        changed(own_site, f"stories.{ending}", tag)
    known = {ending: ask(http, f"stories.{ending}", tag) for ending, tag in tags.items()}
    with running(home) as url, httpx.Client(base_url=url, timeout=10) as fresh:
        for ending, tag in tags.items():
            made = ask(fresh, f"stories.{ending}", tag)
            assert (made.status_code, known[ending].status_code) == (226, 226)
            assert made.content == known[ending].content


def test_what_is_no_base_gets_the_whole(own_site: Site) -> None:
    http = own_site.http
    tag = ask(http, "updates.atom").headers["etag"]
    at_desk(own_site.home, lambda app: update(app, own_site.ids["gate"], "Rail measured"))
    whole = changed(own_site, "updates.atom", tag)
    position, settings, body = tag.strip('"').split("-")
    for never in (
        '"x"',
        f'"{int(position) + 1}-{settings}-{body}"',
        f'"{position}-00000000-{body}"',
        f'"{position}-{settings}-{"0" * 16}"',
        f'"0-{settings}-{body}"',
    ):
        assert ask(http, "updates.atom", never).status_code == 200
    assert ask(http, "updates.atom").content == whole.content
    assert (
        http.get("/feeds/updates.atom", headers={**PLAIN, "If-None-Match": tag}).status_code == 200
    )
    assert ask(http, "updates.atom", tag, **{"A-IM": "vcdiff"}).status_code == 200
    assert ask(http, "index.opml", tag).status_code == 200
    # One of several will do, and in any coding.
    packed = tag[:-1] + '-br"'
    answer = ask(http, "updates.atom", '"x"', packed, **{"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["content-encoding"]) == (226, "gzip")
    assert answer.headers["etag"] == whole.headers["etag"][:-1] + '-gz"'
    assert b"Rail measured" in answer.content


def test_what_was_taken_back_is_in_no_delta(own_site: Site) -> None:
    http, home = own_site.http, own_site.home
    tag = ask(http, "updates.json").headers["etag"]
    named = at_desk(home, lambda app: publish(app, "A pilot is named", slug="named"))
    tag_named = changed(own_site, "updates.json", tag).headers["etag"]
    at_desk(home, lambda app: order(app, c.KillStory, named, reason="Unsafe."))
    changed(own_site, "updates.json", tag_named)
    for base in (tag, tag_named):
        answer = ask(http, "updates.json", base)
        assert answer.status_code in {200, 226}
        assert "A pilot is named" not in answer.text


_ITEMS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=9))


def _xml(items: list[str], wrap: Callable[[str], str]) -> bytes:
    clean = ("".join(c for c in item if c >= " " and c not in "\ufffe\uffff") for item in items)
    return wrap(
        "\n ".join(f"<entry><b><![CDATA[{one}<entry></entry>]]></b></entry>" for one in clean)
    ).encode()


@settings(max_examples=50)
@given(_ITEMS, _ITEMS)
def test_cutting_leaves_what_is_not_known_and_all_around_it(old: list[str], new: list[str]) -> None:
    def wrap(inside: str) -> str:
        head = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entries/>'
        return f"{head}<x><entry>inner</entry></x>{inside}<end/></feed>"

    old, new = [one.replace("]", "") for one in old], [one.replace("]", "") for one in new]
    known = entry_digests("a.atom", _xml(old, wrap))
    cut = without_entries("a.atom", _xml(new, wrap), known)
    rest = [one for one in _xml(new, lambda text: text).decode().split("\n ") if one]
    gone = set(_xml(old, lambda text: text).decode().split("\n "))
    left = [one for one in rest if one not in gone]
    assert entry_digests("a.atom", cut) == entry_digests("a.atom", _xml(new, wrap)) - known
    assert cut.decode().count("<entry><b>") == len(left)
    assert cut.startswith(_xml([], wrap).partition(b"<end/>")[0].rstrip())
    assert cut.endswith(b"<end/></feed>")


def test_a_document_of_nothing_known_stays_as_it_is() -> None:
    items = [{"id": str(number), "title": "ü"} for number in range(3)]
    body = json.dumps({"a": 1, "items": items}, indent=1, ensure_ascii=False).encode() + b"\n"
    assert without_entries("a.json", body, frozenset()) == body
    known = entry_digests("a.json", json.dumps({"items": items[:2]}).encode())
    assert json.loads(without_entries("a.json", body, known)) == {"a": 1, "items": items[2:]}


def test_tags_that_were_never_sent_cost_a_look_at_the_ledger_and_no_more(site: Site) -> None:
    whole = ask(site.http, "stories.rss")
    for position in range(20):
        tag = f'"{position}-0123abcd-0123456789abcdef"'
        answer = ask(site.http, "stories.rss", tag)
        assert (answer.status_code, answer.content) == (200, whole.content)
