"""Tell the net something; say where one can be asked; answer who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.engine import asking
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import roster
from psysafe.engine.handle import Receipt
from psysafe.engine.views import NATIONAL_LINE
from psysafe.engine.words import Phrase, phrase
from psysafe.errors import N_
from psysafe.ids import Actor, CommandId, DutyId, StudentId, kind_of

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
        command: CommandId | None = None,
    ) -> Receipt:
        """Report on a student (`s-...` or `no:NUMBER`); codes as in `psysafe doctor --codes`.

        The receipt is the same whether a case exists or not: the signal's id, by when it is
        answered, and `asks` with `place` where a grave report does not say where the child is.
        `question`: it wants an answer (B1.1); a question without symptom or danger begins no case.
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
            phrase(WHO, name=someone.name, by=receipt.answered_by)
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
