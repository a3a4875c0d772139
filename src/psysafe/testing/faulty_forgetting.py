"""Stores that forget badly, each in one way that happens: the kit must see every one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from psysafe.builtin.memory import MemoryStorage, _School
from psysafe.contracts.forgetting import Whom
from psysafe.contracts.storage import Changes, Committed, Conflict, Duplicate, Record
from psysafe.ids import Part


class LeavesTheBodies(MemoryStorage):
    """Marks an event as emptied and leaves what it said."""

    def _emptied(self, record: Record) -> Record:
        return attrs.evolve(super()._emptied(record), body=record.body)


class LosesTheDigest(MemoryStorage):
    """Empties a body without keeping its digest, so that nothing after it can be proved."""

    def _emptied(self, record: Record) -> Record:
        return attrs.evolve(record, body=b"")


class EmptiesWhatIsAlike(MemoryStorage):
    """Takes a stream's name for the beginning of names."""

    def _empty(self, school: _School, whom: Whom) -> None:
        alike = {r.stream for r in school.journal if r.stream.startswith(whom.streams)}
        super()._empty(school, attrs.evolve(whom, streams=tuple(alike)))


class LeavesDocuments(MemoryStorage):
    """Forgets the journal and leaves the lists."""

    def _empty(self, school: _School, whom: Whom) -> None:
        super()._empty(school, attrs.evolve(whom, subjects=()))


class LeavesWhatWaits(MemoryStorage):
    """Goes on calling about somebody who was forgotten."""

    def _empty(self, school: _School, whom: Whom) -> None:
        super()._empty(school, attrs.evolve(whom, references=()))


class DropsWhatIsAlike(MemoryStorage):
    """Takes a reference that begins alike for one about the same person."""

    def _empty(self, school: _School, whom: Whom) -> None:
        super()._empty(school, whom)
        for key, waiting in list(school.outbox.items()):
            if waiting.entry.reference.startswith(whom.references):
                del school.outbox[key]


class KeepsTheContent(MemoryStorage):
    """Keeps the digest of what was asked, of which few words can be guessed."""

    def _empty(self, school: _School, whom: Whom) -> None:
        held = dict(school.receipts)
        super()._empty(school, whom)
        school.receipts.update(held)


class ForgetsOnConflict(MemoryStorage):
    """Forgets although what was decided upon has changed."""

    def forget(self, part: Part, changes: Changes, whom: Whom) -> Committed | Conflict | Duplicate:
        outcome = super().forget(part, changes, whom)
        if isinstance(outcome, Conflict):
            self._empty(self._school(part), whom)
        return outcome


class EmptiesTwice(MemoryStorage):
    """Takes the digest of the emptiness when it is asked again."""

    def _empty(self, school: _School, whom: Whom) -> None:
        for at, record in enumerate(school.journal):
            if record.stream in whom.streams:
                school.journal[at] = attrs.evolve(record, emptied=None)
        super()._empty(school, whom)


class ForgetsEverywhere(MemoryStorage):
    """Forgets in every school what one school forgets."""

    def forget(self, part: Part, changes: Changes, whom: Whom) -> Committed | Conflict | Duplicate:
        outcome = super().forget(part, changes, whom)
        for school in self._schools.values():
            self._empty(school, whom)
        return outcome


FORGETFUL_STORES: Final[Mapping[type[MemoryStorage], str]] = {
    LeavesTheBodies: "test_bodies_of_whom_is_forgotten_are_empty_and_the_chain_is_whole",
    LosesTheDigest: "test_bodies_of_whom_is_forgotten_are_empty_and_the_chain_is_whole",
    EmptiesWhatIsAlike: "test_bodies_of_whom_is_forgotten_are_empty_and_the_chain_is_whole",
    LeavesDocuments: "test_documents_of_whom_is_forgotten_are_gone_from_every_list",
    LeavesWhatWaits: "test_what_waits_about_whom_is_forgotten_is_never_claimed",
    DropsWhatIsAlike: "test_what_waits_about_whom_is_forgotten_is_never_claimed",
    KeepsTheContent: "test_the_digest_of_what_was_asked_goes_with_it",
    ForgetsOnConflict: "test_a_conflict_forgets_nobody",
    EmptiesTwice: "test_forgetting_again_changes_nothing_that_is_emptied",
    ForgetsEverywhere: "test_another_school_forgets_nobody",
}
