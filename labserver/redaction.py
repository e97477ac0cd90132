"""What must not be seen again, blotted out of bytes, at the same length. Knows byte strings and chunks. Pure.

Which strings are secret says the same registry that accepts them (`auth.secrets`).
"""

import re
from functools import lru_cache

from labserver.message import BLANK, INTERIM, chunk_spans
from labserver.reel import Segment

TELLING = 12  # bytes: a shorter piece of a key tells nobody anything
CHUNKED = re.compile(rb"^transfer-encoding:.*\bchunked\b", re.IGNORECASE | re.MULTILINE)


def redact(segments: list[Segment], secrets: tuple[bytes, ...]) -> list[Segment]:
    """The same pieces without the secrets. A secret cut in two by the network joins its pieces."""
    if not secrets:
        return segments
    if is_cut([data for _, data in segments], secrets):
        segments = [(segments[0][0], b"".join(data for _, data in segments))]
    least = min(TELLING, *map(len, secrets))  # in a smaller piece stands no telling one
    clean = [(at, data if len(data) < least else blot(data, secrets)) for at, data in segments]
    return _in_chunks(clean, secrets)


def is_cut(pieces: list[bytes], secrets: tuple[bytes, ...]) -> bool:
    """Whether some secret begins in one piece and ends in another."""
    whole = b"".join(pieces)
    here = [secret for secret in secrets if secret in whole]
    return any(whole.count(secret) > sum(piece.count(secret) for piece in pieces) for secret in here)


def _in_chunks(segments: list[Segment], secrets: tuple[bytes, ...]) -> list[Segment]:
    """The same for a chunked body, whose secrets may have the lines between two chunks in their middle."""
    whole = b"".join(data for _, data in segments)
    start = 0
    while INTERIM.match(whole, start) and (end := BLANK.search(whole, start)):
        start = end.end()
    blank = BLANK.search(whole, start)
    if blank is None or not CHUNKED.search(whole, start, blank.end()):
        return segments
    spans = [(blank.end() + first, blank.end() + last) for first, last in chunk_spans(whole[blank.end() :])]
    joined = b"".join(whole[first:last] for first, last in spans)
    clean = blot(joined, secrets)
    if clean == joined:
        return segments
    made, taken = bytearray(whole), 0
    for first, last in spans:
        made[first:last] = clean[taken : taken + last - first]
        taken += last - first
    left: list[Segment] = []
    at = 0
    for moment, data in segments:
        left.append((moment, bytes(made[at : at + len(data)])))
        at += len(data)
    return left


def blot(data: bytes, secrets: tuple[bytes, ...]) -> bytes:
    """Without the secrets, and without any telling piece of one: an answer may repeat a key and leave in slices."""
    for secret in secrets:
        if any(block in data for block in _blocks(secret)):
            data = data.replace(secret, mask(secret))
            for start, end in _pieces(data, secret):
                data = data[:start] + mask(data[start:end]) + data[end:]
    return data


def _pieces(data: bytes, secret: bytes) -> list[tuple[int, int]]:
    """Where telling pieces of the secret stand. Each holds a whole block, from which it is as long as the two agree."""
    least = min(len(secret), TELLING)
    found: list[tuple[int, int]] = []
    width = len(_blocks(secret)[0])
    for number, block in enumerate(_blocks(secret)):
        at = data.find(block)
        while at >= 0:
            left, mine = at, number * width
            while left > 0 and mine > 0 and data[left - 1] == secret[mine - 1]:
                left, mine = left - 1, mine - 1
            right, mine = at + width, number * width + width
            while right < len(data) and mine < len(secret) and data[right] == secret[mine]:
                right, mine = right + 1, mine + 1
            if right - left >= least:
                found.append((left, right))
            at = data.find(block, at + 1)
    return _merged(found)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@lru_cache(maxsize=4096)
def _blocks(secret: bytes) -> tuple[bytes, ...]:
    """Neighbouring blocks so short that every telling piece holds a whole one: a quick look before the slow one."""
    width = min(len(secret), (TELLING + 1) // 2)
    return tuple(secret[at : at + width] for at in range(0, len(secret) - width + 1, width))


def mask(secret: bytes) -> bytes:
    """What stands where a secret stood: as long as it was, so that every length on the wire stays true."""
    return b"[key" + b"*" * (len(secret) - 5) + b"]" if len(secret) > 4 else b"*" * len(secret)


class Blotter:
    """Bytes on their way out, blotted while they pass: what may be a secret's beginning waits for the next bytes.

    `secrets` may grow meanwhile.
    """

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self.secrets = secrets
        self._held = b""

    def through(self, data: bytes, last: bool = False) -> bytes:
        """What may be shown by now; with `last`, all of it."""
        if not self.secrets:
            return data
        data = self._held + data
        held = 0 if last else max(self._beginning(data, secret) for secret in self.secrets)
        self._held = data[len(data) - held :]
        return blot(data[: len(data) - held], self.secrets)

    @staticmethod
    def _beginning(data: bytes, secret: bytes) -> int:
        """How many of the last bytes are the first ones of the secret, or all of it."""
        longest = min(len(data), len(secret))
        return next((size for size in range(longest, 0, -1) if data.endswith(secret[:size])), 0)
