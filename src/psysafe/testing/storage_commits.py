"""The kit's rules for commit, read and journal: all or nothing, once, in order, provable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from psysafe.contracts.storage import Committed, Conflict, Duplicate, Record
from psysafe.contracts.storage_abilities import Waiting
from psysafe.errors import StorageError
from psysafe.testing.commits import School, changes, done, entry, event, minutes, only, put
from psysafe.testing.storage_bench import LAW, StorageBench

BODIES = (b"", b"\0", b"0", b"None", b"\xff\xfe", "心理".encode(), bytes(range(256)), b"x" * 70_000)
TEXTS = ("0", "None", "null", "高一(3)班", "a'b", 'a"b', "%", "_", "a\\b", " ", "\U0001f600")
KEYS = ("case/1", "case/2", "file/1", "plan")


def recomputed(records: Iterable[Record]) -> list[bytes]:
    """Every commit's link, from the raw journal alone and with nothing of the library's."""
    link, links, commit = bytes(32), [], hashlib.sha256()
    for record in records:
        commit.update(len(record.header).to_bytes(4, "big") + record.header)
        commit.update(hashlib.sha256(record.body).digest())
        if record.link is not None:
            link = hashlib.sha256(link + commit.digest()).digest()
            links.append(link)
            commit = hashlib.sha256()
    return links


def refusal(school: School, command: str, **parts: object) -> str | None:
    """The code under which a commit is refused, None if it was kept."""
    try:
        school.store.commit(school.part, changes(command, **parts))  # type: ignore[arg-type]
    except StorageError as error:
        return error.code
    return None


class CommitRules(StorageBench):
    """What is written is there, whole, once, with its version, its place and its link."""

    def test_an_unknown_school_is_empty(self) -> None:
        school = self.school()
        snapshot = self.store.read(school.part, ["file/1"])
        assert (snapshot.position, snapshot.link) == (0, bytes(32))
        assert dict(snapshot.documents) == {}
        assert school.journal() == ()
        assert school.claim() == ()

    def test_every_body_is_read_back_byte_for_byte(self) -> None:
        school = self.school()
        for body in BODIES:
            school.keep(put("file/1", body), events=[event(1, body=body)])
            found = school.document("file/1")
            assert found is not None
            assert (found.key, found.body) == ("file/1", body)
            assert school.journal()[-1].body == body

    def test_every_index_value_is_read_back(self) -> None:
        school = self.school()
        for text in TEXTS:
            school.keep(put("case/1", owner=text, subject=text))
            found = school.document("case/1")
            assert found is not None
            assert dict(found.index) == {"kind": "case", "owner": text, "subject": text}

    def test_the_kind_is_the_key_up_to_its_first_slash(self) -> None:
        school = self.school()
        school.keep(put("case/1/2"), put("plan"), put("duty/1", kind="duty", owner=""))
        kinds = {}
        for key in ("case/1/2", "plan", "duty/1"):
            found = school.document(key)
            assert found is not None
            kinds[key] = dict(found.index)
        expected = {"case/1/2": {"kind": "case"}, "plan": {"kind": "plan"}}
        assert kinds == {**expected, "duty/1": {"kind": "duty"}}

    def test_a_snapshot_holds_what_there_is_of_what_was_asked(self) -> None:
        school = self.school()
        first = school.keep(put("file/1"), put("file/2"))
        snapshot = self.store.read(school.part, ["file/1", "file/9", "file/1"])
        assert set(snapshot.documents) == {"file/1"}
        assert (snapshot.position, snapshot.link) == (first.position, first.link)
        assert (snapshot.version("file/1"), snapshot.version("file/9")) == (1, 0)
        assert self.store.read(school.part, []).position == first.position

    def test_every_put_makes_the_next_version_and_no_more(self) -> None:
        school = self.school()
        for version in range(1, 5):
            school.keep(put("file/1"), put(f"file/other-{version}"), events=[event(), event()])
            assert school.version("file/1") == version
        school.keep(put("file/1", owner="staff:t-002"))
        assert school.version("file/1") == 5
        school.keep(put("file/2"))
        assert school.version("file/1") == 5

    def test_a_deleted_document_is_gone_and_starts_anew(self) -> None:
        school = self.school()
        school.keep(put("file/1"), put("file/2"))
        school.keep(put("file/1"))
        school.keep(delete=["file/1", "file/never-there"])
        assert school.document("file/1") is None
        assert school.version("file/2") == 1
        assert isinstance(school.attempt(put("file/1"), expect={"file/1": 0}), Committed)
        assert school.version("file/1") == 1

    def test_an_expectation_that_holds_lets_the_commit_through(self) -> None:
        school = self.school()
        assert isinstance(school.attempt(put("file/1"), expect={"file/1": 0}), Committed)
        done = school.attempt(put("file/1"), expect={"file/1": 1, "plan": 0})
        assert isinstance(done, Committed)

    def test_an_outdated_expectation_is_a_conflict_that_names_what_changed(self) -> None:
        school = self.school()
        school.keep(put("file/1"), put("file/2"), put("file/3"))
        school.keep(put("file/1"), put("file/3"))
        told = school.attempt(put("file/1"), expect={"file/1": 1, "file/2": 1, "file/3": 1})
        assert isinstance(told, Conflict)
        assert sorted(told.keys) == ["file/1", "file/3"]

    def test_a_document_that_was_only_read_must_not_have_changed(self) -> None:
        school = self.school()
        school.keep(put("plan"))
        school.keep(put("plan"))
        told = school.attempt(put("file/1"), expect={"file/1": 0, "plan": 1})
        assert told == Conflict(("plan",))
        assert school.document("file/1") is None

    def test_a_document_expected_absent_must_be_absent(self) -> None:
        school = self.school()
        school.keep(put("file/1"))
        assert school.attempt(put("file/1"), expect={"file/1": 0}) == Conflict(("file/1",))
        assert school.attempt(put("file/2"), expect={"file/3": 2}) == Conflict(("file/3",))

    def test_nothing_of_a_conflicting_commit_is_kept(self) -> None:
        school = self.school()
        school.keep(put("file/1"), put("plan"), outbox=[entry("waiting")])
        held = only(school.claim())
        before = school.everything(KEYS)
        told = school.attempt(
            put("case/1"),
            put("file/1"),
            expect={"case/1": 0, "file/1": 7},
            events=[event(1), event(2)],
            delete=["plan"],
            outbox=[entry("new")],
            settle=[done(held)],
        )
        assert told == Conflict(("file/1",))
        assert school.everything(KEYS) == before
        assert [c.key for c in school.claim(minutes(1))] == ["waiting"]

    def test_a_repeated_command_is_answered_with_its_first_receipt(self) -> None:
        school = self.school()
        first = changes("cmd-a", content=b"one", receipt=b"first", events=[event(1), event(2)])
        kept = self.store.commit(school.part, first)
        assert isinstance(kept, Committed)
        school.keep()
        again = changes("cmd-a", content=b"two", receipt=b"second")
        expected = Duplicate(position=kept.position, content=b"one", receipt=b"first")
        assert self.store.commit(school.part, again) == expected

    def test_the_same_command_id_of_somebody_else_is_another_command(self) -> None:
        school, neighbour = self.school(), self.school()
        for actor in ("staff:t-001", "staff:t-002"):
            kept = self.store.commit(school.part, changes("cmd-a", actor=actor))
            assert isinstance(kept, Committed)
        kept = self.store.commit(neighbour.part, changes("cmd-a", actor="staff:t-001"))
        assert isinstance(kept, Committed)

    def test_nothing_of_a_repeated_command_is_kept(self) -> None:
        school = self.school()
        self.store.commit(school.part, changes("cmd-a", puts=[put("file/1")]))
        school.keep(outbox=[entry("waiting")])
        held = only(school.claim())
        before = school.everything(KEYS)
        again = changes("cmd-a", puts=[put("file/1"), put("plan")], outbox=[entry("new")])
        assert isinstance(self.store.commit(school.part, again, [done(held)]), Duplicate)
        assert school.everything(KEYS) == before
        assert [c.key for c in school.claim(minutes(1))] == ["waiting"]

    def test_a_repetition_is_known_before_a_conflict_is_looked_for(self) -> None:
        school = self.school()
        command = changes("cmd-a", expect={"file/1": 0}, puts=[put("file/1")])
        assert isinstance(self.store.commit(school.part, command), Committed)
        assert isinstance(self.store.commit(school.part, command), Duplicate)

    def test_a_conflict_does_not_use_up_the_command(self) -> None:
        school = self.school()
        lost = changes("cmd-a", expect={"file/1": 3}, puts=[put("file/1")])
        assert isinstance(self.store.commit(school.part, lost), Conflict)
        mended = changes("cmd-a", expect={"file/1": 0}, puts=[put("file/1")])
        assert isinstance(self.store.commit(school.part, mended), Committed)

    def test_what_no_store_could_find_again_is_refused(self) -> None:
        school = self.school()
        assert refusal(school, "cmd-1", events=()) == "PSY409"
        assert refusal(school, "cmd-2", puts=[put("file/1"), put("file/1")]) == "PSY409"
        assert refusal(school, "cmd-3", puts=[put("file/1")], delete=["file/1"]) == "PSY409"
        assert refusal(school, "cmd-4", puts=[put("file/1", name="x")]) == "PSY409"
        assert refusal(school, "cmd-5", puts=[put("file/1", kind="case")]) == "PSY409"
        assert school.journal() == ()

    def test_positions_are_contiguous_from_one_whatever_was_refused(self) -> None:
        @LAW
        @given(st.lists(st.sampled_from([1, 2, 3, 0]), max_size=8))
        def law(commits: list[int]) -> None:
            school, told = self.school(), 0
            for size in commits:
                if size:
                    told += size
                    kept = school.keep(events=[event(n) for n in range(size)])
                    assert kept.position == told
                else:
                    school.attempt(expect={"never/there": 1})
            assert [record.position for record in school.journal()] == list(range(1, told + 1))
            assert self.store.read(school.part, []).position == told

        law()

    def test_the_chain_can_be_proved_from_the_raw_journal(self) -> None:
        bodies = st.sampled_from([b"", b"a", b"\0" * 64])
        events = st.lists(st.tuples(st.integers(0, 3), bodies), min_size=1, max_size=3)

        @LAW
        @given(st.lists(events, max_size=5))
        def law(commits: list[list[tuple[int, bytes]]]) -> None:
            school = self.school()
            told = [school.keep(events=[event(n, body=b) for n, b in one]).link for one in commits]
            assert recomputed(school.journal()) == told
            assert self.store.read(school.part, []).link == (told[-1] if told else bytes(32))

        law()

    def test_only_the_last_event_of_a_commit_carries_its_link(self) -> None:
        school = self.school()
        kept = school.keep(events=[event(1), event(1), event(1)])
        assert [record.link for record in school.journal()] == [None, None, kept.link]

    def test_the_journal_tells_events_as_they_were_given(self) -> None:
        school = self.school()
        told = [event(1, "student/s-1", b"a"), event(2, "school", b"b"), event(3, "school", b"c")]
        self.store.commit(school.part, changes("cmd-a", actor="system:tick", events=told))
        for record, given_event in zip(school.journal(), told, strict=True):
            assert (record.actor, record.command) == ("system:tick", "cmd-a")
            assert (record.stream, record.header) == (given_event.stream, given_event.header)
            assert record.body == given_event.body

    def test_the_journal_is_read_in_pieces(self) -> None:
        school = self.school()
        for number in range(6):
            school.keep(events=[event(number)])
        read = self.store.journal
        assert [r.position for r in read(school.part, 2, 3)] == [3, 4, 5]
        assert [r.position for r in read(school.part, 5, 3)] == [6]
        assert read(school.part, 6, 3) == ()
        assert read(school.part, 0, 0) == ()

    def test_one_students_stream_is_read_without_the_others(self) -> None:
        school = self.school()
        streams = ["student/a", "student/b", "student/a", "student/ab", "student/a"]
        school.keep(events=[event(n, stream) for n, stream in enumerate(streams)])
        read = self.store.journal
        assert [r.position for r in read(school.part, 0, 9, "student/a")] == [1, 3, 5]
        assert [r.position for r in read(school.part, 1, 1, "student/a")] == [3]
        assert read(school.part, 0, 9, "student") == ()

    def test_a_school_sees_nothing_of_its_neighbour(self) -> None:
        school, neighbour = self.school(), self.school()
        school.keep(put("case/1", lifecycle="open"), outbox=[entry("waiting")])
        held = only(school.claim())
        assert neighbour.version("case/1") == 0
        assert neighbour.journal() == ()
        assert neighbour.claim(minutes(1)) == ()
        assert self.store.settle(neighbour.part, [done(held)]) == ()
        if isinstance(self.store, Waiting):
            assert self.store.next_due([neighbour.part]) is None
        assert neighbour.keep().position == 1
        neighbour.keep(put("case/1"), delete=["file/1"])
        found = school.document("case/1")
        assert found is not None
        assert found.version == 1
        assert found.index["lifecycle"] == "open"
        assert len(school.journal()) == 1

    def test_a_thousand_rows_in_one_commit_are_one_commit(self) -> None:
        school = self.school()
        keys = [f"file/{number:04}" for number in range(1000)]
        school.keep(*[put(key, subject=key) for key in keys], events=[event(n) for n in range(9)])
        told = school.attempt(*[put(key) for key in keys], expect=dict.fromkeys(keys, 1))
        assert isinstance(told, Committed)
        snapshot = self.store.read(school.part, keys)
        assert {document.version for document in snapshot.documents.values()} == {2}
        assert len(snapshot.documents) == 1000
        assert snapshot.position == 10

    def test_closing_twice_does_no_harm(self) -> None:
        self.school().keep()
        self.store.close()
        self.store.close()

    def test_what_a_durable_store_acknowledged_is_there_after_opening_again(self) -> None:
        school = self.school()
        school.keep(put("case/1", b"kept", lifecycle="open"), outbox=[entry("waiting")])
        school.keep(events=[event(2)])
        held = only(school.claim())
        before = school.everything(KEYS)
        opened = self.reopen(self.store)
        if opened is None:
            return
        self._store = opened
        again = School(opened, school.part)
        assert again.everything(KEYS) == before
        claimed = only(again.claim(minutes(1)))
        assert (claimed.attempt, claimed.ambiguous) == (2, True)
        assert claimed.token != held.token
