"""The rosters of duty in any order: assigned, overridden, removed, kept and stopped; swaps
proposed, accepted, declined, withdrawn, entered by whoever makes up the rosters, run out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from psysafe.domain.duty_roster import DutyRoster, swapped
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.engine.gather import people_and_duty
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id

PEOPLE = ("duty", "doctor", "counselor-a", "counselor-b")
ROSTERS = ("hotline", "counselor_on_call", "duty_leader", "dormitory")
people, rosters = st.sampled_from(PEOPLE), st.sampled_from(ROSTERS)
hours = st.integers(-3, 60)
ANSWERS = ("accept", "decline", "withdraw")


class DutyRosters(RuleBasedStateMachine):
    """Whatever is tried, no moment has more people than places, and nobody stands twice."""

    school: InventedSchool

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.school = open_school(Path(self.folder.name) / "school")
        self.school.takes("doctor", "duty_adult")
        self.school.clock.advance(hours=1)
        for number, person in enumerate((*PEOPLE, *PEOPLE)):
            roster = "hotline" if "counselor" in person else "dormitory"
            self.assign(person=person, roster=roster, begin=10 + 5 * number, long=4)

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

    def covered(self) -> set[tuple[str, datetime]]:
        """Every moment at which somebody begins or ceases to be there, and is followed by one."""
        people, held = people_and_duty(self.school.school)
        edges = {edge for s in held.shifts for edge in (s.since, s.until)}
        return {(r, edge) for r in ROSTERS for edge in edges if held.there(r, people, edge)}

    def swapping(self, wish: Callable[[], object]) -> tuple[DutyRoster, DutyRoster]:
        """The rosters before and after a wish about a swap: it leaves no hour empty."""
        before, covered = self.held(), self.covered()
        self.tried(wish)
        assert self.covered() >= covered
        return before, self.held()

    @rule(who=people, first=st.integers(0, 9), second=st.integers(0, 9), leader=st.booleans())
    def swap(self, who: str, first: int, second: int, leader: bool) -> None:
        """Of one's own shift and any other; or of any two, by whoever makes up the rosters."""
        shifts = self.held().shifts
        own = [s for s in shifts if leader or s.person == staff_id(who)]
        if not own:
            return
        one, other = own[first % len(own)].id, shifts[second % len(shifts)].id
        if leader:
            self.swapping(lambda: self.school.desk("affairs").duty.swap(one, other))
            return
        before, after = self.swapping(lambda: self.school.desk(who).duty.propose_swap(one, other))
        assert after.shifts == before.shifts

    @rule(who=people, which=st.integers(0, 3), answer=st.sampled_from(ANSWERS))
    def answer(self, who: str, which: int, answer: str) -> None:
        swaps = self.held().swaps
        if not swaps:
            return
        swap = swaps[which % len(swaps)]
        desk, open_still = self.school.desk(who).duty, swap.until > self.school.clock.now()
        before, after = self.swapping(lambda: getattr(desk, f"{answer}_swap")(swap.id))
        if before == after:
            return
        assert open_still
        assert staff_id(who) == (swap.by if answer == "withdraw" else swap.to)
        assert swap not in after.swaps
        exchanged = {s.id: s.person for s in swapped(before, swap.one, swap.other)}
        held = {s.id: s.person for s in before.shifts}
        assert {s.id: s.person for s in after.shifts} == (exchanged if answer == "accept" else held)

    @rule(who=people, mine=st.integers(0, 3), theirs=st.integers(0, 5))
    def two_of_one_roster_agree(self, who: str, mine: int, theirs: int) -> None:
        """Or say so, and something comes between."""
        now = self.school.clock.now()
        coming = [s for s in self.held().shifts if s.since > now]
        own = [s for s in coming if s.person == staff_id(who)]
        if not own:
            return
        one = own[mine % len(own)]
        others = [s for s in coming if s.roster == one.roster and s.person != one.person]
        if others:
            other = others[theirs % len(others)]
            self.swapping(lambda: self.school.desk(who).duty.propose_swap(one.id, other.id))

    @rule(which=st.integers(0, 3), answer=st.booleans())
    def whoever_was_asked_answers(self, which: int, answer: bool) -> None:
        swaps = self.held().proposed(self.school.clock.now())
        if swaps:
            asked = swaps[which % len(swaps)].to.removeprefix("staff:")
            self.answer(who=asked, which=which, answer="accept" if answer else "decline")

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
        self.school.tick(hours=passed)
        now = self.school.clock.now()
        assert self.held().proposed(now) == self.held().swaps, "what ran out is gone"

    @invariant()
    def what_is_proposed_is_of_two_people_who_stand_there(self) -> None:
        held = self.held()
        for swap in held.swaps:
            one, other = held.shift(swap.one), held.shift(swap.other)
            assert one is not None
            assert other is not None
            assert (one.person, other.person) == (swap.by, swap.to)
            assert swap.by != swap.to

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
TestDutyRosters.settings = settings(max_examples=18, stateful_step_count=25)
