"""The jobs of one sandbox, the newest so many, and their sessions. Knows jobs; knows nothing of HTTP or models."""

from collections import OrderedDict

from labserver.errors import NotFound
from labserver.events import Message
from labserver.job import Job

REMEMBERED = 10  # evicted ids per kept job that we still know by name
TURNS = 20  # of a session that a model is told


class Jobs:
    """At most `most` jobs, and of those no more than about `budget` characters of prompts: the oldest goes first."""

    def __init__(self, most: int = 1000, budget: int = 4_000_000) -> None:
        self.most = most
        self._budget = budget
        self._weight = 0
        self._kept: OrderedDict[str, Job] = OrderedDict()
        self._evicted: OrderedDict[str, None] = OrderedDict()
        self._sessions: dict[str, list[Job]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, job: Job) -> None:
        self._kept[job.id] = job
        self._weight += _weight(job)
        if (turns := self._sessions.get(job.session_id)) is None:
            self._sessions[job.session_id] = [job]
        else:
            turns.append(job)
            del turns[:-TURNS]
        while len(self._kept) > self.most or (self._weight > self._budget and len(self._kept) > 1):
            self._evict()

    def _evict(self) -> None:
        _, oldest = self._kept.popitem(last=False)
        self._weight -= _weight(oldest)
        turns = self._sessions[oldest.session_id]
        if turns[0] is oldest:  # a long session has forgotten it before
            del turns[0]
        if not turns:
            del self._sessions[oldest.session_id]
        self._evicted[oldest.id] = None
        while len(self._evicted) > self.most * REMEMBERED:
            self._evicted.popitem(last=False)

    def find(self, request_id: str) -> Job:
        """Raises NotFound, saying whether there was ever such a job."""
        if (job := self._kept.get(request_id)) is not None:
            return job
        if request_id in self._evicted:
            raise NotFound(
                f"The job {request_id} was evicted: a sandbox keeps its newest {self.most} jobs. Submit it again.",
                details={"request_id": request_id, "reason": "evicted"},
            )
        raise NotFound(
            f"No job has the id {request_id!r} here. POST /api/v1/infer gives you one; ask with the same key.",
            details={"request_id": request_id, "reason": "unknown"},
        )

    async def memory(self, session_id: str) -> tuple[Message, ...]:
        """The turns of a session that were answered by now, oldest first."""
        if (turns := self._sessions.get(session_id)) is None:
            return ()
        return tuple([message for job in tuple(turns) for message in await job.turn()])

    def clear(self) -> None:
        """Forget every job; nobody is called back any more."""
        for job in self._kept.values():
            job.callback = None
            job.stop()
        self._kept.clear()
        self._evicted.clear()
        self._sessions.clear()
        self._weight = 0


def _weight(job: Job) -> int:
    return len(job.request.messages[-1].content)
