"""Check of 06.3: deliveries of the lab server and of strangers, and the server's own log of them. Knows no notebook."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labkit.checks.bench import Bench, Crashed, Scene
from labkit.checks.callback_door import ID, SIGNATURE, STAMP, Delivery, Door, NoDelivery, Post, signature
from labkit.checks.proof import quoted, verdict
from labkit.outcome import Wrong
from labkit.render import escaped

SEED = 1063
PACE = {"x-lab-pace": "instant"}
PLAIN = {"model": "script", "prompt": "Assam| is| strong|.", "metadata": {"page": 1}}
COLOURFUL = {"model": "script", "prompt": "Grüner| Tee| heißt| 緑茶| 🍵|.", "metadata": {"Seite": "Grüntee"}}
HOUR = 3600
THIRD = "11111111-1111-4111-8111-111111111111"
SLOW = 1.0  # seconds: whoever needs less is not the one for whom the server would not wait
LATER = 20.0  # seconds that the server may take to write its log
WORDS = ("new", "again", "refused")
ANSWERS = {"new": "204 No Content", "again": "204 No Content", "refused": "401 Unauthorized"}

HINTS = (
    "Three questions, in this order: from whom, from when, again? Nothing that the message says of itself is worth "
    "anything before the first one is answered.",
    '`hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()`, with `sha256=` before it, '
    "and `hmac.compare_digest`. `headers.get(…, '')`, for a stranger may send no such header. `seen.add(…)` is the "
    "last thing before you return.",
    "Almost the code: compute `due`; if the header `webhook-signature` is another one, or missing: refused; if "
    "`time.time() - int(stamp) > 300`: refused; if the `webhook-id` is in `seen`: again; else add it to `seen`: new.",
)


@dataclass(slots=True)
class Doorkeeper:
    """The answer at work, and what the shop has published through it. `seen` is the memory that it is given."""

    bench: Bench
    scene: Scene
    answer: Callable[..., Any]
    secret: str
    seen: set[Any] = field(default_factory=set)

    def says(self, post: Post) -> Any:
        try:
            return self.bench.call(self.scene, self.answer, dict(post.headers), post.raw, self.secret, self.seen)
        except Crashed as crash:  # what it was doing was this delivery, and no request
            raise Crashed(str(crash), proof=_shown(post), look=crash.look) from None

    def meets(self, post: Post, due: str, who: str, look: str, belief: str = "") -> None:
        """Raises Wrong where the word is another one."""
        said = self.says(post)
        if said == due:
            return
        if said == "again" and due == "new" and self.seen:
            look, belief = "at which moment do you note an id: before you know who has sent it, or after?", ""
        if said not in WORDS:
            raise Wrong(
                "That is no word that the door knows.",
                expected=", ".join(map(quoted, WORDS)),
                seen=quoted(said),
                proof=_shown(post),
                look="what does your function return in this case, and as what: text, or True and False?",
            )
        raise Wrong(
            f"{who}, and your doorkeeper says {quoted(said)}.",
            expected=quoted(due),
            seen=quoted(said),
            proof=_shown(post),
            look=look,
            belief=belief,
        )


def accept(bench: Bench, answer: Callable[..., Any]) -> str:
    """A plain delivery; strangers with the next one's id; that one, its reply lost; its repeat; reordered keys."""
    scene = bench.scene(SEED)
    with Door() as door:
        job, secret = _ordered(bench, scene, door, PLAIN)
        keeper = Doorkeeper(bench, scene, answer, secret)
        _delivered(keeper, job, _of(door, job))
        job, _ = _ordered(bench, scene, door, COLOURFUL)
        first = _of(door, job)
        _strangers(keeper, first.post)
        look = "over which bytes do you compute the signature: those that came, or others that mean the same?"
        who, belief = "This delivery is genuine, with ü and 茶 in it", "signature-over-parsed-json"
        keeper.meets(first.post, "new", who, look, belief)
        first.lose()
        _repeated(keeper, job, _of(door, job))
    _reordered(keeper)
    return "Two genuine deliveries published once each, five strangers refused, and a repeat that was told 204."


def _ordered(bench: Bench, scene: Scene, door: Door, question: dict[str, Any]) -> tuple[str, str]:
    """A job whose end is told at the door: its id, and the secret, which no card may show."""
    told = scene.ask("POST", "/api/v1/infer", json=question | {"callback_url": door.url}, headers=PACE).json()
    secret = str(told["callback"]["secret"])
    bench.keys.append(secret)
    return str(told["request_id"]), secret


def _of(door: Door, job: str) -> Delivery:
    """The next delivery about this job. A repeat of another one, from a slow moment of the machine, is told 204."""
    while (delivery := door.take()).post.headers.get(ID) != f"msg_{job}":
        delivery.answer(ANSWERS["again"])
    return delivery


def _delivered(keeper: Doorkeeper, job: str, delivery: Delivery) -> None:
    """The first one, in plain English letters, whose answer the server waits for."""
    look = "what exactly is signed? The timestamp, a dot, and the body; the header begins with `sha256=`"
    began = time.monotonic()
    keeper.meets(delivery.post, "new", "This delivery is genuine", look)
    took = time.monotonic() - began
    delivery.answer(ANSWERS["new"])
    log = _log(keeper.scene, job, attempts=1)
    if log[0]["status"] != 204 and took > SLOW:
        raise Wrong(
            verdict(True, "the server did not wait for it, so it will deliver the same again."),
            expected="a word within two seconds",
            seen=_told(log),
            proof=_shown(delivery.post),
            look="what takes so long in your function? The door answers first, and the shop works afterwards",
        )


def _strangers(keeper: Doorkeeper, real: Post) -> None:
    """Five that are not what they seem; they use the id of a delivery that is still to come."""
    past = str(int(time.time()) - HOUR)
    guessed = signature("whsec_guess", real.headers[STAMP], real.raw)
    bare = {name: value for name, value in real.headers.items() if not name.startswith("webhook")}
    changed = real.raw.replace(b"completed", b"Completed")
    older = real.headers | {STAMP: past}
    recorded = older | {SIGNATURE: signature(keeper.secret, past, real.raw)}
    over = "what would have to be equal, if this were from the server? Print both"
    for headers, raw, who, look in (
        (bare, real.raw, "A stranger has sent a delivery without any signature", "what does `.get` return here?"),
        (real.headers, changed, "One byte of the body was changed on the way", over),
        (real.headers | {SIGNATURE: guessed}, real.raw, "The signature was made with another secret", over),
        (older, real.raw, "The timestamp was changed after the signature was made", over),
        (recorded, real.raw, "Somebody has recorded this and sends it an hour later", "how old is its timestamp?"),
    ):
        keeper.meets(Post(headers, raw), "refused", who, look)


def _repeated(keeper: Doorkeeper, job: str, second: Delivery) -> None:
    """The server has not heard our answer, and delivers once more."""
    said = keeper.says(second.post)
    second.answer(ANSWERS.get(said, "500 Internal Server Error"))
    log = _told(_log(keeper.scene, job, attempts=2))
    if said == "again":
        return
    raise Wrong(
        "The same news came twice, and was published twice."
        if said == "new"
        else f"The same news came twice, and your doorkeeper says {quoted(said)} the second time.",
        expected="'again': the door says 204, the server is content, and nothing happens",
        seen=f"{quoted(said)}; the server's log: {log}",
        proof=_shown(second.post),
        look="where do you note which `webhook-id` you have had, and where do you look it up?"
        if said == "new"
        else "why did the server send it again? It has not heard our 204. What will it do when it hears 401?",
    )


def _reordered(keeper: Doorkeeper) -> None:
    """Well signed, and written as no Python would write it; then the first news again, to another shop."""
    told = {"status": "completed", "result": "Pu-Erh ist gereift", "request_id": THIRD}
    raw = json.dumps(told, indent=3).encode()
    stamp = str(int(time.time()))
    headers = {ID: f"msg_{THIRD}", STAMP: stamp, SIGNATURE: signature(keeper.secret, stamp, raw)}
    look = "over which bytes do you compute the signature? The sender may write his JSON as he likes"
    belief = "signature-over-parsed-json"
    keeper.meets(Post(headers, raw), "new", "This delivery is genuine, its keys in another order", look, belief)
    keeper.seen = set()
    look = "where does your function remember? Only `seen` belongs to this shop"
    keeper.meets(Post(headers, raw), "new", "Another shop, with an empty `seen`, hears this for the first time", look)


def _log(scene: Scene, job: str, *, attempts: int) -> list[dict[str, Any]]:
    """The server's own log of a job's deliveries, once so many stand in it."""
    end = time.monotonic() + LATER
    while True:
        log: list[dict[str, Any]] = scene.ask("GET", f"/api/v1/status/{job}").json()["callback"]["deliveries"]
        if len(log) >= attempts:
            return log
        if time.monotonic() > end:
            raise NoDelivery(f"the server's log of job {job} stands still")


def _told(log: list[dict[str, Any]]) -> str:
    return ", ".join(f"attempt {row['attempt']}: {row['status'] or row['error']}" for row in log)


def _shown(post: Post) -> str:
    rows = [f"→ {name}: {value[:24]}" for name, value in post.headers.items() if name.startswith("webhook")]
    end = escaped(post.raw[max(0, post.raw.find(b'"status"')) :])
    return "\n".join([*(rows or ["→ (no webhook header)"]), f"→ … {end[:120]}{' …' if len(end) > 120 else ''}"])
