"""A girl calls the hotline: her homeroom teacher hits her. He must be the last to notice.

Tuesday, 19:15. A second school stands beside hers in which nobody called. Whatever he can look at
is compared with it all along.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

EVENING = datetime(2026, 11, 3, 11, 15, tzinfo=UTC)  # 19:15 in Shanghai
HE = str(staff_id("homeroom-1"))
MAIL = '[delivery]\nchannels = ["inbox", "mail"]\n'
RECEIVERS = ("safeguarding_lead", "police", "civil_affairs", "education_authority")
#: People of the same school who have nothing to do with her.
OTHERS = ("homeroom-2", "homeroom-3", "counselor-c", "grade-head-11", "registrar")


def told(school: InventedSchool, name: str) -> list[str]:
    return [n["purpose"] for n in school.desk(name).inbox.list()]


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def owed(school: InventedSchool) -> dict[str, str]:
    return {d.kind: str(d.owner).partition(":")[2] for d in file_of(school).duties}


def answers(school: InventedSchool, name: str, purpose: str) -> None:
    inbox = school.desk(name).inbox
    (notice,) = (n["notice"] for n in inbox.list() if n["purpose"] == purpose)
    inbox.acknowledge(notice)


def his_view(school: InventedSchool) -> dict[str, Any]:
    """All that he can look at about her, and how he is refused what he cannot."""
    desk = school.desk("homeroom-1")
    try:
        case: Any = desk.cases.about(school.number(1)).data
    except PsysafeError as refusal:
        case = (refusal.code, str(refusal))
    return {
        "inbox": desk.inbox.list(),
        "cases": desk.cases.list(),
        "case": case,
        "bars": desk.bars.list(),
        "rounds": [(o["student"], o["due"]) for o in desk.support.owed()],
        "who would be called": desk.cases.explain(school.number(1), "high"),
    }


def his_wish(school: InventedSchool) -> tuple[str, str]:
    """How he is refused who says that it is not true."""
    with pytest.raises(PsysafeError) as refused:
        school.desk("homeroom-1").bars.lift(school.number(1), HE, "it is not true")
    return refused.value.code, str(refused.value)


@pytest.mark.clause("B0.3")
@pytest.mark.clause("B1.1")
@pytest.mark.clause("C3.2")
@pytest.mark.clause("C6.2")
def test_a_hotline_call_accuses_a_homeroom_teacher(tmp_path: Path) -> None:
    mail = RecordingChannel()
    with (
        open_school(tmp_path / "s", now=EVENING, channels={"mail": mail}, plan=MAIL) as school,
        open_school(tmp_path / "calm", now=EVENING, channels={"mail": mail}, plan=MAIL) as calm,
    ):

        def passes(**time: float) -> None:
            school.tick(**time)
            calm.tick(**time)
            assert his_view(school) == his_view(calm)

        # In both schools he has spoken with her this week, as with all of his class.
        for one in (school, calm):
            one.desk("homeroom-1").support.log(one.number(1), "telephone", "reached")

        # 19:15. She calls. He is barred before the telephone is put down.
        school.desk("spare").signals.report(
            school.number(1),
            "hotline",
            {"fear": "severe"},
            dangers=("harm_by_adult",),
            place="home",
            note="she says that he hits her",
            accused=HE,
        )
        passes()
        assert told(school, "counselor-a") == ["linkage", "protected"]
        assert told(school, "counselor-b") == ["linkage"]
        assert set(told(school, "safeguarding")) == {"protected"}
        assert told(school, "head") == told(school, "affairs") == []
        assert owed(school)["report_harm"] == "spare"
        assert owed(school)["confirm_bar"] == "safeguarding"
        assert owed(school)["second_adult"] == "counselor-a"

        # 19:30. Whoever took the call hands it over: nobody's leave is needed, all four are told.
        passes(minutes=15)
        for receiver in RECEIVERS:
            assert "report_harm" in owed(school)
            school.desk("spare").bars.hand_over(school.number(1), receiver, "by telephone")
        assert "report_harm" not in owed(school)

        # 19:40. A counselor takes it up and has been with her, before anybody of her class.
        passes(minutes=10)
        counselor = school.desk("counselor-a")
        case = counselor.cases.about(school.number(1))
        case.acknowledge()
        case.open()
        counselor.bars.first(school.number(1), "we talked; an aunt is with her")
        assert "second_adult" not in owed(school)

        # 20:00. It is worse than it seemed. The call about a crisis leaves out her homeroom teacher
        # and begins with the grade head, and nobody is asked to tell him.
        passes(minutes=20)
        case.declare_crisis(danger="self", place="home", proposal="the aunt stays", severity="high")
        passes()
        assert told(school, "grade-head-10") == ["crisis"]
        assert "leading_group_report" in told(school, "head")
        assert "tell_homeroom_teacher" not in owed(school)
        answers(school, "grade-head-10", "crisis")
        answers(school, "head", "leading_group_report")
        assert owed(school)["tell_guardian"] == "grade-head-10"
        school.desk("grade-head-10").cases.guardian(case.id, guardian_id(1), "agrees")
        assert "tell_guardian" not in owed(school)

        # Next morning he reports on her himself, as on any day, and is thanked as on any day.
        passes(hours=13)
        receipts = [
            one.desk("homeroom-1").signals.report(one.number(1), "one_to_one", {"fear": "some"})
            for one in (school, calm)
        ]
        assert receipts[0].answered_by == receipts[1].answered_by
        assert receipts[0].asks == receipts[1].asks
        assert "joined_signal" in told(school, "counselor-a")
        assert his_view(school)["cases"] == []

        # The safeguarding lead confirms; nobody else can, and he is not heard at all.
        assert his_wish(school) == his_wish(calm)
        school.desk("safeguarding").bars.confirm(school.number(1), HE)
        assert "confirm_bar" not in owed(school)
        (line,) = school.desk("safeguarding").bars.list()
        assert [b["state"] for b in line["bars"]] == ["confirmed"]
        assert [h["receiver"] for h in line["handed_over"]] == list(RECEIVERS)

        # Weeks later nothing of it has reached him, over no channel; it never ends by time.
        for _ in range(4):
            school.tick(days=7)
        assert told(school, "homeroom-1") == []
        assert school.desk("homeroom-1").cases.list() == []
        assert mail.texts("homeroom-1@school.example") == []
        assert not [c for c in mail.calls if "hits" in c.message.text or HE in c.message.text]
        assert HE not in {str(d.owner) for d in file_of(school).duties if d.kind != "one_to_one"}

        # Who was told nothing, in all of this.
        for name in OTHERS:
            assert told(school, name) == []
            assert school.desk(name).cases.list() == []

        # What is owed at the end: she is seen again, and her case goes on.
        assert {"reassess", "follow_up"} <= set(owed(school))
        assert file_of(school).live_case is not None
        assert school.clock.now() - EVENING > timedelta(days=28)
        assert verify(school.school).ok
        assert verify(calm.school).ok
