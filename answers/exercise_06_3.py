"""06.3: TODO: what people really send. Knows no check."""

from typing import Any

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


@right
def in_a_session(base_url: str, key: str) -> Any:
    """TODO: right, and written differently from the solution."""
    with requests.Session() as session:
        return session.get(base_url + "/health", headers={"Authorization": f"Bearer {key}"}).json()


@wrong("TODO: words that its card must hold", belief="accept-first")
def believes_the_first(base_url: str, key: str) -> Any:
    return None


@wrong("TODO: words that its card must hold", belief="accept-second")
def believes_the_second(base_url: str, key: str) -> Any:
    return requests.get(base_url + "/health", headers={"Authorization": f"Bearer {key}"})


@wrong(NOT_THE_WAY, "TODO: words that its card must hold")
def asks_twice(base_url: str, key: str) -> Any:
    in_a_session(base_url, key)
    return in_a_session(base_url, key)
