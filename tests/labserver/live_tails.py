"""The journal's live tails, listened to in threads while a test does something. Knows no assertion of its own."""

import threading

import httpx2


class Tails:
    """The live tails of some sandboxes, read in the background until a marker passes each."""

    def __init__(self, server, keys: list[str | None]) -> None:
        self.server = server
        self.heard: list[list[str]] = [[] for _ in keys]
        self.ready = [threading.Event() for _ in keys]
        self.threads = [
            threading.Thread(target=self._listen, args=(number, key), daemon=True) for number, key in enumerate(keys)
        ]
        for thread in self.threads:
            thread.start()
        assert all(ready.wait(10) for ready in self.ready)

    def _listen(self, number: int, key: str | None) -> None:
        headers = {} if key is None else {"x-api-key": key}
        with (
            httpx2.Client(base_url=self.server.url, timeout=20) as client,
            client.stream("GET", "/lab/journal/tail", headers=headers) as answer,
        ):
            self.ready[number].set()
            for line in answer.iter_lines():
                self.heard[number].append(line)
                if "/the-end-of-the-tail" in line:
                    return

    def read(self, keys: list[str | None]) -> list[str]:
        for key in keys:
            self.server.http.get("/the-end-of-the-tail", headers={} if key is None else {"x-api-key": key})
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()
        return [line for lines in self.heard for line in lines]
