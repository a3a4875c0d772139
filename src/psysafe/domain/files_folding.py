"""How one event changes a student's file.

`evolve` folds one event into the file. It asks nothing and decides nothing: an event that is in
the journal did happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.bars import barred_by
from psysafe.domain.duties import EXHAUSTED, RUNNING, STOPPED, WARNING, Asked, Duty, Run
from psysafe.domain.exposure import Exposure
from psysafe.domain.files import LAST, Case, GuardianAttempt, StudentFile
from psysafe.domain.files_access import OF_ACCESS
from psysafe.domain.files_bars import FOLDS
from psysafe.domain.files_care import OF_CARE, guardian_rows
from psysafe.domain.files_death import OF_DEATH
from psysafe.domain.files_holidays import OF_HOLIDAYS
from psysafe.domain.files_lifecycle import OF_LIFECYCLE
from psysafe.domain.files_referral import OF_REFERRAL
from psysafe.domain.glass import kept, reviewed
from psysafe.domain.severity import Assessed, Level, Severity, severity_of
from psysafe.domain.signals import Signal, Support
from psysafe.ids import SignalId
from psysafe.sensitivity import changed


def _case(file: StudentFile, **changes: Any) -> StudentFile:
    if file.case is None:
        raise ValueError("an event about a case before its first signal")
    return changed(file, case=changed(file.case, **changes))


def _first_and_last(held: tuple[SignalId, ...], new: SignalId) -> tuple[SignalId, ...]:
    """The signal that began it, and the last ones."""
    return (*held[:1], *(*held[1:], new)[-LAST:]) if held else (new,)


def _in_sight(file: StudentFile, signal: Signal) -> tuple[Signal, ...]:
    """The signals that a file keeps: the last ones, the last grave ones, and all still to be read.

    Ten small reports must not push the one that matters out of sight.
    """
    everything = (*file.signals, signal)
    case = file.live_case
    kept = {s.id for s in everything[-LAST:]}
    kept |= {s.id for s in [s for s in everything if s.dangers][-LAST:]}
    kept |= {d.signal for d in file.duties if d.signal is not None}
    kept |= set(case.signals[:1]) if case is not None else set()
    return tuple(s for s in everything if s.id in kept)


def _signal(file: StudentFile, event: e.SignalReported) -> StudentFile:
    file = changed(file, signals=_in_sight(file, event.signal))
    if "not_reached" in event.signal.symptoms and file.support is not None:
        file = changed(file, support=changed(file.support, told_unreached=True))
    case = file.live_case
    if case is None:
        return file
    place = event.signal.place
    if event.signal.reporter in barred_by(file.bars):
        place = case.place  # whoever is suspected does not say where the child is
    if place == "unknown" and "whereabouts_unknown" not in event.signal.dangers:
        place = case.place
    return _case(file, signals=_first_and_last(case.signals, event.signal.id), place=place)


def _exposed(file: StudentFile, event: e.ExposureRecorded) -> StudentFile:
    new = event.exposure
    # The same fact, written again while it holds, corrects what stood there.
    kept = tuple(x for x in file.exposure if x.fact != new.fact or x.until is not None)
    return changed(file, exposure=_bounded((*kept, new)))


def _exposure_ended(file: StudentFile, event: e.ExposureEnded) -> StudentFile:
    return changed(
        file,
        exposure=_bounded(
            tuple(
                changed(x, until=event.until) if x.id == event.exposure else x
                for x in file.exposure
            )
        ),
    )


def _bounded(facts: tuple[Exposure, ...]) -> tuple[Exposure, ...]:
    """Every fact that has no end yet, and the last ones that have."""
    return (
        *[x for x in facts if x.until is not None][-LAST:],
        *[x for x in facts if x.until is None],
    )


def _supported(file: StudentFile, event: e.SupportStarted) -> StudentFile:
    return changed(file, support=Support(since=event.at, closes=event.closes))


def _contact(file: StudentFile, event: e.ContactLogged) -> StudentFile:
    if file.support is None:
        return file
    contacts = (*file.support.contacts, event.contact)[-LAST:]
    told = file.support.told_unreached and not event.contact.reached
    return changed(file, support=changed(file.support, contacts=contacts, told_unreached=told))


def handed(duty: Duty, event: e.DutyPassedOn) -> Duty:
    """A duty after its time was up and it was passed on."""
    before = (*(p for p in duty.had_by if p != duty.owner), duty.owner)
    return changed(
        duty,
        owner=event.to or duty.owner,
        due=event.due,
        passed=duty.passed + 1,
        had_by=before if event.to is not None else duty.had_by,
    )


def _replanned(file: StudentFile, event: e.DutyReplanned) -> StudentFile:
    def earlier(duty: Duty) -> Duty:
        if duty.id != event.duty:
            return duty
        return changed(duty, due=event.due, severity=event.severity)

    return changed(file, duties=tuple(earlier(d) for d in file.duties))


def _flag_raised(file: StudentFile, event: e.FlagRaised) -> StudentFile:
    opened = tuple(f for f in file.flags if f.state == "open")
    done = tuple(f for f in file.flags if f.state != "open")[-LAST:]
    return changed(file, flags=(*done, *opened, event.flag))


def _flag_reviewed(file: StudentFile, event: e.FlagReviewed) -> StudentFile:
    def reviewed(flag: e.Flag) -> e.Flag:
        if flag.id != event.flag:
            return flag
        return changed(
            flag,
            # Whoever is invited to an interview is still being looked at: the flag stays open.
            state="open" if event.outcome == "second_stage" else "reviewed",
            outcome=event.outcome,
            reviewer=event.reviewer,
            reviewed=event.at,
        )

    file = changed(file, flags=tuple(reviewed(f) for f in file.flags))
    case = file.live_case
    if case is not None and event.outcome == "joined_case" and event.flag not in case.flags:
        file = _case(file, flags=(*case.flags, event.flag)[-LAST:])
    return file


def _signalled(file: StudentFile, event: e.CaseSignalled) -> StudentFile:
    known = next((s for s in file.signals if s.id == event.signal), None)
    past = file.past if file.case is None else (*file.past, file.case.id)[-LAST:]
    case = Case(
        id=event.case,
        lifecycle="signalled",
        level=event.level,
        signalled=event.at,
        reasons=event.reasons[:LAST],
        signals=(event.signal,) if event.signal else (),
        flags=(event.flag,) if event.flag else (),
        place=known.place if known else "unknown",
        after=file.case.id if file.case is not None and file.case.lifecycle == "closed" else None,
    )
    return changed(file, case=case, past=past, runs=())


def _level_moved(file: StudentFile, event: e.SeverityChanged) -> StudentFile:
    case = file.case
    if case is None:
        raise ValueError("an event about a case before its first signal")
    before, after = severity_of(case.level), severity_of(event.level)
    was_crisis = case.declared is not None or (before is not None and before >= Severity.HIGH)
    is_crisis = after is not None and after >= Severity.HIGH
    calm = isinstance(event.level, Assessed) and event.level.severity <= Severity.ATTENTION
    return _case(
        file,
        level=event.level,
        assessed=event.level.severity if isinstance(event.level, Assessed) else case.assessed,
        reasons=(*event.reasons, *case.reasons)[:LAST],
        lowered=event.at if was_crisis and not is_crisis else case.lowered,
        warned=_milder(case.warned, event.level),
        declared=case.declared if is_crisis else None,
        calm_since=(case.calm_since or event.at) if calm else None,
        lifecycle="open" if case.lifecycle == "closing" and not calm else case.lifecycle,
    )


def _milder(warned: Severity | None, level: Level) -> Severity | None:
    """What the warning network was told, at most what a person judges now."""
    if warned is None or not isinstance(level, Assessed):
        return warned
    return min(warned, level.severity)


def _declared(file: StudentFile, event: e.CrisisDeclared) -> StudentFile:
    return _case(
        file,
        declared=event.at,
        danger=event.danger,
        place=event.place if event.place != "unknown" or file.case is None else file.case.place,
        proposal=event.proposal,
        calm_since=None,
        warned=None,  # the crisis calls its people itself; what is left of it is told anew
    )


def _contacted(file: StudentFile, event: e.GuardianContacted) -> StudentFile:
    attempt = GuardianAttempt(
        guardian=event.guardian, at=event.at, by=event.by, outcome=event.outcome
    )
    if file.case is None:
        raise ValueError("an event about a case before its first signal")
    rows = guardian_rows(file.case, event)
    before = file.case.guardian_attempts
    return _case(file, guardian_attempts=(*before, attempt)[-LAST:], guardians=rows)


def _duty_gone(file: StudentFile, event: e.DutyMet | e.DutyCancelled) -> StudentFile:
    return changed(file, duties=tuple(d for d in file.duties if d.id != event.duty))


def _duty_passed(file: StudentFile, event: e.DutyPassedOn) -> StudentFile:
    moved = tuple(handed(d, event) if d.id == event.duty else d for d in file.duties)
    return changed(file, duties=moved)


def _run(file: StudentFile, run_id: str, change: Callable[[Run], Run]) -> StudentFile:
    return changed(file, runs=tuple(change(r) if r.id == run_id else r for r in file.runs))


def _route_started(file: StudentFile, event: e.RouteStarted) -> StudentFile:
    running = tuple(r for r in file.runs if r.state == RUNNING)
    over = [r for r in file.runs if r.state != RUNNING]
    held = {r.id for r in over[-LAST:]} | {d.run for d in file.duties}
    ended = tuple(r for r in over if r.id in held)
    if event.run.purpose == WARNING:
        file = _case(file, warned=event.run.severity)
    return changed(file, runs=(*ended, *running, event.run))


def _step_due(file: StudentFile, event: e.RouteStepDue) -> StudentFile:
    asked = tuple(
        Asked(person=person, notice=notice, step=event.index)
        for person, notice in zip(event.people, event.notices, strict=True)
    )

    def stepped(run: Run) -> Run:
        return changed(run, index=event.index, due=event.due, asked=(*run.asked, *asked))

    return _run(file, event.run, stepped)


def _acknowledged(file: StudentFile, event: e.NoticeAcknowledged) -> StudentFile:
    if event.run is None:
        return file

    def answered(run: Run) -> Run:
        marked = tuple(
            changed(a, answered=event.at) if a.notice == event.notice else a for a in run.asked
        )
        return changed(run, asked=marked)

    return _run(file, event.run, answered)


def _of_case(fold: Callable[[Case, Any], Case]) -> Callable[[StudentFile, Any], StudentFile]:
    """A fold of the case alone, as a fold of the file."""

    def folded(file: StudentFile, event: Any) -> StudentFile:
        if file.case is None:
            raise ValueError("an event about a case before its first signal")
        return changed(file, case=fold(file.case, event))

    return folded


def _unchanged(file: StudentFile, event: object) -> StudentFile:
    return file


_EVOLVE: Final[Mapping[type, Callable[[StudentFile, Any], StudentFile]]] = MappingProxyType(
    {
        e.SignalReported: _signal,
        e.AnswersScored: _unchanged,
        e.FlagRaised: _flag_raised,
        e.FlagReviewed: _flag_reviewed,
        e.CaseSignalled: _signalled,
        e.CaseAcknowledged: lambda f, v: _case(f, lifecycle="triage", acknowledged_by=v.by),
        e.CaseOpened: lambda f, v: _case(f, lifecycle="open", lead=v.lead),
        e.CaseDismissed: lambda f, v: _case(f, lifecycle="dismissed", ended=v.at, declared=None),
        e.SeverityChanged: _level_moved,
        e.CrisisDeclared: _declared,
        e.GuardianContacted: _contacted,
        e.ClosureRequested: lambda f, v: _case(f, lifecycle="closing", closure_by=v.by),
        e.CaseClosed: lambda f, v: _case(f, lifecycle="closed", ended=v.at),
        e.DutyOpened: lambda f, v: changed(f, duties=(*f.duties, v.duty)),
        e.DutyMet: _duty_gone,
        e.DutyPassedOn: _duty_passed,
        e.DutyCancelled: _duty_gone,
        e.RouteStarted: _route_started,
        e.RouteStepDue: _step_due,
        e.RouteStopped: lambda f, v: _run(f, v.run, lambda r: changed(r, state=STOPPED, due=None)),
        e.RouteExhausted: lambda f, v: _run(
            f, v.run, lambda r: changed(r, state=EXHAUSTED, due=None)
        ),
        e.AttemptStarted: _unchanged,
        e.AttemptFinished: _unchanged,
        e.ReceiptHeard: _unchanged,
        e.NoticeAcknowledged: _acknowledged,
        e.ExposureRecorded: _exposed,
        e.ExposureEnded: _exposure_ended,
        e.SupportStarted: _supported,
        e.SupportEnded: lambda f, v: changed(f, support=None),
        e.ContactLogged: _contact,
        e.Responded: _unchanged,
        e.PlaceLearned: lambda f, v: _case(f, place=v.place),
        e.DutyReplanned: _replanned,
        e.HospitalStated: lambda f, v: changed(f, hospital=(*f.hospital, v.statement)[-LAST:]),
        e.GlassBroken: lambda f, v: changed(f, glass=kept((*f.glass, v.glass), LAST)),
        e.GlassReviewed: lambda f, v: changed(f, glass=reviewed(f.glass, v.by, v.finding)),
        **OF_ACCESS,
        **FOLDS,
        **OF_REFERRAL,
        e.DismissedRead: _unchanged,
        e.DutySettled: _unchanged,
        **OF_DEATH,
        **{
            kind: _of_case(fold)
            for kind, fold in {**OF_CARE, **OF_LIFECYCLE, **OF_HOLIDAYS}.items()
        },
    }
)


def evolve(file: StudentFile, event: e.Event) -> StudentFile:
    """The file after one more event. Raises ValueError for an event that is no student's."""
    fold = _EVOLVE.get(type(event))
    if fold is None:
        raise ValueError(f"{type(event).__name__} does not belong to a student's file")
    return fold(file, event)
