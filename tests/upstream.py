"""A model server that is not ours: a few lines over bare sockets that speak OpenAI's chat format as it is told to.

Each request takes the next of `answers`; with none left it says Tea is good. `seen` holds what was asked.
"""

import asyncio
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

KEY = "sk-operator-0123456789abcdef"  # an operator's own, as the environment holds it; nobody may ever see it
HOLD = None  # in an answer's pieces: wait here until the client leaves, or the test calls `release`
PATIENCE = 5.0


@dataclass
class Asked:
    """One request: its first line, its headers by lower-case name, its body. `left` is set when the client leaves."""

    line: str
    headers: dict[str, str]
    body: Any
    left: threading.Event = field(default_factory=threading.Event)


@dataclass
class Answer:
    """`pieces` leave as chunks; `whole` is whether the last one is followed by the end that HTTP wants."""

    pieces: list[bytes | None]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    whole: bool = True


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return event({"id": "c", "object": "chat.completion.chunk", "choices": choices, **more})


def event(data: Any) -> bytes:
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


DONE = event("[DONE]")
BILL = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}


def says(*words: str, finish: str = "stop") -> Answer:
    spoken: list[bytes | None] = [chunk({"content": word}) for word in words]
    return Answer([chunk({"role": "assistant", "content": ""}), *spoken, chunk({}, finish), chunk(usage=BILL), DONE])


def refuses(status: int, message: str, code: str | None = None, **headers: str) -> Answer:
    body = json.dumps({"error": {"message": message, "type": "t", "param": None, "code": code}}).encode()
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer([body], status, {"content-type": "application/json", **fields})


class Upstream:
    """Runs in a thread of its own, for `with`."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.models = ["served-model"]
        self.seen: list[Asked] = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._released = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Upstream":
        self._thread.start()
        self._server = self._in_loop(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._in_loop(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _in_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def forget(self) -> None:
        """As new, for the next test."""
        self.answers.clear()
        self.seen.clear()
        self._loop.call_soon_threadsafe(self._released.clear)

    def release(self) -> None:
        """Let every answer that holds go on."""
        self._loop.call_soon_threadsafe(self._released.set)

    def asked(self, count: int = 1) -> Asked:
        """The `count`-th chat request, waited for."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.chats) >= count, PATIENCE), f"{len(self.chats)} requests came"
            return self.chats[count - 1]

    @property
    def chats(self) -> list[Asked]:
        return [one for one in self.seen if "/chat/completions" in one.line]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = None
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            asked = Asked(head[0], headers, json.loads(body) if body else None)
            with self._news:
                self.seen.append(asked)
                self._news.notify_all()
            await self._answer(asked, reader, writer)
        except ConnectionError:
            if asked is not None:
                asked.left.set()
        finally:
            writer.close()

    async def _answer(self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if "/models" in asked.line:
            listed = json.dumps({"object": "list", "data": [{"id": model, "object": "model"} for model in self.models]})
            answer = Answer([listed.encode()], headers={"content-type": "application/json"})
        else:
            answer = self.answers.popleft() if self.answers else says("Tea", " is", " good")
        fields = {"transfer-encoding": "chunked", "connection": "close", **answer.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"HTTP/1.1 {answer.status} Told\r\n{head}\r\n".encode())
        for piece in answer.pieces:
            if piece is HOLD:
                await writer.drain()
                if await self._client_left(reader):
                    asked.left.set()
                    return
            else:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if answer.whole:
            writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _client_left(self, reader: asyncio.StreamReader) -> bool:
        gone, released = asyncio.ensure_future(reader.read()), asyncio.ensure_future(self._released.wait())
        try:
            await asyncio.wait({gone, released}, return_when=asyncio.FIRST_COMPLETED)
            return gone.done() and (gone.exception() is not None or not gone.result())
        finally:
            gone.cancel()
            released.cancel()
