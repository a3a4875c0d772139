"""Figures that do not betray: what is hidden cannot be worked out from what is shown.

The promise is checked by trying: for small tables every table that agrees with what is shown is
listed, and each hidden count takes at least k values among them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.domain.figures import (
    MOST_CELLS,
    TOTAL,
    Entry,
    Figures,
    Shown,
    possible,
    suppressed,
)
from psysafe.errors import InvalidDataError


def table(*counts: tuple[int, ...]) -> Figures:
    rows = tuple(f"class {n}" for n in range(len(counts)))
    columns = tuple(f"column {n}" for n in range(len(counts[0])))
    return Figures(rows=rows, columns=columns, counts=counts)


@st.composite
def tables(draw: st.DrawFn, rows: int = 6, columns: int = 4, most: int = 30) -> Figures:
    height, width = draw(st.integers(1, rows)), draw(st.integers(1, columns))
    count = st.one_of(st.integers(0, 6), st.integers(0, most))
    line = st.tuples(*[count] * width)
    return table(*draw(st.tuples(*[line] * height)))


def agreeing(shown: Shown, most: int) -> Iterator[Figures]:
    """Every table with counts up to `most` that agrees with all that is shown."""
    height, width = len(shown.rows), len(shown.columns)
    fixed = shown.cells
    free = [e for e in itertools.product(range(height), range(width)) if fixed[e] is None]
    totals = [e for e in fixed if TOTAL in e and fixed[e] is not None]
    for values in itertools.product(range(most + 1), repeat=len(free)):
        held = {**fixed, **dict(zip(free, values, strict=True))}
        tried = table(*[tuple(int(held[r, c] or 0) for c in range(width)) for r in range(height)])
        if all(tried.value(e) == fixed[e] for e in totals):
            yield tried


@settings(max_examples=50)
@given(tables(), st.sampled_from([3, 5, 10]))
def test_every_hidden_count_could_be_any_of_at_least_k_numbers(figures: Figures, k: int) -> None:
    shown = suppressed(figures, k)
    for entry in shown.hidden:
        low, high = possible(figures, shown.hidden, entry)
        assert low <= figures.value(entry)
        assert high is None or high - low + 1 >= k


@settings(max_examples=25)
@given(tables(rows=2, columns=2, most=6), st.sampled_from([2, 3]))
def test_the_computed_range_is_what_trying_every_table_finds(figures: Figures, k: int) -> None:
    shown = suppressed(figures, k)
    most = 10
    found: dict[Entry, set[int]] = {entry: set() for entry in shown.hidden}
    for tried in agreeing(shown, most):
        for entry in found:
            found[entry].add(tried.value(entry))
    for entry, values in found.items():
        low, high = possible(figures, shown.hidden, entry)
        assert len(values) >= k
        assert min(values) == low
        if high is not None and high <= most:
            assert max(values) == high
            assert values == set(range(low, high + 1))


@settings(max_examples=8)
@given(
    st.tuples(*[st.integers(0, 3)] * 6).map(lambda n: table(n[:2], n[2:4], n[4:])),
)
def test_three_rows_of_small_counts_hold_too(figures: Figures) -> None:
    shown = suppressed(figures, 3)
    found: dict[Entry, set[int]] = {entry: set() for entry in shown.hidden}
    for tried in agreeing(shown, 5):
        for entry in found:
            found[entry].add(tried.value(entry))
    assert all(len(values) >= 3 for values in found.values())


@given(tables(), st.sampled_from([3, 5, 10]))
def test_nothing_from_one_to_k_minus_one_is_shown(figures: Figures, k: int) -> None:
    shown = suppressed(figures, k)
    for entry, value in shown.cells.items():
        assert value is None or value == 0 or value >= k
        assert value is None or value == figures.value(entry)


@given(tables())
def test_a_row_never_says_one_thing_of_everybody_in_it(figures: Figures) -> None:
    shown = suppressed(figures)
    if len(figures.columns) < 2:
        return
    for row, counts in enumerate(figures.counts):
        told = [shown.cells[row, column] for column in range(len(counts))]
        if sum(counts) and None not in told:
            assert sum(1 for value in told if value) > 1


@settings(max_examples=25)
@given(tables(rows=4, columns=3))
def test_no_count_is_hidden_that_need_not_be(figures: Figures) -> None:
    shown = suppressed(figures)
    whole = frozenset(figures.entries())
    if shown.hidden == whole:
        return
    small = {e for e in whole if 0 < figures.value(e) < shown.k}
    small |= {
        (row, held[0])
        for row, counts in enumerate(figures.counts)
        if len(held := [c for c, count in enumerate(counts) if count]) == 1 and len(counts) > 1
    }
    for entry in shown.hidden - small:
        fewer = shown.hidden - {entry}
        ranges = [possible(figures, fewer, one) for one in fewer]
        assert any(high is not None and high - low + 1 < shown.k for low, high in ranges)


def test_one_hidden_count_beside_its_totals_takes_others_with_it() -> None:
    shown = suppressed(table((30, 2, 8), (25, 9, 6), (28, 7, 12)))
    assert shown.cells[0, 1] is None
    assert len(shown.hidden) >= 4
    assert shown.cells[TOTAL, TOTAL] == 127


def test_a_table_of_large_counts_is_shown_whole() -> None:
    assert suppressed(table((30, 12), (25, 9))).hidden == frozenset()


def test_a_row_may_stand_whole_in_a_column_that_says_nothing() -> None:
    calm = Figures(
        rows=("a", "b"),
        columns=("fever", "none"),
        counts=((0, 40), (0, 30)),
        harmless=frozenset({"none"}),
    )
    assert suppressed(calm).hidden == frozenset()
    ill = Figures(
        rows=("a", "b"),
        columns=("fever", "none"),
        counts=((40, 0), (0, 30)),
        harmless=frozenset({"none"}),
    )
    assert suppressed(ill).cells[0, 0] is None


def test_a_school_with_nobody_in_any_column_shows_its_zeros() -> None:
    assert suppressed(table((0, 0), (0, 0))).hidden == frozenset()


@settings(max_examples=25)
@given(tables(rows=4, columns=3, most=20), st.data())
def test_two_releases_do_not_betray_a_small_difference(
    figures: Figures, data: st.DataObject
) -> None:
    moves = data.draw(
        st.tuples(*[st.tuples(*[st.integers(0, 3)] * len(figures.columns))] * len(figures.rows))
    )
    later = table(
        *[
            tuple(count + more for count, more in zip(line, extra, strict=True))
            for line, extra in zip(figures.counts, moves, strict=True)
        ]
    )
    first = suppressed(figures)
    second = suppressed(later, before=first, was=figures)
    for entry, value in second.cells.items():
        known = first.cells[entry]
        if value is not None and known is not None:
            assert value == known or abs(value - known) >= 5
        if value is not None and known is None:
            # What was hidden and has hardly changed stays hidden.
            assert abs(value - figures.value(entry)) >= 5


@settings(max_examples=25)
@given(tables(rows=3, columns=3, most=20), st.data())
def test_no_number_stands_near_another_that_was_shown_of_its_place_last(
    figures: Figures, data: st.DataObject
) -> None:
    """Over many releases: what one of them hides is held against what stood there before."""
    known: dict[Entry, int] = {}
    was: Figures | None = None
    before: Shown | None = None
    for _ in range(5):
        shown = suppressed(figures, before=before, was=was, known=known)
        for entry, value in shown.cells.items():
            if value is not None and entry in known:
                assert value == known[entry] or abs(value - known[entry]) >= 5
        known |= {entry: value for entry, value in shown.cells.items() if value is not None}
        before, was = shown, figures
        moves = st.tuples(
            *[st.tuples(*[st.integers(-8, 8)] * len(figures.columns))] * len(figures.rows)
        )
        figures = table(
            *[
                tuple(max(0, n + more) for n, more in zip(line, extra, strict=True))
                for line, extra in zip(figures.counts, data.draw(moves), strict=True)
            ]
        )


@pytest.mark.parametrize(
    "bad",
    [
        Figures(rows=("a",), columns=("b", "c"), counts=((1,),)),
        Figures(rows=("a",), columns=("b",), counts=((-1,),)),
        table(*[(5,) * 15] * (MOST_CELLS // 15 + 1)),
    ],
)
def test_a_table_that_cannot_be_protected_is_refused(bad: Figures) -> None:
    with pytest.raises(InvalidDataError) as refused:
        suppressed(bad)
    assert refused.value.code == "PSY704"


def test_an_earlier_release_of_another_table_is_refused() -> None:
    one, other = table((30, 12)), table((30, 12), (9, 9))
    with pytest.raises(InvalidDataError):
        suppressed(other, before=suppressed(one), was=one)
    with pytest.raises(InvalidDataError):
        suppressed(other, before=suppressed(other))


def test_a_table_of_two_hundred_cells_is_protected_too() -> None:
    counts = [tuple((7 * r + 3 * c) % 23 for c in range(10)) for r in range(20)]
    figures = table(*counts)
    shown = suppressed(figures)
    for entry in shown.hidden:
        low, high = possible(figures, shown.hidden, entry)
        assert high is None or high - low + 1 >= 5
