"""Rosters of duty on the command line: put in, in turn, changed, looked over."""

from __future__ import annotations

from typing import Any

import pytest

MORE = """\
staff_id,姓名,角色,范围,起
t-031,褚老师,值班人员,全校,2026-09-01
t-032,卫老师,值班人员,全校,2026-09-01
"""
SHIFTS = """\
值班表,工号,开始时间,结束时间
宿管,t-031,2026-11-02 21:00,2026-11-03 07:00
值班领导,t-032,2026-11-02 21:00,2026-11-03 07:00
"""
HEAD = "staff:t-004"


@pytest.fixture
def staffed(school: Any) -> Any:
    school.done("import", "staff", str(school.write("more.csv", MORE)), "--apply")
    return school


@pytest.mark.clause("C4.1")
def test_a_file_of_shifts_goes_in_after_a_dry_run_and_a_second_time_changes_nothing(
    staffed: Any,
) -> None:
    file = str(staffed.write("duty.csv", SHIFTS))
    before = staffed.position()
    assert staffed.done("import", "duty", file)["new"] == 2
    assert staffed.position() == before
    assert staffed.done("import", "duty", file, "--apply")["applied"] is True
    again = staffed.done("import", "duty", file, "--apply")
    assert (again["new"], again["unchanged"]) == (0, 2)
    there = staffed.done("duty", "now", by=HEAD, at="2026-11-02T22:00")
    assert {line["roster"]: line["people"] for line in there} == {
        "dormitory": ["staff:t-031"],
        "duty_leader": ["staff:t-032"],
    }
    empty = staffed.type("duty", "now", by=HEAD, at="2026-11-03T08:00", plain=True, lang="zh")
    assert empty.out.count("无人") == 2
    assert staffed.done("doctor")["duty_rosters"] == ["dormitory", "duty_leader"]
    assert staffed.type("verify").code == 0


@pytest.mark.parametrize(
    ("row", "code", "cell"),
    [
        ("食堂,t-031,2026-11-04 21:00,2026-11-05 07:00", "PSY050", "A4"),
        ("宿管,t-031,2026-11-04 21:00,2026-11-04 07:00", "PSY050", "C4"),
        ("值班领导,t-031,2026-11-02 22:00,2026-11-03 07:00", "PSY051", "C4"),
        ("值班领导,t-031,2026-11-03 06:00,2026-11-03 09:00", "PSY051", "C4"),
        ("值班领导,t-002,2026-11-04 21:00,2026-11-05 07:00", "PSY053", "B4"),
        ("宿管,t-031,2026-11-04,2026-11-05 07:00", "PSY209", "C4"),
    ],
)
def test_a_row_that_cannot_be_refuses_the_file_and_is_named_with_its_place(
    staffed: Any, row: str, code: str, cell: str
) -> None:
    file = str(staffed.write("duty.csv", SHIFTS + row + "\n"))
    ran = staffed.type("import", "duty", file, "--apply")
    assert ran.code == 4
    (found,) = [f for f in ran.whole["findings"] if f["severity"] == "error"]
    assert (found["code"], found["where"]["cell"]) == (code, cell)
    assert staffed.done("duty", "show", by=HEAD)["shifts"] == []


def test_a_roster_holds_no_more_people_than_it_has_places_for(staffed: Any) -> None:
    row = "值班领导,t-031,2026-11-03 07:00,2026-11-03 09:00\n"
    twice = row.replace("t-031", "t-032").replace("07:00", "08:00")
    file = str(staffed.write("duty.csv", SHIFTS + row + twice))
    assert "PSY052" in staffed.type("import", "duty", file).codes
    staffed.done("duty", "keep", "值班领导", "--places", "2", by=HEAD)
    assert staffed.done("import", "duty", file, "--apply")["new"] == 4


ROTATE = (
    *("duty", "rotate", "dormitory", "--people", "staff:t-031,staff:t-032", "--every", "week"),
    *("--from", "2026-11-02", "--until", "2026-11-16", "--begins", "21:00", "--ends", "07:00"),
)


def test_turns_are_shown_first_then_put_in_overridden_and_swapped(staffed: Any) -> None:
    assert staffed.done(*ROTATE, by=HEAD)["applied"] is False
    assert staffed.done(*ROTATE, "--apply", by=HEAD)["applied"] is True
    assert staffed.type(*ROTATE, by=HEAD).codes[0] == "PSY051"
    shifts = staffed.done("duty", "show", "--days", "20", by=HEAD)["shifts"]
    assert [s["person"] for s in shifts] == ["staff:t-031"] * 7 + ["staff:t-032"] * 7
    one, other = shifts[1]["shift"], shifts[8]["shift"]
    assert staffed.type("duty", "swap", one, other, by=HEAD).codes == ["PSY139"]
    staffed.done("duty", "swap", one, other, by="staff:t-031")
    (swap,) = staffed.done("duty", "show", by=HEAD)["swaps"]
    told = staffed.type("duty", "show", by=HEAD, plain=True)
    assert f"proposed: 褚老师 staff:t-031 and 卫老师 staff:t-032 swap {one} and {other}" in told.out
    assert staffed.type("duty", "accept", swap["swap"], by=HEAD).codes == ["PSY139"]
    staffed.done("duty", "accept", swap["swap"], by="staff:t-032")
    assert staffed.type("duty", "withdraw", swap["swap"], by="staff:t-031").codes == ["PSY140"]
    night = ("--from", "2026-11-05T21:00", "--until", "2026-11-06T01:00")
    staffed.done("duty", "override", "宿管", "staff:t-032", *night, by=HEAD)
    for at, who in (
        ("2026-11-03T23:00", "staff:t-032"),
        ("2026-11-05T23:00", "staff:t-032"),
        ("2026-11-06T02:00", "staff:t-031"),
    ):
        (there,) = staffed.done("duty", "now", by=HEAD, at=at)
        assert there["people"] == [who]
    late = {"by": HEAD, "at": "2026-11-06T02:00"}
    assert staffed.type("duty", "remove", shifts[2]["shift"], **late).codes == ["PSY001"]
    staffed.done("duty", "remove", shifts[5]["shift"], **late)
    staffed.done("duty", "stop", "dormitory", **late)
    assert staffed.done("duty", "now", by=HEAD, at="2026-11-06T02:00") == []


def test_whoever_makes_up_the_rosters_may_swap_two_without_asking(staffed: Any) -> None:
    staffed.done(*ROTATE, "--apply", by=HEAD)
    shifts = staffed.done("duty", "show", "--days", "20", by=HEAD)["shifts"]
    one, other = shifts[1]["shift"], shifts[8]["shift"]
    refused = staffed.type("duty", "swap", one, other, "--override", by="staff:t-031")
    assert refused.codes == ["PSY002"]
    staffed.done("duty", "swap", one, other, "--override", by=HEAD)
    staffed.done("duty", "swap", other, one, by="staff:t-031")
    (swap,) = staffed.done("duty", "show", by=HEAD)["swaps"]
    staffed.done("duty", "decline", swap["swap"], by="staff:t-032")
    assert staffed.done("duty", "show", by=HEAD)["swaps"] == []


def test_check_names_the_hours_ahead_in_which_nobody_is_on_duty(staffed: Any) -> None:
    assert staffed.type("check").codes.count("PSY056") == 1
    staffed.done("duty", "keep", "dormitory", "--opens", "21:00", "--closes", "07:00", by=HEAD)
    staffed.done(*ROTATE, "--apply", by=HEAD)
    assert not {"PSY055", "PSY056"} & set(staffed.type("check").codes)
    night = staffed.done("duty", "show", by=HEAD)["shifts"][3]
    staffed.done("duty", "remove", night["shift"], by=HEAD)
    (found,) = [f for f in staffed.type("check").whole["findings"] if f["code"] == "PSY055"]
    assert "2026-11-05 21:00" in found["what"]
    assert "2026-11-06 07:00" in found["what"]
    (gap,) = staffed.done("duty", "show", by=HEAD)["gaps"]
    assert gap["roster"] == "dormitory"


def test_a_campus_has_a_roster_of_its_own_and_its_empty_hours_are_named(staffed: Any) -> None:
    row = "宿管,t-031,2026-11-02 21:00,2026-11-03 07:00"
    heading = "值班表,工号,开始时间,结束时间,校区\n"
    file = str(staffed.write("east.csv", f"{heading}{row},东校区\n{row.replace('31', '32')},\n"))
    assert staffed.done("import", "duty", file, "--apply")["new"] == 2
    again = staffed.done("import", "duty", file)
    assert (again["new"], again["unchanged"]) == (0, 2)
    told = staffed.type("check")
    assert told.codes.count("PSY147") == 1
    assert told.codes.count("PSY148") == 1, "no student's campus is called so"
    named = ("--campus", "东校区")
    night = ("--from", "2026-11-03T21:00", "--until", "2026-11-04T07:00")
    staffed.done("duty", "override", "dormitory", "staff:t-031", *night, *named, by=HEAD)
    shown = staffed.type("duty", "show", by=HEAD, plain=True, lang="zh")
    assert shown.out.count("(东校区)") >= 3
    in_turn = staffed.type(*ROTATE, "--campus", "西校区", by=HEAD)
    assert {shift["campus"] for shift in in_turn.data["shifts"]} == {"西校区"}
    assert "PSY051" in in_turn.codes, "nobody stands on two campuses at once"
    wrong = staffed.write("wrong.csv", f"{heading}{row},{'东' * 41}\n")
    assert "PSY050" in staffed.type("import", "duty", str(wrong)).codes
    there = staffed.done("duty", "now", by=HEAD, at="2026-11-02T22:00")
    assert [(line.get("campus"), line["people"]) for line in there] == [
        (None, ["staff:t-032"]),
        ("东校区", ["staff:t-031"]),
    ]
    late = {"by": HEAD, "at": "2026-11-02T22:00"}
    staffed.done("duty", "stop", "dormitory", *named, **late)
    assert not {"PSY147", "PSY148"} & set(staffed.type("check", at="2026-11-02T22:00").codes)


@pytest.mark.parametrize("who", ["student:s-0123456789ab", "staff:nobody"])
def test_who_is_on_duty_is_for_those_who_work_there(staffed: Any, who: str) -> None:
    ran = staffed.type("duty", "now", by=who)
    assert ran.code == 3
    assert ran.codes == ["PSY002"]
