"""`wirelab providers`: which real models can be set up, and a proof that one answers. Never shows a key.

`test NAME` sends one tiny question, which costs a few tokens where the provider costs anything.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from pydantic import ValidationError

from labserver.errors import LabError, ModelNotFound, ProviderUnreachable
from labserver.events import ChatRequest, Message, Text, Usage
from labserver.providers.mock import ALIASES
from labserver.providers.presets import PRESETS, Preset
from labserver.settings import Settings, key_from_environment

QUESTION = "Answer with one word: what is in a teapot?"
MOST_TOKENS = 200  # some models think before they say a word, and thoughts count


def table(settings: Settings) -> str:
    """One line per preset: its name, address, key and default model; a star marks the one that is chosen."""
    rows = [("", "NAME", "ADDRESS", "KEY", "MODEL"), *(_row(preset, settings) for preset in PRESETS.values())]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join([*lines, "", _hint(settings)])


def _row(preset: Preset, settings: Settings) -> tuple[str, ...]:
    chosen = preset.name == settings.provider
    url = settings.provider_url if chosen else ""
    model = settings.provider_model if chosen else ""
    return (
        "*" if chosen else "",
        preset.name,
        url or preset.url,
        _key(preset),
        model or preset.model or "(the first that it lists)",
    )


def _key(preset: Preset) -> str:
    if key_from_environment(preset.key) is not None:
        return f"{preset.key} is set"
    return f"{preset.key} is not set" if preset.needs_key else "none needed"


def _hint(settings: Settings) -> str:
    if settings.provider:
        return f"* is what LABSERVER_PROVIDER chooses. `wirelab providers test {settings.provider}` proves it."
    return "Prove one: `wirelab providers test ollama`. Use it: `wirelab serve --provider ollama`."


async def proof(settings: Settings) -> str:
    """Ask once, streamed; what was said, in how many pieces and tokens. Raises LabError with the cure."""
    from labserver.providers.remote import Remote  # noqa: PLC0415 - half a second that the list need not wait

    remote = Remote.from_settings(settings)
    request = ChatRequest((Message("user", QUESTION),), ALIASES[0], max_tokens=MOST_TOKENS)
    words: list[str] = []
    bill = Usage(0, 0)
    try:
        async with aclosing(remote.stream(request)) as events:
            async for event in events:
                if isinstance(event, Text):
                    words.append(event.text)
                elif isinstance(event, Usage):
                    bill = event
    finally:
        await remote.close()
    said = "".join(words).strip() or "(no words: it may have used them all for thinking)"
    return (
        f"It works: {remote.model} at {remote.url} said {said!r} in {len(words)} pieces, {bill.total_tokens} tokens "
        f"and {bill.seconds:.1f} s."
    )


def settings_with(**chosen: Any) -> Settings:
    """The environment's choices, and these before them."""
    return Settings(**chosen)


def prove(name: str, url: str, model: str) -> int:
    try:
        # What is chosen for another provider does not hold for this one.
        chosen = settings_with()
        own = chosen.provider == name
        settings = settings_with(
            provider=name,
            provider_url=url or (chosen.provider_url if own else ""),
            provider_model=model or (chosen.provider_model if own else ""),
        )
        say(asyncio.run(proof(settings)))
    except ValidationError as error:
        first = error.errors()[0]
        say(f"{first['loc'][0]}: {first['msg']}", wrong=True)
        return 2
    except LabError as error:
        say(_told(error, name, url), wrong=True)
        return 1
    return 0


def _told(error: LabError, name: str, url: str) -> str:
    where = url or (PRESETS[name].url if name in PRESETS else "")
    if isinstance(error, ProviderUnreachable):
        return f"{error.message}\nI asked {where}. If it listens elsewhere, say where with --url."
    if isinstance(error, ModelNotFound):
        return f"{error.message}\nTry another here with --model."
    return error.message


def say(words: str, *, wrong: bool = False) -> None:
    print(words, file=sys.stderr if wrong else sys.stdout)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="wirelab providers", description="Real models beside the mock.")
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("list", help="what can be set up, and whether its key is in the environment; the usual verb")
    tried = verbs.add_parser("test", help="send one tiny question and say what came, or what is wrong")
    tried.add_argument("name", choices=list(PRESETS), metavar="NAME", help=", ".join(PRESETS))
    tried.add_argument("--url", default="", help="its address instead of the usual one, ending in /v1")
    tried.add_argument("--model", default="", help="ask this model instead of its default")
    asked = parser.parse_args(argv)
    if asked.verb == "test":
        return prove(asked.name, asked.url, asked.model)
    say(table(settings_with()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
