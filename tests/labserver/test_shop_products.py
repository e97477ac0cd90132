"""Products over HTTP: the verbs and their codes, PUT against PATCH, search, and every refusal."""

import json
from typing import Any

import pytest
import requests

SENCHA, KETTLE = "/shop/products/101", "/shop/products/123"
TEA = {"name": "Grüner Tee 茶 🍵", "category": "green", "price": 5.25, "stock": 3}
ALL = {"sku": "X-1", "description": "Dé\nux", "origin": "Japan", "temperature_c": 70, "tags": ["a", "ü"]}
MERGE = {"content-type": "application/merge-patch+json"}
JSON = {"content-type": "application/json"}


class Shop:
    """A sandbox's shop as a client sees it."""

    def __init__(self, server, seed: int | None = 7) -> None:
        self.url = server.url
        self.key = server.sandbox(seed)

    def __call__(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"authorization": f"Bearer {self.key}"} | sent.pop("headers", {})
        return requests.request(method, self.url + path, headers=headers, timeout=10, **sent)


@pytest.fixture
def shop(server) -> Shop:
    return Shop(server)


def test_a_product_lives_from_201_to_404(shop) -> None:
    made = shop("POST", "/shop/products", json=TEA | ALL)
    assert made.status_code == 201
    assert made.headers["location"] == "/shop/products/156"
    assert made.json() == {
        "id": 156, **TEA, **ALL, "created": "2024-01-01T00:00:01Z", "updated": "2024-01-01T00:00:01Z",
    }  # fmt: skip
    place = made.headers["location"]
    assert shop("GET", place).json() == made.json()
    gone = shop("DELETE", place)
    assert (gone.status_code, gone.content) == (204, b"")
    assert shop("GET", place).status_code == shop("DELETE", place).status_code == 404
    again = shop("POST", "/shop/products", json=TEA)
    assert again.json()["id"] == 157, "a number is never given twice"


def test_the_bytes_of_a_name_are_utf_8_and_not_escapes(shop) -> None:
    answer = shop("POST", "/shop/products", json=TEA)
    assert "Grüner Tee 茶 🍵".encode() in answer.content
    names = " ".join(row["name"] for row in shop("GET", "/shop/products?per_page=100").json()["products"])
    assert all(letter in names for letter in "üé茶🍵")


def test_a_careless_put_loses_what_it_leaves_out(shop) -> None:
    before = shop("GET", SENCHA).json()
    careless = {name: before[name] for name in ("name", "category", "price", "stock")} | {"price": 9.9}
    after = shop("PUT", SENCHA, json=careless)
    assert after.status_code == 200
    assert after.json()["price"] == 9.9
    lost = {name for name, value in before.items() if value is not None and after.json()[name] is None}
    assert lost == {"sku", "description", "origin", "temperature_c", "tags"}


def test_what_was_read_can_be_put_back_whole(shop) -> None:
    before = shop("GET", SENCHA).json()
    assert shop("PUT", SENCHA, json=before).json() == before, "nothing differs, so nothing changes, not even the time"
    changed = shop("PUT", SENCHA, json=before | {"stock": 1}).json()
    assert changed == before | {"stock": 1, "updated": changed["updated"]}
    assert changed["updated"] > before["updated"]


def test_a_patch_changes_what_it_names_and_null_takes_away(shop) -> None:
    before = shop("GET", SENCHA).json()
    after = shop("PATCH", SENCHA, json={"price": 1.5, "origin": None}, headers=MERGE).json()
    assert after == before | {"price": 1.5, "origin": None, "updated": after["updated"]}
    assert shop("PATCH", SENCHA, json={"tags": ["new"]}).json()["tags"] == ["new"], "a list is replaced, not merged"


def test_an_empty_patch_changes_nothing(shop) -> None:
    before = shop("GET", SENCHA)
    assert shop("PATCH", SENCHA, json={}).headers["etag"] == before.headers["etag"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=matcha", [144, 145, 146, 147]),
        ("category=none", []),
        ("max_price=4.90", [106, 137, 138, 143]),
        ("max_price=4.89", [137, 138, 143]),
        ("q=KAMILLENBLÜTEN", [137]),
        ("q=kamillenblu%CC%88ten", [137]),
        ("q=茶", [101, 103, 144, 148]),
        ("q=🍵", [147]),
        ("q=campfire", [111]),
        ("q=thermostat", [123]),
        ("q=100%25", []),
        ("q=_", []),
        ("category=herbal&max_price=5&q=caffeine-free", [137, 138]),
        ("category=herbal&sort=-price&per_page=2", [141, 140]),
        ("category=matcha&sort=name", [144, 147, 146, 145]),
        ("category=matcha&sort=-stock", [146, 145, 144, 147]),
    ],
)
def test_filters_search_and_sorting(shop, query: str, expected: list[int]) -> None:
    answer = shop("GET", f"/shop/products?{query}")
    assert [product["id"] for product in answer.json()["products"]] == expected


@pytest.mark.parametrize(
    ("method", "path", "sent", "told"),
    [
        ("GET", "/shop/products/999", {}, (404, "NOT_FOUND")),
        ("PUT", "/shop/products/999", {"json": TEA}, (404, "NOT_FOUND")),
        ("PATCH", "/shop/products/999", {"json": {}}, (404, "NOT_FOUND")),
        ("DELETE", "/shop/products/999", {}, (404, "NOT_FOUND")),
        ("GET", "/shop/products/tea", {}, (422, "INVALID_REQUEST")),
        ("GET", "/shop/products/0", {}, (422, "INVALID_REQUEST")),
        ("GET", f"/shop/products/{10**30}", {}, (422, "INVALID_REQUEST")),
        ("PUT", "/shop/products", {"json": TEA}, (405, "METHOD_NOT_ALLOWED")),
        ("POST", SENCHA, {"json": TEA}, (405, "METHOD_NOT_ALLOWED")),
        ("POST", "/shop/products", {"data": "{", "headers": JSON}, (400, "INVALID_REQUEST")),
        ("POST", "/shop/products", {"data": {"name": "tea"}}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("PATCH", SENCHA, {"data": "a=1"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("PATCH", SENCHA, {"json": [], "headers": MERGE}, (422, "INVALID_REQUEST")),
        ("PATCH", SENCHA, {"json": {"name": None}}, (422, "INVALID_REQUEST")),
        ("PATCH", SENCHA, {"data": b'{"name": "\\ud800"}', "headers": JSON}, (422, "INVALID_REQUEST")),
        ("POST", "/shop/products", {"data": b'{"\\ud800": 1}', "headers": JSON}, (422, "INVALID_REQUEST")),
        ("POST", "/shop/products", {"json": TEA | {"sku": "GRN-SEN"}}, (409, "CONFLICT")),
        ("PATCH", KETTLE, {"json": {"sku": "GRN-SEN"}}, (409, "CONFLICT")),
        ("DELETE", KETTLE, {}, (409, "CONFLICT")),
        ("GET", "/shop/products?max_price=NaN", {}, (422, "INVALID_REQUEST")),
        ("GET", "/shop/products?max_price=-1", {}, (422, "INVALID_REQUEST")),
        ("GET", "/shop/products?sort=taste", {}, (400, "INVALID_REQUEST")),
        ("GET", "/shop", {}, (404, "NOT_FOUND")),
        ("GET", "/shop/products/", {}, (404, "NOT_FOUND")),
    ],
)
def test_the_shop_refuses_in_the_rest_shape(shop, method: str, path: str, sent: Any, told: tuple[int, str]) -> None:
    answer = shop(method, path, **sent)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == told, answer.text
    assert set(error) == {"code", "message", "details"}
    assert len(error["message"]) > 15


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": -1}, "price"),
        ({"price": 1.234}, "price"),
        ({"price": "cheap"}, "price"),
        ({"price": None}, "price"),
        ({"stock": 1.5}, "stock"),
        ({"name": "  "}, "name"),
        ({"category": "Green Tea"}, "category"),
        ({"temperature_c": 101}, "temperature_c"),
        ({"tags": "fresh"}, "tags"),
        ({"tags": ["fresh", ""]}, "tags.1"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_a_field_that_does_not_fit_is_named(shop, change: dict[str, Any], field: str) -> None:
    for method, path in (("POST", "/shop/products"), ("PUT", SENCHA)):
        answer = shop(method, path, json=TEA | change)
        assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, [field])
    if None not in change.values():
        answer = shop("PATCH", SENCHA, json=change)
        assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, [field])
    assert shop("GET", SENCHA).json()["name"] == "Sencha 煎茶", "and nothing happened"


@pytest.mark.parametrize("field", ["name", "price", "stock", "description", "temperature_c", "tags"])
@pytest.mark.parametrize(
    "value",
    ["1e400", "NaN", "-Infinity", "true", "{}", '"\\u0000"', '"\\ud800"', "1" * 4000, "[" * 900 + "]" * 900,
     '{"a":' * 900 + "1" + "}" * 900],
    ids=lambda value: value[:12],
)  # fmt: skip
def test_no_odd_value_is_more_than_the_shop_can_answer(shop, field: str, value: str) -> None:
    for method, path in (("POST", "/shop/products"), ("PATCH", SENCHA)):
        said = {name: json.dumps(told) for name, told in TEA.items()} | {field: value}
        body = "{" + ", ".join(f'"{name}": {told}' for name, told in said.items()) + "}"
        answer = shop(method, path, data=body.encode(), headers=JSON)
        assert answer.status_code < 500, answer.text
        assert answer.headers["content-type"] == "application/json"


def test_allow_is_the_same_from_options_and_from_405(shop) -> None:
    for path, allowed in (
        ("/shop/products", "GET, HEAD, OPTIONS, POST"),
        (SENCHA, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
    ):
        options = shop("OPTIONS", path)
        assert (options.status_code, options.headers["allow"], options.content) == (204, allowed, b"")
        refused = shop("TRACE", path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
    assert shop("OPTIONS", SENCHA).headers["accept-patch"] == "application/merge-patch+json, application/json"


def test_head_says_what_get_would_and_sends_no_body(server, shop) -> None:
    got = shop("GET", SENCHA)
    with server.dial() as wire:
        wire.send(server.request("HEAD", SENCHA, key=shop.key, connection="close"))
        head, _, body = wire.rest().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b""
    for name in ("etag", "content-length", "content-type"):
        assert f"\r\n{name}: {got.headers[name]}".encode() in head


def test_a_seeded_shop_tells_the_same_story_every_time_and_in_every_sandbox(server) -> None:
    def story() -> list[bytes]:
        shop = Shop(server)
        told = [shop("POST", "/shop/products", json=TEA).content, shop("PATCH", SENCHA, json={"stock": 2}).content]
        return [*told, shop("POST", "/users", json={"name": "A", "email": "a@b.c"}).content]

    assert story() == story()
