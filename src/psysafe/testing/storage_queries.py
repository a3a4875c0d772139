"""The kit's rules for query: exactly what is asked, in index order, page by page."""

from __future__ import annotations

from typing import Final

import attrs
from hypothesis import given
from hypothesis import strategies as st

from psysafe.contracts.storage import INDEXES, Put, Query
from psysafe.errors import StorageError
from psysafe.testing.commits import School, put
from psysafe.testing.storage_bench import LAW, StorageBench

SMALL: Final = st.sampled_from(["a", "b", ""])
KEY: Final = st.sampled_from([*(f"case/{n}" for n in "12345678"), "duty/1", "duty/2"])
BOUND: Final = st.sampled_from([None, None, "", "a", "ab", "b", "c"])


@st.composite
def documents(draw: st.DrawFn) -> list[Put]:
    """Documents whose index values often meet."""
    fields = ("subject", "class_id", "lifecycle", "owner", "severity", "due")
    keys = draw(st.lists(KEY, unique=True, min_size=3, max_size=8))
    return [Put(key, b"body", {field: draw(SMALL) for field in fields}) for key in keys]


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """A declared query of any index and any length of prefix."""
    index = draw(st.sampled_from(sorted(INDEXES)))
    length = min(draw(st.sampled_from([1, 2, 2, 3, 4, 5])), len(INDEXES[index]))
    kinds = st.sampled_from(["case", "case", "duty"])
    prefix = st.tuples(kinds, *[SMALL] * (length - 1))
    prefixes = draw(st.lists(prefix, max_size=4))
    low, high = draw(BOUND), draw(BOUND)
    if length == len(INDEXES[index]):
        low, high = draw(st.sampled_from([None, "case/3", "duty"])), None
    return Query(index=index, prefixes=tuple(prefixes), low=low, high=high, limit=100)


def expected(puts: list[Put], query: Query) -> list[str]:
    """What the contract says a query gives, worked out the long way."""
    fields = INDEXES[query.index]
    found = []
    for prefix in dict.fromkeys(query.prefixes):
        order = (*fields[len(prefix) :], "key")
        rows = []
        for one in puts:
            values = {**one.index, "kind": one.key.partition("/")[0], "key": one.key}
            row = tuple(values.get(field, "") for field in order)
            if any(not values.get(field) for field in fields[:2]):
                continue
            if tuple(values.get(field, "") for field in fields[: len(prefix)]) != prefix:
                continue
            if (query.low or "") <= row[0] and (query.high is None or row[0] < query.high):
                rows.append(row)
        found += [row[-1] for row in sorted(rows)]
    return found


def refused(school: School, query: Query) -> bool:
    """Whether a query is answered with PSY407."""
    try:
        school.store.query(school.part, query)
    except StorageError as error:
        return error.code == "PSY407"
    return False


def paged(school: School, query: Query) -> list[str]:
    """The keys of a query read page by page; at most 20 pages."""
    found: list[str] = []
    for _ in range(20):
        page = school.store.query(school.part, query)
        assert len(page.documents) <= query.limit
        found += [document.key for document in page.documents]
        if page.cursor is None:
            return found
        query = attrs.evolve(query, cursor=page.cursor)
    raise AssertionError("the pages do not come to an end")


class QueryRules(StorageBench):
    """Lists read what was just written, over declared indexes only."""

    def test_a_query_gives_exactly_its_prefixes_in_index_order(self) -> None:
        @LAW
        @given(documents(), st.lists(queries(), min_size=1, max_size=4))
        def law(puts: list[Put], asked: list[Query]) -> None:
            school = self.school()
            school.keep(*puts)
            for query in asked:
                assert school.keys(query) == expected(puts, query)

        law()

    def test_a_list_is_ordered_by_what_follows_its_prefix_then_by_key(self) -> None:
        school = self.school()
        rows = [("1", "2", "3"), ("2", "1", "9"), ("3", "1", ""), ("4", "2", "1"), ("5", "1", "9")]
        for number, severity, due in rows:
            school.keep(put(f"case/{number}", lifecycle="open", severity=severity, due=due))
        board = Query("board", (("case", "open"),))
        assert school.keys(board) == ["case/3", "case/2", "case/5", "case/4", "case/1"]
        assert school.keys(Query("board", (("case", "open", "1"),), low="9")) == [
            "case/2",
            "case/5",
        ]
        assert school.keys(attrs.evolve(board, high="2", limit=2)) == ["case/3", "case/2"]

    def test_pages_join_to_the_whole_without_gap_or_repetition(self) -> None:
        school = self.school()
        keys = [f"case/{number}" for number in range(7)]
        school.keep(*[put(key, owner="ab"[n % 2], lifecycle="x") for n, key in enumerate(keys)])
        for query in (
            Query("kind", (("case",),)),
            Query("board", (("case", "x"),)),
            Query("owner", (("case", "b"), ("case", "a"))),
        ):
            whole = school.keys(query)
            assert sorted(whole) == keys
            for limit in (1, 2, 3, 7):
                assert paged(school, attrs.evolve(query, limit=limit)) == whole

        @LAW
        @given(documents(), queries(), st.integers(1, 3))
        def law(puts: list[Put], query: Query, limit: int) -> None:
            school = self.school()
            school.keep(*puts)
            found = paged(school, attrs.evolve(query, limit=limit))
            assert found == expected(puts, query)

        law()

    def test_a_page_goes_on_after_its_last_row_is_gone(self) -> None:
        school = self.school()
        for number in range(1, 6):
            school.keep(put(f"case/{number}", lifecycle="open", severity="high", due="d"))
        query = Query("board", (("case", "open"),), limit=2)
        first = self.store.query(school.part, query)
        assert [d.key for d in first.documents] == ["case/1", "case/2"]
        school.keep(delete=["case/2", "case/4"])
        rest = attrs.evolve(query, cursor=first.cursor)
        assert school.keys(rest) == ["case/3", "case/5"]

    def test_a_page_that_is_just_full_says_whether_there_is_more(self) -> None:
        school = self.school()
        school.keep(put("case/1"), put("case/2"))
        page = self.store.query(school.part, Query("kind", (("case",),), limit=2))
        assert (len(page.documents), page.cursor) == (2, None)
        assert self.store.query(school.part, Query("kind", (("case",),), limit=1)).cursor

    def test_the_prefixes_of_a_query_are_answered_in_the_order_given(self) -> None:
        school = self.school()
        school.keep(put("case/1", owner="a"), put("case/2", owner="b"), put("case/3", owner="a"))
        asked = Query("owner", (("case", "b"), ("case", "c"), ("case", "a"), ("case", "b")))
        assert school.keys(asked) == ["case/2", "case/1", "case/3"]
        assert school.keys(Query("owner", ())) == []

    def test_the_index_by_kind_ranges_over_the_key(self) -> None:
        school = self.school()
        school.keep(put("case/1"), put("case/2"), put("case/3"), put("case-x/1"), put("case"))
        assert school.keys(Query("kind", (("case",),))) == ["case", "case/1", "case/2", "case/3"]
        inside = Query("kind", (("case",),), low="case/2", high="case/3")
        assert school.keys(inside) == ["case/2"]

    def test_a_changed_document_moves_in_every_index(self) -> None:
        school = self.school()
        school.keep(put("case/1", owner="a", lifecycle="open", severity="low"))
        school.keep(put("case/1", owner="b", lifecycle="open"))
        assert school.keys(Query("owner", (("case", "a"),))) == []
        assert school.keys(Query("owner", (("case", "b"),))) == ["case/1"]
        school.keep(put("case/1"))
        assert school.keys(Query("board", (("case",),))) == []
        assert school.keys(Query("kind", (("case",),))) == ["case/1"]

    def test_a_deleted_document_stands_in_no_index(self) -> None:
        school = self.school()
        school.keep(put("case/1", owner="a", subject="s", class_id="c", lifecycle="open"))
        school.keep(delete=["case/1"])
        assert [name for name in INDEXES if school.keys(Query(name, (("case",),)))] == []

    def test_a_listed_document_is_whole(self) -> None:
        school = self.school()
        school.keep(put("case/1", b"old"))
        school.keep(put("case/1", b"new", owner="a"))
        (listed,) = self.store.query(school.part, Query("kind", (("case",),))).documents
        read = school.document("case/1")
        assert read is not None
        assert (listed.key, listed.version, listed.body) == ("case/1", 2, b"new")
        assert dict(listed.index) == dict(read.index) == {"kind": "case", "owner": "a"}

    def test_a_list_shows_only_its_own_school(self) -> None:
        school, neighbour = self.school(), self.school()
        for one in (school, neighbour):
            one.keep(put(f"case/{one.part}", lifecycle="open"))
        assert school.keys(Query("board", (("case", "open"),))) == [f"case/{school.part}"]
        assert school.keys(Query("kind", (("case",),))) == [f"case/{school.part}"]

    def test_a_query_that_no_index_answers_is_refused(self) -> None:
        school = self.school()
        school.keep(put("case/1", owner="a"), put("case/2", owner="a"))
        cursor = self.store.query(school.part, Query("kind", (("case",),), limit=1)).cursor
        wrong = {
            "an index that is not declared": Query("tier", (("case",),)),
            "no field at all": Query("board", ((),)),
            "more fields than there are": Query("subject", (("case", "s", "d", "x"),)),
            "prefixes of unequal length": Query("board", (("case",), ("case", "open"))),
            "an empty page": Query("kind", (("case",),), limit=0),
            "a cursor that is none": Query("kind", (("case",),), cursor="?"),
            "another query's cursor": Query("kind", (("duty",),), cursor=cursor),
            "another index's cursor": Query("owner", (("case",),), cursor=cursor),
        }
        assert [name for name, query in wrong.items() if not refused(school, query)] == []
