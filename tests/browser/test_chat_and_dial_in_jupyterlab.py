"""A conversation and the fault dial in JupyterLab, by keyboard: sent, stopped, broken on purpose, tried again."""

import re
from pathlib import Path

import pytest
from in_jupyterlab import RunNotebook, contrast, printed, shot
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.long]

OPEN = 'import labkit\nfrom labkit.widgets import chat, dial\nlab = labkit.open("00")'
SLOW = '{"x-lab-pace": "ttft=0.3;tps=4;jitter=0"}'
FAST = '{"x-lab-pace": "ttft=0;tps=200;jitter=0"}'
DIALECTS = ("query", "openai", "websocket")
WORDS = "|".join(f" word{n}" for n in range(200))


def say(page: Page, words: str) -> None:
    box = page.get_by_label("Your message")
    box.fill(words, timeout=60_000)
    box.press("Enter")


def turns(page: Page) -> Locator:
    return page.get_by_role("log", name="Conversation").locator(".turn")


def test_a_question_gets_its_answer_in_every_dialect_and_words_stay_text(page: Page, run: RunNotebook) -> None:
    run("chat", OPEN, *[f'chat(lab, dialect="{one}", model="script", headers={FAST})' for one in DIALECTS])
    hostile = "<img src=x onerror=\"document.title='owned'\">"
    windows = page.locator(".wirelab-chat")
    expect(windows).to_have_count(len(DIALECTS), timeout=60_000)

    for number in range(len(DIALECTS)):
        window = windows.nth(number)
        box = window.get_by_label("Your message")
        box.fill(f"{hostile}| is| text", timeout=60_000)
        box.press("Enter")

        said = window.get_by_role("log", name="Conversation").locator(".turn")
        expect(said).to_have_count(2, timeout=20_000)
        expect(said.nth(0).locator(".text")).to_have_text(f"{hostile}| is| text")
        expect(said.nth(1).locator(".text")).to_have_text(f"{hostile} is text")
        expect(window.locator("[role=status]")).to_have_text("The answer is whole.")
    assert page.locator(".wirelab-chat img").count() == 0
    assert "owned" not in page.title()


def test_stop_really_stops_and_one_can_go_on(page: Page, run: RunNotebook) -> None:
    cell = f'window = chat(lab, model="script", headers={SLOW})\nwindow'
    run("chat_stop", OPEN, cell)
    say(page, WORDS)
    stop = page.get_by_role("button", name="Stop")
    expect(turns(page).nth(1)).to_contain_text("word2", timeout=30_000)
    expect(page.get_by_role("button", name="Send")).to_be_disabled()

    stop.press("Enter")

    expect(turns(page).nth(1)).to_contain_text("the server saw you leave", timeout=10_000)
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(stop).to_be_disabled()
    page.locator(".jp-CodeCell .jp-InputArea-editor").last.click()
    page.keyboard.press("Control+End")
    page.keyboard.type('\nseen = lab.wire().exchange\nprint("journal:", seen.ended, seen.left_after)')
    page.keyboard.press("Control+Enter")
    left = printed(page, "journal:").split()
    assert left[:2] == ["client", "left"] and 3 <= int(left[2]) < 100


def test_a_fault_from_the_dial_breaks_the_chat_which_says_so_and_tries_again(
    page: Page, run: RunNotebook, tmp_path: Path
) -> None:
    run("dial", OPEN, "dial(lab)", f'chat(lab, model="script", headers={FAST})')
    knob = page.get_by_role("region", name="Fault dial")
    knob.get_by_label("Fault", exact=True).select_option("cut", timeout=60_000)
    knob.get_by_label("after").fill("3")
    expect(knob.locator(".plan")).to_have_text("cut;after=3")
    knob.get_by_label("on path").fill("/v1/*")
    knob.get_by_role("button", name="Apply").press("Enter")
    expect(knob.get_by_role("status")).to_have_text("In force: cut;after=3", timeout=10_000)
    expect(knob.get_by_role("listitem")).to_have_text("cut;after=3 on /v1/*: 1 left, struck 0 of 0 seen")

    say(page, "Green| tea| is| good")

    expect(turns(page).nth(1)).to_contain_text("The connection was lost in the middle of the answer", timeout=20_000)
    expect(knob.get_by_role("status")).to_have_text("Nothing is in force any more: answers are honest again.")
    expect(knob).to_contain_text("Nothing is broken on purpose in your sandbox.")
    shot(page, "dial_and_chat_light", tmp_path)
    page.get_by_role("button", name="Try again").press("Enter")
    expect(turns(page).nth(1).locator(".text")).to_have_text("Green tea is good", timeout=20_000)
    expect(turns(page)).to_have_count(2)

    knob.get_by_role("button", name="What is in force?").press("Enter")
    expect(knob.get_by_role("status")).to_have_text("This is what is in force now.", timeout=10_000)


def test_both_are_readable_in_the_dark(page: Page, run: RunNotebook, tmp_path: Path) -> None:
    talk = f'window = chat(lab, model="script", headers={FAST} | {{"x-lab-fault": "late_error;after=2"}})\nwindow'
    ask = 'window.ask("Green| tea| is| good")\n_ = window.wait()'
    run("dark", OPEN, "dial(lab)", talk, ask, theme="JupyterLab Dark")
    expect(turns(page).nth(1)).to_contain_text("The model stopped working", timeout=60_000)
    page.get_by_label("Your message").focus()
    shot(page, "dial_and_chat_dark", tmp_path)

    for each in (".turn.user .text", ".turn.assistant .note", ".wirelab-dial .plan", ".wirelab-chat .retry"):
        assert contrast(page, each) >= 4.5, each
    assert re.search("failed|did not work", page.locator(".wirelab-chat [role=status]").inner_text())
