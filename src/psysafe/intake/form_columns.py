"""Which column of a form's export holds which question of which instrument.

Schools' forms call a question by its number (`Q3`, `3、`), by a heading of the school's own (`D1`),
by a label over a number (PHQ-9 over 1 to 9), or by its text. Whoever imports names the columns;
where nobody does, they are found by the instrument's own texts or by its name over the numbers.
Nothing is guessed: a question that is not found, or found twice, refuses the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from psysafe.domain.scale_definition import Definition
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.intake.answers import columns_of
from psysafe.intake.headings import Vocabulary, shown
from psysafe.intake.tables import Table

NUMBER: Final = "student_no"
ANSWERED_AT: Final = "answered_at"
INFORMANT: Final = "informant"
#: How long the answering took, as exports of forms call it.
DURATION: Final = ("所用时间", "答题时长", "作答时长", "用时", "填写时长", "duration", "timetaken")
#: When it was handed in, as exports call it besides the words of `headings`.
HANDED_IN: Final = ("结束答题时间", "结束时间", "交卷时间", "答卷时间")
#: What may follow a question's number in a heading.
_AFTER: Final = re.compile(r"[、.．:：)）_|—-]")
_QUESTION: Final = re.compile(r"(?:Q|q|第)?(\d{1,3})题?")
_MARKS: Final = re.compile(r"[\W_]+")


@attrs.frozen(kw_only=True)
class Places:
    """Where everything stands in one table: columns from 0. An item without a column: None."""

    items: Mapping[str, tuple[int | None, ...]]
    number: int
    answered_at: int | None
    informant: int | None
    duration: int | None


def named_items(text: str) -> tuple[str, ...]:
    """The headings that `Q3-Q11` or `D1,D2` names."""
    return columns_of(text)


def places_of(
    table: Table,
    definitions: Mapping[str, Definition],
    named: Mapping[str, Sequence[str]],
    *,
    number: str = "",
    answered_at: str = "",
    untimed: bool = False,
) -> Places | None:
    """Where the questions stand in a table; None where it holds none of any instrument.

    `named` holds headings by instrument. Raises InvalidDataError: PSY201 a named column that is
    missing, PSY218 one that stands twice, PSY233 another number of columns than items, PSY291 one
    column for two items, PSY295 no column of the student's number, or of the time unless `untimed`.
    """
    headings = _Headings(table)
    items: dict[str, tuple[int | None, ...]] = {}
    for scale, definition in definitions.items():
        if scale in named:
            items[scale] = _named(headings, definition, named[scale])
        else:
            found = _found(headings, definition, alone=len(definitions) == 1)
            if found is not None:
                items[scale] = found
    if not items:
        return None
    used = [column for columns in items.values() for column in columns if column is not None]
    if len(set(used)) != len(used):
        raise InvalidDataError([Finding(code="PSY291", where=table.where(table.heading_row))])
    whose = headings.one(number, NUMBER)
    when = headings.one(answered_at, ANSWERED_AT, HANDED_IN)
    if whose is None or (when is None and not untimed):
        name = NUMBER if whose is None else ANSWERED_AT
        where: dict[str, Fact] = {**table.where(table.heading_row), "column": name}
        raise InvalidDataError([Finding(code="PSY295", where=where)])
    return Places(
        items=items,
        number=whose,
        answered_at=when,
        informant=headings.one("", INFORMANT),
        duration=headings.one("", "", DURATION),
    )


class _Headings:
    """A table's headings, in the ways in which somebody may name one."""

    def __init__(self, table: Table) -> None:
        self.table = table
        # Derived columns stand in no file, so only what is printed can be named.
        self.names = table.heading[: len(table.printed)]
        self.printed = [shown(text) for text in table.printed]
        self.tails = [shown(text.rsplit(" ", 1)[-1]) for text in table.printed]
        self.labels = [shown(text.rpartition(" ")[0]) for text in table.printed]

    def columns(self, name: str) -> list[int]:
        """The columns that a name may mean: by the heading, by its end under a label, by number."""
        wanted = shown(name)
        for texts in (self.names, self.printed, self.tails):
            found = [i for i, text in enumerate(texts) if text == wanted]
            if found:
                return found
        question = _QUESTION.fullmatch(wanted)
        found = [
            i
            for i, text in enumerate(self.printed)
            if text.startswith(wanted) and _AFTER.match(text[len(wanted) :])
        ]
        if found or question is None:
            return found
        return [i for i, text in enumerate(self.printed) if _numbered(text) == int(question[1])]

    def one(self, name: str, canonical: str, also: Sequence[str] = ()) -> int | None:
        """A column by the name that was given, else by its canonical one or another known one."""
        if name:
            meant = Vocabulary("answers").name(name)
            found = self.columns(name) or ([] if meant is None else self.columns(meant))
            if len(found) != 1:
                raise self.wrong(name, found)
            return found[0]
        for known in ([canonical] if canonical else []) + list(also):
            found = [
                i
                for i, text in enumerate(self.names)
                if text == known or shown(_bare(text)).casefold() == known
            ]
            if len(found) > 1:
                raise self.wrong(known, found)
            if found:
                return found[0]
        return None

    def wrong(self, name: str, found: Sequence[int]) -> InvalidDataError:
        """A column that is missing, or stands twice."""
        where: dict[str, Fact] = {**self.table.where(self.table.heading_row), "column": name[:60]}
        code = "PSY201"
        if found:
            where.update(self.table.where(self.table.heading_row, found[1]))
            code = "PSY218"
        return InvalidDataError([Finding(code=code, where=where)])


def _bare(text: str) -> str:
    """A heading without the number of its question."""
    found = _QUESTION.match(text)
    rest = text[found.end() :] if found else text
    return rest[1:] if found and _AFTER.match(rest) else text


def _numbered(text: str) -> int | None:
    """The number of the question that a heading begins with."""
    found = _QUESTION.match(text)
    if found is None or not _AFTER.match(text[found.end() :]):
        return None
    return int(found[1])


def _named(
    headings: _Headings, definition: Definition, names: Sequence[str]
) -> tuple[int | None, ...]:
    whole = len(definition.items)
    if not definition.shortest <= len(names) <= whole or len(set(names)) != len(names):
        facts: dict[str, Fact] = {"found": len(set(names)), "expected": definition.shortest}
        raise InvalidDataError([Finding(code="PSY233", where={"field": "items"}, facts=facts)])
    columns: list[int | None] = []
    for name in names:
        found = headings.columns(name)
        if len(found) != 1:
            raise headings.wrong(name, found)
        columns.append(found[0])
    return (*columns, *[None] * (whole - len(columns)))


def _found(
    headings: _Headings, definition: Definition, *, alone: bool
) -> tuple[int | None, ...] | None:
    """The columns of an instrument that nobody named: by its texts, its name, its numbers."""
    ways = [_by_text(headings, definition), _under_name(headings, definition)]
    if alone:
        ways.append(
            [headings.names.index(n) if n in headings.names else None for n in _numbers(definition)]
        )
    for columns in ways:
        if all(column is not None for column in columns[: definition.shortest]):
            return tuple(columns)
    return None


def _numbers(definition: Definition) -> list[str]:
    return [str(item.number) for item in definition.items]


def _by_text(headings: _Headings, definition: Definition) -> list[int | None]:
    """The one heading that contains an item's text, in any of its languages."""
    bare = [_MARKS.sub("", text).casefold() for text in headings.printed]
    found: list[int | None] = []
    for item in definition.items:
        texts = {_MARKS.sub("", text).casefold() for text in item.text.values()} - {""}
        holding = [i for i, heading in enumerate(bare) if any(text in heading for text in texts)]
        found.append(holding[0] if len(holding) == 1 else None)
    return found


def _under_name(headings: _Headings, definition: Definition) -> list[int | None]:
    """A number under, or behind, the instrument's id: PHQ-9 over 1, phq9_1, phq9.1."""
    name = _MARKS.sub("", definition.id).casefold()
    found: list[int | None] = []
    for number in _numbers(definition):
        holding = [
            i
            for i, text in enumerate(headings.printed)
            if (
                headings.tails[i] == number
                and _MARKS.sub("", headings.labels[i]).casefold() == name
            )
            or re.fullmatch(rf"{re.escape(name)}[_.-]{number}", text.casefold())
        ]
        found.append(holding[0] if len(holding) == 1 else None)
    return found
