"""A school whose records are sealed: nothing lies open, and a lost key costs what it must."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import psysafe_vault
from psysafe import NotFoundError, StorageError
from psysafe.builtin import plugin as builtin
from psysafe.engine.verify import verify
from psysafe.hooks import Plugins
from psysafe.ids import StudentId
from psysafe.net import SafetyNet
from psysafe.testing import InventedSchool, open_school
from psysafe.testing.clock import FixedClock
from psysafe.testing.schools import MONDAY, STAFF, STUDENTS, student_id
from psysafe_vault.store import SLOT, Store

(RECORD,) = psysafe_vault.psysafe_vaults()
CANARY = "她说想安静一会儿"


def opened(folder: Path) -> InventedSchool:
    return open_school(folder, storage="sqlite", plugins=[psysafe_vault], vault=RECORD)


def report(school: InventedSchool, number: int) -> None:
    symptoms = {"self_harm": "severe"}
    school.desk("homeroom-1").signals.report(
        school.number(number), "one_to_one", symptoms, note=CANARY
    )


def test_nothing_private_lies_in_the_database_and_everybody_works(tmp_path: Path) -> None:
    with opened(tmp_path / "school") as school:
        report(school, 1)
        school.tick(minutes=1)
        assert len(school.desk("counselor-a").cases.list()) == 1
        assert verify(school.school).ok
    content = b"".join(
        file.read_bytes() for file in (tmp_path / "school").iterdir() if "psysafe.db" in file.name
    )
    assert content
    private = [CANARY, *STUDENTS.values(), *(name for name, _, _ in STAFF.values())]
    assert not [text for text in private if text.encode() in content]
    with opened(tmp_path / "school") as again:
        assert len(again.desk("counselor-a").cases.list()) == 1


def test_an_alarm_goes_on_although_the_key_store_vanishes(tmp_path: Path) -> None:
    with opened(tmp_path / "school") as school:
        report(school, 1)
        (tmp_path / "school" / "keys" / "vault.keys").unlink()
        assert school.tick(minutes=1).sent
        assert school.tick(minutes=30).escalated
    with pytest.raises(StorageError) as caught:
        opened(tmp_path / "school")
    assert caught.value.code == "PSY715", "nobody reads anything from then on"


def test_while_the_key_store_is_away_a_crisis_is_answered_and_nothing_else_is_shown(
    tmp_path: Path,
) -> None:
    keys = tmp_path / "school" / "keys" / "vault.keys"
    with opened(tmp_path / "school") as school:
        report(school, 1)
        school.desk("homeroom-1").signals.report(school.number(2), "peer", {"fear": "some"})
        mine = school.desk("counselor-a").cases
        case = mine.about(school.number(1)).id
        mine.declare(case, danger="self", place="dormitory", proposal="送医")
        school.tick(minutes=1)
        keys.rename(tmp_path / "away")
        left = mine.about(school.number(1)).data
        assert left["journal"] == "unwritable"
        assert {"name", "guardians", "crisis"} <= set(left)
        assert CANARY not in str(left)
        for look in (mine.list, lambda: mine.about(school.number(2))):
            with pytest.raises(StorageError) as caught:
                look()
            assert caught.value.code == "PSY715"
        waiting = school.desk("counselor-a").inbox.list()
        assert {line["class"] for line in waiting} == {"K0"}
        assert waiting, "and that somebody must act is still said"
        school.desk("counselor-a").inbox.acknowledge(waiting[0]["notice"])
        (tmp_path / "away").rename(keys)
        assert "journal" not in mine.about(school.number(1)).data
        school.tick(minutes=1)
        assert verify(school.school).ok


def test_one_student_whose_key_is_lost_hides_no_other_and_is_named(tmp_path: Path) -> None:
    with opened(tmp_path / "school") as school:
        report(school, 1)
        report(school, 2)
        about = school.school.sealer.pseudonym(student_id(1))
    store = tmp_path / "school" / "keys" / "vault.keys"
    kept = Store(store).read().keys
    whole = bytearray(store.read_bytes())
    for number, key in kept.items():
        if key.name == about:
            whole[number * SLOT + 40] ^= 1
    store.write_bytes(whole)
    with opened(tmp_path / "school") as school:
        school.clock.advance(minutes=1)
        assert len(school.desk("counselor-a").cases.list()) == 1
        report_after = school.tick(minutes=1)
        assert report_after.sent
        assert report_after.failed
        damaged = [f for f in verify(school.school).findings if f.code == "PSY403"]
        assert {f.facts["problem"] for f in damaged} == {"PSY711"}
        with pytest.raises(StorageError) as caught:
            school.desk("homeroom-1").signals.report(school.number(1), "peer", {"fear": "mild"})
        assert caught.value.code == "PSY711"


def test_whose_keys_were_destroyed_answers_as_if_never_there(tmp_path: Path) -> None:
    with opened(tmp_path / "school") as school:
        report(school, 1)
        report(school, 2)
    with opened(tmp_path / "school") as school:
        school.school.sealer._vault.erase(student_id(1))  # type: ignore[attr-defined]
        desk = school.desk("homeroom-1")
        with pytest.raises(NotFoundError):
            desk.signals.report(f"id:{StudentId(student_id(1))}", "peer", {"fear": "mild"})
        assert len(school.desk("counselor-a").cases.list()) == 1
        assert school.tick(minutes=1).sent


def test_a_rotation_stops_nobody(tmp_path: Path) -> None:
    with opened(tmp_path / "school") as school:
        report(school, 1)
        assert RECORD.keys is not None
        RECORD.keys({}, tmp_path / "school").rotate()
        report(school, 2)
        school.clock.advance(seconds=timedelta(minutes=1).total_seconds())
        assert school.tick().sent
        assert verify(school.school).ok
    with opened(tmp_path / "school") as school:
        assert len(school.desk("counselor-a").cases.list()) == 2


def bytes_of(folder: Path) -> bytes:
    return b"".join(f.read_bytes() for f in folder.rglob("*") if f.is_file() and "db" in f.name)


def test_whoever_is_erased_has_no_keys_and_no_bytes_left_and_the_proof_holds(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "school") as school:
        report(school, 2)
        about = school.school.sealer.pseudonym(student_id(1))
        sealed = school.school.storage.read(school.school.part, [f"student/{student_id(1)}"])
        body = sealed.documents[f"student/{student_id(1)}"].body
        assert body in bytes_of(school.folder)
        assert school.desk("head").erasures.forget(student_id(1), "request").finished
        kept = Store(school.folder / "keys" / "vault.keys").read()
        assert about not in {key.name for key in kept.keys.values()}
        assert about in kept.erased.values()
        assert body not in bytes_of(school.folder)
        found = verify(school.school)
        assert found.ok, found.findings
        with pytest.raises(NotFoundError):
            school.desk("homeroom-1").signals.report(school.number(1), "peer", {"fear": "some"})
        assert len(school.desk("counselor-a").cases.list()) == 1


@pytest.mark.parametrize("with_keys", [False, True], ids=["database", "database and keys"])
def test_whoever_was_erased_does_not_come_back_with_a_backup(
    tmp_path: Path, with_keys: bool
) -> None:
    folder, backup, keys = tmp_path / "school", tmp_path / "b.db", tmp_path / "b.keys"
    with opened(folder) as school:
        school.net.operator().backup(backup)
        keys.write_bytes((folder / "keys" / "vault.keys").read_bytes())
        school.desk("head").erasures.forget(student_id(1), "request")
    if with_keys:
        (folder / "keys" / "vault.keys").write_bytes(keys.read_bytes())
    plugins = Plugins.of(psysafe_vault, builtins=[builtin])
    clock = FixedClock(MONDAY)
    SafetyNet.restore(folder, backup, over=True, clock=clock, plugins=plugins)
    with opened(folder) as school:
        with pytest.raises(NotFoundError):
            school.desk("homeroom-1").signals.report(school.number(1), "peer", {"fear": "some"})
        found = verify(school.school)
        assert found.ok, found.findings
        kept = Store(folder / "keys" / "vault.keys").read()
        assert len({key.name for key in kept.keys.values()}) == len(STUDENTS)
