"""The loads: paced and unpaced streams, submits, WebSockets talking and idle. Each starts from a warm server."""

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeVar

from bench.clients import Poster, Socket, Stream, handshake, post, text_frame
from bench.figures import Idle, Posts, Streams, percentile
from bench.server import Served

WORDS = 66
PACE = 1 / 50
PACED = f"ttft=0.25;tps={1 / PACE:g};jitter=0"
INSTANT = "ttft=0;tps=100000;jitter=0"
SCRIPT = "|".join([" tea"] * WORDS)
RAMP = 1.0  # seconds over which clients begin: a class does not press Enter in the same millisecond
CONNECTIONS = 32
OFFERED = 320  # requests a second: 10 on each connection, more than a class of 32 types
PATIENCE = 60.0
AT_ONCE = 200  # connections opened side by side
Tick = Callable[[], None]
T = TypeVar("T", bound=asyncio.Protocol)


def chat(served: Served, pace: str, words: int = WORDS) -> bytes:
    script = "|".join([" tea"] * words)
    body = {"model": "script", "stream": True, "messages": [{"role": "user", "content": script}]}
    return post(served, "/v1/chat/completions", body, pace)


async def paced_streams(served: Served, count: int, tick: Tick) -> Streams:
    """`count` chat streams of 66 tokens at 50 tokens/s."""
    request = chat(served, PACED)
    return await _streams(served, "paced", [lambda: Stream(request, b"[DONE]")] * count, RAMP, tick)


async def unpaced_streams(served: Served, count: int, tick: Tick) -> Streams:
    """As many tokens as the server can make: `count` streams of 1000 tokens without a pace."""
    request = chat(served, INSTANT, 1000)
    return await _streams(served, "unpaced", [lambda: Stream(request, b"[DONE]")] * count, 0.0, tick)


async def talking_sockets(served: Served, count: int, tick: Tick) -> Streams:
    """`count` WebSocket sessions on seed 001's route, each one answer of 66 tokens at 50 tokens/s."""
    opening = handshake(served, "/api/v1/query/ws", PACED)
    query = text_frame(f'{{"query": "{SCRIPT}", "model": "script"}}')
    return await _streams(served, "WebSocket", [lambda: Socket(opening, query)] * count, RAMP, tick)


async def _streams(served: Served, kind: str, make: Sequence[Callable[[], Stream]], ramp: float, tick: Tick) -> Streams:
    before = served.memory
    clients = [client for _, client in await _connect(served, make)]
    await asyncio.gather(*(client.opened for client in clients if isinstance(client, Socket)))
    spent, began = served.processor, time.perf_counter()
    ringing = asyncio.create_task(_ring(clients, ramp))
    peak = [before]
    watching = asyncio.create_task(_highest(served, peak))
    for client in clients:
        await asyncio.wait_for(client.done, PATIENCE)
        tick()
    await ringing
    watching.cancel()
    seconds, spent = time.perf_counter() - began, served.processor - spent
    gaps = sorted(chain.from_iterable(client.gaps for client in clients))
    firsts = [client.first for client in clients if client.first is not None]
    events = sum(client.events for client in clients)
    return Streams(
        served.name, kind, len(clients), sum(client.whole for client in clients), events, seconds,
        percentile(firsts, 0.5), percentile(firsts, 0.99), percentile(gaps, 0.5), percentile(gaps, 0.99),
        gaps[-1] if gaps else 0.0, max(0, peak[0] - before) // max(1, len(clients)), spent / max(1, events),
    )  # fmt: skip


async def _ring(clients: Sequence[Stream], ramp: float) -> None:
    began = time.perf_counter()
    for number, client in enumerate(clients):
        await asyncio.sleep(max(0.0, began + ramp * number / len(clients) - time.perf_counter()))
        client.ask()


async def _highest(served: Served, peak: list[int]) -> None:
    """Keep the server's memory at its highest in `peak[0]`, until cancelled."""
    while True:
        peak[0] = max(peak[0], served.memory)
        await asyncio.sleep(0.1)


async def submits(served: Served, tenths: int, tick: Tick, offered: int = 0) -> Posts:
    """Jobs submitted by `POST /api/v1/infer`, on CONNECTIONS connections, as fast as they are taken."""
    seconds, every = tenths / 10, CONNECTIONS / offered if offered else 0.0
    request = post(served, "/api/v1/infer", {"prompt": "How do I brew green tea?"})
    began = time.perf_counter()
    make = [lambda: Poster(request, began + seconds, every)] * CONNECTIONS
    posters = [poster for _, poster in await _connect(served, make)]
    for _ in range(tenths):
        await asyncio.sleep(0.1)
        tick()
    for poster in posters:
        await asyncio.wait_for(poster.done, PATIENCE)
    took = time.perf_counter() - began
    times = sorted(chain.from_iterable(poster.times for poster in posters))
    failed = sum(poster.failed for poster in posters)
    half, most = percentile(times, 0.5), percentile(times, 0.99)
    return Posts(served.name, CONNECTIONS, len(times), failed, took, half, most, offered)


async def steady_submits(served: Served, tenths: int, tick: Tick) -> Posts:
    """The same at OFFERED requests/s, spread over the connections: how long a request takes while there is room."""
    return await submits(served, tenths, tick, OFFERED)


async def idle_sockets(served: Served, count: int, tick: Tick) -> Idle:
    """`count` WebSockets opened and left alone for a second."""
    before = served.memory
    opening = handshake(served, "/api/v1/query/ws")
    clients = [client for _, client in await _connect(served, [lambda: Socket(opening, b"")] * count)]
    for client in clients:
        await asyncio.wait_for(client.opened, PATIENCE)
        tick()
    await asyncio.sleep(1)
    held = sum(not client.done.done() for client in clients)
    grown = served.memory - before
    for client in clients:
        client.transport.abort()
    return Idle(served.name, count, held, max(0, grown) // max(1, held))


async def warm_up(served: Served) -> None:
    """First requests import, compile and fill caches; they are not what we measure."""
    await paced_streams(served, 20, lambda: None)
    await submits(served, 5, lambda: None)


async def _connect(served: Served, make: Sequence[Callable[[], T]]) -> list[tuple[asyncio.BaseTransport, T]]:
    loop = asyncio.get_running_loop()
    made: list[tuple[asyncio.BaseTransport, T]] = []
    for start in range(0, len(make), AT_ONCE):
        batch = (loop.create_connection(each, served.host, served.port) for each in make[start : start + AT_ONCE])
        made += await asyncio.gather(*batch)
    return made
