"""What may happen to the file of a school: it is another's, newer, damaged, or used by several."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from psysafe.builtin import sqlite_statements as sql
from psysafe.builtin.sqlite import RECORD, SqliteStorage
from psysafe.contracts.storage import INDEXES, Committed, Query, walk
from psysafe.errors import StorageError
from psysafe.ids import Part
from psysafe.testing.commits import LEASE, NOW, School, changes, entry, event, put
from psysafe.testing.storage_commits import recomputed

PART = Part("no3-middle")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "psysafe.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStorage]:
    opened = SqliteStorage(path)
    yield opened
    opened.close()


def opening(path: Path, **settings: object) -> StorageError:
    """The refusal with which opening a file is answered."""
    with pytest.raises(StorageError) as caught:
        RECORD.open({"use": "sqlite", "path": path.name, **settings}, path.parent)
    return caught.value


def test_nobody_else_on_the_machine_may_read_the_file(store: SqliteStorage, path: Path) -> None:
    School(store, PART).keep(put("file/1"))
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["psysafe.db", "psysafe.db-shm", "psysafe.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_what_was_answered_survives_a_power_cut(path: Path, store: SqliteStorage) -> None:
    def level(opened: SqliteStorage) -> list[object]:
        with opened._file.writing() as db:
            return [
                db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("synchronous", "journal_mode", "secure_delete")
            ]

    assert level(store) == [2, "wal", 1]
    less = SqliteStorage(path, synchronous="normal")
    assert level(less) == [1, "wal", 1]
    less.close()


def test_a_file_of_a_newer_psysafe_is_left_alone(path: Path) -> None:
    SqliteStorage(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    refused = opening(path)
    assert refused.code == "PSY402"
    assert refused.finding.facts == {"found": 99, "known": 2}
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"a list of names, perhaps\n" * 400)
    before = path.read_bytes()
    assert opening(path).code == "PSY401"
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE marks (student TEXT, mark INTEGER)")
    db.close()
    before = path.read_bytes()
    assert opening(path).code == "PSY401"
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_said(path: Path) -> None:
    assert opening(path / "none" / "x.db").code == "PSY401"


@pytest.mark.parametrize(
    "wrong",
    [{"synchronous": "off"}, {"busy_timeout": -1}, {"busy_timeout": True}, {"journal": "wal"}],
)
def test_a_setting_that_is_not_understood_is_refused(path: Path, wrong: dict[str, object]) -> None:
    assert opening(path, **wrong).code == "PSY401"
    assert not path.exists()


def test_an_empty_file_becomes_a_school(path: Path) -> None:
    path.touch(mode=0o600)
    store = SqliteStorage(path)
    School(store, PART).keep(put("file/1"))
    store.close()


def test_a_damaged_page_does_not_hide_the_other_records(path: Path) -> None:
    store = SqliteStorage(path)
    school = School(store, PART)
    for number in range(1, 201):
        school.keep(put(f"file/{number}"), events=[event(number, body=b"<%d>" % number * 100)])
    store.close()
    raw = bytearray(path.read_bytes())
    page = raw.find(b"<100><100>") // 4096
    raw[page * 4096 : (page + 1) * 4096] = os.urandom(4096)
    path.write_bytes(raw)

    store = SqliteStorage(path)
    damaged = []
    for position in range(1, 201):
        try:
            (record,) = store.journal(PART, position - 1, 1)
        except StorageError as error:
            damaged.append((position, error.code))
        else:
            assert (record.position, record.body) == (position, b"<%d>" % position * 100)
    assert (100, "PSY406") in damaged
    assert {code for _, code in damaged} == {"PSY406"}
    assert len(damaged) < 20
    assert len(store.read(PART, [f"file/{n}" for n in range(1, 201)]).documents) == 200
    store.close()


def test_a_lock_that_another_program_keeps_is_an_error_and_nothing_is_half_done(
    path: Path,
) -> None:
    store = SqliteStorage(path, busy_timeout=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError) as caught:
        School(store, PART).keep(put("file/1"))
    assert caught.value.code == "PSY406"
    assert caught.value.finding.facts["problem"] == "SQLITE_BUSY"
    assert store.read(PART, ["file/1"]).position == 0
    assert store.claim([PART], NOW, 9, LEASE) == ()
    other.execute("ROLLBACK")
    other.close()
    School(store, PART).keep(put("file/1"))
    store.close()


def test_nothing_due_takes_no_write_lock(path: Path) -> None:
    store = SqliteStorage(path, busy_timeout=0.05)
    School(store, PART).keep(outbox=[entry("later", NOW + LEASE)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.claim([PART], NOW, 9, LEASE) == ()
    other.close()
    store.close()


def test_an_error_quotes_nothing_that_was_stored(store: SqliteStorage) -> None:
    with store._file.writing() as db:
        db.execute("CREATE TRIGGER no BEFORE INSERT ON journal BEGIN SELECT raise(FAIL, 'x'); END")
    made = changes("cmd-a", puts=[put("file/secret", b"secret")], receipt=b"secret")
    with pytest.raises(StorageError) as caught:
        store.commit(PART, made)
    assert "secret" not in str(caught.value) + repr(caught.value.finding)
    assert store.read(PART, ["file/secret"]).position == 0


def test_a_full_disk_refuses_the_commit_and_keeps_the_rest(store: SqliteStorage) -> None:
    school = School(store, PART)
    kept = school.keep(put("file/1", b"kept"))
    with store._file.writing() as db:
        db.execute("PRAGMA max_page_count = 1")  # SQLite holds it at the present size
    with pytest.raises(StorageError) as caught:
        school.keep(*[put(f"file/{n}", b"x" * 5000) for n in range(2, 30)])
    assert caught.value.finding.facts["problem"] == "SQLITE_FULL"
    snapshot = store.read(PART, ["file/1", "file/2"])
    assert (set(snapshot.documents), snapshot.position) == ({"file/1"}, kept.position)
    with store._file.writing() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    assert school.keep(put("file/2")).position == kept.position + 1


def test_a_closed_store_says_so(path: Path) -> None:
    store = SqliteStorage(path)
    store.close()
    for use in (lambda: store.read(PART, []), lambda: store.commit(PART, changes("cmd-a"))):
        with pytest.raises(StorageError):
            use()


def plans(store: SqliteStorage, text: str, values: list[str]) -> list[str]:
    with store._file.reading() as db:
        return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {text}", (*values, 10))]


@pytest.mark.parametrize("index", sorted(INDEXES))
def test_every_declared_query_goes_by_its_index_and_nothing_is_sorted(
    store: SqliteStorage, index: str
) -> None:
    for length in range(1, len(INDEXES[index]) + 1):
        prefix = ("case", *["x"] * (length - 1))
        for low, high in ((None, None), ("a", None), (None, "z"), ("a", "z")):
            query = Query(index, (prefix,), low=low, high=high)
            plan = walk(query)
            for after in (None, tuple("m" for _ in plan.order)):
                told = plans(store, *sql.page(PART, query, plan, prefix, after))
                assert len(told) == 1, told
                assert told[0].startswith(f"SEARCH document USING INDEX document_{index} (part=?")
                used = plan.equal[1:] if index == "kind" else plan.equal
                assert all(f"{field}=?" in told[0] for field in used)
                if low or index == "kind" or (after and len(plan.order) == 1):
                    assert any(f"{mark}>" in told[0] for mark in (plan.order[0], ",key)"))
                if high or index == "kind":
                    assert f"{plan.order[0]}<?" in told[0]
                if after and len(plan.order) > 1:
                    assert f"({','.join(plan.order)})>(" in told[0]


def test_no_statement_of_the_outbox_or_the_journal_sorts_or_walks(store: SqliteStorage) -> None:
    read = {
        sql.DUPLICATE_AND_HEAD: 3,
        sql.JOURNAL: 3,
        sql.STREAM: 4,
        sql.FIRST_URGENCY: 1,
        sql.NEXT_URGENCY: 2,
        sql.DUE: 6,
        sql.FREE: 2,
        sql.read(3): 4,
        sql.versions(3): 4,
    }
    with store._file.reading() as db:
        for text, count in read.items():
            told = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {text}", ("1",) * count)]
            assert not any("TEMP B-TREE" in line for line in told), told
            # The read starts from one row of constants, p; everything else is searched.
            walked = {line for line in told if line.startswith("SCAN")}
            assert walked <= {"SCAN p", "SCAN CONSTANT ROW", "SCAN (CONSTANT ROW)"}, (text, told)


def count_up(path: str, hand: int) -> None:
    """One process among several: adds one to a number, 25 times."""
    store = SqliteStorage(Path(path), busy_timeout=30)
    for number in range(25):
        while True:
            found = store.read(PART, ["file/1"]).documents["file/1"]
            made = changes(
                f"cmd-{hand}-{number}-{found.version}",
                expect={"file/1": found.version},
                puts=[put("file/1", b"%d" % (int(found.body) + 1))],
            )
            if isinstance(store.commit(PART, made), Committed):
                break
    store.close()


def finished(processes: list[multiprocessing.process.BaseProcess]) -> list[int | None]:
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    return [process.exitcode for process in processes]


def test_two_processes_lose_nothing_of_each_other(path: Path, store: SqliteStorage) -> None:
    school = School(store, PART)
    school.keep(put("file/1", b"0"))
    spawn = multiprocessing.get_context("spawn")
    hands = [spawn.Process(target=count_up, args=(str(path), hand)) for hand in range(2)]
    assert finished(list(hands)) == [0, 0]
    found = school.document("file/1")
    assert found is not None
    assert (found.body, found.version) == (b"50", 51)
    records = school.journal()
    assert [record.position for record in records] == list(range(1, 52))
    assert recomputed(records)[-1] == store.read(PART, []).link


def open_first(path: str, hand: int) -> None:
    store = SqliteStorage(Path(path), busy_timeout=30)
    School(store, Part(f"school-{hand}")).keep(put("file/1"))
    store.close()


def test_two_processes_may_make_the_file_at_the_same_time(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    hands = [spawn.Process(target=open_first, args=(str(path), hand)) for hand in range(3)]
    assert finished(list(hands)) == [0, 0, 0]
    store = SqliteStorage(path)
    assert [store.read(Part(f"school-{hand}"), []).position for hand in range(3)] == [1, 1, 1]
    store.close()


def in_a_child(work: Callable[[], None]) -> int:
    """Run `work` in a fork of this process; its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_and_its_parent_go_on_side_by_side(
    path: Path, store: SqliteStorage
) -> None:
    school = School(store, PART)
    school.keep(put("file/1", b"0"))
    school.document("file/1")

    def work() -> None:
        assert school.document("file/1") is not None
        for number in range(20):
            store.commit(PART, changes(f"cmd-child-{number}", puts=[put("file/child")]))
        store.close()

    stop = threading.Event()

    def write_meanwhile() -> None:
        while not stop.is_set():
            school.keep(put("file/parent"))
            school.document("file/parent")

    writer = threading.Thread(target=write_meanwhile)
    writer.start()
    try:
        codes = [in_a_child(work) for _ in range(2)]
    finally:
        stop.set()
        writer.join(timeout=60)
    assert codes == [0, 0]
    records = school.journal()
    assert [record.position for record in records] == list(range(1, len(records) + 1))
    assert recomputed(records)[-1] == store.read(PART, []).link
    assert school.version("file/child") == 20
    with store._file.writing() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_threads_connection_is_closed_when_the_thread_ends(store: SqliteStorage) -> None:
    school = School(store, PART)
    school.keep(put("file/1"))
    for _ in range(5):
        thread = threading.Thread(target=school.document, args=("file/1",))
        thread.start()
        thread.join()
    assert len(store._file._readers) <= 1
