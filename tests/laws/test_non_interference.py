"""Law 3: two worlds that differ only in what a viewer may not see answer that viewer alike.

Two schools with the same keys, clock and command ids get the same commands but for one. Then a
viewer does everything that a desk can do, and both transcripts are compared letter by letter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.contracts.storage import Document, Query
from psysafe.desk.desk import Desk
from psysafe.desk.screenings import SheetRow
from psysafe.errors import NotFoundError, PsysafeError
from psysafe.ids import student_person
from psysafe.testing.schools import (
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

#: Nobody of these has anything to do with student 1: teachers, counselor and grade head of others,
#: the registrar, a volunteer without a live call, a machine operator, a classmate, the classmate's
#: mother, a stranger.
OUTSIDERS = (
    "homeroom-2",
    "homeroom-3",
    "counselor-c",
    "grade-head-11",
    "registrar",
    "spare",
    "operator:it",
    str(student_person(student_id(2))),
    str(guardian_id(2)),
    "staff:nobody",
)
NO_ID = {"case": "case-000000000000", "flag": "flag-000000000000"}


def pair(folder: Path) -> tuple[InventedSchool, InventedSchool]:
    """Two schools that are the same in everything, ids and keys included."""
    return open_school(folder / "one"), open_school(folder / "other")


# -- what somebody can do at a desk, and what comes of it -----------------------------------------


def said(action: Callable[[], Any]) -> Any:
    """What an action answers: its value, or the error as the person reads it."""
    try:
        answer = action()
    except PsysafeError as error:
        finding = error.finding
        return type(error).__name__, str(error), finding.why, finding.cure, dict(finding.facts)
    if attrs.has(type(answer)) and not isinstance(answer, type):
        # A command id says only how many commands there were before.
        return {k: v for k, v in attrs.asdict(answer).items() if k != "command"}
    return answer.data if hasattr(answer, "data") else answer


def everything(
    school: InventedSchool, who: str, ids: dict[str, str]
) -> dict[str, Callable[[], Any]]:
    """All that a desk offers, on student 1, on an unknown one, and on ids that leaked."""
    desk: Desk = school.desk(who)
    students = (school.number(1), str(student_id(1)), "no:1", school.number(2))
    looks = {f"about {s}": partial(desk.cases.about, s) for s in students}
    case = ids["case"]
    return {
        **looks,
        "cases": desk.cases.list,
        "inbox": desk.inbox.list,
        "flags": desk.flags.list,
        "get": lambda: desk.cases.get(case),
        "acknowledge": lambda: desk.cases.acknowledge(case),
        "open": lambda: desk.cases.open(case),
        "dismiss": lambda: desk.cases.dismiss(case, "because"),
        "declare": lambda: desk.cases.declare(case, danger="self", place="home", proposal="x"),
        "assess": lambda: desk.cases.assess(case, "none", "because"),
        "close": lambda: desk.cases.close(case, "because"),
        "guardian": lambda: desk.cases.guardian(case, guardian_id(1), "reached"),
        "review": lambda: desk.flags.review(ids["flag"], "no_concern"),
        "notice": lambda: desk.inbox.acknowledge(ids["notice"]),
        "report": lambda: desk.signals.report(school.number(1), "peer", {"fear": "some"}),
    }


def differences(one: InventedSchool, other: InventedSchool, who: str) -> dict[str, Any]:
    """What this person can do that is answered differently in the two worlds."""
    leaked = ids_of(one)
    found = {}
    for name in everything(one, who, leaked):
        answers = []
        # Each action takes the same command id in both worlds.
        first = max(one.ids.next_number, other.ids.next_number)
        for school in (one, other):
            school.ids.skip_to(first)
            answers.append(said(everything(school, who, leaked)[name]))
        if answers[0] != answers[1]:
            found[name] = answers
    return found


def ids_of(school: InventedSchool) -> dict[str, str]:
    """Ids of student 1's things, as if they had leaked to everybody."""
    parts = school.school
    keys = [d.key for kind in ("case", "flag", "notice") for d in documents(school, kind)]
    found = dict(key.split("/", 1) for key in sorted(keys, reverse=True))
    assert parts.storage.read(parts.part, keys).documents.keys() == set(keys)
    return {"notice": "notice-000000000000", **NO_ID, **found}


def documents(school: InventedSchool, kind: str) -> tuple[Document, ...]:
    parts = school.school
    query = Query(index="kind", prefixes=((kind,),), limit=100)
    return parts.storage.query(parts.part, query).documents


# -- what happened to student 1, which the viewer may not know ------------------------------------


def reported(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}, note="the note"
    )


def declared(school: InventedSchool) -> None:
    reported(school)
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="home", proposal="visit", severity="imminent")


def flagged(school: InventedSchool) -> None:
    row = SheetRow(
        student=school.number(1),
        answered_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        answers=(0, 0, 0, 0, 0, 0, 0, 0, 3),
    )
    done = school.desk("counselor-a").screenings.apply("phq9", [row], dry_run=False)
    assert done.flags == 1


def closed(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(school.number(1), "one_to_one", {"fear": "some"})
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.dismiss("a misunderstanding")


def nothing(school: InventedSchool) -> None:
    """Nothing at all."""


HIDDEN = {f.__name__: f for f in (reported, declared, flagged, closed)}


@pytest.mark.clause("B0.3")
@pytest.mark.parametrize(("hidden", "who"), list(product(HIDDEN, OUTSIDERS)))
def test_whoever_has_nothing_to_do_with_a_student_cannot_tell_whether_anything_is_wrong(
    tmp_path: Path, hidden: str, who: str
) -> None:
    one, other = pair(tmp_path)
    HIDDEN[hidden](one)
    nothing(other)
    for minutes in (0, 15, 24 * 60):
        one.tick(minutes=minutes)
        other.tick(minutes=minutes)
        assert differences(one, other, who) == {}, f"{who} can tell"


@pytest.mark.clause("B2.2")
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("who", ["homeroom-1", "the student", "the mother", "doctor", "duty"])
def test_a_reporters_receipt_is_the_same_whether_a_case_exists_or_not(
    tmp_path: Path, hidden: str, who: str
) -> None:
    actor = {"the student": str(student_person(student_id(1))), "the mother": guardian_id(1)}
    source = {"the student": "self_report", "the mother": "guardian"}.get(who, "peer")
    receipts = []
    for school, happened in zip(pair(tmp_path), (HIDDEN[hidden], nothing), strict=True):
        happened(school)
        school.ids.skip_to(1_000_000)
        school.clock.advance(minutes=3)
        receipts.append(
            school.desk(str(actor.get(who, who))).signals.report(
                school.number(1), source, {"insomnia": "marked"}, note="cannot sleep"
            )
        )
    assert receipts[0] == receipts[1]
    assert receipts[0].case is None


# -- two cases that differ in one thing -----------------------------------------------------------


def teacher_sees(school: InventedSchool, who: str) -> list[Any]:
    desk = school.desk(who)
    about = said(lambda: desk.cases.about(school.number(1)))
    return [about, said(desk.cases.list), said(desk.inbox.list), said(desk.flags.list)]


@pytest.mark.clause("B0.3")
@pytest.mark.parametrize(
    "who",
    ["homeroom-1", "grade-head-10", "affairs", "head", "duty", "doctor", "safeguarding"],
)
def test_what_a_report_says_is_between_the_reporter_and_the_counselors(
    tmp_path: Path, who: str
) -> None:
    """The note, the symptoms and the reporter differ; the severity does not."""
    worlds = pair(tmp_path)
    says = (
        ("counselor-b", {"self_harm": "severe"}, "she wrote a letter"),
        ("homeroom-2", {"harm_to_others": "severe"}, "he carries a knife"),
    )
    seen = []
    for school, (reporter, symptoms, note) in zip(worlds, says, strict=True):
        school.takes("homeroom-2", "counseling_expert")
        school.desk(reporter).signals.report(school.number(1), "message", symptoms, note=note)
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.open()
        case.declare_crisis(danger="self", place="home", proposal="visit", severity="imminent")
        school.tick()
        school.tick(minutes=10)
        seen.append(teacher_sees(school, who))
    if who == "safeguarding":
        seen = [
            _without(one, {"signals", "reasons", "reporters", "timeline", "people"}) for one in seen
        ]
    assert seen[0] == seen[1]


def _without(seen: list[Any], keys: set[str]) -> list[Any]:
    return [
        {k: v for k, v in one.items() if k not in keys} if isinstance(one, dict) else one
        for one in seen
    ]


@pytest.mark.clause("B0.3")
def test_a_homeroom_teachers_list_does_not_tell_which_of_two_students_is_worse(
    tmp_path: Path,
) -> None:
    """Severity is withheld, so neither its word nor the order of the lines may tell it."""
    seen = []
    for school, degrees in zip(
        pair(tmp_path), (("some", "marked"), ("marked", "some")), strict=True
    ):
        for student, degree in zip((1, 2), degrees, strict=True):
            school.desk("counselor-a").signals.report(
                school.number(student), "message", {"fear": degree}
            )
        seen.append(school.desk("homeroom-1").cases.list())
        assert len(seen[-1]) == 2
    assert seen[0] == seen[1]


@pytest.mark.clause("B0.3")
def test_a_homeroom_teacher_learns_nothing_of_a_screening(tmp_path: Path) -> None:
    one, other = pair(tmp_path)
    flagged(one)
    for school in (one, other):
        school.tick(minutes=5)
        school.tick(days=8)
    for who in ("homeroom-1", "grade-head-10", "affairs", "duty", "doctor", "the mother"):
        name = str(guardian_id(1)) if who == "the mother" else who
        assert teacher_sees(one, name) == teacher_sees(other, name), who


@pytest.mark.clause("B0.3")
@pytest.mark.parametrize("who", ["homeroom-1", "grade-head-10", "affairs", "the mother"])
def test_a_dismissed_case_is_as_if_it_had_never_been_for_those_around_the_student(
    tmp_path: Path, who: str
) -> None:
    one, other = pair(tmp_path)
    closed(one)
    name = str(guardian_id(1)) if who == "the mother" else who
    assert teacher_sees(one, name) == teacher_sees(other, name)


def test_the_comparison_sees_a_difference_where_one_may_be_seen(tmp_path: Path) -> None:
    """The law could be kept by comparing nothing: the counselor of the grade does see it."""
    one, other = pair(tmp_path)
    reported(one)
    differs = set(differences(one, other, "counselor-b"))
    assert {f"about {one.number(1)}", "cases", "get", "acknowledge"} <= differs


def test_an_unknown_student_and_a_hidden_one_answer_in_the_same_words(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        declared(school)
        desk = school.desk("homeroom-3")
        words = set()
        for student in (school.number(1), "no:nobody", str(student_id(1)), "s-zzzzzzzzzzzz"):
            with pytest.raises(NotFoundError) as hidden:
                desk.cases.about(student)
            words.add((str(hidden.value), hidden.value.finding.why, hidden.value.finding.cure))
        assert len(words) == 1


def test_a_lists_audit_is_one_line_whatever_stands_in_it(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        parts = school.school
        before = parts.storage.read(parts.part, []).position
        school.desk("homeroom-2").cases.list()
        between = parts.storage.read(parts.part, []).position
        declared(school)
        start = parts.storage.read(parts.part, []).position
        school.desk("homeroom-2").cases.list()
        assert parts.storage.read(parts.part, []).position - start == between - before == 1
        assert staff_id("homeroom-2") in {
            r.actor for r in parts.storage.journal(parts.part, start, 5)
        }
