"""Where the journal cannot be written: nothing is shown but what a crisis needs, and it is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from psysafe.builtin.null_vault import NullVault
from psysafe.builtin.sqlite import SqliteStorage
from psysafe.domain.privacy import CRISIS_ITEMS
from psysafe.engine import spooling
from psysafe.engine.reading import join_spool, who_looked
from psysafe.errors import NotFoundError, StorageError
from psysafe.testing.schools import InventedSchool, open_school, student_id

CHILD = student_id(1)
NOTE = "她说今晚不想活了"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    """A declared crisis in a school whose store is a file."""
    with open_school(tmp_path / "school", storage="sqlite") as opened:
        opened.desk("homeroom-1").signals.report(
            opened.number(1), "peer", {"fear": "severe"}, note=NOTE
        )
        mine = opened.desk("counselor-a").cases
        case = mine.about(opened.number(1)).id
        mine.declare(case, danger="self", place="dormitory", proposal="送医")
        yield opened


def full(school: InventedSchool) -> None:
    """From now on the store keeps nothing: every line of the journal is refused by SQLite."""
    with _database(school) as db:
        db.execute("CREATE TRIGGER no BEFORE INSERT ON journal BEGIN SELECT raise(FAIL, 'x'); END")


def room_again(school: InventedSchool) -> None:
    with _database(school) as db:
        db.execute("DROP TRIGGER no")


def _database(school: InventedSchool) -> AbstractContextManager[Connection]:
    store = school.school.storage
    assert isinstance(store, SqliteStorage)
    return store._file.writing()


def page(school: InventedSchool, who: str = "counselor-a", number: int = 1) -> dict[str, Any]:
    return dict(school.desk(who).cases.about(school.number(number)).data)


def looks(school: InventedSchool) -> int:
    return len(who_looked(school.school, CHILD))


def spooled(school: InventedSchool) -> list[Path]:
    return sorted((school.folder / spooling.FOLDER).glob("*.look"))


def test_in_a_crisis_it_is_still_said_whom_to_call_and_what_to_do(school: InventedSchool) -> None:
    before = page(school)
    full(school)
    left = page(school)
    for key in ("name", "class", "guardians", "crisis"):
        assert left[key] == before[key]
    assert left["journal"] == "unwritable"
    for key in ("signals", "severity", "reasons", "timeline", "reporters", "flags"):
        assert key not in left
    assert NOTE not in str(left)


def test_the_look_is_kept_and_joined_as_soon_as_the_store_writes_again(
    school: InventedSchool,
) -> None:
    before = looks(school)
    full(school)
    school.clock.advance(minutes=3)
    seen_at = school.clock.now()
    page(school)
    assert len(spooled(school)) == 1
    assert looks(school) == before
    room_again(school)
    school.tick(minutes=5)
    assert spooled(school) == []
    last = who_looked(school.school, CHILD)[-1]
    assert (last.by, last.at) == ("staff:counselor-a", seen_at)
    assert set(last.items) <= {item.value for item in CRISIS_ITEMS}
    assert looks(school) == before + 1
    assert school.net.operator("operator:it").verify().ok


def test_a_look_is_joined_once_though_the_process_ended_in_between(school: InventedSchool) -> None:
    before = looks(school)
    full(school)
    page(school)
    (path,) = spooled(school)
    content = path.read_bytes()
    room_again(school)
    assert join_spool(school.school) == 1
    path.write_bytes(content)  # as if it had ended before the file went away
    join_spool(school.school)
    assert looks(school) == before + 1
    assert spooled(school) == []


def test_nothing_readable_about_anybody_stands_in_the_name_and_head(school: InventedSchool) -> None:
    full(school)
    page(school)
    (path,) = spooled(school)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    head = path.read_bytes().split(b"\n")[0].decode()
    for private in ("林小满", "counselor-a", "2026", NOTE):
        assert private not in head + path.name


def test_where_the_spool_cannot_keep_it_nothing_is_shown(school: InventedSchool) -> None:
    full(school)
    (school.folder / spooling.FOLDER).write_text("a file in its place")
    with pytest.raises(StorageError):
        page(school)


def test_outside_a_crisis_nothing_is_shown(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(school.number(2), "peer", {"fear": "some"})
    page(school, number=2)
    full(school)
    with pytest.raises(StorageError):
        page(school, number=2)
    assert spooled(school) == []


@pytest.mark.parametrize("who", ["homeroom-3", "counselor-c", "registrar", "spare"])
def test_a_full_disk_opens_nothing_to_whoever_may_not_know(
    school: InventedSchool, who: str
) -> None:
    full(school)
    with pytest.raises((NotFoundError, StorageError)):
        page(school, who)
    assert spooled(school) == []


def test_an_inbox_still_says_that_something_waits(school: InventedSchool) -> None:
    before = school.desk("head").inbox.list()
    assert before
    full(school)
    lines = school.desk("head").inbox.list()
    assert [line["notice"] for line in lines] == [line["notice"] for line in before]
    assert {line["class"] for line in lines} == {"K0"}
    assert all("case" not in line for line in lines)
    assert "林小满" not in str(lines)


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _no_head(content: bytes) -> bytes:
    return b"{}\n" + content


def _another_kind(content: bytes) -> bytes:
    return content.replace(b"item_read", b"case_opened")


@pytest.mark.parametrize("harm", [_cut, _no_head, _another_kind, lambda _: b"", lambda _: b"\xff"])
def test_a_damaged_look_is_set_aside_and_holds_up_no_other(
    school: InventedSchool,
    harm: Callable[[bytes], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = looks(school)
    full(school)
    page(school)
    page(school)
    first, second = spooled(school)
    first.write_bytes(harm(first.read_bytes()))
    room_again(school)
    with caplog.at_level(logging.ERROR):
        school.tick(minutes=1)
    assert looks(school) == before + 1
    assert spooled(school) == []
    assert first.with_suffix(".bad").exists()
    assert not second.exists()
    assert "a spooled look is damaged" in caplog.text


def test_what_cannot_be_read_in_the_spool_holds_up_no_call(school: InventedSchool) -> None:
    folder = school.folder / spooling.FOLDER
    folder.mkdir()
    (folder / "cmd-a.look").mkdir()  # reading it fails as a broken disk does
    assert school.tick(minutes=1).sent > 0
    full(school)
    page(school)
    room_again(school)
    before = looks(school)
    school.tick(minutes=1)
    assert looks(school) == before + 1
    assert (folder / "cmd-a.look").is_dir()


def test_a_spool_that_fails_as_a_whole_holds_up_no_call(
    school: InventedSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    full(school)
    page(school)
    room_again(school)

    def no_right(*_: object) -> None:
        raise PermissionError

    before = looks(school)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", no_right)
        assert school.tick(minutes=1).sent > 0
    school.tick(minutes=1)
    assert looks(school) == before + 1, "it was kept already, and is kept once"
    assert spooled(school) == []


def test_a_look_that_is_being_written_is_left_alone(school: InventedSchool) -> None:
    folder = school.folder / spooling.FOLDER
    folder.mkdir()
    half = folder / ".cmd-a.look"
    half.write_bytes(b"{")
    school.tick(minutes=1)
    assert half.read_bytes() == b"{"


def test_a_vault_that_is_away_for_a_while_makes_no_look_a_damaged_one(
    school: InventedSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = looks(school)
    full(school)
    page(school)
    room_again(school)

    def away(*_: object) -> bytes:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(NullVault, "open", away)
        with pytest.raises(StorageError):
            join_spool(school.school)
    assert len(spooled(school)) == 1
    school.tick(minutes=1)
    assert looks(school) == before + 1
