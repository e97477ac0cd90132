"""A folder of recordings: the files `NAME.jsonl` in it, read once. Knows files; knows no question and no time."""

import re
from dataclasses import dataclass
from pathlib import Path

from labserver.errors import BadRecording, Unavailable
from labserver.providers.tape import MOST_BYTES, Tape, read

ENDING = ".jsonl"
MOST_FILES = 500
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,79}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tapes:
    """Those that can be played, by name, and of each other file why it cannot."""

    good: dict[str, Tape]
    bad: dict[str, str]


def read_folder(folder: Path) -> Tapes:
    """Raises Unavailable where there is no such folder. What is wrong with a file is kept and not raised."""
    if not folder.is_dir():
        raise Unavailable(f"There is no folder of recordings at {folder}. Make one: `wirelab record`.")
    good, bad = dict[str, Tape](), dict[str, str]()
    for number, path in enumerate(sorted(folder.glob(f"*{ENDING}"))):
        try:
            if number >= MOST_FILES:
                raise BadRecording(f"the folder has more than {MOST_FILES} recordings, and this is one too many")
            if path.resolve().parent != folder.resolve():
                raise BadRecording("it is a link to a place outside this folder")
            good[path.stem] = read_file(path)
        except BadRecording as error:
            bad[path.name] = error.message
    return Tapes(good, bad)


def read_file(path: Path) -> Tape:
    """Raises BadRecording."""
    if not NAME.fullmatch(path.stem):
        raise BadRecording("its name is none for a model: use letters, digits, - _ and .")
    try:
        if not path.is_file():  # a pipe would be waited for
            raise BadRecording("it is no file")
        with path.open("rb") as file:
            return read(file.read(MOST_BYTES + 1), path.stem)
    except OSError as error:
        raise BadRecording(f"it cannot be read: {error.strerror}") from error
