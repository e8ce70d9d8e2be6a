"""The pages as a reader without JavaScript gets them."""

import json

import pytest
from lxml import html

from feedstream.bootstrap import App
from feedstream.domain import commands as c
from feedstream.web.pages import LABEL_FEEDS, STORY_FEEDS
from tests.web.conftest import Site
from tests.web.site import at_desk, order, publish, wait_for


def _page(site: Site, path: str) -> html.HtmlElement:
    answer = site.http.get(path)
    assert answer.status_code == 200, path
    return html.fromstring(answer.text)


def test_the_index_shows_public_stories_with_dates_and_badges(site: Site) -> None:
    text = site.http.get("/").text
    page = html.fromstring(text)
    titles = [t.text_content().strip() for t in page.xpath('//ol[@class="stories"]//h2/a')]
    assert "Lock gate jams at the northern quay" in titles
    badges = [b.text_content() for b in page.xpath('//*[contains(@class, "badge")]')]
    assert sorted(badges) == ["closed", "retracted"]
    assert len(titles) == 3
    times = page.xpath('//ol[@class="stories"]//p[@class="meta"]/time[@datetime]')
    assert len(times) == 3


def test_hidden_stories_are_not_on_any_page(site: Site) -> None:
    for path in ("/", "/feeds/", "/feeds/index.opml"):
        text = site.http.get(path).text
        for word in ("Pilot named", "Court papers", "Budget of the port", "pilots", "budget"):
            assert word not in text, (path, word)


def test_autodiscovery_names_the_stories_feed_first(site: Site) -> None:
    for path in ("/", "/stories/northern-lock-gate", "/feeds/"):
        links = _page(site, path).xpath('//link[@rel="alternate"]')
        assert links[0].get("href").startswith("/feeds/stories."), path
        assert {"application/rss+xml", "application/atom+xml", "application/feed+json"} <= {
            link.get("type") for link in links
        }


def test_a_story_has_notices_then_updates_then_the_first_report_then_credits(site: Site) -> None:
    page, ids = _page(site, "/stories/northern-lock-gate"), site.ids
    sections = [s.get("id") for s in page.xpath("//article/*[@data-key]")]
    clarification, correction, *rest = sections
    assert clarification.startswith("c-")
    assert correction == f"c-{ids['correction']}"
    assert rest == [f"u-{ids['first']}", f"u-{ids['bad']}", f"u-{ids['second']}", "report"]
    assert page.xpath("//article/footer/*")[-1].text_content() == (
        "With reporting by Coast Wire and Radio Schelde"
    )


def test_a_correction_says_what_was_what_is_and_why(site: Site) -> None:
    notice = _page(site, "/stories/northern-lock-gate").get_element_by_id(
        f"c-{site.ids['correction']}"
    )
    text = notice.text_content()
    for part in ("Correction", "twelve barges", "eleven barges", "The port counted one twice."):
        assert part in text


def test_a_date_alone_stays_a_date_and_an_instant_has_its_zone(site: Site) -> None:
    page = _page(site, "/stories/northern-lock-gate")
    first = page.get_element_by_id(f"u-{site.ids['first']}").xpath(".//time")[0]
    second = page.get_element_by_id(f"u-{site.ids['second']}").xpath(".//time")[0]
    assert (first.get("datetime"), first.text) == ("2024-03-05", "5 March 2024")
    assert second.get("datetime") == "2024-03-06T08:30:00Z"
    assert second.text == "6 March 2024, 09:30 CET"


def test_a_withdrawn_update_keeps_its_place_and_gives_its_reason(site: Site) -> None:
    page = _page(site, "/stories/northern-lock-gate")
    text = page.get_element_by_id(f"u-{site.ids['bad']}").text_content()
    assert "The report was a mix-up." in text
    assert "the harbour office says" not in text


def test_permalinks_lead_to_their_anchors(site: Site) -> None:
    page = _page(site, "/stories/northern-lock-gate")
    links = [a.get("href").partition("#") for a in page.xpath('//a[@class="permalink"]')]
    assert len(links) == 5
    for path, _, anchor in links:
        assert path == ""
        assert page.get_element_by_id(anchor) is not None


def test_an_old_slug_and_the_id_redirect_to_the_present_address(site: Site) -> None:
    for old in ("lock-gate", site.ids["gate"]):
        for tail in ("", "/history"):
            answer = site.http.get(f"/stories/{old}{tail}")
            assert answer.status_code == 301
            assert answer.headers["location"] == f"/stories/northern-lock-gate{tail}"


def test_a_retracted_story_stays_with_its_notice_in_place_of_the_text(site: Site) -> None:
    text = site.http.get("/stories/ferry-to-add-night-sailings").text
    notice = html.fromstring(text).get_element_by_id("retraction")
    assert "The timetable was a draft." in notice.text_content()
    assert "Divers found" not in text


@pytest.mark.parametrize(("slug", "status"), [("pilot-named", 410), ("court-papers", 451)])
def test_a_killed_story_leaves_a_bare_notice(site: Site, slug: str, status: int) -> None:
    for tail in ("", "/history"):
        answer = site.http.get(f"/stories/{slug}{tail}")
        assert answer.status_code == status
        for word in ("Pilot", "Court", "private person", "order of the court", "Divers"):
            assert word not in answer.text


def test_an_embargoed_story_cannot_be_told_from_one_that_never_was(site: Site) -> None:
    def seen(path: str) -> tuple[int, str, dict[str, str]]:
        answer = site.http.get(path)
        return answer.status_code, answer.text, {**answer.headers, "date": ""}

    no_page, no_feed = seen("/stories/no-such-story"), seen("/feeds/tag/no-such-tag.rss")
    assert no_page[0] == no_feed[0] == 404
    hidden = site.ids["embargoed"]
    for path in ("/stories/port-budget", "/stories/port-budget/history", f"/stories/{hidden}"):
        assert seen(path) == no_page, path
    for path in (f"/feeds/story/{hidden}.atom", "/feeds/tag/budget.rss"):
        assert seen(path) == no_feed, path
    assert seen("/nothing/here") == no_page


def test_a_story_killed_before_anybody_saw_it_is_unknown(own_site: Site) -> None:
    async def kill(app):
        await order(app, c.KillStory, own_site.ids["embargoed"], reason="Never to run.")
        await app.settle()

    at_desk(own_site.home, kill)
    assert own_site.http.get("/stories/port-budget").status_code == 404
    assert own_site.http.get(f"/feeds/story/{own_site.ids['embargoed']}.rss").status_code == 404


def test_a_merged_story_leads_to_the_one_it_joined(own_site: Site) -> None:
    from feedstream.domain.events import StoryMergedInto
    from feedstream.domain.ids import story_stream

    async def merge(app):
        story = await publish(app, "Barges wait", slug="barges-wait")
        envelope = app.newsroom.envelope(
            StoryMergedInto(target=own_site.ids["gate"]),
            story_stream(story),
            effective=app.newsroom.clock(),
            actor="desk",
        )
        await app.log.append([envelope])
        await app.settle()

    at_desk(own_site.home, merge)
    answer = own_site.http.get("/stories/barges-wait")
    assert answer.status_code == 301
    assert answer.headers["location"] == "/stories/northern-lock-gate"


def test_history_names_every_change_in_plain_words(site: Site) -> None:
    page = _page(site, "/stories/northern-lock-gate/history")
    rows = [[cell.text_content() for cell in row] for row in page.xpath("//tbody/tr")]
    assert [int(row[0]) for row in rows] == list(range(len(rows), 0, -1))
    words = [row[1] for row in rows]
    assert words[-1] == "Published"
    assert "Correction issued" in words
    assert {row[3] for row in rows} == {"desk", "standards editor"}


def test_feeds_are_listed_in_three_formats_that_all_answer(site: Site) -> None:
    page = _page(site, "/feeds/")
    links = [a.get("href") for a in page.xpath('//ul[@class="feeds"]//span[@class="formats"]/a')]
    assert any(link.startswith("/feeds/section/harbour.") for link in links)
    assert any(link.startswith("/feeds/tag/locks.") for link in links)
    assert f"/feeds/story/{site.ids['gate']}.json" in links
    for link in links:
        assert site.http.get(link).status_code == 200, link


def test_the_page_of_feeds_says_what_each_kind_is_for(site: Site) -> None:
    page = _page(site, "/feeds/")
    sections = {
        section.xpath("string(h2)"): [
            li.xpath("string(*[1])").strip() for li in section.xpath(".//li")
        ]
        for section in page.xpath("//main/section")
    }
    assert list(sections) == [
        "All stories",
        "Sections",
        "Tags",
        "Authors",
        "One story each",
        "For machines",
    ]
    first = [line.split()[0] for line in sections["All stories"]]
    assert first == ["Stories", "Updates", "Corrections"]
    assert "what is right and why" in sections["All stories"][2]
    assert sections["Tags"] == ["locks", "shipping"]
    assert sections["Authors"] == ["Jan Peel", "Marit Oss"]
    assert len(sections["One story each"]) == 3


async def _many(app: App) -> None:
    for number in range(STORY_FEEDS + 5):
        tags = tuple(f"t{number:02}-{one:02}" for one in range(10))
        await publish(app, f"Notice {number}", tags=tags, effective=None)
    await app.settle()


def test_the_page_of_feeds_and_the_opml_stay_short_on_a_large_site(own_site: Site) -> None:
    """Of 250 tags the page names no more than it may, of the stories the latest."""
    at_desk(own_site.home, _many)
    page = _page(own_site, "/feeds/")
    tags = page.xpath("//section[h2 = 'Tags']")[0]
    assert len(tags.xpath(".//li")) == LABEL_FEEDS
    assert "The first 200 by their addresses." in tags.text_content()
    stories = page.xpath("//section[h2 = 'One story each']//li/a/text()")
    assert len(stories) == STORY_FEEDS
    assert f"Notice {STORY_FEEDS + 4}" in stories
    assert "Notice 0" not in stories
    opml = own_site.http.get("/feeds/index.opml").text
    assert "/feeds/tag/t24-09.rss" in opml
    assert "/feeds/story/" not in opml


def test_a_story_leads_to_all_its_forms(site: Site) -> None:
    page = _page(site, "/stories/northern-lock-gate")
    links = {
        link.get("type"): link.get("href")
        for link in page.xpath('//link[@rel="alternate" and contains(@href, "/story/")]')
    }
    address = f"/feeds/story/{site.ids['gate']}"
    assert links == {
        "application/rss+xml": f"{address}.rss",
        "application/atom+xml": f"{address}.atom",
        "application/feed+json": f"{address}.json",
        "application/json": f"{address}.ninjs.json",
        "application/vnd.iptc.g2.newsitem+xml": f"{address}.newsml.xml",
    }
    for type_, href in links.items():
        answer = site.http.get(href)
        assert answer.status_code == 200, href
        assert answer.headers["content-type"].startswith(type_)


def test_a_killed_story_is_told_to_news_systems_as_canceled(site: Site) -> None:
    address = f"/feeds/story/{site.ids['killed']}"
    assert site.http.get(f"{address}.rss").status_code == 410
    answer = site.http.get(f"{address}.ninjs.json")
    assert answer.json()["pubStatus"] == "canceled"
    assert "Pilot" not in answer.text + site.http.get(f"{address}.newsml.xml").text
    assert site.http.get(f"/feeds/story/{site.ids['embargoed']}.ninjs.json").status_code == 404


def test_a_story_is_told_to_search_engines_as_it_stands(site: Site) -> None:
    page = _page(site, "/stories/northern-lock-gate")
    (data,) = page.xpath('//script[@type="application/ld+json"]/text()')
    told = json.loads(data)
    assert told["@type"] == "LiveBlogPosting"
    assert told["headline"] == "Lock gate jams at the northern quay"
    assert [one["headline"] for one in told["liveBlogUpdate"]] == [
        "First barges through the lock",
        "Cable cut free at noon",
    ]
    past = _page(site, "/stories/northern-lock-gate?at=1")
    assert not past.xpath('//script[@type="application/ld+json"]')


def test_text_is_escaped_and_bodies_are_not(own_site: Site) -> None:
    headline = 'Tide <script>alert(1)</script> & "surge"'
    at_desk(
        own_site.home,
        lambda app: publish(
            app, headline, slug="tide", body="<p>High <em>water</em><script>x</script></p>"
        ),
    )
    answer = wait_for(lambda: own_site.http.get("/stories/tide"), lambda a: a.status_code == 200)
    assert "<script>alert" not in answer.text
    assert "Tide &lt;script&gt;" in answer.text
    assert "<em>water</em>" in answer.text
    assert "<script>x" not in answer.text


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    for path in ("/", "/stories/nothing", "/feeds/stories.rss", "/static/site.css", "/healthz"):
        headers = site.http.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"]


def test_pages_hold_nothing_that_the_policy_forbids(site: Site) -> None:
    for path in ("/", "/stories/northern-lock-gate", "/feeds/"):
        page = _page(site, path)
        assert not page.xpath("//@style | //style")
        # A script without an address may hold data alone: browsers run no other type.
        loose = page.xpath("//script[not(@src)]/@type")
        assert set(loose) <= {"application/ld+json"}
        for address in page.xpath("//script/@src | //link[@rel='stylesheet']/@href"):
            assert site.http.get(address).status_code == 200


def test_a_page_is_not_sent_twice_to_who_has_it(site: Site) -> None:
    first = site.http.get("/stories/northern-lock-gate")
    again = site.http.get(
        "/stories/northern-lock-gate", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("after", ["-1", "x", "²", "99999999", ""])
def test_an_offset_that_means_nothing_gives_the_first_page(site: Site, after: str) -> None:
    answer = site.http.get("/", params={"after": after})
    assert answer.status_code == 200
    assert "Lock gate jams" in answer.text


def test_the_index_goes_on_on_further_pages(own_site: Site) -> None:
    async def many(app):
        for number in range(31):
            await publish(app, f"Notice to shipping {number}")
        await app.settle()

    at_desk(own_site.home, many)
    first, second = own_site.http.get("/"), own_site.http.get("/?after=30")
    assert html.fromstring(first.text).xpath('//a[@rel="next"]')
    seen = [a.get("href") for t in (first, second) for a in html.fromstring(t.text).xpath("//h2/a")]
    assert len(seen) == len(set(seen)) == 34


def test_other_methods_are_refused(site: Site) -> None:
    assert site.http.post("/").status_code == 405
    assert site.http.request("HEAD", "/").status_code == 200
