"""Rosters and live cases: no import takes a student in a crisis from those who answer for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.domain import handovers
from psysafe.domain.calendar import CalendarDays, SchoolCalendar, Term
from psysafe.engine.gather import gather
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.testing.schools import MONDAY, InventedSchool, class_id, open_school, student_id

HEADING = "姓名,学号,班级,状态"
NAMES = {1: "林小满", 2: "周知夏", 3: "沈星河", 4: "顾南风", 5: "许安然"}


@pytest.fixture(scope="module")
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hand-overs") / "school"


@pytest.fixture
def school(settings_folder: Path) -> Iterator[InventedSchool]:
    with open_school(settings_folder) as opened:
        yield opened


def row(school: InventedSchool, number: int, place: str, status: str = "") -> str:
    name = gather(school.school, student_id(number)).world.student.name
    return f"{name},{school.number(number)[3:]},{place},{status}"


def put(school: InventedSchool, *rows: str) -> dict[str, int]:
    file = school.folder.parent / "roster.csv"
    file.write_text("\n".join((HEADING, *rows)) + "\n", encoding="utf-8")
    looked = school.net.operator().roster.load(file)
    return {"findings": [f.code for f in looked.findings], **looked.apply()}


def crisis(school: InventedSchool, number: int) -> str:
    """A case that the counselor leads."""
    school.desk("homeroom-1" if number < 3 else "homeroom-2").signals.report(
        school.number(number), "one_to_one", {"self_harm": "marked"}
    )
    counselor = school.desk("counselor-a")
    case = counselor.cases.about(school.number(number)).id
    counselor.cases.acknowledge(case)
    counselor.cases.open(case)
    return case


def place_of(school: InventedSchool, number: int) -> Any:
    return gather(school.school, student_id(number)).world.student.placement


def test_a_move_waits_until_the_new_teacher_and_the_lead_have_accepted(
    school: InventedSchool,
) -> None:
    crisis(school, 1)
    put(school, row(school, 1, "高一2班"))
    assert place_of(school, 1).class_id == class_id(1)
    (line,) = school.desk("homeroom-2").hand_overs.list()
    assert line["missing"] == ["homeroom_teacher", "lead"]
    assert (line["yours"], line["overdue"]) == (True, False)
    assert school.desk("homeroom-2").hand_overs.accept(student_id(1)) is False
    assert place_of(school, 1).class_id == class_id(1)
    assert school.desk("counselor-a").hand_overs.accept(student_id(1)) is True
    assert place_of(school, 1).class_id == class_id(2)
    assert school.desk("counselor-a").hand_overs.list() == []
    assert school.net.operator().verify().ok


def test_whoever_runs_the_import_sees_no_difference(settings_folder: Path) -> None:
    seen = []
    for live in (False, True):
        with open_school(settings_folder) as school:
            if live:
                crisis(school, 1)
            rows = [row(school, 1, "高一2班"), row(school, 3, "", "转出")]
            seen.append((put(school, *rows), put(school, *rows)))
    assert seen[0] == seen[1]
    assert seen[0][0]["ended"] == 2
    assert seen[0][1]["unchanged"] == 2


def test_a_departure_waits_for_the_lead(school: InventedSchool) -> None:
    crisis(school, 1)
    put(school, row(school, 1, "", "毕业"))
    assert not gather(school.school, student_id(1)).world.student.gone
    (line,) = school.desk("counselor-a").hand_overs.list()
    assert (line["kind"], line["why"], line["missing"]) == ("departure", "graduated", ["lead"])
    assert school.desk("counselor-a").hand_overs.accept(student_id(1)) is True
    assert gather(school.school, student_id(1)).world.student.gone
    with pytest.raises(NotFoundError):
        school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "some"})


def test_only_those_who_are_asked_can_accept_and_others_do_not_even_see_it(
    school: InventedSchool,
) -> None:
    crisis(school, 1)
    put(school, row(school, 1, "高一2班"))
    for name in ("homeroom-3", "spare", "registrar", "operator:it"):
        assert school.desk(name).hand_overs.list() == []
        with pytest.raises(NotFoundError):
            school.desk(name).hand_overs.accept(student_id(1))
    with pytest.raises(NotPermittedError):
        school.desk("homeroom-1").hand_overs.accept(student_id(1))
    crisis(school, 2)
    with pytest.raises(InvalidMoveError, match="PSY272"):
        school.desk("counselor-a").hand_overs.accept(student_id(2))


def test_after_ten_school_days_the_grade_head_decides_and_check_says_so(
    school: InventedSchool,
) -> None:
    crisis(school, 1)
    put(school, row(school, 1, "高一2班"))
    head = school.desk("grade-head-10")
    with pytest.raises(NotPermittedError):
        head.hand_overs.accept(student_id(1))
    assert "PSY273" not in [f.code for f in school.net.operator().check()]
    school.clock.advance(days=20)
    found = [f for f in school.net.operator().check() if f.code == "PSY273"]
    assert [dict(f.facts) for f in found] == [{}]
    assert head.hand_overs.list()[0]["overdue"]
    assert head.hand_overs.accept(student_id(1)) is True
    assert place_of(school, 1).class_id == class_id(2)


def test_how_long_a_hand_over_waits_and_who_decides_then_is_the_schools_own(
    tmp_path: Path,
) -> None:
    own = """
[deadlines.hand_over.any]
within = "2 school days"
fallback = "student_affairs_head"
origin = { kind = "site", ref = "agreed by the grades" }
"""
    with open_school(tmp_path / "school", plan=own) as school:
        crisis(school, 1)
        put(school, row(school, 1, "高一2班"))
        (line,) = school.desk("homeroom-2").hand_overs.list()
        assert line["due"] == "2026-11-04T09:00:00.000000Z"
        school.clock.advance(days=3)
        with pytest.raises(NotPermittedError):
            school.desk("grade-head-10").hand_overs.accept(student_id(1))
        assert school.desk("affairs").hand_overs.accept(student_id(1)) is True
        assert place_of(school, 1).class_id == class_id(2)


def test_a_summer_holds_no_hand_over_for_longer_than_the_cap(school: InventedSchool) -> None:
    deadline = school.school.plan.deadline("hand_over", None)
    assert (str(deadline.within), str(deadline.cap)) == ("10 school days", "30 days")
    crisis(school, 1)
    empty = CalendarDays(source="test", terms=(Term(date(2026, 9, 1), date(2026, 11, 3)),))
    shut = SchoolCalendar(school.school.calendar.zone, {2026: empty, 2027: empty})
    listed = handovers.listed(MONDAY, school.school.plan, shut, None)
    assert listed.due == MONDAY + timedelta(days=30)


def test_a_file_that_comes_back_to_what_is_withdraws_the_hand_over(school: InventedSchool) -> None:
    crisis(school, 1)
    put(school, row(school, 1, "高一2班"))
    put(school, row(school, 1, "高一1班"))
    assert school.desk("counselor-a").hand_overs.list() == []
    assert place_of(school, 1).class_id == class_id(1)


def test_a_crisis_that_begins_between_two_batches_holds_the_change(
    settings_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case begins after the batch was looked at and before it is committed."""
    from psysafe.testing.interrupting import InterruptedStorage

    class Crisis(InterruptedStorage):
        armed = False

        def commit(self, part: Any, changes: Any, settle: Any = ()) -> Any:
            if self.armed and changes.actor == "operator:setup":
                self.armed = False
                crisis(school, 1)
            return super().commit(part, changes, settle)

    stores: list[Crisis] = []

    def wrap(behind: Any) -> Any:
        stores.append(Crisis(behind))
        return stores[-1]

    with open_school(settings_folder, wrap=wrap) as school:
        stores[-1].armed = True
        counts = put(school, row(school, 1, "高一2班"), row(school, 3, "高一1班"))
        assert counts["changed"] == 2
        assert place_of(school, 1).class_id == class_id(1)
        assert place_of(school, 3).class_id == class_id(1)
        assert len(school.desk("counselor-a").hand_overs.list()) == 1


_ROWS = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["高一1班", "高一2班", "高二1班"]),
        st.sampled_from(["", "在读", "转出", "毕业", "离校"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda line: line[0],
)


@settings(max_examples=12)
@given(cases=st.sets(st.integers(1, 4)), files=st.lists(_ROWS, min_size=1, max_size=3))
def test_no_import_ends_the_place_of_a_student_with_a_live_case(
    settings_folder: Path, cases: set[int], files: list[list[tuple[int, str, str]]]
) -> None:
    with open_school(settings_folder) as school:
        for number in cases:
            crisis(school, number)
        held = {number: place_of(school, number) for number in cases}
        people = {number: school.desk("counselor-a").cases.list() for number in cases}
        for rows in files:
            lines = [row(school, *line) for line in rows]
            put(school, *lines)
            again = put(school, *reversed(lines))
            assert (again["new"], again["changed"], again["ended"]) == (0, 0, 0)
        assert {number: place_of(school, number) for number in cases} == held
        assert {number: school.desk("counselor-a").cases.list() for number in cases} == people
        for number in cases:
            teacher = school.desk("homeroom-1" if number < 3 else "homeroom-2")
            assert teacher.cases.about(school.number(number)).id
        assert school.net.operator().verify().ok


def test_a_leaver_of_a_bundle_stays_with_a_live_case_and_leaves_without(
    school: InventedSchool,
) -> None:
    crisis(school, 1)
    folder = school.folder.parent / "bundle"
    folder.mkdir(exist_ok=True)
    rows = "".join(
        f"u{n},tobedeleted,true,student,{school.number(n)[3:]},{NAMES[n][0]},{NAMES[n][1:]}\n"
        for n in (1, 3)
    )
    heading = "sourcedId,status,enabledUser,role,identifier,familyName,givenName\n"
    (folder / "users.csv").write_text(heading + rows, encoding="utf-8")
    (folder / "orgs.csv").write_text("sourcedId,name,type\no1,第三中学,school\n", encoding="utf-8")
    looked = school.net.operator().roster.load(folder)
    assert looked.counts["ended"] == 2
    looked.apply()
    assert not gather(school.school, student_id(1)).world.student.gone
    assert gather(school.school, student_id(3)).world.student.gone
    (line,) = school.desk("counselor-a").hand_overs.list()
    assert (line["kind"], line["missing"]) == ("departure", ["lead"])
    # Both are as the file wants them: the second run says nothing of either.
    again = school.net.operator().roster.load(folder)
    assert (again.counts["unchanged"], again.counts["ended"]) == (2, 0)


def test_whoever_must_accept_is_told_once_and_the_grade_head_when_it_is_late(
    school: InventedSchool,
) -> None:
    crisis(school, 1)
    crisis(school, 2)
    put(school, row(school, 1, "高一2班"), row(school, 2, "高一2班"))
    school.tick()

    def told(who: str) -> int:
        listed = school.desk(who).inbox.list()
        return sum(line["purpose"] == "hand_overs" for line in listed)

    # Two students, one notice each for the new class and the lead; nobody else.
    assert {who: told(who) for who in ("homeroom-2", "counselor-a")} == {
        "homeroom-2": 1,
        "counselor-a": 1,
    }
    assert told("homeroom-1") == told("homeroom-3") == told("grade-head-10") == 0
    put(school, row(school, 1, "高一2班"), row(school, 2, "高一2班"))
    school.tick()
    assert told("homeroom-2") == 1
    school.tick(days=20)
    assert told("grade-head-10") == 1


def test_a_change_without_a_live_case_tells_nobody(school: InventedSchool) -> None:
    put(school, row(school, 1, "高一2班"))
    school.tick()
    for who in ("homeroom-2", "counselor-a", "grade-head-10"):
        assert all(n["purpose"] != "hand_overs" for n in school.desk(who).inbox.list())
