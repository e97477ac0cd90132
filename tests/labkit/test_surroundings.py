"""What the doctor says of the machine around the course, each finding on a made-up and on this real one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from labkit import surroundings
from labkit.finding import Finding, Patient

NOW = 1_800_000_000.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(surroundings, "PATIENCE", 0.1)
    (tmp_path / "home" / "data").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(port=8001, root=None, work=tmp_path / "to" / "come", server=None, hung=None)


def only(findings: Iterator[Finding]) -> Finding:
    [finding] = findings
    return finding


def test_this_machine_is_well(home: Path, patient: Patient) -> None:
    looks = (surroundings.venv, surroundings.proxies, surroundings.clock, surroundings.disk, surroundings.home)
    assert [finding for look in looks for finding in look(patient) if not finding.ok] == []


def test_an_environment_whose_python_is_gone_fails(tmp_path: Path) -> None:
    finding = surroundings.judge_venv(tmp_path, tmp_path / "python3.11" / "bin", "")
    assert not finding.ok and "is gone" in finding.what and "Delete that folder" in finding.cure
    assert surroundings.judge_venv(tmp_path, tmp_path, str(tmp_path)).verdict == "ok"
    assert surroundings.judge_venv(tmp_path, None, "").verdict == "ok"


def test_another_environment_that_is_active_is_a_note(tmp_path: Path) -> None:
    finding = surroundings.judge_venv(tmp_path, tmp_path, str(tmp_path / "other"))
    assert finding.verdict == "note" and "deactivate" in finding.cure


def test_the_python_of_an_environment_is_read_from_its_own_file(tmp_path: Path) -> None:
    assert surroundings._venvs_python(tmp_path) is None
    (tmp_path / "pyvenv.cfg").write_text("homely = x\nhome = /opt/my python/bin\nversion = 3.11\n", encoding="utf-8")
    assert surroundings._venvs_python(tmp_path) == Path("/opt/my python/bin")


def test_a_proxy_is_named_and_its_address_is_not() -> None:
    assert surroundings.judge_proxies({"http_proxy": "", "PATH": "x"}).verdict == "ok"
    finding = surroundings.judge_proxies({"HTTPS_PROXY": "http://me:secret@proxy.example:3128", "all_proxy": "x"})
    assert finding.verdict == "note" and finding.what == "HTTPS_PROXY, all_proxy are set"
    assert "example" not in str(finding)


def test_a_clock_before_the_course_was_written_fails() -> None:
    assert surroundings.judge_clock(NOW, NOW + 3600).ok, "a time zone is no error"
    finding = surroundings.judge_clock(0.0, NOW)
    assert not finding.ok and finding.what.startswith("it says 1970-01-01") and finding.cure


def test_a_full_disk_fails_and_a_nearly_full_one_is_a_note(tmp_path: Path) -> None:
    free = (surroundings.LITTLE, surroundings.LITTLE - 1, surroundings.TOO_LITTLE - 1)
    assert [surroundings.judge_disk("work folder", tmp_path, each).verdict for each in free] == ["ok", "note", "FAILS"]


def test_a_held_lock_fails_until_it_is_free(home: Path, patient: Patient) -> None:
    with FileLock(home / "server.lock"):
        finding = only(surroundings.home(patient))
        assert not finding.ok and "server.lock" in finding.what and "wirelab down" in finding.cure
    assert only(surroundings.home(patient)).ok


def test_a_locked_database_fails_until_it_is_free(home: Path, patient: Patient) -> None:
    path = home / "data" / "lab.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE tea (name)")
        other.execute("BEGIN IMMEDIATE")
        finding = only(surroundings.home(patient))
        assert not finding.ok and "lab.sqlite: database is locked" in finding.what
        other.execute("ROLLBACK")
    before = path.read_bytes()
    assert only(surroundings.home(patient)).ok
    assert path.read_bytes() == before


def test_a_data_folder_that_cannot_be_written_fails(
    tmp_path: Path, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "file" / "home"))
    finding = only(surroundings.home(patient))
    assert not finding.ok and "LABKIT_HOME" in finding.cure
