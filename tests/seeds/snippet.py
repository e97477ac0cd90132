"""One snippet of a seed: exactly as it is written there, and every change that a test makes in it. Knows no server.

`snippets/SSS_LLL_what.*` is what stands in seed SSS from line LLL on. Nobody edits such a file: where a snippet is
wrong, the test's `seed` mark names the corrections, old text and new, and `docs/seeds.md` says why.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("snippets")

# All that "the address apart" means: what stands in the seeds, and what stands there in a test.
ADDRESSES = {
    "https://api.example.com": "{url}",
    "https://api.openai.com": "{url}",
    "https://api.ecommerce.com": "{url}/shop",
    "Host: api.example.com": "Host: {host}",
    "localhost:8765": "{host}",
    "localhost:8001": "{host}",
    "localhost:8080": "{host}",
}


@dataclass(frozen=True)
class Snippet:
    """`corrections` are (old, new): each old text stands in the snippet exactly once."""

    name: str
    corrections: tuple[tuple[str, str], ...] = ()

    @property
    def written(self) -> str:
        return (FOLDER / self.name).read_text(encoding="utf-8")

    def as_written(self, url: str) -> str:
        """The seed's own text, sent to `url` (http://host:port)."""
        return _moved(self.written, url)

    def corrected(self, url: str) -> str:
        """The same with every correction made. Asserts that there are some, and that each has one place to go."""
        assert self.corrections, f"{self.name} has no corrections: run it as_written"
        text = self.written
        for old, new in self.corrections:
            assert text.count(old) == 1, f"{self.name}: {old!r} stands there {text.count(old)} times, not once"
            text = text.replace(old, new)
        return _moved(text, url)


def _moved(text: str, url: str) -> str:
    for there, here in ADDRESSES.items():
        text = text.replace(there, here.format(url=url, host=url.removeprefix("http://")))
    return text
