"""What is owed about a collective sign lies with somebody who is there.

`check`, the daily look of the school over itself and `explain` know of collective signs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.builtin.memory import MemoryStorage
from psysafe.clock import from_wire
from psysafe.desk.checking import check
from psysafe.domain import events as e
from psysafe.domain.duties import Duty
from psysafe.domain.duties_signs import Watch
from psysafe.domain.people import Scope
from psysafe.engine.auditing import audit
from psysafe.engine.gather import roster
from psysafe.engine.signs_owing import owed
from psysafe.engine.verify import event_of, verify
from psysafe.errors import Finding
from psysafe.testing.schools import STAFF, InventedSchool, class_id, open_school, staff_id

#: Who may be asked about a sign of class 1, in order.
ASKED: Final = (
    *("counselor-a", "counselor-b", "head", "deputy-head", "core"),
    *("safeguarding", "affairs", "grade-head-10"),
)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def raised(school: InventedSchool) -> None:
    """Two of class 1 at high: a sign, which the first counselor owes a proposal for."""
    for number in (1, 2):
        school.desk("homeroom-1").signals.report(
            school.number(number), "one_to_one", {"self_harm": "marked"}
        )
        school.tick(minutes=1)


def the_watch(school: InventedSchool) -> Watch:
    (watch,) = owed(school.school)
    return watch


def the_duty(school: InventedSchool) -> Duty:
    duty = the_watch(school).duty
    assert duty is not None
    return duty


def proposed(school: InventedSchool, by: str = "counselor-a") -> None:
    desk = school.desk(by).signs
    (line,) = desk.list()
    desk.propose(line["sign"], ["watch_closely"])


def of_signs(school: InventedSchool, name: str) -> list[str]:
    lines = school.desk(name).inbox.list()
    return [line["purpose"] for line in lines if "sign" in line["purpose"].split("_")]


def passed_on(school: InventedSchool) -> list[e.DutyPassedOn]:
    parts, stream = school.school, f"sign/{class_id(1)}"
    found = (event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 500, stream))
    return [event for event in found if isinstance(event, e.DutyPassedOn)]


# -- somebody goes --------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["away with a deputy", "away without", "left the school"])
def test_what_is_owed_about_a_sign_passes_on_in_the_tick_in_which_its_owner_goes(
    school: InventedSchool, way: str
) -> None:
    raised(school)
    before = the_duty(school)
    assert before.owner == staff_id("counselor-a")
    if way == "left the school":
        school.leaves("counselor-a")
    else:
        school.absent("counselor-a", deputy="core" if way == "away with a deputy" else None)
    assert school.tick(seconds=1).passed_on >= 1
    after = the_duty(school)
    heir = "core" if way == "away with a deputy" else "counselor-b"
    assert (after.owner, after.due) == (staff_id(heir), before.due), "its time stays"
    assert [one.why for one in passed_on(school)] == ["cannot"], "nobody was late"
    assert of_signs(school, heir).count("collective_sign") == 2, "told of it, and that it is theirs"
    proposed(school, heir)
    assert verify(school.school).ok


def test_whoever_proposed_never_has_to_answer_it_neither_when_somebody_goes_nor_when_it_is_late(
    school: InventedSchool,
) -> None:
    """They could not: nobody answers themselves."""
    for name in ("counselor-a", "counselor-b"):
        school.absent(name)
    raised(school)
    proposed(school, "head")
    assert the_duty(school).owner == staff_id("deputy-head")
    school.absent("deputy-head")
    school.tick(seconds=1)
    seen = {the_duty(school).owner}
    for _ in range(12):
        school.tick(hours=12)
        seen.add(the_duty(school).owner)
    assert seen == {staff_id("core")}, "the head is all who is left besides, and proposed it"
    assert verify(school.school).ok


@given(
    gone=st.lists(st.sampled_from(ASKED), unique=True, max_size=len(ASKED)),
    how=st.sampled_from(("absent", "leaves")),
    answering=st.booleans(),
    hours=st.lists(st.integers(0, 40), max_size=3),
)
@settings(max_examples=15, deadline=None)
def test_whoever_goes_leaves_no_sign_with_somebody_who_is_not_there(
    gone: list[str], how: str, answering: bool, hours: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_school(Path(folder) / "s") as school:
        raised(school)
        if answering:
            proposed(school)
        for number, name in enumerate(gone):
            school.absent(name) if how == "absent" else school.leaves(name)
            school.tick(hours=hours[number] if number < len(hours) else 0)
            school.tick(seconds=1)
            somebody_there_has_it(school)
        for _ in range(3):
            school.tick(hours=9)
            somebody_there_has_it(school)
        assert verify(school.school).ok


def somebody_there_has_it(school: InventedSchool) -> None:
    watch, people, now = the_watch(school), roster(school.school), school.clock.now()
    owner = the_duty(school).owner
    able = [
        name
        for name in ASKED
        if people.there(staff_id(name), now) and staff_id(name) != watch.proposed_by
    ]
    if people.there(owner, now):
        assert watch.state == "raised" or owner != watch.proposed_by
    else:
        assert not able, owner


# -- the daily look ---------------------------------------------------------------------------


def waiting(school: InventedSchool) -> dict[str, Any]:
    store = school.school.storage
    assert isinstance(store, MemoryStorage)
    return store._school(school.school.part).outbox


def audited(school: InventedSchool) -> dict[str, Any]:
    found = audit(school.school, school.clock.now())
    return {finding.code: finding.facts["count"] for finding in found.findings}


def test_the_daily_look_makes_up_for_the_lost_wake_up_of_a_sign(school: InventedSchool) -> None:
    raised(school)
    before = the_duty(school)
    (lost,) = [key for key, row in waiting(school).items() if row.entry.topic == "sign_due"]
    del waiting(school)[lost]
    school.clock.set(before.due)
    school.clock.advance(hours=3)
    assert audited(school)["PSY087"] >= 1
    assert the_duty(school).passed == 1
    assert audited(school).get("PSY087") is None
    assert verify(school.school).ok


def test_the_daily_look_gives_a_sign_to_whoever_comes_back_and_counts_it_until_then(
    school: InventedSchool,
) -> None:
    raised(school)
    before = audited(school).get("PSY088", 0)
    for name in ASKED:
        school.absent(name, days=2)
    school.tick()
    owner = the_duty(school).owner
    assert not roster(school.school).there(owner, school.clock.now())
    assert audited(school)["PSY088"] > before
    school.clock.advance(days=2.1)
    audit(school.school, school.clock.now())
    assert roster(school.school).there(the_duty(school).owner, school.clock.now())


# -- before there is one ----------------------------------------------------------------------


def found_by_check(school: InventedSchool) -> list[Finding]:
    settings_ = school.net.settings
    found = check(school.school, settings_, school.clock.now())
    return [finding for finding in found if finding.code == "PSY141"]


def test_check_names_the_classes_whose_sign_nobody_could_answer_or_would_hear_of(
    tmp_path: Path,
) -> None:
    left_out = {"counselor-a", "counselor-b", "counselor-c", *ASKED, "grade-head-11"}
    with open_school(tmp_path / "all") as school:
        assert found_by_check(school) == []
    with open_school(tmp_path / "none", without=left_out) as school:
        (silent,) = found_by_check(school)
        assert (silent.severity, silent.facts["count"]) == ("error", 3)
        school.takes("doctor", "counselor", Scope(kind="grade", values=("g11",)))
        silent, alone = found_by_check(school)
        assert (silent.severity, silent.facts["count"]) == ("error", 2)
        assert (alone.severity, alone.facts["count"]) == ("warning", 1)
        school.takes("expert", "grade_head", Scope(kind="grade", values=("g11",)))
        (silent,) = found_by_check(school)
        assert silent.facts["count"] == 2


def _moment(value: Any) -> datetime:
    return from_wire(value) if isinstance(value, str) else value


@given(gone=st.sets(st.sampled_from(ASKED), max_size=6), epidemic=st.booleans())
@settings(max_examples=10, deadline=None)
def test_explain_says_of_a_sign_what_then_happens(gone: set[str], epidemic: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, open_school(Path(folder) / "s") as school:
        if epidemic:
            school.takes("spare", "epidemic_leading_group")
        for name in sorted(gone):
            school.absent(name)
        said = school.desk("homeroom-1").cases.explain(school.number(1), "high")["collective_sign"]
        raised(school)
        parts = school.school
        events = [event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 5000)]
        (made,) = [ev for ev in events if isinstance(ev, e.SignRaised)]
        assert said["owes"] == [made.duty.owner]
        told = {t.person for ev in events if isinstance(ev, e.SignTold) for t in ev.told}
        assert told | set(said["owes"]) == {*said["told"], *said["owes"]}
        assert made.duty.opened == school.clock.now()
        again = school.desk("homeroom-1").cases.explain(school.number(1), "high")
        assert _moment(again["collective_sign"]["propose_by"]) == made.duty.due
        assert said["in_figures"] == ([staff_id("spare")] if epidemic else [])
        proposed(school, str(made.duty.owner).removeprefix("staff:"))
        assert [the_duty(school).owner] == said["answers"]


def test_explain_speaks_of_no_sign_where_such_a_report_counts_for_none(
    school: InventedSchool,
) -> None:
    cases = school.desk("homeroom-1").cases
    for severity in ("attention", "not_assessed"):
        assert "collective_sign" not in cases.explain(school.number(1), severity)
    before = cases.explain(school.number(1), "moderate")["collective_sign"]
    raised(school)
    school.clock.advance(minutes=-2)
    after = cases.explain(school.number(1), "moderate")["collective_sign"]
    assert before == after, "whether anybody is counted already is seen nowhere"


assert set(ASKED) <= set(STAFF)
