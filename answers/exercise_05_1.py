"""05.1: how people walk through pages. Knows no check."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

LIST = "/shop/products"


def session_with(key: str) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    return session


@right
def with_another_library(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    with httpx2.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}) as client:
        response = client.get(LIST, params=wish)
        yield from response.json()["products"]
        while (following := response.links.get("next")) is not None:
            response = client.get(following["url"])
            yield from response.json()["products"]


@right
def reads_link_by_hand(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    url, params, headers = base_url + LIST, wish, {"Authorization": f"Bearer {key}"}
    while url:
        response = requests.get(url, params=params, headers=headers, timeout=10)
        yield from response.json()["products"]
        url, params = "", None
        for link in response.headers.get("Link", "").split(", "):
            if 'rel="next"' in link:
                url = urljoin(base_url, link[1 : link.index(">")])


@wrong(NOT_THE_WAY, "for three products your code asked for 3 pages", "before you hand out the first")
def collects_everything_first(base_url: str, key: str, wish: Any) -> Any:
    return list(with_another_library(base_url, key, wish))


@wrong(NOT_THE_WAY, "for three products your code asked for 2 pages")
def fetches_one_ahead(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    session = session_with(key)
    response: Any = session.get(base_url + LIST, params=wish)
    while response is not None:
        link = response.links.get("next")
        following = session.get(urljoin(response.url, link["url"])) if link else None
        yield from response.json()["products"]
        response = following


@wrong("ends after 5 of 13", "a page after this one", belief="first-page-is-the-list")
def takes_the_page_for_the_list(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    yield from session_with(key).get(base_url + LIST, params=wish).json()["products"]


@wrong("You wrote the second address yourself", "not paged by numbers", belief="page-numbers-stand-still")
def counts_until_a_short_page(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    session, page = session_with(key), 1
    while True:
        rows = session.get(base_url + LIST, params=wish | ({"page": page} if page > 1 else {})).json()["products"]
        yield from rows
        if len(rows) < wish["per_page"]:
            return
        page += 1


@wrong(NOT_THE_WAY, "did not follow the address", "no further request", "the last page")
def counts_until_an_empty_page(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    session, page = session_with(key), 1
    while rows := session.get(f"{base_url}{LIST}", params=wish | {"page": page}).json()["products"]:
        yield from rows
        page += 1


@wrong(NOT_THE_WAY, "did not follow the address", "The wish is in its address already")
def sends_the_wish_again(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    session = session_with(key)
    response = session.get(base_url + LIST, params=wish)
    while True:
        yield from response.json()["products"]
        if "next" not in response.links:
            return
        response = session.get(urljoin(base_url, response.links["next"]["url"]), params=wish)


@wrong("KeyError: 'pages'", "which keys", status="crashed")
def trusts_the_body(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    session = session_with(key)
    first = session.get(base_url + LIST, params=wish).json()
    yield from first["products"]
    for page in range(2, first["pages"] + 1):
        yield from session.get(base_url + LIST, params=wish | {"page": page}).json()["products"]


@wrong("MissingSchema", "a path alone is no address", status="crashed")
def takes_link_for_an_address(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    session = session_with(key)
    response = session.get(base_url + LIST, params=wish)
    while True:
        yield from response.json()["products"]
        if "next" not in response.links:
            return
        response = session.get(response.links["next"]["url"])


@wrong("Your walk does not end", "again and again")
def never_moves_on(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    session = session_with(key)
    response = session.get(base_url + LIST, params=wish)
    while "next" in response.links:
        yield from response.json()["products"]


@wrong("What you hand out are not products", "behind your `yield`")
def hands_out_pages(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    for page in (session_with(key).get(base_url + LIST, params=wish).json(),):
        yield list(page)


@wrong("Not the products that were wished for", "on its way into the request")
def forgets_the_wish(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    return with_another_library(base_url, key, {})


@wrong("No request with this key", "Authorization: Bearer")
def forgets_the_key(base_url: str, key: str, wish: Any) -> Iterator[Any]:
    yield from requests.get(base_url + LIST, params=wish, timeout=10).json()["products"]
