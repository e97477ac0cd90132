"""`wirelab record` and `wirelab recordings`: ask a model once and keep the answer; see what there is. Shows no key.

A question costs what it costs at the provider; to play the answer again costs nothing and needs no key.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from labserver import pacing
from labserver.errors import BadRecording, LabError
from labserver.events import ChatRequest, Message, Start, Text, Usage
from labserver.pace import MODELS, PROFILES, USUAL
from labserver.providers.delivery import to_read
from labserver.providers.mock import ALIASES, Mock, index
from labserver.providers.presets import PRESETS
from labserver.providers.recorder import name_of, noted
from labserver.providers.replay import PREFIX
from labserver.providers.tape import Tape, read, written
from labserver.providers.tape_lines import OURS
from labserver.providers.tapes import ENDING, NAME, Tapes, read_file, read_folder
from labserver.providers.timing import Row
from labserver.settings import Settings
from labserver.surfaces.openai_request import ChatBody

if TYPE_CHECKING:
    from labserver.providers.remote import Remote

MOCK = Mock.name
LONGEST_QUESTION = 60


class Misused(Exception):
    """It cannot be done as it was asked for; the message is for a person and names the cure."""


def request_of(said: argparse.Namespace) -> ChatRequest:
    """From the words on the command line, or from a file that holds the body of a /v1/chat/completions."""
    if said.request is not None:
        if said.prompt or said.system:
            raise Misused("The question stands in the file of --request: leave the prompt and --system out.")
        try:
            return ChatBody.model_validate_json(said.request.read_bytes()).as_chat()
        except OSError as error:
            raise Misused(f"{said.request} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            raise Misused(f"{said.request}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if not said.prompt:
        raise Misused('Say what to ask: wirelab record "What is tea?" (or --request FILE)')
    system = (Message("system", said.system),) if said.system else ()
    return ChatRequest((*system, Message("user", said.prompt)), ALIASES[0])


def target_of(said: argparse.Namespace, request: ChatRequest) -> Path:
    path: Path = said.output or Path(f"{name_of(request)}{ENDING}")
    path = path / f"{name_of(request)}{ENDING}" if path.is_dir() else path
    if path.suffix != ENDING or not NAME.fullmatch(path.stem):
        raise Misused(f"{path.name}: a recording's name has letters, digits, - _ and . and ends in {ENDING}.")
    if path.exists() and not said.force:
        raise Misused(f"{path} is there already. Choose another name with -o, or write over it with --force.")
    if not path.parent.is_dir():
        raise Misused(f"There is no folder {path.parent}. Make it first.")
    return path


async def hear(remote: "Remote | None", request: ChatRequest, scale: float) -> tuple[list[Row], LabError | None]:
    """All that came, shown on stderr while it comes, and what went wrong. Without a remote the mock is asked."""
    rows: list[Row] = []
    index()  # the mock's library, read before the clock starts
    pace = PROFILES[MODELS.get(request.model, USUAL)]
    mock = pacing.paced(
        Mock().stream(request), pace, seed=request.seed, scale=scale, prompt_tokens=to_read(request, pace)
    )
    try:
        async with aclosing(noted(mock if remote is None else remote.stream(request), rows)) as events:
            async for event in events:
                if isinstance(event, Text) and not event.index:
                    say(event.text, wrong=True, end="")
    except LabError as error:
        return rows, error
    finally:
        say("", wrong=True)
        if remote is not None:
            await remote.close()
    return rows, None


def settings_with(**chosen: Any) -> Settings:
    """The environment's choices, and these before them."""
    return Settings(**chosen)


def record(said: argparse.Namespace) -> int:
    request = request_of(said)
    path = target_of(said, request)
    chosen = settings_with()
    name = said.provider or chosen.provider or MOCK
    # What is chosen for another provider does not hold for this one.
    url, model = (chosen.provider_url, chosen.provider_model) if chosen.provider == name else ("", "")
    settings = settings_with(provider=name, provider_url=said.url or url, provider_model=said.model or model)
    if name == MOCK:
        request = _of_mock(request, settings.provider_model)
    remote = None if name == MOCK else _remote(settings)
    rows, failure = asyncio.run(hear(remote, request, settings.time_scale))
    if failure is not None and (isinstance(failure, OURS) or not said.failures):
        raise Misused(f"{failure.message}\nNothing was written. With --failures it would be.")
    by, secrets = (remote.model, remote.secrets) if remote is not None else ("", ())
    text = written(request, rows, name, by, secrets).encode()
    try:
        tape = read(text, path.stem)
        path.write_bytes(text)
    except BadRecording as error:
        raise Misused(f"{path} was not written: {error.message}.") from error
    except OSError as error:
        raise Misused(f"{path} cannot be written: {error.strerror}.") from error
    say(f"{path}: {_about(tape)}\nPlay it: wirelab serve --provider replay --recordings {path.parent}")
    return 0


def _of_mock(request: ChatRequest, model: str) -> ChatRequest:
    if model and model not in Mock.models:
        raise Misused(f"The mock has no model `{model}`. It has: {', '.join(Mock.models)}.")
    return replace(request, model=model) if model else request


def _remote(settings: Settings) -> "Remote":
    from labserver.providers.remote import Remote  # noqa: PLC0415 - half a second that the other verbs need not wait

    return Remote.from_settings(settings)


def listing(said: argparse.Namespace) -> int:
    """One line for each file; 1 if one of them cannot be played."""
    if not said.path.exists():
        raise Misused(f"There is nothing at {said.path}.")
    tapes = read_folder(said.path) if said.path.is_dir() else _alone(said.path)
    for name, tape in tapes.good.items():
        say(f"{PREFIX}{name}: {_about(tape)}")
    for name, why in tapes.bad.items():
        say(f"{name} cannot be played: {why}", wrong=True)
    if not tapes.good and not tapes.bad:
        say(f'There is no recording in {said.path}. Make one: wirelab record "What is tea?"')
    return 1 if tapes.bad else 0


def _alone(path: Path) -> Tapes:
    try:
        return Tapes({path.stem: read_file(path)}, {})
    except BadRecording as error:
        return Tapes({}, {path.name: error.message})


def _about(tape: Tape) -> str:
    """`"What is tea?" to gpt-4o-mini (openai): 14 events in 1.3 s, 14 tokens`."""
    last, question = tape.rows[-1], tape.question
    question = question if len(question) <= LONGEST_QUESTION else f"{question[:LONGEST_QUESTION]}…"
    if isinstance(last.said, LabError):
        how = f"{'failed in the middle' if isinstance(tape.rows[0].said, Start) else 'refused'}: {last.said.code}"
    else:
        how = f"{last.said.total_tokens if isinstance(last.said, Usage) else 0} tokens"
    by = f"{tape.about.answered_by or tape.about.model} ({tape.about.provider})"
    return f'"{question}" to {by}: {len(tape.rows)} events in {last.at:.1f} s, {how}'


def say(words: str, *, wrong: bool = False, end: str = "\n") -> None:
    print(words, file=sys.stderr if wrong else sys.stdout, end=end, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    said = _parser().parse_args(argv)
    try:
        return int(said.does(said))
    except Misused as error:
        say(str(error), wrong=True)
    except LabError as error:
        say(error.message, wrong=True)
    except ValidationError as error:
        first = error.errors()[0]
        say(f"{first['loc'][0]}: {first['msg']}", wrong=True)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wirelab", description="Ask a model once, and play its answer often.")
    verbs: Any = parser.add_subparsers(required=True, metavar="record|recordings")
    asked = verbs.add_parser("record", help="ask a model and keep its answer with its timings")
    asked.set_defaults(does=record)
    asked.add_argument("prompt", nargs="?", default="", help="the question")
    asked.add_argument("--provider", choices=[MOCK, *PRESETS], metavar="NAME", help=", ".join((MOCK, *PRESETS)))
    asked.add_argument("--model", default="", help="ask this model instead of the provider's default")
    asked.add_argument("--url", default="", help="the provider's address instead of the usual one, ending in /v1")
    asked.add_argument("--system", default="", help="a system message before the question")
    asked.add_argument("--request", type=Path, metavar="FILE", help="a chat completion's JSON body instead: tools, n")
    asked.add_argument("-o", "--output", type=Path, metavar="FILE", help=f"where to; default: the question, {ENDING}")
    asked.add_argument("--force", action="store_true", help="write over a file that is there")
    asked.add_argument("--failures", action="store_true", help="keep an answer that failed, too")
    listed = verbs.add_parser("recordings", help="what is in a folder or a file, and what is wrong with it")
    listed.set_defaults(does=listing)
    listed.add_argument("path", type=Path, nargs="?", default=Path(), help="default: here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
