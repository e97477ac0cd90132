"""What a socket leaves behind when its client goes in the middle of a job: nothing."""

import asyncio
from typing import Any

from labserver.exchange import Exchange
from labserver.job import Job
from labserver.lab import Lab
from labserver.pace import Wish
from labserver.settings import Settings
from labserver.surfaces.infer_socket import converse
from labserver.visit import Visit


class Socket:
    """Stands in for a WebSocket: one request comes in, and after its ack the client goes."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.texts = ['{"prompt": "tea", "model": "script"}']

    async def accept(self) -> None:
        pass

    async def receive(self) -> dict[str, Any]:
        if self.texts:
            return {"type": "websocket.receive", "text": self.texts.pop()}
        await self.gone.wait()
        return {"type": "websocket.disconnect"}

    async def send_text(self, _: str) -> None:
        self.gone.set()


async def test_a_client_that_goes_leaves_no_watcher_at_its_job_and_no_task(monkeypatch) -> None:
    jobs: list[Job] = []
    lab = Lab.from_settings(Settings())
    sandbox = lab.sandboxes.make(seed=7)
    add = sandbox.jobs.add
    monkeypatch.setattr(sandbox.jobs, "add", lambda job: (jobs.append(job), add(job)))
    visit = Visit(lab, sandbox, Wish(knobs={"ttft": 30.0}), {}, Exchange(1, 1, 0))
    async with asyncio.timeout(5):
        await converse(Socket(), visit)
    [job] = jobs
    assert job.watchers == set()
    assert asyncio.all_tasks() == {asyncio.current_task()}
