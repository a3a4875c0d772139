"""Who of a bundle's students has left the school: said outright, or by dates that are over.

Outright: the `status` of the user, or of every role as a student, is tobedeleted or inactive. By
dates: every role as a student has ended; or the account is switched off (`enabledUser`) and every
enrollment has ended. An account that is switched off says nothing by itself (OneRoster 1.1, 4.13:
the record is active, only the access is curtailed). Where dates would take out more than half of
the students, it is the year that has ended and nobody has left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import attrs

from psysafe.intake.bundles_reading import Bundle, Record
from psysafe.intake.cells import Fault, day

#: What a left student's row says in the column 状态.
LEFT: Final = "离校"
_ENDS: Final = ("endDate", "roleEndDate")


@attrs.frozen(kw_only=True)
class Stays:
    """What a bundle says of its students' stay. `roles` and `enrolled` hold also what has ended,
    by user; `gone` are the users whose own record holds no longer.
    """

    users: Mapping[str, Record]
    gone: Mapping[str, Record]
    roles: Mapping[str, Sequence[Record]]
    enrolled: Mapping[str, Sequence[Record]]


def over(record: Record, today: date | None) -> bool:
    """Whether a record holds no longer: by its status, or since the day after its last one."""
    if record.gone:
        return True
    text = next((record.get(column) for column in _ENDS if record.get(column)), "")
    if not text or today is None:
        return False
    last = day(text[:10])
    return not isinstance(last, Fault) and last < today


def left(bundle: Bundle, stays: Stays, today: date | None) -> frozenset[str]:
    """The users who have left as students. What is only a hint is said (PSY277) and takes nobody
    out. `today` is the local day; None: dates say nothing.
    """
    said = {who for who in stays.gone if stays.roles.get(who)}
    dated = set()
    for who, roles in stays.roles.items():
        record = stays.users.get(who)
        if record is None or not roles:
            continue
        enrolled = stays.enrolled.get(who, ())
        off = record.get("enabledUser").casefold() == "false"
        if all(role.gone for role in roles):
            said.add(who)
        elif all(over(role, today) for role in roles) or (
            off and enrolled and all(over(one, today) for one in enrolled)
        ):
            dated.add(who)
        elif off:
            bundle.note("PSY277", "users.csv", "warning", record.row, "enabledUser")
    if len(dated) * 2 > len([who for who in stays.roles if who in stays.users]):
        bundle.note("PSY277", "users.csv", "warning", None, "endDate")
        dated = set()
    return frozenset(said | dated)
