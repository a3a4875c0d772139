"""Where the key-encryption key comes from: a file, the environment, or a KMS that unwraps it.

There may be two at a time, the present one and the next: then whoever reads can open what is
wrapped under either, and a rotation stops nobody.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final, Protocol

import attrs

from psysafe import PlanError, StorageError
from psysafe_vault.fresh import some_bytes
from psysafe_vault.store import replace_durable, write_durable
from psysafe_vault.wrapping import KEY_BYTES, short_name

#: The entry-point group in which a KMS is found by its name: what is loaded has `wrap`, `unwrap`.
KMS_GROUP: Final = "psysafe_vault.kms"
NEXT: Final = ".next"
_LIMIT: Final = 16 * 1024


class Kms(Protocol):
    """A key-management service. What it gives back lies in the key's file and is of no use alone.

    Either call may raise anything; its text is not shown.
    """

    def wrap(self, key: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes) -> bytes: ...


@attrs.frozen
class Place:
    """Where one key stands: a variable of the environment, or a file."""

    env: str = ""
    file: Path | None = None


@attrs.frozen(kw_only=True)
class Sources:
    """The places of the present key and, where the settings name one, of the next."""

    key: Place
    next_key: Place | None = None
    kms: str = ""

    def ring(self) -> dict[str, bytes]:
        """Every key that is there, by its short name, the present one first."""
        return {short_name(key): key for key in self._keys()}

    def present(self) -> bytes | None:
        return self._read(self.key)

    def next_place(self) -> Place:
        """Where a rotation finds or puts the next key.

        Raises StorageError PSY718 where the settings would have to name one and do not.
        """
        if self.next_key is not None:
            return self.next_key
        if self.key.file is None:
            raise StorageError("PSY718", problem="[vault] next_key is not set")
        return Place(file=self.key.file.with_name(self.key.file.name + NEXT))

    def next_or_new(self) -> bytes:
        """The next key; a new one, durable, where there is none and it lies in a file."""
        place = self.next_place()
        found = self._read(place)
        if found is None:
            found = some_bytes(KEY_BYTES)
            self.write(place, found)
        return found

    def planned(self) -> bytes | None:
        """The next key where it is there already."""
        return self._read(self.next_place())

    def promote(self) -> bool:
        """Put the next key in the present one's place. False: the settings must be changed."""
        if self.next_key is not None or self.key.file is None:
            return False
        aside = self.next_place().file
        if aside is not None and aside.exists():
            replace_durable(aside, self.key.file)
        return True

    def write(self, place: Place, key: bytes) -> None:
        """Keep a key in its file. Raises StorageError PSY714 where it has none."""
        if place.file is None:
            raise StorageError("PSY714", problem=f"the variable {place.env} is not set")
        text = key.hex() if not self.kms else base64.b64encode(self._asked("wrap", key)).decode()
        aside = place.file.with_name(f"{place.file.name}.writing")
        write_durable(aside, text.encode("ascii") + b"\n")
        replace_durable(aside, place.file)

    def _keys(self) -> Iterator[bytes]:
        places = [self.key, *([self.next_key] if self.next_key is not None else [])]
        if self.next_key is None and self.key.file is not None:
            places.append(self.next_place())
        for place in places:
            found = self._read(place)
            if found is not None:
                yield found

    def _read(self, place: Place) -> bytes | None:
        """The key in a place; None where it is empty. Raises StorageError PSY714 for nonsense."""
        if place.file is None:
            text = os.environ.get(place.env, "").strip()
        else:
            try:
                with place.file.open("rb") as stream:
                    text = stream.read(_LIMIT).decode("ascii").strip()
            except FileNotFoundError:
                return None
            except (OSError, ValueError) as error:
                raise StorageError("PSY714", problem=type(error).__name__) from None
        return self._key_of(text) if text else None

    def _key_of(self, text: str) -> bytes:
        try:
            if self.kms:
                found = self._asked("unwrap", base64.b64decode(text, validate=True))
            else:
                found = bytes.fromhex(text)
        except ValueError:
            found = b""
        if not isinstance(found, bytes) or len(found) != KEY_BYTES:
            raise StorageError("PSY714", problem="64 hexadecimal digits are expected")
        return found

    def _asked(self, what: str, given: bytes) -> bytes:
        try:
            (found,) = entry_points(group=KMS_GROUP, name=self.kms)
            answer: bytes = getattr(found.load(), what)(given)
        except Exception as error:
            failed = type(error).__name__
        else:
            return answer
        # Raised out here: what a KMS says may quote what it was asked.
        raise StorageError("PSY714", problem=f"KMS {self.kms}: {failed}")


def read_places(settings: Mapping[str, Any], folder: Path) -> tuple[Path, Sources]:
    """The key store's file and the places of the keys. Raises PlanError PSY102 or PSY103."""
    for key in settings.keys() - {"use", "store", "key", "next_key", "kms"}:
        raise PlanError("PSY102", path=f"vault.{key}")
    store, kms = settings.get("store", "keys/vault.keys"), settings.get("kms", "")
    if not isinstance(store, str) or not store:
        raise PlanError("PSY103", path="vault.store", expected="a file's name")
    if not isinstance(kms, str):
        raise PlanError("PSY103", path="vault.kms", expected="a name")
    given = settings.get("next_key")
    return folder / store, Sources(
        key=_place(settings.get("key", {"file": "keys/vault.kek"}), "key", folder),
        next_key=_place(given, "next_key", folder) if given is not None else None,
        kms=kms,
    )


def _place(given: object, name: str, folder: Path) -> Place:
    match given:
        case {"env": str(variable), **rest} if variable and not rest:
            return Place(env=variable)
        case {"file": str(file), **rest} if file and not rest:
            return Place(file=folder / file)
    raise PlanError(
        "PSY103", path=f"vault.{name}", expected='{ env = "NAME" } or { file = "PATH" }'
    )
