"""Documents besides the file: cards for lists, notices, and what the outbox must wake up.

Lists read cards: small records with what a line and its privacy decision need. All of them are
functions of the file and of a command's events, so they can be made again at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import attrs

from psysafe.clock import to_wire
from psysafe.contracts.storage import Entry
from psysafe.domain import events as e
from psysafe.domain.bars import CONFIRMED, PROVISIONAL, barred_by
from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.campaigns import Campaign
from psysafe.domain.duties import LISTED, ROUNDS, Duty, Notice
from psysafe.domain.duties_notes import Note, Teller
from psysafe.domain.duty_roster import DutyRoster
from psysafe.domain.files import Case, StudentFile
from psysafe.domain.people import Standing, Student, standing
from psysafe.domain.plan import INBOX
from psysafe.domain.privacy_facts import lines_of
from psysafe.domain.severity import Level, Severity, opaque_code, severity_of
from psysafe.domain.surveys import Survey
from psysafe.ids import CaseId, FlagId, PersonId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref

WORKLIST: Final = "worklist"
ROUNDS_LIST: Final = "rounds"
HAND_OVERS_LIST: Final = "hand_overs"
SURVEY: Final = "survey"
NOTE: Final = "note"
#: How long before a round is due its list is told (suggestion house default).
ROUND_AHEAD: Final = timedelta(days=1)
HAND_OVER: Final = "hand_over"
#: When a late duty that nobody can take over is said again (suggestion house default).
SAID_AGAIN: Final = timedelta(hours=24)


@record
class CaseCard:
    """One line of a list of cases."""

    case: CaseId = ref()
    student: StudentId = ref()
    grade: str = ref()
    class_id: str = ref()
    placed: datetime = ref()
    lifecycle: str = ref()
    level: Level = item(ItemClass.RISK_LEVEL)
    declared: bool = item(ItemClass.CRISIS_FLAG)
    lowered: datetime | None = ref(default=None)
    lead: PersonId | None = ref(default=None)
    due: datetime | None = ref(default=None)
    """when the next duty of the case is due, or was"""
    accompanying: tuple[PersonId, ...] = ref(default=())
    barred: tuple[PersonId, ...] = item(ItemClass.ALLEGATION, default=())
    """for whom this line does not exist"""
    stood_down: bool = ref(default=False)
    reported: bool = item(ItemClass.REFERRAL_SUMMARY, default=False)
    lines: tuple[str, ...] = item(ItemClass.CONTACT, default=())
    """the guardians' telephones: whoever of the school has one of them is a relative (X6)"""
    referred: bool = item(ItemClass.REFERRAL_SUMMARY, default=False)
    campus: str = ref(default="")


@record
class FlagCard:
    """One line of a worklist of flags."""

    flag: FlagId = ref()
    student: StudentId = ref()
    owner: PersonId | None = ref()
    due: datetime | None = ref()
    severity: Severity = item(ItemClass.RISK_LEVEL)
    state: str = ref()
    stage: str = ref(default="review_flag")
    """the kind of duty that is owed about it: review_flag, or second_stage"""


@record
class DutyCard:
    """One line of a board of duties."""

    duty: Duty = ref()
    student: StudentId = ref()


@record
class BarCard:
    """That somebody is barred for a student: one line a student."""

    student: StudentId = ref()
    barred: tuple[PersonId, ...] = item(ItemClass.ALLEGATION)


@attrs.frozen(kw_only=True)
class Stored:
    """A record on its way to a document: key, record, subject, plain index values."""

    key: str
    record: object = attrs.field(repr=False)
    subject: str
    index: dict[str, str] = attrs.field(repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    """the document's bytes, where they are there already"""


def case_card(file: StudentFile, case: Case, about: Standing) -> CaseCard:
    """The card of a student's present case."""
    duties = [d.late_from for d in file.duties if d.case == case.id]
    return CaseCard(
        case=case.id,
        student=file.student,
        grade=about.grade,
        class_id=about.class_id,
        placed=about.since,
        lifecycle=case.lifecycle,
        level=case.level,
        declared=case.declared is not None,
        lowered=case.lowered,
        lead=case.lead,
        due=min(duties, default=None),
        accompanying=tuple(sorted(file.accompanying())) if case.live else (),
        barred=tuple(sorted(barred_by(file.bars))),
        stood_down=case.stood_down is not None and case.declared is None,
        reported=file.reported,
        lines=tuple(sorted(lines_of(about.guardians))),
        referred=file.referred,
        campus=about.campus,
    )


def _when(moment: datetime | None) -> dict[str, str]:
    return {"due": to_wire(moment)} if moment is not None else {}


def file_document(file: StudentFile, about: Standing) -> Stored:
    """The student's file as a document."""
    return Stored(
        key=f"file/{file.student}", record=file, subject=file.student, index=_placed(about)
    )


def _placed(about: Standing) -> dict[str, str]:
    """The index values of a place in the school; who has left stands in no class."""
    found = {"class_id": about.class_id, "grade": about.grade}
    return {name: value for name, value in found.items() if value}


def student_document(person: Student) -> Stored:
    """What the roster knows of a student; found by class, and while a hand-over waits by that."""
    index = _placed(standing(person))
    if person.hand_over is not None:
        index |= {"lifecycle": HAND_OVER, **_when(person.hand_over.due)}
    return Stored(key=f"student/{person.id}", record=person, subject=person.id, index=index)


def bar_document(file: StudentFile) -> Stored:
    """The bars of a student, found by whoever decides on them; the index says only that."""
    held = any(bar.state == PROVISIONAL for bar in file.bars)
    index = {"lifecycle": PROVISIONAL if held else CONFIRMED}
    names = tuple(sorted(barred_by(file.bars)))
    card = BarCard(student=file.student, barred=names)
    return Stored(key=f"bar/{file.student}", record=card, subject=file.student, index=index)


def case_document(file: StudentFile, case: Case, about: Standing) -> Stored:
    card = case_card(file, case, about)
    index = {
        **_placed(about),
        "lifecycle": card.lifecycle,
        "severity": opaque_code(severity_of(card.level)),
        **_when(card.due),
    }
    if card.lead:
        index["owner"] = card.lead
    return Stored(key=f"case/{case.id}", record=card, subject=file.student, index=index)


def duty_document(file: StudentFile, duty: Duty) -> Stored:
    index = {
        "owner": duty.owner,
        "lifecycle": "open",
        "severity": opaque_code(duty.severity),
        **_when(duty.due),
    }
    return Stored(
        key=f"duty/{duty.id}",
        record=DutyCard(duty=duty, student=file.student),
        subject=file.student,
        index=index,
    )


def flag_document(file: StudentFile, flag: e.Flag) -> Stored:
    duty = next((d for d in file.duties if d.flag == flag.id), None)
    card = FlagCard(
        flag=flag.id,
        student=file.student,
        owner=duty.owner if duty else flag.reviewer,
        due=duty.due if duty else None,
        severity=flag.severity,
        state=flag.state,
        stage=duty.kind if duty else "review_flag",
    )
    index = {
        "lifecycle": flag.state,
        "severity": opaque_code(flag.severity),
        **_when(card.due),
    }
    if card.owner:
        index["owner"] = card.owner
    return Stored(key=f"flag/{flag.id}", record=card, subject=file.student, index=index)


def sheet_document(key: str, scored: e.AnswersScored, body: bytes | None = None) -> Stored:
    """A sheet of answers as a document of its own; one of a campaign is found by the campaign.

    Its `lifecycle` in the index says whether it is whole and whether a person has to look.
    """
    index: dict[str, str] = {}
    if scored.campaign is not None:
        whole = "whole" if scored.status in ("complete", "prorated") else "part"
        index = {"owner": scored.campaign, "lifecycle": whole}
    return Stored(key=key, record=scored, subject=scored.student, index=index, body=body)


def figures_document(released: e.FiguresReleased) -> Stored:
    """The last release of a table of figures, by its name."""
    return Stored(key=f"figures/{released.name}", record=released, subject="school", index={})


def duty_roster_document(duty: DutyRoster) -> Stored:
    return Stored(key="duty_roster", record=duty, subject="school", index={})


def campaign_document(campaign: Campaign) -> Stored:
    index = {"lifecycle": campaign.state, "due": to_wire(campaign.closes)}
    return Stored(key=f"campaign/{campaign.id}", record=campaign, subject="school", index=index)


def notice_document(notice: Notice) -> Stored:
    index = {
        "owner": notice.receiver,
        "lifecycle": "acknowledged" if notice.acknowledged else "open",
        "severity": opaque_code(notice.severity),
        "due": to_wire(notice.answer_by or notice.queued),
    }
    subject = notice.student or "school"
    return Stored(key=f"notice/{notice.id}", record=notice, subject=subject, index=index)


def documents(before: StudentFile, after: StudentFile, about: Standing) -> Iterator[Stored]:
    """Every document that changes with the file, the file first.

    An unchanged file, as by a sheet without a flag, keeps its version: who read it decided right.
    """
    if after is not before:
        yield file_document(after, about)
    case = after.case
    moved = before.duties != after.duties or before.bars != after.bars
    if before.bars != after.bars and after.bars:
        yield bar_document(after)
    if case is not None and (case is not before.case or moved or before.referred != after.referred):
        yield case_document(after, case, about)
    if moved:
        held = set(before.duties)
        yield from (duty_document(after, d) for d in after.duties if d not in held)
    if before.flags != after.flags or moved:
        old = {f.id: flag_document(before, f) for f in before.flags}
        for flag in after.flags:
            made = flag_document(after, flag)
            if old.get(flag.id) != made:
                yield made


def gone(before: StudentFile, after: StudentFile) -> tuple[str, ...]:
    """Keys of the cards of duties that are no longer open, and of bars that are lifted."""
    kept = {d.id for d in after.duties}
    lifted = (f"bar/{after.student}",) if before.bars and not after.bars else ()
    return (*lifted, *(f"duty/{d.id}" for d in before.duties if d.id not in kept))


def wake_ups(
    events: Iterable[e.Event], after: StudentFile, calendar: SchoolCalendar
) -> Iterator[Entry]:
    """What must happen later because of these events, by reference and without text."""
    student = after.student
    for event in events:
        if isinstance(event, e.NoticeQueued):
            yield from sends(event.notice, calendar)
        elif isinstance(event, e.RouteStepDue) and event.due is not None:
            run = after.run(event.run)
            rank = run.severity.rank if run is not None else 4
            key = f"step/{event.run}/{event.index}"
            reference = f"{student}|{event.run}|{event.index}"
            yield Entry(key, "step", reference, event.due, 4 - rank)
        elif isinstance(event, e.DutyReplanned):
            duty = after.duty(event.duty)
            if duty is not None:
                # The first of its wake-ups finds it late; the other is stale by then.
                key = f"duty/{duty.id}/{duty.passed}/{duty.severity.value}/{to_wire(duty.due)}"
                reference = f"{student}|{duty.id}|{duty.passed}"
                yield Entry(key, "duty", reference, duty.due, 4 - duty.severity.rank)
        elif isinstance(event, e.DutyOpened | e.DutyPassedOn):
            duty_id = event.duty.id if isinstance(event, e.DutyOpened) else event.duty
            duty = after.duty(duty_id)
            if duty is not None:
                yield from _duty_wakes(duty, student, event)


def _duty_wakes(
    duty: Duty, student: StudentId, event: e.DutyOpened | e.DutyPassedOn
) -> Iterator[Entry]:
    passed = duty.passed
    key = f"duty/{duty.id}/{passed}"
    urgency = 4 - duty.severity.rank
    wake = duty.due
    if isinstance(event, e.DutyPassedOn) and event.to is None:
        wake = event.at + SAID_AGAIN
    yield Entry(key, "duty", f"{student}|{duty.id}|{passed}", wake, urgency)
    if duty.flag is not None:
        # One worklist an hour and severity, whatever number of flags: an entry that waits already
        # stays one, and one that waits for its pause must not hold up something worse.
        at = event.duty.opened if isinstance(event, e.DutyOpened) else event.at
        hour = to_wire(at)[:13].replace("-", "")
        key = f"worklist/{duty.owner}/{hour}/{duty.severity.value}"
        yield Entry(key, WORKLIST, duty.owner, at, urgency)
    elif duty.kind in LISTED:
        ahead = max(duty.opened, duty.due - ROUND_AHEAD) if duty.kind in ROUNDS else duty.opened
        yield round_wake(duty.owner, ahead if isinstance(event, e.DutyOpened) else event.at)


def round_wake(owner: PersonId, at: datetime) -> Entry:
    """One list a day, whatever number of rounds."""
    return Entry(f"rounds/{owner}/{at.strftime('%Y%m%d')}", ROUNDS_LIST, owner, at, 3)


def hand_over_wake(owner: PersonId, at: datetime) -> Entry:
    """One list a day, whatever number of students change class."""
    return Entry(f"hand_overs/{owner}/{at.strftime('%Y%m%d')}", HAND_OVERS_LIST, owner, at, 2)


def beside(notice: Notice) -> tuple[str, ...]:
    """The channels besides the inbox, which everybody has and which wakes nobody."""
    return tuple(name for name in notice.channels if name != INBOX)


def sends(notice: Notice, calendar: SchoolCalendar) -> Iterator[Entry]:
    """The first attempts. The inbox always, and beside it: at imminent every channel at once, at
    high the first, below it the first in the next hour in which there is school.

    What would then come after its answer is due, in a long holiday, goes at once.
    """
    if INBOX in notice.channels:
        yield send(notice, INBOX, notice.queued)
    many = len(notice.channels) if notice.severity is Severity.IMMINENT else 1
    morning = calendar.school_hour(notice.queued)
    waits = not notice.urgent and notice.answer_by is not None and morning < notice.answer_by
    due = morning if waits else notice.queued
    for channel in beside(notice)[:many]:
        yield send(notice, channel, due)


def survey_document(survey: Survey) -> Stored:
    """A class's survey as a document; its owner finds it while it is open."""
    index = {
        "class_id": survey.school_class,
        "grade": survey.grade,
        "lifecycle": survey.state,
        "owner": survey.duty.owner,
        "severity": opaque_code(survey.duty.severity),
        **_when(survey.duty.due),
    }
    return Stored(key=f"class/{survey.school_class}", record=survey, subject="school", index=index)


def survey_wakes(events: Iterable[e.Event], after: Survey) -> tuple[Entry, ...]:
    """The list that tells its owner, and the moment at which its time is up."""
    found: list[Entry] = []
    for event in events:
        if not isinstance(event, e.SurveyStarted | e.DutyPassedOn):
            continue
        duty, at = after.duty, event.at
        wake = duty.due
        if isinstance(event, e.DutyPassedOn) and event.to is None:
            wake = at + SAID_AGAIN
        reference = f"{after.school_class}|{after.id}|{duty.passed}"
        found.append(Entry(f"survey/{after.id}/{duty.passed}", SURVEY, reference, wake, 3))
        found.append(round_wake(duty.owner, at))
    return tuple(found)


def note_document(note: Note) -> Stored:
    """A note as a document; those that wait are found by the board, worst first."""
    index = {
        "lifecycle": note.state,
        "owner": note.duty.owner,
        "severity": opaque_code(note.severity),
        **_when(note.duty.due),
    }
    return Stored(key=f"note/{note.id}", record=note, subject="school", index=index)


def teller_document(who: str, teller: Teller) -> Stored:
    """Which notes of a person wait, as a document."""
    return Stored(key=f"teller/{who}", record=teller, subject="school", index={})


def note_wakes(
    events: Iterable[e.Event], after: Note, calendar: SchoolCalendar
) -> tuple[Entry, ...]:
    """Who is called about a note, and the moment at which its time is up."""
    found: list[Entry] = []
    for event in events:
        if isinstance(event, e.NoticeQueued):
            found += sends(event.notice, calendar)
        elif isinstance(event, e.NoteTaken | e.DutyPassedOn):
            duty, wake = after.duty, after.duty.due
            if isinstance(event, e.DutyPassedOn) and event.to is None:
                wake = event.at + SAID_AGAIN
            key = f"note/{after.id}/{duty.passed}"
            urgency = 4 - after.severity.rank
            found.append(Entry(key, NOTE, f"{after.id}|{duty.passed}", wake, urgency))
    return tuple(found)


def send(notice: Notice, channel: str, due: datetime) -> Entry:
    """The entry of one notice over one channel; one logical send has one key."""
    reference = f"{notice.student or ''}|{notice.id}|{channel}"
    return Entry(f"send/{notice.id}/{channel}", "send", reference, due, 4 - notice.severity.rank)
