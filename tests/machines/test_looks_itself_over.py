"""The school looks itself over, and says to a monitor outside that time still passes here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.builtin.memory import MemoryStorage
from psysafe.desk import heartbeat
from psysafe.domain.duties import EXHAUSTED
from psysafe.domain.files import StudentFile
from psysafe.engine.auditing import audit
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.testing.schools import STAFF, STUDENTS, InventedSchool, open_school, student_id


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, student_id(1)).world.file


def crisis(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}
    )
    school.tick()


def waiting(school: InventedSchool) -> dict[str, Any]:
    """The store's own outbox: a test takes rows out of it, as a damaged store would."""
    store = school.school.storage
    assert isinstance(store, MemoryStorage)
    return store._school(school.school.part).outbox


def test_a_school_in_which_everything_goes_on_has_nothing_to_say(school: InventedSchool) -> None:
    crisis(school)
    for _ in range(30):
        school.tick(hours=1)
        found = audit(school.school, school.clock.now())
        assert (found.mended, found.findings) == (0, ())
        assert found.cases == 1
        assert found.duties == len(file_of(school).duties)


def _rows(school: InventedSchool) -> list[str]:
    return [key for key, row in waiting(school).items() if row.entry.topic in ("step", "duty")]


def test_each_wake_up_that_is_lost_is_found_and_made_up_for(tmp_path: Path) -> None:
    with open_school(tmp_path / "count") as school:
        crisis(school)
        rows = _rows(school)
    assert len(rows) >= 3
    for number, lost in enumerate(rows):
        with open_school(tmp_path / f"school-{number}") as school:
            crisis(school)
            del waiting(school)[lost]
            school.clock.advance(hours=3)
            found = audit(school.school, school.clock.now())
            assert found.mended >= 1, lost
            assert found.findings[0].code == "PSY087"
            for _ in range(8):
                school.tick(hours=1)
            # What went on by itself from there is what would have gone on.
            assert all(run.state == EXHAUSTED for run in file_of(school).runs)
            assert file_of(school).owed("answer_unheard_route")
            assert verify(school.school).ok


def test_a_second_look_makes_up_for_nothing_twice(school: InventedSchool) -> None:
    crisis(school)
    waiting(school).clear()
    school.clock.advance(hours=3)
    assert audit(school.school, school.clock.now()).mended > 0
    assert audit(school.school, school.clock.now()).mended == 0


def test_what_somebody_owed_who_has_left_is_somebody_elses_after_the_look(
    school: InventedSchool,
) -> None:
    crisis(school)
    for name in ("homeroom-1", "counselor-a", "counselor-b"):
        school.leaves(name)
    owed = [duty.id for duty in file_of(school).duties]
    found = audit(school.school, school.clock.now())
    assert (found.mended, found.findings) == (len(owed), ())
    world = gather(school.school, student_id(1)).world
    assert [duty.id for duty in world.file.duties] == owed
    assert all(world.roster.there(d.owner, school.clock.now()) for d in world.file.duties)


def test_an_owner_who_has_left_with_nobody_after_them_is_counted_and_not_named(
    school: InventedSchool,
) -> None:
    crisis(school)
    for name in STAFF:
        school.leaves(name)
    found = audit(school.school, school.clock.now()).findings
    (gone,) = (f for f in found if f.code == "PSY088")
    assert gone.facts["count"] == len(file_of(school).duties)
    said = repr(found)
    assert not any(name in said for name in (*STUDENTS.values(), "homeroom-1"))


def test_time_that_passes_is_seen_from_outside_and_time_that_stands_still_too(
    school: InventedSchool,
) -> None:
    operator = school.net.operator()
    assert operator.silent_for() is None
    crisis(school)
    beat = json.loads((school.folder / heartbeat.FILE).read_text(encoding="utf-8"))
    assert beat["format"] == 1
    assert beat["findings"] == []
    # One case more than yesterday would say that somebody became one today.
    assert set(beat) == {"format", "part", "at", "next_due", "audited", "mended", "findings"}
    school.clock.advance(minutes=40)
    silent = operator.silent_for()
    assert silent is not None
    assert silent.total_seconds() == 40 * 60
    assert not any(name in json.dumps(beat, ensure_ascii=False) for name in STUDENTS.values())


def test_the_file_is_rewritten_at_most_once_a_minute_and_looked_over_once_a_day(
    school: InventedSchool,
) -> None:
    crisis(school)
    first = heartbeat.read(school.folder)
    school.tick(seconds=30)
    assert heartbeat.read(school.folder) == first
    school.tick(seconds=31)
    second = heartbeat.read(school.folder)
    assert second["at"] != first["at"]
    assert second["audited"] == first["audited"]
    school.tick(days=1)
    assert heartbeat.read(school.folder)["audited"] != first["audited"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 2}', '{"format": 1, "at": "soon"}'])
def test_a_heartbeat_that_cannot_be_read_counts_as_none_and_is_written_anew(
    school: InventedSchool, content: str
) -> None:
    (school.folder / heartbeat.FILE).write_text(content, encoding="utf-8")
    assert school.net.operator().silent_for() is None
    school.tick()
    assert school.net.operator().silent_for() is not None


def test_where_no_heartbeat_can_be_written_people_are_called_all_the_same(
    school: InventedSchool,
) -> None:
    (school.folder / heartbeat.FILE).mkdir()
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}
    )
    assert school.tick().sent > 0
