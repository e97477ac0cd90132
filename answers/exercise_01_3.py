"""01.3: how people try to be refused. Knows no check."""

from typing import Any

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


@right
def refused_at_the_users(base_url: str) -> None:
    users = base_url + "/users"
    with requests.Session() as session:
        session.patch(users, json={})
        session.post(users, data="name,email", headers={"Content-Type": "text/csv"})
        session.post(users, json={"name": "Mira", "email": "no address"})
        session.get(users + "/4711")


@right
def refused_at_one_product(base_url: str) -> None:
    product = base_url + "/shop/products/101"
    requests.get(product + "/price")
    requests.post(product)
    requests.put(product, data={"price": 1})
    requests.put(product, json={"price": 1})


@wrong("There is no 422 yet", "415, 415", "in JSON which the shop can read")
def takes_a_form_for_json(base_url: str) -> None:
    requests.get(base_url + "/shop/products/999")
    requests.delete(base_url + "/shop/products")
    requests.post(base_url + "/shop/orders", data={"product_id": 101, "quantity": 1})
    requests.post(base_url + "/shop/orders", data={"product_id": 101})


@wrong("HTTPError", "of stops_at_the_first_no", status="crashed")
def stops_at_the_first_no(base_url: str) -> None:
    requests.get(base_url + "/shop/products/999").raise_for_status()
    requests.delete(base_url + "/shop/products").raise_for_status()


@wrong("said yes", "DELETE /shop/products/105 was answered 204")
def deletes_a_tea(base_url: str) -> None:
    requests.get(base_url + "/shop/products/999")
    requests.delete(base_url + "/shop/products/105")


@wrong(NOT_THE_WAY, "something has changed", "201")
def orders_after_all(base_url: str) -> None:
    refused_at_the_users(base_url)
    requests.post(base_url + "/shop/orders", json={"product_id": 101, "quantity": 1})


@wrong(NOT_THE_WAY, "it took 5 requests")
def looks_around(base_url: str) -> None:
    requests.get(base_url + "/shop/products")
    refused_at_one_product(base_url)


@wrong("not the shop's", "/raw/status/404")
def asks_for_the_number(base_url: str) -> None:
    for status in (404, 405, 415, 422):
        requests.get(base_url + f"/raw/status/{status}")


@wrong("was ordered, not earned")
def breaks_the_answers(base_url: str) -> None:
    for status in (404, 405, 415, 422):
        requests.get(base_url + "/shop/products", headers={"x-lab-fault": f"status;code={status}"})


@wrong("No request reached the shop", "an empty journal")
def returns_the_numbers(base_url: str) -> Any:
    return [404, 405, 415, 422]


@wrong("There is no 404 yet", "→ PUT /shop/products/999 HTTP/1.1  ← 422", "what has a body is read first")
def puts_nothing_to_nobody(base_url: str) -> None:
    requests.put(base_url + "/shop/products/999", json={})
    requests.delete(base_url + "/shop/products")
    requests.post(base_url + "/shop/products", data="tea")
    requests.post(base_url + "/shop/products", json={})


@wrong("not the shop's", "GET /teapot", "missing below")
def asks_beside_the_shop(base_url: str) -> None:
    requests.get(base_url + "/teapot")
    requests.delete(base_url + "/shop/products")
    requests.post(base_url + "/shop/products", data="tea")
    requests.post(base_url + "/shop/products", json={})
