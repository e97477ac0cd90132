"""Check of 05.1: a lazy walk that follows Link as it is given. Knows the journal; knows no notebook."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from labkit.checks.bench import Bench, Crashed, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1501
LIST = "/shop/products"
BY_PAGE = {"category": "electronics", "per_page": 5}
BY_CURSOR = {"cursor": "", "per_page": 20}
TAKEN = 3
MOST = 120  # products: who walks in a circle is stopped there

HINTS = (
    "Two loops, one in the other: the pages, and the products of a page. The place where you hand out a product is "
    "inside both, so that nothing behind it happens before somebody wants more.",
    "Where does the second address come from? Not from you: `response.links` has an entry `next` as long as there is "
    "one. Its `url` is relative, and your wish is in it already.",
    'Almost the code: `response = session.get(base_url + "/shop/products", params=wish)`; then `while True:` with '
    '`for product in response.json()["products"]: yield product`; `if "next" not in response.links: return`; and '
    '`session.get(urljoin(response.url, response.links["next"]["url"]))`.',
)


def products(bench: Bench, answer: Callable[..., Any]) -> str:
    """Three taken from one page; all of them by page; all of them by cursor, with each address as it was given."""
    scene = bench.scene(SEED)
    some = bench.items(scene, answer, scene.base_url, scene.key, dict(BY_PAGE), most=TAKEN)
    due = _due(bench, {**BY_PAGE, "per_page": 100})
    _judge_rows(scene, some, due[:TAKEN])
    _judge_first(scene.exchanges())
    for wish, gone, every in ((BY_PAGE, "pages", due), (BY_CURSOR, "next_cursor", _due(bench, {"per_page": 100}))):
        scene = bench.scene(SEED)
        scene.witness.add_fault(f"rename_field;field={gone};to=of_old", path=LIST, first=9)
        _judge_walk(bench, scene, answer, wish, every)
    return "One request for the first three; then every page once, by number and by cursor, as the shop gave the way."


def _due(bench: Bench, wish: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bench.scene(SEED).ask("GET", LIST, params=wish).json()["products"]
    return found


def _judge_first(seen: Sequence[Exchange]) -> None:
    if len(seen) > 1:
        raise Wrong(
            verdict(True, f"for three products your code asked for {counted(len(seen), 'page')}."),
            expected=f"one request: the first {TAKEN} stand on the first page",
            seen=counted(len(seen), "request"),
            proof=each(seen, most=4),
            look="what runs before you hand out the first product, and what only if somebody wants more?",
        )


def _judge_walk(
    bench: Bench, scene: Scene, answer: Callable[..., Any], wish: Mapping[str, Any], due: list[dict[str, Any]]
) -> None:
    try:
        found = bench.items(scene, answer, scene.base_url, scene.key, dict(wish), most=MOST)
    except Crashed as crash:
        _judge_own_address(scene.exchanges(), str(crash))
        raise
    seen = scene.exchanges()
    _judge_own_address(seen, f"{counted(len(found), 'product')}")
    _judge_rows(scene, found, due)
    for one, following in pairwise(seen):
        given = _next(one)
        if following.target != given:
            raise Wrong(
                verdict(True, "you did not follow the address that you were given."),
                expected=given or "no further request: the answer named no next page",
                seen=following.target,
                proof=brief(one, []) + "\n" + brief(following, []),
                look="what else goes into the request of the second page? The wish is in its address already"
                if given
                else "how does your loop know that this was the last page?",
            )


def _judge_own_address(seen: Sequence[Exchange], got: str) -> None:
    refused = next((one for one in seen if one.status == 400 and "page=" in one.target), None)
    if refused is not None:
        raise Wrong(
            "You wrote the second address yourself, and the shop does not know it.",
            expected=f"{_next(seen[0])}, as the first answer gave it",
            seen=f"{refused.target}; {got}",
            proof=brief(refused),
            look="this list is not paged by numbers. Where does the answer name its next page?",
            belief="page-numbers-stand-still",
        )


def _judge_rows(scene: Scene, found: list[Any], due: list[dict[str, Any]]) -> None:
    seen = scene.exchanges()
    if not seen:
        raise Wrong(
            "No request with this key reached the server.",
            expected=f"GET {LIST}",
            seen=f"no request; your generator gave {quoted(found)}",
            look="the header `Authorization: Bearer …` with the key that your function is given, and base_url",
        )
    if found == due:
        return
    first = len(found) < len(due) and found == due[: len(found)] and len(seen) == 1
    if first:
        summary, look = f"Your walk ends after {len(found)} of {len(due)} products.", "is there a page after this one?"
    elif len(found) > len(due):
        summary, look = "Your walk does not end, or comes by twice.", "which address is asked for again and again?"
    elif found and not isinstance(found[0], dict):
        summary, look = "What you hand out are not products.", "what stands behind your `yield`: one product?"
    else:
        summary, look = "Not the products that were wished for.", "what becomes of `wish` on its way into the request?"
    raise Wrong(
        summary,
        expected=f"{counted(len(due), 'product')}, beginning with {due[0]['name']}",
        seen=f"{counted(len(found), 'product')}: {quoted(found)}" if found else "none",
        proof=each(seen, most=4),
        look=look,
        belief="first-page-is-the-list" if first else "",
    )


def _next(one: Exchange) -> str:
    """The address with rel="next" in the Link header; empty where there is none."""
    for link in one.response.get("link").split(", "):
        address, _, told = link.partition(">; ")
        if told == 'rel="next"':
            return address.removeprefix("<")
    return ""
