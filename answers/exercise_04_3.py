"""04.3: how people wait with a deadline. Knows no check."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

Sleep = Callable[[float], None]
Now = Callable[[], float]
AGAIN = (408, 429, 500, 502, 503, 504)


def get(url: str, key: str) -> requests.Response:
    return requests.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=10)


def asked_for(answer: requests.Response) -> float:
    """Seconds, from both forms; 0 for none."""
    said = answer.headers.get("Retry-After", "0")
    if said.isdigit():
        return int(said)
    return (parsedate_to_datetime(said) - parsedate_to_datetime(answer.headers["Date"])).total_seconds()


def with_waits(
    url: str, key: str, seconds: float, clock: tuple[Sleep, Now], wait: Callable[[requests.Response, int], float]
) -> Any:
    """The loop that most of these answers share; `wait` says how long after which attempt."""
    sleep, now = clock
    end = now() + seconds
    for attempt in range(1000):
        answer = get(url, key)
        if answer.status_code not in AGAIN:
            answer.raise_for_status()
            return answer.json()
        pause = wait(answer, attempt)
        if now() + pause > end:
            raise TimeoutError("no time left")
        sleep(pause)
    raise AssertionError("the deadline comes before")


def chance(attempt: int) -> float:
    return random.uniform(0.1, min(10, 2**attempt))


@right
def right_with_the_clock_on_the_wall(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    """Compares a date with its own time, in UTC: right where the clocks agree."""

    def wait(answer: requests.Response, attempt: int) -> float:
        said = answer.headers.get("Retry-After", "0")
        if said.isdigit():
            return int(said) + chance(attempt)
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()) + chance(attempt)

    return with_waits(url, key, seconds, (sleep, now), wait)


@right
def right_with_another_library(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    started, attempt = now(), 0
    with httpx2.Client(headers={"Authorization": f"Bearer {key}"}) as client:
        while True:
            answer = client.get(url)
            if answer.status_code not in AGAIN:
                return answer.raise_for_status().json()
            said = answer.headers.get("Retry-After", "0")
            moment = 0.0
            if not said.isdigit():
                apart = parsedate_to_datetime(said) - parsedate_to_datetime(answer.headers["Date"])
                moment = apart.total_seconds()
            pause = chance(attempt) + (moment or float(said))
            if seconds - (now() - started) < pause:
                raise TimeoutError
            sleep(pause)
            attempt += 1


@wrong(NOT_THE_WAY, "two readers of yours wait in step", "1, 2, 4 s", belief="doubling-is-enough")
def doubles(url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic) -> Any:
    return with_waits(url, key, seconds, (sleep, now), lambda answer, n: asked_for(answer) + 2**n)


@wrong(NOT_THE_WAY, "after a 503 you asked again at once", "What do you do then?")
def waits_only_when_told(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    return with_waits(url, key, seconds, (sleep, now), lambda answer, n: asked_for(answer))


@wrong("Not every refusal says when to come back", "TypeError: int()", "headers.get(name, default)")
def expects_a_retry_after(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    return with_waits(
        url, key, seconds, (sleep, now), lambda answer, n: chance(n) + int(answer.headers.get("Retry-After"))
    )


@wrong("Retry-After was a date", "what does `.isdigit()` say", belief="retry-after-is-a-number")
def takes_it_for_a_number(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    return with_waits(
        url, key, seconds, (sleep, now), lambda answer, n: chance(n) + int(answer.headers.get("Retry-After", 0))
    )


@wrong("does not say in which time zone", "offset-naive", "which header of it is a date too?")
def subtracts_its_own_now(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    def wait(answer: requests.Response, attempt: int) -> float:
        said = answer.headers.get("Retry-After", "0")
        if said.isdigit():
            return int(said) + chance(attempt)
        return (parsedate_to_datetime(said) - datetime.now()).total_seconds() + chance(attempt)

    return with_waits(url, key, seconds, (sleep, now), wait)


@wrong("The date in Retry-After was not kept", "both of them in GMT", belief="retry-after-is-a-number")
def ignores_a_date(url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic) -> Any:
    def wait(answer: requests.Response, attempt: int) -> float:
        said = answer.headers.get("Retry-After", "0")
        return chance(0) + (int(said) if said.isdigit() else 0)

    return with_waits(url, key, seconds, (sleep, now), wait)


@wrong("You waited for nothing", "a wait of", "when will you wake up")
def looks_at_the_clock_afterwards(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    end = now() + seconds
    for attempt in range(1000):
        answer = get(url, key)
        if answer.status_code not in AGAIN:
            return answer.json()
        sleep(asked_for(answer) + chance(attempt))
        if now() > end:
            raise TimeoutError
    return None


@wrong("was asked again before", "when is the deadline?")
def makes_the_wait_fit(url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic) -> Any:
    end = now() + seconds
    for attempt in range(1000):
        answer = get(url, key)
        if answer.status_code not in AGAIN:
            return answer.json()
        if now() >= end:
            raise TimeoutError
        sleep(min(asked_for(answer) + chance(attempt), max(0.0, end - now())))
    return None


@wrong("It waited", "where 20 s were all it had", "`now` was never asked")
def counts_attempts(url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic) -> Any:
    for _ in range(8):
        answer = get(url, key)
        if answer.status_code not in AGAIN:
            return answer.json()
        pause = asked_for(answer) + random.uniform(2, 6)
        if pause > seconds:
            raise TimeoutError
        sleep(pause)
    raise TimeoutError


@wrong("It gave up, and there was time left", "who turns a 503 into an exception?")
def gives_up_at_once(url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic) -> Any:
    answer = get(url, key)
    answer.raise_for_status()
    return answer.json()


@wrong("The time was over, and your function does not say so", "it returned None")
def ends_quietly(url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic) -> Any:
    try:
        return with_waits(url, key, seconds, (sleep, now), lambda answer, n: asked_for(answer) + chance(n))
    except TimeoutError:
        return None


@wrong("It gave up after 2 attempts, with time left", "the first wait")
def begins_with_a_long_wait(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    return with_waits(url, key, seconds, (sleep, now), lambda answer, n: asked_for(answer) + random.uniform(10.5, 12))


@wrong("No request with this key reached the server", "the header with the key")
def leaves_the_key_at_home(
    url: str, key: str, seconds: float, sleep: Sleep = time.sleep, now: Now = time.monotonic
) -> Any:
    return requests.get(url, timeout=10).json()
