"""04.2: how people order on a bad Friday. Knows no check."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

AGAIN = (408, 429, 500, 502, 503, 504)
Sleep = Callable[[float], None]


def post(base_url: str, key: str, product_id: int, quantity: int, wish: str | None) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"}
    if wish is not None:
        headers["Idempotency-Key"] = wish
    wanted = {"product_id": product_id, "quantity": quantity}
    return requests.post(f"{base_url}/shop/orders", json=wanted, headers=headers, timeout=10)


def pause(answer: requests.Response | None, attempt: int) -> float:
    """What was asked for, and some chance."""
    asked = 0 if answer is None else int(answer.headers.get("Retry-After", 0))
    return asked + random.uniform(0.1, 2**attempt)


def until_it_works(
    send: Callable[[], requests.Response], sleep: Callable[[requests.Response | None, int], None], again: Any = AGAIN
) -> Any:
    """The loop that most of these answers share: six attempts."""
    for attempt in range(6):
        answer = None
        try:
            answer = send()
        except requests.RequestException:
            if attempt == 5:
                raise
        if answer is not None and (answer.status_code not in again or attempt == 5):
            answer.raise_for_status()
            return answer.json()
        sleep(answer, attempt)
    raise AssertionError("the last attempt raises or returns")


@right
def right_with_another_library(
    base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep
) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": uuid.uuid4().hex}
    with httpx2.Client(base_url=base_url, headers=headers) as client:
        for wait in waits():
            try:
                answer = client.post("/shop/orders", json={"product_id": product_id, "quantity": quantity})
            except httpx2.TransportError:
                sleep(wait)
                continue
            if answer.status_code not in AGAIN:
                answer.raise_for_status()
                return answer.json()
            sleep(max(wait, float(answer.headers.get("Retry-After", 0))))
    raise TimeoutError("the shop does not answer")


def waits() -> Iterator[float]:
    return (random.uniform(0.1, 2**attempt) for attempt in range(6))


@right
def right_with_a_wish_that_looks_like_a_basket(
    base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep
) -> Any:
    wish = f"basket-{time.time_ns()}"
    return until_it_works(
        lambda: post(base_url, key, product_id, quantity, wish), lambda answer, n: sleep(pause(answer, n))
    )


@wrong("It gave up after 1 attempt", "429", "what does your loop do")
def orders_once(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    answer = post(base_url, key, product_id, quantity, str(uuid.uuid4()))
    answer.raise_for_status()
    return answer.json()


@wrong(
    NOT_THE_WAY,
    "one customer, one kettle, and 2 parcels",
    "did not say that it is the same wish",
    belief="no-answer-is-a-no",
)
def trusts_that_nothing_was_done(
    base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep
) -> Any:
    return until_it_works(
        lambda: post(base_url, key, product_id, quantity, None), lambda answer, n: sleep(pause(answer, n))
    )


@wrong("It gave up after 3 attempts", "after no answer at all", belief="no-answer-is-a-no")
def repeats_answers_only(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wish = str(uuid.uuid4())
    for attempt in range(6):
        answer = post(base_url, key, product_id, quantity, wish)
        if answer.status_code not in AGAIN:
            break
        sleep(pause(answer, attempt))
    answer.raise_for_status()
    return answer.json()


@wrong(NOT_THE_WAY, "2 parcels", "came with another Idempotency-Key", "inside the loop", belief="new-key-each-attempt")
def makes_a_key_for_each_attempt(
    base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep
) -> Any:
    return until_it_works(
        lambda: post(base_url, key, product_id, quantity, str(uuid.uuid4())),
        lambda answer, n: sleep(pause(answer, n)),
    )


@wrong(
    NOT_THE_WAY,
    "you came back after 1 s, and the server had asked for 2",
    "on top of it, never off it",
    belief="retry-after-is-advice",
)
def keeps_a_ladder_of_its_own(
    base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep
) -> Any:
    wish = str(uuid.uuid4())
    return until_it_works(lambda: post(base_url, key, product_id, quantity, wish), lambda answer, n: sleep(float(2**n)))


@wrong(NOT_THE_WAY, "was never called", "or `time.sleep`?", belief="retry-after-is-advice")
def hammers(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wish = str(uuid.uuid4())
    return until_it_works(lambda: post(base_url, key, product_id, quantity, wish), lambda answer, n: None)


@wrong(
    NOT_THE_WAY, "after no answer you asked again at once", "says nothing about when", belief="retry-after-is-advice"
)
def waits_only_when_told(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wish = str(uuid.uuid4())
    return until_it_works(
        lambda: post(base_url, key, product_id, quantity, wish),
        lambda answer, n: sleep(0 if answer is None else int(answer.headers.get("Retry-After", 0))),
    )


@wrong("got the first receipt again", "what is your key made of?", belief="same-key-same-thing")
def names_the_wish_after_the_product(
    base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep
) -> Any:
    wish = f"{product_id}-{quantity}"
    return until_it_works(
        lambda: post(base_url, key, product_id, quantity, wish), lambda answer, n: sleep(pause(answer, n))
    )


@wrong("Not every refusal says when to come back", "KeyError: 'retry-after'", "headers.get(name, default)")
def expects_a_retry_after(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wish = str(uuid.uuid4())
    return until_it_works(
        lambda: post(base_url, key, product_id, quantity, wish),
        lambda answer, n: sleep(1 if answer is None else int(answer.headers["Retry-After"])),
    )


@wrong("The shop said 422, and was asked 5 more times", "the same gets the same", belief="try-everything-again")
def repeats_every_refusal(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wish = str(uuid.uuid4())
    return until_it_works(
        lambda: post(base_url, key, product_id, quantity, wish),
        lambda answer, n: sleep(pause(answer, n)),
        again=range(400, 600),
    )


@wrong("The shop said 422, and your function does not say so", "requests.HTTPError")
def hands_over_whatever_comes(
    base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep
) -> Any:
    wish = str(uuid.uuid4())
    for attempt in range(6):
        try:
            answer = post(base_url, key, product_id, quantity, wish)
        except requests.RequestException:
            sleep(pause(None, attempt))
            continue
        if answer.status_code not in AGAIN:
            return answer.json()
        sleep(pause(answer, attempt))
    raise TimeoutError


@wrong("The shop stayed closed, and was asked 16 times", "what ends your loop")
def never_gives_up(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wish = str(uuid.uuid4())
    while True:
        try:
            answer = post(base_url, key, product_id, quantity, wish)
        except requests.RequestException:
            sleep(1)
            continue
        if answer.status_code not in AGAIN:
            answer.raise_for_status()
            return answer.json()
        sleep(pause(answer, 1))


@wrong("The shop stayed closed, and your function does not say so", "returned None", "falls off its end")
def gives_up_quietly(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wish = str(uuid.uuid4())
    for attempt in range(6):
        try:
            answer = post(base_url, key, product_id, quantity, wish)
        except requests.RequestException:
            sleep(pause(None, attempt))
            continue
        if answer.status_code not in AGAIN:
            answer.raise_for_status()
            return answer.json()
        sleep(pause(answer, attempt))
    return None


@wrong("your function returns something else", "the `return` line", "201")
def returns_the_status(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wish = str(uuid.uuid4())
    until_it_works(lambda: post(base_url, key, product_id, quantity, wish), lambda answer, n: sleep(pause(answer, n)))
    return 201


@wrong("No order with this key reached the shop", "the header with the key")
def leaves_the_key_at_home(base_url: str, key: str, product_id: int, quantity: int, sleep: Sleep = time.sleep) -> Any:
    wanted = {"product_id": product_id, "quantity": quantity}
    return requests.post(f"{base_url}/shop/orders", json=wanted, timeout=10).json()
