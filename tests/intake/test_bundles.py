"""Bundles of student-information systems: the same tables as from a school's own files, whatever
is wrong with the export. Everybody in them is invented.
"""

# ruff: noqa: E501  the rows stand as the formats want them

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from psysafe.errors import Finding, InvalidDataError
from psysafe.intake.export import write_refusals
from psysafe.intake.tables import Kind, Table, open_tables

Files = dict[str, str]

ONE_ROSTER_1_1: Files = {
    "manifest.csv": """propertyName,value
manifest.version,1.0
oneroster.version,1.1
file.academicSessions,absent
file.classes,bulk
file.demographics,bulk
file.enrollments,bulk
file.orgs,bulk
file.users,bulk
""",
    "orgs.csv": """sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId
o1,,,第三中学,school,,
""",
    "users.csv": """sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password
u1,,,true,o1,student,zs,,三,张,,2026030117,,,,"g1,g2",10,hunter2
u2,,,true,o1,student,ls,,四,李,,0017,,,,,10,
u3,tobedeleted,,true,o1,student,ww,,五,王,,0018,,,,,10,
g1,,,true,o1,parent,zd,,大,张,,,zd@home.example,13800000000,,u1,,
g2,,,true,o1,guardian,we,,二,王,,,,,13800000001,,,
g3,,,true,o1,parent,ld,,大,李,,,,13800000002,,u2,,
t1,,,true,o1,teacher,wls,,老师,王,,t-017,wang@school.example,13900000000,,,,hunter3
t2,,,true,o1,teacher,zls,,老师,赵,,t-018,,,,,,
a1,,,true,o1,aide,x,,助,孙,,t-019,,,,,,
""",
    "classes.csv": """sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods
c1,,,3班,10,k1,,homeroom,,o1,,,,
c2,,,数学,10,k2,,scheduled,,o1,,,,
""",
    "enrollments.csv": """sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate
e1,,,c1,o1,u1,student,,,
e2,,,c2,o1,u1,student,,,
e3,,,c1,o1,u2,student,,,
e4,,,c1,o1,t1,teacher,true,,
e5,,,c1,o1,t2,teacher,false,,
""",
    "demographics.csv": """sourcedId,status,dateLastModified,birthDate,sex
u1,,,2010-03-05,male
u2,,,31/12/2010,female
""",
}

ONE_ROSTER_1_2: Files = {
    **{
        k: v
        for k, v in ONE_ROSTER_1_1.items()
        if k in ("orgs.csv", "classes.csv", "enrollments.csv")
    },
    "manifest.csv": """propertyName,value
oneroster.version,1.2
file.classes,bulk
file.enrollments,bulk
file.orgs,bulk
file.roles,bulk
file.users,bulk
""",
    "users.csv": """sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,primaryOrgSourcedId
u1,active,,true,zs,,三,张,,2026030117,,,,g1,10,,,,o1
u2,active,,true,ls,,四,李,,0017,,,,,10,,,,o1
g1,active,,true,zd,,大,张,,,,13800000000,,,,,,,
t1,active,,true,wls,,老师,王,,t-017,,,,,,,,,o1
t2,active,,true,zls,,老师,赵,,t-018,,,,,,,,,o1
p1,active,,true,xl,,心理,周,,t-002,,,,,,,,,o1
""",
    "roles.csv": """sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId
r1,active,,u1,primary,student,,,o1,
r2,active,,u2,primary,student,,,o1,
r3,active,,g1,primary,guardian,,,o1,
r4,active,,t1,primary,teacher,2026-09-01,,o1,
r5,active,,p1,primary,counselor,2026-09-01,2027-08-31,o1,
r6,inactive,,t2,primary,counselor,,,o1,
""",
    "userProfiles.csv": "sourcedId,username,password\nx,y,hunter4\n",
}

SDS: Files = {
    "orgs.csv": "sourcedId,name,type,parentSourcedId\no1,第三中学,school,\no2,第三中学北校区,school,o1\n",
    "users.csv": """sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms
0017,ls@x.example,Si,Li,hunter2,,,,
2026030117,zs@x.example,San,Zhang,,,,,
g-1,zd@x.example,Da,Zhang,,,,+8613800000000,
t-017,w@x.example,Wei,Wang,,,w@school.example,,
""",
    "roles.csv": """userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate
0017,o2,student,,10,true,,
2026030117,o1,student,,10,true,,
t-017,o1,teacher,,,true,9/1/2026,
""",
    "classes.csv": "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId,code\nc1,o1,高一(3)班,,,\n",
    "enrollments.csv": """classSourcedId,userSourcedId,role
c1,0017,student
c1,2026030117,student
c1,t-017,teacher
""",
    "relationships.csv": "userSourcedId,relationshipUserSourcedId,relationshipRole\n2026030117,g-1,parent\n",
}


def folder(files: Mapping[str, str], tmp_path: Path) -> Path:
    place = tmp_path / "export"
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


def zipped(files: Mapping[str, str], tmp_path: Path) -> Path:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name, text)
    (tmp_path / "export.zip").write_bytes(out.getvalue())
    return tmp_path / "export.zip"


def one(path: Path, kind: Kind = "roster") -> Table:
    (table,) = open_tables(path, kind)
    return table


def people(table: Table) -> list[dict[str, str]]:
    return [
        {name: cell for name, cell in zip(table.heading, row.cells, strict=True) if cell}
        for row in table.rows
    ]


def codes(table: Table) -> list[str]:
    assert all(f.what and f.why and f.cure for f in table.findings)
    return sorted(f.code for f in table.findings)


def with_(files: Files, **changes: tuple[str, str]) -> Files:
    """The bundle with one text replaced in a file: users=("old", "new")."""
    found = dict(files)
    for name, (old, new) in changes.items():
        assert old in found[f"{name}.csv"]
        found[f"{name}.csv"] = found[f"{name}.csv"].replace(old, new)
    return found


ZHANG = {
    "姓名": "张三",
    "学号": "2026030117",
    "性别": "男",
    "出生日期": "2010-03-05",
    "年级": "10",
    "班级": "3班",
    "班主任": "t-017",
    "sourcedId": "u1",
    "监护人1姓名": "张大",
    "监护人1关系": "父母",
    "监护人1电话": "13800000000",
    "监护人2姓名": "王二",
    "监护人2关系": "监护人",
    "监护人2电话": "13800000001",
}
LI = {
    "姓名": "李四",
    "学号": "0017",
    "性别": "女",
    "出生日期": "2010-12-31",
    "年级": "10",
    "班级": "3班",
    "班主任": "t-017",
    "sourcedId": "u2",
    "监护人1姓名": "李大",
    "监护人1关系": "父母",
    "监护人1电话": "13800000002",
}
#: Whose record is to be deleted: they have left.
WANG = {"姓名": "王五", "学号": "0018", "状态": "离校", "sourcedId": "u3"}


@pytest.mark.parametrize("packed", [folder, zipped])
def test_oneroster_1_1_gives_students_with_class_teacher_and_guardians(
    packed: Callable[[Files, Path], Path], tmp_path: Path
) -> None:
    table = one(packed(ONE_ROSTER_1_1, tmp_path))
    assert people(table) == [ZHANG, LI, WANG]
    assert [row.number for row in table.rows] == [2, 3, 4]
    assert codes(table) == ["PSY256"]
    assert table.where(2, 0) == {"file": table.file, "sheet": "users.csv", "row": 2}


def test_oneroster_1_1_gives_the_homeroom_teacher_and_says_which_roles_it_cannot_use(
    tmp_path: Path,
) -> None:
    table = one(folder(ONE_ROSTER_1_1, tmp_path), "staff")
    assert people(table) == [
        {
            "staff_id": "t-017",
            "姓名": "王老师",
            "角色": "班主任",
            "范围": "10年级3班",
            "邮箱": "wang@school.example",
            "手机": "13900000000",
        }
    ]
    assert codes(table) == ["PSY202", "PSY256"]
    assert next(f for f in table.findings if f.code == "PSY202").where["column"] == "aide"


def test_oneroster_1_2_takes_the_roles_from_their_own_file(tmp_path: Path) -> None:
    path = zipped(ONE_ROSTER_1_2, tmp_path)
    first, second = people(one(path))
    assert (first["姓名"], first["监护人1姓名"], first["监护人1关系"]) == ("张三", "张大", "监护人")
    assert (second["姓名"], second["班级"]) == ("李四", "3班")
    assert [
        (p["staff_id"], p["角色"], p["范围"], p.get("起"), p.get("止"))
        for p in people(one(path, "staff"))
    ] == [
        ("t-017", "班主任", "10年级3班", "2026-09-01", None),
        ("t-002", "心理教师", "全校", "2026-09-01", "2027-08-31"),
    ]


def test_sds_2_1_joins_relationships_and_knows_a_class_by_its_name(tmp_path: Path) -> None:
    path = folder(SDS, tmp_path)
    assert people(one(path)) == [
        {
            "姓名": "Si Li",
            "学号": "0017",
            "年级": "10",
            "班级": "高一(3)班",
            "班主任": "t-017",
            "校区": "第三中学北校区",
            "sourcedId": "0017",
        },
        {
            "姓名": "San Zhang",
            "学号": "2026030117",
            "年级": "10",
            "班级": "高一(3)班",
            "班主任": "t-017",
            "校区": "第三中学",
            "sourcedId": "2026030117",
            "监护人1姓名": "Da Zhang",
            "监护人1关系": "父母",
            "监护人1电话": "+8613800000000",
        },
    ]
    staff = one(path, "staff")
    assert [p["范围"] for p in people(staff)] == ["高一(3)班"]
    # 9/1/2026 is the first of September or the ninth of January.
    assert codes(staff) == ["PSY256", "PSY259"]
    assert "起" not in people(staff)[0]


def test_no_password_leaves_the_reader(tmp_path: Path) -> None:
    for files in (ONE_ROSTER_1_1, ONE_ROSTER_1_2, SDS):
        for kind in ("roster", "staff"):
            place = tmp_path / f"{id(files)}-{kind}"
            place.mkdir()
            table = one(zipped(files, place), kind)  # type: ignore[arg-type]
            assert "hunter" not in "".join(cell for row in table.rows for cell in row.cells)
            assert "hunter" not in repr((table, list(table.rows), table.findings))


def test_wrong_case_a_folder_and_misspelt_names_are_said_and_survived(tmp_path: Path) -> None:
    files = with_(
        ONE_ROSTER_1_1,
        users=("agentSourcedIds", "agentSourceIds"),
        enrollments=("classSourcedId,", "ClassSourcedID,"),
        classes=("sourcedId,status", "sourceId,status"),
    )
    renamed = {f"export/{'Users.CSV' if k == 'users.csv' else k}": v for k, v in files.items()}
    renamed["__MACOSX/export/._users.csv"] = "x"
    table = one(zipped(renamed, tmp_path))
    assert people(table) == [ZHANG, LI, WANG]
    said = {
        (f.where["sheet"], f.where.get("column"))
        for f in table.findings
        if f.code == "PSY255" and "column" in f.where
    }
    assert said == {
        ("users.csv", "agentSourcedIds"),
        ("enrollments.csv", "classSourcedId"),
        ("classes.csv", "sourcedId"),
    }


def test_a_ragged_row_is_refused_with_its_file_and_row_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    files = with_(
        ONE_ROSTER_1_1,
        users=("u2,,,true,o1,student,ls,,四,李,,0017,,,,,10,", "u2,,,true,o1,student,ls,,四"),
        enrollments=("e2,,,c2,o1,u1,student,,,", "e2,,,c2"),
    )
    table = one(folder(files, tmp_path))
    first, second, *_ = table.rows
    assert first.cells[0] == "张三"
    assert [(f.code, f.where["sheet"], f.where["row"]) for f in second.findings] == [
        ("PSY206", "users.csv", 3)
    ]
    ragged = next(f for f in table.findings if f.code == "PSY206")
    assert (ragged.severity, ragged.where["sheet"]) == ("warning", "enrollments.csv")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"enrollments": ("c2,o1,u1", "c9,o1,u1")}, ("enrollments.csv", 3, "classSourcedId")),
        ({"enrollments": ("c2,o1,u1", "c2,o1,u9")}, ("enrollments.csv", 3, "userSourcedId")),
        ({"users": ('"g1,g2"', '"g1,g9,g2"')}, ("users.csv", 2, "agentSourcedIds")),
    ],
)
def test_a_reference_to_nobody_is_said_and_the_rest_joins(
    changes: dict[str, tuple[str, str]], expected: tuple[object, ...], tmp_path: Path
) -> None:
    table = one(folder(with_(ONE_ROSTER_1_1, **changes), tmp_path))
    assert people(table) == [ZHANG, LI, WANG]
    (finding,) = [f for f in table.findings if f.code == "PSY258"]
    assert (finding.where["sheet"], finding.where["row"], finding.where["column"]) == expected


def test_two_homerooms_refuse_the_student_and_two_teachers_name_none(tmp_path: Path) -> None:
    files = with_(
        ONE_ROSTER_1_1,
        classes=("数学,10,k2,,scheduled", "4班,10,k2,,homeroom"),
        enrollments=("t1,teacher,true", "t1,teacher,false"),
    )
    table = one(folder(files, tmp_path))
    first, second, *_ = table.rows
    assert [(f.code, f.where["column"]) for f in first.findings] == [("PSY258", "班级")]
    assert second.findings == ()
    assert dict(zip(table.heading, second.cells, strict=True))["班主任"] == ""


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"manifest": ("file.users,bulk", "file.users,absent")}, "users.csv"),
        ({"manifest": ("file.orgs,bulk", "file.orgs,bulk\nfile.roles,bulk")}, "roles.csv"),
    ],
)
def test_a_manifest_that_says_otherwise_is_said(
    changes: dict[str, tuple[str, str]], name: str, tmp_path: Path
) -> None:
    table = one(folder(with_(ONE_ROSTER_1_1, **changes), tmp_path))
    assert people(table) == [ZHANG, LI, WANG]
    assert [f.facts["name"] for f in table.findings if f.code == "PSY257"] == [name]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5/3/2010", ""),
        ("13.3.2010", "2010-03-13"),
        ("3/13/2010", "2010-03-13"),
        ("4/4/2010", "2010-04-04"),
        ("2010-03-05T00:00:00Z", "2010-03-05"),
        ("2010/3/5", "2010/3/5"),
    ],
)
def test_a_local_date_is_read_where_only_one_day_can_be_meant(
    written: str, read: str, tmp_path: Path
) -> None:
    table = one(folder(with_(ONE_ROSTER_1_1, demographics=("2010-03-05", written)), tmp_path))
    assert people(table)[0].get("出生日期", "") == read
    assert ("PSY259" in codes(table)) == (read == "")


def test_bundles_in_gb18030_with_tabs_are_read_too(tmp_path: Path) -> None:
    place = tmp_path / "export"
    place.mkdir()
    for name, text in SDS.items():
        (place / name).write_bytes(text.replace(",", "\t").encode("gb18030"))
    table = one(place)
    assert table.encoding == "utf-8"  # this users.csv holds ASCII only
    assert people(table)[0]["班级"] == "高一(3)班"


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    head, *rows = ONE_ROSTER_1_1["users.csv"].splitlines()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    turned = {**ONE_ROSTER_1_1, "users.csv": "\n".join([head, *reversed(rows)])}
    first = people(one(folder(ONE_ROSTER_1_1, tmp_path / "a")))
    second = people(one(folder(turned, tmp_path / "b")))
    assert first == second[::-1]


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    path = folder({"users.csv": "sourcedId\nu1\n"}, tmp_path)
    with pytest.raises(InvalidDataError) as caught:
        open_tables(path, "roster")
    assert caught.value.code == "PSY254"
    with pytest.raises(InvalidDataError) as caught:
        open_tables(zipped({"a.csv": "姓名\n"}, tmp_path), "roster")
    assert caught.value.code == "PSY241"
    (tmp_path / "b").mkdir()
    with pytest.raises(InvalidDataError) as caught:
        open_tables(folder(SDS, tmp_path / "b"), "answers")
    assert caught.value.code == "PSY241"


def test_a_damaged_file_of_a_bundle_is_named(tmp_path: Path) -> None:
    path = folder({**SDS, "roles.csv": 'a,b\n"1"x,2\n'}, tmp_path)
    with pytest.raises(InvalidDataError) as caught:
        open_tables(path, "roster")
    assert caught.value.finding.where == {"file": "export", "sheet": "roles.csv", "row": 2}


def test_a_bomb_among_the_files_is_refused(tmp_path: Path) -> None:
    files = {**SDS, "enrollments.csv": "classSourcedId,userSourcedId,role\n" + "x" * 30_000_000}
    with pytest.raises(InvalidDataError) as caught:
        open_tables(zipped(files, tmp_path), "roster")
    assert caught.value.code == "PSY245"


TODAY = date(2026, 11, 2)


def left(files: Files, tmp_path: Path, today: date | None = TODAY) -> tuple[list[str], Table]:
    (table,) = open_tables(folder(files, tmp_path), "roster", today=today)
    return [p["学号"] for p in people(table) if p.get("状态") == "离校"], table


def test_whose_record_is_to_be_deleted_has_left_and_stays_no_guardian_or_teacher(
    tmp_path: Path,
) -> None:
    files = with_(
        ONE_ROSTER_1_1,
        users=("g2,,,true,o1,guardian", "g2,tobedeleted,,true,o1,guardian"),
    )
    who, table = left(files, tmp_path)
    assert who == ["0018"]
    assert "监护人2姓名" not in people(table)[0]


@pytest.mark.parametrize(
    ("changes", "gone", "said"),
    [
        # Only the account is off.
        ({"users": ("u2,,,true", "u2,,,false")}, [], ["PSY277"]),
        (
            {"enrollments": ("e3,,,c1,o1,u2,student,,,", "e3,,,c1,o1,u2,student,,,2026-09-30")},
            [],
            [],
        ),
        (
            {
                "users": ("u2,,,true", "u2,,,false"),
                "enrollments": (
                    "e3,,,c1,o1,u2,student,,,",
                    "e3,,,c1,o1,u2,student,,,2026-09-30",
                ),
            },
            ["0017"],
            [],
        ),
        (
            {
                "users": ("u2,,,true", "u2,,,false"),
                "enrollments": (
                    "e3,,,c1,o1,u2,student,,,",
                    "e3,,,c1,o1,u2,student,,,2027-07-10",
                ),
            },
            [],
            ["PSY277"],
        ),
    ],
)
def test_an_account_or_a_date_alone_takes_nobody_out(
    changes: dict[str, tuple[str, str]], gone: list[str], said: list[str], tmp_path: Path
) -> None:
    who, table = left(with_(ONE_ROSTER_1_1, **changes), tmp_path)
    assert who == [*gone, "0018"]
    assert [c for c in codes(table) if c == "PSY277"] == said
    # Who has not left is still in a class.
    assert all(p.get("班级") for p in people(table) if p["学号"] not in who)


def test_a_role_as_student_that_was_taken_back_or_has_ended_is_a_departure(tmp_path: Path) -> None:
    ended = with_(
        ONE_ROSTER_1_2, roles=("u2,primary,student,,,", "u2,primary,student,,2026-10-01,")
    )
    assert left(ended, tmp_path)[0] == ["0017"]
    (tmp_path / "export").rename(tmp_path / "before")
    taken = with_(ONE_ROSTER_1_2, roles=("r2,active,", "r2,tobedeleted,"))
    assert left(taken, tmp_path)[0] == ["0017"]


def test_an_sds_role_that_has_ended_is_a_departure_where_today_is_known(tmp_path: Path) -> None:
    files = with_(SDS, roles=("0017,o2,student,,10,true,,", "0017,o2,student,,10,true,,2026-10-01"))
    assert left(files, tmp_path)[0] == ["0017"]
    (tmp_path / "export").rename(tmp_path / "before")
    assert left(files, tmp_path, None)[0] == []


def test_a_year_that_has_ended_is_no_departure_of_everybody(tmp_path: Path) -> None:
    files = dict(SDS)
    files["roles.csv"] = files["roles.csv"].replace(
        "student,,10,true,,", "student,,10,true,,2026-07-10"
    )
    who, table = left(files, tmp_path)
    assert who == []
    assert "PSY277" in codes(table)
    assert [p["班级"] for p in people(table)] == ["高一(3)班", "高一(3)班"]


def test_a_finding_about_a_file_of_a_bundle_names_its_cell(tmp_path: Path) -> None:
    files = with_(ONE_ROSTER_1_1, enrollments=("c2,o1,u1", "c2,o1,u9"))
    (finding,) = [f for f in one(folder(files, tmp_path)).findings if f.code == "PSY258"]
    assert finding.where["cell"] == "F3"


def test_refused_rows_of_a_bundle_are_written_with_what_was_read_and_no_password(
    tmp_path: Path,
) -> None:
    table = one(folder(ONE_ROSTER_1_1, tmp_path))
    finding = Finding(code="PSY230", where={**table.where(3), "column": "学号"})
    out = tmp_path / "refused.csv"
    write_refusals(out, [table], [finding], "zh")
    heading, row = out.read_text(encoding="utf-8-sig").splitlines()
    assert "姓名,学号" in heading
    assert "李四,0017" in row
    assert "李大" in row
    assert "hunter" not in out.read_text(encoding="utf-8-sig")
