"""What looks like a key, made unreadable in texts that are to be kept, at the same length. Knows patterns. Pure.

Stricter about what is a key than the log is: a recording is a lesson, and `a bearer token` in it stays as it is.
"""

import re
from collections.abc import Sequence
from itertools import accumulate

SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:lab|sk|rk|rt|pk|gsk|hf|xai|org|proj|whsec)[-_](?=[\w.~+/=-]*\d)[\w.~+/=-]{12,}"
    r"|(?<![A-Za-z0-9])AIza[\w-]{30,}|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?<=bearer )(?=[^\s\"']*\d)[^\s\"']{16,}",
    re.IGNORECASE,
)


def erased(texts: Sequence[str], secrets: Sequence[str] = ()) -> list[str]:
    """The same texts, read as one, without what looks like a key and without `secrets`; each as long as before.

    Half a surrogate pair, which no file can hold, becomes a question mark.
    """
    whole = "".join(texts).encode("utf-8", "replace").decode()
    clean = SECRET.sub(lambda found: mask(found[0]), whole)
    for secret in filter(None, secrets):
        clean = clean.replace(secret, mask(secret))
    if clean == "".join(texts):
        return list(texts)
    ends = accumulate(map(len, texts))
    return [clean[end - len(text) : end] for end, text in zip(ends, texts, strict=True)]


def mask(secret: str) -> str:
    return f"[key{'*' * (len(secret) - 5)}]" if len(secret) > 4 else "*" * len(secret)
