"""A command that is given again under its own id, by a program that did not hear the answer.

By then the thing is done, so deciding anew might refuse it: whoever asks gets the receipt of the
first time, nothing is done twice, and nobody reads in the journal that it was refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.desk.test_collective_signs import report, the_sign
from tests.laws.test_canaries import everything_at_a_desk
from tests.machines.test_campaigns import planned
from tests.machines.test_on_duty import asked_to_swap, on_duty

from psysafe.domain import events as e
from psysafe.domain.duty_roster_rotation import Turn
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import ConflictError, NotFoundError, PsysafeError
from psysafe.ids import CommandId
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id

Act = Callable[[CommandId], Any]
Begin = Callable[[InventedSchool], Act]
ONE, OTHER, BEFORE = (CommandId(f"cmd-00000000{four}") for four in ("aaaa", "bbbb", "cccc"))
LATER = MONDAY + timedelta(hours=30)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


# -- every way to give a command with an id, and what must be there before -----------------------


def swapping(method: str, who: str) -> Begin:
    def begin(school: InventedSchool) -> Act:
        swap, _, _ = asked_to_swap(school)
        return lambda known: getattr(school.desk(who).duty, method)(swap, known)

    return begin


def of_two_shifts(method: str, who: str, *, both: bool = True) -> Begin:
    def begin(school: InventedSchool) -> Act:
        school.takes("doctor", "duty_adult")
        school.clock.advance(hours=1)
        for person, first, last in (("duty", 5, 10), ("doctor", 24, 30)):
            on_duty(school, "duty_leader", person, first, last)
        shifts = [s["shift"] for s in school.desk("duty").duty.show()["shifts"]]
        act = getattr(school.desk(who).duty, method)
        return lambda known: act(*(shifts if both else shifts[:1]), known)

    return begin


def assigning(school: InventedSchool) -> Act:
    turn = Turn(roster="duty_leader", person=staff_id("duty"), since=MONDAY, until=LATER)
    return lambda known: school.desk("affairs").duty.assign([turn], known)


def overriding(school: InventedSchool) -> Act:
    school.takes("doctor", "duty_adult")
    school.clock.advance(minutes=1)
    on_duty(school, "duty_leader", "doctor", 2, 9)
    desk, since = school.desk("affairs").duty, MONDAY + timedelta(hours=3)
    until, who = since + timedelta(hours=2), staff_id("duty")
    return lambda known: desk.override("duty_leader", who, since, until, command=known)


def keeping_a_roster(school: InventedSchool) -> Act:
    desk = school.desk("affairs").duty
    return lambda known: desk.keep("duty_leader", places=2, command=known)


def stopping_a_roster(school: InventedSchool) -> Act:
    on_duty(school, "duty_leader", "duty")
    return lambda known: school.desk("affairs").duty.stop("duty_leader", command=known)


def proposing_for_a_sign(school: InventedSchool) -> Act:
    for number in (1, 2):
        report(school, number, "severe")
    sign, desk = the_sign(school)["sign"], school.desk("counselor-a").signs
    return lambda known: desk.propose(sign, ["watch_closely"], command=known)


def answering_a_sign(school: InventedSchool) -> Act:
    proposing_for_a_sign(school)(BEFORE)
    sign, desk = the_sign(school)["sign"], school.desk("head").signs
    return lambda known: desk.answer(sign, True, command=known)


def taking_a_sign_back(school: InventedSchool) -> Act:
    proposing_for_a_sign(school)(BEFORE)
    sign, desk = the_sign(school)["sign"], school.desk("counselor-a").signs
    return lambda known: desk.take_back(sign, "they rehearsed a play", known)


def declaring_a_circle(school: InventedSchool) -> Act:
    students = [school.number(n) for n in (1, 2)]
    return lambda known: school.desk("duty").signs.declare("dormitory", "302", students, known)


def with_a_campaign(method: str, *, opened: bool = False) -> Begin:
    def begin(school: InventedSchool) -> Act:
        campaign, desk = planned(school), school.desk("counselor-a").screenings
        if opened:
            desk.open(campaign, BEFORE)
        return lambda known: getattr(desk, method)(campaign, command=known)

    return begin


def naming_readers(school: InventedSchool) -> Act:
    campaign, desk = planned(school), school.desk("counselor-a").screenings
    readers = [("staff:counselor-b", None, None)]
    return lambda known: desk.readers(campaign, readers, known)


def planning_a_campaign(school: InventedSchool) -> Act:
    desk = school.desk("counselor-a").screenings
    return lambda known: desk.plan(
        ("phq9",), opens=MONDAY, closes=LATER, grades=("g10",), command=known
    )


def closing_the_school(school: InventedSchool) -> Act:
    last = date(2026, 11, 15)
    return lambda known: school.desk("head").closures.begin(last, known)


def writing_an_exposure_down(school: InventedSchool) -> Act:
    desk, closes = school.desk("homeroom-1").exposure, MONDAY + timedelta(days=60)
    return lambda known: desk.record(
        school.number(1), "confirmed", since=MONDAY, closes=closes, command=known
    )


def reaching_out(school: InventedSchool) -> Act:
    school.desk("counselor-a").support.start(school.number(1))
    desk = school.desk("counselor-a").support
    return lambda known: desk.log(school.number(1), "telephone", command=known)


def reporting(school: InventedSchool) -> Act:
    desk, number = school.desk("homeroom-1").signals, school.number(1)
    return lambda known: desk.report(number, "one_to_one", {"fear": "marked"}, command=known)


def asking_to_talk(school: InventedSchool) -> Act:
    return lambda known: school.student_desk(1).signals.ask_to_talk(command=known)


def leaving_a_note(school: InventedSchool) -> Act:
    desk = school.desk("homeroom-1").signals
    return lambda known: desk.leave_note("高一(2)班的一个男生", {"fear": "some"}, command=known)


#: By the method of a desk.
COMMANDS: dict[str, Begin] = {
    "closures.begin": closing_the_school,
    "duty.accept_swap": swapping("accept_swap", "doctor"),
    "duty.assign": assigning,
    "duty.decline_swap": swapping("decline_swap", "doctor"),
    "duty.keep": keeping_a_roster,
    "duty.override": overriding,
    "duty.propose_swap": of_two_shifts("propose_swap", "duty"),
    "duty.remove": of_two_shifts("remove", "affairs", both=False),
    "duty.stop": stopping_a_roster,
    "duty.swap": of_two_shifts("swap", "affairs"),
    "duty.withdraw_swap": swapping("withdraw_swap", "duty"),
    "exposure.record": writing_an_exposure_down,
    "screenings.cancel": with_a_campaign("cancel"),
    "screenings.close": with_a_campaign("close", opened=True),
    "screenings.open": with_a_campaign("open"),
    "screenings.plan": planning_a_campaign,
    "screenings.readers": naming_readers,
    "signals.ask_to_talk": asking_to_talk,
    "signals.leave_note": leaving_a_note,
    "signals.report": reporting,
    "signs.answer": answering_a_sign,
    "signs.declare": declaring_a_circle,
    "signs.propose": proposing_for_a_sign,
    "signs.take_back": taking_a_sign_back,
    "support.log": reaching_out,
}
#: What anew would be refused, or find nothing any more.
ENDED = ("duty.accept_swap", "signs.answer", "signs.propose", "signs.take_back", "screenings.open")


def journalled(school: InventedSchool) -> list[e.Event]:
    parts = school.school
    return [event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 2000)]


def test_every_method_of_a_desk_that_takes_a_command_id_is_tried(school: InventedSchool) -> None:
    desk = school.desk("head")

    def method(name: str) -> Any:
        section, _, last = name.rpartition(".")
        return getattr(getattr(desk, section) if section else desk, last)

    taking = {
        name
        for name in everything_at_a_desk(desk)
        if "command" in inspect.signature(method(name)).parameters
    }
    assert taking == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_command_again_gets_the_same_receipt_and_changes_nothing(
    school: InventedSchool, name: str
) -> None:
    act = COMMANDS[name](school)
    first = act(ONE)
    # That the school's closure was asked for is journalled each time, as any look at a list is.
    before = [x for x in journalled(school) if not isinstance(x, e.ItemRead)]
    school.clock.advance(minutes=3)
    assert act(ONE) == first
    assert [x for x in journalled(school) if not isinstance(x, e.ItemRead)] == before
    assert verify(school.school).ok


@pytest.mark.parametrize("name", ENDED)
def test_under_another_id_it_is_decided_anew_and_may_be_refused_twice(
    school: InventedSchool, name: str
) -> None:
    act = COMMANDS[name](school)
    act(ONE)
    for _ in range(2):
        with pytest.raises(PsysafeError) as refused:
            act(OTHER)
        assert not isinstance(refused.value, ConflictError), "a refusal uses no id up"


def test_an_id_that_was_used_for_something_else_is_said(school: InventedSchool) -> None:
    propose = proposing_for_a_sign(school)
    propose(ONE)
    sign, signs = the_sign(school)["sign"], school.desk("counselor-a").signs
    # Permitted, refused, and about what is no more: each looks for the id, and says the same.
    for act in (
        lambda: signs.take_back(sign, "a play", ONE),
        lambda: signs.answer(sign, True, command=ONE),
        lambda: school.desk("counselor-a").duty.accept_swap("swp-000000000000", ONE),
        lambda: signs.take_back("sgn-000000000000", "a play", ONE),
    ):
        with pytest.raises(ConflictError) as used:
            act()
        assert used.value.code == "PSY004"


def test_nobody_learns_by_an_id_of_a_sign_that_they_may_not_see(school: InventedSchool) -> None:
    act = answering_a_sign(school)
    sign = the_sign(school)["sign"]
    act(ONE)
    with pytest.raises(NotFoundError):
        school.desk("homeroom-1").signs.answer(sign, True, command=ONE)
