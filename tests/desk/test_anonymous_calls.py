"""A call without a name: kept once it was looked at, and linked when the caller is known.

Nobody who took the call learns who it was, and the journal keeps who said so, when, of whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from psysafe.domain import events as e
from psysafe.domain.duties_signs import Watch
from psysafe.domain.files import StudentFile
from psysafe.domain.notes import UNKNOWN
from psysafe.engine.gather import card, gather
from psysafe.engine.verify import event_of, verify
from psysafe.errors import InvalidMoveError, NotFoundError
from psysafe.testing.schools import (
    InventedSchool,
    class_id,
    open_school,
    staff_id,
    student_id,
)

SUNDAY = datetime(2026, 11, 1, 13, 40, tzinfo=UTC)  # 21:40 in Shanghai
HE = str(staff_id("homeroom-2"))


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school", now=SUNDAY) as opened:
        yield opened


def file_of(school: InventedSchool, number: int = 4) -> StudentFile:
    return gather(school.school, student_id(number)).world.file


def told(school: InventedSchool, name: str) -> list[str]:
    return [line["purpose"] for line in school.desk(name).inbox.list()]


def a_call(school: InventedSchool, *dangers: str) -> str:
    """Somebody cries on the telephone, says no name, and hangs up."""
    receipt = school.desk("spare").signals.leave_note(
        "", {"depression": "severe"}, source="hotline", dangers=dangers, note="she hung up"
    )
    assert receipt.signal is not None
    school.tick()
    return receipt.signal


def checks(school: InventedSchool, note: str) -> list[e.NoteChecked]:
    parts = school.school
    events = (
        event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 500, f"note/{note}")
    )
    return [event for event in events if isinstance(event, e.NoteChecked)]


@pytest.mark.clause("B1.1")
def test_a_call_without_a_name_is_linked_weeks_later_by_whoever_hears_who_it_was(
    school: InventedSchool,
) -> None:
    # 21:40. Every counselor hears at once that somebody called; nobody is looked up.
    note = a_call(school)
    for name in ("counselor-a", "counselor-b", "counselor-c"):
        assert told(school, name) == ["note"], name
    # 22:10. A counselor has talked with the volunteer. Nobody knows who it was.
    school.tick(minutes=30)
    (line,) = school.desk("counselor-a").signals.notes()
    assert (line["note"], line["about"], line["severity"]) == (note, "", "high")
    school.desk("counselor-a").signals.keep(note)
    assert school.desk("counselor-a").signals.notes() == []
    # For two weeks nobody is called about it again, and the volunteer is thanked once.
    for _ in range(14):
        assert school.tick(days=1).overdue == 0
    assert told(school, "spare") == ["taken_up"]
    assert told(school, "head") == []
    # A girl says in a talk that it was her. The call is found where it was kept.
    (kept,) = school.desk("counselor-b").signals.notes(kept=True)
    assert (kept["note"], kept["text"], kept["overdue"]) == (note, "she hung up", False)
    assert "reporter" not in kept
    school.desk("counselor-b").signals.link(note, school.number(4))
    (signal,) = file_of(school).signals
    assert (signal.source, signal.note) == ("hotline", "she hung up")
    assert (signal.reporter, signal.entered_by) == (staff_id("spare"), staff_id("counselor-b"))
    case = file_of(school).live_case
    assert case is not None
    assert school.desk("counselor-b").signals.notes(kept=True) == []
    # The journal keeps who looked and who linked it, when, to whom.
    assert [(c.outcome, c.by, c.student) for c in checks(school, note)] == [
        (UNKNOWN, staff_id("counselor-a"), None),
        ("linked", staff_id("counselor-b"), student_id(4)),
    ]
    assert checks(school, note)[1].at == school.clock.now()
    # Whoever took the call learns nothing of it, now or later.
    for _ in range(5):
        school.tick(days=1)
    assert told(school, "spare") == ["taken_up"]
    assert school.desk("spare").cases.list() == []
    with pytest.raises(NotFoundError):
        school.desk("spare").cases.about(school.number(4))
    assert verify(school.school).ok


def test_a_call_is_linked_once_and_only_by_whoever_checks_notes(school: InventedSchool) -> None:
    note = a_call(school)
    for name in ("spare", "homeroom-2", "duty", "registrar"):
        for wish in (
            lambda desk: desk.keep(note),
            lambda desk: desk.link(note, school.number(4)),
            lambda desk: desk.set_aside(note),
        ):
            with pytest.raises(NotFoundError):
                wish(school.desk(name).signals)
        assert school.desk(name).signals.notes(kept=True) == []
    desk = school.desk("counselor-a").signals
    desk.keep(note)
    with pytest.raises(InvalidMoveError) as again:
        desk.keep(note)
    assert again.value.code == "PSY036"
    desk.link(note, school.number(4))
    for late in (
        lambda: desk.link(note, school.number(3)),
        lambda: desk.keep(note),
        lambda: desk.set_aside(note),
    ):
        with pytest.raises(InvalidMoveError) as refused:
            late()
        assert refused.value.code == "PSY036"
    assert file_of(school, 3).signals == ()
    assert [c.outcome for c in checks(school, note)] == ["unknown", "linked"]


def test_a_kept_call_may_still_turn_out_to_be_nothing(school: InventedSchool) -> None:
    note = a_call(school)
    desk = school.desk("counselor-a").signals
    desk.keep(note)
    desk.set_aside(note)
    assert desk.notes(kept=True) == []
    school.tick(days=3)
    assert told(school, "spare") == ["taken_up"], "once, however often it was looked at"
    assert verify(school.school).ok


def test_whoever_a_caller_accuses_is_barred_before_the_link_calls_anybody(
    school: InventedSchool,
) -> None:
    """Her homeroom teacher would be the first whom the report's route asks."""
    note = a_call(school, "harm_by_adult")
    desk = school.desk("counselor-a").signals
    desk.keep(note)
    receipt = desk.link(note, school.number(4), accused=HE)
    assert "accused" not in receipt.asks
    assert [bar.person for bar in file_of(school).bars] == [HE]
    for _ in range(6):
        school.tick(hours=2)
    assert told(school, "homeroom-2") == []
    assert school.desk("homeroom-2").cases.list() == []


def test_a_link_asks_who_is_accused_as_a_report_does(school: InventedSchool) -> None:
    note = a_call(school, "harm_by_adult")
    receipt = school.desk("counselor-a").signals.link(note, school.number(4))
    assert "accused" in receipt.asks
    assert "place" in receipt.asks


def test_a_call_counts_for_a_sign_from_when_it_was_made_and_not_from_its_link(
    school: InventedSchool,
) -> None:
    note = a_call(school)
    called = school.clock.now()
    school.desk("counselor-a").signals.keep(note)
    school.tick(days=13)
    school.desk("counselor-a").signals.link(note, school.number(4))
    school.tick()
    (signal,) = file_of(school).signals
    assert (signal.told, signal.at) == (called, school.clock.now())
    watch = card(school.school, f"sign/{class_id(2)}", Watch)
    assert [one.at for one in watch.heard if one.key.endswith(signal.id)] == [called]
