"""What the journal makes: every stream folded, and the documents that it would write."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from psysafe.domain import events as e
from psysafe.domain.bulk import BulkEvent, BulkFile
from psysafe.domain.bulk import evolve as evolve_bulk
from psysafe.domain.campaigns import Campaign, CampaignEvent
from psysafe.domain.campaigns import evolve as evolve_campaign
from psysafe.domain.duties import Notice
from psysafe.domain.duties_notes import Note, Teller
from psysafe.domain.duties_signs import Circle, Watch
from psysafe.domain.duty_roster import DutyRoster, DutyRosterEvent
from psysafe.domain.duty_roster import evolve as evolve_duty
from psysafe.domain.files import StudentFile, new_file
from psysafe.domain.files_folding import evolve
from psysafe.domain.files_notices import evolve_notice, notice_of
from psysafe.domain.notes import evolve as evolve_note
from psysafe.domain.notes import evolve_teller
from psysafe.domain.own_rows import OwnRows, OwnRowsEvent
from psysafe.domain.own_rows import evolve as evolve_own_rows
from psysafe.domain.people import Roster, Student, standing
from psysafe.domain.rosters import fold_roster, fold_student
from psysafe.domain.signs_folding import evolve as evolve_watch
from psysafe.domain.surveys import Survey
from psysafe.domain.surveys import evolve as evolve_survey
from psysafe.engine import cards
from psysafe.engine.cards import Stored
from psysafe.engine.cards_bulk import BULK, bulk_document
from psysafe.engine.cards_erasure import KINDS as ERASED_KINDS
from psysafe.engine.cards_erasure import receipt_document
from psysafe.engine.cards_offers import offer_documents
from psysafe.engine.cards_signs import circle_document, watch_document
from psysafe.engine.gather import DUTY, ROSTER
from psysafe.engine.outcome import sheet_key
from psysafe.engine.own_rows import KEY as OWN_ROWS
from psysafe.engine.own_rows import own_rows_document
from psysafe.ids import StudentId


@attrs.define
class Folds:
    """Everything that the journal makes, stream by stream."""

    files: dict[str, StudentFile] = attrs.field(factory=dict)
    students: dict[str, Student] = attrs.field(factory=dict)
    notices: dict[str, Notice] = attrs.field(factory=dict)
    sheets: dict[str, e.AnswersScored] = attrs.field(factory=dict)
    campaigns: dict[str, Campaign] = attrs.field(factory=dict)
    surveys: dict[str, Survey] = attrs.field(factory=dict)
    notes: dict[str, Note] = attrs.field(factory=dict)
    tellers: dict[str, Teller] = attrs.field(factory=dict)
    watches: dict[str, Watch] = attrs.field(factory=dict)
    circles: dict[str, Circle] = attrs.field(factory=dict)
    figures: dict[str, e.FiguresReleased] = attrs.field(factory=dict)
    erased: dict[str, e.StudentErased | e.NoteErased] = attrs.field(factory=dict)
    roster: Roster | None = None
    duty: DutyRoster | None = None
    own_rows: OwnRows | None = None
    bulk: dict[str, BulkFile] = attrs.field(factory=dict)

    def take(self, stream: str, event: e.Event) -> None:
        """Fold one more event of a stream."""
        kind, _, name = stream.partition("/")
        if kind == "file":
            before = self.files.get(name) or new_file(StudentId(name))
            self.files[name] = evolve(before, event)
            if isinstance(event, e.AnswersScored):
                key = sheet_key(event.student, event.scale, event.answered_at)
                self.sheets[key] = event
        elif kind == "student":
            person = fold_student(self.students.get(name), event)
            if person is not None:
                self.students[name] = person
        elif kind == "campaign" and isinstance(event, CampaignEvent):
            self.campaigns[name] = evolve_campaign(self.campaigns.get(name), event)
        elif kind == "figures" and isinstance(event, e.FiguresReleased):
            self.figures[name] = event
        elif kind in ERASED_KINDS and isinstance(event, e.StudentErased | e.NoteErased):
            self.erased[name] = event
        elif kind == "class":
            self.surveys[name] = evolve_survey(self.surveys.get(name), event)
        elif kind == "note" and notice_of(event) is None:
            note = self.notes[name] = evolve_note(self.notes.get(name), event)
            who = note.signal.reporter
            self.tellers[who] = evolve_teller(self.tellers.get(who, Teller()), event)
        elif kind == "sign" and notice_of(event) is None:
            self.watches[name] = evolve_watch(self.watches.get(name), event)
        elif kind == "circle" and isinstance(event, e.CircleDeclared):
            self.circles[name] = event.circle
        elif kind == ROSTER:
            self.roster = fold_roster(self.roster or Roster(), event)
        elif kind == DUTY and isinstance(event, DutyRosterEvent):
            self.duty = evolve_duty(self.duty, event)
        elif kind == OWN_ROWS and isinstance(event, OwnRowsEvent):
            self.own_rows = evolve_own_rows(self.own_rows, event)
        elif kind == BULK and isinstance(event, BulkEvent):
            self.bulk[name] = evolve_bulk(self.bulk.get(name), event)
        told = notice_of(event)
        if told is not None and kind in ("file", "worklist", "note", "sign", DUTY, BULK):
            notice = evolve_notice(self.notices.get(told), event)
            if notice is not None:
                self.notices[told] = notice

    def documents(self) -> Iterator[Stored]:
        """Every document as the folds would write it."""
        if self.roster is not None:
            yield Stored(key=ROSTER, record=self.roster, subject="school", index={})
        if self.duty is not None:
            yield cards.duty_roster_document(self.duty)
        if self.own_rows is not None:
            yield own_rows_document(self.own_rows)
        for person in self.students.values():
            yield cards.student_document(person)
        for key, sheet in self.sheets.items():
            yield cards.sheet_document(key, sheet)
        yield from map(cards.campaign_document, self.campaigns.values())
        yield from map(cards.figures_document, self.figures.values())
        yield from map(receipt_document, self.erased.values())
        yield from (cards.survey_document(survey) for survey in self.surveys.values())
        yield from (cards.note_document(note) for note in self.notes.values())
        yield from (cards.teller_document(who, t) for who, t in self.tellers.items())
        yield from map(watch_document, self.watches.values())
        yield from map(circle_document, self.circles.values())
        yield from map(bulk_document, self.bulk.values())
        for notice in self.notices.values():
            yield cards.notice_document(notice)
        for name, file in self.files.items():
            about = self.students.get(name)
            if about is None:
                continue
            here = standing(about)
            yield cards.file_document(file, here)
            if file.case is not None:
                yield cards.case_document(file, file.case, here)
            yield from (cards.duty_document(file, d) for d in file.duties)
            yield from (cards.flag_document(file, f) for f in file.flags)
            yield from offer_documents(file)
