"""The stored answers of one sandbox, the newest so many. Knows ids and weights; knows nothing of what it keeps."""

from collections import OrderedDict
from typing import Protocol

from labserver.errors import NotFound

REMEMBERED = 10  # evicted ids per kept answer that we still know by name


class Kept(Protocol):
    """`weight` is about how many characters it holds."""

    @property
    def id(self) -> str: ...

    @property
    def weight(self) -> int: ...


class Responses:
    """At most `most`, and of those no more than about `budget` characters: the oldest goes first."""

    def __init__(self, most: int = 1000, budget: int = 8_000_000) -> None:
        self.most = most
        self._budget = budget
        self._weight = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._evicted: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, kept: Kept) -> None:
        self._kept[kept.id] = kept
        self._weight += kept.weight
        while len(self._kept) > self.most or (self._weight > self._budget and len(self._kept) > 1):
            name, oldest = self._kept.popitem(last=False)
            self._weight -= oldest.weight
            self._evicted[name] = None
        while len(self._evicted) > self.most * REMEMBERED:
            self._evicted.popitem(last=False)

    def find(self, name: str) -> Kept:
        """Raises NotFound, saying whether there was ever one of this id."""
        if (kept := self._kept.get(name)) is not None:
            return kept
        if name in self._evicted:
            raise NotFound(
                f"Response with id '{name}' not found: it was evicted. A sandbox keeps its newest {self.most} "
                "responses. Ask again.",
                details={"id": name, "reason": "evicted"},
            )
        raise NotFound(f"Response with id '{name}' not found.", details={"id": name, "reason": "unknown"})

    def remove(self, name: str) -> None:
        """Raises NotFound."""
        self._weight -= self.find(name).weight
        del self._kept[name]

    def clear(self) -> None:
        self._kept.clear()
        self._evicted.clear()
        self._weight = 0
