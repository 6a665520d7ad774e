"""`make screenshots`: the page in a browser, on a desk and on a phone, by day and by night, to be looked at.

Into the folder that is named, from a replay of a made-up stream; `desk-light-open` is the picture in README.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.integration.browser import PLANTED, chromium, replaying, texts

SIZES = {"desk": (1180, 800), "phone": (390, 844)}


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, replaying() as replay:
        replay.feed(texts(hostile=False)[:-1000])
        for size, (width, height) in SIZES.items():
            for scheme in ("light", "dark"):
                viewport = {"width": width, "height": height}
                page = browser.new_page(viewport=viewport, color_scheme=scheme, device_scale_factor=1.5)  # type: ignore[arg-type]
                page.goto(replay.address)
                take(page, folder / f"{size}-{scheme}")
                page.close()
    return 0


def take(page: Page, path: Path) -> None:
    """The words, one of them opened, and an explanation."""
    expect(page.get_by_text(PLANTED[2], exact=True)).to_be_visible(timeout=60_000)
    page.wait_for_timeout(2500)
    page.screenshot(path=f"{path}.png")
    row = page.locator("details", has=page.get_by_text(PLANTED[1], exact=True))
    row.locator("summary").click()
    page.screenshot(path=f"{path}-open.png")
    row.get_by_role("button", name="Why this word?").click()
    expect(page.locator("#answer li").first).to_be_visible()
    page.screenshot(path=f"{path}-why.png")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
