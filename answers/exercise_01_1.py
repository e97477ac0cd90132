"""01.1: how people really search a shop. Knows no check."""

from typing import Any
from urllib.parse import urlencode

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


@right
def encodes_by_hand(base_url: str, text: str, max_price: float) -> Any:
    query = urlencode({"max_price": max_price, "q": text, "per_page": 100})
    found = requests.get(f"{base_url}/shop/products?{query}").json()["products"]
    return [product["name"] for product in found]


@right
def prepares_in_a_session(base_url: str, text: str, max_price: float) -> Any:
    with requests.Session() as session:
        session.params = {"q": text, "max_price": str(max_price)}
        names = []
        for product in session.get(base_url + "/shop/products").json()["products"]:
            names.append(product["name"])
        return names


@wrong(NOT_THE_WAY, "the text reached the shop in pieces", "q is 'Ginger '", "' Lemon'", belief="query-is-glued-text")
def glues_the_address(base_url: str, text: str, max_price: float) -> Any:
    found = requests.get(base_url + f"/shop/products?max_price={max_price}&q={text}").json()["products"]
    return [product["name"] for product in found]


@wrong(NOT_THE_WAY, "your program filtered", "no q and no max_price", belief="filter-at-home")
def filters_at_home(base_url: str, text: str, max_price: float) -> Any:
    everything = requests.get(base_url + "/shop/products", params={"per_page": 100}).json()["products"]
    cheap = [product for product in everything if product["price"] <= max_price]
    return [product["name"] for product in cheap if text.lower() in str(product).lower()]


@wrong(NOT_THE_WAY, "no max_price in", belief="filter-at-home")
def filters_the_price_at_home(base_url: str, text: str, max_price: float) -> Any:
    found = requests.get(base_url + "/shop/products", params={"q": text}).json()["products"]
    return [product["name"] for product in found if product["price"] <= max_price]


@wrong("not what it answered", "a list of dicts")
def returns_the_whole_answer(base_url: str, text: str, max_price: float) -> Any:
    return requests.get(base_url + "/shop/products", params={"q": text, "max_price": max_price}).json()


@wrong("was not told what to look for", "in the address: the shop filters", "no q and no max_price")
def sends_it_in_the_body(base_url: str, text: str, max_price: float) -> Any:
    answer = requests.get(base_url + "/shop/products", json={"q": text, "max_price": max_price})
    return [product["name"] for product in answer.json()["products"]]


@wrong(NOT_THE_WAY, "it took 2 requests")
def looks_first(base_url: str, text: str, max_price: float) -> Any:
    if requests.get(base_url + "/shop/products").status_code == 200:
        return encodes_by_hand(base_url, text, max_price)


@wrong("Nobody asked the shop", "Ask at base_url")
def remembers_the_answer(base_url: str, text: str, max_price: float) -> Any:
    return ["Travel Kettle"]


@wrong("told another price", "max_price=1000")
def forgets_the_limit(base_url: str, text: str, max_price: float) -> Any:
    return encodes_by_hand(base_url, text, 1000)


@wrong("asked for another text", "q is 'text'", "as it is")
def quotes_the_name(base_url: str, text: str, max_price: float) -> Any:
    found = requests.get(base_url + "/shop/products", params={"q": "text", "max_price": max_price}).json()["products"]
    return [product["name"] for product in found]


@wrong("not what it answered", "None", "or does it print")
def prints_the_names(base_url: str, text: str, max_price: float) -> Any:
    for name in encodes_by_hand(base_url, text, max_price):
        print(name)  # noqa: T201 - its mistake


@wrong("not what it answered", "ends the function at the first name")
def returns_from_the_loop(base_url: str, text: str, max_price: float) -> Any:
    for name in encodes_by_hand(base_url, text, max_price):
        return name
