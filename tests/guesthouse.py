"""Programs that are not ours and that some tests need, each in an environment of its own. Knows pip; knows no test.

`tests/guests/NAME.txt` says what a guest needs. `python tests/guesthouse.py --install` gives each its room under
`.venv/guests/NAME`, which is the second thing that `make test` does.
"""

import hashlib
import os
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NEEDS = Path(__file__).parent / "guests"
ROOMS = Path(sys.prefix) / "guests"
LOUD = "=" * 78


def room(name: str) -> Path:
    """The guest's environment, there or not."""
    return ROOMS / name


def program(name: str, command: str) -> Path | None:
    """The path of a guest's command, such as `program("litellm", "litellm")`; None where it was not installed."""
    folder, suffix = ("Scripts", ".exe") if sys.platform == "win32" else ("bin", "")
    found = room(name) / folder / f"{command}{suffix}"
    return found if _settled(name) and found.exists() else None


def install(name: str) -> None:
    """Make the guest's room, if what it needs has changed. Failing is told, not raised: a skip follows."""
    if _settled(name):
        return
    print(f"Installing {name} for its tests, in an environment of its own. This takes a minute, once.", flush=True)
    venv.create(room(name), with_pip=True, clear=True)
    python = room(name) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [
        python,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "-q",
        "--no-compile",
        "-r",
        NEEDS / f"{name}.txt",
    ]
    done = subprocess.run(list(map(str, command)), stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"pip could not install {name}:\n{done.stderr[-500:]}", flush=True)
        return
    _sign(name).write_text(_wanted(name), encoding="utf-8")


def _settled(name: str) -> bool:
    return _sign(name).is_file() and _sign(name).read_text(encoding="utf-8") == _wanted(name)


def _sign(name: str) -> Path:
    return room(name) / "settled"


def _wanted(name: str) -> str:
    return hashlib.sha256((NEEDS / f"{name}.txt").read_bytes()).hexdigest()


def main() -> int:
    names = sorted(path.stem for path in NEEDS.glob("*.txt"))
    if "--install" in sys.argv:
        with ThreadPoolExecutor() as side_by_side:
            list(side_by_side.map(install, names))
    missing = [name for name in names if not _settled(name)]
    if not missing:
        print(f"Guests for their tests: {', '.join(names)}")
        return 0
    ci = os.environ.get("CI", "").lower() in ("1", "true")
    what = "In CI that is a failure." if ci else "THEIR TESTS WILL BE SKIPPED."
    print(f"{LOUD}\nNot installed: {', '.join(missing)}. {what}\n{LOUD}")
    return 1 if ci else 0


if __name__ == "__main__":
    raise SystemExit(main())
