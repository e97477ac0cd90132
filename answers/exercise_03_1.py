"""03.1: how people keep a token alive. Knows no check."""

import base64
import json as text
import time
from contextlib import suppress
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


class Base:
    """What most of them have in common."""

    def __init__(self, base_url: str, client_id: str, key: str, scope: str) -> None:
        self.base_url, self.client, self.scope, self.key = base_url, (client_id, key), scope, key
        self.token = ""

    def fetch(self) -> None:
        form = {"grant_type": "client_credentials", "scope": self.scope}
        made = requests.post(self.base_url + "/auth/token", auth=self.client, data=form)
        self.token = made.json()["access_token"]

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        if not self.token:
            self.fetch()
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, self.base_url + path, headers=headers, json=json)

    def call(self, method: str, path: str, json: Any = None) -> Any:
        response = self.ask(method, path, json)
        if response.status_code == 401:
            self.fetch()
            response = self.ask(method, path, json)
        return response


@right
class WithRefreshTokens(Base):
    """Each answer's refresh token takes the place of the one before."""

    form: dict[str, str] | None = None

    def fetch(self) -> None:
        first = {"grant_type": "client_credentials", "scope": self.scope}
        made = requests.post(self.base_url + "/auth/token", auth=self.client, data=self.form or first).json()
        self.token = made["access_token"]
        self.form = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}


@right
class AtOnceAndWithAnotherLibrary(Base):
    def __init__(self, base_url: str, client_id: str, key: str, scope: str) -> None:
        super().__init__(base_url, client_id, key, scope)
        self.http = httpx2.Client(base_url=base_url)
        self.fetch()

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        return self.http.request(method, path, json=json, headers={"Authorization": f"Bearer {self.token}"})


@right
class CountsForItself(Base):
    """It was told how often the token is good, and never meets a 401 of that kind."""

    left: float = 0

    def fetch(self) -> None:
        form = {"grant_type": "client_credentials", "scope": self.scope}
        made = requests.post(self.base_url + "/auth/token", auth=self.client, data=form).json()
        self.token, self.left = made["access_token"], made.get("uses", 1_000)

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        if self.left < 1:
            self.fetch()
        self.left -= 1
        return super().ask(method, path, json)


@wrong(NOT_THE_WAY, "it took 7 tokens for 7 questions", "still good")
class FetchesBeforeEveryCall(Base):
    def call(self, method: str, path: str, json: Any = None) -> Any:
        self.fetch()
        return self.ask(method, path, json)


@wrong(NOT_THE_WAY, "a 403 was answered with a new token", "2 PATCH attempts, 2 tokens", belief="forbidden-is-expired")
class LogsInAgainOnEveryNo(Base):
    def call(self, method: str, path: str, json: Any = None) -> Any:
        response = self.ask(method, path, json)
        if response.status_code in (401, 403):
            self.fetch()
            response = self.ask(method, path, json)
        return response


@wrong("took that for the answer", "POST /shop/orders once more", belief="unauthorized-is-final")
class TakesA401ForFinal(Base):
    def call(self, method: str, path: str, json: Any = None) -> Any:
        return self.ask(method, path, json)


@wrong("took that for the answer", "The clock does not help", belief="unauthorized-is-final")
class LooksAtTheClock(Base):
    def call(self, method: str, path: str, json: Any = None) -> Any:
        if not self.token or self.ends() <= time.time():
            self.fetch()
        return self.ask(method, path, json)

    def ends(self) -> float:
        claims = self.token.split(".")[1]
        return float(text.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"])


@wrong("nobody has asked the question again")
class FetchesAndForgetsTheQuestion(Base):
    def call(self, method: str, path: str, json: Any = None) -> Any:
        response = self.ask(method, path, json)
        if response.status_code == 401:
            self.fetch()
        return response


@wrong("asked with the dead one again", "for each request?")
class BuildsTheHeaderOnce(Base):
    def __init__(self, base_url: str, client_id: str, key: str, scope: str) -> None:
        super().__init__(base_url, client_id, key, scope)
        self.fetch()
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        return requests.request(method, self.base_url + path, headers=self.headers, json=json)


@wrong("goes on asking", "Once is enough")
class AsksForEver(Base):
    def call(self, method: str, path: str, json: Any = None) -> Any:
        response = self.ask(method, path, json)
        while response.status_code == 401:
            self.fetch()
            response = self.ask(method, path, json)
        return response


@wrong("KeyError: 'access_token'", "the server had answered 400 to POST /auth/token", status="crashed")
class KeepsTheFirstRefreshToken(Base):
    """Good until the second token dies: a refresh token is good for one use."""

    refresh = ""

    def fetch(self) -> None:
        form = {"grant_type": "client_credentials", "scope": self.scope}
        if self.refresh:
            form = {"grant_type": "refresh_token", "refresh_token": self.refresh}
        made = requests.post(self.base_url + "/auth/token", auth=self.client, data=form).json()
        self.token = made["access_token"]
        self.refresh = self.refresh or made["refresh_token"]


@wrong("The shop gives no new token", "used before", "the newest?")
class KeepsTheFirstRefreshTokenQuietly(KeepsTheFirstRefreshToken):
    def fetch(self) -> None:
        with suppress(KeyError):
            super().fetch()


@wrong(NOT_THE_WAY, "the shop was shown your key", "which of the two secrets")
class SendsTheKeyItself(Base):
    def fetch(self) -> None:
        self.token = self.key


@wrong(NOT_THE_WAY, "the word Bearer is missing", "lenient")
class ForgetsTheWordBearer(Base):
    def ask(self, method: str, path: str, json: Any = None) -> Any:
        if not self.token:
            self.fetch()
        return requests.request(method, self.base_url + path, headers={"Authorization": self.token}, json=json)


@wrong("POST /shop/orders was answered 4", "the second lacks")
class ForgetsTheBody(Base):
    def call(self, method: str, path: str, json: Any = None) -> Any:
        response = self.ask(method, path, json)
        if response.status_code == 401:
            self.fetch()
            response = self.ask(method, path)
        return response


@wrong("opens more than it should", "without a scope", "parameter `scope`")
class AsksForEverything(Base):
    def fetch(self) -> None:
        form = {"grant_type": "client_credentials"}
        self.token = requests.post(self.base_url + "/auth/token", auth=self.client, data=form).json()["access_token"]


@wrong("something else than the shop's answer", "the response itself")
class GivesBackTheJson(Base):
    def call(self, method: str, path: str, json: Any = None) -> Any:
        return super().call(method, path, json).json()


@wrong("makes nothing that has a `call`", "a class TokenAuth")
def is_a_function(base_url: str, client_id: str, key: str, scope: str) -> Any:
    return requests.post(base_url + "/auth/token", auth=(client_id, key), data={"grant_type": "client_credentials"})
