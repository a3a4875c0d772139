"""How a death, and its taking back, change a student's file. A room of `files`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.duties import RUNNING
from psysafe.domain.duties_death import GOES_ON, DeathEntered
from psysafe.domain.files import LAST, StudentFile
from psysafe.domain.signals import Signal
from psysafe.sensitivity import changed

#: Notices that tell nobody of the death: what answers a reporter, and what is about a bar.
_NOT_OF_IT: Final = frozenset({"taken_up", "protected"})


def _bereaved(file: StudentFile, event: e.StudentBereaved) -> StudentFile:
    live = file.live_case
    flags = tuple(f.id for f in file.flags if f.state == "open")
    death = DeathEntered(
        by=event.by,
        at=event.at,
        lifecycle=live.lifecycle if live is not None else "",
        declared=live.declared if live is not None else None,
        duties=tuple(d for d in file.duties if d.kind not in GOES_ON),
        runs=tuple(r.id for r in file.runs if r.state == RUNNING),
        flags=flags,
        referrals=tuple(r.id for r in file.referrals if r.open),
        support=file.support,
    )
    # Nobody is asked any more to look at what the student once answered.
    reviewed = tuple(changed(f, state="reviewed") if f.id in flags else f for f in file.flags)
    file = changed(file, frozen=event.at, death=death, support=None, flags=reviewed)
    if live is None:
        return file
    return changed(file, case=changed(live, lifecycle="closed", ended=event.at, declared=None))


def _reported(file: StudentFile, event: e.ReportedAfterDeath) -> StudentFile:
    death = file.death
    if death is None:
        return file
    return changed(file, death=changed(death, signals=_kept((*death.signals, event.signal))))


def _kept(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """The last ones, and the last ones that speak of danger."""
    last = (*signals[-LAST:], *[s for s in signals if s.dangers][-LAST:])
    return tuple(s for s in signals if s in last)


def _told(file: StudentFile, event: e.NoticeQueued) -> StudentFile:
    death = file.death
    notice = event.notice
    of_it = file.frozen is not None and notice.purpose not in _NOT_OF_IT
    if death is None or not of_it or notice.receiver in death.told:
        return file
    return changed(file, death=changed(death, told=(*death.told, notice.receiver)))


def _taken_back(file: StudentFile, event: e.DeathTakenBack) -> StudentFile:
    death, case = file.death, file.case
    if death is None:
        return changed(file, frozen=None)
    opened = tuple(changed(f, state="open") if f.id in death.flags else f for f in file.flags)
    if case is not None and case.id == event.case:
        case = changed(case, lifecycle=death.lifecycle, ended=None, declared=death.declared)
    over = DeathEntered(by=death.by, at=death.at, taken_back_by=event.by)
    return changed(file, frozen=None, death=over, case=case, flags=opened, support=death.support)


OF_DEATH: Final[Mapping[type, Callable[[StudentFile, Any], StudentFile]]] = MappingProxyType(
    {
        e.DeathTakenBack: _taken_back,
        e.NoticeQueued: _told,
        e.ReportedAfterDeath: _reported,
        e.StudentBereaved: _bereaved,
    }
)
