"""The vocabulary of judgements, fed with exchanges that a real server recorded: one that passes, one that fails."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from labkit.checks import connection, header, overlap, sequence, traffic, waits
from labkit.checks.bench import Bench, Crashed, Scene
from labkit.exchange import Exchange
from labkit.outcome import Wrong

CHAT = {"model": "tea-small", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


@pytest.fixture
def scene(server: Any) -> Iterator[Scene]:
    with Bench(server.url, "00.1") as bench:
        yield bench.scene(7)


def get(scene: Scene, path: str = "/health", to: Any = requests, **headers: str) -> requests.Response:
    answer: requests.Response = to.get(
        scene.base_url + path, headers={"Authorization": f"Bearer {scene.key}"} | headers, timeout=10
    )
    return answer


def refused(judge: Callable[..., Any], *args: Any, **options: Any) -> Wrong:
    """What a judge says; with a right value it says that too."""
    with pytest.raises(Wrong) as wrong:
        judge(*args, **options)
    assert wrong.value.expected and wrong.value.seen and wrong.value.look
    if "ordered" not in options and judge is not sequence.whole:
        with pytest.raises(Wrong, match=r"^Your answer is right\. The way to it is not: "):
            judge(*args, right=True, **options)
    return wrong.value


def asked(scene: Scene, *paths: str) -> list[Exchange]:
    for path in paths:
        get(scene, path)
    return scene.exchanges()


# traffic


def test_requests_are_counted_by_name(scene: Scene) -> None:
    seen = asked(scene, "/health", "/shop/products?page=2", "/shop/products")
    assert len(traffic.times(seen, "GET /shop/products", 2)) == 2
    assert len(traffic.times(seen, "/shop/*", 1, most=3)) == 2
    wrong = refused(traffic.times, seen, "GET /shop/*", 1)
    assert wrong.summary == "GET /shop/* was asked 2 times." and "→ GET /shop/products?page=2" in wrong.proof
    missing = refused(traffic.times, seen, "POST /shop/orders", 1)
    assert missing.seen == "GET /health, GET /shop/products, GET /shop/products"
    assert refused(traffic.times, [], "GET /health", 1, most=2).expected == "GET /health, 1 to 2 times"


def test_the_order_of_requests_is_judged_by_name(scene: Scene) -> None:
    seen = asked(scene, "/users", "/health", "/shop/products")
    assert [one.path for one in traffic.in_order(seen, "GET /users", "GET /shop/*")] == ["/users", "/shop/products"]
    assert refused(traffic.in_order, seen, "/shop/products", "/users").summary == "/users came too early."
    assert refused(traffic.in_order, seen, "/users", "/auth/token").summary == "/auth/token never came."


def test_nothing_may_be_asked_after_the_last_word(scene: Scene) -> None:
    seen = asked(scene, "/nothing", "/health")
    traffic.nothing_after(seen, seen[1])
    wrong = refused(traffic.nothing_after, seen, seen[0])
    assert wrong.seen == "1 more request: GET /health" and wrong.expected == "no request after the 404"


# header


def test_headers_are_there_the_same_or_different(scene: Scene) -> None:
    for key in ("one", "one", "two"):
        get(scene, **{"Idempotency-Key": key})
    get(scene)
    first, second, third, bare = scene.exchanges()
    assert header.sent(first, "idempotency-key", "one") == "one"
    assert "not the right one" in refused(header.sent, first, "Idempotency-Key", "two").summary
    assert "is missing" in refused(header.sent, bare, "Idempotency-Key").summary
    assert header.same([first, second], "Idempotency-Key") == "one"
    assert "changed between 2 requests" in refused(header.same, [first, third], "Idempotency-Key").summary
    header.different([first, third], "Idempotency-Key")
    assert refused(header.different, [first, second], "Idempotency-Key").seen == "1 value in 2 requests"


def test_a_secret_in_a_strangers_journal_is_named_and_not_shown(scene: Scene) -> None:
    stranger = scene.witness.open_stranger()
    requests.get(f"{stranger}/health", timeout=5)
    requests.get(f"{stranger}/health", headers={"X-API-Key": scene.key}, timeout=5)
    clean, leaky = scene.witness.exchanges(wait=2, origin="stranger")
    header.no_secret([clean])
    wrong = refused(header.no_secret, [clean, leaky], belief="it-is-safe")
    assert wrong.seen == "x-api-key" and wrong.belief == "it-is-safe" and scene.key not in wrong.proof


# waits


def test_waits_are_recorded_behind_the_request_they_follow_and_retry_after_is_kept(scene: Scene) -> None:
    scene.witness.add_fault("status;code=429;retry_after=2", path="/health", first=2)
    sleep = waits.Sleep(scene)
    for _ in range(2):
        get(scene)
        sleep(1.5)
        sleep(0.5)
    get(scene)
    assert sleep.waits == [1.5, 0.5, 1.5, 0.5] and dict(sleep.after) == {1: 2.0, 2: 2.0}
    waits.retry_after_kept(sleep, scene.exchanges())
    hasty = waits.Sleep(scene)
    wrong = refused(waits.retry_after_kept, hasty, scene.exchanges())
    assert wrong.summary == "You came back after 0 s, and the server had asked for 2."
    assert "← retry-after: 2" in wrong.proof


def test_an_attempt_without_a_wait_before_it_is_refused(scene: Scene) -> None:
    scene.witness.add_fault("status;code=503", path="/health", first=2)
    sleep, other = waits.Sleep(scene), waits.Sleep(scene)
    get(scene)
    other(0.1)
    get(scene)
    assert "never called" in refused(waits.between, sleep, scene.exchanges()).seen
    sleep(0.1)
    other(0.1)
    get(scene)
    waits.between(other, scene.exchanges())
    wrong = refused(waits.between, sleep, scene.exchanges(), belief="it")
    assert wrong.summary == "After a 503 you asked again at once." and wrong.belief == "it"


def test_a_crash_over_a_retry_after_that_is_not_there_is_told_as_that(scene: Scene) -> None:
    missing, other = Crashed("KeyError: 'retry-after', in the line `x`"), Crashed("KeyError: 'tea'")
    scene.witness.add_fault("status;code=503;retry_after=1", path="/health")
    scene.witness.add_fault("status;code=503", path="/health")
    get(scene)
    waits.unsaid(scene, missing)  # it was there
    get(scene)
    waits.unsaid(scene, other)
    with pytest.raises(Wrong, match=r"^Not every refusal says when to come back\.$") as wrong:
        waits.unsaid(scene, missing)
    assert "(no Retry-After header)" in wrong.value.proof and wrong.value.seen == str(missing)


async def test_an_async_wait_is_recorded_too(scene: Scene) -> None:
    sleep = waits.Sleep(scene)
    await sleep.later(3)
    assert sleep.waits == [3.0]
    with pytest.raises(ValueError, match="give it seconds"):
        sleep(-1)


@pytest.mark.parametrize(
    ("recorded", "grows"), [([1, 2, 4], True), ([1, 0.8, 2], True), ([], True), ([1, 1, 1], False)]
)
def test_waits_that_do_not_grow_are_refused(scene: Scene, recorded: list[float], grows: bool) -> None:
    sleep = waits.Sleep(scene)
    sleep.waits = recorded
    if grows:
        waits.grow(sleep)
    else:
        assert refused(waits.grow, sleep).seen == "1, 1, 1 seconds"
    waits.within(sleep, 7)
    if recorded:
        assert "were all it had" in refused(waits.within, sleep, 2).summary


# overlap


def at_once(scene: Scene, paths: list[str], workers: int) -> list[Exchange]:
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda path: get(scene, path), paths))
    return scene.exchanges()


def test_requests_that_met_at_the_barrier_were_open_together(scene: Scene) -> None:
    overlap.meet(scene, 3, "/users")
    seen = at_once(scene, ["/users"] * 3, 3)
    overlap.together(seen, 3)
    assert overlap.peak(seen) == 3
    overlap.at_most(seen, 3)
    assert refused(overlap.at_most, seen, 2).seen == "3"


def test_requests_one_after_the_other_never_meet(scene: Scene) -> None:
    scene.witness.add_fault("barrier;n=2;seconds=0.2", path="/users", first=2)
    seen = at_once(scene, ["/users"] * 2, 1)
    wrong = refused(overlap.together, seen, 2)
    assert "one after the other: 2 were never open at once" in wrong.summary
    assert wrong.seen.startswith("at most 1:")


def test_too_few_at_a_time_are_not_called_one_after_the_other(scene: Scene) -> None:
    scene.witness.add_fault("barrier;n=4;seconds=0.2", path="/users", first=4)
    wrong = refused(overlap.together, at_once(scene, ["/users"] * 4, 2), 4)
    assert wrong.summary == "Too few of your requests met: 4 were never open at once."
    assert wrong.seen.startswith("at most 2:")


def test_a_barrier_that_was_over_before_they_came_proves_nothing(scene: Scene) -> None:
    seen = at_once(scene, ["/users"] * 2, 1)
    assert "one after the other" in refused(overlap.together, seen, 2).summary


# sequence


@pytest.mark.parametrize(
    ("got", "words"),
    [
        ([1, 3], ("1 event got lost.", "missing: 2")),
        ([1, 2, 2, 3], ("1 event came twice.", "too many: 2")),
        ([3, 2, 1], ("in another order",)),
        ([1, 2, "3"], ("not the events", "missing: 3; unknown: '3'")),
        (None, ("no list of events", "None")),
    ],
)
def test_what_went_astray_is_named(got: Any, words: tuple[str, ...]) -> None:
    wrong = refused(sequence.whole, [1, 2, 3], got, "event")
    assert [word for word in words if word not in wrong.summary + wrong.seen] == []


def test_a_whole_sequence_passes_and_its_order_may_be_free() -> None:
    sequence.whole([1, 2, 3], (1, 2, 3), "event")
    sequence.whole([{"a": 1}, 2], [2, {"a": 1}], "event", ordered=False)


# connection


def test_connections_are_counted(scene: Scene) -> None:
    with requests.Session() as session:
        for _ in range(2):
            get(scene, to=session)
    connection.one(scene.exchanges())
    get(scene)
    assert refused(connection.one, scene.exchanges()).summary == "3 requests took 2 connections."


def test_an_answer_left_open_and_one_left_early_are_told_apart(scene: Scene) -> None:
    headers = {"Authorization": f"Bearer {scene.key}", "x-lab-pace": "ttft=0;tps=5"}
    answer = requests.post(f"{scene.base_url}/v1/chat/completions", json=CHAT, headers=headers, stream=True, timeout=10)
    lines = answer.iter_lines()  # kept: where it is forgotten, the answer is closed
    next(lines)
    [still] = scene.exchanges(wait=0)
    assert refused(connection.all_ended, [still]).seen == "POST /v1/chat/completions"
    assert "still open" in refused(connection.left, still).seen
    answer.close()
    [gone] = scene.exchanges()
    connection.all_ended([gone])
    connection.left(gone)


def test_judgements_hold_for_an_async_client_too(scene: Scene) -> None:
    import httpx2

    async def both() -> None:
        async with httpx2.AsyncClient(headers={"X-API-Key": scene.key}, trust_env=False) as client:
            await asyncio.gather(*(client.get(f"{scene.base_url}/users") for _ in range(2)))

    overlap.meet(scene, 2, "/users")
    asyncio.run(both())
    overlap.together(scene.exchanges(), 2)
