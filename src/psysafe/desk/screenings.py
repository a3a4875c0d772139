"""Screenings: answer sheets in, flags with a review duty out. Never a case by a score alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from psysafe.desk.campaign_answers import (
    UNSAID,
    Answered,
    Progress,
    Taking,
    command_of,
    held_sheets,
)
from psysafe.desk.campaigns import Campaigns
from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.domain.campaigns import Columns
from psysafe.domain.campaigns_deciding import NameColumns
from psysafe.domain.people import Student, roles_for, standing
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_results import WHOLE
from psysafe.engine import campaigning as engine
from psysafe.engine.enrolling import find_numbers, students
from psysafe.engine.gather import gather, roster
from psysafe.engine.sheets import BATCH, keep_sheets
from psysafe.errors import Fact, Finding, NotPermittedError, PsysafeError
from psysafe.ids import StudentId
from psysafe.intake.answers import AnswerRow
from psysafe.intake.form_columns import named_items
from psysafe.intake.forms import open_form


@attrs.frozen(kw_only=True)
class SheetRow:
    """One sheet on its way in. `where` names its place in the file."""

    student: str
    """`no:NUMBER` or a student's id"""
    answered_at: datetime
    answers: tuple[int | None, ...] = attrs.field(repr=False)
    informant: str | None = attrs.field(default=None, repr=False)
    where: Mapping[str, Fact] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Screened:
    """What a screening came to. Dry run: what it would come to."""

    applied: bool
    rows: int
    scored: int
    incomplete: int
    flags: int
    duties: int
    unchanged: int
    refused: int
    by_severity: Mapping[str, int] = attrs.field(factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """As plain data."""
        names = ("applied", "rows", "scored", "incomplete", "flags", "duties", "unchanged")
        found = {name: getattr(self, name) for name in names}
        return {**found, "refused": self.refused, "by_severity": dict(self.by_severity)}


def definition_of(seat: Seat, scale: str) -> Definition:
    """The definition of an installed scale. Raises ScaleError PSY301 where there is none."""
    return engine.definition_of(seat.school, scale)


class Screenings(Campaigns):
    """Answer sheets of this actor's students, one by one or as a campaign."""

    def answers(
        self,
        campaign: str,
        path: str | Path,
        *,
        items: Mapping[str, str | Sequence[str]] | None = None,
        number_column: str = "",
        time_column: str = "",
        answered_at: datetime | None = None,
        options: str = "",
        aliases: Mapping[str, Sequence[str]] | None = None,
        dry_run: bool = True,
        progress: Progress | None = None,
    ) -> Answered:
        """The answers of a campaign from a CSV file, a workbook or the export of a form.

        `items` names the columns of each instrument (`{"phq9": "Q3-Q11"}`); columns that are named
        are kept with the campaign once answers go in, so the next file needs none. `options`:
        `score` where numbers are points, `ordinal` where they are places on the form from 1.
        Refused rows are findings with file, sheet, row and column; the others go in unless it is a
        dry run. A second run changes nothing. Raises NotFoundError, NotPermittedError,
        InvalidMoveError PSY284, and what `intake.forms.open_form` raises.
        """
        found, facts = self._campaign(campaign)
        self._screens(facts)
        columns = _columns(found.columns, items or {}, number_column, time_column, options)
        seat = self._seat
        figures = seat.school.plan.screening
        definitions = {scale: definition_of(seat, scale) for scale in found.scales}
        form = open_form(
            path,
            definitions,
            zone=seat.school.calendar.zone,
            named=columns.items,
            number=columns.number,
            time_column=columns.answered_at,
            answered_at=answered_at,
            options=columns.options,
            words=figures.words if figures is not None else None,
            aliases=aliases,
        )
        taking = Taking(
            seat=seat, campaign=found, facts=facts, definitions=definitions, dry_run=dry_run
        )
        came = taking.take(form, progress)
        if not dry_run:
            self._do(NameColumns(campaign=found.id, columns=columns), None)
        return came

    def definition(self, scale: str) -> Definition:
        """What the instrument is. Raises ScaleError PSY301 where it is not installed."""
        return definition_of(self._seat, scale)

    def apply(
        self,
        scale: str,
        rows: Iterable[SheetRow],
        *,
        dry_run: bool = True,
        progress: Callable[[int], None] | None = None,
    ) -> Screened:
        """Score sheets and, unless it is a dry run, keep them with their flags and duties.

        A sheet is known by student, scale and time: the same sheet again changes nothing, other
        answers for the same time are refused. A row that cannot be used, and one of a student who
        is nobody for this actor, is a finding with its place; the others go in, by batches: what
        stops in between is finished by running it again. Raises ScaleError PSY301,
        NotPermittedError.
        """
        definition = definition_of(self._seat, scale)
        counts: dict[str, int] = {}
        findings: list[Finding] = []
        severities: dict[str, int] = {}
        waiting = iter(rows)
        while batch := tuple(islice(waiting, BATCH)):
            counts["rows"] = counts.get("rows", 0) + len(batch)
            self._batch(definition, batch, dry_run, counts, severities, findings)
            if progress is not None:
                progress(counts["rows"])
        names = ("rows", "scored", "incomplete", "flags", "duties", "unchanged")
        return Screened(
            applied=not dry_run,
            refused=len(findings),
            by_severity=severities,
            findings=tuple(findings),
            **{name: counts.get(name, 0) for name in names},
        )

    def _batch(
        self,
        definition: Definition,
        batch: tuple[SheetRow, ...],
        dry_run: bool,
        counts: dict[str, int],
        severities: dict[str, int],
        findings: list[Finding],
    ) -> None:
        seat = self._seat
        people = self._people(batch)
        wished: list[tuple[SheetRow, c.RecordAnswers]] = []
        for row in batch:
            person = people.get(row.student)
            if person is None or not self._may(person):
                findings.append(Finding(code="PSY204", where=row.where))
                continue
            try:
                made = command_of(
                    seat,
                    definition,
                    person,
                    row.answered_at,
                    tuple(row.answers),
                    informant=row.informant,
                )
            except PsysafeError as error:
                findings.append(_placed(row, error.finding))
                continue
            wished.append((row, made))
        commands = [command for _, command in wished]
        outcomes: Iterable[str | Finding] = held_sheets(seat, commands)
        if not dry_run:
            kept = keep_sheets(seat.school, commands, seat.actor, seat.now())
            outcomes = [one.finding or one.outcome for one in kept]
        for (row, command), outcome in zip(wished, outcomes, strict=True):
            if isinstance(outcome, Finding):
                findings.append(_placed(row, outcome))
            elif outcome == "known":
                counts["unchanged"] = counts.get("unchanged", 0) + 1
            else:
                self._count(command, counts, severities)

    def _people(self, batch: Sequence[SheetRow]) -> dict[str, Student]:
        """The students of some rows, by what each row says who it is."""
        school = self._seat.school
        numbers = {row.student[3:] for row in batch if row.student.startswith("no:")}
        found = find_numbers(school, numbers)
        ids = {f"no:{number}": found[number] for number in numbers if number in found}
        for row in batch:
            if row.student not in ids and not row.student.startswith("no:"):
                ids[row.student] = StudentId(row.student.removeprefix("student:"))
        people = students(school, list(ids.values()))
        return {said: people[one] for said, one in ids.items() if one in people}

    def _may(self, person: Student) -> bool:
        """Whether the actor may screen a student; False where there is none for them at all.

        Raises NotPermittedError PSY002 where they know the student and may not screen.
        """
        seat = self._seat
        plan, now = seat.school.plan, seat.now()
        roles = roles_for(seat.actor, standing(person), roster(seat.school), now)
        if any(plan.may("screen", role) for role in roles):
            return True
        # A relation that only the file knows: whoever leads the case, or owes something.
        holders = gather(seat.school, person.id).world.holders(seat.actor, now)
        if any(plan.may("screen", holder) for holder in holders):
            return True
        if holders:
            raise NotPermittedError("PSY002", action="screen")
        return False

    def _count(
        self, command: c.RecordAnswers, counts: dict[str, int], severities: dict[str, int]
    ) -> None:
        raised = len(command.flags)
        found = {"scored": 1, "incomplete": command.status not in WHOLE}
        for name, more in {**found, "flags": raised, "duties": raised}.items():
            counts[name] = counts.get(name, 0) + more
        for code, answer in command.flags:
            triage = self._seat.school.plan.triage_of(command.scale, code, answer)
            word = triage.severity.value if triage else UNSAID.value
            severities[word] = severities.get(word, 0) + 1


def _placed(row: SheetRow, finding: Finding) -> Finding:
    """A finding at its row."""
    return Finding(code=finding.code, where={**row.where, **finding.where}, facts=finding.facts)


def _columns(
    kept: Columns,
    items: Mapping[str, str | Sequence[str]],
    number: str,
    answered_at: str,
    options: str,
) -> Columns:
    """What is named now, and for the rest what was kept with the campaign."""
    named = {
        scale: named_items(text) if isinstance(text, str) else tuple(text)
        for scale, text in items.items()
    }
    return Columns(
        items={**kept.items, **named},
        number=number or kept.number,
        answered_at=answered_at or kept.answered_at,
        options=options or kept.options,
    )


def rows_of(sheets: Sequence[AnswerRow], file: str) -> list[SheetRow]:
    """The sheets of a read table."""
    return [
        SheetRow(
            student=f"no:{sheet.number}",
            answered_at=sheet.answered_at,
            answers=sheet.answers,
            informant=sheet.informant,
            where={"file": file, "row": sheet.row},
        )
        for sheet in sheets
    ]
