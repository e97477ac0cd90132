"""06.1: how people really wait for a job. Knows no check."""

import random
import time
from collections.abc import Callable
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

Sleep = Callable[[float], None]


def ask(base_url: str, key: str, request_id: str, what: str = "result") -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(f"{base_url}/api/v1/{what}/{request_id}", headers=headers, timeout=10)


def ended(response: requests.Response) -> str:
    """The text, or the exception that the exercise asks for."""
    if response.status_code == 200:
        return str(response.json()["result"])
    if response.status_code == 404:
        raise LookupError("unknown job")
    raise RuntimeError(response.json()["error"]["message"])


def told(response: requests.Response) -> float:
    return float(response.headers.get("Retry-After", 0))


@right
def right_by_status(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    """Asks for the status, which has no Retry-After, and fetches the text at the end. Its jitter is full."""
    left, most = deadline, 1.0
    with httpx2.Client(base_url=f"{base_url}/api/v1", headers={"Authorization": f"Bearer {key}"}) as client:
        while True:
            answer = client.get(f"/status/{request_id}")
            if answer.status_code == 404:
                raise LookupError(answer.json()["error"]["message"])
            job = answer.json() if answer.status_code == 200 else {"status": "processing"}
            if job["status"] == "completed":
                return client.get(f"/result/{request_id}").json()["result"]
            if job["status"] != "processing":
                raise RuntimeError(job["error"])
            pause = max(0.5 + random.uniform(0, most), float(answer.headers.get("retry-after", 0)))
            if pause > left:
                raise TimeoutError
            sleep(pause)
            left, most = left - pause, min(2 * most, 10)


@right
def right_with_half_seconds_more(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    slept, more = 0.0, 0.0
    while (response := ask(base_url, key, request_id)).status_code in (202, 503):
        wait = max(told(response), 1) + more
        if slept + wait > deadline:
            raise TimeoutError
        sleep(wait)
        slept, more = slept + wait, more + 0.5
    return ended(response)


@wrong("The first answer was taken for the result", "It is a success", belief="any-success-is-the-result")
def trusts_every_success(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    while True:
        response = ask(base_url, key, request_id)
        if response.ok:
            return response.json()["result"]
        sleep(1)


@wrong("your code goes on asking", "which answers keep your loop going", belief="over-means-completed")
def waits_for_the_good_word(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    pause = 1.0
    while ask(base_url, key, request_id, "status").json()["status"] != "completed":
        sleep(pause)
        pause *= 2
    return ask(base_url, key, request_id).json()["result"]


@wrong("your code goes on asking", belief="over-means-completed")
def repeats_every_500(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    response, pause = ask(base_url, key, request_id), 1.0
    while response.status_code == 202 or response.status_code >= 500:
        sleep(max(pause, told(response)))
        response, pause = ask(base_url, key, request_id), 2 * pause
    return ended(response)


@wrong("the server had asked for 1")
def hammers(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    while (response := ask(base_url, key, request_id)).status_code in (202, 503):
        sleep(0.1)
    return ended(response)


@wrong(NOT_THE_WAY, "your waits do not grow")
def always_one_second(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    while (response := ask(base_url, key, request_id)).status_code in (202, 503):
        sleep(max(1.0, told(response)))
    return ended(response)


@wrong(NOT_THE_WAY, "the server had asked for 1")
def backs_off_alone(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    pause = 0.25
    while (response := ask(base_url, key, request_id)).status_code in (202, 503):
        sleep(pause)
        pause *= 2
    return ended(response)


@wrong(NOT_THE_WAY, "not with the `sleep`")
def sleeps_by_the_wall(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    while (response := ask(base_url, key, request_id)).status_code == 202:
        time.sleep(told(response))
    return ended(response)


@wrong("The counter was closed for a moment", "may the job be fine")
def gives_up_at_a_closed_counter(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    pause = 1.0
    while (response := ask(base_url, key, request_id)).status_code == 202:
        sleep(pause)
        pause = min(2 * pause, 10)
    return ended(response)


@wrong(
    "The job is failed, and your function returns a value", "before it reads the body", belief="over-means-completed"
)
def returns_none_for_failures(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    pause = 1.0
    while (response := ask(base_url, key, request_id)).status_code in (202, 503):
        sleep(max(pause, told(response)))
        pause *= 2
    return response.json().get("result")


@wrong("The job is failed, and your function raises HTTPError", "RuntimeError")
def leaves_it_to_raise_for_status(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    pause = 1.0
    while (response := ask(base_url, key, request_id)).status_code in (202, 503):
        sleep(max(pause, told(response)))
        pause *= 2
    response.raise_for_status()
    return response.json()["result"]


@wrong("waited", "where 40 s were all it had")
def has_no_deadline(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    pause = 1.0
    while (response := ask(base_url, key, request_id)).status_code in (202, 503):
        sleep(max(pause, told(response)))
        pause *= 2
    return ended(response)


@wrong("KeyError", status="crashed")
def reads_the_body_first(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    pause = 1.0
    while (response := ask(base_url, key, request_id)).json()["result"] is None:
        sleep(max(pause, told(response)))
        pause *= 2
    return response.json()["result"]


@wrong(NOT_THE_WAY, "it took 2 polls", "look at it twice")
def asks_twice(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    always = right_with_half_seconds_more(base_url, key, request_id, deadline, sleep)
    return always and ended(ask(base_url, key, request_id))


@wrong("No poll with this key", "the header with the key")
def forgets_the_key(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    return ended(ask(base_url, "", request_id))
