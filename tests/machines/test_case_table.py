"""Every row of the case's table: each state, each command, each person; done, or refused why.

The table below is written by hand from the plan's rights and the lifecycle, not read from the
code. A refusal must leave one line in the journal and change nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe import wire
from psysafe.builtin.memory import MemoryStorage
from psysafe.domain import commands as c
from psysafe.domain.severity import Severity
from psysafe.engine.gather import gather
from psysafe.engine.handle import handle
from psysafe.engine.verify import verify
from psysafe.errors import ConflictError, PsysafeError
from psysafe.ids import CaseId, actor, student_person
from psysafe.testing.schools import (
    STAFF,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

S = student_id(1)

# -- how a case comes into each state -------------------------------------------------------------


def _report(school: InventedSchool, degree: str) -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"self_harm": degree})


def _taken(school: InventedSchool, degree: str) -> None:
    _report(school, degree)
    school.desk("counselor-a").cases.about(school.number(1)).acknowledge()


def _open(school: InventedSchool) -> None:
    _taken(school, "some")
    school.desk("counselor-a").cases.about(school.number(1)).open()


def _declared(school: InventedSchool) -> None:
    _open(school)
    school.desk("counselor-a").cases.about(school.number(1)).declare_crisis(
        danger="self", place="home", proposal="visit"
    )


def _calm(school: InventedSchool) -> None:
    _open(school)
    school.desk("counselor-a").cases.about(school.number(1)).assess("attention", "spoke twice")
    school.clock.advance(days=15)


def _away(school: InventedSchool) -> None:
    _open(school)
    case = school.desk("counselor-a").cases.about(school.number(1))
    school.desk("counselor-a").cases.away(case.id, "home", "her mother")


def _closing(school: InventedSchool) -> None:
    _calm(school)
    school.desk("counselor-a").cases.about(school.number(1)).close("well for two weeks")


def _closed(school: InventedSchool) -> None:
    _closing(school)
    school.desk("counselor-b").cases.about(school.number(1)).close("agreed")


def _dismissed(school: InventedSchool) -> None:
    _taken(school, "some")
    school.desk("counselor-a").cases.about(school.number(1)).dismiss("a misunderstanding")


def _unanswered(school: InventedSchool) -> None:
    _report(school, "severe")
    school.tick()
    school.tick(minutes=10)


STATES: dict[str, Callable[[InventedSchool], None]] = {
    "signalled": lambda school: _report(school, "some"),
    "signalled, imminent": lambda school: _report(school, "severe"),
    "signalled, unanswered": _unanswered,
    "triage": lambda school: _taken(school, "some"),
    "triage, high": lambda school: _taken(school, "marked"),
    "open": _open,
    "open, declared": _declared,
    "open, calm": _calm,
    "away": _away,
    "closing": _closing,
    "closed": _closed,
    "dismissed": _dismissed,
}
DANGER = ("signalled, imminent", "signalled, unanswered", "triage, high", "open, declared")
ENDED = ("closed", "dismissed")
SIGNALLED = ("signalled", "signalled, imminent", "signalled, unanswered")
TRIAGE = ("triage", "triage, high")
OPEN = ("open", "open, declared", "open, calm")
LIVE = (*SIGNALLED, *TRIAGE, *OPEN, "away", "closing")

# -- who there is, and who may know that there is a case ------------------------------------------

ACTORS = {name: staff_id(name) for name in STAFF} | {
    "the student": student_person(S),
    "a classmate": student_person(student_id(2)),
    "the mother": guardian_id(1),
    "another's mother": guardian_id(2),
    "an operator": actor("operator:it"),
    "a stranger": actor("staff:nobody"),
}
COUNSELORS = {"counselor-a", "counselor-b"}
LEADERS = {"head", "deputy-head", "core"}
KNOW_ENDED = COUNSELORS | {"the student"}
KNOW_LIVE = (
    KNOW_ENDED
    | LEADERS
    | {"homeroom-1", "grade-head-10", "affairs", "expert", "safeguarding", "the mother"}
)
KNOW_DANGER = KNOW_LIVE | {"doctor"}


def knows(state: str, who: str) -> bool:
    if state in ENDED:
        return who in KNOW_ENDED
    return who in (KNOW_DANGER if state in DANGER else KNOW_LIVE)


# -- what each command is, who has the right to it, and from where --------------------------------


def commands(case: CaseId) -> dict[str, c.Command]:
    about: dict[str, Any] = {"student": S, "case": case}
    return {
        "acknowledge": c.AcknowledgeCase(**about),
        "open": c.OpenCase(**about),
        "dismiss": c.DismissCase(**about, reason="a misunderstanding"),
        "declare": c.DeclareCrisis(**about, danger="self", place="home", proposal="visit"),
        "assess": c.AssessCase(**about, severity=Severity.ATTENTION, rationale="spoke to her"),
        "close": c.CloseCase(**about, reason="well for two weeks"),
        "guardian": c.LogGuardianContact(**about, guardian=guardian_id(1), outcome="reached"),
        "supervise": c.Supervise(**about, state="in_person", adult="Ms Wang"),
        "lead": c.AssignLead(**about, lead=staff_id("counselor-b")),
        "supervisor": c.NameSupervisor(**about, supervisor=staff_id("expert")),
        "away": c.MarkAway(**about, place="home", adult="her mother"),
        "return": c.DecideReturn(**about, meeting="her mother and I met"),
        "reject": c.RejectClosure(**about, reason="another week"),
        "reopen": c.ReopenCase(**about, reason="it begins again"),
        "transfer": c.TransferCase(**about, school="No 5", acknowledged_by="Ms Zhao"),
        "stand-down": c.StandDown(**about, reason="a film was being made"),
        "void": c.VoidCase(**about, reason="the wrong student"),
        "follow-up": c.FollowUp(**about, note="she sleeps again"),
    }


FROM = {
    "acknowledge": SIGNALLED,
    "open": TRIAGE,
    "dismiss": TRIAGE,
    "declare": LIVE,
    "assess": (*TRIAGE, *OPEN, "away", "closing"),
    "close": (*OPEN, "closing"),
    "guardian": LIVE,
    "supervise": LIVE,
    "lead": (*OPEN, "away", "closing"),
    "supervisor": (*OPEN, "away", "closing"),
    "away": OPEN,
    "return": ("away",),
    "reject": ("closing",),
    "reopen": ("closed",),
    "transfer": (*OPEN, "away"),
    "stand-down": LIVE,
    "void": (*LIVE, *ENDED),
    "follow-up": (*OPEN, "away", "closing"),
}
#: Whoever owes something: after an acknowledgement the one who took it up; after the
#: declaration the one who declared.
OWNERS = {"triage": {"counselor-a"}, "triage, high": {"counselor-a"}}
#: The lead of an open case owes the next assessment, or what the declaration asks for.
for _state in ("open", "open, declared", "open, calm", "away"):
    OWNERS[_state] = {"counselor-a"}
#: The adult nearest to a child in danger is to be with them (C1.1).
for _state in ("signalled, imminent", "signalled, unanswered"):
    OWNERS[_state] = {"homeroom-1"}
OWNERS["signalled, unanswered"] = {"homeroom-1", "head"}  # it was late, and passed on
#: Who decides on a closure owes that; until then the lead goes on looking.
OWNERS["closing"] = {"counselor-a", "counselor-b"}
#: Whoever is being called when a run has gone on to its second step.
CALLED = {
    "signalled": COUNSELORS,
    "signalled, imminent": COUNSELORS,
    "signalled, unanswered": {"grade-head-10"},
    "open, declared": {"homeroom-1", "head"},
}
MAY_DECLARE_UNANSWERED = (
    COUNSELORS
    | LEADERS
    | {"homeroom-1", "grade-head-10", "affairs", "duty", "doctor", "safeguarding"}
)


def has_the_right(state: str, command: str, who: str) -> bool:
    called = CALLED.get(state, COUNSELORS if state not in ("closed", "dismissed") else set())
    # A run that stopped keeps its last step in sight: whoever was called then has the right, and
    # is told that the state does not fit any more.
    holders: dict[str, set[str]] = {
        "acknowledge": COUNSELORS | called,
        "open": COUNSELORS,
        "dismiss": COUNSELORS | {"grade-head-10"},
        "assess": COUNSELORS,
        "declare": MAY_DECLARE_UNANSWERED if state == "signalled, unanswered" else COUNSELORS,
        "close": COUNSELORS | ({"head", "deputy-head"} if state == "closing" else set()),
        "guardian": OWNERS.get(state, set()),
        "supervise": MAY_DECLARE_UNANSWERED,
        "lead": COUNSELORS | {"head", "deputy-head"},
        "supervisor": COUNSELORS | {"head", "deputy-head"},
        "away": COUNSELORS,
        "return": COUNSELORS | {"head", "deputy-head"},
        "reject": COUNSELORS | {"head", "deputy-head"},
        "reopen": COUNSELORS,
        "transfer": COUNSELORS | {"head", "deputy-head"},
        "stand-down": COUNSELORS,
        "void": COUNSELORS,
        "follow-up": COUNSELORS,
    }
    return who in holders[command]


def expected(state: str, command: str, who: str) -> str | None:
    """The code of the refusal; None: it is done."""
    if not knows(state, who):
        return "PSY001"
    if not has_the_right(state, command, who):
        return "PSY002"
    if state not in FROM[command]:
        return "PSY005"
    if command == "dismiss" and state == "triage, high" and who == "grade-head-10":
        return "PSY010"
    if command == "close" and state in ("open", "open, declared"):
        return "PSY008"
    if command in ("close", "reject") and state == "closing" and who == "counselor-a":
        return "PSY009"
    if command in ("assess", "stand-down") and state == "open, declared":
        return "PSY007"
    if command == "void" and state == "away":
        return "PSY042"
    return None


# -- the worlds, kept and put back ----------------------------------------------------------------


def kept(store: MemoryStorage) -> dict[Any, Any]:
    """A copy of all that the store holds; its documents and records are frozen."""
    return {
        part: attrs.evolve(
            held,
            documents=dict(held.documents),
            journal=list(held.journal),
            receipts=dict(held.receipts),
            outbox=dict(held.outbox),
        )
        for part, held in store._schools.items()
    }


@pytest.mark.parametrize("state", STATES)
def test_each_command_from_this_state_is_done_or_refused_as_the_table_says(
    tmp_path: Path, state: str
) -> None:
    with open_school(tmp_path / "school") as school:
        STATES[state](school)
        parts = school.school
        store = parts.storage
        assert isinstance(store, MemoryStorage)
        case = gather(parts, student_id(1)).world.file.case
        assert case is not None
        assert case.lifecycle == state.partition(",")[0]
        start = kept(store)
        wrong: list[str] = []
        for name, command in commands(case.id).items():
            for who, person in ACTORS.items():
                store._schools = kept_again(start)
                found = attempt(school, command, person)
                wanted = expected(state, name, who)
                if found != wanted:
                    wrong.append(f"{name} by {who}: {found}, not {wanted}")
                elif found is not None:
                    wrong += [f"{name} by {who}: {t}" for t in traces(store, start)]
                else:
                    assert verify(parts).ok
        assert wrong == []


def kept_again(start: dict[Any, Any]) -> dict[Any, Any]:
    whole = MemoryStorage()
    whole._schools = start
    return kept(whole)


def attempt(school: InventedSchool, command: c.Command, person: Any) -> str | None:
    try:
        handle(school.school, command, person, school.clock.now())
    except PsysafeError as refused:
        return refused.code
    return None


def traces(store: MemoryStorage, start: dict[Any, Any]) -> list[str]:
    """What a refusal left behind besides its one line in the journal."""
    found = []
    for part, before in start.items():
        after = store._schools[part]
        new = [wire.read_header(r.header).kind for r in after.journal[len(before.journal) :]]
        if new != ["decision_refused"]:
            found.append(f"journal {new}")
        if after.documents != before.documents:
            found.append("documents changed")
        if after.outbox != before.outbox:
            found.append("outbox changed")
    return found


def test_no_person_with_the_table_in_hand_is_ever_refused_everything(tmp_path: Path) -> None:
    """The table itself is looked at: each command is possible somewhere, for somebody."""
    done = {
        command
        for state in STATES
        for command in FROM
        for who in ACTORS
        if expected(state, command, who) is None
    }
    assert done == set(FROM)


def test_a_case_of_another_student_is_not_found_under_this_one(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        _open(school)
        case = gather(school.school, S).world.file.case
        assert case is not None
        for command in commands(case.id).values():
            moved = attrs.evolve(command, student=student_id(2))  # type: ignore[misc]
            assert attempt(school, moved, staff_id("counselor-a")) == "PSY001"


@pytest.mark.clause("C4.3")
@pytest.mark.parametrize(
    ("action", "code"),
    [
        (lambda case: case.dismiss("  "), "PSY006"),
        (lambda case: case.assess("high", ""), "PSY006"),
        (lambda case: case.open("staff:homeroom-1"), "PSY022"),
        (lambda case: case.open("staff:counselor-c"), "PSY022"),
        (lambda case: case.declare_crisis(danger="self", place="home", proposal=" "), "PSY011"),
        (lambda case: case.declare_crisis(danger="?", place="home", proposal="x"), "PSY013"),
        (lambda case: case.declare_crisis(danger="self", place="?", proposal="x"), "PSY013"),
        (lambda case: case.assess("very bad", "because"), "PSY013"),
        (lambda case: case.guardian(guardian_id(2), "reached"), "PSY001"),
        (lambda case: case.guardian(guardian_id(1), "perhaps"), "PSY013"),
    ],
)
def test_a_step_without_its_reason_or_with_unknown_words_changes_nothing(
    tmp_path: Path, action: Any, code: str
) -> None:
    with open_school(tmp_path / "school") as school:
        _taken(school, "some")
        before = gather(school.school, S).world.file
        with pytest.raises(PsysafeError) as refused:
            action(school.desk("counselor-a").cases.about(school.number(1)))
        assert refused.value.code == code
        assert gather(school.school, S).world.file == before


@pytest.mark.clause("C4.3")
def test_an_assessed_crisis_comes_down_only_with_a_second_assessor(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        _declared(school)
        case = school.desk("counselor-a").cases.about(school.number(1))
        for second in (None, "staff:counselor-a", "staff:counselor-c", "staff:grade-head-10"):
            with pytest.raises(PsysafeError, match="PSY007"):
                case.assess("moderate", "she is with her aunt", second)
        case.assess("moderate", "she is with her aunt", "staff:counselor-b")
        about = school.desk("counselor-a").cases.about(school.number(1)).data
        assert about["severity"] == "moderate"
        assert about["crisis"] == {"declared": False}


def test_a_command_given_again_is_not_done_again_and_a_refused_one_can_be_given_later(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        counselor, parts = staff_id("counselor-a"), school.school
        now = school.clock.now()
        screened = c.RecordAnswers(
            student=S,
            scale="phq9",
            definition="1.0.0:ab",
            answered_at=now,
            answers=(0, 0, 0, 0, 0, 0, 0, 0, 2),
            scores={},
            bands={},
            status="complete",
            flags=(("self_harm", 2),),
        )
        first = handle(parts, screened, counselor, now, command_id=school.ids.command())
        flag = first.receipt.flag
        assert flag is not None
        reviewed = c.ReviewFlag(student=S, flag=flag, outcome="no_concern")
        handle(parts, reviewed, counselor, now)
        again = handle(parts, screened, counselor, now, command_id=first.receipt.command)
        assert again.repeated
        assert again.receipt == first.receipt

        early = school.ids.command()
        takes = c.Report(student=student_id(5), source="one_to_one")
        with pytest.raises(PsysafeError, match="PSY001"):
            handle(parts, takes, counselor, now, command_id=early)
        school.takes("counselor-a", "counselor")
        assert gather(parts, student_id(5)).world.file.case is None
        # What was refused was not carried out: given again when it is permitted, it is done.
        done = handle(parts, takes, counselor, now, command_id=early)
        assert not done.repeated
        assert done.receipt.signal is not None
        assert handle(parts, takes, counselor, now, command_id=early).receipt == done.receipt
        other = c.Report(student=student_id(5), source="peer")
        with pytest.raises(ConflictError, match="PSY004"):
            handle(parts, other, counselor, now, command_id=early)


@pytest.mark.clause("C4.2")
def test_a_report_joins_the_live_case_and_begins_a_new_one_after_its_end(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        _open(school)
        first = gather(school.school, S).world.file
        _report(school, "some")
        joined = gather(school.school, S).world.file
        assert first.case is not None
        assert joined.case is not None
        assert joined.case.id == first.case.id
        assert [r.id for r in joined.runs] == [r.id for r in first.runs]
        assert sorted(d.kind for d in joined.duties) == ["reassess", "review_signal", "taken_up"]

    with open_school(tmp_path / "other") as school:
        _dismissed(school)
        ended = gather(school.school, S).world.file.case
        _report(school, "some")
        begun = gather(school.school, S).world.file
        assert ended is not None
        assert begun.case is not None
        assert begun.case.id != ended.id
        assert begun.past == (ended.id,)
