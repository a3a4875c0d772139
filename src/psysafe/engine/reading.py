"""Reading: decide, journal who looked, then show. A revocation in between is a conflict, no leak.

Opening one thing is journalled by itself, with the item classes that were shown and the rules
that allowed it; a list page once, with codes only. Where the journal cannot be written, nothing
is shown but what a crisis needs (`spooling`), and an inbox that only says that something waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from typing import Any, Final

from psysafe import wire
from psysafe.clock import to_wire
from psysafe.contracts.storage import Changes, Conflict, Query, Record, commit_digest
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.domain.files import LIVE
from psysafe.domain.files_notices import still_asks
from psysafe.domain.privacy import DecisionPlan, Effect, may_find, may_know, unkept
from psysafe.engine import spooling
from psysafe.engine.cards import CaseCard
from psysafe.engine.committing import TRIES, Receipt, seal_events
from psysafe.engine.gather import (
    every_page,
    gather,
    people_and_duty,
    readable,
    student_of_case,
    unsealed,
)
from psysafe.engine.school import School
from psysafe.engine.sight import card_sight, hat_of, opposed_cards, received_only, sight, unopposed
from psysafe.engine.texts import Text, neutral, text_for
from psysafe.engine.views import NATIONAL_LINE, View, card_view, case_view, rules_of
from psysafe.engine.views_care import signs_report
from psysafe.engine.words import TAKEN_UP, opening_of, phrase
from psysafe.engine.worklist import open_notices, waits
from psysafe.errors import ConflictError, NotFoundError, StorageError
from psysafe.ids import Actor, CaseId, CommandId, StudentId
from psysafe.sensitivity import ContentClass, ItemClass, Trust

#: How many lines of a list are read at most; live cases of one school stay far below.
MOST = 1000
#: How many looks are read from the journal in one go.
LOOKS_OF_A_PAGE: Final = 500


def journal_read(
    school: School,
    read: e.ItemRead,
    stream: str,
    subject: str,
    now: datetime,
    expect: Mapping[str, int],
    known: CommandId | None = None,
) -> bool:
    """Journal one reading; False where something it stands on has changed meanwhile.

    `known`: the command under which it was spooled, where it was. Raises StorageError where it
    cannot be kept, and where the keys are in memory only: who took them away wants nothing shown.
    """
    if known is None:
        school.sealer.make_sure()
    command = known or school.ids.command()
    new = seal_events(school, stream, subject, [read], read.by, now, command)
    changes = Changes(
        actor=read.by,
        command=command,
        content=wire.digest_of(read),
        expect=expect,
        events=new,
        digest=commit_digest(new),
        receipt=wire.encode_document(Receipt(command=command)),
    )
    return not isinstance(school.storage.commit(school.part, changes), Conflict)


def join_spool(school: School) -> int:
    """Journal what was spooled while the store could not write; how many looks that were."""

    def journalled(read: e.ItemRead, command: CommandId) -> bool:
        if not school.storage.read(school.part, [f"student/{read.student}"]).documents:
            return True  # erased meanwhile: nothing is kept about them any more
        stream = f"audit/{read.student}"
        return journal_read(school, read, stream, str(read.student), read.at, {}, command)

    return spooling.join(school, journalled)


def journal_look(
    school: School,
    actor: Actor,
    student: StudentId,
    plan: DecisionPlan,
    items: tuple[ItemClass, ...],
    now: datetime,
    expect: Mapping[str, int],
) -> None:
    """Journal that the actor looks at these items of a student, on the versions they stand on.

    Raises ConflictError PSY020 where one of them changed meanwhile: then nothing is shown.
    """
    read = e.ItemRead(
        student=student,
        by=actor,
        viewer=hat_of(plan),
        purpose=plan.asked.purpose or "care",
        items=tuple(item.value for item in items),
        rules=rules_of(plan, items),
        at=now,
    )
    if not journal_read(school, read, f"audit/{student}", student, now, expect):
        raise ConflictError("PSY020", action="read")


def read_case(
    school: School, actor: Actor, case: CaseId | StudentId, now: datetime, purpose: str = "care"
) -> View:
    """One case, by its id or by its student's. Raises NotFoundError for whoever may not know."""
    wanted = case if case.startswith("case-") else None
    student = student_of_case(school, case) if wanted else StudentId(case)
    for _ in range(TRIES):
        gathered = gather(school, student)
        world = gathered.world
        found = world.file.case
        plan = sight(school, actor, world, now, purpose=purpose)
        known = may_know(plan) if wanted else may_find(plan)
        if found is None or (wanted and found.id != wanted) or not known:
            raise NotFoundError
        if received_only(plan.asked.hats):
            raise NotFoundError  # a house outside reads its offer, not the school's case
        unopposed(school, actor, plan, world, purpose)
        trail = plan.of(ItemClass.AUDIT_TRAIL)
        lines = timeline(school, student, plan, full=trail.form is None) if trail.shown else []
        signs = signs_report(world, actor, now)
        view = case_view(plan, world, found, now, lines, signs=signs)
        shown = [item for item in ItemClass if plan.of(item).shown]
        read = e.ItemRead(
            student=student,
            case=found.id,
            by=actor,
            viewer=hat_of(plan),
            purpose=purpose,
            items=tuple(item.value for item in shown),
            rules=rules_of(plan, shown),
            at=now,
        )
        stream = f"audit/{student}"
        try:
            kept = journal_read(school, read, stream, student, now, gathered.versions)
        except StorageError:
            left = unkept(plan)
            if not may_know(left):
                raise
            return spooling.spooled_case(school, left, read, world, found)
        if kept:
            return view
    raise ConflictError("PSY020", action="read")


def list_cases(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The live cases of which the actor may know, worst first. One line of audit for the page."""
    query = Query(index="board", prefixes=tuple(("case", lc) for lc in LIVE), limit=MOST)
    people, duty = people_and_duty(school)
    known: list[tuple[str, CaseCard, DecisionPlan]] = []
    for document, card in readable(school, every_page(school, query), CaseCard):
        plan = card_sight(school, actor, card, people, duty, now)
        if may_know(plan):
            known.append((document.index.get("severity", "2"), card, plan))
    opposed = opposed_cards(school, actor, [(card, plan) for _, card, plan in known])
    known.sort(key=lambda line: _place(*line))
    journal_list(school, actor, "cases", now)
    return [card_view(plan, card, now) for _, card, plan in known if card.case not in opposed]


def _place(severity: str, card: CaseCard, plan: DecisionPlan) -> tuple[str, str, str]:
    """Where a line stands: by what the viewer sees of it, for an order tells as much as words."""
    risk, crisis = plan.of(ItemClass.RISK_LEVEL), plan.of(ItemClass.CRISIS_FLAG)
    if risk.shown and risk.form is None:
        return severity, to_wire(card.due) if card.due else "", card.case
    return "0" if crisis.shown and card.declared else "9", "", card.case


def journal_list(
    school: School,
    actor: Actor,
    what: str,
    now: datetime,
    more: tuple[str, ...] = (),
    rules: tuple[str, ...] = (),
) -> None:
    """Journal that somebody looked at a list, once for the page.

    `more`: what else it says. `rules`: what allowed it besides, as `bulk.take` answers it.
    """
    read = e.ItemRead(
        by=actor,
        viewer="list",
        purpose="care",
        items=(what, *more),
        rules=("list", *rules),
        at=now,
    )
    journal_read(school, read, "audit/lists", "school", now, {})


def list_inbox(school: School, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """What waits for the actor's answer, worst first, each text as the actor may see it now.

    What somebody else has taken up meanwhile waits no more.
    """
    lines, neutral_lines = [], []
    for notice in open_notices(school, actor):
        if notice.queued > now:
            continue  # it has its time, and that has not come
        plain = neutral(notice, NATIONAL_LINE)
        try:
            text = _opened_text(school, actor, notice, now)
        except StorageError:
            # The student's file is damaged, or nothing can be kept. That somebody must act is
            # still said.
            text = plain
        if text is not None:
            lines.append(_inbox_line(notice, text))
            neutral_lines.append(_inbox_line(notice, plain))
    try:
        journal_list(school, actor, "inbox", now)
    except StorageError:
        return neutral_lines  # nobody is named in them, so nobody was looked at
    return lines


def _inbox_line(notice: Notice, text: Text) -> dict[str, Any]:
    line: dict[str, Any] = {
        "notice": notice.id,
        "class": text.content.name,
        "step": notice.step,
        "text": text.phrases,
        "acknowledged": notice.acknowledged is not None,
        "purpose": notice.purpose,
        "urgent": notice.urgent,
    }
    if notice.answer_by is not None:
        line["due"] = notice.answer_by
    if notice.case is not None and text.content > ContentClass.K0:
        line["case"] = notice.case
    return line


def _opened_text(school: School, actor: Actor, notice: Notice, now: datetime) -> Text | None:
    """A notice's text as its receiver may see it now; None where it wants no answer any more.

    Whoever opens a text that names a student has looked at that student, so it is journalled
    first, on the versions by which it was judged.
    """
    if notice.student is None:
        said = TAKEN_UP if notice.purpose == "taken_up" else opening_of(notice.purpose)
        opening = phrase(said)
        still = waits(school, notice)
        return Text(content=ContentClass.K0, phrases=(opening,)) if still else None
    for _ in range(TRIES):
        gathered = gather(school, notice.student)
        if not still_asks(notice, gathered.world.file):
            return None
        text = text_for(school, notice, gathered.world, now, Trust.SEALED, "inbox", opened=True)
        if text is None or not text.items:
            return text
        read = e.ItemRead(
            student=notice.student,
            case=notice.case,
            by=actor,
            viewer=notice.role,
            purpose="alarm",
            items=text.items,
            rules=text.rules,
            at=now,
        )
        stream = f"audit/{notice.student}"
        if journal_read(school, read, stream, notice.student, now, gathered.versions):
            return text
    raise ConflictError("PSY020", action="read")


#: Which item an event tells of; whoever may not know that item does not see the event.
_TELLS: Final = {
    "signal_reported": ItemClass.OBSERVATION,
    "reported_after_death": ItemClass.OBSERVATION,
    "answers_scored": ItemClass.SCALE_LEVEL,
    "flag_raised": ItemClass.SCALE_LEVEL,
    "flag_reviewed": ItemClass.SCALE_LEVEL,
    "crisis_declared": ItemClass.CRISIS_FLAG,
    "guardian_contacted": ItemClass.CONTACT_LOG,
    "exposure_recorded": ItemClass.EXPOSURE,
    "exposure_ended": ItemClass.EXPOSURE,
    "support_started": ItemClass.OBSERVATION,
    "support_ended": ItemClass.OBSERVATION,
    "contact_logged": ItemClass.OBSERVATION,
    "responded": ItemClass.OBSERVATION,
    "place_learned": ItemClass.SUPERVISION,
    "hospital_stated": ItemClass.COUNSELING_NOTES,
    "access_requested": ItemClass.AUDIT_TRAIL,
    "access_reviewed": ItemClass.AUDIT_TRAIL,
    "hold_placed": ItemClass.AUDIT_TRAIL,
    "hold_lifted": ItemClass.AUDIT_TRAIL,
    "glass_broken": ItemClass.AUDIT_TRAIL,
    "glass_reviewed": ItemClass.AUDIT_TRAIL,
    "holiday_planned": ItemClass.SAFETY_PLAN,
    "bar_set": ItemClass.ALLEGATION,
    "bar_confirmed": ItemClass.ALLEGATION,
    "bar_lifted": ItemClass.ALLEGATION,
    "authority_told": ItemClass.ALLEGATION,
    "allegation_handed_over": ItemClass.ALLEGATION,
    "second_adult_went": ItemClass.ALLEGATION,
    "supervision_changed": ItemClass.SUPERVISION,
    "student_went_away": ItemClass.SUPERVISION,
    "student_returned": ItemClass.SUPERVISION,
    "care_advised": ItemClass.REFERRAL_SUMMARY,
    "report_fell_due": ItemClass.REFERRAL_SUMMARY,
    "report_advanced": ItemClass.REFERRAL_SUMMARY,
    "consent_given": ItemClass.CONSENT,
    "consent_lapsed": ItemClass.CONSENT,
    "consent_withdrawn": ItemClass.CONSENT,
    "opinion_recorded": ItemClass.REFERRAL_SUMMARY,
    "referral_proposed": ItemClass.REFERRAL_SUMMARY,
    "referral_activated": ItemClass.REFERRAL_SUMMARY,
    "referral_held": ItemClass.REFERRAL_SUMMARY,
    "referral_revoked": ItemClass.REFERRAL_SUMMARY,
    "referral_completed": ItemClass.REFERRAL_SUMMARY,
    "offer_made": ItemClass.REFERRAL_SUMMARY,
    "offer_renewed": ItemClass.REFERRAL_SUMMARY,
    "offer_opened": ItemClass.REFERRAL_SUMMARY,
    "offer_accepted": ItemClass.REFERRAL_SUMMARY,
    "offer_rejected": ItemClass.REFERRAL_SUMMARY,
    "offer_started": ItemClass.REFERRAL_SUMMARY,
    "offer_ended": ItemClass.REFERRAL_SUMMARY,
    "offer_cancelled": ItemClass.REFERRAL_SUMMARY,
}


def timeline(
    school: School, student: StudentId, plan: DecisionPlan, *, full: bool
) -> list[dict[str, Any]]:
    """What happened in a student's file, in order: time, kind, actor; nothing of the content.

    Events of items that the viewer may not know are left out, and so is the actor of whatever a
    report brought about where the reporter is protected. Redacted: the actor's kind instead of the
    person, the item class instead of the kind.
    """
    headers: list[wire.Header] = []
    after = 0
    while page := school.storage.journal(school.part, after, 500, stream=f"file/{student}"):
        headers += [wire.read_header(one.header) for one in page]
        after = page[-1].position
    open_reporter = plan.of(ItemClass.REPORTER).effect is Effect.ALLOW
    told = ("signal_reported", "reported_after_death")
    reports = {h.command for h in headers if h.kind in told}
    reports |= _answers_read(headers, reports)
    lines: list[dict[str, Any]] = []
    for header in headers:
        item = _TELLS.get(header.kind, ItemClass.RISK_LEVEL)
        if not plan.of(item).shown:
            continue
        line = {"at": header.at, "kind": header.kind if full else item.value}
        if open_reporter or header.command not in reports:
            line["actor"] = header.actor if full else header.actor.partition(":")[0]
        lines.append(line)
    return lines


def _answers_read(
    headers: Sequence[wire.Header], reports: AbstractSet[CommandId]
) -> set[CommandId]:
    """The commands by which somebody who reported only read the answer to it (B2.2).

    Who reads that answer is who reported, so their name stands there no more than there.
    """
    reporters = {h.actor for h in headers if h.command in reports}
    happened = Counter(h.command for h in headers)
    return {
        h.command
        for h in headers
        if h.kind == "notice_acknowledged" and happened[h.command] == 1 and h.actor in reporters
    }


def who_looked(school: School, student: StudentId) -> list[e.ItemRead]:
    """Everybody who opened something of this student, in order (for those who may ask)."""
    found: list[e.ItemRead] = []
    after = 0
    stream = f"audit/{student}"
    while page := school.storage.journal(school.part, after, LOOKS_OF_A_PAGE, stream=stream):
        found += _looks_in(school, page)
        after = page[-1].position
    return found


def _looks_in(school: School, page: Sequence[Record]) -> list[e.ItemRead]:
    found = []
    for one in page:
        header = wire.read_header(one.header)
        if header.kind != "item_read" or one.emptied is not None:
            continue
        place = f"{header.command}/{header.ordinal}"
        about = (school.part, header.subject or "school", place, one.body)
        body = unsealed(partial(school.sealer.open_stored, *about))
        event = wire.decode_event(header.kind, header.version, body)
        if isinstance(event, e.ItemRead):
            found.append(event)
    return found
