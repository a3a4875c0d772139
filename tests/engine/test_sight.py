"""From facts to one decision: which states, which hats, and what plugins are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from psysafe.contracts.extras import Objection, ObjectionRequest
from psysafe.domain import referrals as r
from psysafe.domain.bars import Bar, HandedOver
from psysafe.domain.duties import Duty
from psysafe.domain.duty_roster import DutyRoster, Kept, Shift
from psysafe.domain.files import Case, StudentFile
from psysafe.domain.people import ENDED, OFFER, HandOver, Hat
from psysafe.domain.privacy import CRISIS_TAIL, Action, DecisionPlan, State, may_know
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.severity import Assessed, Level, NotAssessed, Provisional, Severity
from psysafe.domain.world import World
from psysafe.engine.cards import case_card
from psysafe.engine.gather import gather
from psysafe.engine.school import School
from psysafe.engine.sight import (
    NOTHING_KNOWN,
    card_sight,
    file_states,
    hat_of,
    hats_of,
    opposed_cards,
    received_only,
    sight,
    states_for,
    states_of,
    unopposed,
    without_referral,
)
from psysafe.errors import NotPermittedError
from psysafe.hooks import Plugins, hookimpl
from psysafe.ids import CaseId, DutyId, OfferId, ReferralId, ShiftId
from psysafe.sensitivity import ItemClass, Trust, changed
from psysafe.testing.schools import (
    MONDAY,
    STAFF,
    InventedSchool,
    open_school,
    staff_id,
    student_id,
)

I = ItemClass  # noqa: E741
CHILD = student_id(1)
CASE = CaseId("case-1")
LEAD = staff_id("counselor-a")
TEACHER = staff_id("homeroom-1")
DUTY = staff_id("duty")
EXPERT = staff_id("expert")
TICK = timedelta(microseconds=1)
CALM: Final = Assessed(severity=Severity.ATTENTION, assessor=LEAD, at=MONDAY)
GRAVE: Final = Assessed(severity=Severity.HIGH, assessor=LEAD, at=MONDAY)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InventedSchool]:
    with open_school(tmp_path_factory.mktemp("sight") / "school") as opened:
        yield opened


@pytest.fixture(scope="module")
def empty(school: InventedSchool) -> World:
    return gather(school.school, CHILD).world


def world(empty: World, file: StudentFile, **more: Any) -> World:
    """A world of its own, in which nothing that was asked of another one is kept."""
    parts = {"student": empty.student, "roster": empty.roster, "duty": empty.duty}
    return World(file=file, plan=empty.plan, calendar=empty.calendar, **(parts | more))


def file_with(level: Level = CALM, lifecycle: str = "open", **more: Any) -> StudentFile:
    of_file = {"bars", "duties", "referrals", "handed_over"}
    case = Case(
        id=CASE,
        lifecycle=lifecycle,
        level=level,
        signalled=MONDAY,
        **{key: value for key, value in more.items() if key not in of_file},
    )
    outer = {key: value for key, value in more.items() if key in of_file}
    return StudentFile(student=CHILD, case=case, **outer)


def bar(person: Any) -> Bar:
    return Bar(person=person, by=LEAD, at=MONDAY)


def duty(kind: str, owner: Any) -> Duty:
    return Duty(
        id=DutyId(f"d-{kind}"),
        kind=kind,
        owner=owner,
        due=MONDAY,
        fallback="grade_head",
        origin="plan",
        severity=Severity.HIGH,
        opened=MONDAY,
        case=CASE,
    )


def referral(**more: Any) -> Referral:
    return Referral(
        **{
            "id": ReferralId("ref-1"),
            "case": CASE,
            "state": r.ACTIVE,
            "by": LEAD,
            "at": MONDAY,
            "account": "",
            "summary": "",
            "basis": r.STATUTORY,
            **more,
        }
    )


def offer(receiver: Any, role: str, **more: Any) -> Offer:
    return Offer(
        **{
            "id": OfferId("offer-1"),
            "receiver": receiver,
            "role": role,
            "state": r.RECEIVED,
            "by": LEAD,
            "offered": MONDAY,
            "due": MONDAY + timedelta(hours=9),
            "duty": DutyId("d-1"),
            "scope": ("identity",),
            "opened": MONDAY,
            **more,
        }
    )


def hat(viewer: str, relation: str = "school") -> Hat:
    return Hat(viewer=viewer, relation=relation, since=MONDAY)


# -- states -----------------------------------------------------------------------------------

ATTENTION, CRISIS, REFERRAL, REPORT = (
    State.ATTENTION,
    State.CRISIS,
    State.REFERRAL,
    State.REPORT,
)


@pytest.mark.parametrize(
    ("file", "states"),
    [
        (StudentFile(student=CHILD), {State.ROUTINE}),
        (file_with(), {ATTENTION}),
        (file_with(NotAssessed()), {ATTENTION}),
        (file_with(GRAVE), {ATTENTION, CRISIS}),
        (file_with(Provisional(severity=Severity.IMMINENT, rule="S:x")), {ATTENTION, CRISIS}),
        (file_with(declared=MONDAY), {ATTENTION, CRISIS}),
        (file_with(lowered=MONDAY), {ATTENTION, CRISIS}),
        (file_with(lowered=MONDAY - CRISIS_TAIL), {ATTENTION}),
        (file_with(lowered=MONDAY - CRISIS_TAIL + TICK), {ATTENTION, CRISIS}),
        (file_with(lowered=MONDAY, stood_down=MONDAY), {ATTENTION}),
        # Declared again after an alarm was called off: it is a crisis again.
        (file_with(declared=MONDAY, stood_down=MONDAY), {ATTENTION, CRISIS}),
        (file_with(referrals=(referral(),)), {ATTENTION, REFERRAL}),
        (file_with(referrals=(referral(state=r.ON_HOLD),)), {ATTENTION}),
        (file_with(duties=(duty("report_harm", LEAD),)), {ATTENTION, REPORT}),
        (
            file_with(handed_over=(HandedOver(receiver="police", by=LEAD, at=MONDAY),)),
            {ATTENTION, REPORT},
        ),
        (file_with(GRAVE, lifecycle="closed", declared=MONDAY), {State.ROUTINE}),
        (file_with(GRAVE, lifecycle="void"), {State.ROUTINE}),
    ],
)
def test_a_file_is_read_in_these_states(file: StudentFile, states: set[State]) -> None:
    assert file_states(file, MONDAY) == states


def test_a_level_that_was_lowered_counts_on_where_nobody_called_the_alarm_off() -> None:
    assert states_of("open", CALM, False, MONDAY, MONDAY) == {ATTENTION, CRISIS}
    assert states_of("open", CALM, False, MONDAY, MONDAY, stood_down=True) == {ATTENTION}


def test_for_whoever_is_barred_the_student_is_one_of_whom_nothing_is_known() -> None:
    file = file_with(GRAVE, bars=(bar(TEACHER),))
    assert states_for(TEACHER, file, MONDAY) == NOTHING_KNOWN == {State.ROUTINE}
    assert states_for(LEAD, file, MONDAY) == {ATTENTION, CRISIS}


def test_a_referral_opens_nothing_to_a_helper_by_role_to_whom_nothing_was_handed() -> None:
    states = frozenset({ATTENTION, REFERRAL})
    by_role, by_offer = hat("counseling_expert"), hat("counseling_expert", OFFER)
    for relation in ("school", "class", ENDED):
        assert without_referral(states, [hat("counseling_expert", relation)]) == {ATTENTION}
    # As it comes out of a store, where no two words are one object.
    stored = hat("counseling_expert", "".join(list(OFFER)))
    assert without_referral(states, [stored]) == states
    assert without_referral(states, [by_role, by_offer]) == states
    assert without_referral(states, [by_offer]) == states
    assert without_referral(states, [by_role, hat("homeroom_teacher")]) == states
    assert without_referral(frozenset({ATTENTION}), [by_role]) == {ATTENTION}


def test_a_house_outside_is_one_that_wears_hats_of_offers_and_no_other() -> None:
    outside = hat("medical_institution", "".join(list(OFFER)))
    assert received_only([outside])
    assert received_only([outside, hat("counseling_expert", OFFER)])
    assert not received_only([])
    assert not received_only([outside, hat("school_doctor")])
    # A counselor of the school who was handed the student belongs to the school.
    assert not received_only([hat("counselor_assigned", OFFER)])


# -- hats -------------------------------------------------------------------------------------


def viewers(w: World, actor: Any, at: datetime = MONDAY) -> list[tuple[str, str]]:
    return [(one.viewer, one.relation) for one in hats_of(actor, w, at)]


def test_whoever_leads_or_owes_something_is_assigned_and_another_counselor_is_not(
    empty: World,
) -> None:
    led = world(empty, file_with(lead=LEAD))
    assert viewers(led, LEAD) == [("counselor_assigned", "grade")]
    assert viewers(led, staff_id("counselor-b")) == [("counselor_unassigned", "grade")]
    owing = world(empty, file_with(lead=LEAD, duties=(duty("follow_up", staff_id("counselor-b")),)))
    assert viewers(owing, staff_id("counselor-b")) == [("counselor_assigned", "grade")]
    # To answer a reporter is no place in the case.
    told = world(empty, file_with(duties=(duty("taken_up", staff_id("counselor-b")),)))
    assert viewers(told, staff_id("counselor-b")) == [("counselor_unassigned", "grade")]


def test_whoever_is_barred_is_to_the_case_what_they_are_without_it(empty: World) -> None:
    file = file_with(lead=LEAD, bars=(bar(LEAD),))
    assert viewers(world(empty, file), LEAD) == [("counselor_unassigned", "grade")]


def test_whoever_accepted_an_offer_is_assigned_and_one_who_opened_it_is_not_yet(
    empty: World,
) -> None:
    other = staff_id("counselor-b")
    accepted = offer(other, "counselor", state=r.ACCEPTED)
    waiting = offer(other, "counselor")
    taken = world(empty, file_with(referrals=(referral(offers=(accepted,)),)))
    asked = world(empty, file_with(referrals=(referral(offers=(waiting,)),)))
    assert viewers(taken, other) == [("counselor_assigned", "grade"), ("counselor_assigned", OFFER)]
    assert viewers(asked, other) == [
        ("counselor_unassigned", "grade"),
        ("counselor_unassigned", OFFER),
    ]


def test_a_duty_adult_is_one_who_is_on_duty_or_where_no_roster_says_so_one_who_owes_something(
    empty: World,
) -> None:
    hour = timedelta(hours=1)
    shift = Shift(
        id=ShiftId("sh-1"),
        roster="dormitory",
        person=DUTY,
        since=MONDAY,
        until=MONDAY + hour,
    )
    kept = DutyRoster(
        shifts=(shift,), kept={"dormitory": Kept(since=MONDAY - hour, places=1, campuses={})}
    )
    there = world(empty, file_with(), duty=kept)
    assert viewers(there, DUTY) == [("duty_adult", "school")]
    assert viewers(there, DUTY, MONDAY + hour) == []
    unkept = world(empty, file_with())
    assert viewers(unkept, DUTY) == []
    owing = world(empty, file_with(duties=(duty("follow_up", DUTY),)))
    assert viewers(owing, DUTY) == [("duty_adult", "school")]
    # As long as they stand in it: a bar takes the hat of duty from nobody, it takes the case.
    barred = world(empty, file_with(bars=(bar(DUTY),)), duty=kept)
    assert viewers(barred, DUTY) == [("duty_adult", "school")]
    also_owing = world(empty, file_with(bars=(bar(DUTY),), duties=(duty("follow_up", DUTY),)))
    assert viewers(also_owing, DUTY) == []


def test_a_teacher_whose_role_is_over_keeps_one_hat_until_the_hand_over_is_due(
    empty: World,
) -> None:
    due = MONDAY + timedelta(days=3)
    waits = HandOver(kind="teacher", listed=MONDAY, due=due, keeping=(EXPERT,))
    student = changed(empty.student, hand_over=waits)
    w = world(empty, file_with(), student=student)
    hats = hats_of(EXPERT, w, MONDAY)
    assert hats[-1] == Hat(viewer="homeroom_teacher", relation=ENDED, since=MONDAY, until=due)
    assert len(hats) == 2
    assert ("homeroom_teacher", ENDED) not in viewers(w, EXPERT, due)


# -- the plan ---------------------------------------------------------------------------------


def test_what_is_asked_reaches_the_decision_as_it_was_asked(
    school: InventedSchool, empty: World
) -> None:
    file = file_with(GRAVE, lead=LEAD, bars=(bar(TEACHER),))
    w = world(empty, file)
    plain = sight(school.school, LEAD, w, MONDAY).asked
    assert (plain.purpose, plain.action, plain.trust) == ("care", Action.READ, None)
    assert plain.states == {ATTENTION, CRISIS}
    assert plain.about.danger
    assert plain.objections == frozenset()
    assert not plain.barred
    sent = sight(
        school.school,
        LEAD,
        w,
        MONDAY,
        purpose="alarm",
        action=Action.SEND,
        trust=Trust.PERSONAL,
    ).asked
    assert (sent.purpose, sent.action, sent.trust) == ("alarm", Action.SEND, Trust.PERSONAL)
    kept_out = sight(school.school, TEACHER, w, MONDAY)
    assert kept_out.asked.barred
    assert kept_out.asked.states == NOTHING_KNOWN
    assert not may_know(kept_out)


def test_an_expert_by_role_does_not_see_that_a_student_is_being_handed_on(
    school: InventedSchool, empty: World
) -> None:
    another = offer(staff_id("doctor"), "school_doctor")
    w = world(empty, file_with(referrals=(referral(offers=(another,)),)))
    assert sight(school.school, EXPERT, w, MONDAY).asked.states == {ATTENTION}
    mine = world(
        empty, file_with(referrals=(referral(offers=(offer(EXPERT, "counseling_expert"),)),))
    )
    assert sight(school.school, EXPERT, mine, MONDAY).asked.states == {ATTENTION, REFERRAL}


FILES: Final = (
    file_with(),
    file_with(GRAVE, lead=LEAD),
    file_with(NotAssessed(), lifecycle="signalled"),
    file_with(declared=MONDAY, bars=(bar(TEACHER), bar(LEAD))),
    file_with(lowered=MONDAY, lead=LEAD, duties=(duty("follow_up", DUTY),)),
    file_with(lowered=MONDAY, stood_down=MONDAY),
    file_with(GRAVE, lifecycle="closed", lead=LEAD),
    file_with(handed_over=(HandedOver(receiver="police", by=LEAD, at=MONDAY),)),
    file_with(referrals=(referral(),), duties=(duty("follow_up", DUTY),), bars=(bar(DUTY),)),
    # Who leads is accused: to the list, as to the page, they are in no charge of it.
    file_with(GRAVE, lead=LEAD, bars=(bar(LEAD),)),
)


@pytest.mark.parametrize("file", FILES, ids=range(len(FILES)))
def test_a_line_of_a_list_is_decided_as_the_page_behind_it(
    school: InventedSchool, empty: World, file: StudentFile
) -> None:
    """Nobody finds a case on a list whose page they may not open, and none is missing."""
    assert file.case is not None
    # A counselor who is also a guardian: under one telephone they are one person (X6).
    doctor = changed(
        empty.roster.staff[staff_id("doctor")],
        addresses={"mobile": empty.student.guardians[0].telephones[0]},
    )
    roster = changed(empty.roster, staff={**empty.roster.staff, doctor.id: doctor})
    shift = Shift(
        id=ShiftId("sh-1"),
        roster="dormitory",
        person=DUTY,
        since=MONDAY,
        until=MONDAY + timedelta(hours=1),
    )
    kept = DutyRoster(
        shifts=(shift,), kept={"dormitory": Kept(since=MONDAY, places=1, campuses={})}
    )
    for duty_roster in (DutyRoster(), kept):
        w = world(empty, file, roster=roster, duty=duty_roster)
        card = case_card(file, file.case, w.standing)
        for name in (*STAFF, "nobody"):
            actor = staff_id(name)
            listed = card_sight(school.school, actor, card, roster, duty_roster, MONDAY)
            page = sight(school.school, actor, w, MONDAY, action=Action.LIST)
            assert listed.decisions == page.decisions, name
            assert listed.asked.action is Action.LIST
    relative = card_sight(school.school, doctor.id, card, roster, DutyRoster(), MONDAY)
    assert relative.of(I.RISK_LEVEL).rule == "X6"


# -- the hat, and what plugins are asked ------------------------------------------------------


def plan_for(school: InventedSchool, empty: World, actor: Any, file: StudentFile) -> DecisionPlan:
    return sight(school.school, actor, world(empty, file), MONDAY)


def test_the_hat_is_the_one_in_which_somebody_knows_of_the_case(
    school: InventedSchool, empty: World
) -> None:
    assert hat_of(plan_for(school, empty, LEAD, file_with(lead=LEAD))) == "counselor_assigned"
    assert hat_of(plan_for(school, empty, TEACHER, file_with())) == "homeroom_teacher"
    # Who knows only the name is named by that, whoever sees nothing by `none`.
    known = plan_for(school, empty, staff_id("registrar"), file_with())
    assert hat_of(known) == "registrar"
    assert hat_of(plan_for(school, empty, staff_id("nobody"), file_with())) == "none"
    figures = plan_for(school, empty, staff_id("head"), StudentFile(student=CHILD))
    assert hat_of(figures) == "none"


class Strict:
    """A plugin that hears what is asked and objects to some of it."""

    plugin_name = "strict"

    def __init__(self, *keys: str, fails: bool = False) -> None:
        self.heard: list[ObjectionRequest] = []
        self.keys, self.fails = keys, fails

    @hookimpl
    def psysafe_objections(self, requests: Sequence[ObjectionRequest]) -> list[Objection]:
        self.heard += requests
        if self.fails:
            raise RuntimeError("out of order")
        return [Objection(key=key, wish="deny", reason="house_rule") for key in self.keys]


def guarded(school: InventedSchool, *plugins: object) -> School:
    return attrs.evolve(school.school, plugins=Plugins.of(*plugins))


def test_a_plugin_is_asked_about_a_view_in_ids_and_codes_and_may_refuse_it(
    school: InventedSchool, empty: World
) -> None:
    w = world(empty, file_with(GRAVE))
    seen = sight(school.school, TEACHER, w, MONDAY)
    silent = Strict()
    unopposed(guarded(school, silent), TEACHER, seen, w, "duty")
    assert silent.heard == [
        ObjectionRequest(
            key="view",
            kind="view",
            receiver=TEACHER,
            viewer="homeroom_teacher",
            student=CHILD,
            items=tuple(item.value for item in I if seen.of(item).shown),
            purpose="duty",
        )
    ]
    with pytest.raises(NotPermittedError) as refused:
        unopposed(guarded(school, Strict("view")), TEACHER, seen, w, "duty")
    assert refused.value.code == "PSY703"
    assert refused.value.finding.facts["plugin"] == "objection"


def test_a_plugin_that_fails_closes_a_view_and_is_named(
    school: InventedSchool, empty: World
) -> None:
    w = world(empty, file_with(GRAVE))
    seen = sight(school.school, TEACHER, w, MONDAY)
    with pytest.raises(NotPermittedError) as refused:
        unopposed(guarded(school, Strict(fails=True)), TEACHER, seen, w, "care")
    assert refused.value.finding.facts["plugin"] == "strict"


def test_of_a_list_a_plugin_takes_out_its_lines_and_a_failed_one_all_of_them(
    school: InventedSchool, empty: World
) -> None:
    w = world(empty, file_with(GRAVE))
    assert w.file.case is not None
    one = case_card(w.file, w.file.case, w.standing)
    lines = [
        (card, sight(school.school, TEACHER, w, MONDAY, action=Action.LIST))
        for card in (one, changed(one, case=CaseId("case-2")))
    ]
    strict = Strict("case-2")
    assert opposed_cards(guarded(school, strict), TEACHER, lines) == {"case-2"}
    assert [(q.key, q.kind, q.receiver, q.viewer, q.student, q.purpose) for q in strict.heard] == [
        (key, "view", TEACHER, "homeroom_teacher", CHILD, "care") for key in ("case-1", "case-2")
    ]
    shown = tuple(item.value for item in I if lines[0][1].of(item).shown)
    assert {q.items for q in strict.heard} == {shown}
    assert opposed_cards(guarded(school), TEACHER, lines) == frozenset()
    broken = opposed_cards(guarded(school, Strict(fails=True)), TEACHER, lines)
    assert broken == {"case-1", "case-2"}
