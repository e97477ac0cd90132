"""Check of 02.3: twelve products on one connection, one of them moved and one missing. Knows no notebook."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from labkit.checks import connection
from labkit.checks.bench import Bench
from labkit.checks.proof import brief, each, quoted, verdict
from labkit.outcome import Wrong

SEED = 1203
IDS = (101, 142, 123, 105, 9999, 113, 147, 110, 131, 137, 144, 150)
MOVED, MISSING = 105, 9999

HINTS = (
    "A connection needs an owner that outlives one call. Who owns it in `requests.get`, and for how long?",
    "`requests.Session()` keeps its line; use it in a `with` block around your loop, and give it the key once, in "
    "`session.headers`. A line is free again when its answer was read to the end: also the answer 404.",
    'Almost the code: `with requests.Session() as session:`, `session.headers["Authorization"] = "Bearer " + key`. In '
    "the loop one `session.get(…)`; append `None` if its `status_code` is 404, else its `.json()`.",
)


def fetch_many(bench: Bench, answer: Callable[..., Any]) -> str:
    """The products in the order asked for, None for the missing one, on one connection."""
    scene = bench.scene(SEED)
    scene.witness.add_fault("redirect;to=here;code=308", path=f"/shop/products/{MOVED}")
    value = bench.call(scene, answer, scene.base_url, scene.key, list(IDS))
    seen = scene.exchanges()
    if not seen:
        raise Wrong(
            "No request with this key reached the server.",
            expected=f"GET /shop/products/{IDS[0]} and eleven more",
            seen=f"no request; your function returned {quoted(value)}",
            look="the header `Authorization: Bearer …` with the key that your function is given, and base_url",
        )
    scene.witness.clear_faults()  # the answer may not have met it
    due = [_due(scene.ask("GET", f"/shop/products/{number}")) for number in IDS]
    if value != due:
        raise _other(value, due, each(seen, most=4))
    wanted = Counter(f"/shop/products/{number}" for number in (*IDS, MOVED))
    asked = Counter(one.target for one in seen if one.method == "GET")
    if asked != wanted or len(seen) != wanted.total():
        odd = next((one for one in seen if one.target not in wanted or asked[one.target] > wanted[one.target]), seen[0])
        raise Wrong(
            verdict(True, f"it took {len(seen)} requests, and they are not the ones that were asked for."),
            expected="each product once, and once more the one that had moved",
            seen=f"{odd.method} {odd.target}, {asked[odd.target]} times",
            proof=each(seen, most=4),
            look="which line of yours sends a request that nobody asked for?",
        )
    bare = next((one for one in seen if not one.request.get("Authorization").lower().startswith("bearer ")), None)
    if bare is not None:
        raise Wrong(
            verdict(True, "the key came without the word `Bearer`, and only a kind server takes it like that."),
            expected="the header `Authorization: Bearer …`, with the key after the space",
            seen="a header Authorization of another form" if bare.request.get("Authorization") else "no such header",
            proof=brief(bare, ["Authorization"]),
            look="the line that writes the header: how many words stand in its value?",
        )
    fresh = len({one.connection for one in seen}) >= len(IDS)
    connection.one(
        seen,
        right=True,
        look="each call dials anew: who could keep the line from one product to the next?"
        if fresh
        else "which of your answers was not read to its end? Its line is busy, so the next request dials a new one",
        belief="closes-after-every-answer" if fresh else "",
    )
    return f"{len(seen)} requests on one connection: {len(IDS)} asked for, one of them moved, one of them missing."


def _due(response: Any) -> Any:
    return response.json() if response.status_code == 200 else None


def _other(value: Any, due: list[Any], proof: str) -> Wrong:
    if not isinstance(value, list):
        return Wrong(
            "Your function does not return a list.",
            expected=f"a list of {len(due)}: dicts, and None for the missing product",
            seen=quoted(value),
            proof=proof,
            look="what does your function `return`, and when?",
        )
    if len(value) != len(due):
        return Wrong(
            f"The list has {len(value)} entries.",
            expected=f"{len(due)}, one for each number, None for the missing product",
            seen=quoted(value),
            proof=proof,
            look="what does your loop do with a product that does not exist?",
        )
    number, wanted, got = next(row for row in zip(IDS, due, value, strict=True) if row[1] != row[2])
    return Wrong(
        f"Not the product {number} in its place.",
        expected=quoted(wanted),
        seen=quoted(got),
        proof=proof,
        look="what is the body of a 404? An answer, but no product" if wanted is None else "the order of `ids`",
    )
