"""Screenings: answer sheets in, flags with a review duty out. Never a case by a score alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from psysafe.desk.campaign_answers import Answered, Progress, Taking
from psysafe.desk.campaigns import Campaigns
from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.domain.campaigns import Columns
from psysafe.domain.campaigns_deciding import NameColumns
from psysafe.domain.events import AnswersScored
from psysafe.domain.plan import Plan
from psysafe.domain.plan_scores import flags_of_sheet
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scales import Result, score
from psysafe.engine import campaigning as engine
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import gather, record_of
from psysafe.engine.handle import handle
from psysafe.engine.outcome import sheet_key
from psysafe.errors import Fact, Finding, NotFoundError, NotPermittedError, PsysafeError, ScaleError
from psysafe.ids import StudentId, derived_command
from psysafe.intake.form_columns import named_items
from psysafe.intake.forms import open_form


@attrs.frozen(kw_only=True)
class SheetRow:
    """One sheet on its way in. `where` names its place in the file."""

    student: str
    """`no:NUMBER` or a student's id"""
    answered_at: datetime
    answers: tuple[int | None, ...] = attrs.field(repr=False)
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
        answers for the same time are refused. A row that cannot be used is a finding with its
        place; the others go in. Raises ScaleError PSY301, NotPermittedError.
        """
        definition = definition_of(self._seat, scale)
        counts: dict[str, int] = {}
        findings: list[Finding] = []
        severities: dict[str, int] = {}
        for number, row in enumerate(rows, 1):
            counts["rows"] = number
            try:
                self._one(definition, row, dry_run, counts, severities)
            except NotPermittedError:
                raise
            except NotFoundError:
                findings.append(Finding(code="PSY204", where=row.where))
            except PsysafeError as error:
                finding = error.finding
                where = {**row.where, **finding.where}
                findings.append(Finding(code=finding.code, where=where, facts=finding.facts))
            if progress is not None:
                progress(number)
        names = ("rows", "scored", "incomplete", "flags", "duties", "unchanged")
        return Screened(
            applied=not dry_run,
            refused=len(findings),
            by_severity=severities,
            findings=tuple(findings),
            **{name: counts.get(name, 0) for name in names},
        )

    def _one(
        self,
        definition: Definition,
        row: SheetRow,
        dry_run: bool,
        counts: dict[str, int],
        severities: dict[str, int],
    ) -> None:
        seat = self._seat
        student = find_student(seat.school, row.student)
        result = score(definition, row.answers)
        if self._known(student, definition, row):
            counts["unchanged"] = counts.get("unchanged", 0) + 1
            return
        world = gather(seat.school, student).world
        now = seat.now()
        holders = world.holders(seat.actor, now)
        if not any(seat.school.plan.may("screen", holder) for holder in holders):
            raise NotPermittedError("PSY002", action="screen")
        command = _command(seat.school.plan, student, definition, row, result)
        if not dry_run:
            handle(
                seat.school,
                command,
                seat.actor,
                now,
                command_id=derived_command(
                    seat.school.part_key, sheet_key(student, definition.id, row.answered_at)
                ),
            )
        counts["scored"] = counts.get("scored", 0) + 1
        counts["incomplete"] = counts.get("incomplete", 0) + (result.status == "incomplete")
        counts["flags"] = counts.get("flags", 0) + len(command.flags)
        counts["duties"] = counts.get("duties", 0) + len(command.flags)
        for code, answer in command.flags:
            triage = seat.school.plan.triage_of(definition.id, code, answer)
            word = triage.severity.value if triage else "high"
            severities[word] = severities.get(word, 0) + 1

    def _known(self, student: StudentId, definition: Definition, row: SheetRow) -> bool:
        """Whether this very sheet was kept before. Raises ScaleError PSY210 for other answers."""
        school = self._seat.school
        key = sheet_key(student, definition.id, row.answered_at)
        document = school.storage.read(school.part, [key]).documents.get(key)
        if document is None:
            return False
        kept = record_of(school, document, student, AnswersScored)
        if kept.answers != tuple(row.answers):
            raise ScaleError("PSY210")
        return True


def _command(
    plan: Plan, student: StudentId, definition: Definition, row: SheetRow, result: Result
) -> c.RecordAnswers:
    return c.RecordAnswers(
        student=student,
        scale=definition.id,
        definition=f"{result.definition_version}:{result.definition_sha256}",
        answered_at=row.answered_at,
        answers=tuple(row.answers),
        scores={s.score: s.value for s in result.scores},
        bands={b.score: b.code for b in result.bands},
        status=result.status,
        flags=flags_of_sheet(plan, definition, tuple(row.answers), result),
    )


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


def rows_of(
    sheets: Sequence[tuple[int, str, datetime, tuple[int | None, ...]]], file: str
) -> list[SheetRow]:
    """Rows of a read table as sheets: line, student number, time, answers."""
    return [
        SheetRow(
            student=f"no:{number}",
            answered_at=answered_at,
            answers=answers,
            where={"file": file, "row": line},
        )
        for line, number, answered_at, answers in sheets
    ]
