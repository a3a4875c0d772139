"""An erasure is killed at each of its steps: it is done at the next start, or it never began."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

import attrs
import pytest

from psysafe.builtin.null_vault import NullVault
from psysafe.contracts.storage import Storage
from psysafe.engine.cards_erasure import mark_of
from psysafe.engine.deletion_ledger import FILE, DeletionLedger
from psysafe.engine.gather import gather
from psysafe.engine.spooling import FOLDER
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError
from psysafe.sealing import Sealer
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.schools import STUDENTS, InventedSchool, open_school, student_id

CHILD = student_id(2)
NAME = STUDENTS[2].encode()


def opened(folder: Path) -> InventedSchool:
    return open_school(folder, storage="sqlite")


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("psysafe.db*"))


def there(school: InventedSchool) -> bool:
    try:
        gather(school.school, CHILD)
    except NotFoundError:
        return False
    return True


def wholly_gone(school: InventedSchool, *, audited: bool = True) -> None:
    assert not there(school)
    if audited:
        assert [f.code for f in school.net.operator().audit().findings] == []
    found = verify(school.school)
    assert found.ok, found.findings
    ledger = DeletionLedger(school.folder / FILE).read()
    assert ledger == {mark_of(school.school, CHILD): True}
    assert NAME not in content(school.folder)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("write", [1, 2])
def test_killed_at_a_write_of_the_store_it_is_done_at_the_next_start_or_never_began(
    tmp_path: Path, write: int, when: Literal["before", "after"]
) -> None:
    folder = tmp_path / "school"
    fronts: list[InterruptedStorage] = []

    def wrap(store: Storage) -> Storage:
        fronts.append(InterruptedStorage(store))
        return fronts[-1]

    with open_school(folder, storage="sqlite", wrap=wrap) as school:
        fronts[-1].stop_at(write, when)
        with pytest.raises(StoppedError):
            school.desk("head").erasures.forget(CHILD, "request")
    with opened(folder) as school:
        if (write, when) == (1, "before"):
            assert there(school)
            assert verify(school.school).ok
            assert DeletionLedger(folder / FILE).read() == {}
            school.desk("head").erasures.forget(CHILD, "request")
        wholly_gone(school, audited=False)


class Dies(NullVault):
    """A vault at whose erasing the process ends, before or after the keys are destroyed."""

    def __init__(self, when: str) -> None:
        self.when = when
        self.erased: list[str] = []

    def erase(self, subject: str) -> None:
        if self.when != "never":
            if self.when == "after":
                self.erased.append(subject)
            raise StoppedError
        self.erased.append(subject)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_the_keys_are_destroyed_they_are_destroyed_at_the_next_look(
    tmp_path: Path, when: str
) -> None:
    with opened(tmp_path / "school") as school:
        dying, living = Dies(when), Dies("never")
        net = school.net
        net._school = attrs.evolve(net._school, sealer=Sealer(dying))
        with pytest.raises(StoppedError):
            school.desk("head").erasures.forget(CHILD, "request")
        assert not there(school)
        net._school = attrs.evolve(net._school, sealer=Sealer(living))
        wholly_gone(school)
        assert living.erased == [CHILD]


@pytest.mark.parametrize("hindrance", ["ledger", "spool", "store"])
def test_what_stands_in_the_way_is_said_and_made_good_when_it_is_gone(
    tmp_path: Path, hindrance: str
) -> None:
    with opened(tmp_path / "school") as school:
        reader = None
        if hindrance == "ledger":
            (school.folder / FILE).mkdir()
        elif hindrance == "spool":
            (school.folder / FOLDER / "x.look").mkdir(parents=True)
        else:
            reader = sqlite3.connect(school.folder / "psysafe.db", isolation_level=None)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM journal").fetchone()
        done = school.desk("head").erasures.forget(CHILD, "request")
        assert not done.finished
        assert not there(school)
        found = school.net.operator().audit().findings
        assert [(f.code, f.facts["count"]) for f in found] == [("PSY725", 1)]
        if reader is not None:
            reader.close()
        for path in (school.folder / FILE, school.folder / FOLDER / "x.look"):
            if path.is_dir():
                path.rmdir()
        wholly_gone(school)


def test_a_ledger_that_tore_keeps_every_other_line(tmp_path: Path) -> None:
    with opened(tmp_path / "school") as school:
        ledger = DeletionLedger(school.folder / FILE)
        ledger.done("a", school.clock.now())
        with ledger.file.open("ab") as stream:
            stream.write(b'{"mark": "torn", "sta')
        ledger.gone("b", school.clock.now())
        ledger.done("c", school.clock.now())
        assert ledger.read() == {"a": True, "b": False, "c": True}
        assert ledger.file.stat().st_mode & 0o077 == 0
