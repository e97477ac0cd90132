"""`wirelab update`: copies follow the course, a learner's words stay. Knows files and who changed them.

What the learner did not edit is refreshed. What they edited stays, byte for byte, and the course's new version is put
beside it as `NAME.new.ipynb`, once. A lesson that was renamed takes the learner's file along under its new name; one
that was removed leaves theirs where it is.
"""

from collections.abc import Iterator
from pathlib import Path

from labkit import cells, leaflets, workspace
from labkit.cells import Cell
from labkit.learner import backups
from labkit.workspace import Memory

NEW = ".new.ipynb"
SHOWN = 3  # cells that a change is told by


def update(root: Path, work: Path) -> list[str]:
    """Bring the copies up to the course's version; what was done, in words."""
    work.mkdir(parents=True, exist_ok=True)
    memory = Memory.of(work)
    course = dict(workspace.originals(root))
    gone = [name for name in sorted(memory.handed_out) if name not in course]
    moved = workspace.renamed(root, work, memory)
    kept = backups.take(
        work, [*gone, *(name for each in course for name in _replaced(course[each], memory, work, each))]
    )
    said = [line for name in gone for line in _farewell(work, memory, name, moved.get(name))]
    for name, path in course.items():
        said += _one(path, memory, work, name)
    said += [f"{kind}: {name}" for name, kind in leaflets.hand_out(root, work, memory.leaflets).items()]
    memory.keep(work)
    if not said:
        return ["Nothing new: your copies are those of this version, or your own."]
    return [*said, *(backups.way_back(kept) if kept else [])]


def _beside(name: str) -> str:
    return name.removesuffix(".ipynb") + NEW


def _replaced(original: Path, memory: Memory, work: Path, name: str) -> list[str]:
    """What this update will write over: an unedited copy, or a version put beside that was written into since."""
    offered, told = cells.digest(cells.read(original)), memory.beside.get(name)
    kind = workspace.decide(offered, memory.handed_out.get(name), work / name)
    if kind == "refreshed":
        return [name]
    beside = _beside(name)
    again = kind == "kept" and offered not in (memory.handed_out.get(name), told)
    return [beside] if again and cells.digest_of_file(work / beside) != told else []


def _one(original: Path, memory: Memory, work: Path, name: str) -> Iterator[str]:
    """One notebook of the course, and what there is to say about it."""
    notebook = cells.blank(cells.read(original))
    offered, copy, beside = cells.digest(notebook), work / name, work / _beside(name)
    kind = workspace.decide(offered, memory.handed_out.get(name), copy)
    if kind == "kept":
        if offered in (memory.handed_out.get(name), memory.beside.get(name)):
            return  # their words on our present version, or a new one that they were told of
        cells.write(beside, notebook)
        memory.beside[name] = offered
        yield f"yours stays: {name}. The course's new version is beside it: {beside.name}"
        yield from _told(_cells_of(copy), notebook["cells"], "it differs from yours in")
        return
    if kind == "refreshed":
        yield f"refreshed: {name}"
        yield from _told(_cells_of(copy), notebook["cells"], "changed:")
    if kind == "new":
        yield f"new: {name}"
    if kind in ("new", "refreshed"):
        cells.write(copy, notebook)
    memory.handed_out[name] = offered
    if memory.beside.pop(name, None) is not None and cells.digest_of_file(beside) == offered:
        beside.unlink()  # ours, unedited, and now the same as theirs


def _farewell(work: Path, memory: Memory, name: str, successor: str | None) -> Iterator[str]:
    """A notebook that the course has no more under this name. Its bytes stand in the backup in any case."""
    handed_out = memory.handed_out.pop(name)
    memory.beside.pop(name, None)
    there = cells.digest_of_file(work / name)
    if successor is not None:
        (work / name).replace(work / successor)
        memory.handed_out[successor] = handed_out
        yield f"renamed: {name} is now {successor}"
    elif there == handed_out:
        (work / name).unlink()
        yield f"no longer in the course: {name} (you had not changed it; the backup has it)"
    elif (work / name).exists():
        yield f"no longer in the course: {name}. Yours stays where it is."


def _cells_of(copy: Path) -> list[Cell]:
    try:
        there: list[Cell] = cells.read(copy)["cells"]
    except cells.NotANotebook:
        return []
    return there


def _told(mine: list[Cell], theirs: list[Cell], how: str) -> Iterator[str]:
    """The cells that differ, by their first lines; cells are the same cell where their ids are."""
    said = {cell.get("id"): cells.source(cell) for cell in mine}
    ids = {cell.get("id") for cell in theirs}
    changed = [_first(cell) for cell in theirs if said.get(cell.get("id"), cells.source(cell)) != cells.source(cell)]
    added = [_first(cell) for cell in theirs if cell.get("id") not in said]
    removed = [_first(cell) for cell in mine if cell.get("id") not in ids]
    for kind, which in (("another text", changed), ("new there", added), ("not there", removed)):
        if which:
            more = f" and {len(which) - SHOWN} more" if len(which) > SHOWN else ""
            yield f"  {how} {len(which)} cell{'' if len(which) == 1 else 's'}, {kind}: {'; '.join(which[:SHOWN])}{more}"


def _first(cell: Cell) -> str:
    line = next((line.strip() for line in cells.source(cell).splitlines() if line.strip()), "(empty)")
    return f"`{line[:50]}`"
