"""Seed 000's clients against the shop: only the address is ours."""

from typing import Any

import pytest
import requests


class ShopClient:
    """What seed 000's e-commerce client sends: the same paths, parameters, headers and bodies."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self.base_url = base_url
        self.headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}

    def products(self, category: str | None = None) -> Any:
        params = {"category": category} if category else {}
        return requests.get(f"{self.base_url}/products", headers=self.headers, params=params, timeout=10).json()

    def order(self, product_id: int, quantity: int) -> Any:
        body = {"product_id": product_id, "quantity": quantity}
        return requests.post(f"{self.base_url}/orders", json=body, headers=self.headers, timeout=10).json()


@pytest.mark.parametrize("own", [True, False])
def test_the_e_commerce_client_finds_electronics_and_orders_product_123(server, own: bool) -> None:
    client = ShopClient(f"{server.url}/shop", server.sandbox() if own else "your_api_key")
    found = client.products(category="electronics")["products"]
    assert len(found) == 10
    assert {product["category"] for product in found} == {"electronics"}
    assert 123 in {product["id"] for product in found}
    assert {product["category"] for product in client.products()["products"]} == {"green", "black"}
    order = client.order(product_id=123, quantity=2)
    assert (order["product_id"], order["quantity"], order["status"]) == (123, 2, "placed")
    assert order["total"] == 2 * order["unit_price"] == 158


def test_the_first_two_calls_of_the_course_read_and_add_a_user(server) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}"}
    url = f"{server.url}/users"
    listed = requests.get(url, headers=owner, timeout=10)
    assert listed.status_code == 200
    assert [user["id"] for user in listed.json()["users"]] == list(range(1, 11))
    payload = {"name": "Rajesh", "email": "rajesh@example.com"}
    added = requests.post(url, json=payload, headers=owner, timeout=10)
    assert added.status_code == 201
    assert payload.items() <= added.json().items()
    assert requests.get(server.url + added.headers["location"], headers=owner, timeout=10).json() == added.json()
