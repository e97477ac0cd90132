"""The clock of the polling checks on a real server: it ends a job when the waits add up, and a loop that does not."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.checks import polling
from labkit.checks.bench import Bench, Scene
from labkit.checks.polling import Enough, Patience
from labkit.outcome import Wrong

TEA = {"model": "script", "prompt": "Green| tea"}


@pytest.fixture
def scene(server: Any) -> Iterator[Scene]:
    with Bench(server.url, "06.1") as bench:
        yield bench.scene(7)


def poll(scene: Scene, job: str) -> int:
    return scene.ask("GET", f"/api/v1/result/{job}").status_code


def test_the_job_is_over_as_soon_as_the_waits_add_up(scene: Scene) -> None:
    job = polling.submit(scene, "ttft=0.6", **TEA)
    sleep = Patience(scene, due=10)
    sleep(4)
    assert poll(scene, job) == 202
    sleep(6)
    assert poll(scene, job) == 200
    assert sleep.waits == [4, 6]
    assert [one.path for one in polling.exchanges(scene)] == ["/api/v1/infer", *[f"/api/v1/result/{job}"] * 2]


def test_a_wait_takes_no_time(scene: Scene) -> None:
    polling.submit(scene, "ttft=30", **TEA)
    began = time.monotonic()
    Patience(scene, due=100)(99)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("seconds", "most", "calls"), [(4, 10, 3), (0.01, 3600, polling.MANY + 1)])
def test_who_does_not_stop_by_himself_is_stopped(scene: Scene, seconds: float, most: float, calls: int) -> None:
    sleep = Patience(scene, most=most)
    with pytest.raises(Enough):
        while True:
            sleep(seconds)
    assert len(sleep.waits) == calls
    assert not issubclass(Enough, Exception), "an `except Exception` in a loop would swallow it"


def test_the_last_submit_that_was_taken_is_the_one(scene: Scene) -> None:
    assert polling.submitted(scene.exchanges()) == ""
    polling.submit(scene, "instant", **TEA)
    job = polling.submit(scene, "instant", **TEA)
    scene.ask("POST", "/api/v1/infer", json={})
    assert polling.submitted(scene.exchanges()) == job


def test_what_follows_the_last_poll_may_come_at_once_and_a_poll_may_not(scene: Scene) -> None:
    job, sleep = polling.submit(scene, "ttft=30", **TEA), Patience(scene)
    poll(scene, job)
    scene.ask("POST", f"/api/v1/cancel/{job}")
    polling.retry_after_kept(sleep, polling.exchanges(scene))
    job = polling.submit(scene, "ttft=30", **TEA)
    poll(scene, job)
    poll(scene, job)
    with pytest.raises(Wrong, match="the server had asked for 1"):
        polling.retry_after_kept(sleep, polling.exchanges(scene))


def test_another_sleep_than_the_one_that_was_given_is_noticed(scene: Scene) -> None:
    job, sleep = polling.submit(scene, "ttft=30", **TEA), Patience(scene)
    poll(scene, job)
    poll(scene, job)
    polling.given_sleep(sleep, polling.polls(scene.exchanges()))
    time.sleep(polling.LATE + 0.1)  # what the answer would do
    poll(scene, job)
    with pytest.raises(Wrong, match="not with the `sleep` that it was given"):
        polling.given_sleep(sleep, polling.polls(scene.exchanges()))
