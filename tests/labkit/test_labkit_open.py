"""`labkit.open` in real Python processes, as kernels come and go: restarted, interrupted, two lessons side by side."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages
import pytest
import requests

import labkit
from labkit import session

ROOT = Path(__file__).parents[2]

# A kernel's first cells: open the lesson, ask once, show what came; then do what the test adds.
KERNEL = """
import json, sys
import requests
import labkit
from labkit import session

def ask(lab, query, **options):
    headers = {"authorization": f"Bearer {lab.key}", "x-lab-pace": options.pop("pace", "ttft=0;tps=10000")}
    return requests.post(lab.url + "/api/v1/query/stream", json={"query": query}, headers=headers, timeout=9, **options)

def tell(**what):
    print(json.dumps(what), flush=True)

lab = labkit.open(sys.argv[1])
text = ask(lab, "How do I brew green tea?").text
tell(pid=session.find().pid, url=lab.url, key=lab.key, text=text, wire=lab.wire().text)
"""

INTERRUPTED = """
try:
    with ask(lab, "Tell me a story about AI", pace="ttft=0;tps=2", stream=True) as answer:
        for line in answer.iter_lines():
            if b"chunk" in line:
                tell(reading=True)
except KeyboardInterrupt:
    ended = lab.wire(wait=5).exchange.ended
    ask(lab, "Hello", pace="ttft=0.5")  # time enough for a server that was interrupted too to stop listening
    tell(ended=ended, again=ask(lab, "Hello").status_code, pid=session.find().pid)
"""


def kernel(lesson: str, more: str = "", **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", KERNEL + more, lesson]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, **options)


def said(child: subprocess.Popen[str]) -> dict[str, Any]:
    """The next thing that a kernel tells."""
    assert child.stdout is not None
    told: dict[str, Any] = json.loads(child.stdout.readline())
    return told


def run(lesson: str) -> dict[str, Any]:
    """A kernel from its start to its end."""
    with kernel(lesson) as child:
        told = said(child)
    assert child.returncode == 0
    return told


def knows(told: dict[str, Any]) -> bool:
    """Whether the server still knows the sandbox of a kernel."""
    answer = requests.get(f"{told['url']}/v1/models", headers={"authorization": f"Bearer {told['key']}"}, timeout=5)
    return answer.status_code == 200


def test_a_restarted_kernel_finds_the_same_server_and_a_fresh_sandbox_that_behaves_the_same(shared_home: Path) -> None:
    before, after = run("10"), run("10")
    assert psutil.pid_exists(before["pid"])
    assert (after["pid"], after["url"]) == (before["pid"], before["url"])
    assert after["key"] != before["key"]
    assert (after["text"], after["wire"]) == (before["text"], before["wire"])
    assert before["text"].endswith("[DONE]\n\n") and before["wire"].endswith("request 1 on connection 1")
    assert knows(before), "what the old kernel began goes on: only its own process ended"


def test_two_kernels_with_two_lessons_share_the_server_and_nothing_else(shared_home: Path) -> None:
    with kernel("00") as one, kernel("10") as other:
        told = [said(one), said(other)]
    assert told[0]["pid"] == told[1]["pid"]
    assert told[0]["key"] != told[1]["key"]
    assert told[0]["wire"] != told[1]["wire"], "another lesson, another seed"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to signal")
def test_an_interrupt_in_the_middle_of_a_stream_ends_the_stream_and_not_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))  # so that it is the interrupted kernel that starts the server
    try:
        with kernel("10", INTERRUPTED, start_new_session=True) as child:
            begun = said(child)
            assert said(child) == {"reading": True}
            os.killpg(child.pid, signal.SIGINT)
            while (told := said(child)) == {"reading": True}:
                pass
        assert told == {"ended": "client left", "again": 200, "pid": begun["pid"]}
    finally:
        session.stop()


def test_an_interrupt_while_the_server_starts_leaves_no_half_of_one_and_the_next_cell_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))
    asked = []

    def find() -> None:
        asked.append(1)
        if len(asked) == 3:  # before the lock, under the lock, and now the server is on its way
            raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(session, "find", find)
        with pytest.raises(KeyboardInterrupt):
            labkit.open("10")
    started = session._children[-1]
    assert started.returncode is not None, "it was ended and reaped"
    assert session.find() is None
    lab = labkit.open("10")
    try:
        assert requests.get(f"{lab.url}/health", timeout=5).status_code == 200
    finally:
        lab.witness.close()
        session.stop()


def test_importing_labkit_loads_neither_the_notebook_nor_a_server(shared_home: Path) -> None:
    code = "import sys, labkit; print([name for name in sys.modules if name.split('.')[0] in ('httpx2', 'labserver')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_labkit_has_five_names_and_says_so_of_any_other() -> None:
    assert labkit.__all__ == ["Lab", "grade", "open", "predict", "quiz"]
    assert all(callable(getattr(labkit, name)) for name in labkit.__all__)
    assert labkit.Lab.__name__ == "Lab"
    with pytest.raises(AttributeError, match="no attribute 'close'"):
        labkit.close  # noqa: B018  # asking for it is the test
