"""A learner's first minutes: JupyterLab opens the lesson, every cell runs, the outputs are what the course stored."""

import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.long]


def notebook(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def printed(cells: list[dict[str, Any]]) -> list[str]:
    streams = (output for cell in cells for output in cell["outputs"] if output["output_type"] == "stream")
    return ["".join(output["text"]) for output in streams]


def run_all(page: Page, address: str, path: Path) -> None:
    """Open the lesson, choose Run > Run All Cells, wait for the last cell, save."""
    page.goto(address)
    page.locator(".jp-Notebook .jp-Cell").first.click(timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    wanted = list(range(1, len(notebook(path)) + 1))
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        page.wait_for_timeout(500)
        page.keyboard.press("Control+s")
        with suppress(ValueError):  # it may be half written just now
            if [cell["execution_count"] for cell in notebook(path)] == wanted:
                page.wait_for_timeout(1000)  # the last save may still be on its way
                notebook(path)
                return
    page.screenshot(path=path.with_suffix(".png"))
    counts = [cell["execution_count"] for cell in notebook(path)]
    pytest.fail(f"not every cell ran: {counts}; see {path.with_suffix('.png')}")


LESSONS = ["00_welcome_to_the_lab", "10_streaming_a_language_model"]  # the first one, and the one with the most in it


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_learner_runs_the_whole_lesson(page: Page, running: Any, lesson: str, tmp_path: Path) -> None:
    copy = running.work / "notebooks" / f"{lesson}.ipynb"
    assert all(not cell["outputs"] for cell in notebook(copy)), "the copy gives the predictions away"
    address = running.jupyter.replace("10_streaming_a_language_model", lesson) + "&reset"

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    run_all(page, address, copy)

    shots = Path(os.environ.get("WIRELAB_SHOTS", tmp_path))
    page.screenshot(path=shots / f"{lesson}.png")
    ran, stored = notebook(copy), notebook(Path("notebooks") / f"{lesson}.ipynb")
    errors = [output for cell in ran for output in cell["outputs"] if output["output_type"] == "error"]
    assert errors == []
    assert {urlsplit(url).hostname for url in asked if url.startswith("http")} == {"127.0.0.1"}, "it left the machine"
    assert printed(ran) == printed(stored)


def test_the_index_page_of_the_lab_server_lists_its_routes(page: Page, running: Any) -> None:
    page.goto(running.server)

    assert page.locator("h1").inner_text() == "The lab server is running"
    assert "/v1/chat/completions" in page.locator("#openai table").inner_text()
