"""Questions to the lab server, each in the dialect that a test wants. Knows no test."""

import json

import requests
from websockets.sync.client import ClientConnection, connect

from labkit.exchange import Exchange
from labkit.witness import Witness

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]
SCRIPT = "|".join(WORDS)
FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
SLOW = {"x-lab-pace": "ttft=0;tps=2;jitter=0"}
QUERY = {"query": SCRIPT, "model": "script"}
CHAT = {"model": "script", "messages": [{"role": "user", "content": SCRIPT}]}
CURE = r"Run the `labkit\.open` cell again"


def post(witness: Witness, path: str, body: dict[str, object], pace: dict[str, str] = FAST) -> requests.Response:
    headers = {"authorization": f"Bearer {witness.key}"} | pace
    return requests.post(witness.url + path, json=body, headers=headers, stream=True, timeout=10)


def read(witness: Witness, path: str, body: dict[str, object]) -> bytes:
    """A whole answer's body."""
    with post(witness, path, body) as answer:
        return answer.content


def dial(witness: Witness, pace: dict[str, str] = FAST) -> ClientConnection:
    url = witness.url.replace("http", "ws", 1) + "/api/v1/query/ws"
    headers = {"authorization": f"Bearer {witness.key}"} | pace
    return connect(url, additional_headers=headers, proxy=None, compression=None)


def hear(socket: ClientConnection, query: str = SCRIPT) -> list[dict[str, object]]:
    """One question and the messages that answer it."""
    socket.send(json.dumps({"query": query, "model": "script"}))
    heard: list[dict[str, object]] = []
    while not heard or heard[-1]["type"] not in ("end", "error"):
        heard.append(json.loads(socket.recv(timeout=5)))
    return heard


def last(witness: Witness) -> Exchange:
    return witness.exchanges(wait=3)[-1]


def text_of(exchange: Exchange) -> list[str]:
    return [text for _, text in exchange.deltas]
