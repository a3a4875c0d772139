"""Stores that are broken on purpose, each in one way that happens: the kit must see every one.

`BROKEN_STORES` names the rule of the kit that must fail for each. They show that a kit which
passes means something; nothing else may use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.builtin.memory import MemoryStorage, _School, _Waiting
from psysafe.contracts.storage import (
    Changes,
    Claimed,
    Committed,
    Conflict,
    Document,
    Duplicate,
    Entry,
    Page,
    Put,
    Query,
    Settlement,
    Snapshot,
    commit_digest,
    next_link,
)
from psysafe.ids import Part


class HalfPutOnConflict(MemoryStorage):
    """Writes documents one by one and notices the conflict at the end."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        told = super().commit(part, changes, settle)
        if isinstance(told, Conflict):
            school = self._school(part)
            for put in changes.put:
                if put.key not in told.keys:
                    school.documents[put.key] = self._document(school, put)
        return told


class EventsOfRefusedCommits(MemoryStorage):
    """Gives out positions before it knows whether the commit will stand."""

    def _stale(self, school: _School, expect: Mapping[str, int]) -> tuple[str, ...]:
        stale = super()._stale(school, expect)
        school.position += bool(stale)
        return stale


class TrustsReaders(MemoryStorage):
    """Holds only the expectations of documents that it writes."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        written = {put.key for put in changes.put} | set(changes.delete)
        expect = {key: version for key, version in changes.expect.items() if key in written}
        return super().commit(part, attrs.evolve(changes, expect=expect), settle)


class OverwritesTheUnexpected(MemoryStorage):
    """Takes version 0 to mean: no expectation."""

    def _stale(self, school: _School, expect: Mapping[str, int]) -> tuple[str, ...]:
        return super()._stale(school, {key: version for key, version in expect.items() if version})


class NamesOneConflict(MemoryStorage):
    """Stops looking at the first conflict."""

    def _stale(self, school: _School, expect: Mapping[str, int]) -> tuple[str, ...]:
        return super()._stale(school, expect)[:1]


class LosesTheEmptyBody(MemoryStorage):
    """Takes an empty body for none."""

    def _document(self, school: _School, put: Put) -> Document:
        document = super()._document(school, put)
        return attrs.evolve(document, body=document.body or b"null")


class LosesAZero(MemoryStorage):
    """Takes the index value "0" for no value."""

    def _document(self, school: _School, put: Put) -> Document:
        document = super()._document(school, put)
        return attrs.evolve(
            document, index={f: v for f, v in document.index.items() if v not in ("0", "None")}
        )


class CountsOnAfterDeletion(MemoryStorage):
    """Leaves a deleted document behind as an empty one."""

    def _write(self, school: _School, changes: Changes) -> None:
        super()._write(school, attrs.evolve(changes, delete=()))
        for key in changes.delete:
            if key in school.documents:
                school.documents[key] = attrs.evolve(school.documents[key], body=b"")


class VersionsJump(MemoryStorage):
    """Uses the school's position as a version."""

    def _document(self, school: _School, put: Put) -> Document:
        return attrs.evolve(super()._document(school, put), version=school.position)


class PositionsHaveGaps(MemoryStorage):
    """An identity column: a number that is taken and not used is never seen again."""

    def _next_position(self, school: _School) -> int:
        return school.position + (2 if school.position % 3 == 2 else 1)


class ChainsOverBodies(MemoryStorage):
    """Makes the link over the bodies themselves, so that erasing one breaks the chain."""

    def _chain(self, school: _School, changes: Changes) -> bytes:
        whole = b"".join(event.header + event.body for event in changes.events)
        return next_link(school.link, whole)


class ChainsFromNothing(MemoryStorage):
    """Links every commit to the beginning instead of to the one before."""

    def _chain(self, school: _School, changes: Changes) -> bytes:
        return next_link(bytes(32), commit_digest(changes.events))


class LinksEveryEvent(MemoryStorage):
    """Puts the commit's link on all its events."""

    def _write(self, school: _School, changes: Changes) -> None:
        first = len(school.journal)
        super()._write(school, changes)
        school.journal[first:] = [attrs.evolve(r, link=school.link) for r in school.journal[first:]]


class ForgetsCommands(MemoryStorage):
    """Does not know a command that it has seen."""

    def _write(self, school: _School, changes: Changes) -> None:
        super()._write(school, changes)
        del school.receipts[changes.actor, changes.command]


class OneCommandForAll(MemoryStorage):
    """Knows commands by their id alone, whoever sends them."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        return super().commit(part, attrs.evolve(changes, actor="everybody"), settle)


class ConflictBeforeDuplicate(MemoryStorage):
    """Tells whoever repeats a command that somebody else was faster: it was themselves."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        with self._lock:
            stale = self._stale(self._school(part), changes.expect)
        return Conflict(stale) if stale else super().commit(part, changes, settle)


class LastReceiptWins(MemoryStorage):
    """Answers a repetition with what the repetition brought."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        told = super().commit(part, changes, settle)
        if isinstance(told, Duplicate):
            return attrs.evolve(told, content=changes.content, receipt=changes.receipt)
        return told


class SettlesOnConflict(MemoryStorage):
    """Settles what woke the command although the command came to nothing."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        told = super().commit(part, changes, settle)
        if isinstance(told, Conflict):
            self.settle(part, settle)
        return told


class SettlesOnRepetition(MemoryStorage):
    """Settles a second time when a command is repeated."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        told = super().commit(part, changes, settle)
        if isinstance(told, Duplicate):
            self.settle(part, settle)
        return told


class StaleTokenStopsTheCommit(MemoryStorage):
    """Refuses the whole commit for one token that is stale."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        waiting = self._school(part).outbox
        stale = [s.key for s in settle if s.key in waiting and waiting[s.key].token != s.token]
        return Conflict(tuple(stale)) if stale else super().commit(part, changes, settle)


class SettlesStaleTokens(MemoryStorage):
    """Does not look at the token."""

    def _settle_one(self, school: _School, result: Settlement) -> bool:
        waiting = school.outbox.get(result.key)
        if waiting is None or waiting.token is None:
            return False
        return super()._settle_one(school, attrs.evolve(result, token=waiting.token))


class OverwritesEntries(MemoryStorage):
    """Puts an entry in the place of the one that waits under its key."""

    def _queue(self, school: _School, entries: Iterable[Entry]) -> None:
        for entry in entries:
            school.outbox[entry.key] = _Waiting(entry)


class QueuesBeforeSettling(MemoryStorage):
    """Loses an entry that is queued afresh by the commit that settles the old one."""

    def _write(self, school: _School, changes: Changes) -> None:
        super()._write(school, changes)
        super()._queue(school, changes.outbox)

    def _queue(self, school: _School, entries: Iterable[Entry]) -> None:
        """Too late: it was done before settling."""


class LeasesTwice(MemoryStorage):
    """Hands an entry to everybody who asks."""

    def _take(self, part: Part, waiting: _Waiting, until: datetime) -> Claimed:
        claimed = super()._take(part, waiting, until)
        school = self._school(part)
        school.outbox[claimed.key] = attrs.evolve(school.outbox[claimed.key], until=None)
        return claimed


class ForgetsAmbiguity(MemoryStorage):
    """Hands out a second attempt as if nothing had been tried."""

    def _take(self, part: Part, waiting: _Waiting, until: datetime) -> Claimed:
        return attrs.evolve(super()._take(part, waiting, until), ambiguous=False)


class ForgetsAttempts(MemoryStorage):
    """Starts counting again when an entry is due again."""

    def _settle_one(self, school: _School, result: Settlement) -> bool:
        settled = super()._settle_one(school, result)
        if settled and result.again is not None:
            waiting = school.outbox[result.key]
            school.outbox[result.key] = attrs.evolve(waiting, attempt=0)
        return settled


class KeepsTheLease(MemoryStorage):
    """Leaves the lease on an entry that is due again."""

    def _settle_one(self, school: _School, result: Settlement) -> bool:
        before = school.outbox.get(result.key)
        settled = super()._settle_one(school, result)
        if settled and before is not None and result.again is not None:
            waiting = school.outbox[result.key]
            kept = attrs.evolve(waiting, token=before.token, until=before.until)
            school.outbox[result.key] = kept
        return settled


class TokensOfOneSecond(MemoryStorage):
    """Makes tokens from the time alone: two claims of one moment share theirs."""

    def _take(self, part: Part, waiting: _Waiting, until: datetime) -> Claimed:
        claimed = super()._take(part, waiting, until)
        school, token = self._school(part), int(until.timestamp())
        school.outbox[claimed.key] = attrs.evolve(school.outbox[claimed.key], token=token)
        return attrs.evolve(claimed, token=token)


class OldestFirst(MemoryStorage):
    """Takes what waits longest, so that a crisis waits behind the digest."""

    def claim(
        self, parts: Sequence[Part], now: datetime, limit: int, lease: timedelta
    ) -> tuple[Claimed, ...]:
        for part in parts:
            for waiting in list(self._school(part).outbox.values()):
                if waiting.free <= now:
                    entry = attrs.evolve(waiting.entry, urgency=0)
                    self._school(part).outbox[entry.key] = attrs.evolve(waiting, entry=entry)
        return super().claim(parts, now, limit, lease)


class ClaimsTooMuch(MemoryStorage):
    """Takes everything that is due, whatever was asked for."""

    def claim(
        self, parts: Sequence[Part], now: datetime, limit: int, lease: timedelta
    ) -> tuple[Claimed, ...]:
        return super().claim(parts, now, 1_000_000, lease)


class MixesSchools(MemoryStorage):
    """Keeps the documents of all schools together."""

    def _school(self, part: Part) -> _School:
        school = super()._school(part)
        shared: _School = super()._school(Part("all"))
        school.documents = shared.documents
        return school


class CursorRepeatsItsRow(MemoryStorage):
    """Names the last row of a page and begins the next one with it."""

    def query(self, part: Part, query: Query) -> Page:
        page = super().query(part, query)
        if page.cursor is None or len(page.documents) < 2:
            return page
        before = attrs.evolve(query, limit=len(page.documents) - 1)
        return Page(page.documents, super().query(part, before).cursor)


class PagesLoseTheLastRow(MemoryStorage):
    """Says that there is no more when exactly one row is left."""

    def query(self, part: Part, query: Query) -> Page:
        page = super().query(part, query)
        more = super().query(part, attrs.evolve(query, limit=query.limit + 1))
        return page if more.cursor else Page(page.documents, None)


class ListsByKey(MemoryStorage):
    """Orders a list by key instead of by its index."""

    def query(self, part: Part, query: Query) -> Page:
        page = super().query(part, query)
        return Page(tuple(sorted(page.documents, key=lambda d: d.key)), page.cursor)


class WalksTheSchool(MemoryStorage):
    """Answers an undeclared query by looking at everything."""

    def query(self, part: Part, query: Query) -> Page:
        if query.index == "tier":
            return super().query(part, attrs.evolve(query, index="kind"))
        return super().query(part, query)


class ReadsLate(MemoryStorage):
    """Reads from a copy that lags one commit behind."""

    def __init__(self) -> None:
        super().__init__()
        self._copies: dict[Part, dict[str, Document]] = {}

    def _write(self, school: _School, changes: Changes) -> None:
        for part, known in self._schools.items():
            if known is school:
                self._copies[part] = dict(school.documents)
        super()._write(school, changes)

    def read(self, part: Part, keys: Sequence[str]) -> Snapshot:
        snapshot, copy = super().read(part, keys), self._copies.get(part, {})
        return attrs.evolve(snapshot, documents={k: copy[k] for k in keys if k in copy})


class LosesUpdates(MemoryStorage):
    """Compares versions outside the lock under which it writes."""

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        with self._lock:
            stale = self._stale(self._school(part), changes.expect)
        if stale:
            return Conflict(stale)
        return super().commit(part, attrs.evolve(changes, expect={}), settle)


#: Each broken store and the rule of the kit that must see it.
BROKEN_STORES: Final[Mapping[type[MemoryStorage], str]] = {
    HalfPutOnConflict: "test_nothing_of_a_conflicting_commit_is_kept",
    EventsOfRefusedCommits: "test_positions_are_contiguous_from_one_whatever_was_refused",
    TrustsReaders: "test_a_document_that_was_only_read_must_not_have_changed",
    OverwritesTheUnexpected: "test_a_document_expected_absent_must_be_absent",
    NamesOneConflict: "test_an_outdated_expectation_is_a_conflict_that_names_what_changed",
    LosesTheEmptyBody: "test_every_body_is_read_back_byte_for_byte",
    LosesAZero: "test_every_index_value_is_read_back",
    CountsOnAfterDeletion: "test_a_deleted_document_is_gone_and_starts_anew",
    VersionsJump: "test_every_put_makes_the_next_version_and_no_more",
    PositionsHaveGaps: "test_positions_are_contiguous_from_one_whatever_was_refused",
    ChainsOverBodies: "test_the_chain_can_be_proved_from_the_raw_journal",
    ChainsFromNothing: "test_the_chain_can_be_proved_from_the_raw_journal",
    LinksEveryEvent: "test_only_the_last_event_of_a_commit_carries_its_link",
    ForgetsCommands: "test_a_repeated_command_is_answered_with_its_first_receipt",
    OneCommandForAll: "test_the_same_command_id_of_somebody_else_is_another_command",
    ConflictBeforeDuplicate: "test_a_repetition_is_known_before_a_conflict_is_looked_for",
    LastReceiptWins: "test_a_repeated_command_is_answered_with_its_first_receipt",
    SettlesOnConflict: "test_nothing_of_a_conflicting_commit_is_kept",
    SettlesOnRepetition: "test_nothing_of_a_repeated_command_is_kept",
    StaleTokenStopsTheCommit: "test_a_commit_with_a_stale_token_goes_on_without_it",
    SettlesStaleTokens: "test_a_stale_token_settles_nothing",
    OverwritesEntries: "test_a_waiting_entry_is_not_changed_by_another_of_its_key",
    QueuesBeforeSettling: "test_a_settled_key_can_be_queued_afresh_even_in_the_same_commit",
    LeasesTwice: "test_a_leased_entry_is_nobody_elses_until_its_lease_ends",
    ForgetsAmbiguity: "test_an_attempt_that_was_never_settled_comes_back_as_ambiguous",
    ForgetsAttempts: "test_an_entry_due_again_keeps_its_attempts_and_is_not_ambiguous",
    KeepsTheLease: "test_an_entry_due_again_at_once_has_lost_its_lease",
    TokensOfOneSecond: "test_no_two_claims_have_the_same_token",
    OldestFirst: "test_what_is_due_comes_by_urgency_then_time_then_key",
    ClaimsTooMuch: "test_what_is_due_comes_by_urgency_then_time_then_key",
    MixesSchools: "test_a_school_sees_nothing_of_its_neighbour",
    CursorRepeatsItsRow: "test_pages_join_to_the_whole_without_gap_or_repetition",
    PagesLoseTheLastRow: "test_a_page_that_is_just_full_says_whether_there_is_more",
    ListsByKey: "test_a_query_gives_exactly_its_prefixes_in_index_order",
    WalksTheSchool: "test_a_query_that_no_index_answers_is_refused",
    ReadsLate: "test_every_put_makes_the_next_version_and_no_more",
    LosesUpdates: "test_no_update_is_lost_between_writers",
}
