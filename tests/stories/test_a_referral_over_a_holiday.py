"""A referral that is rejected, expires, is accepted late and withdrawn, over a week off.

The National Day week of 2026: the school is shut from Thursday 1 to Wednesday 7 October. In the
same days the class gets another homeroom teacher, who must learn no more of it than the last one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.events import PersonAdded
from psysafe.domain.files import StudentFile
from psysafe.domain.referrals import Referral
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import ConflictError, NotFoundError
from psysafe.ids import Actor
from psysafe.sensitivity import changed
from psysafe.testing.schools import (
    InventedSchool,
    Scope,
    class_id,
    guardian_id,
    open_school,
    student_id,
)

S = student_id(1)
MOTHER = str(guardian_id(1))
NAME = "林小满"
HOSPITAL, DISTRICT = "staff:hospital", "staff:district"
MONDAY = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
STAFF = """\
staff_id,姓名,角色,范围,起,止
homeroom-1,王文华,班主任,高一(1)班,2026-09-01,2026-09-30
"""
#: Who has nothing to do with her, in the school and outside.
OTHERS = ("homeroom-3", "counselor-c", "grade-head-11", "registrar", "new-school")


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, S).world.file


def request_of(school: InventedSchool) -> Referral:
    return file_of(school).referrals[-1]


def owed(school: InventedSchool) -> dict[str, str]:
    return {d.kind: str(d.owner).partition(":")[2] for d in file_of(school).duties}


def told(school: InventedSchool, name: str) -> list[str]:
    return [n["purpose"] for n in school.desk(name).inbox.list()]


def until(school: InventedSchool, day: int, hour: int, month: int = 10) -> None:
    """Let time pass, with somebody looking twice a day, until then (Shanghai time)."""
    moment = datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=8)
    while school.clock.now() + timedelta(hours=12) < moment:
        school.tick(hours=12)
    school.clock.set(moment)
    school.tick()


def finds_nothing(school: InventedSchool, name: str, offer: str) -> None:
    desk = school.desk(name).referrals
    assert desk.offered() == []
    with pytest.raises(NotFoundError):
        desk.get(offer)


def born(school: InventedSchool, day: str) -> None:
    student = changed(gather(school.school, S).world.student, details={"born": day})
    now, command = school.clock.now(), school.ids.command()
    commit_students(
        school.school, [(S, [PersonAdded(student=student)])], Actor("operator:it"), now, command
    )


def a_worry_is_opened(school: InventedSchool) -> str:
    """She is fifteen; her counselor knows her, and judges it moderate."""
    born(school, "2011-05-04")
    school.joins("hospital", "medical_institution")
    school.joins("district", "district_center")
    school.joins("new-school", "receiving_school")
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"depression": "marked"}
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.assess("moderate", "sleeps badly, does not eat, says she wants help")
    return str(case.id)


def homeroom_teacher_changes(school: InventedSchool) -> None:
    """The staff file of the last afternoon: one has the class no more, another takes it."""
    file = school.folder.parent / "staff.csv"
    file.write_text(STAFF, encoding="utf-8")
    school.net.operator().staff.load(file).apply()
    school.takes("homeroom-2", "homeroom_teacher", Scope(kind="class", values=(class_id(1),)))


def sees(school: InventedSchool, name: str) -> dict[str, Any]:
    return dict(school.desk(name).cases.about(school.number(1)).data)


@pytest.mark.clause("C6.1")
@pytest.mark.clause("C6.3")
def test_a_referral_rejected_expired_accepted_late_and_withdrawn_over_a_holiday(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school", now=MONDAY) as school:
        case = a_worry_is_opened(school)
        counselor = school.desk("counselor-a")
        hand = counselor.referrals

        # Monday. She agrees, but nobody is to hear what her answers came to.
        referral = hand.propose(
            case, account="three talks, in full", summary="asks for help"
        ).referral
        assert referral is not None
        hand.opinion(case, referral, "within_limits", ("identity", "contact", "situation"))
        hand.activate(case, referral, "consent")
        number = school.number(1)
        for receiver in (HOSPITAL, DISTRICT):
            counselor.consents.give(
                number, receiver, ("identity", "contact", "situation"), by=MOTHER, how="on paper"
            )
        first = hand.offer(case, referral, HOSPITAL, ("identity", "contact")).offer
        assert first is not None
        teaser = school.desk("hospital").referrals.get(first)
        assert NAME not in json.dumps(teaser, ensure_ascii=False, default=str)

        # Tuesday. The hospital has no place. That is no refusal of the family: nothing goes to the
        # authority, and arranging another helper is the counselor's, overdue from this moment.
        until(school, 29, 9, month=9)
        school.desk("hospital").referrals.reject(first, "no place before November")
        finds_nothing(school, "hospital", first)
        assert owed(school)["referral_unmet"] == "counselor-a"
        assert "authority_report" not in owed(school)
        assert sees(school, "counselor-a")["overdue"]

        # Wednesday, the last day of school. The district's center is asked and looks.
        until(school, 30, 10, month=9)
        offered = hand.offer(case, referral, DISTRICT, ("identity", "contact", "situation")).offer
        assert offered is not None
        assert "referral_unmet" not in owed(school)
        district = school.desk("district").referrals
        district.open(offered)
        assert district.get(offered)["name"] == NAME
        before = sees(school, "homeroom-1")
        until(school, 30, 16, month=9)
        homeroom_teacher_changes(school)

        # The week off. Two school days would end on Friday the ninth; the cap ends it on Saturday.
        until(school, 3, 9)
        assert request_of(school).offers[-1].state == "received"
        school.clock.advance(hours=1)
        finds_nothing(school, "district", offered)  # before anybody has noticed
        school.tick()
        assert request_of(school).offers[-1].why == "expired"
        assert owed(school)["referral_unmet"] == "counselor-a"

        # Sunday. The center says yes: too late, and it says so; whatever was shown stays closed.
        until(school, 4, 11)
        with pytest.raises(ConflictError) as late:
            district.accept(offered)
        assert late.value.code == "PSY074"
        finds_nothing(school, "district", offered)
        assert request_of(school).offers[-1].state == "cancelled"

        # The counselor offers it again from home, and the center takes it in time.
        again = hand.offer(case, referral, DISTRICT, ("identity", "contact", "situation")).offer
        assert again is not None
        assert again != offered
        district.open(again)
        district.accept(again)
        finds_nothing(school, "hospital", first)
        assert "answer_offer" not in owed(school)
        assert "referral_unmet" not in owed(school)

        # Thursday, school again. The new homeroom teacher takes the class over, and learns that
        # somebody helps: neither who, nor what may be passed on, nor what was written.
        until(school, 8, 9)
        assert school.desk("homeroom-2").hand_overs.list() != []
        school.desk("homeroom-2").hand_overs.accept(S)
        school.desk("counselor-a").hand_overs.accept(S)
        with pytest.raises(NotFoundError):
            sees(school, "homeroom-1")
        after = sees(school, "homeroom-2")
        for page in (before, after):
            said = json.dumps(page, ensure_ascii=False, default=str)
            assert not {"referrals", "consents", "referral_accounts"} & set(page)
            assert not any(word in said for word in (HOSPITAL, DISTRICT, "three talks"))
        assert after["summary"]
        district.start(again)

        # Friday. Her mother takes her consent back, at her own desk.
        until(school, 9, 9)
        (held,) = (c.id for c in file_of(school).consents if c.receiver == DISTRICT)
        school.desk(MOTHER).consents.withdraw(number, held)
        request = request_of(school)
        assert (request.state, request.held) == ("on_hold", "consent_withdrawn")
        finds_nothing(school, "district", again)
        with pytest.raises(NotFoundError):
            district.end(again, "attended")
        live = file_of(school).live_case
        assert live is not None
        assert live.lifecycle == "open"
        assert owed(school)["decide_referral"] == "counselor-a"
        assert "authority_report" not in owed(school)

        # The next week. She is asked, she is accompanied here, and the request is ended.
        until(school, 12, 9)
        hand.revoke(case, referral, "she is accompanied by the school")
        assert {o.state for o in request_of(school).offers} == {"rejected", "cancelled"}
        assert not {"decide_referral", "referral_unmet", "answer_offer"} & set(owed(school))
        assert file_of(school).live_case is not None

        # Who has had nothing to do with it has heard nothing of it all these days.
        for name in OTHERS:
            assert told(school, name) == []
            assert school.desk(name).cases.list() == []
            assert school.desk(name).referrals.offered() == []
        assert verify(school.school).ok
