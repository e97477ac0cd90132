"""Listeners beside the main one, for a sandbox that wants a port it may close. Knows asyncio; knows no sandbox."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from labserver.errors import Unavailable


class Doors:
    """Opens loopback listeners that speak the same protocol as the server's own. `furnish` it once the server runs."""

    def __init__(self) -> None:
        self._protocol: Callable[[], asyncio.Protocol] | None = None
        self._opened: list[asyncio.Server] = []
        self.main_ports: set[int] = set()

    def furnish(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._protocol = protocol

    async def open(self, port: int = 0) -> asyncio.Server:
        """A listener on 127.0.0.1: on `port` if it is free, else on any. Raises Unavailable outside a real server."""
        if self._protocol is None:
            raise Unavailable(
                "Only a lab server that listens on a port can open another. Start it with `wirelab serve`."
            )
        loop = asyncio.get_running_loop()
        door = None
        with suppress(OSError):  # somebody took the port meanwhile: any other will do
            door = await loop.create_server(self._protocol, "127.0.0.1", port, family=socket.AF_INET)
        door = door or await loop.create_server(self._protocol, "127.0.0.1", 0, family=socket.AF_INET)
        self._opened = [*(earlier for earlier in self._opened if earlier.is_serving()), door]
        return door

    def is_ours(self, port: int) -> bool:
        """Whether this server itself listens there, by its main door or by one beside it."""
        beside = (port_of(door) for door in self._opened if door.is_serving())
        return port in self.main_ports or port in beside


def port_of(door: asyncio.Server) -> int:
    return int(door.sockets[0].getsockname()[1])
