"""The school's staff file: who works here, in which roles, for whom, and how they are reached.

One row a role. A row that is missing ends nothing; a date in 止 does. The same file a second time
changes nothing, and the order of its rows means nothing. What an old file says of a role that has
ended since is refused: it would give back the sight of students.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from psysafe.domain import events as e
from psysafe.domain.codes import from_word
from psysafe.domain.people import Absence, RoleHeld, Roster, Scope, Staff
from psysafe.domain.rosters import fold_roster
from psysafe.errors import Finding, InvalidDataError
from psysafe.ids import PersonId, person
from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.classes import ClassIds, OwnNames, SchoolYear, names_of, scopes
from psysafe.intake.sheet import Sheet, places
from psysafe.intake.tables import Row, Table, plain
from psysafe.sensitivity import changed

NEEDED: Final = ("staff_id", "姓名", "角色", "范围")
OPTIONAL: Final = ("邮箱", "手机", "起", "止", "代理", "缺勤起", "缺勤止")
_BETWEEN: Final = re.compile(r"[;；、,，/|+\n]+")
#: Columns that hold an address, and its name in `Staff.addresses`.
ADDRESSES: Final = {"邮箱": "email", "手机": "mobile"}


@attrs.frozen(kw_only=True)
class StaffImport:
    """What a staff file comes to. `new`, `changed` and `unchanged` count people, `ended` roles
    that get an end, `refused` rows that do not go in.
    """

    events: tuple[e.Event, ...] = attrs.field(repr=False)
    new: int
    changed: int
    ended: int
    unchanged: int
    refused: int
    findings: tuple[Finding, ...]


@attrs.frozen(kw_only=True)
class _RoleRow:
    """One row as it was understood; None in a field of a person: the file has no such column."""

    sheet: Sheet = attrs.field(repr=False)
    row: int
    id: PersonId
    name: str = attrs.field(repr=False)
    addresses: Mapping[str, str] = attrs.field(repr=False)
    roles: tuple[tuple[str, Scope], ...]
    since: datetime | None
    until: datetime | None
    deputy: PersonId | None
    absence: Absence | None

    @property
    def good(self) -> bool:
        """Whether nothing was found that refuses this row."""
        return self.sheet.good(self.row)


@attrs.frozen(kw_only=True)
class _Reading:
    """What cells are read by: the zone of days, how classes get ids, the channels there are."""

    zone: ZoneInfo
    class_id: ClassIds
    own_names: OwnNames
    year: SchoolYear | None
    kinds: Mapping[str, str]
    called: Mapping[str, Collection[PersonId]] = attrs.field(repr=False)
    """everybody of the roster and of the file, by name"""

    def deputy(self, text: str) -> PersonId | Fault:
        """A deputy by staff_id, or by a name that only one person has."""
        named = self.called.get(plain(text), ())
        return next(iter(named)) if len(named) == 1 else staff_id(text)

    def scopes(self, text: str) -> tuple[Scope, ...] | Fault:
        return scopes(text, self.class_id, self.year, self.own_names)


def read_staff(
    tables: Sequence[Table],
    roster: Roster,
    zone: ZoneInfo,
    now: datetime,
    *,
    class_id: ClassIds,
    year: SchoolYear | None = None,
    channels: Mapping[str, str] | None = None,
) -> StaffImport:
    """What staff tables, one file together, change in the roster: events in the order to fold them.

    A role begins at the local midnight with which the day in 起 begins (empty: now) and holds no
    longer from that of the day in 止; 缺勤止 is the last day away. `class_id` makes the id of a
    class; `year` is the school year that 2026级 counts from. `channels` gives, by name, the kind
    (`use`) of each channel whose name may head a column of addresses; 邮箱 also serves every
    channel of kind `email` without a column.

    Raises InvalidDataError where a column is missing (PSY201) or stands twice (PSY218). Rows are
    refused by PSY021, PSY202, PSY203, PSY206, PSY208, PSY211, PSY215, PSY222 to PSY225, PSY227
    and PSY229.
    """
    kinds = dict(channels or {})
    sheets = [Sheet(t, places(t, NEEDED, (*OPTIONAL, *kinds))) for t in tables]
    called = _called(sheets, roster)
    own = names_of(roster)
    reading = _Reading(
        zone=zone, class_id=class_id, own_names=own, year=year, kinds=kinds, called=called
    )
    rows = [
        read
        for sheet in sheets
        for row in sheet.rows()
        if (read := _row(sheet, row, reading)) is not None
    ]
    _agree(rows)
    _know_their_deputies(rows, roster)
    by_person: dict[PersonId, list[_RoleRow]] = {}
    for read in rows:
        if read.good:
            by_person.setdefault(read.id, []).append(read)
    found: list[e.Event] = []
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for who in sorted(by_person):
        known = roster.staff.get(who)
        events = _person_events(who, by_person[who], known, now)
        counts["new" if known is None else "changed" if events else "unchanged"] += 1
        found += events
    return StaffImport(
        events=tuple(found),
        ended=sum(_ends(event) for event in found),
        refused=sum(sheet.refused for sheet in sheets),
        findings=tuple(finding for sheet in sheets for finding in sheet.in_order()),
        **counts,
    )


# -- one row ----------------------------------------------------------------------------------


def staff_id(text: str) -> PersonId | Fault:
    if cells.lost_digits(text):
        return Fault("PSY203")
    try:
        return person(f"staff:{plain(text)}")
    except InvalidDataError:
        return Fault("PSY223")


def _roles(text: str) -> tuple[str, ...] | Fault:
    """The roles of a cell: codes or words of the register, several with a separator between."""
    whole = _role(text)
    parts = [whole] if whole else [_role(part) for part in _BETWEEN.split(text) if part.strip()]
    if not parts or not all(parts):
        return Fault("PSY202")
    return tuple(dict.fromkeys(part for part in parts if part))


def _role(text: str) -> str | None:
    for written in (plain(text), text.strip(), text.strip().lower(), plain(text).lower()):
        if code := from_word("roles", written):
            return code
    return None


def _called(sheets: Sequence[Sheet], roster: Roster) -> dict[str, set[PersonId]]:
    """Ids by name, of the roster and of the tables."""
    found: dict[str, set[PersonId]] = {}
    for key, someone in roster.staff.items():
        found.setdefault(plain(someone.name), set()).add(person(key))
    for sheet in sheets:
        for row in sheet.table.rows:
            name, who = plain(sheet.peek(row, "姓名")), staff_id(sheet.peek(row, "staff_id"))
            if name and not isinstance(who, Fault):
                found.setdefault(name, set()).add(who)
    return found


def _mobile(text: str) -> str | Fault:
    found = cells.telephones(text)
    if isinstance(found, Fault):
        return found
    return found[0] if len(found) == 1 else Fault("PSY227")


def _row(sheet: Sheet, row: Row, reading: _Reading) -> _RoleRow | None:
    zone = reading.zone
    who = sheet.read(row, "staff_id", staff_id, needed=True)
    name = sheet.text(row, "姓名", needed=True)
    roles = sheet.read(row, "角色", _roles, needed=True)
    scope = sheet.read(row, "范围", reading.scopes, needed=True)
    since = sheet.day(row, "起")
    until = sheet.day(row, "止")
    if since and until and until <= since:
        sheet.refuse("PSY224", row.number, "止")
    absence = _absence(sheet, row, zone)
    deputy = sheet.read(row, "代理", reading.deputy)
    addresses = _addresses(sheet, row, reading.kinds)
    if not sheet.good(row.number) or who is None or roles is None or scope is None:
        return None
    return _RoleRow(
        sheet=sheet,
        row=row.number,
        id=who,
        name=name,
        addresses=addresses,
        roles=tuple((role, one) for role in roles for one in scope),
        since=cells.midnight(since, zone) if since else None,
        until=cells.midnight(until, zone) if until else None,
        deputy=deputy,
        absence=absence,
    )


def _absence(sheet: Sheet, row: Row, zone: ZoneInfo) -> Absence | None:
    first = sheet.day(row, "缺勤起")
    last = sheet.day(row, "缺勤止")
    if (first is None) != (last is None):
        if sheet.good(row.number):
            sheet.refuse("PSY208", row.number, "缺勤止" if last is None else "缺勤起")
        return None
    if first is None or last is None:
        return None
    if last < first:
        sheet.refuse("PSY224", row.number, "缺勤止")
        return None
    return Absence(since=cells.midnight(first, zone), until=cells.midnight(last, zone, 1))


def _addresses(sheet: Sheet, row: Row, kinds: Mapping[str, str]) -> dict[str, str]:
    """The addresses of the columns there are, by name; an empty text where the cell is empty."""
    found = {}
    if sheet.has("手机"):
        found["mobile"] = sheet.read(row, "手机", _mobile) or ""
    if sheet.has("邮箱"):
        mail = plain(sheet.text(row, "邮箱"))
        found["email"] = mail
        found.update({name: mail for name, kind in kinds.items() if kind == "email"})
    found.update({name: sheet.text(row, name) for name in kinds if sheet.has(name)})
    return found


# -- rows about one person --------------------------------------------------------------------


def _agree(rows: list[_RoleRow]) -> None:
    """Refuse the rows about one person that contradict each other."""
    by_person: dict[PersonId, list[_RoleRow]] = {}
    for read in rows:
        by_person.setdefault(read.id, []).append(read)
    column_of = {address: column for column, address in ADDRESSES.items()}
    for several in by_person.values():
        said: dict[str, set[str]] = {"姓名": {plain(read.name) for read in several}}
        said["代理"] = {read.deputy for read in several if read.deputy}
        for read in several:
            for name, address in read.addresses.items():
                said.setdefault(column_of.get(name, name), set()).update({address} - {""})
        for column, values in said.items():
            if len(values) > 1:
                for read in (r for r in several if r.sheet.has(column)):
                    read.sheet.refuse("PSY222", read.row, column)
        _overlaps(several)


def _overlaps(several: list[_RoleRow]) -> None:
    """Refuse rows that give one role for one scope over times that overlap and are not the same."""
    held: dict[tuple[str, Scope], list[_RoleRow]] = {}
    for read in several:
        for role in read.roles:
            held.setdefault(role, []).append(read)
    bad: dict[tuple[int, int], _RoleRow] = {}
    for reads in held.values():
        times = {(read.since, read.until) for read in reads}
        for read in reads:
            if any(_overlap(read, since, until) for since, until in times):
                bad[id(read.sheet), read.row] = read
    for read in bad.values():
        read.sheet.refuse("PSY222", read.row, "起")


def _overlap(read: _RoleRow, since: datetime | None, until: datetime | None) -> bool:
    if (read.since, read.until) == (since, until):
        return False
    starts_late = since is not None and read.until is not None and since >= read.until
    ends_early = until is not None and read.since is not None and until <= read.since
    return not (starts_late or ends_early)


def _know_their_deputies(rows: list[_RoleRow], roster: Roster) -> None:
    """Refuse rows whose deputy is nobody; a refused row may have been another's only proof."""
    while True:
        good = [read for read in rows if read.good]
        known = {read.id for read in good} | set(roster.staff)
        bad = [r for r in good if r.deputy and (r.deputy == r.id or r.deputy not in known)]
        if not bad:
            return
        for read in bad:
            read.sheet.refuse("PSY225", read.row, "代理")


# -- what it changes --------------------------------------------------------------------------


def _person_events(
    who: PersonId,
    rows: list[_RoleRow],
    known: Staff | None,
    now: datetime,
) -> list[e.Event]:
    written = _written(who, rows, known)
    events: list[e.Event] = [] if written == known else [e.PersonAdded(staff=written)]
    roster = Roster(staff={who: written})
    wanted = {(role, scope, r.since, r.until): r for r in rows for role, scope in r.roles}
    begins = {(role, scope, since) for role, scope, since, _ in wanted}
    for (role, scope, since, until), read in sorted(wanted.items(), key=_when):
        want = _Want(role=role, scope=scope, since=since, until=until, begins=begins)
        found = _role_events(who, roster.staff[who].roles, want, now)
        if isinstance(found, Fault):
            column = "止" if found.code == "PSY224" else "起"
            read.sheet.refuse(found.code, read.row, column)
            continue
        for event in found:
            roster = fold_roster(roster, event)
            events.append(event)
    return events


def _when(
    item: tuple[tuple[str, Scope, datetime | None, datetime | None], _RoleRow],
) -> tuple[str, ...]:
    (role, scope, *times), _ = item
    return (role, scope.kind, *scope.values, *(t.isoformat() if t else "" for t in times))


def _ends(event: e.Event) -> bool:
    """Whether a role that was held gets an end; one that is replaced never was."""
    if not isinstance(event, e.RelationEnded) or event.role is None:
        return False
    return event.at > event.role.since


def _written(who: PersonId, rows: list[_RoleRow], known: Staff | None) -> Staff:
    """What the file writes of a person; what it has no column for stays as it was known."""
    addresses = dict(known.addresses) if known else {}
    for name in {name for read in rows for name in read.addresses}:
        given = next((a for read in rows if (a := read.addresses.get(name))), "")
        addresses.pop(name, None)
        if given:
            addresses[name] = given
    deputy = next((read.deputy for read in rows if read.deputy), None)
    absences = {read.absence for read in rows if read.absence}
    has_absences = any(r.sheet.has("缺勤起") or r.sheet.has("缺勤止") for r in rows)
    has_deputies = any(r.sheet.has("代理") for r in rows)
    return Staff(
        id=who,
        name=known.name if known and plain(known.name) == plain(rows[0].name) else rows[0].name,
        addresses=dict(sorted(addresses.items())),
        roles=known.roles if known else (),
        deputy=deputy if has_deputies or known is None else known.deputy,
        absences=tuple(sorted(absences, key=lambda a: (a.since, a.until)))
        if has_absences or known is None
        else known.absences,
    )


@attrs.frozen(kw_only=True)
class _Want:
    """One role as the file wants it, and where all roles of the person in the file begin."""

    role: str
    scope: Scope
    since: datetime | None
    until: datetime | None
    begins: Collection[tuple[str, Scope, datetime | None]]


def _role_events(
    who: PersonId, held: tuple[RoleHeld, ...], want: _Want, now: datetime
) -> list[e.Event] | Fault:
    same = [h for h in held if h.role == want.role and h.scope == want.scope]
    match = _match(same, want)
    if match is None:
        since = want.since or now
        if want.until is not None and want.until <= since:
            return []  # over before it was ever known
        role = RoleHeld(role=want.role, scope=want.scope, since=since, until=want.until)
        # An earlier beginning takes the place of a later one that overlaps it.
        later = [h for h in same if since < h.since and (not want.until or h.since < want.until)]
        if any(_revived(h, want.until, now) for h in later):
            return Fault("PSY229")
        replaced = [h for h in later if (h.role, h.scope, h.since) not in want.begins]
        cancelled = [e.RelationEnded(at=h.since, staff=who, role=h) for h in replaced]
        return [*cancelled, e.RelationStarted(staff=who, role=role)]
    if match.until == want.until:
        return []
    if _revived(match, want.until, now):
        return Fault("PSY229")
    if want.until is not None and want.until <= match.since:
        return Fault("PSY224")
    if want.until is None:
        return [e.RelationStarted(staff=who, role=changed(match, until=None))]
    return [e.RelationEnded(at=want.until, staff=who, role=match)]


def _revived(held: RoleHeld, until: datetime | None, now: datetime) -> bool:
    """Whether an end in `until` would give back a role that has ended."""
    if held.until is None or held.until > now:
        return False
    return until is None or until > held.until


def _match(same: list[RoleHeld], want: _Want) -> RoleHeld | None:
    """The relation that a row means: begun the same day, running on that day, or the last one."""
    if want.since is None:
        alike = [h for h in same if h.until == want.until]
        return max(alike or same, key=lambda h: h.since, default=None)
    for held in same:
        if held.since == want.since:
            return held
    covering = (
        h for h in same if h.since < want.since and (h.until is None or want.since < h.until)
    )
    return next(covering, None)
