"""Bundles of a student-information system to the same tables as a school's own files.

Students come with class, grade, homeroom teacher and guardians, staff with the roles that a bundle
can tell: the homeroom teacher of a class, and counselors. The homeroom is the class of type
`homeroom`, else the one that is called like a class (高一(3)班), else the only one; where that
leaves two, the row is refused, because others would answer for the student.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

import attrs

from psysafe.errors import Fact, Finding
from psysafe.intake.bundles_leaving import LEFT, Stays, left, over
from psysafe.intake.bundles_reading import Bundle, Record, is_bundle
from psysafe.intake.delimited import Text
from psysafe.intake.grid import Row, Table, plain, refusal
from psysafe.intake.heading_rows import CLASS_NAME
from psysafe.intake.headings import GUARDIANS, Kind

#: What stands for a person's part in a student's life, in the words of a roster. The enumerations
#: of OneRoster (`role`) and of SDS (contact relationship roles); others stay as they are.
_RELATIONS: Final = {
    "parent": "父母",
    "mother": "母亲",
    "father": "父亲",
    "guardian": "监护人",
    "relative": "亲属",
    "grandparent": "祖父母",
}
_SEXES: Final = {"male": "男", "female": "女"}
_WITH_NOBODY: Final = frozenset({"student", "teacher", "counselor", *_RELATIONS})
_ROLE_WORDS: Final = frozenset(
    """administrator aide counselor districtadministrator faculty principal proctor
    siteadministrator staff systemadministrator other""".split()
)
_ISO: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")
_LOCAL: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_WIDE: Final = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_GRADE_IN: Final = re.compile("[初高年级届]")
STAFF: Final = ("staff_id", "姓名", "角色", "范围", "邮箱", "手机", "起", "止")


@attrs.frozen(kw_only=True)
class _Class:
    title: str
    grade: str
    homeroom: bool


@attrs.define(kw_only=True)
class _School:
    """The bundle's files, joined by their ids."""

    bundle: Bundle
    users: dict[str, Record]
    ragged: list[Record]
    roles: dict[str, list[tuple[str, Record]]]
    classes: dict[str, _Class]
    attended: dict[str, list[str]]
    taught: dict[str, list[tuple[str, bool]]]
    relatives: dict[str, list[tuple[str, str]]]
    orgs: dict[str, str]
    demographics: dict[str, Record]
    gone: dict[str, Record]
    left: frozenset[str] = frozenset()
    """the students who have left"""

    def has_role(self, user: str, role: str) -> bool:
        return any(one == role for one, _ in self.roles.get(user, ()))


def bundle_tables(bundle: Bundle, kind: Kind, today: date | None = None) -> tuple[Table, ...]:
    """The one table of a bundle that this kind asks for; its rows are those of users.csv.

    `today`, the local day, says which dates are over (None: none is). Raises InvalidDataError:
    PSY254 a file is missing, PSY241 where a bundle holds no such table, and what reading its
    files raises.
    """
    where: dict[str, Fact] = {"file": bundle.name}
    if not is_bundle(bundle):
        raise refusal("PSY254", where, name="users.csv")
    if kind in ("answers", "duty"):
        raise refusal("PSY241", where, found="OneRoster")
    text = bundle.text("users.csv")
    _compare_with_manifest(bundle)
    school = _joined(bundle, today)
    if kind == "roster":
        heading, rows = _roster(school)
    else:
        heading, rows = STAFF, _staff(school)
    return (_table(bundle, text, heading, [*rows, *_ragged(school, len(heading))]),)


def _table(bundle: Bundle, text: Text, heading: Sequence[str], rows: list[Row]) -> Table:
    return Table(
        file=bundle.name,
        sheet="users.csv",
        encoding=text.encoding,
        delimiter=",",
        heading_row=1,
        heading=tuple(heading),
        printed=(),  # the columns come from several files: none has a cell of its own
        rows=tuple(sorted(rows, key=lambda row: row.number)),
        findings=tuple(bundle.findings),
    )


def _ragged(school: _School, width: int) -> list[Row]:
    empty = ("",) * width
    return [Row(number=r.row, cells=empty, findings=r.findings) for r in school.ragged]


def _compare_with_manifest(bundle: Bundle) -> None:
    """Say where manifest.csv promises a file that is not there, or knows nothing of one."""
    said = {
        r.get("propertyName").casefold(): r.get("value").casefold()
        for r in bundle.read("manifest.csv")
    }
    for file in ("users", "orgs", "classes", "enrollments", "roles", "demographics"):
        promised = said.get(f"file.{file}", "")
        if said and (promised in ("bulk", "delta")) != (f"{file}.csv" in bundle):
            bundle.note("PSY257", "manifest.csv", "warning", name=f"{file}.csv")
    if "userProfiles.csv" in bundle:
        # It holds nothing but accounts and their passwords, and is not opened.
        bundle.note("PSY256", "userProfiles.csv", "warning")
    for file in ("classes.csv", "enrollments.csv"):
        if file not in bundle:
            bundle.note("PSY254", file, "warning", name=file)


# -- joining ------------------------------------------------------------------------------------


def _sound(bundle: Bundle, file: str) -> Iterable[Record]:
    """The records of a file that is only joined; ragged ones are said and left out."""
    return (record for record in _sound_all(bundle, file) if not record.gone)


def _sound_all(bundle: Bundle, file: str) -> Iterable[Record]:
    for record in bundle.read_all(file):
        if record.findings:
            bundle.findings += [attrs.evolve(f, severity="warning") for f in record.findings]
        else:
            yield record


def _joined(bundle: Bundle, today: date | None) -> _School:
    every = bundle.read_all("users.csv")
    read = [record for record in every if not record.gone]
    school = _School(
        bundle=bundle,
        users={r.get("sourcedId"): r for r in read if not r.findings and r.get("sourcedId")},
        gone={r.get("sourcedId"): r for r in every if r.gone and not r.findings},
        ragged=[r for r in read if r.findings],
        roles={},
        classes={
            r.get("sourcedId"): _class(r) for r in _sound(bundle, "classes.csv") if r.get("title")
        },
        attended={},
        taught={},
        relatives={},
        orgs={
            r.get("sourcedId"): r.get("name") for r in _sound(bundle, "orgs.csv") if _school_org(r)
        },
        demographics={
            r.get("userSourcedId") or r.get("sourcedId"): r
            for r in _sound(bundle, "demographics.csv")
        },
    )
    for who, record in school.users.items():
        if role := record.get("role").casefold():
            school.roles.setdefault(who, []).append((role, record))
    roles = sorted(_sound_all(bundle, "roles.csv"), key=_not_primary)
    for record in roles:
        if not record.gone:
            role = record.get("role").casefold()
            school.roles.setdefault(record.get("userSourcedId"), []).append((role, record))
    enrolled = list(_sound_all(bundle, "enrollments.csv"))
    stays = Stays(
        users=school.users,
        gone=school.gone,
        roles=_of_students(roles, {**school.gone, **school.users}),
        enrolled=_of_students(enrolled, {}),
    )
    school.left = left(bundle, stays, today)
    _enrolled(school, enrolled, today)
    _related(school)
    return school


def _of_students(records: Iterable[Record], users: Mapping[str, Record]) -> dict[str, list[Record]]:
    """By user what is said of them as students; in OneRoster 1.1 the user's own record says it."""
    found: dict[str, list[Record]] = {
        who: [record] for who, record in users.items() if record.get("role").casefold() == "student"
    }
    for record in records:
        if record.get("role").casefold() == "student":
            found.setdefault(record.get("userSourcedId"), []).append(record)
    return found


def _not_primary(record: Record) -> bool:
    kind = record.get("roleType").casefold(), record.get("isPrimary").casefold()
    return kind[0] != "primary" and kind[1] not in ("true", "1")


def _school_org(record: Record) -> bool:
    return record.get("type").casefold() in ("school", "") and bool(record.get("name"))


def _class(record: Record) -> _Class:
    grades = record.several("grades") or record.several("grade")
    kind = record.get("classType").casefold()
    return _Class(
        title=record.get("title"),
        grade=_grade(grades[0]) if len(grades) == 1 else "",
        homeroom=kind == "homeroom" or (not kind and _called_class(record.get("title"))),
    )


def _called_class(title: str) -> bool:
    return bool(CLASS_NAME.fullmatch(plain(title)))


def _grade(text: str) -> str:
    """A grade of the CEDS list, 01 to 12, without the zero; any other as it is."""
    return text.lstrip("0") if text.isdigit() else text


def _enrolled(school: _School, records: Iterable[Record], today: date | None) -> None:
    ended: dict[str, list[str]] = {}
    for record in records:
        who, of_class = record.get("userSourcedId"), record.get("classSourcedId")
        if record.gone or who in school.gone:
            continue
        for column, known in (
            ("classSourcedId", of_class in school.classes),
            ("userSourcedId", who in school.users),
        ):
            if not known:
                school.bundle.note("PSY258", "enrollments.csv", "warning", record.row, column)
        if of_class not in school.classes or who not in school.users:
            continue
        if record.get("role").casefold() == "student":
            held = ended if over(record, today) else school.attended
            held.setdefault(who, []).append(of_class)
        elif record.get("role").casefold() == "teacher" and not over(record, today):
            primary = record.get("primary").casefold() == "true"
            school.taught.setdefault(of_class, []).append((who, primary))
    # Who is in no class any more is still in the last one: between two years nobody is nowhere.
    school.attended = {**ended, **school.attended}


def _related(school: _School) -> None:
    """Guardians by student: agents name the child or the child names them; SDS has a file."""
    bundle = school.bundle
    for who, record in school.users.items():
        for other in record.several("agentSourcedIds"):
            if other not in school.users:
                bundle.note("PSY258", "users.csv", "warning", record.row, "agentSourcedIds")
                continue
            child, adult = (who, other) if school.has_role(who, "student") else (other, who)
            if school.has_role(child, "student") and not school.has_role(adult, "student"):
                _relate(school, child, adult, next((r for r, _ in school.roles.get(adult, ())), ""))
    for record in _sound(bundle, "relationships.csv"):
        child, adult = record.get("userSourcedId"), record.get("relationshipUserSourcedId")
        if child in school.users and adult in school.users:
            _relate(school, child, adult, record.get("relationshipRole").casefold())
        else:
            column = "userSourcedId" if child not in school.users else "relationshipUserSourcedId"
            bundle.note("PSY258", "relationships.csv", "warning", record.row, column)


def _relate(school: _School, child: str, adult: str, role: str) -> None:
    known = school.relatives.setdefault(child, [])
    if adult not in {who for who, _ in known} and len(known) < GUARDIANS:
        known.append((adult, _RELATIONS.get(role, "")))


# -- people -------------------------------------------------------------------------------------


def _name(record: Record) -> str:
    """A person's name: family name first and without a space where it is written in Han."""
    family, given = record.get("familyName"), record.get("givenName")
    if _WIDE.search(family + given):
        return family + given
    return " ".join(part for part in (given, family) if part)


def _number(record: Record) -> str:
    return record.get("identifier") or record.get("sourcedId")


def _roster(school: _School) -> tuple[tuple[str, ...], list[Row]]:
    most = max((len(several) for several in school.relatives.values()), default=0)
    heading = (
        *(
            "姓名",
            "学号",
            "性别",
            "出生日期",
            "年级",
            "班级",
            "班主任",
            "校区",
            "状态",
            "sourcedId",
        ),
        *(f"监护人{n}{held}" for n in range(1, most + 1) for held in ("姓名", "关系", "电话")),
    )
    rows = []
    people = {**school.users, **{w: r for w, r in school.gone.items() if w in school.left}}
    for who, record in people.items():
        leaves = who in school.left
        if not leaves and not school.has_role(who, "student"):
            continue
        findings: list[Finding] = []
        # Of whom has left it does not matter any more which of two classes was theirs.
        home, title, grade = ("",) * 3 if leaves else _home(school, who, record, findings)
        details = school.demographics.get(who)
        cells = [
            _name(record),
            _number(record),
            _SEXES.get(details.get("sex").casefold(), "") if details else "",
            _day(school, "demographics.csv", details, "birthDate") if details else "",
            grade,
            title,
            _teacher(school, home) if home else "",
            _campus(school, who, record),
            LEFT if leaves else "",
            who,
        ]
        relatives = school.relatives.get(who, [])
        for adult, relation in relatives:
            other = school.users[adult]
            cells += [_name(other), relation, other.get("sms") or other.get("phone")]
        cells += [""] * (len(heading) - len(cells))
        rows.append(Row(number=record.row, cells=tuple(cells), findings=tuple(findings)))
    return heading, rows


def _home(
    school: _School, who: str, record: Record, findings: list[Finding]
) -> tuple[str, str, str]:
    """Id, title and grade of a student's homeroom."""
    attended = list(dict.fromkeys(school.attended.get(who, [])))
    homes = [one for one in attended if school.classes[one].homeroom]
    chosen = homes or attended
    own = record.several("grades") or [
        role.get("grade") for _, role in school.roles.get(who, ()) if role.get("grade")
    ]
    grade = _grade(own[0]) if len(set(own)) == 1 else ""
    if len(chosen) > 1:
        where = school.bundle.where("users.csv", record.row, "班级")
        findings.append(Finding(code="PSY258", where=where))
    if len(chosen) != 1:
        return "", "", grade
    found = school.classes[chosen[0]]
    return chosen[0], found.title, grade or found.grade


def _teacher(school: _School, home: str) -> str:
    """The staff_id of a homeroom's teacher; empty where several could be."""
    taught = school.taught.get(home, [])
    main = [who for who, primary in taught if primary] or [who for who, _ in taught]
    return _number(school.users[main[0]]) if len(set(main)) == 1 else ""


def _campus(school: _School, who: str, record: Record) -> str:
    if len(school.orgs) < 2:
        return ""
    of_role = [role.get("orgSourcedId") for _, role in school.roles.get(who, ())]
    ids = [record.get("primaryOrgSourcedId"), *record.several("orgSourcedIds"), *of_role]
    return next((school.orgs[one] for one in ids if one in school.orgs), "")


def _day(school: _School, file: str, record: Record, column: str) -> str:
    """A date in ISO form. A local one is read where only one reading is a date (PSY259)."""
    text = record.get(column)
    if found := _ISO.fullmatch(text):
        return found[1]
    if found := _LOCAL.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        if first > 12 or second > 12 or first == second:
            month, day = (second, first) if first > 12 else (first, second)
            return f"{found[3]}-{month:02}-{day:02}"
        school.bundle.note("PSY259", file, "warning", record.row, column)
        return ""
    return text


def _staff(school: _School) -> list[Row]:
    homes: dict[str, list[str]] = {}
    for key, one in school.classes.items():
        if not one.homeroom:
            continue
        taught = school.taught.get(key, [])
        main = {who for who, primary in taught if primary} or {who for who, _ in taught}
        if len(main) == 1:
            homes.setdefault(main.pop(), []).append(_scope(one))
        elif main:
            school.bundle.note("PSY258", "enrollments.csv", "warning", None, "班主任")
    rows = []
    unknown: set[str] = set()
    for who, record in school.users.items():
        wanted = [("班主任", scope) for scope in homes.get(who, [])]
        for role, _ in school.roles.get(who, ()):
            if role == "counselor":
                wanted.append(("心理教师", "全校"))
            elif role not in _WITH_NOBODY:
                unknown.add(role if role in _ROLE_WORDS else "other")
        for word, scope in dict.fromkeys(wanted):
            rows.append(_staff_row(school, who, record, word, scope))
    for role in sorted(unknown):
        school.bundle.note("PSY202", "users.csv", "note", None, role)
    return rows


def _scope(one: _Class) -> str:
    """A class as a range: its grade before it where its own name has none."""
    if one.grade.isdigit() and not _GRADE_IN.search(one.title):
        return f"{one.grade}年级{one.title}"
    return one.title


def _staff_row(school: _School, who: str, record: Record, word: str, scope: str) -> Row:
    role = "counselor" if word == "心理教师" else "teacher"
    held = next((r for name, r in school.roles.get(who, ()) if name == role), record)
    dates = [
        next((_day(school, "roles.csv", held, c) for c in columns if held.get(c)), "")
        for columns in (("beginDate", "roleStartDate"), ("endDate", "roleEndDate"))
    ]
    cells = (
        _number(record),
        _name(record),
        word,
        scope,
        record.get("email"),
        record.get("sms") or record.get("phone"),
        *dates,
    )
    return Row(number=record.row, cells=cells)
