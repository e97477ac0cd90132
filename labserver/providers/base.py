"""What a back door is: a name, the models it serves, and one method. Knows events; knows no dialect."""

from collections.abc import AsyncIterator
from typing import Protocol

from labserver.events import ChatRequest, StreamEvent


class Provider(Protocol):
    """A kind of model. `paced` says whether the lab should pace its deltas (a real model paces itself)."""

    @property
    def name(self) -> str: ...

    @property
    def paced(self) -> bool: ...

    @property
    def models(self) -> tuple[str, ...]: ...

    def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """Yield `Start`, a `Text` or `ToolCall` per delta (choices may interleave), an `End` per choice, one `Usage`.

        Whoever iterates must close the iterator. Raises LabError subclasses only.
        """
        ...
