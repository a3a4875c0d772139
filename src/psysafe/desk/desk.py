"""One person's desk: signals, signs, cases, bars, inbox, flags, hand-overs, screenings."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from psysafe.desk.case_steps import CaseSteps, severity_named
from psysafe.desk.seat import Seat
from psysafe.desk.signals import Signals
from psysafe.domain import commands as c
from psysafe.engine import answering, flag_list, reading
from psysafe.engine.cards import FlagCard
from psysafe.engine.committing import Receipt
from psysafe.engine.enrolling import find_student
from psysafe.engine.gather import card, gather, student_of_case
from psysafe.errors import NotPermittedError
from psysafe.ids import Actor, CaseId, FlagId, NoticeId, PersonId

if TYPE_CHECKING:
    from psysafe.desk.accessing import Access
    from psysafe.desk.approving import Approvals
    from psysafe.desk.barring import Bars
    from psysafe.desk.closing import Closures
    from psysafe.desk.duty_rosters import Duty
    from psysafe.desk.erasing import Erasures
    from psysafe.desk.exporting import RosterExport
    from psysafe.desk.exposure import Exposures, SupportDesk
    from psysafe.desk.granting import Grants
    from psysafe.desk.handing_over import HandOvers
    from psysafe.desk.looking import Looking
    from psysafe.desk.papers import Papers
    from psysafe.desk.referring import Consents, Referrals
    from psysafe.desk.screenings import Screenings
    from psysafe.desk.signs import Signs
    from psysafe.desk.surveys import Surveys
    from psysafe.intake.settings import Settings


class Desk:
    """What one actor can do and see. Made by `SafetyNet.desk`."""

    # Each topic is imported when it is first asked for: whoever reports or answers an alarm waits
    # for none of the others.

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def names_in(self, data: Any) -> dict[str, str]:
        """What the colleagues are called whose ids stand in what this desk showed, by id."""
        from psysafe.desk.colleagues import names_in

        return names_in(self._seat, data)

    @cached_property
    def signals(self) -> Signals:
        return Signals(self._seat)

    @cached_property
    def exposure(self) -> Exposures:
        from psysafe.desk.exposure import Exposures

        return Exposures(self._seat)

    @cached_property
    def support(self) -> SupportDesk:
        from psysafe.desk.exposure import SupportDesk

        return SupportDesk(self._seat)

    @cached_property
    def surveys(self) -> Surveys:
        from psysafe.desk.surveys import Surveys

        return Surveys(self._seat)

    @cached_property
    def signs(self) -> Signs:
        from psysafe.desk.signs import Signs

        return Signs(self._seat)

    @cached_property
    def cases(self) -> Cases:
        return Cases(self._seat)

    @cached_property
    def duty(self) -> Duty:
        from psysafe.desk.duty_rosters import Duty

        return Duty(self._seat)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self._seat)

    @cached_property
    def flags(self) -> Flags:
        return Flags(self._seat)

    @cached_property
    def exports(self) -> RosterExport:
        from psysafe.desk.exporting import RosterExport

        return RosterExport(self._seat)

    @cached_property
    def looked(self) -> Looking:
        from psysafe.desk.looking import Looking

        return Looking(self._seat)

    @cached_property
    def access(self) -> Access:
        from psysafe.desk.accessing import Access

        return Access(self._seat)

    @cached_property
    def approvals(self) -> Approvals:
        from psysafe.desk.approving import Approvals

        return Approvals(self._seat)

    @cached_property
    def grants(self) -> Grants:
        from psysafe.desk.granting import Grants

        return Grants(self._seat, self._settings)

    @cached_property
    def erasures(self) -> Erasures:
        from psysafe.desk.erasing import Erasures

        return Erasures(self._seat)

    @cached_property
    def papers(self) -> Papers:
        from psysafe.desk.papers import Papers

        return Papers(self._seat, self._settings)

    @cached_property
    def bars(self) -> Bars:
        from psysafe.desk.barring import Bars

        return Bars(self._seat)

    @cached_property
    def consents(self) -> Consents:
        from psysafe.desk.referring import Consents

        return Consents(self._seat)

    @cached_property
    def referrals(self) -> Referrals:
        from psysafe.desk.referring import Referrals

        return Referrals(self._seat)

    @cached_property
    def closures(self) -> Closures:
        from psysafe.desk.closing import Closures

        return Closures(self._seat)

    @cached_property
    def hand_overs(self) -> HandOvers:
        from psysafe.desk.handing_over import HandOvers

        return HandOvers(self._seat)

    @cached_property
    def screenings(self) -> Screenings:
        from psysafe.desk.screenings import Screenings

        return Screenings(self._seat)


class CaseDesk:
    """One case as this actor may see it, and what can be done with it."""

    def __init__(self, seat: Seat, data: Mapping[str, Any]) -> None:
        self._seat = seat
        self.data = data
        """Only what the actor may see; keys of what is withheld are absent."""

    @property
    def id(self) -> CaseId:
        return CaseId(self.data["case"])

    def acknowledge(self) -> Receipt:
        return Cases(self._seat).acknowledge(self.id)

    def open(self, lead: str | None = None, supervisor: str | None = None) -> Receipt:
        return Cases(self._seat).open(self.id, lead, supervisor)

    def dismiss(self, reason: str) -> Receipt:
        return Cases(self._seat).dismiss(self.id, reason)

    def declare_crisis(
        self, *, danger: str, place: str, proposal: str, severity: str = "high"
    ) -> Receipt:
        return Cases(self._seat).declare(
            self.id, danger=danger, place=place, proposal=proposal, severity=severity
        )

    def assess(self, severity: str, rationale: str, second: str | None = None) -> Receipt:
        return Cases(self._seat).assess(self.id, severity, rationale, second)

    def close(self, reason: str) -> Receipt:
        return Cases(self._seat).close(self.id, reason)

    def guardian(self, guardian: str, outcome: str, note: str = "") -> Receipt:
        return Cases(self._seat).guardian(self.id, guardian, outcome, note)

    def supervise(
        self,
        state: str,
        adult: str,
        *,
        place: str = "unknown",
        to: str = "",
        called: bool = False,
    ) -> Receipt:
        return Cases(self._seat).supervise(self.id, state, adult, place=place, to=to, called=called)

    def advise(self, advice: str, answer: str) -> Receipt:
        return Cases(self._seat).advise(self.id, advice, answer)

    def report(self, step: str, text: str = "") -> Receipt:
        return Cases(self._seat).report(self.id, step, text)

    def stand_down(
        self, reason: str, severity: str = "attention", second: str | None = None
    ) -> Receipt:
        return Cases(self._seat).stand_down(self.id, reason, severity, second)


class Cases(CaseSteps):
    """Cases of which this actor may know."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self) -> list[dict[str, Any]]:
        """The live cases, worst first, a line each."""
        found = reading.list_cases(self._seat.school, self._seat.actor, self._seat.now())
        return [self._seat.plain(line) for line in found]

    def about(self, student: str) -> CaseDesk:
        """The student's live or last case. Raises NotFoundError for whoever may not know."""
        return self._view(find_student(self._seat.school, student))

    def get(self, case: str) -> CaseDesk:
        """A case by its id. Raises NotFoundError for whoever may not know."""
        return self._view(case)

    def _view(self, key: str) -> CaseDesk:
        seat = self._seat
        view = reading.read_case(seat.school, seat.actor, CaseId(key), seat.now())
        return CaseDesk(seat, seat.plain({**view.data, "withheld": list(view.withheld)}))

    def explain(self, student: str, severity: str) -> dict[str, Any]:
        """Who would be told, when and over what; the same whether a case exists or not.

        Raises NotFoundError for whoever has no relation to the student.
        """
        from psysafe.desk import explaining

        seat = self._seat
        found: dict[str, Any] = seat.plain(explaining.explain(seat, student, severity))
        return found

    def acknowledge(self, case: str) -> Receipt:
        """Say: I have it. Answers every call about this case that waits for the actor."""
        seat = self._seat
        student = student_of_case(seat.school, case)
        waiting = [
            asked.notice
            for run in gather(seat.school, student).world.file.runs
            for asked in run.asked
            if asked.person == seat.actor and asked.answered is None and run.case == case
        ]
        receipt = None
        for notice in waiting:
            receipt = Inbox(seat).acknowledge(notice)
        now = gather(seat.school, student).world.file.live_case
        if receipt is not None and (now is None or now.id != case or now.lifecycle != "signalled"):
            return receipt
        try:
            # A late answer stops nothing; saying it of the case itself takes the case up.
            return self._do(c.AcknowledgeCase, case)
        except NotPermittedError:
            if receipt is None:
                raise
            return receipt

    def open(self, case: str, lead: str | None = None, supervisor: str | None = None) -> Receipt:
        """Open a case after triage; whoever opens leads where nobody is named.

        `supervisor` is whoever supervises a lead who does not lead alone by the plan.
        """
        people = {"lead": lead, "supervisor": supervisor}
        known = {place: PersonId(Actor(one)) for place, one in people.items() if one}
        return self._do(c.OpenCase, case, **known)

    def dismiss(self, case: str, reason: str) -> Receipt:
        return self._do(c.DismissCase, case, reason=reason)

    def declare(
        self, case: str, *, danger: str, place: str, proposal: str, severity: str = "high"
    ) -> Receipt:
        """Declare a crisis (C6.2), with place and proposal (C3.2): the relay starts at once."""
        level = severity_named(severity)
        return self._do(
            c.DeclareCrisis, case, danger=danger, place=place, proposal=proposal, severity=level
        )

    def assess(
        self, case: str, severity: str, rationale: str, second: str | None = None
    ) -> Receipt:
        """Judge how bad it is. Lowering an assessed high or imminent takes a second assessor."""
        return self._do(
            c.AssessCase,
            case,
            severity=severity_named(severity),
            rationale=rationale,
            second=PersonId(Actor(second)) if second else None,
        )

    def close(self, case: str, reason: str) -> Receipt:
        """Ask for the closure; approve it where somebody else asked."""
        return self._do(c.CloseCase, case, reason=reason)

    def guardian(self, case: str, guardian: str, outcome: str, note: str = "") -> Receipt:
        """Log one try to tell a guardian."""
        return self._do(
            c.LogGuardianContact,
            case,
            guardian=PersonId(Actor(guardian)),
            outcome=outcome,
            note=note,
        )

    def hospital(self, case: str, institution: str, diagnosis: str, document: str) -> Receipt:
        """Write down what a hospital stated, with its document: nobody of the school diagnoses."""
        return self._do(
            c.RecordHospitalStatement,
            case,
            institution=institution,
            diagnosis=diagnosis,
            document=document,
        )

    def place(self, case: str, place: str) -> Receipt:
        """Say where the child is: the first question of every real crisis."""
        return self._do(c.LearnPlace, case, place=place)


class Inbox:
    """What waits for this actor's answer."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self) -> list[dict[str, Any]]:
        """Open notices, worst first; each text is judged at this moment."""
        found = reading.list_inbox(self._seat.school, self._seat.actor, self._seat.now())
        return [self._seat.plain(line) for line in found]

    def acknowledge(self, notice: str) -> Receipt:
        """Say: I have it. Stops the route that asked. Raises NotFoundError for another's notice."""
        seat = self._seat
        return answering.answer(seat.school, NoticeId(notice), seat.actor, seat.now())

    def acknowledge_link(self, token: str) -> Receipt | None:
        """The same by a link out of a message. None: it was answered before.

        Raises NotFoundError for what is no link of this person's, NotPermittedError PSY623 where
        it has run out.
        """
        seat = self._seat
        return answering.answer_by_link(seat.school, token, seat.actor, seat.now())

    def acknowledge_code(self, code: str) -> Receipt | None:
        """The same by the code of an SMS. Raises NotPermittedError PSY624 after too many."""
        seat = self._seat
        return answering.answer_by_code(seat.school, code, seat.actor, seat.now())


class Flags:
    """Screening flags that wait for this actor's review."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def list(self) -> list[dict[str, Any]]:
        """The worklist, a line a student, worst first; a thousand at most, `page` has the rest."""
        lines, _ = self.page(limit=flag_list.MOST)
        return lines

    def page(
        self, *, limit: int = flag_list.PAGE, after: str | None = None
    ) -> tuple[builtins.list[dict[str, Any]], str | None]:
        """Some lines of the worklist, and where the next page goes on: None at the end.

        Raises InvalidDataError PSY103 where `after` comes from no earlier page.
        """
        seat = self._seat
        found = flag_list.list_flags(seat.school, seat.actor, seat.now(), limit=limit, after=after)
        return [seat.plain(line) for line in found.lines], found.after

    def review(self, flag: str, outcome: str, note: str = "", *, whole: bool = False) -> Receipt:
        """Say what a person found: no_concern, second_stage (an interview) or joined_case.

        `whole`: the same for every other open flag of this student, because one talk settles them
        all. The receipt is that of the named flag.
        """
        seat = self._seat
        student = card(seat.school, f"flag/{flag}", FlagCard).student
        wish = c.ReviewFlag(student=student, flag=FlagId(flag), outcome=outcome, note=note)
        receipt = seat.do(wish)
        others = gather(seat.school, student).world.file.flags if whole else ()
        for other in others:
            if other.state == "open" and other.id != flag and other.outcome != outcome:
                seat.do(c.ReviewFlag(student=student, flag=other.id, outcome=outcome, note=note))
        return receipt
