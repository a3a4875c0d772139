"""What is told of a student, and what is done where an adult is suspected: every combination."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.bars import CONFIRMED, HARM, PROVISIONAL, Bar, HandedOver
from psysafe.domain.cases.deciding import decide
from psysafe.domain.cases.deciding_signals import TRIES
from psysafe.domain.codes_bars import HARM_RECEIVERS
from psysafe.domain.duties import Duty
from psysafe.domain.exposure import Exposure
from psysafe.domain.files import Case
from psysafe.domain.severity import Level, NotAssessed, Provisional, Severity
from psysafe.domain.signals import Contact, Support
from psysafe.domain.world import World
from psysafe.engine.gather import gather
from psysafe.errors import NotFoundError, PsysafeError
from psysafe.ids import (
    Actor,
    CaseId,
    CommandId,
    CommandIds,
    DutyId,
    ExposureId,
    PersonId,
    student_person,
)
from psysafe.sensitivity import changed
from psysafe.testing.schools import MONDAY, guardian_id, open_school, staff_id, student_id

CHILD = student_id(1)
MINE = CaseId("case-500000000000")
HOUR = timedelta(hours=1)
TEACHER, COUNSELOR, HEAD = (staff_id(one) for one in ("homeroom-1", "counselor-a", "head"))
SAFE, DEPUTY = staff_id("safeguarding"), staff_id("deputy-head")
#: Whoever tells something, and by which ways they may: their own one, or any that staff know.
OWN: dict[Actor, str] = {student_person(CHILD): "self_report", guardian_id(1): "guardian"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_school(tmp_path_factory.mktemp("signals") / "school") as opened:
        yield gather(opened.school, CHILD).world


def anew(text: str) -> Any:
    """The same word, as it comes out of a store: another object."""
    return "".join(list(text))


def filed(empty: World, **more: Any) -> World:
    return attrs.evolve(empty, file=changed(empty.file, **more))


def standing(empty: World, level: Level) -> World:
    return filed(empty, case=Case(id=MINE, lifecycle="open", level=level, signalled=MONDAY))


def does(world: World, command: c.Command, by: Actor = TEACHER) -> list[e.Event]:
    ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))
    return list(decide(world, command, anew(by), MONDAY, ids))


def kinds(world: World, command: c.Command, by: Actor = TEACHER) -> list[type]:
    return [type(one) for one in does(world, command, by)]


def refused(world: World, command: c.Command, by: Actor = TEACHER) -> str | None:
    """The code of a refusal; None where something was done."""
    try:
        does(world, command, by)
    except NotFoundError:
        return "unknown"
    except PsysafeError as told:
        return told.code
    return None


def gone(world: World, *people: PersonId) -> World:
    staff = {one: held for one, held in world.roster.staff.items() if one not in people}
    return attrs.evolve(world, roster=changed(world.roster, staff=staff))


def owing(kind: str, owner: PersonId, *had_by: PersonId, due: datetime = MONDAY + HOUR) -> Duty:
    return Duty(
        id=DutyId("duty-500000000000"),
        kind=anew(kind),
        owner=anew(owner),
        had_by=had_by,
        due=due,
        fallback="counselor",
        origin="clause A2.2",
        severity=Severity.HIGH,
        opened=MONDAY - HOUR,
    )


# -- who tells what --------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [*OWN, TEACHER, COUNSELOR])
@pytest.mark.parametrize("kind", ["worry", "question", "talk"])
def test_a_child_and_a_guardian_tell_for_themselves_and_only_a_child_asks_to_talk(
    empty: World, by: Actor, kind: str
) -> None:
    for source in ("self_report", "guardian", "one_to_one", "message"):
        told = c.Report(
            student=CHILD, source=source, kind=anew(kind), symptoms={"self_harm": "some"}
        )
        if source != OWN.get(by, source):
            assert refused(empty, told, by) == "PSY026"
        elif kind == "talk" and by != student_person(CHILD):
            assert refused(empty, told, by) == "PSY002"
        else:
            reported = does(empty, told, by)[0]
            assert isinstance(reported, e.SignalReported)
            assert (reported.signal.reporter, reported.signal.entered_by) == (by, None)


def test_a_note_is_passed_on_in_the_name_of_its_teller_by_whoever_may_check_it(
    empty: World,
) -> None:
    told = c.Report(
        student=CHILD, source="message", symptoms={"self_harm": "some"}, reporter=Actor("staff:x")
    )
    assert refused(empty, told) == "PSY002"
    reported = does(empty, told, COUNSELOR)[0]
    assert isinstance(reported, e.SignalReported)
    assert (reported.signal.reporter, reported.signal.entered_by) == ("staff:x", COUNSELOR)


@pytest.mark.parametrize("kind", ["worry", "question", "talk"])
@pytest.mark.parametrize("symptoms", [{}, {"self_harm": "some"}])
@pytest.mark.parametrize("dangers", [(), (HARM,)])
def test_a_question_or_a_wish_to_talk_begins_a_case_only_with_a_symptom_or_a_danger_in_it(
    empty: World, kind: str, symptoms: dict[str, str], dangers: tuple[str, ...]
) -> None:
    told = c.Report(
        student=CHILD, source="self_report", kind=anew(kind), symptoms=symptoms, dangers=dangers
    )
    worry = kind == "worry" or bool(symptoms) or bool(dangers)
    begins = [e.SignalReported, *([e.CaseSignalled] if worry else [])]
    by = student_person(CHILD)
    assert kinds(empty, told, by) == begins
    unknown = standing(empty, NotAssessed())
    rises = [e.SignalReported, *([e.SeverityChanged] if worry else [])]
    assert kinds(unknown, told, by) == rises
    grave = standing(empty, Provisional(severity=Severity.IMMINENT, rule="T:x"))
    assert kinds(grave, told, by) == [e.SignalReported]


def test_who_is_named_as_the_adult_who_does_harm_is_barred_before_anybody_is_called(
    empty: World,
) -> None:
    told = c.Report(
        student=CHILD, source="one_to_one", dangers=(HARM,), accused=staff_id("grade-head-10")
    )
    assert kinds(empty, told) == [e.SignalReported, e.BarSet, e.CaseSignalled]
    assert kinds(empty, changed(told, accused=None)) == [e.SignalReported, e.CaseSignalled]
    assert refused(empty, changed(told, dangers=(), symptoms={"self_harm": "some"})) == "PSY084"


# -- exposure --------------------------------------------------------------------------------------

MOMENTS = [MONDAY + n * HOUR for n in range(-2, 3)]


@pytest.mark.parametrize("since", MOMENTS)
def test_a_fact_of_exposure_ends_after_it_began_while_its_purpose_is_open(
    empty: World, since: datetime
) -> None:
    for until, closes in itertools.product((None, *MOMENTS), MOMENTS):
        said = c.RecordExposure(
            student=CHILD, fact="fever", since=since, until=until, closes=closes
        )
        wrong = (until is not None and until <= since) or closes <= max(MONDAY, since)
        assert refused(empty, said) == ("PSY033" if wrong else None)


def _fact(number: int, fact: str, until: datetime | None = None, **more: Any) -> Exposure:
    return Exposure(
        id=ExposureId(f"exp-{number:012d}"),
        fact=anew(fact),
        since=MONDAY - HOUR,
        until=until,
        closes=more.pop("closes", MONDAY + 24 * HOUR),
        **more,
    )


def test_the_last_fact_of_its_kind_ends_that_runs_and_whose_purpose_is_open(empty: World) -> None:
    facts = (
        _fact(1, "fever", MONDAY - HOUR / 2),
        _fact(2, "fever"),
        _fact(3, "away"),
        _fact(4, "fever"),
    )
    ends = c.EndExposure(student=CHILD, fact=anew("fever"), until=MONDAY)
    for held, last in ((facts, "4"), (facts[:3], "2"), (facts[1:2], "2")):
        (ended,) = does(filed(empty, exposure=held), ends)
        assert isinstance(ended, e.ExposureEnded)
        assert ended.exposure == f"exp-{last:0>12}"
    for held in ((), facts[:1], facts[2:3], (_fact(5, "fever", closes=MONDAY),)):
        assert refused(filed(empty, exposure=held), ends) == "unknown"
    for until in (MONDAY - HOUR, MONDAY - 2 * HOUR):
        assert refused(filed(empty, exposure=facts), changed(ends, until=until)) == "PSY033"


# -- one-to-one support ----------------------------------------------------------------------------


def _contact(outcome: str) -> Contact:
    return Contact(at=MONDAY - HOUR, by=TEACHER, means="telephone", outcome=outcome)


def _supported(*outcomes: str, **more: Any) -> Support:
    return Support(
        since=MONDAY - 5 * HOUR, contacts=tuple(_contact(one) for one in outcomes), **more
    )


def test_support_that_runs_is_not_begun_anew_and_only_what_runs_is_ended(empty: World) -> None:
    begin, end = c.StartSupport(student=CHILD), c.EndSupport(student=CHILD)
    runs = filed(empty, support=_supported())
    over = filed(empty, support=_supported(closes=MONDAY))
    assert kinds(empty, begin) == kinds(over, begin) == [e.SupportStarted]
    assert kinds(runs, begin) == []
    assert kinds(runs, end) == [e.SupportEnded]
    assert refused(empty, end) == "PSY032"


OUTCOMES = ("not_reached", "reached")


@pytest.mark.parametrize("count", range(5))
@pytest.mark.parametrize("told", [False, True])
def test_the_second_try_in_a_row_that_reaches_nobody_is_a_signal_once(
    empty: World, count: int, told: bool
) -> None:
    tries = c.LogContact(student=CHILD, means="telephone", outcome="not_reached")
    for before in itertools.product(OUTCOMES, repeat=count):
        in_vain = len(list(itertools.takewhile(lambda one: one != "reached", reversed(before))))
        world = filed(empty, support=_supported(*before, told_unreached=told))
        found = kinds(world, tries)
        assert found[0] is e.ContactLogged
        unreached = in_vain + 1 >= TRIES and not told
        assert (e.SignalReported in found) is unreached
        assert e.SignalReported not in kinds(world, changed(tries, outcome="reached"))
    begun = [e.SupportStarted, e.ContactLogged]
    assert kinds(empty, tries) == begun
    assert kinds(filed(empty, support=_supported(closes=MONDAY)), tries) == begun
    assert TRIES == 2


@pytest.mark.parametrize("symptoms", [{}, {"self_harm": "some"}])
@pytest.mark.parametrize("dangers", [(), (HARM,)])
@pytest.mark.parametrize("needs", [(), ("somebody_to_talk_to",), ("medicine",)])
def test_what_a_teacher_hears_in_a_talk_is_a_report_and_a_wish_to_talk_is_handed_on(
    empty: World, symptoms: dict[str, str], dangers: tuple[str, ...], needs: tuple[str, ...]
) -> None:
    talk = "somebody_to_talk_to" in needs
    reached = c.LogContact(
        student=CHILD,
        means="telephone",
        outcome="reached",
        symptoms=symptoms,
        dangers=dangers,
        needs=needs,
    )
    found = does(filed(empty, support=_supported()), reached)
    signals = [one.signal for one in found if isinstance(one, e.SignalReported)]
    assert len(signals) == bool(symptoms or dangers or talk)
    assert all(one.kind == ("talk" if talk else "worry") for one in signals)


# -- who is barred ---------------------------------------------------------------------------------

ACCUSED, WIFE, SON = TEACHER, staff_id("homeroom-2"), staff_id("homeroom-3")


def _bar(*also: PersonId, **more: Any) -> Bar:
    person = more.pop("person", ACCUSED)
    return Bar(person=anew(person), also=also, by=Actor("staff:doctor"), at=MONDAY, **more)


@pytest.mark.parametrize("held", [(), (WIFE,), (WIFE, SON)])
@pytest.mark.parametrize("wanted", [(), (WIFE,), (SON,), (WIFE, SON)])
def test_a_bar_keeps_out_whoever_it_kept_out_and_those_who_are_named_now(
    empty: World, held: tuple[PersonId, ...], wanted: tuple[PersonId, ...]
) -> None:
    said = c.SetBar(student=CHILD, person=ACCUSED, also=wanted)
    (first,) = does(empty, said, COUNSELOR)
    assert isinstance(first, e.BarSet)
    assert (first.bar.also, first.bar.state) == (tuple(sorted(wanted)), PROVISIONAL)
    assert first.bar.authority_told is None
    bar = _bar(*held, state=CONFIRMED, authority_told=MONDAY - HOUR)
    more = does(filed(empty, bars=(bar,)), said, COUNSELOR)
    if set(wanted) <= set(held):
        assert more == []
        return
    (wider,) = more
    assert isinstance(wider, e.BarSet)
    assert set(wider.bar.also) == {*held, *wanted}
    assert (wider.bar.state, wider.bar.authority_told) == (CONFIRMED, MONDAY - HOUR)


@pytest.mark.parametrize("state", [PROVISIONAL, CONFIRMED])
def test_a_bar_is_confirmed_once_and_lifted_for_a_reason(empty: World, state: str) -> None:
    bars = (_bar(person=WIFE, state=CONFIRMED), _bar(state=anew(state)))
    world = filed(empty, bars=bars)
    confirms = c.ConfirmBar(student=CHILD, person=ACCUSED, why="已核实")
    lifts = c.LiftBar(student=CHILD, person=ACCUSED, why="查无此事")
    assert refused(world, confirms, SAFE) == (None if state == PROVISIONAL else "PSY085")
    assert kinds(world, lifts, SAFE) == [e.BarLifted]
    assert refused(world, changed(lifts, why=" "), SAFE) == "PSY006"
    assert refused(world, changed(lifts, person=SON), SAFE) == "unknown"


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("owner", [None, COUNSELOR, HEAD, DEPUTY])
@pytest.mark.parametrize("by", [SAFE, HEAD, DEPUTY, COUNSELOR])
def test_the_safeguarding_lead_decides_on_a_bar_and_the_head_in_their_place(
    empty: World, there: bool, owner: PersonId | None, by: PersonId
) -> None:
    duties = (owing("confirm_bar", owner),) if owner else ()
    world = filed(empty, bars=(_bar(),), duties=duties)
    if not there:
        world = gone(world, SAFE)
    lifts = c.LiftBar(student=CHILD, person=ACCUSED, why="查无此事")
    decides = (by == SAFE and there) or by == owner or (by in (HEAD, DEPUTY) and not there)
    assert refused(world, lifts, by) == (None if decides else "PSY002")


def test_whoever_is_barred_decides_on_no_bar_and_learns_nothing_of_it(empty: World) -> None:
    lifts = c.LiftBar(student=CHILD, person=HEAD, why="查无此事")
    for duties in ((), (owing("confirm_bar", HEAD),)):
        barred = filed(empty, bars=(_bar(person=HEAD),), duties=duties)
        assert refused(barred, lifts, HEAD) == refused(empty, lifts, HEAD)
        assert refused(gone(barred, SAFE), lifts, HEAD) == refused(gone(empty, SAFE), lifts, HEAD)
        assert refused(barred, lifts, SAFE) is None


@pytest.mark.parametrize("by", [COUNSELOR, HEAD, TEACHER, WIFE])
@pytest.mark.parametrize("owner", [None, TEACHER, WIFE, SAFE])
@pytest.mark.parametrize("accused", [None, WIFE])
def test_a_suspicion_is_handed_over_by_whoever_owes_it_or_may_know_of_it(
    empty: World, by: PersonId, owner: PersonId | None, accused: PersonId | None
) -> None:
    duties = (owing("report_harm", owner),) if owner else ()
    bars = (_bar(person=accused),) if accused else ()
    world = filed(empty, bars=bars, duties=duties)
    for receiver in HARM_RECEIVERS:
        over = c.HandOverAllegation(student=CHILD, receiver=receiver, how="电话告知")
        may = by in (COUNSELOR, HEAD) or by == owner
        known = by != accused and may and bool(duties or bars)
        assert refused(world, over, by) == (None if known else "unknown")
        assert refused(world, changed(over, how=" "), by) == ("PSY006" if known else "unknown")
        if known:
            (handed,) = does(world, over, by)
            assert handed == e.AllegationHandedOver(
                student=CHILD,
                handed=HandedOver(receiver=receiver, by=by, at=MONDAY, how="电话告知"),
            )


@pytest.mark.parametrize("hours", [-1, 0, 1, 2])
def test_a_round_waits_until_a_later_time_and_is_brought_forward_by_nobody(
    empty: World, hours: int
) -> None:
    until = MONDAY + hours * HOUR
    pauses = c.PauseRound(student=CHILD, until=until)
    world = filed(empty, duties=(owing("one_to_one", TEACHER),))
    if hours <= 0:
        assert refused(world, pauses, SAFE) == "PSY086"
    else:
        waits = does(world, pauses, SAFE)
        assert len(waits) == (hours > 1)
    assert refused(world, pauses, TEACHER) == "PSY002"
    other = filed(empty, duties=(owing("reassess", TEACHER),))
    assert refused(other, pauses, SAFE) == ("PSY086" if hours <= 0 else None)
    assert hours <= 0 or does(other, pauses, SAFE) == []
