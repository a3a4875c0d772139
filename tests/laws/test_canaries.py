"""Who gets which private word: everything that each viewer can get, held against the matrix.

A school is played in which private fields hold marked words. As each of the 21 viewers, and as
everybody else there, every surface is asked: the reads of a desk, what its refusals say, the
command line, files and papers, messages and what is logged. A marked word that turns up must be
one that the shipped matrix allows in full. Last, the scan itself is tested: a word that is planted
on a surface is found there.
"""

from __future__ import annotations

import inspect
import io
import logging
import re
import sys
import tomllib
import typing
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from functools import cached_property, partial
from numbers import Number
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import attrs
import pytest
from click.testing import CliRunner

from psysafe.builtin.policy import shipped_matrix
from psysafe.cli import main
from psysafe.contracts.channel import ResultClass
from psysafe.desk import exporting
from psysafe.desk.desk import Desk
from psysafe.desk.screenings import SheetRow
from psysafe.domain.events import Event, PersonAdded, RelationStarted
from psysafe.domain.privacy_overlays import WITHOUT_A_CASE
from psysafe.engine import looking, reading
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather, roster
from psysafe.engine.sight import file_states
from psysafe.engine.verify import event_of
from psysafe.engine.views import View
from psysafe.errors import NotPermittedError, PsysafeError
from psysafe.ids import Actor
from psysafe.papers.contents import Writer
from psysafe.papers.kinds import KINDS
from psysafe.sensitivity import (
    CARRIES,
    CONTENT_CLASS,
    REFERENCE,
    ContentClass,
    ItemClass,
    Trust,
    changed,
    item_of,
)
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import (
    STAFF,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

# -- the school -----------------------------------------------------------------------------------

_CANARY: Final = re.compile(r"CNRY-([a-z_]+)-(\d)-([a-z0-9]+)")
_SETUP: Final = Actor("operator:setup")
#: The answers of student 2's sheet, in an order that stands nowhere else.
ANSWERS: Final = (3, 0, 2, 1, 3, 0, 2, 1, 3)
REPORTER: Final = "homeroom-1"
ACCUSED: Final = "homeroom-2"
HOSPITAL: Final = "hospital"
#: Who asks what the school holds about them.
ASKS: Final = f"student:{student_id(1)}"
#: Who joins the invented school, so that each viewer of the matrix stands for somebody.
OUTSIDE: Final = {
    HOSPITAL: "medical_institution",
    "new-school": "receiving_school",
    "police": "police",
    "authority": "education_authority",
    "representative": "class_representative",
}
PLAN: Final = '[delivery]\nchannels = ["inbox", "mail", "sms"]\n'
_I: Final = ItemClass


def canary(item: ItemClass, student: int, field: str) -> str:
    """The marked word of a field."""
    return f"CNRY-{item.value}-{student}-{field}"


def canaries_in(text: str) -> set[tuple[ItemClass, int, str]]:
    """The marked words in a text: which item, of which student, from which field."""
    found = {
        (ItemClass(item), int(student), field) for item, student, field in _CANARY.findall(text)
    }
    squeezed = re.sub(r"[\s\[\](){}\"']", "", text)
    if ",".join(map(str, ANSWERS)) in squeezed:
        found.add((ItemClass.SCALE_ITEMS, 2, "answers"))
    return found


class Lines:
    """The channels of the school, which keep what they were given."""

    def __init__(self) -> None:
        self.mail = RecordingChannel(Trust.SEALED)
        self.sms = RecordingChannel(Trust.PERSONAL)

    @property
    def named(self) -> dict[str, Any]:
        return {"mail": self.mail, "sms": self.sms}

    @property
    def sent(self) -> list[tuple[Trust, Any]]:
        """Each attempt with the trust of its channel."""
        lines = ((Trust.SEALED, self.mail), (Trust.PERSONAL, self.sms))
        return [(trust, one) for trust, line in lines for one in line.calls]


def canary_school(folder: Path, lines: Lines) -> InventedSchool:
    """The school, open on disk, with all that can be known of its six students."""
    school = open_school(folder, storage="sqlite", channels=lines.named, plan=PLAN)
    settings = folder / "psysafe.toml"
    text = settings.read_text(encoding="utf-8").replace("zone =", "rehearsal = true\nzone =")
    settings.write_text(text, encoding="utf-8")  # so that the command line may say what time it is
    _people(school)
    _sheet(school)
    _crisis(school)
    lines.mail.behave(ResultClass.PERMANENT_RECIPIENT)  # what went by mail goes by telephone now
    _referral(school)
    _harm(school)
    _dismissed(school)
    lines.mail.behave(ResultClass.ACCEPTED)
    _false_alarm(school)
    _accompanied(school)
    _notes(school)
    _signs(school)
    _looked(school)
    _asked_for(school)
    school.tick(minutes=1)
    return school


def _people(school: InventedSchool) -> None:
    """Names, numbers, telephones, classes; and everybody whom the matrix knows."""
    now = school.clock.now()
    batch = []
    for number in range(1, 7):
        student = gather(school.school, student_id(number)).world.student
        card = canary(_I.CIVIL_IDENTITY, number, "card")
        named = changed(
            student,
            name=canary(_I.DISPLAY_NAME, number, "name"),
            identities=(
                *student.identities,
                ("id_card", card),
            ),
            details={"born": "2011-05-04", "home": canary(_I.CIVIL_IDENTITY, number, "home")},
        )
        guardians = [
            changed(
                guardian,
                name=canary(_I.CONTACT, number, f"guardian{which}"),
                relation=canary(_I.CONTACT, number, f"relation{which}"),
                telephones=(canary(_I.CONTACT, number, f"telephone{which}"),),
            )
            for which, guardian in enumerate(student.guardians, 1)
        ]
        entered: list[Event] = [PersonAdded(student=named)]
        entered += [RelationStarted(student=student.id, guardian=one) for one in guardians]
        batch.append((student.id, entered))
    commit_students(school.school, batch, _SETUP, now, school.ids.command())
    for name, role in OUTSIDE.items():
        school.joins(name, role)


def _case(school: InventedSchool, who: str, number: int) -> str:
    return str(school.desk(who).cases.about(school.number(number)).id)


def _sheet(school: InventedSchool) -> None:
    """Student 2 answers a sheet; a counselor reads it."""
    counselor = school.desk("counselor-a")
    answered = datetime(2026, 11, 1, 8, tzinfo=UTC)
    row = SheetRow(student=school.number(2), answered_at=answered, answers=ANSWERS)
    counselor.screenings.apply("phq9", [row], dry_run=False)
    school.tick()
    flag = counselor.flags.list()[0]["flag"]
    counselor.flags.review(flag, "joined_case", canary(_I.COUNSELING_NOTES, 2, "review"))


def _crisis(school: InventedSchool) -> None:
    """Student 1, reported by the homeroom teacher: a declared crisis that counselor-a leads."""
    school.desk(REPORTER).signals.report(
        school.number(1),
        "one_to_one",
        {"self_harm": "severe"},
        note=canary(_I.OBSERVATION, 1, "note"),
    )
    school.tick()
    cases = school.desk("counselor-a").cases
    case = _case(school, "counselor-a", 1)
    cases.acknowledge(case)
    cases.open(case)
    proposal = canary(_I.CRISIS_FLAG, 1, "proposal")
    cases.declare(case, danger="self", place="dormitory", proposal=proposal, severity="imminent")
    school.tick()
    adult = canary(_I.SUPERVISION, 1, "adult")
    cases.supervise(case, "in_person", adult, place="dormitory")
    note = canary(_I.CONTACT_LOG, 1, "note")
    cases.guardian(case, str(guardian_id(1)), "refuses", note)
    cases.assess(case, "imminent", canary(_I.COUNSELING_NOTES, 1, "rationale"))
    cases.advise(case, canary(_I.REFERRAL_SUMMARY, 1, "advice"), "declined")
    stated = [canary(_I.COUNSELING_NOTES, 1, f) for f in ("institution", "diagnosis", "document")]
    cases.hospital(case, *stated)
    cases.report(case, "draft", canary(_I.REFERRAL_SUMMARY, 1, "report"))
    cases.follow_up(case, canary(_I.COUNSELING_NOTES, 1, "followup"))
    school.tick(minutes=10)


def _referral(school: InventedSchool) -> None:
    """Student 1 is handed to a hospital, of which a part only is consented to."""
    case = _case(school, "counselor-a", 1)
    desk = school.desk("counselor-a")
    account = canary(_I.COUNSELING_NOTES, 1, "account")
    summary = canary(_I.REFERRAL_SUMMARY, 1, "summary")
    referral = desk.referrals.propose(case, account=account, summary=summary).referral
    assert referral is not None
    desk.referrals.opinion(case, referral, "within_limits", ("identity", "contact"))
    desk.referrals.activate(case, referral, "consent")
    desk.referrals.hold(case, referral, canary(_I.REFERRAL_SUMMARY, 1, "held"))
    why = canary(_I.REFERRAL_SUMMARY, 1, "again")
    desk.referrals.activate(case, referral, "consent", why)
    for receiver in (HOSPITAL, "new-school"):
        desk.consents.give(
            school.number(1),
            f"staff:{receiver}",
            ("identity", "contact"),
            by=str(guardian_id(1)),
            how=canary(_I.CONSENT, 1, f"how{receiver[0]}"),
        )
        offer = desk.referrals.offer(case, referral, f"staff:{receiver}", ("identity",)).offer
        assert offer is not None
        if receiver == HOSPITAL:
            school.desk(receiver).referrals.open(offer)
            school.desk(receiver).referrals.accept(offer)
        else:
            why = canary(_I.REFERRAL_SUMMARY, 1, "rejected")
            school.desk(receiver).referrals.reject(offer, why)
    school.tick(minutes=1)


def _harm(school: InventedSchool) -> None:
    """Student 3 says that their homeroom teacher does harm."""
    bars = school.desk("safeguarding").bars
    child, person = school.number(3), str(staff_id(ACCUSED))
    bars.set(child, person, why=canary(_I.ALLEGATION, 3, "barred"))
    school.desk("spare").signals.report(
        school.number(3),
        "hotline",
        {"fear": "severe"},
        dangers=("harm_by_adult",),
        note=canary(_I.OBSERVATION, 3, "note"),
        accused=str(staff_id(ACCUSED)),
    )
    school.tick()
    bars.confirm(child, person, canary(_I.ALLEGATION, 3, "why"))
    bars.hand_over(child, "police", canary(_I.ALLEGATION, 3, "how"))
    bars.first(child, canary(_I.COUNSELING_NOTES, 3, "first"))
    school.tick(minutes=1)


def _dismissed(school: InventedSchool) -> None:
    """Student 4: a report of a classmate's worry that was nothing."""
    note = canary(_I.OBSERVATION, 4, "note")
    school.desk("counselor-b").signals.report(school.number(4), "peer", note=note)
    case = _case(school, "counselor-b", 4)
    school.desk("counselor-b").cases.acknowledge(case)
    school.desk("counselor-b").cases.dismiss(case, canary(_I.COUNSELING_NOTES, 4, "dismissed"))
    school.tick(minutes=1)


def _false_alarm(school: InventedSchool) -> None:
    """Student 5: a crisis that was none."""
    note = canary(_I.OBSERVATION, 5, "note")
    school.desk("counselor-c").signals.report(school.number(5), "message", note=note)
    case = _case(school, "counselor-c", 5)
    cases = school.desk("counselor-c").cases
    cases.acknowledge(case)
    cases.open(case)
    proposal = canary(_I.CRISIS_FLAG, 5, "proposal")
    cases.declare(case, danger="self", place="home", proposal=proposal)
    school.tick()
    cases.stand_down(
        case, canary(_I.COUNSELING_NOTES, 5, "standdown"), second=str(staff_id("expert"))
    )
    school.tick(minutes=1)


def _accompanied(school: InventedSchool) -> None:
    """Student 6: exposed to the epidemic, accompanied one to one, and away."""
    now = school.clock.now()
    number, teacher = school.number(6), school.desk("homeroom-3")
    teacher.exposure.record(
        number, "close_contact", since=now - timedelta(days=1), closes=now + timedelta(days=60)
    )
    teacher.support.start(number)
    teacher.support.log(
        number,
        "home_visit",
        symptoms={"depression": "marked"},
        note=canary(_I.OBSERVATION, 6, "contact"),
    )
    case = _case(school, "counselor-c", 6)
    cases = school.desk("counselor-c").cases
    cases.acknowledge(case)
    cases.open(case)
    cases.away(case, "home", canary(_I.SUPERVISION, 6, "adult"))
    cases.decide_return(case, canary(_I.SAFETY_PLAN, 6, "meeting"))
    school.tick(minutes=1)


def _notes(school: InventedSchool) -> None:
    """A classmate tells of somebody whom nobody has looked up."""
    about = canary(_I.CIVIL_IDENTITY, 0, "about")
    note = canary(_I.OBSERVATION, 0, "note")
    school.student_desk(2).signals.leave_note(about, {"fear": "marked"}, note=note)
    school.student_desk(6).signals.ask_to_talk(canary(_I.OBSERVATION, 6, "talk"))
    (asked, *_) = school.desk("counselor-c").signals.waiting()
    answer = canary(_I.COUNSELING_NOTES, 6, "talked")
    school.desk("counselor-c").signals.respond(school.number(6), asked["duty"], answer)
    school.tick(minutes=1)


def _signs(school: InventedSchool) -> None:
    """A dormitory in which several are in need."""
    name = canary(_I.CLASS_PLACEMENT, 0, "circle")
    members = [school.number(one) for one in (1, 2, 3)]
    school.desk("duty").signs.declare("dormitory", name, members)
    school.desk("counselor-b").signals.report(school.number(2), "message", {"fear": "severe"})
    school.tick(minutes=1)
    for line in school.desk("counselor-a").signs.list():
        note = canary(_I.COUNSELING_NOTES, 0, "proposal")
        school.desk("counselor-a").signs.propose(line["sign"], ["watch_closely"], note)
        answer = canary(_I.COUNSELING_NOTES, 0, "answer")
        school.desk("head").signs.answer(line["sign"], False, answer)
    school.tick(minutes=1)


def _looked(school: InventedSchool) -> None:
    """Somebody looks for a stated reason, somebody else reviews it."""
    reason = canary(_I.AUDIT_TRAIL, 1, "reason")
    school.desk("counselor-b").looked.break_glass(school.number(1), reason, 1)
    school.tick(hours=2)
    school.desk("counselor-a").looked.review(school.number(1), canary(_I.AUDIT_TRAIL, 1, "finding"))


def _asked_for(school: InventedSchool) -> None:
    """Student 1 and the mother ask what the school holds, and get it; student 2's is held."""
    mother, child = str(guardian_id(1)), school.number(1)
    for who in (mother, ASKS):
        school.desk(who).access.request(child)
    school.tick(minutes=1)
    told = canary(_I.COUNSELING_NOTES, 1, "told")
    school.desk("counselor-a").access.review(child, mother)  # at fifteen no note goes to her
    school.desk("counselor-a").access.review(child, ASKS, told)
    school.desk("safeguarding").access.hold(school.number(2), canary(_I.AUDIT_TRAIL, 2, "hold"))


# -- who is what to whom --------------------------------------------------------------------------

MATRIX = {(viewer, item, state): effect for viewer, item, state, effect in shipped_matrix()}
G10, G11, ALL = (1, 2, 3, 4), (5, 6), (1, 2, 3, 4, 5, 6)
Found = set[tuple[ItemClass, int, str]]

#: Whoever looks, and what they are to which students: written by hand from the roster and from
#: what happened, so that a mistake of the code is not repeated here.
HATS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    f"student:{student_id(1)}": {"student": (1,)},
    str(guardian_id(1)): {"guardian": (1,)},
    str(guardian_id(2)): {"guardian": (2,)},
    str(guardian_id(6)): {"guardian": (6,)},
    f"student:{student_id(2)}": {"student": (2,)},
    f"student:{student_id(6)}": {"student": (6,)},
    "homeroom-1": {"homeroom_teacher": (1, 2)},
    "homeroom-2": {"homeroom_teacher": (3, 4)},
    "homeroom-3": {"homeroom_teacher": (5, 6)},
    "grade-head-10": {"grade_head": G10},
    "grade-head-11": {"grade_head": G11},
    "affairs": {"student_affairs_head": ALL},
    "duty": {},
    "doctor": {"school_doctor": ALL},
    "counselor-a": {"counselor_assigned": (1, 2, 3), "counselor_unassigned": (4,)},
    "counselor-b": {"counselor_assigned": (4,), "counselor_unassigned": (1, 2, 3)},
    "counselor-c": {"counselor_assigned": G11},
    "expert": {"counseling_expert": ALL},
    "safeguarding": {"safeguarding_lead": ALL},
    "head": {"leading_group": ALL},
    "deputy-head": {"leading_group": ALL},
    "core": {"leading_group": ALL},
    "registrar": {"registrar": ALL},
    "spare": {},
    "operator:it": {},
    HOSPITAL: {},
    "new-school": {},
    "police": {"police": ALL},
    "authority": {"education_authority": ALL},
    "representative": {"class_representative": ALL},
}
#: Who wrote what themselves: the matrix lets the author of an observation read it again.
AUTHORS: Mapping[str, Found] = {
    "homeroom-1": {(ItemClass.OBSERVATION, 1, "note")},
    "homeroom-3": {(ItemClass.OBSERVATION, 6, field) for field in ("contact", "symptom")},
    "spare": {(ItemClass.OBSERVATION, 3, "note")},
}
#: Who signs the report to the authority reads it as a whole (decision 0043).
_REPORT: Found = {(ItemClass.REFERRAL_SUMMARY, 1, "report")}
SIGNS: Mapping[str, Found] = {"head": _REPORT, "deputy-head": _REPORT, "affairs": _REPORT}
#: What somebody looked over and gives to whoever asked for it (X16).
GIVEN: Mapping[str, Found] = {ASKS: {(ItemClass.COUNSELING_NOTES, 1, "told")}}
#: All of them are fifteen. Where there is no danger a guardian reads a summary of the rest (G1).
SUMMED_UP: Mapping[str, set[ItemClass]] = {
    str(guardian_id(number)): {*WITHOUT_A_CASE, ItemClass.CONSENT} for number in (2, 6)
}
#: What is consented to be handed on of student 1: the scope *identity*, and what every request is.
HANDED_ON: Mapping[str, set[ItemClass]] = {
    HOSPITAL: {
        ItemClass.DISPLAY_NAME,
        ItemClass.CIVIL_IDENTITY,
        ItemClass.CLASS_PLACEMENT,
        ItemClass.REFERRAL_SUMMARY,
    }
}
#: What is about nobody who has been found yet, or about several: who reads it by their right.
_COUNSELORS = {"counselor-a", "counselor-b", "counselor-c"}
_GROUP = {"head", "deputy-head", "core"}
OF_NOBODY: Mapping[str, set[str]] = {
    "about": {*_COUNSELORS, *_GROUP, "safeguarding"},
    "note": {*_COUNSELORS, *_GROUP, "safeguarding"},
    "circle": {
        *(*_COUNSELORS, *_GROUP, "duty", "affairs", "homeroom-1", "homeroom-2"),
        *("homeroom-3", "grade-head-10", "grade-head-11"),
    },
    "proposal": {*_COUNSELORS, *_GROUP},
    "answer": {*_COUNSELORS, *_GROUP},
}


#: In which state a student was besides, when a message went out.
THEN: Mapping[int, set[str]] = {5: {"crisis"}}


@attrs.define
class Scene:
    """The school with its lines and what was logged while it was played."""

    school: InventedSchool
    lines: Lines
    logged: list[str]

    def may(
        self, who: str, item: ItemClass, student: int, field: str, *, then: bool = False
    ) -> bool:
        """Whether the matrix lets somebody see an item of a student in full."""
        found = (item, student, field)
        if found in AUTHORS.get(who, set()) | SIGNS.get(who, set()) | GIVEN.get(who, set()):
            return True
        if item not in SUMMED_UP.get(who, {item}):
            return False
        if item in HANDED_ON.get(who, ()):
            return True
        if student == 0:
            return who in OF_NOBODY[field]
        return self.allows(who, item, student, then)

    def allows(self, who: str, item: ItemClass, student: int, then: bool) -> bool:
        """What the rows of the matrix say."""
        barred = who == ACCUSED and student == 3
        states = {"routine"}
        if not barred:
            world = gather(self.school.school, student_id(student)).world
            states = {state.value for state in file_states(world.file, self.school.clock.now())}
            states |= THEN.get(student, set()) if then else set()
        elif item not in WITHOUT_A_CASE:
            return False
        return any(
            MATRIX[viewer, item.value, state] == "allow"
            for viewer, students in HATS[who].items()
            for state in states
            if student in students
        )


# -- the surfaces ---------------------------------------------------------------------------------


def words_of(file: Path) -> str:
    """What stands in a file that was written; a Word or Excel file is opened."""
    content = file.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(n).decode("utf-8", "replace") for n in archive.namelist())


def said(ask: Callable[[], object]) -> str:
    """What an answer says, or every word of a refusal."""
    try:
        found = ask()
    except PsysafeError as error:
        shown = [repr(error), repr(error.__cause__), repr(getattr(error, "findings", ()))]
        return " ".join([str(error), *shown])
    return words_of(found) if isinstance(found, Path) else f"{found} {found!r}"


Reads = Mapping[str, Callable[[Desk, Scene, Path], object]]


def _each(ask: Callable[[Desk, str], object]) -> Callable[[Desk, Scene, Path], object]:
    """The same of every student."""

    def asked(desk: Desk, scene: Scene, folder: Path) -> object:
        children = [scene.school.number(n) for n in range(1, 7)]
        return [said(partial(ask, desk, child)) for child in children]

    return asked


def _every_case(desk: Desk, scene: Scene, folder: Path) -> object:
    return [said(partial(_page, desk, case)) for case in cases_of(scene)]


def _page(desk: Desk, case: str) -> object:
    return desk.cases.get(case).data


def cases_of(scene: Scene) -> list[str]:
    files = (gather(scene.school.school, student_id(n)).world.file for n in range(1, 7))
    return [file.case.id for file in files if file.case is not None]


def _papers(desk: Desk, scene: Scene, folder: Path) -> object:
    kinds = [name for name, kind in KINDS.items() if kind.wanted is not None]
    made = []
    for number, case in enumerate(cases_of(scene)[:3]):
        for kind in kinds:
            to = folder / f"{kind}-{number}.docx"
            made.append(said(partial(_paper, desk, kind, case, to)))
    return made


def _paper(desk: Desk, kind: str, case: str, to: Path) -> Path:
    return desk.papers.about(kind, case, to=to, replace=True).file


def _offers(desk: Desk, scene: Scene, folder: Path) -> object:
    file = gather(scene.school.school, student_id(1)).world.file
    offers = [offer.id for referral in file.referrals for offer in referral.offers]
    return [said(partial(desk.referrals.get, offer)) for offer in offers]


def everybody() -> list[str]:
    """Everybody's id, whom somebody might ask the name of."""
    children = [f"{kind}{student_id(n)}" for n in range(1, 7) for kind in ("", "student:")]
    parents = [str(guardian_id(n)) for n in range(1, 7)]
    return [*children, *parents, *(str(staff_id(name)) for name in (*STAFF, *OUTSIDE))]


def _roster(ending: str) -> Callable[[Desk, Scene, Path], object]:
    def asked(desk: Desk, scene: Scene, folder: Path) -> object:
        file = folder / f"roster{ending}"
        desk.exports.roster(file)
        return file

    return asked


#: Every read of a desk, by section and method. What is not here is in DOES.
READS: Reads = {
    "cases.list": lambda d, s, f: d.cases.list(),
    "cases.about": _each(lambda d, child: d.cases.about(child).data),
    "cases.get": _every_case,
    "cases.explain": _each(lambda d, child: d.cases.explain(child, "imminent")),
    "inbox.list": lambda d, s, f: d.inbox.list(),
    "flags.list": lambda d, s, f: d.flags.list(),
    "flags.page": lambda d, s, f: d.flags.page(limit=1),
    "signals.notes": lambda d, s, f: d.signals.notes(),
    "signals.waiting": lambda d, s, f: d.signals.waiting(),
    "signs.list": lambda d, s, f: d.signs.list(),
    "signs.circles": lambda d, s, f: d.signs.circles(),
    "exposure.facts": lambda d, s, f: d.exposure.facts(),
    "exposure.counts": lambda d, s, f: d.exposure.counts(),
    "exposure.figures": lambda d, s, f: d.exposure.figures(),
    "support.owed": lambda d, s, f: d.support.owed(),
    "surveys.list": lambda d, s, f: d.surveys.list(),
    "duty.now": lambda d, s, f: d.duty.now(),
    "duty.show": lambda d, s, f: d.duty.show(),
    "exports.roster": _roster(".csv"),
    "exports.roster as a workbook": _roster(".xlsx"),
    "looked.list": _each(lambda d, child: d.looked.list(child)),
    "papers.about": _papers,
    "papers.crisis_cards": lambda d, s, f: d.papers.crisis_cards(to=f / "cards.docx").file,
    "bars.list": lambda d, s, f: d.bars.list(),
    "referrals.offered": lambda d, s, f: d.referrals.offered(),
    "referrals.get": _offers,
    "hand_overs.list": lambda d, s, f: d.hand_overs.list(),
    "screenings.list": lambda d, s, f: d.screenings.list(),
    "screenings.gaps": lambda d, s, f: d.screenings.gaps("cmp-000000000001"),
    "screenings.progress": lambda d, s, f: d.screenings.progress("cmp-000000000001", missing=True),
    "screenings.forecast": lambda d, s, f: d.screenings.forecast("cmp-000000000001"),
    "screenings.definition": lambda d, s, f: d.screenings.definition("phq9"),
    "access.read": _each(lambda d, child: d.access.read(child)),
    "access.read for them": _each(lambda d, child: d.access.read(child, ASKS)),
    "access.write": lambda d, s, f: d.access.write(s.school.number(1), f / "access.json"),
    "erasures.list": lambda d, s, f: d.erasures.list(),
    "names_in": lambda d, s, f: d.names_in(everybody()),
    "approvals.list": lambda d, s, f: d.approvals.list(),
    "grants.list": lambda d, s, f: d.grants.list(),
    "erasures.notes": lambda d, s, f: d.erasures.notes(),
    "erasures.preview": _each(lambda d, child: d.erasures.preview(child, "request")),
}
#: What changes something. Its refusals and receipts are read too.
DOES = frozenset(
    """
    signals.report signals.ask_to_talk signals.leave_note signals.link signals.set_aside
    signals.respond exposure.record exposure.end support.start support.end support.log
    surveys.start surveys.enter surveys.close signs.propose signs.answer signs.take_back
    signs.declare cases.acknowledge cases.open cases.dismiss cases.declare cases.assess cases.close
    cases.guardian cases.hospital cases.place cases.supervise cases.advise cases.report
    cases.holiday_plan cases.follow_up cases.assign_lead cases.accept_lead cases.supervisor
    cases.away cases.decide_return cases.reject_closure cases.reopen cases.transfer
    cases.stand_down cases.void cases.read_dismissed cases.settle cases.bereavement
    duty.turns duty.assign duty.override duty.swap duty.remove duty.keep duty.stop
    inbox.acknowledge inbox.acknowledge_link inbox.acknowledge_code flags.review
    looked.break_glass looked.review bars.set bars.confirm
    bars.lift bars.hand_over bars.first bars.pause consents.give consents.withdraw
    referrals.propose referrals.opinion referrals.activate referrals.hold referrals.revoke
    referrals.complete referrals.offer referrals.recall referrals.open referrals.accept
    referrals.reject referrals.start referrals.end closures.begin hand_overs.accept
    screenings.answers screenings.apply screenings.plan screenings.open screenings.readers
    screenings.close screenings.cancel access.request access.review access.hold access.release
    cases.alive duty.propose_swap duty.accept_swap duty.decline_swap duty.withdraw_swap
    erasures.forget signals.keep
    approvals.ask approvals.approve approvals.refuse approvals.withdraw
    grants.begin grants.sign grants.withdraw
    """.split()
)


def sections() -> list[str]:
    return [name for name, one in vars(Desk).items() if isinstance(one, cached_property)]


def everything_at_a_desk(desk: Desk) -> Iterator[str]:
    yield from (name for name, _ in inspect.getmembers(desk, inspect.ismethod) if name[0] != "_")
    for section in sections():
        of = getattr(desk, section)
        for name, _ in inspect.getmembers(of, inspect.ismethod):
            if not name.startswith("_"):
                yield f"{section}.{name}"


def read_at_the_desk(scene: Scene, who: str, folder: Path) -> dict[str, str]:
    """What every read of a desk says to somebody."""
    folder.mkdir(exist_ok=True)
    desk = scene.school.desk(who)
    return {name: said(partial(ask, desk, scene, folder)) for name, ask in READS.items()}


#: The commands that read most, with what they are asked.
COMMANDS = (
    *("cases", "inbox", "flags", "notes", "waiting", "bar list", "sign list"),
    *("looked list {child}", "case {case}", "export roster {out}/roster-by-command.csv"),
)


def said_by_the_commands(scene: Scene, who: str, folder: Path) -> str:
    """What the command line prints for somebody, out and err, and the file that it writes."""
    folder.mkdir(exist_ok=True)
    child, case = scene.school.number(1), cases_of(scene)[0]
    at = scene.school.clock.now().isoformat()
    actor = who if ":" in who else f"staff:{who}"
    options = ["--school", str(scene.school.folder), "--as", actor, "--lang", "en", "--at", at]
    found = []
    for line in COMMANDS:
        words = line.format(child=child, case=case, out=folder).split()
        ran = CliRunner().invoke(main, [*options, "--json", *words], prog_name="psysafe")
        assert ran.exception is None or isinstance(ran.exception, SystemExit), (line, ran.exception)
        assert "PSY016" not in ran.stdout, "nothing was asked: the clock was refused"
        found += [ran.stdout, ran.stderr]
    return "\n".join([*found, *(words_of(one) for one in folder.glob("roster-by-command*"))])


def leaks(scene: Scene, who: str, text: str) -> Found:
    """The marked words that somebody got and the matrix does not let them have."""
    return {found for found in canaries_in(text) if not scene.may(who, *found)}


def attempted(scene: Scene, who: str) -> str:
    """What the refusals and receipts of everything say that somebody could try to do."""
    desk = scene.school.desk(who)
    case, child = cases_of(scene)[0], scene.school.number(1)
    given = {
        "case": case,
        "student": child,
        "students": [child],
        "person": "staff:homeroom-1",
        "guardian": str(guardian_id(1)),
    }
    found = []
    for name in sorted(DOES & set(everything_at_a_desk(desk)) - {"cases.bereavement"}):
        section, _, method = name.partition(".")
        do = getattr(getattr(desk, section), method)
        wanted = inspect.signature(do).parameters.values()
        words = {p.name: given.get(p.name, "?") for p in wanted if p.default is p.empty}
        try:
            found.append(said(partial(do, **words)))
        except (TypeError, ValueError, AttributeError) as error:
            found.append(repr(error))  # a mistake of the caller's, in Python's own words
    return "\n".join(found)


# -- the scene ------------------------------------------------------------------------------------


class _Keeping(logging.Handler):
    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(f"{record.name} {record.getMessage()} {record.__dict__!r}")


@contextmanager
def listening(kept: list[str]) -> Iterator[None]:
    """Keep every line that anything logs meanwhile, at DEBUG."""
    root, handler = logging.getLogger(), _Keeping(kept)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder, lines, logged = tmp_path_factory.mktemp("canaries") / "school", Lines(), list[str]()
    with listening(logged), canary_school(folder, lines) as school:
        yield Scene(school, lines, logged)


# -- the scan -------------------------------------------------------------------------------------


def test_what_is_scanned_and_tried_is_there(scene: Scene) -> None:
    there = set(everything_at_a_desk(scene.school.desk("counselor-a")))
    read = {name.partition(" ")[0] for name in READS}
    assert not DOES & read
    # Whatever is new at a desk is read here or tried here: this list forgets nothing.
    assert read | DOES == there


def test_all_viewers_of_the_matrix_look(scene: Scene) -> None:
    viewers = {viewer for hats in HATS.values() for viewer in hats}
    by_person = {"duty", "spare", HOSPITAL, "new-school", "operator:it"} & set(HATS)
    standing = {"duty_adult", "hotline_volunteer", "medical_institution", "receiving_school"}
    assert len(by_person) == 5
    assert viewers | standing | {"it_admin", "author"} == {viewer for viewer, _, _ in MATRIX}
    assert {*STAFF, *OUTSIDE} <= set(HATS)


#: Private fields of events in which no canary can stand, since they hold codes, ids or numbers,
CODED = frozenset(
    """
    AnswersScored.bands AnswersScored.scores CareAdvice.answer Consent.purpose Consent.scope
    Contact.needs Contact.outcome Contact.symptoms CrisisDeclared.danger CrisisDeclared.place
    Exposure.fact FiguresReleased.counts FiguresReleased.known Flag.code
    Flag.outcome FlagReviewed.outcome
    GuardianContacted.outcome HandOver.why
    HandOverSettled.outcome HandedOver.receiver Offer.outcome Offer.scope OfferEnded.outcome
    OpinionRecorded.limits OpinionRecorded.opinion PlaceLearned.place Provisional.rule Reason.code
    Reason.degree Reason.rule Referral.basis Referral.limits Referral.opinion
    ReferralActivated.basis ReportFellDue.trigger Signal.dangers Signal.needs Signal.place
    Signal.symptoms StudentWentAway.place Supervision.to SupervisionChanged.place
    SurveyEntered.outcome
    """.split()
)
#: ... that are filled in documents only, from an event that does hold one,
FOLDED = frozenset(
    "AccessRequest.notes BrokenGlass.finding Offer.why Referral.basis_why Referral.held".split()
)
#: ... that tell of no student,
OF_THE_SCHOOL = frozenset("SchoolClass.name Staff.addresses Staff.name".split())


def _classes(kind: Any) -> Iterator[type]:
    if isinstance(kind, type) and attrs.has(kind):
        yield kind
    for inner in typing.get_args(kind):
        yield from _classes(inner)


def private_texts(happened: set[type]) -> set[str]:
    """Every field, however deep, that is private and may hold words or answers, of some events."""
    found: set[str] = set()
    waiting = list(happened)
    met: set[type] = set()
    while waiting:
        cls = waiting.pop()
        if cls in met:
            continue
        met.add(cls)
        hints = typing.get_type_hints(cls)
        for field in attrs.fields(cls):
            kind = hints[field.name]
            waiting += _classes(kind)
            words = any(name in str(kind) for name in ("str", "float", "tuple[int"))
            if item_of(field) is not REFERENCE and words and not list(_classes(kind)):
                found.add(f"{cls.__name__}.{field.name}")
    return found


def planted(value: Any) -> set[str]:
    """The fields of a record, however deep, in which a marked word stands."""
    found: set[str] = set()
    for field in attrs.fields(type(value)):
        held = getattr(value, field.name)
        parts = held if isinstance(held, tuple) else (held,)
        inner = [part for part in parts if attrs.has(type(part))]
        if not inner and canaries_in(str(held)):
            found.add(f"{type(value).__name__}.{field.name}")
        found |= {name for part in inner for name in planted(part)}
    return found


def test_there_is_a_canary_in_every_private_field_that_holds_words(scene: Scene) -> None:
    parts = scene.school.school
    happened = [event_of(parts, one) for one in parts.storage.journal(parts.part, 0, 100_000)]
    held = {name for event in happened for name in planted(event)}
    bare = private_texts({type(event) for event in happened}) - held
    assert bare <= CODED | FOLDED | OF_THE_SCHOOL
    assert len(held) >= 36


#: Everybody once; the deputy and the core members see what the head sees.
AT_A_DESK = tuple(who for who in HATS if who not in ("deputy-head", "core", "grade-head-11"))


@pytest.mark.parametrize("who", AT_A_DESK)
def test_nobody_reads_at_their_desk_what_the_matrix_denies_them(
    scene: Scene, who: str, tmp_path: Path
) -> None:
    found = read_at_the_desk(scene, who, tmp_path)
    told = {name: leaks(scene, who, text) for name, text in found.items()}
    assert {name: words for name, words in told.items() if words} == {}


#: One of each kind of viewer: opening the school for every command takes its time.
BY_COMMAND = (
    *("homeroom-1", "homeroom-2", "grade-head-10", "affairs", "doctor", "counselor-a"),
    *("counselor-b", "safeguarding", "head", "registrar", "police", "operator:it", "spare"),
    *(f"student:{student_id(1)}", str(guardian_id(1)), HOSPITAL),
)


@pytest.mark.parametrize("who", BY_COMMAND)
def test_no_command_prints_what_the_matrix_denies(scene: Scene, who: str, tmp_path: Path) -> None:
    assert leaks(scene, who, said_by_the_commands(scene, who, tmp_path)) == set()


def test_no_message_holds_what_its_receiver_or_its_channel_may_not_have(scene: Scene) -> None:
    people = roster(scene.school.school).staff
    reached = {
        address: who.removeprefix("staff:")
        for who, someone in people.items()
        for address in someone.addresses.values()
    }
    named = 0
    for trust, sent in scene.lines.sent:
        assert canaries_in(f"{sent.message.neutral} {sent.message!r}") == set(), "a subject"
        text = sent.message.text
        found = canaries_in(text)
        named += bool(found)
        receiver = reached[sent.address]
        assert {one for one in found if not scene.may(receiver, *one, then=True)} == set()
        assert sent.message.content <= (CARRIES[trust] or ContentClass.K0)
        assert all(CONTENT_CLASS[item] <= sent.message.content for item, _, _ in found)
    assert {trust for trust, _ in scene.lines.sent} == {Trust.SEALED, Trust.PERSONAL}
    assert named, "no message named anybody, so nothing was looked at"


def test_no_refusal_and_no_receipt_repeats_a_private_word(tmp_path: Path) -> None:
    logged: list[str] = []
    with listening(logged), canary_school(tmp_path / "school", Lines()) as school:
        scene = Scene(school, Lines(), logged)
        for who in ("homeroom-1", "head", "registrar", "operator:it", str(guardian_id(1))):
            assert canaries_in(attempted(scene, who)) == set(), who
    assert canaries_in("\n".join(logged)) == set()


def test_nothing_that_is_logged_holds_a_private_word(scene: Scene, tmp_path: Path) -> None:
    for who in ("counselor-a", "homeroom-1", "registrar"):
        read_at_the_desk(scene, who, tmp_path / who)
    logging.getLogger("psysafe").debug("the last line")
    assert "the last line" in scene.logged[-1]
    assert canaries_in("\n".join(scene.logged)) == set()


# -- codes and numbers: no word can be planted in them --------------------------------------------

#: Codes that stand in the file of one student here and nowhere else: whose, and of which item.
CODES: Final[Mapping[str, tuple[ItemClass, int, str]]] = {
    "close_contact": (ItemClass.EXPOSURE, 6, "fact"),
    "refuses": (ItemClass.CONTACT_LOG, 1, "outcome"),
    "within_limits": (ItemClass.REFERRAL_SUMMARY, 1, "opinion"),
    "declined": (ItemClass.REFERRAL_SUMMARY, 1, "answer"),
    "depression": (ItemClass.OBSERVATION, 6, "symptom"),
}
#: Tables that name every code there is, whatever happened.
HEADINGS: Final = ("exposure.counts", "exposure.figures")
COUNTS: Final = tomllib.loads(
    (Path(__file__).parent.parent / "house" / "counts.toml").read_text(encoding="utf-8")
)


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value in an answer, with the names on the way to it; a name is a value too."""
    if attrs.has(type(value)):
        value = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield "", name
            yield from leaves(inner, f"{at}.{name}".strip("."))
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from leaves(inner, at)
    else:
        yield at, value


def numbers_in(value: Any) -> set[str]:
    """Where in an answer a number stands."""
    held = leaves(getattr(value, "data", value))
    return {at for at, one in held if isinstance(one, Number) and not isinstance(one, bool)}


def codes_in(value: Any) -> Found:
    """The codes of one student alone that stand in an answer."""
    return {CODES[one] for _, one in leaves(value) if isinstance(one, str) and one in CODES}


def unjudged(part: str, name: str, value: Any) -> set[str]:
    """Numbers of an answer that do not stand in counts.toml."""
    listed = COUNTS[part].get(name.partition(" ")[0], {}).get("numbers", ())
    return {at for at in numbers_in(value) if not any(fnmatch(at, one) for one in listed)}


@contextmanager
def answers_kept(patch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What a desk answers, as it is and not in words."""
    kept: list[Any] = []

    def keeping(ask: Callable[[], object]) -> str:
        with suppress(PsysafeError):
            kept.append(ask())
        return ""

    with patch.context() as held:
        held.setattr(sys.modules[__name__], "said", keeping)
        yield kept


@pytest.mark.parametrize("who", AT_A_DESK)
def test_no_code_of_one_student_and_no_number_that_nobody_judged_is_given(
    scene: Scene, who: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, told = scene.school.desk(who), dict[str, Any]()
    for name, ask in READS.items():
        with answers_kept(monkeypatch) as kept:
            said(partial(ask, desk, scene, tmp_path))
        bare = {at for one in kept for at in unjudged("desk", name, one)}
        codes = {c for one in kept for c in codes_in(one)} if name not in HEADINGS else set()
        found = {one for one in codes if not scene.may(who, *one)}
        told |= {name: (bare, found)} if bare or found else {}
    assert told == {}


def test_no_number_that_nobody_judged_is_given_to_whoever_runs_the_machine(
    scene: Scene, tmp_path: Path
) -> None:
    operator = scene.school.net.operator()
    reads: Mapping[str, Callable[[], object]] = {
        "tick": operator.tick,
        "audit": operator.audit,
        "heartbeat": operator.heartbeat,
        "check": operator.check,
        "doctor": operator.doctor,
        "verify": operator.verify,
        "position": operator.position,
        "channels.list": operator.channels.list,
        "channels.sent": operator.channels.sent,
        "backup": lambda: operator.backup(tmp_path / "backup.db"),
    }
    bare = {name: unjudged("operator", name, ask()) for name, ask in reads.items()}
    assert {name: found for name, found in bare.items() if found} == {}


# -- the scan sees what is planted ----------------------------------------------------------------

LEAK = canary(ItemClass.COUNSELING_NOTES, 1, "planted")


def _in_a_view(patch: pytest.MonkeyPatch, room: Any) -> None:
    real = room.case_view

    def leaking(*given: Any, **more: Any) -> Any:
        view = real(*given, **more)
        return View({**view.data, "help": LEAK}, view.withheld)

    patch.setattr(room, "case_view", leaking)


def _in_a_list(patch: pytest.MonkeyPatch) -> None:
    real = reading.card_view
    patch.setattr(reading, "card_view", lambda *given: {**real(*given), "lead": LEAK})


def _in_a_file(patch: pytest.MonkeyPatch) -> None:
    real = exporting._student

    def leaking(*given: Any) -> list[str]:
        row = real(*given)
        return [*row[:-1], LEAK]

    patch.setattr(exporting, "_student", leaking)


def _in_an_error(patch: pytest.MonkeyPatch) -> None:
    def leaking(*given: Any, **more: Any) -> Any:
        raise NotPermittedError("PSY002", action=LEAK)

    patch.setattr(looking, "looks", leaking)


def _in_a_paper(patch: pytest.MonkeyPatch) -> None:
    real = Writer.about

    def leaking(self: Writer, *given: Any) -> dict[str, Any]:
        return {**real(self, *given), "school": LEAK}

    patch.setattr(Writer, "about", leaking)


PLANTED: Mapping[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "cases.get": ("head", lambda patch: _in_a_view(patch, reading)),
    "cases.about": ("student:" + student_id(1), lambda patch: _in_a_view(patch, reading)),
    "cases.list": ("head", _in_a_list),
    "exports.roster": ("registrar", _in_a_file),
    "exports.roster as a workbook": ("registrar", _in_a_file),
    "looked.list": ("doctor", _in_an_error),
    "papers.about": ("head", _in_a_paper),
}


@pytest.mark.parametrize("surface", PLANTED)
def test_a_leak_that_is_planted_on_a_surface_is_seen_there(
    scene: Scene, surface: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if surface.startswith("papers"):
        pytest.importorskip("docxtpl")
    who, plant = PLANTED[surface]
    plant(monkeypatch)
    text = said(partial(READS[surface], scene.school.desk(who), scene, tmp_path))
    assert (ItemClass.COUNSELING_NOTES, 1, "planted") in leaks(scene, who, text)


@pytest.mark.parametrize("plant", [lambda p: _in_a_view(p, reading), _in_a_list, _in_a_file])
def test_a_leak_that_is_planted_behind_a_command_is_seen(
    scene: Scene,
    plant: Callable[[pytest.MonkeyPatch], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)
    who = "registrar" if plant is _in_a_file else "head"
    text = said_by_the_commands(scene, who, tmp_path)
    assert (ItemClass.COUNSELING_NOTES, 1, "planted") in leaks(scene, who, text)


def test_a_code_and_a_number_that_are_planted_are_seen(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reading.card_view
    more = {"opinion": "within_limits", "tries": 3}
    monkeypatch.setattr(reading, "card_view", lambda *given: {**real(*given), **more})
    with answers_kept(monkeypatch) as kept:
        said(scene.school.desk("doctor").cases.list)
    assert {one for one in codes_in(kept) if not scene.may("doctor", *one)}
    assert unjudged("desk", "cases.list", kept[0]) == {"tries"}


@pytest.mark.parametrize(
    ("who", "name"),
    [
        (str(guardian_id(6)), "cases.about"),  # the child is fifteen
        ("homeroom-1", "access.read"),
        ("head", "erasures.preview"),
    ],
)
def test_a_leak_that_is_planted_where_it_was_not_looked_for_before_is_seen(
    scene: Scene, who: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak = canary(ItemClass.OBSERVATION, 6, "contact")
    section, _, method = name.partition(".")
    desk = scene.school.desk(who)
    given = SimpleNamespace(data=leak) if name == "cases.about" else leak
    monkeypatch.setattr(type(getattr(desk, section)), method, lambda *asked: given)
    text = said(partial(READS[name], desk, scene, tmp_path))
    assert leaks(scene, who, text) == {(ItemClass.OBSERVATION, 6, "contact")}


def test_a_leak_in_a_log_line_and_one_in_a_message_are_seen(scene: Scene) -> None:
    logged: list[str] = []
    with listening(logged):
        logging.getLogger("psysafe.engine").debug("of %s", LEAK)
    assert canaries_in(logged[-1])
    sent = next(s for t, s in scene.lines.sent if t is Trust.SEALED)
    assert leaks(scene, "homeroom-1", f"{sent.message.text} {LEAK}")
