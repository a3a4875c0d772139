"""The kit's rules for a store that can forget somebody, and be copied."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from psysafe.contracts.forgetting import Copying, Forgetting, Whom
from psysafe.contracts.storage import (
    FIRST_LINK,
    Committed,
    Conflict,
    Duplicate,
    Query,
    Record,
    commit_digest,
    next_link,
)
from psysafe.testing.commits import School, changes, entry, event, put
from psysafe.testing.storage_bench import StorageBench

MINE, LIKE_MINE, OTHER = "file/s-1", "file/s-10", "file/s-2"
WHOM = Whom(streams=(MINE, "audit/s-1"), subjects=("p-1",), references=("s-1", "n-1"))


def _filled(school: School) -> None:
    """Two people with events, documents and entries, and a third whose id begins like one's."""
    school.keep(
        put("file/s-1", b"one", subject="p-1"),
        put("sheet/s-1/phq9/1", b"two", subject="p-1", owner="c-1", lifecycle="whole"),
        put("file/s-2", b"three", subject="p-2"),
        put("file/s-10", b"four", subject="p-10"),
        put("roster", b"five", subject="school"),
        events=[event(1, MINE, b"secret"), event(2, LIKE_MINE, b"kept"), event(3, MINE, b"more")],
        outbox=[entry("step/r-1/0", reference="s-1|r-1|0"), entry("send/n-1", reference="n-1|sms")],
    )
    school.keep(
        events=[event(4, OTHER, b"other"), event(5, "audit/s-1", b"")],
        outbox=[entry("step/r-2/0", reference="s-10|r-2|0"), entry("send/n-2", reference="n-2")],
    )


def _whole(records: tuple[Record, ...]) -> bool:
    """Whether every link can be made again from what stands in the journal."""
    link, pending = FIRST_LINK, list[Record]()
    for one in records:
        pending.append(one)
        if one.link is not None:
            link, pending = next_link(link, commit_digest(pending)), []
            if link != one.link:
                return False
    return not pending


class ForgettingRules(StorageBench):
    """What is forgotten is gone everywhere, everything else is as it was, the chain is whole."""

    def _forgets(self) -> Forgetting:
        store = self.store
        if not isinstance(store, Forgetting):
            pytest.skip("this store cannot forget")
        return store

    def _forgot(self, school: School) -> Committed:
        told = changes("cmd-forget", events=[event(9, "erasure/m-1", b"said")])
        outcome = self._forgets().forget(school.part, told, WHOM)
        assert isinstance(outcome, Committed), outcome
        return outcome

    def test_bodies_of_whom_is_forgotten_are_empty_and_the_chain_is_whole(self) -> None:
        school = self.school()
        self._forgets()
        _filled(school)
        before = {one.position: one for one in school.journal()}
        self._forgot(school)
        after = school.journal()
        assert _whole(after)
        for one in after[:-1]:
            old = before[one.position]
            about = one.stream in WHOM.streams
            assert one.body == (b"" if about else old.body)
            assert one.emptied == (sha256(old.body).digest() if about else None)
            assert (one.stream, one.actor, one.command, one.header, one.link) == (
                old.stream,
                old.actor,
                old.command,
                old.header,
                old.link,
            )
        assert after[-1].stream == "erasure/m-1"
        assert after[-1].body == b"said"
        head = self.store.read(school.part, [])
        assert (head.position, head.link) == (after[-1].position, after[-1].link)

    def test_a_stream_reads_emptied_as_the_whole_journal_does(self) -> None:
        school = self.school()
        self._forgets()
        _filled(school)
        self._forgot(school)
        mine = self.store.journal(school.part, 0, 100, stream=MINE)
        assert [one for one in school.journal() if one.stream == MINE] == list(mine)
        assert all(one.emptied is not None for one in mine)

    def test_documents_of_whom_is_forgotten_are_gone_from_every_list(self) -> None:
        school = self.school()
        self._forgets()
        _filled(school)
        self._forgot(school)
        held = ["file/s-1", "sheet/s-1/phq9/1", "file/s-2", "file/s-10", "roster"]
        found = self.store.read(school.part, held).documents
        assert sorted(found) == ["file/s-10", "file/s-2", "roster"]
        assert school.keys(Query(index="kind", prefixes=(("sheet",),))) == []
        assert school.keys(Query(index="owner", prefixes=(("sheet", "c-1"),))) == []
        assert school.keys(Query(index="subject", prefixes=(("file", "p-1"),))) == []

    def test_what_waits_about_whom_is_forgotten_is_never_claimed(self) -> None:
        school = self.school()
        self._forgets()
        _filled(school)
        self._forgot(school)
        assert sorted(one.key for one in school.claim()) == ["send/n-2", "step/r-2/0"]

    def test_the_digest_of_what_was_asked_goes_with_it(self) -> None:
        school = self.school()
        self._forgets()
        asked = changes("cmd-x", events=[event(1, MINE, b"secret")], content=b"guess me")
        self.store.commit(school.part, asked)
        other = changes("cmd-y", events=[event(1, OTHER, b"other")], content=b"keep me")
        self.store.commit(school.part, other)
        self._forgot(school)
        again, kept = self.store.commit(school.part, asked), self.store.commit(school.part, other)
        assert isinstance(again, Duplicate)
        assert (again.content, again.receipt) == (b"", b"")
        assert isinstance(kept, Duplicate)
        assert (kept.content, kept.receipt) == (b"keep me", b"receipt")

    def test_a_conflict_forgets_nobody(self) -> None:
        school = self.school()
        self._forgets()
        _filled(school)
        before, keys = school.journal(), ["file/s-1", "sheet/s-1/phq9/1"]
        documents = self.store.read(school.part, keys)
        stale = changes("cmd-forget", expect={"file/s-1": 7})
        outcome = self._forgets().forget(school.part, stale, WHOM)
        assert outcome == Conflict(("file/s-1",))
        assert school.journal() == before
        assert self.store.read(school.part, keys) == documents
        assert len(school.claim()) == 4

    def test_forgetting_again_changes_nothing_that_is_emptied(self) -> None:
        school = self.school()
        self._forgets()
        _filled(school)
        self._forgot(school)
        before = school.journal()
        told = changes("cmd-forget", events=[event(9, "erasure/m-1", b"said")])
        repeated = self._forgets().forget(school.part, told, WHOM)
        assert isinstance(repeated, Duplicate)
        more = changes("cmd-again", events=[event(10, "erasure/m-2", b"said")])
        assert isinstance(self._forgets().forget(school.part, more, WHOM), Committed)
        assert school.journal()[:-1] == before
        assert _whole(school.journal())

    def test_another_school_forgets_nobody(self) -> None:
        school, neighbour = self.school(), self.school()
        self._forgets()
        _filled(neighbour)
        before = neighbour.journal()
        _filled(school)
        self._forgot(school)
        assert neighbour.journal() == before
        assert neighbour.version("file/s-1") == 1
        assert len(neighbour.claim()) == 4

    def test_everything_is_there_after_compacting(self) -> None:
        school = self.school()
        forgets = self._forgets()
        _filled(school)
        self._forgot(school)
        before = school.everything(["file/s-1", "file/s-2", "roster"])
        forgets.compact()
        forgets.compact()
        assert school.everything(["file/s-1", "file/s-2", "roster"]) == before
        school.keep(put("file/s-3"))

    def test_a_copy_is_made_of_one_moment_and_never_over_a_file(self) -> None:
        store = self.store
        if not isinstance(store, Copying):
            pytest.skip("this store is not copied")
        school = self.school()
        _filled(school)
        with TemporaryDirectory() as folder:
            file = Path(folder) / "copy"
            store.copy_to(file)
            assert file.stat().st_mode & 0o077 == 0
            content = file.read_bytes()
            assert b"secret" in content
            with pytest.raises(Exception, match="PSY406"):
                store.copy_to(file)
            assert file.read_bytes() == content
        school.keep(put("file/s-3"))
