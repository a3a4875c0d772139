"""A screening two days before the National Day week, in a school with one part-time counselor.

She is there on Mondays and Tuesdays. Both fall into the week off (1 to 7 October 2026), so after
Tuesday 29 September she is next in school on Monday 12 October.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from psysafe.desk.screenings import SheetRow
from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError, NotFoundError
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

GIRL, ILL, ANXIOUS, BOY, WELL = 1, 2, 3, 4, 5
TEACHERS = ("homeroom-1", "homeroom-2", "homeroom-3")
#: Whom none of it concerns, besides them.
OTHERS = ("grade-head-11", "affairs", "doctor", "registrar", "spare")
ALONE = {"counselor-b", "counselor-c"}
Owed = dict[str, tuple[str, datetime]]


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in Shanghai."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def file_of(school: InventedSchool, number: int) -> StudentFile:
    return gather(school.school, student_id(number)).world.file


def owed(school: InventedSchool, number: int) -> Owed:
    duties = file_of(school, number).duties
    return {d.kind: (str(d.owner).partition(":")[2], d.due) for d in duties}


def told(school: InventedSchool, name: str) -> list[str]:
    return [n["purpose"] for n in school.desk(name).inbox.list()]


def until(school: InventedSchool, moment: datetime) -> None:
    """Let time pass, with somebody looking every two hours; no teacher hears of a flag."""
    while school.clock.now() < moment:
        school.clock.set(min(moment, school.clock.now() + timedelta(hours=2)))
        school.tick()
        for name in (*TEACHERS, *OTHERS):
            assert told(school, name) == [], name
            assert school.desk(name).flags.list() == []


def heard_of_late(school: InventedSchool) -> int:
    """How often the head was told by now that somebody else is late, and answers it all."""
    inbox = school.desk("head").inbox
    late = [n["notice"] for n in inbox.list() if n["purpose"] == "flag_unread"]
    for notice in late:
        inbox.acknowledge(notice)
    return len(late)


def sheets_come_in(school: InventedSchool) -> None:
    def row(number: int, *answers: int) -> SheetRow:
        return SheetRow(
            student=school.number(number),
            answered_at=school.clock.now() - timedelta(hours=1),
            answers=answers,
            where={"row": number},
        )

    zeros = (0,) * 8
    hand = school.desk("counselor-a").screenings
    mood = [row(GIRL, *zeros, 3), row(ILL, *zeros, 2), row(BOY, *zeros, 1), row(WELL, *zeros, 0)]
    assert hand.apply("phq9", mood, dry_run=False).by_severity == {"high": 2, "moderate": 1}
    worry = hand.apply("gad7", [row(ANXIOUS, *(3,) * 7)], dry_run=False)
    assert worry.by_severity == {"moderate": 1}


def flag_of(school: InventedSchool, number: int) -> str:
    (flag,) = file_of(school, number).flags
    return str(flag.id)


def test_a_screening_before_a_holiday_with_one_part_time_counselor(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", now=at(9, 29, 9), without=ALONE) as school:
        school.takes("counselor-a", "counselor")
        counselor = school.desk("counselor-a")

        # Tuesday, 09:00. What says "I would rather be dead" is read within a day, holiday or not;
        # the rest within three school days, the third of which is Friday the ninth of October: the
        # cap of seven days comes first.
        sheets_come_in(school)
        tomorrow, cap = at(9, 30, 9), at(10, 6, 9)
        for number, due in ((GIRL, tomorrow), (ILL, tomorrow), (BOY, tomorrow), (ANXIOUS, cap)):
            assert owed(school, number) == {"review_flag": ("counselor-a", due)}
        assert owed(school, WELL) == {}
        until(school, at(9, 29, 9, 5))
        assert told(school, "counselor-a") == ["worklist"]
        assert [line["severity"] for line in counselor.flags.list()] == [
            "high",
            "high",
            "moderate",
            "moderate",
        ]

        # 11:05. She has talked with the girl: a case. The boy is to be talked with; she has no
        # hour left for it, and his interview is due three school days from now, capped likewise.
        until(school, at(9, 29, 11, 5))
        counselor.signals.report(school.number(GIRL), "one_to_one", {"depression": "severe"})
        case = counselor.cases.about(school.number(GIRL))
        case.acknowledge()
        case.open()
        case.assess("high", "thinks of it daily, has no plan")
        # Her class, her grade and the center hear of the girl in turn, and each says so.
        for name in ("homeroom-1", "grade-head-10", "affairs", "counselor-a"):
            school.tick()
            inbox = school.desk(name).inbox
            (heard,) = (n["notice"] for n in inbox.list() if n["purpose"] == "warning")
            inbox.acknowledge(heard)
        counselor.flags.review(flag_of(school, GIRL), "joined_case")
        counselor.flags.review(flag_of(school, BOY), "second_stage")
        assert owed(school, BOY) == {"second_stage": ("counselor-a", at(10, 6, 11, 5))}
        assert "review_flag" not in owed(school, GIRL)

        # 15:05. It is less than it seemed. The school has no second counselor to say so with: the
        # expert does, by telephone. Nobody else counts, and she is no second to herself.
        until(school, at(9, 29, 15, 5))
        for second in (None, "counselor-a", "head", "homeroom-1"):
            with pytest.raises(InvalidMoveError) as refused:
                case.assess("moderate", "talked again", second and staff_id(second))
            assert refused.value.code == "PSY007"
        case.assess("moderate", "talked with her aunt and her", staff_id("expert"))
        live = file_of(school, GIRL).live_case
        assert live is not None
        assert live.level is not None
        assert (live.level.severity.value, live.level.second) == ("moderate", staff_id("expert"))

        # The daily look asks for the plan of the week off, for the live case and no other.
        assert owed(school, GIRL)["holiday_plan"] == ("counselor-a", at(9, 30, 17))
        for number in (ILL, ANXIOUS, BOY, WELL):
            assert "holiday_plan" not in owed(school, number)
        assert told(school, "counselor-a").count("rounds") == 1

        # 18:00. She goes home for twelve days. What the case asks for is the head's from then on.
        until(school, at(9, 29, 18))
        school.absent("counselor-a", days=12 + 14 / 24)
        until(school, at(9, 29, 18, 5))
        assert {who for who, _ in owed(school, GIRL).values()} == {"head"}
        assert "duty_yours" in told(school, "head")
        assert "rounds" in told(school, "head")
        assert heard_of_late(school) == 0
        school.desk("head").cases.holiday_plan(
            case.id,
            contact="her aunt",
            next_contact="12356",
            covers=staff_id("safeguarding"),
            informed=[guardian_id(GIRL)],
        )
        assert "holiday_plan" not in owed(school, GIRL)
        until(school, at(9, 29, 20))
        assert told(school, "safeguarding") == ["holiday_cover"]
        assert "PSY142" not in [f.code for f in school.net.operator().check()]

        # Wednesday, 09:00. The girl who was ill has been talked with by nobody. A minute before,
        # nobody has heard of it; at the cap the head has, and telephones the counselor.
        until(school, at(9, 30, 8, 59))
        assert heard_of_late(school) == 0
        until(school, at(9, 30, 9))
        assert heard_of_late(school) == 1
        (line,) = (one for one in counselor.flags.list() if one["overdue"])
        assert line["student"] == student_id(ILL)
        until(school, at(9, 30, 10))
        counselor.flags.review(flag_of(school, ILL), "second_stage", "her mother: she sleeps")
        assert owed(school, ILL) == {"second_stage": ("counselor-a", at(10, 1, 10))}

        # Thursday, the first day off. A high flag waits for no school day: the head hears again,
        # and the counselor talks with her from home.
        until(school, at(10, 1, 9, 59))
        assert heard_of_late(school) == 0
        until(school, at(10, 1, 10))
        assert heard_of_late(school) == 1
        counselor.flags.review(flag_of(school, ILL), "no_concern", "an hour on the telephone")
        assert owed(school, ILL) == {}

        # Tuesday, in the middle of the week off: the caps of the two whom she had no hour for.
        until(school, at(10, 6, 8, 59))
        assert heard_of_late(school) == 0
        until(school, at(10, 6, 9))
        assert heard_of_late(school) == 1
        until(school, at(10, 6, 11, 5))
        assert heard_of_late(school) == 1
        overdue = {one["student"] for one in counselor.flags.list() if one["overdue"]}
        assert overdue == {student_id(ANXIOUS), student_id(BOY)}

        # They wait for her, and it is said again each day until somebody has looked.
        for day in (7, 8, 9, 10, 11):
            until(school, at(10, day, 12))
            assert heard_of_late(school) == 2, day

        # Monday the twelfth. She is back and reviews the rest; what was hers is hers again.
        until(school, at(10, 12, 8, 5))
        for number, outcome in ((ANXIOUS, "no_concern"), (BOY, "no_concern")):
            counselor.flags.review(flag_of(school, number), outcome, "talked with")
        assert counselor.flags.list() == []
        heard_of_late(school)
        until(school, at(10, 13, 18))
        assert heard_of_late(school) == 0
        for number in (ILL, ANXIOUS, BOY, WELL):
            assert owed(school, number) == {}
            assert file_of(school, number).live_case is None
            for name in TEACHERS:
                with pytest.raises(NotFoundError):
                    school.desk(name).cases.about(school.number(number))
        assert owed(school, GIRL)["reassess"][0] == "counselor-a"
        assert verify(school.school).ok
