"""What the doctor looks at around the course: environment, proxies, clock, disk, data folder. Changes nothing."""

import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from filelock import FileLock, Timeout

from labkit import runtime
from labkit.finding import Finding, Patient

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
DAY = 86400.0  # seconds
LITTLE, TOO_LITTLE = 500, 50  # MB free
PATIENCE = 2.0  # seconds for whoever writes at this very moment
SET_CLOCK = {"win32": "w32tm /resync", "darwin": "sudo sntp -sS time.apple.com"}


def venv(patient: Patient) -> Iterator[Finding]:
    prefix = Path(sys.prefix)
    inside = sys.prefix != sys.base_prefix
    activated = runtime.environment().variables.get("VIRTUAL_ENV", "")
    yield judge_venv(prefix, _venvs_python(prefix) if inside else None, activated)


def judge_venv(prefix: Path, python: Path | None, activated: str) -> Finding:
    """`python` is the folder that pyvenv.cfg names; None outside a virtual environment."""
    if python is not None and not python.is_dir():
        what = f"{prefix} was made with a Python that is gone: {python}"
        return Finding(
            "environment",
            False,
            what,
            "Delete that folder and run `make lab` (or install again as the README says): it is made anew.",
        )
    if activated and Path(activated).resolve() != prefix.resolve():
        cure = f"deactivate\nThen activate {prefix}, or go on: `wirelab` uses its own in any case."
        return Finding("environment", True, f"{activated} is active, but this command belongs to {prefix}", cure)
    return Finding("environment", True, f"{prefix}" if python else "none of its own, which is fine")


def proxies(patient: Patient) -> Iterator[Finding]:
    yield judge_proxies(runtime.environment().variables)


def judge_proxies(variables: Mapping[str, str]) -> Finding:
    """Names only: a proxy's address may hold a password."""
    there = sorted(name for name, value in variables.items() if name.lower() in PROXIES and value)
    if not there:
        return Finding("proxy", True, "none is set")
    cure = "Nothing to do for the course. A real model is asked through it; if that fails, ask whoever runs the proxy."
    return Finding("proxy", True, f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} set", cure)


def clock(patient: Patient) -> Iterator[Finding]:
    ours = (Path(__file__), (patient.root or Path()) / "course.toml")
    yield judge_clock(time.time(), max(path.stat().st_mtime for path in ours if path.is_file()))


def judge_clock(now: float, written: float) -> Finding:
    """`written` is when the course's own files were: no clock can be before that. Unix times."""
    day = time.strftime("%Y-%m-%d", time.gmtime(now))
    if now < written - DAY:
        what = f"it says {day}, which is before the course was written: tokens would be of the future"
        return Finding("clock", False, what, SET_CLOCK.get(sys.platform, "sudo timedatectl set-ntp true"))
    return Finding("clock", True, f"{day} UTC")


def disk(patient: Patient) -> Iterator[Finding]:
    places = {"work folder": patient.work, "data folder": runtime.environment().home}
    for name, place in places.items():
        there = next(path for path in (place, *place.parents) if path.exists())
        yield judge_disk(name, there, shutil.disk_usage(there).free // 1_000_000)


def judge_disk(name: str, place: Path, free: int) -> Finding:
    """`free` in MB."""
    if free >= LITTLE:
        return Finding("disk", True, f"{free / 1000:.1f} GB are free for the {name}")
    cure = f"Make room on the disk of {place}: empty the bin, clear old downloads."
    return Finding("disk", free >= TOO_LITTLE, f"only {free} MB are free for the {name}", cure)


def home(patient: Patient) -> Iterator[Finding]:
    """Whether the data folder can be written, and whether somebody holds one of its locks."""
    place = runtime.environment().home
    there = next(path for path in (place, *place.parents) if path.exists())
    log = runtime.environment().progress
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        if log.exists():
            log.open("ab").close()
    except OSError as error:
        cure = "Make it yours (it must not belong to root), or set LABKIT_HOME to a folder that you can write."
        yield Finding("data folder", False, f"{place} cannot be written: {error.strerror}", cure)
        return
    held = [what for what in (_lock_held(place), _database_held(place)) if what]
    for what in held:
        cure = "wirelab down\nIf it stays: close other notebooks, then restart the computer."
        yield Finding("data folder", False, what, cure)
    if not held:
        yield Finding("data folder", True, f"{place} can be written, and nobody holds it")


def _lock_held(place: Path) -> str:
    path = place / "server.lock"
    if not path.exists():
        return ""
    try:
        with FileLock(path).acquire(timeout=PATIENCE):
            return ""
    except Timeout:
        return f"another program holds {path.name}: it starts a lab server, or hangs while it does"


def _database_held(place: Path) -> str:
    path = place / "data" / "lab.sqlite"
    if not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
    except sqlite3.Error as error:
        return f"{path.name}: {error}"
    return ""


def _venvs_python(prefix: Path) -> Path | None:
    """The folder of the Python that the virtual environment was made with, from its pyvenv.cfg."""
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    home = next((line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == "home"), "")
    return Path(home) if home else None
