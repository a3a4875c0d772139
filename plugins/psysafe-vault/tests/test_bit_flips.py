"""One bit turned in live data with the vault on: it is named, and all others stay readable."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import psysafe_vault
from psysafe import PsysafeError
from psysafe.engine.verify import verify
from psysafe.testing import InventedSchool, open_school
from psysafe.testing.schools import student_id

(RECORD,) = psysafe_vault.psysafe_vaults()
REPORTED: Final = (1, 2, 3, 4)
FLIPS: Final = 150
#: What psysafe writes of a record, by table. Left out: a version, which only has to change with
#: each write, and what a repeated command is recognised by.
CELLS: Final = {
    "journal": ("stream", "actor", "header", "body", "link"),
    "document": (
        "key", "kind", "body", "places", "subject", "class_id", "grade", "lifecycle", "owner",
        "severity", "due",
    ),
}  # fmt: skip


@attrs.frozen(kw_only=True)
class Flip:
    """One bit of one cell of one row."""

    table: str
    cell: str
    row: int
    name: str
    """the stream or the key of the row, before the flip"""
    was: Any = attrs.field(repr=False)
    now: Any = attrs.field(repr=False)


def opened(folder: Path) -> InventedSchool:
    return open_school(folder, storage="sqlite", plugins=[psysafe_vault], vault=RECORD)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A school in which four students have live cases, and each was called about."""
    place = tmp_path_factory.mktemp("flips") / "school"
    with opened(place) as school:
        for number in REPORTED:
            school.desk(f"homeroom-{(number + 1) // 2}").signals.report(
                school.number(number), "one_to_one", {"self_harm": "severe"}, note="说想安静一会儿"
            )
            school.tick(minutes=1)
    return place


def turned(value: Any, chance: random.Random) -> Any:
    """The value with one bit turned; of a text a bit that leaves it a text."""
    if isinstance(value, int):
        return value ^ 1 << chance.randrange(8)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    if isinstance(value, str):
        spots = [at for at, byte in enumerate(raw) if byte < 0x80]
        raw[chance.choice(spots)] ^= 1
        return raw.decode()
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(raw)


def flips(folder: Path, seed: int) -> Iterator[Flip]:
    chance = random.Random(seed)
    with closing(sqlite3.connect(folder / "psysafe.db")) as file:
        rows = {
            table: file.execute(
                f"SELECT rowid, {'stream' if table == 'journal' else 'key'} FROM {table}"
            ).fetchall()
            for table in CELLS
        }
        made = 0
        while made < FLIPS:
            table = chance.choice(sorted(CELLS))
            cell = chance.choice(CELLS[table])
            row, name = chance.choice(rows[table])
            (value,) = file.execute(
                f"SELECT {cell} FROM {table} WHERE rowid = ?",
                (row,),
            ).fetchone()
            if value in (None, "", b""):
                continue
            made += 1
            yield Flip(
                table=table, cell=cell, row=row, name=name, was=value, now=turned(value, chance)
            )


def write(folder: Path, flip: Flip, value: Any) -> None:
    with closing(sqlite3.connect(folder / "psysafe.db")) as file, file:
        changed = file.execute(
            f"UPDATE {flip.table} SET {flip.cell} = ? WHERE rowid = ?",
            (value, flip.row),
        )
        assert changed.rowcount == 1


def unreadable(folder: Path, flip: Flip) -> list[str]:
    """What is wrong after a flip: nothing named it, or somebody else's case cannot be read."""
    wrong = []
    with opened(folder) as school:
        found = verify(school.school)
        if found.ok:
            wrong.append("not named")
        for number in REPORTED:
            if student_id(number) in flip.name:
                continue
            try:
                school.desk("counselor-a").cases.about(student_id(number))
            except PsysafeError as error:
                wrong.append(f"student {number}: {error.code}")
    return wrong


def test_of_150_flipped_bits_each_is_named_and_all_other_students_stay_readable(
    folder: Path,
) -> None:
    wrong = {}
    for flip in list(flips(folder, seed=20261126)):
        write(folder, flip, flip.now)
        try:
            said = unreadable(folder, flip)
        except PsysafeError as error:
            said = [f"school: {error.code}"]
        finally:
            write(folder, flip, flip.was)
        if said:
            wrong[f"{flip.table}.{flip.cell} of {flip.name}"] = said
    assert not wrong, "\n".join(f"{k}: {v}" for k, v in sorted(wrong.items()))
