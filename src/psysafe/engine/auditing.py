"""The school looks itself over: does everything that is owed or called still go on by itself?

Once a day. A wake-up that was lost, by a damaged store or a restored backup, is made up for at
once, through the same handler as any other; what a person must mend is counted, never named.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, TypeVar

import attrs

from psysafe.contracts.storage import Query
from psysafe.domain import commands as c
from psysafe.domain.duties import RUNNING
from psysafe.domain.files import LIVE, StudentFile
from psysafe.domain.supervising import lacking
from psysafe.engine import refs, signs_owing
from psysafe.engine.bringing_up import bring_up
from psysafe.engine.cards import CaseCard, DutyCard
from psysafe.engine.ending_notes import sweep as sweep_notes
from psysafe.engine.erasing import make_good
from psysafe.engine.gather import every_page, gather, is_unreadable, opened, people_and_duty
from psysafe.engine.handle import handle
from psysafe.engine.holidays import ask_for_plan
from psysafe.engine.owners import passed_on, supervised
from psysafe.engine.retaining import past_their_time
from psysafe.engine.school import School
from psysafe.engine.troubles import sweep
from psysafe.errors import (
    Fact,
    Finding,
    FindingSeverity,
    NotFoundError,
    PsysafeError,
    StorageError,
)
from psysafe.ids import SYSTEM_TICK, derived_command

T = TypeVar("T")
_log = logging.getLogger("psysafe.engine")

#: How late a wake-up may be before it counts as lost: two ticks of an hourly scheduler.
GRACE: Final = timedelta(hours=2)


@attrs.frozen(kw_only=True)
class Audited:
    """What a look over the school came to: how much was looked at, made up for, left to people."""

    at: datetime
    duties: int
    cases: int
    mended: int
    findings: tuple[Finding, ...] = ()


def audit(school: School, now: datetime) -> Audited:
    """Look at every open duty, also of collective signs, and every live case; make up for wake-ups
    that were lost, and ask for plans where a break comes near.

    PSY087 wake-ups were lost and are made up for; PSY088 duties whose owner is gone or away
    without a deputy; PSY089 cases that nobody has and about which nobody is called; PSY066 cases
    whose lead needs a supervisor and has none; PSY722 students
    of whom a record cannot be read; PSY725 erasures that are not finished; PSY741 students whose
    file has been kept long enough, of which a person decides.
    """
    sweep(school)
    refs.sweep(school, now)
    sweep_notes(school, now)
    _brought_up(school, now)
    people, _ = people_and_duty(school)
    duties, gone, lost, moved = 0, 0, 0, 0
    unread: set[str] = set()
    asked = Query(index="kind", prefixes=(("duty",),), limit=200)
    for subject, card in _cards(school, asked, DutyCard, unread):
        duties += 1
        duty = card.duty
        try:
            passed = passed_on(school, card, now)
        except StorageError as error:
            _unread(error, subject, unread)
            continue
        if passed:
            moved += 1  # also to somebody who is back, or new
            continue
        gone += not people.there(duty.owner, now)
        if duty.passed == 0 and duty.due + GRACE < now:
            wish = c.DutyIsDue(student=card.student, duty=duty.id, passed=0)
            lost += _made_up_for(school, wish, "duty", f"{duty.id}/0", now)
    for watch in signs_owing.owed(school):
        if watch.duty is None:
            continue
        duties += 1
        if signs_owing.passed_on(school, watch, now):
            moved += 1
            continue
        gone += not people.there(watch.duty.owner, now)
        if watch.duty.passed == 0 and watch.duty.due + GRACE < now:
            lost += signs_owing.made_up_for(school, watch, now)
    cases, silent, alone = 0, 0, 0
    live = Query(index="board", prefixes=tuple(("case", one) for one in LIVE), limit=200)
    for subject, case in _cards(school, live, CaseCard, unread):
        cases += 1
        try:
            world = gather(school, case.student).world
        except NotFoundError:
            continue
        except StorageError as error:
            _unread(error, subject, unread)
            continue
        lost += _lost_steps(school, world.file, now)
        silent += _nobody_has(world.file)
        ask_for_plan(school, world, now)
        moved += supervised(school, case.student, "audit", now)
        alone += lacking(world, now)
    found: list[Finding] = []
    counts = {
        "PSY087": lost,
        "PSY088": gone,
        "PSY089": silent,
        "PSY066": alone,
        "PSY722": len(unread),
        "PSY725": _unfinished(school, now),
        "PSY741": past_their_time(school, now),
    }
    for code, count in counts.items():
        if count:
            facts: dict[str, Fact] = {"count": count}
            mild = code in ("PSY066", "PSY088", "PSY741")
            severity: FindingSeverity = "warning" if mild else "error"
            found.append(Finding(code=code, severity=severity, facts=facts))
    return Audited(at=now, duties=duties, cases=cases, mended=lost + moved, findings=tuple(found))


def _unfinished(school: School, now: datetime) -> int:
    """How many erasures cannot be finished yet; one where nobody can tell."""
    try:
        return make_good(school, now)
    except StorageError as error:
        _log.error("erasures could not be made good", extra={"code": error.code})
        return 1


def _brought_up(school: School, now: datetime) -> None:
    try:
        bring_up(school, now)
    except PsysafeError as error:
        _log.error("records were not brought up to date", extra={"code": error.code})


def _cards(school: School, query: Query, cls: type[T], unread: set[str]) -> Iterator[tuple[str, T]]:
    """The cards of a query and about whom each is; of whom one is damaged goes to `unread`."""
    for document in list(every_page(school, query)):
        subject = document.index.get("subject", document.key)
        try:
            card = opened(school, document, cls)
        except NotFoundError:
            continue
        except StorageError as error:
            _unread(error, subject, unread)
            continue
        yield subject, card


def _unread(error: StorageError, subject: str, unread: set[str]) -> None:
    """Count a student once, however many records are damaged. Raises what is the whole store's."""
    if not is_unreadable(error):
        raise error
    _log.error("a record could not be looked at", extra={"code": error.code})
    unread.add(subject)


def _lost_steps(school: School, file: StudentFile, now: datetime) -> int:
    found = 0
    for run in file.runs:
        if run.state == RUNNING and (run.due is None or run.due + GRACE < now):
            wish = c.StepIsDue(student=file.student, run=run.id, index=run.index)
            found += _made_up_for(school, wish, "step", f"{run.id}/{run.index}", now)
    return found


def _nobody_has(file: StudentFile) -> bool:
    """A case that waits for somebody, with nobody called and nobody who owes that call."""
    case = file.live_case
    if case is None or case.lifecycle != "signalled":
        return False
    called = any(run.state == RUNNING for run in file.runs)
    return not called and not file.owed("answer_unheard_route")


def _made_up_for(
    school: School,
    wish: c.StepIsDue | c.DutyIsDue,
    what: str,
    which: str,
    now: datetime,
) -> int:
    """Do what the lost wake-up would have done. A second time it changes nothing."""
    command = derived_command(school.part_key, "audit", what, which)
    try:
        return int(bool(handle(school, wish, SYSTEM_TICK, now, command_id=command).events))
    except PsysafeError:
        return 0  # gone meanwhile: nothing is lost any more
