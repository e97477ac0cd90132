"""uvicorn's WebSocket protocol without what only its handshake needed. Knows uvicorn; knows no application. A leaf."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class SlimSocket(WebSocketsSansIOProtocol):
    """The parsed request and answer of a handshake are most of what an idle socket would hold: a tenth of it all."""

    def start_keepalive(self) -> None:
        """Called once, when the handshake's answer has been written; nobody reads either of them after that."""
        del self.request, self.response
        super().start_keepalive()
