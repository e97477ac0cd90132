"""Orders: what they take out of stock, what may change, and the one order that one idempotency key gives."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

ORDERS, KETTLE = "/shop/orders", "/shop/products/123"
TWO = {"product_id": 123, "quantity": 2}


@pytest.fixture
def shop(server):
    with httpx2.Client(
        base_url=server.url, headers={"authorization": f"Bearer {server.sandbox()}"}, timeout=10
    ) as client:
        yield client


def stock(shop: httpx2.Client) -> int:
    return int(shop.get(KETTLE).json()["stock"])


def keyed(key: str, **more: str) -> dict[str, str]:
    return {"idempotency-key": key, **more}


def test_an_order_takes_its_goods_and_gives_them_back(shop) -> None:
    before = stock(shop)
    placed = shop.post(ORDERS, json=TWO | {"user_id": 2, "note": "Bitte klingeln ü"})
    assert (placed.status_code, placed.headers["location"]) == (201, "/shop/orders/5")
    assert placed.json() == {
        "id": 5, "product_id": 123, "quantity": 2, "unit_price": 79.0, "total": 158.0, "user_id": 2,
        "note": "Bitte klingeln ü", "status": "placed", "created": "2024-01-01T00:00:01Z",
        "updated": "2024-01-01T00:00:01Z",
    }  # fmt: skip
    assert stock(shop) == before - 2
    assert shop.get("/shop/orders/5").json() == placed.json()
    assert shop.delete("/shop/orders/5").status_code == 204
    assert stock(shop) == before
    assert shop.get("/shop/orders/5").status_code == 404


def test_an_order_keeps_the_price_of_its_day(shop) -> None:
    placed = shop.post(ORDERS, json=TWO).json()
    shop.patch(KETTLE, json={"price": 1})
    assert shop.get(f"{ORDERS}/{placed['id']}").json()["unit_price"] == 79.0
    assert shop.post(ORDERS, json=TWO).json()["unit_price"] == 1.0


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({"product_id": 999, "quantity": 1}, 422, ["product_id"]),
        (TWO | {"user_id": 99}, 422, ["user_id"]),
        (TWO | {"quantity": 0}, 422, ["quantity"]),
        (TWO | {"quantity": 101}, 422, ["quantity"]),
        ({"quantity": 1}, 422, ["product_id"]),
        (TWO | {"status": "delivered"}, 422, ["status"]),
        (TWO | {"product_id": 10**12}, 422, ["product_id"]),
        ({"product_id": 153, "quantity": 1}, 409, None),
        (TWO | {"quantity": 51}, 409, None),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_takes_nothing(shop, body: Any, status: int, fields: Any) -> None:
    answer = shop.post(ORDERS, json=body, headers=keyed("k"))
    assert answer.status_code == status, answer.text
    if fields is not None:
        assert list(answer.json()["error"]["details"]["fields"]) == fields
    assert stock(shop) == 50
    assert shop.get(ORDERS).json()["total"] == 4
    assert shop.post(ORDERS, json=TWO, headers=keyed("k")).status_code == 201, "a refusal does not use up the key"


def test_only_note_and_user_of_an_order_may_change(shop) -> None:
    before = shop.get("/shop/orders/4").json()
    after = shop.patch("/shop/orders/4", json={"note": None, "user_id": 5}).json()
    assert after == before | {"note": None, "user_id": 5, "updated": after["updated"]}
    for change in ({"quantity": 9}, {"status": "delivered"}, {"total": 0}, {"user_id": 99}):
        assert shop.patch("/shop/orders/4", json=change).status_code == 422
    assert shop.put("/shop/orders/4", json=TWO).status_code == 405
    assert shop.get("/shop/orders/4").json() == after


def test_what_was_shipped_cannot_be_cancelled(shop) -> None:
    codes = {number: shop.delete(f"{ORDERS}/{number}").status_code for number in (1, 2, 3, 4)}
    assert codes == {1: 409, 2: 409, 3: 204, 4: 204}


def test_orders_are_found_by_status_and_user(shop) -> None:
    def found(query: str) -> list[int]:
        return [order["id"] for order in shop.get(f"{ORDERS}?{query}").json()["orders"]]

    assert found("status=shipped") == [2]
    assert found("user_id=3") == [4]
    assert found("user_id=3&status=shipped") == []
    assert shop.get(f"{ORDERS}?status=lost").status_code == 422


def test_a_user_with_an_order_stays(shop) -> None:
    assert shop.delete("/users/3").status_code == 409
    assert shop.delete("/shop/orders/4").status_code == 204
    assert shop.delete("/users/3").status_code == 204


def test_the_same_key_and_body_replay_the_first_answer(shop) -> None:
    first = shop.post(ORDERS, json=TWO, headers=keyed("once"))
    assert "idempotency-replayed" not in first.headers
    shop.patch("/shop/orders/5", json={"note": "changed meanwhile"})
    again = shop.post(ORDERS, json={"quantity": 2, "product_id": 123}, headers=keyed("once"))
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert (stock(shop), shop.get(ORDERS).json()["total"]) == (48, 5)


def test_the_same_key_with_another_body_is_422(shop) -> None:
    shop.post(ORDERS, json=TWO, headers=keyed("once"))
    refused = shop.post(ORDERS, json=TWO | {"quantity": 3}, headers=keyed("once"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "INVALID_REQUEST")
    assert "another body" in refused.json()["error"]["message"]
    assert stock(shop) == 48


def test_without_a_key_or_with_another_every_request_is_an_order(shop) -> None:
    made = [shop.post(ORDERS, json=TWO, headers=headers).json()["id"] for headers in ({}, {}, keyed("a"), keyed("b"))]
    assert made == [5, 6, 7, 8]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_bounds(shop, key: str) -> None:
    answer = shop.post(ORDERS, json=TWO, headers=keyed(key))
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, ["Idempotency-Key"])


def test_while_the_first_is_at_work_the_second_gets_409(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", ORDERS, TWO, key, idempotency_key="once", x_lab_pace="ttft=1"))
        owner = {"authorization": f"Bearer {key}"}
        while not server.journal(key, wait=0):  # the first has not arrived yet
            pass
        second = server.http.post(ORDERS, json=TWO, headers=keyed("once", **owner))
        other = server.http.post(ORDERS, json=TWO | {"quantity": 1}, headers=keyed("once", **owner))
        elsewhere = server.http.post(
            ORDERS, json=TWO, headers=keyed("once", authorization=f"Bearer {server.sandbox()}")
        )
        assert (second.status_code, second.headers["retry-after"]) == (409, "1")
        assert other.status_code == 422
        assert elsewhere.status_code == 201, "a key belongs to its sandbox"
        first = wire.answer()
    assert first.startswith(b"HTTP/1.1 201 ")
    replay = server.http.post(ORDERS, json=TWO, headers=keyed("once", **owner))
    assert (replay.status_code, replay.headers["idempotency-replayed"]) == (201, "true")
    assert first.endswith(replay.content)


@pytest.mark.parametrize("pace", [{}, {"x-lab-pace": "ttft=0.05"}])
def test_twenty_at_once_with_one_key_give_one_order(server, shop, pace: dict[str, str]) -> None:
    def post(_: int) -> httpx2.Response:
        return shop.post(ORDERS, json=TWO, headers=keyed("once", **pace))

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    won = [answer for answer in answers if answer.status_code == 201]
    assert [answer.headers.get("idempotency-replayed") for answer in won].count(None) == 1
    assert {answer.content for answer in won} == {won[0].content}
    assert (stock(shop), shop.get(ORDERS).json()["total"]) == (48, 5)


def test_thirty_at_once_never_sell_more_than_there_is(shop) -> None:
    with ThreadPoolExecutor(15) as pool:
        answers = list(pool.map(lambda _: shop.post(ORDERS, json=TWO), range(30)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(201), codes.count(409), stock(shop)) == (25, 5, 0)
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 25


def test_a_client_that_gives_up_finds_its_order_under_the_same_key(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", ORDERS, TWO, key, idempotency_key="once", x_lab_pace="ttft=0.2"))
        while not server.journal(key, wait=0):
            pass
    owner = {"authorization": f"Bearer {key}"}
    for _ in range(1000):
        again = server.http.post(ORDERS, json=TWO, headers=keyed("once", **owner))
        if again.status_code != 409:
            break
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert server.http.get(ORDERS, headers=owner).json()["total"] == 5
