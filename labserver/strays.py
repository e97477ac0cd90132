"""Requests that no application saw, because no parser could read them or they never became whole: whose they are.

Knows sandboxes and credentials. Reads such a request as generously as can be, for nobody else will: its keys must not
be seen any more than another's.
"""

from labserver import admission, auth
from labserver.exchange import Exchange
from labserver.sandboxes import Sandboxes

HEAD = 64 * 1024  # bytes in which a key is looked for


def adopt(sandboxes: Sandboxes, exchange: Exchange, port: int) -> None:
    """Into the journal of its key's sandbox, else of the door it came in by, else of the open one.

    The control plane's own are left out, as ever.
    """
    _, target = exchange.asked
    if target.partition("?")[0].rstrip("/") == "/lab" or target.startswith("/lab/"):
        return
    headers, query = _read(b"".join(data for _, data in exchange.received)[:HEAD], target)
    if (stranger := sandboxes.stranger_at(port)) is not None:
        stranger.note(exchange, headers, query)
        return
    credentials = auth.presented(headers, query)
    exchange.secrets = auth.secrets(credentials, query)
    exchange.sift = auth.sift if target.startswith(auth.TOKEN_PATH) else None
    known = admission.recognise(sandboxes, credentials, port)
    sandbox = known.sandbox if known.named else sandboxes.find(None, port)
    exchange.sandbox = sandbox.id
    exchange.credentials = tuple(admission.shown(*placed, known) for placed in auth.placed(headers, query))
    exchange.keep_at_most(sandbox.tier.kept_bytes)
    sandbox.journal.open(exchange)


def _read(raw: bytes, target: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """(headers, query) by any line end, with spaces wherever they may stand."""
    lines = raw.replace(b"\r", b"\n").split(b"\n")
    pairs = (line.partition(b":") for line in lines)
    return [(name.strip().lower(), value) for name, _, value in pairs], target.encode("latin-1").partition(b"?")[2]
