"""Lists that go out: the roster of students, and the staff. Importing one again changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from psysafe.desk.seat import Seat
from psysafe.domain.codes import word
from psysafe.domain.people import Absence, RoleHeld, Roster, Staff, Student
from psysafe.engine.gather import roster
from psysafe.engine.listing import listed_students
from psysafe.intake import cells
from psysafe.intake.classes import grade_word
from psysafe.intake.export import make_sure, write_table
from psysafe.intake.headings import GUARDIANS
from psysafe.intake.roster_rows import IDENTITIES
from psysafe.intake.settings import Settings
from psysafe.intake.staff import ADDRESSES

STAFF_HEADING: Final = (
    *("staff_id", "姓名", "角色", "范围", "邮箱", "手机", "起", "止", "代理"),
    *("缺勤起", "缺勤止"),
)


class RosterExport:
    """The students whom somebody keeps the lists of, as a file."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def roster(self, path: str | Path) -> int:
        """Write the roster of the actor's students to a .csv or .xlsx; answers how many.

        Only for a registrar, within their range; journalled before anything is written. A file
        that cannot stand there is refused first, and uses no second person's yes up. Raises
        NotPermittedError PSY002, PSY154 for more students than the plan lets anybody take without
        a second person's yes, InvalidDataError where the file cannot be written.
        """
        seat = self._seat
        now = seat.now()
        make_sure(path)
        people = listed_students(seat.school, seat.actor, now)
        classes = roster(seat.school)
        most = max((len(_present(one, now)) for one in people), default=0)
        heading = [*("姓名", *IDENTITIES, "年级", "班级", "校区")]
        for number in range(1, min(most, GUARDIANS) + 1):
            heading += [f"监护人{number}{end}" for end in ("姓名", "关系", "电话", "身份")]
        rows = [_student(one, classes, len(heading), now) for one in people]
        write_table(path, heading, rows)
        return len(rows)


def _present(person: Student, now: datetime) -> list[tuple[str, str, str, str]]:
    return [
        (g.name, g.relation, ";".join(g.telephones), word("guardian_kinds", g.kind, "zh"))
        for g in person.guardians
        if g.holds(now)
    ]


def _student(person: Student, classes: Roster, width: int, now: datetime) -> list[str]:
    place = person.placement
    of = classes.classes.get(place.class_id)
    numbers = dict(person.identities)
    row = [
        person.name,
        *(numbers.get(source, "") for source in IDENTITIES.values()),
        grade_word(int(place.grade[1:])) if place.grade[1:].isdigit() else "",
        of.name if of is not None else "",
        place.campus,
    ]
    for guardian in _present(person, now)[:GUARDIANS]:
        row += guardian
    return [*row, *[""] * (width - len(row))]


class StaffExport:
    """The staff with their roles, as a file: it holds nothing about any student."""

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def write(self, path: str | Path) -> int:
        """Write the staff who hold a role now or later; answers how many lines.

        Raises InvalidDataError where the file cannot be written.
        """
        now = self._seat.now()
        people = roster(self._seat.school)
        channels = [name for name in self._settings.channels if name not in ADDRESSES.values()]
        heading = [*STAFF_HEADING, *channels]
        rows = [
            row
            for key in sorted(people.staff)
            for row in self._rows(people, people.staff[key], channels, now)
        ]
        write_table(path, heading, rows)
        return len(rows)

    def _rows(
        self, people: Roster, someone: Staff, channels: list[str], now: datetime
    ) -> list[list[str]]:
        roles = [
            (held, scope)
            for held in someone.roles
            if (held.until is None or held.until > now)
            and (scope := _scope(people, held)) is not None
        ]
        away = list(someone.absences)
        found: list[list[str]] = []
        for number in range(max(len(roles), len(away)) if roles else 0):
            held, scope = roles[min(number, len(roles) - 1)]
            absent = away[number] if number < len(away) else None
            found.append(
                [
                    someone.id.removeprefix("staff:"),
                    someone.name,
                    word("roles", held.role, "zh"),
                    scope,
                    *(someone.addresses.get(name, "") for name in ADDRESSES.values()),
                    self._day(held.since),
                    self._day(held.until),
                    (someone.deputy or "").removeprefix("staff:"),
                    *self._absence(absent),
                    *(someone.addresses.get(name, "") for name in channels),
                ]
            )
        return found

    def _day(self, moment: datetime | None) -> str:
        """The local day that begins at this moment; empty for one in the middle of a day.

        An empty cell means the relation as it is, so that importing the file moves no beginning.
        """
        if moment is None:
            return ""
        day = moment.astimezone(self._settings.zone).date()
        return day.isoformat() if cells.midnight(day, self._settings.zone) == moment else ""

    def _absence(self, absent: Absence | None) -> tuple[str, str]:
        if absent is None:
            return "", ""
        zone = self._settings.zone
        last = absent.until.astimezone(zone).date() - timedelta(days=1)
        return absent.since.astimezone(zone).date().isoformat(), last.isoformat()


def _scope(people: Roster, held: RoleHeld) -> str | None:
    """A range as a staff file writes it; None for a class that nobody has named yet."""
    if held.scope.kind == "school":
        return "全校"
    if held.scope.kind == "grade":
        grades = [key[1:] for key in held.scope.values]
        return ";".join(grade_word(int(n)) if n.isdigit() else n for n in grades)
    names = [people.classes.get(value) for value in held.scope.values]
    found = [of.name for of in names if of is not None]
    return ";".join(found) if len(found) == len(names) else None
