"""A JupyterLab as `wirelab up` starts it, and a real Chromium in front of it."""

import json
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from in_jupyterlab import Running, RunNotebook, menu
from playwright.sync_api import Browser, Page, expect, sync_playwright

from labkit.author.ipynb import METADATA

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.example 127.0.0.1",  # foreign names; no name is looked up anywhere
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("up")
    log = home / "up.log"
    command = [sys.executable, "-m", "labkit", "up", "--no-browser", "--lesson", "10", "--work", str(home / "work")]
    environment = {**os.environ, "LABKIT_HOME": str(home / "labkit"), "PYTHONUNBUFFERED": "1"}
    with log.open("w") as out:
        flags = subprocess.CREATE_NEW_PROCESS_GROUP if sys.platform == "win32" else 0
        up = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, creationflags=flags)
    try:
        yield _addresses(up, log, home / "work")
    finally:
        up.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
        up.wait(20)


def _addresses(up: "subprocess.Popen[bytes]", log: Path, work: Path) -> Running:
    deadline = time.monotonic() + 100  # several of them begin at once, on a disk that has not read one yet
    while time.monotonic() < deadline:
        said = log.read_text()
        server, jupyter = re.search(r"Lab server:\s+(\S+)", said), re.search(r"JupyterLab:\s+(\S+)", said)
        if server and jupyter:
            return Running(server[1], jupyter[1], work)
        if up.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"`wirelab up` did not come up:\n{log.read_text()}")


# Never wider than a module: while Playwright's synchronous API is open, it keeps an event loop running in this thread,
# and no asynchronous test can run.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = runpy.run_path(str(ROOT / "tests/browser/find.py"))["browser"]()
    if path is None:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail("no browser, and CI may not skip the browser tests")
        pytest.skip("NO BROWSER: install Chromium, or set WIRELAB_BROWSER")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def lab_page(page: Page, server) -> Page:
    """A page of the lab server's own origin, for a script that fetches and listens there."""
    page.goto(server.url)
    return page


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
def run(page: Page, running: Running, asked: list[str]) -> RunNotebook:
    """Open a notebook of these cells among the learner's copies, and run them all."""

    def write(name: str, *sources: str, theme: str = "") -> None:
        cells = [
            {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
            for n, s in enumerate(sources)
        ]
        path: Path = running.work / "notebooks" / f"{name}.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}))
        page.goto(running.jupyter.replace("10_streaming_a_language_model.ipynb", path.name) + "&reset")
        page.locator(".jp-Notebook .jp-Cell").first.click(timeout=60_000)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        if theme:
            menu(page, "Settings")
            page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Theme$")).hover()
            page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{theme}$")).click()
            expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        menu(page, "Run", "Run All Cells")

    return write
