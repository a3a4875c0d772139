"""Many students at once (X12): asked for, answered by somebody else, used once; never an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from psysafe.domain.bulk import BulkUsed
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidMoveError, NotFoundError, NotPermittedError
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id

#: Six students are in the invented school: from the fifth on somebody else says yes.
PLAN = """[bulk.students]
value = 4
origin = { kind = "site", ref = "a small school" }
"""
WHY = "the district asks for the roll"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school", now=MONDAY, plan=PLAN) as opened:
        yield opened
        proof = verify(opened.school)
        assert proof.ok, proof.findings


def export(school: InventedSchool, who: str = "registrar") -> int:
    return school.desk(who).exports.roster(school.folder / "out.csv")


def refused(school: InventedSchool, who: str = "registrar") -> bool:
    """Whether the roster is not given, and no file is left."""
    (school.folder / "out.csv").unlink(missing_ok=True)
    with pytest.raises(NotPermittedError) as error:
        export(school, who)
    assert error.value.finding.facts["rule"] == "X12"
    return error.value.code == "PSY154" and not (school.folder / "out.csv").exists()


def asked(school: InventedSchool, **given: str) -> str:
    return school.desk("registrar").approvals.ask("roster", WHY, **given)


def state(school: InventedSchool, request: str, who: str = "registrar") -> str:
    lines = school.desk(who).approvals.list()
    return next(str(line["state"]) for line in lines if line["request"] == request)


def calls(school: InventedSchool, who: str) -> list[str]:
    return [line["purpose"] for line in school.desk(who).inbox.list()]


def test_a_roster_leaves_the_house_once_when_somebody_else_has_said_yes(
    school: InventedSchool,
) -> None:
    assert refused(school)
    request = asked(school)
    assert refused(school), "to ask is not to have"
    assert calls(school, "head") == calls(school, "deputy-head") == ["bulk_asked"]
    (line,) = school.desk("head").approvals.list()
    assert (line["students"], line["list"], line["by"]) == (6, "roster", staff_id("registrar"))
    school.desk("head").approvals.approve(request, "I have seen the letter")
    assert calls(school, "registrar") == ["bulk_over"]
    assert calls(school, "deputy-head") == [], "it is answered, and asks nobody any more"
    assert export(school) == 6
    assert state(school, request) == "used"
    assert refused(school), "an approval is for one use"
    parts = school.school
    journal = [event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 2000)]
    (used,) = [event for event in journal if isinstance(event, BulkUsed)]
    assert (used.request, used.students) == (request, 6)


def test_nobody_answers_for_themselves_and_nobody_without_the_right(
    school: InventedSchool,
) -> None:
    school.takes("registrar", "leading_group_deputy")
    request = asked(school)
    with pytest.raises(NotPermittedError) as own:
        school.desk("registrar").approvals.approve(request, "yes")
    assert own.value.code == "PSY155"
    for who in ("counselor-a", "affairs", "doctor", "operator:it", "homeroom-1"):
        with pytest.raises((NotFoundError, NotPermittedError)):
            school.desk(who).approvals.approve(request, "yes")
    with pytest.raises(NotPermittedError) as unsaid:
        school.desk("head").approvals.approve(request, " ")
    assert unsaid.value.code == "PSY006"
    assert refused(school)


def test_a_refusal_ends_it_and_takes_back_what_was_approved_and_is_not_used(
    school: InventedSchool,
) -> None:
    request = asked(school)
    school.desk("head").approvals.approve(request, "yes")
    school.desk("deputy-head").approvals.refuse(request, "the letter is not genuine")
    assert state(school, request) == "refused"
    assert refused(school)
    with pytest.raises(InvalidMoveError) as over:
        school.desk("head").approvals.approve(request, "yes")
    assert over.value.code == "PSY738"


def test_a_request_that_nobody_answers_expires_and_tells_who_asked(school: InventedSchool) -> None:
    request = asked(school)
    school.tick(hours=73)
    assert state(school, request) == "expired"
    assert calls(school, "registrar") == ["bulk_over"]
    assert calls(school, "head") == []
    with pytest.raises(InvalidMoveError):
        school.desk("head").approvals.approve(request, "too late")
    assert refused(school)


def test_an_approval_ends_with_its_time(school: InventedSchool) -> None:
    request = asked(school)
    school.desk("head").approvals.approve(request, "yes")
    school.clock.advance(hours=24)
    assert refused(school)
    assert state(school, request) == "expired"


def test_a_withdrawn_request_gives_nothing(school: InventedSchool) -> None:
    request = asked(school)
    school.desk("registrar").approvals.withdraw(request)
    assert state(school, request) == "withdrawn"
    assert calls(school, "head") == []


def test_a_yes_of_a_barred_person_is_taken_and_does_not_count(school: InventedSchool) -> None:
    """They see what they would see if nobody had said anything."""
    school.desk("safeguarding").bars.set(school.number(1), staff_id("head"))
    request = asked(school)
    school.desk("head").approvals.approve(request, "yes")
    assert school.desk("head").approvals.list() == []
    assert state(school, request) == "waiting"
    assert refused(school)
    school.desk("deputy-head").approvals.approve(request, "yes")
    assert export(school) == 6


def test_a_school_with_one_head_hears_the_second_one_by_telephone(tmp_path: Path) -> None:
    with open_school(tmp_path / "s", plan=PLAN, without=("deputy-head",)) as school:
        school.leaves("registrar")
        school.takes("head", "registrar")
        school.clock.advance(hours=1)
        assert refused(school, "head")
        head = school.desk("head").approvals
        for second in ("head", "homeroom-1", "duty", "nobody"):
            with pytest.raises(NotPermittedError) as error:
                head.ask("roster", WHY, second=staff_id(second))
            assert error.value.code == "PSY155"
        first = head.ask("roster", WHY, second=staff_id("expert"))
        assert calls(school, "expert") == ["bulk_named"]
        school.desk("expert").approvals.refuse(first, "nobody telephoned me")
        assert refused(school, "head")
        head.ask("roster", WHY, second=staff_id("expert"))
        assert export(school, "head") == 6
        assert verify(school.school).ok


def test_nobody_is_second_by_telephone_where_somebody_of_the_school_can_answer(
    school: InventedSchool,
) -> None:
    with pytest.raises(NotPermittedError) as error:
        asked(school, second=staff_id("expert"))
    assert error.value.code == "PSY155"


def test_two_short_lists_within_a_day_are_one_long_list(school: InventedSchool) -> None:
    """Four students are few; four and two others on one day are six."""
    since, closes = MONDAY - timedelta(days=3), MONDAY + timedelta(days=40)
    for number, who in ((1, "homeroom-1"), (2, "homeroom-1"), (3, "homeroom-2")):
        school.desk(who).exposure.record(
            school.number(number), "hard_hit_area", since=since, closes=closes
        )
    school.desk("homeroom-2").exposure.record(
        school.number(4), "hard_hit_area", since=since, closes=closes
    )
    affairs = school.desk("affairs").exposure
    assert len(affairs.facts()) == 4
    assert len(affairs.facts()) == 4, "to look again takes nobody more"
    for number in (5, 6):
        school.desk("homeroom-3").exposure.record(
            school.number(number), "hard_hit_area", since=since, closes=closes
        )
    with pytest.raises(NotPermittedError) as error:
        affairs.facts()
    assert error.value.code == "PSY154"
    request = school.desk("affairs").approvals.ask("exposure", "contact tracing")
    school.desk("head").approvals.approve(request, "yes")
    assert len(affairs.facts()) == 6


def test_whoever_cannot_have_a_list_cannot_ask_for_it(school: InventedSchool) -> None:
    for what, of in (("roster", ""), ("retention", "")):
        with pytest.raises(NotPermittedError) as error:
            school.desk("homeroom-1").approvals.ask(what, WHY, of=of)
        assert error.value.code == "PSY002"
    with pytest.raises(NotFoundError):
        school.desk("homeroom-1").approvals.ask("papers", WHY, of="case-000000000000")


@pytest.mark.clause("C6.2")
def test_no_alarm_and_no_crisis_waits_for_a_second_person(tmp_path: Path) -> None:
    """With one student as the most: six crises are told, listed, opened and worked on."""
    one = PLAN.replace("4", "1")
    with open_school(tmp_path / "s", now=MONDAY, plan=one) as school:
        for number in range(1, 7):
            teacher = f"homeroom-{(number + 1) // 2}"
            counselor = "counselor-a" if number < 5 else "counselor-c"
            school.desk(teacher).signals.report(
                school.number(number), "one_to_one", {"fear": "marked"}
            )
            case = school.desk(counselor).cases.about(school.number(number))
            case.acknowledge()
            case.open()
            case.declare_crisis(
                danger="self", place="dormitory", proposal="hospital", severity="high"
            )
        school.tick()
        assert len(school.desk("head").cases.list()) == 6
        assert calls(school, "head").count("leading_group_report") == 6
        for line in school.desk("head").cases.list():
            assert school.desk("head").cases.get(str(line["case"])).id == line["case"]
