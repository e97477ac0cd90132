"""Check of 03.2: a download through redirects, here and to a stranger, who is told no secret. Knows no notebook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.checks import header
from labkit.checks.bench import Bench, Crashed, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1032
KEY = "X-API-Key"
HERE, AWAY = "redirect;to=here", "redirect"


@dataclass(frozen=True, slots=True)
class Picture:
    """What is asked for: where it leads, step by step, and what that is called."""

    number: int
    steps: tuple[str, ...]
    told: str

    @property
    def path(self) -> str:
        return f"/shop/products/{self.number}"

    @property
    def leaves(self) -> bool:
        return AWAY in self.steps


PICTURES = (
    Picture(101, (), "one that is where it should be"),
    Picture(102, (HERE,), "one that has moved within the shop"),
    Picture(103, (AWAY,), "one that lies at another company's"),
    Picture(104, (HERE, AWAY), "one that has moved within the shop, and then away"),
)

HINTS = (
    "A redirect is a piece of advice by the server. Who decides whether the key goes along: the server, the library, "
    "or you? And by what do you tell the shop from a stranger?",
    "`allow_redirects=False` gives you the 3xx itself. `urljoin(url, response.headers['Location'])` is the next "
    "address, and `urlsplit(…)[:2]` its origin: scheme, host and port. The key goes along while that is the shop's.",
    'Almost the code: `url, headers = base_url + path, {"X-API-Key": key}`, then a loop: `response = requests.get(url, '
    "headers=headers, allow_redirects=False)`; if not `response.is_redirect`, `raise_for_status()` and return its "
    "text; else `url = urljoin(…)`, and if `urlsplit(url)[:2] != urlsplit(base_url)[:2]`: `headers = {}`.",
)


def download(bench: Bench, answer: Callable[..., Any]) -> str:
    """Four pictures: each text right, the key at every step inside the shop and at no step outside of it."""
    scene = bench.scene(SEED, door=True)
    scene.witness.auth(required=True)
    for picture in PICTURES:
        for plan in picture.steps:
            scene.witness.add_fault(plan, path=picture.path)
        before, strangers = len(scene.exchanges()), len(_strangers(scene))
        value = _called(bench, scene, answer, picture)
        inside, outside = scene.exchanges()[before:], _strangers(scene)[strangers:]
        scene.witness.clear_faults()
        _judge(picture, value, inside, outside)
    return "Four downloads through four redirects; the shop had your key at every step, the stranger at none."


def _called(bench: Bench, scene: Scene, answer: Callable[..., Any], picture: Picture) -> Any:
    try:
        return bench.call(scene, answer, scene.base_url, scene.key, picture.path)
    except Crashed as crash:
        if "MissingSchema" not in str(crash) and "UnsupportedProtocol" not in str(crash):
            raise
        raise Wrong(
            "A Location need not be a whole address, and this one is not.",
            expected="`/shop/…` read as: the same server, this path",
            seen=str(crash),
            proof=crash.proof.replace("= HTTP", f"← Location: {picture.path}\n= HTTP"),
            look="`urljoin` takes the address that you asked and what the Location says, and gives the next address",
        ) from None


def _strangers(scene: Scene) -> list[Exchange]:
    return scene.witness.exchanges(wait=1.0, origin="stranger")


def _judge(picture: Picture, value: Any, inside: Sequence[Exchange], outside: Sequence[Exchange]) -> None:
    if not inside:
        raise Wrong(
            "No request with this key reached the shop.",
            expected=f"GET {picture.path}, with the header {KEY}",
            seen=f"no request; your function returned {quoted(value)}",
            look="base_url and path, one after the other, and the header with the key",
        )
    end = (outside if picture.leaves else inside)[-1:]
    right = bool(end) and end[0].status == 200 and value == end[0].body.decode()
    first = inside[0]
    if "authorization" in first.carried and KEY.lower() not in first.carried:
        raise Wrong(
            verdict(right, f"the key came in Authorization, and this archive's papers know {KEY} alone."),
            expected=f"{KEY}: …",
            seen="Authorization: …, which every library drops by itself on its way to a stranger",
            proof=brief(first, ["Authorization", KEY]),
            look="a good choice where an API takes both! Here the care is yours: send the one that no library knows",
        )
    header.no_secret(
        outside,
        right=right,
        look="who sends this request, your code or the library? Before the key leaves, compare the next address's "
        "origin: scheme, host and port",
        belief="key-in-the-environment-is-safe",
    )
    if not right:
        raise _another_text(picture, value, inside, outside)
    due = 1 + picture.steps.count(HERE) + picture.steps.count(AWAY)
    if len(inside) + len(outside) != due:
        raise Wrong(
            verdict(True, f"it took {counted(len(inside) + len(outside), 'request')}."),
            expected=f"{due}: this is {picture.told}, and each step takes one",
            seen=counted(len(inside) + len(outside), "request"),
            proof=each([*inside, *outside], most=6),
            look="which of your requests asks what an earlier answer had told already?",
        )


def _another_text(picture: Picture, value: Any, inside: Sequence[Exchange], outside: Sequence[Exchange]) -> Wrong:
    every = [*inside, *outside]
    last = every[-1]
    if last.status == 401:
        return Wrong(
            "The shop does not know you any more, in the middle of its own house.",
            expected=f"the key at every step inside the shop: this is {picture.told}",
            seen="a request without the key, and a 401",
            proof=each(every, most=4),
            look="a Location without a host means the same server. What does your code compare before it drops a key?",
        )
    if 300 <= (last.status or 0) < 400:
        return Wrong(
            f"This is {picture.told}, and your download ends at the first signpost.",
            expected="the text at the end of the way",
            seen=quoted(value),
            proof=brief(last, ["Location"]),
            look="`response.is_redirect`, and `Location` in the headers of the answer: who follows it now?",
        )
    return Wrong(
        "The text is not what was sent in the end.",
        expected=quoted(last.body.decode("utf-8", "replace")),
        seen=quoted(value),
        proof=brief(last),
        look="the `return` line: the text of the last answer, and not the answer itself",
    )
