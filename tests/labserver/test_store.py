"""The store: furnished on first use, one shop per sandbox, all or nothing, and what outlives a server."""

from pathlib import Path
from typing import Any

import pytest

from labserver.errors import Conflict, NotFound, Unavailable
from labserver.sandboxes import Sandboxes
from labserver.store import IN_MEMORY, Store, catalogue, products, url_of, world
from labserver.store.tables import Order, Product, User
from labserver.store.words import folded, searchable
from labserver.store.world import Slice, World

EVERYTHING = Slice("id", descending=False, limit=100)
TEA = {
    "sku": None, "name": "Tea", "category": "green", "cents": 100, "stock": 1,
    "description": None, "origin": None, "temperature_c": None, "tags": None,
}  # fmt: skip


@pytest.fixture
def store():
    store = Store()
    yield store
    store.close()


@pytest.fixture
def lasting(tmp_path: Path):
    """Open the same file as often as a test wants to; all are closed in the end."""
    opened: list[Store] = []

    def open_it() -> Store:
        opened.append(Store(url_of("", tmp_path / "data")))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


def names(world: World) -> list[str]:
    return [product.name for product in world.listed(Product, [], EVERYTHING).rows]


def add_tea(world: World) -> int:
    return products.add(world, dict(TEA), 5).id


def test_the_catalogue_has_what_the_lessons_count_on() -> None:
    rows = {row["id"]: row for row in catalogue.product_rows("x")}
    assert len(rows) == 55
    assert rows[123]["category"] == "electronics"
    assert len({row["sku"] for row in rows.values()}) == 55
    assert all(letter in "".join(row["name"] for row in rows.values()) for letter in "üé茶🍵")
    for optional in ("description", "origin", "temperature_c", "tags"):
        assert 0 < sum(row.get(optional) is None for row in rows.values()) < 55, "some have it and some do not"
    assert len(catalogue.user_rows("x")) == 12
    assert {row["step"] for row in catalogue.order_rows("x")} == {0, 1, 2, 3}


def test_a_shop_is_furnished_once(store) -> None:
    first = store.within("a", names)
    assert len(first) == 55
    store.within("a", add_tea)
    assert store.within("a", names) == [*first, "Tea"]


def test_two_sandboxes_never_see_each_others_rows(store) -> None:
    number = store.within("a", add_tea)
    with pytest.raises(NotFound):
        store.within("b", lambda world: world.find(Product, number, "product"))
    assert "Tea" not in store.within("b", names)
    store.within("b", lambda world: world.remove(world.find(Product, 155, "product")))
    assert store.within("a", lambda world: world.find(Product, 155, "product")).id == 155
    for table in (Product, User, Order):
        for sandbox in ("a", "b"):
            found = store.within(sandbox, lambda world, table=table: world.listed(table, [], EVERYTHING))
            assert {row.sandbox for row in found.rows} == {sandbox}
            assert found.total == len(found.rows)


def test_work_that_fails_leaves_no_trace(store) -> None:
    def half(world: World) -> None:
        add_tea(world)
        raise Conflict("no")

    with pytest.raises(Conflict):
        store.within("a", half)
    assert "Tea" not in store.within("a", names)
    assert store.within("a", add_tea) == 156, "and no number was used up"


def test_the_database_itself_refuses_what_a_lost_race_would_write(store) -> None:
    def twice(world: World) -> None:
        world.add(Product(sandbox="a", id=900, created=1, updated=1, search="", **TEA | {"sku": "GRN-SEN"}))

    with pytest.raises(Conflict):
        store.within("a", twice)
    with pytest.raises(Conflict):
        store.within("a", lambda world: world.remove(world.find(Product, 123, "product")))
    assert len(store.within("a", names)) == 55


def test_forgetting_makes_one_shop_new_and_no_other(store) -> None:
    for sandbox in ("a", "b"):
        store.within(sandbox, add_tea)
    store.forget("a")
    assert "Tea" not in store.within("a", names)
    assert "Tea" in store.within("b", names)
    assert store.within("a", add_tea) == 156


def test_a_shop_has_bounds(store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "MOST_ROWS", 56)
    store.within("a", add_tea)
    with pytest.raises(Conflict, match="full"):
        store.within("a", add_tea)


def test_an_order_can_point_to_a_product_and_a_user_of_its_own_sandbox_only(store) -> None:
    number = store.within("a", add_tea)
    order: dict[str, Any] = {"created": 1, "updated": 1, "quantity": 1, "unit_cents": 1}
    with pytest.raises(Conflict):
        store.within("b", lambda world: world.add(Order(sandbox="b", id=99, product_id=number, **order)))


def test_without_a_folder_everything_is_in_memory(tmp_path: Path) -> None:
    assert url_of("", None) == IN_MEMORY
    assert url_of("", tmp_path).startswith("sqlite:///")
    assert url_of("postgresql://tea", tmp_path) == "postgresql://tea"
    assert not Store().lasting
    assert not Store("sqlite:///:memory:").lasting


def test_the_open_sandbox_and_named_ones_outlive_the_server(lasting) -> None:
    store = lasting()
    worlds = Sandboxes(10, store)
    named, nameless = worlds.make("lesson 08", seed=7, tier="bench"), worlds.make()
    for sandbox in (worlds.open, named, nameless):
        store.within(sandbox.id, add_tea)
    store.close()

    store = lasting()
    worlds = Sandboxes(10, store)
    again = worlds.find(named.key)
    assert again is not named
    assert (again.id, again.seed, again.name, again.tier) == (named.id, 7, "lesson 08", named.tier)
    assert "Tea" in store.within(again.id, names)
    assert "Tea" in store.within(worlds.open.id, names)
    assert "Tea" not in store.within(nameless.id, names), "its rows went, and this is a new shop"
    worlds.end(again)
    store.close()

    store = lasting()
    assert list(Sandboxes(10, store)) != []
    assert store.named(always="open") == []
    assert "Tea" not in store.within(named.id, names)


def test_the_file_holds_no_key(lasting, tmp_path: Path) -> None:
    store = lasting()
    made = Sandboxes(10, store).make("lesson 08")
    store.close()
    assert made.key.encode() not in (tmp_path / "data" / "lab.sqlite").read_bytes()


def test_the_sandbox_that_has_to_go_takes_its_rows_along(lasting) -> None:
    store = lasting()
    worlds = Sandboxes(1, store)
    first = worlds.make("first")
    store.within(first.id, add_tea)
    worlds.make("second")
    assert [row.name for row in store.named(always="open")] == ["second"]
    assert "Tea" not in store.within(first.id, names)


@pytest.mark.parametrize("url", ["tea://nowhere", "postgresql+nodriver://lab@db/lab", "sqlite:////proc/none/x.sqlite"])
def test_a_database_that_cannot_be_opened_is_named_without_its_password(url: str) -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        Store(url).within("a", names)


def test_a_file_is_one_servers_until_it_closes(lasting, tmp_path: Path) -> None:
    first = lasting()
    before = first.within("a", names)
    second = Store(url_of("", tmp_path / "data"))
    with pytest.raises(
        Unavailable, match=r"Another lab server uses .*lab\.sqlite\. Choose another place with --data-dir"
    ):
        second.within("a", names)
    first.close()
    assert second.within("a", names) == before
    second.close()


def test_words_compare_as_a_reader_would() -> None:
    assert folded("GRU\u0308N") == folded("grün")
    assert folded("Weiß") == folded("WEISS")
    assert searchable("A", None, ["b", "C"], "") == "a\nb\nc"


def test_a_memory_database_with_a_name_leaves_no_file(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store("sqlite:///file:passing?mode=memory&uri=true")
    assert not store.lasting
    assert store.within("sb", names)
    store.close()
    assert list(tmp_path.iterdir()) == []
