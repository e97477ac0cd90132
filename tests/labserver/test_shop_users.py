"""Users over HTTP: their verbs, their one mailbox each, and what PUT loses."""

from typing import Any

import httpx2
import pytest

RAJESH = {"name": "Rajesh", "email": "rajesh@example.com"}


@pytest.fixture
def shop(server):
    with httpx2.Client(
        base_url=server.url, headers={"authorization": f"Bearer {server.sandbox()}"}, timeout=10
    ) as client:
        yield client


def test_a_user_lives_from_201_to_404(shop) -> None:
    made = shop.post("/users", json=RAJESH)
    assert (made.status_code, made.headers["location"]) == (201, "/users/13")
    assert made.json() == {
        "id": 13, **RAJESH, "phone": None, "city": None, "created": "2024-01-01T00:00:01Z",
        "updated": "2024-01-01T00:00:01Z",
    }  # fmt: skip
    changed = shop.patch("/users/13", json={"city": "Pune"})
    assert changed.json()["city"] == "Pune"
    replaced = shop.put("/users/13", json=RAJESH | {"phone": "1"}).json()
    assert (replaced["city"], replaced["phone"]) == (None, "1")
    assert shop.delete("/users/13").status_code == 204
    for method in ("GET", "DELETE", "PATCH"):
        assert shop.request(method, "/users/13", json={}).status_code == 404


@pytest.mark.parametrize("email", ["juergen@example.com", "JUERGEN@Example.COM"])
def test_one_mailbox_one_user(shop, email: str) -> None:
    assert shop.post("/users", json={"name": "Other", "email": email}).status_code == 409
    assert shop.patch("/users/1", json={"email": email}).status_code == 409
    assert shop.patch("/users/2", json={"email": email}).status_code == 200, "it is his own"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name", "email"}),
        (RAJESH | {"email": "nobody"}, {"email"}),
        (RAJESH | {"email": "a b@c.de"}, {"email"}),
        (RAJESH | {"name": ""}, {"name"}),
        (RAJESH | {"name": "x" * 121, "age": 3}, {"name", "age"}),
        (RAJESH | {"name": 5}, {"name"}),
    ],
)
def test_fields_that_do_not_fit_are_named(shop, body: Any, fields: set[str]) -> None:
    answer = shop.post("/users", json=body)
    assert (answer.status_code, set(answer.json()["error"]["details"]["fields"])) == (422, fields)


def test_users_are_found_by_name_address_and_city(shop) -> None:
    def found(q: str) -> list[int]:
        return [user["id"] for user in shop.get("/users", params={"q": q}).json()["users"]]

    assert (found("ŁUKASZ"), found("weiss"), found("京都"), found("amina@")) == ([10], [2], [4], [5])
    shop.patch("/users/5", json={"city": "Würzburg"})
    assert found("würzburg") == [2, 5]


def test_options_name_what_may_be_done(shop) -> None:
    assert shop.options("/users").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert shop.options("/users/1").headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
    assert shop.head("/users").status_code == 200
