"""`wirelab parity`: verdicts a line each, exit codes that a script can read, cures, and never a key."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from upstream import KEY, Upstream, refuses

from labserver.parity.__main__ import main
from labserver.parity.claims import CLAIMS

pytestmark = pytest.mark.usefixtures("operator")


def test_the_wirelab_command_prints_a_line_for_each_claim_and_ends_with_0(start_server) -> None:
    live = start_server("--solo", "--time-scale", "0")
    command = [sys.executable, "-m", "labkit", "parity", "--provider", "lab", "--base-url", f"{live.url}/v1"]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=100, check=False, cwd=Path(__file__).parents[3]
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    head, _, *lines, _, last = ran.stdout.splitlines()
    assert head.startswith("What the lessons claim, asked of the lab server at http://127.0.0.1:")
    assert len([line for line in lines if not line.startswith(" ")]) == len(CLAIMS)
    assert "holds       10  stream.done" in ran.stdout
    assert last == f"Of {len(CLAIMS)} claims: holds {len(CLAIMS) - 1}, differs 0, not offered 0, not seen 1."


def test_what_differs_is_shown_and_the_exit_code_says_so(capsys, upstream: Upstream) -> None:
    assert main(["--provider", "openai", "--base-url", upstream.url, "--json"]) == 1
    told = json.loads(out := capsys.readouterr().out)
    assert (told["provider"], told["model"], told["url"]) == ("openai", "gpt-4o-mini", upstream.url)
    assert sum(told["counts"].values()) == len(told["claims"]) == len(CLAIMS)
    found = {claim["id"]: claim for claim in told["claims"]}
    assert found["stream.done"]["outcome"] == "holds"
    assert found["errors.404"]["outcome"] == "differs"
    assert "was answered 200, not refused" in found["errors.404"]["seen"]
    assert KEY not in out


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refuses(401, f"Incorrect API key provided: {KEY}"), "set OPENAI_API_KEY"),
        (refuses(404, "no such model"), "Try another here with --model"),
        (refuses(429, "slow down", retry_after="7"), "Try again in 7 s"),
    ],
)
def test_a_provider_that_does_not_answer_at_all_is_told_with_a_cure(capsys, upstream, answer, words: str) -> None:
    upstream.answers.append(answer)
    assert main(["--provider", "openai", "--base-url", upstream.url]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert KEY not in said.err + said.out


def test_nobody_there_no_key_and_no_address_are_2_as_well(capsys) -> None:
    assert main(["--base-url", "http://127.0.0.1:9/v1"]) == 2
    assert "Start it: wirelab up\nI asked http://127.0.0.1:9/v1." in capsys.readouterr().err
    assert main(["--provider", "groq"]) == 2
    assert "Set GROQ_API_KEY in the environment" in capsys.readouterr().err
    assert main(["--provider", "openai", "--base-url", "http://user:pass@there/v1"]) == 2
    assert "keys stand in the environment" in capsys.readouterr().err


def test_a_provider_that_repeats_the_key_in_its_error_does_not_get_it_shown(capsys, upstream: Upstream) -> None:
    from upstream import KEY, says

    upstream.answers.extend([says("Tea"), *[refuses(418, f"I saw {KEY}")] * 60])
    assert main(["--provider", "openai", "--base-url", upstream.url]) == 1
    said = capsys.readouterr().out
    assert "I saw [key]" in said
    assert KEY not in said
