"""`# BEGIN SOLUTION` and `# END SOLUTION`: what they enclose, and the stub without it. Pure text."""

import re

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"

_MARK = re.compile(r"(?P<indent>[ \t]*)(?P<mark># (?:BEGIN|END) SOLUTION)[ \t]*")
_NEARLY_A_MARK = re.compile(r"#\s*(BEGIN|END)[\s_-]*SOLUTION", re.IGNORECASE)


def cut(source: str, exercise_id: str) -> str:
    """The stub: every marked region replaced by one `raise` at its indentation. Raises ValueError(what, cure)."""
    stub: list[str] = []
    inside: str | None = None
    for line in source.split("\n"):
        mark = _MARK.fullmatch(line)
        if mark is None:
            if _NEARLY_A_MARK.search(line):
                raise ValueError(f"'{line.strip()}' is not quite a mark.", f"Write '{BEGIN}' or '{END}', alone.")
            if inside is None:
                stub.append(line)
        elif mark["mark"] == BEGIN:
            if inside is not None:
                raise ValueError("one solution begins inside another.", f"Write '{END}' before the next '{BEGIN}'.")
            inside = mark["indent"]
            stub.append(f'{inside}raise NotImplementedError("{exercise_id}: your code goes here")')
        else:
            if inside is None:
                raise ValueError(f"'{END}' without a beginning.", f"Write '{BEGIN}' above it.")
            if inside != mark["indent"]:
                raise ValueError(f"'{END}' is indented otherwise than '{BEGIN}'.", "Give both the same indentation.")
            inside = None
    if inside is not None:
        raise ValueError(f"'{BEGIN}' without an end.", f"Write '{END}' under the solution.")
    return "\n".join(stub)


def marked(source: str) -> bool:
    """Whether the cell holds a solution, or something that means to be one."""
    return _NEARLY_A_MARK.search(source) is not None


def unmarked(source: str) -> str:
    """The solution as it runs: without the lines of the marks."""
    return "\n".join(line for line in source.split("\n") if _MARK.fullmatch(line) is None)
