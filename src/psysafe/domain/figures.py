"""Counts of people that may be shown: small ones hidden, and none of them to be worked out again.

Figures are for planning and for the leading group, never an alarm's path. A count below `k` points
at somebody, so it is hidden; and because rows and columns add up, hiding one count alone hides
nothing. What is hidden here is protected exactly: from everything that is shown, totals included,
each hidden count could still be any of at least `k` numbers.

A table with its totals is read as a circulation: a count flows from its row to its column, totals
close the circle. Then the range of a hidden count is a maximum flow through the other hidden ones,
which is computed, not guessed. Choosing the *fewest* further counts to hide is a hard problem;
here a cheap cycle is taken for each count in need, and what turns out to be superfluous is shown
again, so the result is always safe and never hides one count that it need not hide by itself.

Sources: k = 5 inside the school and 10 outside is the house's suggestion for B0.3; the model is
that of statistical disclosure control (cell suppression in tables with totals).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import attrs

from psysafe.errors import Finding, InvalidDataError

K_INSIDE: Final = 5
K_OUTSIDE: Final = 10
#: Cells without totals. A larger table is refused: it would hide half of itself anyway.
MOST_CELLS: Final = 200
#: Where the totals stand: behind the last row and the last column.
TOTAL: Final = -1

Entry = tuple[int, int]
"""Row and column of a count; TOTAL in one of them is a total, in both the total of all."""
Arc = tuple[int, int]


@attrs.frozen(kw_only=True)
class Figures:
    """Counts of people by two properties: `rows` are groups, `columns` what is said of them."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...] = attrs.field(repr=False)
    harmless: frozenset[str] = frozenset()
    """columns that say nothing of anybody, such as `none`: a whole row may stand in one"""

    def value(self, entry: Entry) -> int:
        """A count or a total."""
        row, column = entry
        rows = self.counts if row == TOTAL else (self.counts[row],)
        return sum(sum(one) if column == TOTAL else one[column] for one in rows)

    def entries(self) -> Iterator[Entry]:
        """All counts and totals, in one order."""
        rows, columns = range(len(self.rows)), range(len(self.columns))
        for row in (*rows, TOTAL):
            for column in (*columns, TOTAL):
                yield row, column


@attrs.frozen(kw_only=True)
class Shown:
    """A table as it may be shown: None stands for a hidden count or total."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    k: int
    cells: Mapping[Entry, int | None] = attrs.field(repr=False)

    @property
    def hidden(self) -> frozenset[Entry]:
        return frozenset(entry for entry, value in self.cells.items() if value is None)


def too_small(count: int, k: int) -> bool:
    """Whether a count points at somebody: from 1 to k - 1. That there is nobody betrays nobody."""
    return 0 < count < k


def suppressed(
    figures: Figures,
    k: int = K_INSIDE,
    *,
    before: Shown | None = None,
    was: Figures | None = None,
    known: Mapping[Entry, int] | None = None,
) -> Shown:
    """The table as it may be shown to people for whom `k` holds.

    Hidden first: counts and totals from 1 to k - 1; the count of a row whose people all stand in
    one column that is not harmless, because the row would say it of each of them. With an earlier
    release of the same table (`before` as it was shown, `was` as it had been counted): what differs
    by 1 to k - 1 from a number that was shown, and what was hidden and has hardly changed, so that
    no difference of two releases points at somebody. `known` holds for each place the number that
    was shown of it last, however many releases ago. Then as many more as these need.

    Raises InvalidDataError PSY704 for a table that is too large, uneven, negative or of other rows
    and columns than the earlier release.
    """
    _check(figures, k, before, was)
    first = _must_be_hidden(figures, k)
    if before is not None and was is not None:
        first |= _betrayed_by_difference(figures, k, before, was)
    numbers = (known or {}).items()
    first |= {e for e, number in numbers if 0 < abs(figures.value(e) - number) < k}
    hidden = _protected(figures, k, first)
    cells = {e: None if e in hidden else figures.value(e) for e in figures.entries()}
    return Shown(rows=figures.rows, columns=figures.columns, k=k, cells=cells)


def possible(figures: Figures, hidden: Collection[Entry], entry: Entry) -> tuple[int, int | None]:
    """The lowest and the highest number that a hidden count could be, from all that is shown.

    None: there is no highest. Every whole number between the two is possible.
    """
    value = figures.value(entry)
    start, end = _arc(figures, entry)
    others = [e for e in hidden if e != entry]
    less = _flow(figures, others, start, end, value)
    more = _flow(figures, others, end, start, _ENDLESS)
    return value - less, None if more >= _ENDLESS else value + more


# -- what is hidden first ---------------------------------------------------------------------


def _check(figures: Figures, k: int, before: Shown | None, was: Figures | None) -> None:
    rows, columns = len(figures.rows), len(figures.columns)
    problem = ""
    if rows * columns > MOST_CELLS:
        problem = f"{rows * columns} cells, at most {MOST_CELLS}: join rows or columns"
    elif len(figures.counts) != rows or any(len(one) != columns for one in figures.counts):
        problem = "rows and columns do not fit the counts"
    elif any(count < 0 for one in figures.counts for count in one) or k < 2:
        problem = "a negative count, or a k below 2"
    elif (before is None) != (was is None):
        problem = "an earlier release is given by half"
    elif before is not None and (before.rows, before.columns) != (figures.rows, figures.columns):
        problem = "the earlier release has other rows or columns"
    if problem:
        raise InvalidDataError([Finding(code="PSY704", facts={"problem": problem})])


def _must_be_hidden(figures: Figures, k: int) -> set[Entry]:
    found = {entry for entry in figures.entries() if too_small(figures.value(entry), k)}
    for row, counts in enumerate(figures.counts):
        held = [column for column, count in enumerate(counts) if count]
        if len(held) != 1 or len(counts) < 2:
            continue
        if figures.columns[held[0]] not in figures.harmless:
            found.add((row, held[0]))
    return found


def _betrayed_by_difference(figures: Figures, k: int, before: Shown, was: Figures) -> set[Entry]:
    found = set()
    for entry, shown in before.cells.items():
        apart = abs(figures.value(entry) - was.value(entry))
        if apart < k and (shown is None or apart > 0):
            found.add(entry)
    return found


# -- what must be hidden beside it -------------------------------------------------------------


def _protected(figures: Figures, k: int, first: set[Entry]) -> frozenset[Entry]:
    """`first` and enough besides that each hidden entry has at least k possible values."""
    hidden = set(first)
    while True:
        weak = next((e for e in sorted(hidden) if not _wide(figures, hidden, e, k)), None)
        if weak is None:
            break
        more = _cycle(figures, hidden, weak, k)
        # Where no cycle is left, everything is hidden: what cannot be protected is not shown.
        hidden |= more or set(figures.entries())
        if not more:
            break
    # The largest first: it tells the reader most.
    for entry in sorted(hidden - first, key=lambda e: (-figures.value(e), e)):
        fewer = hidden - {entry}
        if all(_wide(figures, fewer, one, k) for one in fewer):
            hidden = fewer
    return frozenset(hidden)


def _wide(figures: Figures, hidden: Collection[Entry], entry: Entry, k: int) -> bool:
    low, high = possible(figures, hidden, entry)
    return high is None or high - low + 1 >= k


def _cycle(figures: Figures, hidden: Collection[Entry], weak: Entry, k: int) -> set[Entry]:
    """Entries to hide so that the weak one can move further; empty where there are none.

    The cheapest cycle through the weak entry that moves it by k - 1, or, where counts are too
    small for that, by as much as can be had.
    """
    low, high = possible(figures, hidden, weak)
    start, end = _arc(figures, weak)
    for step in range(k - 1, 0, -1):
        up = _path(figures, hidden, weak, end, start, step)
        down = _path(figures, hidden, weak, start, end, step)
        if figures.value(weak) - step < 0:
            down = None
        for found in sorted((p for p in (up, down) if p is not None), key=lambda p: p[0]):
            fresh = {e for e in found[1] if e not in hidden}
            after = possible(figures, {*hidden, *fresh}, weak)
            if fresh and (after[1] is None or high is None or after[1] - after[0] > high - low):
                return fresh
    return set()


def _path(
    figures: Figures, hidden: Collection[Entry], weak: Entry, source: int, sink: int, step: int
) -> tuple[int, list[Entry]] | None:
    """The cheapest way from source to sink along which `step` can be moved: cost and entries."""
    known = frozenset(hidden)
    links: dict[int, list[tuple[int, Entry, int]]] = {}
    for entry in figures.entries():
        if entry == weak:
            continue
        start, end = _arc(figures, entry)
        cost = 0 if entry in known else 1 + figures.value(entry)
        links.setdefault(start, []).append((end, entry, cost))
        if figures.value(entry) >= step:
            links.setdefault(end, []).append((start, entry, cost))
    best: dict[int, int] = {source: 0}
    came: dict[int, tuple[int, Entry]] = {}
    waiting = [(0, source)]
    while waiting:
        cost, node = heapq.heappop(waiting)
        if node == sink:
            break
        if cost > best[node]:
            continue
        for target, entry, more in links.get(node, ()):
            if cost + more < best.get(target, _ENDLESS):
                best[target] = cost + more
                came[target] = (node, entry)
                heapq.heappush(waiting, (cost + more, target))
    if sink not in best:
        return None
    entries: list[Entry] = []
    node = sink
    while node != source:
        node, entry = came[node]
        entries.append(entry)
    return best[sink], entries


# -- the circulation ---------------------------------------------------------------------------

_ENDLESS: Final = 10**9


def _arc(figures: Figures, entry: Entry) -> Arc:
    """Where an entry flows from and to. Nodes: rows, then columns, then the two ends."""
    rows, columns = len(figures.rows), len(figures.columns)
    top, bottom = rows + columns, rows + columns + 1
    row, column = entry
    if entry == (TOTAL, TOTAL):
        return bottom, top
    if column == TOTAL:
        return top, row
    if row == TOTAL:
        return rows + column, bottom
    return row, rows + column


def _flow(figures: Figures, free: Sequence[Entry], source: int, sink: int, most: int) -> int:
    """How much can be moved from source to sink through free entries, `most` at the most.

    Forward there is no limit, backward a count can be lowered to nothing.
    """
    room: dict[Arc, int] = {}
    beside: dict[int, set[int]] = {}
    for entry in free:
        start, end = _arc(figures, entry)
        room[start, end] = _ENDLESS
        room[end, start] = room.get((end, start), 0) + figures.value(entry)
        beside.setdefault(start, set()).add(end)
        beside.setdefault(end, set()).add(start)
    moved = 0
    while moved < most:
        came = _reach(room, beside, source, sink)
        if sink not in came:
            return moved
        way: list[Arc] = []
        node = sink
        while node != source:
            way.append((came[node], node))
            node = came[node]
        amount = min(most - moved, *(room[arc] for arc in way))
        for start, end in way:
            room[start, end] -= amount
            room[end, start] = room.get((end, start), 0) + amount
        moved += amount
    return moved


def _reach(
    room: Mapping[Arc, int], beside: Mapping[int, Collection[int]], source: int, sink: int
) -> dict[int, int]:
    """Breadth first: for each node that can be reached the one before it."""
    came = {source: source}
    waiting = deque([source])
    while waiting and sink not in came:
        node = waiting.popleft()
        for target in sorted(beside.get(node, ())):
            if target not in came and room[node, target] > 0:
                came[target] = node
                waiting.append(target)
    return came
