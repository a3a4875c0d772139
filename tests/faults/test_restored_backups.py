"""The restore drill: yesterday's backup comes back, and whoever was erased since does not."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from psysafe.builtin import plugin as builtin
from psysafe.desk.backing_up import Restored
from psysafe.domain import events as e
from psysafe.engine.deletion_ledger import FILE
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError, PlanError, StorageError
from psysafe.hooks import Plugins
from psysafe.ids import Actor, StudentId
from psysafe.net import SafetyNet
from psysafe.sensitivity import changed
from psysafe.testing.clock import FixedClock
from psysafe.testing.schools import (
    MONDAY,
    STUDENTS,
    InventedSchool,
    _student,
    open_school,
    student_id,
)

CHILD, OTHER = student_id(2), student_id(3)
NEW, IT = StudentId("s-000000000077"), Actor("operator:it")
TOLD = "她说谁也不用知道"


def opened(folder: Path) -> InventedSchool:
    return open_school(folder, storage="sqlite")


def put_back(folder: Path, file: Path, *, over: bool = True) -> Restored:
    plugins = Plugins.of(builtins=[builtin])
    clock = FixedClock(MONDAY)
    return SafetyNet.restore(folder, file, over=over, clock=clock, plugins=plugins)


def content(folder: Path) -> bytes:
    return (folder / "psysafe.db").read_bytes()


def drilled(folder: Path, backup: Path) -> None:
    """A backup of yesterday; since then one student was erased and another reported."""
    with opened(folder) as school:
        school.net.operator().backup(backup)
        school.desk("head").erasures.forget(CHILD, "request")
        school.desk("homeroom-2").signals.report(school.number(3), "peer", {"fear": "some"})


def erased_stays_erased(folder: Path) -> None:
    with opened(folder) as school:
        with pytest.raises(NotFoundError):
            gather(school.school, CHILD)
        with pytest.raises(NotFoundError):
            school.desk("head").cases.about(school.number(2))
        assert gather(school.school, OTHER).world.student.name == STUDENTS[3]
        found = verify(school.school)
        assert found.ok, found.findings
    assert STUDENTS[2].encode() not in content(folder)


def test_whoever_was_erased_stays_erased_when_yesterdays_backup_is_put_back(
    tmp_path: Path,
) -> None:
    folder, backup = tmp_path / "school", tmp_path / "yesterday.db"
    drilled(folder, backup)
    assert STUDENTS[2].encode() in backup.read_bytes()
    found = put_back(folder, backup)
    assert found.before is not None
    assert found.aside is not None
    assert found.aside.exists()
    erased_stays_erased(folder)


def test_it_does_so_when_somebody_copies_the_file_by_hand(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "yesterday.db"
    drilled(folder, backup)
    shutil.copy(backup, folder / "psysafe.db")
    erased_stays_erased(folder)
    shutil.copy(backup, folder / "psysafe.db")
    erased_stays_erased(folder)


def test_it_does_so_although_the_ledger_was_lost_before_the_backup_was_put_back(
    tmp_path: Path,
) -> None:
    folder, backup = tmp_path / "school", tmp_path / "yesterday.db"
    drilled(folder, backup)
    (folder / FILE).unlink()
    put_back(folder, backup)
    erased_stays_erased(folder)


def test_a_student_who_came_after_the_backup_is_no_obstacle(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "yesterday.db"
    with opened(folder) as school:
        school.net.operator().backup(backup)
        new = changed(_student(1), id=NEW, identities=())
        added = [(NEW, [e.PersonAdded(student=new)])]
        commit_students(school.school, added, IT, school.clock.now(), school.ids.command())
        school.desk("head").erasures.forget(NEW, "request")
    drilled(folder, tmp_path / "later.db")
    put_back(folder, backup)
    erased_stays_erased(folder)


def test_a_backup_is_whole_and_is_never_written_over_another(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "b.db"
    with opened(folder) as school:
        made = school.net.operator().backup(backup)
        assert made.position == school.net.operator().position()
        assert made.head == school.net.operator().verify().head
        before = backup.read_bytes()
        with pytest.raises(PlanError) as caught:
            school.net.operator().backup(backup)
        assert caught.value.code == "PSY742"
        assert backup.read_bytes() == before
        assert backup.stat().st_mode & 0o077 == 0
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["b.db"]


def test_nothing_is_replaced_unless_somebody_says_so(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "b.db"
    drilled(folder, backup)
    before = content(folder)
    with pytest.raises(PlanError) as caught:
        put_back(folder, backup, over=False)
    assert caught.value.code == "PSY729"
    assert content(folder) == before
    (folder / "psysafe.db").unlink()
    assert put_back(folder, backup, over=False).aside is None
    erased_stays_erased(folder)


@pytest.mark.parametrize("damage", ["flipped", "another school", "no database", "missing"])
def test_what_is_no_whole_backup_of_this_school_is_refused_and_changes_nothing(
    tmp_path: Path, damage: str
) -> None:
    folder, backup = tmp_path / "school", tmp_path / "b.db"
    drilled(folder, backup)
    if damage == "flipped":
        with sqlite3.connect(backup) as db:
            db.execute("UPDATE journal SET body = CAST(body || x'20' AS BLOB) WHERE position = 3")
        db.close()
    elif damage == "another school":
        with sqlite3.connect(backup) as db:
            for table in ("head", "journal", "document", "outbox"):
                db.execute(f"UPDATE {table} SET part = 'another'")
        db.close()
    elif damage == "no database":
        backup.write_bytes(b"names, perhaps\n" * 300)
    else:
        backup.unlink()
    before = content(folder)
    with pytest.raises((StorageError, PlanError)) as caught:
        put_back(folder, backup)
    assert caught.value.code == ("PSY212" if damage == "missing" else "PSY727")
    assert content(folder) == before
    assert not list(folder.glob("psysafe.db.*"))


def test_while_another_process_has_it_open_nothing_is_replaced(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "b.db"
    drilled(folder, backup)
    with opened(folder) as school:
        school.desk("counselor-a").cases.list()
        with pytest.raises(StorageError) as caught:
            put_back(folder, backup)
        assert caught.value.code == "PSY728"
        school.desk("homeroom-2").signals.report(school.number(3), "peer", {"fear": "severe"})
    erased_stays_erased(folder)


def test_a_damaged_database_can_be_replaced(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "b.db"
    drilled(folder, backup)
    (folder / "psysafe.db").write_bytes(b"\0" * 5000)
    found = put_back(folder, backup)
    assert found.before is None
    erased_stays_erased(folder)


def test_a_file_of_the_first_format_is_read_on_and_can_forget(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    with opened(folder) as school:
        school.desk("homeroom-1").signals.report(
            school.number(2), "peer", {"fear": "some"}, note=TOLD
        )
    with sqlite3.connect(folder / "psysafe.db") as db:
        db.execute("ALTER TABLE journal DROP COLUMN emptied")
        db.execute("PRAGMA user_version = 1")
    db.close()
    with opened(folder) as school:
        assert verify(school.school).ok
        school.desk("head").erasures.forget(OTHER, "request")
        assert verify(school.school).ok
