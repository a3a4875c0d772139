"""The host's own people: what a school-management system already knows about students and staff.

A host that embeds psysafe keeps its people elsewhere and need not write files. It hands a
`Directory` to `SafetyNet.open(directory=...)`, and `net.operator().reconcile()` compares: what is
new, what changed, who left. Comparing is safer than listening: bulk imports, updates by query and
restored backups fire no signal in any framework.

A directory reads only. What it does not know it leaves empty: a class without a teacher is a fact
that the plan's fallbacks answer, never a reason to leave a student out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol

import attrs


@attrs.frozen(kw_only=True)
class DirectoryGuardian:
    """Somebody who stands for a student, as the host knows them."""

    name: str = attrs.field(repr=False)
    relation: str = attrs.field(default="", repr=False)
    """父子, mother, or a code of GB/T 4761; says whether this is a legal guardian where `kind`
    does not"""
    kind: str = ""
    """legal_guardian, carer, emergency_contact, or empty"""
    telephones: tuple[str, ...] = attrs.field(default=(), repr=False)


@attrs.frozen(kw_only=True)
class DirectoryStudent:
    """One student. `number` is the student number of the school, as text."""

    number: str = attrs.field(repr=False)
    name: str = attrs.field(repr=False)
    grade: str = ""
    """as the school writes it: 高一, 10, 2026级"""
    class_name: str = ""
    """as the school writes it: 3班, 高一(3)班; empty: in no class yet, so reported for a person"""
    guardians: tuple[DirectoryGuardian, ...] = attrs.field(default=(), repr=False)


@attrs.frozen(kw_only=True)
class DirectoryRole:
    """One role of one member of staff; somebody with three roles gives three of these."""

    staff_id: str
    """A-Z, a-z, 0-9, `.`, `_`, `-`, at most 32: a key that never changes, not a user name"""
    name: str = attrs.field(repr=False)
    role: str
    """a code of the register `roles`, or its word: 班主任"""
    scope: str
    """a class, grades, or 全校"""
    addresses: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    """`email`, `mobile`, or the name of a configured channel, to the address"""
    since: date | None = None
    until: date | None = None
    """the first day on which it is held no longer"""
    deputy: str = ""
    """the staff id of whoever stands in"""
    away: tuple[date, date] | None = None
    """first and last day of an absence"""


class Directory(Protocol):
    """Students and staff of the host. Each call gives everybody of today, in any order."""

    def students(self) -> Iterable[DirectoryStudent]: ...

    def staff(self) -> Iterable[DirectoryRole]: ...
