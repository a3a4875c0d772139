"""Law 4: no message says more than its channel may carry, nor more than its receiver may know.

Every role, every severity, every trust; judged when it is sent and again when it is opened. What
each role may know is read here from the matrix itself, not through the code that is tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from psysafe.builtin.policy import shipped_matrix
from psysafe.contracts.channel import ResultClass
from psysafe.desk.speaking import CatalogueSpeaker
from psysafe.domain.duties import Notice
from psysafe.domain.severity import Severity
from psysafe.engine.gather import gather
from psysafe.engine.texts import Text, text_for
from psysafe.ids import NoticeId, PersonId, RunId, student_person
from psysafe.sensitivity import ContentClass, Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import (
    STAFF,
    STUDENTS,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

PROPOSAL = "to the hospital tonight"
NOTE = "she wrote a letter"
NAME = STUDENTS[1]
CLASS_NAME = "高一(1)班"

#: Who is told, and in which rows of the matrix they stand towards student 1. Nobody has a row who
#: has no relation, or whose row needs more than the role (a live call, being on duty now).
VIEWERS: dict[str, tuple[PersonId, tuple[str, ...]]] = {
    name: (staff_id(name), (role,))
    for name, (_, role, _) in STAFF.items()
    if name not in ("homeroom-2", "homeroom-3", "counselor-c", "grade-head-11", "duty", "spare")
}
for _name in ("head", "deputy-head", "core"):
    VIEWERS[_name] = (staff_id(_name), ("leading_group",))
VIEWERS["counselor-a"] = (staff_id("counselor-a"), ("counselor_assigned",))
VIEWERS["counselor-b"] = (staff_id("counselor-b"), ("counselor_unassigned",))
VIEWERS["the student"] = (student_person(student_id(1)), ("student",))
VIEWERS["the mother"] = (guardian_id(1), ("guardian",))
for _name in ("homeroom-2", "homeroom-3", "counselor-c", "grade-head-11", "duty", "spare"):
    VIEWERS[_name] = (staff_id(_name), ())
VIEWERS["another's mother"] = (guardian_id(2), ())
VIEWERS["a stranger"] = (PersonId(staff_id("nobody")), ())

#: A report that makes each severity, before anybody has judged.
REPORTS = {
    Severity.ATTENTION: {"fear": "some"},
    Severity.MODERATE: {"fear": "marked"},
    Severity.HIGH: {"fear": "severe"},
    Severity.IMMINENT: {"self_harm": "severe"},
}
SITUATIONS = [*((s, False) for s in REPORTS), (Severity.HIGH, True), (Severity.IMMINENT, True)]
#: Item class to a text that stands in a message only where the item is told in full.
TELLS = {
    "display_name": NAME,
    "class_placement": CLASS_NAME,
    "crisis_flag": PROPOSAL,
    "risk_level": "Severity:",
    "supervision": "Where:",
}
#: The class of each of these items in full (the one table of the design).
IN_FULL = {
    "display_name": ContentClass.K1,
    "class_placement": ContentClass.K1,
    "crisis_flag": ContentClass.K2,
    "risk_level": ContentClass.K2,
    "supervision": ContentClass.K2,
}
CARRIES = {
    Trust.SHARED: ContentClass.K0,
    Trust.PERSONAL: ContentClass.K1,
    Trust.SEALED: ContentClass.K2,
}
MATRIX = {(row[0], row[1], row[2]): row[3] for row in shipped_matrix()}


def allowed(rows: tuple[str, ...], item: str, *, crisis: bool) -> bool:
    """Whether some row of the matrix shows the item in full in one of the states."""
    states = ("attention", "crisis") if crisis else ("attention",)
    return any(MATRIX[row, item, state] == "allow" for row, state in product(rows, states))


@pytest.fixture(params=SITUATIONS, ids=lambda s: f"{s[0].value}{' declared' if s[1] else ''}")
def situation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InventedSchool]:
    severity, declared = request.param
    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", REPORTS[severity], place="dormitory", note=NOTE
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        if declared:
            case.declare_crisis(
                danger="self", place="home", proposal=PROPOSAL, severity=severity.value
            )
        yield school


def texts(
    school: InventedSchool, receiver: PersonId, role: str, trust: Trust, *, opened: bool
) -> tuple[Text | None, str]:
    """The text of a notice for this person, and how it reads in English."""
    world = gather(school.school, student_id(1)).world
    notice = Notice(
        id=NoticeId("notice-000000000001"),
        purpose="crisis",
        receiver=receiver,
        role=role,
        severity=Severity.HIGH,
        queued=school.clock.now(),
        student=student_id(1),
        run=RunId("run-000000000001"),
        channels=("x",),
    )
    now = school.clock.now()
    made = text_for(school.school, notice, world, now, trust, "x", opened=opened)
    speaker = CatalogueSpeaker(("en",), school.net.settings.zone)
    return made, speaker.say(made.phrases, "en") if made is not None else ""


@pytest.mark.parametrize("opened", [False, True], ids=["sent", "opened"])
@pytest.mark.parametrize("trust", list(Trust))
def test_no_text_exceeds_the_channels_trust_or_the_receivers_right(
    situation: InventedSchool, trust: Trust, opened: bool
) -> None:
    case = gather(situation.school, student_id(1)).world.file.case
    assert case is not None
    severity = case.level.severity  # type: ignore[union-attr]  # a report was made
    for who, (person, rows) in VIEWERS.items():
        role = rows[0] if rows else "counselor"
        made, text = texts(situation, person, role, trust, opened=opened)
        if trust is Trust.PUBLIC:
            assert made is None, f"{who} is told over a public channel"
            continue
        assert made is not None
        assert made.content <= CARRIES[trust]
        assert made.content < ContentClass.K3
        assert NOTE not in text
        for item, words in TELLS.items():
            if words not in text:
                continue
            assert IN_FULL[item] <= CARRIES[trust], f"{who}: {item} over {trust.name}"
            assert allowed(rows, item, crisis=severity >= Severity.HIGH), f"{who}: {item}"
        if not rows or trust is Trust.SHARED:
            assert made.content is ContentClass.K0
            assert made.items == ()


def test_the_sealed_channel_does_tell_those_who_may_know(situation: InventedSchool) -> None:
    """The law could be kept by saying nothing at all."""
    case = gather(situation.school, student_id(1)).world.file.case
    assert case is not None
    for who in ("counselor-a", "counselor-b", "homeroom-1", "grade-head-10"):
        person, rows = VIEWERS[who]
        made, text = texts(situation, person, rows[0], Trust.SEALED, opened=False)
        assert made is not None
        assert NAME in text
        assert (PROPOSAL in text) == (case.declared is not None)


def test_a_neutral_text_says_how_urgent_until_when_and_whom_to_call(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", {"self_harm": "severe"}
        )
        made, text = texts(school, staff_id("spare"), "counselor", Trust.SHARED, opened=False)
        assert made is not None
        assert text.startswith("Something urgent needs you.")
        assert "12356" in text
        school.desk("counselor-a").cases.about(school.number(1)).acknowledge()
        _, text = texts(school, staff_id("spare"), "counselor", Trust.SHARED, opened=False)
        assert "13900000003" in text


# -- over real channels ---------------------------------------------------------------------------

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["sms", "mail", "board", "inbox"]
"""


class Lines:
    def __init__(self) -> None:
        self.sms = RecordingChannel(Trust.SHARED)
        self.mail = RecordingChannel(Trust.PERSONAL)
        self.board = RecordingChannel(Trust.PUBLIC)
        self.inbox = RecordingChannel(Trust.SEALED)

    def school(self, folder: Path) -> InventedSchool:
        lines = {"sms": self.sms, "mail": self.mail, "board": self.board, "inbox": self.inbox}
        return open_school(folder, plan=PLAN, channels=lines)


def declare(school: InventedSchool) -> None:
    school.desk("counselor-b").signals.report(
        school.number(1), "message", {"self_harm": "severe"}, note=NOTE
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.declare_crisis(danger="self", place="home", proposal=PROPOSAL, severity="imminent")
    case.supervise("in_person", "her aunt")


@pytest.mark.clause("B0.3")
@pytest.mark.clause("C6.2")
def test_a_short_message_names_nobody_and_a_mail_says_no_more_than_who(tmp_path: Path) -> None:
    lines = Lines()
    with lines.school(tmp_path / "school") as school:
        declare(school)
        school.tick()
        (short,) = (s.message for s in lines.sms.received.values())
        assert short.content is ContentClass.K0
        assert NAME not in short.text
        assert short.urgent
        assert short.answer_by is not None
        (mail,) = (s.message for s in lines.mail.received.values())
        assert mail.content is ContentClass.K1
        assert NAME in mail.text
        assert PROPOSAL not in mail.text
        assert NOTE not in mail.text


@pytest.mark.clause("B0.3")
def test_a_public_channel_carries_nothing_and_the_next_one_has_its_turn(tmp_path: Path) -> None:
    lines = Lines()
    lines.sms.behave(ResultClass.PERMANENT_RECIPIENT)
    lines.mail.behave(ResultClass.PERMANENT_RECIPIENT)
    with lines.school(tmp_path / "school") as school:
        declare(school)
        school.tick()
        assert lines.board.calls == []
        told = [s for s in lines.inbox.received.values() if s.address == staff_id("homeroom-1")]
        assert len(told) == 1
        assert PROPOSAL in told[0].message.text


@pytest.mark.clause("B0.3")
def test_a_role_that_ended_before_the_message_left_takes_the_name_out_of_it(
    tmp_path: Path,
) -> None:
    lines = Lines()
    with lines.school(tmp_path / "school") as school:
        declare(school)
        school.leaves("homeroom-1")
        school.tick()
        (mail,) = (s.message for s in lines.mail.received.values())
        assert mail.content is ContentClass.K0
        assert NAME not in mail.text


@pytest.mark.clause("B0.3")
def test_a_role_that_ended_before_the_message_was_opened_takes_the_name_out_of_it(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        declare(school)
        school.tick()
        (before,) = school.desk("homeroom-1").inbox.list()
        assert before["class"] == "K2"
        assert NAME in before["text"]
        school.leaves("homeroom-1")
        (after,) = school.desk("homeroom-1").inbox.list()
        assert after["class"] == "K0"
        assert NAME not in after["text"]
        assert "case" not in after
        assert set(after) - set(before) == set()


@pytest.mark.clause("B0.3")
def test_an_opened_message_tells_of_the_case_as_it_is_now(tmp_path: Path) -> None:
    """After the end of the case there is nothing about it that a homeroom teacher may know."""
    with open_school(tmp_path / "school") as school:
        school.desk("counselor-b").signals.report(school.number(1), "message", {"fear": "some"})
        school.tick(days=8)
        (before,) = school.desk("grade-head-10").inbox.list()
        assert before["class"] == "K1"
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        school.desk("counselor-a").cases.dismiss(case.id, "a misunderstanding")
        for line in school.desk("grade-head-10").inbox.list():
            assert "case" not in line or line["class"] == "K0"
