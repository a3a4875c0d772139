"""The heartbeat: one small file that says when time last passed, for a monitor outside.

A monitor must see that nobody is called any more because nothing runs any more, and it must see
it without opening the store. So the file stands in the school's folder, holds times and codes of
findings and nothing about anybody, and is rewritten at most once a minute.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from psysafe.clock import from_wire, to_wire
from psysafe.desk import heads
from psysafe.desk.numberless import looked_over
from psysafe.engine.auditing import audit
from psysafe.engine.own_rows import look
from psysafe.engine.rendering import Speaker
from psysafe.engine.school import School
from psysafe.engine.tick import TickReport, tick
from psysafe.errors import InvalidDataError, PsysafeError
from psysafe.intake.settings import Settings

FILE: Final = "heartbeat.json"
FORMAT: Final = 1
#: At most so often it is written, and the school looks itself over.
OFTEN: Final = timedelta(minutes=1)
DAILY: Final = timedelta(days=1)
_LIMIT: Final = 64 * 1024
_log = logging.getLogger("psysafe.desk")


def ticked(
    school: School, settings: Settings, speaker: Speaker, now: datetime, budget: int
) -> TickReport:
    """Let time pass, once a day look the school over and export the head, leave the heartbeat."""
    look(school, now)
    report, folder = tick(school, now, speaker, budget), settings.folder
    last = read(folder)
    beat = _moment(last, "at")
    if beat is not None and timedelta() <= now - beat < OFTEN:
        return report
    told = {**last, "format": FORMAT, "part": school.part, "at": to_wire(now)}
    told["next_due"] = to_wire(report.next_due) if report.next_due is not None else None
    before = _moment(last, "audited")
    if before is None or not timedelta() <= now - before < DAILY:
        told |= _looked_over(school, settings, now)
    _write(folder, told)
    return report


def _looked_over(school: School, settings: Settings, now: datetime) -> dict[str, Any]:
    """What the look over the school came to, and whether the head of the chain went out.

    That one of them failed is a finding and stops no tick.
    """
    try:
        found = looked_over(audit(school, now))
    except PsysafeError as error:
        _log.error("the school's look over itself failed", extra={"code": error.code})
        return {"audited": to_wire(now), "findings": [error.code]}
    for finding in found.findings:
        code = {"code": finding.code}
        _log.error("the school's look over itself found something", extra=code)
    away = heads.export_daily(school, settings, now)
    return {
        "audited": to_wire(now),
        "mended": found.mended,
        "findings": [f.code for f in (*found.findings, *away)],
    }


def read(folder: Path) -> Mapping[str, Any]:
    """The last heartbeat as plain values; nothing where there is none that can be read."""
    try:
        with (folder / FILE).open("rb") as stream:
            found = json.loads(stream.read(_LIMIT))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("format") == FORMAT else {}


def _moment(beat: Mapping[str, Any], key: str) -> datetime | None:
    text = beat.get(key)
    try:
        return from_wire(text) if isinstance(text, str) else None
    except InvalidDataError:
        return None


def age(folder: Path, now: datetime) -> timedelta | None:
    """How long ago time last passed; None where it never did."""
    beat = _moment(read(folder), "at")
    return now - beat if beat is not None else None


def _write(folder: Path, told: Mapping[str, Any]) -> None:
    aside = folder / f".{FILE}.{os.getpid()}"
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(told, sort_keys=True) + "\n")
        os.replace(aside, folder / FILE)
    except OSError:
        # A full disk must not stop the calls; the monitor sees the age of the old one.
        _log.error("the heartbeat could not be written")
