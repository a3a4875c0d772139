"""`[grants]`: whether roles that see are signed, and who signs the first list.

[grants]
source = "signed"       # or "directory": the staff file, or the host's own, is itself signed for
signer = "staff:t-001"  # the responsible person who signs the first list
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from psysafe.domain.tables import Table
from psysafe.ids import PersonId
from psysafe.ids import person as checked

SIGNED: Final = "signed"
DIRECTORY: Final = "directory"
_STAFF: Final = re.compile(r"staff:[A-Za-z0-9._-]{1,32}")


@attrs.frozen(kw_only=True)
class GrantSettings:
    """Where it is decided who sees by their role; `source` is "" where nothing says so."""

    source: str = ""
    signer: PersonId | None = None


def read_grants(top: Table) -> GrantSettings:
    """What the settings say; what is wrong is noted among the faults."""
    table = top.table("grants", needed=False)
    if table is None:
        return GrantSettings()
    source = table.text("source", limit=20)
    if source and source not in (SIGNED, DIRECTORY):
        table.wrong("source", f"{SIGNED} or {DIRECTORY}")
    name = table.text("signer", "", limit=40)
    if name and not _STAFF.fullmatch(name):
        table.wrong("signer", "somebody of the staff, such as staff:t-001")
    table.refuse_the_rest()
    known = checked(name) if _STAFF.fullmatch(name) else None
    return GrantSettings(source=source, signer=known)
