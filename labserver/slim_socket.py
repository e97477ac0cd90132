"""uvicorn's WebSocket protocol, a little smaller and a little calmer. Knows uvicorn; knows no application. A leaf."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class SlimSocket(WebSocketsSansIOProtocol):
    """What only the handshake needed is let go: its parsed request and answer are a tenth of what an idle socket holds.

    And where the protocol itself has ended the talk, because no pong came or because a frame made no sense, its
    application is told so as for any client that is gone. uvicorn 0.54 blames it for sending after a close.
    """

    def start_keepalive(self) -> None:
        """Called once, when the handshake's answer has been written; nobody reads either of them after that."""
        del self.request, self.response
        super().start_keepalive()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.disconnected = True

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self.disconnected = True
