"""The page in a real browser: words appear as texts come, can be opened and explained, and cannot inject content."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.integration.browser import PLANTED, QUIET, Replay, chromium, replaying, texts

MARKUP = "<script>hacked=1</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    """A replay that has heard its first texts, and waits for more."""
    with replaying() as replay:
        replay.feed(texts()[:QUIET])
        yield replay


@pytest.fixture
def page(browser: Browser, replay: Replay) -> Iterator[Page]:
    """Opened; when the test is over it must have asked nobody else, complained of nothing and run nothing foreign."""
    page, asked, faults = browser.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(replay.address)
    yield page
    assert [url for url in asked if not url.startswith((replay.address, "data:"))] == []
    assert [fault for fault in faults if "ERR_FAILED" not in fault] == []  # those are aborted by a test
    assert page.evaluate("typeof hacked") == "undefined"
    page.close()


def test_words_appear_by_themselves_while_texts_come(page: Page, replay: Replay) -> None:
    expect(page.locator("#void")).to_have_text("Listening. No new word yet.")
    replay.feed(texts()[QUIET:])
    for word in PLANTED:
        expect(page.locator(".word").get_by_text(word, exact=True)).to_be_visible(timeout=30_000)
    expect(page.locator("#state")).to_have_class("live")


def test_a_word_opens_to_its_evidence_and_a_text_with_markup_stays_text(page: Page) -> None:
    row = page.locator("details", has=page.get_by_text(PLANTED[1], exact=True))
    row.locator("summary").click()
    expect(row.locator("blockquote").first).to_be_visible()  # which texts are examples, the finder says
    expect(row.locator("mark").first).to_have_text(PLANTED[1])
    expect(row.locator(".chain b")).to_have_text(list(PLANTED[1]))
    expect(row.locator(".more svg .curve")).to_be_attached()
    for _ in range(2):  # it is drawn again, and stays open
        page.wait_for_event("response", lambda answer: "/api/words?" in answer.url)
    expect(row.locator("blockquote").first).to_be_visible()


def test_the_list_narrows_to_what_is_typed_and_enter_asks_why(page: Page) -> None:
    page.get_by_role("searchbox").fill(PLANTED[2])
    expect(page.locator("details:visible")).to_have_count(1)
    page.get_by_role("searchbox").fill("没有的词")
    expect(page.locator("#void")).to_have_text("No such word. Press Enter to ask why.")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#answer li.no").first).to_be_visible()
    page.locator("#answer").get_by_role("button", name="Close").click()
    expect(page.locator("#answer")).to_be_hidden()


def test_what_is_asked_stays_text(page: Page) -> None:
    page.get_by_role("searchbox").fill(MARKUP)
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#answer .word")).to_have_text(MARKUP)
    expect(page.locator("#answer li").first).to_be_visible()


def test_a_word_of_markup_stays_text(page: Page, replay: Replay) -> None:
    """No such word can come out of the flow; the page does not rely on that."""

    def hostile(route: Route) -> None:
        answer = route.fetch()
        body = json.loads(answer.body())
        body["words"][0] |= {"word": MARKUP, "example": MARKUP, "story": MARKUP}
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    def evidence(route: Route) -> None:
        body = json.loads(route.fetch(url=f"{replay.address}api/words/{quote(PLANTED[1])}").body())
        body["word"] |= {"word": MARKUP, "verdict": said | {"word": MARKUP}}
        body["events"][0] |= {"word": MARKUP, "related": [{"word": MARKUP, "overlap": 1.0}]}
        body["events"][0]["examples"][0]["text"] = MARKUP * 2
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    said = {"verdict": "part_of", "part_of": MARKUP, "note": MARKUP, "by": MARKUP, "at": "2024-01-01T00:00:00Z"}
    page.route("**/api/words?*", hostile)
    page.route("**/api/words/%3C*", evidence)
    page.reload()
    row = page.locator("details", has=page.get_by_text(MARKUP, exact=True))
    row.locator("summary").click()
    expect(row.locator(".word")).to_have_text(MARKUP)
    expect(row.locator("blockquote").first).to_have_text(MARKUP * 2)
    expect(row.locator(".say")).to_contain_text(f"part of {MARKUP} by {MARKUP}")
    row.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#compare .legend")).to_contain_text(MARKUP)
    row.get_by_role("button", name="Why this word?").click()
    expect(page.locator("#answer .word")).to_have_text(MARKUP)


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_it_fits_the_screen(width: int, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    row = page.locator("details", has=page.get_by_text(PLANTED[1], exact=True))
    row.locator("summary").click()
    row.get_by_role("button", name="Why this word?").click()
    expect(page.locator("#answer li").first).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_it_reports_when_kafka_no_longer_answers(page: Page) -> None:
    page.route("**/api/words?*", lambda route: route.abort())
    expect(page.locator("#state")).to_have_class("lost", timeout=10_000)
    page.unroute("**/api/words?*")
    expect(page.locator("#state")).to_have_class("live", timeout=10_000)
