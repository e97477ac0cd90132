"""What must not be seen again, blotted out of bytes, at the same length. Knows byte strings; knows no header. A leaf.

Which strings are secret says the same registry that accepts them (`auth.secrets`).
"""

from labserver.exchange import Segment


def redact(segments: list[Segment], secrets: tuple[bytes, ...]) -> list[Segment]:
    """The same pieces without the secrets. A secret cut in two by the network joins its pieces."""
    if not secrets:
        return segments
    cleaned = [(at, blot(data, secrets)) for at, data in segments]
    whole = b"".join(data for _, data in cleaned)
    if any(secret in whole for secret in secrets):
        return [(cleaned[0][0], blot(whole, secrets))]
    return cleaned


def blot(data: bytes, secrets: tuple[bytes, ...]) -> bytes:
    for secret in secrets:
        data = data.replace(secret, mask(secret))
    return data


def mask(secret: bytes) -> bytes:
    """What stands where a secret stood: as long as it was, so that every length on the wire stays true."""
    return b"[key" + b"*" * (len(secret) - 5) + b"]" if len(secret) > 4 else b"*" * len(secret)


class Blotter:
    """Bytes on their way out, blotted while they pass: what may be a secret's beginning waits for the next bytes."""

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._secrets = secrets
        self._held = b""

    def through(self, data: bytes) -> bytes:
        if not self._secrets:
            return data
        data = blot(self._held + data, self._secrets)
        start = len(data) - max(self._beginning(data, secret) for secret in self._secrets)
        self._held = data[start:]
        return data[:start]

    @staticmethod
    def _beginning(data: bytes, secret: bytes) -> int:
        """How many of the last bytes are the first ones of the secret."""
        longest = min(len(data), len(secret) - 1)
        return next((size for size in range(longest, 0, -1) if data.endswith(secret[:size])), 0)
