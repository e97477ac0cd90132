"""Waterfall, ladder, lanes and comparison: what is drawn against what was measured, and what the words say."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from matplotlib.axes import Axes
from websockets.sync.client import connect

from labkit import plots, session
from labkit.exchange import Exchange, Frame
from labkit.plots import cascade, ladder, lanes, ways
from labkit.plots.picture import Picture
from labkit.witness import Witness

PICTURES: dict[str, Callable[[list[Exchange]], Picture]] = {
    "waterfall": plots.waterfall,
    "retries": plots.retries,
    "concurrency": plots.concurrency,
    "compare": lambda found: plots.compare({"it": found}),
    "polls": lambda found: plots.polls({"it": found}),
    "crowd": lambda found: plots.crowd({"it": found}),
}
QUERY = {"query": "What is tea?", "max_tokens": 12}
PACE = {"x-lab-pace": "ttft=0.2;tps=40"}


def exchange(
    opened: float, seconds: float | None, *, first: float = 0.0, status: int = 200, ended: str | None = "complete",
    headers: str = "", number: int = 1,
) -> Exchange:  # fmt: skip
    head = f"HTTP/1.1 {status} OK\r\n{headers}\r\n".encode()
    return Exchange(
        number=number,
        kind="http",
        connection=1,
        nth=1,
        opened=opened,
        sent_by_client=((0.0, b"GET /shop/products HTTP/1.1\r\n\r\n"),),
        sent_by_server=((0.0, head), (first, b"tea")),
        frames=(),
        ended=ended,
        seconds=seconds,
        fault="",
        produced=0,
    )


def bars(axes: Axes) -> list[tuple[float, float, bool]]:
    """(left, width, whether it is hatched) of every bar, rounded, from the top."""
    found = sorted(axes.patches, key=lambda bar: (-round(bar.get_y() + bar.get_height() / 2), bar.get_x()))  # type: ignore[attr-defined]
    return [(round(bar.get_x(), 6), round(bar.get_width(), 6), bool(bar.get_hatch())) for bar in found]  # type: ignore[attr-defined]


def marks(axes: Axes) -> list[str]:
    """The shapes of the marks, from the top."""
    found = [line for line in axes.lines if line.get_marker() not in ("None", "|", "")]
    return [str(line.get_marker()) for line in sorted(found, key=lambda line: -float(line.get_ydata()[0]))]  # type: ignore[index]


# What is drawn


def test_a_waterfall_has_a_row_a_request_hatched_then_solid() -> None:
    figure = cascade.drawn([exchange(10.0, 0.5, first=0.2), exchange(10.3, 1.0, first=0.9, status=429)])
    [axes] = figure.axes
    assert bars(axes) == [(0, 0.2, True), (0.2, 0.3, False), (0.3, 0.9, True), (1.2, 0.1, False)]
    assert marks(axes) == ["o", "s"]
    assert [text.get_text() for text in axes.texts] == ["200 answered", "429 refused"]


@pytest.mark.parametrize(
    ("how", "shape", "word"),
    [
        ({"ended": "complete"}, "o", "answered"),
        ({"ended": "complete", "status": 503}, "s", "refused"),
        ({"ended": "cut by a fault"}, "X", "broken off"),
        ({"ended": "client left"}, "<", "client left"),
        ({"ended": None}, ">", "still open"),
    ],
)
def test_every_outcome_has_a_shape_and_a_word_of_its_own(how: dict[str, object], shape: str, word: str) -> None:
    row = exchange(0, None if how["ended"] is None else 0.5, **how)  # type: ignore[arg-type]
    [axes] = cascade.drawn([row]).axes
    assert marks(axes) == [shape] and word in axes.texts[0].get_text()
    assert word in plots.waterfall([row]).alt


def test_a_ladder_shows_the_waits_and_what_was_asked_for() -> None:
    rows = [
        exchange(0, 0.1, status=429, headers="retry-after: 1\r\n"),
        exchange(0.6, 0.1, status=503, headers="retry-after-ms: 500\r\n"),
        exchange(2.0, 0.1),
    ]
    [axes] = ladder.drawn(rows).axes
    dashed = [[round(float(x), 6) for x in line.get_xdata()] for line in axes.lines if line.get_linestyle() == "--"]
    assert dashed == [[0.1, 0.6, 0.6], [0.7, 2.0, 2.0]]
    asked = [round(float(line.get_xdata()[0]), 6) for line in axes.lines if line.get_marker() == "|"]  # type: ignore[index]
    assert asked == [1.1, 1.2]
    assert ladder.waits(rows) == pytest.approx([0.5, 1.3])
    alt = ladder.told(rows)
    assert "A wait is shorter than the server's Retry-After asked for." in alt
    assert "Each wait is clearly longer than the one before." in alt and "The last attempt was answered." in alt
    assert "as long as the server's" in ladder.told([rows[1], rows[2]])
    assert "The last attempt failed too." in ladder.told(rows[:2])


def test_a_date_in_retry_after_is_no_number_of_seconds() -> None:
    assert ladder.retry_after(exchange(0, 1, headers="retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n")) is None


def test_lanes_are_used_again_and_the_count_is_that_of_the_open_ones() -> None:
    rows = [exchange(0, 1.0), exchange(0.5, 1.0), exchange(1.0, 1.0), exchange(1.2, 0.1)]
    assert lanes.lanes(rows) == [0, 1, 0, 2]
    times, counts = lanes.steps(rows)
    assert (max(counts), counts[-1]) == (3, 0) and times == sorted(times)
    above, below = lanes.drawn(rows, [0, 1, 0, 2]).axes
    assert bars(below) == [(0, 1, False), (1, 1, False), (0.5, 1, False), (1.2, 0.1, False)]
    assert [int(count) for count in above.lines[0].get_ydata()] == counts
    assert "one after another" in lanes.told(rows[:1], [0])
    assert "all were open at the same time" in lanes.told(rows[:2], [0, 1])


def test_a_sockets_clock_starts_with_its_question() -> None:
    def frame(at: float, direction: str, payload: bytes) -> Frame:
        return Frame(at, direction, "text", True, None, payload, len(payload), None)

    said = (
        frame(2.0, "received", b"{}"),
        *(frame(at, "sent", b'{"type": "content", "chunk": "a"}') for at in (2.5, 3)),
    )
    socket = Exchange(1, "websocket", 1, 1, 5.0, (), (), said, "complete", 9.0, "", 0)
    assert ways.Way.of([socket]) == ways.Way(0.5, 1.0, 1)


def test_polling_counts_from_the_first_request_to_the_last_answer() -> None:
    polls = [exchange(1.0, 0.1), exchange(1.5, 0.1), exchange(2.0, 0.25, first=0.2)]
    way = ways.Way.of(polls)
    assert (way.first, way.end, way.requests) == pytest.approx((1.2, 1.25, 3))
    [axes] = ways.drawn({"polling": way}).axes
    assert bars(axes) == [(0, 1.2, True), (1.2, 0.05, False)]
    assert any("3 requests" in text.get_text() for text in axes.texts)


# What leaves


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_a_png_with_words_and_a_table(name: str) -> None:
    picture = PICTURES[name]([exchange(0, 0.5437, first=0.2345), exchange(0.7654, 0.5, first=0.1)])
    assert picture.png.startswith(b"\x89PNG") and picture.alt and len(picture.text.splitlines()) >= 2
    assert not re.search(r"\d", picture.alt), "no measured number"
    assert repr(picture) == f"[picture: {picture.alt}]"


@pytest.mark.parametrize("name", PICTURES)
def test_two_runs_of_the_same_thing_are_told_in_the_same_words(name: str) -> None:
    runs = [[exchange(0, 0.5 + more), exchange(0.7 + more, 0.5 + more)] for more in (0, 0.011, 0.05)]
    assert len({PICTURES[name](run).alt for run in runs}) == 1


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_to_draw_is_said_with_what_to_give(name: str) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        PICTURES[name]([])


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("row", [exchange(0, 0.0), exchange(0, None, ended=None)], ids=["all at once", "still open"])
def test_what_has_hardly_happened_still_draws(name: str, row: Exchange) -> None:
    assert PICTURES[name]([row]).png


# The picture's numbers against the journal's


@pytest.fixture(scope="module")
def witness(shared_home: object) -> Iterator[Witness]:
    with Witness.of_new_sandbox(session.ensure().url, seed=7) as witness:
        yield witness


def test_the_pictures_numbers_are_the_journals(witness: Witness) -> None:
    headers = {"x-api-key": witness.key, **PACE}

    def ask(path: str) -> None:
        httpx2.post(f"{witness.url}{path}", json=QUERY, headers=headers, trust_env=False, timeout=30)

    with ThreadPoolExecutor() as threads:
        list(threads.map(ask, ["/api/v1/query", "/api/v1/query/stream", "/api/v1/query/stream"]))
    with connect(
        f"{witness.url.replace('http', 'ws', 1)}/api/v1/query/ws", additional_headers=headers, proxy=None
    ) as socket:
        socket.send(json.dumps(QUERY))
        while json.loads(socket.recv(timeout=20))["type"] != "end":
            pass
    seen = witness.exchanges(wait=5)
    records = httpx2.get(
        f"{witness.url}/lab/journal", headers={"authorization": f"Bearer {witness.key}"}, trust_env=False
    ).json()
    [axes] = cascade.drawn(seen).axes
    drawn = bars(axes)
    for row, record in enumerate(records["exchanges"]):
        waits, answers = drawn[2 * row : 2 * row + 2]
        assert waits[0] == pytest.approx(record["opened"] - records["exchanges"][0]["opened"], abs=1e-5)
        assert waits[1] + answers[1] == pytest.approx(record["seconds"], abs=1e-5)
    _, counts = lanes.steps(seen)
    assert max(counts) == records["peak_overlap"]
    streamed = next(one for one in seen if one.path.endswith("/stream"))
    plain = next(one for one in seen if one.path == "/api/v1/query")
    found = {
        "plain": ways.Way.of([plain]),
        "streamed": ways.Way.of([streamed]),
        "socket": ways.Way.of(seen[3:]),
    }
    assert 0.19 <= found["streamed"].first == streamed.deltas[0][0] < found["plain"].first
    assert 0.19 <= found["socket"].first < found["plain"].first <= found["plain"].end == plain.seconds
    alt = ways.told(found)
    assert "clearly earlier over “socket” and “streamed”" in alt
