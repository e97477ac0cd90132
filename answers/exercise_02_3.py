"""02.3: how people really fetch twelve products. Knows no check."""

from collections.abc import Sequence
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


def headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def product(response: Any) -> Any:
    return response.json() if response.status_code == 200 else None


@right
def right_with_another_library(base_url: str, key: str, ids: Sequence[int]) -> Any:
    with httpx2.Client(base_url=base_url, headers=headers(key), follow_redirects=True) as client:
        return [product(client.get(f"/shop/products/{number}")) for number in ids]


@right
def right_with_streams_that_are_read(base_url: str, key: str, ids: Sequence[int]) -> Any:
    found = []
    with requests.Session() as session:
        for number in ids:
            url = f"{base_url}/shop/products/{number}"
            with session.get(url, headers=headers(key), stream=True, timeout=5) as response:
                response.content  # noqa: B018 - reading it is what frees the line
                found.append(product(response))
    return found


@wrong(NOT_THE_WAY, "13 requests took 12 connections", "dials anew", belief="closes-after-every-answer")
def gets_in_a_loop(base_url: str, key: str, ids: Sequence[int]) -> Any:
    return [product(requests.get(f"{base_url}/shop/products/{one}", headers=headers(key), timeout=5)) for one in ids]


@wrong(NOT_THE_WAY, "13 requests took 2 connections", "was not read to its end")
def leaves_the_404_unread(base_url: str, key: str, ids: Sequence[int]) -> Any:
    found, kept = [], []
    with requests.Session() as session:
        for number in ids:
            url = f"{base_url}/shop/products/{number}"
            response = session.get(url, headers=headers(key), stream=True, timeout=5)
            kept.append(response)
            found.append(product(response))
    return found


@wrong(NOT_THE_WAY, "connections", "dials anew", belief="closes-after-every-answer")
def makes_a_session_for_each(base_url: str, key: str, ids: Sequence[int]) -> Any:
    found = []
    for number in ids:
        with requests.Session() as session:
            found.append(product(session.get(f"{base_url}/shop/products/{number}", headers=headers(key), timeout=5)))
    return found


@wrong(NOT_THE_WAY, "25 requests", "each product once")
def asks_twice(base_url: str, key: str, ids: Sequence[int]) -> Any:
    right_with_another_library(base_url, key, ids)
    return right_with_another_library(base_url, key, ids)


@wrong(NOT_THE_WAY, "requests, and they are not the ones", "per_page")
def asks_for_the_whole_list(base_url: str, key: str, ids: Sequence[int]) -> Any:
    with requests.Session() as session:
        session.headers.update(headers(key))
        answer = session.get(f"{base_url}/shop/products?per_page=100", timeout=5).json()
    by_id = {one["id"]: one for one in answer["products"]}
    return [by_id.get(number) for number in ids]


@wrong("Not the product 9999", "no product")
def takes_an_error_for_a_product(base_url: str, key: str, ids: Sequence[int]) -> Any:
    with requests.Session() as session:
        return [session.get(f"{base_url}/shop/products/{one}", headers=headers(key)).json() for one in ids]


@wrong("The list has 11 entries", "does not exist")
def leaves_the_missing_out(base_url: str, key: str, ids: Sequence[int]) -> Any:
    return [one for one in right_with_another_library(base_url, key, ids) if one]


@wrong("Not the product 105", "None")
def follows_nothing(base_url: str, key: str, ids: Sequence[int]) -> Any:
    with httpx2.Client(base_url=base_url, headers=headers(key)) as client:
        return [product(client.get(f"/shop/products/{number}")) for number in ids]


@wrong("No request with this key", "Authorization: Bearer")
def forgets_the_key(base_url: str, key: str, ids: Sequence[int]) -> Any:
    return [product(requests.get(f"{base_url}/shop/products/{one}", timeout=5)) for one in ids]


@wrong("does not return a list")
def prints_instead(base_url: str, key: str, ids: Sequence[int]) -> Any:
    print(right_with_another_library(base_url, key, ids))  # noqa: T201 - its mistake


@wrong(NOT_THE_WAY, "without the word", "Authorization", "how many words")
def sends_the_key_alone(base_url: str, key: str, ids: Sequence[int]) -> Any:
    with requests.Session() as session:
        session.headers["Authorization"] = key
        return [product(session.get(f"{base_url}/shop/products/{number}", timeout=5)) for number in ids]
