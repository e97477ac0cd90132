"""What the raw routes answer in JSON, for their description. A leaf."""

from pydantic import BaseModel


class StatusShown(BaseModel):
    """`phrase` is empty for a number that has none."""

    status: int
    phrase: str


class Delayed(BaseModel):
    seconds: float


class EventShown(BaseModel):
    """What a right reader dispatches; `retry` in milliseconds."""

    data: str
    event: str
    id: str
    retry: int | None


class CaseShown(BaseModel):
    """`bytes` in hexadecimal; `last_event_id` goes back as that header after the stream's end."""

    url: str
    rule: str
    bytes: str
    expected: list[EventShown]
    last_event_id: str


class CaseIndex(BaseModel):
    source: str
    cases: dict[str, CaseShown]
