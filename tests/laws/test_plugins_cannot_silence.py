"""Law 2: whatever a plugin does, nobody sees more for it, and no alarm falls silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from psysafe import wire
from psysafe.contracts.extras import Objection, ObjectionRequest, Observed
from psysafe.domain import events as e
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError, NotPermittedError
from psysafe.hooks import hookimpl
from psysafe.sensitivity import ContentClass, Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import STUDENTS, InventedSchool, open_school, staff_id

RELEASE = threading.Event()


@pytest.fixture(scope="module", autouse=True)
def _let_the_hanging_go() -> Iterator[None]:
    RELEASE.clear()
    yield
    RELEASE.set()


def objecting(name: str, answer: Callable[[Sequence[ObjectionRequest]], Any]) -> object:
    """A plugin whose objections are whatever `answer` makes of the requests."""

    class Plugin:
        plugin_name = name

        @hookimpl
        def psysafe_objections(self, requests: Sequence[ObjectionRequest]) -> Any:
            return answer(requests)

    return Plugin()


def _raises(requests: Sequence[ObjectionRequest]) -> Any:
    raise RuntimeError("broken")


def _leaves(requests: Sequence[ObjectionRequest]) -> Any:
    raise SystemExit(3)


def _hangs(requests: Sequence[ObjectionRequest]) -> Any:
    RELEASE.wait(60)
    return []


def _all(wish: Any) -> Callable[[Sequence[ObjectionRequest]], Any]:
    return lambda requests: [Objection(key=r.key, wish=wish, reason="never") for r in requests]


BAD: dict[str, Callable[[Sequence[ObjectionRequest]], Any]] = {
    "raises": _raises,
    "leaves the program": _leaves,
    "hangs": _hangs,
    "denies everything": _all("deny"),
    "lowers everything": _all("lower"),
    "invents a wish to allow": _all("allow"),
    "gives a dict": lambda requests: {r.key: "allow" for r in requests},
    "gives texts": lambda requests: ["allow"],
    "gives nothing": lambda requests: None,
    "objects to what nobody asked": lambda requests: [
        Objection(key="another", wish="deny", reason="never")
    ],
}
#: These are well-formed answers that object to nothing in particular: views stay open.
HARMLESS = ("objects to what nobody asked",)

_STEP = '[[routes.{route}.steps]]\nrole = "{role}"\nrelation = "of_grade"\nchannels = {channels}\n'
_CHANNELS = '["sms", "mail", "inbox"]'
PLAN = "".join(
    _STEP.format(route="linkage", role=role, channels=_CHANNELS)
    for role in ("counselor", "grade_head")
)


class Lines:
    """Three channels of a school: a short message, a mail, the inbox."""

    def __init__(self) -> None:
        self.sms = RecordingChannel(Trust.SHARED)
        self.mail = RecordingChannel(Trust.PERSONAL)
        self.inbox = RecordingChannel(Trust.SEALED)

    @property
    def all(self) -> dict[str, RecordingChannel]:
        return {"sms": self.sms, "mail": self.mail, "inbox": self.inbox}


def opened(folder: Path, lines: Lines, *plugins: object) -> InventedSchool:
    return open_school(folder, plugins=plugins, channels=lines.all, plan=PLAN)


def alarm(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}, note="she wrote a letter"
    )


@pytest.mark.clause("C1.1")
@pytest.mark.parametrize("bad", BAD)
def test_the_alarm_leaves_over_all_channels_and_the_route_goes_on(tmp_path: Path, bad: str) -> None:
    lines = Lines()
    with opened(tmp_path / "school", lines, objecting("bad", BAD[bad])) as school:
        alarm(school)
        assert school.tick().sent == 7  # two are called, and the nearest adult is told to go
        addresses = {
            name: [s.address for s in line.received.values()] for name, line in lines.all.items()
        }
        assert len(addresses["sms"]) == len(addresses["mail"]) == 2
        assert {s.message.content for s in lines.sms.received.values()} == {ContentClass.K0}
        if bad not in HARMLESS:
            assert {s.message.content for s in lines.mail.received.values()} == {ContentClass.K0}
        for line in lines.all.values():
            for sent in line.received.values():
                assert sent.message.urgent
                assert sent.message.text
                named = [name for name in STUDENTS.values() if name in sent.message.text]
                assert bool(named) == (bad in HARMLESS and line is not lines.sms)

        school.tick(minutes=10)
        assert len(lines.sms.received) == 3
        school.tick(minutes=10)
        told = {s.address for s in lines.inbox.received.values()}
        assert {staff_id(n) for n in ("head", "deputy-head", "core")} <= told


@pytest.mark.clause("C1.1")
@pytest.mark.parametrize("bad", BAD)
def test_whoever_is_called_can_answer_whatever_a_plugin_says(tmp_path: Path, bad: str) -> None:
    with open_school(tmp_path / "school", plugins=[objecting("bad", BAD[bad])]) as school:
        alarm(school)
        school.tick()
        counselor = school.desk("counselor-a")
        waiting = counselor.inbox.list()
        assert len(waiting) == 1
        assert waiting[0]["text"]
        counselor.inbox.acknowledge(waiting[0]["notice"])
        school.tick(minutes=25)  # the next step's time is over, what she took up is not late yet
        assert school.desk("grade-head-10").inbox.list() == []


@pytest.mark.clause("B0.3")
@pytest.mark.parametrize("bad", sorted(set(BAD) - set(HARMLESS)))
def test_a_view_is_denied_to_those_who_may_know_and_the_others_learn_nothing(
    tmp_path: Path, bad: str
) -> None:
    with open_school(tmp_path / "school", plugins=[objecting("bad", BAD[bad])]) as school:
        alarm(school)
        for who in ("counselor-a", "homeroom-1"):
            with pytest.raises(NotPermittedError, match="PSY703"):
                school.desk(who).cases.about(school.number(1))
            assert school.desk(who).cases.list() == []
        for who in ("homeroom-2", "counselor-c", "registrar"):
            with pytest.raises(NotFoundError):
                school.desk(who).cases.about(school.number(1))


def seen(school: InventedSchool, who: str) -> list[str]:
    """How much somebody sees, in keys and classes."""
    desk = school.desk(who)
    found = [f"inbox {n['class']}" for n in desk.inbox.list()]
    found += [f"line {key}" for line in desk.cases.list() for key in line]
    try:
        data = desk.cases.about(school.number(1)).data
    except (NotFoundError, NotPermittedError):
        return found
    return found + [f"case {key}" for key in data if key != "withheld"]


@pytest.mark.parametrize("bad", BAD)
def test_no_plugin_shows_anybody_more_than_there_is_without_it(tmp_path: Path, bad: str) -> None:
    rank = {"inbox K0": 0, "inbox K1": 1, "inbox K2": 2, "inbox K3": 3}
    with (
        open_school(tmp_path / "plain") as plain,
        open_school(tmp_path / "with", plugins=[objecting("bad", BAD[bad])]) as other,
    ):
        for school in (plain, other):
            alarm(school)
            school.tick()
        for who in ("counselor-a", "counselor-b", "homeroom-1", "grade-head-10", "registrar"):
            without, with_plugin = seen(plain, who), seen(other, who)
            highest = max((rank[s] for s in without if s in rank), default=-1)
            assert all(rank[s] <= highest for s in with_plugin if s in rank)
            assert {s for s in with_plugin if s not in rank} <= set(without)


def test_the_order_of_plugins_changes_nothing(tmp_path: Path) -> None:
    some = [
        objecting("raises", BAD["raises"]),
        objecting("denies", BAD["denies everything"]),
        objecting("quiet", lambda requests: []),
    ]
    answers = set()
    for number, order in enumerate(permutations(some)):
        with open_school(tmp_path / str(number), plugins=order) as school:
            alarm(school)
            school.tick()
            answers.add(str([seen(school, who) for who in ("counselor-a", "homeroom-1")]))
    assert len(answers) == 1


def test_a_hanging_plugin_is_waited_for_once_in_the_life_of_the_process(tmp_path: Path) -> None:
    asked: list[int] = []

    def hangs(requests: Sequence[ObjectionRequest]) -> Any:
        asked.append(len(requests))
        RELEASE.wait(60)
        return []

    lines = Lines()
    with opened(tmp_path / "school", lines, objecting("hangs", hangs)) as school:
        alarm(school)
        for _ in range(3):
            school.tick(minutes=10)
        assert len(asked) == 1


# -- observers ------------------------------------------------------------------------------------


def observing(watch: Callable[[Sequence[Observed]], Any]) -> object:
    class Plugin:
        plugin_name = "watch"

        @hookimpl
        def psysafe_observe(self, events: Sequence[Observed]) -> Any:
            return watch(events)

    return Plugin()


def _observer_raises(events: Sequence[Observed]) -> Any:
    raise RuntimeError("broken")


def _observer_hangs(events: Sequence[Observed]) -> Any:
    RELEASE.wait(60)


@pytest.mark.parametrize("watch", [_observer_raises, _observer_hangs, lambda events: events])
def test_an_observer_that_fails_costs_no_commit(tmp_path: Path, watch: Any) -> None:
    with open_school(tmp_path / "school", plugins=[observing(watch)]) as school:
        alarm(school)
        school.tick()
        parts = school.school
        kinds = [
            wire.read_header(r.header).kind for r in parts.storage.journal(parts.part, 0, 1000)
        ]
        assert "signal_reported" in kinds
        assert "attempt_finished" in kinds
        assert verify(parts).ok


def test_an_observer_hears_ids_and_kinds_of_what_is_durable_and_nothing_else(
    tmp_path: Path,
) -> None:
    heard: list[Observed] = []
    with open_school(tmp_path / "school", plugins=[observing(heard.extend)]) as school:
        alarm(school)
        school.tick()
        parts = school.school
        journal = {r.position: r for r in parts.storage.journal(parts.part, 0, 1000)}
        assert heard
        for one in heard:
            header = wire.read_header(journal[one.position].header)
            assert (one.kind, one.stream) == (header.kind, journal[one.position].stream)
        reported = [event_of(parts, r) for r in journal.values()]
        assert any(isinstance(ev, e.SignalReported) for ev in reported)
        assert "letter" not in str(heard)
        assert not any(name in str(heard) for name in STUDENTS.values())
