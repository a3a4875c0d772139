"""A batch of sheets is the same sheets one by one: same events, documents, duties and wake-ups."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe import wire
from psysafe.contracts.extras import Observed
from psysafe.contracts.storage import Changes, Conflict, Query
from psysafe.domain import commands as c
from psysafe.engine.handle import handle
from psysafe.engine.sheets import ROWS, Kept, keep_sheets, sheet_command
from psysafe.engine.verify import verify
from psysafe.errors import PsysafeError
from psysafe.hooks import hookimpl
from psysafe.ids import StudentId
from psysafe.testing.schools import InventedSchool, open_school, staff_id, student_id

MORNING = datetime(2026, 11, 1, 8, tzinfo=UTC)
COUNSELOR = staff_id("counselor-a")


def sheet(
    student: StudentId,
    answer: int | None = 0,
    *,
    scale: str = "phq9",
    minute: int = 0,
    note: str = "complete",
) -> c.RecordAnswers:
    """A scored sheet whose ninth answer is the given one; above 0 it raises a flag."""
    answers = (*([1] * 8), answer)
    return c.RecordAnswers(
        student=student,
        scale=scale,
        definition="1.0.0:0123",
        answered_at=MORNING + timedelta(minutes=minute),
        answers=answers,
        scores={"total": float(8 + (answer or 0))},
        bands={"total": "mild"},
        status=note,
        flags=() if answer == 0 else (("self_harm", answer),),
    )


def documents(school: InventedSchool) -> dict[str, tuple[bytes, dict[str, str]]]:
    """Every document that sheets may touch: body and index values, by key."""
    found = {}
    for kind in ("file", "student", "roster", "notice", "sheet", "case", "duty", "flag"):
        query = Query(index="kind", prefixes=((kind,),), limit=1000)
        for one in school.school.storage.query(school.school.part, query).documents:
            found[one.key] = (one.body, dict(one.index))
    return found


def events(school: InventedSchool) -> list[tuple[str, bytes, bytes]]:
    """Stream, header and body of every event; who refused whom has a random command id."""
    found = []
    for one in school.school.storage.journal(school.school.part, 0, 10_000):
        header = wire.read_header(one.header)
        plain = attrs.evolve(header, command="cmd") if header.kind == "decision_refused" else header
        found.append((one.stream, repr(plain).encode(), one.body))
    return found


def outbox(school: InventedSchool) -> list[Any]:
    """All that waits, however late it is due."""
    late = school.clock.now() + timedelta(days=4000)
    claimed = school.school.storage.claim([school.school.part], late, 10_000, timedelta(minutes=1))
    return [(w.key, w.topic, w.reference, w.due, w.urgency) for w in claimed]


def one_by_one(school: InventedSchool, sheets: Sequence[c.RecordAnswers]) -> list[str]:
    """Each sheet a command of its own, as a screening without batches would do it."""
    found = []
    for one in sheets:
        try:
            own = sheet_command(school.school, one)
            done = handle(school.school, one, COUNSELOR, school.clock.now(), command_id=own)
            found.append("known" if done.repeated else "kept")
        except PsysafeError as error:
            found.append(error.code)
    return found


def said(kept: Sequence[Kept]) -> list[str]:
    return [one.finding.code if one.finding else one.outcome for one in kept]


SHEETS = st.lists(
    st.builds(
        sheet,
        # Students 5 and 6 are of another grade, number 9 is nobody.
        st.sampled_from([1, 2, 3, 4, 5, 6, 9]).map(student_id),
        st.sampled_from([0, 0, 1, 2, 3, None]),
        scale=st.sampled_from(["phq9", "gad7"]),
        minute=st.integers(0, 1),
        note=st.sampled_from(["complete", "complete", "prorated", "x" * 4001]),
    ),
    max_size=12,
)


@settings(max_examples=max(settings.default.max_examples // 3, 10))
@given(SHEETS, st.booleans())
def test_a_batch_leaves_the_store_as_single_commands_leave_it(
    sheets: list[c.RecordAnswers], in_a_case: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        schools = [open_school(Path(name) / which) for which in ("batch", "single")]
        for school in schools:
            if in_a_case:
                school.desk("homeroom-1").signals.report(
                    school.number(1), "one_to_one", {"insomnia": "marked"}
                )
        batch, single = schools
        assert said(keep_sheets(batch.school, sheets, COUNSELOR, batch.clock.now())) == one_by_one(
            single, sheets
        )
        assert documents(batch) == documents(single)
        assert sorted(events(batch)) == sorted(events(single))
        assert outbox(batch) == outbox(single)
        assert verify(batch.school).ok


@pytest.fixture
def school(tmp_path: Path) -> Any:
    with open_school(tmp_path / "school", storage="sqlite") as opened:
        yield opened


EVERYBODY = tuple(student_id(number) for number in (1, 2, 3, 4))


def test_the_same_sheets_again_are_known_and_change_nothing(school: InventedSchool) -> None:
    sheets = [sheet(one, number) for number, one in enumerate(EVERYBODY)]
    first = keep_sheets(school.school, sheets, COUNSELOR, school.clock.now())
    assert said(first) == ["kept"] * 4
    assert [len(one.flags) for one in first] == [0, 1, 1, 1]
    before = (documents(school), events(school))
    school.clock.advance(days=1)
    again = keep_sheets(school.school, sheets, COUNSELOR, school.clock.now())
    assert said(again) == ["known"] * 4
    assert (documents(school), events(school)) == before


def test_a_sheet_without_a_flag_changes_nothing_in_the_file_and_disturbs_nobody(
    school: InventedSchool,
) -> None:
    one, two, *_ = EVERYBODY
    keep_sheets(school.school, [sheet(one, 3)], COUNSELOR, school.clock.now())
    before = documents(school)

    def meanwhile() -> None:
        keep_sheets(school.school, [sheet(one, minute=2)], COUNSELOR, school.clock.now())

    busy, store = disturbed(school, meanwhile)
    plain = [sheet(one, minute=1), sheet(two, minute=1)]
    assert said(keep_sheets(busy, plain, COUNSELOR, school.clock.now())) == ["kept", "kept"]
    assert store.conflicts == 0
    # Three sheets more, and not one document besides.
    assert {key: held for key, held in documents(school).items() if key in before} == before
    assert {key.partition("/")[0] for key in documents(school).keys() - before.keys()} == {"sheet"}
    assert verify(school.school).ok


def test_two_at_once_with_the_same_sheet_keep_it_once(school: InventedSchool) -> None:
    one, *_ = EVERYBODY

    def meanwhile() -> None:
        keep_sheets(school.school, [sheet(one)], COUNSELOR, school.clock.now())

    busy, store = disturbed(school, meanwhile)
    assert said(keep_sheets(busy, [sheet(one)], COUNSELOR, school.clock.now())) == ["known"]
    assert store.conflicts == 1
    assert verify(school.school).ok


def test_a_file_in_which_something_stands_is_missed_where_its_document_is_gone(
    school: InventedSchool,
) -> None:
    one, two, *_ = EVERYBODY
    sheets = [sheet(one, 3), sheet(two, 0)]
    keep_sheets(school.school, sheets, COUNSELOR, school.clock.now())
    lost = forgetting(school, f"file/{one}")
    found = verify(lost)
    assert not found.ok
    assert [f.facts["record"] for f in found.findings] == [f"file/{one}"]
    assert verify(forgetting(school, f"file/{two}")).ok


def forgetting(school: InventedSchool, key: str) -> Any:
    """The school with a store in which one document is gone."""

    class Forgetful(Between):
        def read(self, part: Any, keys: Sequence[str]) -> Any:
            found = self._inner.read(part, keys)
            kept = {k: d for k, d in found.documents.items() if k != key}
            return attrs.evolve(found, documents=kept)

        def query(self, part: Any, query: Query) -> Any:
            page = self._inner.query(part, query)
            return attrs.evolve(page, documents=tuple(d for d in page.documents if d.key != key))

    return attrs.evolve(school.school, storage=Forgetful(school.school.storage, lambda: None))


def test_other_answers_for_the_same_time_are_refused_and_the_first_stay(
    school: InventedSchool,
) -> None:
    one, two, *_ = EVERYBODY
    keep_sheets(school.school, [sheet(one, 1)], COUNSELOR, school.clock.now())
    both = [sheet(one, 2), sheet(two, 2)]
    kept = keep_sheets(school.school, both, COUNSELOR, school.clock.now())
    assert said(kept) == ["PSY210", "kept"]
    assert [f["severity"] for f in school.desk("counselor-a").flags.list()] == ["high", "moderate"]


def test_a_sheet_that_a_batch_kept_is_known_to_whoever_hands_it_in_alone(
    school: InventedSchool,
) -> None:
    one = EVERYBODY[0]
    keep_sheets(school.school, [sheet(one, 1)], COUNSELOR, school.clock.now())
    assert one_by_one(school, [sheet(one, 1), sheet(one, 2)]) == ["known", "PSY210"]
    # Given twice by itself, it gets the very receipt of the first time.
    alone, known = sheet(EVERYBODY[1], 1), school.ids.command()
    done, again = (
        handle(school.school, alone, COUNSELOR, school.clock.now(), command_id=known)
        for _ in range(2)
    )
    assert again.repeated
    assert again.receipt == done.receipt
    assert done.receipt.flag is not None
    before = documents(school)
    stranger, now = staff_id("counselor-c"), school.clock.now()
    with pytest.raises(PsysafeError) as nobody:
        handle(school.school, sheet(one, 2), stranger, now)
    assert nobody.value.code == "PSY001"
    assert documents(school) == before


def test_whoever_may_not_screen_learns_nothing_of_sheets_that_are_held(
    school: InventedSchool,
) -> None:
    one, two, *_ = EVERYBODY
    keep_sheets(school.school, [sheet(one, 1)], COUNSELOR, school.clock.now())
    teacher = staff_id("homeroom-1")
    tries = [sheet(one, 1), sheet(one, 2), sheet(two, 1)]
    kept = keep_sheets(school.school, tries, teacher, school.clock.now())
    assert said(kept) == ["PSY002"] * 3
    stranger = staff_id("counselor-c")
    kept = keep_sheets(school.school, tries, stranger, school.clock.now())
    assert said(kept) == ["PSY001"] * 3


class Between:
    """A store in front of the real one: something happens just before each commit of a batch."""

    def __init__(self, inner: Any, happens: Callable[[], None]) -> None:
        self._inner, self._happens, self.conflicts, self._busy = inner, happens, 0, False

    def commit(self, part: Any, changes: Changes, settle: Sequence[Any] = ()) -> Any:
        if not self._busy:
            self._busy = True
            self._happens()
            self._busy = False
        outcome = self._inner.commit(part, changes, settle)
        self.conflicts += isinstance(outcome, Conflict)
        return outcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def disturbed(school: InventedSchool, happens: Callable[[], None]) -> tuple[Any, Between]:
    """The school as one process sees it while another one acts."""
    store = Between(school.school.storage, happens)
    return attrs.evolve(school.school, storage=store), store


def test_an_alarm_about_one_student_passes_while_a_batch_is_under_way(
    school: InventedSchool,
) -> None:
    alarms = iter(["now"])

    def alarm() -> None:
        for _ in alarms:
            school.desk("homeroom-1").signals.report(
                school.number(1), "one_to_one", {"self_harm": "marked"}, dangers=("plan",)
            )

    busy, store = disturbed(school, alarm)
    kept = keep_sheets(busy, [sheet(one, 3) for one in EVERYBODY], COUNSELOR, school.clock.now())
    assert said(kept) == ["kept"] * 4
    assert store.conflicts == 1
    assert len(school.desk("counselor-a").cases.list()) == 1
    assert len(school.desk("counselor-a").flags.list()) == 4
    assert verify(school.school).ok


def test_a_file_that_never_rests_holds_up_no_other_sheet(school: InventedSchool) -> None:
    def alarm() -> None:
        school.clock.advance(seconds=1)
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", {"insomnia": "some"}
        )

    busy, _ = disturbed(school, alarm)
    kept = keep_sheets(busy, [sheet(one, 3) for one in EVERYBODY], COUNSELOR, school.clock.now())
    assert said(kept) == ["PSY020", "kept", "kept", "kept"]
    assert verify(school.school).ok


def test_observers_hear_once_of_a_whole_batch(tmp_path: Path) -> None:
    heard: list[tuple[Observed, ...]] = []

    class Observer:
        @hookimpl
        def psysafe_observe(self, events: Sequence[Observed]) -> None:
            heard.append(tuple(events))

    with open_school(tmp_path / "school", plugins=[Observer()]) as school:
        heard.clear()
        sheets = [sheet(student_id(1), 3), sheet(student_id(9), 1), sheet(student_id(2), 0)]
        keep_sheets(school.school, sheets, COUNSELOR, school.clock.now())
        (batch,) = heard
        records = {r.position: r for r in school.school.storage.journal(school.school.part, 0, 99)}
        assert [one.kind for one in batch] == [
            "answers_scored",
            "flag_raised",
            "duty_opened",
            "answers_scored",
        ]
        for one in batch:
            assert records[one.position].stream == one.stream
            assert wire.read_header(records[one.position].header).kind == one.kind


def test_a_commit_holds_few_enough_rows_for_a_crisis_to_pass(school: InventedSchool) -> None:
    sizes: list[int] = []

    class Counted(Between):
        def commit(self, part: Any, changes: Changes, settle: Sequence[Any] = ()) -> Any:
            sizes.append(len(changes.events) + len(changes.put) + len(changes.outbox))
            return super().commit(part, changes, settle)

    counted = attrs.evolve(school.school, storage=Counted(school.school.storage, lambda: None))
    sheets = [sheet(EVERYBODY[n % 4], 3, minute=n // 4) for n in range(400)]
    kept = keep_sheets(counted, sheets, COUNSELOR, school.clock.now())
    assert said(kept) == ["kept"] * 400
    assert len(sizes) > 2
    assert max(sizes) <= ROWS
    assert verify(school.school).ok
