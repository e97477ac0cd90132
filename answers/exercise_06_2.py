"""06.2: how people really give up. Knows no check."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

Sleep = Callable[[float], None]
Question = dict[str, Any]


def submit(base_url: str, key: str, question: Question) -> str:
    headers = {"Authorization": f"Bearer {key}"}
    return str(
        requests.post(f"{base_url}/api/v1/infer", json=question, headers=headers, timeout=5).json()["request_id"]
    )


def ask(base_url: str, key: str, request_id: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(f"{base_url}/api/v1/result/{request_id}", headers=headers, timeout=5)


def cancel(base_url: str, key: str, request_id: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.post(f"{base_url}/api/v1/cancel/{request_id}", headers=headers, timeout=5)


def polled(base_url: str, key: str, request_id: str, deadline: float, sleep: Sleep) -> Any:
    """The text, or None when the waits are used up."""
    left, pause = deadline, 1.0
    while (response := ask(base_url, key, request_id)).status_code == 202:
        if left < pause:
            return None
        sleep(pause)
        left, pause = left - pause, 2 * pause
    return response.json()["result"]


@right
def right_in_one_loop(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    """Asks for the status, and uses the whole deadline."""
    with httpx2.Client(base_url=f"{base_url}/api/v1", headers={"Authorization": f"Bearer {key}"}) as client:
        job = client.post("/infer", json=question).json()
        path, left = f"/status/{job['request_id']}", deadline
        while (job := client.get(path).json())["status"] == "processing" and left > 0:
            sleep(min(1.5, left))
            left -= min(1.5, left)
        if job["status"] == "processing":
            job = client.post(f"/cancel/{job['request_id']}").json()
        return job["result"]


@right
def right_with_helpers(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    request_id = submit(base_url, key, question)
    text = polled(base_url, key, request_id, deadline, sleep)
    if text is None:
        cancel(base_url, key, request_id)
    return text


@wrong(NOT_THE_WAY, "you have gone, and the job runs on", "who tells the server", belief="leaving-stops-the-job")
def only_stops_asking(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    return polled(base_url, key, submit(base_url, key, question), deadline, sleep)


@wrong(NOT_THE_WAY, "you called it off", "`finally` is all of them")
def cancels_in_any_case(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    request_id = submit(base_url, key, question)
    try:
        return polled(base_url, key, request_id, deadline, sleep)
    finally:
        cancel(base_url, key, request_id)


@wrong(NOT_THE_WAY, "after the cancel there was nothing left to ask")
def looks_whether_it_worked(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    request_id = submit(base_url, key, question)
    text = polled(base_url, key, request_id, deadline, sleep)
    if text is None:
        cancel(base_url, key, request_id)
        ask(base_url, key, request_id)
    return text


@wrong("It waited", "where 5 s were all it had")
def waits_to_the_end(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    request_id, pause = submit(base_url, key, question), 1.0
    while (response := ask(base_url, key, request_id)).status_code == 202:
        sleep(pause)
        pause *= 2
    return response.json()["result"]


@wrong(NOT_THE_WAY, "the question was handed in 2 times", "one more bill")
def hands_it_in_again(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    first = submit(base_url, key, question)
    text = right_with_helpers(base_url, key, question, deadline, sleep)
    cancel(base_url, key, first)
    return text


@wrong(NOT_THE_WAY, "the job runs on", belief="leaving-stops-the-job")
def trusts_the_requests_timeout(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    request_id = submit(base_url, key, question)
    url, waited, pause = f"{base_url}/api/v1/result/{request_id}", 0.0, 1.0
    with suppress(requests.Timeout):
        while waited + pause <= deadline:
            response = requests.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=deadline)
            if response.status_code == 200:
                return response.json()["result"]
            sleep(pause)
            waited, pause = waited + pause, 2 * pause
    return None


@wrong("does not return None", "after the cancel")
def returns_the_cancel(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    request_id = submit(base_url, key, question)
    return polled(base_url, key, request_id, deadline, sleep) or cancel(base_url, key, request_id).json()


@wrong(NOT_THE_WAY, "the job is still processing", "which id")
def cancels_another(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    text = polled(base_url, key, submit(base_url, key, question), deadline, sleep)
    if text is None:
        cancel(base_url, key, "request_id")
    return text


@wrong("not with the `sleep` that it was given")
def sleeps_by_the_wall(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    request_id = submit(base_url, key, question)
    return polled(base_url, key, request_id, min(deadline, 2), time.sleep) or cancel(base_url, key, request_id)


@wrong("has not got the question as it was given", "nothing around it")
def wraps_the_question(base_url: str, key: str, question: Question, deadline: float, sleep: Sleep) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    requests.post(f"{base_url}/api/v1/infer", json={"prompt": question}, headers=headers, timeout=5)
