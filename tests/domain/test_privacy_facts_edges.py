"""The facts that overlays ask for, at the moment at which each begins or ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from psysafe.domain.access import AccessRequest
from psysafe.domain.bars import Bar
from psysafe.domain.consents import DETAILS, GUARDIANS, Consent
from psysafe.domain.danger import UNCONFIRMED_DANGER
from psysafe.domain.exposure import Exposure
from psysafe.domain.files import Case, StudentFile
from psysafe.domain.glass import AT_MOST, BrokenGlass
from psysafe.domain.people import BIRTH_DATE
from psysafe.domain.privacy_facts import SubjectFacts, facts_of, relatives
from psysafe.domain.severity import Assessed, Provisional, Severity
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.ids import CaseId, ConsentId, ExposureId, student_person
from psysafe.sensitivity import ItemClass, changed
from psysafe.testing.schools import MONDAY, guardian_id, open_school, staff_id, student_id

I = ItemClass  # noqa: E741
SINCE: Final = MONDAY - timedelta(days=9)
LATER: Final = MONDAY + timedelta(hours=3)
TICK: Final = timedelta(microseconds=1)
CHILD: Final = student_id(1)
MOTHER: Final = guardian_id(1)
COUNSELOR: Final = staff_id("counselor-a")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("edges") / "school") as opened:
        yield gather(opened.school, CHILD).world


def world(empty: World, file: StudentFile | None = None, born: str = "") -> World:
    details = {BIRTH_DATE: born} if born else {}
    return World(
        file=file or StudentFile(student=CHILD),
        student=changed(empty.student, details=details),
        roster=empty.roster,
        plan=empty.plan,
        calendar=empty.calendar,
    )


@pytest.mark.parametrize(
    ("born", "of_age", "has_a_say"),
    [
        ("2008-11-01", True, False),
        ("2008-11-02", True, False),  # eighteen today
        ("2008-11-03", False, True),  # tomorrow
        ("2012-11-02", False, True),  # fourteen today
        ("2012-11-03", False, False),  # tomorrow
        ("", False, True),  # nobody knows: no adult, and asked all the same
    ],
)
def test_a_birthday_changes_what_guardians_see_on_its_day(
    empty: World, born: str, of_age: bool, has_a_say: bool
) -> None:
    found = facts_of(MOTHER, world(empty, born=born), MONDAY)
    assert (found.of_age, found.has_a_say) == (of_age, has_a_say)


def test_a_birthday_begins_at_midnight_where_the_school_is(empty: World) -> None:
    w = world(empty, born="2008-11-03")
    midnight = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)  # in Shanghai the third begins
    assert not facts_of(MOTHER, w, midnight - TICK).of_age
    assert facts_of(MOTHER, w, midnight).of_age


def test_an_unconfirmed_danger_is_one_for_twelve_hours_and_for_nobody_who_is_barred(
    empty: World,
) -> None:
    assert timedelta(hours=12) == UNCONFIRMED_DANGER
    level = Provisional(severity=Severity.IMMINENT, rule="S:danger:plan")
    case = Case(id=CaseId("case-1"), lifecycle="open", level=level, signalled=MONDAY)
    w = world(empty, StudentFile(student=CHILD, case=case))
    assert facts_of(MOTHER, w, MONDAY + UNCONFIRMED_DANGER - TICK).danger
    assert not facts_of(MOTHER, w, MONDAY + UNCONFIRMED_DANGER).danger
    barred = changed(w.file, bars=(Bar(person=MOTHER, by=COUNSELOR, at=MONDAY),))
    assert not facts_of(MOTHER, world(empty, barred), MONDAY).danger
    assert facts_of(COUNSELOR, world(empty, barred), MONDAY).danger
    grave = changed(case, level=Assessed(severity=Severity.HIGH, assessor=COUNSELOR, at=MONDAY))
    judged = world(empty, StudentFile(student=CHILD, case=grave))
    assert facts_of(MOTHER, judged, MONDAY + timedelta(days=30)).danger


def test_a_broken_glass_is_open_from_its_moment_until_just_before_its_end(empty: World) -> None:
    assert timedelta(hours=24) == AT_MOST
    ends = MONDAY + AT_MOST
    glass = BrokenGlass(by=COUNSELOR, at=MONDAY, until=ends, reason="nobody was there")
    w = world(empty, StudentFile(student=CHILD, glass=(glass,)))
    for moment, until in (
        (MONDAY - TICK, None),
        (MONDAY, ends),
        (ends - TICK, ends),
        (ends, None),
    ):
        assert facts_of(COUNSELOR, w, moment).glass_until == until
    assert facts_of(MOTHER, w, MONDAY).glass_until is None


def test_a_purpose_is_closed_once_every_fact_of_it_is_and_not_where_there_is_none(
    empty: World,
) -> None:
    def fact(name: str, closes: datetime) -> Exposure:
        return Exposure(id=ExposureId(name), fact="fever", since=SINCE, closes=closes)

    open_, over = fact("e-1", MONDAY + TICK), fact("e-2", MONDAY)
    for facts, closed in (((), False), ((open_,), False), ((over, open_), False), ((over,), True)):
        w = world(empty, StudentFile(student=CHILD, exposure=facts))
        assert facts_of(COUNSELOR, w, MONDAY).exposure_closed is closed


@pytest.mark.parametrize(("born", "purpose"), [("2008-11-02", GUARDIANS), ("2012-11-02", DETAILS)])
def test_the_students_leave_counts_by_its_purpose_for_its_guardian_while_it_holds(
    empty: World, born: str, purpose: str
) -> None:
    leave = Consent(
        id=ConsentId("consent-1"),
        purpose=purpose,
        receiver=MOTHER,
        by=student_person(CHILD),
        scope=("situation",),
        given=MONDAY,
        recorded_by=COUNSELOR,
        until=LATER,
    )

    def found(consent: Consent, at: datetime = MONDAY, who: Any = MOTHER) -> SubjectFacts:
        return facts_of(
            who, world(empty, StudentFile(student=CHILD, consents=(consent,)), born), at
        )

    seen = found(leave)
    assert seen.guardians_agreed
    assert seen.agreed_items is not None
    assert {I.CRISIS_FLAG, I.SUPERVISION} <= seen.agreed_items
    assert I.OBSERVATION not in seen.agreed_items
    other = DETAILS if purpose == GUARDIANS else GUARDIANS
    for without in (
        found(leave, LATER),
        found(leave, who=guardian_id(1, 2)),
        found(changed(leave, purpose=other)),
        found(changed(leave, withdrawn=MONDAY)),
        found(changed(leave, by=MOTHER)),
    ):
        assert not without.guardians_agreed
        assert without.agreed_items is None
    assert found(leave, LATER - TICK).guardians_agreed


def test_a_line_that_nobody_has_makes_nobody_a_relative(empty: World) -> None:
    assert relatives(["13999999999", ""], empty.roster) == frozenset()
    father = changed(
        empty.roster.staff[COUNSELOR],
        addresses={"mobile": empty.student.guardians[1].telephones[0]},
    )
    roster = changed(empty.roster, staff={**empty.roster.staff, COUNSELOR: father})
    w = World(
        file=StudentFile(student=CHILD),
        student=empty.student,
        roster=roster,
        plan=empty.plan,
        calendar=empty.calendar,
    )
    assert facts_of(COUNSELOR, w, MONDAY).relative
    assert not facts_of(staff_id("counselor-b"), w, MONDAY).relative


@pytest.mark.parametrize(
    ("who", "born", "notes", "reviewed", "told"),
    [
        (student_person(CHILD), "", "what is told", True, True),
        (student_person(CHILD), "", "", True, False),
        (student_person(CHILD), "", "what is told", False, False),
        (MOTHER, "2012-11-03", "what is told", True, True),  # fourteen tomorrow
        (MOTHER, "2012-11-02", "what is told", True, False),  # fourteen today
        (MOTHER, "", "what is told", True, False),
    ],
)
def test_reviewed_notes_are_the_students_and_a_young_childs_guardians(
    empty: World, who: Any, born: str, notes: str, reviewed: bool, told: bool
) -> None:
    request = AccessRequest(
        person=who,
        taken_by=COUNSELOR,
        at=MONDAY,
        reviewed_by=COUNSELOR if reviewed else None,
        reviewed=MONDAY if reviewed else None,
        notes=notes,
    )
    w = world(empty, StudentFile(student=CHILD, access=(request,)), born)
    assert facts_of(who, w, MONDAY).notes_reviewed is told
    assert not facts_of(guardian_id(1, 2), w, MONDAY).notes_reviewed


def test_by_default_nothing_is_said_of_anybody() -> None:
    said = attrs.asdict(SubjectFacts())
    assert {key: value for key, value in said.items() if value} == {"k": 5}
