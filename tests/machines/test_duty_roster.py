"""The rosters of duty in any order: assigned, overridden, swapped, removed, kept and stopped."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from psysafe.domain.duty_roster import DutyRoster
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.engine.gather import people_and_duty
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id

PEOPLE = ("duty", "counselor-a", "counselor-b", "homeroom-1")
ROSTERS = ("hotline", "counselor_on_call", "duty_leader", "dormitory")
people, rosters = st.sampled_from(PEOPLE), st.sampled_from(ROSTERS)
hours = st.integers(-3, 60)


class DutyRosters(RuleBasedStateMachine):
    """Whatever is tried, no moment has more people than places, and nobody stands twice."""

    school: InventedSchool

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.school = open_school(Path(self.folder.name) / "school")

    def held(self) -> DutyRoster:
        return people_and_duty(self.school.school)[1]

    def tried(self, wish: object) -> None:
        before = self.held()
        try:
            wish()  # type: ignore[operator]
        except PsysafeError:
            assert self.held() == before

    @rule(person=people, roster=rosters, begin=hours, long=st.integers(0, 20))
    def assign(self, person: str, roster: str, begin: int, long: int) -> None:
        since = MONDAY + timedelta(hours=begin)
        until = since + timedelta(hours=long)
        turn = Turn(roster=roster, person=staff_id(person), since=since, until=until)
        self.tried(lambda: self.school.desk("affairs").duty.assign([turn]))

    @rule(person=people, roster=rosters, begin=hours, long=st.integers(1, 9), instead=people)
    def override(self, person: str, roster: str, begin: int, long: int, instead: str) -> None:
        since = MONDAY + timedelta(hours=begin)
        desk = self.school.desk("affairs").duty
        until = since + timedelta(hours=long)
        one = staff_id(instead) if long % 2 else None
        self.tried(lambda: desk.override(roster, staff_id(person), since, until, instead_of=one))

    @rule(first=st.integers(0, 9), second=st.integers(0, 9), agreed=st.booleans())
    def swap(self, first: int, second: int, agreed: bool) -> None:
        shifts = self.held().shifts
        if shifts:
            one, other = shifts[first % len(shifts)], shifts[second % len(shifts)]
            said = [one.person, other.person] if agreed else []
            self.tried(lambda: self.school.desk("affairs").duty.swap(one.id, other.id, said))

    @rule(which=st.integers(0, 9))
    def remove(self, which: int) -> None:
        shifts = self.held().shifts
        if shifts:
            one = shifts[which % len(shifts)].id
            self.tried(lambda: self.school.desk("affairs").duty.remove(one))

    @rule(roster=rosters, places=st.integers(0, 3))
    def keep(self, roster: str, places: int) -> None:
        desk = self.school.desk("affairs").duty
        self.tried(lambda: desk.keep(roster, places=places) if places else desk.stop(roster))

    @rule(passed=st.integers(1, 5))
    def time_passes(self, passed: int) -> None:
        self.school.clock.advance(hours=passed)

    @invariant()
    def no_moment_has_two_owners_beyond_its_places(self) -> None:
        held, now = self.held(), self.school.clock.now()
        for one in held.shifts:
            if one.until <= now:
                continue
            running = [s for s in held.shifts if s.runs(max(one.since, now))]
            assert len({s.person for s in running}) == len(running)
            for code, kept in held.kept.items():
                assert sum(s.roster == code for s in running) <= kept.places

    def teardown(self) -> None:
        assert verify(self.school.school).ok
        self.school.close()
        self.folder.cleanup()


TestDutyRosters = DutyRosters.TestCase
TestDutyRosters.settings = settings(max_examples=12, stateful_step_count=20)
