"""`wirelab record` and `wirelab recordings`: one file or one clear line, and never a key.

The command reaches them by a second Python, so it is asked where it is the question; else they are asked themselves.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from upstream import KEY, Answer, Upstream, chunk, event, refuses

from labserver.record_cli import main

ROOT = Path(__file__).parents[2]
Ask = Callable[..., CompletedProcess[str]]


@pytest.fixture(autouse=True)
def from_anywhere(operator: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def wirelab(folder: Path, *words: str) -> CompletedProcess[str]:
    """The command as one types it, in this folder."""
    command = [sys.executable, "-m", "labkit", *words]
    return decent(subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False))


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The program itself, in the test's folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> CompletedProcess[str]:
        code = main(words)
        return decent(CompletedProcess(words, code, *capsys.readouterr()))

    return run


def decent(ran: CompletedProcess[str]) -> CompletedProcess[str]:
    assert "Traceback" not in ran.stderr
    assert KEY[9:] not in ran.stdout + ran.stderr
    return ran


def told(path: Path) -> list[dict[str, Any]]:
    assert "operator" not in path.read_text(encoding="utf-8")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_question_is_recorded_listed_and_played(upstream: Upstream, tmp_path: Path, start_server) -> None:
    asked = ("record", "What is tea?", "--provider", "openai", "--url", upstream.url, "--model", "tiny")
    ran = wirelab(tmp_path, *asked, "--system", "Be short.", "-o", "tea.jsonl")
    assert (ran.returncode, ran.stderr) == (0, "Tea is good\n")
    assert '"What is tea?" to tiny (openai): 6 events in ' in ran.stdout
    assert "Play it: wirelab serve --provider replay --recordings ." in ran.stdout
    about, *events = told(tmp_path / "tea.jsonl")
    assert (about["provider"], about["answered_by"]) == ("openai", "tiny")
    assert [one["role"] for one in about["messages"]] == ["system", "user"]
    assert events[-1]["kind"] == "usage"
    listed = wirelab(tmp_path, "recordings")
    assert listed.stdout.startswith('replay:tea: "What is tea?" to tiny (openai): 6 events')
    live = start_server("--provider", "replay", "--recordings", str(tmp_path))
    assert live.http.post("/api/v1/query", json={"query": "What is tea?"}).json()["response"] == "Tea is good"


def test_the_mocks_models_are_recorded_at_their_own_pace_and_no_other_name_is_taken(ask: Ask, tmp_path: Path) -> None:
    for model in ("tea-fast", "tea-small"):
        assert ask("record", "Hello", "--model", model, "-o", f"{model}.jsonl").returncode == 0
    fast, usual = (told(tmp_path / f"{model}.jsonl") for model in ("tea-fast", "tea-small"))
    assert (fast[0]["model"], usual[0]["model"]) == ("tea-fast", "tea-small")
    assert fast[-1]["at"] < usual[-1]["at"] / 2, "three times the tokens a second"
    ran = ask("record", "Hello", "--model", "tea-pot", "-o", "pot.jsonl")
    assert ran.returncode != 0 and "The mock has no model `tea-pot`. It has: tea-small," in ran.stderr
    assert not (tmp_path / "pot.jsonl").exists()


def test_without_a_provider_the_mock_is_asked_and_a_second_file_is_not_written_over(ask: Ask, tmp_path: Path) -> None:
    assert ask("record", "Hello").returncode == 0
    kept = (tmp_path / "hello.jsonl").read_bytes()
    again = ask("record", "Hello")
    assert (again.returncode, again.stdout) == (1, "")
    assert "hello.jsonl is there already. Choose another name with -o, or write over it with --force." in again.stderr
    assert (tmp_path / "hello.jsonl").read_bytes() == kept
    assert ask("record", "Hello", "--force").returncode == 0
    assert (tmp_path / "hello.jsonl").read_bytes() != kept, "it has another date"


def test_a_whole_request_with_tools_can_be_asked_from_a_file(ask: Ask, upstream: Upstream, tmp_path: Path) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "get_stock", "arguments": "{}"}}
    upstream.answers.append(Answer([chunk({"tool_calls": [call]}), chunk({}, "tool_calls")]))
    tools = [{"type": "function", "function": {"name": "get_stock", "parameters": {"type": "object"}}}]
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Any tea?"}], "tools": tools}
    (tmp_path / "body.json").write_text(json.dumps(body))
    ran = ask("record", "--request", "body.json", "--provider", "openai", "--url", upstream.url)
    assert ran.returncode == 0, ran.stderr
    about, *events = told(tmp_path / "any-tea.jsonl")
    assert about["tools"] == [{"name": "get_stock", "parameters": {"type": "object"}}]
    assert [one["kind"] for one in events] == ["start", "tool_call", "tool_call", "end", "usage"]


def test_a_failure_is_told_and_kept_only_when_it_is_wanted(ask: Ask, upstream: Upstream, tmp_path: Path) -> None:
    broken = Answer([chunk({"content": "Tea"}), event({"error": {"message": f"overloaded {KEY}"}})])
    upstream.answers.extend([refuses(401, f"bad {KEY}"), broken, broken])
    words = ("record", "Hello", "--provider", "openai", "--url", upstream.url, "-o", "x.jsonl")
    refused = ask(*words)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "set OPENAI_API_KEY" in refused.stderr
    assert "Nothing was written. With --failures it would be." in refused.stderr
    assert ask(*words).returncode == 1
    assert list(tmp_path.iterdir()) == []
    kept = ask(*words, "--failures")
    assert kept.returncode == 0, kept.stderr
    assert "failed in the middle: PIPELINE_UNAVAILABLE" in kept.stdout
    assert told(tmp_path / "x.jsonl")[-1]["message"] == "OpenAI is overloaded. Ask again in a moment."


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (("record",), 'Say what to ask: wirelab record "What is tea?"'),
        (("record", "Hello", "-o", "../a b.jsonl"), "a recording's name has letters, digits"),
        (("record", "Hello", "-o", "tea.yaml"), "ends in .jsonl"),
        (("record", "Hello", "-o", "no/tea.jsonl"), "There is no folder no. Make it first."),
        (("record", "Hello", "--provider", "groq"), "Set GROQ_API_KEY in the environment"),
        (("record", "Hello", "--provider", "openai", "--url", "tea"), "provider_url: "),
        (("record", "--request", "none.json"), "none.json cannot be read: No such file or directory"),
        (("record", "--request", "."), "cannot be read: Is a directory"),
        (("recordings", "nowhere"), "There is nothing at nowhere."),
    ],
)
def test_what_cannot_be_done_is_said_with_its_cure(ask: Ask, tmp_path: Path, words: tuple[str, ...], cure: str) -> None:
    ran = ask(*words)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert cure in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_with_a_folder_is_listed_and_counts_as_a_failure(ask: Ask, tmp_path: Path) -> None:
    assert ask("recordings").stdout.startswith("There is no recording in .")
    (tmp_path / "torn.jsonl").write_text('{"wirelab": "recording", "version"')
    ran = ask("recordings")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "torn.jsonl cannot be played: line 1 is no JSON: is it torn?\n"
    assert ask("recordings", "torn.jsonl").returncode == 1


def test_its_help_and_its_exit_code_are_its_own(tmp_path: Path) -> None:
    assert "--failures" in wirelab(tmp_path, "record", "--help").stdout
    refused = wirelab(tmp_path, "recordings", "nowhere")
    assert (refused.returncode, refused.stderr) == (1, "There is nothing at nowhere.\n")
