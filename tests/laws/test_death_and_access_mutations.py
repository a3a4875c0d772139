"""Every row of a death and of access dropped once and flipped once, to see it noticed.

A death, its taking back, a broken glass, a request for what is held and a hold are not rows of the
case's table: what stands against them is written in the functions that decide them. Their account
is written below by hand. Each condition of these functions is then left out, and turned round, and
each time the account that is played must differ from the one that is written.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import CodeType
from typing import Any, Final

import attrs
import pytest

from psysafe.domain import access, consenting, files_death, glass
from psysafe.domain import commands as c
from psysafe.domain import referrals as r
from psysafe.domain.access import ANSWER_ACCESS, AccessRequest, Hold
from psysafe.domain.bars import CONFIRM_BAR, Bar
from psysafe.domain.cases import deciding, deciding_access, deciding_death, deciding_glass
from psysafe.domain.cases.deciding import decide
from psysafe.domain.codes import LIFECYCLE
from psysafe.domain.duties import RUNNING, Duty, Run
from psysafe.domain.duties_death import DeathEntered
from psysafe.domain.events import Flag, Reason
from psysafe.domain.files import Case, StudentFile
from psysafe.domain.files_folding import evolve
from psysafe.domain.glass import REVIEW_GLASS, BrokenGlass
from psysafe.domain.notes import TAKEN_UP
from psysafe.domain.people import Student
from psysafe.domain.referrals import Referral
from psysafe.domain.severity import Assessed, Severity
from psysafe.domain.signals import Signal
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.errors import PsysafeError
from psysafe.ids import (
    Actor,
    CaseId,
    CommandId,
    CommandIds,
    DutyId,
    FlagId,
    PersonId,
    ReferralId,
    RunId,
    SignalId,
    student_person,
)
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, guardian_id, open_school, staff_id, student_id

CHILD = student_id(1)
CASE = CaseId("case-500000000000")
SELF, MOTHER, STRANGER = student_person(CHILD), guardian_id(1), guardian_id(2)
A, B, HEAD = staff_id("counselor-a"), staff_id("counselor-b"), staff_id("head")
TEACHER, GONE = staff_id("homeroom-1"), staff_id("nobody")
LIVE: Final = ("signalled", "triage", "open", "away", "closing")
LATE, AHEAD = MONDAY - timedelta(hours=2), MONDAY + timedelta(days=3)
BEFORE = MONDAY - timedelta(days=2)


# -- the worlds ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("guards") / "school") as opened:
        yield gather(opened.school, CHILD).world


def case_in(lifecycle: str) -> Case:
    level = Assessed(severity=Severity.ATTENTION, assessor=B, at=BEFORE)
    return Case(id=CASE, lifecycle=lifecycle, level=level, signalled=BEFORE)


def alive(lifecycle: str = "", **more: Any) -> dict[str, Any]:
    """What of a living student's file is told: how the case stands, and more."""
    return {"case": case_in(lifecycle) if lifecycle else None, **more}


def dead(lifecycle: str = "", death: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """The same after a death was entered, while the case stood so."""
    known = {"lifecycle": lifecycle if lifecycle in LIVE else "", **(death or {})}
    ended = "closed" if lifecycle in LIVE else lifecycle
    entered = DeathEntered(by=HEAD, at=BEFORE, **known)
    return {**alive(ended), "frozen": BEFORE, "death": entered, **more}


def born(day: str) -> Callable[[Student], Student]:
    return lambda known: changed(known, details={"born": day})


def without_parents(known: Student) -> Student:
    """Whoever was a guardian is none any more."""
    former = tuple(changed(g, until=BEFORE) for g in known.guardians)
    return changed(known, guardians=former, details={"born": "2016-01-01"})


def owed(kind: str, due: datetime, owner: PersonId = A, **more: Any) -> Duty:
    return Duty(
        id=DutyId(f"duty-{kind}-{more.get('signal', '')}"),
        kind=kind,
        owner=owner,
        due=due,
        fallback="leading_group_head",
        origin="house",
        severity=Severity.HIGH,
        opened=BEFORE,
        **more,
    )


def said(name: str, by: PersonId, *dangers: str) -> Signal:
    return Signal(id=SignalId(name), source="one_to_one", at=BEFORE, reporter=by, dangers=dangers)


def looked(by: PersonId, **more: Any) -> BrokenGlass:
    until = MONDAY + timedelta(hours=1)
    return BrokenGlass(by=by, at=BEFORE, until=until, reason="in danger", **more)


def asked_for(person: PersonId) -> AccessRequest:
    return AccessRequest(person=person, taken_by=person, at=BEFORE)


HELD: Final = Hold(by=HEAD, at=BEFORE, reason="a court")
BAR_OF = {who: Bar(person=who, by=HEAD, at=BEFORE) for who in (A, B, HEAD, MOTHER)}
RUN: Final = Run(
    id=RunId("run-1"),
    route="linkage",
    purpose="linkage",
    severity=Severity.HIGH,
    case=CASE,
    started=BEFORE,
    steps=(),
    end=(),
    index=1,
    state="stopped",
    rearmed=DutyId("duty-triage-"),
)


# -- what is played, and how it is told ------------------------------------------------------------


@attrs.frozen
class Line:
    """A wish in one world, and what comes of it: the file as it is told, or a refusal's code."""

    file: Mapping[str, Any]
    command: c.Command
    wanted: str
    by: PersonId = B
    child: Callable[[Student], Student] = lambda known: known
    """what the school knows of the child else"""
    nobody: bool = False
    """whether nobody works at the school any more"""


def told(file: StudentFile) -> str:
    """How the file stands, in the words of the lines below."""
    state = "dead" if file.frozen is not None else "living"
    found = [f"{state} {file.case.lifecycle}" if file.case is not None else state]
    found += ["in danger"] * bool(file.case and file.case.declared)
    if file.death is not None and file.death.lifecycle:
        found.append(f"was {file.death.lifecycle}" + " in danger" * bool(file.death.declared))
    found += [f"flag {one.state}" for one in file.flags]
    found += [f"{d.signal or d.kind} {_when(d.due)}" for d in file.duties]
    for run in file.runs:
        if run.state == RUNNING:
            instead = " instead of another" if run.rearmed is not None else ""
            found.append(f"calls after {run.index}{instead}")
    found += [f"request {one.state}" for one in file.referrals]
    for one in file.access:
        found.append(f"asks {one.person.partition(':')[0]}" if one.reviewed is None else "answered")
        found += ["notes"] * bool(one.notes)
    found += ["held"] * len(file.holds)
    found += [f"glass {'open' if one.reviewed_by is None else 'reviewed'}" for one in file.glass]
    found += [f"said {len(file.signals)}"] * bool(file.signals)
    if (death := file.death) is not None:
        ended = (death.duties, death.runs, death.flags, death.referrals, death.signals)
        found += [f"kept {[len(one) for one in ended]}"] * any(ended)
    return ", ".join(found)


def _when(due: datetime) -> str:
    if due <= MONDAY:
        return "late"
    return "at once" if due < MONDAY + timedelta(days=1) else "in time"


def played(empty: World, line: Line) -> str:
    world = attrs.evolve(
        empty, file=changed(empty.file, **line.file), student=line.child(empty.student)
    )
    if line.nobody:
        world = attrs.evolve(world, roster=attrs.evolve(world.roster, staff={}))
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    try:
        events = decide(world, line.command, Actor(line.by), MONDAY, ids)
        file = world.file
        for event in events:
            file = evolve(file, event)
    except PsysafeError as refused:
        return refused.code
    of_it = any(getattr(one, "case", None) == CASE for one in events)
    return told(file) + ", of the case" * of_it


DIES, BACK = c.Bereave(student=CHILD), c.TakeBackDeath(student=CHILD, reason="she is here")


def of_each_standing() -> Iterator[tuple[str, Line]]:
    """The four rows of the table, in each standing of the case and where there is none."""
    for before in ("", *LIFECYCLE):
        after = f"closed, was {before}, of the case" if before in LIVE else before
        yield f"dies, {before}", Line(alive(before), DIES, f"dead {after}".strip())
        yield f"dies twice, {before}", Line(dead(before), DIES, "PSY044")
        yield f"never died, {before}", Line(alive(before), BACK, "PSY081")
        again = f"{before}, of the case" if before in LIVE else before
        yield f"is alive, {before}", Line(dead(before), BACK, f"living {again}".strip())


FLAG: Final = FlagId("flag-1")
RAISED: Final = Flag(
    id=FLAG,
    scale="phq9",
    answered_at=BEFORE,
    code="self_harm",
    severity=Severity.HIGH,
    raised=BEFORE,
    reason=Reason(rule="F"),
)
REQUEST: Final = Referral(
    id=ReferralId("ref-1"), case=CASE, state="active", by=B, at=BEFORE, account="a", summary="b"
)
TWICE: Final = [owed(TAKEN_UP, AHEAD, signal=SignalId(name)) for name in ("s-1", "s-2", "s-3")]
DEATHS: Final[dict[str, Line]] = {
    **dict(of_each_standing()),
    "who may not enter it": Line(alive(), DIES, "PSY002", by=TEACHER),
    "who may not take it back": Line(dead(), BACK, "PSY002", by=TEACHER),
    "no reason": Line(dead(), c.TakeBackDeath(student=CHILD, reason=" "), "PSY006"),
    "no time enters it": Line(alive(), DIES, "PSY002", by=PersonId("system:tick")),
    "no person makes time pass": Line(
        alive(), c.OwnerIsGone(student=CHILD, duty=DutyId("duty-1"), owner=A), "PSY002"
    ),
    "entered before deaths could be taken back": Line(
        {**dead("open"), "death": None}, BACK, "living closed"
    ),
    # What follows from a death stops the routes, cancels what is owed and revokes the request.
    "what is open ends, and is kept": Line(
        alive(
            "open",
            flags=(RAISED, changed(RAISED, id=FlagId("flag-2"), state="reviewed")),
            referrals=tuple(
                changed(REQUEST, id=ReferralId(name), state=state)
                for name, state in (("ref-1", "active"), ("ref-2", "draft"), ("ref-3", "revoked"))
            ),
            duties=(owed("triage", AHEAD), owed("talk", LATE), owed(CONFIRM_BAR, AHEAD)),
            runs=tuple(
                changed(RUN, id=RunId(name), state=state)
                for name, state in (("run-1", "stopped"), ("run-2", RUNNING), ("run-3", RUNNING))
            ),
        ),
        DIES,
        "dead closed, was open, flag reviewed, flag reviewed, triage in time, talk late,"
        f" confirm_bar in time{', calls after 1 instead of another' * 2}, request active,"
        " request draft, request revoked, kept [2, 2, 1, 2, 0], of the case",
    ),
    "the danger is over": Line(
        {"case": changed(case_in("open"), declared=BEFORE)},
        DIES,
        "dead closed, was open in danger, of the case",
    ),
    "the danger is not over": Line(
        dead("open", {"declared": BEFORE}), BACK, "living open, in danger, of the case"
    ),
    "what was open is open again": Line(
        dead(
            "open",
            {"flags": (FLAG,), "referrals": (REQUEST.id,)},
            flags=(changed(RAISED, state="reviewed"), changed(RAISED, id="f-2", state="reviewed")),
            referrals=(changed(REQUEST, state="revoked"),),
        ),
        BACK,
        "living open, flag open, flag reviewed, request on_hold, of the case",
    ),
    "what was owed is owed again, from now": Line(
        dead(
            "open",
            {
                "duties": (
                    *(owed(kind, LATE) for kind in ("triage", r.ANSWER, r.UNMET, r.DECIDE)),
                    owed("talk", AHEAD),
                ),
                "runs": (RUN.id, RunId("run-forgotten")),
            },
            runs=(RUN,),
        ),
        BACK,
        "living open, triage at once, talk in time, calls after 0 instead of another, of the case",
    ),
    "a route that nobody was asked by": Line(
        dead("open", {"runs": (RUN.id,)}, runs=(changed(RUN, index=-1, rearmed=None),)),
        BACK,
        "living open, calls after -1, of the case",
    ),
    # The teacher's first report waits for an answer again, so that the second needs none.
    "who waits already is answered once": Line(
        dead(
            "open",
            {
                "duties": (TWICE[0], owed("review_signal", AHEAD, signal=SignalId("s-4"))),
                "signals": (said("s-2", TEACHER), said("s-3", A)),
            },
            signals=(said("s-1", TEACHER), said("s-4", A)),
            duties=tuple(TWICE[1:]),
        ),
        BACK,
        "living open, s-3 in time, s-1 in time, s-4 in time, said 4, of the case",
    ),
    "of whom nobody knows any more who they are, none waits already": Line(
        dead("open", {"duties": (TWICE[0],)}, duties=(TWICE[1], owed(TAKEN_UP, AHEAD))),
        BACK,
        "living open, s-2 in time, taken_up in time, s-1 in time, of the case",
    ),
    "what was said meanwhile is reported now": Line(
        dead("", {"signals": (said("s-2", TEACHER, "farewell"),)}), BACK, "living signalled, said 1"
    ),
    "what is said meanwhile is kept": Line(
        dead("open"),
        c.Report(student=CHILD, source="one_to_one", symptoms={"insomnia": "some"}),
        "dead closed, was open, kept [0, 0, 0, 0, 1]",
        by=TEACHER,
    ),
    "what is said after an entry of before": Line(
        {**dead("open"), "death": None},
        c.Report(student=CHILD, source="one_to_one", symptoms={"insomnia": "some"}),
        "dead closed",
        by=TEACHER,
    ),
}

GLASS: Final = c.BreakGlass(student=CHILD, reason="in danger", minutes=60)
LOOKS_OVER: Final = c.ReviewGlass(student=CHILD, finding="it was needed")
OWES_GLASS: Final = {"duties": (owed(REVIEW_GLASS, AHEAD, A, had_by=(B,)),)}
GLASSES: Final[dict[str, Line]] = {
    **{
        f"broken, {state}": Line(
            alive(state), GLASS, f"living {state}, glass open" if state in LIVE else "PSY001"
        )
        for state in ("", *LIFECYCLE)
    },
    "by a barred person": Line(alive("open", bars=(BAR_OF[B],)), GLASS, "PSY001"),
    "for no reason": Line(alive("open"), attrs.evolve(GLASS, reason=" "), "PSY006"),
    **{
        f"for {minutes} minutes": Line(alive("open"), attrs.evolve(GLASS, minutes=minutes), wanted)
        for minutes, wanted in {
            -1: "PSY730",
            0: "PSY730",
            1: "living open, glass open",
            24 * 60: "living open, glass open",
            24 * 60 + 1: "PSY730",
        }.items()
    },
    "the tenth that waits": Line(
        alive("open", glass=(looked(A),) * 9 + (looked(A, reviewed_by=B),)),
        GLASS,
        f"living open{', glass open' * 9}, glass reviewed, glass open",
    ),
    "the eleventh that waits": Line(alive("open", glass=(looked(A),) * 10), GLASS, "PSY731"),
    "looked over": Line(
        alive("open", glass=(looked(HEAD),), duties=(owed(REVIEW_GLASS, AHEAD, B),)),
        LOOKS_OVER,
        f"living open, {REVIEW_GLASS} in time, glass reviewed",
    ),
    "looked over by who owed it before": Line(
        alive("open", glass=(looked(HEAD),), **OWES_GLASS),
        LOOKS_OVER,
        f"living open, {REVIEW_GLASS} in time, glass reviewed",
    ),
    "looked over by somebody else": Line(
        alive("open", glass=(looked(A),), **OWES_GLASS), LOOKS_OVER, "PSY002", by=HEAD
    ),
    "looked over by who looked": Line(
        alive("open", glass=(looked(B),), **OWES_GLASS), LOOKS_OVER, "PSY002"
    ),
    "looked over already": Line(
        alive("open", glass=(looked(A, reviewed_by=HEAD),), **OWES_GLASS), LOOKS_OVER, "PSY002"
    ),
    "one's own is left": Line(
        alive("open", glass=(looked(B), looked(A)), **OWES_GLASS),
        LOOKS_OVER,
        f"living open, {REVIEW_GLASS} in time, glass open, glass reviewed",
    ),
    "nothing found": Line(
        alive("open", glass=(looked(A),), **OWES_GLASS),
        attrs.evolve(LOOKS_OVER, finding=""),
        "PSY006",
    ),
}


def asks(person: PersonId) -> c.Command:
    return c.RequestAccess(student=CHILD, person=person)


def over(person: PersonId, notes: str = "") -> c.Command:
    return c.ReviewAccess(student=CHILD, person=person, notes=notes)


WAITS: Final = {"duties": (owed(ANSWER_ACCESS, AHEAD, A, had_by=(B, GONE)),)}
OWED: Final = f"{ANSWER_ACCESS} in time"
ACCESSES: Final[dict[str, Line]] = {
    "the student": Line(alive(), asks(SELF), "living, asks student", by=SELF),
    "a guardian": Line(alive(), asks(MOTHER), "living, asks guardian", by=MOTHER),
    "somebody of the school for a guardian": Line(alive(), asks(MOTHER), "living, asks guardian"),
    "for somebody else's guardian": Line(alive(), asks(STRANGER), "PSY001"),
    "for who was a guardian": Line(alive(), asks(MOTHER), "PSY001", child=without_parents),
    "for oneself, of the school": Line(alive(), asks(B), "PSY001"),
    "a guardian for the student": Line(alive(), asks(SELF), "PSY001", by=MOTHER),
    "the student for a guardian": Line(alive(), asks(MOTHER), "PSY001", by=SELF),
    "who has no right to it": Line(alive(), asks(SELF), "PSY002", by=TEACHER),
    "a second time": Line(alive(access=(asked_for(SELF),)), asks(SELF), "PSY743", by=SELF),
    "while another waits": Line(
        alive(access=(asked_for(MOTHER),)),
        asks(SELF),
        "living, asks guardian, asks student",
        by=SELF,
    ),
    "again after an answer": Line(
        alive(access=(changed(asked_for(SELF), reviewed=BEFORE, reviewed_by=B),)),
        asks(SELF),
        "living, answered, asks student",
        by=SELF,
    ),
    "where nobody can look": Line(alive(), asks(SELF), "PSY027", by=SELF, nobody=True),
    "looked over": Line(
        alive(access=(asked_for(SELF), asked_for(MOTHER)), **WAITS),
        over(SELF, "we spoke twice"),
        f"living, {OWED}, answered, notes, asks guardian",
    ),
    "looked over by nobody who owes it": Line(
        alive(access=(asked_for(SELF),), **WAITS), over(SELF), "PSY002", by=HEAD
    ),
    "looked over by a barred person": Line(
        alive(access=(asked_for(SELF),), bars=(BAR_OF[B],), **WAITS), over(SELF), "PSY002"
    ),
    "looked over by who has left": Line(
        alive(access=(asked_for(SELF),), **WAITS), over(SELF), "PSY002", by=GONE
    ),
    "looked over for nobody who asked": Line(
        alive(access=(asked_for(SELF),), **WAITS), over(MOTHER), "PSY001"
    ),
    "notes for a guardian of no known age": Line(
        alive(access=(asked_for(MOTHER),), **WAITS), over(MOTHER, "notes"), "PSY744"
    ),
    "none for a guardian": Line(
        alive(access=(asked_for(MOTHER),), **WAITS), over(MOTHER, " "), f"living, {OWED}, answered"
    ),
    "notes for a guardian of a child": Line(
        alive(access=(asked_for(MOTHER),), **WAITS),
        over(MOTHER, "notes"),
        f"living, {OWED}, answered, notes",
        child=born("2012-11-03"),
    ),
    "notes for a guardian of one of fourteen": Line(
        alive(access=(asked_for(MOTHER),), **WAITS),
        over(MOTHER, "notes"),
        "PSY744",
        child=born("2012-11-02"),
    ),
    "notes for who was a guardian": Line(
        alive(access=(asked_for(MOTHER),), **WAITS),
        over(MOTHER, "notes"),
        "PSY744",
        child=without_parents,
    ),
    "notes for a barred guardian": Line(
        alive(access=(asked_for(MOTHER),), bars=(BAR_OF[MOTHER],), **WAITS),
        over(MOTHER, "notes"),
        "PSY744",
        child=born("2012-11-03"),
    ),
    "notes for who is no guardian of theirs": Line(
        alive(access=(asked_for(STRANGER),), **WAITS),
        over(STRANGER, "notes"),
        "PSY744",
        child=born("2012-11-03"),
    ),
}

HOLDS_IT, LIFTS = (
    c.PlaceHold(student=CHILD, reason="a court"),
    c.LiftHold(student=CHILD, reason="over"),
)
HOLDS: Final[dict[str, Line]] = {
    "held": Line(alive(), HOLDS_IT, "living, held", by=HEAD),
    "held twice": Line(alive(holds=(HELD,)), HOLDS_IT, "living, held, held", by=HEAD),
    "held without the right": Line(alive(), HOLDS_IT, "PSY002"),
    "held for no reason": Line(alive(), attrs.evolve(HOLDS_IT, reason=" "), "PSY006", by=HEAD),
    "lifted": Line(alive(holds=(HELD, HELD)), LIFTS, "living", by=HEAD),
    "lifted without the right": Line(alive(holds=(HELD,)), LIFTS, "PSY002"),
    "lifted for no reason": Line(
        alive(holds=(HELD,)), attrs.evolve(LIFTS, reason=" "), "PSY006", by=HEAD
    ),
    "nothing to lift": Line(alive(), LIFTS, "PSY745", by=HEAD),
    "lifted by a barred person": Line(
        alive(holds=(HELD,), bars=(BAR_OF[HEAD],)), LIFTS, "PSY745", by=HEAD
    ),
}
TABLES: Final = {"death": DEATHS, "glass": GLASSES, "access": ACCESSES, "hold": HOLDS}
each_table = pytest.mark.parametrize("which", TABLES)


@each_table
def test_each_wish_comes_to_what_the_table_says(empty: World, which: str) -> None:
    table = TABLES[which]
    found = {name: played(empty, line) for name, line in table.items()}
    assert found == {name: line.wanted for name, line in table.items()}


# -- every condition, left out and turned round ----------------------------------------------------

Mutants = Callable[[Callable[..., Any]], Iterator[tuple[str, CodeType]]]
#: What decides, and what the deciding asks.
DECIDES: Final[Mapping[str, tuple[Callable[..., Any], ...]]] = {
    "death": (
        deciding.decide,
        *deciding_death.OF_DEATH.values(),
        deciding_death._owed_again,
        deciding_death._answered_twice,
        deciding_death._goes_on,
        files_death._bereaved,
        files_death._reported,
        files_death._taken_back,
    ),
    "glass": (*deciding_glass.OF_GLASS.values(), glass.unreviewed, glass.reviewed),
    "access": (
        deciding_access._request,
        deciding_access._is_guardian,
        deciding_access._review,
        access.waiting,
        access.reviewed,
        consenting.may_have_notes,
    ),
    "hold": (deciding_access._hold, deciding_access._lift),
}


@each_table
def test_any_condition_that_is_left_out_or_turned_round_is_seen(
    empty: World, monkeypatch: pytest.MonkeyPatch, mutants: Mutants, which: str
) -> None:
    table, unseen, tried = TABLES[which], [], 0
    for function in DECIDES[which]:
        for name, code in mutants(function):
            tried += 1
            with monkeypatch.context() as wrong:
                wrong.setattr(function, "__code__", code)
                if not any(_differs(empty, line) for line in table.values()):
                    unseen.append(name)
    assert unseen == [], "\n".join(unseen)
    assert tried >= 10


def _differs(empty: World, line: Line) -> bool:
    try:
        return played(empty, line) != line.wanted
    except Exception:  # the wrong code breaks
        return True


# -- what is still possible after a death ----------------------------------------------------------

#: By hand: a death taken back, what is said about the student, what is about a suspicion of harm,
#: what was told and owed; and that time goes on.
AFTER_DEATH: Final = frozenset(
    {
        "AcceptOffer",
        "AcknowledgeNotice",
        "ConfirmBar",
        "DutyIsDue",
        "EndOffer",
        "HandOverAllegation",
        "LiftBar",
        "OpenOffer",
        "OwnerIsGone",
        "RecordAttempt",
        "RecordLostAttempt",
        "RecordReceipt",
        "ReferralsAreDue",
        "RejectOffer",
        "Report",
        "SettleDuty",
        "StartOffer",
        "StepIsDue",
        "TakeBackDeath",
    }
)
BY_TIME: Final = typing.get_args(c.ByTime)
EVERY_WISH: Final = {kind.__name__: kind for kind in typing.get_args(c.Command)}


def wished(kind: type[Any]) -> c.Command:
    """A wish of this kind, with nothing in it that fits anything."""
    of_type = {"datetime": MONDAY, "Severity": Severity.HIGH, "int": 1, "tuple": (), "dict": {}}
    fields = {
        one.name: of_type.get(_named(one.type), "x")
        for one in attrs.fields(kind)
        if one.default is attrs.NOTHING
    }
    made: c.Command = kind(**{**fields, "student": CHILD})
    return made


def _named(kind: Any) -> str:
    """A type by its name, whether somebody has resolved it before or not."""
    return str(getattr(kind, "__name__", kind)).partition("[")[0]


def is_over(empty: World, kind: type[Any], **file: Any) -> bool:
    """Whether a wish is refused because the student's death was entered."""
    who = PersonId("system:tick") if kind in BY_TIME else B
    return played(empty, Line(file, wished(kind), "", by=who)) == "PSY044"


def test_after_a_death_nothing_but_this_is_possible(empty: World) -> None:
    left = {name for name, kind in EVERY_WISH.items() if not is_over(empty, kind, **dead("open"))}
    assert left == AFTER_DEATH
    assert not any(is_over(empty, kind, **alive("open")) for kind in EVERY_WISH.values())


def test_any_wish_that_a_death_ends_or_leaves_wrongly_is_seen(
    empty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = deciding._AFTER_DEATH
    for name, kind in EVERY_WISH.items():
        wrong = tuple(k for k in right if k is not kind) if kind in right else (*right, kind)
        monkeypatch.setattr(deciding, "_AFTER_DEATH", wrong)
        assert is_over(empty, kind, **dead("open")) == (name in AFTER_DEATH), name
