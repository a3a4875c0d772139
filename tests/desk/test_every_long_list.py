"""Every list that is taken (X12): refused, asked for, approved by another, used once, named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from psysafe.domain import events as e
from psysafe.domain.bulk import BulkFile, BulkUsed
from psysafe.domain.people import Placement, Student
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather, record_of
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidDataError, NotFoundError, NotPermittedError
from psysafe.ids import Actor, StudentId
from psysafe.testing.schools import (
    MONDAY,
    InventedSchool,
    class_id,
    open_school,
    staff_id,
    student_id,
)

#: Two students at once need a second person.
PLAN = """[bulk.students]
value = 1
origin = { kind = "site", ref = "a small school" }
"""
WHY = "the district asks for it"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school", now=MONDAY, plan=PLAN) as opened:
        yield opened
        proof = verify(opened.school)
        assert proof.ok, proof.findings


@attrs.frozen(kw_only=True)
class Long:
    """A list that is longer than anybody takes alone: who wants it, of what, and how many it is."""

    who: str
    students: int
    take: Callable[[], int]
    of: str = ""


def _roster(school: InventedSchool) -> Long:
    return Long(
        who="registrar",
        students=6,
        take=lambda: school.desk("registrar").exports.roster(school.folder / "out.csv"),
    )


def _missing(school: InventedSchool) -> Long:
    """A screening of grade 10 that nobody has answered yet."""
    opens, closes = school.clock.now(), school.clock.now() + timedelta(hours=8)
    desk = school.desk("counselor-a").screenings
    readers = [(staff_id("counselor-a"), None, None)]
    planned = desk.plan(("phq9",), opens=opens, closes=closes, readers=readers, grades=("g10",))
    campaign = planned.campaign
    assert campaign is not None
    desk.open(campaign)

    def take() -> int:
        classes = desk.progress(campaign, missing=True)["classes"]
        return sum(len(line["missing"]) for line in classes)

    return Long(who="counselor-a", students=4, take=take, of=campaign)


def _exposure(school: InventedSchool) -> Long:
    since, closes = MONDAY - timedelta(days=3), MONDAY + timedelta(days=40)
    for number, who in ((1, "homeroom-1"), (3, "homeroom-2"), (5, "homeroom-3")):
        school.desk(who).exposure.record(
            school.number(number), "hard_hit_area", since=since, closes=closes
        )
    return Long(
        who="affairs", students=3, take=lambda: len(school.desk("affairs").exposure.facts())
    )


def _retention(school: InventedSchool) -> Long:
    """Two students left three years ago."""
    for number in (1, 2):
        leaves(school, student_id(number))
    school.clock.advance(days=3 * 365 + 2)
    return Long(who="head", students=2, take=lambda: len(school.desk("head").erasures.list()))


def _circles(school: InventedSchool) -> Long:
    members = [school.number(number) for number in (1, 2, 3)]
    school.desk("duty").signs.declare("dormitory", "302", members)

    def take() -> int:
        return sum(len(line["members"]) for line in school.desk("duty").signs.circles())

    return Long(who="duty", students=3, take=take)


def _papers(school: InventedSchool) -> Long:
    """The paper of a second case of one evening, neither of them a crisis."""
    pytest.importorskip("docxtpl")
    desk = school.desk("counselor-a")
    cases = []
    for number in (1, 2):
        school.desk("homeroom-1").signals.report(
            school.number(number), "one_to_one", {"depression": "marked"}
        )
        case = desk.cases.about(school.number(number))
        case.acknowledge()
        case.open()
        cases.append(str(case.id))

    def take(case: str = cases[1]) -> int:
        desk.papers.about("tonight", case, to=school.folder / case, replace=True)
        return 1

    take(cases[0])
    return Long(who="counselor-a", students=1, take=take, of=cases[1])


LISTS: dict[str, Callable[[InventedSchool], Long]] = {
    "roster": _roster,
    "missing": _missing,
    "exposure": _exposure,
    "retention": _retention,
    "circles": _circles,
    "papers": _papers,
}


def leaves(school: InventedSchool, student: StudentId) -> None:
    place = gather(school.school, student).world.student.placement
    gone = e.RelationEnded(student=student, placement=place, at=school.clock.now(), why="left")
    command = school.ids.command()
    commit_students(
        school.school, [(student, [gone])], Actor("operator:it"), school.clock.now(), command
    )


def refused(long: Long) -> bool:
    with pytest.raises(NotPermittedError) as error:
        long.take()
    return error.value.code == "PSY154"


def ask(school: InventedSchool, what: str, long: Long, who: str = "") -> str:
    return school.desk(who or long.who).approvals.ask(what, WHY, of=long.of)


def journal(school: InventedSchool) -> list[object]:
    parts = school.school
    return [event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 5000)]


def state(school: InventedSchool, who: str, request: str) -> str:
    lines = school.desk(who).approvals.list()
    return next(str(line["state"]) for line in lines if line["request"] == request)


@pytest.mark.parametrize("what", LISTS)
def test_a_long_list_is_had_once_by_a_second_persons_yes_and_its_audit_names_the_rule(
    school: InventedSchool, what: str
) -> None:
    long = LISTS[what](school)
    assert refused(long)
    assert [one for one in journal(school) if isinstance(one, e.ItemRead) and _by_x12(one)] == []
    request = ask(school, what, long)
    assert refused(long), "to ask is not to have"
    (line,) = school.desk("deputy-head").approvals.list()
    assert (line["list"], line["students"]) == (what, long.students)
    assert not long.of or line["of"] == [long.of]
    school.desk("deputy-head").approvals.approve(request, "I have seen the letter")
    assert long.take() == long.students
    assert state(school, long.who, request) == "used"
    told = journal(school)
    assert [one.request for one in told if isinstance(one, BulkUsed)] == [request]
    (read,) = [one for one in told if isinstance(one, e.ItemRead) and _by_x12(one)]
    assert read.by == staff_id(long.who)
    assert refused(long), "an approval is for one use"


def _by_x12(read: e.ItemRead) -> bool:
    return "X12" in read.rules


@pytest.mark.parametrize("what", LISTS)
def test_leave_for_one_list_is_leave_for_no_other(school: InventedSchool, what: str) -> None:
    long = LISTS[what](school)
    other = "circles" if what != "circles" else "exposure"
    school.takes(long.who, "student_affairs_head")
    school.clock.advance(minutes=1)
    if other == "circles":
        _circles(school)
    else:
        _exposure(school)
    request = ask(school, other, Long(who=long.who, students=0, take=long.take))
    school.desk("deputy-head").approvals.approve(request, "yes")
    assert refused(long)
    assert state(school, long.who, request) == "approved"


@pytest.mark.parametrize("what", ["missing", "papers"])
def test_leave_for_one_screening_or_case_is_leave_for_no_other(
    school: InventedSchool, what: str
) -> None:
    first = LISTS[what](school)
    school.clock.advance(days=2)  # nothing that was taken before counts any more
    if what == "missing":
        second = _missing(school)
        request = ask(school, what, first)
    else:
        other = school.desk("counselor-a").cases.about(school.number(1))
        request = school.desk("counselor-a").approvals.ask(what, WHY, of=str(other.id))
        school.desk("counselor-a").papers.about(
            "tonight", str(other.id), to=school.folder / "one", replace=True
        )
        second = first
    school.desk("deputy-head").approvals.approve(request, "yes")
    assert refused(second)


def test_of_two_who_ask_for_the_same_each_has_the_own_yes(school: InventedSchool) -> None:
    """What one of them was allowed is not there for the other, before it is used or after."""
    school.takes("spare", "registrar")
    school.clock.advance(minutes=1)
    ours = _roster(school)
    theirs = attrs.evolve(
        ours,
        who="spare",
        take=lambda: school.desk("spare").exports.roster(school.folder / "other.csv"),
    )
    mine, yours = ask(school, "roster", ours), ask(school, "roster", theirs)
    assert {line["by"] for line in school.desk("head").approvals.list()} == {
        staff_id("registrar"),
        staff_id("spare"),
    }
    school.desk("head").approvals.approve(mine, "yes")
    assert refused(theirs), "not used yet, and not theirs"
    assert not (school.folder / "other.csv").exists()
    assert ours.take() == 6
    assert refused(theirs)
    assert refused(ours)
    assert state(school, "spare", yours) == "waiting"
    school.desk("head").approvals.approve(yours, "yes")
    assert refused(ours), "the other one's yes is not there for whoever has used the own"
    assert theirs.take() == 6


def test_two_deputies_who_both_ask_answer_each_other_and_neither_themselves(
    school: InventedSchool,
) -> None:
    who = ("head", "deputy-head")
    for one in who:
        school.takes(one, "registrar")
    school.clock.advance(minutes=1)
    requests = {one: ask(school, "roster", _roster(school), one) for one in who}
    for one, other in (who, who[::-1]):
        with pytest.raises(NotPermittedError) as own:
            school.desk(one).approvals.approve(requests[one], "yes")
        assert own.value.code == "PSY155"
        with pytest.raises(NotFoundError):
            school.desk(one).approvals.withdraw(requests[other])
    for one, other in (who, who[::-1]):
        school.desk(other).approvals.approve(requests[one], "I have seen the letter")
        assert school.desk(one).exports.roster(school.folder / f"{one}.csv") == 6


def test_whoever_comes_to_the_list_after_the_yes_was_not_approved(school: InventedSchool) -> None:
    """One leaves and another takes the place: as many as before, and not the same."""
    long = _roster(school)
    request = ask(school, "roster", long)
    school.desk("head").approvals.approve(request, "yes")
    leaves(school, student_id(5))
    newcomer(school)
    assert refused(long)
    assert state(school, "registrar", request) == "approved"
    again = ask(school, "roster", long)
    school.desk("head").approvals.approve(again, "yes, with the new one")
    assert long.take() == 6


def newcomer(school: InventedSchool) -> None:
    """Somebody joins the third class."""
    new = StudentId("s-000000000007")
    place = Placement(class_id=class_id(3), grade="g11", since=school.clock.now())
    someone = Student(
        id=new, name="新来的", identities=(("student_no", "2026030107"),), placement=place
    )
    added, command = e.PersonAdded(student=someone), school.ids.command()
    now = school.clock.now()
    commit_students(school.school, [(new, [added])], Actor("operator:it"), now, command)
    school.clock.advance(minutes=1)


def test_whom_a_request_was_about_is_not_kept_when_it_is_over(school: InventedSchool) -> None:
    long = _roster(school)
    key = f"bulk/{staff_id('registrar')}"

    def held() -> list[int]:
        parts = school.school
        found = parts.storage.read(parts.part, [key]).documents[key]
        file = record_of(parts, found, staff_id("registrar"), BulkFile)
        return [len(one.whom) for one in file.requests]

    request = ask(school, "roster", long)
    assert held() == [6]
    school.desk("head").approvals.approve(request, "yes")
    assert held() == [6]
    long.take()
    assert held() == [0]
    lapsed = ask(school, "roster", long)
    school.desk("head").approvals.approve(lapsed, "yes")
    school.clock.advance(days=3)
    withdrawn = ask(school, "roster", long)
    assert held() == [0, 0, 6]
    school.desk("registrar").approvals.withdraw(withdrawn)
    assert held() == [0, 0, 0]


@pytest.mark.parametrize("name", ["nowhere/out.csv", ".", "nul\0.csv", "x" * 300 + ".csv"])
def test_a_file_that_cannot_be_written_uses_no_yes_up(school: InventedSchool, name: str) -> None:
    long = _roster(school)
    request = ask(school, "roster", long)
    school.desk("head").approvals.approve(request, "yes")
    before = sorted(school.folder.iterdir())
    with pytest.raises(InvalidDataError) as error:
        school.desk("registrar").exports.roster(school.folder / name)
    assert error.value.findings[0].code == "PSY212"
    assert sorted(school.folder.iterdir()) == before, "nothing was left lying about"
    assert state(school, "registrar", request) == "approved"
    assert long.take() == 6


def test_a_paper_that_cannot_be_written_uses_no_yes_up(school: InventedSchool) -> None:
    long = _papers(school)
    request = ask(school, "papers", long)
    school.desk("head").approvals.approve(request, "yes")
    papers = school.desk("counselor-a").papers
    with pytest.raises(InvalidDataError) as error:
        papers.about("tonight", long.of, to=school.folder / "nowhere" / "out.docx")
    assert error.value.findings[0].code == "PSY212"
    assert state(school, long.who, request) == "approved"
    assert long.take() == 1
