"""A command that is given again under its own id, by a program that did not hear the answer.

By then the thing is done, so deciding anew would refuse it: whoever asks gets the receipt of the
first time, nothing is done twice, and nobody reads in the journal that it was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.desk.test_collective_signs import report, the_sign
from tests.machines.test_on_duty import asked_to_swap

from psysafe.domain import events as e
from psysafe.engine.handle import Receipt
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import ConflictError, NotFoundError, PsysafeError
from psysafe.ids import CommandId
from psysafe.testing.schools import InventedSchool, open_school

Act = Callable[[CommandId], Receipt]
ONE, OTHER = CommandId("cmd-00000000aaaa"), CommandId("cmd-00000000bbbb")


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


def accepting_a_swap(school: InventedSchool) -> Act:
    swap, _, _ = asked_to_swap(school)
    return lambda known: school.desk("doctor").duty.accept_swap(swap, known)


def proposing_for_a_sign(school: InventedSchool) -> Act:
    for number in (1, 2):
        report(school, number, "severe")
    sign, desk = the_sign(school)["sign"], school.desk("counselor-a").signs
    return lambda known: desk.propose(sign, ["watch_closely"], command=known)


def answering_a_sign(school: InventedSchool) -> Act:
    proposing_for_a_sign(school)(CommandId("cmd-00000000cccc"))
    sign, desk = the_sign(school)["sign"], school.desk("head").signs
    return lambda known: desk.answer(sign, True, command=known)


def taking_a_sign_back(school: InventedSchool) -> Act:
    proposing_for_a_sign(school)(CommandId("cmd-00000000cccc"))
    sign, desk = the_sign(school)["sign"], school.desk("counselor-a").signs
    return lambda known: desk.take_back(sign, "they rehearsed a play", known)


DONE_ONCE = [accepting_a_swap, proposing_for_a_sign, answering_a_sign, taking_a_sign_back]


def refusals(school: InventedSchool) -> int:
    parts = school.school
    entries = parts.storage.journal(parts.part, 0, 2000)
    return sum(isinstance(event_of(parts, one), e.DecisionRefused) for one in entries)


@pytest.mark.parametrize("begin", DONE_ONCE)
def test_the_same_command_again_gets_the_same_receipt(
    school: InventedSchool, begin: Callable[[InventedSchool], Act]
) -> None:
    act = begin(school)
    first, refused = act(ONE), refusals(school)
    assert act(ONE) == first
    assert refusals(school) == refused
    with pytest.raises(PsysafeError):
        act(OTHER)  # anew it would be refused, so the receipt was that of the first time
    assert verify(school.school).ok


@pytest.mark.parametrize("begin", DONE_ONCE)
def test_what_was_refused_may_be_given_again_under_its_id(
    school: InventedSchool, begin: Callable[[InventedSchool], Act]
) -> None:
    act = begin(school)
    act(ONE)
    before = refusals(school)
    for _ in range(2):
        with pytest.raises(PsysafeError) as refused:
            act(OTHER)
        assert not isinstance(refused.value, ConflictError)
    assert refusals(school) - before in (0, 2), "each time by its own line, or by none at all"


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
