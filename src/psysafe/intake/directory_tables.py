"""The host's people as tables with canonical headings, so that they go the way of every file.

There is one reader of rosters, and it has been tried on every quirk; a directory is one more
source of rows. Each walk asks the directory anew, so a school of any size is never held at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Final

import attrs

from psysafe.contracts.directory import (
    Directory,
    DirectoryGuardian,
    DirectoryRole,
    DirectoryStudent,
)
from psysafe.errors import Fact, Finding
from psysafe.intake.grid import Row, Table
from psysafe.intake.headings import GUARDIANS

#: What stands for the file's name in findings.
NAME: Final = "directory"
_STUDENT: Final = ("姓名", "学号", "年级", "班级")
_GUARDIAN: Final = ("姓名", "关系", "电话", "身份")
_ROLE: Final = ("staff_id", "姓名", "角色", "范围", "邮箱", "手机")
_TIMES: Final = ("起", "止", "代理", "缺勤起", "缺勤止")
#: How a capacity is written in the column 身份.
_CAPACITY: Final = {
    "legal_guardian": "监护人",
    "carer": "实际照护人",
    "emergency_contact": "紧急联系人",
}


@attrs.frozen
class _Walk:
    """Rows of one sort of people, asked for anew by each walk."""

    asked: Callable[[], Iterable[tuple[tuple[str, ...], int]]] = attrs.field(repr=False)
    """cells, and how many guardians there are"""

    def __iter__(self) -> Iterator[Row]:
        for number, (cells, guardians) in enumerate(self.asked(), 1):
            yield Row(number=number, cells=cells, findings=_too_many(number, guardians))


def _too_many(number: int, guardians: int) -> tuple[Finding, ...]:
    """A guardian who does not fit is no guardian whom one may leave out: the row is refused."""
    if guardians <= GUARDIANS:
        return ()
    facts: dict[str, Fact] = {"field": "guardians", "limit": GUARDIANS, "unit": "people"}
    where: dict[str, Fact] = {"file": NAME, "row": number}
    return (Finding(code="PSY021", where=where, facts=facts),)


def roster_table(directory: Directory) -> Table:
    """The students of a directory. A row's number is the student's place in this walk."""
    columns = [f"监护人{n}{held}" for n in range(1, GUARDIANS + 1) for held in _GUARDIAN]
    return _table((*_STUDENT, *columns), lambda: map(_student, directory.students()))


def staff_table(directory: Directory, channels: Sequence[str]) -> Table:
    """The roles of a directory; `channels` are the names that addresses may have besides."""
    own = tuple(name for name in channels if name not in ("email", "mobile"))
    heading = (*_ROLE, *own, *_TIMES)
    return _table(heading, lambda: ((_role(role, own), 0) for role in directory.staff()))


def _table(
    heading: tuple[str, ...], asked: Callable[[], Iterable[tuple[tuple[str, ...], int]]]
) -> Table:
    return Table(
        file=NAME,
        encoding="",
        delimiter="",
        heading_row=0,
        heading=heading,
        printed=(),
        rows=_Walk(asked),
    )


def _student(student: DirectoryStudent) -> tuple[tuple[str, ...], int]:
    cells = [student.name, student.number, student.grade, student.class_name]
    for place in range(GUARDIANS):
        known = student.guardians[place] if place < len(student.guardians) else None
        cells += _guardian(known) if known is not None else [""] * len(_GUARDIAN)
    return tuple(cells), len(student.guardians)


def _guardian(known: DirectoryGuardian) -> list[str]:
    telephones = ";".join(known.telephones)
    return [known.name, known.relation, telephones, _CAPACITY.get(known.kind, known.kind)]


def _role(role: DirectoryRole, channels: tuple[str, ...]) -> tuple[str, ...]:
    first, last = role.away or (None, None)
    return (
        role.staff_id,
        role.name,
        role.role,
        role.scope,
        role.addresses.get("email", ""),
        role.addresses.get("mobile", ""),
        *(role.addresses.get(name, "") for name in channels),
        _day(role.since),
        _day(role.until),
        role.deputy,
        _day(first),
        _day(last),
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
