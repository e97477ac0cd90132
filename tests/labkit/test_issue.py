"""The block for an issue holds the findings and nothing of whoever pastes it."""

import getpass
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit import issue
from labkit.cli import app
from labkit.finding import Finding

FOLDERS = {"WORK": Path("/srv/mira/tea/copies"), "COURSE": Path("/srv/mira/tea"), "~": Path("/srv/mira")}


def told(text: str, **variables: str) -> str:
    return issue.anonymous(text, FOLDERS, variables)


def test_known_places_go_by_their_names_the_longest_first() -> None:
    assert told("/srv/mira/tea/copies/a, /srv/mira/tea/b, /srv/mira/c") == "WORK/a, COURSE/b, ~/c"
    assert told("/srv/mira/tea-house") == "~/tea-house"


@pytest.mark.parametrize("path", ["/home/tadeusz", "/Users/tadeusz", r"C:\Users\tadeusz"])
def test_anybodys_home_goes_too(path: str) -> None:
    assert told(f"see {path}/x: denied") == "see ~/x: denied"


@pytest.mark.parametrize(
    "secret",
    ["sk-abcdefgh12345678", "ghp_abcdefgh12345678", "lab_abcdefgh12345678", "hf_abcdefgh12345678"],
)
def test_what_looks_like_a_key_goes(secret: str) -> None:
    assert told(f"asked with {secret}.") == "asked with [secret]."


def test_a_password_in_an_address_and_a_bearer_go() -> None:
    assert told("http://me:pass@proxy.example:3128") == "http://[secret]@proxy.example:3128"
    assert told("Authorization: Bearer tea.and.milk") == "Authorization: Bearer [secret]"


def test_values_of_variables_that_are_secret_by_their_name_go() -> None:
    said = told("it was hunter22x, not true", MY_API_KEY="hunter22x", LAB_TOKEN="true", OTHER="not")
    assert said == "it was [secret], not true"


def test_the_users_name_goes_as_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "tea")
    assert told("tea owns the teapot") == "[user] owns the teapot"

    def nobody() -> str:
        raise OSError("no such user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert told("tea") == "tea"


def test_the_block_holds_every_finding_with_its_verdict_in_words() -> None:
    block = issue.block([Finding("a", True, "fine"), Finding("b", False, "broken", "mend it")], FOLDERS, {})
    assert "   ok  a: fine\nFAILS  b: broken\n```" in block
    assert f"Python {sys.version.split()[0]}" in block


def test_the_command_prints_a_block_without_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TEA_API_KEY", "earl-grey-1234")
    place = tmp_path / "earl-grey-1234" / "work"
    result = CliRunner().invoke(app, ["doctor", "--issue", "--work", str(place)])
    assert result.exit_code == 0 and result.output.startswith("<details>")
    for private in (str(tmp_path), str(Path.home()) + "/", sys.prefix, "earl-grey-1234"):
        assert private not in result.output
    assert "work folder: WORK can be written" in result.output
