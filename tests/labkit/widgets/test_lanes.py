"""A lane says what the journal says: real exchanges, tick for piece, byte for byte."""

import json
import re

import asking
import pytest
import requests

from labkit.notebook import Lab
from labkit.widgets import lanes
from labkit.widgets.lanes import Tick

QUERY = "/api/v1/query/stream"


def pieces(lane: dict[str, object], *kinds: str) -> list[Tick]:
    ticks: list[Tick] = lane["ticks"]  # type: ignore[assignment]
    return [tick for tick in ticks if tick["kind"] in kinds]


def broken(lab: Lab, fault: str) -> None:
    """One question whose answer breaks as the plan says; an empty plan breaks nothing."""
    headers = asking.FAST | ({"x-lab-fault": fault} if fault else {})
    try:
        with asking.post(lab.witness, QUERY, asking.QUERY, headers) as answer:
            assert answer.content
    except requests.RequestException:
        assert fault


def test_a_stream_has_a_tick_for_every_chunk_at_its_time(lab: Lab) -> None:
    asking.read(lab.witness, QUERY, asking.QUERY)
    exchange = asking.last(lab.witness)
    lane = lanes.lane(exchange)

    chunks = pieces(lane, "chunk")
    assert len(exchange.chunks) == 9  # start, six pieces, end, [DONE]
    assert [(tick["at"], tick["size"]) for tick in chunks] == [(at, len(data)) for at, data in exchange.chunks]
    assert [tick["label"] for tick in chunks][:2] == ["chunk 1 of 9", "chunk 2 of 9"]
    assert (lane["name"], lane["status"], lane["counted"], lane["ended"]) == (
        f"POST {QUERY}",
        "200",
        "9 chunks",
        "complete",
    )
    assert lane["first"] == exchange.deltas[0][0]
    assert lane["end"] == exchange.seconds


def test_a_chunk_shows_its_bytes_and_its_event_stream_fields(lab: Lab) -> None:
    asking.read(lab.witness, QUERY, asking.QUERY)
    green = pieces(lanes.lane(asking.last(lab.witness)), "chunk")[1]

    data = green["text"].removeprefix("data: ").removesuffix(r"\n\n")
    assert json.loads(data)["chunk"] == "Green"
    assert green["fields"] == [["data", data], ["(empty line)", "the event is complete"]]
    assert green["note"] == ""


def test_an_event_in_many_pieces_stands_where_it_ends_and_the_others_say_so(lab: Lab) -> None:
    broken(lab, "slice;bytes=40")
    chunks = pieces(lanes.lane(asking.last(lab.witness)), "chunk")

    assert all(tick["size"] <= 40 for tick in chunks)
    assert chunks[0]["fields"] == []
    assert chunks[0]["note"] == "40 bytes belong to an event that is not finished yet."
    whole = next(tick for tick in chunks if tick["fields"])
    assert whole["note"].startswith("40 bytes of the first event came in earlier chunks.")
    assert json.loads(whole["fields"][0][1])["type"] == "start"


def test_a_comment_and_crlf_read_as_fields(lab: Lab) -> None:
    broken(lab, "pings,crlf")
    fields = [field for tick in pieces(lanes.lane(asking.last(lab.witness)), "chunk") for field in tick["fields"]]

    assert fields[:2] == [["(comment)", "ping"], ["(empty line)", "the event is complete"]]
    assert fields[2][0] == "data"


def test_a_socket_has_a_tick_for_every_frame_with_its_header(lab: Lab) -> None:
    with asking.dial(lab.witness) as socket:
        asking.hear(socket)
    exchange = asking.last(lab.witness)
    lane = lanes.lane(exchange)
    frames = pieces(lane, "sent", "received")

    assert len(frames) == len(exchange.frames) > 8
    assert lane["counted"] == f"{len(frames)} frames"
    asked = dict(frames[0]["fields"])
    assert asked["direction"] == "client to server"
    assert asked["opcode"] == "0x1 text"
    assert re.fullmatch("1, with [0-9a-f]{8}", asked["MASK"])
    assert dict(frames[1]["fields"])["MASK"] == "0"
    assert dict(frames[-1]["fields"])["close code"] == "1000"


def test_a_plain_answer_is_one_piece_and_its_heads_are_ticks_too(lab: Lab) -> None:
    requests.get(f"{lab.url}/health", headers={"authorization": f"Bearer {lab.key}"}, timeout=5)
    exchange = asking.last(lab.witness)
    request, head, body = lanes.lane(exchange)["ticks"]

    assert (request["kind"], head["kind"], body["kind"]) == ("request", "head", "chunk")
    assert body["label"] == "piece 1 of 1"
    assert body["size"] == len(exchange.body)
    assert ["authorization", "Bearer [key]"] in [[name.lower(), value] for name, value in request["fields"]]
    assert head["fields"][0] == ["start line", "HTTP/1.1 200 OK"]


def test_no_key_is_in_a_lane(lab: Lab) -> None:
    asking.read(lab.witness, QUERY, asking.QUERY)
    assert lab.key not in json.dumps(lanes.lane(asking.last(lab.witness)))


def test_a_long_piece_is_shown_in_part_and_says_so(lab: Lab) -> None:
    words = "tea " * 3000
    asking.read(lab.witness, QUERY, {"query": words, "model": "script"})
    long = max(pieces(lanes.lane(asking.last(lab.witness)), "chunk"), key=lambda tick: tick["size"])

    assert long["size"] > len(words)
    assert long["text"].endswith(f" … and {long['size'] - lanes.MOST_SHOWN} more bytes")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("", "POST /api/v1/query/stream → 200, 9 chunks, complete"),
        ("cut;after=2", "→ 200, 2 chunks, cut by a fault, fault cut;after=2 struck at the end"),
        ("lose_reply", "→ no answer, 0 pieces, cut by a fault, fault lose_reply struck at the end"),
    ],
)
def test_a_lane_in_a_line_says_no_time(lab: Lab, fault: str, said: str) -> None:
    broken(lab, fault)
    line = lanes.says(lanes.lane(asking.last(lab.witness)))

    assert said in line
    assert not re.search(r"\d\.\d", line)
