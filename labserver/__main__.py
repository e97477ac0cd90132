"""argv -> Settings -> uvicorn. Binds its own sockets, says where it listens, and ends when nobody needs it."""

import argparse
import asyncio
import errno
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, get_origin

import uvicorn
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from labserver import __version__, logs
from labserver.app import create_app
from labserver.errors import Unavailable
from labserver.fingerprint import fingerprint
from labserver.lab import Lab
from labserver.logs import log
from labserver.providers import mock
from labserver.settings import Settings
from labserver.slim_socket import SlimSocket
from labserver.store import url_of
from labserver.wiretap import TappedHttp

BACKLOG = 2048
MAIN_CURE = "Choose another with --port, or let me look further with --port-tries 50."
DRAWS = 20  # tries at a free port: one that is free on 127.0.0.1 may be taken on ::1
# The second and third are Windows's: in use, and held by a program that shares it with nobody.
IN_USE = {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", 0), getattr(errno, "WSAEACCES", 0)} - {0}


def read_settings(argv: Sequence[str]) -> Settings:
    """Every setting is also a flag. A bad value ends the program with one line that names it."""
    parser = argparse.ArgumentParser(prog="wirelab serve", description="Run the lab server.")
    for name, field in Settings.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        if get_origin(field.annotation) is tuple:
            parser.add_argument(flag, action="append", default=None, metavar=name.upper(), help=field.description)
        elif field.annotation is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=field.description)
        else:
            parser.add_argument(flag, default=None, metavar=name.upper(), help=field.description)
    chosen = {name: value for name, value in vars(parser.parse_args(argv)).items() if value is not None}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        parser.error(f"{first['loc'][0]}: {first['msg']} (got {first['input']!r})")


def bind(port: int, tries: int, cure: str = MAIN_CURE) -> list[socket.socket]:
    """Listening sockets on 127.0.0.1 and, where there is IPv6, on ::1, at the first port that both can have."""
    last = min(port + tries - 1, 65535)
    for candidate in range(port, last + 1) if port else [0] * DRAWS:
        try:
            first = _listen(socket.AF_INET, "127.0.0.1", candidate)
        except PermissionError:
            raise SystemExit(f"You may not listen on port {candidate}. Choose one above 1023 with --port.") from None
        if first is None:
            continue
        if not socket.has_ipv6:
            return [first]
        try:
            second = _listen(socket.AF_INET6, "::1", first.getsockname()[1])
        except OSError:
            return [first]  # this machine has no IPv6 loopback
        if second is not None:
            return [first, second]
        first.close()
    ports = f"Port {port} is" if last == port else f"Ports {port} to {last} are"
    raise SystemExit(f"{ports} in use. {cure}")


def bind_all(settings: Settings) -> list[socket.socket]:
    """The main port's listeners first, then those of each `--also` that is another port."""
    listeners = bind(settings.port, settings.port_tries)
    for port in settings.also:
        if port not in ports_of(listeners):  # 0 never is: each one takes another free port
            listeners += bind(port, 1, f"Leave `--also {port}` out, or end the program that has it.")
    return listeners


def ports_of(listeners: Sequence[socket.socket]) -> list[int]:
    """Each port once, the main one first."""
    return list(dict.fromkeys(listener.getsockname()[1] for listener in listeners))


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket | None:
    """None when another program has the port. Raises OSError when the address itself is not to be had."""
    probe = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform == "win32":
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
        probe.listen(BACKLOG)
    except OSError as error:
        probe.close()
        if error.errno in IN_USE:
            return None
        raise
    return probe


class LabServer(uvicorn.Server):
    """uvicorn, with an announcement, an end after idle minutes, and a farewell for open streams."""

    def __init__(self, config: uvicorn.Config, lab: Lab, listeners: list[socket.socket]) -> None:
        super().__init__(config)
        self.lab = lab
        self.listeners = listeners

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.lab.doors.furnish(self._protocol)
        port, *others = ports_of(self.listeners)
        self.lab.doors.main_ports.update((port, *others))
        url = f"http://127.0.0.1:{port}"
        beside = "".join(f", and on port {other}" for other in others)
        print(f"The lab server listens on {url}{beside}", flush=True)  # noqa: T201
        log.info("started", port=port, also=others, pid=os.getpid(), **worth_telling(self.lab.settings))
        if self.lab.settings.announce is not None:
            announce(self.lab.settings.announce, port, url, fingerprint(self.lab.settings.behaviour()), others)

    def _protocol(self) -> asyncio.Protocol:
        return TappedHttp(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def on_tick(self, counter: int) -> bool:
        idle = time.monotonic() - self.lab.tap.last_traffic
        minutes = self.lab.settings.idle_minutes
        if minutes and idle > minutes * 60 and not self.lab.tap.open:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("draining", open_exchanges=len(self.lab.tap.open), seconds=self.lab.settings.drain_seconds)
        self.lab.bell.ring()
        for sandbox in self.lab.sandboxes:
            sandbox.shut()
        await super().shutdown(sockets)
        log.info("stopped", left_open=len(self.lab.tap.open))
        if self.lab.settings.announce is not None:
            retract(self.lab.settings.announce)


def worth_telling(settings: Settings) -> dict[str, Any]:
    """What an operator wants to know of the settings; of the database only its kind: its URL may have a password."""
    said = settings.model_dump(exclude={"port", "port_tries", "also", "announce", "database", "data_dir"})
    database = make_url(url_of(settings.database, settings.data_dir)).get_backend_name()
    return {"version": __version__, **said, "database": database}


def announce(path: Path, port: int, url: str, mark: str, also: Sequence[int] = ()) -> None:
    """Write the runtime file whole or not at all, so that a reader never sees half of it."""
    said = {"pid": os.getpid(), "port": port, "url": url, "version": __version__, "fingerprint": mark, "also": also}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(path)


def retract(path: Path) -> None:
    """Take the runtime file back, unless another server has written its own there since."""
    if path.exists() and json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid():
        path.unlink()


def end_quietly(*_: object) -> NoReturn:
    """A server that is told to end and does has not failed: it is gone at once, as by the signal itself, but with 0.

    uvicorn raises the signal again when all has been said and closed.
    """
    os._exit(0)


def rest_the_collector() -> None:
    """What was imported stays for good, so nobody need look at it again; and a busy server makes garbage by reference
    counts alone. With Python's own thresholds a thousand open streams spend more time in the collector than in talk.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 400)  # short looks, and very seldom a long one


def main(argv: Sequence[str] | None = None) -> None:
    settings = read_settings(sys.argv[1:] if argv is None else argv)
    logs.install(settings.log_level, settings.log_format)
    signal.signal(signal.SIGTERM, end_quietly)
    listeners = bind_all(settings)
    try:
        app = create_app(settings)
    except Unavailable as error:  # its database, for one
        raise SystemExit(error.message) from None
    config = uvicorn.Config(
        app,
        http=TappedHttp,
        ws=SlimSocket,
        ws_per_message_deflate=False,  # frames stay readable on the wire
        ws_max_size=1024 * 1024,
        access_log=False,  # our own lines stand in for its, which would carry `?key=`
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=settings.drain_seconds,
        timeout_keep_alive=settings.keep_alive_seconds,
        ws_ping_interval=settings.ping_seconds,
        ws_ping_timeout=settings.ping_seconds,
        backlog=BACKLOG,
    )
    mock.index()  # read now: the first learner's first answer shall not hold up everybody
    rest_the_collector()
    with suppress(KeyboardInterrupt):  # Ctrl-C: uvicorn has ended in good order and raises it once more
        LabServer(config, app.state.lab, listeners).run(sockets=listeners)


if __name__ == "__main__":
    main()
