"""Notes that nobody linked go when their time is up: by themselves, for good, and proved."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from psysafe.clock import from_wire
from psysafe.contracts.forgetting import Whom
from psysafe.contracts.storage import Changes, Committed, Conflict, Duplicate, Query, Storage
from psysafe.domain.calendar import parse_within
from psysafe.engine import ending_notes
from psysafe.engine.cards_erasure import NOTE_KIND, note_mark
from psysafe.engine.deletion_ledger import FILE, DeletionLedger
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError
from psysafe.ids import Part
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.schools import InventedSchool, open_school, student_id

TOLD = "她说谁也不用知道"
ABOUT = "隔壁班那个高个子女生"
#: What a new school keeps its notes for, and the days until a sweep has surely come.
KEPT, SURELY = timedelta(days=731), timedelta(days=740)


@pytest.fixture(params=["memory", "sqlite"])
def school(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school", storage=request.param) as opened:
        yield opened


def noted(school: InventedSchool, teller: int = 1, about: str = ABOUT) -> str:
    """A classmate's note that waits to be checked."""
    school.student_desk(teller).signals.leave_note(about, {"fear": "some"}, note=TOLD)
    school.tick(minutes=1)
    lines = school.desk("counselor-a").signals.notes()
    return next(line["note"] for line in lines if line["about"] == about)


def kept(school: InventedSchool, teller: int = 1, about: str = ABOUT) -> str:
    note = noted(school, teller, about)
    school.desk("counselor-a").signals.keep(note)
    return note


def audited(school: InventedSchool) -> list[str]:
    return [f.code for f in school.net.operator().audit().findings]


def there(school: InventedSchool, note: str) -> bool:
    """Whether what a note says stands anywhere in the store."""
    store, part = school.school.storage, school.school.part
    bodies = b"".join(one.body for one in store.journal(part, 0, 100_000))
    found = TOLD.encode() in bodies
    held = f"note/{note}" in store.read(part, [f"note/{note}"]).documents
    assert held is found
    return found


def content(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.glob("psysafe.db*"))


def wholly_gone(school: InventedSchool, note: str) -> None:
    assert not there(school, note)
    found = verify(school.school)
    assert found.ok, found.findings
    ledger = DeletionLedger(school.folder / FILE).read()
    assert ledger == {note_mark(school.school, f"note/{note}"): True}
    assert TOLD.encode() not in content(school.folder)
    assert ABOUT.encode() not in content(school.folder)
    for kept_too in (True, False):
        assert school.desk("counselor-a").signals.notes(kept=kept_too) == []
    with pytest.raises(NotFoundError):
        school.desk("counselor-a").signals.link(note, school.number(2))


def test_a_kept_note_goes_by_itself_when_its_time_is_up_and_not_before(
    school: InventedSchool,
) -> None:
    note = kept(school)
    school.clock.advance(days=729)
    audited(school)
    assert there(school, note)
    school.clock.advance(days=11)
    audited(school)
    wholly_gone(school, note)
    audited(school)
    wholly_gone(school, note)


def test_so_does_one_that_was_set_aside_and_the_tick_does_it(school: InventedSchool) -> None:
    note = noted(school)
    school.desk("counselor-a").signals.set_aside(note)
    school.tick(hours=24 * SURELY.days)
    school.tick(hours=25)
    wholly_gone(school, note)


def test_the_time_counts_from_when_somebody_last_looked_at_it(school: InventedSchool) -> None:
    note = kept(school)
    school.clock.advance(days=700)
    school.desk("counselor-a").signals.set_aside(note)
    school.clock.advance(days=100)
    audited(school)
    assert there(school, note)
    school.clock.advance(days=SURELY.days)
    audited(school)
    wholly_gone(school, note)


def test_what_still_waits_to_be_checked_is_not_swept(school: InventedSchool) -> None:
    note = noted(school)
    school.clock.advance(days=5 * 365)
    audited(school)
    assert there(school, note)
    school.desk("counselor-a").signals.keep(note)
    audited(school)
    assert there(school, note)


def test_whoever_is_still_to_be_answered_holds_it(school: InventedSchool) -> None:
    """With a time as short as a day: the teller's answer is queued for later."""
    school.net._school = attrs.evolve(school.school, notes_for=parse_within("1 day"))
    note = noted(school)
    school.desk("counselor-a").signals.keep(note)
    (one,) = ending_notes._ending(school.school, school.clock.now())
    assert one.held
    (line,) = school.desk("counselor-a").erasures.notes()
    assert line["held"]
    later = school.clock.now() + timedelta(days=30)
    (one,) = ending_notes._ending(school.school, later)
    assert not one.held
    assert one.until <= later


def test_a_held_note_is_swept_only_once_everybody_is_answered(
    school: InventedSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = kept(school)
    school.clock.advance(days=SURELY.days)
    monkeypatch.setattr(ending_notes, "answers_wait", lambda called, now: True)
    audited(school)
    assert there(school, note)
    monkeypatch.undo()
    audited(school)
    assert not there(school, note)


def test_one_that_was_linked_goes_with_its_student_and_not_by_time(school: InventedSchool) -> None:
    note = kept(school)
    school.desk("counselor-a").signals.link(note, school.number(2))
    school.clock.advance(days=SURELY.days)
    audited(school)
    assert there(school, note)


def test_one_that_was_kept_before_it_was_linked_goes_with_its_student(
    school: InventedSchool,
) -> None:
    note = kept(school)
    counselor = school.desk("counselor-a")
    counselor.signals.link(note, school.number(2))
    case = counselor.cases.about(school.number(2)).id
    counselor.cases.acknowledge(case)
    counselor.cases.open(case)
    counselor.cases.void(case, "录入了另一名学生")
    school.tick(hours=48)
    for duty in gather(school.school, student_id(2)).world.file.duties:
        school.net.desk(duty.owner, "en").cases.settle(student_id(2), duty.id, "已完成")
    school.desk("head").erasures.forget(student_id(2), "request")
    assert not there(school, note)
    assert TOLD.encode() not in content(school.folder)
    assert verify(school.school).ok


def test_everybody_else_who_told_something_is_as_before(school: InventedSchool) -> None:
    mine = kept(school, 1)
    school.clock.advance(days=SURELY.days)
    waits = noted(school, 1, "三楼的一个男生")
    other = kept(school, 2, "二楼的一个男生")
    audited(school)
    part = school.school.part
    held = school.school.storage.read(
        part, [f"note/{one}" for one in (mine, waits, other)]
    ).documents
    assert set(held) == {f"note/{waits}", f"note/{other}"}
    (line,) = school.desk("counselor-a").signals.notes()
    assert line["note"] == waits
    found = verify(school.school)
    assert found.ok, found.findings
    school.student_desk(1).signals.leave_note("又一个", {"fear": "some"})
    assert verify(school.school).ok


def test_several_go_together_once_one_lies_a_week_beyond_its_time(school: InventedSchool) -> None:
    first = kept(school, 1)
    school.clock.advance(days=6)
    second = kept(school, 2, "二楼的一个男生")
    school.clock.advance(days=731 - 6)
    audited(school)
    keys = [f"note/{one}" for one in (first, second)]
    part = school.school.part
    assert set(school.school.storage.read(part, keys).documents) == set(keys)
    school.clock.advance(days=7)
    audited(school)
    assert school.school.storage.read(part, keys).documents == {}
    query = Query(index="kind", prefixes=((NOTE_KIND,),))
    assert len(school.school.storage.query(part, query).documents) == 2


def test_the_list_says_when_each_goes_to_whoever_may_still_link_it_and_not_what_it_says(
    school: InventedSchool,
) -> None:
    note = kept(school)
    for who in ("counselor-a", "head"):
        (line,) = school.desk(who).erasures.notes()
        assert line["note"] == note
        assert line["state"] == "kept"
        assert TOLD not in str(line)
        assert ABOUT not in str(line)
        assert from_wire(line["kept_until"]) - from_wire(line["checked"]) == timedelta(days=731)
    for who in ("homeroom-1", "affairs", f"student:{student_id(1)}"):
        assert school.desk(who).erasures.notes() == []


def test_without_a_time_nothing_goes_and_check_says_so(school: InventedSchool) -> None:
    assert "PSY093" not in [f.code for f in school.net.operator().check()]
    note = kept(school)
    school.net._school = attrs.evolve(school.net._school, notes_for=None)
    school.clock.advance(days=50 * 365)
    audited(school)
    assert there(school, note)
    assert school.desk("counselor-a").erasures.notes() == []
    assert "PSY093" in [f.code for f in school.net.operator().check()]


def test_the_receipt_says_that_a_note_went_and_not_which(school: InventedSchool) -> None:
    note = kept(school)
    school.clock.advance(days=SURELY.days)
    audited(school)
    records = school.school.storage.journal(school.school.part, 0, 100_000)
    (receipt,) = [one for one in records if one.stream.startswith(f"{NOTE_KIND}/")]
    assert receipt.actor == "system:tick"
    for private in (note, TOLD, ABOUT, student_id(1)):
        assert private.encode() not in receipt.body + receipt.header
    assert note not in DeletionLedger(school.folder / FILE).file.read_text(encoding="utf-8")


# -- kills, conflicts, backups -------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("write", [1, 2])
def test_killed_at_a_write_it_is_done_at_the_next_start_or_never_began(
    tmp_path: Path, write: int, when: str
) -> None:
    folder = tmp_path / "school"
    fronts: list[InterruptedStorage] = []

    def wrap(store: Storage) -> Storage:
        fronts.append(InterruptedStorage(store))
        return fronts[-1]

    with open_school(folder, storage="sqlite", wrap=wrap) as school:
        note = kept(school)
        later = school.clock.now() + SURELY
        fronts[-1].stop_at(write, "before" if when == "before" else "after")
        with pytest.raises(StoppedError):
            ending_notes.sweep(school.school, later)
    with open_school(folder, storage="sqlite", now=later) as school:
        if (write, when) == (1, "before"):
            assert there(school, note)
            assert verify(school.school).ok
            assert ending_notes.sweep(school.school, later) == 1
        wholly_gone(school, note)


class Meanwhile(InterruptedStorage):
    """A store in which somebody links the note between the decision and the commit."""

    def __init__(self, behind: Storage) -> None:
        super().__init__(behind)
        self.first: list[object] = []

    def forget(self, part: Part, changes: Changes, whom: Whom) -> Committed | Conflict | Duplicate:
        while self.first:
            act = self.first.pop()
            assert callable(act)
            act()
        return super().forget(part, changes, whom)


def test_one_that_somebody_links_at_that_moment_stays_and_the_others_go(tmp_path: Path) -> None:
    fronts: list[Meanwhile] = []

    def wrap(store: Storage) -> Storage:
        fronts.append(Meanwhile(store))
        return fronts[-1]

    with open_school(tmp_path / "school", storage="sqlite", wrap=wrap) as school:
        first, second = kept(school, 1), kept(school, 2, "二楼的一个男生")
        school.clock.advance(days=SURELY.days)
        linked = min(first, second)
        counselor = school.desk("counselor-a")
        fronts[-1].first.append(lambda: counselor.signals.link(linked, school.number(3)))
        assert ending_notes.sweep(school.school, school.clock.now()) == 1
        keys = [f"note/{one}" for one in (first, second)]
        left = school.school.storage.read(school.school.part, keys).documents
        assert set(left) == {f"note/{linked}"}
        assert verify(school.school).ok


def test_what_a_backup_brings_back_goes_again_before_anybody_looks(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "old.db"
    with open_school(folder, storage="sqlite") as school:
        note = noted(school)
        # So old that the note waits in it to be checked: the clock alone would leave it.
        school.net.operator().backup(backup)
        school.desk("counselor-a").signals.keep(note)
        school.clock.advance(days=SURELY.days)
        later = school.clock.now()
        audited(school)
        wholly_gone(school, note)
    shutil.copy(backup, folder / "psysafe.db")
    with open_school(folder, storage="sqlite", now=later) as school:
        wholly_gone(school, note)
        (receipt,) = school.school.storage.query(
            school.school.part, Query(index="kind", prefixes=((NOTE_KIND,),))
        ).documents
        assert b'"again":true' in receipt.body


def test_a_note_that_came_after_the_backup_is_no_obstacle(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "old.db"
    with open_school(folder, storage="sqlite") as school:
        school.net.operator().backup(backup)
        note = kept(school)
        school.clock.advance(days=SURELY.days)
        later = school.clock.now()
        audited(school)
    shutil.copy(backup, folder / "psysafe.db")
    with open_school(folder, storage="sqlite", now=later) as school:
        wholly_gone(school, note)


def test_a_note_that_was_emptied_without_its_time_being_up_is_named(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", storage="sqlite") as school:
        note = kept(school)
        store = school.school.storage
        with store._file.writing() as db:  # type: ignore[attr-defined]
            db.execute(
                "UPDATE journal SET body = x'', emptied = zeroblob(32) WHERE stream = ?",
                (f"note/{note}",),
            )
        assert {"PSY726"} <= {f.code for f in verify(school.school).findings}
