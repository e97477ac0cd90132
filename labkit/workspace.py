"""The learner's copies of lessons and exercises. Knows files and who changed them; knows nothing of servers.

A file that a learner edited is never a file that we update: `work/.wirelab.json` keeps, per file, the hash over its
cell sources as it was handed out. Running a notebook changes outputs, not sources, so it is not an edit. Names in it
are relative, so that the folder may move.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit import cells, leaflets

FOLDERS = ("notebooks", "exercises")
STATE = ".wirelab.json"


class CourseNotFound(RuntimeError):
    """There is no course.toml where one was expected. The message says where, and how to name another place."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `create` did, as paths relative to the work folder: `notebooks/00_welcome.ipynb`."""

    new: tuple[str, ...] = ()
    refreshed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()  # the course renamed it, and the learner's copy has the old name: `update` moves it

    def lines(self) -> list[str]:
        """One line per kind that is not empty."""
        kinds = [("new", self.new), ("refreshed", self.refreshed), ("kept yours", self.kept)]
        kinds.append(("renamed in the course, `wirelab update` renames yours", self.waiting))
        return [f"{kind}: {', '.join(names)}" for kind, names in kinds if names]


@dataclass(slots=True)
class Memory:
    """What the work folder remembers, per file: the hash as it was handed out, and as it was last put beside.

    `beside` speaks of new versions that a learner was told of while their own copy stayed. `leaflets` are no notebooks,
    and their hash is that of their bytes.
    """

    handed_out: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    leaflets: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, work: Path) -> "Memory":
        """Empty when missing or damaged: then every copy counts as the learner's, and nothing is lost."""
        try:
            kept = json.loads((work / STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return cls()
        return cls(_table(kept, "handed_out"), _table(kept, "beside"), _table(kept, "leaflets"))

    def keep(self, work: Path) -> None:
        kept = {"handed_out": self.handed_out, "beside": self.beside, "leaflets": self.leaflets}
        cells.put(work / STATE, (json.dumps(kept, indent=1, sort_keys=True) + "\n").encode())


def course_root(given: Path | None = None) -> Path:
    """The folder of course.toml: the given one, else the one above the labkit package (an editable install)."""
    root = (given or Path(__file__).parent.parent).expanduser().resolve()
    if not (root / "course.toml").is_file():
        raise CourseNotFound(f"No course.toml in {root}. Name the course's folder: `wirelab up --course FOLDER`.")
    return root


def work_folder(root: Path, given: Path | None = None) -> Path:
    """The learner's folder: the given one, else the one that we stand in, else `work` in the course's folder."""
    if given is not None:
        return given.expanduser().resolve()
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / STATE).is_file()), root / "work")


def originals(course_root: Path) -> Iterator[tuple[str, Path]]:
    """Every notebook that the course gives to learners: its name in the work folder, and where the course has it."""
    for folder in FOLDERS:
        for path in sorted((course_root / folder).glob("*.ipynb")):
            yield f"{folder}/{path.name}", path


def create(course_root: Path, work: Path) -> Report:
    """Copy the course's notebooks to `work`: missing ones given, unchanged ones refreshed, edited ones left alone.

    Copies carry no outputs and no execution counts, so that no prediction is spoiled.
    """
    work.mkdir(parents=True, exist_ok=True)
    memory = Memory.of(work)
    done: dict[str, list[str]] = {"new": [], "refreshed": [], "kept": []}
    waiting = tuple(sorted(renamed(course_root, work, memory).values()))
    for name, source in originals(course_root):
        if name in waiting:
            continue
        notebook = cells.read(source)
        offered = cells.digest(notebook)
        kind = decide(offered, memory.handed_out.get(name), work / name)
        if kind in ("new", "refreshed"):
            cells.write(work / name, cells.blank(notebook))
        if kind != "kept":
            memory.handed_out[name] = offered
        if kind in done:
            done[kind].append(name)
    for name, kind in leaflets.hand_out(course_root, work, memory.leaflets).items():
        done[kind].append(name)
    memory.keep(work)
    return Report(tuple(done["new"]), tuple(done["refreshed"]), tuple(done["kept"]), waiting)


def renamed(course_root: Path, work: Path, memory: Memory) -> dict[str, str]:
    """Copies whose lesson has another name by now, each with the new one: the same number in the same folder.

    Only where the learner has the old file and nothing of the new name.
    """
    course = [name for name, _ in originals(course_root)]
    found = {}
    for name in memory.handed_out.keys() - set(course):
        folder, _, file = name.partition("/")
        new = next((each for each in course if each.startswith(f"{folder}/{file[:2]}_")), None)
        if new is not None and (work / name).exists() and not (work / new).exists():
            found[name] = new
    return found


def decide(offered: str, handed_out: str | None, copy: Path) -> str:
    """new | refreshed | kept | same, from what the course has now, what the learner got, and what is there today."""
    if not copy.exists():
        return "new"
    there = cells.digest_of_file(copy)
    if there == offered:
        return "same"
    return "refreshed" if there is not None and there == handed_out else "kept"


def _table(kept: Any, name: str) -> dict[str, str]:
    table = kept.get(name) if isinstance(kept, dict) else None
    return {str(key): str(value) for key, value in table.items()} if isinstance(table, dict) else {}
