"""What a learner had, kept before it is replaced, and brought back byte for byte."""

import threading
import time
from pathlib import Path

import pytest

from labkit.learner import backups
from labkit.learner.backups import NoSuchBackup

NAME = "exercises/00_welcome.ipynb"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "exercises").mkdir()
    (tmp_path / NAME).write_bytes(b"first\r\n\xff")
    return tmp_path


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda *_: "20260102-150405")


def test_a_backup_holds_the_bytes_under_the_files_own_name(work: Path) -> None:
    name = backups.take(work, [NAME, "exercises/not_there.ipynb"])
    assert name is not None
    assert (work / "backups" / name / NAME).read_bytes() == b"first\r\n\xff"
    assert [each.name for each in (work / "backups" / name).rglob("*.ipynb")] == ["00_welcome.ipynb"]


def test_where_there_is_nothing_no_backup_is_made(work: Path) -> None:
    assert backups.take(work, ["notebooks/none.ipynb"]) is None
    assert not (work / "backups").exists()


def test_a_backup_never_overwrites_another(work: Path, one_second: None) -> None:
    first = backups.take(work, [NAME])
    (work / NAME).write_bytes(b"second")
    second = backups.take(work, [NAME])
    assert (first, second) == ("20260102-150405", "20260102-150405-2")
    kept = [(work / "backups" / str(name) / NAME).read_bytes() for name in (first, second)]
    assert kept == [b"first\r\n\xff", b"second"]


def test_many_at_once_get_a_folder_each(work: Path, one_second: None) -> None:
    names: list[str | None] = []
    gate = threading.Barrier(8)

    def take() -> None:
        gate.wait()
        names.append(backups.take(work, [NAME]))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 8 and None not in names


def test_restore_brings_the_bytes_back_and_keeps_what_was_there(work: Path) -> None:
    first = backups.take(work, [NAME])
    assert first is not None
    (work / NAME).write_bytes(b"second")
    said = "\n".join(backups.restore(work, first))
    assert (work / NAME).read_bytes() == b"first\r\n\xff"
    second = said.split("wirelab restore ")[1].split()[0]
    assert second != first and (work / "backups" / second / NAME).read_bytes() == b"second"
    backups.restore(work, str(work / "backups" / second))
    assert (work / NAME).read_bytes() == b"second", "a folder's path names it too"


def test_restore_gives_back_a_file_that_is_gone(work: Path) -> None:
    first = backups.take(work, [NAME])
    assert first is not None
    (work / NAME).unlink()
    assert not any("wirelab restore" in line for line in backups.restore(work, first)), "there was nothing to keep"
    assert (work / NAME).read_bytes() == b"first\r\n\xff"


@pytest.mark.parametrize("name", ["", "..", ".", "/", "20990101-000000", "../exercises"])
def test_an_unknown_backup_is_named_with_those_that_there_are(work: Path, name: str) -> None:
    first = backups.take(work, [NAME])
    with pytest.raises(NoSuchBackup, match=f"There are: {first}"):
        backups.restore(work, name)
    assert (work / NAME).read_bytes() == b"first\r\n\xff"


def test_the_list_says_what_each_backup_holds(work: Path) -> None:
    assert backups.listed(work)[0].startswith("There is no backup yet")
    first = backups.take(work, [NAME])
    assert backups.listed(work)[0] == f"{first}  {NAME}"
