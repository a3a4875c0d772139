"""The steps beside a case and of a case as a whole: names only, each calls the handler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psysafe.desk.seat import Seat
from psysafe.domain import commands as c
from psysafe.domain.codes import unknown
from psysafe.domain.severity import Severity
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import student_of_case
from psysafe.ids import Actor, CaseId, DutyId, PersonId


def severity_named(text: str) -> Severity:
    """A severity by its word. Raises InvalidDataError PSY013."""
    try:
        return Severity(text)
    except ValueError:
        raise unknown("severity") from None


class CaseSteps:
    """What can be done with a case, by its id. Each raises what the step's table says."""

    _seat: Seat

    # -- who is with the child, what the family says ------------------------------------------

    def supervise(
        self,
        case: str,
        state: str,
        adult: str,
        *,
        place: str = "unknown",
        to: str = "",
        called: bool = False,
    ) -> Receipt:
        """Say who is with the child: in_person, handed_to (guardian, hospital, police) or ended.

        `adult` names them; `called`: 120 or 110 was telephoned. An imminent case with nobody is
        alarmed until this is said (C1.1).
        """
        return self._do(
            c.Supervise, case, state=state, adult=adult, place=place, to=to, called=called
        )

    def advise(self, case: str, advice: str, answer: str) -> Receipt:
        """Write down the advice to see a medical institution, and the family's answer (C6.2)."""
        return self._do(c.AdviseCare, case, advice=advice, answer=answer)

    def report(self, case: str, step: str, text: str = "") -> Receipt:
        """Take the authority report on (C6.3): draft, approve, submit, acknowledge, supplement."""
        return self._do(c.AdvanceReport, case, step=step, text=text)

    def holiday_plan(
        self,
        case: str,
        *,
        contact: str,
        next_contact: str,
        covers: str,
        informed: Sequence[str] = (),
    ) -> Receipt:
        """Say who is there for the student over the break that comes: whom they call, who is next,
        who of the school covers, which guardians know of it."""
        return self._do(
            c.PlanHoliday,
            case,
            contact=contact,
            next_contact=next_contact,
            covers=PersonId(Actor(covers)),
            informed=tuple(PersonId(Actor(one)) for one in informed),
        )

    def follow_up(self, case: str, note: str) -> Receipt:
        """Say that the student was seen or spoken to again."""
        return self._do(c.FollowUp, case, note=note)

    # -- the case as a whole -------------------------------------------------------------------

    def assign_lead(self, case: str, lead: str, supervisor: str | None = None) -> Receipt:
        """Offer the lead; until it is accepted the old lead keeps every duty.

        `supervisor` is whoever supervises them from then on. Raises InvalidMoveError PSY037 for
        somebody who may not lead, PSY065 for somebody who may not supervise.
        """
        named = PersonId(Actor(supervisor)) if supervisor else None
        return self._do(c.AssignLead, case, lead=PersonId(Actor(lead)), supervisor=named)

    def supervisor(self, case: str, person: str) -> Receipt:
        """Say who supervises whoever leads. Raises InvalidMoveError PSY065 where they cannot."""
        return self._do(c.NameSupervisor, case, supervisor=PersonId(Actor(person)))

    def accept_lead(self, case: str) -> Receipt:
        return self._do(c.AcceptLead, case)

    def away(self, case: str, place: str, adult: str) -> Receipt:
        """The student is away; `adult` has them there."""
        return self._do(c.MarkAway, case, place=place, adult=adult)

    def decide_return(self, case: str, meeting: str) -> Receipt:
        """The student comes back; `meeting` says who met before and what was agreed."""
        return self._do(c.DecideReturn, case, meeting=meeting)

    def reject_closure(self, case: str, reason: str) -> Receipt:
        return self._do(c.RejectClosure, case, reason=reason)

    def reopen(self, case: str, reason: str) -> Receipt:
        return self._do(c.ReopenCase, case, reason=reason)

    def transfer(self, case: str, school: str, acknowledged_by: str) -> Receipt:
        """The receiving school has acknowledged that it takes the student on."""
        return self._do(c.TransferCase, case, school=school, acknowledged_by=acknowledged_by)

    def stand_down(
        self, case: str, reason: str, severity: str = "attention", second: str | None = None
    ) -> Receipt:
        """Call the alarm off: everybody who was told is told, and the level is corrected."""
        return self._do(
            c.StandDown,
            case,
            reason=reason,
            severity=severity_named(severity),
            second=PersonId(Actor(second)) if second else None,
        )

    def void(self, case: str, reason: str) -> Receipt:
        """Entered in error, and nothing was told to anybody outside."""
        return self._do(c.VoidCase, case, reason=reason)

    # -- about a student -----------------------------------------------------------------------

    def read_dismissed(self, student: str) -> Receipt:
        """Say that what was dismissed about this student has been read."""
        seat = self._seat
        return seat.do(c.ReadDismissed(student=find_student(seat.school, student)))

    def settle(self, student: str, duty: str, note: str) -> Receipt:
        """Say that a duty which is done outside is done, and what came of it."""
        seat = self._seat
        known = find_student(seat.school, student)
        return seat.do(c.SettleDuty(student=known, duty=DutyId(duty), note=note))

    def bereavement(self, student: str) -> Receipt:
        """The student has died: everything automatic stops, care for those left begins."""
        seat = self._seat
        return seat.do(c.Bereave(student=find_student(seat.school, student)))

    def alive(self, student: str, reason: str) -> Receipt:
        """The student is alive, the death was entered in error: what was owed is owed again.

        `reason` says how that is known. One person does it, at once; somebody else looks it over.
        """
        seat = self._seat
        known = find_student(seat.school, student)
        return seat.do(c.TakeBackDeath(student=known, reason=reason))

    def _do(self, command: type[Any], case: str, **fields: Any) -> Receipt:
        student = student_of_case(self._seat.school, case)
        return self._seat.do(command(student=student, case=CaseId(case), **fields))
