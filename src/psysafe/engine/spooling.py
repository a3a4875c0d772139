"""The emergency spool: looks that the store could not keep, kept beside it and joined later.

A look is journalled before anything is shown. Where the store cannot write any more, nothing is
shown either, but for one case: in a crisis whoever needs it still finds whom to call and what to
do (C1.1). That look goes sealed into a folder of the school, one file each, and into the journal
as soon as the store writes again. Where it cannot be kept there either, nothing is shown.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs

from psysafe import wire
from psysafe.domain import events as e
from psysafe.domain.files import Case
from psysafe.domain.privacy import DecisionPlan
from psysafe.domain.world import World
from psysafe.engine.school import School
from psysafe.engine.views import View, case_view, rules_of
from psysafe.errors import PsysafeError, StorageError
from psysafe.ids import CommandId
from psysafe.sealing import ERASED, ONE_BODY
from psysafe.sensitivity import ItemClass, changed

_log = logging.getLogger("psysafe.engine")

FOLDER: Final = "spool"
_LOOK, _BAD = ".look", ".bad"
#: So many files are joined in one go; a store that is full again stops it sooner.
_AT_ONCE: Final = 500
#: Far above any look.
_LONGEST: Final = 64 * 1024


def keep(school: School, read: e.ItemRead, subject: str) -> None:
    """Keep a look until the store writes again: on the disk when this returns.

    Raises StorageError PSY406 where that is not possible; then nothing may be shown.
    """
    if school.spool is None:
        raise StorageError("PSY406", problem="no spool")
    command = school.ids.command()
    kind, body = wire.encode_event(read)
    head = {
        "command": command,
        "kind": kind,
        "version": wire.version_of(kind),
        "subject": school.sealer.pseudonym(subject),
    }
    sealed = school.sealer.seal(school.part, subject, _place(command), body)
    try:
        _write(school.spool, f"{command}{_LOOK}", json.dumps(head).encode() + b"\n" + sealed)
    except OSError as error:
        problem = f"spool: {type(error).__name__}"
    else:
        _log.warning("a look was kept in the spool", extra={"command": command})
        return
    raise StorageError("PSY406", problem=problem)


def spooled_case(
    school: School, left: DecisionPlan, read: e.ItemRead, world: World, case: Case
) -> View:
    """One case as far as a crisis needs it, the look spooled first. `left`: what may be shown.

    Raises StorageError where it cannot be spooled.
    """
    shown = [item for item in ItemClass if left.of(item).shown]
    items = tuple(item.value for item in shown)
    keep(school, changed(read, items=items, rules=rules_of(left, shown)), world.student.id)
    view = case_view(left, world, case, read.at, [])
    return attrs.evolve(view, data={**view.data, "journal": "unwritable"})


def join(school: School, journal: Callable[[e.ItemRead, CommandId], bool]) -> int:
    """Write what was spooled into the journal, by `journal`; how many looks that were.

    A file goes away once its look is kept. The command's id is the one it was spooled under, so a
    stop in between keeps nothing twice. One that is damaged is set aside, and logged; one that
    cannot be read for another reason stays. Raises StorageError where vault or store fail.
    """
    if school.spool is None or not school.spool.is_dir():
        return 0
    joined = 0
    # A name that begins with a dot is being written at this moment.
    names = (path for path in school.spool.glob(f"*{_LOOK}") if not path.name.startswith("."))
    for path in sorted(names)[:_AT_ONCE]:
        try:
            read, command = _read(school, path)
        except OSError as error:
            # Another process has joined it, or the disk fails: neither holds up the others.
            _log.warning("a spooled look was not read", extra={"sort": type(error).__name__})
            continue
        except (PsysafeError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, StorageError) and error.code == ERASED:
                path.unlink(missing_ok=True)
                continue
            if isinstance(error, StorageError) and error.code not in ONE_BODY:
                raise  # the vault as a whole: the look is not damaged, and stays
            path.rename(path.with_suffix(_BAD))
            _log.error("a spooled look is damaged", extra={"sort": type(error).__name__})
            continue
        if journal(read, command):
            path.unlink(missing_ok=True)
            joined += 1
    return joined


def forget(school: School, subjects: frozenset[str]) -> None:
    """Take away what was spooled about these. Raises StorageError PSY406."""
    if school.spool is None:
        return
    for path in [p for end in (_LOOK, _BAD) for p in school.spool.glob(f"*{end}")]:
        try:
            with path.open("rb") as stream:
                head = json.loads(stream.readline(_LONGEST))
            if isinstance(head, dict) and head.get("subject") in subjects:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue  # joined meanwhile
        except OSError as error:
            raise StorageError("PSY406", problem=f"spool: {type(error).__name__}") from None
        except ValueError:
            continue  # damaged: nobody can say whose it was, and nobody can open it


def _place(command: str) -> str:
    return f"spool/{command}"


def _read(school: School, path: Path) -> tuple[e.ItemRead, CommandId]:
    with path.open("rb") as stream:
        line, _, sealed = stream.read(_LONGEST).partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    place = _place(head["command"])
    body = school.sealer.open_stored(school.part, head["subject"], place, sealed)
    event = wire.decode_event(head["kind"], head["version"], body)
    if not isinstance(event, e.ItemRead):
        raise ValueError("no look")
    return event, CommandId(head["command"])


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    aside = folder / f".{name}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(aside, folder / name)
    listed = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(listed)  # or the name may be gone after a power cut
    finally:
        os.close(listed)
