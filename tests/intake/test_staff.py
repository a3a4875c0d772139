"""The staff file: who holds which role for whom, and how they are reached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.domain.codes import ROLES
from psysafe.domain.people import Roster
from psysafe.domain.rosters import fold_roster
from psysafe.errors import Finding, InvalidDataError
from psysafe.ids import ClassId, derived_command, make_id
from psysafe.intake.classes import class_key, scopes
from psysafe.intake.staff import StaffImport, read_staff
from psysafe.intake.tables import read_table

KEY = b"k" * 32
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 9, 10, 2, tzinfo=UTC)
HEADING = "staff_id,姓名,角色,范围,邮箱,手机,起,止"
WANG = "t-017,王老师,班主任,高一(3)班,wang@school.example,13800000000,2026-09-01,"
LI = "t-002,李老师,心理教师,高一;高二,li@school.example,,2026-09-01,"
CHEN = "t-001,陈校长,领导小组组长,全校,,,2026-09-01,"


def class_id(grade: str, name: str) -> ClassId:
    return ClassId(make_id(KEY, derived_command(KEY, "class", grade, name), "cl", 0))


CLASS = class_id("g10", "高一(3)班")


def local(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=ZONE).astimezone(UTC)


def imported(
    *rows: str,
    roster: Roster | None = None,
    heading: str = HEADING,
    now: datetime = NOW,
    channels: dict[str, str] | None = None,
) -> StaffImport:
    table = read_table("\n".join((heading, *rows)).encode(), "staff.csv", "staff")
    return read_staff(
        [table],
        roster or Roster(),
        ZONE,
        now,
        class_id=class_id,
        channels=channels,
    )


def after(found: StaffImport, roster: Roster | None = None) -> Roster:
    folded = roster or Roster()
    for event in found.events:
        folded = fold_roster(folded, event)
    return folded


def only(found: StaffImport) -> Finding:
    (finding,) = found.findings
    assert finding.what
    assert finding.why
    assert finding.cure
    return finding


def test_the_staff_of_a_school_come_in_with_roles_scopes_and_addresses() -> None:
    found = imported(WANG, LI, CHEN)
    assert (found.new, found.changed, found.ended, found.unchanged) == (3, 0, 0, 0)
    assert found.findings == ()
    staff = after(found).staff
    wang, li, chen = staff["staff:t-017"], staff["staff:t-002"], staff["staff:t-001"]
    assert wang.addresses == {"email": "wang@school.example", "mobile": "13800000000"}
    assert [(r.role, r.scope.kind, r.scope.values) for r in (*wang.roles, *li.roles)] == [
        ("homeroom_teacher", "class", (CLASS,)),
        ("counselor", "grade", ("g10", "g11")),
    ]
    assert wang.roles[0].since == local(2026, 9, 1)
    assert wang.roles[0].until is None
    assert chen.roles[0].role == "leading_group_head"
    assert chen.roles[0].scope.covers("g12", CLASS)
    assert li.addresses == {"email": "li@school.example"}


@pytest.mark.parametrize("code", sorted(ROLES))
def test_every_role_is_understood_by_its_code_and_by_each_of_its_words(code: str) -> None:
    word = ROLES[code]
    for text in (code, word.zh, word.en, *word.also, f" {word.zh} "):
        found = imported(f"t-1,甲,{text},全校,,,,")
        assert [r.role for r in after(found).staff["staff:t-1"].roles] == [code], text


@pytest.mark.parametrize(
    ("row", "code", "cell"),
    [
        ("t-1,甲,班主仼,高一(3)班,,,,", "PSY202", "C2"),
        ("t-1,甲,班主任,后勤,,,,", "PSY211", "D2"),
        ("t-1,甲,班主任,高一;高一(3)班x,,,,", "PSY211", "D2"),
        (",甲,班主任,全校,,,,", "PSY208", "A2"),
        ("t-1,,班主任,全校,,,,", "PSY208", "B2"),
        ("t-1,甲,,全校,,,,", "PSY208", "C2"),
        ("t-1,甲,班主任,,,,,", "PSY208", "D2"),
        ("王老师,甲,班主任,全校,,,,", "PSY223", "A2"),
        ("t 1/x,甲,班主任,全校,,,,", "PSY223", "A2"),
        ("t-1,甲,班主任,全校,,1.38E+10,,", "PSY203", "F2"),
        ("t-1,甲,班主任,全校,,张三,,", "PSY227", "F2"),
        ("t-1,甲,班主任,全校,,13800000000;13800000001,,", "PSY227", "F2"),
        ("t-1,甲,班主任,全校,,,九月,", "PSY215", "G2"),
        ("t-1,甲,班主任,全校,,,2026-02-30,", "PSY215", "G2"),
        ("t-1,甲,班主任,全校,,,0001-01-01,", "PSY215", "G2"),
        ("t-1,甲,班主任,全校,,,2026-09-01,2026-09-01", "PSY224", "H2"),
        ("t-1,甲,班主任,全校," + "x" * 201 + ",,,", "PSY021", "E2"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_cell_and_changes_nothing(
    row: str, code: str, cell: str
) -> None:
    found = imported(row)
    finding = only(found)
    assert (finding.code, finding.severity) == (code, "error")
    assert finding.where["file"] == "staff.csv"
    assert (finding.where["row"], finding.where["cell"]) == (2, cell)
    assert found.events == ()
    assert found.refused == 1


def test_one_bad_row_does_not_keep_the_others_out() -> None:
    found = imported("t-1,甲,班主仼,高一(3)班,,,,", LI)
    assert (found.new, found.refused) == (1, 1)
    assert set(after(found).staff) == {"staff:t-002"}


def test_nothing_private_stands_in_a_finding() -> None:
    found = imported(
        "张三,张三,张三,张三,张三,张三,张三,张三", heading=HEADING.replace("邮箱", "张三")
    )
    said = "".join(f"{f.what}{f.why}{f.cure}{f.where}{f.facts}{f!r}" for f in found.findings)
    assert found.refused == 1
    assert "张三" not in said


@pytest.mark.parametrize("column", ["staff_id", "姓名", "角色", "范围"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(InvalidDataError) as caught:
        imported(WANG, heading=HEADING.replace(column, "别的"))
    assert [(f.code, f.where["column"]) for f in caught.value.findings] == [("PSY201", column)]


def test_a_heading_that_stands_twice_is_refused_and_an_unknown_one_is_listed() -> None:
    with pytest.raises(InvalidDataError) as caught:
        imported(WANG, heading=HEADING.replace("邮箱", "手机"))
    assert caught.value.code == "PSY218"
    finding = only(imported(WANG, heading=HEADING.replace("邮箱", "职称")))
    assert (finding.code, finding.severity, finding.facts["columns"]) == ("PSY221", "note", "E")


def test_the_same_file_a_second_time_changes_nothing() -> None:
    rows = (WANG, LI, CHEN, "t-003,赵老师,校医,全校,,,,", "t-004,钱,校医,全校,,,,2026-12-01")
    roster = after(imported(*rows))
    again = imported(*rows, roster=roster, now=NOW + timedelta(days=30))
    assert (again.events, again.unchanged) == ((), 5)


def test_a_row_that_is_missing_ends_nothing() -> None:
    roster = after(imported(WANG, LI, CHEN))
    found = imported(LI, roster=roster)
    assert found.events == ()
    assert after(found, roster) == roster


def test_a_changed_telephone_changes_the_person_and_keeps_the_roles() -> None:
    roster = after(imported(WANG))
    found = imported(WANG.replace("13800000000", "+86 138-0000-0009"), roster=roster)
    wang = after(found, roster).staff["staff:t-017"]
    assert (found.changed, found.ended) == (1, 0)
    assert wang.addresses["mobile"] == "13800000009"
    assert wang.roles == roster.staff["staff:t-017"].roles


def test_a_file_without_the_column_of_telephones_keeps_those_that_are_known() -> None:
    roster = after(imported(WANG))
    row = "t-017,王老师,班主任,高一(3)班,wang@school.example,2026-09-01,"
    found = imported(row, heading=HEADING.replace("手机,", ""), roster=roster)
    assert found.events == ()


def test_an_end_ends_the_role_with_the_midnight_that_begins_the_day() -> None:
    roster = after(imported(WANG))
    found = imported(f"{WANG}2026-10-01", roster=roster)
    (role,) = after(found, roster).staff["staff:t-017"].roles
    assert found.ended == 1
    assert role.until == local(2026, 10, 1)
    assert not role.holds(local(2026, 10, 1))
    assert role.holds(local(2026, 10, 1) - timedelta(microseconds=1))
    again = imported(f"{WANG}2026-10-01", roster=after(found, roster))
    assert again.events == ()


def test_an_old_file_does_not_give_back_a_role_that_has_ended() -> None:
    ended = after(imported(f"{WANG}2026-09-05"))
    for stale in (WANG, WANG.replace("2026-09-01", ""), WANG.replace("2026-09-01", "2026-08-01")):
        found = imported(stale, roster=ended)
        assert only(found).code == "PSY229"
        assert after(found, ended) == ended


def test_a_role_begins_again_with_a_new_day() -> None:
    ended = after(imported(f"{WANG}2026-09-05"))
    found = imported(WANG.replace("2026-09-01", "2026-09-09"), roster=ended)
    roles = after(found, ended).staff["staff:t-017"].roles
    assert found.findings == ()
    assert [role.holds(NOW) for role in roles] == [False, True]


def test_an_end_in_the_future_can_be_taken_back() -> None:
    roster = after(imported(f"{WANG}2026-10-01"))
    found = imported(WANG, roster=roster)
    (role,) = after(found, roster).staff["staff:t-017"].roles
    assert role.until is None


def test_a_corrected_beginning_leaves_one_role_that_a_later_end_ends() -> None:
    roster = after(imported(WANG.replace("2026-09-01", "2026-09-08")))
    roster = after(imported(WANG, roster=roster), roster)
    (role,) = roster.staff["staff:t-017"].roles
    assert role.since == local(2026, 9, 1)
    roster = after(imported(f"{WANG}2026-09-04", roster=roster), roster)
    assert not any(role.holds(NOW) for role in roster.staff["staff:t-017"].roles)


def test_two_rows_about_one_person_that_contradict_each_other_are_both_refused() -> None:
    found = imported(WANG, "t-017,汪老师,年段长,高一,,,2026-09-01,", LI)
    assert [(f.code, f.where["row"]) for f in found.findings] == [("PSY222", 2), ("PSY222", 3)]
    assert set(after(found).staff) == {"staff:t-002"}
    overlap = imported(WANG, WANG.replace("2026-09-01", "2026-09-05"))
    assert {f.code for f in overlap.findings} == {"PSY222"}
    assert overlap.events == ()


def test_one_person_holds_several_roles_by_several_rows() -> None:
    found = imported(WANG, "t-017,王老师,年段长,高一,,,2026-09-01,", WANG)
    assert [r.role for r in after(found).staff["staff:t-017"].roles] == [
        "grade_head",
        "homeroom_teacher",
    ]
    assert found.findings == ()


MORE = HEADING + ",代理,缺勤起,缺勤止"


def test_a_deputy_stands_in_from_the_first_to_the_last_day_away() -> None:
    found = imported(WANG + ",t-002,2026-09-10,2026-09-11", LI + ",,,", heading=MORE)
    roster = after(found)
    wang = roster.staff["staff:t-017"]
    stands_in = roster.standing_in(wang, local(2026, 9, 12) - timedelta(seconds=1))
    assert stands_in is not None
    assert stands_in.id == "staff:t-002"
    assert roster.standing_in(wang, local(2026, 9, 12)) == wang
    again = imported(WANG + ",t-002,2026-09-10,2026-09-11", LI + ",,,", heading=MORE, roster=roster)
    assert again.events == ()


@pytest.mark.parametrize(
    ("tail", "code", "column"),
    [
        (",t-099,,", "PSY225", "代理"),
        (",t-017,,", "PSY225", "代理"),
        (",,2026-09-10,", "PSY208", "缺勤止"),
        (",,,2026-09-10", "PSY208", "缺勤起"),
        (",,2026-09-10,2026-09-09", "PSY224", "缺勤止"),
        (",,2026-09-10,bald", "PSY215", "缺勤止"),
    ],
)
def test_an_absence_or_deputy_that_means_nothing_is_refused(
    tail: str, code: str, column: str
) -> None:
    finding = only(imported(WANG + tail, heading=MORE))
    assert (finding.code, finding.where["column"]) == (code, column)


def test_a_deputy_whose_own_row_is_refused_is_nobody() -> None:
    found = imported(WANG + ",t-002,,", LI + ",t-003,,", "t-003,丙,谁,全校,,,,,,,", heading=MORE)
    assert [f.code for f in found.findings] == ["PSY225", "PSY225", "PSY202"]
    assert found.events == ()


def test_a_column_may_hold_the_address_of_a_channel_and_mail_serves_mail_channels() -> None:
    found = imported(
        f"{WANG},wx-17",
        heading=f"{HEADING},wecom",
        channels={"wecom": "wecom_app", "mail": "email", "inbox": "inbox"},
    )
    assert found.findings == ()
    assert after(found).staff["staff:t-017"].addresses == {
        "email": "wang@school.example",
        "mail": "wang@school.example",
        "mobile": "13800000000",
        "wecom": "wx-17",
    }


ROWS = [
    WANG,
    LI,
    CHEN,
    "t-017,王老师,年段长,高一,,,2026-09-01,2027-07-01",
    "t-002,李老师,心理教师,高三,,,2026-09-01,",
    "t-004,周,宿管,全校,,,,",
    "t-005,吴,班主仼,全校,,,,",
]


@given(st.permutations(ROWS), st.permutations(ROWS))
def test_the_order_of_the_rows_means_nothing(one: list[str], other: list[str]) -> None:
    first, second = imported(*one), imported(*other)
    assert after(first) == after(second)
    assert first.events == second.events
    again = imported(*other, roster=after(first), now=NOW + timedelta(days=1))
    assert again.events == ()


_days = st.integers(1, 28).map(lambda day: f"2026-09-{day:02}")
_rows = st.builds(
    lambda since, until: WANG.replace("2026-09-01", since) + until,
    st.one_of(st.just(""), _days),
    st.one_of(st.just(""), _days),
)


@given(st.lists(_rows, max_size=4))
def test_whatever_was_imported_before_the_same_file_twice_changes_nothing(
    files: list[str],
) -> None:
    roster = Roster()
    for row in files:
        roster = after(imported(row, roster=roster), roster)
        again = imported(row, roster=roster)
        assert again.events == ()


@given(st.data())
def test_no_old_file_gives_back_a_role_that_has_ended(data: st.DataObject) -> None:
    end = data.draw(st.integers(2, 10), "end")
    begin = data.draw(st.integers(1, end - 1), "begin")
    ended = after(imported(WANG.replace("-01,", f"-{begin:02},") + f"2026-09-{end:02}"))
    days = st.integers(1, end - 1).map(lambda day: f"2026-09-{day:02}")
    stale = data.draw(st.one_of(st.just(""), st.just("2026-08-01"), days), "stale")
    found = imported(WANG.replace("2026-09-01", stale), roster=ended)
    assert only(found).code == "PSY229"
    assert after(found, ended) == ended
    assert not any(role.holds(NOW) for role in ended.staff["staff:t-017"].roles)


@pytest.mark.parametrize(
    ("grade", "name"),
    [
        ("高一", "3班"),
        ("高一", "3"),
        ("高一", "03班"),
        ("高一", "三班"),
        ("高一", "(3)班"),
        ("高一", "高一（3）班"),
        ("", "高一(3)班"),
        ("", "高一3班"),
        ("十年级", "高一(3)班"),
        ("10", "3"),
        ("g10", "3"),
        ("高中一年级", "３班"),
        ("高1", "3"),
        ("", "10年级3班"),
    ],
)
def test_one_class_has_one_key_however_it_is_written(grade: str, name: str) -> None:
    assert class_key(grade, name) == ("g10", "高一(3)班")


@pytest.mark.parametrize(
    ("grade", "name", "key"),
    [
        ("初三", "十二班", ("g9", "初三(12)班")),
        ("", "五年级二班", ("g5", "五年级(2)班")),
        ("高三", "火箭班", ("g12", "高三(火箭)班")),
        ("一年级", "1", ("g1", "一年级(1)班")),
        ("", "高一一班", ("g10", "高一(1)班")),
        ("", "高一十一班", ("g10", "高一(11)班")),
    ],
)
def test_other_classes_have_other_keys(grade: str, name: str, key: tuple[str, str]) -> None:
    assert class_key(grade, name) == key


@pytest.mark.parametrize(
    ("grade", "name"),
    [
        ("", "3班"),
        ("高二", "高一3班"),
        ("2026级", "3班"),
        ("高一", "0"),
        ("高一", ""),
        ("高一", "?"),
    ],
)
def test_a_class_that_is_not_clear_is_not_guessed(grade: str, name: str) -> None:
    assert not isinstance(class_key(grade, name), tuple)


def test_a_scope_of_several_classes_is_one_scope_for_each() -> None:
    found = scopes("高一(3)班、高一4班", class_id)
    assert isinstance(found, tuple)
    assert [len(scope.values) for scope in found] == [1, 1]
    assert CLASS in {scope.values[0] for scope in found}


# -- as schools write it ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("班主任、年段长", ["grade_head", "homeroom_teacher"]),
        ("班主任/年级组长", ["grade_head", "homeroom_teacher"]),
        ("Homeroom Teacher", ["homeroom_teacher"]),
        ("COUNSELOR", ["counselor"]),
        ("正班主任", ["homeroom_teacher"]),
    ],
)
def test_a_cell_may_name_several_roles_in_any_of_their_words(text: str, roles: list[str]) -> None:
    found = imported(f"t-1,甲,{text},高一3班,,,,")
    assert sorted(r.role for r in after(found).staff["staff:t-1"].roles) == roles


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("高一1班、2班", ["高一(1)班", "高一(2)班"]),
        ("高一(1)班；高二(2)班", ["高一(1)班", "高二(2)班"]),
        ("高一1-3班", ["高一(1)班", "高一(2)班", "高一(3)班"]),
        ("10.1|10.2", ["高一(1)班", "高一(2)班"]),
    ],
)
def test_a_range_may_name_several_classes(text: str, classes: list[str]) -> None:
    found = imported(f"t-1,甲,班主任,{text},,,,")
    grades = {"高一": "g10", "高二": "g11"}
    wanted = {class_id(grades[name[:2]], name) for name in classes}
    assert {r.scope.values[0] for r in after(found).staff["staff:t-1"].roles} == wanted


def test_a_deputy_may_be_written_by_name_where_only_one_person_has_it() -> None:
    heading = "staff_id,姓名,角色,范围,代理"
    rows = ["t-1,甲,班主任,高一1班,乙", "t-2,乙,班主任,高一2班,", "t-3,丙,班主任,高一3班,丁"]
    found = imported(*rows, heading=heading)
    assert only(found).code == "PSY223"
    assert after(found).staff["staff:t-1"].deputy == "staff:t-2"
    twins = imported(*rows[:2], "t-9,乙,班主任,高一9班,", heading=heading)
    assert [f.code for f in twins.findings] == ["PSY223"]


def test_a_staff_number_that_lost_digits_is_refused() -> None:
    assert only(imported("1017.0,甲,班主任,高一1班,,,,")).code == "PSY203"


def test_days_may_be_written_as_schools_write_them() -> None:
    for text in (
        "20260901",
        "2026/9/1",
        "2026年9月1日",
        "2026.9.1",
        "46266",
        "2026-09-01 00:00:00",
    ):
        found = imported(f"t-1,甲,班主任,高一1班,,,{text},")
        assert after(found).staff["staff:t-1"].roles[0].since == local(2026, 9, 1), text
