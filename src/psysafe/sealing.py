"""Between bytes and the store: every body goes through the school's vault, bound to its place.

The engine knows a subject by its id; the store knows it by the vault's pseudonym and sees sealed
bytes only. A sealed body is bound to school, subject and place, so it cannot be opened as
anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from psysafe.contracts.extras import Batching, Certain, Erasing, SealContext, Vault
from psysafe.errors import PluginError, StorageError
from psysafe.ids import CommandId

SCHOOL_SUBJECT: Final = "school"
"""The subject of what is about nobody: the roster, the plan, the school's own events."""

#: Codes of what is wrong with one body alone: damaged, its key not there, changed. Every other
#: record can still be read.
ONE_BODY: Final = frozenset({"PSY403", "PSY711", "PSY712"})
ERASED: Final = "PSY713"

#: A batch asks for the same few hundred pseudonyms several times each.
_MOST_PSEUDONYMS: Final = 2048

_PSEUDONYM = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def event_place(command: CommandId, ordinal: int) -> str:
    """The place to which an event's body is bound: command id and number within the command."""
    return f"{command}/{ordinal}"


class Sealer:
    """A vault joined to contexts. `name` is the vault's, for errors.

    Whatever a vault raises that is no StorageError becomes one (PSY406) that names the sort of
    failure only: a plugin's exception may carry the body in its text.
    """

    __slots__ = ("_name", "_pseudonyms", "_vault")

    def __init__(self, vault: Vault, name: str = "null") -> None:
        self._vault = vault
        self._name = name
        self._pseudonyms: dict[str, str] = {}

    def pseudonym(self, subject: str) -> str:
        """The name under which the store knows a subject; always the same, fit for a key.

        Raises StorageError where the vault fails, PluginError PSY505 where it gives no pseudonym.
        """
        known = self._pseudonyms.get(subject)
        return known or self._kept(subject, self._answer(self._vault.pseudonym, subject))

    def known(self, subject: str) -> str | None:
        """As `pseudonym`, without making one: None where the vault knows nobody of that name."""
        known = self._pseudonyms.get(subject)
        if known is None and (found := self._answer(self._vault.known, subject)) is not None:
            return self._kept(subject, found)
        return known

    def make_ready(self, subjects: Sequence[str]) -> None:
        """Make the keys of many new subjects at once, where the vault can; else one by one."""
        if isinstance(self._vault, Batching):
            self._answer(self._vault.make_ready, subjects)

    def erase(self, subject: str) -> None:
        """Destroy a subject's keys, where the vault has any. Raises StorageError."""
        if isinstance(self._vault, Erasing):
            self._answer(self._vault.erase, subject)
        self._pseudonyms.pop(subject, None)

    def make_sure(self) -> None:
        """Raises StorageError where the vault works on what it remembers only."""
        if isinstance(self._vault, Certain):
            self._answer(self._vault.make_sure)

    def let_go(self) -> None:
        """Let go of the names that were asked for."""
        self._pseudonyms.clear()

    def _kept(self, subject: str, found: object) -> str:
        if not isinstance(found, str) or not _PSEUDONYM.fullmatch(found):
            raise self._unfit(found, "pseudonym")
        if len(self._pseudonyms) >= _MOST_PSEUDONYMS:
            self._pseudonyms.clear()
        self._pseudonyms[subject] = found
        return found

    def seal(self, part: str, subject: str, place: str, body: bytes, item: str = "") -> bytes:
        """The sealed body. `place` is the document's key or `event_place`, `item` the most private
        item class in it. Raises StorageError.
        """
        known = self._pseudonyms.get(subject) or self.pseudonym(subject)
        context = SealContext(part=part, subject=known, place=place, item=item)
        return self._bytes(self._vault.seal, context, body)

    def open(self, part: str, subject: str, place: str, sealed: bytes) -> bytes:
        """The body again. Raises StorageError as `Vault.open`."""
        known = self.known(subject)
        if known is None:
            raise StorageError("PSY711", record=place, problem="no key was ever made")
        return self.open_stored(part, known, place, sealed)

    def open_stored(self, part: str, pseudonym: str, place: str, sealed: bytes) -> bytes:
        """As `open`, for whoever walks the journal and knows the pseudonym only."""
        context = SealContext(part=part, subject=pseudonym, place=place)
        return self._bytes(self._vault.open, context, sealed)

    def _bytes(
        self, ask: Callable[[SealContext, bytes], object], context: SealContext, given: bytes
    ) -> bytes:
        found = self._answer(ask, context, given)
        if not isinstance(found, bytes):
            raise self._unfit(found, "bytes")
        return found

    def _answer(self, ask: Callable[..., object], *about: object) -> object:
        try:
            return ask(*about)
        except StorageError:
            raise
        except Exception as error:
            failed = type(error).__name__
        # Raised out here, so that the plugin's own text does not travel as its context.
        raise StorageError("PSY406", problem=f"vault {self._name}: {failed}")

    def _unfit(self, found: object, expected: str) -> PluginError:
        name = type(found).__name__
        return PluginError("PSY505", plugin=self._name, found=name, expected=expected)
