"""Tell the net something; say where one can be asked; answer who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.domain.duties_notes import KEPT, OPEN
from psysafe.domain.notes import SOURCE
from psysafe.domain.signals import Signal
from psysafe.engine import asking, notes
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import roster
from psysafe.engine.views import NATIONAL_LINE
from psysafe.engine.words import Phrase, Written, phrase
from psysafe.errors import N_
from psysafe.ids import Actor, CommandId, DutyId, PersonId, SignalId, StudentId, kind_of

#: Whom a child can telephone at once: the national line, the police, the ambulance.
NUMBERS: Final = (NATIONAL_LINE, "110", "120")
WHO = N_("Thank you for saying so. {name} will talk with you, by {by} at the latest.")
SOMEBODY = N_("Thank you for saying so. Somebody will talk with you, by {by} at the latest.")
NOW = N_("You need not wait: {number} is there day and night. In danger, telephone 110 or 120 now.")
HOTLINE = N_("Our school's line: {number}.")


class Signals:
    """Tell the net something about a student."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def report(
        self,
        student: str,
        source: str,
        symptoms: Mapping[str, str] | None = None,
        *,
        needs: tuple[str, ...] = (),
        dangers: tuple[str, ...] = (),
        place: str = "unknown",
        note: str = "",
        question: bool = False,
        accused: str | None = None,
        accused_also: tuple[str, ...] = (),
        command: CommandId | None = None,
    ) -> Receipt:
        """Report on a student (`s-...` or `no:NUMBER`); codes as in `psysafe doctor --codes`.

        The receipt is the same whether a case exists or not: the signal's id, by when it is
        answered, and `asks` with `place` where a grave report does not say where the child is.
        `question`: it wants an answer (B1.1); a question without symptom or danger begins no case.
        `accused`: who is named where the danger is `harm_by_adult`, and their relatives and
        household; they are barred before anybody is asked.
        Raises NotFoundError, NotPermittedError, InvalidDataError.
        """
        wish = c.Report(
            student=find_student(self._seat.school, student),
            source=source,
            symptoms=dict(symptoms or {}),
            needs=needs,
            dangers=dangers,
            place=place,
            note=note,
            kind="question" if question else "worry",
            accused=PersonId(Actor(accused)) if accused else None,
            accused_also=tuple(PersonId(Actor(one)) for one in accused_also),
        )
        return self._seat.do(wish, command)

    def ask_to_talk(
        self,
        words: str = "",
        *,
        symptoms: Mapping[str, str] | None = None,
        dangers: tuple[str, ...] = (),
        place: str = "unknown",
        command: CommandId | None = None,
    ) -> dict[str, Any]:
        """A student says: I want to talk. What the child sees at once, as plain data.

        `signal`, `answered_by`, `who` (a name, where one may be said), `call` (numbers that
        answer now, the school's own first) and `text`. Raises NotPermittedError for anybody else,
        InvalidMoveError PSY027 where nobody of the school is there to answer.
        """
        seat = self._seat
        wish = c.Report(
            student=_own_id(seat.actor),
            source="self_report",
            symptoms=dict(symptoms or {}),
            needs=("somebody_to_talk_to",),
            dangers=dangers,
            place=place,
            note=words,
            kind="talk",
        )
        receipt = seat.do(wish, command)
        someone = roster(seat.school).staff.get(receipt.answered_from or "")
        hotline = seat.school.hotline
        said: list[Phrase] = [
            phrase(WHO, name=Written(someone.name), by=receipt.answered_by)
            if someone is not None
            else phrase(SOMEBODY, by=receipt.answered_by),
            *([phrase(HOTLINE, number=hotline)] if hotline else []),
            phrase(NOW, number=NATIONAL_LINE),
        ]
        found: dict[str, Any] = {
            "signal": receipt.signal,
            "answered_by": receipt.answered_by,
            "call": [*([hotline] if hotline else []), *NUMBERS],
            "text": tuple(said),
        }
        if someone is not None:
            found["who"] = someone.name
        plain: dict[str, Any] = seat.plain(found)
        return plain

    def leave_note(
        self,
        about: str,
        symptoms: Mapping[str, str] | None = None,
        *,
        source: str | None = None,
        needs: tuple[str, ...] = (),
        dangers: tuple[str, ...] = (),
        place: str = "unknown",
        note: str = "",
        command: CommandId | None = None,
    ) -> Receipt:
        """Tell of somebody whom one may not look up: a classmate, an unknown caller's child.

        `about`: who is meant, in words (a number, class and name), empty for an unknown caller.
        Nobody is looked up; a person checks it. The receipt is that of any report. `source` is
        for staff (`hotline`, `telephone`, `message`, ...); a student's is `peer`, a guardian's
        `guardian`. Raises InvalidDataError PSY013, PSY021, InvalidMoveError PSY027, PSY031.
        """
        seat = self._seat
        now = seat.now()
        told = Signal(
            id=SignalId(""),
            source=SOURCE.get(kind_of(seat.actor), source or "message"),
            at=now,
            reporter=seat.actor,
            symptoms=dict(symptoms or {}),
            needs=needs,
            dangers=dangers,
            place=place,
            note=note,
        )
        return notes.take(seat.school, told, about.strip(), seat.actor, now, command)

    def notes(self, *, kept: bool = False) -> list[dict[str, Any]]:
        """The notes that wait to be checked, worst first, for whoever checks them; with `kept`
        those of which nobody knows yet who is meant."""
        seat, state = self._seat, KEPT if kept else OPEN
        return [seat.plain(x) for x in notes.listed(seat.school, seat.actor, seat.now(), state)]

    def link(
        self,
        note: str,
        student: str,
        *,
        accused: str | None = None,
        accused_also: tuple[str, ...] = (),
    ) -> Receipt:
        """It is this student: the note becomes a report, also one that was kept for long.

        `accused` as in `report`: barred before anybody is asked. Raises NotFoundError, PSY036.
        """
        named = (accused, *accused_also) if accused else ()
        return self._check(note, "linked", student, named)

    def keep(self, note: str) -> Receipt:
        """Nobody knows yet who is meant: nobody is called about it any more, and it can be linked
        later. Raises NotFoundError, PSY036."""
        return self._check(note, "unknown", None)

    def set_aside(self, note: str) -> Receipt:
        """It has been checked, and nothing is to be done. Raises NotFoundError, PSY036."""
        return self._check(note, "set_aside", None)

    def _check(
        self, note: str, outcome: str, student: str | None, named: tuple[str, ...] = ()
    ) -> Receipt:
        seat = self._seat
        found = find_student(seat.school, student) if student is not None else None
        wanted = SignalId(note)
        accused = tuple(PersonId(Actor(one)) for one in named)
        return notes.check(seat.school, seat.actor, wanted, outcome, found, seat.now(), accused)

    def waiting(self) -> list[dict[str, Any]]:
        """Who waits for this actor's answer: those who want to talk first, then questions."""
        seat = self._seat
        found = asking.waiting(seat.school, seat.actor, seat.now())
        return [seat.plain(line) for line in found]

    def respond(self, student: str, duty: str, note: str = "") -> Receipt:
        """Say: I have talked with the student, or answered the question."""
        seat = self._seat
        return seat.do(
            c.Respond(student=find_student(seat.school, student), duty=DutyId(duty), note=note)
        )


def _own_id(actor: Actor) -> StudentId:
    """Whose record the actor's own is; an id of nobody where they are no student."""
    return StudentId(actor.partition(":")[2]) if kind_of(actor) == "student" else StudentId("s-")
