"""The model that says again what another one once said, as fast as it said it. Knows recordings; knows no clock.

A recording is found by what is asked, or played by its name, `replay:NAME`, whatever is asked. Of several that fit, a
whole answer goes before one that failed, then one of the same conversation, then one of the same model, then the
newest.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from labserver.errors import InvalidRequest, LabError, ModelNotFound, NotRecorded, Unavailable
from labserver.events import ChatRequest, End, Start, StreamEvent, Text, ToolCall
from labserver.logs import log
from labserver.providers.likeness import Likeness, likeness, plain
from labserver.providers.mock import ALIASES
from labserver.providers.tape import Tape
from labserver.providers.tapes import Tapes, read_folder
from labserver.providers.timing import Row, Timed
from labserver.settings import Settings

PREFIX = "replay:"
MOST_NAMED = 10
LONGEST_QUESTION = 60


class Replay(Timed):
    """Has the models of its recordings; for the usual names it answers only where it stands in for a provider."""

    name = "replay"

    def __init__(self, tapes: Tapes, *, usual: bool = False) -> None:
        self.tapes = tapes
        asked = dict.fromkeys((*ALIASES, *(tape.about.model for tape in tapes.good.values()))) if usual else {}
        self.models = (*(f"{PREFIX}{name}" for name in tapes.good), *asked)
        self._alike: dict[tuple[str, str, str, int], list[tuple[Likeness, Tape]]] = {}
        for tape in tapes.good.values():
            mark = likeness(tape.about.request())
            self._alike.setdefault(mark.asked, []).append((mark, tape))

    @classmethod
    def from_settings(cls, settings: Settings) -> "Replay":
        """Empty without a folder. Raises Unavailable for one that is not there."""
        usual = settings.provider == cls.name
        if settings.recordings is None:
            if usual:
                raise Unavailable("The provider replay needs a folder of recordings. Name it with --recordings.")
            return cls(Tapes({}, {}))
        tapes = read_folder(settings.recordings)
        for name, why in tapes.bad.items():
            log.warning("recording left out", file=name, why=why)
        return cls(tapes, usual=usual)

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """Raises NotRecorded, and what was raised when it was recorded."""
        for _, said in self.rows(request):
            if isinstance(said, LabError):
                raise said
            yield said

    def rows(self, request: ChatRequest) -> Sequence[Row]:
        """Of the choices only those that are asked for. Raises NotRecorded."""
        named = request.model.startswith(PREFIX)
        tape = self._called(request.model.removeprefix(PREFIX)) if named else self._fitting(request)
        if tape.about.n < request.n:
            raise InvalidRequest(f"This recording has {tape.about.n} of {request.n} choices.", param="n")
        told = (Row(at, _for(request, said)) for at, said in tape.rows)
        return [row for row in told if not isinstance(row.said, _OF_A_CHOICE) or row.said.index < request.n]

    def _called(self, name: str) -> Tape:
        if name not in self.tapes.good:
            raise ModelNotFound(f"There is no recording `{name[:80]}`. {self._recorded()}", param="model")
        return self.tapes.good[name]

    def _fitting(self, request: ChatRequest) -> Tape:
        mark = likeness(request)
        fitting = self._alike.get(mark.asked)
        if not fitting:
            raise NotRecorded(f"{self._nothing(request, mark)} {self._recorded()}", param="messages")

        def rank(one: tuple[Likeness, Tape]) -> tuple[bool, bool, bool, float]:
            about = one[1].about
            same = (one[0].before == mark.before, about.model == request.model)
            return not one[1].failed, *same, about.recorded.timestamp()

        return max(fitting, key=rank)[1]

    def _nothing(self, request: ChatRequest, mark: Likeness) -> str:
        question = next((one.content for one in reversed(request.messages) if one.role == "user"), "")
        others = (other.differs_from(mark) for alike in self._alike.values() for other, _ in alike)
        if other := next(filter(None, others), ""):
            return f"{_shown(question)} is recorded, but with other {other}."
        return f"Nothing is recorded for {_shown(question)}."

    def _recorded(self) -> str:
        """What there is to play, and the cure."""
        tapes, told = list(self.tapes.good.values()), "Recorded here: "
        told += "; ".join(f"{_shown(tape.question)} ({PREFIX}{tape.name})" for tape in tapes[:MOST_NAMED]) or "nothing"
        told += f"; and {len(tapes) - MOST_NAMED} more, which /v1/models lists." if len(tapes) > MOST_NAMED else "."
        if self.tapes.bad:
            told += f" Files that cannot be played: {len(self.tapes.bad)}; the server's log says why."
        return f"{told} Ask one of these as it stands, or by its name as model." if tapes else told


_OF_A_CHOICE = (Text, ToolCall, End)


def _for(request: ChatRequest, said: StreamEvent | LabError) -> StreamEvent | LabError:
    """As this request would have got it: under the name that it asked for, with as many odds as it wants."""
    match said:
        case Start():
            return Start(request.model)
        case Text(odds=odds) if odds:
            wanted = request.top_logprobs
            return replace(said, odds=() if wanted is None else odds[: wanted + 1])
        case LabError():  # a new one each time: a raised error keeps its trace
            return type(said)(said.message, retry_after=said.retry_after, param=said.param)
    return said


def _shown(question: str) -> str:
    text = plain(question)
    return f'"{text if len(text) <= LONGEST_QUESTION else text[:LONGEST_QUESTION] + "…"}"'
