"""Lists in pieces: pages with links, cursors that lose nothing, and what neither takes."""

from typing import Any
from urllib.parse import urljoin

import pytest
import requests

PRODUCTS = "/shop/products"
EVERY_ID = list(range(101, 156))
TEA = {"name": "Another", "category": "green", "price": 0, "stock": 1}


class Reader:
    def __init__(self, server) -> None:
        self.url = server.url + PRODUCTS
        self.headers = {"authorization": f"Bearer {server.sandbox()}"}

    def get(self, url: str = "", **params: Any) -> requests.Response:
        return requests.get(urljoin(self.url, url), params=params, headers=self.headers, timeout=10)

    def add(self, **fields: Any) -> None:
        requests.post(self.url, json=TEA | fields, headers=self.headers, timeout=10).raise_for_status()

    def remove(self, number: int) -> None:
        requests.delete(f"{self.url}/{number}", headers=self.headers, timeout=10).raise_for_status()


@pytest.fixture
def reader(server) -> Reader:
    return Reader(server)


def ids(answer: requests.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["products"]]


def test_six_pages_and_the_links_lead_through_all_of_them(reader) -> None:
    answer, seen, turned = reader.get(), [], 1
    assert {name: answer.json()[name] for name in ("total", "page", "pages", "per_page")} == {
        "total": 55, "page": 1, "pages": 6, "per_page": 10,
    }  # fmt: skip
    seen += ids(answer)
    while "next" in answer.links:
        answer, turned = reader.get(answer.links["next"]["url"]), turned + 1
        seen += ids(answer)
    assert (turned, seen) == (6, EVERY_ID)


def test_each_link_has_its_relation_and_keeps_the_question(reader) -> None:
    answer = reader.get(page=2, per_page=3, category="electronics", q="kettle", sort="-price")
    links = {rel: link["url"] for rel, link in answer.links.items()}
    base = "/shop/products?per_page=3&category=electronics&q=kettle&sort=-price&page="
    assert links == {"first": f"{base}1", "prev": f"{base}1", "last": f"{base}2"}
    assert set(reader.get(page=1, per_page=100).links) == {"first", "last"}


def test_a_page_behind_the_last_is_empty_and_leads_back(reader) -> None:
    answer = reader.get(page=99)
    assert ids(answer) == []
    assert answer.links["prev"]["url"].endswith("page=6")
    assert "next" not in answer.links
    assert reader.get(q="nothing like it").json()["pages"] == 1


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "price", "-price", "stock", "-stock", "created"])
def test_cursors_lead_through_the_same_list_as_pages(reader, sort: str) -> None:
    whole = ids(reader.get(sort=sort, per_page=100))
    answer, seen = reader.get(sort=sort, per_page=7, cursor=""), []
    seen += ids(answer)
    while (cursor := answer.json()["next_cursor"]) is not None:
        assert "page" not in answer.json()
        assert ids(reader.get(answer.links["next"]["url"])) == ids(reader.get(sort=sort, per_page=7, cursor=cursor))
        answer = reader.get(sort=sort, per_page=7, cursor=cursor)
        seen += ids(answer)
    assert seen == whole
    assert sorted(seen) == EVERY_ID


def test_a_cursor_loses_and_doubles_nothing_where_pages_do(reader) -> None:
    first = reader.get(sort="-id")
    reader.add()
    reader.add()
    by_page, by_cursor = reader.get(sort="-id", page=2), reader.get(sort="-id", cursor=first.json()["next_cursor"])
    assert set(ids(first)) & set(ids(by_page)) == {146, 147}, "two rows came in before, so two are seen twice"
    assert ids(by_cursor) == list(range(145, 135, -1))
    reader.remove(150)
    assert ids(reader.get(sort="-id", cursor=first.json()["next_cursor"])) == list(range(145, 135, -1))


def test_a_cursor_outlives_the_row_that_it_stands_on(reader) -> None:
    cursor = reader.get(sort="price", per_page=5).json()["next_cursor"]
    expected = ids(reader.get(sort="price", per_page=5, cursor=cursor))
    reader.remove(ids(reader.get(sort="price", per_page=5))[-1])
    assert ids(reader.get(sort="price", per_page=5, cursor=cursor)) == expected


@pytest.mark.parametrize(
    "cursor",
    ["tea", "!", "e30", "W10", "WzEsMiwzXQ", "WyJpZCIsIFtdLCAxXQ", "WyJpZCIsIDEsICJhIl0", "ü", "a" * 997,
     "WyJpZCIsIDEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwLCAxXQ", "WyJpZCIsICJcdWQ4MDAiLCAxXQ"],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_is_refused(reader, cursor: str) -> None:
    answer = reader.get(cursor=cursor)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_REQUEST")
    assert "cursor" in answer.json()["error"]["message"]


def test_a_cursor_belongs_to_its_order(reader) -> None:
    cursor = reader.get(sort="price").json()["next_cursor"]
    assert "sort=price" in reader.get(sort="name", cursor=cursor).json()["error"]["message"]


def test_page_and_cursor_do_not_go_together(reader) -> None:
    assert reader.get(page=1, cursor="").status_code == 400


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=one", "per_page=0", "per_page=101", "page=100001", f"cursor={'a' * 1001}"]
)
def test_bounds_of_a_piece(reader, query: str) -> None:
    answer = reader.get(f"{PRODUCTS}?{query}")
    name, _, _ = query.partition("=")
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, [name])


def test_users_and_orders_come_in_pieces_too(server, reader) -> None:
    users = reader.get("/users?per_page=5&sort=-name")
    assert (users.json()["pages"], len(users.json()["users"])) == (3, 5)
    orders = reader.get("/shop/orders?per_page=3&sort=-quantity")
    assert [order["quantity"] for order in orders.json()["orders"]] == [3, 2, 1]
    rest = reader.get("/shop/orders", per_page=3, sort="-quantity", cursor=orders.json()["next_cursor"])
    assert [order["id"] for order in rest.json()["orders"]] == [2]
