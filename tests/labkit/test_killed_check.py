"""A kernel killed in the middle of a check: what it noted before stays, what it held on the server ages out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from labkit import checks
from labkit.progress import Progress

ROOT = Path(__file__).parents[2]
KERNEL = """
import json, sys, time
from pathlib import Path
import requests
from labkit import checks
from labkit.progress import Progress

url, progress = sys.argv[1], Progress(Path(sys.argv[2]))

def tried(answer):
    outcome = checks.run("00.2", answer, url)
    progress.note("attempt", "00.2", status=outcome.status, belief=outcome.belief)

def never_returns(base_url):
    requests.get(base_url + "/nothing")
    print(json.dumps({"door": base_url}), file=sys.__stdout__, flush=True)
    time.sleep(600)

tried(lambda base_url: requests.get(base_url + "/health"))
tried(never_returns)
"""


@pytest.fixture
def small(start_server: Any) -> Any:
    """A server with room for four sandboxes."""
    return start_server("--solo", "--max-sandboxes", "4")


def test_a_killed_check_loses_nothing_but_that_attempt(small: Any, tmp_path: Path) -> None:
    log = tmp_path / "progress.jsonl"
    kernel = subprocess.Popen([sys.executable, "-c", KERNEL, small.url, log], stdout=subprocess.PIPE, cwd=ROOT)
    assert kernel.stdout is not None
    door = json.loads(kernel.stdout.readline())["door"]
    assert small.http.get("/lab").json()["sandboxes"] == 1, "the one of the check that is running"
    kernel.kill()
    kernel.wait()
    kernel.stdout.close()

    progress = Progress(log)
    assert [entry["status"] for entry in progress.read("00.2")] == ["wrong"]
    outcome = checks.run("00.2", lambda base_url: httpx2.get(base_url + "/nothing", trust_env=False), small.url)
    progress.note("attempt", "00.2", status=outcome.status, belief="")
    assert progress.passed("00.2") and progress.tries("00.2") == 1

    assert httpx2.get(f"{door}/health", trust_env=False).status_code == 200, "its sandbox still stands"
    for _ in range(4):
        small.sandbox()
    assert small.http.get("/lab").json()["sandboxes"] == 4, "and made room for those who came after"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{door}/health", trust_env=False)
