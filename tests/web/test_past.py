"""`?at=` over HTTP."""

from feedstream.domain import commands as c
from tests.web.conftest import Site
from tests.web.site import at_desk, order, update, wait_for


def test_a_story_and_its_feed_as_they_stood(site: Site) -> None:
    gate = site.ids["gate"]
    page = site.http.get("/stories/northern-lock-gate", params={"at": "2"})
    assert page.status_code == 200
    assert "As it stood on" in page.text
    assert "Cable cut free at noon" in page.text
    assert "First barges through the lock" not in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    assert "data-watch" not in page.text
    feed = site.http.get(f"/feeds/story/{gate}.json", params={"at": "2"})
    assert feed.headers["content-type"].startswith("application/feed+json")
    assert len(feed.json()["items"]) == 2
    again = {"If-None-Match": feed.headers["etag"]}
    assert site.http.get(feed.url, headers=again).status_code == 304


def test_a_moment_that_is_none_is_told(site: Site) -> None:
    for at, status in (("soon", 400), ("99999", 404), ("1999-01-01", 404)):
        for path in ("/stories/northern-lock-gate", "/feeds/stories.rss"):
            assert site.http.get(path, params={"at": at}).status_code == status
    assert site.http.get("/feeds/nothing.rss", params={"at": "2"}).status_code == 404
    assert site.http.get("/feeds/../x.rss", params={"at": "2"}).status_code == 404


def test_what_was_hidden_or_taken_back_is_not_there_under_any_moment(own_site: Site) -> None:
    head = own_site.http.get("/readyz").json()["head"]
    closed = own_site.ids["closed"]
    at_desk(own_site.home, lambda app: update(app, own_site.ids["embargoed"], "Secret figure"))
    at_desk(own_site.home, lambda app: order(app, c.KillStory, closed, reason="Unsafe."))
    wait_for(lambda: own_site.http.get("/readyz").json()["published"], lambda p: p == head + 2)
    for at in range(1, head + 3):
        for name in ("stories.json", "updates.atom", "tag/budget.rss", f"story/{closed}.json"):
            text = own_site.http.get(f"/feeds/{name}", params={"at": at}).text
            assert "Budget of the port" not in text
            assert "Fish auction" not in text
            assert "It named a private person" not in text
            assert "Pilot named in error" not in text
            assert "timetable" not in text or "draft" in text
    for slug, status in (("port-budget", 404), (closed, 410), ("pilot-named", 410)):
        answer = own_site.http.get(f"/stories/{slug}", params={"at": head})
        assert answer.status_code == status


def test_each_change_in_the_history_leads_to_the_story_as_it_stood(site: Site) -> None:
    page = site.http.get("/stories/northern-lock-gate/history")
    assert 'href="/stories/northern-lock-gate?at=2"' in page.text


def test_what_has_no_past_of_its_own_says_so(site: Site) -> None:
    for path in ("/", "/feeds/index.opml"):
        answer = site.http.get(path, params={"at": "2"})
        assert answer.status_code == 400
        assert "can be had as they stood" in answer.text
