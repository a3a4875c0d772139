"""An import that is stopped at any commit and run again comes to what an uninterrupted one does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.contracts.storage import Query
from psysafe.desk import roster_import
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.schools import InventedSchool, open_school

HEADING = "姓名,学号,班级,监护人1姓名,监护人1关系,监护人1电话"
ROWS = [f"学生{n},90{n:02d},高一{n % 3 + 1}班,家长{n},父子,138000000{n:02d}" for n in range(1, 11)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("imports") / "school"


def documents(school: InventedSchool) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for kind in ("student", "roster", "file", "identity"):
        query = Query(index="kind", prefixes=((kind,),), limit=1000)
        page = school.school.storage.query(school.school.part, query)
        found.update({d.key: d.body for d in page.documents})
    return found


def load(school: InventedSchool, *rows: str) -> Any:
    file = school.folder.parent / "roster.csv"
    file.write_text("\n".join((HEADING, *rows)) + "\n", encoding="utf-8")
    return school.net.operator().roster.load(file)


def test_an_import_stopped_at_any_commit_is_finished_by_running_it_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_import, "BATCH", 3)
    stores: list[InterruptedStorage] = []

    def wrap(behind: Any) -> InterruptedStorage:
        stores.append(InterruptedStorage(behind))
        return stores[-1]

    with open_school(folder, wrap=wrap) as school:
        before = stores[-1].writes
        load(school, *ROWS).apply()
        commits = stores[-1].writes - before
        whole = documents(school)
    assert commits == 5  # classes, and four batches
    for stop in range(1, commits + 1):
        for when in ("before", "after"):
            with open_school(folder, wrap=wrap) as school:
                stores[-1].stop_at(stop, when)  # type: ignore[arg-type]
                with pytest.raises(StoppedError):
                    load(school, *ROWS).apply()
                load(school, *ROWS).apply()
                assert documents(school) == whole
                last = load(school, *ROWS).apply()
                assert (last["new"], last["changed"], last["unchanged"]) == (0, 0, 10)


@settings(max_examples=10)
@given(rows=st.permutations(ROWS[:6]))
def test_looking_changes_nothing_and_the_order_of_rows_means_nothing(
    folder: Path, rows: list[str]
) -> None:
    with open_school(folder) as school:
        before = documents(school), school.net.operator().position()
        assert load(school, *rows).counts["new"] == 6
        assert (documents(school), school.net.operator().position()) == before
        load(school, *rows).apply()
        here = documents(school)
    with open_school(folder) as school:
        load(school, *ROWS[:6]).apply()
        assert documents(school) == here


def test_memory_does_not_grow_with_the_rows_of_a_file(folder: Path) -> None:
    import tracemalloc

    def peak(count: int) -> int:
        rows = [f"学生{n},7{n:06d},高一{n % 9 + 1}班,,," for n in range(count)]
        with open_school(folder) as school:
            found = load(school, *rows)
            del rows
            tracemalloc.start()
            assert found.counts["new"] == count
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    small, large = peak(300), peak(1500)
    # The digests of the numbers are all that stays: far below a kilobyte a row.
    assert (large - small) / 1200 < 500
