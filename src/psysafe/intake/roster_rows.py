"""One row of a roster, read by the canonical headings: who, in which class, with which guardians.

Nothing is looked up in the school's store here, so a row can be read twice and cheaply: once to
survey the file, once to carry it out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import attrs

from psysafe.domain.people import RoleHeld, Roster, SchoolClass, Staff
from psysafe.errors import Finding, InvalidDataError
from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.classes import ClassIds, SchoolYear, class_key
from psysafe.intake.guardians import Relative, relatives
from psysafe.intake.sheet import Sheet, places
from psysafe.intake.tables import Row, Table, plain

#: The sources of the numbers among a student's outside identities: the school's own, and the
#: one under which the country registers a pupil.
NUMBER: Final = "student_no"
NATIONAL: Final = "national_no"
#: The source of the ids in a bundle of another system.
BUNDLE: Final = "sourced_id"
IDENTITIES: Final = {"学号": NUMBER, "学籍号": NATIONAL, "sourcedId": BUNDLE}

NAME, CLASS, GRADE, TEACHER, CAMPUS, STATUS = "姓名", "班级", "年级", "班主任", "校区", "状态"
HEALTH: Final = "健康状况"
#: Columns that are kept only where somebody asks for them, and under which name.
DETAILS: Final = {
    "身份证号": "id_card",
    "性别": "sex",
    "出生日期": "born",
    "住址": "address",
    "就读方式": "boarding",
    HEALTH: "health",
}
#: GB/T 2261.3-2003, codes of a state of health: 38 disease of nerves or mind, 66 mental
#: disability. Who comes from where must not stand in a roster.
PSYCHIATRIC: Final = ("38", "66")
_PSYCHIATRIC_WORD = re.compile(r"精神|心理|抑郁|焦虑|双相|分裂|自闭|孤独症")

#: What a status means for a student's place in the school.
STATUSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("在读", "在校", "正常", "在籍", "休学", "复学", "enrolled", "active"), ""),
    **dict.fromkeys(("离校", "退学", "离开", "left", "inactive", "tobedeleted"), "left"),
    **dict.fromkeys(("转出", "转学", "转走", "transferred"), "transferred"),
    **dict.fromkeys(("毕业", "结业", "肄业", "graduated"), "graduated"),
}
#: A dead student is no departure: automatic messages to the family would go on.
DECEASED: Final = frozenset({"死亡", "已故", "去世", "deceased"})

_GUARDIAN = re.compile(r"监护人([1-9])(姓名|关系|电话|身份)")
_BETWEEN_TEACHERS = re.compile(r"[、,，;；/]+")


@attrs.frozen(kw_only=True)
class Reading:
    """What somebody said about the files, and what the school knows about itself.

    `pad` gives columns of numbers their full width, `keep` names further columns to be kept.
    """

    year: SchoolYear
    roster: Roster = attrs.field(repr=False)
    class_id: ClassIds
    pad: Mapping[str, int] = attrs.field(factory=dict)
    keep: frozenset[str] = frozenset()

    def __attrs_post_init__(self) -> None:
        wrong = sorted(set(self.pad) - {*IDENTITIES, "身份证号"}) + sorted(self.keep - set(DETAILS))
        if wrong:
            raise InvalidDataError(
                [Finding(code="PSY262", facts={"column": column[:40]}) for column in wrong]
            )


@attrs.frozen(kw_only=True)
class Pupil:
    """One student as the files name them: one row, or several that agree."""

    table: int
    row: int
    name: str = attrs.field(repr=False)
    identities: Mapping[str, str] = attrs.field(repr=False)
    """source to id; the one by which the row is known comes first"""
    school_class: SchoolClass | None
    """None where the row names none: a student who leaves needs no class"""
    campus: str = ""
    status: str | None = None
    """"" on the roll; left, transferred, graduated; None where the file does not say"""
    relatives: tuple[Relative, ...] = attrs.field(default=(), repr=False)
    teachers: tuple[Staff, ...] = ()
    details: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    @property
    def leaves(self) -> bool:
        return bool(self.status)

    @property
    def class_id(self) -> str:
        return self.school_class.id if self.school_class is not None else ""


class RosterSheet:
    """One table of a roster: knows its columns, reads its rows, collects what it finds."""

    def __init__(self, table: Table, index: int, reading: Reading) -> None:
        """Raises InvalidDataError for a missing (PSY201) or doubled (PSY218) column."""
        self.table = table
        self.index = index
        self._reading = reading
        headings = set(table.heading)
        needed = [NAME, CLASS, *([] if headings & set(IDENTITIES) else ["学号"])]
        guardians = sorted(h for h in headings if _GUARDIAN.fullmatch(h))
        known = (GRADE, TEACHER, CAMPUS, STATUS, *IDENTITIES, *guardians)
        kept = [column for column in DETAILS if column in reading.keep or column == HEALTH]
        optional = [column for column in (*known, *kept) if column not in needed]
        self.sheet = Sheet(table, places(table, needed, optional))
        self._guardians = sorted({_GUARDIAN.fullmatch(h)[1] for h in guardians})  # type: ignore[index]
        self._teachers = _called(reading.roster)
        self.spellings: dict[tuple[str, str], tuple[SchoolClass, int]] = {}
        """how grade and class were written, the class it was taken for, and in how many rows"""
        self._classes: dict[tuple[str, str], tuple[tuple[str, str], SchoolClass]] = {}

    def pupils(self) -> Iterator[Pupil | None]:
        """Every row as it was understood; None for one that is refused."""
        for row in self.sheet.rows():
            yield self.pupil(row)

    def pupil(self, row: Row) -> Pupil | None:
        """One row. None, with the reason among the findings, where it cannot be used."""
        sheet = self.sheet
        name = sheet.text(row, NAME, needed=True)
        identities = self._identities(row)
        status = self._status(row)
        school_class = self._class(row, needed=not status)
        found = [one for number in self._guardians for one in self._relatives(row, number)]
        teachers = self._homeroom(row, school_class)
        details = self._details(row)
        if not sheet.good(row.number):
            return None
        return Pupil(
            table=self.index,
            row=row.number,
            name=name,
            identities=identities,
            school_class=school_class,
            campus=plain(sheet.text(row, CAMPUS)),
            status=status,
            relatives=tuple(found),
            teachers=teachers,
            details=details,
        )

    def _identities(self, row: Row) -> dict[str, str]:
        found: dict[str, str] = {}
        for column, source in IDENTITIES.items():
            width = self._reading.pad.get(column, 0)
            if column == "sourcedId":
                # An id of a program: never shown, so any short text will do.
                number: str | None = plain(self.sheet.text(row, column)) or None
            else:
                number = self.sheet.read(row, column, _numbers(width))
            if number is not None:
                found[source] = number
        return found

    def _status(self, row: Row) -> str | None:
        word = plain(self.sheet.text(row, STATUS)).lower()
        if not word:
            return None
        if word in DECEASED:
            self.sheet.refuse("PSY263", row.number, STATUS)
        elif word not in STATUSES:
            self.sheet.warn("PSY264", row.number, STATUS)
        return STATUSES.get(word)

    def _class(self, row: Row, *, needed: bool) -> SchoolClass | None:
        sheet, year = self.sheet, self._reading.year
        grade, text = sheet.text(row, GRADE), sheet.text(row, CLASS)
        written = (grade, text)
        if written in self._classes:
            spelled, known = self._classes[written]
            self.spellings[spelled] = (known, self.spellings[spelled][1] + 1)
            return known
        if not text:
            if needed:
                sheet.refuse("PSY208", row.number, CLASS)
            return None
        key = class_key(grade, text, year, _any_name)
        if isinstance(key, Fault):
            sheet.refuse(key.code, row.number, CLASS)
            return None
        identity = self._reading.class_id(*key)
        made = SchoolClass(id=identity, grade=key[0], name=key[1])
        # A class that the school has keeps its name, however the file spells it.
        found = self._reading.roster.classes.get(identity, made)
        spelled = (plain(grade), plain(text))
        _, rows = self.spellings.get(spelled, (found, 0))
        self.spellings[spelled] = (found, rows + 1)
        self._classes[written] = (spelled, found)
        return found

    def _relatives(self, row: Row, number: str) -> tuple[Relative, ...]:
        sheet = self.sheet
        column = f"监护人{number}"
        name, relation, telephone, kind = (
            sheet.text(row, f"{column}{end}") for end in ("姓名", "关系", "电话", "身份")
        )
        if not sheet.has(f"{column}姓名"):
            # A roster with telephones only: whoever answers is the student's, without a name.
            name = relation or "家长" if telephone else ""
        found = relatives(name, relation, telephone, kind, f"{column}姓名")
        if isinstance(found, Fault):
            end = "电话" if found.code in ("PSY203", "PSY227") else "姓名"
            sheet.refuse(found.code, row.number, f"{column}{end}", **found.facts)
            return ()
        if any(not one.known for one in found):
            sheet.warn("PSY232", row.number, f"{column}关系")
        return found

    def _homeroom(self, row: Row, school_class: SchoolClass | None) -> tuple[Staff, ...]:
        if school_class is None:
            return ()

        def named(text: str) -> tuple[Staff, ...] | Fault:
            parts = [part for part in _BETWEEN_TEACHERS.split(text) if part.strip()]
            found = [self._teacher(part, school_class) for part in parts]
            if any(one is None for one in found):
                return Fault("PSY214")
            return tuple({one.id: one for one in found if one is not None}.values())

        return self.sheet.read(row, TEACHER, named) or ()

    def _teacher(self, text: str, school_class: SchoolClass) -> Staff | None:
        """The member of staff of this id, else of this name: the one who already has the class,
        else the only homeroom teacher, else the only person called so.
        """
        named = self._teachers.get(plain(text), ())
        of_class = [s for s in named if homeroom(s, school_class)]
        of_any = [s for s in named if any(r.role == "homeroom_teacher" for r in s.roles)]
        return next((group[0] for group in (of_class, of_any, named) if len(group) == 1), None)

    def _details(self, row: Row) -> dict[str, str]:
        found: dict[str, str] = {}
        for column, name in DETAILS.items():
            if column not in self._reading.keep:
                continue
            text = self.sheet.text(row, column)
            if not text:
                continue
            if column == "出生日期":
                day = self.sheet.as_day(text)
                if isinstance(day, Fault):
                    # A child is not left out of the net because of a birthday.
                    self.sheet.warn("PSY265", row.number, column)
                    continue
                text = day.isoformat()
            elif column == "身份证号":
                number = cells.student_number(text)
                if isinstance(number, Fault):
                    self.sheet.refuse(number.code, row.number, column)
                    continue
                text = number.upper()
            elif column == HEALTH and psychiatric(text):
                continue
            found[name] = text
        return found

    def holds_psychiatric_codes(self, row: Row) -> bool:
        """Whether a row's state of health is one that is never taken over."""
        return self.sheet.has(HEALTH) and psychiatric(self.sheet.text(row, HEALTH))


def psychiatric(text: str) -> bool:
    """Whether a state of health is one of the psychiatric codes, or says so in words."""
    return plain(text) in PSYCHIATRIC or bool(_PSYCHIATRIC_WORD.search(plain(text)))


def homeroom(someone: Staff, school_class: SchoolClass) -> list[RoleHeld]:
    """The roles in which somebody is, was or will be homeroom teacher of a class."""
    return [
        held
        for held in someone.roles
        if held.role == "homeroom_teacher"
        and held.scope.covers(school_class.grade, school_class.id)
    ]


def _any_name(grade: str, name: str) -> bool:
    """A roster may name a class as its school does; a person sees how it was taken."""
    return True


def _called(roster: Roster) -> Mapping[str, Sequence[Staff]]:
    """The staff by what a file may call them; an id goes before a name that looks like it."""
    found: dict[str, list[Staff]] = {}
    for someone in roster.staff.values():
        found.setdefault(plain(someone.name), []).append(someone)
    return found | {key.removeprefix("staff:"): [roster.staff[key]] for key in roster.staff}


def _numbers(width: int) -> Callable[[str], str | Fault]:
    return lambda text: cells.student_number(text, width)
