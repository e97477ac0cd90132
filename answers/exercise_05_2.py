"""05.2: how people remember a product. Knows no check."""

from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


class Base:
    """The line and the memory; how it is used is each answer's own."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"
        self.tags: dict[int, str] = {}
        self.known: dict[int, Any] = {}

    def get(self, number: int, tag: str | None = None) -> requests.Response:
        url = f"{self.base_url}/shop/products/{number}"
        return self.session.get(url, headers={"If-None-Match": tag}, timeout=10)


@right
class TwoDictionaries(Base):
    def product(self, number: int) -> Any:
        response = self.get(number, self.tags.get(number))
        if response.status_code == 200:
            self.tags[number], self.known[number] = response.headers["etag"], response.json()
        elif response.status_code != 304:
            raise LookupError(response.text)
        return self.known[number]


@right
class KeepsTheResponses:
    def __init__(self, base_url: str, key: str) -> None:
        self.http = httpx2.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"})
        self.last: dict[int, httpx2.Response] = {}

    def product(self, number: int) -> Any:
        before = self.last.get(number)
        headers = {"If-None-Match": before.headers["etag"]} if before else {}
        response = self.http.get(f"/shop/products/{number}", headers=headers)
        if response.status_code != 304:
            response.raise_for_status()
            self.last[number] = response
        return self.last[number].json()


@wrong(
    "The price in the shop has changed", "2 requests for 5 calls", "hear of a change", belief="fetched-once-is-known"
)
class FetchesOnce(Base):
    def product(self, number: int) -> Any:
        if number not in self.known:
            self.known[number] = self.get(number).json()
        return self.known[number]


@wrong(NOT_THE_WAY, "came again with its whole body", "no If-None-Match header", belief="saved-by-the-library")
class TrustsTheSession(Base):
    def product(self, number: int) -> Any:
        response = self.get(number)
        response.raise_for_status()
        return response.json()


@wrong(NOT_THE_WAY, "came again with its whole body", "which tag belongs to which product")
class OneTagForAll(Base):
    def product(self, number: int) -> Any:
        response = self.get(number, self.tags.get(0))
        if response.status_code == 304:
            return self.known[number]
        response.raise_for_status()
        self.tags[0], self.known[number] = response.headers["etag"], response.json()
        return self.known[number]


@wrong(NOT_THE_WAY, "came again with its whole body", "which of its states")
class KeepsTheFirstTag(Base):
    def product(self, number: int) -> Any:
        response = self.get(number, self.tags.get(number))
        if response.status_code == 304:
            return self.known[number]
        response.raise_for_status()
        self.tags.setdefault(number, response.headers["etag"])
        self.known[number] = response.json()
        return self.known[number]


@wrong(NOT_THE_WAY, "9 requests for 6 calls", "fit into one")
class LooksAtTheHeadFirst(Base):
    def product(self, number: int) -> Any:
        head = self.session.head(f"{self.base_url}/shop/products/{number}")
        head.raise_for_status()
        if head.headers["etag"] != self.tags.get(number):
            self.tags[number], self.known[number] = head.headers["etag"], self.get(number).json()
        return self.known[number]


@wrong("JSONDecodeError", "304 Not Modified", "is it JSON", status="crashed")
class ReadsTheEmptyBody(Base):
    def product(self, number: int) -> Any:
        response = self.get(number, self.tags.get(number))
        self.tags[number] = response.headers["etag"]
        return response.json()


@wrong("does not give back the product", "None", "where is the product then")
class GivesNothingBack(Base):
    def product(self, number: int) -> Any:
        response = self.get(number, self.tags.get(number))
        self.tags[number] = response.headers["etag"]
        return response.json() if response.status_code == 200 else None


@wrong("taken out of the shop", "it returned", belief="error-status-is-my-crash")
class SellsWhatIsGone(Base):
    def product(self, number: int) -> Any:
        response = self.get(number, self.tags.get(number))
        if response.status_code == 200:
            self.tags[number], self.known[number] = response.headers["etag"], response.json()
        return self.known[number]


@wrong("taken out of the shop", "KeyError: 'etag'", belief="error-status-is-my-crash")
class TakesTheRefusalForAState(Base):
    def product(self, number: int) -> Any:
        response = self.get(number, self.tags.get(number))
        if response.status_code != 304:
            self.tags[number], self.known[number] = response.headers["etag"], response.json()
        return self.known[number]


@wrong("No request with this key", "Authorization: Bearer")
class ForgetsTheKey(Base):
    def product(self, number: int) -> Any:
        return requests.get(f"{self.base_url}/shop/products/{number}", timeout=10).json()


@wrong("has no method `product`", "inside the class")
class HasNoProduct(Base): ...
