"""What holds for the text of every exchange of a real server: nothing missing, nothing that changes, no key."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests
from made import ANSWER, FAST, SCRIPT, lines_of
from openai import OpenAI
from websockets.sync.client import ClientConnection, connect

from labkit.render import wire
from labkit.witness import Witness

ASKED_FOR = {"x-ratelimit-": "ratelimit", "openai-processing-ms": "timing"}  # these show when they are asked for
LEFT_OUT = ("x-stainless-", *ASKED_FOR)  # the first are folded
Ask = Callable[[Witness], None]


def headers(witness: Witness) -> dict[str, str]:
    return {"authorization": f"Bearer {witness.key}"} | FAST


def whole(witness: Witness) -> None:
    requests.post(f"{witness.url}/v1/chat/completions", json=ANSWER, headers=headers(witness), timeout=5)


def streamed(witness: Witness) -> None:
    body = {"query": SCRIPT, "model": "script"}
    requests.post(f"{witness.url}/api/v1/query/stream", json=body, headers=headers(witness), timeout=5)


def broken(witness: Witness) -> None:
    witness.add_fault("cut;after=4")
    with suppress(requests.RequestException):
        streamed(witness)


def refused(witness: Witness) -> None:
    requests.get(f"{witness.url}/v1/models/none", headers=headers(witness), timeout=5)


def sdk(witness: Witness) -> None:
    with (
        OpenAI(base_url=f"{witness.url}/v1", api_key=witness.key, default_headers=FAST) as client,
        client.chat.completions.create(**ANSWER, stream=True) as stream,
    ):
        assert len(list(stream)) > 9


def websocket(witness: Witness) -> None:
    with dial(witness, headers(witness)) as socket:
        talk(socket, SCRIPT)


def dial(witness: Witness, headers: dict[str, str], query: str = "") -> ClientConnection:
    url = witness.url.replace("http", "ws", 1) + "/api/v1/query/ws" + query
    return connect(url, additional_headers=headers, proxy=None)


def talk(socket: ClientConnection, query: str) -> None:
    socket.send(json.dumps({"query": query, "model": "script"}))
    while json.loads(socket.recv(timeout=5))["type"] not in ("end", "error"):
        pass


KINDS = (whole, streamed, broken, refused, sdk, websocket)
every_kind = pytest.mark.parametrize("ask", KINDS)


@pytest.fixture
def witness(server) -> Iterator[Witness]:
    with Witness.of_new_sandbox(server.url, name="test", seed=7) as made:
        yield made


@every_kind
def test_the_same_request_reads_the_same_in_two_fresh_sandboxes(server, ask: Ask) -> None:
    texts = []
    for _ in range(2):
        with Witness.of_new_sandbox(server.url, name="test", seed=7) as witness:
            ask(witness)
            [seen] = witness.exchanges(wait=3)
            texts.append(wire(seen))
    assert texts[0] == texts[1]
    assert texts[0].count("\n") > 10 and str(server.port) not in texts[0]


@every_kind
def test_raw_heads_are_the_bytes_that_crossed(witness: Witness, ask: Ask) -> None:
    ask(witness)
    [seen] = witness.exchanges(wait=3)
    text = wire(seen, raw=True)
    for arrow, pieces in (("→", seen.sent_by_client), ("←", seen.sent_by_server)):
        shown = "".join(re.findall(rf"^{arrow} (.*\\r\\n)$", text, re.MULTILINE)).replace(r"\r\n", "\r\n")
        crossed = b"".join(data for _, data in pieces).decode("latin-1")
        assert crossed.startswith(shown) and shown.endswith("\r\n\r\n"), text


@every_kind
@pytest.mark.parametrize("raw", [False, True])
def test_no_line_of_a_head_is_missing(witness: Witness, ask: Ask, raw: bool) -> None:
    ask(witness)
    [seen] = witness.exchanges(wait=3)
    text = wire(seen, raw=raw).lower()
    for name, _ in (*seen.request.headers, *seen.response.headers):
        for start, show in ASKED_FOR.items():
            extra = wire(seen, raw=raw, show=show).lower()
            assert not name.lower().startswith(start) or f" {name}: ".lower() in extra, name
        assert f" {name}: ".lower() in text or (not raw and name.lower().startswith(LEFT_OUT)), name


def test_a_real_cut_names_its_fault(witness: Witness) -> None:
    broken(witness)
    [seen] = witness.exchanges(wait=3)
    assert lines_of(seen)[-1] == "= cut by a fault (cut;after=4); request 1 on connection 1"
    assert wire(seen).count("← chunk of ") == 4


def test_the_sdks_telemetry_is_real_and_shows_in_raw(witness: Witness) -> None:
    sdk(witness)
    [seen] = witness.exchanges(wait=3)
    assert wire(seen).lower().count("x-stainless-") == 1
    assert wire(seen, raw=True).lower().count("x-stainless-") > 3


@pytest.mark.parametrize("raw", [False, True])
def test_a_key_never_shows_wherever_it_was_sent(witness: Witness, raw: bool) -> None:
    key, address = witness.key, f"{witness.url}/api/v1/query"
    body = {"query": f"my key is {key}", "model": "script"}
    ways = [
        lambda: requests.post(address, json=body, headers={"Authorization": f"bearer {key}"} | FAST, timeout=5),
        lambda: requests.post(address, json=body, headers={"X-API-Key": key} | FAST, timeout=5),
        lambda: requests.post(f"{address}?cup=1&key={key}", json=body, headers=FAST, timeout=5),
        lambda: requests.post(f"{address}?key={key}", json={"query": ""}, headers={"X-API-Key": key}, timeout=5),
    ]
    for send in ways:
        send()
    with dial(witness, FAST, f"?key={key}") as socket:
        talk(socket, f"my key| is {key}")
    seen = witness.exchanges(wait=3)
    assert len(seen) == len(ways) + 1
    for each in seen:
        text = wire(each, raw=raw)
        assert "[key" in text
        assert key not in text and key.removeprefix("lab-")[:12] not in text


def test_a_key_that_left_in_slices_does_not_show_piece_by_piece(witness: Witness) -> None:
    witness.add_fault("slice;bytes=20")
    body = {"query": f"my key| is {witness.key}", "model": "script"}
    requests.post(f"{witness.url}/api/v1/query/stream", json=body, headers=headers(witness), timeout=5)
    [seen] = witness.exchanges(wait=3)
    text = wire(seen, raw=True)
    assert [piece for at in range(20) if (piece := witness.key[at : at + 12]) in text] == []
