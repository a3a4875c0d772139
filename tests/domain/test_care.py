"""What a family says as a whole, and how a report to the authority goes on: every combination."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import attrs
import pytest

from psysafe import wire
from psysafe.domain import events as e
from psysafe.domain.care import (
    REPORT_STEPS,
    AuthorityReport,
    CareAdvice,
    GuardianRow,
    Supervision,
    Supplement,
    blocks_closing,
    family,
)
from psysafe.domain.files import Case, StudentFile
from psysafe.domain.severity import Provisional, Severity
from psysafe.ids import Actor, CaseId, PersonId, StudentId

NOW = datetime(2026, 11, 2, tzinfo=UTC)
MINE = CaseId("case-500000000000")
MOTHER, FATHER, AUNT = (PersonId(Actor(f"guardian:g-{n:012d}")) for n in (1, 2, 3))
STATES = ("attempting", "told", "agrees", "undecided", "refuses", "unreachable")


def row(who: PersonId, state: str) -> GuardianRow:
    return GuardianRow(guardian=who, state=state, since=NOW)


@pytest.mark.parametrize(("mother", "father"), list(product((None, *STATES), repeat=2)))
@pytest.mark.parametrize("severity", [*Severity, None])
def test_what_two_guardians_say_together(
    mother: str | None, father: str | None, severity: Severity | None
) -> None:
    """The whole table, by the rule in words and not by the code's order."""
    rows = [row(w, s) for w, s in ((MOTHER, mother), (FATHER, father)) if s is not None]
    said = {mother, father}
    found = family(rows, (MOTHER, FATHER), severity)
    if {"agrees", "refuses"} <= said:
        # One agreement suffices where life is in danger: a dispute delays no emergency care.
        assert found == ("agrees" if severity is Severity.IMMINENT else "disputed")
    elif "agrees" in said:
        assert found == "agrees"
    elif "refuses" in said:
        assert found == "refuses"
    elif "undecided" in said:
        assert found == "undecided"
    elif said == {"unreachable"}:
        assert found == "unreachable"
    else:
        assert found == "open"


@pytest.mark.parametrize("state", STATES)
def test_whoever_has_no_right_to_decide_decides_nothing(state: str) -> None:
    assert family([row(AUNT, state)], (MOTHER,), Severity.HIGH) == "open"
    rows = [row(AUNT, state), row(MOTHER, "refuses")]
    assert family(rows, (MOTHER,), Severity.HIGH) == "refuses"


def test_a_family_without_a_guardian_is_not_unreachable_but_open() -> None:
    assert family([], (), Severity.HIGH) == "open"


def test_a_report_goes_one_way_and_what_was_submitted_can_only_be_added_to() -> None:
    after = {"due": {"draft"}, "drafted": {"draft", "approve"}, "approved": {"submit"}}
    after |= {"submitted": {"acknowledge", "supplement"}, "acknowledged": {"supplement"}}
    for state in ("none", "due", "drafted", "approved", "submitted", "acknowledged"):
        possible = {step for step, (before, _) in REPORT_STEPS.items() if state in before}
        assert possible == after.get(state, set()), state


@pytest.mark.parametrize("supervised", [None, "in_person", "handed_to", "ended"])
@pytest.mark.parametrize(
    "reported", [None, "due", "drafted", "approved", "submitted", "acknowledged"]
)
def test_a_case_closes_when_nobody_is_watched_and_no_report_is_open(
    supervised: str | None, reported: str | None
) -> None:
    held = supervised and Supervision(state=supervised, adult="Ms Wang", since=NOW)
    report = reported and AuthorityReport(state=reported, trigger="refusal", due_since=NOW)
    blocked = blocks_closing(held or None, report or None)
    assert ("supervision" in blocked) == (supervised in ("in_person", "handed_to"))
    assert ("authority report" in blocked) == (reported not in (None, "acknowledged"))


def test_a_child_is_accompanied_while_an_adult_answers_for_it_and_a_report_stays_sent() -> None:
    for state in ("in_person", "handed_to", "ended"):
        held = Supervision(state=state, adult="Ms Wang", since=NOW)
        assert held.accompanied is (state != "ended")
    for state in ("due", "drafted", "approved", "submitted", "acknowledged"):
        report = AuthorityReport(state=state, trigger="refusal", due_since=NOW)
        assert report.sent is (state in ("submitted", "acknowledged"))


def test_where_nothing_else_is_said_nobody_called_for_help_and_a_guardian_was_tried_once() -> None:
    """What was written down before it was asked: a call for 120 that nobody said is none."""
    assert not Supervision(state="in_person", adult="Ms Wang", since=NOW).called
    assert row(MOTHER, "attempting").tries == 1


def test_what_the_family_was_advised_and_what_was_added_to_a_report_stays_as_it_was_said() -> None:
    advised = e.CareAdvised(
        case=MINE,
        advice=CareAdvice(at=NOW, by=MOTHER, advice="到专科门诊就诊", answer="undecided"),
    )
    kind, body = wire.encode_event(advised)
    assert wire.decode_event(kind, wire.version_of(kind), body) == advised
    added = Supplement(at=NOW, by=FATHER, text="家长今日同意就医")
    report = AuthorityReport(
        state="submitted", trigger="refusal", due_since=NOW, supplements=(added,)
    )
    level = Provisional(severity=Severity.HIGH, rule="D:self")
    case = Case(id=MINE, lifecycle="open", level=level, signalled=NOW, report=report)
    file = StudentFile(student=StudentId("s-000000000001"), case=case)
    assert wire.decode_document(wire.encode_document(file), StudentFile) == file
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        added.text = "另一句话"  # type: ignore[misc]
