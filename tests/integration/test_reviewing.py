"""Reviewers at the page: by keyboard alone, two at once, shared addresses, stories, files; and axe finds nothing."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from stream.events.events import encode
from stream.store.history import History
from stream.trends.leaderboard import Shown, Snapshot
from tests.integration.browser import Replay, chromium, replaying
from tests.machine import AXE, TOOLS, lacks
from tests.stream.events.event_samples import event

TOKEN = "0123456789abcdef"
WORDS = [first + second for first in "春夏秋冬" for second in "山水花鸟风雪"]
START_S = 1_704_067_200.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which WORDS wait, held a minute apart, each with a curve."""
    path = tmp_path_factory.mktemp("reviewing") / "words.sqlite"
    history = History(str(path))
    held = [event(word, START_S + 60 * n, status="held", count=8 + n, score=6.0 + n) for n, word in enumerate(WORDS)]
    history.add(map(encode, held))
    shown = tuple(
        Shown(one, one.first_seen_s, one.count, one.score, tuple(range(n % 7, 12))) for n, one in enumerate(held)
    )
    history.follow(Snapshot(START_S + 1500, True, 60.0, START_S + 1500, shown))
    history.close()
    return path


@pytest.fixture(scope="module")
def replay(store: Path) -> Iterator[Replay]:
    """Everything is held until somebody says so."""
    with replaying("trends.hold=true", f"server.token={TOKEN}", f"store.path={store}") as replay:
        yield replay


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield context
    context.close()


def reviewer(context: BrowserContext, replay: Replay, name: str, query: str = "?status=held&verdict=none") -> Page:
    """Signed in, before the list of what is to be judged."""
    page = context.new_page()
    page.add_init_script(f"sessionStorage.setItem('token', '{TOKEN}'); sessionStorage.setItem('name', '{name}')")
    page.goto(replay.address + query)
    expect(page.locator("details").first).to_be_visible(timeout=30_000)
    expect(page.locator("#sign")).to_have_text(f"Signed in as {name}")
    return page


def listed(page: Page) -> list[str]:
    return page.locator("details").evaluate_all("every => every.map(one => one.dataset.word)")


def judged(page: Page, replay: Replay) -> dict[str, tuple[str, str]]:
    found = page.request.get(f"{replay.address}api/verdicts").json()["verdicts"]
    return {one["word"]: (one["verdict"], one["by"]) for one in found}


def test_a_reviewer_works_through_twenty_held_words_by_keyboard_alone(context: BrowserContext, replay: Replay) -> None:
    page = reviewer(context, replay, "mei")
    expect(page.locator("details")).to_have_count(len(WORDS))
    page.keyboard.press("j")
    seen = []
    for number in range(20):
        focused = page.evaluate("document.activeElement.closest('details').dataset.word")
        assert focused not in seen, "the next one has the focus"
        seen.append(focused)
        if number == 10:
            page.keyboard.press("p")
            expect(page.get_by_label(f"the word that {focused} is part of")).to_be_focused()
            page.keyboard.type("别的词")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("r" if number % 2 else "a")
        expect(page.locator(f'details[data-word="{focused}"]')).to_have_count(0)
    said = judged(page, replay)
    assert [said[word] for word in seen[:4]] == [("accepted", "mei"), ("refused", "mei")] * 2
    assert said[seen[10]] == ("part_of", "mei")
    page.keyboard.press("u")
    expect(page.locator(f'details[data-word="{seen[-1]}"]')).to_have_count(1)
    assert seen[-1] not in judged(page, replay)


def test_two_reviewers_see_what_the_other_one_says(context: BrowserContext, replay: Replay, browser: Browser) -> None:
    one = reviewer(context, replay, "mei", "?verdict=none")
    with browser.new_context() as second:
        other = reviewer(second, replay, "lin", "?verdict=none")
        word = listed(one)[0]
        one.locator(f'details[data-word="{word}"] summary').click()
        one.locator(f'details[data-word="{word}"]').get_by_label(f"note on {word}").fill("half a word")
        one.get_by_role("button", name="Refuse").click()
        expect(other.locator(f'details[data-word="{word}"]')).to_have_count(0, timeout=10_000)
        other.locator("#verdict").select_option("refused")
        row = other.locator(f'details[data-word="{word}"]')
        row.locator("summary").click()
        expect(row.locator(".say p")).to_contain_text("refused by mei")
        expect(row.locator(".say p")).to_contain_text("half a word")
        row.get_by_role("button", name="Accept").click()  # the last one holds
        expect(row).to_have_count(0)
        assert judged(one, replay)[word] == ("accepted", "lin")


def test_a_refused_word_leaves_page_and_export_and_an_accepted_one_is_announced(
    context: BrowserContext, replay: Replay
) -> None:
    page = reviewer(context, replay, "mei", "?verdict=none")
    refused, accepted, *_ = listed(page)
    for word, key in ((refused, "r"), (accepted, "a")):
        page.locator(f'details[data-word="{word}"] summary').focus()
        page.keyboard.press(key)
        expect(page.locator(f'details[data-word="{word}"]')).to_have_count(0)
    page.goto(replay.address)
    expect(page.locator(f'details[data-word="{accepted}"]')).to_have_count(1)
    expect(page.locator(f'details[data-word="{refused}"]')).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    file = Path(download.value.path()).read_text("utf-8")
    assert download.value.suggested_filename == "new_words-csv.csv"
    assert (f"\n{accepted}," in file, f"\n{refused}," in file) == (True, False)
    status = page.request.get(f"{replay.address}api/words/{accepted}").json()["word"]["status"]
    assert status in ("emerged", "rising")


def test_back_and_shared_addresses_restore_the_view(context: BrowserContext, replay: Replay) -> None:
    page = reviewer(context, replay, "mei", "")
    page.locator("#order").select_option("count")
    page.locator("#status").select_option("held")
    first = listed(page)[0]
    page.locator(f'details[data-word="{first}"] summary').click()
    expect(page.locator(f'details[data-word="{first}"] .more blockquote').first).to_be_visible()
    address = page.url
    assert {"order=count", "status=held"} <= set(address.partition("?")[2].split("&"))
    page.get_by_role("button", name="Stories").click()
    expect(page.locator(".card").first).to_be_visible()
    page.go_back()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#status")).to_have_value("held")
    page.go_back()
    expect(page.locator("#status")).to_have_value("")
    other = context.new_page()
    other.goto(address)
    expect(other.locator(f'details[data-word="{first}"] .more blockquote').first).to_be_visible()
    expect(other.locator("#order")).to_have_value("count")


def test_a_range_is_chosen_on_the_history_and_narrows_the_list(context: BrowserContext, replay: Replay) -> None:
    page = reviewer(context, replay, "mei", "")
    expect(page.locator("#bars rect")).to_have_count(100)
    before = page.locator("#total").inner_text()
    page.get_by_role("slider", name="From").focus()
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.wait_for_function("before => document.getElementById('total').textContent !== before", arg=before)
    assert "since=" in page.url
    expect(page.locator("#bars rect.in")).to_have_count(40)


def test_curves_of_several_words_are_compared(context: BrowserContext, replay: Replay) -> None:
    page = reviewer(context, replay, "mei", "")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator("#compare polyline")).to_have_count(2)
    page.locator("#compare").get_by_role("button", name=re.compile("leave out")).first.click()
    expect(page.locator("#compare polyline")).to_have_count(1)


def test_without_the_token_there_is_nothing_to_press(context: BrowserContext, replay: Replay) -> None:
    page = context.new_page()
    page.goto(replay.address)
    page.locator("summary").first.click()
    expect(page.locator(".more blockquote, .more p").first).to_be_visible()
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    page.keyboard.press("a")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Token").fill("not the token at all")
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This token is not the right one.")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Accept")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(browser: Browser, replay: Replay, scheme: str, width: int) -> None:
    if not (TOOLS / AXE).is_file():
        lacks("needs axe-core: python -m tests.machine")
    axe = (TOOLS / AXE).read_text("utf-8")
    with browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    ) as context:  # type: ignore[arg-type]
        page = reviewer(context, replay, "mei", "")
        page.locator("summary").first.click()
        expect(page.get_by_role("button", name="Accept")).to_be_visible()
        page.keyboard.press("c")
        page.get_by_role("button", name="Why this word?").click()
        expect(page.locator("#answer li").first).to_be_visible()
        page.evaluate(axe)
        for step in ("words", "dialog", "stories"):
            if step == "dialog":
                page.keyboard.press("?")
            if step == "stories":
                page.keyboard.press("Escape")
                page.get_by_role("button", name="Stories").click()
                expect(page.locator(".card").first).to_be_visible()
            found = page.evaluate("axe.run().then(result => result.violations)")
            said = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]
            assert said == [], f"{step}: {json.dumps(said, ensure_ascii=False)}"
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_what_was_decided_holds_for_the_export_of_the_store(replay: Replay, store: Path, tmp_path: Path) -> None:
    """The command reads the same verdicts as the page."""
    from stream.store.history import History
    from stream.store.words import WordFilter, events_within, find_words

    with History(str(store)).reading() as connection:
        found = find_words(connection, WordFilter(verdicts=("accepted", "refused")), limit=1000).words
        bodies = events_within(connection, [one.key for one in found], 0.0, 1e12)
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join(bodies))
    command = [sys.executable, "-m", "stream", "export", "--events", str(events), "--set", f"store.path={store}",
               "--quiet", "--verdict", "accepted", "--status", "emerged,rising,faded"]  # fmt: skip
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert set(words) == {one.word for one in found if one.verdict == "accepted"}
    assert words
