"""What one cell says: a date, a time, a number, a telephone, a name. Text in, value or fault out.

A fault is a value, so that a file is read to its end and all its faults are named together.
Faults hold no text of the cell: it may be anybody's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from psysafe.errors import Fact
from psysafe.intake.grid import plain


@attrs.frozen
class Fault:
    """Why a cell cannot be used: a code of the register and what fills its sentences."""

    code: str
    facts: Mapping[str, Fact] = attrs.field(factory=dict)


_DIGITS: Final = {str(digit): digit for digit in range(10)}
_WHOLE_NUMBER: Final = re.compile(r"([+-]?\d{1,6})(?:\.0+)?", re.ASCII)
_DATE = r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?"
#: A day may carry the midnight that a spreadsheet program writes behind it.
_DAY = re.compile(_DATE + r"(?:T?0{1,2}:00(?::00(?:\.0+)?)?)?", re.ASCII)
_DIGITS_ONLY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
#: Days counted by a spreadsheet, from 1910 to 2099; a shorter or longer number is something else.
_SERIAL = re.compile(r"(\d{4,5})(?:\.0*)?", re.ASCII)
#: Day 0 of a spreadsheet's count; the older one is that of old Macintosh workbooks.
EPOCHS: Final = (date(1899, 12, 30), date(1904, 1, 1))
_MOMENT = re.compile(
    _DATE + r"[T ]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
#: What a spreadsheet makes of a long number: 1.23E+17, 2026030117.0
_FLOAT = re.compile(r"\d(?:\.\d+)?[eE]\+\d+|\d\.\d+[eE]\d+|\d+\.0*", re.ASCII)
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,31}")
_TELEPHONE = re.compile(r"\+?[0-9]{5,15}")
_CHINA_NUMBER = re.compile(r"(?:\+?86|0086)(1[0-9]{10}|0[1-9][0-9]{8,10})")
_CHINA_LANDLINE = re.compile(r"(?:\+86|0086)([1-9][0-9]{8,10})")
_BETWEEN_NUMBERS = re.compile(r"[;；/、,，\r\n]+")
#: A landline with an extension: no digits to dial in one go.
_EXTENSION = re.compile(r"(?:.*\D)?\d{7,8}[-转]\d{1,6}")
#: Dashes that people and programs write between the groups of a number.
_DASHES = re.compile(r"[-()‐‑‒–—−]")


def day(text: str, *, epoch: date = EPOCHS[0]) -> date | Fault:
    """A date of the years 1900 to 2199: 2026-09-01, 2026/9/1, 2026.9.1, 2026年9月1日, 20260901.

    Four or five digits are the days that a spreadsheet counts from `epoch`, where they come to a
    day of the years 1910 to 2099. A year of two digits, or a month without a day, is a fault.
    """
    written = plain(text)
    found = _DAY.fullmatch(written) or _DIGITS_ONLY.fullmatch(written)
    serial = _SERIAL.fullmatch(written)
    try:
        if found:
            read = date(*(int(part) for part in found.groups()))
            return read if 1900 <= read.year < 2200 else Fault("PSY215")
        if serial:
            read = epoch + timedelta(days=int(serial[1]))
            return read if 1910 <= read.year < 2100 else Fault("PSY215")
    except ValueError:
        pass  # no such day in that month
    return Fault("PSY215")


def midnight(when: date, zone: ZoneInfo, days_later: int = 0) -> datetime:
    """The instant, in UTC, at which a local day (or one some days later) begins."""
    return datetime.combine(when + timedelta(days=days_later), time(), zone).astimezone(UTC)


def moment(text: str, zone: ZoneInfo) -> datetime | Fault:
    """A time with its day, in UTC: 2026-11-02T08:30, with an offset or else in the school's zone.

    A day without a time is a fault: it would make two sheets of one day the same one.
    """
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return Fault("PSY209")
    year, month, date_, hour, minute, second, offset = found.groups(default="")
    written = f"{year}-{month:0>2}-{date_:0>2}T{hour:0>2}:{minute}:{second or '00'}{offset}"
    try:
        local = datetime.fromisoformat(written)
        read = (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return Fault("PSY209")
    return read if 1900 <= read.year < 2200 else Fault("PSY209")


def lost_digits(text: str) -> bool:
    """Whether a spreadsheet has made a fraction or a power of ten of a number."""
    return bool(_FLOAT.fullmatch(plain(text)))


def student_number(text: str, width: int = 0) -> str | Fault:
    """A student's number, as text: leading zeros stay, lost digits are a fault (PSY203).

    `width` is what somebody said about this column: a number of fewer digits gets back the zeros
    that a spreadsheet took away. Nothing is ever filled up by guess.
    """
    number = plain(text)
    if _FLOAT.fullmatch(number):
        return Fault("PSY203")
    if not _NUMBER.fullmatch(number):
        return Fault("PSY230")
    return number.zfill(width) if number.isdigit() else number


def telephones(text: str) -> tuple[str, ...] | Fault:
    """The telephone numbers of a cell, each once: digits, after a plus where one was written.

    +86 before a number of the mainland is left out (a landline gets its zero back), so that one
    number has one form. Full-width digits and all sorts of dashes are understood.
    """
    found: dict[str, None] = {}
    for part in _BETWEEN_NUMBERS.split(unicodedata.normalize("NFKC", text)):
        number = _DASHES.sub("", plain(part))
        if not number:
            continue
        if _EXTENSION.fullmatch(plain(part)) and len(number) != 11:
            return Fault("PSY227")
        if _FLOAT.fullmatch(number):
            return Fault("PSY203")
        if not _TELEPHONE.fullmatch(number):
            return Fault("PSY227")
        home = _CHINA_NUMBER.fullmatch(number)
        landline = None if home else _CHINA_LANDLINE.fullmatch(number)
        found[home[1] if home else f"0{landline[1]}" if landline else number] = None
    return tuple(found)


def answer(text: str) -> int | None:
    """A whole number, also as a spreadsheet writes it (1.0); None for anything else."""
    # Nearly every answer is one digit.
    digit = _DIGITS.get(text)
    if digit is not None:
        return digit
    found = _WHOLE_NUMBER.fullmatch(plain(text))
    return int(found[1]) if found else None
