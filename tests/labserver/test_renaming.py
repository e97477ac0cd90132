"""A renamed field: at every depth, in every answer of JSON, with a head that is true of what is sent."""

import gzip
import json
from typing import Any

import pytest

from labserver.renaming import Renamed, renamed

RENAMES = {"x-lab-fault": "rename_field;field=price;to=unit_price"}


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ({"price": 1}, {"cost": 1}),
        ([{"a": [{"price": None}]}, 1], [{"a": [{"cost": None}]}, 1]),
        ({"price": {"price": 1}}, {"cost": {"cost": 1}}),
        ({"price": 1, "cost": 2}, {"price": 1, "cost": 2}),
        ("price", "price"),
        ({"prices": "price"}, {"prices": "price"}),
    ],
)
def test_a_field_is_renamed_wherever_it_stands(value: Any, after: Any) -> None:
    assert renamed(value, "price", "cost") == after


def test_a_renamed_field_keeps_its_place() -> None:
    assert list(renamed({"a": 1, "price": 2, "b": 3}, "price", "cost")) == ["a", "cost", "b"]


@pytest.mark.parametrize("body", [b"{not json", b"[" * 20_000])
async def test_what_calls_itself_json_and_is_none_passes_as_it_is(body: bytes) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    send_on = Renamed(send, "price", "cost")
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send_on({"type": "http.response.start", "status": 200, "headers": headers})
    await send_on({"type": "http.response.body", "body": body[:3], "more_body": True})
    await send_on({"type": "http.response.body", "body": body[3:]})
    assert [message.get("body") for message in sent] == [None, body]
    assert sent[0]["headers"] == headers


def owner_of(server) -> dict[str, str]:
    return {"authorization": f"Bearer {server.sandbox()}", "accept-encoding": "identity"}


def test_every_product_of_a_list_and_one_alone_has_the_new_name(server) -> None:
    owner = owner_of(server)
    honest = server.http.get("/shop/products", headers=owner).json()
    broken = server.http.get("/shop/products", headers=owner | RENAMES)
    assert int(broken.headers["content-length"]) == len(broken.content)
    rows = broken.json()["products"]
    assert [row["unit_price"] for row in rows] == [row["price"] for row in honest["products"]]
    assert not any("price" in row for row in rows)
    assert "unit_price" in server.http.get("/shop/products/101", headers=owner | RENAMES).json()


def test_a_packed_answer_is_renamed_too(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(
            server.request(
                "GET", "/shop/products", None, key, accept_encoding="gzip", **{"x-lab-fault": RENAMES["x-lab-fault"]}
            )
        )
        head, _, body = wire.answer().partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head
    assert "unit_price" in json.loads(gzip.decompress(body))["products"][0]


def test_the_tag_is_that_of_the_renamed_answer(server) -> None:
    owner = owner_of(server)
    path = "/shop/products/101"
    plain, broken = server.http.get(path, headers=owner), server.http.get(path, headers=owner | RENAMES)
    assert plain.headers["etag"] != broken.headers["etag"]
    for headers, tag, status in (
        (owner, plain, 304),
        (owner, broken, 200),
        (owner | RENAMES, broken, 304),
        (owner | RENAMES, plain, 200),
    ):
        asked = headers | {"if-none-match": tag.headers["etag"]}
        assert server.http.get(path, headers=asked).status_code == status


def test_who_read_it_renamed_may_change_it_while_it_stays_so(server) -> None:
    owner = owner_of(server)
    path = "/shop/products/101"
    tag = server.http.get(path, headers=owner | RENAMES).headers["etag"]
    changed = server.http.patch(path, json={"stock": 1}, headers=owner | RENAMES | {"if-match": tag})
    assert (changed.status_code, changed.json()["stock"]) == (200, 1)


def test_a_rule_renames_for_the_sandbox_that_asked_and_for_no_other(server) -> None:
    mine, other = owner_of(server), owner_of(server)
    rule = {"plan": "rename_field", "path": "/shop/*", "first": 2}
    server.http.post("/lab/faults", json=rule, headers=mine).raise_for_status()
    assert "price" in server.http.get("/shop/products/101", headers=other).json()
    seen = [server.http.get("/shop/products/101", headers=mine) for _ in range(3)]
    assert ["unit_price" in answer.json() for answer in seen] == [True, True, False]
    assert seen[0].headers["x-lab-fault"] == "rename_field;field=price;to=unit_price"


def test_an_answer_without_tag_is_renamed_on_its_way_out(server) -> None:
    owner = owner_of(server) | {"x-lab-fault": "rename_field;field=object;to=kind"}
    answer = server.http.get("/v1/models", headers=owner)
    assert answer.json()["kind"] == "list"
    assert {row["kind"] for row in answer.json()["data"]} == {"model"}
    assert int(answer.headers["content-length"]) == len(answer.content)
    events = server.http.get("/raw/sse?count=1", headers=owner | {"x-lab-fault": "rename_field;field=n;to=m"})
    assert b'"n": 1' in events.content, "a stream is no JSON answer"
