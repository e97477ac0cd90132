"""Whom this server trusts: the names it answers to and the pages that may use it. Knows header fields, no sandbox.

One table for the Host check, for CORS, and for the Origin of upgrades and unsafe methods, so that they cannot disagree.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from labserver.errors import Forbidden, InvalidRequest, LabError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})  # and every other address of this machine's own net
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# uri-host and port (RFC 9112, section 3.2); what stands in brackets is an IPv6 address.
HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._~%!$&'()*+;=-]+))(?::[0-9]*)?")
Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Trust:
    """`hosts` are further names of this server, `*.example.org` and `*` included; `origins` further pages' origins."""

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def wrong_host(self, scope: Mapping[str, Any]) -> LabError | None:
        """What is wrong with a request's Host, or None.

        A foreign name that leads here may be a page's trick to pass for this machine (DNS rebinding). Host must stand
        there once, in HTTP/1.0 at most once (RFC 9112, section 3.2): no browser speaks that any more.
        """
        said = _values(scope["headers"], b"host")
        if not said and scope["http_version"] == "1.0":
            return None
        if len(said) != 1:
            seen = "none" if not said else f"{len(said)} of them"
            return InvalidRequest(f"An HTTP/1.1 request carries one Host header; this one has {seen}. Send `Host: …`.")
        if (field := HOST.fullmatch(said[0])) is None:
            return InvalidRequest(
                f"Host is a name or an address, and a port where there is one, not {said[0][:200]!r}."
                " Send the part of the URL between `//` and the next `/`."
            )
        name = (field[1] or field[2]).lower()
        if _is_loopback(name) or any(_fits(name, pattern) for pattern in self.hosts):
            return None
        return Forbidden(
            f"This server does not go by the name {name[:200]}. Call it 127.0.0.1; or, if that name is rightly its own,"
            f" start it with `--allow-host {name[:200]}` (LABSERVER_ALLOW_HOST)."
        )

    def trusted(self, origin: str, headers: Headers) -> bool:
        """Whether a page from `origin` may use this server: one from this machine, from here itself, or by choice."""
        if origin in self.origins:
            return True
        try:
            url = urlsplit(origin)
            name = url.hostname
        except ValueError:  # a bracket too few, for one
            return False
        if url.scheme not in ("http", "https") or not name:  # `null` is every sandboxed frame's
            return False
        return _is_loopback(name) or _values(headers, b"host") == [url.netloc]

    def foreign_page(self, method: str | None, headers: Headers) -> str | None:
        """The Origin of a web page from elsewhere that sends what only a trusted one may, or None.

        `method` is None for a WebSocket. A browser lets any page open a WebSocket or send a simple POST to this
        machine; only the Origin that it adds tells (RFC 6455, section 10.2). Programs that are no browsers send none.
        """
        if method in SAFE_METHODS:
            return None
        origins = _values(headers, b"origin")
        return next((origin for origin in origins if not self.trusted(origin, headers)), None)

    def wrong_page(self, scope: Mapping[str, Any]) -> LabError | None:
        """What is wrong with the page that sends this request, or None."""
        if (origin := self.foreign_page(scope.get("method"), scope["headers"])) is not None:
            return stranger(origin)
        return None


def stranger(origin: str) -> Forbidden:
    return Forbidden(
        f"A page from {origin[:200]} may not do this here. Open it from this machine instead, or start the server with"
        f" `--allow-origin {origin[:200]}`."
    )


def is_preflight(scope: Mapping[str, Any]) -> bool:
    """Whether a browser asks by itself, before a page's own request, what pages may (a CORS-preflight request)."""
    if scope.get("method") != "OPTIONS":
        return False
    return {b"origin", b"access-control-request-method"} <= {name for name, _ in scope["headers"]}


def _values(headers: Headers, wanted: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for name, value in headers if name == wanted]


def _is_loopback(name: str) -> bool:
    if name in LOOPBACK:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _fits(name: str, pattern: str) -> bool:
    return pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))
