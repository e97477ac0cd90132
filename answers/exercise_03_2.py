"""03.2: how people follow a redirect with a key in their hand. Knows no check."""

from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


def header(key: str) -> dict[str, str]:
    return {"X-API-Key": key}


def followed(base_url: str, key: str, path: str, same: Any) -> Any:
    """Step by step; `same(url)` says whether this is still the shop."""
    url = base_url + path
    response = requests.get(url, headers=header(key), allow_redirects=False)
    while response.is_redirect:
        url = urljoin(url, response.headers["Location"])
        response = requests.get(url, headers=header(key) if same(url) else {}, allow_redirects=False)
    return response


@right
def with_another_library(base_url: str, key: str, path: str) -> Any:
    with httpx2.Client() as client:
        request: Any = client.build_request("GET", base_url + path, headers=header(key))
        while True:
            response = client.send(request)
            request = response.next_request
            if request is None:
                response.raise_for_status()
                return response.text
            if (request.url.host, request.url.port) != (urlsplit(base_url).hostname, urlsplit(base_url).port):
                del request.headers["X-API-Key"]


@right
def with_a_session_of_its_own(base_url: str, key: str, path: str) -> Any:
    class Careful(requests.Session):
        def rebuild_auth(self, prepared: Any, response: Any) -> None:
            if self.should_strip_auth(response.request.url, prepared.url):
                prepared.headers.pop("X-API-Key", None)

    with Careful() as session:
        response = session.get(base_url + path, headers=header(key))
    response.raise_for_status()
    return response.text


@wrong(NOT_THE_WAY, "a stranger was told a secret: x-api-key", belief="key-in-the-environment-is-safe")
def follows_blindly(base_url: str, key: str, path: str) -> Any:
    response = requests.get(base_url + path, headers=header(key))
    response.raise_for_status()
    return response.text


@wrong(NOT_THE_WAY, "x-api-key", "scheme, host and port", belief="key-in-the-environment-is-safe")
def compares_the_host_alone(base_url: str, key: str, path: str) -> Any:
    return followed(base_url, key, path, lambda url: urlsplit(url).hostname == urlsplit(base_url).hostname).text


@wrong("in the middle of its own house", "What does your code compare")
def drops_the_key_at_once(base_url: str, key: str, path: str) -> Any:
    return followed(base_url, key, path, lambda url: False).text


@wrong("HTTPError: 401", "the server had answered 401", status="crashed")
def drops_the_key_and_raises(base_url: str, key: str, path: str) -> Any:
    response = followed(base_url, key, path, lambda url: False)
    response.raise_for_status()
    return response.text


@wrong("ends at the first signpost", "who follows it now?")
def follows_nothing(base_url: str, key: str, path: str) -> Any:
    response = requests.get(base_url + path, headers=header(key), allow_redirects=False)
    response.raise_for_status()
    return response.text


@wrong(NOT_THE_WAY, "?key", belief="key-in-the-environment-is-safe")
def writes_the_key_into_the_address(base_url: str, key: str, path: str) -> Any:
    return requests.get(base_url + path, params={"key": key}).text


@wrong(NOT_THE_WAY, "the key came in Authorization", "a good choice where an API takes both")
def takes_the_header_that_is_guarded(base_url: str, key: str, path: str) -> Any:
    return requests.get(base_url + path, headers={"Authorization": f"Bearer {key}"}).text


@wrong("need not be a whole address", "MissingSchema", "← Location: /shop/products/102", "`urljoin` takes")
def takes_the_location_for_an_address(base_url: str, key: str, path: str) -> Any:
    response = requests.get(base_url + path, headers=header(key), allow_redirects=False)
    if response.is_redirect:
        response = requests.get(response.headers["Location"])
    return response.text


@wrong(NOT_THE_WAY, "it took 2 requests")
def looks_before_it_asks(base_url: str, key: str, path: str) -> Any:
    requests.head(base_url + path, headers=header(key))
    return followed(base_url, key, path, lambda url: url.startswith(base_url)).text


@wrong("not what was sent in the end", "and not the answer itself")
def returns_the_response(base_url: str, key: str, path: str) -> Any:
    return followed(base_url, key, path, lambda url: url.startswith(base_url))


@wrong("No request with this key")
def asks_nobody(base_url: str, key: str, path: str) -> Any:
    return "a picture"
