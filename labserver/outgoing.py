"""The `send` of one request: what each layer adds to the answer's head, and what it does once the answer is over.

One for all layers instead of one each: every piece of every answer passes here. Knows ASGI messages only. A leaf.
"""

from collections.abc import Awaitable, Callable

from starlette.types import Message, Send

Headers = list[tuple[bytes, bytes]]
OUTGOING = "outgoing"  # in a scope's state
HEADS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class Outgoing:
    """`headers` are added to the head. Each of `at_head` is given the head first, and gives more of them or raises;
    `at_end` is called before the last piece of an HTTP answer leaves.
    """

    __slots__ = ("_send", "at_end", "at_head", "headers")

    def __init__(self, send: Send, headers: Headers) -> None:
        self._send = send
        self.headers = headers
        self.at_head: list[Callable[[Message], Headers]] = []
        self.at_end: Callable[[], None] | None = None

    def __call__(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind in HEADS:
            added = [header for told in self.at_head for header in told(message)]
            message = {**message, "headers": [*message.get("headers", ()), *added, *self.headers]}
        elif kind == "http.response.body" and self.at_end is not None and not message.get("more_body", False):
            self.at_end()
        return self._send(message)
