"""Codes 236 to 259: files that come in, before anybody reads a row. See `tables` for the others."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY236": (
        "no headings found in the rows {first} to {last}",
        "without headings nobody knows what a column holds",
        "give the columns their headings; a school's own words go under [import.aliases]",
    ),
    "PSY237": (
        "the rows {rows} could each be the headings",
        "which of them counts would be guessed",
        "remove the rows that are not the headings, or move each table to its own sheet",
    ),
    "PSY238": (
        "the file changed while it was being read",
        "half of it would be the old file and half the new one",
        "wait until it is saved, then import it again",
    ),
    "PSY239": (
        "{column}: there is no such column; the sheet's name is taken for it",
        "it decides who answers for the student",
        "nothing to do, if the sheet is called by its class or grade",
    ),
    "PSY240": (
        "the file is called {suffix} and holds {found}",
        "it is read as what it holds",
        "nothing to do; give it the right name if other programs stumble",
    ),
    "PSY241": (
        "the file holds {found} and no table that can be read",
        "it may only look like a table to the program that wrote it",
        "open it in a spreadsheet program and save it as .xlsx or as CSV in UTF-8",
    ),
    "PSY242": (
        "workbooks cannot be read here",
        "the part of psysafe that reads them is not installed",
        "run pip install 'psysafe[sheets]', or save the table as CSV in UTF-8",
    ),
    "PSY243": (
        "the cell is calculated by a formula",
        "what it shows may be old, and differs from place to place",
        "copy the column and paste it as values",
    ),
    "PSY244": (
        "the cell holds an error of the spreadsheet",
        "nobody knows what should stand there",
        "type the value again",
    ),
    "PSY245": (
        "the archive is not what it says of itself: it grows beyond every limit, or holds another",
        "such a file can stop the school's computer",
        "do not open it; ask whoever sent it for the table as CSV or a new .xlsx",
    ),
    "PSY246": (
        "a part of the workbook declares a document type",
        "no spreadsheet program writes one; it can blow up a few letters to gigabytes",
        "do not open it; ask whoever sent it for the table as CSV or a new .xlsx",
    ),
    "PSY247": (
        "the file is protected by a password",
        "it cannot be read, and a password belongs in no program",
        "save it without a password in the school's own folder, and import that",
    ),
    "PSY248": (
        "the workbook or archive is damaged, or of a kind that is not read",
        "a part of the table could be missing",
        "open it in a spreadsheet program and save it as .xlsx",
    ),
    "PSY249": (
        "the workbook holds macros",
        "they are never run here; a roster needs none",
        "nothing to do; ask where the file comes from if you did not expect them",
    ),
    "PSY250": (
        "the sheet is hidden and was not read",
        "a hidden sheet is mostly an old one or a list of choices",
        "show the sheet and import again, if its rows belong to the table",
    ),
    "PSY251": (
        "{count} rows of the sheet are hidden; they were read all the same",
        "a filter that was forgotten must not lose a student",
        "delete the rows if they do not belong to the table",
    ),
    "PSY252": (
        "the workbook is linked to other files",
        "what it shows comes from somewhere else and may be old",
        "break the links in the spreadsheet program, save it, and import that",
    ),
    "PSY253": (
        "{column}: merged cells count for each of their rows",
        "a spreadsheet keeps the text in the first row only",
        "nothing to do, if the cells are merged as they are meant",
    ),
    "PSY254": (
        "the bundle lacks the file {name}",
        "people without their classes have nobody who answers for them",
        "export the bundle again, with all files of OneRoster CSV or SDS 2.1",
    ),
    "PSY255": (
        "a name that is written otherwise is read as {expected}",
        "the format asks for exact names",
        "nothing to do here; tell the maker of the export",
    ),
    "PSY256": (
        "a column of passwords stands in the file; it was not read",
        "a password in a table is seen by everybody who opens it",
        "leave the column out of the export, and change the passwords",
    ),
    "PSY257": (
        "manifest.csv and the files do not agree about {name}",
        "a part of the export may be missing",
        "look whether the file should be there, and export the bundle again",
    ),
    "PSY258": (
        "{column}: the bundle does not say whom or what is meant",
        "a wrong join would have the wrong people answer for a student",
        "complete the export; a homeroom has the classType homeroom and one primary teacher",
    ),
    "PSY259": (
        "{column}: the date could mean two days",
        "a wrong day would be guessed",
        "export dates as 2026-09-01",
    ),
}
