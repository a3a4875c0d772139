"""What a store may be able to do besides the six methods: each is asked for where it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

from psysafe.contracts.storage import KEPT_KIND, Put, document_kind
from psysafe.errors import StorageError
from psysafe.ids import Part


@runtime_checkable
class Waiting(Protocol):
    """An extra ability: to say when the next entry is due, for a loop that wants to sleep."""

    def next_due(self, parts: Sequence[Part]) -> datetime | None: ...


@runtime_checkable
class SelfChecking(Protocol):
    """An extra ability: to find what the store itself wrote twice and finds in two versions.

    A list that walks an index with a damaged value leaves somebody out, and no journal shows it.
    """

    def flaws(self, part: Part) -> tuple[str, ...]:
        """The keys of documents that an index has at another place than the document says, and
        `file` where the file's own structure is damaged. Reads everything."""
        ...


@runtime_checkable
class Keeping(Protocol):
    """An extra ability: to keep what no journal makes, such as how much went over a channel.

    Only documents of kind `channel`: nothing that anybody decides about a person.
    """

    def keep(
        self, part: Part, put: Sequence[Put], expect: Mapping[str, int], delete: Sequence[str] = ()
    ) -> bool:
        """Write and delete documents outside the chain, all or none; whether it was done.

        It is not done where a document has another version than `expect` says (0: not there).
        Raises StorageError PSY409 for a document of another kind.
        """
        ...


@runtime_checkable
class Grouping(Protocol):
    """An extra ability: to make several writes of one thread durable together, which costs one."""

    def together(self, part: Part) -> AbstractContextManager[None]:
        """Within the block each write is done or undone by itself as ever, and this thread reads
        what it wrote. At its end all of them become durable, or none: then StorageError.

        Nothing slow may happen inside: other writers wait.
        """
        ...


def check_kept(put: Sequence[Put], delete: Sequence[str]) -> None:
    """What `keep` refuses in every store. Raises StorageError PSY409."""
    keys = [*(one.key for one in put), *delete]
    if any(document_kind(key) != KEPT_KIND for key in keys) or len(set(keys)) != len(keys):
        raise StorageError("PSY409", problem="a document that belongs into the journal")
