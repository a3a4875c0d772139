"""A school's own policy file: rows of the privacy matrix, and signatures of what shows more.

    format = 1

    [[row]]
    viewer = "homeroom_teacher"
    item = "scale_level"
    state = "attention"
    effect = "redact"
    reason = "..."
    from = 2026-11-02
    until = 2027-01-22

Signatures stand at the end, as `psysafe policy sign` writes them; they belong to rows by place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from psysafe.domain.own_rows import OwnRow
from psysafe.domain.privacy_policy import problem_of
from psysafe.domain.privacy_site import REASON_LIMIT
from psysafe.domain.tables import Faults, Table
from psysafe.errors import N_, Fact, Finding, InvalidDataError, PlanError
from psysafe.ids import Actor, PersonId
from psysafe.intake.toml_file import read_toml
from psysafe.sensitivity import changed

#: Where `check` looks for it, in the school's folder.
POLICY_FILE: Final = "policy.toml"
#: Before it stands what people write, behind it what `psysafe policy sign` does.
MARK: Final = "# -- signatures: written by psysafe policy sign, and by nobody else --"
MOST_ROWS: Final = 2100
_HEADER: Final = re.compile(r"^[ \t]*\[\[[ \t]*row[ \t]*\]\]", re.MULTILINE)
_STAFF: Final = re.compile(r"staff:[a-z0-9][a-z0-9-]{0,39}")
_DAY: Final = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Signature:
    """One signature of a file: of which place, by whom."""

    place: str
    by: PersonId
    key: str
    signature: str


@attrs.frozen(kw_only=True)
class PolicyFile:
    """What a file says: its rows with their lines, each with its signature where one is there."""

    rows: tuple[tuple[int, OwnRow], ...]
    signatures: tuple[Signature, ...]
    digest: str


def digest_of(file: Path) -> str:
    """What tells one file from another; "" where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def read_policy_file(file: Path, zone: ZoneInfo) -> PolicyFile:
    """Read a school's own rows. Days are the school's: from its first minute, until its last.

    Raises PlanError PSY101, PSY021, PSY212 for a file that cannot be read, InvalidDataError with
    PSY102, PSY103, PSY108, PSY116 for its form and PSY151 for each row that says something unknown.
    """
    digest = digest_of(file)
    faults = Faults(file.name)
    top = Table(read_toml(file), "", faults)
    top.check_format()
    lines = _lines(file)
    signatures = tuple(_signature(table) for table in top.tables("signed"))
    of_place = {one.place: one for one in signatures}
    rows: dict[str, tuple[int, OwnRow]] = {}
    tables = top.tables("row")
    for number, table in enumerate(tables):
        # A list of tables in one line has no headings to count: then the row is counted.
        line = lines[number] if len(lines) == len(tables) else number + 1
        row = _row(table, zone)
        problem = problem_of((*row.place.split(":"), row.effect))
        if row.place in rows:
            problem = N_("stands twice")
        if problem is not None:
            faults.found.append(_wrong(file.name, line, problem))
            continue
        rows[row.place] = line, _with(row, of_place.get(row.place))
    top.refuse_the_rest()
    if len(rows) > MOST_ROWS:
        faults.add("PSY021", "row", field="row", limit=MOST_ROWS, unit="rows")
    if faults.found:
        raise InvalidDataError(faults.found)
    return PolicyFile(rows=tuple(rows.values()), signatures=signatures, digest=digest)


def _lines(file: Path) -> tuple[int, ...]:
    text = file.read_text(encoding="utf-8-sig")
    return tuple(text.count("\n", 0, found.start()) + 1 for found in _HEADER.finditer(text))


def _row(table: Table, zone: ZoneInfo) -> OwnRow:
    viewer, item, state = (table.text(key, limit=60) for key in ("viewer", "item", "state"))
    effect = table.text("effect", limit=60)
    reason = table.text("reason", "", limit=REASON_LIMIT)
    since, until = table.day("from"), table.day("until")
    table.refuse_the_rest()
    return OwnRow(
        place=":".join((viewer, item, state)),
        effect=effect,
        reason=reason.strip(),
        since=_midnight(since, zone),
        until=_midnight(until + _DAY, zone) if until is not None else None,
    )


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone).astimezone(UTC)


def _signature(table: Table) -> Signature:
    by = table.text("by", limit=60)
    if by and not _STAFF.fullmatch(by):
        table.wrong("by", "somebody of the staff, such as staff:t-001")
    found = Signature(
        place=table.text("row", limit=190),
        by=PersonId(Actor(by)),
        key=table.text("key", limit=44),
        signature=table.text("signature", limit=88),
    )
    table.refuse_the_rest()
    return found


def _with(row: OwnRow, signature: Signature | None) -> OwnRow:
    if signature is None:
        return row
    return changed(row, signed_by=signature.by, key=signature.key, signature=signature.signature)


def _wrong(file: str, line: int, problem: str) -> Finding:
    facts: dict[str, Fact] = {"line": line, "problem": problem}
    return Finding(code="PSY151", where={"file": file, "line": line}, facts=facts)


def write_signatures(file: Path, signatures: Mapping[str, Signature]) -> None:
    """Put these signatures at the end of a file, in place of those that stand there.

    What people wrote stays as it is, to the byte. Raises PlanError PSY212.
    """
    try:
        text = file.read_text(encoding="utf-8")
        body = text.partition(MARK)[0].rstrip("\n")
        blocks = [
            "\n".join(
                (
                    "[[signed]]",
                    f'row = "{one.place}"',
                    f'by = "{one.by}"',
                    f'key = "{one.key}"',
                    f'signature = "{one.signature}"',
                )
            )
            for one in signatures.values()
        ]
        file.write_text("\n\n".join((body, MARK, *blocks)) + "\n", encoding="utf-8")
    except (OSError, ValueError):
        raise PlanError("PSY212", where={"path": str(file)}, file=file.name) from None
