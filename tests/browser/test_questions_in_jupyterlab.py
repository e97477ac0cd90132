"""A prediction as a learner meets it in JupyterLab: chosen by keyboard, kept, told, and never given away by Run All."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from labkit.author.ipynb import METADATA

pytestmark = pytest.mark.browser

PREDICTION = "00.p1"
RIGHT, NOT_SO = "Six", "One: the one that I typed"
Notebook = Callable[..., Path]


@pytest.fixture
def asked(page: Page) -> Iterator[list[str]]:
    """Every address that the page asked for; at the test's end none may be of another machine."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("websocket", lambda socket: seen.append(socket.url))
    yield seen
    hosts = {urlsplit(url).hostname for url in seen if url.startswith(("http", "ws"))}
    assert hosts == {"127.0.0.1"}, "it left the machine"


@pytest.fixture
def notebook(running: Any) -> Notebook:
    """A notebook of these cells among the learner's copies."""

    def write(name: str, *sources: str) -> Path:
        cells = [
            {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
            for n, s in enumerate(sources)
        ]
        path: Path = running.work / "notebooks" / f"{name}.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}))
        return path

    return write


def open_in(page: Page, running: Any, path: Path) -> None:
    page.goto(running.jupyter.replace("10_streaming_a_language_model.ipynb", path.name) + "&reset")
    page.locator(".jp-Notebook .jp-Cell").first.click(timeout=60_000)
    idle(page)


def idle(page: Page) -> None:
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)


def menu(page: Page, name: str, entry: str) -> None:
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{name}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{entry}$")).click()


def answered(page: Page) -> Locator:
    return page.locator(".jp-Cell .wirelab-question")


def choose_by_keyboard(page: Page, steps: int) -> None:
    """Tab into the options, go down `steps` of them, Tab to the button, press it. The mouse is not touched."""
    page.locator(".wirelab-ask input").first.focus()
    page.keyboard.press("Space")
    for _ in range(steps):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_a_choice_made_by_keyboard_is_kept_told_and_there_after_a_restart(
    page: Page, running: Any, notebook: Notebook, asked: list[str]
) -> None:
    path = notebook("chosen", "import labkit", f'labkit.predict("{PREDICTION}")', "print('the next cell')")
    open_in(page, running, path)
    menu(page, "Run", "Run All Cells")
    form = page.locator(".wirelab-ask")
    expect(form.get_by_role("group", name="Predict, then run")).to_be_visible(timeout=30_000)
    expect(form.get_by_role("group")).to_have_accessible_description(re.compile("How many lines of text left"))
    expect(form.get_by_role("radio")).to_have_count(4)
    expect(form.get_by_role("button")).to_be_disabled()

    choose_by_keyboard(page, 2)

    expect(answered(page)).to_contain_text("You chose c, and it is kept. Now run the next cell", timeout=20_000)
    expect(form).to_have_count(0)
    fold = answered(page).locator("summary")
    expect(fold).to_be_focused()
    expect(answered(page).locator("details")).not_to_have_attribute("open", "")
    page.keyboard.press("Space")
    told = answered(page).locator("details p")
    expect(told.nth(2)).to_be_visible()
    expect(told.nth(2)).to_contain_text("Right, and your choice.")
    expect(told.first).to_contain_text("Not so. Tempting")

    menu(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.get_by_text("the next cell", exact=True)).to_be_visible(timeout=60_000)
    expect(answered(page)).to_contain_text("You chose c, and it is kept.", timeout=30_000)
    expect(page.locator(".wirelab-ask")).to_have_count(0)


def test_a_page_that_is_opened_again_shows_the_choice_without_any_kernel(
    page: Page, running: Any, notebook: Notebook, asked: list[str]
) -> None:
    path = notebook("reopened", "import labkit", 'labkit.predict("00.p2")')
    open_in(page, running, path)
    menu(page, "Run", "Run All Cells")
    expect(page.locator(".wirelab-ask")).to_be_visible(timeout=30_000)
    choose_by_keyboard(page, 1)
    expect(answered(page)).to_contain_text("You chose b", timeout=20_000)
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    assert "You chose b" in path.read_text(encoding="utf-8")
    menu(page, "Kernel", "Shut Down Kernel")
    expect(page.get_by_role("button", name="No Kernel", exact=True)).to_be_visible(timeout=30_000)

    page.reload()

    expect(answered(page)).to_contain_text("You chose b, and it is kept.", timeout=60_000)
    assert "Error displaying widget" not in page.locator("body").inner_text()


def test_run_all_neither_waits_nor_spoils(page: Page, running: Any, notebook: Notebook, asked: list[str]) -> None:
    path = notebook("all", "import labkit", 'labkit.predict("00.p3")', 'labkit.quiz("10.q1")', "print('at the end')")
    open_in(page, running, path)
    menu(page, "Run", "Run All Cells")

    expect(page.get_by_text("at the end", exact=True)).to_be_visible(timeout=30_000)
    expect(page.locator(".wirelab-ask")).to_have_count(2)
    shown = page.locator(".jp-Notebook").inner_text()
    assert "Right." not in shown and "Not so" not in shown and "What each option means" not in shown
    expect(answered(page)).to_have_count(0)

    page.locator(".wirelab-ask").nth(1).get_by_label("The library, nearly all of them").check()
    page.locator(".wirelab-ask").nth(1).get_by_role("button").click()

    expect(answered(page)).to_contain_text("You chose b, and it is kept. That is right.", timeout=20_000)
    expect(answered(page).locator("details p").nth(2)).to_be_visible()  # a quiz has nothing left to spoil
    expect(page.locator(".wirelab-ask")).to_have_count(1)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_question_is_readable_in_both_themes(
    page: Page, running: Any, notebook: Notebook, theme: str, tmp_path: Path
) -> None:
    name = theme.rsplit(maxsplit=1)[-1].lower()
    wait = f'labkit.predict("10.{"p1" if name == "light" else "p2"}")'
    path = notebook(f"theme_{name}", "import labkit", wait, 'labkit.quiz("10.q1", "a")')
    open_in(page, running, path)
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Settings$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Theme$")).hover()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{theme}$")).click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    menu(page, "Run", "Run All Cells")
    expect(page.locator(".wirelab-ask")).to_be_visible(timeout=30_000)
    page.locator(".wirelab-ask input").first.check()
    shots = Path(os.environ.get("WIRELAB_SHOTS", tmp_path))
    page.screenshot(path=shots / f"question_{name}.png")

    for each in (".wirelab-ask label", ".wirelab-ask button", ".wirelab-question p"):
        assert contrast(page, each) >= 4.5, f"{each} in {theme}"


def contrast(page: Page, selector: str) -> float:
    """WCAG's contrast of an element's text with what lies behind it."""
    return float(
        page.locator(selector).first.evaluate(
            """element => {
            const rgb = text => text.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
              .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
              .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            let behind = element;
            const paint = node => rgb(getComputedStyle(node).backgroundColor);
            while (behind.parentElement && paint(behind)[3] === 0) behind = behind.parentElement;
            const [a, b] = [light(rgb(getComputedStyle(element).color)), light(paint(behind))].sort((x, y) => y - x);
            return (a + 0.05) / (b + 0.05);
        }"""
        )
    )
