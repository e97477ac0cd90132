"""One call of a learner's code: in a thread or in a loop, freed where it hangs, whatever it waits for."""

import asyncio
import functools
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import pytest
import requests
from websockets.sync.client import connect

from labkit import checks
from labkit.checks.bench import Bench, Crashed, NotStarted, Scene
from labkit.checks.calling import in_thread, wants_loop
from labkit.checks.prints import Prints
from labkit.outcome import Wrong

PATIENCE = 0.5
NEVER = {"x-lab-pace": "ttft=30"}
CHAT = {"model": "tea-small", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


def of(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} | NEVER


def waits_in_requests(base_url: str, key: str) -> None:
    requests.post(f"{base_url}/v1/chat/completions", json=CHAT, headers=of(key))


def waits_in_httpx2(base_url: str, key: str) -> None:
    httpx2.post(f"{base_url}/v1/chat/completions", json=CHAT, headers=of(key), timeout=None, trust_env=False)


def waits_in_websockets(base_url: str, key: str) -> None:
    with connect(
        base_url.replace("http", "ws") + "/ws/echo", additional_headers={"authorization": f"Bearer {key}"}, proxy=None
    ) as socket:
        socket.recv()


async def waits_in_an_async_client(base_url: str, key: str) -> None:
    async with httpx2.AsyncClient(trust_env=False, timeout=None) as client:
        await client.post(f"{base_url}/v1/chat/completions", json=CHAT, headers=of(key))


async def waits_for_an_event(base_url: str, key: str) -> None:
    await asyncio.Event().wait()


async def blocks_the_loop(base_url: str, key: str) -> None:
    waits_in_requests(base_url, key)


async def swallows_its_cancel(base_url: str, key: str) -> None:
    while True:
        try:
            await asyncio.sleep(3)
        except asyncio.CancelledError:
            await asyncio.sleep(12)  # longer than anybody's patience with it
            return


@pytest.fixture
def bench(server: Any) -> Iterator[Bench]:
    with Bench(server.url, "00.1", PATIENCE) as made:
        yield made


async def judged(bench: Bench, judge: Callable[[], Any]) -> Any:
    """The judge in a thread, the answer in this loop: as `await lab.check` does it."""
    bench.loop = asyncio.get_running_loop()
    return await asyncio.to_thread(judge)


def ended(scene: Scene) -> list[str | None]:
    return [seen.ended for seen in scene.exchanges()]


@pytest.mark.parametrize("answer", [waits_in_requests, waits_in_httpx2, waits_in_websockets])
def test_a_call_that_hangs_in_a_socket_is_freed_by_its_own_sandbox(bench: Bench, answer: Any) -> None:
    scene, other = bench.scene(1), bench.scene(2)
    with httpx2.stream(
        "POST", f"{other.base_url}/v1/chat/completions", json=CHAT, headers=of(other.key), trust_env=False
    ):
        with pytest.raises(Wrong, match=r"did not come back within 0\.5 seconds\.$"):
            bench.call(scene, answer, scene.base_url, scene.key)
        assert ended(scene) == ["the lab hung up"]
        assert [seen.ended for seen in other.witness.exchanges(wait=0)] == [None], "nobody else's connection was closed"


@pytest.mark.parametrize("how", ["sleep", "busy"])
def test_a_call_that_hangs_by_itself_is_given_up_and_the_kernel_must_be_restarted(bench: Bench, how: str) -> None:
    stop = threading.Event()

    def answer() -> None:
        while not stop.is_set():
            if how == "sleep":
                time.sleep(0.05)

    try:
        with pytest.raises(Wrong, match="It still runs: restart the kernel"):
            bench.call(bench.scene(1), answer)
    finally:
        stop.set()


@pytest.mark.parametrize("answer", [waits_in_an_async_client, waits_for_an_event])
async def test_an_async_call_that_hangs_is_cancelled(bench: Bench, answer: Any) -> None:
    scene = await asyncio.to_thread(bench.scene, 1)
    before = asyncio.all_tasks()
    with pytest.raises(Wrong, match=r"did not come back within 0\.5 seconds\.$"):
        await judged(bench, lambda: bench.call(scene, answer, scene.base_url, scene.key))
    assert asyncio.all_tasks() <= before
    assert set(await asyncio.to_thread(ended, scene)) <= {"client left"}


async def test_an_async_call_that_blocks_the_loop_is_freed_by_its_sandbox(bench: Bench) -> None:
    scene = await asyncio.to_thread(bench.scene, 1)
    with pytest.raises(Wrong, match=r"did not come back within 0\.5 seconds\.$"):
        await judged(bench, lambda: bench.call(scene, blocks_the_loop, scene.base_url, scene.key))


async def test_an_async_call_that_swallows_its_cancel_still_runs_and_says_so(bench: Bench) -> None:
    scene = await asyncio.to_thread(bench.scene, 1)
    with pytest.raises(Wrong, match="restart the kernel"):
        await judged(bench, lambda: bench.call(scene, swallows_its_cancel, scene.base_url, scene.key))


async def test_an_async_answer_runs_in_the_loop_of_whoever_awaits(bench: Bench) -> None:
    here = asyncio.get_running_loop()
    valve = asyncio.Semaphore(1)
    async with valve:
        pass

    async def answer(number: int) -> tuple[bool, int]:
        async with valve:
            return asyncio.get_running_loop() is here, number

    scene = await asyncio.to_thread(bench.scene, 1)
    assert await judged(bench, lambda: bench.call(scene, answer, 7)) == (True, 7)


class Client:
    def __init__(self, base_url: str, key: str) -> None:
        self.made_in = asyncio.get_running_loop()
        self.url = f"{base_url}/health"

    async def health(self) -> Any:
        async with httpx2.AsyncClient(trust_env=False) as http:
            return (await http.get(self.url)).json()

    async def numbers(self) -> AsyncIterator[int]:
        try:
            for number in range(100):
                yield number
        finally:
            self.closed = True


async def test_a_class_with_async_methods_is_made_and_asked_in_the_loop(bench: Bench) -> None:
    def judge() -> tuple[Any, list[int], bool]:
        scene = bench.scene(1)
        client = bench.call(scene, Client, scene.base_url, scene.key)
        return bench.call(scene, client.health), bench.items(scene, client.numbers, most=3), client.closed

    health, numbers, closed = await judged(bench, judge)
    assert health["status"] == "healthy" and numbers == [0, 1, 2] and closed


def test_a_plain_class_and_its_generator_are_called_method_by_method(bench: Bench) -> None:
    class Counter:
        def __init__(self, start: int) -> None:
            self.start, self.closed = start, False

        def up(self) -> Iterator[int]:
            try:
                yield from range(self.start, 100)
            finally:
                self.closed = True

    scene = bench.scene(1)
    counter = bench.call(scene, Counter, 5)
    assert bench.items(scene, counter.up, most=2) == [5, 6] and counter.closed
    assert bench.items(scene, counter.up) == list(range(5, 100))


def test_a_coroutine_that_nobody_awaited_is_named(bench: Bench) -> None:
    with pytest.raises(Wrong, match="gave back a coroutine: none of its lines has run"):
        bench.call(bench.scene(1), lambda: waits_for_an_event("", ""))


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
async def test_an_async_answer_that_wants_to_end_the_kernel_has_crashed(bench: Bench, error: BaseException) -> None:
    async def answer() -> None:
        raise error

    scene = await asyncio.to_thread(bench.scene, 1)
    with pytest.raises(Crashed, match=type(error).__name__):
        await judged(bench, lambda: bench.call(scene, answer))


async def test_an_error_in_a_group_is_told_with_the_first_one_in_it(bench: Bench) -> None:
    async def fails(error: Exception) -> None:
        raise error

    async def answer(error: Exception) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails(error))

    scene = Scene("", "", (await asyncio.to_thread(bench.scene, 1)).witness, beliefs={"KeyError": "tea-is-there"})
    with pytest.raises(
        Crashed, match="ExceptionGroup, and in it KeyError: 'tea', in the line `raise error` of fails"
    ) as crash:
        await judged(bench, lambda: bench.call(scene, answer, KeyError("tea")))
    assert crash.value.belief == "tea-is-there"
    with pytest.raises(NotStarted):
        await judged(bench, lambda: bench.call(scene, answer, NotImplementedError()))


def test_what_is_to_be_awaited_is_known_before_it_is_called() -> None:
    async def generator() -> AsyncIterator[int]:
        yield 1

    class Awaited:
        async def __call__(self) -> None: ...

    for answer in (waits_for_an_event, generator, Client, Awaited(), functools.partial(waits_for_an_event, "x")):
        assert wants_loop(answer), answer
    for other in (waits_in_requests, dict, Bench, None, 3, lambda: 1):
        assert not wants_loop(other), other


def test_a_freed_call_that_comes_back_with_a_value_is_late_all_the_same() -> None:
    freed = threading.Event()
    called = in_thread(freed.wait, "answer", 0.1, freed.set, Prints())
    assert (called.late, called.stuck, called.value) == (True, False, None)


def test_an_exercise_that_is_awaited_refuses_a_plain_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(checks.CHECKS, "07.1", checks.Check(lambda *_: "", ("",), awaited=True))
    outcome = checks.run("07.1", waits_in_requests, "http://127.0.0.1:9")
    assert (outcome.status, outcome.summary) == ("wrong", "Your function is not async.")
    assert checks.awaits("07.1", None), "and its check is to be awaited also without an answer"
