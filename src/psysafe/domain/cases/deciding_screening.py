"""Sheets and flags: what an answered scale asks a person to look at, and what the person found."""

from __future__ import annotations

from datetime import datetime

from psysafe.domain import codes
from psysafe.domain import commands as c
from psysafe.domain import events as e
from psysafe.domain.cases import guards
from psysafe.domain.severity import Provisional, Severity, severity_of
from psysafe.domain.world import World
from psysafe.errors import InvalidMoveError, NotFoundError
from psysafe.ids import Actor, CaseId, CommandIds, FlagId, PersonId

Events = list[e.Event]


def answers(
    w: World, command: c.RecordAnswers, actor: Actor, now: datetime, ids: CommandIds
) -> Events:
    guards.permitted(w, actor, "screen", now, "screen")
    raised: list[e.FlagRaised] = []
    for code, answer in command.flags:
        triage = w.plan.triage_of(command.scale, code, answer)
        # A flag that the plan does not know is still read by a person, as a high one.
        severity = triage.severity if triage else Severity.HIGH
        # The rule's id says what it came to, never what was answered: more people may see reasons
        # than may see a sheet.
        rule = f"T:{command.scale}:{code}:{severity.value}"
        flag = e.Flag(
            id=FlagId(ids.next("flag")),
            scale=command.scale,
            answered_at=command.answered_at,
            code=code,
            answer=answer,
            severity=severity,
            raised=now,
            reason=e.Reason(rule=rule, code=code),
        )
        raised.append(e.FlagRaised(student=command.student, flag=flag, readers=command.readers))
    scored = e.AnswersScored(
        student=command.student,
        scale=command.scale,
        definition=command.definition,
        answered_at=command.answered_at,
        answers=command.answers,
        scores=command.scores,
        bands=command.bands,
        status=command.status,
        campaign=command.campaign,
        flags=tuple(one.flag.id for one in raised),
    )
    return [scored, *raised]


def review(w: World, command: c.ReviewFlag, actor: Actor, now: datetime, ids: CommandIds) -> Events:
    flag = w.file.flag(command.flag)
    may = any(w.plan.may("review_flag", holder) for holder in w.holders(actor, now))
    owes = any(d.flag == command.flag and d.owner == actor for d in w.file.duties)
    if flag is None or not (may or owes):
        # Whoever reviews no flags does not learn from a refusal that there is one.
        raise NotFoundError
    codes.known("flag_outcomes", command.outcome)
    invited_already = flag.outcome == command.outcome == "second_stage"
    if flag.state != "open" or invited_already:
        state = flag.state if flag.state != "open" else "second_stage"
        raise InvalidMoveError("PSY005", action="review", state=state)
    reviewer = PersonId(actor)
    reviewed = e.FlagReviewed(
        student=command.student,
        flag=flag.id,
        outcome=command.outcome,
        reviewer=reviewer,
        at=now,
        note=command.note,
    )
    if command.outcome != "joined_case":
        return [reviewed]
    level = Provisional(severity=flag.severity, rule=flag.reason.rule)
    case = w.file.live_case
    if case is not None:
        before = severity_of(case.level)
        if before is None or flag.severity > before:
            changed = e.SeverityChanged(case=case.id, level=level, reasons=(flag.reason,), at=now)
            return [reviewed, changed]
        return [reviewed]
    started = e.CaseSignalled(
        student=command.student,
        case=CaseId(ids.next("case")),
        at=now,
        level=level,
        reasons=(flag.reason,),
        flag=flag.id,
    )
    # The reviewer has it in hand: nobody needs to be called to take up what she took up.
    taken = e.CaseAcknowledged(case=started.case, by=reviewer, at=now)
    return [started, reviewed, taken]
