"""The kit's rules for the outbox: what is due goes out once, by urgency; nothing is forgotten."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from psysafe.contracts.storage import Committed, Entry, Settlement
from psysafe.contracts.storage_abilities import Waiting
from psysafe.testing.commits import LEASE, NOW, done, entry, event, minutes, only, put
from psysafe.testing.storage_bench import LAW, StorageBench

MICROSECOND = timedelta(microseconds=1)
ENTRIES = st.lists(
    st.builds(
        entry,
        key=st.sampled_from(["notice/1", "notice/2", "notice/3", "wake/1", "wake/2"]),
        due=st.sampled_from([minutes(-2), minutes(-1), NOW, minutes(5)]),
        urgency=st.integers(0, 3),
    ),
    max_size=6,
)


class ClaimRules(StorageBench):
    """A claimed entry belongs to one worker until its lease ends; only that worker settles it."""

    def test_what_is_due_comes_by_urgency_then_time_then_key(self) -> None:
        @LAW
        @given(ENTRIES, st.integers(0, 6))
        def law(entries: list[Entry], limit: int) -> None:
            school = self.school()
            school.keep(outbox=entries)
            first: dict[str, Entry] = {}
            for one in entries:
                first.setdefault(one.key, one)
            due = [one for one in first.values() if one.due <= NOW]
            due.sort(key=lambda one: (one.urgency, one.due, one.key))
            claimed = school.claim(NOW, limit)
            assert [c.key for c in claimed] == [one.key for one in due[:limit]]

        law()

    def test_a_claimed_entry_is_told_whole(self) -> None:
        school = self.school()
        due = NOW - MICROSECOND
        school.keep(outbox=[Entry("k", "wake", "duty/1", due, 3)])
        c = only(school.claim())
        assert (c.part, c.key, c.topic, c.reference) == (school.part, "k", "wake", "duty/1")
        assert (c.due, c.urgency, c.attempt, c.ambiguous) == (due, 3, 1, False)
        assert c.due.utcoffset() == timedelta(0)

    def test_the_most_urgent_of_several_schools_goes_first(self) -> None:
        school, neighbour = self.school(), self.school()
        school.keep(outbox=[entry("a", urgency=2), entry("c", urgency=0)])
        neighbour.keep(outbox=[entry("b", urgency=1), entry("d", minutes(-1), urgency=0)])
        parts = [school.part, neighbour.part, school.part]
        claimed = self.store.claim(parts, NOW, 3, LEASE)
        assert [(c.part, c.key) for c in claimed] == [
            (neighbour.part, "d"),
            (school.part, "c"),
            (neighbour.part, "b"),
        ]
        assert self.store.claim([], NOW, 3, LEASE) == ()

    def test_nothing_goes_before_it_is_due(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a", NOW)])
        assert school.claim(NOW - MICROSECOND) == ()
        assert len(school.claim(NOW)) == 1

    def test_a_leased_entry_is_nobody_elses_until_its_lease_ends(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a"), entry("b")])
        assert [c.key for c in school.claim(NOW, 1)] == ["a"]
        assert [c.key for c in school.claim(NOW)] == ["b"]
        assert school.claim(NOW + LEASE - MICROSECOND) == ()
        assert [c.key for c in school.claim(NOW + LEASE)] == ["a", "b"]

    def test_an_attempt_that_was_never_settled_comes_back_as_ambiguous(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a")])
        school.claim(NOW)
        second = only(school.claim(minutes(1)))
        assert (second.attempt, second.ambiguous, second.due) == (2, True, NOW)
        third = only(school.claim(minutes(2)))
        assert (third.attempt, third.ambiguous) == (3, True)

    def test_an_entry_due_again_keeps_its_attempts_and_is_not_ambiguous(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a")])
        first = only(school.claim(NOW))
        again = Settlement("a", first.token, minutes(5))
        assert self.store.settle(school.part, [again]) == ("a",)
        assert school.claim(minutes(5) - MICROSECOND) == ()
        second = only(school.claim(minutes(5)))
        assert (second.attempt, second.ambiguous, second.due) == (2, False, minutes(5))

    def test_an_entry_due_again_at_once_has_lost_its_lease(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a")])
        first = only(school.claim(NOW))
        self.store.settle(school.part, [Settlement("a", first.token, NOW)])
        assert self.store.settle(school.part, [done(first)]) == ()
        assert [c.attempt for c in school.claim(NOW)] == [2]

    def test_a_settled_entry_is_gone(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a"), entry("b")])
        claimed = school.claim(NOW)
        assert self.store.settle(school.part, [done(c) for c in claimed]) == ("a", "b")
        assert school.claim(minutes(60)) == ()
        assert self.store.settle(school.part, [done(c) for c in claimed]) == ()
        assert self.store.settle(school.part, []) == ()

    def test_no_two_claims_have_the_same_token(self) -> None:
        school, neighbour = self.school(), self.school()
        tokens: list[int] = []
        for _ in range(3):
            school.keep(outbox=[entry("a"), entry("b")])
            neighbour.keep(outbox=[entry("a")])
            claimed = self.store.claim([school.part, neighbour.part], NOW, 9, LEASE)
            assert len(claimed) == 3
            tokens += [c.token for c in claimed]
            for c in claimed:
                self.store.settle(c.part, [done(c)])
        school.keep(outbox=[entry("a")])
        tokens += [c.token for at in range(3) for c in school.claim(minutes(at))]
        assert len(set(tokens)) == len(tokens)

    def test_a_stale_token_settles_nothing(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a")])
        late = only(school.claim(NOW))
        present = only(school.claim(minutes(1)))
        assert self.store.settle(school.part, [done(late)]) == ()
        assert self.store.settle(school.part, [Settlement("a", late.token, minutes(9))]) == ()
        assert school.claim(minutes(1)) == ()
        assert self.store.settle(school.part, [done(present)]) == ("a",)

    def test_an_unclaimed_entry_cannot_be_settled(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a")])
        results = [Settlement("a", token) for token in (-1, 0, 1)]
        assert self.store.settle(school.part, results) == ()
        assert len(school.claim()) == 1

    def test_a_lease_that_has_run_out_unclaimed_may_still_be_settled(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a")])
        late = only(school.claim(NOW))
        assert self.store.settle(school.part, [done(late)]) == ("a",)
        assert school.claim(minutes(1)) == ()

    def test_a_commit_settles_what_woke_it(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a"), entry("b")])
        claimed = school.claim(NOW)
        assert len(claimed) == 2
        a, b = claimed
        again = Settlement("b", b.token, minutes(5))
        school.keep(put("case/1"), settle=[done(a), again])
        assert [(c.key, c.attempt) for c in school.claim(minutes(5))] == [("b", 2)]

    def test_a_commit_with_a_stale_token_goes_on_without_it(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a"), entry("b")])
        late = school.claim(NOW)[0]
        claimed = school.claim(minutes(1))
        assert len(claimed) == 2
        present, other = claimed
        told = school.attempt(put("case/1"), outbox=[entry("c")], settle=[done(late), done(other)])
        assert isinstance(told, Committed)
        assert school.version("case/1") == 1
        assert [c.key for c in school.claim(minutes(1))] == ["c"]
        assert self.store.settle(school.part, [done(present)]) == ("a",)

    def test_a_waiting_entry_is_not_changed_by_another_of_its_key(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a", NOW, 1, "first"), entry("a", NOW, 0, "second")])
        school.keep(outbox=[entry("a", minutes(9), 0, "third")])
        c = only(school.claim(NOW))
        assert (c.reference, c.urgency) == ("first", 1)
        school.keep(outbox=[entry("a", NOW, 0, "fourth")])
        assert school.claim(NOW) == ()
        c = only(school.claim(minutes(1)))
        assert (c.reference, c.attempt, c.ambiguous) == ("first", 2, True)

    def test_a_settled_key_can_be_queued_afresh_even_in_the_same_commit(self) -> None:
        school = self.school()
        school.keep(outbox=[entry("a", NOW, 1, "first")])
        c = only(school.claim(NOW))
        school.keep(settle=[done(c)], outbox=[entry("a", NOW, 1, "second")])
        c = only(school.claim(NOW))
        assert (c.reference, c.attempt, c.ambiguous) == ("second", 1, False)

    def test_what_a_commit_queues_can_be_claimed_at_once(self) -> None:
        school = self.school()
        school.keep(events=[event(1)], outbox=[entry("a")])
        assert [c.key for c in school.claim(NOW)] == ["a"]

    def test_whoever_can_say_it_says_when_the_next_entry_can_be_claimed(self) -> None:
        school, neighbour = self.school(), self.school()
        if not isinstance(self.store, Waiting):
            return
        parts = [school.part, neighbour.part]
        assert self.store.next_due(parts) is None
        school.keep(outbox=[entry("a", minutes(3), 0), entry("b", minutes(2), 5)])
        neighbour.keep(outbox=[entry("c", minutes(1))])
        assert self.store.next_due([]) is None
        assert self.store.next_due([school.part]) == minutes(2)
        assert self.store.next_due(parts) == minutes(1)
        c = only(neighbour.claim(minutes(1)))
        assert self.store.next_due([neighbour.part]) == minutes(1) + LEASE
        self.store.settle(neighbour.part, [done(c)])
        assert self.store.next_due(parts) == minutes(2)
