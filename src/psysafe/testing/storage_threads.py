"""The kit's rules for many hands at once: nothing lost, nothing twice, no half state seen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from psysafe.contracts.storage import Committed
from psysafe.testing.commits import School, changes, done, entry, put
from psysafe.testing.storage_bench import StorageBench
from psysafe.testing.storage_commits import recomputed

HANDS = 4
TIMES = 12


def together(work: Callable[[int], object]) -> None:
    """Run `work(0)` to `work(HANDS - 1)` at the same time; the first failure goes on upwards."""
    start = Barrier(HANDS)

    def run(hand: int) -> None:
        start.wait(timeout=30)
        work(hand)

    with ThreadPoolExecutor(HANDS) as pool:
        for one in [pool.submit(run, hand) for hand in range(HANDS)]:
            one.result(timeout=120)


class ThreadRules(StorageBench):
    """Threads share one store."""

    def test_no_update_is_lost_between_writers(self) -> None:
        school = self.school()
        school.keep(put("file/1", b"0"))

        def work(hand: int) -> None:
            for number in range(TIMES):
                while not counted_up(school, f"cmd-{hand}-{number}-{{}}"):
                    continue

        together(work)
        found = school.document("file/1")
        assert found is not None
        assert (found.body, found.version) == (b"%d" % (HANDS * TIMES), HANDS * TIMES + 1)
        records = school.journal()
        assert [record.position for record in records] == list(range(1, HANDS * TIMES + 2))
        assert recomputed(records)[-1] == self.store.read(school.part, []).link

    def test_a_command_sent_by_several_hands_is_kept_once(self) -> None:
        school = self.school()
        told: list[object] = []
        command = changes("cmd-a", puts=[put("file/1")])
        together(lambda hand: told.append(self.store.commit(school.part, command)))
        assert sum(isinstance(one, Committed) for one in told) == 1
        assert (school.version("file/1"), len(school.journal())) == (1, 1)

    def test_no_entry_is_claimed_by_two_workers(self) -> None:
        school = self.school()
        school.keep(outbox=[entry(f"notice/{number:02}") for number in range(40)])
        claimed: list[str] = []

        def work(hand: int) -> None:
            while mine := school.claim(limit=3):
                claimed.extend(one.key for one in mine)
                if hand % 2:
                    self.store.settle(school.part, [done(one) for one in mine])

        together(work)
        assert sorted(claimed) == [f"notice/{number:02}" for number in range(40)]

    def test_a_reader_never_sees_half_a_commit(self) -> None:
        school = self.school()
        keys = [f"file/{number}" for number in range(6)]
        school.keep(*[put(key, b"0") for key in keys])

        def work(hand: int) -> None:
            for number in range(1, TIMES * 2):
                if hand == 0:
                    school.keep(*[put(key, b"%d" % number) for key in keys])
                else:
                    snapshot = self.store.read(school.part, keys)
                    assert len({d.version for d in snapshot.documents.values()}) == 1
                    assert snapshot.position == snapshot.version("file/0")

        together(work)


def counted_up(school: School, command: str) -> bool:
    """Read a number and write the next; False where somebody else was faster."""
    found = school.document("file/1")
    assert found is not None
    made = changes(
        command.format(found.version),
        expect={"file/1": found.version},
        puts=[put("file/1", b"%d" % (int(found.body) + 1))],
    )
    return isinstance(school.store.commit(school.part, made), Committed)
