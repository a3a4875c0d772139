"""The warning network ends, or fails visibly, whoever answers, goes away, or stops the process.

The small sister of law 8, for a route that goes on although it was answered: played on the
product's own tick, with people who answer, answer late or never, and a process that stops.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.contracts.storage import Storage
from psysafe.domain import events as e
from psysafe.domain.duties import ANSWER_UNHEARD, EXHAUSTED, RUNNING, WARNING, Run
from psysafe.domain.files import StudentFile
from psysafe.engine.gather import gather
from psysafe.engine.verify import event_of, verify
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.schools import InventedSchool, open_school, student_id

SYMPTOMS = {"moderate": "marked", "high": "severe"}
LEVELS = ("homeroom-1", "grade-head-10", "affairs", "counselor-a", "counselor-b")
#: The longest that a network may take here: five steps of 72 hours each, with a pause after each.
DAYS = 20


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def networks(school: InventedSchool) -> list[Run]:
    return [run for run in file_of(school).runs if run.purpose == WARNING]


def told_twice(school: InventedSchool) -> list[tuple[object, ...]]:
    parts = school.school
    seen: Counter[tuple[object, ...]] = Counter()
    for kept in parts.storage.journal(parts.part, 0, 10_000):
        event = event_of(parts, kept)
        if isinstance(event, e.NoticeQueued) and event.notice.run is not None:
            n = event.notice
            seen[n.purpose, n.receiver, n.step, n.run] += 1
    return [key for key, count in seen.items() if count > 1]


def ended_rightly(run: Run, school: InventedSchool) -> None:
    assert run.state != RUNNING, "a network that never ends"
    last = max((a.step for a in run.asked), default=-1)
    if run.state == EXHAUSTED:
        assert last == len(run.steps) or not run.end, "nobody of its end was told"
        assert any(d.run == run.id for d in file_of(school).owed(ANSWER_UNHEARD))
    else:
        assert any(a.answered for a in run.asked if a.step == last), "it stopped, unheard"


@pytest.mark.clause("C4.1")
@pytest.mark.clause("C4.2")
@pytest.mark.clause("C4.3")
@settings(max_examples=15)
@given(
    st.sampled_from(sorted(SYMPTOMS)),
    st.dictionaries(st.sampled_from(LEVELS), st.integers(0, 6), max_size=5),
    st.sets(st.sampled_from(LEVELS[:3]), max_size=2),
    st.lists(st.integers(1, 12), max_size=3),
)
def test_every_network_ends_heard_or_visibly_unheard(
    severity: str, patience: dict[str, int], gone: set[str], stops: list[int]
) -> None:
    wrapped: list[InterruptedStorage] = []

    def wrap(storage: Storage) -> Storage:
        wrapped.append(InterruptedStorage(storage))
        return wrapped[-1]

    with (
        tempfile.TemporaryDirectory() as folder,
        open_school(Path(folder) / "school", wrap=wrap) as school,
    ):
        report = {"insomnia": SYMPTOMS[severity]}
        school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", report)
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        for name in sorted(gone):
            school.absent(name)
        case.open()
        for hour in range(DAYS * 6):
            school.clock.advance(hours=4)
            if hour < len(stops):
                wrapped[-1].stop_at(stops[hour], "before" if stops[hour] % 2 else "after")
            try:
                school.net.tick()
            except StoppedError:
                continue
            finally:
                wrapped[-1].stop_at(10**9, "before")
            for name in sorted(patience):
                for line in school.desk(name).inbox.list():
                    if line["purpose"] == WARNING and patience[name] <= hour:
                        school.desk(name).inbox.acknowledge(line["notice"])
            if not any(run.state == RUNNING for run in networks(school)):
                break
        (run,) = networks(school)
        ended_rightly(run, school)
        assert not told_twice(school)
        assert verify(school.school).ok
