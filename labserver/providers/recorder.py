"""Answers written down while they pass, one file each. Knows providers and a folder; changes nothing of what it hears.

An answer that its client left before the end is not kept: nobody knows how it went on. What cannot be written is told
to the log, never to the client.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from labserver.errors import BadRecording, LabError, Unavailable
from labserver.events import ChatRequest, StreamEvent
from labserver.logs import log
from labserver.providers.erasing import erased
from labserver.providers.mock import ALIASES
from labserver.providers.tape import MOST_EVENTS, read, written
from labserver.providers.tape_lines import OURS
from labserver.providers.tapes import ENDING, MOST_FILES
from labserver.providers.timing import Row

if TYPE_CHECKING:
    from labserver.providers.remote import Remote

LONGEST_NAME = 40
UNSUITED = re.compile(r"[^a-z0-9]+")


async def noted(events: AsyncIterator[StreamEvent], rows: list[Row]) -> AsyncGenerator[StreamEvent, None]:
    """The same events; each is in `rows` with the seconds since the first was asked for, an error too."""
    began = time.monotonic()

    def note(said: StreamEvent | LabError) -> None:
        if len(rows) <= MOST_EVENTS:
            rows.append(Row(time.monotonic() - began, said))

    try:
        async with aclosing(cast("AsyncGenerator[StreamEvent, None]", events)) as source:
            async for event in source:
                note(event)
                yield event
    except LabError as error:
        note(error)
        raise


class Recorder:
    """Writes into `folder`, MOST_FILES at most."""

    def __init__(self, folder: Path) -> None:
        """Raises Unavailable for a folder that cannot be made."""
        self.folder = folder
        self._lock = Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"No recordings can be kept in {folder}: {error.strerror}.") from error

    async def through(
        self,
        events: AsyncIterator[StreamEvent],
        request: ChatRequest,
        provider: str,
        answered_by: str = "",
        secrets: Sequence[str] = (),
    ) -> AsyncGenerator[StreamEvent, None]:
        """The same events; a whole answer, or one that failed, is in the folder when the iterator ends."""
        rows: list[Row] = []
        about = (request, rows, provider, answered_by, secrets)
        try:
            async with aclosing(noted(events, rows)) as source:
                async for event in source:
                    yield event
        except OURS:
            raise
        except LabError:
            await asyncio.to_thread(self.keep, *about)
            raise
        await asyncio.to_thread(self.keep, *about)

    def keep(self, request: ChatRequest, rows: Sequence[Row], *about: Any) -> Path | None:
        """The file, or None where it could not be written."""
        text, name = written(request, rows, *about).encode(), name_of(request)
        try:
            read(text, name)  # what cannot be played is not worth a file
            with self._lock:
                return self._write(name, text)
        except BadRecording as error:
            why = error.message
        except OSError as error:
            why = error.strerror or str(error)
        log.warning("not recorded", why=why)
        return None

    def _write(self, name: str, text: bytes) -> Path | None:
        taken = {path.name for path in self.folder.glob(f"*{ENDING}")}
        if len(taken) >= MOST_FILES:
            log.warning("not recorded", why=f"the folder holds {MOST_FILES} recordings already")
            return None
        names = (f"{name}{number}{ENDING}" for number in ("", *(f"-{again}" for again in range(2, MOST_FILES + 2))))
        path = self.folder / next(free for free in names if free not in taken)
        draft = path.with_suffix(".draft")
        draft.write_bytes(text)
        draft.replace(path)  # a server that reads the folder never sees half of it
        return path


def name_of(request: ChatRequest) -> str:
    """`What is tea?` -> `what-is-tea`."""
    asked = next((one.content for one in reversed(request.messages) if one.role == "user"), "")
    return UNSUITED.sub("-", erased([asked])[0].lower()).strip("-")[:LONGEST_NAME].strip("-") or "recording"


class Recorded:
    """A real provider whose answers are written down."""

    paced = False

    def __init__(self, remote: "Remote", recorder: Recorder) -> None:
        self._remote = remote
        self._recorder = recorder
        self.name = remote.name

    @property
    def models(self) -> tuple[str, ...]:
        return self._remote.models

    def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        remote = self._remote
        model = remote.model if request.model in ALIASES else ""
        return self._recorder.through(remote.stream(request), request, self.name, model, remote.secrets)
