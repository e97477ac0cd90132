"""Lies in the framing of one answer, told as its bytes leave: a wrong length, a broken chunk size. Knows HTTP/1.1's
bytes as uvicorn writes them; uvicorn itself never learns of it.

uvicorn writes a head in one piece and each chunk, size line included, in one piece.
"""

import re

from labserver.faults import Plan

LENGTH = re.compile(rb"(\r\ncontent-length: )(\d+)(?=\r\n)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: chunked\r\n", re.IGNORECASE)
SIZE = re.compile(rb"[0-9a-f]+\r\n")
NO_NUMBER = b"zz\r\n"


def needed(plan: Plan) -> bool:
    return "wrong_length" in plan or "bad_chunk" in plan


class Mangler:
    """Give it every piece that leaves, in order; what comes back is what shall cross."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._head = True
        self._chunked = False
        self._chunks = 0

    def __call__(self, piece: bytes) -> bytes:
        if not piece:
            return piece
        if self._head:
            if piece.startswith(b"HTTP/1.1 1"):  # an interim answer
                return piece
            self._head, self._chunked = False, CHUNKED.search(piece) is not None
            return LENGTH.sub(self._length, piece, count=1) if "wrong_length" in self._plan else piece
        if self._chunked and "bad_chunk" in self._plan:
            self._chunks += 1
            if self._chunks == self._plan["bad_chunk"]["after"] + 1:
                return SIZE.sub(NO_NUMBER, piece, count=1)
        return piece

    def _length(self, found: re.Match[bytes]) -> bytes:
        knobs = self._plan["wrong_length"]
        said = max(0, int(found[2]) + int(knobs.get("more", 0)) - int(knobs.get("less", 0)))
        return found[1] + b"%d" % said
