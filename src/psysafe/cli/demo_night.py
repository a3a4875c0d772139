"""The night of `psysafe demo`: a Friday evening on which somebody does not answer.

The play gives commands at desks and lets the minutes pass; whatever follows from that, the house
does by itself. What is told of it comes from the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final

import attrs

from psysafe.catalogue import describe
from psysafe.cli import demo_school as s
from psysafe.cli.demo_sight import Sight, lines
from psysafe.cli.demo_voice import ACT, NOTE, TOLD, Following, Line, Voice
from psysafe.desk.desk import Desk
from psysafe.domain import events as e
from psysafe.engine.reading import who_looked
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import Verified, verify
from psysafe.errors import N_, Fact, NotFoundError

#: Whose transcript is kept, under the name by which `--for` asks for it.
ACTORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "homeroom-teacher": s.HOMEROOM,
        "counselor": s.COUNSELOR,
        "second-counselor": s.SECOND_COUNSELOR,
        "leading-group-head": s.LEADING_HEAD,
        "leading-group-deputy": s.LEADING_DEPUTY,
        "grade-head": s.GRADE_HEAD,
        "student-affairs-head": s.STUDENT_AFFAIRS,
        "other-teacher": s.OTHER_TEACHER,
        "operator": s.OPERATOR,
    }
)
#: Columns of the table of sights.
COMPARED: Final = (
    "counselor",
    "homeroom-teacher",
    "grade-head",
    "leading-group-head",
    "other-teacher",
    "operator",
)
_NUMBER: Final = f"no:{s.STUDENT_NUMBER}"


@attrs.frozen(kw_only=True)
class Told:
    """A night that was played: its time line, each one's transcript, and what can be proved."""

    timeline: tuple[Line, ...]
    transcripts: Mapping[str, tuple[Line, ...]]
    sights: tuple[Sight, ...]
    looked: tuple[e.ItemRead, ...]
    late: tuple[Line, ...]
    owed: tuple[str, ...]
    verified: Verified


class Night:
    """The stage: one clock, the desks, and what has been told so far."""

    def __init__(self, rehearsal: s.Rehearsal, voice: Voice) -> None:
        self.about = rehearsal
        self.voice = voice
        self.following = Following(rehearsal, voice)
        self.timeline: list[Line] = []
        self.transcripts: dict[str, list[Line]] = {who: [] for who in ACTORS.values()}
        self.late: list[Line] = []
        self.sent = self.failed = 0
        self._position = 0

    @property
    def now(self) -> datetime:
        return self.about.clock.now()

    def desk(self, who: str) -> Desk:
        return self.about.net.desk(who, self.about.language)

    def until(self, time: str) -> None:
        """Let the minutes pass, with the tick of every minute, until the school's clock says so."""
        while self.voice.clock(self.now) != time:
            self.about.clock.go_on()
            self.minute()

    def minute(self) -> None:
        """The tick of this minute, and what came of it."""
        report = self.about.net.tick()
        self.sent += report.sent
        self.failed += report.failed + report.ambiguous
        self.follow()

    def does(self, who: str, text: str, act: Callable[[Desk], object], /, **facts: Fact) -> None:
        """Somebody does something at their desk; then the house does what follows."""
        self.begins(who, text, **facts)
        act(self.desk(who))
        self.follow()
        self.minute()

    def begins(self, who: str, text: str, /, **facts: Fact) -> None:
        """What somebody does, in their own transcript and on the time line."""
        said = self.voice.say(text, **facts)
        line = Line(at=self.now, mark=ACT, text=f"{self.voice.name(who)}{self._colon}{said}")
        self.timeline.append(line)
        self.transcripts[who].append(attrs.evolve(line, text=said))

    @property
    def _colon(self) -> str:
        return "：" if self.voice.language == "zh" else ": "

    def gets(self, who: str, text: str, /, **facts: Fact) -> None:
        """What somebody reads on the screen after what they did."""
        said = self.voice.say(text, **facts)
        self.timeline.append(Line(at=self.now, mark=NOTE, text=said))
        self.transcripts[who].append(Line(at=self.now, mark=NOTE, text=said))

    def note(self, text: str, /, **facts: Fact) -> None:
        """The teller says something that everybody in the hall should see."""
        self.timeline.append(Line(at=self.now, mark=NOTE, text=self.voice.say(text, **facts)))

    def follow(self) -> None:
        """Tell what is new in the student's journal."""
        school = self.about.school
        stream = f"file/{s.STUDENT}"
        for one in school.storage.journal(school.part, self._position, 500, stream=stream):
            self._position = one.position
            event = event_of(school, one)
            for line in self.following.lines(self.now, event):
                self.timeline.append(line)
                if line.mark == TOLD and line.to in self.transcripts:
                    self._heard(line.to, event)
            if isinstance(event, e.DutyPassedOn):
                self.late.append(self.timeline[-1])

    def _heard(self, who: str, event: e.Event) -> None:
        if isinstance(event, e.AttemptFinished):
            _, message = self.about.inbox.sent[f"{event.notice}/{event.channel}"]
            line = Line(at=self.now, mark=TOLD, text=message.text)
            self.transcripts[who].append(line)

    def answer(self, who: str, purpose: str) -> None:
        """Answer the open notice of that purpose in one's own inbox."""
        inbox = self.desk(who).inbox
        found = next(line for line in inbox.list() if line["purpose"] == purpose)
        inbox.acknowledge(found["notice"])

    def looks(self, who: str) -> Sight:
        """Open the student's case, as far as this person may; into their transcript alone."""
        heard = self.transcripts[who]
        text = N_("opens the case of the student and sees:")
        try:
            data = self.desk(who).cases.about(_NUMBER).data
        except NotFoundError as refusal:
            said = describe(refusal.finding, self.voice.language).what
            heard.append(self._line(N_("asks for a case that is no affair of theirs, and gets:")))
            heard.append(Line(at=self.now, mark=NOTE, text=said))
            return Sight(who=who, data=None, refusal=said)
        seen = tuple(lines(self.voice, data))
        heard.append(attrs.evolve(self._line(text), why=seen))
        return Sight(who=who, data=data)

    def _line(self, text: str) -> Line:
        return Line(at=self.now, mark=ACT, text=self.voice.say(text))


def play(rehearsal: s.Rehearsal, voice: Voice) -> Told:
    """Play the night from the first report to the proof."""
    night = Night(rehearsal, voice)
    _a_report(night)
    _a_crisis(night)
    _somebody_does_not_answer(night)
    _the_guardians(night)
    sights = _afterwards(night)
    verified = verify(rehearsal.school)
    _the_machine(night, verified)
    for heard in night.transcripts.values():
        if not any(line.mark == TOLD for line in heard):
            text = voice.say(N_("In this night nothing was sent to this person."))
            heard.append(Line(at=night.now, mark=NOTE, text=text))
    return Told(
        timeline=tuple(night.timeline),
        transcripts={name: tuple(night.transcripts[who]) for name, who in ACTORS.items()},
        sights=sights,
        looked=tuple(who_looked(rehearsal.school, s.STUDENT)),
        late=tuple(night.late),
        owed=tuple(_owed(night)),
        verified=verified,
    )


def _a_report(night: Night) -> None:
    symptoms = {"insomnia": "marked", "self_harm": "marked"}
    text = N_("Has not slept for a week. Fresh marks on the forearm. Asked me to tell nobody.")
    night.begins(
        s.HOMEROOM,
        N_("reports after a one-to-one talk: {symptoms}; the student is in the dormitory."),
        symptoms=night.voice.words(symptoms),
    )
    receipt = night.desk(s.HOMEROOM).signals.report(
        _NUMBER, "one_to_one", symptoms, place="dormitory", note=night.voice.say(text)
    )
    if receipt.answered_by is None or receipt.signal is None:
        raise LookupError("a report without a receipt")
    night.gets(
        s.HOMEROOM,
        N_("Receipt: report {signal} is kept; it is taken up by {by} at the latest."),
        signal=receipt.signal,
        by=night.voice.clock(receipt.answered_by),
    )
    night.follow()
    night.minute()


def _a_crisis(night: Night) -> None:
    night.until("21:46")
    night.does(
        s.COUNSELOR,
        N_("answers: I have it."),
        lambda desk: night.answer(s.COUNSELOR, "linkage"),
    )
    night.looks(s.COUNSELOR)
    night.note(N_("She opens the case and reads the report."))
    night.until("21:58")
    proposal = night.voice.say(
        N_("Two adults stay with the student; hospital tonight, a guardian comes along")
    )
    night.does(
        s.COUNSELOR,
        N_("declares a crisis: {danger}, {severity}; place: {place}. Proposal: {proposal}."),
        lambda desk: desk.cases.about(_NUMBER).declare_crisis(
            danger="self", place="dormitory", proposal=proposal, severity="imminent"
        ),
        danger=night.voice.word("dangers", "self"),
        severity=night.voice.word("severity", "imminent"),
        place=night.voice.word("places", "dormitory"),
        proposal=proposal,
    )
    night.until("21:59")
    night.does(
        s.COUNSELOR,
        N_("is with the student in the dormitory and says so: nobody is left alone."),
        lambda desk: desk.cases.about(_NUMBER).supervise(
            "in_person", night.voice.name(s.COUNSELOR), place="dormitory"
        ),
    )
    night.until("22:01")
    night.does(
        s.LEADING_HEAD,
        N_("answers: I have it."),
        lambda desk: night.answer(s.LEADING_HEAD, "leading_group_report"),
    )


def _somebody_does_not_answer(night: Night) -> None:
    night.until("22:07")
    if night.desk(s.GRADE_HEAD).inbox.list():
        text = N_("{who} was told before the time was up: that must not be.")
    else:
        text = N_("The homeroom teacher is silent. Her time runs until 22:08; {who} has no call.")
    night.note(text, who=night.voice.name(s.GRADE_HEAD))
    night.until("22:08")
    night.until("22:16")
    night.does(
        s.HOMEROOM,
        N_("answers at last: the telephone lay in another room."),
        lambda desk: night.answer(s.HOMEROOM, "crisis"),
    )
    night.looks(s.HOMEROOM)
    night.until("22:17")
    night.does(
        s.GRADE_HEAD,
        N_("has both before her and stops the call: she takes it herself."),
        lambda desk: night.answer(s.GRADE_HEAD, "crisis"),
    )
    night.looks(s.GRADE_HEAD)


def _the_guardians(night: Night) -> None:
    for time, guardian, outcome, text in (
        ("22:19", s.FATHER, "not_reached", N_("telephones {guardian}: nobody picks up.")),
        (
            "22:24",
            s.MOTHER,
            "agrees",
            N_("telephones {guardian}: she agrees and sets out."),
        ),
    ):
        night.until(time)
        tried = partial(_try_guardian, guardian=guardian, outcome=outcome)
        night.does(s.GRADE_HEAD, text, tried, guardian=night.voice.name(guardian))
    night.until("22:40")
    night.does(
        s.COUNSELOR,
        N_("opens the case and leads it from now on."),
        lambda desk: desk.cases.about(_NUMBER).open(),
    )


def _try_guardian(desk: Desk, guardian: str, outcome: str) -> None:
    desk.cases.about(_NUMBER).guardian(guardian, outcome)


def _afterwards(night: Night) -> tuple[Sight, ...]:
    """Everybody looks at the same case at the same minute."""
    night.until("22:50")
    seen = {name: night.looks(who) for name, who in ACTORS.items()}
    return tuple(seen[name] for name in COMPARED)


def _the_machine(night: Night, verified: Verified) -> None:
    """What the person at the machine learns: numbers, and whether the books are right."""
    heard = night.transcripts[s.OPERATOR]
    for text, facts in (
        (N_("Sent: {sent}. Failed: {failed}."), {"sent": night.sent, "failed": night.failed}),
        (N_("Records in the journal: {records}."), {"records": verified.records}),
    ):
        heard.append(Line(at=night.now, mark=NOTE, text=night.voice.say(text, **facts)))


def _owed(night: Night) -> list[str]:
    v = night.voice
    return [
        v.say(
            N_("Owed by {owner}, until {due}: {duty}."),
            owner=v.name(duty.owner),
            due=v.clock(duty.due),
            duty=v.word("duties", duty.kind),
        )
        for duty in sorted(night.following.file.duties, key=lambda d: d.due)
    ]
