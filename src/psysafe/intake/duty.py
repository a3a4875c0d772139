"""A file of shifts: roster, staff_id, from when, until when, which campus; one row a shift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from psysafe.domain.codes import from_word
from psysafe.domain.duty_roster import DutyRoster
from psysafe.domain.duty_roster_deciding import WantedShift, faults
from psysafe.domain.people import Roster
from psysafe.errors import Finding
from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.sheet import Sheet, places
from psysafe.intake.staff import staff_id
from psysafe.intake.tables import Table, plain

NEEDED: Final = ("roster", "staff_id", "起", "止")
CAMPUS: Final = "校区"
#: Which column a refused shift is shown under.
_COLUMN: Final = {"PSY050": "起", "PSY051": "起", "PSY052": "roster"}


@attrs.frozen(kw_only=True)
class DutyFile:
    """What a file of shifts comes to; counts are of rows. `past`: shifts that are over."""

    shifts: tuple[WantedShift, ...]
    unchanged: int
    past: int
    refused: int
    findings: tuple[Finding, ...]


def read_duty(
    tables: Sequence[Table], held: DutyRoster, people: Roster, zone: ZoneInfo, now: datetime
) -> DutyFile:
    """The new shifts of some tables, one file together. What is there already is left as it is.

    Raises InvalidDataError where a column is missing (PSY201) or stands twice (PSY218). Rows are
    refused by PSY021, PSY203, PSY208, PSY209, PSY223 and PSY050 to PSY054.
    """
    there = {(s.roster, s.campus, s.person, s.since, s.until) for s in held.shifts}
    sheets = [Sheet(table, places(table, NEEDED, (CAMPUS,))) for table in tables]
    new: list[tuple[Sheet, int, WantedShift]] = []
    unchanged = past = 0
    for sheet in sheets:
        for row in sheet.rows():
            roster = sheet.read(row, "roster", _roster, needed=True)
            who = sheet.read(row, "staff_id", staff_id, needed=True)
            since = sheet.read(row, "起", lambda text: cells.moment(text, zone), needed=True)
            until = sheet.read(row, "止", lambda text: cells.moment(text, zone), needed=True)
            if roster is None or who is None or since is None or until is None:
                continue
            campus = plain(sheet.text(row, CAMPUS))
            key = (roster, campus, who, since, until)
            if key in there:
                unchanged += 1
            elif since < until <= now:
                past += 1
            else:
                there.add(key)
                shift = WantedShift(
                    roster=roster, person=who, since=since, until=until, campus=campus
                )
                new.append((sheet, row.number, shift))
    for wrong in faults(held, [shift for _, _, shift in new], people, now):
        sheet, number, _ = new[wrong.index]
        column = _COLUMN.get(wrong.finding.code, "staff_id")
        sheet.refuse(wrong.finding.code, number, column, **wrong.finding.facts)
    return DutyFile(
        shifts=tuple(shift for sheet, number, shift in new if sheet.good(number)),
        unchanged=unchanged,
        past=past,
        refused=sum(sheet.refused for sheet in sheets),
        findings=tuple(finding for sheet in sheets for finding in sheet.in_order()),
    )


def _roster(text: str) -> str | Fault:
    return from_word("duty_roster", plain(text)) or Fault("PSY050")
