"""A prediction as a learner meets it in JupyterLab: chosen by keyboard, kept, told, and never given away by Run All."""

import re
from pathlib import Path

import pytest
from in_jupyterlab import Running, RunNotebook, contrast, menu, shot
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.long]

PREDICTION = "00.p1"


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


def test_a_choice_made_by_keyboard_is_kept_told_and_there_after_a_restart(page: Page, run: RunNotebook) -> None:
    run("chosen", "import labkit", f'labkit.predict("{PREDICTION}")', "print('the next cell')")
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
    page: Page, run: RunNotebook, running: Running
) -> None:
    run("reopened", "import labkit", 'labkit.predict("00.p2")')
    expect(page.locator(".wirelab-ask")).to_be_visible(timeout=30_000)
    choose_by_keyboard(page, 1)
    expect(answered(page)).to_contain_text("You chose b", timeout=20_000)
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    path = running.work / "notebooks" / "reopened.ipynb"
    assert "You chose b" in path.read_text(encoding="utf-8")
    menu(page, "Kernel", "Shut Down Kernel")
    expect(page.get_by_role("button", name="No Kernel", exact=True)).to_be_visible(timeout=30_000)

    page.reload()

    expect(answered(page)).to_contain_text("You chose b, and it is kept.", timeout=60_000)
    assert "Error displaying widget" not in page.locator("body").inner_text()


def test_run_all_neither_waits_nor_spoils(page: Page, run: RunNotebook) -> None:
    run("all", "import labkit", 'labkit.predict("00.p3")', 'labkit.quiz("10.q1")', "print('at the end')")

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
def test_a_question_is_readable_in_both_themes(page: Page, run: RunNotebook, theme: str, tmp_path: Path) -> None:
    name = theme.rsplit(maxsplit=1)[-1].lower()
    wait = f'labkit.predict("10.{"p1" if name == "light" else "p2"}")'
    run(f"theme_{name}", "import labkit", wait, 'labkit.quiz("10.q1", "a")', theme=theme)
    expect(page.locator(".wirelab-ask")).to_be_visible(timeout=30_000)
    page.locator(".wirelab-ask input").first.check()
    shot(page, f"question_{name}", tmp_path)

    for each in (".wirelab-ask label", ".wirelab-ask button", ".wirelab-question p"):
        assert contrast(page, each) >= 4.5, f"{each} in {theme}"
