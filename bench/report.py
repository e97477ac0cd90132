"""A run on paper: the table, the picture, the JSON. Knows figures; measures nothing."""

import json
import os
import platform
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import Idle, Posts, Streams

OURS, BARE, FRAMEWORK = "Wirelab", "bare ASGI", "bare FastAPI"
STYLES = {BARE: ("0.55", "s", ":"), FRAMEWORK: ("#0072b2", "^", "--"), OURS: ("#d55e00", "o", "-")}
PACKAGES = ("uvicorn", "starlette", "fastapi", "uvloop", "websockets")


@dataclass(slots=True)
class Record:
    """Everything that one run measured, and under which conditions."""

    scale: float
    conditions: dict[str, Any]
    began: float
    seconds: float = 0.0
    load_before: float = 0.0
    streams: list[Streams] = field(default_factory=list)
    posts: list[Posts] = field(default_factory=list)
    idle: list[Idle] = field(default_factory=list)

    @classmethod
    def begun(cls, scale: float) -> "Record":
        conditions = {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count()}
        conditions |= {package: version(package) for package in PACKAGES}
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        return cls(scale, conditions, time.time(), load_before=round(load, 2))

    def add(self, found: object) -> None:
        match found:
            case Streams():
                self.streams.append(found)
            case Posts():
                self.posts.append(found)
            case Idle():
                self.idle.append(found)

    def ended(self) -> "Record":
        self.seconds = round(time.time() - self.began, 1)
        return self


Row = tuple[str, list[str], str]


def rows(record: Record) -> list[Row]:
    """What was measured, the value of each server in STYLES' order, and ours against the bare FastAPI app."""
    found: list[Row] = []
    for kind, count in dict.fromkeys((each.kind, each.asked) for each in record.streams):
        here = {each.server: each for each in record.streams if (each.kind, each.asked) == (kind, count)}
        title = f"{count} {kind} streams" if kind != "WebSocket" else f"{count} WebSocket sessions"
        found.append((f"{title}: complete", [f"{each.complete}" for each in here.values()], ""))
        if kind == "unpaced":
            found.append(_row(f"{title}: events/s", {name: each.rate for name, each in here.items()}, ".0f"))
        else:
            found.append(
                _row(f"{title}: p99 gap, ms", {name: each.gap_p99 * 1e3 for name, each in here.items()}, ".1f")
            )
            found.append(
                _row(f"{title}: KiB each", {name: each.bytes_each / 1024 for name, each in here.items()}, ".1f")
            )
        found.append(_row(f"{title}: µs per event", {name: each.cost * 1e6 for name, each in here.items()}, ".0f"))
    for connections, offered in dict.fromkeys((each.connections, each.offered) for each in record.posts):
        posts = {
            each.server: each for each in record.posts if (each.connections, each.offered) == (connections, offered)
        }
        title = f"infer, {connections} connections" + (f", {offered} requests/s offered" if offered else "")
        found.append((f"{title}: failed", [f"{each.failed}" for each in posts.values()], ""))
        found.append(_row(f"{title}: requests/s", {name: each.rate for name, each in posts.items()}, ".0f"))
        found.append(_row(f"{title}: p50, ms", {name: each.p50 * 1e3 for name, each in posts.items()}, ".1f"))
        found.append(_row(f"{title}: p99, ms", {name: each.p99 * 1e3 for name, each in posts.items()}, ".1f"))
    if idle := {each.server: each for each in record.idle}:
        title = f"{next(iter(idle.values())).asked} idle WebSockets"
        found.append((f"{title}: held", [f"{each.held}" for each in idle.values()], ""))
        found.append(_row(f"{title}: KiB each", {name: each.bytes_each / 1024 for name, each in idle.items()}, ".1f"))
    return found


def _row(title: str, values: dict[str, float], form: str) -> Row:
    ratio = f"{values[OURS] / values[FRAMEWORK]:.2f}" if values.get(FRAMEWORK) and OURS in values else ""
    return title, [format(value, form) for value in values.values()], ratio


def write(record: Record, folder: Path) -> None:
    """Print the table; leave `bench.json`, `bench.md` and `bench.png` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    (folder / "bench.md").write_text(markdown(record), encoding="utf-8")
    draw(record, folder / "bench.png")
    table = Table("", *STYLES, "ours / FastAPI", title="Side by side, one worker each")
    for title, values, ratio in rows(record):
        table.add_row(title, *values, ratio)
    Console().print(table)
    Console().print(f"{folder / 'bench.md'}, bench.png and bench.json hold this run.")


def markdown(record: Record) -> str:
    told = ", ".join(f"{name} {value}" for name, value in record.conditions.items())
    lines = [
        "# Speed, side by side",
        "",
        f"One run of `make bench` in {record.seconds:.0f} s, at {record.scale:g} of the full load: {told};",
        f"load average {record.load_before} before it began. One worker each; the client runs on the same cores.",
        "Wirelab's journal and limits are on. Only the ratios mean something on another machine.",
        "",
        f"| | {' | '.join(STYLES)} | ours / FastAPI |",
        "|---|--:|--:|--:|--:|",
    ]
    lines += [f"| {title} | {' | '.join(values)} | {ratio} |" for title, values, ratio in rows(record)]
    return "\n".join([*lines, "", "![p99 gap and cost per event as the number of open streams doubles](bench.png)", ""])


def draw(record: Record, path: Path) -> None:
    """Two curves over the number of open streams: the 99th percentile of the gaps, and the cost of an event."""
    import matplotlib as mpl  # noqa: PLC0415 - a second, and only needed here

    mpl.use("agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, (gaps, costs) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, (colour, marker, line) in STYLES.items():
        here = [each for each in record.streams if each.server == name and each.kind == "paced"]
        counts, style = [each.asked for each in here], {"color": colour, "marker": marker, "linestyle": line}
        gaps.plot(counts, [each.gap_p99 * 1e3 for each in here], label=name, **style)
        costs.plot(counts, [each.cost * 1e6 for each in here], label=name, **style)
    gaps.axhline(20, color="0.8", zorder=0)
    gaps.set(xlabel="open streams at 50 tokens/s", ylabel="99 % of gaps are shorter than (ms)", xscale="log", ylim=0)
    costs.set(xlabel="open streams at 50 tokens/s", ylabel="processor time per event (µs)", xscale="log", ylim=0)
    for axes in (gaps, costs):
        axes.set_xticks(sorted({each.asked for each in record.streams if each.kind == "paced"}), minor=False)
        axes.set_xticks([], minor=True)
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.legend(frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
