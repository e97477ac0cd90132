"""`python -m bench`: every load against every server, a table, a picture, and JSON for the record."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import report, scenarios
from bench.report import Record
from bench.server import COMMANDS, Served, serving

QUICK, FULL = 0.02, 1.0
Load = Callable[[Served, int, Callable[[], None]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything, at a scale of 1 what the project's own targets say."""

    scale: float

    def of(self, whole: int) -> int:
        return max(4, round(whole * self.scale))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the lab server against bare apps.")
    parser.add_argument(
        "--quick", action="store_true", help="a few seconds, to see that it works; figures mean nothing"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/bench"), help="folder for the table, picture and JSON")
    chosen = parser.parse_args()
    sizes = Sizes(QUICK if chosen.quick else FULL)
    record = asyncio.run(run(sizes))
    report.write(record, chosen.out)


async def run(sizes: Sizes) -> Record:
    columns = TextColumn("{task.description:<46}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    record = Record.begun(sizes.scale)
    with Progress(*columns) as progress:
        for name in COMMANDS:
            await _measure(name, sizes, record, progress)
    return record.ended()


async def _measure(name: str, sizes: Sizes, record: Record, progress: Progress) -> None:
    """All loads, each on a fresh server: memory that one left behind must not count for the next."""
    loads: list[tuple[str, Load, int]] = [
        *(("streams", scenarios.paced_streams, sizes.of(count)) for count in (125, 250, 500, 1000, 2000)),
        ("unpaced streams", scenarios.unpaced_streams, sizes.of(50)),
        ("tenths of a second of submits", scenarios.submits, sizes.of(50)),
        ("tenths of a second of steady submits", scenarios.steady_submits, sizes.of(50)),
        ("talking sockets", scenarios.talking_sockets, sizes.of(1000)),
        ("idle sockets", scenarios.idle_sockets, sizes.of(5000)),
    ]
    for title, load, size in loads:
        task = progress.add_task(f"{name}: {size} {title}", total=size)
        with serving(name) as served:
            await scenarios.warm_up(served)
            record.add(await load(served, size, partial(progress.advance, task)))


if __name__ == "__main__":
    main()
