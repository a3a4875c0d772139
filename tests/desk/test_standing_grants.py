"""Who sees by a role: signed by somebody who answers for it; an alarm goes by the staff file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psysafe.domain import events as e
from psysafe.domain.people import RoleHeld, Scope
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError, NotPermittedError
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, staff_id, student_id

UNTIL = MONDAY + timedelta(days=300)
WHY = "the list of the school year"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    """A school in which roles are signed; the head has not signed yet."""
    with open_school(tmp_path / "school", signer="head") as opened:
        yield opened
        proof = verify(opened.school)
        assert proof.ok, proof.findings


def report(school: InventedSchool) -> None:
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "marked"}
    )


def begin(school: InventedSchool, who: str = "head") -> None:
    school.desk(who).grants.begin(WHY, until=UNTIL)


def sees(school: InventedSchool, who: str) -> bool:
    """Whether somebody finds the case of the first student, in the list and by itself alike."""
    listed = bool(school.desk(who).cases.list())
    try:
        school.desk(who).cases.about(school.number(1))
    except NotFoundError:
        assert not listed
        return False
    assert listed
    return True


def calls(school: InventedSchool, who: str) -> list[str]:
    return [line["purpose"] for line in school.desk(who).inbox.list()]


def lines(school: InventedSchool, who: str = "head", **wanted: str) -> list[dict[str, Any]]:
    return [
        line
        for line in school.desk(who).grants.list()
        if all(line[key] == value for key, value in wanted.items())
    ]


def grant_of(school: InventedSchool, who: str, by: str = "head") -> str:
    (line,) = lines(school, by, person=staff_id(who), state="signed")
    return str(line["grant"])


def problems(school: InventedSchool) -> list[tuple[str, str, str]]:
    return [
        (str(f.severity), str(f.facts["problem"])[:20], str(f.facts["people"]))
        for f in school.net.operator().check()
        if f.code == "PSY749"
    ]


def refused(code: str, do: Any, *words: Any, **more: Any) -> bool:
    with pytest.raises(NotPermittedError) as error:
        do(*words, **more)
    return error.value.code == code


def test_an_import_makes_nobody_see_and_an_alarm_reaches_them_all_the_same(
    school: InventedSchool,
) -> None:
    report(school)
    (line,) = school.desk("counselor-a").inbox.list()
    assert "Something urgent needs you" in line["text"]
    assert not sees(school, "counselor-a")
    begin(school)
    assert sees(school, "counselor-a")
    (line,) = school.desk("counselor-a").inbox.list()
    assert "林小满" in line["text"], "what the signature lets read is read in the same call"


def test_whoever_is_called_without_a_signature_answers_the_call_and_stops_the_route(
    school: InventedSchool,
) -> None:
    report(school)
    (line,) = school.desk("counselor-a").inbox.list()
    school.desk("counselor-a").inbox.acknowledge(line["notice"])
    run = gather(school.school, student_id(1)).world.file.runs[-1]
    answered = [asked.person for asked in run.asked if asked.answered is not None]
    assert answered == [staff_id("counselor-a")]
    assert not sees(school, "counselor-a")


def test_a_homeroom_teacher_sees_their_own_class_by_the_class_list(school: InventedSchool) -> None:
    report(school)
    assert sees(school, "homeroom-1")
    assert not sees(school, "homeroom-2")


def test_the_first_list_is_signed_by_whom_the_settings_name_and_by_nobody_else(
    school: InventedSchool,
) -> None:
    deputy, head = school.desk("deputy-head").grants, school.desk("head").grants
    assert refused("PSY739", deputy.begin, WHY, until=UNTIL)
    assert refused("PSY739", deputy.sign, WHY, until=UNTIL)
    for who in ("counselor-a", "operator:it"):
        assert refused("PSY002", school.desk(who).grants.begin, WHY, until=UNTIL)
    assert refused("PSY006", head.begin, "  ", until=UNTIL)
    for wrong in (MONDAY, MONDAY + timedelta(days=367)):
        assert refused("PSY739", head.begin, WHY, until=wrong)
    begin(school)
    assert refused("PSY739", head.begin, WHY, until=UNTIL)


def test_nobody_signs_for_themselves_and_a_deputy_signs_for_the_head(
    school: InventedSchool,
) -> None:
    begin(school)
    report(school)
    assert not sees(school, "head")
    head = school.desk("head").grants
    for second in (None, staff_id("expert"), staff_id("deputy-head")):
        more = {"second": second} if second else {}
        assert refused("PSY739", head.sign, WHY, until=UNTIL, who=staff_id("head"), **more)
    school.desk("head").grants.sign(WHY, until=UNTIL)
    assert not sees(school, "head"), "all that waits for the head's name is not the head's own"
    school.desk("deputy-head").grants.sign(WHY, until=UNTIL)
    assert sees(school, "head")


def test_whom_an_import_makes_head_makes_nobody_a_counselor(school: InventedSchool) -> None:
    begin(school)
    report(school)
    school.takes("spare", "leading_group_head")
    school.takes("core", "counselor")
    spare = school.desk("spare").grants
    assert refused("PSY739", spare.sign, WHY, until=UNTIL, who=staff_id("core"))
    assert refused("PSY739", spare.begin, WHY, until=UNTIL)
    with pytest.raises(NotFoundError):
        spare.withdraw(grant_of(school, "counselor-a"))
    assert not sees(school, "spare")
    assert ("warning", "they see nothing by ", "staff:core, staff:head, staff:spare") in problems(
        school
    )


def test_whoever_may_sign_hears_what_an_import_brought_and_signs_it(school: InventedSchool) -> None:
    begin(school)
    report(school)
    school.tick(minutes=1)
    school.takes("spare", "counselor")
    school.tick(minutes=1)
    assert "grants" in calls(school, "head")
    assert "grants" not in calls(school, "counselor-a")
    assert not sees(school, "spare")
    (waiting,) = lines(school, person=staff_id("spare"))
    assert (waiting["state"], waiting["role"]) == ("waiting", "counselor")
    school.desk("head").grants.sign(
        "new here", until=UNTIL, who=staff_id("spare"), role="counselor"
    )
    assert sees(school, "spare")
    assert "grants" not in calls(school, "head"), "it is signed, and waits no more"
    school.tick(minutes=1)
    assert "grant_told" in calls(school, "spare")
    assert "grant_told" in calls(school, "deputy-head")


@pytest.mark.parametrize("who", ["counselor-a", "head", "deputy-head"])
def test_either_withdraws_at_once_and_the_next_alarm_comes_all_the_same(
    school: InventedSchool, who: str
) -> None:
    begin(school)
    report(school)
    assert sees(school, "counselor-a")
    grant = grant_of(school, "counselor-a", "counselor-a")
    with pytest.raises(NotFoundError):
        school.desk("counselor-b").grants.withdraw(grant)
    school.desk(who).grants.withdraw(grant, "she has left counseling")
    assert not sees(school, "counselor-a")
    assert calls(school, "counselor-a") == ["linkage"]
    school.tick(minutes=1)
    for told in {"counselor-a", "head", "deputy-head"} - {who}:
        assert "grant_told" in calls(school, told), told
    with pytest.raises(NotFoundError):
        school.desk(who).grants.withdraw(grant)


def test_a_signature_ends_with_its_day_and_whoever_signs_hears_before(
    school: InventedSchool,
) -> None:
    begin(school)
    report(school)
    school.tick(hours=24 * 271)
    assert "grants" in calls(school, "deputy-head")
    assert any(problem == "a signature ends wit" for _, problem, _ in problems(school))
    assert sees(school, "counselor-a")
    school.clock.advance(hours=24 * 29)
    assert not sees(school, "counselor-a")
    assert [line["state"] for line in lines(school, "counselor-a")] == ["waiting", "over"]
    school.desk("head").grants.sign(WHY, until=UNTIL + timedelta(days=300))
    assert sees(school, "counselor-a"), "the founder's name goes on to count"
    assert [line["state"] for line in lines(school, person=staff_id("counselor-a"))] == ["signed"]


def test_a_signature_for_a_grade_is_none_for_the_school(school: InventedSchool) -> None:
    begin(school)
    report(school)
    assert not sees(school, "counselor-c"), "of the other grade"
    school.takes("counselor-c", "counselor")
    assert not sees(school, "counselor-c")
    school.desk("head").grants.sign(WHY, until=UNTIL, who=staff_id("counselor-c"))
    assert sees(school, "counselor-c")


def test_whoever_stands_in_sees_only_by_a_signature_of_their_own(school: InventedSchool) -> None:
    begin(school)
    school.absent("counselor-a", "spare")
    report(school)
    assert "linkage" in calls(school, "spare"), "who stands in is called"
    assert not sees(school, "spare")
    school.desk("head").grants.sign(WHY, until=UNTIL)
    assert sees(school, "spare")


def test_a_school_with_one_head_hears_the_second_one_by_telephone(tmp_path: Path) -> None:
    without = ("deputy-head",)
    with open_school(tmp_path / "s", signer="head", without=without) as school:
        school.takes("head", "counselor")
        begin(school)
        report(school)
        assert not sees(school, "head")
        head = school.desk("head").grants
        for second in (None, "head", "homeroom-1", "nobody"):
            more = {"second": staff_id(second)} if second else {}
            code = "PSY155" if second else "PSY739"
            assert refused(code, head.sign, WHY, until=UNTIL, who=staff_id("head"), **more)
        head.sign(WHY, until=UNTIL, who=staff_id("head"), second=staff_id("expert"))
        assert sees(school, "head")
        school.tick(minutes=1)
        assert "grant_named" in calls(school, "expert")
        for line in lines(school, "expert", person=staff_id("head")):
            school.desk("expert").grants.withdraw(line["grant"], "nobody telephoned me")
        assert not sees(school, "head")
        assert verify(school.school).ok


def test_where_nobody_is_left_who_signs_the_one_whom_the_settings_name_begins_again(
    school: InventedSchool,
) -> None:
    begin(school)
    report(school)
    school.tick(minutes=1)
    assert calls(school, "counselor-a").count("grant_told") == 1
    school.leaves("head")
    school.leaves("deputy-head")
    school.takes("core", "leading_group_head")
    school.clock.advance(hours=1)
    assert ("error", "nobody is left whose", "-") in problems(school)
    assert sees(school, "counselor-a"), "what was signed holds on"
    assert refused("PSY739", school.desk("core").grants.begin, WHY, until=UNTIL)
    settings = school.folder / "psysafe.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"staff:head"', '"staff:core"'), encoding="utf-8")
    with type(school.net).open(
        school.folder, clock=school.clock, ids=school.ids, storage=school.school.storage
    ) as again:
        again.desk("staff:core").grants.begin(WHY, until=UNTIL)
        school.clock.advance(minutes=1)
        again.tick()
        told = [line["purpose"] for line in again.desk("staff:counselor-a").inbox.list()]
        assert told.count("grant_told") == 2, "whoever is signed for hears that another signs now"


def test_settings_that_are_changed_back_take_no_signature_back(tmp_path: Path) -> None:
    with open_school(tmp_path / "s", signer="head", storage="sqlite") as school:
        begin(school)
        report(school)
        settings = school.folder / "psysafe.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('"signed"', '"directory"'), encoding="utf-8")
        school.reopen()
        school.takes("spare", "counselor")
        assert not sees(school, "spare")
        assert ("warning", "[grants] says otherw", "-") in problems(school)


def test_a_school_whose_settings_say_nothing_sees_by_the_staff_file_and_check_says_so(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "s", storage="sqlite") as school:
        assert problems(school) == [("note", "by [grants] the staf", "-")]
        settings = school.folder / "psysafe.toml"
        text = settings.read_text(encoding="utf-8")
        start, end = text.index("[grants]"), text.index("# Where this")
        settings.write_text(text[:start] + text[end:], encoding="utf-8")
        school.reopen()
        report(school)
        assert sees(school, "counselor-a")
        assert problems(school) == [("warning", "[grants] is not set,", "-")]
        assert lines(school) == []


def test_an_older_school_begins_with_the_first_list_or_with_the_next_import(tmp_path: Path) -> None:
    with open_school(tmp_path / "s", storage="sqlite") as school:
        settings = school.folder / "psysafe.toml"
        text = settings.read_text(encoding="utf-8").replace('"directory"', '"signed"')
        settings.write_text(text, encoding="utf-8")
        school.reopen()
        report(school)
        assert sees(school, "counselor-a")
        assert problems(school) == [("error", "signatures are asked", "-")]
        school.takes("spare", "counselor")
        assert not sees(school, "counselor-a")
        ((severity, problem, _),) = problems(school)
        assert (severity, problem) == ("error", "nobody has signed th")
        assert verify(school.school).ok


def test_everybody_reads_their_own_line_and_whoever_may_sign_reads_all(
    school: InventedSchool,
) -> None:
    begin(school)
    assert {line["person"] for line in lines(school, "counselor-a")} == {staff_id("counselor-a")}
    assert len(lines(school)) == len(lines(school, "deputy-head")) > 10
    assert lines(school, "homeroom-1") == []
    for nobody in ("student:" + student_id(1), "staff:nobody", "operator:it"):
        with pytest.raises(NotFoundError):
            school.desk(nobody).grants.list()


def test_a_grant_is_for_a_role_that_somebody_holds(school: InventedSchool) -> None:
    begin(school)
    head = school.desk("head").grants
    for who, role in (("spare", "counselor"), ("homeroom-1", "homeroom_teacher")):
        with pytest.raises(NotFoundError):
            head.sign(WHY, until=UNTIL, who=staff_id(who), role=role)
    school._enter(
        e.RelationStarted(
            staff=staff_id("homeroom-1"),
            role=RoleHeld(
                role="homeroom_teacher", scope=Scope(kind="school"), since=school.clock.now()
            ),
        )
    )
    assert lines(school, person=staff_id("homeroom-1"))[0]["state"] == "waiting"
