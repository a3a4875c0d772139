"""A person who is suspected of harm is passed by, and whoever must know is told at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe import wire
from psysafe.domain.reactions_bars import kept_back
from psysafe.domain.routing import notice
from psysafe.domain.severity import Severity
from psysafe.engine.gather import gather
from psysafe.engine.views import bars_data
from psysafe.errors import (
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
)
from psysafe.ids import CommandId, CommandIds
from psysafe.sensitivity import Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import (
    STUDENTS,
    InventedSchool,
    class_id,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

CHILD = STUDENTS[1]
TEACHER = str(staff_id("homeroom-1"))


def accuse(
    school: InventedSchool, person: str = TEACHER, by: str = "spare", also: tuple[str, ...] = ()
) -> None:
    """A call to the hotline: the child says that an adult does harm."""
    school.desk(by).signals.report(
        school.number(1),
        "hotline",
        {"fear": "severe"},
        dangers=("harm_by_adult",),
        note="she says that he hits her",
        accused=person,
        accused_also=also,
    )


def line(school: InventedSchool, who: str = "safeguarding") -> dict[str, Any]:
    """The one line of somebody's list of bars."""
    found = school.desk(who).bars.list()
    assert len(found) == 1
    return found[0]


def owed(school: InventedSchool, kind: str, who: str = "safeguarding") -> list[str]:
    """Who owes a duty of the protected procedure."""
    return [one["owner"] for one in line(school, who)["owed"] if one["kind"] == kind]


def events(school: InventedSchool) -> list[tuple[str, str]]:
    """What stands in the journal of the student's file, and who did it."""
    parts = school.school
    found = parts.storage.journal(parts.part, 0, 500, stream=f"file/{student_id(1)}")
    headers = [wire.read_header(one.header) for one in found]
    return [(header.kind, header.actor) for header in headers]


# -- who is passed by --------------------------------------------------------------------------


@pytest.mark.clause("B1.1")
@pytest.mark.clause("B0.3")
@pytest.mark.clause("C6.2")
def test_a_call_to_the_hotline_that_accuses_a_homeroom_teacher_never_reaches_that_teacher(
    tmp_path: Path,
) -> None:
    mail = RecordingChannel()
    plan = '[delivery]\nchannels = ["inbox", "mail"]\n'
    with open_school(tmp_path / "school", channels={"mail": mail}, plan=plan) as school:
        accuse(school)
        for _ in range(12):
            school.tick(minutes=30)
        assert mail.texts("homeroom-1@school.example") == []
        teacher = school.desk("homeroom-1")
        assert teacher.inbox.list() == teacher.cases.list() == []
        with pytest.raises(NotFoundError):
            teacher.cases.about(school.number(1))
        assert school.desk("counselor-a").inbox.list() != []
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal="x", severity="imminent")
        for _ in range(4):
            school.tick(minutes=15)
        assert mail.texts("homeroom-1@school.example") == []
        duties = {d["kind"] for d in case_data(school)["duties"]}
        assert "tell_homeroom_teacher" not in duties


def case_data(school: InventedSchool, who: str = "counselor-a") -> dict[str, Any]:
    data: dict[str, Any] = dict(school.desk(who).cases.about(school.number(1)).data)
    return data


@pytest.mark.clause("B0.3")
def test_no_message_over_a_channel_says_that_harm_is_suspected(tmp_path: Path) -> None:
    """An allegation is handed over by a named person; a channel carries that something waits."""
    for trust in (Trust.SHARED, Trust.PERSONAL, Trust.SEALED):
        mail = RecordingChannel(trust)
        plan = '[delivery]\nchannels = ["inbox", "mail"]\n'
        folder = tmp_path / trust.name
        with open_school(folder, channels={"mail": mail}, plan=plan) as school:
            accuse(school)
            school.tick()
            school.tick(days=2)
            texts = [sent.message.text for sent in mail.calls]
            assert len(texts) > 3
            for word in ("harm", "hits", "王文华", "homeroom-1", "bar", "police"):
                assert not [text for text in texts if word in text]


@pytest.mark.clause("C6.2")
def test_whoever_leads_the_case_and_is_accused_then_leads_it_no_more(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").signals.report(school.number(1), "peer", {"fear": "severe"})
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.open()
        case.declare_crisis(danger="self", place="home", proposal="x")
        accuse(school, str(staff_id("counselor-a")))
        with pytest.raises(NotFoundError):
            school.desk("counselor-a").cases.get(case.id)
        data = case_data(school, "counselor-b")
        assert "lead" not in data
        assert {d["owner"] for d in data["duties"]} & {str(staff_id("counselor-a"))} == set()
        assert "reassess" in {d["kind"] for d in data["duties"]}


def test_a_call_that_only_the_accused_has_goes_on_to_the_next_at_once(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", without=("counselor-b",)) as school:
        school.desk("homeroom-1").signals.report(school.number(1), "message", {"fear": "severe"})
        school.tick()
        first = school.desk("counselor-a").inbox.list()
        assert [one["purpose"] for one in first] == ["linkage"]
        accuse(school, str(staff_id("counselor-a")))
        assert school.desk("counselor-a").inbox.list() == []
        with pytest.raises(NotFoundError):
            school.desk("counselor-a").inbox.acknowledge(first[0]["notice"])
        school.tick()
        linked = [o["purpose"] for o in school.desk("grade-head-10").inbox.list()]
        assert "linkage" in linked


def test_one_of_two_who_are_called_is_accused_and_takes_nothing_up(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").signals.report(school.number(1), "message", {"fear": "severe"})
        school.tick()
        case = case_data(school)["case"]
        accuse(school, str(staff_id("counselor-a")))
        with pytest.raises(NotFoundError):
            school.desk("counselor-a").cases.acknowledge(case)
        with pytest.raises(NotFoundError):
            school.desk("counselor-a").cases.place(case, "home")
        assert case_data(school, "counselor-b")["state"] == "signalled"
        school.desk("counselor-b").cases.acknowledge(case)


def test_no_reaction_whatever_queues_a_notice_to_whoever_is_barred(tmp_path: Path) -> None:
    """The last gate, should somebody's rule forget to ask who is barred."""
    with open_school(tmp_path / "school") as school:
        accuse(school)
        world = gather(school.school, student_id(1)).world
        ids = CommandIds(b"k" * 32, CommandId("cmd-000000000001"))

        def told(purpose: str, who: str) -> bool:
            event = notice(
                ids,
                world,
                school.clock.now(),
                purpose=purpose,
                receiver=staff_id(who),
                role="homeroom_teacher",
                severity=Severity.HIGH,
            )
            return not kept_back(event, world)

        for purpose in ("linkage", "late_answer", "duty_passed_on", "protected"):
            assert not told(purpose, "homeroom-1")
            assert told(purpose, "homeroom-2")
        assert told("taken_up", "homeroom-1")


def test_a_deputy_who_is_barred_stands_in_for_nobody(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.absent("homeroom-1", deputy="duty")
        accuse(school, str(staff_id("duty")))
        school.tick(minutes=40)
        assert school.desk("duty").inbox.list() == school.desk("duty").cases.list() == []


def test_a_barred_person_leads_nothing_and_is_nobodys_second_assessor(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school, str(staff_id("counselor-b")))
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        with pytest.raises(InvalidMoveError) as refused:
            case.open(str(staff_id("counselor-b")))
        assert refused.value.code == "PSY022"
        case.open()
        case.assess("high", "a talk")
        with pytest.raises(InvalidMoveError) as refused:
            case.assess("attention", "a talk", str(staff_id("counselor-b")))
        assert refused.value.code == "PSY007"


@pytest.mark.clause("C6.2")
def test_a_guardian_who_is_accused_is_not_told_and_the_other_one_is(tmp_path: Path) -> None:
    father, mother = str(guardian_id(1, 2)), str(guardian_id(1, 1))
    with open_school(tmp_path / "school") as school:
        accuse(school, father)
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        told = {one["guardian"]: one for one in case_data(school)["guardians"]}
        assert told[father]["barred"]
        assert told[father]["telephones"] == []
        assert "barred" not in told[mother]
        assert told[mother]["telephones"]
        with pytest.raises(InvalidMoveError) as refused:
            school.desk("counselor-a").cases.guardian(case.id, father, "reached")
        assert refused.value.code == "PSY083"


def test_explain_passes_the_barred_by_for_those_who_may_know_of_it_and_for_nobody_else(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        child = school.number(1)

        def asked(who: str) -> set[str]:
            routes = school.desk(who).cases.explain(child, "high")["routes"]
            return {p for r in routes for s in r["steps"] for p in s.get("people", ())}

        before = {who: asked(who) for who in ("homeroom-1", "safeguarding", "affairs")}
        accuse(school)
        assert asked("safeguarding") == before["safeguarding"] - {TEACHER}
        assert asked("homeroom-1") == before["homeroom-1"]
        assert asked("affairs") == before["affairs"]


# -- silent joining ----------------------------------------------------------------------------


@pytest.mark.clause("B2.2")
def test_a_report_by_the_accused_joins_in_silence_and_the_counselor_sees_whose_it_is(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school)
        receipt = school.desk("homeroom-1").signals.report(
            school.number(1), "teacher_observation", {"other": "some"}, place="home"
        )
        assert receipt.case is None
        data = case_data(school)
        assert [one.get("barred", False) for one in data["reporters"]] == [False, True]
        assert data["place"] == "unknown"  # whoever is suspected does not say where the child is
        assert school.desk("homeroom-1").cases.list() == []


# -- who sets, confirms, lifts -------------------------------------------------------------------


def test_a_bar_is_provisional_at_once_and_the_safeguarding_lead_owes_the_decision(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school)
        (bar,) = line(school)["bars"]
        assert (bar["person"], bar["state"]) == (TEACHER, "provisional")
        assert (bar["by"], bar["why"]) == (staff_id("spare"), "she says that he hits her")
        assert owed(school, "confirm_bar") == [staff_id("safeguarding")]
        school.desk("safeguarding").bars.confirm(school.number(1), TEACHER)
        assert line(school)["bars"][0]["state"] == "confirmed"
        assert owed(school, "confirm_bar") == []
        with pytest.raises(InvalidMoveError) as refused:
            school.desk("safeguarding").bars.confirm(school.number(1), TEACHER)
        assert refused.value.code == "PSY085"


def test_a_report_that_accuses_stays_an_observation_and_is_no_word_of_the_bar(
    tmp_path: Path,
) -> None:
    """Police may read what is said of a bar, and of what was reported a summary only."""
    with open_school(tmp_path / "school") as school:
        accuse(school)
        world = gather(school.school, student_id(1)).world
        assert [bar.why for bar in world.file.bars] == [""]
        assert [signal.note for signal in world.file.signals] == ["she says that he hits her"]
        assert "hits" not in repr(bars_data(world))


def test_only_the_safeguarding_lead_lifts_a_bar_and_says_why(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school)
        others = ("homeroom-1", "homeroom-2", "counselor-a", "grade-head-10", "head", "affairs")
        for who in others:
            with pytest.raises((NotFoundError, NotPermittedError)):
                school.desk(who).bars.lift(school.number(1), TEACHER, "it was not so")
        with pytest.raises(InvalidMoveError) as refused:
            school.desk("safeguarding").bars.lift(school.number(1), TEACHER, " ")
        assert refused.value.code == "PSY006"
        school.desk("safeguarding").bars.lift(school.number(1), TEACHER, "it was not so")
        assert school.desk("homeroom-1").cases.list() != []
        assert owed_after_lifting(school) == {"report_harm"}
        lifted = ("bar_lifted", staff_id("safeguarding"))
        assert {("bar_set", staff_id("spare")), lifted} <= set(events(school))


def owed_after_lifting(school: InventedSchool) -> set[str]:
    found = school.desk("spare").bars.list()
    return {one["kind"] for entry in found for one in entry["owed"]}


def test_a_bar_never_ends_by_time(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school)
        for _ in range(8):
            school.tick(days=50)
        assert line(school)["bars"][0]["state"] == "provisional"
        assert school.desk("homeroom-1").cases.list() == []


def test_after_a_day_the_head_of_the_leading_group_decides_on_it(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school)
        with pytest.raises(NotPermittedError):
            school.desk("head").bars.confirm(school.number(1), TEACHER)
        school.tick(hours=24, minutes=1)
        assert owed(school, "confirm_bar") == [staff_id("head")]
        school.desk("head").bars.confirm(school.number(1), TEACHER)
        assert line(school)["bars"][0]["state"] == "confirmed"


def test_a_safeguarding_lead_who_is_barred_decides_nothing_and_the_head_does(
    tmp_path: Path,
) -> None:
    lead = str(staff_id("safeguarding"))
    with open_school(tmp_path / "school") as school:
        accuse(school, lead)
        assert school.desk("safeguarding").bars.list() == []
        for act in ("confirm", "lift"):
            with pytest.raises(NotFoundError):
                getattr(school.desk("safeguarding").bars, act)(school.number(1), lead, "why")
        school.desk("head").bars.lift(school.number(1), lead, "a mistaken name")
        assert school.desk("safeguarding").cases.list() != []


def test_who_is_named_must_be_known_and_for_harm_alone(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        with pytest.raises(InvalidMoveError) as refused:
            accuse(school, "staff:nobody")
        assert refused.value.code == "PSY082"
        with pytest.raises(InvalidMoveError) as refused:
            school.desk("spare").signals.report(
                school.number(1), "hotline", {"fear": "some"}, accused=TEACHER
            )
        assert refused.value.code == "PSY084"
        assert school.desk("counselor-a").cases.list() == []


def test_a_report_of_harm_that_names_nobody_asks_who_it_is(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        receipt = school.desk("spare").signals.report(
            school.number(1), "hotline", dangers=("harm_by_adult",), place="home"
        )
        assert receipt.asks == ("accused",)


def test_relatives_and_household_are_barred_with_the_accused_and_may_be_added_later(
    tmp_path: Path,
) -> None:
    wife = str(staff_id("grade-head-10"))
    with open_school(tmp_path / "school") as school:
        accuse(school)
        school.tick()
        assert school.desk("grade-head-10").cases.list() != []
        school.desk("counselor-a").bars.set(school.number(1), TEACHER, also=(wife,))
        assert school.desk("grade-head-10").cases.list() == []
        (bar,) = line(school)["bars"]
        assert bar["also"] == [wife]
        school.desk("safeguarding").bars.lift(school.number(1), TEACHER, "not so")
        assert school.desk("grade-head-10").cases.list() != []


@pytest.mark.parametrize("who", ["homeroom-1", "homeroom-2", "duty", "affairs", "registrar"])
def test_who_has_no_right_to_it_bars_nobody(tmp_path: Path, who: str) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school, str(staff_id("core")))
        with pytest.raises((NotPermittedError, NotFoundError)):
            school.desk(who).bars.set(school.number(1), str(staff_id("counselor-a")))
        assert school.desk(who).bars.list() == []


# -- everybody barred ----------------------------------------------------------------------------


def outside(school: InventedSchool) -> None:
    """The school says where the authority outside is reached."""
    file = school.folder / "psysafe.toml"
    told = '\n[outside_authority]\nmail = "authority@example.org"\n'
    mail = '\n[channels.mail]\nuse = "inbox"\n'
    file.write_text(file.read_text(encoding="utf-8") + mail + told, encoding="utf-8")


@pytest.mark.clause("C3.2")
@pytest.mark.parametrize("person", ["head", "homeroom-1", "safeguarding"])
def test_where_everybody_of_a_step_is_barred_the_authority_outside_is_told_without_a_name(
    tmp_path: Path, person: str
) -> None:
    mail = RecordingChannel()
    with open_school(tmp_path / "school") as made:
        outside(made)
    with open_school(tmp_path / "school", channels={"mail": mail}) as school:
        accuse(school, str(staff_id(person)))
        school.tick()
        told = mail.texts("authority@example.org")
        asked = person != "safeguarding"  # no step of a route asks for the safeguarding lead
        assert len(told) == (1 if asked else 0)
        assert not [text for text in told if CHILD in text or "高一" in text]
        school.tick(days=3)
        assert len(mail.texts("authority@example.org")) == len(told)


def test_the_only_counselor_of_a_school_is_accused_and_help_still_comes(tmp_path: Path) -> None:
    mail = RecordingChannel()
    lone = ("counselor-b", "counselor-c", "expert")
    with open_school(tmp_path / "school", without=lone) as made:
        outside(made)
    with open_school(tmp_path / "school", without=lone, channels={"mail": mail}) as school:
        accuse(school, str(staff_id("counselor-a")))
        for _ in range(5):
            school.tick(minutes=31)
        assert len(mail.texts("authority@example.org")) == 1
        assert school.desk("counselor-a").inbox.list() == []
        assert school.desk("counselor-a").cases.list() == []
        asked = [o["purpose"] for o in school.desk("grade-head-10").inbox.list()]
        assert "linkage" in asked
        unheard = [o["purpose"] for o in school.desk("head").inbox.list()]
        assert "route_unheard" in unheard
        school.desk("head").cases.declare(
            str(school.desk("head").cases.about(school.number(1)).id),
            danger="self",
            place="home",
            proposal="the authority's counselor comes",
        )


def test_everybody_who_owes_something_is_barred_and_the_duty_finds_somebody_who_is_not(
    tmp_path: Path,
) -> None:
    group = ("head", "deputy-head", "core", "counselor-a", "counselor-b", "safeguarding")
    with open_school(tmp_path / "school") as school:
        accuse(school, str(staff_id("head")), also=tuple(str(staff_id(n)) for n in group[1:]))
        barred = {str(staff_id(name)) for name in group}
        kinds = {
            one["kind"]: one["owner"]
            for who in ("spare", "homeroom-1", "grade-head-10", "affairs")
            for entry in school.desk(who).bars.list()
            for one in entry["owed"]
        }
        assert {"report_harm", "confirm_bar"} <= set(kinds)
        assert not set(kinds.values()) & barred


# -- the allegation --------------------------------------------------------------------------------


@pytest.mark.clause("C3.2")
def test_suspected_harm_is_handed_over_to_all_whom_the_law_names_with_nobodys_leave(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school, by="counselor-a")
        assert owed(school, "report_harm") == [staff_id("counselor-a")]
        bars = school.desk("counselor-a").bars
        receivers = ("safeguarding_lead", "police", "civil_affairs", "education_authority")
        for receiver in receivers[:-1]:
            bars.hand_over(school.number(1), receiver, "by telephone, to the officer on duty")
        assert owed(school, "report_harm") == [staff_id("counselor-a")]
        bars.hand_over(school.number(1), receivers[-1], "in person")
        assert owed(school, "report_harm") == []
        log = line(school)["handed_over"]
        assert [one["receiver"] for one in log] == list(receivers)
        assert {one["by"] for one in log} == {staff_id("counselor-a")}


def test_who_reports_harm_and_does_not_hand_it_over_is_followed_by_somebody_not_barred(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school, str(staff_id("head")), by="counselor-a")
        school.tick(minutes=31)
        assert owed(school, "report_harm") == [staff_id("deputy-head")]


def test_a_childs_own_word_is_enough_and_the_duty_is_a_counselors(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.student_desk(1).signals.ask_to_talk("my teacher hits me", dangers=("harm_by_adult",))
        school.desk("counselor-a").bars.set(school.number(1), TEACHER)
        assert owed(school, "report_harm") == [staff_id("counselor-a")]


def test_a_case_that_ends_does_not_end_the_duty_to_report_harm(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school)
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.dismiss("a misunderstanding")
        assert owed(school, "report_harm") == [staff_id("spare")]


def test_whoever_may_not_know_hands_nothing_over_and_learns_nothing(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        accuse(school)
        for who in ("homeroom-1", "homeroom-2", "duty", "doctor"):
            with pytest.raises(NotFoundError):
                school.desk(who).bars.hand_over(school.number(1), "police", "by telephone")
        with pytest.raises(InvalidDataError):
            school.desk("counselor-a").bars.hand_over(school.number(1), "newspaper", "x")
        with pytest.raises(InvalidMoveError):
            school.desk("counselor-a").bars.hand_over(school.number(1), "police", "")


# -- second adult first --------------------------------------------------------------------------


@pytest.mark.clause("A2.2")
def test_a_second_adult_goes_first_while_the_accused_keeps_their_round(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").support.log(school.number(1), "telephone", "reached")
        before = school.desk("homeroom-1").support.owed()
        accuse(school)
        assert owed(school, "second_adult") == [staff_id("counselor-a")]
        school.desk("counselor-a").bars.first(school.number(1), "we talked")
        assert owed(school, "second_adult") == []
        school.desk("counselor-a").support.log(school.number(1), "in_person", "reached")
        assert school.desk("homeroom-1").support.owed() == before


@pytest.mark.clause("A2.2")
def test_the_safeguarding_lead_lets_the_rounds_of_the_whole_class_wait(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        teacher = school.desk("homeroom-1")
        for number in (1, 2):
            teacher.support.log(school.number(number), "telephone", "reached")
        accuse(school)
        school.clock.advance(minutes=1)
        first = teacher.support.owed()[0]["due"]
        bars = school.desk("safeguarding").bars
        until = school.clock.now() + timedelta(days=30)
        assert bars.pause(str(class_id(1)), until) == 2
        dues = {one["due"] for one in teacher.support.owed()}
        assert len(dues) == 1
        assert first not in dues
        with pytest.raises(InvalidMoveError):
            bars.pause(str(class_id(1)), school.clock.now())
        with pytest.raises(NotPermittedError):
            school.desk("counselor-a").bars.pause(str(class_id(1)), until)
        school.tick(days=31)
        assert {one["student"] for one in school.desk("grade-head-10").support.owed()} == {
            student_id(1),
            student_id(2),
        }


def test_whoever_was_asked_to_lead_and_is_accused_is_asked_no_more(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").signals.report(school.number(1), "message", {"fear": "severe"})
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.open()
        cases = school.desk("counselor-a").cases
        cases.assign_lead(case.id, str(staff_id("counselor-b")))
        accuse(school, str(staff_id("counselor-b")))
        with pytest.raises(NotFoundError):
            school.desk("counselor-b").cases.accept_lead(case.id)
        assert case_data(school)["lead"] == staff_id("counselor-a")
        kinds = {d["kind"] for d in case_data(school)["duties"]}
        assert "accept_lead" not in kinds
        assert school.desk("counselor-b").inbox.list() == []
