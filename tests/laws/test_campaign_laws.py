"""Laws of a screening: nothing worse looks better, nothing is lost, nothing depends on luck."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from psysafe.builtin import plugin as builtin
from psysafe.domain.plan_scores import flags_of_sheet
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_loading import load_definition
from psysafe.domain.scales import score
from psysafe.domain.severity import Severity
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.hooks import Plugins
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, student_id

SCALES = Plugins.of(builtins=[builtin]).scales()
COUNSELOR = "counselor-a"
#: A school is opened for each example, so a fault is told as it was found.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
EXTRA = """
[[triage]]
scale = "phq9"
score = "total"
score_at_least = 10
severity = "attention"
review_within = "3 school days"
review_by = "counselor"
origin = { kind = "site", ref = "a test" }
[[triage]]
scale = "gad7"
score = "total"
bands = ["moderate", "severe"]
severity = "moderate"
review_within = "3 school days"
review_by = "counselor"
origin = { kind = "site", ref = "a test" }
"""


@cache
def definition(scale: str) -> Definition:
    return load_definition(SCALES[scale].definition)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InventedSchool]:
    with open_school(tmp_path_factory.mktemp("laws") / "school") as opened:
        yield opened


def severity(school: InventedSchool, scale: str, answers: Sequence[int | None]) -> int:
    """How bad a sheet is by the school's plan: the worst of its flags; 0 without any."""
    plan, sheet = school.school.plan, tuple(answers)
    flags = flags_of_sheet(plan, definition(scale), sheet, score(definition(scale), sheet))
    found = [plan.triage_of(scale, code, answer) for code, answer in flags]
    return max(((t.severity if t else Severity.HIGH).rank for t in found), default=0)


SHEETS = st.one_of(
    *(
        st.tuples(st.just(scale), st.lists(st.integers(0, 3), min_size=n, max_size=n))
        for scale, n in (("phq9", 9), ("gad7", 7))
    )
)


@given(SHEETS, st.data())
def test_law_5_a_worse_answer_never_gives_a_lower_severity(
    school: InventedSchool, sheet: tuple[str, list[int]], data: st.DataObject
) -> None:
    scale, answers = sheet
    item = data.draw(st.integers(0, len(answers) - 1))
    worse = [*answers[:item], data.draw(st.integers(answers[item], 3)), *answers[item + 1 :]]
    assert severity(school, scale, worse) >= severity(school, scale, answers)


@given(SHEETS, st.data())
def test_law_5_an_answer_left_out_never_lowers_it(
    school: InventedSchool, sheet: tuple[str, list[int]], data: st.DataObject
) -> None:
    scale, answers = sheet
    gone = data.draw(st.sets(st.integers(0, len(answers) - 1)))
    left: list[int | None] = [None if i in gone else a for i, a in enumerate(answers)]
    assert severity(school, scale, left) >= severity(school, scale, answers)


def test_a_score_alone_makes_a_flag_that_does_not_say_how_many_points(
    school: InventedSchool,
) -> None:
    sheet = (3, 3, 3, 3, 3, 3, 3, 0, 0)
    flags = flags_of_sheet(
        school.school.plan, definition("phq9"), sheet, score(definition("phq9"), sheet)
    )
    assert flags == (("total_high", None),)
    # As bad by an answer already: the same look covers it.
    grave = (3, 3, 3, 3, 3, 3, 3, 0, 2)
    flags = flags_of_sheet(
        school.school.plan, definition("phq9"), grave, score(definition("phq9"), grave)
    )
    assert flags == (("self_harm", 2),)


ROWS = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(0, 2),
        st.lists(st.sampled_from((0, 1, 2, 3, "")), min_size=16, max_size=16),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[:2],
)
HEAD = ["student_no", "answered_at", *(f"phq9_{i}" for i in range(1, 10))]
HEAD += [f"gad7_{i}" for i in range(1, 8)]


@contextmanager
def campaign() -> Iterator[tuple[InventedSchool, str, Path]]:
    """An open campaign of grade 10 with both instruments, and a file for its answers."""
    with tempfile.TemporaryDirectory() as folder, open_school(Path(folder) / "school") as opened:
        desk = opened.desk(COUNSELOR).screenings
        found = desk.plan(
            ("phq9", "gad7"),
            opens=MONDAY,
            closes=MONDAY + timedelta(hours=9),
            grades=("g10",),
            readers=[("staff:counselor-b", None, None)],
        ).campaign
        assert found is not None
        desk.open(found)
        yield opened, found, Path(folder) / "answers.csv"


def write(file: Path, rows: Sequence[tuple[int, int, list[Any]]]) -> None:
    lines = [",".join(HEAD)]
    for student, minute, answers in rows:
        cells = [f"20260301{student:02}", f"2026-11-02T09:{minute:02}", *map(str, answers)]
        lines.append(",".join(cells))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def documents(school: InventedSchool) -> dict[str, Any]:
    """Every student's flags and duties, by what they say; the order in a file is no matter."""
    found: dict[str, Any] = {}
    for number in range(1, 7):
        file = gather(school.school, student_id(number)).world.file
        found[file.student] = (
            sorted((f.id, f.code, f.severity.value, f.state) for f in file.flags),
            sorted((d.kind, d.owner, d.flag or "", d.due) for d in file.duties),
        )
    return found


@settings(max_examples=6, phases=NO_SHRINKING)
@given(ROWS, st.randoms(use_true_random=False))
def test_every_flagged_sheet_ends_in_one_open_duty_each_and_their_order_is_no_matter(
    rows: list[tuple[int, int, list[Any]]], chance: Any
) -> None:
    with campaign() as (school, name, file), campaign() as (other, same, another):
        desk = school.desk(COUNSELOR).screenings
        write(file, rows)
        came = desk.answers(name, file, dry_run=False)
        position = school.net.operator().position()
        for number in range(1, 7):
            kept = gather(school.school, student_id(number)).world.file
            assert kept.case is None
            owed = [d.flag for d in kept.duties if d.kind == "review_flag"]
            assert sorted(owed) == sorted(f.id for f in kept.flags if f.state == "open")
            # A named reader reads first.
            assert {d.owner for d in kept.duties} <= {"staff:counselor-b"}
        assert sum(len(f) for f, _ in documents(school).values()) == came.flags
        again = desk.answers(name, file, dry_run=False)
        assert (again.scored, again.flags) == (0, 0)
        assert school.net.operator().position() == position
        chance.shuffle(rows)
        write(another, rows)
        other.desk(COUNSELOR).screenings.answers(same, another, dry_run=False)
        assert documents(other) == documents(school)
        assert verify(school.school).ok


@settings(max_examples=4, phases=NO_SHRINKING)
@given(ROWS, st.integers(0, 8))
def test_interrupted_and_run_again_is_as_if_it_had_not_been(
    rows: list[tuple[int, int, list[Any]]], cut: int
) -> None:
    with campaign() as (school, name, file), campaign() as (other, same, another):
        # The first part goes in, then the process dies; the whole file is given again.
        write(file, rows[: min(cut, len(rows))] or rows[:1])
        school.desk(COUNSELOR).screenings.answers(name, file, dry_run=False)
        write(file, rows)
        school.desk(COUNSELOR).screenings.answers(name, file, dry_run=False)
        write(another, rows)
        other.desk(COUNSELOR).screenings.answers(same, another, dry_run=False)
        assert documents(school) == documents(other)
        progress = [d.desk(COUNSELOR).screenings for d in (school, other)]
        assert progress[0].progress(name)["flags"] == progress[1].progress(same)["flags"]


def test_a_site_says_which_score_or_band_means_what(tmp_path: Path) -> None:
    lists = "\n".join(line for line in EXTRA.splitlines())
    with open_school(tmp_path / "school", plan=lists) as school:
        assert severity(school, "phq9", [2, 2, 2, 2, 2, 0, 0, 0, 0]) == Severity.ATTENTION.rank
        assert severity(school, "phq9", [1] * 8 + [0]) == 0
        assert severity(school, "gad7", [2, 2, 2, 2, 2, 0, 0]) == Severity.MODERATE.rank
        assert severity(school, "gad7", [2, 2, 2, 2, 1, 0, 0]) == 0


def test_answers_of_somebody_not_invited_are_kept_and_said() -> None:
    with campaign() as (school, name, file):
        desk = school.desk(COUNSELOR).screenings
        # The invitation was for one class; a student of the other class answered all the same.
        narrow = desk.plan(
            ("phq9",),
            opens=MONDAY,
            closes=MONDAY + timedelta(hours=9),
            classes=("高一(1)班",),
            readers=[("staff:counselor-b", None, None)],
        ).campaign
        assert narrow is not None
        desk.open(narrow)
        write(file, [(3, 0, [0] * 8 + [3] + [0] * 7), (5, 0, [0] * 8 + [3] + [0] * 7)])
        came = desk.answers(narrow, file, dry_run=False)
        assert (came.scored, came.uninvited, came.refused) == (1, 1, 1)
        # Student 5 is of a grade for which this counselor may not screen: as if not there.
        assert {f.code for f in came.findings if f.severity != "note"} == {"PSY286", "PSY204"}
        seen = desk.progress(narrow)
        assert (seen["uninvited"], seen["answered"]) == (1, 0)
        assert seen["flags"]["high"]["raised"] == 1
        del name


def test_a_named_reader_reads_first_and_who_stands_in_reads_for_them() -> None:
    with campaign() as (school, name, file):
        write(file, [(1, 0, [0] * 8 + [3] + [0] * 7)])
        school.absent("counselor-b", deputy=COUNSELOR)
        school.desk(COUNSELOR).screenings.answers(name, file, dry_run=False)
        (duty,) = gather(school.school, student_id(1)).world.file.duties
        assert duty.owner == "staff:counselor-a"
        assert duty.due == datetime(2026, 11, 3, 0, 30, tzinfo=UTC)


@pytest.mark.clause("C4.3")
def test_an_interview_that_nobody_holds_is_passed_on_and_never_vanishes() -> None:
    with campaign() as (school, name, file):
        write(file, [(1, 0, [0] * 8 + [1] + [0] * 7)])
        school.desk(COUNSELOR).screenings.answers(name, file, dry_run=False)
        (line,) = school.desk("counselor-b").flags.list()
        school.desk("counselor-b").flags.review(line["flag"], "second_stage")
        (duty,) = gather(school.school, student_id(1)).world.file.duties
        assert (duty.kind, duty.owner) == ("second_stage", "staff:counselor-b")
        for _ in range(12):
            school.tick(days=1)
            everybody = [school.desk(w).flags.list() for w in (COUNSELOR, "counselor-b")]
            assert any(everybody), "a flag that nobody sees"
        (line,) = school.desk(COUNSELOR).flags.list()
        assert line["stage"] == "second_stage"
        assert line["overdue"]
        school.desk(COUNSELOR).flags.review(line["flag"], "no_concern")
        assert gather(school.school, student_id(1)).world.file.duties == ()
        assert verify(school.school).ok


@pytest.mark.clause("C4.3")
def test_one_talk_settles_all_flags_of_a_student_and_no_other() -> None:
    with campaign() as (school, name, file):
        write(file, [(1, 0, [3] * 8 + [1] + [3] * 7), (2, 0, [0] * 8 + [2] + [0] * 7)])
        school.desk(COUNSELOR).screenings.answers(name, file, dry_run=False)
        desk = school.desk("counselor-b").flags
        first, second = desk.list()
        # PHQ-9 item 9, PHQ-9 total, GAD-7 total: three flags, one entry.
        assert sorted(map(len, (first["flags"], second["flags"]))) == [1, 3]
        many = max((first, second), key=lambda line: len(line["flags"]))
        desk.review(many["flag"], "second_stage", whole=True)
        (line,) = [found for found in desk.list() if found["student"] == many["student"]]
        assert line["stage"] == "second_stage"
        receipt = desk.review(many["flag"], "joined_case", whole=True)
        assert receipt.case is not None
        file_now = gather(school.school, student_id(1)).world.file
        assert {flag.state for flag in file_now.flags} == {"reviewed"}
        assert [d.kind for d in file_now.duties if d.flag is not None] == []
        assert [found["student"] for found in desk.list()] == [student_id(2)]
        assert verify(school.school).ok
