"""The doctor's findings as a block for an issue: no path, name or key of whoever pastes it. Pure but for the system."""

import getpass
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from labkit.finding import Finding

SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
SECRETS = (
    re.compile(r"\b(?:sk|pk|gh[pousr]|hf|lab)[-_][A-Za-z0-9_-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(r"(?<=Bearer )\S+"),
)
SOMEBODYS = re.compile(r"(?:/home|/Users|[A-Za-z]:\\Users)[/\\][^/\\\s:;,]+")
TELLING = 6  # characters: shorter values of variables are words of everybody


def block(findings: Sequence[Finding], folders: Mapping[str, Path], variables: Mapping[str, str]) -> str:
    """Markdown to paste. `folders` are known places by the name that stands for them, such as COURSE."""
    lines = [
        "<details><summary>wirelab doctor</summary>",
        "",
        "```text",
        f"wirelab {_version('wirelab')}, Python {platform.python_version()} ({sys.implementation.name})",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        "",
        *(f"{finding.verdict:>5}  {finding.name}: {finding.what}" for finding in findings),
        "```",
        "",
        "</details>",
    ]
    return anonymous("\n".join(lines), folders, variables)


def anonymous(text: str, folders: Mapping[str, Path], variables: Mapping[str, str]) -> str:
    """The text without secrets, the user's name, and the paths that tell where somebody keeps what."""
    for name, folder in sorted(folders.items(), key=lambda pair: len(str(pair[1])), reverse=True):
        if folder != Path(folder.anchor):
            text = re.sub(re.escape(str(folder)) + r"(?![\w-])", name, text)
    for value in sorted(
        (value for name, value in variables.items() if SECRET_NAME.search(name)), key=len, reverse=True
    ):
        if len(value) >= TELLING:
            text = text.replace(value, "[secret]")
    for pattern in SECRETS:
        text = pattern.sub("[secret]", text)
    text = SOMEBODYS.sub("~", text)
    user = _user()
    return re.sub(rf"\b{re.escape(user)}\b", "[user]", text) if len(user) > 2 else text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody is logged in, as in some containers
        return ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
