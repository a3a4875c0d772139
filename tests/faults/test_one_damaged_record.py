"""One student's record is damaged: people hear that something is wrong, and never about whom."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.desk import heartbeat
from psysafe.engine.auditing import audit
from psysafe.engine.enrolling import NUMBER, identity_key
from psysafe.engine.gather import gather
from psysafe.engine.rebuilding import rebuild
from psysafe.engine.unreadable import call_about
from psysafe.engine.verify import verify
from psysafe.ids import Actor
from psysafe.sensitivity import Trust
from psysafe.testing.channels import RecordingChannel, Sent
from psysafe.testing.schools import STUDENTS, InventedSchool, open_school, staff_id, student_id

HURT, WELL = 1, 5
PLAN = '[delivery]\nchannels = ["inbox", "sms"]\n'
TOLD = ("counselor-a", "counselor-b", "counselor-c", "head")
NEUTRAL = "有紧急事项需要您处理。"


@pytest.fixture
def sms() -> RecordingChannel:
    return RecordingChannel(Trust.SHARED)


@pytest.fixture
def school(tmp_path: Path, sms: RecordingChannel) -> Iterator[InventedSchool]:
    folder = tmp_path / "school"
    with open_school(folder, storage="sqlite", channels={"sms": sms}, plan=PLAN) as opened:
        yield opened


def report(school: InventedSchool, who: str, number: int) -> None:
    school.desk(who).signals.report(school.number(number), "one_to_one", {"self_harm": "severe"})


def damage(school: InventedSchool, key: str) -> None:
    """Somebody, or a disk, writes over the stored body behind psysafe's back."""
    school.net.close()
    with sqlite3.connect(school.folder / "psysafe.db") as file:
        done = file.execute("UPDATE document SET body = x'00ff17' WHERE key = ?", (key,))
        assert done.rowcount == 1
    file.close()
    school.reopen()


def damaged(school: InventedSchool) -> None:
    report(school, "homeroom-1", HURT)
    damage(school, f"file/{student_id(HURT)}")


def inbox(school: InventedSchool, who: str) -> list[dict[str, Any]]:
    """What a person finds about the damage. Their other calls name whom they are about."""
    lines = school.desk(who).inbox.list()
    return [line for line in lines if line["purpose"] == "unreadable"]


def sent(sms: RecordingChannel, lines: list[dict[str, Any]]) -> list[Sent]:
    return [
        one for key, one in sms.received.items() if key in {f"{n['notice']}/sms" for n in lines}
    ]


def test_counselors_and_the_head_hear_of_it_at_once_in_the_inbox_and_outside(
    school: InventedSchool, sms: RecordingChannel
) -> None:
    damaged(school)
    assert school.tick().failed >= 1
    for who in TOLD:
        found = inbox(school, who)
        assert [line["urgent"] for line in found] == [True], who
        (message,) = sent(sms, found)
        assert NEUTRAL in message.message.text
        assert "请尽快应答。" in message.message.text, "nothing says until when"
    for who in ("homeroom-1", "grade-head-10", "doctor", "core"):
        assert not inbox(school, who)


def test_it_is_said_once_though_the_entry_fails_at_every_tick(
    school: InventedSchool, sms: RecordingChannel
) -> None:
    damaged(school)
    failed = [school.tick(minutes=2).failed for _ in range(20)]
    assert all(failed)
    for who in TOLD:
        assert len(inbox(school, who)) == 1
        assert len(sent(sms, inbox(school, who))) == 1


def test_one_entry_is_told_of_once_even_after_its_notice_was_answered(
    school: InventedSchool,
) -> None:
    damaged(school)
    storage, now = school.school.storage, school.clock.now()
    claims = storage.claim([school.school.part], now, 1, heartbeat.OFTEN)
    call_about(school.school, claims[0], now)
    (line,) = inbox(school, "head")
    school.desk("head").inbox.acknowledge(line["notice"])
    school.clock.advance(hours=5)
    call_about(school.school, claims[0], school.clock.now())
    assert not inbox(school, "head")


def test_nothing_about_the_student_is_in_it(school: InventedSchool, sms: RecordingChannel) -> None:
    damaged(school)
    school.tick()
    for who in TOLD:
        lines = inbox(school, who)
        said = json.dumps(lines, ensure_ascii=False, default=str)
        said += repr([(s.message, s.message.text, s.message.neutral) for s in sent(sms, lines)])
        assert student_id(HURT) not in said
        assert "file/" not in said
        assert STUDENTS[HURT] not in said


def test_the_calls_about_other_students_go_on(
    school: InventedSchool, sms: RecordingChannel
) -> None:
    damaged(school)
    report(school, "homeroom-3", WELL)
    school.tick()
    calls = [n for n in school.desk("counselor-c").inbox.list() if n["purpose"] == "linkage"]
    assert len(calls) == 1
    assert sent(sms, calls)


@pytest.mark.parametrize(("hurt", "well"), [(1, 2), (2, 1)])
def test_what_was_owed_about_other_students_passes_on_beside_a_damaged_file(
    school: InventedSchool, hurt: int, well: int
) -> None:
    for number in sorted((hurt, well)):
        report(school, "homeroom-1", number)
    school.tick()
    damage(school, f"file/{student_id(hurt)}")
    school.leaves("homeroom-1")
    school.tick(minutes=1)
    duties = gather(school.school, student_id(well)).world.file.duties
    assert "never_alone" in {duty.kind for duty in duties}
    assert staff_id("homeroom-1") not in {duty.owner for duty in duties}


def test_the_message_of_the_day_is_sent_although_one_of_its_files_is_damaged(
    school: InventedSchool, sms: RecordingChannel
) -> None:
    for number in (HURT, 2):
        who = school.desk("homeroom-1").signals
        who.report(school.number(number), "one_to_one", {"insomnia": "some"})
    damage(school, f"file/{student_id(HURT)}")
    for _ in range(12):
        school.tick(hours=1)
    told = {n["purpose"] for n in school.desk("counselor-a").inbox.list()}
    assert "daily" in told


def moves(school: InventedSchool, *numbers: int) -> None:
    """A file of the roster takes students with a live case into the next class."""
    people = [gather(school.school, student_id(number)).world.student for number in numbers]
    rows = [f"{one.name},{dict(one.identities)['student_no']},高一2班" for one in people]
    file = school.folder.parent / "roster.csv"
    file.write_text("\n".join(("姓名,学号,班级", *rows)) + "\n", encoding="utf-8")
    school.net.operator().roster.load(file).apply()


def test_a_damaged_file_hides_no_other_hand_over_and_it_is_said_that_one_is_not_read(
    school: InventedSchool,
) -> None:
    for number in (HURT, 2):
        report(school, "homeroom-1", number)
        case = school.desk("counselor-a").cases.about(school.number(number))
        case.acknowledge()
        case.open()
    moves(school, HURT, 2)
    assert len(school.desk("counselor-a").hand_overs.list()) == 2
    damage(school, f"file/{student_id(HURT)}")
    line, last = school.desk("counselor-a").hand_overs.list()
    assert line["student"] == student_id(2)
    assert last == {"unreadable": 1}, "and not of whom"
    for name in ("homeroom-1", "homeroom-3", "registrar", "counselor-c"):
        assert not any("unreadable" in one for one in school.desk(name).hand_overs.list())
    school.tick(minutes=1)
    assert "hand_overs" in {n["purpose"] for n in school.desk("counselor-a").inbox.list()}


@pytest.mark.parametrize("kind", ["file", "student"])
def test_the_daily_look_counts_the_student_once_and_goes_on(
    school: InventedSchool, kind: str
) -> None:
    report(school, "homeroom-1", HURT)
    report(school, "homeroom-3", WELL)
    damage(school, f"{kind}/{student_id(HURT)}")
    found = audit(school.school, school.clock.now())
    assert [(f.code, f.facts) for f in found.findings] == [("PSY722", {"count": 1})]
    assert found.cases == 2
    school.tick()
    assert heartbeat.read(school.folder)["findings"] == ["PSY722"]


def test_a_card_that_cannot_be_read_is_counted_too(school: InventedSchool) -> None:
    report(school, "homeroom-1", HURT)
    case = school.desk("counselor-a").cases.list()[0]["case"]
    damage(school, f"case/{case}")
    found = audit(school.school, school.clock.now())
    assert [(f.code, f.facts) for f in found.findings] == [("PSY722", {"count": 1})]


def test_a_whole_school_has_no_such_finding_and_no_such_notice(school: InventedSchool) -> None:
    report(school, "homeroom-1", HURT)
    school.tick()
    assert audit(school.school, school.clock.now()).findings == ()
    assert not any(inbox(school, who) for who in TOLD)


@pytest.mark.parametrize("cell", ["owner", "subject", "due", "places"])
def test_a_list_that_would_leave_somebody_out_is_named_and_mended(
    school: InventedSchool, cell: str
) -> None:
    """What an index holds of a duty is written twice: one of both is changed behind our back."""
    report(school, "homeroom-1", HURT)
    with sqlite3.connect(school.folder / "psysafe.db") as file:
        ((key,),) = file.execute(
            "SELECT key FROM document WHERE kind = 'duty' AND owner <> '' LIMIT 1"
        )
        file.execute(f"UPDATE document SET {cell} = 'x' WHERE key = ?", (key,))
    file.close()
    school.reopen()
    found = verify(school.school)
    assert key in {f.facts["record"] for f in found.findings}
    assert not found.replay_equal
    rebuild(school.school, f"file/{student_id(HURT)}", Actor("operator:it"), school.clock.now())
    school.reopen()
    assert verify(school.school).ok


def test_a_student_who_is_not_found_by_number_any_more_is_named_and_mended(
    school: InventedSchool,
) -> None:
    key = identity_key(school.school, NUMBER, school.number(WELL).removeprefix("no:"))
    school.net.close()
    with sqlite3.connect(school.folder / "psysafe.db") as file:
        assert file.execute("DELETE FROM document WHERE key = ?", (key,)).rowcount == 1
    file.close()
    school.reopen()
    assert [(f.code, f.facts["record"]) for f in verify(school.school).findings] == [
        ("PSY405", key)
    ]
    rebuild(school.school, f"student/{student_id(WELL)}", Actor("operator:it"), school.clock.now())
    school.reopen()
    assert verify(school.school).ok
