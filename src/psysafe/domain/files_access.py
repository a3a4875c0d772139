"""What requests for access, and holds, make of a student's file. A room of `files_folding`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.access import asked, reviewed
from psysafe.domain.files import LAST, StudentFile
from psysafe.sensitivity import changed


def _requested(file: StudentFile, event: e.AccessRequested) -> StudentFile:
    return changed(file, access=asked(file.access, event.request, LAST))


def _reviewed(file: StudentFile, event: e.AccessReviewed) -> StudentFile:
    after = reviewed(file.access, event.person, event.by, event.at, event.notes)
    return changed(file, access=after)


OF_ACCESS: Final[Mapping[type, Callable[..., Any]]] = MappingProxyType(
    {
        e.AccessRequested: _requested,
        e.AccessReviewed: _reviewed,
        e.HoldPlaced: lambda f, v: changed(f, holds=(*f.holds, v.hold)[-LAST:]),
        e.HoldLifted: lambda f, v: changed(f, holds=()),
    }
)
