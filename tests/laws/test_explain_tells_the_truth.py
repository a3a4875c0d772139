"""What `explain` says would happen is what then happens: the same people, the same times."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.clock import from_wire
from psysafe.domain import events as e
from psysafe.engine.verify import event_of
from psysafe.testing import InventedSchool, open_school
from psysafe.testing.schools import MONDAY, STAFF

#: A report that is of just this severity.
SYMPTOMS = {
    "imminent": {"self_harm": "severe"},
    "high": {"insomnia": "severe"},
    "moderate": {"insomnia": "marked"},
    "attention": {"insomnia": "some"},
}
#: Who may be away or gone; somebody must be left who can report, be asked and declare.
OTHERS = sorted(set(STAFF) - {"homeroom-1", "counselor-a"})

Asked = dict[str, set[tuple[str, datetime | None]]]


def predicted(school: InventedSchool, on: str, severity: str) -> Asked:
    """Who is asked first by each route, and by when, by what explain says."""
    told = school.desk("counselor-a").cases.explain(school.number(1), severity)
    found: Asked = {}
    for route in told["routes"]:
        if route["on"] != on:
            continue
        first = next((s for s in route["steps"] if "skipped" not in s), None)
        lines: list[dict[str, Any]] = [first] if first else route["end"]
        found[route["purpose"] if first else "route_unheard"] = {
            (person, _moment(line.get("answer_by")))
            for line in lines
            if "skipped" not in line
            for person in line["people"]
        }
    return found


def _moment(value: Any) -> datetime | None:
    return from_wire(value) if isinstance(value, str) else value


def queued(school: InventedSchool, since: int) -> Asked:
    """Who was asked by notices that the journal holds from a position on."""
    parts = school.school
    found: Asked = {}
    for kept in parts.storage.journal(parts.part, since, 1000):
        event = event_of(parts, kept)
        if isinstance(event, e.NoticeQueued) and event.notice.run is not None:
            line = (event.notice.receiver, event.notice.answer_by)
            found.setdefault(event.notice.purpose, set()).add(line)
    return found


def position(school: InventedSchool) -> int:
    return school.school.storage.read(school.school.part, []).position


def rearranged(folder: str, gone: set[str], away: dict[str, str | None], hours: int) -> Any:
    school = open_school(Path(folder) / "school", now=MONDAY + timedelta(hours=hours))
    for name in sorted(gone):
        school.leaves(name)
    for name in sorted(away):
        school.absent(name, deputy=away[name])
    return school


people = (
    st.sets(st.sampled_from(OTHERS), max_size=5),
    st.dictionaries(st.sampled_from(OTHERS), st.none() | st.sampled_from(OTHERS), max_size=4),
    st.integers(0, 24 * 7),
)


@settings(max_examples=25)
@given(*people, st.sampled_from(sorted(SYMPTOMS)))
def test_a_report_asks_whom_explain_named(
    gone: set[str], away: dict[str, str | None], hours: int, severity: str
) -> None:
    with tempfile.TemporaryDirectory() as folder, rearranged(folder, gone, away, hours) as school:
        expected = predicted(school, "signal", severity)
        assert expected
        before = position(school)
        teacher = school.desk("homeroom-1")
        teacher.signals.report(school.number(1), "one_to_one", SYMPTOMS[severity])
        assert queued(school, before) == expected


@pytest.mark.clause("C6.2")
@settings(max_examples=25)
@given(*people, st.sampled_from(["high", "imminent"]))
def test_a_declared_crisis_asks_whom_explain_named(
    gone: set[str], away: dict[str, str | None], hours: int, severity: str
) -> None:
    with tempfile.TemporaryDirectory() as folder, rearranged(folder, gone, away, hours) as school:
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", SYMPTOMS["moderate"]
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.open()
        expected = predicted(school, "crisis", severity)
        assert expected
        before = position(school)
        case.declare_crisis(
            danger="self", place="dormitory", proposal="hospital tonight", severity=severity
        )
        found = queued(school, before)
        assert {k: found.get(k, set()) for k in expected} == expected
