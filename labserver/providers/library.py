"""What the mock model can talk about: entries read from TOML files. Knows their shape; knows nothing of questions."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from labserver.errors import ProcessingFailed
from labserver.providers import wording

FOLDER = Path(__file__).parent / "library"

Said = Annotated[str, Field(min_length=1)]


class LibraryError(ProcessingFailed):
    """A library file is wrong; the message says where and what."""


class Entry(BaseModel):
    """One topic. `phrases` are strong evidence that a question is about it, `keywords` weak; `more` is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: str = ""
    phrases: Annotated[tuple[Said, ...], Field(min_length=1)]
    keywords: tuple[Said, ...] = ()
    text: Said
    more: str = ""

    @field_validator("text", "more")
    @classmethod
    def is_well_formed(cls, text: str) -> str:
        wording.parse(text)
        return text

    @property
    def name(self) -> str:
        """What to call the topic in a sentence."""
        return self.title or self.id.replace("-", " ")


@cache
def load(folder: Path = FOLDER) -> tuple[Entry, ...]:
    """Every entry of `folder`, by file name, then in file order. Raises LibraryError."""
    entries = tuple(entry for path in sorted(folder.glob("*.toml")) for entry in _read(path))
    ids = [entry.id for entry in entries]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise LibraryError(f"These ids are taken twice in {folder}: {', '.join(twice)}. Rename one of each.")
    return entries


def _read(path: Path) -> list[Entry]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("entry", [])
        return [Entry.model_validate(row) for row in rows]
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise LibraryError(f"{path.name}: {error}") from error
