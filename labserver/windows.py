"""Counters that end: the storage under the `limits` library's strategies. Knows keys and moments; no requests. A leaf.

The library's own MemoryStorage starts a thread to sweep after hits, which races with the counting, and reads a wall
clock that can be set back. Here nothing runs by itself: what is over goes when it is asked for or in the way.
"""

from limits.storage import Storage

MOST = 10_000  # windows kept at once; past that those that are over go, and then the oldest


class Windows(Storage):
    """Windows by key, each from its first hit on. `now`, on any clock, is set by whoever asks, once per question."""

    STORAGE_SCHEME = None

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self.now = 0.0
        self._most = most
        self._windows: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        return KeyError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        count, ends = self._windows.get(key, (0, 0.0))
        if ends <= self.now:
            count, ends = 0, self.now + expiry
            self._windows.pop(key, None)  # the new window goes to the end of the queue
            self._make_room()
        self._windows[key] = (count + amount, ends)
        return count + amount

    def standing(self, key: str) -> tuple[int, float]:
        """How much is counted in the window that is open, and when it ends; 0 and now, where none is."""
        count, ends = self._windows.get(key, (0, 0.0))
        return (count, ends) if ends > self.now else (0, self.now)

    def get(self, key: str) -> int:
        return self.standing(key)[0]

    def get_expiry(self, key: str) -> float:
        """When the window ends; now, where none is open."""
        return self.standing(key)[1]

    def clear(self, key: str) -> None:
        self._windows.pop(key, None)

    def reset(self) -> int:
        count = len(self)
        self._windows.clear()
        return count

    def check(self) -> bool:
        return True

    def _make_room(self) -> None:
        if len(self._windows) >= self._most:
            self._windows = {key: window for key, window in self._windows.items() if window[1] > self.now}
        while len(self._windows) >= self._most:
            del self._windows[next(iter(self._windows))]

    def __len__(self) -> int:
        return len(self._windows)
