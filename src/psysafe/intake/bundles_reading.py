"""The files of a bundle, OneRoster 1.1 and 1.2 CSV or Microsoft SDS 2.1, with their defects.

File names and headings are told in spite of wrong case and of one or two wrong letters, and it is
said; a row that is ragged is left out and said. A column of passwords is dropped as each row is
read and never kept. What a record says is kept only in the columns that are used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from psysafe.errors import Fact, Finding, FindingSeverity, InvalidDataError
from psysafe.intake.archive import Archive
from psysafe.intake.delimited import DELIMITERS, Text, text_of_bytes, text_of_file
from psysafe.intake.grid import FILE_LIMIT, Row, letters, refusal, too_long, trimmed

#: Entries of a folder that are looked at.
_FOLDER_LIMIT: Final = 500

#: The columns that are used, by file: OneRoster 1.1 section 4, 1.2 CSV binding section 4, and the
#: format pages of School Data Sync 2.1.
USED: Final[Mapping[str, tuple[str, ...]]] = {
    "manifest.csv": ("propertyName", "value"),
    "orgs.csv": ("sourcedId", "status", "name", "type"),
    "users.csv": (
        "sourcedId", "status", "role", "identifier", "givenName", "familyName", "email", "sms",
        "phone", "agentSourcedIds", "grades", "orgSourcedIds", "primaryOrgSourcedId",
        "enabledUser",
    ),
    "roles.csv": (
        "status", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId",
        "grade", "isPrimary", "roleStartDate", "roleEndDate",
    ),
    "classes.csv": ("sourcedId", "status", "title", "grades", "grade", "classType"),
    "enrollments.csv": (
        "status", "classSourcedId", "userSourcedId", "role", "primary", "endDate", "roleEndDate",
    ),
    "demographics.csv": ("sourcedId", "userSourcedId", "status", "birthDate", "sex"),
    "relationships.csv": ("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
    "userProfiles.csv": (),
    "academicSessions.csv": ("sourcedId", "status"),
    "courses.csv": ("sourcedId", "status"),
}  # fmt: skip
#: Columns that stand in the files too, so that none of them is taken for a misspelt one.
_OTHERS: Final = frozenset(
    """datelastmodified begindate rolestartdate
    username userids middlename password usermasteridentifier
    resourcesourcedids preferredgivenname preferredmiddlename preferredfamilyname pronouns
    activedirectorymatchid userprofilesourcedid sessionsourcedids parentsourcedid coursesourcedid
    classcode location schoolsourcedid termsourcedids subjects subjectcodes periods code
    startdate schoolyear schoolyearsourcedid""".split()
)
#: The `status` of a record that holds no longer.
_GONE: Final = frozenset({"tobedeleted", "inactive"})


@attrs.frozen(kw_only=True)
class Record:
    """One row of a file: what stands in the columns that are used; empty cells are left out."""

    row: int
    values: Mapping[str, str] = attrs.field(repr=False)
    findings: tuple[Finding, ...] = ()
    gone: bool = False
    """whether its status says that it holds no longer"""

    def get(self, column: str) -> str:
        return self.values.get(column, "")

    def several(self, column: str) -> list[str]:
        """The entries of a column that holds a list, separated by commas."""
        return [part.strip() for part in self.get(column).split(",") if part.strip()]


class Bundle:
    """A bundle's files. `findings` is what was found in them so far."""

    def __init__(self, name: str, files: Mapping[str, Callable[[], Text]]) -> None:
        self.name = name
        self.findings: list[Finding] = []
        self._files: dict[str, Callable[[], Text]] = {}
        self._places: dict[str, dict[str, int]] = {}
        known = {one.casefold(): one for one in USED}
        for given, opened in files.items():
            base = given.rsplit("/", 1)[-1]
            right = known.get(base.casefold()) or _nearest(base.casefold(), known)
            if right is None or right in self._files:
                continue
            self._files[right] = opened
            if right != given:
                self.note("PSY255", right, "note", found=right, expected=right)

    def __contains__(self, file: str) -> bool:
        return file in self._files

    def where(self, file: str, row: int | None = None, column: str = "") -> dict[str, Fact]:
        place: dict[str, Fact] = {"file": self.name, "sheet": file}
        if row is not None:
            place["row"] = row
        stands = self._places.get(file, {}).get(column)
        if row is not None and stands is not None:
            place["cell"] = f"{letters(stands)}{row}"
        if column:
            place["column"] = column
        return place

    def note(
        self,
        code: str,
        file: str,
        severity: FindingSeverity,
        row: int | None = None,
        column: str = "",
        **facts: Fact,
    ) -> None:
        where = self.where(file, row, column)
        self.findings.append(Finding(code=code, severity=severity, where=where, facts=facts))

    def text(self, file: str) -> Text:
        return self._files[file]()

    def read(self, file: str) -> list[Record]:
        """The records of a file that still hold, in their order; none where there is no file."""
        return [record for record in self.read_all(file) if not record.gone]

    def read_all(self, file: str) -> list[Record]:
        """The records of a file, also those that hold no longer.

        A ragged row carries PSY206 of severity error. Raises InvalidDataError as `text_of_file`
        and `Text.records` do, with the file named as the sheet.
        """
        if file not in self._files:
            return []
        try:
            return self._read(file)
        except InvalidDataError as error:
            raise InvalidDataError(
                [
                    attrs.evolve(f, where={**f.where, "file": self.name, "sheet": file})
                    for f in error.findings
                ]
            ) from None

    def _read(self, file: str) -> list[Record]:
        text = self.text(file)
        rows = text.records(_delimiter(text, file))
        head = next(rows, None)
        if head is None:
            return []
        columns = self._columns(file, head)
        width = len(trimmed(head.cells))
        found = []
        for row in rows:
            cells = row.cells if len(row.cells) == width else trimmed(row.cells)
            short = {column: cells[i] for column, i in columns.items() if i < len(cells)}
            values = {column: cell.strip() for column, cell in short.items() if cell.strip()}
            gone = values.get("status", "").casefold() in _GONE
            findings: tuple[Finding, ...] = ()
            if len(row.cells) != width and (len(cells) > width or len(row.cells) < width):
                facts: dict[str, Fact] = {"found": len(cells), "expected": width}
                where = self.where(file, row.number)
                findings = (Finding(code="PSY206", where=where, facts=facts),)
            found.append(Record(row=row.number, values=values, findings=findings, gone=gone))
        return found

    def _columns(self, file: str, head: Row) -> dict[str, int]:
        """Where each column that is used stands; passwords are said and never among them."""
        known = {name.casefold(): name for name in USED[file]}
        found: dict[str, int] = {}
        guessed: dict[str, int] = {}
        for place, cell in enumerate(head.cells):
            name = cell.strip().casefold().replace(" ", "").replace("_", "")
            if "password" in name:
                self.note("PSY256", file, "warning", head.number)
            elif name in known:
                right = known[name]
                if cell.strip() != right and right not in found:
                    self.note(
                        "PSY255", file, "note", head.number, right, found=right, expected=right
                    )
                found.setdefault(right, place)
            elif name not in _OTHERS and (near := _nearest(name, known)):
                guessed.setdefault(near, place)
        for right, place in guessed.items():
            if right not in found:
                self.note(
                    "PSY255", file, "warning", head.number, right, found=right, expected=right
                )
                found[right] = place
        self._places[file] = found
        return found


def _delimiter(text: Text, file: str) -> str:
    """The delimiter by which most of the file's headings are known."""
    known = {name.casefold() for name in USED[file]} | _OTHERS
    best, score = DELIMITERS[0], 0
    for delimiter in DELIMITERS:
        try:
            head = next(text.records(delimiter), None)
        except InvalidDataError:
            continue
        names = head.cells if head else ()
        found = sum(name.strip().casefold() in known for name in names)
        if found > score:
            best, score = delimiter, found
    return best


def _nearest(name: str, known: Mapping[str, str]) -> str | None:
    """The one known name that differs by at most two letters; None where none does, or several."""
    near = [right for key, right in known.items() if len(key) > 5 and _differ(name, key) <= 2]
    return near[0] if len(near) == 1 else None


def _differ(one: str, other: str) -> int:
    """By how many letters left out, added or exchanged two words differ (Levenshtein)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        here = [i]
        for j, against in enumerate(other, 1):
            here.append(min(before[j] + 1, here[-1] + 1, before[j - 1] + (letter != against)))
        before = here
    return before[-1]


def bundle_of_folder(folder: Path) -> Bundle:
    """The bundle in a folder. Raises InvalidDataError PSY212, PSY021."""
    files: dict[str, Callable[[], Text]] = {}
    try:
        for number, path in enumerate(sorted(folder.iterdir())):
            if number == _FOLDER_LIMIT:
                raise too_long(folder.name, _FOLDER_LIMIT, "files", {"file": folder.name})
            if path.suffix.casefold() == ".csv" and path.is_file():
                files[path.name] = lambda path=path: text_of_file(path)  # type: ignore[misc]
    except OSError:
        raise refusal("PSY212", {"file": folder.name}, file=folder.name) from None
    return Bundle(folder.name, files)


def bundle_of_archive(archive: Archive, name: str) -> Bundle:
    """The bundle in a zip; the files may stand in one folder of it."""

    def opened(member: str) -> Callable[[], Text]:
        def text() -> Text:
            if archive.members[member].file_size > FILE_LIMIT:
                raise too_long(name, FILE_LIMIT, "bytes", {"file": name})
            return text_of_bytes(b"".join(archive.pieces(member)), name)

        return text

    members: Collection[str] = [
        member
        for member in archive.members
        if member.casefold().endswith(".csv") and not member.startswith("__MACOSX/")
    ]
    return Bundle(name, {member: opened(member) for member in members})


def is_bundle(bundle: Bundle) -> bool:
    """Whether these files are a bundle at all: people, and something that joins them."""
    joins: Sequence[str] = ("manifest.csv", "orgs.csv", "roles.csv", "enrollments.csv")
    return "users.csv" in bundle and any(file in bundle for file in joins)
