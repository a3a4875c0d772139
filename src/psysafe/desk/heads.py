"""Heads of the chain: exported, signed, and kept where nobody at this machine can change them.

Whoever can write the database can also write a chain that fits. A head in a second place says what
the chain was; its signature says that this school's key wrote it. The key that signs lies beside
the part's key; what checks it, the public key, stands in the settings or is read from paper, so
that a file which was exchanged vouches for nothing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import attrs

from psysafe.clock import from_wire, to_wire
from psysafe.desk.signatures import KEY_BYTES, bytes_of, new_pair, signer, text_of, verifies
from psysafe.domain.tables import Faults
from psysafe.engine.school import School
from psysafe.errors import Fact, Finding, InvalidDataError, PlanError, PsysafeError
from psysafe.intake.settings import Settings

FORMAT: Final = 1
#: Bytes of an exported head; more is another file.
HEAD_LIMIT: Final = 4096
KEY_FILE: Final = Path("keys") / "heads.key"
#: A head is exported each day; one day may fail (practice).
LATEST: Final = timedelta(hours=48)
_log = logging.getLogger("psysafe.desk")


@attrs.frozen(kw_only=True)
class Head:
    """A head that was exported: how far the journal had come, by which link, whose signature."""

    position: int
    link: str
    signed_by: str = ""
    """the public key whose signature it carries; "" for none"""


def make_key(settings: Settings) -> str:
    """Make the key that signs heads, and answer the public one.

    Raises PlanError PSY732 where there is one already or signatures need the extra, PSY212 where
    it cannot be written.
    """
    private, public = new_pair()
    file = settings.folder / KEY_FILE
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(file, flags, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text_of(private).encode("ascii") + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError:
        raise PlanError("PSY732", problem="there is a key already") from None
    except OSError:
        raise PlanError("PSY212", where={"path": str(file)}, file=file.name) from None
    return text_of(public)


def export(
    school: School, settings: Settings, now: datetime, folder: Path | None, *, over: bool = True
) -> tuple[Path, ...]:
    """Write the chain's head, signed where there is a key, into each place; answer the files.

    Into the folder, or into the school's own and the second places of `[heads]`; without `over` one
    that lies there stays. Raises PlanError
    PSY732 for a key that cannot be used, PSY212 for a place that cannot be written.
    """
    snapshot = school.storage.read(school.part, [])
    head: dict[str, Any] = {
        "format": FORMAT,
        "part": school.part,
        "position": snapshot.position,
        "link": snapshot.link.hex(),
        "at": to_wire(now),
    }
    signed = _signed(head, settings)
    places = (folder,) if folder is not None else (settings.folder / "heads", *second(settings))
    name = f"head-{snapshot.position}.json"
    files = [place / name for place in places]
    return tuple(_write(file, signed) for file in files if over or not file.exists())


def export_daily(school: School, settings: Settings, now: datetime) -> tuple[Finding, ...]:
    """Once a day, into the places that the settings name; nothing where they name none.

    A head of the same place in the journal is left as it lies: another one there would be the trace
    of whoever wrote the journal anew. What fails is a finding and stops nothing.
    """
    if not settings.heads_to:
        return ()
    try:
        export(school, settings, now, None, over=False)
    except PsysafeError as error:
        _log.error("the head could not be exported", extra={"code": error.code})
        return (error.finding,)
    return ()


def check_heads(school: School, settings: Settings, now: datetime) -> Iterator[Finding]:
    """PSY753: heads are not kept, signed, in a second place; PSY754: none has come of late."""
    if not settings.heads_to or not settings.heads_key:
        mild = settings.rehearsal
        yield Finding(
            code="PSY753", severity="note" if mild else "warning", where={"path": "heads"}
        )
    position = school.storage.read(school.part, []).position
    for name, place in zip(settings.heads_to, second(settings), strict=True):
        if not any(_recent(school, settings, file, position, now) for file in _newest(place)):
            facts: dict[str, Fact] = {"place": name, "hours": int(LATEST.total_seconds() // 3600)}
            yield Finding(code="PSY754", severity="warning", where={"path": "heads"}, facts=facts)


def _newest(place: Path) -> list[Path]:
    """The last heads in a place, by how far the journal had come."""
    try:
        found = [file for file in place.glob("head-*.json") if file.stem[5:].isdecimal()]
    except OSError:
        return []
    return sorted(found, key=lambda file: int(file.stem[5:]))[-1:]


def _recent(school: School, settings: Settings, file: Path, position: int, now: datetime) -> bool:
    """Whether a head is genuine, and of late or of all that has happened."""
    try:
        head = read(school.part, settings, file)
        at = from_wire(str(_head_in(school.part, file).get("at", "")))
    except PsysafeError:
        return False
    return head.position == position or timedelta() <= now - at < LATEST


def second(settings: Settings) -> tuple[Path, ...]:
    """The second places that the settings name; relative ones count from the school's folder."""
    return tuple(settings.folder / place for place in settings.heads_to)


def _write(file: Path, head: Mapping[str, Any]) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.parent / f".{file.name}.new"
        aside.write_text(json.dumps(head, sort_keys=True) + "\n", encoding="utf-8")
        os.replace(aside, file)
    except OSError:
        raise PlanError("PSY212", where={"path": str(file)}, file=file.name) from None
    return file


def read(part: str, settings: Settings, file: Path, key: str | None = None) -> Head:
    """An exported head, its signature checked. `key`: the public key, as it stands on paper.

    Raises PlanError PSY212 where it cannot be read, InvalidDataError where it is no head of this
    school, PSY732 where it is not signed by the key that it must be signed by.
    """
    head = _head_in(part, file)
    wanted = key or settings.heads_key
    signed_by = ""
    if "signature" in head:
        signed_by = str(head.get("key", ""))
        if not _genuine(head, signed_by):
            raise _not_genuine(file, "its signature does not fit it")
    if wanted and signed_by != wanted:
        raise _not_genuine(file, "another key signed it" if signed_by else "it is not signed")
    return Head(position=head["position"], link=head["link"], signed_by=signed_by)


def _head_in(part: str, file: Path) -> Mapping[str, Any]:
    faults = Faults(file.name)
    try:
        with file.open("rb") as stream:
            content = stream.read(HEAD_LIMIT + 1)
    except OSError:
        raise PlanError("PSY212", where={"path": str(file)}, file=file.name) from None
    try:
        head = json.loads(content) if len(content) <= HEAD_LIMIT else None
    except (ValueError, RecursionError):
        head = None
    match head:
        case {"format": int(found)} if found > FORMAT:
            facts: dict[str, Fact] = {"file": file.name, "found": found, "known": FORMAT}
            raise InvalidDataError([Finding(code="PSY108", facts=facts)])
        case {"format": 1, "part": str(named), "position": int(), "link": str()} if named == part:
            return cast("Mapping[str, Any]", head)
    faults.add("PSY103", file.name, expected="an exported head of this school")
    raise InvalidDataError(faults.found)


def _not_genuine(file: Path, problem: str) -> InvalidDataError:
    facts: dict[str, Fact] = {"problem": problem}
    return InvalidDataError([Finding(code="PSY732", where={"file": file.name}, facts=facts)])


# -- signatures -----------------------------------------------------------------------------------


def _said(head: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: everything but the signature, in one order."""
    rest = {key: value for key, value in head.items() if key != "signature"}
    return b"psysafe head\0" + json.dumps(rest, sort_keys=True).encode()


def _signed(head: Mapping[str, Any], settings: Settings) -> Mapping[str, Any]:
    file = settings.folder / KEY_FILE
    try:
        held = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return head
    except (OSError, ValueError):
        raise PlanError("PSY732", problem="its key cannot be read") from None
    private = bytes_of(held)
    if len(private) != KEY_BYTES:
        raise PlanError("PSY732", problem="its key is damaged")
    sign, public = signer(private)
    whole = {**head, "key": text_of(public)}
    return {**whole, "signature": text_of(sign(_said(whole)))}


def _genuine(head: Mapping[str, Any], public: str) -> bool:
    raw, signature = bytes_of(public), bytes_of(str(head["signature"]))
    if len(raw) != KEY_BYTES:
        return False
    return verifies(raw, signature, _said(head))
