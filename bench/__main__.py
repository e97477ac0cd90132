"""`python -m bench`: every load against every server, a table, a picture, and JSON for the record."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import report, scenarios
from bench.report import Record
from bench.server import COMMANDS, Served, serving

QUICK, FULL = 0.02, 1.0


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
    columns = TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    record = Record.begun(sizes.scale)
    with Progress(*columns) as progress:
        for name in COMMANDS:
            await _measure(name, sizes, record, progress)
    return record.ended()


async def _measure(name: str, sizes: Sizes, record: Record, progress: Progress) -> None:
    """All loads on one server; memory is measured on a fresh one each time."""

    async def load(title: str, steps: int, work: Callable[[Served, Callable[[], None]], Awaitable[object]]) -> None:
        task = progress.add_task(f"{name}: {title}", total=steps)
        with serving(name) as served:
            await scenarios.warm_up(served)
            record.add(await work(served, lambda: progress.advance(task)))
        progress.update(task, completed=steps)

    for count in map(sizes.of, (125, 250, 500, 1000, 2000)):
        await load(f"{count} streams", count, lambda served, tick, n=count: scenarios.paced_streams(served, n, tick))
    count = sizes.of(50)
    await load(f"{count} unpaced", count, lambda served, tick: scenarios.unpaced_streams(served, count, tick))
    seconds = max(0.5, 5 * sizes.scale)
    await load("submits", round(seconds * 10), lambda served, tick: scenarios.submits(served, 32, seconds, tick))
    talking = sizes.of(1000)
    await load(f"{talking} sockets", talking, lambda served, tick: scenarios.talking_sockets(served, talking, tick))
    idle = sizes.of(5000)
    await load(f"{idle} idle sockets", idle, lambda served, tick: scenarios.idle_sockets(served, idle, tick))


if __name__ == "__main__":
    main()
