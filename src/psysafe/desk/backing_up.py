"""A backup of a school's database, proved; and a backup put back, with nobody in it who was erased.

Both work on a copy that is looked over from end to end before it counts. Keys are no part of it:
they lie in a store of their own, with backups of their own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import attrs

from psysafe.contracts.forgetting import Copying
from psysafe.contracts.storage import Storage
from psysafe.engine.erasing import make_good
from psysafe.engine.school import School
from psysafe.engine.verify import Verified, verify
from psysafe.errors import PlanError, PsysafeError, StorageError
from psysafe.hooks import Plugins
from psysafe.intake.settings import Settings

#: The copy that is worked on, beside the database.
_ASIDE: Final = ".restoring"

Opened = Callable[[Storage | None], AbstractContextManager[School]]
"""Opens the school over another store, or, None, over its own; whoever was erased goes at once."""


@attrs.frozen(kw_only=True)
class Backup:
    """A backup that was made, and proved."""

    file: Path
    position: int
    head: str


@attrs.frozen(kw_only=True)
class Restored:
    """A backup that was put back. `before`: how far the journal had come that is set aside."""

    position: int
    before: int | None
    aside: Path | None
    """where the database lies now that was here before"""


def backup(school: School, settings: Settings, file: Path) -> Backup:
    """Copy the database while others go on, look the copy over, and only then give it its name.

    Raises PlanError PSY742 where there is a file, StorageError PSY740 where the store cannot be
    copied, PSY406 where it fails, PSY727 where the copy is not whole: then there is no file.
    """
    store = _copying(school.storage, "backup")
    if file.exists():
        raise PlanError("PSY742", file=file.name)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        store.copy_to(aside)
        copy = _store_of(settings, school.plugins, aside)
        try:
            found = _whole(attrs.evolve(school, storage=copy))
        finally:
            copy.close()
        os.replace(aside, file)
    except OSError as error:
        raise StorageError("PSY406", problem=type(error).__name__) from None
    finally:
        _away(aside)
    return Backup(file=file, position=found.position, head=found.head)


def restore(
    settings: Settings, plugins: Plugins, file: Path, opened: Opened, now: datetime, *, over: bool
) -> Restored:
    """Put a backup back.

    On a copy of it first: whoever was erased since goes, and all of it is looked over. Then the
    database that is here is moved aside, and nothing of it is written over.

    Raises PlanError PSY212 where there is no such file, PSY729 where there is a database and
    `over` is not said, StorageError PSY727 for what is no whole backup of this school, PSY728 where
    another process has the database open: then nothing was changed.
    """
    if not file.is_file():
        raise PlanError("PSY212", where={"path": str(file)}, file=file.name)
    place = settings.folder / str(settings.storage.options.get("path", "psysafe.db"))
    there = place.exists()
    if there and not over:
        raise PlanError("PSY729", file=place.name)
    before = _told_to_the_ledger(settings, opened) if there else None
    new = place.with_name(f"{place.name}{_ASIDE}")
    _away(new)
    try:
        position = _made_ready(settings, plugins, file, new, opened, now)
        aside = _set_aside(settings, plugins, place, now) if there else None
        os.replace(new, place)
    except OSError as error:
        raise StorageError("PSY406", problem=type(error).__name__) from None
    finally:
        _away(new)
    with opened(None) as school:
        _whole(school)
    return Restored(position=position, before=before, aside=aside)


def _told_to_the_ledger(settings: Settings, opened: Opened) -> int | None:
    """Open what is here once, so that its erasures stand in the ledger; how far it has come.

    None where it cannot be opened: a damaged database is why somebody puts a backup back.
    """
    try:
        with opened(None) as school:
            return school.storage.read(settings.part, []).position
    except PsysafeError:
        return None


def _made_ready(
    settings: Settings,
    plugins: Plugins,
    file: Path,
    new: Path,
    opened: Opened,
    now: datetime,
) -> int:
    """A copy of the backup without whoever was erased, looked over; how far it has come."""
    try:
        source = _store_of(settings, plugins, file)
        try:
            held = source.read(settings.part, []).position
            _copying(source, "restore").copy_to(new)
        finally:
            source.close()
    except StorageError as error:
        raise StorageError("PSY727", problem=error.code) from None
    if not held:
        raise StorageError("PSY727", problem="it holds nothing of this school")
    copy = _store_of(settings, plugins, new)
    with opened(copy) as school:
        if make_good(school, now):
            raise StorageError("PSY727", problem="PSY725")
        return _whole(school).position


def _whole(school: School) -> Verified:
    found = verify(school)
    if not found.ok:
        codes = sorted({finding.code for finding in found.findings}) or ["PSY405"]
        raise StorageError("PSY727", problem=", ".join(codes))
    return found


def _set_aside(settings: Settings, plugins: Plugins, place: Path, now: datetime) -> Path:
    """Move the database that is here out of the way. Raises StorageError PSY728."""
    aside = place.with_name(f"{place.name}.before-{now:%Y%m%dT%H%M%S}")
    try:
        store = _store_of(settings, plugins, place)
    except StorageError:
        os.replace(place, aside)  # so damaged that nobody can have it open
        for end in ("-wal", "-shm"):
            place.with_name(f"{place.name}{end}").unlink(missing_ok=True)
        return aside
    try:
        _copying(store, "restore").move_to(aside)
    finally:
        store.close()
    return aside


def _store_of(settings: Settings, plugins: Plugins, file: Path) -> Storage:
    """The school's storage over another file."""
    options: dict[str, Any] = {**settings.storage.options, "path": str(file.absolute())}
    record = plugins.storage(settings.storage.use)
    return record.open({"use": settings.storage.use, **options}, settings.folder)


def _copying(store: Storage, what: str) -> Copying:
    if not isinstance(store, Copying):
        raise StorageError("PSY740", what=what)
    return store


def _away(file: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
