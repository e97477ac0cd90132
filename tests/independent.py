"""An OpenAI-compatible server that none of us wrote: LiteLLM's proxy, on loopback, in front of a lab server.

Most of its MODELS ask the lab server behind it, as `openai` providers do, so that what its tests hear has been read and
written anew by other people's code. Two are its own mocks, which ask nobody.
"""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import guesthouse
import httpx2
import pytest

from labserver.__main__ import bind

KEY = "sk-independent-0123456789abcdef"
CANNED = "Green tea is good, and so is black tea with milk."
START_SECONDS = 180  # alone on two cores it takes ten
# Its price lists and news come from the network; the copies in its package do.
OFFLINE = {
    name: "True"
    for name in (
        "LITELLM_LOCAL_MODEL_COST_MAP", "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "LITELLM_LOCAL_BLOG_POSTS",
        "LITELLM_DONT_SHOW_FEEDBACK_BOX", "DISABLE_ADMIN_UI", "NO_DOCS", "NO_REDOC",
    )
}  # fmt: skip
FAST = "ttft=0;tps=100000;jitter=0"
SLOW = "ttft=0;tps=20;jitter=0"

# name -> (the lab's model, its pace, its fault); those without a model are LiteLLM's own.
MODELS: dict[str, tuple[str, str, str]] = {
    "script": ("script", FAST, ""),
    "tea": ("tea-small", FAST, ""),
    "slow": ("script", SLOW, ""),
    "gone": ("no-such-model", FAST, ""),
    "failing": ("script", FAST, "late_error;after=2"),
    "cut": ("script", FAST, "cut;after=3"),
    "unfinished": ("script", FAST, "no_done;after=3"),
    "broken": ("script", FAST, "bad_json;after=3"),
    "limited": ("script", FAST, "rate_limit;retry_after=7"),
    "down": ("script", FAST, "status;code=503"),
}
MOCKS = {"canned": CANNED, "mock-limited": "litellm.RateLimitError"}


class Independent:
    """One running proxy; `witness` is the key of the sandbox behind it, whose journal says what really arrived."""

    def __init__(self, program: Path, behind: Any, folder: Path) -> None:
        self.behind = behind
        self.witness = behind.sandbox()
        (config := folder / "litellm.json").write_text(json.dumps(self._config()), encoding="utf-8")
        free = bind(0, 1)
        port = free[0].getsockname()[1]
        for listener in free:
            listener.close()
        self.url = f"http://127.0.0.1:{port}/v1"
        self.said = folder / "litellm.txt"
        command = [str(program), "--host", "127.0.0.1", "--port", str(port), "--config", str(config)]
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT", "TEMP") if name in os.environ}
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=kept | OFFLINE | {"HOME": str(folder), "BEHIND_KEY": self.witness},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            self._await_answer()
        except BaseException:
            self.stop()
            raise

    def _config(self) -> dict[str, Any]:
        asks = {
            name: {
                "model": f"openai/{model}",
                "api_base": f"{self.behind.url}/v1",
                "api_key": "os.environ/BEHIND_KEY",
                "max_retries": 0,
                "extra_headers": {"x-lab-pace": pace} | ({"x-lab-fault": fault} if fault else {}),
            }
            for name, (model, pace, fault) in MODELS.items()
        }
        mocks = {
            name: {"model": f"openai/{name}", "api_key": "none", "mock_response": said} for name, said in MOCKS.items()
        }
        return {
            "model_list": [{"model_name": name, "litellm_params": how} for name, how in (asks | mocks).items()],
            "general_settings": {"master_key": KEY},
            "litellm_settings": {"telemetry": False, "num_retries": 0},
            "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        }

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                if httpx2.get(f"{self.url}/models", headers={"authorization": f"Bearer {KEY}"}).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"LiteLLM did not start:\n{self.said.read_text(encoding='utf-8', errors='replace')}")

    def last(self, wait: float = 5.0) -> Any:
        """The newest exchange behind it, once it has ended."""
        return self.behind.last(self.witness, wait)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def installed() -> Path:
    """LiteLLM's command. Without it the tests are skipped with a cure, and in CI they fail."""
    program = guesthouse.program("litellm", "litellm")
    if program is None:
        cure = "LiteLLM is not installed. Install it for these tests: python tests/guesthouse.py --install"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(cure)
        pytest.skip(cure)
    return program
