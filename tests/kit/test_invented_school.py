"""The kit itself: clock, ids, channel, school, and a store that stops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

import psysafe.testing as kit
from psysafe.contracts.channel import ResultClass
from psysafe.engine.gather import roster
from psysafe.engine.verify import verify
from psysafe.errors import InvalidDataError
from psysafe.ids import command_id
from psysafe.testing.channels import RAISES, SILENT, TAKES_AND_RAISES, LineBrokenError
from psysafe.testing.schools import STAFF, staff_id
from psysafe.wire import digest_of

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def test_every_name_of_the_kit_is_there_when_it_is_asked_for() -> None:
    for name in kit.__all__:
        assert getattr(kit, name).__name__ == name
    assert set(kit.__all__) <= set(dir(kit))
    with pytest.raises(AttributeError):
        _ = kit.no_such_thing


def test_a_fixed_clock_stands_until_it_is_moved_and_can_go_back() -> None:
    clock = kit.FixedClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(minutes=10, microseconds=-1)
    assert clock.now() == NOON + timedelta(minutes=10, microseconds=-1)
    clock.set(NOON)
    assert clock.now() == NOON
    with pytest.raises(InvalidDataError, match="PSY014"):
        clock.set(datetime(2026, 11, 2, 4, 0))  # noqa: DTZ001  # this is the mistake


def test_counting_ids_are_good_command_ids_and_each_is_given_once() -> None:
    ids = kit.CountingIds()
    given = [ids.command() for _ in range(40)]
    assert len(set(given)) == 40
    assert given == [command_id(each) for each in given]
    ids.skip_to(1000)
    assert ids.next_number == 1000
    with pytest.raises(ValueError, match="once"):
        ids.skip_to(3)


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_the_invented_school_is_the_same_every_time(tmp_path: Path, storage: str) -> None:
    digests: set[object] = set()
    for place in ("one", "other"):
        with kit.open_school(tmp_path / place, storage=storage) as school:  # type: ignore[arg-type]
            digests.add(digest_of(roster(school.school)))
            report = school.desk("homeroom-1").signals.report(school.number(1), "peer")
            digests.add(report.signal)
            assert verify(school.school).ok
    assert len(digests) == 2


def test_a_school_on_disk_is_still_there_after_a_stop(tmp_path: Path) -> None:
    with kit.open_school(tmp_path / "school", storage="sqlite") as school:
        school.desk("homeroom-1").signals.report(school.number(1), "peer")
        school.reopen()
        assert len(school.desk("counselor-a").cases.list()) == 1


def test_everybody_of_the_school_can_be_left_out_leave_or_take_a_role(tmp_path: Path) -> None:
    with kit.open_school(tmp_path / "school", without=("doctor",)) as school:
        assert staff_id("doctor") not in roster(school.school).staff
        assert len(roster(school.school).staff) == len(STAFF) - 1
        school.leaves("spare")
        school.takes("spare", "counselor")
        school.absent("head", deputy="core")
        people = roster(school.school)
        now = school.clock.now()
        assert [r.role for r in people.staff[staff_id("spare")].roles if r.holds(now)] == [
            "counselor"
        ]
        stand_in = people.standing_in(people.staff[staff_id("head")], now)
        assert stand_in is not None
        assert stand_in.id == staff_id("core")


def test_a_recording_channel_answers_as_told_and_keeps_what_arrived_once(tmp_path: Path) -> None:
    line = kit.RecordingChannel()
    with kit.open_school(tmp_path / "school", channels={"inbox": line}) as school:
        school.desk("homeroom-1").signals.report(school.number(1), "peer", {"self_harm": "marked"})
        line.next_behave(RAISES, SILENT)
        assert school.tick().ambiguous == 2
        assert line.received == {}
        line.next_behave(TAKES_AND_RAISES, ResultClass.ACCEPTED)
        school.tick(seconds=2)
        school.tick(seconds=5)
        assert [s.behaviour for s in line.calls[:2]] == [RAISES, SILENT]
        assert len(line.received) == 2
        assert len(line.calls) == 5
    line.next_behave(RAISES)
    with pytest.raises(LineBrokenError):
        line.send(line.calls[0].message, "somebody", NOON)


def test_a_store_that_stops_before_a_commit_keeps_nothing_and_after_it_everything(
    tmp_path: Path,
) -> None:
    kept = []
    moments: tuple[Literal["before", "after"], ...] = ("before", "after")
    for when in moments:
        fronts: list[kit.InterruptedStorage] = []

        def wrap(store: object, here: list[kit.InterruptedStorage] = fronts) -> object:
            here.append(kit.InterruptedStorage(store))  # type: ignore[arg-type]
            return here[-1]

        with kit.open_school(tmp_path / when, wrap=wrap) as school:  # type: ignore[arg-type]
            fronts[0].stop_at(1, when)
            with pytest.raises(kit.StoppedError):
                school.desk("homeroom-1").signals.report(school.number(1), "peer")
            kept.append(len(school.desk("counselor-a").cases.list()))
    assert kept == [0, 1]
