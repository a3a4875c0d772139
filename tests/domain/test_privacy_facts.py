"""What overlays ask of the student and of the viewer, at its edges."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from psysafe.domain.danger import UNCONFIRMED_DANGER, in_danger
from psysafe.domain.files import Case, StudentFile
from psysafe.domain.people import Guardian, Roster, Staff, line_of
from psysafe.domain.privacy_facts import lines_of, relatives
from psysafe.domain.severity import Assessed, Level, NotAssessed, Provisional, Severity
from psysafe.domain.signals import Signal
from psysafe.ids import CaseId, SignalId
from psysafe.testing.schools import MONDAY, guardian_id, staff_id, student_id

COUNSELOR = staff_id("counselor-a")


def assessed(severity: Severity) -> Level:
    return Assessed(severity=severity, assessor=COUNSELOR, at=MONDAY)


def provisional(severity: Severity) -> Level:
    return Provisional(severity=severity, rule="S:danger:plan")


def file_with(level: Level, lifecycle: str = "open", declared: bool = False) -> StudentFile:
    signal = Signal(
        id=SignalId("sig-1"),
        at=MONDAY,
        source="message",
        reporter=COUNSELOR,
    )
    case = Case(
        id=CaseId("case-1"),
        lifecycle=lifecycle,
        level=level,
        signalled=MONDAY - timedelta(days=2),
        signals=(signal.id,),
        declared=MONDAY if declared else None,
    )
    return StudentFile(student=student_id(1), case=case, signals=(signal,))


@pytest.mark.parametrize("severity", Severity)
def test_a_person_confirms_a_danger_by_high_or_imminent_or_by_declaring_it(
    severity: Severity,
) -> None:
    grave = severity >= Severity.HIGH
    assert in_danger(file_with(assessed(severity)), MONDAY) is grave
    assert in_danger(file_with(assessed(severity), declared=True), MONDAY)
    assert not in_danger(file_with(assessed(severity), lifecycle="closed"), MONDAY)


@pytest.mark.parametrize("severity", Severity)
def test_what_a_rule_says_counts_when_imminent_for_one_night_from_the_last_signal(
    severity: Severity,
) -> None:
    file = file_with(provisional(severity))
    night = MONDAY + UNCONFIRMED_DANGER
    moments: dict[datetime, bool] = {
        MONDAY: True,
        night - timedelta(microseconds=1): True,
        night: False,
        night + timedelta(days=1): False,
    }
    for moment, holds in moments.items():
        assert in_danger(file, moment) is (holds and severity is Severity.IMMINENT)


def test_nobody_who_judged_is_no_danger_and_no_case_is_none() -> None:
    assert not in_danger(file_with(NotAssessed()), MONDAY)
    assert not in_danger(StudentFile(student=student_id(1)), MONDAY)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("13800000000", "13800000000"),
        ("+86 138 0000 0000", "13800000000"),
        ("0086-13800000000", "13800000000"),
        ("8613800000000", "13800000000"),
        ("0571-8765 4321", "057187654321"),
        ("12356", ""),
        ("wang13800000000@school.example", ""),
        ("", ""),
    ],
)
def test_a_telephone_is_the_same_however_it_is_written(written: str, line: str) -> None:
    assert line_of(written) == line


def test_whoever_shares_a_telephone_with_a_guardian_is_a_relative() -> None:
    def staff(name: str, **addresses: str) -> Staff:
        return Staff(id=staff_id(name), name=name, addresses=addresses)

    people = [
        staff("mother", mobile="+86 138 0000 0001"),
        staff("sms", aliyun_sms="13800000001"),
        staff("other", mobile="13800000002"),
        staff("mail", mail="13800000001@school.example"),
        staff("none"),
    ]
    roster = Roster(staff={one.id: one for one in people})
    guardian = Guardian(
        id=guardian_id(1),
        kind="legal_guardian",
        name="x",
        telephones=("138 0000 0001", "110"),
        since=MONDAY,
    )
    assert relatives(lines_of([guardian]), roster) == {staff_id("mother"), staff_id("sms")}
    assert relatives(lines_of([]), roster) == frozenset()


def test_a_guardian_whose_relation_has_ended_makes_nobody_a_relative() -> None:
    former = Guardian(
        id=guardian_id(1),
        kind="legal_guardian",
        name="x",
        telephones=("13800000001",),
        since=MONDAY - timedelta(days=9),
        until=MONDAY,
    )
    assert lines_of([former]) == frozenset()
