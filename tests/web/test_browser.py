"""What a reader sees in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from feedstream.domain import commands as c
from tests.web.conftest import Site
from tests.web.site import at_desk, order, publish, update

CHROMIUM = Path("/usr/bin/chromium")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
ARGS += ["--disable-component-update", "--disable-sync"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails its test on any error in the console, such as a breach of the policy."""
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    # The browser itself reports a 410 as an error: that one is expected where a test asks for it.
    assert [text for text in wrong if "410" not in text] == []


def _shot(page: Page, name: str) -> None:
    if folder := os.environ.get("FEEDSTREAM_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_an_update_appears_without_reload_and_the_text_stays_in_place(
    own_site: Site, page: Page
) -> None:
    page.goto(f"{own_site.url}/stories/northern-lock-gate")
    _shot(page, "story-light")
    page.evaluate("window.stayed = true")
    page.evaluate("document.getElementById('report').scrollIntoView({behavior: 'instant'})")
    before = page.evaluate("document.getElementById('report').getBoundingClientRect().top")
    assert page.evaluate("window.scrollY") > 40
    new = at_desk(
        own_site.home,
        lambda app: update(app, own_site.ids["gate"], "Rail measured from end to end"),
    )
    section = page.locator(f"#u-{new}")
    expect(section).to_contain_text("Rail measured from end to end", timeout=5000)
    expect(section).to_have_class("update fresh")
    expect(page.get_by_role("status")).to_have_text("This page has one new entry.")
    after = page.evaluate("document.getElementById('report').getBoundingClientRect().top")
    assert abs(after - before) < 2
    assert page.evaluate("window.stayed") is True
    _shot(page, "story-updated")


def test_a_kill_empties_an_open_page(own_site: Site, page: Page) -> None:
    page.goto(f"{own_site.url}/stories/northern-lock-gate")
    expect(page.locator("h1")).to_contain_text("Lock gate")
    at_desk(
        own_site.home,
        lambda app: order(app, c.KillStory, own_site.ids["gate"], reason="Unsafe."),
    )
    expect(page.locator("h1")).to_have_text("Removed", timeout=5000)
    expect(page.locator("body")).not_to_contain_text("Divers")
    assert "Lock gate" not in page.title()


def test_a_new_story_appears_on_the_index(own_site: Site, page: Page) -> None:
    page.goto(own_site.url)
    at_desk(own_site.home, lambda app: publish(app, "Buoy adrift off the pier"))
    teaser = page.locator("ol.stories li", has_text="Buoy adrift off the pier")
    expect(teaser).to_be_visible(timeout=5000)
    expect(teaser).to_have_class("fresh")


def test_changes_that_concern_another_story_leave_the_page_alone(
    own_site: Site, page: Page
) -> None:
    with page.expect_response("**/live"):
        page.goto(f"{own_site.url}/stories/fish-auction-moves-to-the-new-hall")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with own_site.http.stream("GET", "/live") as answer:
        lines = answer.iter_lines()
        next(line for line in lines if line == "event: hello")
        at_desk(own_site.home, lambda app: update(app, own_site.ids["gate"], "Rail measured"))
        next(line for line in lines if line == "event: change")
    page.wait_for_timeout(300)
    assert [url for url in asked if "/stories/" in url] == []


def test_all_is_there_without_javascript(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url)
    page.get_by_role("link", name="Lock gate jams at the northern quay").click()
    expect(page.get_by_role("heading", name="Cable cut free at noon")).to_be_visible()
    expect(page.get_by_text("eleven barges", exact=True)).to_be_visible()
    page.get_by_role("link", name="revision").click()
    expect(page.get_by_role("row")).not_to_have_count(0)
    context.close()


def test_light_and_dark_follow_the_reader_and_contrast_holds(site: Site, browser: Browser) -> None:
    found = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 800})
        page = context.new_page()
        for path, name in (
            ("/", "index"),
            ("/stories/northern-lock-gate", "story"),
            ("/stories/ferry-to-add-night-sailings", "retracted"),
            ("/stories/northern-lock-gate/history", "history"),
            ("/feeds/", "feeds"),
            ("/stories/pilot-named", "killed"),
        ):
            page.goto(site.url + path)
            _shot(page, f"{name}-{scheme}")
            poor = page.evaluate(CONTRAST)
            assert poor == [], (scheme, path)
        found[scheme] = _background(page)
        context.close()
    assert found["light"] != found["dark"]


@pytest.mark.parametrize("width", [320, 390, 820])
def test_nothing_runs_off_a_narrow_screen(site: Site, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 700})
    page = context.new_page()
    for path in ("/", "/stories/northern-lock-gate", "/feeds/", "/stories/lock-gate/history"):
        page.goto(site.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        _shot(page, f"narrow-{width}-{path.strip('/').replace('/', '_') or 'index'}")
    context.close()


def test_the_keyboard_reaches_the_text_first(site: Site, page: Page) -> None:
    page.goto(site.url)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


# Texts whose colour has less than 4.5:1 to what lies behind (WCAG 2.2, 1.4.3).
CONTRAST = """() => {
  const numbers = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const pair = [light(numbers(getComputedStyle(one).color)), light(behind(one))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) poor.push(`${one.tagName} ${one.className}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
