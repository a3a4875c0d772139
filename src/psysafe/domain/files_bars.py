"""How an event about a bar changes a student's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.bars import CONFIRMED
from psysafe.domain.files import LAST, StudentFile
from psysafe.sensitivity import changed

#: The places in a case that somebody may hold.
_PLACES: Final = ("lead", "acknowledged_by", "lead_offered", "supervisor", "supervisor_offered")


def _set(file: StudentFile, event: e.BarSet) -> StudentFile:
    new = event.bar
    others = tuple(bar for bar in file.bars if bar.person != new.person)
    file = changed(file, bars=(*others, new))
    case = file.case
    if case is None:
        return file
    # Whoever is barred leads nothing, supervises nobody and is nobody's number to call.
    theirs = {name: None for name in _PLACES if getattr(case, name) in new.names}
    return changed(file, case=changed(case, **theirs)) if theirs else file


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
