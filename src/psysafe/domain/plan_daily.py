"""What a plan tells once a school day, in one message a person.

[daily]
for = ["attention"]
at = "15:50"
origin = { kind = "suggestion", ref = "house default" }
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from typing import Final

from psysafe.domain.plan import Daily, Origin
from psysafe.domain.severity import Severity
from psysafe.domain.tables import Table

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
#: What may wait for it. What is grave is never held, whatever a school writes.
_CAN_WAIT: Final = {s.value: s for s in sorted(Severity) if s < Severity.HIGH}


def read_daily(top: Table, origin: Callable[[Table], Origin]) -> Daily | None:
    """The plan's one message of the day; None where each goes by itself."""
    table = top.table("daily", needed=False)
    if table is None:
        return None
    words, at = table.texts("for"), table.text("at", limit=5)
    if not set(words) <= set(_CAN_WAIT):
        table.wrong("for", "some of " + ", ".join(_CAN_WAIT))
    sound = bool(_TIME.fullmatch(at))
    if not sound:
        table.wrong("at", "a time of day such as 15:50")
    found = Daily(
        severities=frozenset(_CAN_WAIT[word] for word in words if word in _CAN_WAIT),
        at=time.fromisoformat(at) if sound else time.min,
        origin=origin(table),
    )
    table.refuse_the_rest()
    return found
