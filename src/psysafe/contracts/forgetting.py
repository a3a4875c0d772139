"""Two further abilities of a store: to forget somebody, and to be copied while it is in use.

Forgetting is the one thing that reaches back into the journal. Bodies are emptied and their SHA-256
stays, so the chain over everything else can still be proved.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import attrs

from psysafe.contracts.storage import Changes, Committed, Conflict, Duplicate
from psysafe.ids import Part


@attrs.frozen(kw_only=True)
class Whom:
    """What goes when somebody is forgotten."""

    streams: tuple[str, ...]
    """streams of which every event is emptied; the whole name counts, never a beginning"""
    subjects: tuple[str, ...] = ()
    """pseudonyms: every document whose index names one of them goes"""
    references: tuple[str, ...] = ()
    """an entry of the outbox goes where its reference, cut at `|`, has one of these among its
    parts"""


@runtime_checkable
class Forgetting(Protocol):
    """To forget somebody, in one commit with the line that says so."""

    def forget(self, part: Part, changes: Changes, whom: Whom) -> Committed | Conflict | Duplicate:
        """As `commit`, and in the same step `whom` goes; a conflict or a repetition forgets nobody.

        An emptied event keeps header, link and place; its `emptied` is the SHA-256 of what its body
        was. Where it was the last of its commit, content and receipt of that commit are emptied
        too: a digest of few words can be guessed. Doing it again changes nothing that is emptied.
        """
        ...

    def compact(self) -> None:
        """Leave nothing on the disk of what was emptied or deleted. Calling it again does no harm.

        Raises StorageError PSY406 where somebody else is in the way; nothing is half done then.
        """
        ...


@runtime_checkable
class Copying(Protocol):
    """To be copied as it is at one moment, while others go on writing."""

    def copy_to(self, file: Path) -> None:
        """Everything in one new file that this storage opens; nobody but its owner may read it.

        Raises StorageError PSY406; then there is no file.
        """
        ...

    def move_to(self, file: Path) -> None:
        """Close it and move everything to another file. Nothing can be done with it afterwards.

        Raises StorageError PSY728 where another process has it open; then nothing was moved.
        """
        ...


def concerns(reference: str, references: frozenset[str]) -> bool:
    """Whether an outbox entry with that reference is about one of these."""
    return not references.isdisjoint(reference.split("|"))
