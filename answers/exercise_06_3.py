"""06.3: how people really keep a door. Knows no check."""

import hashlib
import hmac
import json
import time
from typing import Any

from labkit.author.answers import NOT_THE_WAY, right, wrong

Headers = dict[str, str]
MEMORY: dict[str, set[str]] = {}  # by secret: each shop has its own


def mac(secret: str, stamp: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()


def fits(headers: Headers, raw: bytes, secret: str) -> bool:
    due = mac(secret, headers.get("webhook-timestamp", ""), raw)
    return hmac.compare_digest(due, headers.get("webhook-signature", ""))


def old(headers: Headers) -> bool:
    return time.time() - int(headers["webhook-timestamp"]) > 300


def noted(headers: Headers, seen: set[str]) -> str:
    known = headers["webhook-id"] in seen
    seen.add(headers["webhook-id"])
    return "again" if known else "new"


@right
def right_by_what_is_signed(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    """Remembers the request_id of the body, which nobody can change."""
    try:
        stamp, claimed = int(headers["webhook-timestamp"]), headers["webhook-signature"].removeprefix("sha256=")
    except (KeyError, ValueError):
        return "refused"
    due = hmac.digest(secret.encode(), b"%d.%b" % (stamp, raw), "sha256").hex()
    if not hmac.compare_digest(due, claimed) or abs(time.time() - stamp) > 300:
        return "refused"
    request_id = json.loads(raw)["request_id"]
    if request_id in seen:
        return "again"
    seen.add(request_id)
    return "new"


@wrong("This delivery is genuine, with ü and 茶", "over which bytes", belief="signature-over-parsed-json")
def signs_what_it_has_parsed(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    again = json.dumps(json.loads(raw)).encode()
    return noted(headers, seen) if fits(headers, again, secret) and not old(headers) else "refused"


@wrong("its keys in another order", "as he likes", belief="signature-over-parsed-json")
def writes_it_as_the_server_does(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    again = json.dumps(json.loads(raw), ensure_ascii=False).encode()
    return noted(headers, seen) if fits(headers, again, secret) and not old(headers) else "refused"


@wrong("an hour later", "how old")
def forgets_the_time(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    return noted(headers, seen) if fits(headers, raw, secret) else "refused"


@wrong("published twice", "webhook-id")
def forgets_what_was(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    return "new" if fits(headers, raw, secret) and not old(headers) else "refused"


@wrong("'refused' the second time", "attempt 2: 401", "It has not heard our 204")
def refuses_the_repeat(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    word = noted(headers, seen) if fits(headers, raw, secret) and not old(headers) else "refused"
    return "refused" if word == "again" else word


@wrong("with ü and 茶 in it, and your doorkeeper says 'again'", "before you know who has sent it")
def notes_every_id(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    word = noted(headers, seen) if "webhook-id" in headers else "refused"
    return word if fits(headers, raw, secret) and not old(headers) else "refused"


@wrong("without any signature", "`.get`")
def trusts_who_says_nothing(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    if "webhook-signature" in headers and not fits(headers, raw, secret):
        return "refused"
    return noted(headers, seen) if "webhook-id" in headers else "new"


@wrong("KeyError", "webhook-timestamp", status="crashed")
def expects_every_header(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    due = mac(secret, headers["webhook-timestamp"], raw)
    return noted(headers, seen) if due == headers["webhook-signature"] and not old(headers) else "refused"


@wrong("This delivery is genuine, and your doorkeeper says 'refused'", "a dot")
def signs_the_body_alone(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    due = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return noted(headers, seen) if due == headers.get("webhook-signature") else "refused"


@wrong("One byte of the body was changed")
def looks_whether_it_is_signed(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    if "webhook-signature" not in headers or old(headers):
        return "refused"
    return noted(headers, seen)


@wrong("Another shop", "Only `seen`")
def remembers_elsewhere(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    memory = MEMORY.setdefault(secret, set())
    return noted(headers, memory) if fits(headers, raw, secret) and not old(headers) else "refused"


@wrong(NOT_THE_WAY, "the server did not wait for it", "the shop works afterwards")
def publishes_first(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    time.sleep(2.3)  # the shop publishes
    return noted(headers, seen) if fits(headers, raw, secret) and not old(headers) else "refused"


@wrong("no word that the door knows", "True")
def says_yes_and_no(headers: Headers, raw: bytes, secret: str, seen: set[str]) -> Any:
    return fits(headers, raw, secret)
