"""What must not be seen again, blotted out of bytes, at the same length. Knows byte strings; knows no header. A leaf.

Which strings are secret says the same registry that accepts them (`auth.secrets`).
"""

from functools import lru_cache

from labserver.exchange import Segment

TELLING = 12  # bytes: a shorter piece of a key tells nobody anything


def redact(segments: list[Segment], secrets: tuple[bytes, ...]) -> list[Segment]:
    """The same pieces without the secrets. A secret cut in two by the network joins its pieces."""
    if not secrets:
        return segments
    if is_cut([data for _, data in segments], secrets):
        segments = [(segments[0][0], b"".join(data for _, data in segments))]
    return [(at, blot(data, secrets)) for at, data in segments]


def is_cut(pieces: list[bytes], secrets: tuple[bytes, ...]) -> bool:
    """Whether some secret begins in one piece and ends in another."""
    whole = b"".join(pieces)
    return any(whole.count(secret) > sum(piece.count(secret) for piece in pieces) for secret in secrets)


def blot(data: bytes, secrets: tuple[bytes, ...]) -> bytes:
    """Without the secrets, and without any telling piece of one: an answer may repeat a key and leave in slices."""
    for secret in secrets:
        if any(block in data for block in _blocks(secret)):
            for size in range(len(secret), min(len(secret), TELLING) - 1, -1):
                for start in range(len(secret) - size + 1):
                    piece = secret[start : start + size]
                    data = data.replace(piece, mask(piece))
    return data


@lru_cache(maxsize=4096)
def _blocks(secret: bytes) -> tuple[bytes, ...]:
    """Neighbouring blocks so short that every telling piece holds a whole one: a quick look before the slow one."""
    width = min(len(secret), (TELLING + 1) // 2)
    return tuple(secret[at : at + width] for at in range(0, len(secret) - width + 1, width))


def mask(secret: bytes) -> bytes:
    """What stands where a secret stood: as long as it was, so that every length on the wire stays true."""
    return b"[key" + b"*" * (len(secret) - 5) + b"]" if len(secret) > 4 else b"*" * len(secret)


class Blotter:
    """Bytes on their way out, blotted while they pass: what may be a secret's beginning waits for the next bytes."""

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._secrets = secrets
        self._held = b""

    def through(self, data: bytes, last: bool = False) -> bytes:
        """What may be shown by now; with `last`, all of it."""
        if not self._secrets:
            return data
        data = self._held + data
        held = 0 if last else max(self._beginning(data, secret) for secret in self._secrets)
        self._held = data[len(data) - held :]
        return blot(data[: len(data) - held], self._secrets)

    @staticmethod
    def _beginning(data: bytes, secret: bytes) -> int:
        """How many of the last bytes are the first ones of the secret, or all of it."""
        longest = min(len(data), len(secret))
        return next((size for size in range(longest, 0, -1) if data.endswith(secret[:size])), 0)
