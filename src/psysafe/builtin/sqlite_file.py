"""One SQLite file: made, checked and opened; one writer behind a lock, a reader for each thread.

Connections do not outlive a fork: SQLite keeps its locks by process, so a child that went on with
its parent's connections could destroy the file. All are closed before a fork and opened again at
the next use, on both sides.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Literal
from weakref import WeakSet

from psysafe.builtin.sqlite_schema import APPLICATION_ID, SCHEMA_VERSION, STEPS
from psysafe.errors import StorageError

#: How often a lock is asked for again after each busy timeout.
LOCK_ATTEMPTS: Final = 3

Synchronous = Literal["full", "normal"]


def failed(error: sqlite3.Error) -> StorageError:
    """What went wrong, by SQLite's own name for it: its sentences might quote what was stored."""
    return StorageError("PSY406", problem=_name(error))


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or type(error).__name__


class _Reader:
    """One thread's connection, opened at its first use; its lock holds a fork back meanwhile."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None

    def drop(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        # The thread has ended. Another thread collects what it held, which SQLite allows.
        self.drop()


class File:
    """An open file. `path` exists afterwards, with mode 0600 where it was made here.

    Raises StorageError: PSY401 it cannot be opened or belongs to something else, PSY402 a newer
    psysafe made it, PSY406 it failed later or stayed locked.
    """

    def __init__(self, path: Path, synchronous: Synchronous, busy_timeout: float) -> None:
        self._path = path
        self._synchronous = synchronous
        self._busy_timeout = busy_timeout
        self._closed = False
        self._writer: sqlite3.Connection | None = None
        self._writing = threading.Lock()
        self._registering = threading.Lock()
        self._local = threading.local()
        self._readers: WeakSet[_Reader] = WeakSet()
        try:
            _make(path)
            self._writer = self._connect()
            _prepare(self._writer)
        except (sqlite3.Error, OSError) as error:
            self.close()
            problem = _name(error) if isinstance(error, sqlite3.Error) else type(error).__name__
            raise StorageError("PSY401", where={"path": str(path)}, problem=problem) from error
        except StorageError:
            self.close()
            raise
        _watch_forks(self)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=self._busy_timeout,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The one writer, inside BEGIN IMMEDIATE: committed at the end, rolled back at an error.

        A deferred transaction that turns to writing fails at once when another has written in
        between, whatever the busy timeout; so a write says from its start that it is one.
        """
        group: sqlite3.Connection | None = getattr(self._local, "group", None)
        if group is not None:
            with _inside(group):
                yield group
            return
        with self._writing:
            try:
                if self._closed:
                    raise StorageError("PSY406", problem="the store is closed")
                if self._writer is None:
                    self._writer = self._connect()
                _begin(self._writer)
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                self._roll_back()
                if isinstance(error, sqlite3.Error):
                    raise failed(error) from error
                raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """Several writes of this thread in one transaction, each undone by itself at an error."""
        if getattr(self._local, "group", None) is not None:
            yield
            return
        with self.writing() as writer:
            self._local.group = writer
            try:
                yield
            finally:
                self._local.group = None

    def _roll_back(self) -> None:
        writer = self._writer
        if writer is None or not writer.in_transaction:
            return
        try:
            writer.execute("ROLLBACK")
        except sqlite3.Error:
            # SQLite undoes it when the connection goes; the caller's own error goes on upwards.
            self._writer = None
            writer.close()

    @contextmanager
    def reading(self, *, one_moment: bool = False) -> Iterator[sqlite3.Connection]:
        """This thread's reader. `one_moment`: several statements see the same state."""
        group: sqlite3.Connection | None = getattr(self._local, "group", None)
        if group is not None:
            # It reads what it has written and not yet made durable.
            try:
                yield group
            except sqlite3.Error as error:
                raise failed(error) from error
            return
        reader = self._reader()
        with reader.lock:
            try:
                if self._closed:
                    raise StorageError("PSY406", problem="the store is closed")
                if reader.connection is None:
                    reader.connection = self._connect()
                    reader.connection.execute("PRAGMA query_only = ON")
                if one_moment:
                    reader.connection.execute("BEGIN")
                yield reader.connection
            except sqlite3.Error as error:
                raise failed(error) from error
            finally:
                if reader.connection is not None and reader.connection.in_transaction:
                    reader.connection.execute("ROLLBACK")

    def _reader(self) -> _Reader:
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = _Reader()
            with self._registering:
                self._readers.add(reader)
        return reader

    def compact(self) -> None:
        """Write the file anew without what was deleted, and empty the write-ahead log.

        Raises StorageError PSY406 where another process holds it up.
        """
        with self._writing:
            try:
                if self._closed:
                    raise StorageError("PSY406", problem="the store is closed")
                if self._writer is None:
                    self._writer = self._connect()
                self._writer.execute("VACUUM")
                busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error as error:
                raise failed(error) from error
        if busy:
            raise StorageError("PSY406", problem="somebody else is reading")

    def copy_to(self, path: Path) -> None:
        """A copy in one file, as it is at one moment. Raises StorageError PSY406."""
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise StorageError("PSY406", problem=type(error).__name__) from error
        try:
            with self.reading() as reader, closing(sqlite3.connect(path)) as copy:
                reader.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
                damage = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if damage != "ok":
                raise StorageError("PSY406", problem="the copy is damaged")
            _sync(path)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, sqlite3.Error):
                raise failed(error) from error
            raise

    def move_to(self, path: Path) -> None:
        """Close it and move it. Raises StorageError PSY728 where another process has it open."""
        self.close()
        try:
            with closing(sqlite3.connect(self._path, timeout=0)) as last:
                # Only whoever is alone may take the write-ahead log away.
                last.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            raise StorageError("PSY728") from None
        except sqlite3.Error as error:
            raise failed(error) from error
        os.replace(self._path, path)

    def close(self) -> None:
        """Close every connection; the last one also empties the write-ahead log."""
        self._closed = True
        held = self.pause()
        self.resume(held)

    def pause(self) -> list[threading.Lock]:
        """Wait until nothing runs, close every connection and keep everybody out."""
        held = [self._registering, self._writing]
        self._registering.acquire()
        self._writing.acquire()
        for reader in list(self._readers):
            reader.lock.acquire()
            held.append(reader.lock)
            reader.drop()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        return held

    def resume(self, held: list[threading.Lock]) -> None:
        """Let everybody in again; connections are opened at their next use."""
        for lock in reversed(held):
            lock.release()


@contextmanager
def _inside(group: sqlite3.Connection) -> Iterator[None]:
    """One write within a transaction that goes on: kept at its end, undone at an error."""
    try:
        if not group.in_transaction:
            # A full disk undoes the whole of it, and nothing may be kept after that.
            raise StorageError("PSY406", problem="what was to be kept together was undone")
        group.execute("SAVEPOINT one")
        yield
        group.execute("RELEASE one")
    except BaseException as error:
        if group.in_transaction:
            group.execute("ROLLBACK TO one")
            group.execute("RELEASE one")
        if isinstance(error, sqlite3.Error):
            raise failed(error) from error
        raise


def _make(path: Path) -> None:
    """Create the file so that nobody else may read it; -wal and -shm take over its mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        # Opening and closing an existing file would drop the locks this process has on it.
        return


def _sync(path: Path) -> None:
    """The file on the disk, not only in memory."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _begin(connection: sqlite3.Connection) -> None:
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if not _name(error).startswith("SQLITE_BUSY") or attempt == LOCK_ATTEMPTS:
                raise


def _prepare(connection: sqlite3.Connection) -> None:
    """Look before touching: a file of something else, or of a newer psysafe, stays as it is."""
    if sqlite3.sqlite_version_info < (3, 37):
        raise StorageError("PSY401", problem=f"SQLite {sqlite3.sqlite_version} is before 3.37")
    known = _known(connection)
    _write_ahead(connection)
    if known == SCHEMA_VERSION:
        return
    _begin(connection)
    try:
        while (known := _known(connection)) < SCHEMA_VERSION:
            for statement in STEPS[known]:
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _known(connection: sqlite3.Connection) -> int:
    """The version of our schema in the file; 0 in an empty one. Raises PSY401, PSY402."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not (application or version or tables):
        return 0
    if application != APPLICATION_ID:
        raise StorageError("PSY401", problem="the file is not a psysafe database")
    if version > SCHEMA_VERSION:
        raise StorageError("PSY402", found=version, known=SCHEMA_VERSION)
    return int(version)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Readers do not wait for the writer. The switch itself knows no busy timeout."""
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if not _name(error).startswith("SQLITE_BUSY") or attempt == LOCK_ATTEMPTS:
                raise
            time.sleep(0.05 * attempt)
            continue
        if mode != "wal":
            raise StorageError("PSY401", problem="this file system has no write-ahead log")
        return


_OPEN: WeakSet[File] = WeakSet()
_PAUSED: list[tuple[File, list[threading.Lock]]] = []
_WATCHING = threading.Lock()
_watched = False


def _watch_forks(file: File) -> None:
    global _watched
    with _WATCHING:
        _OPEN.add(file)
        if not _watched and hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_pause, after_in_parent=_resume, after_in_child=_resume)
        _watched = True


def _pause() -> None:
    _WATCHING.acquire()
    _PAUSED.extend((file, file.pause()) for file in list(_OPEN))


def _resume() -> None:
    while _PAUSED:
        file, held = _PAUSED.pop()
        file.resume(held)
    _WATCHING.release()
