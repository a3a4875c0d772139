"""A consent that dies though nobody took it back, and a receiver who has left: somebody hears."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.consents import IN_DANGER
from psysafe.domain.disclosure import offer_hats
from psysafe.domain.events import Event, PersonAdded, RelationEnded, RelationStarted
from psysafe.domain.files import StudentFile
from psysafe.domain.people import Guardian
from psysafe.domain.referrals import Offer, Referral
from psysafe.engine.enrolling import commit_roster, commit_students
from psysafe.engine.gather import gather, roster
from psysafe.engine.leaving import LAPSE
from psysafe.engine.verify import verify
from psysafe.engine.worklist import open_notices
from psysafe.errors import NotFoundError, PsysafeError
from psysafe.ids import Actor, PersonId, student_person
from psysafe.sensitivity import changed
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, staff_id, student_id

S = student_id(1)
MOTHER, FATHER = guardian_id(1), guardian_id(1, 2)
HOSPITAL, DISTRICT, COLLEAGUE = "staff:hospital", "staff:district", "staff:counselor-b"
SCOPE = ("identity", "contact", "situation", "observation")


class Handed:
    """A student of sixteen of whom the hospital has accepted an offer, by the mother's consent."""

    def __init__(self, school: InventedSchool) -> None:
        self.school, self.number = school, school.number(1)
        school.joins("hospital", "medical_institution")
        school.joins("district", "district_center")
        self.born("2010-06-01")
        school.desk("homeroom-1").signals.report(self.number, "one_to_one", {"self_harm": "some"})
        self.counselor = school.desk("counselor-a")
        case = self.counselor.cases.about(self.number)
        case.acknowledge()
        case.open()
        self.case = case.id
        self.hospital = school.desk("hospital").referrals

    def handed(self, *, answer: str = "accept", opinion: str = "agrees", **more: Any) -> str:
        refer, case = self.counselor.referrals, self.case
        until = more.pop("until", None)
        made = refer.propose(case, account="three talks", summary="please see her").referral
        assert made is not None
        refer.opinion(case, made, opinion)
        refer.activate(case, made, "consent")
        self.consents(until=until)
        offer = refer.offer(case, made, HOSPITAL, SCOPE, **more).offer
        assert offer is not None
        self.hospital.open(offer)
        if answer == "accept":
            self.hospital.accept(offer)
        return offer

    def consents(
        self, by: str = MOTHER, receiver: str = HOSPITAL, until: datetime | None = None
    ) -> None:
        give = self.counselor.consents.give
        give(self.number, receiver, SCOPE, by=by, how="on paper", until=until)

    def roster_says(self, *events: Event) -> None:
        school = self.school
        now, command = school.clock.now(), school.ids.command()
        commit_students(school.school, [(S, events)], Actor("operator:it"), now, command)

    def born(self, day: str) -> None:
        student = gather(self.school.school, S).world.student
        self.roster_says(PersonAdded(student=changed(student, details={"born": day})))

    def guardian_ends(self, guardian: PersonId = MOTHER, days: float = 0) -> None:
        at = self.school.clock.now() + timedelta(days=days)
        self.roster_says(RelationEnded(student=S, guardian=guardian, at=at))

    def at(self, moment: datetime) -> None:
        self.school.clock.advance(seconds=(moment - self.school.clock.now()).total_seconds())

    def crisis(self) -> None:
        self.counselor.cases.declare(self.case, danger="self", place="home", proposal="tonight")

    @property
    def file(self) -> StudentFile:
        return gather(self.school.school, S).world.file

    @property
    def request(self) -> Referral:
        return self.file.referrals[-1]

    @property
    def offer(self) -> Offer:
        return self.request.offers[-1]

    def owed(self) -> dict[str, str]:
        return {d.kind: d.owner for d in self.file.duties}

    def finds(self, offer: str) -> bool:
        try:
            return "name" in self.hospital.get(offer)
        except NotFoundError:
            return False


@pytest.fixture
def handed(tmp_path: Path) -> Iterator[Handed]:
    with open_school(tmp_path / "school") as school:
        yield Handed(school)
        assert verify(school.school).ok


def refused(code: str, step: Callable[[], Any]) -> None:
    with pytest.raises(PsysafeError) as found:
        step()
    assert found.value.code == code


# -- a consent that lapses --------------------------------------------------------------------


def _is_on_hold_and_asked_for(handed: Handed, offer: str) -> None:
    assert (handed.request.state, handed.request.held) == ("on_hold", "consent_lapsed")
    owed = handed.owed()
    assert owed["renew_consent"] == owed["decide_referral"] == "staff:counselor-a"
    assert not handed.finds(offer)
    told = {n.duty for n in _told(handed, "counselor-a")}
    assert {d.id for d in handed.file.owed("renew_consent")} <= told
    assert handed.file.live_case is not None


def _told(handed: Handed, name: str) -> list[Any]:
    return list(open_notices(handed.school.school, staff_id(name)))


@pytest.mark.clause("C6.1")
def test_a_guardian_who_is_none_any_more_leaves_a_request_on_hold_and_somebody_to_ask(
    handed: Handed,
) -> None:
    offer = handed.handed()
    handed.guardian_ends()
    assert not handed.finds(offer)  # at once, whether or not somebody has noticed
    assert handed.request.state == "active"
    handed.school.tick()
    _is_on_hold_and_asked_for(handed, offer)
    (consent,) = handed.file.consents
    assert consent.lapsed == handed.school.clock.now()
    # It goes on with a fresh one, and nobody is to be asked any more.
    handed.consents(by=FATHER)
    assert "renew_consent" not in handed.owed()
    handed.counselor.referrals.activate(handed.case, handed.request.id, "consent")
    assert handed.finds(offer)


@pytest.mark.clause("C6.1")
def test_a_guardian_whose_day_comes_later_wakes_somebody_on_that_day(handed: Handed) -> None:
    offer = handed.handed()
    handed.guardian_ends(days=20)
    handed.school.tick()
    assert handed.request.state == "active"
    handed.school.tick(days=19.9)
    assert handed.request.state == "active"
    handed.school.tick(days=0.1)
    _is_on_hold_and_asked_for(handed, offer)


@pytest.mark.clause("C6.1")
def test_who_was_a_guardian_is_asked_again_when_they_are_one_again(handed: Handed) -> None:
    handed.handed()
    handed.guardian_ends()
    handed.school.tick(minutes=1)
    now = handed.school.clock.now()
    again = Guardian(id=MOTHER, kind="legal_guardian", name="Lin", since=now)
    handed.roster_says(RelationStarted(student=S, guardian=again))
    handed.school.tick(minutes=1)
    restart = handed.counselor.referrals.activate
    refused("PSY070", lambda: restart(handed.case, handed.request.id, "consent"))
    handed.consents()
    restart(handed.case, handed.request.id, "consent")


@pytest.mark.clause("C6.1")
@pytest.mark.parametrize("holiday", [False, True])
def test_on_the_eighteenth_birthday_at_midnight_the_parents_consent_is_over(
    handed: Handed, holiday: bool
) -> None:
    # The school's own midnight, which is four in the afternoon of the day before in UTC.
    born = "2008-11-21" if not holiday else "2008-11-22"  # a Saturday, a Sunday
    midnight = datetime(2026, 11, 20 + holiday, 16, tzinfo=UTC)
    handed.born(born)
    offer = handed.handed()
    handed.at(midnight - timedelta(seconds=1))
    handed.school.tick()
    assert handed.finds(offer)
    assert "renew_consent" not in handed.owed()
    handed.school.tick(seconds=1)
    _is_on_hold_and_asked_for(handed, offer)
    # Now it is the student's own.
    handed.consents(by=student_person(S))
    handed.counselor.referrals.activate(handed.case, handed.request.id, "consent")
    assert handed.finds(offer)


@pytest.mark.clause("C6.1")
def test_a_birth_date_that_is_entered_late_counts_at_once(handed: Handed) -> None:
    offer = handed.handed()
    handed.born("2008-01-01")
    handed.school.tick()
    _is_on_hold_and_asked_for(handed, offer)


@pytest.mark.clause("C6.1")
def test_on_the_fourteenth_birthday_what_a_child_said_against_it_counts(handed: Handed) -> None:
    handed.born("2012-11-20")
    offer = handed.handed(opinion="opposes")
    handed.at(datetime(2026, 11, 19, 15, 59, 59, tzinfo=UTC))
    handed.school.tick()
    assert handed.finds(offer)
    handed.school.tick(seconds=1)
    assert (handed.request.state, handed.request.held) == ("on_hold", "student_opposes")
    assert "decide_referral" in handed.owed()
    assert "renew_consent" not in handed.owed()  # the parents' stands
    assert not handed.finds(offer)


@pytest.mark.clause("C6.1")
def test_a_birthday_that_changes_nothing_wakes_nobody(handed: Handed) -> None:
    handed.born("2012-11-20")
    offer = handed.handed()
    handed.at(datetime(2026, 11, 20, tzinfo=UTC))
    handed.school.tick()
    assert handed.finds(offer)
    assert not {"decide_referral", "renew_consent"} & set(handed.owed())


@pytest.mark.clause("C6.1")
def test_a_consent_counts_until_its_day(handed: Handed) -> None:
    now = handed.school.clock.now()
    refused("PSY090", lambda: handed.consents(until=now))
    offer = handed.handed(until=now + timedelta(days=30))
    handed.school.tick(days=29.9)
    assert handed.finds(offer)
    handed.school.tick(days=0.1)
    _is_on_hold_and_asked_for(handed, offer)


@pytest.mark.clause("C6.1")
def test_where_another_consent_covers_it_nothing_stops(handed: Handed) -> None:
    offer = handed.handed()
    handed.consents(by=FATHER)
    handed.guardian_ends()
    handed.school.tick()
    assert handed.finds(offer)
    assert not {"decide_referral", "renew_consent"} & set(handed.owed())
    handed.guardian_ends(FATHER)
    handed.school.tick()
    _is_on_hold_and_asked_for(handed, offer)


@pytest.mark.clause("C6.1")
@pytest.mark.parametrize("how", ["recalled", "revoked", "emergency", "taken back", "closed"])
def test_nobody_is_asked_again_for_what_nobody_waits_for(handed: Handed, how: str) -> None:
    offer = handed.handed()
    handed.guardian_ends()
    handed.school.tick()
    refer, case, request = handed.counselor.referrals, handed.case, handed.request.id
    assert "renew_consent" in handed.owed()
    if how == "recalled":
        refer.recall(case, offer)
    elif how == "revoked":
        refer.revoke(case, request, "another way")
    elif how == "emergency":
        handed.crisis()
        refer.activate(case, request, "emergency", "she has a plan")
        assert handed.finds(offer)
    elif how == "taken back":
        (consent,) = handed.file.consents
        handed.counselor.consents.withdraw(handed.number, consent.id)
    else:
        handed.counselor.cases.transfer(case, "No 5", "Ms Zhao")
    assert "renew_consent" not in handed.owed()


@pytest.mark.clause("C6.1")
def test_what_is_owed_late_is_the_grade_heads_who_may_write_the_consent_down(
    handed: Handed,
) -> None:
    handed.handed()
    handed.guardian_ends()
    handed.school.tick()
    handed.school.tick(days=4)
    assert handed.owed()["renew_consent"] == "staff:grade-head-10"
    head = handed.school.desk("grade-head-10").consents
    head.give(handed.number, HOSPITAL, SCOPE, by=FATHER, how="by telephone")
    assert "renew_consent" not in handed.owed()


# -- danger overrides (X5) --------------------------------------------------------------------


@pytest.mark.clause("C6.2")
def test_in_danger_a_consent_that_lapses_closes_nothing_that_danger_needs(handed: Handed) -> None:
    handed.crisis()
    offer = handed.handed()
    needed = {one.value for one in IN_DANGER} & _items(handed)
    assert {"display_name", "contact", "crisis_flag", "supervision"} <= needed < _items(handed)
    handed.guardian_ends()
    # At once, and after somebody has noticed.
    for _ in range(2):
        assert handed.request.state == "active"
        assert handed.finds(offer)
        assert _items(handed) == needed | {"referral_summary", "consent"}
        handed.school.tick()
    owed = handed.owed()
    assert "renew_consent" in owed
    assert "explain_to_student" in owed  # it is told to the student afterwards
    assert "decide_referral" not in owed
    # Nothing new goes out on it.
    give = handed.counselor.referrals.offer
    refused("PSY070", lambda: give(handed.case, handed.request.id, DISTRICT, SCOPE))


def _items(handed: Handed) -> set[str]:
    world = gather(handed.school.school, S).world
    (hat,) = offer_hats(world, staff_id("hospital"), handed.school.clock.now())
    return set(hat.items)


@pytest.mark.clause("C6.2")
@pytest.mark.parametrize("how", ["assessed", "stood down"])
def test_with_the_danger_it_ends(handed: Handed, how: str) -> None:
    handed.crisis()
    offer = handed.handed()
    handed.guardian_ends()
    handed.school.tick()
    assert handed.finds(offer)
    if how == "assessed":
        other = str(COLLEAGUE)
        handed.counselor.cases.assess(handed.case, "moderate", "calm", second=other)
    else:
        handed.counselor.cases.stand_down(handed.case, "a film", second=str(COLLEAGUE))
    assert (handed.request.state, handed.request.held) == ("on_hold", "consent_lapsed")
    assert not handed.finds(offer)
    assert {"decide_referral", "renew_consent"} <= set(handed.owed())


@pytest.mark.clause("C6.2")
def test_a_danger_that_nobody_confirmed_keeps_it_open_for_one_night(handed: Handed) -> None:
    offer = handed.handed()
    handed.school.desk("homeroom-1").signals.report(
        handed.number, "one_to_one", dangers=("act",), place="home"
    )
    case = handed.file.live_case
    assert case is not None
    assert case.declared is None
    handed.guardian_ends()
    handed.school.tick(hours=11.9)
    assert handed.request.state == "active"
    assert handed.finds(offer)
    handed.school.tick(hours=0.2)
    assert (handed.request.state, handed.request.held) == ("on_hold", "consent_lapsed")
    assert not handed.finds(offer)


@pytest.mark.clause("C6.2")
def test_a_consent_that_is_taken_back_closes_in_danger_too(handed: Handed) -> None:
    handed.crisis()
    offer = handed.handed()
    handed.guardian_ends()
    handed.school.tick()
    (consent,) = handed.file.consents
    handed.counselor.consents.withdraw(handed.number, consent.id)
    assert (handed.request.state, handed.request.held) == ("on_hold", "consent_withdrawn")
    assert not handed.finds(offer)


# -- a receiver who has left ------------------------------------------------------------------


@pytest.mark.clause("C6.1")
@pytest.mark.parametrize("answer", ["accept", "none"])
def test_a_receiver_who_leaves_gives_the_student_back_at_once(handed: Handed, answer: str) -> None:
    offer = handed.handed(answer=answer)
    handed.school.leaves("hospital")
    assert not handed.finds(offer)
    handed.school.tick()
    assert (handed.offer.state, handed.offer.why) == ("cancelled", "receiver_left")
    assert handed.request.state == "active"
    (owed,) = handed.file.owed("referral_unmet")
    assert owed.owner == "staff:counselor-a"
    assert owed.late_from == owed.opened == handed.school.clock.now()
    assert owed.id in {n.duty for n in _told(handed, "counselor-a")}
    assert "answer_offer" not in handed.owed()


@pytest.mark.clause("C6.1")
def test_after_a_receiver_who_left_the_next_one_is_asked_and_the_sender_hears(
    handed: Handed,
) -> None:
    handed.consents(receiver=DISTRICT)
    handed.handed(then=(PersonId(Actor(DISTRICT)),))
    handed.school.leaves("hospital")
    handed.school.tick()
    assert [o.receiver for o in handed.request.live_offers()] == [DISTRICT]
    assert handed.owed()["answer_offer"] == DISTRICT
    assert "referral_unmet" not in handed.owed()
    assert {n.purpose for n in _told(handed, "counselor-a")} >= {"referral"}


@pytest.mark.clause("C6.1")
def test_a_colleague_who_is_counselor_no_more_has_no_students_handed_to_them(
    handed: Handed,
) -> None:
    refer, case = handed.counselor.referrals, handed.case
    made = refer.propose(case, account="three talks", summary="please see her").referral
    assert made is not None
    refer.opinion(case, made, "agrees")
    refer.activate(case, made, "consent")
    offer = refer.offer(case, made, COLLEAGUE, SCOPE).offer
    assert offer is not None
    colleague = handed.school.desk("counselor-b").referrals
    colleague.open(offer)
    colleague.accept(offer)
    assert colleague.get(offer)["name"]
    handed.school.takes("counselor-b", "registrar")
    handed.school.tick()
    assert colleague.get(offer)["name"]  # one thing more is not one thing less
    _loses_the_role(handed.school, "counselor-b", "counselor")
    refused("PSY001", lambda: colleague.get(offer))
    refused("PSY001", lambda: colleague.start(offer))
    handed.school.tick()
    assert handed.offer.why == "receiver_left"
    assert "referral_unmet" in handed.owed()


def _loses_the_role(school: InventedSchool, name: str, role: str) -> None:
    now = school.clock.now()
    held = next(r for r in roster(school.school).staff[staff_id(name)].roles if r.role == role)
    ended = RelationEnded(staff=staff_id(name), role=held, at=now)
    commit_roster(school.school, [ended], Actor("operator:it"), now, school.ids.command())


@pytest.mark.clause("C6.1")
def test_a_receiver_who_is_only_away_keeps_what_they_accepted(handed: Handed) -> None:
    offer = handed.handed()
    handed.school.absent("hospital", days=3)
    handed.school.tick(days=1)
    assert handed.offer.state == "accepted"
    assert handed.finds(offer)


@pytest.mark.clause("C6.1")
def test_whoever_stood_in_for_a_counselor_hands_back_when_that_one_returns(
    handed: Handed,
) -> None:
    handed.school.absent("counselor-b", deputy="spare", days=5)
    refer, case = handed.counselor.referrals, handed.case
    made = refer.propose(case, account="three talks", summary="please see her").referral
    assert made is not None
    refer.opinion(case, made, "agrees")
    refer.activate(case, made, "consent")
    offer = refer.offer(case, made, "staff:spare", SCOPE).offer
    assert offer is not None
    spare = handed.school.desk("spare").referrals
    spare.open(offer)
    spare.accept(offer)
    handed.school.tick(days=4.9)
    assert handed.offer.state == "accepted"
    handed.school.tick(days=0.2)
    assert handed.offer.why == "receiver_left"
    assert "referral_unmet" in handed.owed()
    refused("PSY001", lambda: spare.get(offer))


# -- what is left in the outbox ---------------------------------------------------------------


@pytest.mark.clause("C6.1")
def test_no_wake_up_tells_anything_and_a_student_without_a_referral_has_none(
    handed: Handed,
) -> None:
    def waiting() -> list[Any]:
        store: Any = handed.school.school.storage
        (held,) = store._schools.values()
        return [w.entry for w in held.outbox.values() if w.entry.topic == LAPSE]

    handed.born("2008-12-01")
    assert waiting() == []
    handed.handed()
    assert {one.reference for one in waiting()} == {S}
    handed.counselor.referrals.revoke(handed.case, handed.request.id, "another way")
    handed.at(datetime(2026, 12, 2, tzinfo=UTC))
    handed.school.tick()
    assert "renew_consent" not in handed.owed()
    assert waiting() == []
