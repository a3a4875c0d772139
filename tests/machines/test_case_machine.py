"""Any people, any order, any delay: what must hold after each step of a school's life."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from psysafe.builtin.memory import MemoryStorage
from psysafe.contracts.channel import ResultClass
from psysafe.contracts.storage import Query
from psysafe.domain import commands as c
from psysafe.domain.care import REPORT_STEPS
from psysafe.domain.codes import ADVICE_ANSWERS, GUARDIAN_OUTCOMES, ROLES
from psysafe.domain.duties import RUNNING, Notice
from psysafe.domain.duties_death import GOES_ON, POSTVENTION
from psysafe.domain.events import NoticeQueued
from psysafe.domain.files import LIVE, StudentFile
from psysafe.domain.severity import Severity, severity_of
from psysafe.engine.cards import CaseCard
from psysafe.engine.committing import Receipt
from psysafe.engine.gather import gather, opened, roster
from psysafe.engine.handle import handle
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError, PsysafeError
from psysafe.ids import Actor, CaseId, CommandId, FlagId
from psysafe.testing.channels import RAISES, SILENT, TAKES_AND_RAISES, Behaviour, RecordingChannel
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

#: Students of two classes of one grade; everybody who can have to do with them.
STUDENTS = (1, 3)
#: What is owed about a student whether or not there is a case, and lives on when one ends.
OF_THE_FILE = (
    "taken_up",
    "talk",
    "question",
    "one_to_one",
    "not_reached",
    "read_dismissed",
    *POSTVENTION,
    *GOES_ON,
    "check_death",
    "tell_death_error",
    "confirm_alive",
)
PEOPLE = (
    "homeroom-1",
    "counselor-a",
    "counselor-b",
    "grade-head-10",
    "affairs",
    "duty",
    "head",
    "deputy-head",
)
#: Never anything to do with these students: teachers and counselor of another grade, the
#: registrar of the school, a pupil of another class.
OUTSIDERS = ("homeroom-3", "counselor-c", "grade-head-11", "registrar", "student:s-000000000005")

students = st.sampled_from(STUDENTS)
people = st.sampled_from(PEOPLE)
counselors = st.sampled_from(("counselor-a", "counselor-b"))
#: Mostly those who may, sometimes somebody who may not.
mostly_counselors = st.sampled_from(
    ("counselor-a", "counselor-b", "counselor-a", "counselor-b", "grade-head-10", "head")
)
severities = st.sampled_from(Severity)
behaviours: st.SearchStrategy[Behaviour] = st.sampled_from(
    [
        ResultClass.ACCEPTED,
        ResultClass.ACCEPTED,
        ResultClass.TRANSIENT,
        ResultClass.PERMANENT_RECIPIENT,
        ResultClass.AMBIGUOUS,
        RAISES,
        TAKES_AND_RAISES,
        SILENT,
    ]
)


@attrs.frozen
class Given:
    """A command as somebody gave it, and what they got."""

    command: c.Command
    person: Actor
    id: CommandId
    receipt: Receipt | None


class SchoolLife(RuleBasedStateMachine):
    """A small school on a store in memory, played by chance."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.line = RecordingChannel()
        self.school: InventedSchool = open_school(self.folder, channels={"inbox": self.line})
        self.given: list[Given] = []
        self.refused = 0
        self.notices: list[Notice] = []
        self.read_to = 0
        self.looks = 0

    def file(self, student: int) -> StudentFile:
        return gather(self.school.school, student_id(student)).world.file

    def do(self, who: str, command: c.Command) -> Receipt | None:
        """Carry it out as this person; None where it is refused."""
        person = Actor(who) if ":" in who else staff_id(who)
        known = self.school.ids.command()
        receipt = None
        try:
            now = self.school.clock.now()
            receipt = handle(self.school.school, command, person, now, command_id=known).receipt
        except PsysafeError:
            self.refused += 1
        self.given.append(Given(command, person, known, receipt))
        return receipt

    def case(self, student: int) -> CaseId:
        found = self.file(student).case
        return found.id if found is not None else CaseId("case-000000000000")

    def live(self, *states: str) -> bool:
        """Whether some student has a live case, in one of these states where any are named."""
        found = [self.file(student).live_case for student in STUDENTS]
        return any(c is not None and (not states or c.lifecycle in states) for c in found)

    # -- where it begins ------------------------------------------------------------------------

    @initialize(
        degree=st.sampled_from(("some", "marked", "severe")),
        steps=st.integers(0, 4),
    )
    def something_happened_already(self, degree: str, steps: int) -> None:
        teacher, counselor = self.school.desk("homeroom-1"), self.school.desk("counselor-a")
        begun: list[Callable[[], Receipt]] = [
            lambda: teacher.signals.report(
                self.school.number(1), "one_to_one", {"self_harm": degree}
            ),
            lambda: counselor.cases.about(self.school.number(1)).acknowledge(),
            lambda: counselor.cases.about(self.school.number(1)).open(),
            lambda: counselor.cases.about(self.school.number(1)).declare_crisis(
                danger="self", place="home", proposal="visit"
            ),
        ]
        for step in begun[:steps]:
            step()
        self.school.tick()

    # -- what people do -------------------------------------------------------------------------

    @rule(
        student=students,
        who=people,
        symptom=st.sampled_from(("self_harm", "insomnia")),
        degree=st.sampled_from(("some", "marked", "severe")),
        dangers=st.sampled_from(((), (), ("plan",), ("farewell",))),
    )
    def reports(
        self, student: int, who: str, symptom: str, degree: str, dangers: tuple[str, ...]
    ) -> None:
        before = self.file(student).live_case
        wish = c.Report(
            student=student_id(student),
            source="teacher_observation",
            symptoms={symptom: degree},
            dangers=dangers,
        )
        self.do(who, wish)
        after = self.file(student).live_case
        if before is not None and after is not None and after.id == before.id:
            was, now = severity_of(before.level), severity_of(after.level)
            assert was is None or (now is not None and now >= was), "a report lowered the level"

    @rule(who=people, which=st.integers(0, 5))
    def acknowledges_a_notice(self, who: str, which: int) -> None:
        inbox = self.school.desk(who).inbox
        waiting = inbox.list()
        if waiting:
            inbox.acknowledge(waiting[which % len(waiting)]["notice"])

    @precondition(lambda self: self.live("signalled"))
    @rule(student=students, who=people)
    def acknowledges(self, student: int, who: str) -> None:
        self.do(who, c.AcknowledgeCase(student=student_id(student), case=self.case(student)))

    @precondition(lambda self: self.live("triage"))
    @rule(student=students, who=mostly_counselors)
    def opens(self, student: int, who: str) -> None:
        self.do(who, c.OpenCase(student=student_id(student), case=self.case(student)))

    @precondition(lambda self: self.live("triage"))
    @rule(student=students, who=mostly_counselors)
    def dismisses(self, student: int, who: str) -> None:
        wish = c.DismissCase(
            student=student_id(student), case=self.case(student), reason="a misunderstanding"
        )
        self.do(who, wish)

    @precondition(lambda self: self.live())
    @rule(student=students, who=mostly_counselors, severity=severities)
    def declares(self, student: int, who: str, severity: Severity) -> None:
        wish = c.DeclareCrisis(
            student=student_id(student),
            case=self.case(student),
            danger="self",
            place="home",
            proposal="visit",
            severity=severity,
        )
        self.do(who, wish)

    @precondition(lambda self: self.live("triage", "open", "closing"))
    @rule(student=students, who=counselors, severity=severities, second=st.none() | counselors)
    def assesses(self, student: int, who: str, severity: Severity, second: str | None) -> None:
        wish = c.AssessCase(
            student=student_id(student),
            case=self.case(student),
            severity=severity,
            rationale="spoke with the student",
            second=staff_id(second) if second else None,
        )
        self.do(who, wish)

    @precondition(lambda self: self.live("open", "closing"))
    @rule(student=students, who=mostly_counselors)
    def closes(self, student: int, who: str) -> None:
        wish = c.CloseCase(student=student_id(student), case=self.case(student), reason="well")
        self.do(who, wish)

    @precondition(lambda self: self.live("open"))
    @rule(student=students, who=counselors)
    def a_calm_fortnight_goes_by(self, student: int, who: str) -> None:
        """Everything owed is done by those who owe it, a person says it is calm, time passes."""
        other = "counselor-b" if who == "counselor-a" else "counselor-a"
        self.assesses(student, who, Severity.ATTENTION, other)
        for owner in {d.owner for d in self.file(student).duties if d.kind == "tell_guardian"}:
            self.calls_a_guardian(student, owner, "reached")
        for name in PEOPLE:
            inbox = self.school.desk(name).inbox
            for waiting in inbox.list():
                inbox.acknowledge(waiting["notice"])
        for owner in {d.owner for d in self.file(student).duties if d.kind == "tell_guardian"}:
            self.calls_a_guardian(student, owner, "reached")
        self.school.tick(days=15)
        self.closes(student, who)

    @precondition(lambda self: self.live())
    @rule(student=students, who=people, outcome=st.sampled_from(tuple(GUARDIAN_OUTCOMES)))
    def calls_a_guardian(self, student: int, who: str, outcome: str) -> None:
        wish = c.LogGuardianContact(
            student=student_id(student),
            case=self.case(student),
            guardian=guardian_id(student),
            outcome=outcome,
        )
        self.do(who, wish)

    # -- beside the case, and the case as a whole -----------------------------------------------

    def reported(self) -> bool:
        """Whether a report to the authority is under way for anybody."""
        cases = [self.file(n).case for n in STUDENTS]
        return any(case is not None and case.report is not None for case in cases)

    def about(self, student: int) -> dict[str, Any]:
        return {"student": student_id(student), "case": self.case(student)}

    @precondition(lambda self: self.live())
    @rule(
        student=students,
        who=people,
        state=st.sampled_from(("in_person", "handed_to", "ended")),
        to=st.sampled_from(("guardian", "hospital", "police")),
    )
    def says_who_is_with_the_child(self, student: int, who: str, state: str, to: str) -> None:
        self.do(who, c.Supervise(**self.about(student), state=state, adult="Wang", to=to))

    @precondition(lambda self: self.live())
    @rule(student=students, who=mostly_counselors, answer=st.sampled_from(tuple(ADVICE_ANSWERS)))
    def advises_care(self, student: int, who: str, answer: str) -> None:
        self.do(who, c.AdviseCare(**self.about(student), advice="a doctor", answer=answer))

    @precondition(
        lambda self: any(self.file(n).case and self.file(n).case.report for n in STUDENTS)
    )
    @rule(student=students, who=people, step=st.sampled_from(tuple(REPORT_STEPS)))
    def takes_the_report_on(self, student: int, who: str, step: str) -> None:
        self.do(who, c.AdvanceReport(**self.about(student), step=step, text="what happened"))

    @precondition(lambda self: self.live("open", "away", "closing"))
    @rule(student=students, who=mostly_counselors, to=mostly_counselors)
    def the_lead_changes_hands(self, student: int, who: str, to: str) -> None:
        self.do(who, c.AssignLead(**self.about(student), lead=staff_id(to)))
        self.do(to, c.AcceptLead(**self.about(student)))

    @precondition(lambda self: self.live("open", "away"))
    @rule(student=students, who=mostly_counselors, wish=st.sampled_from(("away", "back", "gone")))
    def goes_and_comes_back(self, student: int, who: str, wish: str) -> None:
        about = self.about(student)
        wishes = {
            "away": c.MarkAway(**about, place="home", adult="her mother"),
            "back": c.DecideReturn(**about, meeting="all of us met"),
            "gone": c.TransferCase(**about, school="No 5", acknowledged_by="Ms Zhao"),
        }
        self.do(who, wishes[wish])

    @precondition(lambda self: self.live())
    @rule(student=students, who=mostly_counselors, second=counselors)
    def calls_the_alarm_off(self, student: int, who: str, second: str) -> None:
        wish = c.StandDown(**self.about(student), reason="a joke", second=staff_id(second))
        self.do(who, wish)

    @rule(
        student=students, who=mostly_counselors, wish=st.sampled_from(("reject", "again", "void"))
    )
    def changes_its_end(self, student: int, who: str, wish: str) -> None:
        kinds = {"reject": c.RejectClosure, "again": c.ReopenCase, "void": c.VoidCase}
        self.do(who, kinds[wish](**self.about(student), reason="looked again"))

    @precondition(lambda self: any(self.file(n).duties for n in STUDENTS))
    @rule(student=students, who=people)
    def does_what_is_owed_outside(self, student: int, who: str) -> None:
        for duty in self.file(student).duties:
            if duty.kind == "follow_up":
                self.do(who, c.FollowUp(**self.about(student), note="sleeps again"))
            elif duty.kind == "read_dismissed":
                self.do(who, c.ReadDismissed(student=student_id(student)))
            elif duty.kind.startswith("family"):
                wish = c.SettleDuty(student=student_id(student), duty=duty.id, note="decided")
                self.do(who, wish)

    @precondition(lambda self: len(self.given) > 15)
    @rule(who=people)
    def one_student_dies(self, who: str) -> None:
        self.do(who, c.Bereave(student=student_id(STUDENTS[-1])))

    @precondition(lambda self: self.file(STUDENTS[-1]).frozen is not None)
    @rule(who=people)
    def the_death_is_taken_back(self, who: str) -> None:
        before = self.file(STUDENTS[-1])
        death = before.death
        assert death is not None
        done = self.do(who, c.TakeBackDeath(student=student_id(STUDENTS[-1]), reason="I saw her"))
        file = self.file(STUDENTS[-1])
        if done is None:
            assert file == before
            return
        assert file.frozen is None
        assert {d.kind for d in death.duties} - {"taken_up"} <= {d.kind for d in file.duties}
        if death.lifecycle:
            assert file.live_case is not None

    @rule(student=students, who=counselors, answer=st.none() | st.integers(1, 3))
    def screens(self, student: int, who: str, answer: int | None) -> None:
        code = "self_harm" if answer else "self_harm_unanswered"
        wish = c.RecordAnswers(
            student=student_id(student),
            scale="phq9",
            definition="1.0.0:ab",
            answered_at=self.school.clock.now(),
            answers=(*([0] * 8), answer),
            scores={},
            bands={},
            status="complete" if answer else "incomplete",
            flags=((code, answer),),
        )
        self.do(who, wish)

    @precondition(lambda self: any(f.state == "open" for n in STUDENTS for f in self.file(n).flags))
    @rule(
        student=students,
        who=mostly_counselors,
        outcome=st.sampled_from(("no_concern", "joined_case")),
    )
    def reviews_a_flag(self, student: int, who: str, outcome: str) -> None:
        waiting = [f.id for f in self.file(student).flags if f.state == "open"]
        flag = waiting[0] if waiting else FlagId("flag-000000000000")
        self.do(who, c.ReviewFlag(student=student_id(student), flag=flag, outcome=outcome))

    @precondition(lambda self: self.given)
    @rule(which=st.integers(0, 100))
    def gives_a_command_again(self, which: int) -> None:
        again = self.given[which % len(self.given)]
        school = self.school.school
        before = school.storage.read(school.part, []).position
        now = self.school.clock.now()
        try:
            done = handle(school, again.command, again.person, now, command_id=again.id)
        except PsysafeError:
            assert again.receipt is None, "a command that was done is refused the second time"
            return
        if again.receipt is None:
            # Refused the first time, permitted now: it is done now, and from now on it is done.
            assert not done.repeated
            self.given[which % len(self.given)] = attrs.evolve(again, receipt=done.receipt)
            return
        assert done.repeated
        assert done.receipt == again.receipt
        assert school.storage.read(school.part, []).position == before

    # -- what happens to them -------------------------------------------------------------------

    @rule(behaviour=behaviours)
    def the_channel_changes(self, behaviour: Behaviour) -> None:
        self.line.behave(behaviour)

    @rule(minutes=st.sampled_from((0, 1, 10, 31, 60, 24 * 60, 15 * 24 * 60)))
    def time_passes(self, minutes: int) -> None:
        self.school.tick(minutes=minutes)

    @rule(back=st.sampled_from((1, 45)))
    def the_clock_is_set_back_and_forth(self, back: int) -> None:
        self.school.tick(minutes=-back)
        self.school.tick(minutes=back)

    @rule(who=st.sampled_from(("homeroom-1", "grade-head-10", "counselor-b", "head")))
    def somebody_falls_ill(self, who: str) -> None:
        self.school.absent(who, deputy="counselor-a" if who == "counselor-b" else None, days=2)

    # -- what must hold -------------------------------------------------------------------------

    @invariant()
    def every_duty_has_owner_time_fallback_and_origin_and_none_outlives_its_case(self) -> None:
        staff = roster(self.school.school).staff
        for student in STUDENTS:
            file = self.file(student)
            for duty in file.duties:
                assert duty.owner in staff
                assert duty.due.tzinfo is not None
                assert duty.fallback in ROLES
                assert duty.origin.split()[0] in ("clause", "law", "practice", "suggestion")
                if duty.kind in OF_THE_FILE:
                    assert (duty.case, duty.flag) == (None, None)
                    continue
                assert (duty.case is None) != (duty.flag is None)
                if duty.case is not None:
                    live = file.live_case
                    assert live is not None
                    assert live.id == duty.case
                else:
                    flag = file.flag(str(duty.flag))
                    assert flag is not None
                    assert flag.state == "open"

    @invariant()
    def every_open_flag_is_somebodys_to_review(self) -> None:
        for student in STUDENTS:
            file = self.file(student)
            waiting = {f.id for f in file.flags if f.state == "open"}
            assert {d.flag for d in file.duties if d.flag} == waiting

    @invariant()
    def no_student_has_two_live_cases(self) -> None:
        school = self.school.school
        query = Query(index="board", prefixes=tuple(("case", lc) for lc in LIVE), limit=100)
        page = school.storage.query(school.part, query)
        live = [opened(school, d, CaseCard) for d in page.documents]
        assert len({card.student for card in live}) == len(live)
        for card in live:
            file = gather(school, card.student).world.file
            assert file.live_case is not None
            assert file.live_case.id == card.case

    @invariant()
    def every_running_route_has_a_time_at_which_somebody_is_woken(self) -> None:
        store = self.school.school.storage
        assert isinstance(store, MemoryStorage)
        (held,) = store._schools.values()
        for student in STUDENTS:
            file = self.file(student)
            for run in file.runs:
                if run.state != RUNNING:
                    assert run.due is None
                    continue
                assert file.live_case is not None
                assert run.case == file.live_case.id
                waiting = held.outbox[f"step/{run.id}/{run.index}"]
                assert waiting.entry.due == run.due

    @invariant()
    def nobody_is_told_the_same_thing_twice_in_one_step(self) -> None:
        self.hears()
        told = [
            (n.purpose, n.receiver, n.step, n.run, n.concerning)
            for n in self.notices
            if n.run is not None
        ]
        assert len(set(told)) == len(told)
        known = {n.id for n in self.notices}
        assert {key.partition("/")[0] for key in self.line.received} <= known

    @invariant()
    def the_journal_is_whole_and_the_documents_are_what_it_says(self) -> None:
        found = verify(self.school.school)
        assert found.ok, found.findings

    def hears(self) -> None:
        """Read on in the journal who is to be told."""
        school = self.school.school
        for one in school.storage.journal(school.part, self.read_to, 10_000):
            event = event_of(school, one)
            self.read_to = one.position
            if isinstance(event, NoticeQueued):
                self.notices.append(event.notice)

    @invariant()
    def nobody_in_imminent_danger_is_alone_without_somebody_who_is_told_to_go(self) -> None:
        """Law 7: the duty is there from the very commit that made it imminent."""
        self.hears()
        for student in STUDENTS:
            file = self.file(student)
            case = file.live_case
            owed = file.owed("never_alone")
            if case is None or severity_of(case.level) is not Severity.IMMINENT:
                assert not owed
            elif not case.accompanied:
                assert len(owed) == 1
                told = [n for n in self.notices if n.duty == owed[0].id and n.urgent]
                assert owed[0].owner in {n.receiver for n in told}

    @invariant()
    def what_has_ended_or_is_frozen_owes_nothing_and_calls_nobody(self) -> None:
        for student in STUDENTS:
            file = self.file(student)
            if file.frozen is not None:
                left = {*POSTVENTION, *GOES_ON, "check_death", "taken_up"}
                assert {d.kind for d in file.duties} <= left
                assert not any(run.state == "running" for run in file.runs)

    @invariant()
    def whoever_has_nothing_to_do_with_it_sees_nothing(self) -> None:
        self.looks += 1
        name = OUTSIDERS[self.looks % len(OUTSIDERS)]
        desk = self.school.desk(name)
        seen: list[Any] = [desk.cases.list(), desk.inbox.list(), desk.flags.list()]
        assert seen == [[], [], []]
        for student in STUDENTS:
            with pytest.raises(NotFoundError):
                desk.cases.about(self.school.number(student))

    def teardown(self) -> None:
        self.school.close()


def test_whatever_people_do_in_whatever_order_the_net_holds() -> None:
    with tempfile.TemporaryDirectory() as folder:

        class Here(SchoolLife):
            pass

        Here.folder = Path(folder) / "school"
        case = Here.TestCase
        case.settings = settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            # A failing life is short enough to be read as it is; making it shorter takes minutes.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow],
        )
        case("runTest").runTest()
