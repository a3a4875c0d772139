"""The key store: one file of slots of equal length, apart from the database.

Each slot is one line of 512 bytes and stands for itself: whatever happens to one, the others can
be read. Slots are appended and synced before anybody hears of them; a torn end was never promised
to anybody and is cut off. Only destroying a key writes into a slot that is there.

Every process that opens the school reads this file; whoever writes holds the lock on the file
beside it, so that two processes never make two keys for one subject.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import attrs

from psysafe import StorageError

SLOT: Final = 512
_TEXT: Final = SLOT - 9
FORMAT: Final = 1
_UNUSED: Final = bytes(SLOT)
#: How a key's slot begins, after how many letters "gone" differs from it, and after how many from
#: whatever else there is.
_KEY_BEGINS: Final = b'{"about":"'
_TORN: Final = 4
_TELLS: Final = 7
_FIELDS: Final = {
    "head": {"as", "format", "under"},
    "key": {"as", "about", "name", "group", "id", "under", "sealed"},
    "erased": {"as", "about", "name"},
    "shared": {"as", "under"},
    "gone": {"as"},
}


@attrs.frozen(kw_only=True)
class Key:
    """A data key as it is kept: whose, for which group, wrapped under which key."""

    about: str
    """a digest of the subject's id"""
    name: str
    """the subject's pseudonym"""
    group: str
    id: str
    under: str
    sealed: str = attrs.field(repr=False)

    def slot(self) -> bytes:
        return line({"as": "key", **attrs.asdict(self)})


@attrs.frozen(kw_only=True)
class Seen:
    """How far a store was read, and by which of its slots it is known again.

    They are the head, the last key and the last slot. A key holds random bytes, so a store that
    was rotated, cut off or put back from a backup has another in one of these places.
    """

    slots: int
    known_by: Mapping[int, bytes] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Contents:
    """What stands in the store. Slots are numbered from 0; `damaged` are those nobody can read."""

    under: str = ""
    """the short name of the key-encryption key that is in use"""
    headed: bool = False
    keys: Mapping[int, Key] = attrs.field(factory=dict)
    erased: Mapping[str, str] = attrs.field(factory=dict)
    """pseudonyms of those erased, by what they are about"""
    shared: frozenset[str] = frozenset()
    damaged: tuple[int, ...] = ()
    half_gone: tuple[int, ...] = ()
    """slots in which a key was being destroyed when the power failed: nobody can read the key, and
    what is left of it is still to be written over"""
    seen: Seen = Seen(slots=0, known_by={})


def line(fields: Mapping[str, Any]) -> bytes:
    """One slot: the fields, spaces, a check sum and a line end."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    body = text.encode("ascii").ljust(_TEXT)
    return body + b"%08x\n" % zlib.crc32(body)


def head(under: str) -> bytes:
    return line({"as": "head", "format": FORMAT, "under": under})


def _fields_of(slot: bytes) -> dict[str, Any] | None:
    """The fields of a slot; None where a single bit of it is not as it was written."""
    try:
        found = json.loads(slot[:_TEXT])
    except ValueError:
        return None
    if not isinstance(found, dict) or found.keys() != _FIELDS.get(found.get("as", "")):
        return None
    texts = all(isinstance(value, str) for name, value in found.items() if name != "format")
    return found if texts and line(found) == slot else None


def read_slots(content: bytes) -> Contents:
    """Every slot. Raises StorageError PSY715 where a newer psysafe wrote the file."""
    keys: dict[int, Key] = {}
    erased: dict[str, str] = {}
    shared: set[str] = set()
    unread: list[int] = []
    under, headed = "", False
    slots = _cut(content)
    for number, slot in enumerate(slots):
        found = None if slot == _UNUSED else _fields_of(slot)
        if slot != _UNUSED and found is None:
            unread.append(number)
        match found:
            case {"as": "head", "format": form, "under": name}:
                if form != FORMAT:
                    raise StorageError("PSY715", problem=f"it is of format {form}")
                under, headed = name, True
            case {"as": "key", **rest}:
                keys[number] = _key_of(rest)
            case {"as": "erased", "about": about, "name": name}:
                erased[about] = name
            case {"as": "shared", "under": name}:
                shared.add(name)
    if not headed and keys:
        under = keys[max(keys)].under
    # A key is written over only after it was said whose it was.
    half_gone = tuple(number for number in unread if erased and _half_gone(slots[number]))
    return Contents(
        under=under,
        headed=headed,
        keys=keys,
        erased=erased,
        shared=frozenset(shared),
        damaged=tuple(number for number in unread if number not in half_gone),
        half_gone=half_gone,
        seen=Seen(
            slots=len(slots),
            known_by={at: slots[at] for at in {0, max(keys, default=0), len(slots) - 1} if slots},
        ),
    )


def _cut(content: bytes) -> list[bytes]:
    """The whole slots of what was read; a torn end is none."""
    return [content[at : at + SLOT] for at in range(0, len(content) - SLOT + 1, SLOT)]


def _half_gone(slot: bytes) -> bool:
    """Whether "gone" was being written over a key: it begins so, and goes on as a key does."""
    gone = line({"as": "gone"})
    torn = next((at for at in range(SLOT) if slot[at] != gone[at]), SLOT)
    beginning = len(_KEY_BEGINS)
    return torn >= _TORN and (torn > _TELLS or slot[torn:beginning] == _KEY_BEGINS[torn:])


def _key_of(fields: Mapping[Any, Any]) -> Key:
    return Key(**{str(name): str(value) for name, value in fields.items() if name != "as"})


def _slot(stream: BinaryIO, number: int) -> bytes:
    stream.seek(number * SLOT)
    return stream.read(SLOT)


class Store:
    """The file. Nothing of it is kept in memory here."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def there(self) -> bool:
        return self.path.exists()

    def mark(self) -> tuple[int, int, int]:
        """What changes with every change of the file: which it is, its length, when it was written.

        One alone would do for none: a file's number comes again once its file is gone.
        """
        try:
            found = self.path.stat()
        except OSError:
            raise StorageError("PSY715", problem="the file is not there") from None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def read(self) -> Contents:
        """Raises StorageError PSY715 where there is no file, or it cannot be read."""
        try:
            return read_slots(self.path.read_bytes())
        except FileNotFoundError:
            raise StorageError("PSY715", problem="the file is not there") from None
        except OSError as error:
            raise StorageError("PSY715", problem=type(error).__name__) from None

    def since(self, seen: Seen) -> tuple[list[Key], Seen] | None:
        """The keys that were appended since, and how far it is read now; reads no other slots.

        None where the whole is to be read: the store is another one, shorter, or something else
        than keys was added. An erasure always adds a slot before it writes over one.
        """
        if not seen.slots:
            return None
        try:
            with self.path.open("rb", buffering=0) as stream:
                if any(_slot(stream, at) != slot for at, slot in seen.known_by.items()):
                    return None
                stream.seek(seen.slots * SLOT)
                slots = _cut(stream.read())
        except OSError as error:
            raise StorageError("PSY715", problem=type(error).__name__) from None
        if not slots:
            return [], seen
        found = [fields for slot in slots if (fields := _fields_of(slot)) is not None]
        keys = [_key_of(fields) for fields in found if fields["as"] == "key"]
        if len(keys) != len(slots):
            return None
        end = seen.slots + len(slots)
        known_by = {0: seen.known_by[0], end - 1: slots[-1]}
        return keys, Seen(slots=end, known_by=known_by)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among all threads and processes. A lock dies with whoever held it."""
        with _storing():
            descriptor = os.open(
                self.path.with_name(f"{self.path.name}.lock"),
                os.O_CREAT | os.O_RDWR | os.O_CLOEXEC,
                0o600,
            )
        try:
            _lock(descriptor)
            yield
        finally:
            # Said aloud, so that a child that was forked meanwhile does not hold it on.
            _unlock(descriptor)
            os.close(descriptor)

    def append(self, slots: Iterable[bytes]) -> None:
        """Add slots, durable when this returns. Only under the lock."""
        with _storing():
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
            try:
                size = os.fstat(descriptor).st_size
                whole = size - size % SLOT
                if whole != size:
                    os.ftruncate(descriptor, whole)
                os.lseek(descriptor, whole, os.SEEK_SET)
                _write(descriptor, b"".join(slots))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def destroy(self, numbers: Iterable[int]) -> None:
        """Write over keys where they stand. Only under the lock."""
        with _storing():
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
            try:
                for number in numbers:
                    os.lseek(descriptor, number * SLOT, os.SEEK_SET)
                    _write(descriptor, line({"as": "gone"}))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def prepare(self, slots: Iterable[bytes]) -> Path:
        """Write a whole new store beside this one, durable, and answer its path."""
        aside = self.path.with_name(f"{self.path.name}.new")
        write_durable(aside, b"".join(slots))
        return aside

    def take(self, aside: Path) -> None:
        """Put a prepared store in this one's place, in one step."""
        replace_durable(aside, self.path)


def write_durable(file: Path, content: bytes) -> None:
    """A file for its owner alone, on the disk when this returns."""
    with _storing():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _sync_folder(file.parent)


def replace_durable(source: Path, target: Path) -> None:
    """Put one file in another's place, on the disk when this returns."""
    with _storing():
        os.replace(source, target)
        _sync_folder(target.parent)


@contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError("PSY715", problem=type(error).__name__) from None


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # a folder cannot be opened there; its entries are journalled
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
