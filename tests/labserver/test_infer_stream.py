"""What a job's stream says while there is nothing to say: a comment now and then, so that nobody hangs up on it."""

from contextlib import aclosing
from types import SimpleNamespace

from labserver import sse
from labserver.bell import Bell
from labserver.events import ChatRequest, Message
from labserver.job import Job
from labserver.pacing import Pace
from labserver.providers.script import Script
from labserver.surfaces import infer_stream


async def test_a_long_silence_is_broken_by_comments_that_are_no_events(monkeypatch) -> None:
    monkeypatch.setattr(infer_stream, "KEEP_ALIVE", 0.02)
    spoken: list[int] = []
    metrics = SimpleNamespace(spoke=lambda model, rhythm: spoken.append(rhythm.gaps.count))
    exchange = SimpleNamespace(worked=lambda: None)
    lab = SimpleNamespace(bell=Bell(), metrics=metrics, label_of=str)
    visit = SimpleNamespace(lab=lab, exchange=exchange)
    job = Job("j", "s", ChatRequest((Message("user", "tea"),), "script"), Script(), Pace(0.15, 10, 0), 7, 1, 10)
    async with aclosing(infer_stream._told(visit, job, 0)) as told:
        pieces = [piece async for piece in told]
    assert pieces.count(sse.comment("still working")) >= 3
    events = list(sse.Decoder().feed(b"".join(pieces)))
    assert [(event.event, event.id) for event in events] == [("start", "0"), ("token", "1"), ("complete", "2")]
    assert job.watchers == set(), "nothing of the reader is left at the job"
    assert spoken == [0], "one answer was counted, and one token has no gaps"
