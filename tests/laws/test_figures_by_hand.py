"""Which counts are shown of these tables, count by count, now and in every version to come.

That a table is safe is law (test_figures). Which of several safe ways is taken must not change
either: a school that publishes the same table before and after an update would show two halves of
one secret. So tables are kept as they were shown (tests/golden/figures.txt; add, never edit), and
the small rules are told one by one.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
import pytest

from psysafe.domain.figures import (
    K_INSIDE,
    K_OUTSIDE,
    MOST_CELLS,
    TOTAL,
    Entry,
    Figures,
    Shown,
    possible,
    suppressed,
)
from psysafe.errors import InvalidDataError

GOLDEN: Final = Path(__file__).parent.parent / "golden" / "figures.txt"


def table(*counts: tuple[int, ...], harmless: frozenset[str] = frozenset()) -> Figures:
    rows = tuple(f"class {n}" for n in range(len(counts)))
    columns = tuple(f"column {n}" for n in range(len(counts[0])))
    return Figures(rows=rows, columns=columns, counts=counts, harmless=harmless)


def drawn(shown: Shown) -> list[str]:
    """As a person sees it: rows with their totals, the column totals below."""
    height, width = len(shown.rows), len(shown.columns)
    lines = []
    for row in (*range(height), TOTAL):
        told = [shown.cells[row, column] for column in (*range(width), TOTAL)]
        lines.append(" ".join("." if one is None else str(one) for one in told))
    return lines


@attrs.frozen
class Kept:
    """One table of the golden account: k, what was counted, what is shown of it."""

    number: int
    k: int
    counts: tuple[tuple[int, ...], ...]
    shown: list[str]


def golden() -> Iterator[Kept]:
    for number, part in enumerate(GOLDEN.read_text(encoding="utf-8").split("\n\n")):
        lines = [line for line in part.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        head = re.fullmatch(r"k (\d+): (.+)", lines[0])
        assert head is not None, lines[0]
        rows = head[2].split(" / ")
        counts = tuple(tuple(int(one) for one in row.split()) for row in rows)
        yield Kept(number, int(head[1]), counts, lines[1:])


@pytest.mark.parametrize("kept", tuple(golden()), ids=lambda kept: str(kept.number))
def test_a_table_is_shown_as_it_always_was(kept: Kept) -> None:
    assert drawn(suppressed(table(*kept.counts), kept.k)) == kept.shown


# -- k ----------------------------------------------------------------------------------------


def test_k_is_five_inside_the_school_and_ten_outside() -> None:
    assert (K_INSIDE, K_OUTSIDE) == (5, 10)
    four = table((40, 9), (30, 4))
    assert suppressed(four).k == 5
    assert suppressed(four).cells[1, 1] is None
    assert suppressed(table((40, 9), (30, 5))).hidden == frozenset()
    assert suppressed(table((40, 9), (30, 10)), K_OUTSIDE).cells[0, 1] is None


@pytest.mark.parametrize("k", [2, 5, 10])
def test_k_people_are_shown_and_k_minus_one_are_not_as_nobody_is(k: int) -> None:
    big = 20 * k
    for count, hidden in ((0, False), (1, True), (k - 1, True), (k, False), (k + 1, False)):
        shown = suppressed(table((big, big, big), (big, big, big), (count, big, big)), k)
        assert ((2, 0) in shown.hidden) is hidden


@pytest.mark.parametrize(("k", "taken"), [(1, False), (0, False), (2, True)])
def test_a_k_below_two_hides_nobody_and_is_refused(k: int, taken: bool) -> None:
    if taken:
        assert suppressed(table((9, 9)), k).k == k
        return
    with pytest.raises(InvalidDataError) as refused:
        suppressed(table((9, 9)), k)
    assert refused.value.findings[0].facts["problem"] == "a negative count, or a k below 2"


# -- size and shape ---------------------------------------------------------------------------


def test_two_hundred_cells_are_taken_and_two_hundred_and_one_are_refused() -> None:
    assert MOST_CELLS == 200
    assert suppressed(table(*[(9,) * 10] * 20)).hidden == frozenset()
    assert suppressed(table((9,) * 200)).hidden == frozenset()
    with pytest.raises(InvalidDataError) as refused:
        suppressed(table((9,) * 201))
    problem = refused.value.findings[0].facts["problem"]
    assert problem == "201 cells, at most 200: join rows or columns"


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (Figures(rows=("a", "b"), columns=("c",), counts=((9,),)), "do not fit"),
        (Figures(rows=("a",), columns=("c",), counts=((9,), (9,))), "do not fit"),
        (Figures(rows=("a",), columns=("c", "d"), counts=((9,),)), "do not fit"),
        (Figures(rows=("a",), columns=("c",), counts=((9, 9),)), "do not fit"),
        (Figures(rows=("a",), columns=("c", "d"), counts=((9, -1),)), "negative"),
    ],
)
def test_a_table_that_is_none_is_refused_and_told_why(bad: Figures, problem: str) -> None:
    with pytest.raises(InvalidDataError) as refused:
        suppressed(bad)
    (finding,) = refused.value.findings
    assert finding.code == "PSY704"
    assert problem in str(finding.facts["problem"])


def test_a_nought_is_no_negative_count() -> None:
    calm = table((9, 0), (9, 0), harmless=frozenset({"column 0"}))
    assert drawn(suppressed(calm)) == ["9 0 9", "9 0 9", "18 0 18"]


def test_an_earlier_release_by_half_is_refused() -> None:
    one = table((30, 12), (25, 9))
    for half in ({"before": suppressed(one)}, {"was": one}):
        with pytest.raises(InvalidDataError) as refused:
            suppressed(one, **half)  # type: ignore[arg-type]
        problem = refused.value.findings[0].facts["problem"]
        assert problem == "an earlier release is given by half"


@pytest.mark.parametrize("part", ["rows", "columns"])
def test_an_earlier_release_with_other_names_is_refused(part: str) -> None:
    one = table((30, 12), (25, 9))
    other = attrs.evolve(one, **{part: ("x", "y")})
    with pytest.raises(InvalidDataError) as refused:
        suppressed(one, before=suppressed(other), was=other)
    assert "other rows or columns" in str(refused.value.findings[0].facts["problem"])


# -- a whole row in one column ----------------------------------------------------------------


def whole(*counts: tuple[int, ...], harmless: str = "") -> frozenset[Entry]:
    return suppressed(table(*counts, harmless=frozenset({harmless}))).hidden


def test_a_row_in_one_column_is_hidden_there_and_a_row_in_two_is_not() -> None:
    assert (0, 0) in whole((40, 0, 0), (20, 30, 30), (20, 30, 30))
    assert whole((40, 9, 0), (20, 30, 30), (20, 30, 30)) == frozenset()
    assert (0, 2) in whole((0, 0, 40), (20, 30, 30), (20, 30, 30))


def test_a_row_in_a_harmless_column_may_stand() -> None:
    assert whole((40, 0), (20, 30), (20, 30), harmless="column 0") == frozenset()
    assert (0, 0) in whole((40, 0), (20, 30), (20, 30), harmless="column 1")


def test_with_one_column_alone_a_row_says_nothing_that_its_total_does_not() -> None:
    assert whole((40,), (30,)) == frozenset()


def test_an_empty_row_says_nothing_of_anybody() -> None:
    assert whole((0, 0), (20, 30)) == frozenset()


# -- two releases -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "hidden"), [(0, False), (1, True), (4, True), (5, False), (6, False)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_that_was_shown_is_hidden_where_it_differs_by_one_to_four(
    more: int, sign: int, hidden: bool
) -> None:
    first = table((60, 60), (60, 60))
    later = table((60 + sign * more, 60), (60, 60))
    shown = suppressed(later, before=suppressed(first), was=first)
    assert ((0, 0) in shown.hidden) is hidden


@pytest.mark.parametrize(("last", "hidden"), [(60, False), (61, True), (56, True), (55, False)])
def test_a_number_that_was_shown_releases_ago_counts_as_one_shown_last(
    last: int, hidden: bool
) -> None:
    shown = suppressed(table((60, 60), (60, 60)), known={(0, 0): last})
    assert ((0, 0) in shown.hidden) is hidden


@pytest.mark.parametrize(("now", "last"), [(3, 5), (3, 1), (1, 4), (4, 8)])
def test_what_is_small_and_stands_near_what_was_shown_is_hidden_for_both_reasons(
    now: int, last: int
) -> None:
    """Two reasons are no less than one: neither takes the other back."""
    shown = suppressed(table((now, 60), (60, 60)), known={(0, 0): last})
    assert (0, 0) in shown.hidden


@pytest.mark.parametrize(("now", "hidden"), [(4, True), (6, True), (8, True), (9, False)])
def test_what_was_hidden_is_shown_only_once_it_has_moved_by_k(now: int, hidden: bool) -> None:
    first = table((60, 60), (60, 4))
    later = table((70, 70), (70, now))
    shown = suppressed(later, before=suppressed(first), was=first)
    assert ((1, 1) in shown.hidden) is hidden


# -- what a hidden count could be -------------------------------------------------------------


def test_the_range_of_a_hidden_count_is_what_its_row_and_column_leave() -> None:
    figures = table((30, 2, 8), (25, 9, 6), (28, 7, 12))
    square = {(0, 1), (0, 2), (1, 1), (1, 2)}
    # 2 can fall to nothing, and rise until the 8 beside it is used up.
    assert possible(figures, square, (0, 1)) == (0, 10)
    assert possible(figures, square, (0, 2)) == (0, 10)
    # 9 falls no further than the 8 of the other row lets it.
    assert possible(figures, square, (1, 1)) == (1, 11)
    assert possible(figures, square, (1, 2)) == (4, 14)


@pytest.mark.parametrize("seed", range(12))
def test_with_all_counts_hidden_and_all_totals_shown_the_ranges_are_those_of_the_textbook(
    seed: int,
) -> None:
    """At least what row and column together exceed all by, at most the smaller of the two."""
    drawn_by = random.Random(seed)
    height, width = drawn_by.randint(2, 4), drawn_by.randint(2, 5)
    counts = [tuple(drawn_by.randint(0, 9) for _ in range(width)) for _ in range(height)]
    figures = table(*counts)
    hidden = frozenset(itertools.product(range(height), range(width)))
    everybody = figures.value((TOTAL, TOTAL))
    for row, column in hidden:
        across, down = figures.value((row, TOTAL)), figures.value((TOTAL, column))
        textbook = max(0, across + down - everybody), min(across, down)
        assert possible(figures, hidden, (row, column)) == textbook


def furthest(figures: Figures, hidden: frozenset[Entry], entry: Entry, way: int) -> int | None:
    """How far an entry can go up (1) or down (-1), tried one person at a time on the table itself.

    Whoever is counted in one cell more is counted in a row's and a column's total more, and these
    in that of all: a person goes round a circle of hidden numbers, none of which falls below 0.
    """

    def ends(one: Entry) -> tuple[object, object]:
        row, column = one
        if one == (TOTAL, TOTAL):
            return "all columns", "all rows"
        if column == TOTAL:
            return "all rows", ("row", row)
        return (
            (("column", column), "all columns")
            if row == TOTAL
            else (("row", row), ("column", column))
        )

    values = {one: figures.value(one) for one in hidden}
    for _ in range(200):
        if way < 0 and values[entry] == 0:
            return values[entry]
        begin, end = ends(entry)[::way]
        came: dict[object, tuple[object, Entry, int]] = {}
        waiting = [end]
        while waiting and begin not in came:
            node = waiting.pop()
            for one in sorted(hidden - {entry}):
                start, target = ends(one)
                for here, there, step in ((start, target, 1), (target, start, -1)):
                    if here == node and there not in came and (step > 0 or values[one]):
                        came[there] = node, one, step
                        waiting.append(there)
        if begin not in came:
            return values[entry]
        node = begin
        while node != end:
            node, one, step = came[node]
            values[one] += step
        values[entry] += way
    return None


#: The later ones need a person to be taken back from a circle that was gone before.
@pytest.mark.parametrize("seed", [*range(12), 20, 81, 131, 186, 275])
def test_the_range_is_as_far_as_a_number_goes_one_person_at_a_time(seed: int) -> None:
    drawn_by = random.Random(seed)
    height, width = drawn_by.randint(2, 4), drawn_by.randint(2, 4)
    counts = [tuple(drawn_by.randint(0, 9) for _ in range(width)) for _ in range(height)]
    figures = table(*counts)
    hidden = frozenset(one for one in figures.entries() if drawn_by.random() < 0.6)
    for entry in hidden:
        low, high = possible(figures, hidden, entry)
        assert low == furthest(figures, hidden, entry, -1)
        assert high == furthest(figures, hidden, entry, 1)


def test_one_hidden_count_alone_is_known_to_the_last_head() -> None:
    figures = table((30, 2), (25, 9))
    assert possible(figures, {(0, 1)}, (0, 1)) == (2, 2)
    assert possible(figures, {(TOTAL, TOTAL)}, (TOTAL, TOTAL)) == (66, 66)


def test_a_hidden_count_with_every_total_above_it_has_no_highest() -> None:
    figures = table((30, 2), (25, 9))
    above = {(0, 1), (0, TOTAL), (TOTAL, 1), (TOTAL, TOTAL)}
    assert possible(figures, above, (0, 1)) == (0, None)
    assert possible(figures, above, (TOTAL, TOTAL)) == (64, None)


def test_where_nothing_can_be_protected_nothing_is_shown() -> None:
    alone = suppressed(table((3,)))
    assert alone.hidden == frozenset(table((3,)).entries())


def test_counts_and_totals_are_read_by_row_and_column() -> None:
    figures = table((1, 2, 3), (4, 5, 6))
    assert figures.value((1, 2)) == 6
    assert figures.value((0, TOTAL)) == 6
    assert figures.value((TOTAL, 1)) == 7
    assert figures.value((TOTAL, TOTAL)) == 21
    assert list(figures.entries()) == [
        *((0, 0), (0, 1), (0, 2), (0, TOTAL)),
        *((1, 0), (1, 1), (1, 2), (1, TOTAL)),
        *((TOTAL, 0), (TOTAL, 1), (TOTAL, 2), (TOTAL, TOTAL)),
    ]
