"""Answers of a campaign on their way in: scored, judged, kept in batches, each refusal named.

Nothing that somebody answered is lost for a reason of ours: a sheet of a student who was not
invited, or one that came after the form was closed, is kept and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

import attrs

from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.domain.campaigns import CLOSED, OPEN, Campaign, Facts
from psysafe.domain.campaigns_deciding import TakeAnswers
from psysafe.domain.events import AnswersScored
from psysafe.domain.people import Student, age_on
from psysafe.domain.plan_scores import flags_of_sheet
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_results import Respondent
from psysafe.domain.scales import score
from psysafe.domain.severity import Severity
from psysafe.engine import campaigning
from psysafe.engine.enrolling import find_numbers, students
from psysafe.engine.gather import readable, record_of
from psysafe.engine.outcome import sheet_key
from psysafe.engine.sheets import BATCH, keep_sheets
from psysafe.errors import (
    Fact,
    Finding,
    FindingSeverity,
    InvalidMoveError,
    PsysafeError,
    ScaleError,
    StorageError,
)
from psysafe.ids import CampaignId, PersonId, StudentId
from psysafe.intake.forms import FormFile, FormSheet
from psysafe.sealing import ONE_BODY

Progress = Callable[[int], None]
#: What a flag that the plan says nothing about counts as.
UNSAID: Final = Severity.HIGH


@attrs.define(kw_only=True)
class Answered:
    """What a file of answers came to. Dry run: what it would come to. Counts are of sheets."""

    applied: bool
    rows: int = 0
    sheets: int = 0
    scored: int = 0
    incomplete: int = 0
    flags: int = 0
    unchanged: int = 0
    refused: int = 0
    uninvited: int = 0
    late: int = 0
    empty: int = 0
    by_severity: dict[str, int] = attrs.field(factory=dict)
    findings: list[Finding] = attrs.field(factory=list)

    @property
    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {f.name: getattr(self, f.name) for f in attrs.fields(type(self))[:-1]}


def command_of(
    seat: Seat,
    definition: Definition,
    person: Student,
    answered_at: datetime,
    answers: tuple[int | None, ...],
    *,
    informant: str | None = None,
    seconds: int | None = None,
    campaign: CampaignId | None = None,
    readers: tuple[PersonId, ...] = (),
) -> c.RecordAnswers:
    """A sheet, scored by what is known of whoever answered it, with the flags that it raises.

    The age is known where the roster keeps a birth date; where it is not, bands and cut-offs of
    every age are told. Raises ScaleError.
    """
    told = informant if informant in definition.identity.informants else None
    day = seat.school.calendar.local_day(answered_at)
    about = Respondent(age=age_on(person, day), informant=told or "", seconds=seconds)
    result = score(definition, answers, respondent=about)
    return c.RecordAnswers(
        student=person.id,
        scale=definition.id,
        definition=f"{result.definition_version}:{result.definition_sha256}",
        answered_at=answered_at,
        answers=answers,
        scores={s.score: s.value for s in result.scores},
        bands={b.score: b.code for b in result.bands},
        status=result.status,
        flags=flags_of_sheet(seat.school.plan, definition, answers, result, about),
        campaign=campaign,
        readers=readers,
    )


def held_sheets(seat: Seat, commands: Sequence[c.RecordAnswers]) -> Iterator[str | Finding]:
    """What would become of each sheet: `kept`, `known`, or PSY210 where another is held.

    Only for sheets of students whom the actor may screen: whoever may not must not learn it.
    """
    school = seat.school
    keys = [sheet_key(one.student, one.scale, one.answered_at) for one in commands]
    held = school.storage.read(school.part, keys).documents
    for key, command in zip(keys, commands, strict=True):
        document = held.get(key)
        if document is None:
            yield "kept"
            continue
        try:
            before = record_of(school, document, command.student, AnswersScored)
        except StorageError as damaged:
            if damaged.code not in ONE_BODY:
                raise
            yield damaged.finding
            continue
        same = before.answers == command.answers
        yield "known" if same else ScaleError("PSY210").finding


@attrs.frozen(kw_only=True)
class Taking:
    """One file on its way into one campaign."""

    seat: Seat
    campaign: Campaign
    facts: Facts
    definitions: Mapping[str, Definition]
    dry_run: bool

    def take(self, form: FormFile, progress: Progress | None = None) -> Answered:
        """Score the sheets of a file and, unless it is a dry run, keep them.

        Sheets go in by batches, each of them whole or not at all; stopping in between loses
        nothing, and a second run does the rest. Raises InvalidMoveError PSY284 for a campaign that
        is not open and was not.
        """
        if self.campaign.state not in (OPEN, CLOSED):
            raise InvalidMoveError("PSY284", state=self.campaign.state)
        came = Answered(applied=not self.dry_run)
        sheets = form.sheets()
        while batch := tuple(islice(sheets, BATCH)):
            self._batch(batch, came)
            came.sheets += len(batch)
            if progress is not None:
                progress(came.sheets)
        came.rows, came.empty = form.rows, form.empty
        came.sheets += form.refused
        came.refused += form.refused
        came.findings = [*form.findings, *came.findings]
        if not self.dry_run:
            self._journal(came)
        return came

    def _journal(self, came: Answered) -> None:
        wish = TakeAnswers(
            campaign=self.campaign.id,
            sheets=came.sheets,
            kept=came.scored,
            known=came.unchanged,
            refused=came.refused,
        )
        campaigning.carry_out(self.seat.school, wish, self.seat.actor, self.seat.now())

    def _batch(self, batch: tuple[FormSheet, ...], came: Answered) -> None:
        school = self.seat.school
        found = find_numbers(school, {sheet.number for sheet in batch})
        people = students(school, list(found.values()))
        before = self._before(batch, found)
        wished: list[tuple[FormSheet, Student, c.RecordAnswers]] = []
        for sheet in batch:
            person = people.get(found[sheet.number]) if sheet.number in found else None
            if person is None or not self._may(person):
                # Whoever may not screen a student does not learn that there is one.
                self._refuse(came, sheet, "PSY204")
                continue
            if before.get(_key(sheet, person.id)) == sheet.answers:
                # It was scored when it came first.
                came.unchanged += 1
                continue
            try:
                wished.append((sheet, person, self._command(sheet, person)))
            except PsysafeError as error:
                self._refuse(came, sheet, error.code, error.finding.facts)
        outcomes = self._kept([command for _, _, command in wished])
        for (sheet, person, command), outcome in zip(wished, outcomes, strict=True):
            if isinstance(outcome, Finding):
                self._refuse(came, sheet, outcome.code, outcome.facts)
            elif outcome == "known":
                came.unchanged += 1
            else:
                self._count(came, sheet, person, command)

    def _before(
        self, batch: tuple[FormSheet, ...], found: Mapping[str, StudentId]
    ) -> dict[str, tuple[int | None, ...]]:
        """The answers of those of these sheets that are held already, by their keys."""
        school = self.seat.school
        keys = [_key(s, found[s.number]) for s in batch if s.number in found]
        held = school.storage.read(school.part, keys).documents
        # One that is damaged is left out here, and refused where it would be kept.
        sheets = readable(school, held.values(), AnswersScored)
        return {document.key: sheet.answers for document, sheet in sheets}

    def _may(self, person: Student) -> bool:
        now = self.seat.now()
        return self.facts.may(self.seat.actor, "screen", person.placement.class_id, now)

    def _command(self, sheet: FormSheet, person: Student) -> c.RecordAnswers:
        return command_of(
            self.seat,
            self.definitions[sheet.scale],
            person,
            sheet.answered_at,
            sheet.answers,
            informant=sheet.informant,
            seconds=sheet.seconds,
            campaign=self.campaign.id,
            readers=self.campaign.reading(self.seat.now()),
        )

    def _kept(self, commands: list[c.RecordAnswers]) -> Iterator[str | Finding]:
        """What becomes of each sheet: kept, known, or why it is refused."""
        seat = self.seat
        if self.dry_run:
            yield from held_sheets(seat, commands)
            return
        for kept in keep_sheets(seat.school, commands, seat.actor, seat.now()):
            yield kept.finding if kept.finding is not None else kept.outcome

    def _count(
        self, came: Answered, sheet: FormSheet, person: Student, command: c.RecordAnswers
    ) -> None:
        campaign, place = self.campaign, person.placement
        came.scored += 1
        came.incomplete += command.status not in ("complete", "prorated")
        came.flags += len(command.flags)
        for code, answer in command.flags:
            triage = self.seat.school.plan.triage_of(command.scale, code, answer)
            severity = triage.severity if triage is not None else UNSAID
            came.by_severity[severity.value] = came.by_severity.get(severity.value, 0) + 1
        if not campaign.invitation.includes(person.id, place.grade, place.class_id):
            came.uninvited += 1
            self._say(came, sheet, "PSY286", "warning")
        ended = campaign.closes
        if campaign.state == CLOSED and campaign.ended is not None:
            ended = min(ended, campaign.ended)
        if sheet.answered_at > ended:
            came.late += 1
            self._say(came, sheet, "PSY287", "warning")
        elif sheet.answered_at < campaign.opens:
            self._say(came, sheet, "PSY288", "warning")

    def _refuse(
        self, came: Answered, sheet: FormSheet, code: str, facts: Mapping[str, Fact] | None = None
    ) -> None:
        came.refused += 1
        self._say(came, sheet, code, "error", facts)

    def _say(
        self,
        came: Answered,
        sheet: FormSheet,
        code: str,
        severity: FindingSeverity,
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        told = {"scale": sheet.scale, **(facts or {})}
        came.findings.append(Finding(code=code, severity=severity, where=sheet.where, facts=told))


def _key(sheet: FormSheet, student: StudentId) -> str:
    return sheet_key(student, sheet.scale, sheet.answered_at)
