"""What `explain` says would happen if nobody answered is what then happens.

Whole routes to their end: the same people, in the same order, at the same times, over the same
channels.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.clock import from_wire
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.domain.plan import INBOX
from psysafe.engine.daily import DAILY, gathered_at
from psysafe.engine.unsealing import event_of
from psysafe.errors import InvalidDataError
from psysafe.testing import InventedSchool, RecordingChannel, open_school
from psysafe.testing.schools import MONDAY, STAFF, staff_id

#: A report that is of just this severity.
SYMPTOMS = {
    "imminent": {"self_harm": "severe"},
    "high": {"insomnia": "severe"},
    "moderate": {"insomnia": "marked"},
    "attention": {"insomnia": "some"},
}
#: Who may be away or gone; somebody must be left who can report, be asked and declare.
OTHERS = sorted(set(STAFF) - {"homeroom-1", "counselor-a"})

MAIL = """
[delivery]
channels = ["inbox", "mail", "sms"]
"""
#: Who is asked over a route: person, when, by when. The end of a route has no time to answer by.
Line = tuple[str, datetime, datetime | None]
Asked = dict[str, set[Line]]
#: When a message goes out over a channel, by person, channel and when it was queued.
Sends = dict[tuple[str, str, str, datetime], datetime]


def _moment(value: Any) -> datetime:
    return from_wire(value) if isinstance(value, str) else value


def predicted(school: InventedSchool, on: str, severity: str) -> tuple[Asked, Sends]:
    """Everybody who is asked by each route if nobody answers, and what goes when, says explain."""
    told = school.desk("counselor-a").cases.explain(school.number(1), severity)
    asked: Asked = {}
    sends: Sends = {}
    for route in told["routes"]:
        if route["on"] != on:
            continue
        lines = asked.setdefault(route["route"], set())
        for step in (*route["steps"], *route["end"]):
            if "skipped" in step:
                continue
            at, by = _moment(step["at"]), step.get("answer_by")
            lines |= {(person, at, by and _moment(by)) for person in step["people"]}
            for goes in step["told"]:
                key = (route["route"], goes["person"], goes["channel"], at)
                if "send_at" in goes:
                    sends[key] = _moment(goes["send_at"])
    return asked, sends


def played(school: InventedSchool, since: int, until: datetime) -> tuple[Asked, Sends]:
    """What the school then does until a time while nobody answers, read from its journal."""
    report = school.tick()
    while report.next_due is not None and report.next_due <= until:
        ahead = report.next_due - school.clock.now()
        report = school.tick(seconds=max(0.0, ahead.total_seconds()))
    parts = school.school
    asked: Asked = {}
    sends: Sends = {}
    routes: dict[str, str] = {}
    notices: dict[str, Notice] = {}
    of_the_day: dict[str, str] = {}
    for kept in parts.storage.journal(parts.part, since, 10_000):
        event = event_of(parts, kept)
        if isinstance(event, e.RouteStarted):
            routes[event.run.id] = event.run.route
        elif isinstance(event, e.NoticeQueued) and event.notice.purpose == DAILY:
            of_the_day[event.notice.id] = event.notice.receiver
        elif isinstance(event, e.NoticeQueued) and event.notice.run in routes:
            one = event.notice
            notices[one.id] = one
            asked.setdefault(routes[str(one.run)], set()).add(
                (one.receiver, one.queued, one.answer_by)
            )
        elif isinstance(event, e.AttemptFinished) and event.notice in notices:
            one = notices[event.notice]
            sends[(routes[str(one.run)], one.receiver, event.channel, one.queued)] = event.at
        elif isinstance(event, e.AttemptFinished) and event.notice in of_the_day:
            # One message a day tells of everything that could wait for it.
            for one in notices.values():
                key = (routes[str(one.run)], one.receiver, event.channel, one.queued)
                if (
                    one.receiver == of_the_day[event.notice]
                    and event.channel != INBOX
                    and gathered_at(one, parts.calendar, parts.plan.daily) is not None
                ):
                    sends.setdefault(key, event.at)
    return asked, sends


def position(school: InventedSchool) -> int:
    return school.school.storage.read(school.school.part, []).position


def held(school: InventedSchool, before: int, told: tuple[Asked, Sends]) -> None:
    """What was told is what is done: the same people in the same order, at the same times."""
    asked, sends = told
    assert asked
    ends = [at for lines in asked.values() for _, at, _ in lines]
    until = max([*ends, *sends.values()])
    done, gone = played(school, before, until)
    assert {route: done.get(route) or set() for route in asked} == asked
    assert {key: gone.get(key) for key in sends} == sends
    # Nothing goes over a channel that waits for another to fail.
    assert {key for key in gone if key[0] in asked} == set(sends)


def rearranged(folder: str, gone: set[str], away: Away, hours: int) -> Any:
    channels = {"mail": RecordingChannel(), "sms": RecordingChannel()}
    now = MONDAY + timedelta(hours=hours)
    school = open_school(Path(folder) / "school", now=now, plan=MAIL, channels=channels)
    for name in sorted(gone):
        school.leaves(name)
    for name in sorted(away):
        deputy, days = away[name]
        school.absent(name, deputy=deputy, days=days)
    return school


Away = dict[str, tuple[str | None, float]]


people = (
    st.sets(st.sampled_from(OTHERS), max_size=5),
    # Some are back before the route has ended: people are looked up at each step.
    st.dictionaries(
        st.sampled_from(OTHERS),
        st.tuples(st.none() | st.sampled_from(OTHERS), st.sampled_from((0.02, 1.5, 365.0))),
        max_size=4,
    ),
    st.integers(0, 24 * 7),
)


@settings(max_examples=25)
@given(*people, st.sampled_from(sorted(SYMPTOMS)))
def test_a_report_asks_whom_explain_named(
    gone: set[str], away: Away, hours: int, severity: str
) -> None:
    with tempfile.TemporaryDirectory() as folder, rearranged(folder, gone, away, hours) as school:
        expected = predicted(school, "signal", severity)
        before = position(school)
        teacher = school.desk("homeroom-1")
        teacher.signals.report(school.number(1), "one_to_one", SYMPTOMS[severity])
        held(school, before, expected)


@settings(max_examples=12)
@given(*people, st.lists(st.tuples(st.integers(0, 6), st.integers(1, 40)), max_size=3, unique=True))
def test_a_crisis_asks_whom_explain_named_by_the_rosters_of_duty(
    gone: set[str],
    away: dict[str, str | None],
    hours: int,
    shifts: list[tuple[int, int]],
) -> None:
    # Nobody is left before the step that asks who is on duty.
    gone |= {"grade-head-10"}
    with (
        tempfile.TemporaryDirectory() as folder,
        open_school(Path(folder) / "school", now=MONDAY + timedelta(hours=hours)) as school,
    ):
        for begin, long in shifts:
            since = school.clock.now() + timedelta(hours=begin)
            turn = Turn(
                roster="dormitory",
                person=staff_id("duty"),
                since=since,
                until=since + timedelta(hours=long),
            )
            with suppress(InvalidDataError):
                school.desk("counselor-a").duty.assign([turn])
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", SYMPTOMS["moderate"]
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.open()
        for name in sorted(gone):
            school.leaves(name)
        for name in sorted(away):
            school.absent(name, deputy=away[name])
        school.absent("homeroom-1")
        expected = predicted(school, "crisis", "high")
        before = position(school)
        case.declare_crisis(danger="self", place="dormitory", proposal="hospital", severity="high")
        held(school, before, expected)


@pytest.mark.clause("C4.1")
@pytest.mark.clause("C4.2")
@pytest.mark.clause("C4.3")
@settings(max_examples=12)
@given(*people, st.sampled_from(["moderate", "high", "imminent"]))
def test_an_opened_case_is_told_to_the_network_as_explain_named(
    gone: set[str], away: Away, hours: int, severity: str
) -> None:
    with tempfile.TemporaryDirectory() as folder, rearranged(folder, gone, away, hours) as school:
        school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", SYMPTOMS[severity])
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        expected = predicted(school, "opened", severity)
        before = position(school)
        case.open()
        held(school, before, expected)


@pytest.mark.clause("C6.2")
@settings(max_examples=25)
@given(*people, st.sampled_from(["high", "imminent"]))
def test_a_declared_crisis_asks_whom_explain_named(
    gone: set[str], away: Away, hours: int, severity: str
) -> None:
    with tempfile.TemporaryDirectory() as folder, rearranged(folder, gone, away, hours) as school:
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", SYMPTOMS["moderate"]
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.open()
        expected = predicted(school, "crisis", severity)
        before = position(school)
        case.declare_crisis(
            danger="self", place="dormitory", proposal="hospital tonight", severity=severity
        )
        held(school, before, expected)
