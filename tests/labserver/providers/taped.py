"""Recordings for tests: as text, as rows, and in a folder."""

import json
from pathlib import Path
from typing import Any

HEADER = {
    "wirelab": "recording",
    "version": 1,
    "recorded": "2026-01-02T03:04:05+00:00",
    "by": "0.1.0",
    "provider": "openai",
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "What is tea?"}],
}
EVENTS: list[dict[str, Any]] = [
    {"at": 0.4, "kind": "start"},
    {"at": 0.5, "kind": "text", "text": "Tea"},
    {"at": 2.0, "kind": "text", "text": " is"},
    {"at": 2.1, "kind": "text", "text": " good"},
    {"at": 2.2, "kind": "end", "reason": "stop"},
    {"at": 2.4, "kind": "usage", "prompt_tokens": 11, "completion_tokens": 3},
]
FAILED = {"at": 3.0, "kind": "error", "code": "PROVIDER_FAILED", "message": "OpenAI failed in the middle."}
REFUSED = {"at": 0.2, "kind": "error", "code": "RATE_LIMITED", "message": "Slower, please.", "retry_after": 7}
CALL: list[dict[str, Any]] = [
    {"at": 0.4, "kind": "start"},
    {"at": 0.5, "kind": "tool_call", "name": "get_stock"},
    {"at": 0.6, "kind": "tool_call", "arguments": '{"tea":'},
    {"at": 0.9, "kind": "tool_call", "arguments": ' "sencha"}'},
    {"at": 1.0, "kind": "end", "reason": "tool_calls"},
    {"at": 1.0, "kind": "usage", "prompt_tokens": 20, "completion_tokens": 5},
]


def text(*events: dict[str, Any], **header: Any) -> str:
    lines = [HEADER | header, *(events or EVENTS)]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def asks(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


def put(folder: Path, name: str, *events: dict[str, Any], **header: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.jsonl"
    path.write_text(text(*events, **header), encoding="utf-8")
    return path
