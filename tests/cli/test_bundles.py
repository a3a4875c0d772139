"""Bundles of another system, from the command line to people of the school; again is nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

ONE_1 = {
    "manifest.csv": "propertyName,value\noneroster.version,1.1\n",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type\no1,,,第三中学,school\n",
    "users.csv": (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,"
        "familyName,identifier,sms,agentSourcedIds,password\n"
        "u1,,,true,o1,student,a,三,章,2026040117,,g1,hunter2\n"
        "u2,,,true,o1,student,b,四,黎,2026040118,,,hunter3\n"
        "g1,,,true,o1,parent,c,大,章,,13800000000,,\n"
        "t1,,,true,o1,teacher,d,老师,王,t-017,,,\n"
    ),
    "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,"
    "classType,location,schoolSourcedId\nc1,,,3班,10,,,homeroom,,o1\n",
    "enrollments.csv": (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
        "primary,beginDate,endDate\ne1,,,c1,o1,u1,student,,,\ne2,,,c1,o1,u2,student,,,\n"
        "e3,,,c1,o1,t1,teacher,true,,\n"
    ),
}
ONE_2 = {
    **ONE_1,
    "manifest.csv": "propertyName,value\noneroster.version,1.2\n",
    "users.csv": (
        "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,identifier,"
        "sms,agentSourcedIds,primaryOrgSourcedId\n"
        "u1,active,,true,a,三,章,2026040117,,g1,o1\n"
        "u2,active,,true,b,四,黎,2026040118,,,o1\n"
        "g1,active,,true,c,大,章,,13800000000,,\n"
        "t1,active,,true,d,老师,王,t-017,,,o1\n"
    ),
    "roles.csv": (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"
        "orgSourcedId\nr1,active,,u1,primary,student,,,o1\nr2,active,,u2,primary,student,,,o1\n"
        "r3,active,,g1,primary,parent,,,o1\nr4,active,,t1,primary,teacher,,,o1\n"
    ),
}
SDS = {
    "orgs.csv": "sourcedId,name,type\no1,第三中学,school\n",
    "users.csv": (
        "sourcedId,username,givenName,familyName,password,phone\n2026040117,a,三,章,hunter2,\n"
        "2026040118,b,四,黎,,\ng1,c,大,章,,13800000000\nt-017,d,老师,王,,\n"
    ),
    "roles.csv": (
        "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,"
        "roleEndDate\n2026040117,o1,student,,10,true,,\n2026040118,o1,student,,10,true,,\n"
        "t-017,o1,teacher,,,true,,\n"
    ),
    "classes.csv": "sourcedId,orgSourcedId,title\nc1,o1,高一(3)班\n",
    "enrollments.csv": (
        "classSourcedId,userSourcedId,role\nc1,2026040117,student\nc1,2026040118,student\n"
        "c1,t-017,teacher\n"
    ),
    "relationships.csv": (
        "userSourcedId,relationshipUserSourcedId,relationshipRole\n2026040117,g1,parent\n"
    ),
}
#: How each of them says that the second student has left.
LEAVES = {
    "1.1": ("users.csv", "u2,,,true", "u2,tobedeleted,,true"),
    "1.2": ("users.csv", "u2,active", "u2,tobedeleted"),
    "sds": (
        "roles.csv",
        "2026040118,o1,student,,10,true,,",
        "2026040118,o1,student,,10,true,,2026-10-30",
    ),
}
BUNDLES = {"1.1": ONE_1, "1.2": ONE_2, "sds": SDS}


def packed(place: Path, files: dict[str, str], *, zipped: bool) -> str:
    if zipped:
        with zipfile.ZipFile(place.with_suffix(".zip"), "w") as made:
            for name, text in files.items():
                made.writestr(name, text)
        return str(place.with_suffix(".zip"))
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
    return str(place)


@pytest.mark.clause("A2.1")
@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("version", BUNDLES)
def test_a_bundle_comes_to_people_a_second_time_to_nothing_and_a_leaver_leaves(
    school: Any, version: str, zipped: bool
) -> None:
    files = BUNDLES[version]
    bundle = packed(school.folder / "bundle", files, zipped=zipped)
    staff = school.type("import", "staff", bundle, "--apply").data
    assert staff["refused"] == 0
    ran = school.type("import", "roster", bundle, "--apply")
    assert (ran.data["new"], ran.data["refused"], ran.data["review"]) == (2, 0, 0)
    assert [c["class"] for c in ran.data["classes"]] == ["高一(3)班"]
    again = school.type("import", "roster", bundle, "--apply").data
    assert (again["new"], again["changed"], again["ended"], again["unchanged"]) == (0, 0, 0, 2)
    file, old, new = LEAVES[version]
    assert old in files[file]
    later = {**files, file: files[file].replace(old, new)}
    bundle = packed(school.folder / "later", later, zipped=zipped)
    gone = school.type("import", "roster", bundle, "--apply").data
    assert (gone["changed"], gone["ended"], gone["unchanged"]) == (1, 1, 1)
    for one in (ran, school.type("import", "roster", bundle, "--apply")):
        assert "hunter" not in one.out + one.err
