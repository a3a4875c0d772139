"""Every row of the tables of case and referral dropped once and flipped once, to see it noticed.

The tables below are written by hand from the design, state by state. A row of the code says from
which states a step is done; an event says in which state things are afterwards. Each row is wrong
in each of its states once, each event is dropped and sent into every other state once, and the
account that is played must differ from the table each time. What a death, its taking back and
access ask for is no row of these tables: see `test_death_and_access_mutations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import attrs
import pytest

from psysafe.domain import commands as c
from psysafe.domain import files_folding
from psysafe.domain import referrals as r
from psysafe.domain.care import AuthorityReport
from psysafe.domain.cases import deciding_referral, guards
from psysafe.domain.cases.deciding import decide
from psysafe.domain.codes import LIFECYCLE
from psysafe.domain.codes_referral import OFFER_OUTCOMES, OFFER_STATES, REFERRAL_STATES
from psysafe.domain.files import Case, GuardianAttempt
from psysafe.domain.files_folding import evolve
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.severity import Assessed, Severity
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.errors import InvalidMoveError, PsysafeError
from psysafe.ids import (
    Actor,
    CaseId,
    CommandId,
    CommandIds,
    DutyId,
    OfferId,
    ReferralId,
)
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, guardian_id, open_school, staff_id, student_id

CHILD = student_id(1)
CASE = CaseId("case-500000000000")
REFERRAL = ReferralId("ref-500000000000")
OFFER = OfferId("offer-500000000000")
COUNSELOR = staff_id("counselor-b")
ABOUT: Final[dict[str, Any]] = {"student": CHILD, "case": CASE}
LONG_AGO = MONDAY - timedelta(days=60)

Table = Mapping[str, Mapping[str, str]]
#: What came of each step in each state: the state afterwards, or the code of the refusal.
Account = dict[tuple[str, str], str]


def stays(*states: str) -> dict[str, str]:
    return {state: state for state in states}


LIVE = ("signalled", "triage", "open", "away", "closing")

#: Step, and from which state into which. In no other state it is done.
CASES: Final[Table] = {
    "acknowledge": {"signalled": "triage"},
    "open": {"triage": "open"},
    "dismiss": {"triage": "dismissed"},
    # Whoever declares has taken the case up; and in danger none goes on closing.
    "declare": {**stays("triage", "open", "away"), "signalled": "triage", "closing": "open"},
    "assess": stays("triage", "open", "away", "closing"),
    "close": {"open": "closing", "closing": "closed"},
    "guardian": stays(*LIVE),
    "supervise": stays(*LIVE),
    "advise": stays("triage", "open", "away", "closing"),
    "authority-report": stays(*LIVE),
    "follow-up": stays("open", "away", "closing"),
    "whereabouts": stays("signalled", "triage", "open", "closing"),
    "lead": stays("open", "away", "closing"),
    "accept-lead": stays(*LIVE),
    "supervisor": stays("open", "away", "closing"),
    "away": {"open": "away"},
    "return": {"away": "open"},
    "reject": {"closing": "open"},
    "reopen": {"closed": "open"},
    "transfer": {"open": "transferred", "away": "transferred"},
    "stand-down": {**stays("triage", "open", "away", "closing"), "signalled": "triage"},
    "void": dict.fromkeys((*LIVE, "closed", "dismissed"), "void"),
    "refer": stays("triage", "open", "away"),
    "hold": stays(*LIVE),
    # No break is near: it is a refusal of another kind, and comes only in these states.
    "holiday-plan": dict.fromkeys(LIVE, "PSY146"),
}
#: The same of a request, whose case is open, ...
REQUESTS: Final[Table] = {
    "opinion": stays("draft", "active", "on_hold"),
    "activate": {"draft": "active", "on_hold": "active"},
    "hold": {"active": "on_hold"},
    "revoke": dict.fromkeys(("draft", "active", "on_hold"), "revoked"),
    "complete": {"active": "completed"},
    "offer": stays("active"),
    # What a receiver says counts while the request goes on.
    **{f"{step}-offer": stays("active") for step in ("open", "accept", "reject", "start", "end")},
}
#: ... and of an offer, whose request is active.
OFFERS: Final[Table] = {
    "open-offer": {"requested": "received"},
    "accept-offer": {"received": "accepted"},
    "reject-offer": {"requested": "rejected", "received": "rejected"},
    "start-offer": {"accepted": "in_progress"},
    **{
        f"end-offer: {outcome}": dict.fromkeys(("accepted", "in_progress"), after)
        for outcome, after in {
            "attended": "completed",
            "admitted": "completed",
            "no_disorder_found": "completed",
            "no_show": "failed",
            "refused_by_guardian": "failed",
            "refused_by_student": "failed",
            "unreachable": "failed",
            "declined_by_institution": "failed",
        }.items()
    },
    "recall": dict.fromkeys(("requested", "received", "accepted", "in_progress"), "cancelled"),
    "offer": dict.fromkeys(("requested", "received", "accepted", "in_progress"), "cancelled"),
}


# -- the steps as they are given, where nothing but the state is against them ----------------------


def of_case(step: str) -> c.Command:
    return {
        "acknowledge": lambda: c.AcknowledgeCase(**ABOUT),
        "open": lambda: c.OpenCase(**ABOUT),
        "dismiss": lambda: c.DismissCase(**ABOUT, reason="误会"),
        "declare": lambda: c.DeclareCrisis(**ABOUT, danger="self", place="home", proposal="家访"),
        "assess": lambda: c.AssessCase(**ABOUT, severity=Severity.ATTENTION, rationale="已谈话"),
        "close": lambda: c.CloseCase(**ABOUT, reason="两周平稳"),
        "guardian": lambda: c.LogGuardianContact(
            **ABOUT, guardian=guardian_id(1), outcome="reached"
        ),
        "supervise": lambda: c.Supervise(**ABOUT, state="in_person", adult="王老师"),
        "advise": lambda: c.AdviseCare(**ABOUT, advice="就医", answer="undecided"),
        "authority-report": lambda: c.AdvanceReport(**ABOUT, step="draft", text="报告"),
        "follow-up": lambda: c.FollowUp(**ABOUT, note="睡得好些"),
        "whereabouts": lambda: c.LearnPlace(**ABOUT, place="home"),
        "lead": lambda: c.AssignLead(**ABOUT, lead=staff_id("counselor-a")),
        "accept-lead": lambda: c.AcceptLead(**ABOUT),
        "supervisor": lambda: c.NameSupervisor(**ABOUT, supervisor=staff_id("expert")),
        "away": lambda: c.MarkAway(**ABOUT, place="home", adult="外婆"),
        "return": lambda: c.DecideReturn(**ABOUT, meeting="与家长会商"),
        "reject": lambda: c.RejectClosure(**ABOUT, reason="还需观察"),
        "reopen": lambda: c.ReopenCase(**ABOUT, reason="又开始了"),
        "transfer": lambda: c.TransferCase(**ABOUT, school="五中", acknowledged_by="赵老师"),
        "stand-down": lambda: c.StandDown(**ABOUT, reason="在拍短片"),
        "void": lambda: c.VoidCase(**ABOUT, reason="误录"),
        "refer": lambda: c.ProposeReferral(**ABOUT, account="三次谈话", summary="请接诊"),
        "hold": lambda: c.HoldReferral(**ABOUT, referral=REFERRAL, why="家长要再想想"),
        "holiday-plan": lambda: c.PlanHoliday(
            **ABOUT, contact="电话", next_contact="周一", covers=COUNSELOR
        ),
    }[step]()


def of_referral(step: str, **more: Any) -> c.Command:
    step, _, outcome = step.partition(": ")
    about: dict[str, Any] = {**ABOUT, "referral": REFERRAL}
    offer: dict[str, Any] = {"student": CHILD, "offer": OFFER}
    return {
        "opinion": lambda: c.RecordOpinion(**about, opinion="agrees"),
        "activate": lambda: c.ActivateReferral(**about, basis=r.EMERGENCY, why="有计划"),
        "hold": lambda: c.HoldReferral(**about, why="家长要再想想"),
        "revoke": lambda: c.RevokeReferral(**about, why="不再需要"),
        "complete": lambda: c.CompleteReferral(**about),
        "offer": lambda: c.MakeOffer(
            **about, receiver=staff_id("counselor-a"), scope=("identity",), **more
        ),
        "recall": lambda: c.RecallOffer(**ABOUT, offer=OFFER),
        "open-offer": lambda: c.OpenOffer(**offer),
        "accept-offer": lambda: c.AcceptOffer(**offer),
        "reject-offer": lambda: c.RejectOffer(**offer, why="已满"),
        "start-offer": lambda: c.StartOffer(**offer),
        "end-offer": lambda: c.EndOffer(**offer, outcome=outcome or "no_show"),
    }[step]()


# -- the worlds ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("tables") / "school") as opened:
        yield gather(opened.school, CHILD).world


def world_of_case(empty: World, step: str, lifecycle: str) -> World:
    """A calm case in this state, of which everything is there that the step asks for."""
    calm = Assessed(severity=Severity.ATTENTION, assessor=COUNSELOR, at=LONG_AGO)
    tried = GuardianAttempt(guardian=guardian_id(1), at=MONDAY, by=COUNSELOR, outcome="not_reached")
    due = AuthorityReport(state="due", trigger="refusal", due_since=MONDAY)
    case = Case(
        id=CASE,
        lifecycle=lifecycle,
        level=calm,
        signalled=LONG_AGO,
        calm_since=LONG_AGO,
        closure_by=staff_id("counselor-a"),
        lead=staff_id("homeroom-1") if step == "supervisor" else None,
        lead_offered=COUNSELOR,
        guardian_attempts=(tried,),
        report=due if step == "authority-report" else None,
    )
    referrals = (_request("active"),) if step == "hold" else ()
    return attrs.evolve(empty, file=changed(empty.file, case=case, referrals=referrals))


def world_of_referral(empty: World, request: str, *offers: str) -> World:
    """A child in danger, handed on for life's sake, with a request and offers in these states."""
    grave = Assessed(severity=Severity.HIGH, assessor=COUNSELOR, at=MONDAY)
    case = Case(id=CASE, lifecycle="open", level=grave, signalled=MONDAY, declared=MONDAY)
    referrals = (_request(request, *offers),)
    return attrs.evolve(empty, file=changed(empty.file, case=case, referrals=referrals))


def _request(state: str, *offers: str) -> Referral:
    return Referral(
        id=REFERRAL,
        case=CASE,
        state=state,
        by=COUNSELOR,
        at=MONDAY,
        account="三次谈话",
        summary="请接诊",
        basis=r.EMERGENCY,
        offers=tuple(_offered(offer) for offer in offers),
    )


def _offered(state: str) -> Offer:
    return Offer(
        id=OFFER,
        receiver=staff_id("expert"),
        role="counseling_expert",
        state=state,
        by=COUNSELOR,
        offered=MONDAY,
        due=MONDAY + timedelta(hours=4),
        duty=DutyId("duty-500000000000"),
        scope=("identity",),
    )


def played(world: World, command: c.Command, read: Callable[[World], str]) -> str:
    """The state that a step led to, or the code of its refusal."""
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    try:
        events = decide(world, command, Actor(COUNSELOR), MONDAY, ids)
    except PsysafeError as refused:
        return refused.code
    file = world.file
    for event in events:
        file = evolve(file, event)
    return read(attrs.evolve(world, file=file))


def _lifecycle(world: World) -> str:
    assert world.file.case is not None
    return world.file.case.lifecycle


def case_cell(empty: World, step: str, state: str) -> str:
    return played(world_of_case(empty, step, state), of_case(step), _lifecycle)


def request_cell(empty: World, step: str, state: str) -> str:
    fits = {
        "complete": ("completed",),
        "open-offer": ("requested",),
        "accept-offer": ("received",),
        "reject-offer": ("requested",),
        "start-offer": ("accepted",),
        "end-offer": ("accepted",),
    }
    world = world_of_referral(empty, state, *fits.get(step, ()))
    return played(world, of_referral(step), lambda w: w.file.referrals[0].state)


def offer_cell(empty: World, step: str, state: str) -> str:
    more = {"instead_of": OFFER} if step == "offer" else {}
    world = world_of_referral(empty, "active", state)
    return played(world, of_referral(step, **more), lambda w: w.file.referrals[0].offers[0].state)


Cell = Callable[[World, str, str], str]


@attrs.frozen
class Told:
    """One of the tables, with how it is played and with what code another state is refused."""

    table: Table
    states: tuple[str, ...]
    cell: Cell
    refusal: str

    def wanted(self, step: str, state: str) -> str:
        return self.table[step].get(state, self.refusal)

    def account(self, empty: World) -> Account:
        return {(s, state): self.cell(empty, s, state) for s in self.table for state in self.states}

    def wrong(self, empty: World) -> list[tuple[str, str]]:
        """The places where what is played is not what the table says."""
        return [at for at, found in self.account(empty).items() if found != self.wanted(*at)]


TABLES: Final = {
    "case": Told(CASES, tuple(LIFECYCLE), case_cell, "PSY005"),
    "request": Told(REQUESTS, tuple(REFERRAL_STATES), request_cell, "PSY073"),
    "offer": Told(OFFERS, tuple(OFFER_STATES), offer_cell, "PSY073"),
}
each_table = pytest.mark.parametrize("which", TABLES)


@each_table
def test_each_step_leads_from_each_state_where_the_table_says_and_nowhere_else(
    empty: World, which: str
) -> None:
    told = TABLES[which]
    assert [(at, told.cell(empty, *at)) for at in told.wrong(empty)] == []


# -- rows ------------------------------------------------------------------------------------------


@attrs.define
class Rows:
    """The guards of both tables, as they are asked; in one place each may answer wrongly."""

    asked: set[tuple[str, str]] = attrs.field(factory=set)
    """(table, step)"""
    wrong: tuple[str, str, str] | None = None
    """table, step and state in which a row is the opposite of what it is"""

    def fits(self, table: str, step: str, state: str, states: tuple[str, ...]) -> bool:
        self.asked.add((table, step))
        return (state in states) != (self.wrong == (table, step, state))

    def in_state(self, case: Case, action: str, *states: str) -> None:
        if not self.fits("case", action, case.lifecycle, states):
            raise InvalidMoveError("PSY005", action=action, state=case.lifecycle)

    def of_referral(self, state: str, action: str, *states: str) -> None:
        # No row of an offer lets anything happen in a state that a request has as well.
        table = "request" if set(states) <= set(REFERRAL_STATES) else "offer"
        if not self.fits(table, action, state, states):
            raise InvalidMoveError("PSY073", action=action, state=state)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    found = Rows()
    monkeypatch.setattr(guards, "in_state", found.in_state)
    monkeypatch.setattr(deciding_referral, "_in", found.of_referral)
    return found


@each_table
def test_the_table_has_every_row_that_the_code_has(empty: World, rows: Rows, which: str) -> None:
    told = TABLES[which]
    assert told.wrong(empty) == []
    steps = {step.partition(": ")[0] for step in told.table}
    assert {step for table, step in rows.asked if table == which} >= steps
    if which == "case":
        # The steps of a request ask for a live case alike, all in one line.
        of_referrals = {s.partition(": ")[0] for s in (*REQUESTS, *OFFERS)}
        assert {step for table, step in rows.asked if table == "case"} - steps <= of_referrals


@each_table
def test_any_row_that_is_wrong_in_any_one_state_is_seen(
    empty: World, rows: Rows, which: str
) -> None:
    """Dropped where the step is done, and flipped where it is refused."""
    told = TABLES[which]
    unseen = []
    for step in told.table:
        for state in told.states:
            rows.wrong = (which, step.partition(": ")[0], state)
            if told.cell(empty, step, state) == told.wanted(step, state):
                unseen.append((step, state))
    assert unseen == []


# -- what events make of a state -------------------------------------------------------------------

Fold = Callable[[Any, Any], Any]


def _sent_to(which: str, state: str, fold: Fold) -> Fold:
    """The same event, with another state behind it."""

    def folded(file: Any, event: Any) -> Any:
        after = fold(file, event)
        if which == "case":
            return changed(after, case=changed(after.case, lifecycle=state))
        request = after.referrals[0]
        if which == "request":
            return changed(after, referrals=(changed(request, state=state),))
        first, *more = request.offers
        moved = (changed(first, state=state), *more)
        return changed(after, referrals=(changed(request, offers=moved),))

    return folded


def _state_of(which: str, file: Any) -> str:
    if which == "case":
        return str(file.case.lifecycle)
    request = file.referrals[0] if file.referrals else None
    if which == "request" or request is None:
        return request.state if request is not None else ""
    return request.offers[0].state if request.offers else ""


@each_table
def test_any_event_that_is_dropped_or_leads_elsewhere_is_seen(
    empty: World, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    told = TABLES[which]
    whole = dict(files_folding._EVOLVE)
    #: Where each kind of event moves something, and into which state.
    moves: dict[type, dict[tuple[str, str], str]] = {}

    def folds_by(folds: Mapping[type, Fold]) -> None:
        monkeypatch.setattr(files_folding, "_EVOLVE", MappingProxyType({**whole, **folds}))

    def noted(kind: type, fold: Fold, at: tuple[str, str]) -> Fold:
        def folded(file: Any, event: Any) -> Any:
            after = fold(file, event)
            if _state_of(which, after) != _state_of(which, file):
                moves.setdefault(kind, {})[at] = _state_of(which, after)
            return after

        return folded

    for step, row in told.table.items():
        for state in row:
            folds_by({kind: noted(kind, fold, (step, state)) for kind, fold in whole.items()})
            told.cell(empty, step, state)
    assert len(moves) >= {"case": 10, "request": 4, "offer": 6}[which]
    unseen = []
    for kind, places in moves.items():
        others = [state for state in told.states if {state} != set(places.values())]
        mutants: dict[str, Fold] = {"": lambda file, event: file}
        mutants |= {state: _sent_to(which, state, whole[kind]) for state in others}
        for state, mutant in mutants.items():
            folds_by({kind: mutant})
            if all(told.cell(empty, *at) == told.wanted(*at) for at in places):
                unseen.append((kind.__name__, state))
    assert unseen == []


def test_any_outcome_that_is_taken_for_the_other_kind_is_seen(
    empty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = TABLES["offer"]
    assert set(r.ENDS) == set(OFFER_OUTCOMES)
    for outcome, after in dict(r.ENDS).items():
        other = {r.DONE: r.FAILED, r.FAILED: r.DONE}[after]
        with monkeypatch.context() as wrong:
            wrong.setattr(r, "ENDS", {**r.ENDS, outcome: other})
            assert {step for step, _ in told.wrong(empty)} == {f"end-offer: {outcome}"}


# -- and in words ----------------------------------------------------------------------------------


def _steps(table: Table) -> set[tuple[str, str, str]]:
    """(step, from, to)"""
    return {(step, before, after) for step, row in table.items() for before, after in row.items()}


def _reached(table: Table, begin: str) -> set[str]:
    found, new = set[str](), {begin}
    while new:
        found |= new
        new = {after for _, before, after in _steps(table) if before in new} - found
    return found


def nothing_but_taking_it_up_again_or_a_mistake_touches_what_has_ended(table: Table) -> bool:
    return {step for step, before, _ in _steps(table) if before not in LIVE} == {"reopen", "void"}


def nobody_closes_in_one_step(table: Table) -> bool:
    return {before for _, before, after in _steps(table) if after == "closed"} == {"closing"}


def a_danger_can_be_declared_in_every_live_state(table: Table) -> bool:
    return set(table["declare"]) == set(LIVE) and "closing" not in table["declare"].values()


def a_guardian_is_told_and_a_child_accompanied_in_every_live_state(table: Table) -> bool:
    return all(set(table[step]) == set(LIVE) for step in ("guardian", "supervise"))


def every_live_state_can_come_to_a_regular_end(table: Table) -> bool:
    return all("closed" in _reached(table, state) for state in LIVE)


def only_triage_lets_go_without_opening(table: Table) -> bool:
    return {before for _, before, after in _steps(table) if after == "dismissed"} == {"triage"}


def what_is_void_or_has_gone_to_another_school_stays_so(table: Table) -> bool:
    return all(_reached(table, state) == {state} for state in ("void", "transferred"))


SENTENCES: Final = (
    nothing_but_taking_it_up_again_or_a_mistake_touches_what_has_ended,
    nobody_closes_in_one_step,
    a_danger_can_be_declared_in_every_live_state,
    a_guardian_is_told_and_a_child_accompanied_in_every_live_state,
    every_live_state_can_come_to_a_regular_end,
    only_triage_lets_go_without_opening,
    what_is_void_or_has_gone_to_another_school_stays_so,
)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one.__name__)
def test_it_is_true_of_the_cases_table_that(sentence: Callable[[Table], bool]) -> None:
    table = {
        step: {before: after for before, after in row.items() if not after.startswith("PSY")}
        for step, row in CASES.items()
    }
    assert sentence(table)
    broken = 0
    for step, row in table.items():
        for state in LIFECYCLE:
            wrong = dict(row)
            if wrong.pop(state, None) is None:
                wrong[state] = next(iter(row.values()), state)
            broken += not sentence({**table, step: wrong})
    assert broken, "a sentence that no wrong row breaks says nothing"
