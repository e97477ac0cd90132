"""Check of 05.2: a client that remembers, and asks whether it is still true. Knows the journal; knows no notebook."""

from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1502
KETTLE, TEA = 123, 142
NEW_PRICE = 69.0
FIELD = "If-None-Match"

HINTS = (
    "What you remember is two things for each product: what it was, and under which name the shop knows that state. "
    "Each time you show the name, and the shop tells you whether it still fits.",
    "A dictionary on `self`, by the product's number. The name is the header `ETag` of the answer; it goes back as "
    "`If-None-Match`. On 304 the body is empty: what do you give back then? On 200 both are new: remember both.",
    "Almost the code: `tag, product = self.known.get(number, (None, None))`; send the header "
    '`{"If-None-Match": tag}`, where `None` sends none; `if response.status_code == 304: return product`; else '
    '`raise_for_status()`, and `self.known[number] = (response.headers["ETag"], response.json())`.',
)


def cached_shop(bench: Bench, answer: Callable[..., Any]) -> str:
    """Two products, asked for again and again, while one changes its price and the other is taken out of the shop."""
    scene = bench.scene(SEED)
    shop = bench.call(scene, answer, scene.base_url, scene.key)
    if not callable(getattr(shop, "product", None)):
        raise Wrong(
            "What you made has no method `product`.",
            expected="CachedShop(base_url, key).product(number)",
            seen=quoted(shop),
            look="the name after `def`, and its indentation: it stands inside the class",
        )
    calls: list[tuple[int, dict[str, Any]]] = []
    due = {number: bench.scene(SEED).ask("GET", _path(number)).json() for number in (KETTLE, TEA)}
    for number in (KETTLE, TEA, KETTLE, TEA):
        calls.append((number, due[number]))
        _judge_value(scene, bench.call(scene, shop.product, number), calls)
    due[KETTLE] = scene.ask("PATCH", _path(KETTLE), json={"price": NEW_PRICE}).json()
    for number in (KETTLE, KETTLE):
        calls.append((number, due[number]))
        _judge_value(scene, bench.call(scene, shop.product, number), calls)
    _judge_traffic(_asked(scene), [number for number, _ in calls])
    _judge_gone(bench, scene, shop)
    return "6 questions, 3 bodies: what had not changed was not sent again, and the new price was seen at once."


def _path(number: int) -> str:
    return f"/shop/products/{number}"


def _asked(scene: Scene) -> list[Exchange]:
    """What the answer sent: the PATCH and the DELETE are the check's own."""
    return [one for one in scene.exchanges() if one.method not in ("PATCH", "DELETE")]


def _judge_value(scene: Scene, value: Any, calls: Sequence[tuple[int, dict[str, Any]]]) -> None:
    number, due = calls[-1]
    seen = _asked(scene)
    if not seen:
        raise Wrong(
            "No request with this key reached the server.",
            expected=f"GET {_path(number)}",
            seen=f"no request; your method returned {quoted(value)}",
            look="the header `Authorization: Bearer …` with the key that your class is given, and base_url",
        )
    if value == due:
        return
    before = [row for one, row in calls[:-1] if one == number]
    if before and value == before[-1]:
        raise Wrong(
            "The price in the shop has changed, and yours has not.",
            expected=f"{due['price']}, since the last PATCH",
            seen=f"{value['price']}; {counted(len(seen), 'request')} for {counted(len(calls), 'call')}",
            proof=each(seen, most=4),
            look="how could your client hear of a change, if it does not ask?"
            if len(seen) < len(calls)
            else "which tag did you send, and of which state was it the name?",
            belief="fetched-once-is-known" if len(seen) < len(calls) else "",
        )
    last = seen[-1]
    raise Wrong(
        f"Call {len(calls)}, `product({number})`, does not give back the product.",
        expected=quoted(due),
        seen=quoted(value),
        proof=brief(last, [FIELD]),
        look="a 304 has no body: where is the product then?"
        if last.status == 304
        else "what does your method `return`, and of which product?",
    )


def _judge_traffic(seen: Sequence[Exchange], calls: Sequence[int]) -> None:
    if len(seen) != len(calls):
        raise Wrong(
            verdict(True, f"it took {counted(len(seen), 'request')} for {counted(len(calls), 'call')}."),
            expected="one request a call: the question and the answer fit into one",
            seen=", ".join(f"{one.method} {one.path}" for one in seen[:4]) + ", …",
            proof=each(seen, most=4),
            look="which header asks *send it only if it is new*?",
        )
    known: dict[int, str] = {}
    for number, one in zip(calls, seen, strict=True):
        sent = one.request.get(FIELD)
        if number in known and sent != known[number]:
            raise Wrong(
                verdict(True, f"a product that you had came again with its whole body, {len(one.body)} bytes."),
                expected=f"If-None-Match: {known[number]}, and a 304 without a body",
                seen=f"If-None-Match: {sent}" if sent else "no If-None-Match header",
                proof=brief(one, [FIELD]),
                look="which tag belongs to which product, and which of its states?"
                if sent
                else "the second thing that an answer gives you beside its body: what is in the header ETag?",
                belief="" if sent else "saved-by-the-library",
            )
        known[number] = one.response.get("etag") or known.get(number, "")


def _judge_gone(bench: Bench, scene: Scene, shop: Any) -> None:
    """An error is never answered from memory: what is gone is gone."""
    scene.ask("DELETE", _path(TEA))

    def attempt() -> Any:
        try:
            return False, shop.product(TEA)
        except Exception as error:
            return True, error

    raised, value = bench.call(scene, attempt)
    if not raised or isinstance(value, KeyError):
        seen = _asked(scene)
        raise Wrong(
            f"Product {TEA} was taken out of the shop, and your client does not say so.",
            expected="an exception: the shop answered 404",
            seen=f"KeyError: {value}" if raised else f"it returned {quoted(value)}",
            proof=brief(seen[-1], [FIELD]),
            look="304 is one answer and 200 the other; what does your method do with all the rest?",
            belief="error-status-is-my-crash",
        )
