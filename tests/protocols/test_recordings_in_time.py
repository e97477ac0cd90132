"""A recording is played at its own moments: its pauses, the speed that is wished, the server's scale, and its end."""

import json
from pathlib import Path
from typing import Any

import pytest

AT_ONCE = {"x-lab-pace": "speed=0"}
TEA = "What is tea?"
ABOUT = {
    "wirelab": "recording",
    "version": 1,
    "recorded": "2026-01-02T03:04:05+00:00",
    "provider": "openai",
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": TEA}],
}
CHAT: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": TEA}]}
KINDS: list[dict[str, Any]] = [
    {"kind": "start"},
    {"kind": "text", "text": "Tea"},
    {"kind": "text", "text": " is"},
    {"kind": "text", "text": " good"},
    {"kind": "end", "reason": "stop"},
    {"kind": "usage", "prompt_tokens": 11, "completion_tokens": 3},
]


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def taped(folder: Path, *moments: float) -> Path:
    """The folder, with one recording whose events have these moments."""
    told = [ABOUT, *({"at": at} | event for event, at in zip(KINDS, moments, strict=True))]
    (folder / "tea.jsonl").write_text("\n".join(json.dumps(line) for line in told), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("pace", "seconds"), [("speed=0", 0.0), ("speed=4", 0.3), ("speed=100;slots=1", 0.012), ("", 1.2)]
)
def test_it_takes_as_long_as_it_took_at_the_speed_that_is_wished(
    tmp_path: Path, start_server, pace: str, seconds: float
) -> None:
    live = start_server("--recordings", str(taped(tmp_path, 0.4, 0.4, 0.8, 1.0, 1.0, 1.2)), "--provider", "replay")
    key = live.sandbox()
    answer = live.http.post("/api/v1/query/stream", json={"query": TEA}, headers=bearer(key) | {"x-lab-pace": pace})
    *_, end, done = answer.text.rstrip().split("\n\n")
    assert done == "data: [DONE]"
    assert json.loads(end.removeprefix("data: "))["processing_time"] == seconds
    chunks = [at for at, text in live.last(key)["response"] if '"chunk"' in text]
    if seconds >= 0.3:
        head, last = live.last(key)["response"][0][0], chunks[-1]
        assert last - head >= (1.0 - 0.4) * (seconds / 1.2) * 0.8, "the pause is there"


def test_the_servers_time_scale_shrinks_the_waits_and_not_the_plan(tmp_path: Path, start_server) -> None:
    folder = taped(tmp_path, 900, 1000, 1200, 3000, 3000, 3600)
    live = start_server("--recordings", str(folder), "--provider", "replay", "--time-scale", "0")
    headers = bearer(live.sandbox())
    assert live.http.post("/api/v1/query", json={"query": TEA}, headers=headers).json()["processing_time"] == 3600
    job = live.http.post("/api/v1/infer", json={"prompt": TEA}, headers=headers).json()["request_id"]
    assert live.http.get(f"/api/v1/status/{job}", headers=headers).json()["status"] == "completed"


def test_a_long_pause_ends_with_the_client_and_with_the_server(tmp_path: Path, start_server) -> None:
    folder = taped(tmp_path, 0, 0, 1000, 1000, 1000, 1000)
    live = start_server("--recordings", str(folder), "--provider", "replay", "--drain-seconds", "2")
    request = live.request("POST", "/v1/chat/completions", CHAT | {"stream": True}, live.sandbox())
    with live.dial() as wire:
        wire.send(request)
        wire.until(b'"content":"Tea"')
    live.await_quiet()
    with live.dial() as wire:
        wire.send(request)
        wire.until(b'"content":"Tea"')
        assert live.stop() < 5


def test_a_broken_file_is_told_in_the_log_and_the_others_are_played(tmp_path: Path, start_server) -> None:
    folder = taped(tmp_path, 0, 0, 0, 0, 0, 0)
    (folder / "torn.jsonl").write_text((folder / "tea.jsonl").read_text()[:-9])
    live = start_server("--recordings", str(folder), "--log-level", "warning")
    body = CHAT | {"model": "replay:tea"}
    assert live.http.post("/v1/chat/completions", json=body).status_code == 200
    usual = live.http.post("/v1/chat/completions", json=CHAT, headers=AT_ONCE).json()
    assert usual["choices"][0]["message"]["content"] != "Tea is good", "without --provider replay it is the mock's name"
    live.stop()
    told = live.complaints()
    assert "recording left out" in told
    assert "torn.jsonl" in told
    assert "line 7 is no JSON: is it torn?" in told
    assert "Traceback" not in told


def test_a_server_without_its_folder_does_not_start(start_server, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="The provider replay needs a folder of recordings"):
        start_server("--provider", "replay")
    with pytest.raises(AssertionError, match="There is no folder of recordings at"):
        start_server("--recordings", str(tmp_path / "nowhere"))
    (tmp_path / "file").write_text("")
    with pytest.raises(AssertionError, match="No recordings can be kept in"):
        start_server("--record", str(tmp_path / "file" / "tapes"))
