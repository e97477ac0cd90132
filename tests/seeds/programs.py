"""What runs a seed's snippet: this Python, Node, a shell with curl. Knows programs; knows no seed.

None of the others is installed by us: without one its tests are skipped with words, and in CI that is a failure.
Debian's own Node is too old for a WebSocket client, so installing it would not help.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SECONDS = 30
QUICK_TIMERS = Path(__file__).with_name("quick_timers.cjs")


def python(source: str, **given: Any) -> dict[str, Any]:
    """Run a Python snippet as a program; its names afterwards. `given` are names that stood there before it."""
    names = {"__name__": "__main__", **given}
    exec(compile(source, "snippet", "exec"), names)
    return names


def find(*names: str, chosen: str = "", cure: str) -> str:
    """The path of the first of `names` that is there; the environment's `chosen` wins. Skips, or fails in CI."""
    found = os.environ.get(chosen) or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        said = f"NO {names[0].upper()}: {cure}"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"{said} CI may not skip these tests.")
        pytest.skip(said)
    return found


def shell(script: str) -> "subprocess.CompletedProcess[str]":
    """A terminal's part: the seed's lines as one script. curl draws no progress."""
    for name in ("curl", "jq"):
        find(name, cure=f"Install {name}.")
    script = f'curl() {{ command curl --silent --show-error --max-time {SECONDS} "$@"; }}\n{script}'
    return _run([find("sh", cure="A POSIX shell."), "-c", script])


def node(script: str, *flags: str, quick: bool = False) -> "subprocess.CompletedProcess[str]":
    """Node with the script on its standard input. `quick`: its setTimeout runs twenty times as fast."""
    program = find("node", "nodejs", chosen="WIRELAB_NODE", cure="Install Node 20.10 or newer, or set WIRELAB_NODE.")
    flags = (*flags, "--require", str(QUICK_TIMERS)) if quick else flags
    # Node 22 and later have a WebSocket without the flag, and still take it.
    return _run([program, "--experimental-websocket", *flags, "-"], script)


def _run(command: list[str], script: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "NODE_PATH"}
    return subprocess.run(
        command, input=script, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False, env=environment
    )
