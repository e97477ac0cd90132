"""Which parts of a request are credentials, ours and anybody else's: their names, and their values. A leaf.

Broader than what this lab accepts (that is `auth`): a second origin is sent whatever a client gives away.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

HEADERS = (b"authorization", b"proxy-authorization", b"x-api-key", b"api-key", b"cookie")
SUBPROTOCOLS = b"sec-websocket-protocol"
KEY_IN_SUBPROTOCOL = re.compile(rb"api-key\.([^,\s]+)", re.IGNORECASE)  # openai-insecure-api-key.KEY, for one
IN_QUERY = (b"key", b"api_key", b"token", b"access_token")
JUPYTERS = re.compile(rb'(?:^|;)\s*(?:username-|_xsrf|jupyter)[^=;]*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)
SHORTEST = 6  # bytes: a shorter piece of a header's value would blot out half of the record

Pairs = Iterable[tuple[bytes, bytes]]


def names(headers: Pairs, query: bytes) -> list[str]:
    """Those that carry something, in the order of HEADERS, then a subprotocol with a key, then `?key` and the like."""
    came = {name for name, value in headers if value.strip() and (name != SUBPROTOCOLS or _keys_in(value))}
    asked = {name for name, value in _pairs(query) if value}
    return [name.decode() for name in (*HEADERS, SUBPROTOCOLS) if name in came] + [
        f"?{name.decode()}" for name in IN_QUERY if name in asked
    ]


def names_in(head: bytes) -> list[str]:
    """The same of a request as it crossed the wire."""
    start, *lines = head.lstrip(b"\r\n").replace(b"\r", b"\n").split(b"\n")
    fields = (line.partition(b":") for line in lines)
    target = start.partition(b" ")[2].partition(b" ")[0]
    return names([(name.strip().lower(), value) for name, _, value in fields], target.partition(b"?")[2])


def values(headers: Pairs, query: bytes) -> set[bytes]:
    """What they carry: whole, and what is secret in it (the token after its scheme, each cookie's value)."""
    pairs = [(name, value.strip()) for name, value in headers]
    found = {key for name, value in pairs if name == SUBPROTOCOLS for key in _keys_in(value)}
    for name, value in (pair for pair in pairs if pair[0] in HEADERS):
        parts = [one.partition(b"=")[2].strip() for one in value.split(b";")] if name == b"cookie" else []
        parts += [value.partition(b" ")[2].strip()] if b"authorization" in name else []
        found |= {value, *(part for part in parts if len(part) >= SHORTEST)}
    for name, value in _pairs(query):
        if name in IN_QUERY:
            found |= {value, unquote_to_bytes(value.replace(b"+", b" "))}
    return found - {b""}


def of_jupyter(headers: Pairs) -> set[bytes]:
    """What opens a JupyterLab on the same host: cookies know no ports (RFC 6265, section 8.5), so a browser that is
    logged in there sends them here too. What stands between their quotes, or the whole value."""
    found = {value.strip(b' "') for name, line in headers if name == b"cookie" for value in JUPYTERS.findall(line)}
    return {value for value in found if len(value) >= SHORTEST}


def _keys_in(subprotocols: bytes) -> list[bytes]:
    return KEY_IN_SUBPROTOCOL.findall(subprotocols)


def _pairs(query: bytes) -> list[tuple[bytes, bytes]]:
    pairs = (pair.partition(b"=") for pair in query.split(b"&"))
    return [(unquote_to_bytes(name), value) for name, _, value in pairs]
