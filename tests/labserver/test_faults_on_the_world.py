"""Faults behind the answer: a product that comes in while somebody pages. Every row that strikes the world is below."""

import itertools
from typing import Any

import pytest

from labserver.faults import FAULTS, WORLD

STRUCK = {"insert_row"}
ELSEWHERE = {"limit"}  # test_lab_limits.py
PRODUCTS = 55


class Shop:
    """A fresh sandbox whose first list of products is followed by a new one."""

    def __init__(self, server, plan: str = "insert_row") -> None:
        self.server = server
        self.owner = {"authorization": f"Bearer {server.sandbox()}"}
        rule = {"plan": plan, "path": "/shop/products"}
        server.http.post("/lab/faults", json=rule, headers=self.owner).raise_for_status()

    def ask(self, **query: Any) -> dict[str, Any]:
        answer = self.server.http.get("/shop/products", params=query, headers=self.owner)
        return dict(answer.raise_for_status().json())

    def by_page(self, **query: Any) -> list[int]:
        pages = itertools.count(1)
        ids: list[int] = []
        while rows := self.ask(page=next(pages), **query)["products"]:
            ids += [row["id"] for row in rows]
        return ids

    def by_cursor(self, **query: Any) -> list[int]:
        ids: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            piece = self.ask(cursor=cursor, **query)
            ids += [row["id"] for row in piece["products"]]
            cursor = piece["next_cursor"]
        return ids


def test_every_fault_on_the_world_is_struck_here() -> None:
    assert {name for name, row in FAULTS.items() if WORLD in row.strikes} == STRUCK | ELSEWHERE


SORTS = ["id", "-id", "name", "-name", "price", "-price", "stock", "-stock", "created", "-created"]


@pytest.mark.parametrize("sort", SORTS)
def test_by_page_one_tea_comes_twice_and_the_new_one_never(server, sort: str) -> None:
    seen = Shop(server).by_page(sort=sort)
    assert len(seen) == PRODUCTS + 1, "as many rows as there are teas now"
    assert len(set(seen)) == PRODUCTS, "but not as many teas"
    assert seen[9] == seen[10], "the last of page 1 is the first of page 2"


@pytest.mark.parametrize("sort", SORTS)
def test_by_cursor_every_tea_comes_once(server, sort: str) -> None:
    seen = Shop(server).by_cursor(sort=sort)
    assert len(seen) == len(set(seen)) == PRODUCTS


@pytest.mark.parametrize(
    "query", [{"category": "green"}, {"q": "everyday"}, {"max_price": 9}, {"category": "herbal", "sort": "-price"}]
)
def test_the_new_one_fits_whatever_was_filtered(server, query: dict[str, Any]) -> None:
    shop = Shop(server)
    before = shop.ask(**query)
    after = shop.ask(**query)
    assert after["total"] == before["total"] + 1
    assert after["products"][1]["id"] == before["products"][0]["id"]
    assert after["products"][0]["name"] == "1001 Nights"


def test_the_page_that_is_struck_is_honest_itself_and_says_so(server) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}"}
    honest = server.http.get("/shop/products", headers=owner)
    struck = server.http.get("/shop/products", headers=owner | {"x-lab-fault": "insert_row"})
    assert (struck.content, struck.headers["etag"]) == (honest.content, honest.headers["etag"])
    assert struck.headers["x-lab-fault"] == "insert_row"
    assert server.http.get("/shop/products", headers=owner).headers["etag"] != honest.headers["etag"]


def test_it_happens_the_same_way_in_every_sandbox_of_a_seed_and_in_no_other(server) -> None:
    one, two = Shop(server), Shop(server)
    bystander = {"authorization": f"Bearer {server.sandbox()}"}
    assert one.by_page() == two.by_page()
    assert one.ask() == two.ask()
    assert server.http.get("/shop/products", headers=bystander).json()["total"] == PRODUCTS


def test_a_head_an_empty_list_and_another_route_add_nothing(server) -> None:
    shop = Shop(server)
    struck = shop.owner | {"x-lab-fault": "insert_row"}
    server.http.delete("/lab/faults", headers=shop.owner)
    server.http.head("/shop/products", headers=struck)
    server.http.get("/shop/products?category=soup", headers=struck)
    server.http.get("/shop/products/101", headers=struck)
    assert shop.ask()["total"] == PRODUCTS


def test_more_than_one_can_come_in(server) -> None:
    shop = Shop(server)
    struck = shop.owner | {"x-lab-fault": "insert_row"}
    for _ in range(3):
        server.http.get("/shop/products?sort=name", headers=struck)
    names = [row["name"] for row in shop.ask(sort="name")["products"]]
    assert names == sorted(names)
    assert shop.ask()["total"] == PRODUCTS + 3
