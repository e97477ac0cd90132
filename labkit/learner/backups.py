"""Copies of what a learner had, taken before anything of theirs is replaced. Knows files; knows no exercise.

A backup is a folder `work/backups/20260102-150405` with the files under the names that they have in `work`. None is
ever written twice: whoever comes second in the same second gets `20260102-150405-2`.
"""

import shutil
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from labkit import cells

FOLDER = "backups"
RELOAD = "If a file is open in JupyterLab: File > Reload Notebook from Disk, before you type on."


class NoSuchBackup(LookupError):
    """There is no backup of this name. The message says which there are."""


def take(work: Path, names: Sequence[str]) -> str | None:
    """Copy these files, those that exist, bytes and times; the backup's name, or None where there was nothing."""
    there = [name for name in names if (work / name).is_file()]
    if not there:
        return None
    backup = _new(work)
    for name in there:
        copy = backup / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(work / name, copy)
    return backup.name


def way_back(backup: str | None) -> list[str]:
    """What to print after a replacement: the backup, the command that undoes it, and a word about JupyterLab."""
    if backup is None:
        return [RELOAD]
    return [f"What you had is kept in {FOLDER}/{backup}. The way back: wirelab restore {backup}", RELOAD]


def restore(work: Path, backup: str) -> list[str]:
    """Bring every file of the backup back, after a backup of what is there now. Raises NoSuchBackup."""
    folder = _found(work, backup)
    names = _names(folder)
    kept = take(work, names)
    for name in names:
        cells.put(work / name, (folder / name).read_bytes())
    return [f"brought back: {', '.join(names)}", *way_back(kept)]


def listed(work: Path) -> list[str]:
    """A line for each backup, the oldest first."""
    folders = sorted(each for each in (work / FOLDER).glob("*") if each.is_dir())
    if not folders:
        return ["There is no backup yet: a reset or an update makes one before it replaces anything."]
    lines = [f"{folder.name}  {', '.join(_names(folder))}" for folder in folders]
    return [*lines, "", "Bring one back: wirelab restore NAME"]


def _new(work: Path) -> Path:
    """A folder that nobody else has: making it fails where it exists, so two at once get two."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    (work / FOLDER).mkdir(parents=True, exist_ok=True)
    for number in count(1):
        folder = work / FOLDER / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("numbers do not end")


def _found(work: Path, backup: str) -> Path:
    """The folder by its name, or by a path that ends with it; only of this work folder."""
    there = {folder.name: folder for folder in (work / FOLDER).glob("*") if folder.is_dir()}
    if Path(backup).name not in there:
        known = ", ".join(sorted(there)) or "none at all"
        raise NoSuchBackup(f"There is no backup {backup!r} in {work / FOLDER}. There are: {known}.")
    return there[Path(backup).name]


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
