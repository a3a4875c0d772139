"""How a break changes a case in its file. A room of `files`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import events as e
from psysafe.domain.files import Case
from psysafe.sensitivity import changed

OF_HOLIDAYS: Final[Mapping[type, Callable[[Case, Any], Case]]] = MappingProxyType(
    {
        e.HolidayAhead: lambda c, v: changed(c, break_ahead=v.ahead),
        e.HolidayPlanned: lambda c, v: changed(c, holiday=v.plan),
    }
)
