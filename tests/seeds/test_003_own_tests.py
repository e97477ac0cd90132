"""Seed 003's own tests, run by pytest in a folder of their own: what they prove, and what they would let pass."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from snippet import Snippet

CLIENTS = Snippet("003_067_client.py").written + Snippet(
    "003_133_recovery.py", (("import json\n", "import json\nimport openai\n"),)
).corrected("")
FOR = ('async for chunk in streaming_client.stream_chat("Hello")', 'for chunk in streaming_client.stream_chat("Hello")')


def ran(folder: Path, **files: str) -> dict[str, str]:
    """Each test's outcome, by file and name; a failed one's with the error that ended it."""
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
    plugins = ["-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin"]
    options = ["-q", "-rA", "--tb=line", *plugins, f"--rootdir={folder}", "-c", "none.ini"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=folder,
        # Without COLUMNS the summary leaves out what does not fit; our own run's plugins are not the seed's.
        env={**os.environ, "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    told = re.findall(r"^(PASSED|FAILED|ERROR) test_(\w+)\.py::\w+::test_(\w+)(?: - (\w+))?", done.stdout, re.M)
    assert told, done.stdout + done.stderr
    return {f"{file}: {test}": why or outcome.lower() for outcome, file, test, why in told}


@pytest.mark.seed(
    "003_524_their_tests.py",
    FOR,
    ('"test-key"', '"your_api_key"'),
    ("with pytest.raises(Exception):", "chunks = []\n        with pytest.raises(ConnectionError):"),
    ("streaming_client.stream_with_recovery(", 'AdvancedStreamingClient("your_api_key").stream_with_recovery('),
    (
        "                if len(chunks) > 5:",
        "                chunks.append(chunk)\n                if len(chunks) > 5:",
    ),
)
def test_the_seeds_own_tests_fail_at_async_for_and_pass_without_testing_anything(snippet, sdk, tmp_path) -> None:
    (tmp_path / "none.ini").write_text("[pytest]\n")
    as_written, corrected = snippet.as_written(sdk.url), snippet.corrected(sdk.url)
    assert ran(
        tmp_path,
        alone=as_written,
        after_its_clients=CLIENTS + as_written,
        wrong_key=CLIENTS + as_written.replace(*FOR),
        corrected=CLIENTS + corrected,
    ) == {
        "alone: streaming_response": "NameError",  # the client stands in another snippet
        "alone: error_recovery": "NameError",
        "after_its_clients: streaming_response": "TypeError",  # the client is no asynchronous one
        "after_its_clients: error_recovery": "passed",  # any exception will do: here that there is no such method
        "wrong_key: streaming_response": "passed",  # of a 401 that the client gives out as the answer
        "wrong_key: error_recovery": "passed",
        "corrected: streaming_response": "passed",
        "corrected: error_recovery": "passed",
    }
    statuses = [record.answered.split()[1] for record in sdk.journal()]
    assert statuses == [b"200", b"200"], "of six passes, two had an answer to judge (a 401 is in nobody's journal here)"
