"""What the doctor finds, and that each failing finding names its cure."""

import json
import os
import socket
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from labkit import doctor
from labkit.doctor import Finding
from labkit.session import Server

SERVER = Server("http://127.0.0.1:8001", 8001, 4711, "0.1.0", "f")
INSTALLED = {"good": "1.2", "newer": "2.0", "old": "0.9"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def patient(tmp_path: Path, **changes: object) -> doctor.Patient:
    facts: dict[str, object] = {"port": 8001, "root": None, "work": tmp_path, "server": None, "hung": None}
    return doctor.Patient(**(facts | changes))  # type: ignore[arg-type]  # the table above has the types


def verdicts(*needs: str, pins: dict[str, str] | None = None) -> list[tuple[str, str]]:
    required = [Requirement(need) for need in needs]
    found = doctor.judge_packages(required, pins or {}, INSTALLED.get, "pip install it")
    return [(finding.verdict, finding.what) for finding in found]


def test_this_machine_is_well_and_every_check_speaks(tmp_path: Path) -> None:
    findings = doctor.examine(work=tmp_path)
    assert {finding.name.split()[0] for finding in findings} >= {"Python", "packages", "kernel", "loopback", "port"}
    assert [finding for finding in findings if not finding.ok] == []
    assert doctor.as_text(findings).endswith("All is well.")


def test_an_old_python_fails_with_the_cure() -> None:
    assert doctor.judge_python((3, 11, 0)).ok
    finding = doctor.judge_python((3, 10, 12))
    assert not finding.ok and "3.11 or newer" in finding.cure


def test_a_missing_package_and_one_below_its_floor_fail() -> None:
    assert verdicts("good>=1", "absent>=1", "old>=1") == [
        ("FAILS", "absent is missing"),
        ("FAILS", "old is 0.9; needed is >=1"),
        ("ok", "1 of 3 as the course was tested with them"),
    ]


def test_another_version_than_the_locked_one_is_a_note() -> None:
    assert verdicts("good", "newer", pins={"good": "1.2", "newer": "1.9"})[0] == (
        "note",
        "newer is 2.0; the course was tested with 1.9",
    )


def test_the_lock_file_is_read_with_its_comments_and_markers(tmp_path: Path) -> None:
    lock = "# by hand\nFast.API==1.0\nuvloop==0.23 ; sys_platform != 'win32'  # not there\n\n"
    (tmp_path / "requirements.lock").write_text(lock, encoding="utf-8")
    assert doctor._pins(tmp_path) == {"fast-api": "1.0", "uvloop": "0.23"}


def test_a_kernel_of_another_interpreter_fails_with_the_command_that_mends_it(tmp_path: Path) -> None:
    assert doctor.judge_kernel("python", "mend").ok
    assert doctor.judge_kernel(sys.executable, "mend").ok
    finding = doctor.judge_kernel(str(tmp_path / "bin" / "python"), "mend")
    assert (finding.ok, finding.cure) == (False, "mend")


def test_a_port_is_free_ours_or_somebodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.2)
    assert doctor.judge_port(8001, None, "nobody").what == "free"
    assert doctor.judge_port(8001, SERVER, "lab").what == "your lab server"
    foreign = doctor.judge_port(8001, None, "lab")
    assert foreign.verdict == "note" and "not this home's" in foreign.what
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1]
        (finding,) = doctor.port(patient(tmp_path, port=number))
        assert finding.verdict == "note"
        assert finding.what.startswith("taken by another program") and "next free port" in finding.cure
        assert f"process {os.getpid()})" in finding.what, "and it says who"
    (finding,) = doctor.port(patient(tmp_path, port=number))
    assert finding.what == "free"


def test_a_proxy_before_loopback_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    *_, finding = doctor.loopback(patient(tmp_path))
    assert not finding.ok and "NO_PROXY" in finding.cure
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    assert all(finding.ok for finding in doctor.loopback(patient(tmp_path)))


def test_a_work_folder_that_cannot_be_written_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (finding,) = doctor.folder(patient(tmp_path, work=tmp_path / "file" / "work"))
    assert not finding.ok and "--work" in finding.cure
    (finding,) = doctor.folder(patient(tmp_path, work=tmp_path / "to" / "come"))
    assert finding.ok


def test_a_server_that_hangs_fails_and_a_healthy_one_is_named(tmp_path: Path) -> None:
    (finding,) = doctor.server(patient(tmp_path, hung=SERVER))
    assert not finding.ok and finding.cure == "wirelab down"
    (finding,) = doctor.server(patient(tmp_path, server=SERVER))
    assert finding == Finding("lab server", True, "healthy at http://127.0.0.1:8001")


def test_the_text_says_in_words_what_fails_and_points_at_every_line_of_the_cure() -> None:
    text = doctor.as_text([Finding("a", True, "fine"), Finding("b", False, "broken", "do this\nthen that")])
    assert text.splitlines() == [
        "   ok  a: fine",
        "FAILS  b: broken",
        "       -> do this",
        "       -> then that",
        "",
        "1 of 2 checks fail; the arrows name the cure.",
    ]


def test_the_json_holds_every_field() -> None:
    (said,) = json.loads(doctor.as_json([Finding("b", True, "differs", "or not")]))
    assert said == {"name": "b", "ok": True, "what": "differs", "cure": "or not", "verdict": "note"}
