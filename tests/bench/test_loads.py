"""The benchmark measures what it says: small loads against all three servers, and figures that are worked out right."""

import json

import pytest

from bench import report, scenarios
from bench.clients import _frames, text_frame
from bench.figures import Streams, percentile
from bench.report import Record
from bench.server import COMMANDS, serving


def nothing() -> None:
    pass


@pytest.mark.parametrize("name", COMMANDS)
async def test_every_load_is_answered_whole_by_every_server(name: str) -> None:
    with serving(name) as served:
        paced = await scenarios.paced_streams(served, 4, nothing)
        assert (paced.complete, paced.asked) == (4, 4)
        assert paced.events >= 4 * (scenarios.WORDS + 1)
        assert paced.first_p50 >= 0.25 * 0.9, "the pace's first wait is kept"
        assert paced.seconds >= 0.25 + (scenarios.WORDS - 1) * scenarios.PACE
        assert (await scenarios.unpaced_streams(served, 2, nothing)).complete == 2
        assert (await scenarios.talking_sockets(served, 3, nothing)).complete == 3
        posts = await scenarios.submits(served, 2, nothing)
        assert posts.failed == 0 and posts.answered >= scenarios.CONNECTIONS
        steady = await scenarios.steady_submits(served, 5, nothing)
        assert steady.failed == 0 and steady.answered <= scenarios.OFFERED * 0.5 + scenarios.CONNECTIONS
        idle = await scenarios.idle_sockets(served, 10, nothing)
        assert idle.held == 10


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([], 0.99) == 0.0
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(1000), 0.99) == 990


def test_frames_are_counted_also_when_they_come_in_parts() -> None:
    short, long = b"\x81\x05hello", b"\x81\x7e\x00\x80" + bytes(128)
    data = short + long + short
    for cut in range(len(data)):
        first, rest = _frames(data[:cut])
        second, left = _frames(rest + data[cut:])
        assert (first + second, left) == (3, b"")
    assert text_frame("hi") == b"\x81\x82\x00\x00\x00\x00hi"


def test_the_report_sets_ours_against_the_bare_apps(tmp_path) -> None:
    record = Record.begun(1.0)
    for name, gap in (("bare ASGI", 0.02), ("bare FastAPI", 0.025), ("Wirelab", 0.03)):
        record.add(Streams(name, "paced", 10, 10, 670, 1.6, 0.25, 0.26, 0.02, gap, 0.05, 2048, 50e-6))
    report.write(record.ended(), tmp_path)
    text = (tmp_path / "bench.md").read_text(encoding="utf-8")
    assert "| 10 paced streams: p99 gap, ms | 20.0 | 25.0 | 30.0 | 1.20 |" in text
    assert json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["streams"][2]["server"] == "Wirelab"
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
