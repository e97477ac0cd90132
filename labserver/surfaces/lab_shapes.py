"""What the control plane answers, for its description: the answers are written without a model. A leaf."""

from typing import Literal

from pydantic import BaseModel


class About(BaseModel):
    """`open_exchanges` counts every connection's open request, also the asking one; `tasks` what runs on the loop."""

    version: str
    fingerprint: str
    pid: int
    solo: bool
    sandboxes: int
    open_exchanges: int
    tasks: int


class HungUp(BaseModel):
    closed: int


class DoorOpened(BaseModel):
    url: str


class KnobShown(BaseModel):
    """A number has bounds, a choice has what it is `among`, and any word may be a word."""

    kind: str
    lowest: float | None = None
    highest: float | None = None
    among: list[str] | None = None
    default: float | str | None


class FaultShown(BaseModel):
    does: str
    strikes: list[str]
    settings: dict[str, KnobShown]
    either: list[str]


class RuleShown(BaseModel):
    """`first` is how many strikes are left, or null for no end; `seen` and `struck` count requests."""

    plan: str
    path: str
    first: int | None
    every: int
    probability: float | None
    ttl: float | None
    seen: int
    struck: int


class FaultTable(BaseModel):
    faults: dict[str, FaultShown]
    rules: list[RuleShown]


class FrameShown(BaseModel):
    """One WebSocket frame; `mask` in hexadecimal, `payload` one character a byte."""

    at: float
    direction: Literal["received", "sent"]
    opcode: str
    fin: bool
    rsv: int
    mask: str | None
    payload: str
    size: int
    close_code: int | None


class ExchangeShown(BaseModel):
    """One exchange. `request` and `response` are [seconds, bytes as one character each]; keys are blotted out."""

    number: int
    kind: Literal["http", "websocket"]
    malformed: bool
    connection: int
    nth: int
    reused: bool
    overlap: int
    opened: float
    retry_count: int | None
    status: int | None
    request: list[tuple[float, str]]
    response: list[tuple[float, str]]
    frames: list[FrameShown]
    unfinished: dict[str, int]
    unread: int | None
    writes: int
    dropped: int
    ended: str | None
    seconds: float | None
    left_after: int | None
    fault: str
    produced: int
    produced_after: int


class JournalShown(BaseModel):
    count: int
    peak_overlap: int
    exchanges: list[ExchangeShown]
