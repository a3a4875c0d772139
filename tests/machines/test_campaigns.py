"""A screening as a campaign, at the desks of those who plan it, read it, and hand the forms out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from psysafe.domain.campaigns_cover import uncovered
from psysafe.engine.campaigning import campaign_of, facts_of
from psysafe.engine.gather import roster
from psysafe.engine.verify import verify
from psysafe.errors import (
    ConflictError,
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
    PsysafeError,
    ScaleError,
)
from psysafe.ids import CommandId
from psysafe.testing.schools import MONDAY, InventedSchool, class_id, open_school, student_id

#: Monday from 8:30 to 17:00 in Shanghai.
MORNING, EVENING = MONDAY, MONDAY + timedelta(hours=8, minutes=30)
NIGHT = MONDAY + timedelta(hours=24)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def planned(school: InventedSchool, closes: datetime = EVENING, **more: Any) -> str:
    """A campaign of grade 10 that counselor A reads."""
    given: dict[str, Any] = {
        "grades": ("高一",),
        "readers": [("staff:counselor-a", None, None)],
        **more,
    }
    desk = school.desk(given.pop("by", "counselor-a"))
    scales = given.pop("scales", ("phq9",))
    found = desk.screenings.plan(scales, opens=MORNING, closes=closes, **given).campaign
    assert found is not None
    return str(found)


@pytest.mark.clause("C3.1")
def test_a_campaign_is_planned_opened_and_closed_and_the_journal_says_by_whom(
    school: InventedSchool,
) -> None:
    campaign = planned(school)
    desk = school.desk("counselor-a").screenings
    assert [line["state"] for line in desk.list()] == ["planned"]
    desk.open(campaign)
    assert desk.progress(campaign)["invited"] == 4
    with pytest.raises(InvalidMoveError) as refused:
        desk.open(campaign)
    assert refused.value.code == "PSY005"
    desk.close(campaign)
    found = campaign_of(school.school, campaign)
    assert (found.state, found.opened_by, found.ended_by) == (
        "closed",
        "staff:counselor-a",
        "staff:counselor-a",
    )
    assert found.invited == {class_id(1): 2, class_id(2): 2}
    assert verify(school.school).ok


@pytest.mark.clause("C1.1", "C3.1")
def test_a_form_with_a_critical_item_does_not_stay_open_overnight_unread(
    school: InventedSchool,
) -> None:
    readers = [("staff:counselor-a", MORNING, EVENING)]
    campaign = planned(school, closes=NIGHT, readers=readers)
    desk = school.desk("counselor-a").screenings
    with pytest.raises(InvalidMoveError) as refused:
        desk.open(campaign)
    said = str(refused.value)
    assert refused.value.code == "PSY281"
    assert "2026-11-02 17:00 - 2026-11-03 08:30" in said
    assert [gap["why"] for gap in desk.gaps(campaign)] == ["nobody"]
    # With somebody for the night it opens; without an override, for nobody.
    night = ("staff:counselor-b", EVENING, NIGHT)
    desk.readers(campaign, [*readers, night])
    desk.open(campaign)
    with pytest.raises(InvalidMoveError):
        desk.readers(campaign, readers)


@pytest.mark.clause("C1.1")
def test_one_that_closes_before_the_night_passes_with_day_cover(school: InventedSchool) -> None:
    campaign = planned(school, readers=[("staff:counselor-a", MORNING, EVENING)])
    school.desk("counselor-a").screenings.open(campaign)


@pytest.mark.clause("C1.1")
def test_an_absence_that_uncovers_an_open_screening_is_found_by_check(
    school: InventedSchool,
) -> None:
    campaign = planned(school, closes=NIGHT)
    desk = school.desk("counselor-a").screenings
    desk.open(campaign)
    operator = school.net.operator()
    assert "PSY282" not in [finding.code for finding in operator.check()]
    school.absent("counselor-a")
    (found,) = [finding for finding in operator.check() if finding.code == "PSY282"]
    assert found.where == {"campaign": campaign}
    assert "away" in found.what
    school.absent("counselor-a", deputy="counselor-b")
    assert "PSY282" not in [finding.code for finding in operator.check()]


def test_a_reader_of_another_grade_does_not_cover_and_is_refused_by_name(
    school: InventedSchool,
) -> None:
    campaign = planned(school, readers=[("staff:counselor-c", None, None)])
    with pytest.raises(InvalidMoveError, match="right"):
        school.desk("counselor-a").screenings.open(campaign)


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        ({"scales": ()}, InvalidDataError, "PSY280"),
        ({"scales": ("phq9", "phq9")}, InvalidDataError, "PSY280"),
        ({"scales": ("mood",)}, ScaleError, "PSY301"),
        ({"closes": MORNING}, InvalidDataError, "PSY280"),
        ({"grades": ("高三",)}, InvalidDataError, "PSY285"),
        ({"grades": (), "classes": ("高九(1)班",)}, InvalidDataError, "PSY285"),
        ({"grades": (), "students": ("no:404",)}, NotFoundError, "PSY001"),
        ({"readers": [("staff:nobody", None, None)]}, InvalidDataError, "PSY283"),
        ({"readers": [("staff:counselor-a", EVENING, MORNING)]}, InvalidDataError, "PSY283"),
        ({"grades": ()}, NotPermittedError, "PSY002"),
        ({"by": "homeroom-1"}, NotPermittedError, "PSY002"),
        ({"by": "counselor-c"}, NotPermittedError, "PSY002"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_reason(
    school: InventedSchool, given: dict[str, Any], error: type[PsysafeError], code: str
) -> None:
    with pytest.raises(error) as refused:
        planned(school, **given)
    assert refused.value.code == code


def test_a_command_given_twice_changes_nothing_the_second_time(school: InventedSchool) -> None:
    desk = school.desk("counselor-a").screenings
    command = CommandId("cmd-00000000zzzz")
    wish: dict[str, Any] = {"opens": MORNING, "closes": EVENING, "grades": ("g10",)}
    first = desk.plan(("phq9",), **wish, command=command)
    position = school.net.operator().position()
    assert desk.plan(("phq9",), **wish, command=command) == first
    assert school.net.operator().position() == position
    with pytest.raises(ConflictError):
        desk.plan(("phq9",), **{**wish, "grades": (), "classes": ("高一(1)班",)}, command=command)


@pytest.mark.clause("C4.1")
def test_who_hands_the_forms_out_sees_who_has_not_answered_and_no_score(
    school: InventedSchool,
) -> None:
    campaign = planned(school)
    school.desk("counselor-a").screenings.open(campaign)
    seen = school.desk("homeroom-1").screenings.progress(campaign, missing=True)
    assert [line["class"] for line in seen["classes"]] == [class_id(1)]
    assert {who["student"] for who in seen["classes"][0]["missing"]} == {
        student_id(1),
        student_id(2),
    }
    assert [who["name"] for who in seen["classes"][0]["missing"]] == ["林小满", "周知夏"]
    assert not {"flags", "incomplete", "uninvited"} & seen.keys()
    # A class of another grade was not invited: for its teacher there is no campaign.
    with pytest.raises(NotFoundError):
        school.desk("homeroom-3").screenings.progress(campaign)
    assert school.desk("homeroom-3").screenings.list() == []
    for who in ("affairs", "registrar", "head"):
        with pytest.raises(NotFoundError):
            school.desk(who).screenings.progress(campaign)


@pytest.mark.clause("C3.1")
def test_a_forecast_counts_flags_and_hours_before_anybody_is_asked(school: InventedSchool) -> None:
    desk = school.desk("counselor-a").screenings
    found = desk.forecast(scales=("phq9",), grades=("g10",))
    # Four students at 65 and 5 of 223.
    assert found.invited == 4
    assert {s.value: round(float(n), 3) for s, n in found.by_severity.items()} == {
        "high": round(4 * 33 / 223, 3),
        "moderate": round(4 * 37 / 223, 3),
    }
    assert float(found.hours) == pytest.approx(4 * 70 / 223 * (15 + 45) / 60)
    assert [f.code for f in found.findings] == ["PSY294"]
    flood = desk.forecast(scales=("phq9",), grades=("g10",), counselors=0)
    assert "PSY293" in [f.code for f in flood.findings]
    assert "days" not in flood.data
    with pytest.raises(NotPermittedError):
        school.desk("homeroom-1").screenings.forecast(scales=("phq9",), grades=("g10",))


class CampaignMachine(RuleBasedStateMachine):
    """Whatever people do, and whoever falls ill: an open form was covered when it was opened."""

    @initialize()
    def begin(self) -> None:
        self.tmp = tempfile.TemporaryDirectory()
        self.school = open_school(Path(self.tmp.name) / "school")
        self.campaigns: list[str] = []
        self.states: dict[str, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "school"):
            assert verify(self.school.school).ok
            self.school.close()
            self.tmp.cleanup()

    def do(self, campaign: str, act: Any) -> None:
        try:
            act(self.school.desk("counselor-a").screenings)
        except (InvalidMoveError, InvalidDataError, NotPermittedError):
            assert campaign_of(self.school.school, campaign).state == self.states[campaign]

    @precondition(lambda self: len(self.campaigns) < 3)
    @rule(
        hours=st.integers(1, 60),
        reads=st.lists(
            st.tuples(
                st.sampled_from(("counselor-a", "counselor-b", "counselor-c", "doctor")),
                st.integers(0, 40),
                st.integers(1, 60),
            ),
            max_size=3,
        ),
    )
    def plan(self, hours: int, reads: list[tuple[str, int, int]]) -> None:
        now = self.school.clock.now()
        readers = [
            (f"staff:{who}", now + timedelta(hours=a), now + timedelta(hours=a + b))
            for who, a, b in reads
        ]
        found = self.school.desk("counselor-a").screenings.plan(
            ("phq9",),
            opens=now,
            closes=now + timedelta(hours=hours),
            classes=("高一(1)班",),
            readers=readers,
        )
        assert found.campaign is not None
        self.campaigns.append(found.campaign)
        self.states[found.campaign] = "planned"

    @precondition(lambda self: self.campaigns)
    @rule(which=st.integers(0, 2))
    def open(self, which: int) -> None:
        campaign = self.campaigns[which % len(self.campaigns)]
        before = self.states[campaign]

        def act(desk: Any) -> None:
            desk.open(campaign)
            assert before == "planned"
            found = campaign_of(self.school.school, campaign)
            people = roster(self.school.school)
            facts = facts_of(self.school.school, people, found.scales, found.invitation)
            assert uncovered(found, facts, self.school.clock.now()) == ()
            self.states[campaign] = "open"

        self.do(campaign, act)

    @precondition(lambda self: self.campaigns)
    @rule(which=st.integers(0, 2), how=st.sampled_from(("close", "cancel")))
    def end(self, which: int, how: str) -> None:
        campaign = self.campaigns[which % len(self.campaigns)]
        before = self.states[campaign]

        def act(desk: Any) -> None:
            getattr(desk, how)(campaign)
            assert before == {"close": "open", "cancel": "planned"}[how]
            self.states[campaign] = {"close": "closed", "cancel": "cancelled"}[how]

        self.do(campaign, act)

    @precondition(lambda self: self.campaigns)
    @rule(which=st.integers(0, 2), who=st.sampled_from(("counselor-a", "counselor-b")))
    def name_reader(self, which: int, who: str) -> None:
        campaign = self.campaigns[which % len(self.campaigns)]
        self.do(campaign, lambda desk: desk.readers(campaign, [(f"staff:{who}", None, None)]))

    @rule(deputy=st.sampled_from((None, "counselor-b")), days=st.integers(1, 3))
    def somebody_falls_ill(self, deputy: str | None, days: int) -> None:
        self.school.absent("counselor-b", deputy, days)

    @rule(hours=st.integers(1, 20))
    def time_passes(self, hours: int) -> None:
        self.school.tick(hours=hours)

    @invariant()
    def every_campaign_is_where_it_was_left(self) -> None:
        for campaign, state in getattr(self, "states", {}).items():
            assert campaign_of(self.school.school, campaign).state == state


TestCampaignMachine = CampaignMachine.TestCase
TestCampaignMachine.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)
