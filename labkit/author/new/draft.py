"""What a scaffold is about to write, whole, before anything is written. Knows files; never overwrites one."""

from pathlib import Path

from labkit.author import ipynb
from labkit.author.problem import Problem, Refused


class Draft:
    """New files and additions to files that exist; `write` puts all of them in place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: dict[str, tuple[str, bytes]] = {}

    def new(self, file: str, content: str | bytes) -> None:
        """A file that does not exist yet. Raises Refused where it does."""
        if (self.root / file).exists():
            cure = "Give the new one another name or id; or take the old file away, if it is yours to take."
            raise Refused(Problem(file, None, "it exists already, and nothing is overwritten.", cure))
        self._files[file] = ("wrote", _encoded(content))

    def added(self, file: str, content: str | bytes) -> None:
        """A file that exists, with something more in it."""
        self._files[file] = ("added to", _encoded(content))

    def text(self, file: str) -> str:
        """A file as it stands. Raises Refused where there is none."""
        path = self.root / file
        if not path.is_file():
            cure = "Run this inside the Wirelab project, or name the course's folder with --course."
            raise Refused(Problem(file, None, "it does not exist, so there is nothing to add to.", cure))
        return path.read_text(encoding="utf-8")

    def write(self) -> list[str]:
        """A line for each file."""
        for file, (_, content) in self._files.items():
            path = self.root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            ipynb.write(path, content)
        return [f"{done} {file}" for file, (done, _) in self._files.items()]


def _encoded(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()
