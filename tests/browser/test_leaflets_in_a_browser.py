"""The cheat sheet on paper, and the way to it from a lesson: one printed page, and read rather than edited."""

from pathlib import Path

import pytest
from in_jupyterlab import Running, shot
from markdown_it import MarkdownIt
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SMALLEST = 11  # pixels of a letter on A4, about 8 points: smaller is not read from a desk
STYLE = f"body {{ font: {SMALLEST}px/1.35 sans-serif }} td, th {{ text-align: left; padding: 1px 8px 1px 0 }}"


def test_the_cheat_sheet_is_one_printed_page(page: Page, tmp_path: Path) -> None:
    text = (ROOT / "docs/cheatsheet.md").read_text(encoding="utf-8")
    page.set_content(f"<!doctype html><style>{STYLE}</style>{MarkdownIt('commonmark').enable('table').render(text)}")
    expect(page.get_by_role("table")).to_have_count(2)
    paper = {"top": "12mm", "bottom": "12mm", "left": "12mm", "right": "12mm"}
    printed = page.pdf(path=tmp_path / "sheet.pdf", format="A4", margin=paper)
    assert printed.count(b"/Type /Page\n") == 1


def test_a_lessons_last_line_opens_the_sheet_to_be_read(page: Page, running: Running, tmp_path: Path) -> None:
    page.goto(running.jupyter + "&reset")
    page.locator(".jp-Notebook .jp-Cell").first.click(timeout=60_000)
    page.locator(".jp-Notebook").get_by_role("link", name="the cheat sheet").click()
    sheet = page.locator(".jp-MarkdownViewer")
    expect(sheet.get_by_role("heading", name="Cheat sheet", exact=False)).to_be_visible(timeout=30_000)
    expect(sheet.get_by_role("table")).to_have_count(2)
    shot(page, "cheat_sheet", tmp_path)
    sheet.get_by_role("link", name="the glossary").click()
    words = page.locator(".jp-MarkdownViewer", has=page.get_by_role("heading", name="Glossary", exact=False))
    expect(words.get_by_role("link", name="00").first).to_be_visible(timeout=30_000)
    words.get_by_role("link", name="00").first.click()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-Notebook:visible").get_by_role("heading", name="00 Welcome to the lab")).to_be_visible()
