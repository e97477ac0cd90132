"""One open inspector page as the tests see it: what it shows, and whatever it asked for or complained of."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=15_000)  # a busy machine is no failure


class Inspector:
    def __init__(self, page: Page, url: str, key: str = "") -> None:
        self.page, self.url, self.key = page, url, key
        self.asked: list[str] = []
        self.trouble: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda said: self.trouble.append(said.text) if said.type == "error" else None)
        page.goto(f"{url}/inspector#key={key}" if key else f"{url}/inspector")
        expect(page.locator("#state")).to_have_text("Listening.")

    def line(self, number: int) -> Locator:
        return self.page.locator("#list button").filter(has_text=re.compile(rf"^#{number}\b"))

    def open(self, number: int) -> None:
        self.line(number).click()
        expect(self.title).to_have_text(re.compile(rf"^#{number} "))

    def tab(self, name: str) -> Locator:
        self.page.get_by_role("tab", name=name).click()
        return self.page.get_by_role("tabpanel")

    @property
    def title(self) -> Locator:
        return self.page.locator("#detail h2")

    @property
    def ticks(self) -> Locator:
        return self.page.locator("#detail .tick:not(.head)")

    @property
    def ended(self) -> Locator:
        return self.page.locator("#detail dt", has_text="How it ended").locator("+ dd")

    def judge(self) -> None:
        """Nothing went wrong on the page, nobody but the page's own server was asked, and no URL carried the key."""
        assert self.trouble == []
        asked = {urlsplit(url).netloc for url in self.asked if not url.startswith("blob:")}
        assert asked == {urlsplit(self.url).netloc}
        assert not [url for url in self.asked if self.key and self.key in url]
