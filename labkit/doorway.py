"""The lab server through Jupyter's own door: `{base_url}wirelab/…`, where localhost is not the learner's machine.

A Jupyter Server extension. jupyter-server-proxy keeps the door (nobody passes without Jupyter's login) and carries
WebSockets. What it would do to HTTP is done here instead: it holds every answer back until it is whole, unless the
request says `Accept: text/event-stream` and nothing more, and when a browser goes away it reads on as if nothing had
happened, so that the journal would never see a client leave.

The lab server is found anew for every request, by the home's runtime file, and started where there is none.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2
from jupyter_server.utils import url_path_join
from jupyter_server_proxy.handlers import AddSlashHandler, LocalProxyHandler
from tornado import httputil, web
from tornado.httpclient import HTTPClientError
from tornado.iostream import StreamClosedError

from labkit import reach, runtime, session

HOST = "127.0.0.1"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CONNECTION = frozenset(
    ["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"]
) | {"upgrade", "proxy-connection"}  # they speak of one connection, and there are two (RFC 9110, section 7.6.1)
PREFIX = "x-forwarded-prefix"  # what every proxy of this kind says: where it stands
PRIVATE = frozenset({"host", "origin", "cookie", "x-xsrftoken", PREFIX})  # between the browser and Jupyter
OURS = frozenset({"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"})
FOREIGN = "A page from another site may not do this here. Open it from JupyterLab instead."
GONE = (
    "The lab server did not answer. Run the first cell of your lesson again: it starts one. `wirelab doctor`, in a "
    "terminal of JupyterLab, tells more."
)
Pairs = list[tuple[str, str]]


class Doorway(LocalProxyHandler):  # type: ignore[misc]  # jupyter-server-proxy ships no types
    """One request or one WebSocket, carried to the lab server as if it came from this machine, and nothing held back.

    Its page was let in by Jupyter, and its Origin is compared here with the name that the browser used. The lab server
    then sees its own name and no Origin; nor does it see Jupyter's cookies and token, which would stand in a journal.
    """

    copying: "asyncio.Task[None] | None" = None

    async def http_get(self, path: str) -> None:
        await self._carry()

    async def _carry(self, *_: str) -> None:
        if self.request.method not in SAFE and not self.check_origin():
            raise web.HTTPError(403, FOREIGN)
        self._record_activity()
        port = await self._port()
        self.copying = asyncio.ensure_future(self._copy(port))
        with suppress(asyncio.CancelledError):
            await self.copying

    post = put = patch = delete = head = options = _carry

    def on_connection_close(self) -> None:
        """The browser has gone: so does our connection to the lab server, and its journal says where."""
        if self.copying is not None:
            self.copying.cancel()
        super().on_connection_close()

    async def _copy(self, port: int) -> None:
        timeout = httpx2.Timeout(10, read=None)  # an answer may be silent for as long as it likes
        url = self.get_client_uri("http", HOST, port, "")
        async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=timeout) as client:
            request = client.build_request(
                self.request.method, url, headers=self._sent(), content=self.request.body or None
            )
            request.headers.pop("user-agent", None) if "User-Agent" not in self.request.headers else None
            try:
                answer = await client.send(request, stream=True)
            except httpx2.TransportError:
                raise web.HTTPError(502, GONE) from None
            try:
                await self._pass_on(answer)
            except httpx2.TransportError:  # it was cut, and the browser is to see just that
                self.request.connection.stream.close()
            except StreamClosedError:
                return
            finally:
                await answer.aclose()

    async def _pass_on(self, answer: httpx2.Response) -> None:
        self.set_status(answer.status_code, answer.reason_phrase or None)
        self._headers = httputil.HTTPHeaders()
        for name, value in _kept(answer.headers.multi_items(), CONNECTION):
            self.add_header(name, self._inside(value) if name.lower() == "location" else value)
        await web.RequestHandler.flush(self)  # not `self.flush`: in jupyter-server-proxy's there is nothing to wait for
        async for piece in answer.aiter_raw():
            self.write(piece)
            await web.RequestHandler.flush(self)

    async def open(self, path: str) -> None:
        port = await self._port()
        try:
            await self.proxy_open(HOST, port)
        except HTTPClientError as refused:  # the browser's 101 has left already: a close code must tell
            self.close(1008, f"The lab server answered {refused.code}")

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """With the code that the lab server gave, where jupyter-server-proxy says none."""
        there = getattr(self, "ws", None)
        if code is None and there is not None:
            code, reason = there.close_code, there.close_reason
        super().close(code, reason)

    def on_close(self) -> None:
        """With the code that the browser gave."""
        if hasattr(self, "ws"):
            self.ws.close(self.close_code, self.close_reason)

    def get_client_uri(self, protocol: str, host: str, port: int, proxied_path: str) -> str:
        """The path as the browser spelled it, escapes and all; Jupyter's token is taken out of the query."""
        path = self.request.path.removeprefix(url_path_join(self.base_url, reach.DOOR))
        token = self._jupyter_token()
        query = self.request.query
        if token and token in query:
            query = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair != ("token", token)])
        return f"{protocol}://{host}:{port}/{path.lstrip('/')}{'?' if query else ''}{query}"

    def proxy_request_headers(self) -> dict[str, str]:
        """For a WebSocket; tornado makes the fields of the handshake itself."""
        return {name: value for name, value in self._sent() if name.lower() not in OURS}

    def _sent(self) -> Pairs:
        token = self._jupyter_token()
        pairs = _kept(self.request.headers.get_all(), CONNECTION | PRIVATE)
        kept = [pair for pair in pairs if pair[0].lower() != "authorization" or not _is_jupyters(pair[1], token)]
        return [*kept, (PREFIX, url_path_join(self.base_url, reach.DOOR).rstrip("/"))]

    def _inside(self, location: str) -> str:
        """A redirect to a path of the lab server stays behind the door."""
        here = location.startswith("/") and not location.startswith("//")
        return url_path_join(self.base_url, reach.DOOR, location) if here else location

    def _jupyter_token(self) -> str:
        return str(getattr(self.identity_provider, "token", "") or "")

    async def _port(self) -> int:
        server = await asyncio.to_thread(_server)
        if server is None:
            raise web.HTTPError(502, GONE)
        return server.port


def _server() -> runtime.Server | None:
    written = runtime.written()
    if written is not None and runtime.lives(written):
        return written  # whether it is well, the request itself will show
    try:
        return session.ensure()
    except session.SessionError:
        return None


def _kept(pairs: Iterable[tuple[str, str]], dropped: frozenset[str]) -> Pairs:
    return [(name, value) for name, value in pairs if name.lower() not in dropped]


def _is_jupyters(authorization: str, token: str) -> bool:
    scheme, _, credential = authorization.partition(" ")
    return scheme.lower() == "token" or bool(token and credential.strip() == token)


def launcher() -> dict[str, Any]:
    """For jupyter-server-proxy: a tile in JupyterLab's launcher. It opens our own door.

    An entry needs a port; by its own name it leads to the lab's usual one, as `proxy/8001/` does anyway.
    """
    tile = {"title": reach.TITLE, "path_info": f"{reach.DOOR}{reach.INSPECTOR}", "category": "Other"}
    return {"port": session.PORT, "launcher_entry": tile, "new_browser_tab": True}


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    door = url_path_join(app.base_url, reach.DOOR)
    app.web_app.add_handlers(".*$", [(f"{door}(.*)", Doorway), (door.rstrip("/"), AddSlashHandler)])
    runtime.tell_children(base_url=app.base_url)
