"""01.4: how people count a delivery in. Knows no check."""

from typing import Any

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


def address(base_url: str, product_id: int) -> str:
    return f"{base_url}/shop/products/{product_id}"


def known(base_url: str, product_id: int) -> Any:
    """The product; LookupError where there is none."""
    response = requests.get(address(base_url, product_id))
    if response.status_code == 404:
        raise LookupError("no such product")
    return response.json()


@right
def asks_whether_it_is_ok(base_url: str, product_id: int, n: int) -> Any:
    with requests.Session() as session:
        found = session.get(address(base_url, product_id))
        if not found.ok:
            raise LookupError(found.json()["error"]["message"])
        change = {"stock": found.json()["stock"] + n}
        return session.patch(address(base_url, product_id), json=change).json()["stock"]


@right
def turns_the_error_round(base_url: str, product_id: int, n: int) -> Any:
    found = requests.get(address(base_url, product_id))
    try:
        found.raise_for_status()
    except requests.HTTPError as error:
        raise LookupError(product_id) from error
    stock = found.json()["stock"] + n
    requests.patch(address(base_url, product_id), json={"stock": stock}).raise_for_status()
    return stock


@wrong(NOT_THE_WAY, "PUT took sku, origin, temperature_c, tags away", belief="put-changes-what-i-send")
def puts_what_is_required(base_url: str, product_id: int, n: int) -> Any:
    product = known(base_url, product_id)
    body = {name: product[name] for name in ("name", "category", "price", "stock")}
    body["stock"] += n
    return requests.put(address(base_url, product_id), json=body).json()["stock"]


@wrong(
    "The shop refused the PUT",
    "PUT /shop/products/108, answered 422",
    "only what it names",
    belief="put-changes-what-i-send",
)
def puts_the_stock(base_url: str, product_id: int, n: int) -> Any:
    stock = known(base_url, product_id)["stock"] + n
    requests.put(address(base_url, product_id), json={"stock": stock})
    return stock


@wrong(NOT_THE_WAY, "replaces the whole product", "somebody changed after your GET", belief="put-changes-what-i-send")
def puts_everything_back(base_url: str, product_id: int, n: int) -> Any:
    product = known(base_url, product_id)
    product["stock"] += n
    return requests.put(address(base_url, product_id), json=product).json()["stock"]


@wrong(NOT_THE_WAY, "what you did not want to change", "your business")
def patches_everything(base_url: str, product_id: int, n: int) -> Any:
    product = known(base_url, product_id)
    product["stock"] += n
    return requests.patch(address(base_url, product_id), json=product).json()["stock"]


@wrong("The 404 went unnoticed", "KeyError: 'stock'", belief="error-status-is-my-crash")
def trusts_the_answer(base_url: str, product_id: int, n: int) -> Any:
    stock = requests.get(address(base_url, product_id)).json()["stock"] + n
    return requests.patch(address(base_url, product_id), json={"stock": stock}).json()["stock"]


@wrong("does not say so", "None", "raises nothing by itself", belief="error-status-is-my-crash")
def keeps_quiet(base_url: str, product_id: int, n: int) -> Any:
    stock = requests.get(address(base_url, product_id)).json().get("stock")
    if stock is None:
        return None
    return requests.patch(address(base_url, product_id), json={"stock": stock + n}).json()["stock"]


@wrong("The stock is not what it should be", "45 were there, 24 came", "adds the two numbers")
def says_what_came(base_url: str, product_id: int, n: int) -> Any:
    known(base_url, product_id)
    return requests.patch(address(base_url, product_id), json={"stock": n}).json()["stock"]


@wrong("The stock is not what it should be", "tells the shop about it")
def counts_at_home(base_url: str, product_id: int, n: int) -> Any:
    return known(base_url, product_id)["stock"] + n


@wrong(NOT_THE_WAY, "it took 3 requests", "as it is now")
def looks_again(base_url: str, product_id: int, n: int) -> Any:
    stock = known(base_url, product_id)["stock"]
    requests.patch(address(base_url, product_id), json={"stock": stock + n})
    return known(base_url, product_id)["stock"]


@wrong("returns something else", "the new stock")
def returns_the_product(base_url: str, product_id: int, n: int) -> Any:
    stock = known(base_url, product_id)["stock"]
    return requests.patch(address(base_url, product_id), json={"stock": stock + n}).json()


@wrong("your function returns the error", "it returned LookupError", "Which word throws it")
def returns_the_error(base_url: str, product_id: int, n: int) -> Any:
    try:
        return asks_whether_it_is_ok(base_url, product_id, n)
    except LookupError as error:
        return error
