"""Check of 05.3: twenty mixed calls through one ShopClient. Knows the journal; knows no notebook."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks import connection
from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import brief, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1503
SINGLE = (101, 142, 123, 105, 113, 147, 110, 131, 155)
MISSING, RENAMED, SOLD_OUT = 9999, 144, 153
WISH = {"sort": "-id", "per_page": 11}
PAGES = 5
WANTED = {"product_id": 123, "quantity": 1}
WRAPPED = "Gift wrapped"
CALLS = len(SINGLE) + 2 + PAGES + 4
METHODS = ("product", "products", "order", "close")

HINTS = (
    "Four methods, and one place through which every request goes. Decide there what happens with a 404 and with any "
    "other refusal; then no method has to look at a status again.",
    "Where is each thing decided? The line and the key: `__init__`. Good or refused: `send`. Known or changed: "
    "`understood`, in every method that gives something back. Which product comes next: `response.links`, from an "
    "empty cursor on. And what you add to an order goes into a new dictionary.",
    "Almost the code: in `send` `response = self.session.request(…)`, `if response.status_code == 404: raise "
    "NotFound(…)`, `if not response.ok: raise ShopError(…)`. In `products` the loop of the lesson, begun with "
    '`wish | {"cursor": ""}`. In `order` `body = wanted | {"note": "Gift wrapped"} if gift else wanted`.',
)


def shop_client(bench: Bench, answer: Callable[..., Any]) -> str:
    """Products as objects, refusals as exceptions, every page once, one line, the caller's dict as it was."""
    scene = bench.scene(SEED)
    listed = bench.scene(SEED).ask("GET", "/shop/products?per_page=100").json()["products"]
    shelf = {row["id"]: row for row in listed}
    scene.witness.add_fault("rename_field;field=price;to=price_eur", path=f"/shop/products/{RENAMED}")
    scene.witness.add_fault("insert_row", path="/shop/products")
    client = bench.call(scene, answer, scene.base_url, scene.key)
    for name in METHODS:
        if not callable(getattr(client, name, None)):
            raise _wrong(scene, f"Your client has no method `{name}`.", ", ".join(METHODS), quoted(client), "its `def`")
    for number in SINGLE:
        _judge_product(scene, shelf[number], bench.call(scene, client.product, number))
    _judge_missing(scene, _tried(bench, scene, client.product, MISSING))
    _judge_renamed(scene, _tried(bench, scene, client.product, RENAMED))
    _judge_walk(scene, sorted(shelf, reverse=True), bench.items(scene, client.products, dict(WISH), most=90))
    _judge_orders(bench, scene, client)
    bench.call(scene, client.close)
    seen = scene.exchanges()
    _judge_traffic(seen)
    return f"{len(seen)} requests on one line: 55 products, none twice, and every refusal under its own name."


def _tried(bench: Bench, scene: Scene, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What the call gave back, or the exception that it raised: here an exception may be the right answer."""

    def attempt() -> Any:
        try:
            return call(*args, **options)
        except NotImplementedError:
            raise
        except Exception as error:
            return error

    return bench.call(scene, attempt)


def _is(value: Any, name: str) -> bool:
    return isinstance(value, Exception) and name in {kind.__name__ for kind in type(value).__mro__}


def _told(value: Any) -> str:
    if isinstance(value, Exception):
        return f"{type(value).__name__}: {str(value)[:120]}"
    return f"it returned {quoted(value)}"


def _wrong(scene: Scene, summary: str, expected: str, seen: str, look: str, *, belief: str = "") -> Wrong:
    last = scene.exchanges()[-1:]
    proof = brief(last[0]) if last else ""
    return Wrong(summary, expected=expected, seen=seen, proof=proof, look=look, belief=belief)


def _judge_product(scene: Scene, row: dict[str, Any], value: Any) -> None:
    due = {name: row[name] for name in ("id", "name", "price", "stock")}
    if not scene.exchanges():
        path = f"/shop/products/{row['id']}"
        look = "the header `Authorization: Bearer …` with the key that your class is given, and base_url"
        raise _wrong(scene, "No request with this key reached the server.", f"GET {path}", _told(value), look)
    if {name: getattr(value, name, None) for name in due} == due:
        return
    number = row["id"]
    if isinstance(value, dict):
        look = "the `return` of your `product`: which function makes a Product of JSON?"
        raise _wrong(scene, "`product` gives back a dict.", "a Product, with product.price", _told(value), look)
    look = "print what your `product` gives back, and the body of the answer beside it"
    raise _wrong(scene, f"`product({number})` is not the product {number}.", quoted(due, 90), _told(value), look)


def _judge_missing(scene: Scene, value: Any) -> None:
    if _is(value, "NotFound"):
        return
    look, belief = "who looks at the status, before anybody reads the body?", "wrapped-so-handled"
    if isinstance(value, Exception):
        look, belief = "one error for all refusals is not enough here: which line of yours knows that it was a 404?", ""
    summary = f"There is no product {MISSING}, and your client does not say so by its name."
    raise _wrong(scene, summary, "NotFound: the shop answered 404", _told(value), look, belief=belief)


def _judge_renamed(scene: Scene, value: Any) -> None:
    if _is(value, "SchemaChanged") and "price" in str(value):
        return
    if _is(value, "SchemaChanged"):
        look = "the text of your exception: whoever reads it at night wants to know which field to look for"
        summary = "Your SchemaChanged does not name the field."
    elif isinstance(value, Exception):
        look = "what makes a Product of JSON in your `product`, and what does it raise when a field is missing?"
        summary = "A field has another name, and what comes is not a SchemaChanged."
    else:
        look = "which line of yours insists that there is a price?"
        summary = "A product without a price came through."
    raise _wrong(scene, summary, "SchemaChanged: price", _told(value), look)


def _judge_walk(scene: Scene, due: list[int], found: list[Any]) -> None:
    numbers = [getattr(one, "id", None) for one in found]
    if numbers == due:
        return
    seen = [one for one in scene.exchanges() if one.path == "/shop/products"]
    proof = each(seen, most=6)
    twice = [number for number, times in Counter(numbers).items() if times > 1]
    missing = [number for number in due if number not in numbers]
    if numbers == due[: len(numbers)] and len(seen) == 1:
        raise Wrong(
            f"Your walk ends after {len(numbers)} of {len(due)} products.",
            expected="every page, as long as the answer names a next one",
            seen="one request, one page",
            proof=proof,
            look="what in the answer says that there is more?",
            belief="first-page-is-the-list",
        )
    if twice:
        raise Wrong(
            f"Product {twice[0]} came {numbers.count(twice[0])} times.",
            expected=f"{len(due)} products, each once, though one was added while you walked",
            seen=f"{len(numbers)} rows, {len(set(numbers))} different products",
            proof=proof,
            look="do your addresses say a place in the list, or the product after which to go on?",
            belief="page-numbers-stand-still",
        )
    if missing:
        raise Wrong(
            f"{len(missing)} of {len(due)} products are missing.",
            expected=f"all of them, product {missing[0]} too",
            seen=quoted(numbers),
            proof=proof,
            look="when does your walk stop?",
        )
    raise Wrong(
        "All products, but not in the order that was wished for.",
        expected=f"sort=-id: {due[0]}, {due[1]}, …",
        seen=quoted(numbers),
        proof=proof,
        look="what becomes of `wish` on its way into the request?",
    )


def _judge_orders(bench: Bench, scene: Scene, client: Any) -> None:
    wanted = dict(WANTED)
    for gift in (False, True, False):
        value = bench.call(scene, client.order, wanted, **({"gift": True} if gift else {}))
        last = scene.exchanges()[-1]
        sent, told = _json(last.request_body), _json(last.body)
        if wanted != WANTED or (not gift and sent.get("note")):
            summary = "The caller's dictionary has changed: the next order is gift wrapped, too."
            look = "which line writes into `wanted`? It is a second name for the caller's own dictionary"
            raise _wrong(scene, summary, quoted(WANTED), quoted(wanted), look, belief="my-parameter-is-mine")
        due = WANTED | ({"note": WRAPPED} if gift else {})
        if last.method != "POST" or sent != due:
            call = f"order(wanted{', gift=True' if gift else ''})"
            look = "the body that your `order` hands to `send`"
            seen = quoted(sent) if last.method == "POST" else f"no POST; {_told(value)}"
            raise _wrong(scene, f"`{call}` does not send what it should.", quoted(due), seen, look)
        if getattr(value, "id", None) != told.get("id") or getattr(value, "note", None) != told.get("note"):
            look = "the `return` of your `order`: `understood(Order, …)` makes an Order of JSON"
            raise _wrong(scene, "`order` does not give back the order.", quoted(told, 90), _told(value), look)
    refused = _tried(bench, scene, client.order, {"product_id": SOLD_OUT, "quantity": 1})
    if not _is(refused, "ShopError") or _is(refused, "NotFound") or _is(refused, "SchemaChanged"):
        belief = "" if isinstance(refused, Exception) else "wrapped-so-handled"
        look = "the status is 409, and there are many others: which `if` of yours catches all that are not good?"
        raise _wrong(scene, "A refused order was not told as that.", "ShopError", _told(refused), look, belief=belief)
    if "stock" not in str(refused):
        said = str(_json(scene.exchanges()[-1].body).get("error", {}).get("message"))
        look = "where does the body of a refusal have its words? `reason` in the lesson reads them"
        raise _wrong(scene, "Your ShopError has lost the shop's own words.", said, _told(refused), look)


def _judge_traffic(seen: Sequence[Exchange]) -> None:
    connection.one(
        seen, right=True, look="who keeps the line from one method to the next?", belief="closes-after-every-answer"
    )
    connection.all_ended(seen, right=True)
    if len(seen) != CALLS:
        raise Wrong(
            verdict(True, f"it took {len(seen)} requests."),
            expected=f"{CALLS}: one for each product and each order, {PAGES} for the walk",
            seen=", ".join(f"{number} times {name}" for name, number in _counted(seen)),
            proof=each(seen, most=4),
            look="which of these did nobody ask for?",
        )


def _counted(seen: Sequence[Exchange]) -> list[tuple[str, int]]:
    return Counter(f"{one.method} {one.path}" for one in seen).most_common(3)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
