"""`check` finds the holes in the net while nobody needs it yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psysafe.cli.output import width
from psysafe.errors import Finding
from psysafe.testing import InventedSchool, open_school

STEP = """\
format = 1
extends = "three-tier@1"
[routes.linkage]
origin = { kind = "site", ref = "a test" }
[[routes.linkage.steps]]
role = "counselor"
relation = "of_grade"
channels = ["inbox", "CHANNEL"]
"""


def _found(school: Any, code: str, **more: Any) -> list[dict[str, Any]]:
    ran = school.type("check", **more)
    assert ran.code in (0, 1)
    return [finding for finding in ran.whole["findings"] if finding["code"] == code]


def test_a_school_without_people_is_told_what_is_missing(empty: Any) -> None:
    ran = empty.type("check")
    assert ran.code == 1
    roles = {
        f["what"].rpartition(" ")[0] for f in ran.whole["findings"] if f["severity"] == "error"
    }
    assert len(roles) > 3
    assert ran.data["errors"] == sum(f["severity"] == "error" for f in ran.whole["findings"])


def test_every_finding_has_a_place_a_reason_and_a_cure_in_both_languages(empty: Any) -> None:
    english = empty.type("check", lang="en").whole["findings"]
    chinese = empty.type("check", lang="zh").whole["findings"]
    assert [f["code"] for f in english] == [f["code"] for f in chinese]
    for one, other in zip(english, chinese, strict=True):
        for part in ("what", "why", "cure"):
            assert one[part]
            assert one[part] != other[part]


def test_a_class_without_homeroom_teacher(school: Any) -> None:
    assert _found(school, "PSY112") == []
    text = "姓名,学号,年级,班级\n钱七,2026030401,高一,4班\n"
    school.done("import", "roster", str(school.write("more.csv", text)), "--apply")
    more = text + "孙八,2026030402,高一,5班\n"
    school.done("import", "roster", str(school.write("more.csv", more)), "--apply")
    # One line, however many classes, called as people call them.
    (found,) = _found(school, "PSY112")
    assert found["what"] == "classes without a homeroom teacher (2): 高一(4)班, 高一(5)班"


def test_a_calendar_without_this_year(school: Any) -> None:
    assert [f["severity"] for f in _found(school, "PSY110")] == ["note"]  # of the next year
    school.write("calendar.toml", "format = 1\n")
    found = [f for f in _found(school, "PSY110") if f["severity"] == "error"]
    assert found[0]["where"]["file"] == "calendar.toml"
    assert "2026" in found[0]["cure"]


def test_a_step_over_a_channel_that_is_not_there(school: Any) -> None:
    school.write("plan.toml", STEP.replace("CHANNEL", "pager"))
    found = _found(school, "PSY113")
    assert found[0]["where"]["path"] == "routes.linkage.steps[0]"
    routes = school.done("explain", "no:2026030117", by="staff:t-017")["routes"]
    told = routes[0]["steps"][0]["told"]
    assert {t["channel"]: t.get("missing") for t in told} == {"inbox": None, "pager": "no_channel"}


def test_somebody_of_a_step_who_cannot_be_reached_over_its_channel(school: Any) -> None:
    school.write("plan.toml", STEP.replace("CHANNEL", "second"))
    settings = (school.folder / "psysafe.toml").read_text()
    school.write("psysafe.toml", settings + '\n[channels.second]\nuse = "inbox"\n')
    # Nothing but the inbox would reach either of them: said once, with both.
    (found,) = _found(school, "PSY134")
    assert found["what"].endswith("(2): staff:t-002, staff:t-012")
    assert _found(school, "PSY114") == []
    text = "staff_id,姓名,角色,范围,手机,起,second\n"
    text += "t-002,李老师,心理教师,全校,13800000002,2026-09-01,staff:t-002\n"
    school.done("import", "staff", str(school.write("staff.csv", text)), "--apply")
    (found,) = _found(school, "PSY134")
    assert found["what"].endswith("(1): staff:t-012")


def test_whoever_is_reached_over_one_channel_lacks_an_address_for_the_other(school: Any) -> None:
    step = STEP.replace('"inbox", "CHANNEL"', '"inbox", "second", "third"')
    school.write("plan.toml", step)
    settings = (school.folder / "psysafe.toml").read_text()
    for name in ("second", "third"):
        settings += f'\n[channels.{name}]\nuse = "inbox"\n'
    school.write("psysafe.toml", settings)
    text = "staff_id,姓名,角色,范围,second\nt-002,李老师,心理教师,全校,staff:t-002\n"
    school.done("import", "staff", str(school.write("staff.csv", text)), "--apply")
    (found,) = _found(school, "PSY114")
    assert found["what"] == "people of the plan without an address for third (1): staff:t-002"
    (found,) = _found(school, "PSY134")
    assert found["what"].endswith("(1): staff:t-012")


def test_live_cases_of_a_class_whose_teacher_is_gone_are_said_without_a_number_or_a_name(
    tmp_path: Path,
) -> None:
    def found(school: InventedSchool) -> list[Finding]:
        return [f for f in school.net.operator().check() if f.code == "PSY133"]

    with open_school(tmp_path / "invented") as school:
        for number in (1, 2):
            symptoms = {"insomnia": "severe"}
            school.desk("homeroom-1").signals.report(school.number(number), "peer", symptoms)
        assert found(school) == []
        school.leaves("homeroom-2")  # no case in that class
        assert found(school) == []
        school.leaves("homeroom-1")
        (one,) = found(school)
        assert (one.facts, dict(one.where)) == ({}, {})


def test_the_scales_of_the_plan_with_numbers_nobody_has_checked_are_one_note_each(
    school: Any,
) -> None:
    found = [*_found(school, "PSY136"), *_found(school, "PSY137")]
    assert {f["severity"] for f in found} == {"note"}
    assert [f["what"].split()[2] for f in _found(school, "PSY136")] == ["sds"]
    names = [f["what"].split()[4] for f in _found(school, "PSY137")]
    assert names == ["gad7", "phq_a", "sds"]


def test_a_record_that_is_later_than_this_machines_clock_tells_of_a_slow_one(school: Any) -> None:
    assert _found(school, "PSY138") == []
    assert _found(school, "PSY138", at="2026-11-02T19:59:58") == []
    (found,) = _found(school, "PSY138", at="2026-11-02T19:59:30")
    assert "30 s" in found["what"]


def test_the_worst_comes_first_and_what_has_one_cure_says_it_once(
    empty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = empty.type("check").whole["findings"]
    gravity = [("error", "warning", "note").index(f["severity"]) for f in found]
    assert gravity == sorted(gravity)
    page = empty.type("check", plain=True).out
    assert page.count("PSY106") > 5
    assert page.count("enter somebody with this role") == 1
    for columns in (80, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        for lang in ("zh", "en"):
            lines = empty.type("check", plain=True, lang=lang).out.splitlines()
            assert [line for line in lines if width(line) > columns] == []


def test_an_id_that_is_a_name(school: Any) -> None:
    assert _found(school, "PSY118") == []
    text = "staff_id,姓名,角色,范围\nWangFang,Wang Fang,班主任,高一(5)班\n"
    school.done("import", "staff", str(school.write("more.csv", text)), "--apply")
    assert len(_found(school, "PSY118")) == 1


def test_a_channel_with_a_wrong_setting(school: Any) -> None:
    settings = (school.folder / "psysafe.toml").read_text()
    school.write("psysafe.toml", settings.replace('use = "inbox"', 'use = "inbox"\ncolour = "red"'))
    found = _found(school, "PSY601")
    assert found[0]["where"]["path"] == "channels.inbox"


def test_a_channel_whose_secret_is_missing(school: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = (school.folder / "psysafe.toml").read_text()
    more = '\n[channels.second]\nuse = "inbox"\npassword = { env = "NOT_THERE" }\n'
    school.write("psysafe.toml", settings + more)
    monkeypatch.delenv("NOT_THERE", raising=False)
    found = _found(school, "PSY116")
    assert found[0]["where"]["path"].startswith("channels.second.password")
    assert _found(school, "PSY113") == []
    assert school.type("cases", by="staff:t-002").code == 0


def test_a_disabled_plugin_that_is_not_installed(school: Any) -> None:
    settings = (school.folder / "psysafe.toml").read_text()
    school.write("psysafe.toml", settings.replace("disabled = []", 'disabled = ["psysafe-sms"]'))
    assert len(_found(school, "PSY512")) == 1
    states = {line["name"]: line["state"] for line in school.type("plugins").data}
    assert states["psysafe-sms"] == "disabled"


def test_a_sound_school_has_nothing_to_object(school: Any) -> None:
    rows = ["staff_id,姓名,角色,范围"]
    roles = [
        "年段长",
        "政教处负责人",
        "值班人员",
        "领导小组组长",
        "领导小组副组长",
        "领导小组核心成员",
        "学生保护专员",
    ]
    for n, role in enumerate(roles):
        rows += [f"x-{n}a,甲{n},{role},全校", f"x-{n}b,乙{n},{role},全校"]
    rows.append("x-9,丙,班主任,高一(3)班")
    school.done("import", "staff", str(school.write("more.csv", "\n".join(rows))), "--apply")
    ran = school.type("check")
    # One way only, a next year whose notice is not out yet, no roster of duty, no second place
    # for heads, no recovery shares of an invented school, and roles that nobody signs for: no more.
    found = [(f["code"], f["severity"]) for f in ran.whole["findings"]]
    assert [one for one in found if one[0] not in ("PSY136", "PSY137")] == [
        ("PSY126", "warning"),
        ("PSY150", "warning"),
        ("PSY110", "note"),
        ("PSY056", "note"),
        ("PSY753", "note"),
        ("PSY719", "note"),
        ("PSY749", "note"),
    ]
    ways = school.type("check", plain=True, lang="zh").out
    assert "夜里收件箱叫不醒人" in ways


def test_a_missing_role_is_said_once_however_often_the_plan_names_it(empty: Any) -> None:
    found = _found(empty, "PSY106")
    roles = [f["what"].partition(" the role ")[2] for f in found]
    assert len(roles) == len(set(roles)) > 5


def test_keys_that_others_may_read_are_found(school: Any) -> None:
    assert _found(school, "PSY132") == []
    (school.folder / "keys" / "part.key").chmod(0o644)
    (found,) = _found(school, "PSY132")
    assert "644" in found["what"]
    assert school.done("doctor")["private_files"] == "open"


def test_the_doctor_says_what_this_machine_has(school: Any) -> None:
    found = school.done("doctor")
    assert found["tzdata"] != "missing"
    assert found["languages_there"] == ["zh", "en"]
    assert found["channels_closed"] == []


@pytest.mark.clause("B1.0")
def test_a_plan_in_two_phases_without_dates_is_told_so(school: Any) -> None:
    assert _found(school, "PSY127") == []
    school.write("plan.toml", 'format = 1\nextends = "two-phase@1"\n')
    assert [f["severity"] for f in _found(school, "PSY127")] == ["warning"]
