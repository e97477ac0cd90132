"""`wirelab providers`: what is set up, told without a key, and a proof or a cure."""

import subprocess
import sys
from pathlib import Path

import pytest
from upstream import KEY, Upstream, refuses

from labserver.providers_cli import main

pytestmark = pytest.mark.usefixtures("operator")


def rows(text: str) -> dict[str, str]:
    return {line[1:].split()[0]: line for line in text.splitlines()[1:11]}


def test_the_list_says_whose_key_is_there_and_never_the_key(capsys, monkeypatch) -> None:
    monkeypatch.setenv("LABSERVER_PROVIDER", "ollama")
    monkeypatch.setenv("LABSERVER_PROVIDER_MODEL", "qwen3:8b")
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "OPENAI_API_KEY is set" in rows(said)["openai"]
    assert "MISTRAL_API_KEY is not set" in rows(said)["mistral"]
    assert rows(said)["ollama"].startswith("*")
    assert "none needed" in rows(said)["ollama"]
    assert "qwen3:8b" in rows(said)["ollama"]
    assert KEY not in said


def test_a_provider_that_answers_is_proved_with_one_tiny_question(capsys, upstream: Upstream) -> None:
    assert main(["test", "openai", "--url", upstream.url, "--model", "tiny"]) == 0
    assert "It works: tiny at" in (said := capsys.readouterr().out)
    assert "said 'Tea is good' in 3 pieces, 14 tokens" in said
    assert (len(upstream.chats), upstream.asked().body["model"]) == (1, "tiny")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refuses(401, f"Incorrect key {KEY}"), "set OPENAI_API_KEY"),
        (refuses(404, "no such model"), "Try another here with --model"),
    ],
)
def test_what_is_wrong_is_told_with_a_cure(capsys, upstream: Upstream, answer, words: str) -> None:
    upstream.answers.append(answer)
    assert main(["test", "openai", "--url", upstream.url]) == 1
    assert words in (said := capsys.readouterr().err)
    assert KEY not in said


def test_one_that_is_not_running_or_has_no_key_is_told_how_to_get_there(capsys) -> None:
    assert main(["test", "ollama", "--url", "http://127.0.0.1:9/v1"]) == 1
    assert "Start it: ollama serve\nI asked http://127.0.0.1:9/v1." in capsys.readouterr().err
    assert main(["test", "groq"]) == 1
    assert "Set GROQ_API_KEY in the environment" in capsys.readouterr().err
    assert main(["test", "openai", "--url", "http://user:pass@there/v1"]) == 2
    assert "keys stand in the environment" in capsys.readouterr().err


def test_the_wirelab_command_reaches_it_without_importing_labserver(upstream: Upstream) -> None:
    command = [sys.executable, "-m", "labkit", "providers", "test", "vllm", "--url", upstream.url]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2]
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "It works: served-model at" in ran.stdout
