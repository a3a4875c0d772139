"""Six count in one group, each overtaken by the next: none is missed, one sign is raised."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.contracts.storage import Changes, Claimed, Settlement, Storage
from psysafe.domain.duties_signs import Watch
from psysafe.engine import signs
from psysafe.engine.gather import card
from psysafe.engine.verify import verify
from psysafe.ids import Part
from psysafe.testing.schools import InventedSchool, open_school, student_id

EVERYBODY = range(1, 7)


class Overtaken:
    """A store before whose commits about a group somebody else always gets a word in."""

    def __init__(self, behind: Storage) -> None:
        self._behind = behind
        self.others: list[Callable[[], None]] = []
        self.conflicts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)

    def commit(self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()) -> object:
        about_a_group = any(put.key.startswith("sign/") for put in changes.put)
        if about_a_group and self.others:
            self.others.pop()()
        outcome = self._behind.commit(part, changes, settle)
        self.conflicts += type(outcome).__name__ == "Conflict"
        return outcome


def dormitory(school: InventedSchool) -> str:
    desk = school.desk("duty").signs
    desk.declare("dormitory", "302", [school.number(n) for n in EVERYBODY])
    school.net.tick()
    (line,) = desk.circles()
    return str(line["circle"])


def report(school: InventedSchool, number: int) -> None:
    counselor = "counselor-c" if number > 4 else "counselor-a"
    school.desk(counselor).signals.report(
        school.number(number), "one_to_one", {"depression": "marked"}
    )


def raised(school: InventedSchool) -> int:
    page = school.school.storage.journal(school.school.part, 0, 5000)
    return sum(b'"sign_raised"' in one.header for one in page)


@pytest.mark.clause("C3.2")
def test_six_that_overtake_each_other_all_count_and_raise_one_sign(tmp_path: Path) -> None:
    stores: list[Overtaken] = []

    def wrap(behind: Storage) -> Any:
        stores.append(Overtaken(behind))
        return stores[-1]

    with open_school(tmp_path / "school", wrap=wrap) as school:
        circle = dormitory(school)
        for number in EVERYBODY:
            report(school, number)
        now = school.clock.now()
        claims: list[Claimed] = []
        while found := school.school.storage.claim(
            [school.school.part], now, 50, timedelta(hours=1)
        ):
            claims += [claim for claim in found if claim.topic == "sign"]
        assert len(claims) == len(EVERYBODY)
        first, *rest = claims
        stores[-1].others = [
            lambda claim=claim: signs.count(school.school, claim, now) for claim in rest
        ]
        signs.count(school.school, first, now)
        assert stores[-1].others == []
        assert stores[-1].conflicts >= len(rest), "nobody was overtaken: the test shows nothing"
        watch = card(school.school, f"sign/{circle}", Watch)
        assert {one.student for one in watch.heard} == {student_id(n) for n in EVERYBODY}
        assert raised(school) == 1
        # The claims come back after a stop: nothing is counted twice.
        for claim in claims:
            signs.count(school.school, claim, now)
        assert raised(school) == 1
        assert verify(school.school).ok


@pytest.mark.clause("C3.2")
def test_six_threads_report_and_count_in_one_store(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", storage="sqlite") as school:
        circle = dormitory(school)
        together = threading.Barrier(len(EVERYBODY))

        def work(number: int) -> None:
            together.wait()
            report(school, number)
            school.net.tick()

        threads = [threading.Thread(target=work, args=(number,)) for number in EVERYBODY]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(3):  # whatever was claimed by somebody who had to give up comes back
            school.tick(minutes=2)
        watch = card(school.school, f"sign/{circle}", Watch)
        assert {one.student for one in watch.heard} == {student_id(n) for n in EVERYBODY}
        assert raised(school) == 1
        assert verify(school.school).ok


@pytest.mark.clause("C3.2")
def test_a_stop_between_the_report_and_the_count_loses_nothing(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", storage="sqlite") as school:
        for number in (1, 2):
            school.desk("homeroom-1").signals.report(
                school.number(number), "one_to_one", {"self_harm": "marked"}
            )
        school.reopen()
        assert school.desk("head").signs.list() == []
        school.tick()
        (line,) = school.desk("head").signs.list()
        assert (line["group"], line["students"], line["high"]) == ("class", 2, 2)
