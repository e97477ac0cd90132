"""03.3: how people get a no, and a yes. Knows no check."""

import base64
import json
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

PATH = "/shop/products/110"
STOCK = {"stock": 12}


def token(base_url: str, client_id: str, key: str, *scopes: str) -> str:
    form = {"grant_type": "client_credentials"} | ({"scope": " ".join(scopes)} if scopes else {})
    return str(requests.post(base_url + "/auth/token", auth=(client_id, key), data=form).json()["access_token"])


def patch(base_url: str, bearer: str = "") -> Any:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return requests.patch(base_url + PATH, json=STOCK, headers=headers)


def forged(genuine: str) -> str:
    head, claims, signature = genuine.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    said["scope"] = "shop:read shop:write models keys"
    return ".".join([head, base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("="), signature])


@right
def the_yes_comes_first(base_url: str, client_id: str, key: str) -> None:
    """Any honest scope that is not this one brings a 403; and the forgery may be made of the good token."""
    writing = token(base_url, client_id, key, "shop:write")
    with httpx2.Client(base_url=base_url) as client:
        for bearer in (writing, forged(writing), token(base_url, client_id, key, "models")):
            client.patch(PATH, json=STOCK, headers={"Authorization": f"Bearer {bearer}"})
        client.patch(PATH, json=STOCK)


@wrong("did not believe the token that you wrote yourself", "believes? Ask it", belief="decoded-is-verified")
def writes_its_own_permission(base_url: str, client_id: str, key: str) -> None:
    reading = token(base_url, client_id, key, "shop:read")
    for bearer in ("", reading, forged(reading)):
        patch(base_url, bearer)


@wrong(NOT_THE_WAY, "the yes was said to your key", "what does one get for it")
def opens_with_the_key(base_url: str, client_id: str, key: str) -> None:
    reading = token(base_url, client_id, key, "shop:read")
    for bearer in ("", reading, forged(reading), key):
        patch(base_url, bearer)


@wrong(NOT_THE_WAY, "opens more than it has to", "no scope, which means: all of them")
def asks_for_everything(base_url: str, client_id: str, key: str) -> None:
    reading = token(base_url, client_id, key, "shop:read")
    for bearer in ("", reading, forged(reading), token(base_url, client_id, key)):
        patch(base_url, bearer)


@wrong(NOT_THE_WAY, "opens more than it has to", "shop:read, shop:write")
def asks_for_reading_too(base_url: str, client_id: str, key: str) -> None:
    reading = token(base_url, client_id, key, "shop:read")
    for bearer in ("", reading, forged(reading), token(base_url, client_id, key, "shop:read", "shop:write")):
        patch(base_url, bearer)


@wrong("One is missing: 401 for a token that was changed", "it is not in your journal")
def makes_a_token_up(base_url: str, client_id: str, key: str) -> None:
    for bearer in ("", "not.a.token", token(base_url, client_id, key, "shop:read")):
        patch(base_url, bearer)
    patch(base_url, token(base_url, client_id, key, "shop:write"))


@wrong("One is missing: 401 without any proof", "who is asking then?")
def always_shows_something(base_url: str, client_id: str, key: str) -> None:
    reading = token(base_url, client_id, key, "shop:read")
    for bearer in (reading, forged(reading), token(base_url, client_id, key, "shop:write")):
        patch(base_url, bearer)


@wrong(NOT_THE_WAY, "a key stands in an address")
def asks_with_the_key_in_the_address(base_url: str, client_id: str, key: str) -> None:
    requests.get(base_url + PATH, params={"key": key})
    the_yes_comes_first(base_url, client_id, key)


@wrong(NOT_THE_WAY, "it took 5 PATCH requests")
def is_refused_once_more(base_url: str, client_id: str, key: str) -> None:
    patch(base_url)
    the_yes_comes_first(base_url, client_id, key)


@wrong("This is another request", "the same each time")
def changes_what_it_asks(base_url: str, client_id: str, key: str) -> None:
    requests.patch(base_url + PATH, json={"price": 12})


@wrong("The shop has not seen the request")
def returns_the_numbers(base_url: str, client_id: str, key: str) -> Any:
    return [401, 401, 403, 200]
