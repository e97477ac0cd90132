"""Why an answer passes in a kernel and not after a restart: what the kernel remembers and the notebook does not say."""

import re
from collections.abc import Iterator
from itertools import pairwise

from labkit.learner import names
from labkit.learner.copybook import Page
from labkit.learner.kernel import Run

MISSING = re.compile(r"NameError: (?:cannot access free variable|name) '(\w+)'")

UNSAVED = (
    "Your kernel has passed with an answer, and what is saved here is the stub: save the notebook in JupyterLab. If "
    "you have reset it, `wirelab restore` lists what was kept."
)


def explained(page: Page, run: Run, status: str, live: str, *, fresh: bool) -> str:
    """What to say below a card; empty where there is nothing to add.

    `status` is today's, `live` the last one that the learner's own kernel noted (empty without any). `fresh` tells
    whether the whole notebook was run from its top.
    """
    if status == "not started":
        return UNSAVED if live == "passed" else ""
    said = []
    if fresh and live == "passed" and status != "passed":
        said.append(
            "Passes in your kernel, fails after a restart: the kernel remembers what the notebook does not say."
        )
    elif fresh and status == "passed" and live not in ("", "passed"):
        said.append("It passes after a restart, and did not in your kernel: restart that (Kernel > Restart Kernel).")
    elif fresh and status == "passed":
        said.append("It also holds after a restart: the notebook says everything that it needs.")
    causes = [] if status == "passed" else list(_causes(page, run))
    said += causes
    if fresh and live == "passed" and status != "passed" and not causes:
        said.append(_order(page) or "Likely: a cell was changed or deleted after it had run.")
    return "\n".join(said)


def missing(run: Run) -> list[tuple[str, int | None]]:
    """The names that were not there, with the cell that asked; None where an answer asked during its check."""
    found: list[tuple[str, int | None]] = []
    for place, (kind, message) in run.errors.items():
        found += [(name, place) for name in MISSING.findall(f"{kind}: {message}")]
    for outcome in run.outcomes:
        found += [(name, None) for name in MISSING.findall(str(outcome.get("summary", "")))]
    return found


def _causes(page: Page, run: Run) -> Iterator[str]:
    """One sentence for each missing name: where it is defined now, if anywhere."""
    sources = page.sources
    seen = set()
    for name, asked in missing(run):
        if name in seen:
            continue
        seen.add(name)
        last = len(sources) if asked is None else asked
        places = names.binders(sources, name)
        broken = [place for place in places or page.answers if place in run.errors]
        below = [
            place for place in places if place > (page.check if asked is None and page.check is not None else last)
        ]
        if broken:
            kind, message = run.errors[broken[0]]
            yield f"`{name}` comes from {page.called(broken[0])}, and that cell raised {kind}: {message}"
        elif not places:
            yield (
                f"No cell defines `{name}`: the one that did was changed or deleted, or its name was. Your kernel may "
                f"still know it. Write it down in a cell above its first use."
            )
        elif len(below) == len(places):
            yield f"`{name}` is defined in {page.called(below[0])}, below the cell that needs it. Move that cell up."


def _order(page: Page) -> str:
    """The first cell that was run after one that stands below it, by the counts that the file was saved with."""
    counted = [
        (place, cell["execution_count"])
        for place, cell in enumerate(page.notebook["cells"])
        if cell["cell_type"] == "code" and isinstance(cell.get("execution_count"), int)
    ]
    for (place, count), (below, later) in pairwise(counted):
        if later < count:
            return (
                f"Likely: your cells were run in another order than they stand. {page.called(place)} was run as "
                f"[{count}], after {page.called(below)}, which was [{later}]."
            )
    return ""
