"""What happened, in sentences that a head teacher can follow: who, what, when, why.

Everything that is told here is read from the journal and from what the inbox really sent. Nothing
is told because a script says that it should have happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from psysafe import catalogue
from psysafe.cli import plan_words
from psysafe.cli.demo_school import EVENING, STUDENT, ZONE, Rehearsal
from psysafe.domain import events as e
from psysafe.domain.codes import word as code_word
from psysafe.domain.duties import Duty, Notice, Run
from psysafe.domain.files import StudentFile
from psysafe.domain.owing import CANNOT
from psysafe.domain.people import LEADING_GROUP
from psysafe.domain.severity import Assessed, Level, severity_of
from psysafe.engine.gather import card, gather
from psysafe.errors import N_, Fact

ACT: Final = "act"
TOLD: Final = "told"
OWED: Final = "owed"
LATE: Final = "late"
NOTE: Final = "note"


@attrs.frozen(kw_only=True)
class Line:
    """One line of a time line: when, what sort of thing, what, and in smaller print why."""

    at: datetime
    mark: str
    text: str
    why: tuple[str, ...] = ()
    to: str | None = None
    """who was told, where somebody was"""


_WHY: Final = N_("Why: {origin}.")
_SKIPPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "nobody": N_("nobody holds that role"),
        "asked_before": N_("everybody there was asked already"),
    }
)
_WHY_TOLD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "late_answer": N_("Why: whoever is being called sees a late answer at once."),
        "duty_passed_on": N_("Why: what is late passes to the next person by itself."),
        "duty_yours": N_("Why: what somebody cannot do passes at once to somebody who can."),
        "alone": N_("Why: nobody in imminent danger is left alone."),
        "route_unheard": N_("Why: a route without an answer ends with the leading group."),
    }
)


class Voice:
    """Says things in the language of the telling, with the names of the invented people."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._about = rehearsal
        self.language = rehearsal.language

    def say(self, text: str, /, **facts: Fact) -> str:
        return catalogue.say(text, self.language, **facts)

    def word(self, register: str, code: str) -> str:
        return code_word(register, code, self.language)

    def words(self, pairs: Mapping[str, str]) -> str:
        """Symptoms with their degrees."""
        said = [
            self.beside(self.word("symptoms", symptom), self.word("degrees", degree))
            for symptom, degree in pairs.items()
        ]
        return self.listed(said)

    def beside(self, text: str, more: str) -> str:
        """Something with what is added to it in brackets."""
        return f"{text}（{more}）" if self.language == "zh" else f"{text} ({more})"

    def listed(self, parts: Sequence[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(parts)

    def name(self, who: str) -> str:
        """A name with what the person is in this school."""
        if who.startswith("operator:"):
            return self.say(N_("the person at the machine"))
        if who.startswith("system:"):
            return "psysafe"
        name, role = self._about.names[who], self._about.roles.get(who)
        if role is None:
            return name
        return self.beside(name, self.word("roles", role))

    def clock(self, moment: datetime) -> str:
        """The time on the school's clock; with the date where it is not that evening."""
        local = moment.astimezone(ZONE)
        same = local.date() == EVENING.date()
        return local.strftime("%H:%M" if same else "%Y-%m-%d %H:%M")

    def origin(self, origin: str) -> str:
        """Where a rule or a figure comes from."""
        return plan_words.origin(origin, self.language)

    def level(self, level: Level) -> str:
        severity = severity_of(level)
        code = severity.value if severity is not None else "not_assessed"
        return self.word("severity", code)


class Following:
    """Turns the journal's new events about the student into lines."""

    def __init__(self, rehearsal: Rehearsal, voice: Voice) -> None:
        self._about = rehearsal
        self._voice = voice
        self._duties: dict[str, Duty] = {}

    @property
    def file(self) -> StudentFile:
        return gather(self._about.school, STUDENT).world.file

    def lines(self, at: datetime, event: e.Event) -> Iterator[Line]:
        """What one event has to tell; nothing for those that only keep the books."""
        tell = _TELLERS.get(type(event))
        if tell is not None:
            yield from tell(self, at, event)

    def _line(self, at: datetime, mark: str, text: str, /, **facts: Fact) -> Line:
        return Line(at=at, mark=mark, text=self._voice.say(text, **facts))

    def case_began(self, at: datetime, ev: e.CaseSignalled) -> Iterator[Line]:
        v = self._voice
        reasons = v.words({r.code: r.degree for r in ev.reasons if r.degree})
        text = N_("A case begins, provisionally {severity}, by the rule for: {reasons}.")
        made = self._line(at, NOTE, text, severity=v.level(ev.level), reasons=reasons)
        why = v.say(N_("Only a person settles how bad it is; a rule may only raise the alarm."))
        yield attrs.evolve(made, why=(why,))

    def severity_changed(self, at: datetime, ev: e.SeverityChanged) -> Iterator[Line]:
        v = self._voice
        if isinstance(ev.level, Assessed):
            who = v.name(ev.level.assessor)
            text = N_("Severity is now {severity}: {who} has judged.")
            yield self._line(at, NOTE, text, severity=v.level(ev.level), who=who)
        else:
            text = N_("Severity is now {severity}, provisionally.")
            yield self._line(at, NOTE, text, severity=v.level(ev.level))

    def step_due(self, at: datetime, ev: e.RouteStepDue) -> Iterator[Line]:
        run = self._run(ev.run)
        if ev.skipped:
            v, step = self._voice, run.steps[ev.index]
            text = N_("The step {role} is passed over at once: {why}.")
            why = v.say(_SKIPPED[ev.skipped])
            yield self._line(at, NOTE, text, role=v.word("roles", step.role), why=why)
        elif 0 < ev.index < len(run.steps):
            text = N_("Time is up, and nobody has answered: the next is asked.")
            yield self._line(at, LATE, text)

    def exhausted(self, at: datetime, ev: e.RouteExhausted) -> Iterator[Line]:
        text = N_("Nobody on the route has answered: everybody at its end is told.")
        yield self._line(at, LATE, text)

    def stopped(self, at: datetime, ev: e.RouteStopped) -> Iterator[Line]:
        text = N_("The call stops: {who} has it.")
        yield self._line(at, NOTE, text, who=self._voice.name(ev.by))

    def acknowledged(self, at: datetime, ev: e.NoticeAcknowledged) -> Iterator[Line]:
        if ev.late:
            text = N_("The answer is kept, as late: it silences nobody who is being called now.")
            yield self._line(at, LATE, text)

    def attempted(self, at: datetime, ev: e.AttemptFinished) -> Iterator[Line]:
        v = self._voice
        notice = card(self._about.school, f"notice/{ev.notice}", Notice)
        to = v.name(notice.receiver)
        sent = self._about.inbox.sent.get(f"{ev.notice}/{ev.channel}")
        if ev.result != "accepted" or sent is None:
            text = N_("{to} could not be told over {channel}: {result}.")
            yield self._line(at, LATE, text, to=to, channel=ev.channel, result=ev.result)
            return
        _, message = sent
        text = N_("{to} is told, in the inbox: “{text}”")
        line = self._line(at, TOLD, text, to=to, text=message.text)
        yield attrs.evolve(line, why=tuple(self._why(notice)), to=notice.receiver)

    def _why(self, notice: Notice) -> Iterator[str]:
        v = self._voice
        if notice.answer_by is not None and notice.purpose in _WHY_TOLD:
            yield v.say(N_("Time to answer: until {by}."), by=v.clock(notice.answer_by))
        if notice.purpose in _WHY_TOLD:
            yield v.say(_WHY_TOLD[notice.purpose])
            return
        run = self._run(notice.run)
        if notice.answer_by is not None:
            deadline = self._about.school.plan.deadline("acknowledge", run.severity)
            minutes = (notice.answer_by - notice.queued).total_seconds() / 60
            yield v.say(
                N_("Time to answer: {minutes} minutes, until {by}; {origin}."),
                minutes=round(minutes),
                by=v.clock(notice.answer_by),
                origin=v.origin(str(deadline.origin)),
            )
        yield v.say(_WHY, origin=v.origin(run.steps[notice.step].origin))

    def duty_opened(self, at: datetime, ev: e.DutyOpened) -> Iterator[Line]:
        v, duty = self._voice, ev.duty
        self._duties[duty.id] = duty
        text = N_("Owed by {owner}, until {due}: {duty}.")
        line = self._line(
            at,
            OWED,
            text,
            owner=v.name(duty.owner),
            due=v.clock(duty.due),
            duty=v.word("duties", duty.kind),
        )
        yield attrs.evolve(line, why=(*self._heir(duty), v.say(_WHY, origin=v.origin(duty.origin))))

    def _heir(self, duty: Duty) -> Iterator[str]:
        """Who owes a duty when it is late: the fallback, else the leading group."""
        world = gather(self._about.school, STUDENT).world
        chain = (duty.fallback, *LEADING_GROUP)
        heir = world.first_of(chain, duty.opened, (duty.owner,))
        if heir is not None:
            text = N_("When late it passes to: {heir}.")
            yield self._voice.say(text, heir=self._voice.name(heir))

    def duty_met(self, at: datetime, ev: e.DutyMet) -> Iterator[Line]:
        v = self._voice
        kind = v.word("duties", self._duties[ev.duty].kind)
        yield self._line(at, OWED, N_("Done: {duty} ({who})."), duty=kind, who=v.name(ev.by))

    def passed_on(self, at: datetime, ev: e.DutyPassedOn) -> Iterator[Line]:
        v, duty = self._voice, self._duties[ev.duty]
        if ev.to is None:
            return
        if ev.why == CANNOT:
            text = N_("{owner} cannot do it: {duty} is with {to} now, until {until}.")
            yield self._line(
                at,
                OWED,
                text,
                duty=v.word("duties", duty.kind),
                owner=v.name(duty.owner),
                to=v.name(ev.to),
                until=v.clock(ev.due),
            )
            return
        text = N_("LATE: {duty} was due at {due} from {owner}. Now {to} owes it, until {until}.")
        yield self._line(
            at,
            LATE,
            text,
            duty=v.word("duties", duty.kind),
            due=v.clock(duty.due),
            owner=v.name(duty.owner),
            to=v.name(ev.to),
            until=v.clock(ev.due),
        )

    def _run(self, run_id: str | None) -> Run:
        found = self.file.run(run_id)
        if found is None:
            raise LookupError("an event about a run that is not in the file")
        return found

    def duty(self, duty_id: str) -> Duty:
        """A duty as it was opened."""
        return self._duties[duty_id]


_Teller = Callable[[Following, datetime, Any], Iterator[Line]]
_TELLERS: Final[Mapping[type, _Teller]] = MappingProxyType(
    {
        e.CaseSignalled: Following.case_began,
        e.SeverityChanged: Following.severity_changed,
        e.RouteStepDue: Following.step_due,
        e.RouteStopped: Following.stopped,
        e.RouteExhausted: Following.exhausted,
        e.NoticeAcknowledged: Following.acknowledged,
        e.AttemptFinished: Following.attempted,
        e.DutyOpened: Following.duty_opened,
        e.DutyMet: Following.duty_met,
        e.DutyPassedOn: Following.passed_on,
    }
)
