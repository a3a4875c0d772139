"""How an event about a bar changes a student's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.bars import CONFIRMED
from psysafe.domain.files import LAST, StudentFile
from psysafe.sensitivity import changed


def _set(file: StudentFile, event: e.BarSet) -> StudentFile:
    new = event.bar
    others = tuple(bar for bar in file.bars if bar.person != new.person)
    file = changed(file, bars=(*others, new))
    case = file.case
    if case is None:
        return file
    # Whoever is barred leads nothing and is nobody's number to call.
    lead = None if case.lead in new.names else case.lead
    taken = None if case.acknowledged_by in new.names else case.acknowledged_by
    offered = None if case.lead_offered in new.names else case.lead_offered
    if (lead, taken, offered) == (case.lead, case.acknowledged_by, case.lead_offered):
        return file
    moved = changed(case, lead=lead, acknowledged_by=taken, lead_offered=offered)
    return changed(file, case=moved)


def _confirmed(file: StudentFile, event: e.BarConfirmed) -> StudentFile:
    return changed(
        file,
        bars=tuple(
            changed(bar, state=CONFIRMED) if bar.person == event.person else bar
            for bar in file.bars
        ),
    )


def _lifted(file: StudentFile, event: e.BarLifted) -> StudentFile:
    return changed(file, bars=tuple(bar for bar in file.bars if bar.person != event.person))


def _told(file: StudentFile, event: e.AuthorityTold) -> StudentFile:
    return changed(file, bars=tuple(changed(b, authority_told=event.at) for b in file.bars))


def _handed(file: StudentFile, event: e.AllegationHandedOver) -> StudentFile:
    return changed(file, handed_over=(*file.handed_over, event.handed)[-LAST:])


FOLDS: Final[Mapping[type, Callable[[StudentFile, Any], StudentFile]]] = MappingProxyType(
    {
        e.AllegationHandedOver: _handed,
        e.AuthorityTold: _told,
        e.BarConfirmed: _confirmed,
        e.BarLifted: _lifted,
        e.BarSet: _set,
        e.SecondAdultWent: lambda file, event: file,
    }
)
