"""Servers as a learner writes them in a cell, and one that grows out of this file. Knows no test."""

import asyncio
import os
import subprocess
import sys
import time

from fastapi import FastAPI, WebSocket
from fastapi.responses import StreamingResponse

TEAS = {"sencha": 4, "assam": 5}

app = FastAPI()


def price(name: str) -> int:
    return TEAS[name]


@app.get("/teas/{name}")
def tea(name: str) -> dict[str, object]:
    print("asked for", name)
    return {"name": name, "price": price(name)}


@app.get("/pid")
def pid() -> dict[str, int]:
    return {"pid": os.getpid()}


@app.get("/child")
def child() -> dict[str, int]:
    grown = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    return {"pid": grown.pid}


@app.get("/slow")
def slow() -> None:
    time.sleep(600)


@app.get("/events")
async def events() -> StreamingResponse:
    async def every() -> object:
        for number in range(1000):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(every(), media_type="text/event-stream")  # type: ignore[arg-type]  # an async generator


@app.websocket("/ws")
async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


def make_app() -> FastAPI:
    made = FastAPI()
    made.get("/teas/{name}")(tea)
    return made


def make_stub() -> FastAPI:
    raise NotImplementedError("15.1: your code goes here")


def make_broken() -> FastAPI:
    return FastAPI(title=TEAS["darjeeling"])  # type: ignore[arg-type]  # there is no such tea


def make_nothing() -> None:
    pass


def make_waiting() -> None:
    time.sleep(600)


def make_quitter() -> None:
    os._exit(3)
