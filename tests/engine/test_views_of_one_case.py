"""The page of one case, written by hand: item by item, in full and in its redacted form.

The page is built from decisions, so a plan is put together here that allows exactly one item, and
what comes out is compared whole: whatever stands there besides would be a leak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain import events as e
from psysafe.domain import referrals as r
from psysafe.domain.bars import Bar, HandedOver
from psysafe.domain.care import (
    AuthorityReport,
    CareAdvice,
    GuardianRow,
    Supervision,
    Supplement,
)
from psysafe.domain.consents import Consent
from psysafe.domain.diagnoses import HospitalStatement
from psysafe.domain.duties import Asked, Duty, Run, RunStep
from psysafe.domain.duties_holidays import HolidayPlan
from psysafe.domain.files import Case, GuardianAttempt, StudentFile
from psysafe.domain.glass import BrokenGlass
from psysafe.domain.privacy import (
    REDACTED_FORMS,
    Decision,
    DecisionPlan,
    Effect,
    Policy,
    plan_decisions,
)
from psysafe.domain.referrals import Offer, Referral
from psysafe.domain.severity import Assessed, NotAssessed, Provisional, Severity
from psysafe.domain.signals import Signal
from psysafe.domain.world import World
from psysafe.engine import views, words
from psysafe.engine.cards import CaseCard
from psysafe.engine.gather import gather
from psysafe.engine.views import (
    NATIONAL_LINE,
    card_view,
    case_view,
    full_form,
    full_of,
    known_words,
    number_to_call,
    redacted_form,
    redacted_of,
    rules_of,
)
from psysafe.engine.views_care import signs_report, whereabouts
from psysafe.engine.words import Phrase, Written, phrase
from psysafe.ids import (
    CaseId,
    ConsentId,
    DutyId,
    FlagId,
    NoticeId,
    OfferId,
    ReferralId,
    RunId,
    SignalId,
)
from psysafe.sensitivity import ItemClass, changed
from psysafe.testing.schools import (
    MONDAY,
    STAFF,
    class_id,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

I = ItemClass  # noqa: E741
CHILD = student_id(1)
MOTHER, FATHER = guardian_id(1, 1), guardian_id(1, 2)
CASE, OTHER = CaseId("case-1"), CaseId("case-0")
LEAD, HAD, DUTY = staff_id("counselor-a"), staff_id("counselor-b"), staff_id("duty")
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return MONDAY + hours * HOUR


def signal(name: str, source: str, reporter: Any, **more: Any) -> Signal:
    return Signal(id=SignalId(name), source=source, at=MONDAY, reporter=reporter, **more)


def duty(name: str, due: datetime, case: CaseId = CASE, kind: str = "follow_up") -> Duty:
    return Duty(
        id=DutyId(name),
        kind=kind,
        owner=HAD,
        due=due,
        fallback="grade_head",
        origin="clause C6.2",
        severity=Severity.HIGH,
        opened=at(-3),
        case=case,
    )


def step(role: str, answer: str) -> RunStep:
    return RunStep(
        role=role,
        relation="of_grade",
        channels=("inbox",),
        answer=answer,
        within="1 h",
        origin="plan",
    )


def asked(person: Any, number: int, answered: datetime | None = None) -> Asked:
    return Asked(person=person, notice=NoticeId("n-1"), step=number, answered=answered)


def run(name: str, *steps: RunStep, **more: Any) -> Run:
    return Run(
        id=RunId(name),
        route=name,
        purpose="warning",
        severity=Severity.HIGH,
        case=CASE,
        started=MONDAY,
        steps=steps,
        end=(step("leading_group_head", "any"),),
        **more,
    )


NETWORK: Final = run(
    "network",
    step("homeroom_teacher", "onward"),
    step("grade_head", "onward"),
    index=1,
    due=at(2),
    asked=(
        asked(HAD, 0, at(0.5)),
        asked(DUTY, 0, at(0.25)),
        asked(LEAD, 1),
        asked(DUTY, 2, at(1)),
    ),
)
CALL: Final = run("linkage", step("counselor", "any"), index=0, asked=(asked(LEAD, 0),))

OFFER: Final = Offer(
    id=OfferId("offer-1"),
    receiver=staff_id("expert"),
    role="counseling_expert",
    state=r.REQUESTED,
    by=LEAD,
    offered=at(-2),
    due=at(5),
    duty=DutyId("d-answer"),
    scope=("identity", "situation"),
)
ENDED_OFFER: Final = changed(
    OFFER,
    id=OfferId("offer-2"),
    state=r.FAILED,
    then=(staff_id("doctor"),),
    why="too far away",
    outcome="no_show",
)
REFERRAL: Final = Referral(
    id=ReferralId("ref-1"),
    case=CaseId("-".join(("case", "1"))),  # as out of a store: equal, and another object
    state=r.ACTIVE,
    by=LEAD,
    at=at(-4),
    account="the detailed record",
    summary="sleepless for a month",
    offers=(OFFER, ENDED_OFFER),
)
CONSENT: Final = Consent(
    id=ConsentId("consent-1"),
    purpose="counseling",
    receiver=staff_id("expert"),
    by=MOTHER,
    scope=("identity",),
    given=at(-5),
    recorded_by=LEAD,
    how="on paper",
)

BARE: Final = Case(id=CASE, lifecycle="triage", level=NotAssessed(), signalled=at(-9))
FULL_CASE: Final = changed(
    BARE,
    lifecycle="open",
    level=Provisional(severity=Severity.HIGH, rule="S:danger:plan"),
    reasons=(
        e.Reason(rule="S:danger:plan", code="plan"),
        e.Reason(rule="S:symptom:insomnia:marked", code="insomnia", degree="marked"),
        e.Reason(rule="T:phq9", code="self_harm"),
        e.Reason(rule="A:judged", code="high"),
    ),
    signals=(SignalId("sig-1"), SignalId("sig-2")),
    acknowledged_by=HAD,
    lead=LEAD,
    supervisor=HAD,
    declared=at(-1),
    danger="plan",
    place="dormitory",
    proposal="stay with the child",
    guardian_attempts=(
        GuardianAttempt(guardian=MOTHER, at=at(-2), by=LEAD, outcome="not_reached"),
    ),
    supervision=Supervision(state="in_person", adult=DUTY, since=at(-1)),
    guardians=(GuardianRow(guardian=MOTHER, state="agrees", since=at(-2), tries=3),),
    advice=(CareAdvice(at=at(-1), by=LEAD, advice="see a hospital", answer="agrees"),),
    report=AuthorityReport(
        state="submitted",
        trigger="refusal",
        due_since=at(-8),
        text="what the school did",
        submitted=at(-1),
        supplements=(Supplement(at=at(0), by=LEAD, text="a second visit"),),
    ),
    holiday=HolidayPlan(
        first="2027-01-23",
        last="2027-02-21",
        contact="the aunt",
        next_contact="the line 12356",
        informed=(MOTHER,),
        covers=HAD,
        by=LEAD,
        at=at(-1),
    ),
)
FILE: Final = StudentFile(
    student=CHILD,
    case=FULL_CASE,
    signals=(
        signal(
            "sig-1",
            "one_to_one",
            staff_id("homeroom-1"),
            symptoms={"insomnia": "marked"},
            needs=("talk",),
            dangers=("plan",),
            note="said so twice",
        ),
        signal("sig-2", "message", MOTHER),
        signal("sig-0", "hotline", FATHER),
    ),
    flags=(
        e.Flag(
            id=FlagId("flag-1"),
            scale="phq9",
            answered_at=at(-9),
            code="self_harm",
            answer=3,
            severity=Severity.HIGH,
            raised=at(-9),
            reason=e.Reason(rule="T:phq9"),
        ),
    ),
    duties=(duty("d-late", at(4)), duty("d-soon", at(0)), duty("d-past", at(-7), OTHER)),
    runs=(NETWORK, CALL),
    bars=(Bar(person=FATHER, also=(staff_id("core"),), by=LEAD, at=at(-6), why="what was said"),),
    handed_over=(HandedOver(receiver="police", by=LEAD, at=at(-5), how="in person"),),
    hospital=(
        HospitalStatement(
            at=at(-1), by=LEAD, institution="the hospital", diagnosis="as stated", document="no 7"
        ),
    ),
    glass=(
        BrokenGlass(by=HAD, at=at(-2), until=at(1), reason="nobody was there"),
        BrokenGlass(
            by=HAD, at=at(-9), until=at(-8), reason="at night", reviewed_by=LEAD, finding="right"
        ),
    ),
    consents=(CONSENT,),
    referrals=(REFERRAL,),
)
BARE_FILE: Final = StudentFile(student=CHILD, case=BARE)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("views") / "school") as opened:
        yield gather(opened.school, CHILD).world


@pytest.fixture
def full(empty: World) -> World:
    return world(empty, FILE)


@pytest.fixture
def bare(empty: World) -> World:
    return world(empty, BARE_FILE)


def world(empty: World, file: StudentFile) -> World:
    return World(
        file=file,
        student=empty.student,
        roster=empty.roster,
        plan=empty.plan,
        calendar=empty.calendar,
    )


def with_case(empty: World, **more: Any) -> World:
    return world(empty, changed(FILE, case=changed(FULL_CASE, **more)))


def case_of(w: World) -> Case:
    assert w.file.case is not None
    return w.file.case


class Showing(dict[ItemClass, Decision]):
    """Decisions of which only these are no denial."""

    def __init__(self, **effects: Effect) -> None:
        super().__init__({item: Decision(effect=Effect.DENY, rule="none") for item in I})
        for name, effect in effects.items():
            item = I(name)
            forms = (REDACTED_FORMS[item],) if effect is Effect.REDACT else ()
            self[item] = Decision(effect=effect, rule=f"rule of {name}", obligations=forms)


ASKED: Final = plan_decisions(
    Policy.compile(shipped_matrix()), [], frozenset(), purpose=None, at=MONDAY
).asked


def plan(**effects: Effect) -> DecisionPlan:
    return DecisionPlan(asked=ASKED, decisions=Showing(**effects))


def page(w: World, timeline: Any = (), *, signs: bool = False, **effects: Effect) -> dict[str, Any]:
    """What stands on the page besides its case, and the student of whoever may be named."""
    made = case_view(plan(**effects), w, case_of(w), MONDAY, list(timeline), signs=signs)
    data = dict(made.data)
    named = effects.get("display_name") is Effect.ALLOW
    assert (data.pop("case"), data.pop("student", None)) == (CASE, CHILD if named else None)
    return data


def in_full(w: World, item: ItemClass) -> dict[str, Any]:
    data = page(w, **{item.value: Effect.ALLOW})
    data.pop("people", None)
    return data


OFFER_LINE: Final = {
    "offer": "offer-1",
    "receiver": "staff:expert",
    "role": "counseling_expert",
    "state": "requested",
    "offered": at(-2),
    "scope": ["identity", "situation"],
}
REPORT_LINE: Final = {
    "authority_report": {
        "state": "submitted",
        "trigger": "refusal",
        "due_since": at(-8),
        "text": "what the school did",
        "supplements": [{"at": at(0), "by": LEAD, "text": "a second visit"}],
        "submitted": at(-1),
    }
}


def duty_line(name: str, due: datetime, overdue: bool) -> dict[str, Any]:
    return {
        "duty": name,
        "kind": "follow_up",
        "owner": HAD,
        "due": due,
        "overdue": overdue,
        "fallback": "grade_head",
        "origin": "clause C6.2",
    }


def guardian_line(who: Any, which: int, relation: str, telephones: list[str]) -> dict[str, Any]:
    return {
        "guardian": who,
        "kind": "legal_guardian",
        "name": f"林家长{which}",
        "relation": relation,
        "telephones": telephones,
    }


#: Every item that a case has, as it stands on the page in full.
IN_FULL: Final[Mapping[ItemClass, Mapping[str, Any]]] = {
    I.DISPLAY_NAME: {"name": "林小满"},
    I.CIVIL_IDENTITY: {"identities": [["student_no", "2026030101"]]},
    I.CONTACT: {
        "guardians": [
            guardian_line(MOTHER, 1, "母子", ["13700011000"]),
            # Nobody is given the number of whoever is barred.
            guardian_line(FATHER, 2, "父子", []) | {"barred": True},
        ]
    },
    I.CLASS_PLACEMENT: {"class": "高一(1)班"},
    I.EXPOSURE: {},
    I.OBSERVATION: {
        "signals": [
            {
                "signal": "sig-1",
                "at": MONDAY,
                "source": "one_to_one",
                "symptoms": {"insomnia": "marked"},
                "needs": ["talk"],
                "dangers": ["plan"],
                "note": "said so twice",
            },
            {
                "signal": "sig-2",
                "at": MONDAY,
                "source": "message",
                "symptoms": {},
                "needs": [],
                "dangers": [],
                "note": "",
            },
        ]
    },
    I.REPORTER: {
        "reporters": [
            {"signal": "sig-1", "reporter": "staff:homeroom-1"},
            {"signal": "sig-2", "reporter": MOTHER},
        ]
    },
    I.MOOD_CHECKIN: {},
    I.SCALE_LEVEL: {
        "flags": [{"flag": "flag-1", "scale": "phq9", "code": "self_harm", "state": "open"}]
    },
    I.SCALE_ITEMS: {},
    I.COUNSELING_NOTES: {
        "referral_accounts": [{"referral": "ref-1", "account": "the detailed record"}],
        "hospital": [
            {
                "at": at(-1),
                "by": LEAD,
                "institution": "the hospital",
                "diagnosis": "as stated",
                "document": "no 7",
            }
        ],
    },
    I.RISK_LEVEL: {
        "severity": "high",
        "provisional": True,
        "state": "open",
        "overdue": True,
        "duties": [duty_line("d-soon", at(0), True), duty_line("d-late", at(4), False)],
        "routes": [
            {
                "route": "network",
                "state": "running",
                "step": 1,
                "due": at(2),
                "levels": [
                    {"role": "homeroom_teacher", "answered": at(0.25)},
                    {"role": "grade_head"},
                    {"role": "leading_group_head", "answered": at(1)},
                ],
            },
            {"route": "linkage", "state": "running", "step": 0},
        ],
        "lead": LEAD,
        "supervisor": HAD,
        "due": at(0),
        # What is behind the other two, a report and a sheet, this person does not see in full.
        "reasons": [{"rule": "A:judged", "text": "high"}],
    },
    I.CRISIS_FLAG: {
        "crisis": {
            "declared": True,
            "at": at(-1),
            "danger": "plan",
            "proposal": "stay with the child",
        }
    },
    I.SAFETY_PLAN: {
        "holiday_plan": {
            "first": "2027-01-23",
            "last": "2027-02-21",
            "contact": "the aunt",
            "next_contact": "the line 12356",
            "informed": [MOTHER],
            "covers": HAD,
            "by": LEAD,
            "at": at(-1),
        }
    },
    I.SUPERVISION: {
        "place": "dormitory",
        "with": {"state": "in_person", "adult": DUTY, "since": at(-1), "called": False},
    },
    I.CONTACT_LOG: {
        "guardian_attempts": [
            {"guardian": MOTHER, "at": at(-2), "by": LEAD, "outcome": "not_reached"}
        ],
        "family": "agrees",
        "guardian_rows": [{"guardian": MOTHER, "state": "agrees", "since": at(-2), "tries": 3}],
    },
    I.REFERRAL_SUMMARY: {
        "referrals": [
            {
                "referral": "ref-1",
                "state": "active",
                "by": LEAD,
                "at": at(-4),
                "summary": "sleepless for a month",
                "offers": [
                    OFFER_LINE | {"due": at(5)},
                    OFFER_LINE
                    | {
                        "offer": "offer-2",
                        "state": "failed",
                        "why": "too far away",
                        "outcome": "no_show",
                        "then": ["staff:doctor"],
                    },
                ],
            }
        ],
        "care_advice": [{"at": at(-1), "by": LEAD, "advice": "see a hospital", "answer": "agrees"}],
        **REPORT_LINE,
    },
    I.ALLEGATION: {
        "bars": [
            {
                "person": FATHER,
                "also": ["staff:core"],
                "state": "provisional",
                "since": at(-6),
                "why": "what was said",
            }
        ],
        "handed_over": [{"receiver": "police", "by": LEAD, "at": at(-5), "how": "in person"}],
    },
    I.CONSENT: {
        "consents": [
            {
                "consent": "consent-1",
                "purpose": "counseling",
                "receiver": "staff:expert",
                "by": MOTHER,
                "scope": ["identity"],
                "given": at(-5),
                "how": "on paper",
            }
        ]
    },
    I.AUDIT_TRAIL: {
        "timeline": [],
        "broken_glass": [
            {"by": HAD, "at": at(-2), "until": at(1), "reason": "nobody was there"},
            {
                "by": HAD,
                "at": at(-9),
                "until": at(-8),
                "reason": "at night",
                "reviewed_by": LEAD,
                "finding": "right",
            },
        ],
    },
}

#: The same of a case of which nothing is known but that somebody reported.
OF_A_BARE_CASE: Final[Mapping[ItemClass, Mapping[str, Any]]] = {
    I.OBSERVATION: {"signals": []},
    I.REPORTER: {"reporters": []},
    I.SCALE_LEVEL: {"flags": []},
    I.COUNSELING_NOTES: {},
    I.RISK_LEVEL: {
        "severity": "not_assessed",
        "provisional": False,
        "state": "triage",
        "overdue": False,
        "duties": [],
        "routes": [],
        "reasons": [],
    },
    I.CRISIS_FLAG: {"crisis": {"declared": False}},
    I.SAFETY_PLAN: {},
    I.SUPERVISION: {"place": "unknown"},
    I.CONTACT_LOG: {"guardian_attempts": []},
    I.REFERRAL_SUMMARY: {},
    I.ALLEGATION: {},
    I.CONSENT: {},
    I.AUDIT_TRAIL: {"timeline": []},
}

#: The key on the page and the sentence of each redacted form of the full case.
REDACTED: Final[Mapping[ItemClass, tuple[str, str, Mapping[str, object]]]] = {
    I.DISPLAY_NAME: ("name", "display_name", {"case": CASE}),
    I.CLASS_PLACEMENT: ("class", "class_placement", {}),
    I.OBSERVATION: ("what_to_watch", "observation", {}),
    I.REPORTER: (
        "source_kind",
        "reporter",
        {"source": ("sources:hotline", "sources:message", "sources:one_to_one")},
    ),
    I.SCALE_LEVEL: ("advice", "scale_level", {}),
    I.RISK_LEVEL: ("what_to_do", "risk_level", {}),
    I.CRISIS_FLAG: ("help", "crisis_flag", {"number": "13900000003"}),
    I.SUPERVISION: ("supervision", "supervision", {"accompanied": phrase(words.ACCOMPANIED)}),
    I.CONTACT_LOG: ("guardian", "contact_log", {"reached": phrase(words.NOT_REACHED)}),
    I.ALLEGATION: ("protection", "allegation", {}),
    I.CONSENT: ("consent", "consent", {"purposes": ("consent_purposes:counseling",)}),
}
#: What has a redacted form by the policy, of which a case keeps nothing on its page.
ON_NO_PAGE: Final = {
    I.EXPOSURE,
    I.MOOD_CHECKIN,
    I.SCALE_ITEMS,
    I.COUNSELING_NOTES,
    I.SAFETY_PLAN,
    I.AUDIT_TRAIL,
}


@pytest.mark.parametrize("item", I)
def test_an_item_in_full_is_this_and_nothing_else(full: World, item: ItemClass) -> None:
    assert in_full(full, item) == IN_FULL[item]


@pytest.mark.parametrize("item", OF_A_BARE_CASE)
def test_of_what_nobody_has_said_the_page_says_nothing(bare: World, item: ItemClass) -> None:
    assert in_full(bare, item) == OF_A_BARE_CASE[item]


@pytest.mark.parametrize("item", REDACTED)
def test_a_redacted_item_is_its_one_sentence(full: World, item: ItemClass) -> None:
    key, name, facts = REDACTED[item]
    sentence = Phrase(words.REDACTED[name], {"grade": "grade:g10", **facts})
    assert page(full, **{item.value: Effect.REDACT}) == {key: sentence}
    assert redacted_form(item, full) == [sentence]
    assert redacted_of(item, full) == {key: sentence}


@pytest.mark.parametrize("item", sorted(ON_NO_PAGE, key=lambda i: i.value))
def test_what_has_no_place_on_the_page_leaves_no_trace_of_its_redacted_form(
    full: World, item: ItemClass
) -> None:
    trail = {"timeline": []} if item is I.AUDIT_TRAIL else {}
    assert page(full, **{item.value: Effect.REDACT}) == trail
    assert redacted_of(item, full) == {}


def test_every_redacted_form_of_the_policy_is_here() -> None:
    assert set(REDACTED) | ON_NO_PAGE | {I.REFERRAL_SUMMARY} == set(REDACTED_FORMS)


def test_what_is_denied_offered_or_counted_leaves_no_key_and_is_named_as_withheld(
    full: World,
) -> None:
    for effect in (Effect.DENY, Effect.STATISTICS, Effect.BREAK_GLASS):
        made = case_view(
            plan(**dict.fromkeys((i.value for i in I), effect)), full, case_of(full), MONDAY, []
        )
        assert made.data == {"case": CASE}
        assert made.withheld == tuple(item.value for item in I)


def test_a_page_in_full_holds_every_part_and_withholds_nothing(full: World) -> None:
    everything = dict.fromkeys((i.value for i in I), Effect.ALLOW)
    made = case_view(plan(**everything), full, case_of(full), MONDAY, [{"at": MONDAY}])
    parts = {key for part in IN_FULL.values() for key in part}
    assert set(made.data) == parts | {"case", "student", "people"}
    assert made.data["timeline"] == [{"at": MONDAY}]
    assert made.withheld == ()
    # Whoever sees report and sheet too reads every reason.
    assert made.data["reasons"] == [
        {"rule": "S:danger:plan", "text": "plan"},
        {"rule": "S:symptom:insomnia:marked", "text": "symptoms:insomnia degrees:marked"},
        {"rule": "T:phq9", "text": "self_harm"},
        {"rule": "A:judged", "text": "high"},
    ]


def test_the_reasons_of_a_report_and_of_a_sheet_each_need_their_own_item(full: World) -> None:
    def rules(**more: Effect) -> list[str]:
        found = page(full, risk_level=Effect.ALLOW, **more)["reasons"]
        return [one["rule"] for one in found]

    reported = ["S:danger:plan", "S:symptom:insomnia:marked"]
    assert rules(observation=Effect.ALLOW) == [*reported, "A:judged"]
    assert rules(scale_level=Effect.ALLOW) == ["T:phq9", "A:judged"]
    assert rules(observation=Effect.REDACT, scale_level=Effect.REDACT) == ["A:judged"]


def test_of_the_trail_in_its_redacted_form_no_broken_glass_is_told(full: World) -> None:
    line = {"at": MONDAY}
    assert page(full, [line], audit_trail=Effect.REDACT) == {"timeline": [line]}


def test_staff_are_named_who_stand_on_the_page_and_nobody_else(full: World) -> None:
    names = page(full, supervision=Effect.ALLOW)["people"]
    assert names == {DUTY: STAFF["duty"][0]}
    named = page(full, referral_summary=Effect.ALLOW)["people"]
    assert list(named) == [LEAD, "staff:doctor", "staff:expert"]
    assert "people" not in page(full, contact=Effect.ALLOW)


# -- small things that a page may or may not say ----------------------------------------------


def test_a_level_that_a_person_judged_is_not_provisional(empty: World) -> None:
    judged = Assessed(severity=Severity.MODERATE, assessor=LEAD, at=MONDAY)
    alone = with_case(empty, level=judged, lead=None, supervisor=None)
    seen = in_full(alone, I.RISK_LEVEL)
    assert (seen["severity"], seen["provisional"]) == ("moderate", False)
    assert not {"lead", "supervisor"} & set(seen)


def test_a_duty_is_overdue_from_its_very_moment_and_not_before(full: World) -> None:
    before = full_of(I.RISK_LEVEL, full, MONDAY - timedelta(microseconds=1))
    assert [d["overdue"] for d in before["duties"]] == [False, False]
    assert before["overdue"] is False
    later = full_of(I.RISK_LEVEL, full, at(5))
    assert [d["overdue"] for d in later["duties"]] == [True, True]


def test_a_child_handed_over_is_told_to_whom(empty: World) -> None:
    held = Supervision(state="handed_to", adult="林家长1", to="guardian", since=MONDAY, called=True)
    assert in_full(with_case(empty, supervision=held), I.SUPERVISION)["with"] == {
        "state": "handed_to",
        "adult": "林家长1",
        "since": MONDAY,
        "called": True,
        "to": "guardian",
    }


def test_a_report_that_was_not_submitted_says_no_moment(empty: World) -> None:
    due = AuthorityReport(state="due", trigger="refusal", due_since=MONDAY)
    seen = in_full(with_case(empty, report=due), I.REFERRAL_SUMMARY)
    assert "submitted" not in seen["authority_report"]


def test_a_request_says_opinion_limits_and_basis_where_there_are_any(empty: World) -> None:
    told = {"opinion": "within_limits", "limits": ["identity"], "basis": "consent"}
    told |= {"basis_why": "as agreed", "held": "a consent lapsed"}
    asked_for = changed(REFERRAL, **(told | {"limits": ("identity",)}), offers=())
    elsewhere = changed(REFERRAL, id=ReferralId("ref-0"), case=OTHER)
    later = changed(REFERRAL, id=ReferralId("ref-9"), case=CaseId("case-9"))
    w = world(empty, changed(FILE, referrals=(elsewhere, asked_for, later)))
    (line,) = in_full(w, I.REFERRAL_SUMMARY)["referrals"]
    assert line == {
        "referral": "ref-1",
        "state": "active",
        "by": LEAD,
        "at": at(-4),
        "summary": "sleepless for a month",
        "offers": [],
        **told,
    }
    (account,) = in_full(w, I.COUNSELING_NOTES)["referral_accounts"]
    assert account["referral"] == "ref-1"


def test_an_offer_is_due_when_its_duty_is_and_no_more_once_it_is_answered(empty: World) -> None:
    urgent = duty("d-answer", at(1), kind="answer_offer")
    w = world(empty, changed(FILE, duties=(urgent,)))
    waiting, ended = in_full(w, I.REFERRAL_SUMMARY)["referrals"][0]["offers"]
    assert waiting["due"] == at(1)
    assert "due" not in ended


def test_a_consent_says_when_it_ended_and_in_which_way(empty: World) -> None:
    ends = {"withdrawn": at(1), "lapsed": at(2), "until": at(3)}
    for key, moment in ends.items():
        w = world(empty, changed(FILE, consents=(changed(CONSENT, **{key: moment}),)))
        (line,) = in_full(w, I.CONSENT)["consents"]
        assert {one: line[one] for one in ends if one in line} == {key: moment}


def test_a_consent_that_is_over_is_none_in_the_redacted_form(empty: World) -> None:
    for over in ({"withdrawn": at(1)}, {"lapsed": at(1)}):
        w = world(empty, changed(FILE, consents=(changed(CONSENT, **over),)))
        (sentence,) = redacted_form(I.CONSENT, w)
        assert sentence.facts["purposes"] == phrase(words.NO_CONSENT)
    ahead = world(empty, changed(FILE, consents=(changed(CONSENT, until=at(9)),)))
    assert redacted_form(I.CONSENT, ahead)[0].facts["purposes"] == ("consent_purposes:counseling",)


def test_the_form_of_a_summary_tells_of_a_hand_over_only_while_there_is_one(
    empty: World, full: World
) -> None:
    assert page(full, referral_summary=Effect.REDACT) == {"summary": phrase(words.HANDED_ON)}
    ended = world(empty, changed(FILE, referrals=(changed(REFERRAL, state=r.COMPLETED),)))
    (sentence,) = redacted_form(I.REFERRAL_SUMMARY, ended)
    assert sentence.text == words.REDACTED["referral_summary"]


def test_whoever_signs_the_report_reads_it_beside_the_form(full: World) -> None:
    seen = page(full, signs=True, referral_summary=Effect.REDACT)
    assert seen.pop("people") == {LEAD: STAFF["counselor-a"][0]}
    assert seen == {"summary": phrase(words.HANDED_ON), **REPORT_LINE}
    # To sign one thing opens no other.
    assert "authority_report" not in page(full, signs=True, risk_level=Effect.REDACT)


def test_the_plans_roles_sign_the_report_and_nobody_else(full: World) -> None:
    signing = {name for name in STAFF if signs_report(full, staff_id(name), MONDAY)}
    assert signing == {"head", "deputy-head", "affairs"}


def test_a_form_that_would_tell_by_standing_there_stands_only_where_something_is(
    bare: World,
) -> None:
    redacted = dict.fromkeys(("allegation", "consent", "scale_level"), Effect.REDACT)
    assert set(page(bare, **redacted)) == {"advice"}


def test_the_redacted_forms_of_a_file_without_a_case_name_nothing(empty: World) -> None:
    w = world(empty, StudentFile(student=CHILD))
    facts = {item: redacted_form(item, w)[0].facts for item in REDACTED}
    assert facts[I.DISPLAY_NAME]["case"] == "-"
    assert facts[I.REPORTER]["source"] == "-"
    assert facts[I.CRISIS_FLAG]["number"] == NATIONAL_LINE == "12356"
    assert facts[I.SUPERVISION]["accompanied"] == phrase(words.PLACE_UNKNOWN)
    assert facts[I.CONTACT_LOG]["reached"] == phrase(words.NOT_REACHED)
    assert all(full_of(item, w, MONDAY) == {} for item in I)


@pytest.mark.parametrize(
    ("outcome", "reached"),
    [
        ("not_reached", False),
        ("reached", True),
        ("undecided", True),
        ("agrees", True),
        ("refuses", True),
    ],
)
def test_a_guardian_counts_as_reached_once_one_was_told(
    empty: World, outcome: str, reached: bool
) -> None:
    tries = (
        GuardianAttempt(guardian=MOTHER, at=at(-2), by=LEAD, outcome=outcome),
        GuardianAttempt(guardian=MOTHER, at=at(-1), by=LEAD, outcome="not_reached"),
    )
    (sentence,) = redacted_form(I.CONTACT_LOG, with_case(empty, guardian_attempts=tries))
    assert sentence.facts["reached"] == phrase(words.REACHED if reached else words.NOT_REACHED)


def test_where_a_child_is_is_said_by_who_is_with_it_before_the_place() -> None:
    with_somebody = Supervision(state="in_person", adult=DUTY, since=MONDAY)
    left = changed(with_somebody, state="ended")
    assert whereabouts(None) == words.PLACE_UNKNOWN
    assert whereabouts(BARE) == words.PLACE_UNKNOWN
    assert whereabouts(changed(BARE, place="dormitory")) == words.PLACE_KNOWN
    assert whereabouts(changed(BARE, supervision=with_somebody)) == words.ACCOMPANIED
    assert whereabouts(changed(BARE, supervision=left)) == words.PLACE_UNKNOWN


def test_whom_to_telephone_is_the_lead_then_who_took_it_up_then_the_national_line(
    empty: World,
) -> None:
    mobile = {name: empty.roster.staff[staff_id(name)].addresses["mobile"] for name in STAFF}
    assert number_to_call(with_case(empty)) == mobile["counselor-a"]
    assert number_to_call(with_case(empty, lead=None)) == mobile["counselor-b"]
    stranger = staff_id("left-long-ago")
    assert number_to_call(with_case(empty, lead=stranger)) == mobile["counselor-b"]
    assert number_to_call(with_case(empty, lead=None, acknowledged_by=None)) == NATIONAL_LINE
    assert number_to_call(with_case(empty, lifecycle="closed")) == NATIONAL_LINE
    w = reached_by(empty, {"mail": "a@school.example"})
    assert number_to_call(w) == mobile["counselor-b"]


def reached_by(empty: World, addresses: dict[str, str]) -> World:
    lead = changed(empty.roster.staff[LEAD], addresses=addresses)
    return World(
        file=FILE,
        student=empty.student,
        roster=changed(empty.roster, staff={**empty.roster.staff, LEAD: lead}),
        plan=empty.plan,
        calendar=empty.calendar,
    )


@pytest.mark.parametrize("number", ["13800000001", "+86 138 0000 0001", "(0591) 8888-0001"])
def test_what_can_be_dialled_is_said_as_it_stands(empty: World, number: str) -> None:
    assert number_to_call(reached_by(empty, {"mobile": number})) == number


@pytest.mark.parametrize(
    "written", ["", "张三的妈妈", "13800000001 张三", "https://x.example/1", "1\n2345", "8" * 40]
)
def test_what_cannot_be_dialled_never_stands_in_a_text_of_class_k0(
    empty: World, written: str
) -> None:
    w = reached_by(empty, {"mobile": written})
    assert number_to_call(w) == empty.roster.staff[staff_id("counselor-b")].addresses["mobile"]


def test_a_class_that_is_not_known_is_called_by_its_grade(empty: World) -> None:
    w = World(
        file=FILE,
        student=empty.student,
        roster=changed(empty.roster, classes={}),
        plan=empty.plan,
        calendar=empty.calendar,
    )
    assert views.class_name(w) == "g10"
    assert views.class_name(empty) == "高一(1)班"


def test_a_guardian_whose_relation_is_over_stands_on_no_page(empty: World) -> None:
    mother, father = empty.student.guardians
    student = changed(empty.student, guardians=(mother, changed(father, until=MONDAY)))
    w = World(
        file=FILE,
        student=student,
        roster=empty.roster,
        plan=empty.plan,
        calendar=empty.calendar,
    )
    assert [g["guardian"] for g in full_of(I.CONTACT, w, MONDAY)["guardians"]] == [MOTHER]


def test_a_reporter_who_is_barred_is_marked_as_such(empty: World) -> None:
    own = changed(FILE, bars=(changed(FILE.bars[0], person=MOTHER),))
    _, told = in_full(world(empty, own), I.REPORTER)["reporters"]
    assert told == {"signal": "sig-2", "reporter": MOTHER, "barred": True}


def test_an_allegation_without_its_words_says_who_and_since_when(full: World) -> None:
    made = views.bars_data(full, words=False)
    assert [set(one) for one in made["bars"]] == [{"person", "also", "state", "since"}]
    assert [set(one) for one in made["handed_over"]] == [{"receiver", "by", "at"}]


def test_whom_to_try_next_stands_beside_the_calls_while_somebody_must_be_told(
    empty: World,
) -> None:
    owed = duty("d-tell", at(3), kind="tell_guardian")
    w = world(empty, changed(FILE, duties=(owed,), bars=()))
    told = in_full(w, I.CONTACT_LOG)
    assert told["next_try"]["guardian"] == FATHER
    assert isinstance(told["next_try"]["by"], datetime)
    alone = changed(FILE, duties=(owed,), case=changed(FULL_CASE, guardians=()))
    assert set(in_full(world(empty, alone), I.CONTACT_LOG)) == {"guardian_attempts", "next_try"}


# -- sentences of a notice --------------------------------------------------------------------


def test_an_item_in_full_as_a_sentence_of_a_notice(full: World) -> None:
    told = {item: full_form(item, full) for item in I}
    assert {item: found for item, found in told.items() if found} == {
        I.DISPLAY_NAME: [phrase(words.SAY_NAME, name=Written("林小满"))],
        I.CLASS_PLACEMENT: [phrase(words.SAY_CLASS, name=Written("高一(1)班"))],
        I.RISK_LEVEL: [phrase(words.SAY_SEVERITY, severity="severity:high")],
        I.SUPERVISION: [phrase(words.SAY_PLACE, place="places:dormitory")],
        I.CRISIS_FLAG: [
            phrase(words.SAY_CRISIS, danger="dangers:plan", proposal=Written("stay with the child"))
        ],
    }


def test_a_notice_says_nothing_of_a_crisis_that_nobody_declared(bare: World) -> None:
    assert full_form(I.CRISIS_FLAG, bare) == []
    unjudged = [phrase(words.SAY_SEVERITY, severity="severity:not_assessed")]
    assert full_form(I.RISK_LEVEL, bare) == unjudged


def test_without_a_case_a_notice_names_the_student_and_nothing_more(empty: World) -> None:
    w = world(empty, StudentFile(student=CHILD))
    assert {item for item in I if full_form(item, w)} == {I.DISPLAY_NAME, I.CLASS_PLACEMENT}


# -- one line of a list -----------------------------------------------------------------------

CARD: Final = CaseCard(
    case=CASE,
    student=CHILD,
    grade="g10",
    class_id=class_id(1),
    placed=at(-99),
    lifecycle="open",
    level=Provisional(severity=Severity.HIGH, rule="S:danger:plan"),
    declared=True,
    lead=LEAD,
    due=MONDAY,
)
IDS: Final = {"case": CASE}


def test_a_line_of_a_list_is_the_level_in_full_or_the_crisis_alone_or_only_its_ids() -> None:
    in_full = {"severity": "high", "state": "open", "lead": LEAD, "due": MONDAY, "overdue": True}
    level, redacted = {"risk_level": Effect.ALLOW}, {"risk_level": Effect.REDACT}
    flag = {"crisis_flag": Effect.REDACT}
    assert card_view(plan(**level, **flag), CARD, MONDAY) == IDS | in_full
    assert card_view(plan(**redacted, **flag), CARD, MONDAY) == IDS | {"crisis": True}
    assert card_view(plan(**flag), CARD, MONDAY) == IDS | {"crisis": True}
    assert card_view(plan(**redacted), CARD, MONDAY) == IDS
    assert card_view(plan(risk_level=Effect.BREAK_GLASS), CARD, MONDAY) == IDS
    assert card_view(plan(**flag), changed(CARD, declared=False), MONDAY) == IDS


def test_a_line_names_its_student_to_whoever_may_know_the_name() -> None:
    for effect, named in ((Effect.ALLOW, True), (Effect.REDACT, False), (Effect.DENY, False)):
        line = card_view(plan(display_name=effect), CARD, MONDAY)
        assert line == IDS | ({"student": CHILD} if named else {})


def test_a_line_is_overdue_from_its_very_moment() -> None:
    level = plan(risk_level=Effect.ALLOW)
    assert card_view(level, CARD, MONDAY - timedelta(microseconds=1))["overdue"] is False
    assert card_view(level, CARD, MONDAY + HOUR)["overdue"] is True
    calm = changed(CARD, level=NotAssessed(), lead=None, due=None)
    assert card_view(level, calm, MONDAY) == IDS | {"severity": "not_assessed", "state": "open"}


# -- what an audit row and a reader's words need ----------------------------------------------


def test_the_rules_behind_what_was_shown_are_named_once_each_in_order() -> None:
    made = plan(risk_level=Effect.ALLOW, contact=Effect.ALLOW)
    assert rules_of(made, (I.RISK_LEVEL, I.CONTACT, I.RISK_LEVEL)) == (
        "rule of contact",
        "rule of risk_level",
    )


def test_a_code_is_said_in_the_readers_words_and_any_other_text_stays_as_it_is() -> None:
    assert known_words("severity:high", "zh") != "severity:high"
    assert known_words("severity:high", "zh") != known_words("severity:high", "en")
    for plain in ("severity:unheard_of", "nothing:high", "severity", "", "a note: as it is"):
        assert known_words(plain, "en") == plain
