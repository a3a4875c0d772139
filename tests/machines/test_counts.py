"""What things cost, in commits, claims and statements: counted, never timed."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.contracts.storage import Changes, Claimed, Settlement, Storage
from psysafe.domain import commands as c
from psysafe.engine.gather import gather
from psysafe.engine.handle import handle
from psysafe.engine.tick import BATCH, LEASE
from psysafe.ids import CaseId, Part
from psysafe.testing.interrupting import InterruptedStorage
from psysafe.testing.schools import InventedSchool, open_school, staff_id, student_id

S = student_id(1)
ROWS = 100_000


class Counted(InterruptedStorage):
    """A store that counts what it is asked for."""

    def __init__(self, behind: Storage) -> None:
        super().__init__(behind)
        self.calls: Counter[str] = Counter()

    def commit(self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()) -> Any:
        self.calls["commit"] += 1
        return super().commit(part, changes, settle)

    def claim(
        self, parts: Sequence[Part], now: datetime, limit: int, lease: timedelta
    ) -> tuple[Claimed, ...]:
        self.calls["claim"] += 1
        return super().claim(parts, now, limit, lease)

    def settle(self, part: Part, results: Sequence[Settlement]) -> tuple[str, ...]:
        self.calls["settle"] += 1
        return super().settle(part, results)


def counted(folder: Path) -> tuple[InventedSchool, Counted]:
    stores: list[Counted] = []

    def wrap(storage: Storage) -> Storage:
        stores.append(Counted(storage))
        return stores[-1]

    school = open_school(folder, wrap=wrap)
    stores[-1].calls.clear()
    return school, stores[-1]


def does(school: InventedSchool, who: str, command: c.Command) -> None:
    handle(school.school, command, staff_id(who), school.clock.now())


def case_of(school: InventedSchool) -> CaseId:
    case = gather(school.school, S).world.file.case
    assert case is not None
    return case.id


def test_a_crisis_of_four_steps_costs_four_commits(tmp_path: Path) -> None:
    school, store = counted(tmp_path / "school")
    with school:
        told = c.Report(student=S, source="one_to_one", symptoms={"self_harm": "marked"})
        does(school, "homeroom-1", told)
        about: dict[str, Any] = {"student": S, "case": case_of(school)}
        does(school, "counselor-a", c.AcknowledgeCase(**about))
        does(school, "counselor-a", c.OpenCase(**about))
        crisis = c.DeclareCrisis(**about, danger="self", place="home", proposal="visit")
        does(school, "counselor-a", crisis)
        assert store.calls == {"commit": 4}


def test_what_is_due_is_claimed_in_batches_and_each_of_it_is_one_commit(tmp_path: Path) -> None:
    school, store = counted(tmp_path / "school")
    with school:
        told = c.Report(student=S, source="one_to_one", symptoms={"self_harm": "severe"})
        does(school, "homeroom-1", told)
        store.calls.clear()
        report = school.net.tick()
        heard = 1  # what was heard is counted in the student's class
        done = heard + report.sent + report.failed + report.ambiguous + report.escalated
        assert done > heard
        assert store.calls["commit"] == done
        assert store.calls["claim"] <= done // BATCH + 2
        store.calls.clear()
        school.net.tick()
        assert store.calls == {"claim": 1}, "nothing is due: one question, and nothing is written"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A school on disk in whose outbox a hundred thousand duties wait for later."""
    folder = tmp_path_factory.mktemp("full") / "school"
    open_school(folder, storage="sqlite").close()
    with sqlite3.connect(folder / "psysafe.db") as db:
        later = (
            ("invented", f"duty/{n}", "duty", f"s|{n}|0", 4_000_000_000_000_000 + n, n % 5)
            for n in range(ROWS)
        )
        db.executemany(
            "INSERT INTO outbox (part, key, topic, reference, due, urgency) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            later,
        )
    db.close()
    return folder


def asked(folder: Path) -> list[str]:
    """Every statement of one tick with nothing due."""
    told: list[str] = []
    real = sqlite3.connect

    def listening(*given: Any, **named: Any) -> sqlite3.Connection:
        connection = real(*given, **named)
        connection.set_trace_callback(told.append)
        return connection

    with open_school(folder, storage="sqlite") as school:
        school.school.storage.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", listening)
            school.reopen()
            before = len(told)
            now, parts = school.clock.now(), [school.school.part]
            assert school.school.storage.claim(parts, now, 5, LEASE) == ()
            return told[before:]


def test_nothing_due_among_a_hundred_thousand_duties_is_one_search_of_the_index_an_urgency(
    full: Path, tmp_path: Path
) -> None:
    """Of five urgencies each is looked up by the index; nothing is walked through or written."""
    told = [text for text in asked(full) if text.lstrip().upper().startswith("SELECT")]
    looked = [text for text in told if "due <=" in text]
    assert len(looked) == 5
    with sqlite3.connect(full / "psysafe.db") as db:
        assert db.execute("SELECT count(*) FROM outbox").fetchone()[0] >= ROWS
        for text in told:
            plan = " / ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {text}"))
            print(plan)
            assert "USING INDEX outbox_due" in plan or "USING COVERING INDEX outbox_due" in plan
            assert "SCAN" not in plan
            assert "TEMP B-TREE" not in plan
    db.close()
    few = tmp_path / "few"
    open_school(few, storage="sqlite").close()
    with sqlite3.connect(few / "psysafe.db") as db:
        later = [
            ("invented", f"duty/{n}", "duty", f"s|{n}|0", 4_000_000_000_000_000 + n, n)
            for n in range(5)
        ]
        db.executemany(
            "INSERT INTO outbox (part, key, topic, reference, due, urgency) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            later,
        )
    db.close()
    assert len(asked(few)) == len(asked(full)), "as many questions as in a school with five duties"
