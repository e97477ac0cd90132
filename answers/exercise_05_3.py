"""05.3: how people put a client together. Knows no check."""

from typing import Any
from urllib.parse import urljoin

import httpx2
import requests
from pydantic import BaseModel, ValidationError

from labkit.author.answers import NOT_THE_WAY, right, wrong


class ShopError(Exception): ...


class NotFound(ShopError): ...


class SchemaChanged(ShopError): ...


class Product(BaseModel):
    id: int
    name: str
    price: float
    stock: int


class Order(BaseModel):
    id: int
    note: str | None = None


def understood(model: Any, data: Any) -> Any:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise SchemaChanged(str(error.errors()[0]["loc"][-1])) from error


class Kept:
    """As the solution does it; those below spoil one thing each."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def close(self) -> None:
        self.session.close()

    def send(self, method: str, path: str, params: Any = None, body: Any = None) -> Any:
        url = urljoin(self.base_url, path)
        response = self.session.request(method, url, params=params, json=body, timeout=10)
        if response.status_code == 404:
            raise NotFound(response.json()["error"]["message"])
        if not response.ok:
            raise ShopError(response.json()["error"]["message"])
        return response

    def product(self, number: int) -> Any:
        return understood(Product, self.send("GET", f"/shop/products/{number}").json())

    def products(self, wish: Any) -> Any:
        response = self.send("GET", "/shop/products", params={**wish, "cursor": ""})
        while True:
            yield from (understood(Product, row) for row in response.json()["products"])
            if "next" not in response.links:
                return
            response = self.send("GET", response.links["next"]["url"])

    def order(self, wanted: Any, gift: bool = False) -> Any:
        body = {**wanted, "note": "Gift wrapped"} if gift else wanted
        return understood(Order, self.send("POST", "/shop/orders", body=body).json())


class Thing:
    """A product or an order, checked by hand."""

    def __init__(self, row: Any, *fields: str) -> None:
        for field in fields:
            if field not in row:
                raise SchemaChanged(field)
            setattr(self, field, row[field])


@right
class WithAnotherLibraryAndByHand:
    def __init__(self, base_url: str, key: str) -> None:
        self.http = httpx2.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"})

    def close(self) -> None:
        self.http.close()

    def told(self, response: httpx2.Response) -> Any:
        if response.is_error:
            kind = NotFound if response.status_code == 404 else ShopError
            raise kind(response.text)
        return response.json()

    def product(self, number: int) -> Thing:
        return Thing(self.told(self.http.get(f"/shop/products/{number}")), "id", "name", "price", "stock")

    def products(self, wish: Any) -> Any:
        cursor = ""
        while cursor is not None:
            page = self.told(self.http.get("/shop/products", params={**wish, "cursor": cursor}))
            for row in page["products"]:
                yield Thing(row, "id", "name", "price", "stock")
            cursor = page["next_cursor"]

    def order(self, wanted: Any, gift: bool = False) -> Thing:
        note = {"note": "Gift wrapped"} if gift else {}
        return Thing(self.told(self.http.post("/shop/orders", json={**wanted, **note})), "id", "note")


@wrong(NOT_THE_WAY, "20 requests took 20 connections", "keeps the line", belief="closes-after-every-answer")
class KeepsOnlyTheHeaders(Kept):
    def __init__(self, base_url: str, key: str) -> None:
        self.base_url, self.headers = base_url, {"Authorization": f"Bearer {key}"}

    def close(self) -> None: ...

    def send(self, method: str, path: str, params: Any = None, body: Any = None) -> Any:
        self.session = requests.Session()
        self.session.headers.update(self.headers)
        return super().send(method, path, params, body)


@wrong(NOT_THE_WAY, "it took 29 requests", "nobody ask for")
class LooksBeforeItLeaps(Kept):
    def product(self, number: int) -> Any:
        if number != 9999 and not self.session.head(f"{self.base_url}/shop/products/{number}").ok:
            raise NotFound(number)
        return super().product(number) if number != 144 else self.unlooked(number)

    def unlooked(self, number: int) -> Any:
        raise SchemaChanged("price")


@wrong("dictionary has changed", "gift wrapped, too", belief="my-parameter-is-mine")
class WritesIntoTheOrder(Kept):
    def order(self, wanted: Any, gift: bool = False) -> Any:
        if gift:
            wanted["note"] = "Gift wrapped"
        return super().order(wanted)


@wrong("Product 145 came 2 times", "product after which", belief="page-numbers-stand-still")
class WalksByNumber(Kept):
    def products(self, wish: Any) -> Any:
        response = self.send("GET", "/shop/products", params=wish)
        while True:
            yield from (understood(Product, row) for row in response.json()["products"])
            if "next" not in response.links:
                return
            response = self.send("GET", response.links["next"]["url"])


@wrong("ends after 11 of 55", "there is more", belief="first-page-is-the-list")
class TakesThePageForTheList(Kept):
    def products(self, wish: Any) -> Any:
        return [understood(Product, row) for row in self.send("GET", "/shop/products", params=wish).json()["products"]]


@wrong("does not say so by its name", "error", belief="wrapped-so-handled")
class NeverLooks(Kept):
    """Seed 000's EcommerceAPI, with a session."""

    def send(self, method: str, path: str, params: Any = None, body: Any = None) -> Any:
        return self.session.request(method, urljoin(self.base_url, path), params=params, json=body)

    def product(self, number: int) -> Any:
        data = self.send("GET", f"/shop/products/{number}").json()
        return Product(**data) if "id" in data else data


@wrong("does not say so by its name", "HTTPError", "knows that it was a 404")
class RaisesForStatus(Kept):
    def send(self, method: str, path: str, params: Any = None, body: Any = None) -> Any:
        response = self.session.request(method, urljoin(self.base_url, path), params=params, json=body)
        response.raise_for_status()
        return response


@wrong("lost the shop's own words", "are in stock")
class LosesTheWords(Kept):
    def send(self, method: str, path: str, params: Any = None, body: Any = None) -> Any:
        response = self.session.request(method, urljoin(self.base_url, path), params=params, json=body)
        if response.status_code == 404:
            raise NotFound(path)
        if not response.ok:
            raise ShopError(response.status_code)
        return response


@wrong("A product without a price came through", "insists")
class AsksPolitely(Kept):
    def product(self, number: int) -> Any:
        row = self.send("GET", f"/shop/products/{number}").json()
        return Product.model_construct(**{name: row.get(name) for name in ("id", "name", "price", "stock")})


@wrong("what comes is not a SchemaChanged", "KeyError")
class IndexesTheDict(Kept):
    def product(self, number: int) -> Any:
        row = self.send("GET", f"/shop/products/{number}").json()
        return Product.model_construct(id=row["id"], name=row["name"], price=row["price"], stock=row["stock"])


@wrong("does not name the field", "at night")
class KeepsTheFieldToItself(Kept):
    def product(self, number: int) -> Any:
        try:
            return super().product(number)
        except SchemaChanged:
            raise SchemaChanged("the shop has changed") from None


@wrong("`product` gives back a dict", "product.price")
class GivesDicts(Kept):
    def product(self, number: int) -> Any:
        return self.send("GET", f"/shop/products/{number}").json()


@wrong("`order` does not give back the order", "None")
class ForgetsTheReturn(Kept):
    def order(self, wanted: Any, gift: bool = False) -> Any:
        super().order(wanted, gift)


@wrong("does not send what it should", "Gift wrapped")
class ForgetsThePaper(Kept):
    def order(self, wanted: Any, gift: bool = False) -> Any:
        return super().order(wanted)


@wrong("not in the order that was wished for", "wish")
class ForgetsTheWish(Kept):
    def products(self, wish: Any) -> Any:
        return super().products({})


@wrong("No request with this key", "Authorization: Bearer")
class ForgetsTheKey(Kept):
    def __init__(self, base_url: str, key: str) -> None:
        super().__init__(base_url, "")
        del self.session.headers["Authorization"]


@wrong("has no method `close`")
class NeverHangsUp:
    def __init__(self, base_url: str, key: str) -> None:
        self.client = Kept(base_url, key)
        self.product, self.products, self.order = self.client.product, self.client.products, self.client.order
