"""Handing a student on: every guard of the request, its offers and the consents, as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.events import PersonAdded, RelationEnded
from psysafe.domain.files import StudentFile
from psysafe.domain.referrals import ENDS, Offer, Referral
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather
from psysafe.engine.sight import sight
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.ids import Actor, student_person
from psysafe.sensitivity import ItemClass, changed
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, student_id

S = student_id(1)
MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)
HOSPITAL, DISTRICT = "staff:hospital", "staff:district"
ENOUGH = ("identity", "contact", "situation")


class Handing:
    """A school with an open case, receivers outside, and the hands of the counselor."""

    def __init__(self, school: InventedSchool) -> None:
        self.school = school
        school.joins("hospital", "medical_institution")
        school.joins("district", "district_center")
        school.joins("new-school", "receiving_school")
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", {"self_harm": "some"}
        )
        self.counselor = school.desk("counselor-a")
        case = self.counselor.cases.about(school.number(1))
        case.acknowledge()
        case.open()
        self.case = case.id
        self.referrals = self.counselor.referrals

    @property
    def file(self) -> StudentFile:
        return gather(self.school.school, S).world.file

    @property
    def request(self) -> Referral:
        return self.file.referrals[-1]

    @property
    def offer(self) -> Offer:
        return self.request.offers[-1]

    def owed(self) -> set[str]:
        return {d.kind for d in self.file.duties}

    def born(self, day: str, number: int = 1) -> None:
        """The roster learns when the student was born."""
        school = self.school
        student = gather(school.school, student_id(number)).world.student
        told = PersonAdded(student=changed(student, details={"born": day}))
        now, command = school.clock.now(), school.ids.command()
        commit_students(school.school, [(student.id, [told])], Actor("operator:it"), now, command)

    def proposed(self) -> str:
        made = self.referrals.propose(self.case, account="three talks", summary="please see her")
        assert made.referral is not None
        return made.referral

    def asked(self, opinion: str = "agrees", limits: tuple[str, ...] = ()) -> str:
        referral = self.proposed()
        self.referrals.opinion(self.case, referral, opinion, limits)
        return referral

    def active(self, opinion: str = "agrees", limits: tuple[str, ...] = ()) -> str:
        referral = self.asked(opinion, limits)
        self.referrals.activate(self.case, referral, "consent")
        return referral

    def consent(
        self, receiver: str = HOSPITAL, scope: tuple[str, ...] = ENOUGH, by: str = MOTHER
    ) -> str:
        given = self.counselor.consents.give(
            self.school.number(1), receiver, scope, by=by, how="on paper"
        )
        assert given.consent is not None
        return given.consent

    def offered(
        self, receiver: str = HOSPITAL, scope: tuple[str, ...] = ENOUGH, **more: Any
    ) -> str:
        made = self.referrals.offer(self.case, self.request.id, receiver, scope, **more)
        assert made.offer is not None
        return made.offer

    def with_the_hospital(self, *, until: str = "accepted") -> str:
        """An offer to the hospital that has come this far."""
        self.active()
        self.consent()
        offer = self.offered()
        hospital = self.school.desk("hospital").referrals
        for step in ("received", "accepted", "in_progress"):
            {"received": hospital.open, "accepted": hospital.accept, "in_progress": hospital.start}[
                step
            ](offer)
            if step == until:
                break
        return offer

    def crisis(self) -> None:
        self.counselor.cases.declare(
            self.case, danger="self", place="home", proposal="hospital tonight"
        )


@pytest.fixture
def handing(tmp_path: Path) -> Iterator[Handing]:
    with open_school(tmp_path / "school") as school:
        yield Handing(school)
        assert verify(school.school).ok


def refused(code: str, step: Callable[[], Any]) -> None:
    with pytest.raises(PsysafeError) as found:
        step()
    assert found.value.code == code


# -- the request ------------------------------------------------------------------------------


@pytest.mark.clause("C6.1")
@pytest.mark.parametrize("missing", ["account", "summary"])
def test_a_referral_needs_the_counselors_detailed_record_and_what_the_receiver_reads(
    handing: Handing, missing: str
) -> None:
    said = {"account": "three talks", "summary": "please see her"} | {missing: "  "}
    refused("PSY068", lambda: handing.referrals.propose(handing.case, **said))


@pytest.mark.clause("C6.1")
def test_nobody_of_the_school_writes_a_diagnosis_for_a_receiver(handing: Handing) -> None:
    refused(
        "PSY707",
        lambda: handing.referrals.propose(handing.case, account="talks", summary="抑郁症，请收治"),
    )


@pytest.mark.clause("C6.1")
def test_the_student_is_asked_before_offers_can_go_out(handing: Handing) -> None:
    referral = handing.proposed()
    refused("PSY069", lambda: handing.referrals.activate(handing.case, referral, "consent"))
    handing.referrals.opinion(handing.case, referral, "cannot_say")
    handing.referrals.activate(handing.case, referral, "consent")
    assert handing.request.state == "active"


@pytest.mark.clause("C6.1")
def test_only_counselor_and_lead_hand_a_student_on(handing: Handing) -> None:
    for who in ("homeroom-1", "grade-head-10", "head", "expert"):
        desk = handing.school.desk(who).referrals
        refused("PSY002", lambda d=desk: d.propose(handing.case, account="a", summary="b"))
    for who in ("registrar", "hospital", "counselor-c"):
        desk = handing.school.desk(who).referrals
        refused("PSY001", lambda d=desk: d.propose(handing.case, account="a", summary="b"))


@pytest.mark.clause("C6.1")
def test_emergency_for_life_needs_a_danger_and_a_reason_and_is_explained_to_the_student(
    handing: Handing,
) -> None:
    referral = handing.proposed()
    step = handing.referrals.activate
    refused("PSY071", lambda: step(handing.case, referral, "emergency", "she has a plan"))
    handing.crisis()
    refused("PSY006", lambda: step(handing.case, referral, "emergency", " "))
    step(handing.case, referral, "emergency", "she has a plan")
    owed = handing.file.owed("explain_to_student")
    assert [d.owner for d in owed] == ["staff:counselor-a"]
    assert owed[0].case is None
    handing.offered()  # without opinion and without consent
    handing.counselor.cases.settle(handing.school.number(1), owed[0].id, "told her on the ward")
    assert "explain_to_student" not in handing.owed()


@pytest.mark.clause("C6.1")
def test_in_an_emergency_only_what_a_crisis_needs_is_passed_on(handing: Handing) -> None:
    handing.crisis()
    referral = handing.proposed()
    handing.referrals.activate(handing.case, referral, "emergency", "she has a plan")
    offer = handing.offered(scope=("identity", "contact", "observation", "screening"))
    hospital = handing.school.desk("hospital").referrals
    hospital.open(offer)
    seen = hospital.get(offer)
    assert seen["name"] == "林小满"
    assert seen["guardians"]
    assert not {"identities", "signals", "flags", "severity", "what_to_watch"} & set(seen)


@pytest.mark.clause("C6.1")
def test_a_statutory_duty_is_said_by_those_who_answer_for_the_school(handing: Handing) -> None:
    referral = handing.asked("opposes")
    own = handing.referrals.activate
    refused("PSY002", lambda: own(handing.case, referral, "statutory_duty", "minors' law"))
    head = handing.school.desk("head").referrals
    refused("PSY006", lambda: head.activate(handing.case, referral, "statutory_duty"))
    refused("PSY002", lambda: head.activate(handing.case, referral, "consent"))
    head.activate(handing.case, referral, "statutory_duty", "minors' law")
    handing.offered()
    assert handing.offer.state == "requested"


@pytest.mark.clause("C6.1")
def test_a_request_is_done_only_when_a_helper_has_done_it_and_nobody_is_under_way(
    handing: Handing,
) -> None:
    offer = handing.with_the_hospital()
    done = handing.referrals.complete
    refused("PSY075", lambda: done(handing.case, handing.request.id))
    handing.referrals.end(offer, "attended")
    assert "decide_referral" in handing.owed()
    done(handing.case, handing.request.id)
    assert handing.request.state == "completed"
    assert "decide_referral" not in handing.owed()


@pytest.mark.clause("C6.1")
def test_a_request_that_has_ended_takes_no_step_any_more(handing: Handing) -> None:
    referral = handing.active()
    steps = handing.referrals
    refused("PSY006", lambda: steps.revoke(handing.case, referral, ""))
    steps.revoke(handing.case, referral, "another way was found")
    for step in (
        lambda: steps.opinion(handing.case, referral, "agrees"),
        lambda: steps.activate(handing.case, referral, "consent"),
        lambda: steps.hold(handing.case, referral, "wait"),
        lambda: steps.revoke(handing.case, referral, "again"),
        lambda: steps.complete(handing.case, referral),
        lambda: steps.offer(handing.case, referral, HOSPITAL, ENOUGH),
    ):
        refused("PSY073", step)


# -- whose consent ----------------------------------------------------------------------------


@pytest.mark.clause("C6.1")
@pytest.mark.parametrize(
    ("born", "receiver", "by", "enough"),
    [
        ("2014-06-01", HOSPITAL, MOTHER, True),  # twelve
        ("2014-06-01", HOSPITAL, None, False),
        ("2014-06-01", "staff:counselor-c", None, False),  # under fourteen always
        ("2014-06-01", "staff:counselor-c", FATHER, True),
        ("2010-06-01", HOSPITAL, MOTHER, True),  # sixteen
        ("2010-06-01", HOSPITAL, "student", False),
        ("2010-06-01", DISTRICT, None, False),
        ("2010-06-01", "staff:counselor-c", None, True),  # stays in the school's care
        ("2007-06-01", HOSPITAL, MOTHER, False),  # nineteen
        ("2007-06-01", HOSPITAL, "student", True),
        ("", HOSPITAL, MOTHER, True),  # an age that nobody knows
        ("", HOSPITAL, "student", False),
        ("", "staff:counselor-c", None, False),
    ],
)
def test_a_receiver_needs_the_consent_that_the_students_age_asks_for(
    handing: Handing, born: str, receiver: str, by: str | None, enough: bool
) -> None:
    if born:
        handing.born(born)
    handing.active()
    if by is not None:
        handing.consent(receiver, by=student_person(S) if by == "student" else by)
    if enough:
        handing.offered(receiver)
        assert handing.offer.receiver == receiver
    else:
        refused("PSY070", lambda: handing.offered(receiver))


@pytest.mark.clause("C6.1")
def test_a_consent_is_for_one_receiver_and_an_offer_stays_within_its_scope(
    handing: Handing,
) -> None:
    handing.active()
    handing.consent(DISTRICT)
    handing.consent(HOSPITAL, ("identity",))
    refused("PSY070", lambda: handing.offered(HOSPITAL, ("identity", "contact")))
    refused("PSY070", lambda: handing.offered("staff:new-school", ("identity",)))
    handing.offered(HOSPITAL, ("identity",))
    refused("PSY068", lambda: handing.offered(DISTRICT, ()))
    refused("PSY013", lambda: handing.offered(DISTRICT, ("notes",)))


@pytest.mark.clause("C6.1")
def test_what_a_student_old_enough_says_about_it_is_kept(handing: Handing) -> None:
    handing.born("2010-06-01")
    handing.active("opposes")
    handing.consent()
    refused("PSY077", handing.offered)
    handing.referrals.opinion(handing.case, handing.request.id, "within_limits", ("identity",))
    refused("PSY077", handing.offered)
    handing.offered(scope=("identity",))


@pytest.mark.clause("C6.1")
def test_below_that_age_the_guardians_consent_stands(handing: Handing) -> None:
    handing.born("2014-06-01")
    handing.active("opposes")
    handing.consent()
    handing.offered()


@pytest.mark.clause("C6.1")
def test_limits_name_what_may_be_passed_on(handing: Handing) -> None:
    referral = handing.proposed()
    step = handing.referrals.opinion
    refused("PSY068", lambda: step(handing.case, referral, "within_limits"))
    refused("PSY013", lambda: step(handing.case, referral, "within_limits", ("all",)))
    refused("PSY013", lambda: step(handing.case, referral, "perhaps"))


@pytest.mark.clause("C6.1")
def test_a_consent_is_given_by_whoever_may_and_for_themselves(handing: Handing) -> None:
    give = handing.counselor.consents.give
    number = handing.school.number(1)
    refused("PSY076", lambda: give(number, HOSPITAL, ENOUGH, by=guardian_id(2), how="paper"))
    refused("PSY076", lambda: give(number, HOSPITAL, ENOUGH, by="staff:homeroom-1", how="paper"))
    refused("PSY006", lambda: give(number, HOSPITAL, ENOUGH, by=MOTHER, how=" "))
    refused("PSY072", lambda: give(number, "staff:registrar", ENOUGH, by=MOTHER, how="paper"))
    mother = handing.school.desk(MOTHER).consents
    refused("PSY076", lambda: mother.give(number, HOSPITAL, ENOUGH, by=FATHER, how="here"))
    mother.give(number, HOSPITAL, ENOUGH, by=MOTHER, how="here")
    teacher = handing.school.desk("homeroom-1").consents
    refused("PSY002", lambda: teacher.give(number, HOSPITAL, ENOUGH, by=MOTHER, how="paper"))
    stranger = handing.school.desk(guardian_id(2)).consents
    refused("PSY001", lambda: stranger.give(number, HOSPITAL, ENOUGH, by=MOTHER, how="paper"))


@pytest.mark.clause("C6.1")
def test_only_who_gave_a_consent_or_the_counselor_takes_it_back_and_once(handing: Handing) -> None:
    consent = handing.consent()
    number = handing.school.number(1)
    refused("PSY001", lambda: handing.school.desk(FATHER).consents.withdraw(number, consent))
    refused("PSY002", lambda: handing.school.desk("head").consents.withdraw(number, consent))
    handing.school.desk(MOTHER).consents.withdraw(number, consent)
    refused("PSY073", lambda: handing.counselor.consents.withdraw(number, consent))
    refused("PSY001", lambda: handing.counselor.consents.withdraw(number, "consent-000000000000"))


# -- offers -----------------------------------------------------------------------------------


@pytest.mark.clause("C6.1")
def test_an_offer_goes_to_somebody_who_receives_students_and_is_there(handing: Handing) -> None:
    handing.active()
    for receiver in ("staff:registrar", "staff:nobody", MOTHER, "staff:counselor-a"):
        refused("PSY072", lambda r=receiver: handing.offered(r))
    handing.consent()
    handing.school.absent("hospital")
    refused("PSY072", handing.offered)


@pytest.mark.clause("C6.1")
def test_there_is_one_offer_a_receiver_and_a_later_one_takes_its_place(handing: Handing) -> None:
    handing.active()
    handing.consent()
    handing.consent(DISTRICT)
    first = handing.offered()
    refused("PSY072", handing.offered)
    second = handing.offered(DISTRICT, instead_of=first)
    states = {one.id: (one.state, one.why) for one in handing.request.offers}
    assert states == {first: ("cancelled", "superseded"), second: ("requested", "")}
    refused("PSY073", lambda: handing.offered(instead_of=first))
    refused("PSY001", lambda: handing.offered(instead_of="offer-000000000000"))


@pytest.mark.clause("C6.1")
def test_an_offer_goes_step_by_step_and_no_step_twice(handing: Handing) -> None:
    handing.active()
    handing.consent()
    offer = handing.offered()
    hospital = handing.school.desk("hospital").referrals
    for step in (hospital.accept, hospital.start, lambda o: hospital.end(o, "attended")):
        refused("PSY073", lambda s=step: s(offer))
    hospital.open(offer)
    refused("PSY073", lambda: hospital.open(offer))
    hospital.accept(offer)
    refused("PSY073", lambda: hospital.reject(offer, "full"))
    hospital.start(offer)
    refused("PSY013", lambda: hospital.end(offer, "cured"))
    hospital.end(offer, "no_disorder_found")
    refused("PSY001", lambda: hospital.end(offer, "attended"))
    assert handing.offer.state == "completed"


@pytest.mark.clause("C6.1")
@pytest.mark.parametrize("outcome", ENDS)
def test_every_outcome_ends_an_offer_and_only_a_helper_who_saw_the_student_completes_it(
    handing: Handing, outcome: str
) -> None:
    offer = handing.with_the_hospital()
    handing.school.desk("hospital").referrals.end(offer, outcome)
    assert (handing.offer.state, handing.offer.outcome) == (ENDS[outcome], outcome)
    done = ENDS[outcome] == "completed"
    assert ("decide_referral" if done else "referral_unmet") in handing.owed()
    assert handing.request.state == "active"
    # Below a crisis a refusal is written down, and not reported.
    assert "authority_report" not in handing.owed()


@pytest.mark.clause("C6.3")
@pytest.mark.parametrize("outcome", ["refused_by_guardian", "refused_by_student"])
def test_in_a_crisis_a_refusal_of_the_family_starts_the_report(
    handing: Handing, outcome: str
) -> None:
    handing.crisis()
    offer = handing.with_the_hospital()
    handing.school.desk("hospital").referrals.end(offer, outcome)
    assert "authority_report" in handing.owed()


@pytest.mark.clause("C6.3")
def test_a_receiver_that_rejects_is_no_refusal_of_the_family(handing: Handing) -> None:
    handing.crisis()
    offer = handing.with_the_hospital(until="received")
    hospital = handing.school.desk("hospital").referrals
    refused("PSY006", lambda: hospital.reject(offer, ""))
    hospital.reject(offer, "no bed")
    assert "authority_report" not in handing.owed()
    assert "referral_unmet" in handing.owed()


@pytest.mark.clause("C6.2")
def test_in_a_crisis_whoever_did_not_go_there_means_a_new_call_to_the_guardian(
    handing: Handing,
) -> None:
    handing.crisis()
    handing.school.tick()
    for name in ("homeroom-1",):
        inbox = handing.school.desk(name).inbox
        for waiting in inbox.list():
            inbox.acknowledge(waiting["notice"])
    handing.school.desk("homeroom-1").cases.guardian(handing.case, MOTHER, "agrees")
    assert "tell_guardian" not in handing.owed()
    offer = handing.with_the_hospital()
    handing.referrals.end(offer, "no_show")
    (call,) = handing.file.owed("tell_guardian")
    assert call.owner == "staff:homeroom-1"
    assert "authority_report" not in handing.owed()


@pytest.mark.clause("C6.1")
def test_a_request_whose_offers_have_all_ended_is_overdue_at_once_and_never_completed(
    handing: Handing,
) -> None:
    offer = handing.with_the_hospital(until="received")
    handing.school.desk("hospital").referrals.reject(offer, "no bed")
    (owed,) = handing.file.owed("referral_unmet")
    assert (owed.owner, owed.fallback) == ("staff:counselor-a", "grade_head")
    assert owed.late_from == owed.opened
    assert handing.counselor.cases.about(handing.school.number(1)).data["overdue"]
    refused("PSY075", lambda: handing.referrals.complete(handing.case, handing.request.id))
    handing.school.tick(days=3)
    assert handing.file.owed("referral_unmet")[0].owner == "staff:grade-head-10"
    handing.consent(DISTRICT)
    handing.offered(DISTRICT)
    assert "referral_unmet" not in handing.owed()


# -- silence, recall, withdrawal --------------------------------------------------------------


@pytest.mark.clause("C6.1")
@pytest.mark.parametrize("opened", [False, True])
def test_silence_ends_an_offer_and_its_sight_and_a_late_answer_is_a_conflict(
    handing: Handing, opened: bool
) -> None:
    handing.active()
    handing.consent()
    offer = handing.offered()
    hospital = handing.school.desk("hospital").referrals
    if opened:
        hospital.open(offer)
    handing.school.clock.advance(days=3)
    # Nobody has noticed yet, and it is over all the same.
    refused("PSY001", lambda: hospital.get(offer))
    assert hospital.offered() == []
    refused("PSY074", lambda: hospital.accept(offer))
    handing.school.tick()
    assert (handing.offer.state, handing.offer.why) == ("cancelled", "expired")
    for late in (hospital.open, hospital.accept, lambda o: hospital.reject(o, "full")):
        refused("PSY074", lambda s=late: s(offer))
    refused("PSY074", lambda: handing.referrals.accept(offer))
    refused("PSY001", lambda: hospital.get(offer))
    assert handing.owed() >= {"referral_unmet"}


@pytest.mark.clause("C6.1")
def test_after_silence_or_a_rejection_the_next_receiver_is_asked(handing: Handing) -> None:
    handing.active()
    handing.consent()
    handing.consent(DISTRICT)
    handing.consent("staff:expert")
    handing.offered(then=(DISTRICT, "staff:expert"))
    handing.school.tick(days=3)
    assert [o.receiver for o in handing.request.live_offers()] == [DISTRICT]
    handing.school.desk("district").referrals.reject(handing.offer.id, "nobody free")
    assert [o.receiver for o in handing.request.live_offers()] == ["staff:expert"]
    assert "referral_unmet" not in handing.owed()
    handing.school.tick(days=3)
    assert "referral_unmet" in handing.owed()


@pytest.mark.clause("C6.1")
def test_the_next_receiver_is_passed_by_where_no_consent_holds_any_more(handing: Handing) -> None:
    handing.active()
    handing.consent()
    second = handing.consent(DISTRICT)
    handing.offered(then=(DISTRICT,))
    handing.counselor.consents.withdraw(handing.school.number(1), second)
    assert handing.request.state == "active"
    handing.school.tick(days=3)
    assert handing.request.live_offers() == ()
    assert "referral_unmet" in handing.owed()


@pytest.mark.clause("C6.1")
def test_a_rise_in_severity_brings_the_answer_forward(handing: Handing) -> None:
    handing.with_the_hospital(until="received")
    handing.counselor.cases.assess(handing.case, "imminent", "she has a plan")
    assert handing.file.owed("answer_offer")[0].due == handing.school.clock.now() + timedelta(
        minutes=30
    )
    handing.school.tick(minutes=31)
    assert handing.offer.why == "expired"


@pytest.mark.clause("C6.1")
def test_a_recalled_offer_never_was_for_its_receiver(handing: Handing) -> None:
    offer = handing.with_the_hospital()
    refused("PSY001", lambda: handing.school.desk("hospital").referrals.recall(handing.case, offer))
    handing.referrals.recall(handing.case, offer)
    refused("PSY073", lambda: handing.referrals.recall(handing.case, offer))
    hospital = handing.school.desk("hospital").referrals
    assert hospital.offered() == []
    for step in (hospital.get, hospital.start, lambda o: hospital.end(o, "attended")):
        refused("PSY001", lambda s=step: s(offer))


@pytest.mark.clause("C6.1")
@pytest.mark.parametrize("until", ["received", "accepted", "in_progress"])
def test_a_withdrawal_puts_the_request_on_hold_shows_nothing_more_and_leaves_the_case_open(
    handing: Handing, until: str
) -> None:
    offer = handing.with_the_hospital(until=until)
    (consent,) = handing.file.consents
    handing.school.desk(MOTHER).consents.withdraw(handing.school.number(1), consent.id)
    assert (handing.request.state, handing.request.held) == ("on_hold", "consent_withdrawn")
    assert handing.file.live_case is not None
    assert handing.file.live_case.lifecycle == "open"
    assert "decide_referral" in handing.owed()
    assert "answer_offer" not in handing.owed()
    hospital = handing.school.desk("hospital").referrals
    assert hospital.offered() == []
    refused("PSY001", lambda: hospital.get(offer))
    # With a new consent it goes on where it stood, and the receiver has the whole time again.
    handing.consent()
    handing.referrals.activate(handing.case, handing.request.id, "consent")
    assert hospital.get(offer)["name"] == "林小满"
    assert ("answer_offer" in handing.owed()) == (until == "received")
    assert "decide_referral" not in handing.owed()


@pytest.mark.clause("C6.1")
def test_a_request_goes_on_only_with_a_consent_for_all_that_is_under_way(handing: Handing) -> None:
    offer = handing.with_the_hospital()
    (consent,) = handing.file.consents
    handing.counselor.consents.withdraw(handing.school.number(1), consent.id)
    again = handing.referrals.activate
    refused("PSY070", lambda: again(handing.case, handing.request.id, "consent"))
    handing.consent(scope=("identity",))
    refused("PSY070", lambda: again(handing.case, handing.request.id, "consent"))
    handing.referrals.recall(handing.case, offer)
    again(handing.case, handing.request.id, "consent")
    assert "referral_unmet" in handing.owed()
    assert "decide_referral" not in handing.owed()


@pytest.mark.clause("C6.1")
def test_a_student_of_age_lets_one_parent_see_what_they_choose_and_takes_it_back(
    handing: Handing,
) -> None:
    school, number = handing.school, handing.school.number(1)
    handing.born("2007-06-01")  # nineteen

    def sees(guardian: str) -> set[str]:
        plan = sight(school.school, Actor(guardian), gather(school.school, S).world, now())
        return {item.value for item in ItemClass if plan.of(item).shown}

    now = school.clock.now
    assert sees(MOTHER) == set()
    give = school.desk(student_person(S)).consents.give
    as_mother = school.desk(MOTHER).consents.give
    refused("PSY076", lambda: as_mother(number, MOTHER, ("identity",), by=MOTHER, how="here"))
    given = give(number, MOTHER, ("identity",), how="here")
    assert sees(MOTHER) >= {"display_name"}
    assert not sees(MOTHER) & {"contact", "crisis_flag", "supervision", "observation"}
    assert sees(FATHER) == set()
    assert given.consent is not None
    school.desk(student_person(S)).consents.withdraw(number, given.consent)
    assert sees(MOTHER) == set()


@pytest.mark.clause("C6.1")
def test_a_student_who_thinks_otherwise_stops_it_too(handing: Handing) -> None:
    handing.born("2010-06-01")
    handing.with_the_hospital()
    handing.referrals.opinion(handing.case, handing.request.id, "opposes")
    assert (handing.request.state, handing.request.held) == ("on_hold", "opinion_changed")


@pytest.mark.clause("C6.1")
def test_a_guardian_who_is_no_guardian_any_more_has_consented_to_nothing(handing: Handing) -> None:
    offer = handing.with_the_hospital()
    school = handing.school
    ended = RelationEnded(student=S, guardian=MOTHER, at=school.clock.now())
    commit_students(
        school.school,
        [(S, [ended])],
        Actor("operator:it"),
        school.clock.now(),
        school.ids.command(),
    )
    refused("PSY001", lambda: school.desk("hospital").referrals.get(offer))
    # For the sender the offer is there, and cannot go on.
    refused("PSY070", lambda: handing.referrals.start(offer))


@pytest.mark.clause("C6.1")
def test_on_hold_nothing_goes_out_and_nobody_answers(handing: Handing) -> None:
    offer = handing.with_the_hospital(until="received")
    refused("PSY006", lambda: handing.referrals.hold(handing.case, handing.request.id, " "))
    handing.referrals.hold(handing.case, handing.request.id, "the family wants to think")
    refused("PSY073", lambda: handing.offered(DISTRICT))
    refused("PSY073", lambda: handing.referrals.accept(offer))
    refused("PSY001", lambda: handing.school.desk("hospital").referrals.accept(offer))
    handing.school.tick(days=10)
    assert handing.offer.state == "received"


# -- where it joins the case ------------------------------------------------------------------


@pytest.mark.clause("C4.3")
def test_a_case_does_not_close_over_a_student_who_is_being_handed_on(handing: Handing) -> None:
    handing.with_the_hospital()
    handing.counselor.cases.assess(handing.case, "attention", "calm")
    handing.school.tick(days=15)
    with pytest.raises(PsysafeError) as found:
        handing.counselor.cases.close(handing.case, "well")
    assert found.value.code == "PSY008"
    assert "referral active" in str(found.value.finding.facts["blocking"])


@pytest.mark.clause("C4.3")
def test_a_case_is_not_voided_once_somebody_outside_has_opened_an_offer(handing: Handing) -> None:
    handing.active()
    handing.consent()
    offer = handing.offered()
    handing.school.desk("hospital").referrals.open(offer)
    refused("PSY042", lambda: handing.counselor.cases.void(handing.case, "the wrong child"))


@pytest.mark.clause("C4.3")
@pytest.mark.parametrize("how", ["transfer", "void", "bereavement"])
def test_where_the_case_or_the_life_ends_every_offer_is_taken_back(
    handing: Handing, how: str
) -> None:
    handing.active()
    handing.consent()
    offer = handing.offered()
    cases = handing.counselor.cases
    if how == "transfer":
        handing.school.desk("hospital").referrals.open(offer)
        cases.transfer(handing.case, "No 5", "Ms Zhao")
    elif how == "void":
        cases.void(handing.case, "the wrong child")
    else:
        cases.bereavement(handing.school.number(1))
    assert (handing.request.state, handing.offer.state) == ("revoked", "cancelled")
    assert not {"answer_offer", "referral_unmet", "decide_referral"} & handing.owed()
    hospital = handing.school.desk("hospital")
    assert (hospital.referrals.offered(), hospital.inbox.list()) == ([], [])
    for step in (hospital.referrals.get, hospital.referrals.accept):
        refused("PSY001", lambda s=step: s(offer))


@pytest.mark.clause("C4.3")
def test_an_alarm_that_is_called_off_leaves_a_referral_to_whoever_leads(handing: Handing) -> None:
    offer = handing.with_the_hospital(until="received")
    handing.counselor.cases.stand_down(handing.case, "a film")
    hospital = handing.school.desk("hospital")
    assert hospital.referrals.get(offer)["state"] == "received"
    assert {n["purpose"] for n in hospital.inbox.list()} == {"offer"}


@pytest.mark.clause("C4.3")
def test_whoever_is_barred_loses_what_was_offered_to_them(handing: Handing) -> None:
    handing.active()
    handing.consent("staff:counselor-b")
    offer = handing.offered("staff:counselor-b", ENOUGH)
    other = handing.school.desk("counselor-b")
    other.referrals.open(offer)
    handing.school.desk("safeguarding").bars.set(handing.school.number(1), "staff:counselor-b")
    assert (handing.offer.state, handing.offer.why) == ("cancelled", "recalled")
    assert other.referrals.offered() == []
    refused("PSY001", lambda: other.referrals.get(offer))
    refused("PSY001", lambda: other.referrals.accept(offer))
    refused("PSY072", lambda: handing.offered("staff:counselor-b"))


@pytest.mark.clause("C4.3")
def test_a_consent_of_a_guardian_who_is_barred_counts_no_more(handing: Handing) -> None:
    offer = handing.with_the_hospital()
    handing.school.desk("safeguarding").bars.set(handing.school.number(1), MOTHER)
    assert (handing.request.state, handing.request.held) == ("on_hold", "barred")
    refused("PSY001", lambda: handing.school.desk("hospital").referrals.get(offer))
    refused("PSY083", lambda: handing.consent())
    # She is answered as if nobody were barred.
    mother = handing.school.desk(MOTHER).consents
    mother.give(handing.school.number(1), HOSPITAL, ENOUGH, by=MOTHER, how="here")
    refused("PSY073", lambda: handing.offered())
    handing.consent(by=FATHER)
    handing.referrals.activate(handing.case, handing.request.id, "consent")
    assert handing.school.desk("hospital").referrals.get(offer)["name"]


@pytest.mark.clause("C6.1")
def test_two_requests_do_not_settle_each_others_duties(handing: Handing) -> None:
    handing.active()
    handing.consent()
    first = handing.offered()
    handing.referrals.reject(first, "no bed")
    assert "referral_unmet" in handing.owed()
    handing.consent(DISTRICT)
    second = handing.active()
    handing.referrals.offer(handing.case, second, DISTRICT, ENOUGH)
    assert "referral_unmet" in handing.owed()
    handing.referrals.revoke(handing.case, handing.file.referrals[0].id, "another way")
    assert "referral_unmet" not in handing.owed()
