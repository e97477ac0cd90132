"""`wirelab parity`: argv -> a provider -> the claims, looked at one by one. The key comes from the environment only.

Exit code 0 when every claim holds that the provider offers, 1 when one differs, 2 when it could not be asked.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from pydantic import ValidationError

from labserver.errors import LabError, ModelNotFound, ProviderUnreachable, Unavailable
from labserver.parity.report import as_json, as_line, fails, summary, verdicts
from labserver.parity.target import Target
from labserver.parity.verdict import Verdict
from labserver.providers.presets import PRESETS, Preset
from labserver.providers.remote import key_of
from labserver.settings import Settings

# The lab server's own mock, which is no provider of the server: it must hold every claim.
LAB = Preset(
    "lab", "the lab server", "http://127.0.0.1:8001/v1", "LAB_KEY", needs_key=False, model="tea-small",
    start="wirelab up",
)  # fmt: skip
NAMES = {LAB.name: LAB} | PRESETS


def target_of(name: str, url: str, model: str) -> Target:
    """Raises ValidationError for an address that is none, Unavailable with the cure where its key is not there."""
    chosen = settings_with()
    own = chosen.provider == name  # what is chosen for another provider does not hold for this one
    settings = settings_with(
        provider=name,
        provider_url=url or (chosen.provider_url if own else ""),
        provider_model=model or (chosen.provider_model if own else ""),
    )
    preset = NAMES[name]
    return Target(
        preset,
        url=settings.provider_url,
        model=settings.provider_model,
        key=key_of(preset),
        seconds=settings.provider_seconds,
    )


def settings_with(**chosen: Any) -> Settings:
    """The environment's choices, and these before them."""
    return Settings(**chosen)


def run(target: Target, *, json: bool) -> int:
    try:
        target.reach()
    except LabError as error:
        say(_told(error, target), wrong=True)
        return 2
    found: list[Verdict] = []
    if not json:
        say(f"What the lessons claim, asked of {target.preset.title} at {target.url}, model {target.model}:\n")
    for verdict in verdicts(target):
        found.append(verdict)
        if not json:
            say(as_line(verdict))
    say(as_json(target, found) if json else f"\n{summary(found)}")
    return 1 if fails(found) else 0


def _told(error: LabError, target: Target) -> str:
    cure = ""
    if isinstance(error, ProviderUnreachable):
        cure = f"\nI asked {target.url}. If it listens elsewhere, say where with --base-url."
    elif isinstance(error, ModelNotFound):
        cure = "\nTry another here with --model."
    return target.told(error.message) + cure


def say(words: str, *, wrong: bool = False) -> None:
    print(words, file=sys.stderr if wrong else sys.stdout, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="wirelab parity", description="What the lessons claim of OpenAI's dialect, asked of a provider."
    )
    parser.add_argument("--provider", choices=list(NAMES), metavar="NAME", default="lab", help=", ".join(NAMES))
    parser.add_argument("--base-url", default="", help="its address instead of the usual one, ending in /v1")
    parser.add_argument("--model", default="", help="ask this model instead of its default")
    parser.add_argument("--json", action="store_true", help="the verdicts as JSON")
    asked = parser.parse_args(argv)
    try:
        target = target_of(asked.provider, asked.base_url, asked.model)
    except ValidationError as error:
        first = error.errors()[0]
        say(f"{first['loc'][0]}: {first['msg']}", wrong=True)
        return 2
    except Unavailable as error:
        say(error.message, wrong=True)
        return 2
    with closing(target):
        return run(target, json=asked.json)


if __name__ == "__main__":
    sys.exit(main())
