"""Tells one version of the server from another: a hash over its files and its choices. Runs nothing, a leaf."""

import hashlib
from pathlib import Path

HASHED = (".py", ".toml", ".md", ".js", ".html")


def fingerprint(behaviour: str, package: Path = Path(__file__).parent) -> str:
    """Hex SHA-256 (first 16 digits) over the package's files in order of their names, and the behaviour string.

    labkit does the same sum from outside to see whether a running server is still the one it would start.
    """
    digest = hashlib.sha256(behaviour.encode())
    files = (path for path in package.rglob("*") if path.suffix in HASHED)
    for path in sorted(files, key=lambda path: path.relative_to(package).as_posix()):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
