"""Papers: what stands on them is what their reader may know, and each printing is journalled."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from psysafe import wire
from psysafe.desk.desk import CaseDesk
from psysafe.errors import InvalidDataError, NotFoundError, NotPermittedError
from psysafe.papers import filling
from psysafe.papers.kinds import KINDS
from psysafe.papers.templates import SHIPPED
from psysafe.testing.schools import (
    MONDAY,
    STUDENTS,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

pytest.importorskip("docxtpl")

NOTE, PROPOSAL = "她说不想再醒来了", "hospital"
SUMMARY, ACCOUNT = "请予评估睡眠和情绪", "三次谈话的详细记录"
ADVICE = "建议今天到精神专科医院就诊"
REPORTED, LATER = "监护人拒绝就医，学校已书面告知风险。", "母亲现已同意就医。"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    with open_school(tmp_path / "school") as opened:
        yield opened


@pytest.fixture
def case(school: InventedSchool) -> CaseDesk:
    """A declared crisis of student 1, in which the mother refuses."""
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "marked"}, place="dormitory", note=NOTE
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    case.declare_crisis(danger="self", place="dormitory", proposal=PROPOSAL, severity="high")
    case.supervise("in_person", "Ms Wang")
    case.advise(ADVICE, "declined")
    case.guardian(guardian_id(1), "refuses")
    return case


def words(content: bytes) -> str:
    """The text of a Word file that is opened again, header and footer too, without its marks."""
    said = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            tree = ElementTree.fromstring(archive.read(name))
            said += ["".join(tree.itertext())] if name.startswith("word/") else []
    return "\n".join(said)


def printed(school: InventedSchool, who: str, kind: str, case: CaseDesk, to: Path) -> str:
    return words(
        school.desk(who, "zh")
        .papers.about(kind, case.id, to=to / f"{who}-{kind}")
        .file.read_bytes()
    )


def looks(school: InventedSchool) -> list[Any]:
    """The readings that were journalled about student 1."""
    engine = school.school
    found = engine.storage.journal(engine.part, 0, 500, stream=f"audit/{student_id(1)}")
    return [wire.read_header(one.header) for one in found]


@pytest.mark.clause("C6.2")
def test_guardians_are_told_on_paper_and_may_sign_or_two_witnesses_do(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    said = printed(school, "counselor-a", "guardian-notification", case, tmp_path)
    for part in (
        STUDENTS[1],
        "监护人签名",
        "拒绝签名记录（两名见证人）",
        "见证人一",
        "见证人二",
        ADVICE,
    ):
        assert part in said
    assert NOTE not in said, "what a classmate or teacher wrote is not the guardians' to read"
    assert "{{" not in said
    assert "{%" not in said


@pytest.mark.clause("C6.1")
def test_a_referral_letter_says_what_the_hospital_needs_and_not_the_class(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    said = printed(school, "counselor-a", "referral-letter", case, tmp_path)
    assert STUDENTS[1] in said
    assert ADVICE in said
    papers = school.desk("counselor-a").papers
    made = papers.about("referral-letter", case.id, to=tmp_path / "again")
    assert "class_placement" in made.withheld, "though the counselor sees it on the screen"
    with pytest.raises(NotPermittedError, match="PSY157"):
        school.desk("homeroom-1").papers.about("referral-letter", case.id)


def proposed(school: InventedSchool, case: CaseDesk, opinion: str) -> str:
    """A request to hand student 1 on, and what the student thinks of it."""
    referrals = school.desk("counselor-a").referrals
    referrals.propose(case.id, account=ACCOUNT, summary=SUMMARY)
    view = school.desk("counselor-a").cases.about(school.number(1)).data
    found = str(view["referrals"][-1]["referral"])
    referrals.opinion(case.id, found, opinion)
    return found


@pytest.mark.clause("C6.1")
def test_the_letter_says_what_is_asked_and_keeps_the_counselors_record_in_the_school(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    proposed(school, case, "agrees")
    said = printed(school, "counselor-a", "referral-letter", case, tmp_path)
    assert SUMMARY in said
    assert ACCOUNT not in said


@pytest.mark.clause("C6.1")
def test_where_the_student_says_no_there_is_no_letter(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    proposed(school, case, "opposes")
    with pytest.raises(NotPermittedError, match="PSY157"):
        school.desk("counselor-a").papers.about("referral-letter", case.id, to=tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.clause("C6.1")
def test_the_letter_tells_no_more_than_the_offer_shows_and_nothing_once_it_is_recalled(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    school.takes("spare", "medical_institution")
    counselor, hospital = school.desk("counselor-a"), staff_id("spare")
    found = proposed(school, case, "agrees")
    counselor.referrals.activate(case.id, found, "consent")
    counselor.consents.give(
        school.number(1), hospital, ["identity", "situation"], by=guardian_id(1), how="signed"
    )
    counselor.referrals.offer(case.id, found, hospital, ["identity", "situation"])
    made = counselor.papers.about("referral-letter", case.id, to=tmp_path / "narrow")
    assert {"observation", "contact"} <= set(made.withheld)
    assert NOTE not in words(made.file.read_bytes())
    offer = str(counselor.cases.about(school.number(1)).data["referrals"][0]["offers"][0]["offer"])
    counselor.referrals.recall(case.id, offer)
    with pytest.raises(NotPermittedError, match="PSY157"):
        counselor.papers.about("referral-letter", case.id, to=tmp_path / "x")


@pytest.mark.clause("C6.3")
def test_the_report_to_the_authority_is_printed_with_its_supplements(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    school.desk("counselor-a").cases.report(case.id, "draft", REPORTED)
    school.desk("head").cases.report(case.id, "approve")
    school.desk("affairs").cases.report(case.id, "submit")
    case.guardian(guardian_id(1), "agrees")
    school.desk("counselor-a").cases.report(case.id, "supplement", LATER)
    said = printed(school, "counselor-a", "authority-report", case, tmp_path)
    assert REPORTED in said
    assert LATER in said
    assert "补充报告" in said
    assert NOTE not in said


@pytest.mark.clause("C6.3")
@pytest.mark.parametrize("who", ["head", "affairs"])
def test_whoever_approves_or_submits_the_report_reads_it_before_and_prints_it(
    school: InventedSchool, case: CaseDesk, tmp_path: Path, who: str
) -> None:
    school.desk("counselor-a").cases.report(case.id, "draft", REPORTED)
    seen = school.desk(who).cases.about(school.number(1)).data
    assert seen["authority_report"]["text"] == REPORTED
    assert "care_advice" not in seen
    assert REPORTED in printed(school, who, "authority-report", case, tmp_path)


@pytest.mark.clause("C6.3")
@pytest.mark.parametrize("who", ["homeroom-1", "grade-head-10"])
def test_whoever_does_not_sign_the_report_reads_that_there_is_advice_and_no_more(
    school: InventedSchool, case: CaseDesk, tmp_path: Path, who: str
) -> None:
    school.desk("counselor-a").cases.report(case.id, "draft", REPORTED)
    assert REPORTED not in str(school.desk(who).cases.about(school.number(1)).data)
    with pytest.raises(NotPermittedError, match="PSY157"):
        school.desk(who).papers.about("authority-report", case.id, to=tmp_path / "x")


def test_where_no_report_is_owed_there_is_none_to_print(
    school: InventedSchool, tmp_path: Path
) -> None:
    case = school.desk("counselor-a").cases
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "marked"}
    )
    found = case.about(school.number(1))
    before = len(looks(school))
    with pytest.raises(NotPermittedError, match="PSY157"):
        school.desk("counselor-a").papers.about("authority-report", found.id, to=tmp_path / "x")
    assert not (tmp_path / "x").exists()
    assert len(looks(school)) == before


def test_a_case_card_shows_each_printer_what_their_screen_shows(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    full = printed(school, "counselor-a", "case-card", case, tmp_path)
    less = printed(school, "homeroom-1", "case-card", case, tmp_path)
    assert NOTE in full
    assert ADVICE in full
    assert ADVICE not in less


@pytest.mark.clause("C6.2")
def test_tonights_card_says_whom_to_call_and_how_to_answer_parents_who_deny(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    said = printed(school, "homeroom-1", "tonight", case, tmp_path)
    for part in (STUDENTS[1], "12356", "13700011000", "我家孩子没病", "学校不作诊断"):
        assert part in said


@pytest.mark.parametrize("kind", [k for k, one in KINDS.items() if one.wanted is not None])
def test_whoever_may_not_know_of_the_case_finds_no_paper_and_leaves_no_file(
    school: InventedSchool, case: CaseDesk, tmp_path: Path, kind: str
) -> None:
    before = looks(school)
    for who in ("homeroom-2", "registrar", "counselor-c"):
        for asked in (case.id, "case-nothing"):
            with pytest.raises(NotFoundError) as hidden:
                school.desk(who).papers.about(kind, asked, to=tmp_path / "x")
            assert str(hidden.value).startswith("PSY001")
    assert not (tmp_path / "x").exists()
    assert looks(school) == before


def test_who_is_accused_prints_nothing_and_stands_on_no_paper(
    school: InventedSchool, tmp_path: Path
) -> None:
    school.desk("counselor-a").signals.report(
        school.number(1),
        "hotline",
        {"fear": "severe"},
        dangers=("harm_by_adult",),
        place="dormitory",
        accused="staff:homeroom-1",
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    for kind in ("tonight", "case-card", "guardian-notification"):
        with pytest.raises(NotFoundError):
            school.desk("homeroom-1").papers.about(kind, case.id, to=tmp_path / "x")


def test_each_printing_leaves_one_line_that_says_it_left_the_screen(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    before = len(looks(school))
    printed(school, "counselor-a", "tonight", case, tmp_path)
    new = looks(school)[before:]
    assert [line.kind for line in new] == ["item_read"]
    assert new[0].actor == "staff:counselor-a"


def test_a_paper_is_its_owners_alone_and_lies_over_no_other(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    papers = school.desk("counselor-a").papers
    made = papers.about("tonight", case.id)
    assert made.file.stat().st_mode & 0o077 == 0
    assert STUDENTS[1] not in made.file.name
    first = made.file.read_bytes()
    with pytest.raises(InvalidDataError, match="PSY159"):
        papers.about("tonight", case.id)
    case.supervise("in_person", "Ms Zhao")
    papers.about("tonight", case.id, replace=True)
    assert made.file.read_bytes() != first


def test_the_sealed_cards_say_whom_to_call_and_name_no_student(
    school: InventedSchool, case: CaseDesk, tmp_path: Path
) -> None:
    made = school.desk("head", "zh").papers.crisis_cards(to=tmp_path / "cards.docx")
    said = words(made.file.read_bytes())
    for part in ("高一(1)班", "高二(1)班", "韩正平", "13900000013", "密封保存"):
        assert part in said
    assert not [name for name in STUDENTS.values() if name in said]
    with pytest.raises(NotPermittedError, match="PSY002"):
        school.desk("homeroom-1").papers.crisis_cards(to=tmp_path / "x")


def test_nothing_of_word_is_imported_before_a_paper_is_made() -> None:
    code = (
        "import sys, psysafe, psysafe.cli.printing, psysafe.desk.papers\n"
        "assert not {'docxtpl', 'docx', 'jinja2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# -- templates that a school edits ----------------------------------------------------------------


def edited(folder: Path, kind: str, old: str, new: str, part: str = "word/document.xml") -> Path:
    """A shipped template with one text changed, as a school would."""
    file = folder / "zh" / f"{kind}.docx"
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(SHIPPED / "zh" / f"{kind}.docx") as shipped:
        parts = {name: shipped.read(name).decode() for name in shipped.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file


def test_a_school_words_its_own_paper(tmp_path: Path) -> None:
    file = edited(tmp_path, "tonight", "今 晚 卡", "本校今晚卡 {{ student }}")
    values = {key: filling._nothing(field) for key, field in KINDS["tonight"].fields.items()}
    made = filling.filled(file, KINDS["tonight"], values | {"student": "<小&满>"}, MONDAY)
    assert "本校今晚卡 <小&满>" in words(made)


@pytest.mark.parametrize(
    "evil",
    [
        "{{ reporter }}",
        "{{ student.__class__ }}",
        "{{ guardians }}",
        "{{ student|upper }}",
        "{{ student() }}",
        "{{ student * 99 }}",
        "{% set x = 1 %}",
        "{% include 'other' %}",
        "{% for a in guardians %}{% for b in guardians %}{% for c in guardians %}x"
        "{% endfor %}{% endfor %}{% endfor %}",
        "{% if false %}{{ observations }}{% endif %}",
        "{{ student",
    ],
)
def test_a_template_that_asks_for_more_than_its_fields_is_refused(
    tmp_path: Path, evil: str
) -> None:
    file = edited(tmp_path, "tonight", "今 晚 卡", evil)
    with pytest.raises(InvalidDataError, match="PSY158"):
        filling.tried(file, KINDS["tonight"])


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (
            "word/_rels/document.xml.rels",
            'Target="styles.xml"',
            'Target="http://x" TargetMode="External"',
        ),
        ("word/document.xml", "<w:body>", '<w:body><w:altChunk r:id="rId1"/>'),
        ("word/footer1.xml", " PAGE ", " INCLUDETEXT c:/secret "),
        ("word/styles.xml", "<w:styles", "<!DOCTYPE a><w:styles"),
    ],
)
def test_a_template_that_calls_for_something_outside_is_refused(
    tmp_path: Path, part: str, old: str, new: str
) -> None:
    file = edited(tmp_path, "tonight", old, new, part)
    with pytest.raises(InvalidDataError, match="PSY158"):
        filling.tried(file, KINDS["tonight"])


def test_a_refused_template_is_found_by_check_before_the_night(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    with open_school(folder) as school:
        assert "PSY158" not in {f.code for f in school.net.operator().check()}
    settings = folder / "psysafe.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + '\n[papers]\ntemplates = "forms"\n', encoding="utf-8")
    edited(folder / "forms", "crisis-cards", "停电应急联系卡", "{{ student }}")
    with open_school(folder) as school:
        assert "PSY158" in {f.code for f in school.net.operator().check()}
        papers = school.desk("head", "zh").papers
        with pytest.raises(InvalidDataError, match="PSY158"):
            papers.crisis_cards()
        assert not list(folder.glob("out/*.docx"))
        assert papers.crisis_cards(shipped=True).file.exists()


def test_the_shipped_templates_are_what_their_source_makes() -> None:
    root = Path(__file__).resolve().parents[2]
    made = subprocess.run([sys.executable, str(root / "tools" / "papers.py"), "check"], timeout=60)
    assert made.returncode == 0


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_template_can_be_filled(language: str, kind: str) -> None:
    file = SHIPPED / language / f"{kind}.docx"
    filling.tried(file, KINDS[kind])
