"""Find a Chromium for the browser tests, or install one where that may be done. Knows machines; knows no test.

`python tests/browser/find.py --install` is the first thing that `make test` does.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
LOUD = "=" * 78


def browser() -> str | None:
    """The path of a Chromium-like browser: WIRELAB_BROWSER first, then the PATH, the usual places, Playwright's own."""
    return next(_candidates(), None)


def _candidates() -> Iterator[str]:
    if chosen := os.environ.get("WIRELAB_BROWSER"):
        yield chosen
    yield from filter(None, map(shutil.which, NAMES))
    yield from (place for place in PLACES if Path(place).exists())
    cache = {"win32": "AppData/Local/ms-playwright", "darwin": "Library/Caches/ms-playwright"}
    own = Path.home() / cache.get(sys.platform, ".cache/ms-playwright")
    yield from (
        str(path) for path in own.glob("chromium-*/chrome-*/chrome*") if path.is_file() and os.access(path, os.X_OK)
    )


def install() -> None:
    """Debian's package where we are root, else Playwright's download. Failing is told, not raised: a skip follows."""
    apt = shutil.which("apt-get")
    if apt and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("No browser found: installing Debian's chromium for the browser tests.", flush=True)
        steps = [[apt, "update", "-qq"], [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"]]
    else:
        print("No browser found: asking Playwright for one for the browser tests.", flush=True)
        steps = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for step in steps:
        done = subprocess.run(step, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            print(f"{' '.join(step[:3])} failed:\n{done.stderr[-500:]}", flush=True)
            return


def main() -> int:
    if browser() is None and "--install" in sys.argv:
        install()
    found = browser()
    if found is not None:
        print(f"Browser tests will use {found}")
        return 0
    ci = os.environ.get("CI", "").lower() in ("1", "true")
    what = "In CI that is a failure." if ci else "THE BROWSER TESTS WILL BE SKIPPED."
    print(
        f"{LOUD}\nNo Chromium, Chrome or Edge on this machine. {what}\n"
        f"Install one, or set WIRELAB_BROWSER to its program.\n{LOUD}"
    )
    return 1 if ci else 0


if __name__ == "__main__":
    raise SystemExit(main())
