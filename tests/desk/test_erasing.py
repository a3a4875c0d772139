"""Somebody erased: nothing of them is left, everything else is as it was, the proof holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.contracts.channel import Asked, Capabilities, Message, SendResult
from psysafe.contracts.storage import Query
from psysafe.desk.desk import Desk
from psysafe.domain import codes
from psysafe.domain import events as e
from psysafe.engine.deletion_ledger import DeletionLedger
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import (
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
    PsysafeError,
)
from psysafe.ids import Actor, StudentId
from psysafe.sensitivity import changed
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import (
    STUDENTS,
    InventedSchool,
    _student,
    class_id,
    guardian_id,
    open_school,
    student_id,
)

CHILD, OTHER = student_id(2), student_id(3)
NOBODY = StudentId("s-999999999999")
TOLD = "她说谁也不用知道"
ABOUT = "高一(1)班周知夏"


@pytest.fixture(params=["memory", "sqlite"])
def school(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school", storage=request.param) as opened:
        yield opened


def lived(school: InventedSchool, number: int = 2) -> None:
    """What there is of a student after some weeks: reports, sheets, a note, exposure, a case."""
    told = school.desk("homeroom-1" if number < 3 else "homeroom-2")
    counselor = school.desk("counselor-a")
    told.signals.report(school.number(number), "peer", {"insomnia": "marked"}, note=TOLD)
    school.desk("counselor-a").cases.list()
    told.exposure.record(
        school.number(number),
        "close_contact",
        since=school.clock.now(),
        closes=school.clock.now() + timedelta(days=30),
    )
    school.tick(minutes=1)
    case = counselor.cases.about(school.number(number)).id
    counselor.cases.acknowledge(case)
    counselor.cases.open(case)
    counselor.cases.void(case, "录入了另一名学生")
    school.tick(minutes=1)


def noted(school: InventedSchool, number: int = 2) -> None:
    """A classmate's note that a counselor linked to the student."""
    school.student_desk(1).signals.leave_note(ABOUT, {"fear": "some"}, note=TOLD)
    school.tick(minutes=1)
    (line,) = school.desk("counselor-a").signals.notes()
    school.desk("counselor-a").signals.link(line["note"], school.number(number))


def settled(school: InventedSchool, student: StudentId = CHILD) -> None:
    """Whatever is still owed about a student is met by whoever owes it, or its time passes."""
    for duty in gather(school.school, student).world.file.duties:
        desk = school.net.desk(duty.owner, "en")
        desk.cases.settle(student, duty.id, "已完成")


def erased(school: InventedSchool, student: StudentId = CHILD, by: str = "head") -> Any:
    return school.desk(by).erasures.forget(student, "request")


def bytes_of(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("psysafe.db*") if p.is_file())


def test_who_is_erased_answers_as_somebody_who_never_was(school: InventedSchool) -> None:
    lived(school)
    settled(school)
    ways: list[Callable[[Desk, str], object]] = [
        lambda desk, who: desk.cases.about(who),
        lambda desk, who: desk.looked.list(who),
        lambda desk, who: desk.signals.report(who, "peer", {"fear": "some"}),
        lambda desk, who: desk.erasures.preview(who, "request"),
        lambda desk, who: desk.erasures.forget(who, "request"),
        lambda desk, who: desk.looked.break_glass(who, "夜里必须看", 1),
        lambda desk, who: desk.support.start(who),
        lambda desk, who: desk.bars.set(who, "staff:homeroom-1"),
    ]
    erased(school)

    def answer(way: Callable[[Desk, str], object], desk: Desk, who: str) -> tuple[type, str]:
        with pytest.raises(PsysafeError) as caught:
            way(desk, who)
        return type(caught.value), str(caught.value)

    for way in ways:
        for name in ("counselor-a", "head", "homeroom-1", "affairs"):
            assert answer(way, school.desk(name), CHILD) == answer(way, school.desk(name), NOBODY)
    with pytest.raises(NotFoundError):
        school.desk("counselor-a").cases.about(school.number(2))


class Numbering(RecordingChannel):
    """A channel whose provider calls back with a number of its own."""

    @property
    def capabilities(self) -> Capabilities:
        asked = Asked(tells="read", within=timedelta(hours=24))
        return attrs.evolve(super().capabilities, receipts_by_ref=True, asked=asked)

    def look_up(self, provider_ref: str, address: str, ago: timedelta, seconds: float) -> Any:
        """The provider knows nothing."""
        return ()

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        found = super().send(message, address, seconds)
        return attrs.evolve(found, provider_ref=message.key)


def test_a_providers_number_for_a_message_about_them_goes_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    with open_school(folder, channels={"inbox": Numbering()}) as school:
        noted(school)
        lived(school)
        other = len(numbers(school))
        lived(school, 3)
        other = len(numbers(school)) - other
        assert other
        settled(school)
        before = numbers(school)
        erased(school)
        left = numbers(school)
        assert len(left) == other
        assert left < before


def numbers(school: InventedSchool) -> set[str]:
    query = Query(index="kind", prefixes=(("channel",),))
    found = school.school.storage.query(school.school.part, query).documents
    return {one.key for one in found if one.key.startswith(("channel/~sent/", "channel/~lookup/"))}


def test_nothing_of_them_is_left_and_the_proof_holds(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", storage="sqlite") as school:
        noted(school)
        lived(school)
        settled(school)
        before = verify(school.school)
        assert before.ok, before
        going = school.desk("head").erasures.preview(CHILD, "request")
        assert going.notes == 1
        assert TOLD.encode() in bytes_of(school.folder)
        assert erased(school) == going
        found = verify(school.school)
        assert found.ok, found.findings
        assert found.records > before.records
        content = bytes_of(school.folder)
        for text in (TOLD, ABOUT, STUDENTS[2]):
            assert text.encode() not in content
        assert STUDENTS[1].encode() in content
    with open_school(tmp_path / "school", storage="sqlite") as school:
        assert verify(school.school).ok


def test_everybody_else_is_as_before(school: InventedSchool) -> None:
    lived(school)
    settled(school)
    school.desk("homeroom-2").signals.report(school.number(3), "peer", {"fear": "severe"})
    school.tick(minutes=1)
    counselor = school.desk("counselor-a")
    cases, page = counselor.cases.list(), counselor.cases.about(school.number(3)).data
    erased(school)
    assert counselor.cases.list() == cases
    after = counselor.cases.about(school.number(3)).data
    assert {k: v for k, v in after.items() if k != "timeline"} == {
        k: v for k, v in page.items() if k != "timeline"
    }
    for name in ("counselor-a", "head", "homeroom-1", "affairs"):
        desk = school.desk(name)
        desk.inbox.list()
        desk.flags.list()
        desk.exposure.facts()
        desk.exposure.counts()
        desk.support.owed()
        desk.signals.notes()
    school.tick(hours=30)
    school.net.operator().audit()


def test_a_live_case_stands_against_it_and_so_does_all_that_is_owed(
    school: InventedSchool,
) -> None:
    school.desk("homeroom-1").signals.report(school.number(2), "peer", {"insomnia": "marked"})
    with pytest.raises(InvalidMoveError) as caught:
        erased(school)
    assert caught.value.code == "PSY723"
    against = str(caught.value.finding.facts["blocking"])
    assert "case" in against
    assert "duty taken_up" in against
    assert gather(school.school, CHILD).world.file.live_case is not None


def test_a_bar_stands_against_it_and_the_barred_head_learns_nothing_of_it(
    school: InventedSchool,
) -> None:
    school.desk("counselor-a").bars.set(school.number(2), "staff:head")
    told = []
    for who in ("head", "deputy-head"):
        with pytest.raises(InvalidMoveError) as caught:
            erased(school, by=who)
        told.append(str(caught.value.finding.facts["blocking"]))
    assert told[0] == "hold"
    assert "bar" in told[1]


def test_nobody_without_the_right_erases_anybody(school: InventedSchool) -> None:
    for who in ("counselor-a", "homeroom-1", "affairs", "doctor", "registrar"):
        for attempt in (school.desk(who).erasures.forget, school.desk(who).erasures.preview):
            with pytest.raises((NotPermittedError, NotFoundError)):
                attempt(CHILD, "request")
    for who in (f"student:{CHILD}", guardian_id(2)):
        with pytest.raises((NotPermittedError, NotFoundError)):
            school.desk(who).erasures.forget(CHILD, "request")
    assert gather(school.school, CHILD).world.student.name == STUDENTS[2]


def leaves(school: InventedSchool, student: StudentId) -> None:
    """The student leaves the school now."""
    place = gather(school.school, student).world.student.placement
    gone = e.RelationEnded(student=student, placement=place, at=school.clock.now(), why="left")
    school_now, ids = school.school, school.ids
    commit_students(
        school_now, [(student, [gone])], Actor("operator:it"), school.clock.now(), ids.command()
    )


def test_for_time_it_is_erased_only_when_the_time_is_up_and_never_by_itself(
    school: InventedSchool,
) -> None:
    head = school.desk("head")
    for _ in range(2):
        with pytest.raises(InvalidMoveError) as caught:
            head.erasures.forget(CHILD, "retention")
        assert caught.value.code == "PSY724"
        leaves(school, CHILD)
    assert head.erasures.list() == []
    school.clock.advance(days=3 * 365 + 2)
    assert [f.code for f in school.net.operator().audit().findings] == ["PSY741"]
    (line,) = head.erasures.list()
    assert line["student"] == CHILD
    assert not line["held"]
    assert gather(school.school, CHILD).world.student.name == STUDENTS[2]
    with pytest.raises(NotPermittedError):
        school.desk("counselor-a").erasures.list()
    head.erasures.forget(CHILD, "retention")
    assert head.erasures.list() == []
    assert school.net.operator().audit().findings == ()


def test_an_unknown_ground_is_refused(school: InventedSchool) -> None:
    with pytest.raises(InvalidDataError) as caught:
        school.desk("head").erasures.forget(CHILD, "untidy")
    assert caught.value.findings[0].code == "PSY013"
    assert set(codes.REGISTERS["erasure_bases"]) == {"retention", "request"}


def test_the_receipt_says_who_did_it_and_why_and_not_about_whom(
    school: InventedSchool,
) -> None:
    erased(school)
    store = school.school.storage
    after = store.journal(school.school.part, 0, 10_000)
    (receipt,) = [one for one in after if one.stream.startswith("erased/")]
    assert b"head" in receipt.body
    for private in (CHILD, STUDENTS[2], "20260301"):
        assert private.encode() not in receipt.body + receipt.header
    ledger = DeletionLedger(school.folder / "erased.ledger").file.read_text(encoding="utf-8")
    assert CHILD not in ledger
    assert receipt.stream.partition("/")[2] in ledger


def test_the_number_can_be_given_to_somebody_new(school: InventedSchool) -> None:
    erased(school)
    new = changed(_student(2), id=StudentId("s-000000000077"))
    commit_students(
        school.school,
        [(new.id, [e.PersonAdded(student=new)])],
        Actor("operator:it"),
        school.clock.now(),
        school.ids.command(),
    )
    school.desk("homeroom-1").signals.report(school.number(2), "peer", {"fear": "some"})
    assert verify(school.school).ok


def test_a_record_that_was_emptied_without_an_erasure_is_named(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", storage="sqlite") as school:
        lived(school)
        store = school.school.storage
        with store._file.writing() as db:  # type: ignore[attr-defined]
            body = db.execute("SELECT body FROM journal WHERE position = 9").fetchone()[0]
            digest = sha256(body).digest()
            db.execute("UPDATE journal SET body = x'', emptied = ? WHERE position = 9", (digest,))
        found = verify(school.school)
        assert found.chain_whole
        assert not found.ok
        assert {"PSY726"} <= {f.code for f in found.findings}


def test_who_is_erased_leaves_no_hole_in_circles_classes_and_screenings(
    school: InventedSchool,
) -> None:
    mine, affairs = school.desk("homeroom-1"), school.desk("affairs")
    mine.signs.declare("dormitory", "302", [school.number(1), school.number(2)])
    affairs.surveys.start()
    with pytest.raises(InvalidMoveError) as caught:
        erased(school)
    assert caught.value.finding.facts["blocking"] == "class survey"
    for number in (1, 2):
        mine.surveys.enter(school.number(number), "no_concern")
    mine.surveys.close(class_id(1))
    erased(school)
    (line,) = mine.signs.circles()
    assert line["members"] == [student_id(1)]
    mine.signs.declare("dormitory", "302", [])
    assert [started["students"] for started in affairs.surveys.start(("g10",))[0]] == [1]
    assert [line["student"] for line in mine.surveys.list()[0]["students"]] == [student_id(1)]
    school.tick(hours=1)
    assert verify(school.school).ok
