"""When a provider is asked what became of a message: the plan's times, read strictly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from psysafe.domain.calendar import Unit, Within
from psysafe.domain.plan_limits import LookupRule, Origin
from psysafe.domain.plan_lookups import LATEST, MOST, read_lookups
from psysafe.domain.tables import Faults, Table


def read(**said: object) -> tuple[LookupRule | None, list[str]]:
    """What a plan's table comes to, and the paths of its faults."""
    table = {"urgent": ["1 min"], "other": ["10 min"], "each_tick": 5, **said}
    faults = Faults("plan.toml")
    found = read_lookups(Table({"lookups": table}, "", faults), lambda _: Origin("site", "x"))
    return found, [str(one.where["path"]) for one in faults.found]


def test_a_plan_without_it_asks_nobody() -> None:
    faults = Faults("plan.toml")
    assert read_lookups(Table({}, "", faults), lambda _: Origin("site", "x")) is None
    assert not faults.found


def test_times_are_spans_after_a_message_was_taken() -> None:
    found, wrong = read(urgent=["1 min", "3 min", "1 h"], other=[])
    assert not wrong
    assert found is not None
    assert found.spans(urgent=True) == (
        timedelta(minutes=1),
        timedelta(minutes=3),
        timedelta(hours=1),
    )
    assert found.spans(urgent=False) == ()
    assert found.each_tick == 5


@pytest.mark.parametrize(
    "times",
    [
        ["3 min", "1 min"],
        ["1 min", "1 min"],
        ["10 min", "15 min"],
        ["1 min", "10 min", "12 min"],
        ["at once"],
        ["1 school day"],
        ["2 days"],
        ["soon"],
        ["169 h"],
        [f"{2**n} min" for n in range(MOST + 1)],
    ],
)
def test_times_that_do_not_grow_or_have_no_end_are_refused(times: list[str]) -> None:
    for key in ("urgent", "other"):
        assert read(**{key: times})[1] == [f"lookups.{key}"]


def test_the_latest_and_the_most_are_just_allowed() -> None:
    most = [f"{n} h" for n in range(1, MOST + 1)]
    assert read(urgent=most, other=[f"{LATEST // timedelta(hours=1)} h"])[1] == []


@pytest.mark.parametrize("number", [0, 501, True, "5"])
def test_one_tick_asks_at_least_one_and_not_all(number: object) -> None:
    assert read(each_tick=number)[1] == ["lookups.each_tick"]


def test_a_key_that_nobody_knows_is_a_fault() -> None:
    assert read(evry_tick=3)[1] == ["lookups.evry_tick"]


def test_only_minutes_and_hours_are_equally_long_everywhere() -> None:
    with pytest.raises(ValueError, match="calendar"):
        Within(Unit.DAYS, 2).length()
