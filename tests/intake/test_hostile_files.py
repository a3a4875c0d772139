"""Files that are damaged or made to do harm: refused before they are parsed, with the cure."""

from __future__ import annotations

import io
import random
import struct
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from psysafe.errors import Finding, InvalidDataError, PsysafeError
from psysafe.intake import workbook as workbooks
from psysafe.intake.tables import open_tables

OLD = (Path(__file__).parent / "files" / "roster.xls").read_bytes()


def workbook(**options: Any) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    sheet = made.add_worksheet("高一(3)班")
    sheet.write_row(0, 0, ["姓名", "学号"])
    sheet.write_row(1, 0, ["张三", "0017"])
    made.close()
    return out.getvalue()


HONEST = workbook()
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def changed(data: bytes = HONEST, add: dict[str, bytes] | None = None, **parts: Any) -> bytes:
    """The workbook with some parts replaced (a function of the old bytes) and some added."""
    edits = {"sheet": SHEET, "strings": STRINGS, "book": "xl/workbook.xml"}
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            for key, part in edits.items():
                if part == name and key in parts:
                    content = parts[key](content)
            new.writestr(name, content)
        for name, content in (add or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def refusals(data: bytes, folder: Path, name: str = "roster.xlsx") -> tuple[Finding, ...]:
    path = folder / name
    path.write_bytes(data)
    with pytest.raises(InvalidDataError) as caught:
        open_tables(path, "roster")
    for finding in caught.value.findings:
        assert finding.where["file"] == name
        assert finding.what
        assert finding.why
        assert finding.cure
    return caught.value.findings


def refusal(data: bytes, folder: Path, name: str = "roster.xlsx") -> str:
    return refusals(data, folder, name)[0].code


def forged(data: bytes, part: str, size: int) -> bytes:
    """The archive with another size in its list for one part."""
    at = data.rindex(part.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    return data[: at + 24] + struct.pack("<L", size) + data[at + 28 :]


def cells(xml: str) -> Callable[[bytes], bytes]:
    return lambda old: old.replace(b"<sheetData>", b"<sheetData>" + xml.encode())


DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def typed(old: bytes) -> bytes:
    head, _, rest = old.partition(b"?>")
    return head + b"?>" + DOCTYPE + rest


def long_text(letters: int) -> Callable[[bytes], bytes]:
    return lambda old: old.replace("张三".encode(), b"x" * letters)


def test_the_workbook_that_the_hostile_ones_are_made_of_is_read(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(changed())
    (table,) = open_tables(path, "roster")
    assert [row.cells for row in table.rows] == [("张三", "0017", "高一(3)班")]


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("PSY245", changed(add={"xl/media/zeros.bin": b"\0" * 20_000_000})),
        ("PSY021", changed(sheet=lambda old: old + b" " * 20_000_000)),
        ("PSY245", changed(add={"docProps/b.xml": b"<a>" + b"<b/>" * 2_000_000 + b"</a>"})),
        ("PSY245", forged(HONEST, SHEET, 10)),
        ("PSY245", forged(HONEST, SHEET, 1 << 31)),
        ("PSY245", changed(add={"xl/embeddings/inner.xlsx": HONEST})),
        ("PSY245", changed(add={"XL/Worksheets/Sheet1.xml": b"<worksheet/>"})),
        ("PSY246", changed(sheet=typed)),
        ("PSY246", changed(strings=typed)),
        ("PSY246", changed(book=typed)),
        (
            "PSY246",
            changed(add={"docProps/more.xml": b"<?xml version='1.0'?>" + DOCTYPE + b"<x/>"}),
        ),
        ("PSY252", changed(add={"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})),
        ("PSY252", changed(add={"xl/connections.xml": b"<connections/>"})),
        ("PSY021", changed(strings=long_text(3_000_000))),
        ("PSY021", changed(sheet=cells('<row r="9"><c r="A1048576"><v>1</v></c></row>'))),
        ("PSY021", changed(sheet=cells('<row r="9"><c r="XFD9"><v>1</v></c></row>'))),
        (
            "PSY021",
            changed(sheet=cells('<row r="1"><c r="SF200000"><v>1</v></c></row>')),
        ),
        ("PSY248", changed(sheet=cells('<row r="9"><c r="9A"><v>1</v></c></row>'))),
        ("PSY248", changed(sheet=lambda old: old[:-20])),
        ("PSY248", changed(sheet=lambda old: old.replace(b"UTF-8", b"PTF-8"))),
        ("PSY248", HONEST[: len(HONEST) // 2]),
        ("PSY248", HONEST.replace(b"PK\x01\x02", b"PK\x01\x03", 1)),
        ("PSY241", changed(book=lambda old: old).replace(b"xl/workbook.xml", b"xl/warkbook.xml")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_workbook_is_refused_before_it_is_parsed(
    code: str, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the reader of workbooks was handed a hostile file")

    monkeypatch.setattr(workbooks, "read_sheets", never)
    assert refusal(data, tmp_path) == code


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    bomb = changed(add={"xl/media/zeros.bin": b"\0" * 60_000_000})
    (tmp_path / "bomb.xlsx").write_bytes(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidDataError):
            open_tables(tmp_path / "bomb.xlsx", "roster")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_too_many_sheets_and_members_are_refused(tmp_path: Path) -> None:
    many = io.BytesIO()
    made = xlsxwriter.Workbook(many, {"in_memory": True})
    for number in range(201):
        made.add_worksheet(f"s{number}")
    made.close()
    assert refusal(many.getvalue(), tmp_path) == "PSY021"
    members = {f"xl/media/{n}.bin": b"x" for n in range(2_001)}
    assert refusal(changed(add=members), tmp_path) == "PSY021"
    long_names = {f"xl/media/{n:0>900}.bin": b"" for n in range(1_200)}
    assert refusal(changed(add=long_names), tmp_path) == "PSY245"


def test_a_password_is_told_from_damage(tmp_path: Path) -> None:
    # An .xlsx with a password is a compound file with a stream EncryptedPackage; an .xls with one
    # has the record FILEPASS.
    name, other = "Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le")
    at = OLD.index(name + b"\0\0")
    packed = OLD[:at] + other.ljust(64, b"\0") + struct.pack("<H", len(other) + 2) + OLD[at + 66 :]
    assert refusal(packed, tmp_path) == "PSY247"
    stream = OLD.index(struct.pack("<HH", 0x809, 16))
    codepage = OLD.index(struct.pack("<HH", 0x42, 2), stream)
    locked = OLD[:codepage] + struct.pack("<H", 0x2F) + OLD[codepage + 2 :]
    assert refusal(locked, tmp_path, "roster.xls") == "PSY247"
    flagged = bytearray(HONEST)
    flagged[HONEST.rindex(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(flagged), tmp_path) == "PSY247"


@pytest.mark.parametrize("cut", [8, 100, 512, 600, 2000, 5000])
def test_an_old_workbook_that_is_cut_off_is_damaged(cut: int, tmp_path: Path) -> None:
    assert refusal(OLD[:cut], tmp_path, "roster.xls") == "PSY248"


@pytest.mark.parametrize(
    ("record", "at", "promised"),
    [(0x200, 4, 0x84000002), (0x200, 10, 0xFFFF), (0xFC, 4, 0x7FFFFFFF)],
    ids=["rows", "columns", "strings"],
)
def test_an_old_workbook_that_promises_more_than_it_holds_is_damaged(
    record: int, at: int, promised: int, tmp_path: Path
) -> None:
    # The reader would take memory for the promise, 177 GB in one case, and end the process.
    place = OLD.index(struct.pack("<H", record), OLD.index(struct.pack("<HH", 0x809, 16)))
    while not (OLD[place + 2] in (14, 18) or record == 0xFC):
        place = OLD.index(struct.pack("<H", record), place + 1)
    size = "<H" if at == 10 else "<L"
    data = bytearray(OLD)
    struct.pack_into(size, data, place + 4 + at, promised)
    assert refusal(bytes(data), tmp_path, "roster.xls") == "PSY248"


@pytest.mark.parametrize("at", [44, 64, 72])
def test_an_old_workbook_whose_header_promises_too_much_is_damaged(at: int, tmp_path: Path) -> None:
    data = bytearray(OLD)
    struct.pack_into("<L", data, at, 0x7FFFFFFF)
    assert refusal(bytes(data), tmp_path, "roster.xls") == "PSY248"


def test_an_old_workbook_whose_sectors_run_in_a_circle_is_damaged(tmp_path: Path) -> None:
    table = 512 * (struct.unpack_from("<L", OLD, 76)[0] + 1)
    circle = OLD[:table] + struct.pack("<L", 0) * 128 + OLD[table + 512 :]
    assert refusal(circle, tmp_path, "roster.xls") == "PSY248"


def test_a_macro_workbook_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsm"
    path.write_bytes(changed(add={"xl/vbaProject.bin": b"x" * 10}))
    (table,) = open_tables(path, "roster")
    assert "PSY249" in [f.code for f in table.findings]
    assert len(list(table.rows)) == 1


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"<html><body><table><tr><td>\xe5</td></tr></table></body></html>", "HTML"),
        ("\ufeff\n<table><tr><td>姓名</td></tr></table>".encode(), "HTML"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com"/>', "XML"),
        (b"%PDF-1.7 ...", "PDF"),
    ],
)
def test_a_page_that_is_called_a_workbook_is_recognised(
    data: bytes, found: str, tmp_path: Path
) -> None:
    (finding,) = refusals(data, tmp_path, "roster.xls")
    assert (finding.code, finding.facts) == ("PSY241", {"found": found})


def test_a_row_with_a_nul_or_half_a_character_is_refused_with_its_row(tmp_path: Path) -> None:
    (finding,) = refusals("姓名,学号\n张\0三,1\n".encode(), tmp_path, "roster.csv")
    assert (finding.code, finding.where["row"]) == ("PSY217", 2)
    lone = "姓名,学号\n".encode() + "\ud800,1\n".encode("utf-8", "surrogatepass")
    assert refusal(lone, tmp_path, "roster.csv") in {"PSY207", "PSY217"}


def test_a_cell_of_100_mb_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    with path.open("wb") as stream:
        stream.write("姓名,学号\n".encode())
        for _ in range(60):
            stream.write(b"x" * 1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidDataError) as caught:
            open_tables(path, "roster")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == "PSY021"
    assert peak < 12_000_000


def test_two_rows_that_could_both_be_the_heading_are_not_chosen_between(tmp_path: Path) -> None:
    both = "姓名,学号,x\n学号,姓名,y\n张三,1,2\n".encode()
    (finding,) = refusals(both, tmp_path, "roster.csv")
    assert (finding.code, finding.facts) == ("PSY237", {"rows": "1, 2"})


def test_a_table_without_headings_says_which_rows_were_looked_at(tmp_path: Path) -> None:
    (finding,) = refusals("张三,1\n李四,2\n".encode(), tmp_path, "roster.csv")
    assert finding.code == "PSY236"
    assert finding.facts == {"first": 1, "last": 2}


def test_a_file_exchanged_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("姓名,学号\n张三,1\n", encoding="utf-8")
    (table,) = open_tables(path, "roster")
    path.write_text("姓名,学号\n张三,12\n", encoding="utf-8")
    with pytest.raises(InvalidDataError) as caught:
        list(table.rows)
    assert caught.value.code == "PSY238"


@pytest.mark.parametrize("name", ["none.csv", "", "\0"])
def test_what_is_no_file_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError) as caught:
        open_tables(tmp_path / name if name != "\0" else "a\0b", "roster")
    assert caught.value.code in {"PSY212", "PSY254"}


def test_without_the_extra_a_workbook_is_refused_with_the_command_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    (finding,) = refusals(HONEST, tmp_path)
    assert finding.code == "PSY242"
    assert "psysafe[sheets]" in finding.cure


def test_memory_does_not_grow_with_the_rows_of_a_text_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        with path.open("w", encoding="gb18030") as stream:
            stream.write("姓名,学号\n")
            for number in range(rows):
                stream.write(f"张三,{number:08}\n")
        tracemalloc.start()
        try:
            (table,) = open_tables(path, "roster")
            assert sum(1 for _ in table.rows) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(1_000), peak(8_000)
    assert many < few * 1.5 + 200_000


GOOD = [
    HONEST,
    OLD,
    "姓名,学号,班级\n张三,1,3\n".encode("gb18030"),
    "姓名\t学号\n".encode("utf-16"),
]


def never_anything_else(data: bytes, folder: Path) -> None:
    path = folder / "fuzzed"
    path.write_bytes(data)
    try:
        for table in open_tables(path, "roster"):
            for row in table.rows:
                assert len(row.cells) == len(table.heading)
    except PsysafeError:
        pass


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    never_anything_else(data, tmp_path_factory.getbasetemp())


@given(st.sampled_from(GOOD), st.randoms(use_true_random=False), st.integers(1, 12))
def test_any_file_with_some_bytes_changed_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, good: bytes, chance: random.Random, times: int
) -> None:
    data = bytearray(good)
    for _ in range(times):
        data[chance.randrange(len(data))] = chance.randrange(256)
    never_anything_else(bytes(data), tmp_path_factory.getbasetemp())


@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_any_workbook_with_a_changed_sheet_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, times: int
) -> None:
    def mutated(old: bytes) -> bytes:
        data = bytearray(old)
        for _ in range(times):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)

    data = changed(**{chance.choice(["sheet", "strings", "book"]): mutated})
    never_anything_else(data, tmp_path_factory.getbasetemp())


def test_a_bomb_of_deflated_zeros_is_counted_by_what_it_holds() -> None:
    # What the whole rests on: the standard module stops where the list says, zlib does not.
    assert len(zlib.compress(b"\0" * 1_000_000)) < 2_000
