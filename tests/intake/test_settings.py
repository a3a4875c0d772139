"""A school's settings: the folder that `init` makes, and every way in which a file can be wrong."""

import copy
import pickle
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from psysafe.domain.calendar import parse_within
from psysafe.errors import InvalidDataError, PlanError
from psysafe.intake.school_files import SCHOOL_FILES, pinned, write_school
from psysafe.intake.secret import Secret, SecretRef, resolve_secret
from psysafe.intake.settings import read_settings, with_secrets
from psysafe.intake.toml_file import FILE_LIMIT

MAIL = """
[channels.mail]
use = "email"
host = "smtp.school.example"
port = 587
tls = "required"
password = { env = "PSYSAFE_MAIL_PASSWORD" }
from = "psysafe@school.example"
"""


@pytest.fixture
def school(tmp_path: Path) -> Path:
    folder = tmp_path / "school"
    write_school(folder, part_name="no3-middle", name="第三中学")
    return folder


def add(school: Path, file: str, text: str) -> None:
    with (school / file).open("a", encoding="utf-8") as stream:
        stream.write(text)


def swap(school: Path, file: str, old: str, new: str) -> None:
    text = (school / file).read_text(encoding="utf-8")
    assert old in text
    (school / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(school: Path) -> list[tuple[str, object, object]]:
    with pytest.raises(InvalidDataError) as refused:
        read_settings(school)
    found = refused.value.findings
    assert all(f.what and f.why and f.cure for f in found)
    return [(f.code, f.where["file"], f.where["path"]) for f in found]


# ---- a new school -------------------------------------------------------------------------------


def test_a_new_schools_folder_reads_back_without_a_finding(school: Path) -> None:
    settings = read_settings(school)
    assert (settings.part, settings.name) == ("no3-middle", "第三中学")
    assert settings.zone.key == "Asia/Shanghai"
    assert settings.languages == ("zh", "en")
    assert settings.plan.name == "three-tier"
    assert settings.findings == ()
    assert settings.storage.use == "sqlite"
    assert settings.storage.options == {"path": "psysafe.db"}
    assert settings.channels["inbox"].use == "inbox"
    assert settings.retention["student_file"] == parse_within("end of schooling + 3 years")
    assert settings.retention["notes"] == parse_within("24 months")
    assert settings.folder == school
    assert not settings.rehearsal
    assert settings.vault is None


def test_the_folder_and_its_settings_file_name_the_same_school(school: Path) -> None:
    assert read_settings(school / "psysafe.toml") == read_settings(school)


def test_a_rehearsal_school_says_so(tmp_path: Path) -> None:
    write_school(tmp_path / "s", rehearsal=True)
    assert read_settings(tmp_path / "s").rehearsal


def test_keys_and_exports_are_the_owners_only(school: Path) -> None:
    def mode(name: str) -> int:
        return stat.S_IMODE((school / name).stat().st_mode)

    assert [mode(name) for name in ("keys", "out")] == [0o700, 0o700]
    assert [mode(name) for name in ("keys/part.key", "staff.csv")] == [0o600, 0o600]
    assert (school / "heads").is_dir()


def test_every_school_has_a_part_key_of_its_own(tmp_path: Path, school: Path) -> None:
    write_school(tmp_path / "other")
    keys = {(folder / "keys/part.key").read_bytes() for folder in (school, tmp_path / "other")}
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 2


def test_the_staff_list_opens_in_a_spreadsheet_program(school: Path) -> None:
    content = (school / "staff.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == "staff_id,姓名,角色,范围,邮箱,手机,起,止\n"


@pytest.mark.parametrize("file", SCHOOL_FILES)
def test_init_never_writes_over_a_school(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text("ours")
    with pytest.raises(PlanError) as refused:
        write_school(tmp_path)
    assert (refused.value.code, refused.value.finding.facts["file"]) == ("PSY018", file)
    assert [entry.name for entry in tmp_path.iterdir()] == [file]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"plan": "four-tier"}, "PSY109"),
        ({"plan": "three-tier@2"}, "PSY109"),
        ({"part_name": "No 3"}, "PSY103"),
        ({"name": ""}, "PSY103"),
        ({"name": 'a"\n[plan]'}, "PSY103"),
        ({"zone": "Asia/Atlantis"}, "PSY103"),
        ({"languages": ("fr",)}, "PSY103"),
        ({"languages": ()}, "PSY103"),
    ],
)
def test_a_school_that_cannot_be_is_not_begun(
    tmp_path: Path, wrong: dict[str, str], code: str
) -> None:
    with pytest.raises((PlanError, InvalidDataError)) as refused:
        write_school(tmp_path / "s", **wrong)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("name", ['the "third"', "a\\b", "第三中学 #1", "{zone}"])
def test_a_schools_name_may_hold_any_sign(tmp_path: Path, name: str) -> None:
    write_school(tmp_path / "s", name=name)
    assert read_settings(tmp_path / "s").name == name


def test_a_plan_without_version_is_pinned_to_the_newest() -> None:
    names = ("three-tier@2", "three-tier@10", "three-tier@9", "other@11")
    shipped: dict[str, dict[str, object]] = {name: {} for name in names}
    assert pinned("three-tier", shipped) == "three-tier@10"
    assert pinned("three-tier@9", shipped) == "three-tier@9"


@pytest.mark.parametrize(
    ("day", "school_day"),
    [
        (date(2026, 1, 2), False),
        (date(2026, 1, 4), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 4, 6), False),
        (date(2026, 5, 5), False),
        (date(2026, 5, 9), True),
        (date(2026, 6, 19), False),
        (date(2026, 9, 20), True),
        (date(2026, 9, 25), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 11, 2), True),
    ],
)
def test_a_new_school_knows_the_holidays_of_2026(school: Path, day: date, school_day: bool) -> None:
    calendar = read_settings(school).calendar
    assert calendar.knows(day.year)
    assert calendar.is_school_day(day) is school_day
    assert not calendar.knows(2027)


# ---- the school's own changes -------------------------------------------------------------------


def test_a_deadline_without_origin_is_a_finding_with_file_and_path(school: Path) -> None:
    add(school, "plan.toml", '[deadlines.triage.high]\nwithin = "3 h"\n')
    (finding,) = read_settings(school).findings
    assert finding.code == "PSY105"
    assert finding.where == {"file": "plan.toml", "path": "deadlines.triage.high"}


def test_terms_of_the_school_are_read(school: Path) -> None:
    swap(
        school,
        "calendar.toml",
        "makeup = [",
        "terms = [{ from = 2026-09-01, to = 2027-01-22 }]\nmakeup = [",
    )
    calendar = read_settings(school).calendar
    assert not calendar.is_school_day(date(2026, 7, 15))
    start = datetime(2026, 8, 28, 1, tzinfo=UTC)
    due = calendar.due(start, parse_within("1 school day"))
    assert due.at == datetime(2026, 9, 1, 9, tzinfo=UTC)


def test_files_saved_by_a_windows_editor_are_read(school: Path) -> None:
    file = school / "psysafe.toml"
    content = file.read_text(encoding="utf-8").replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + content.encode())
    assert read_settings(school).part == "no3-middle"


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "path"),
    [
        ("psysafe.toml", "format = 1", "format = 2", "PSY108", "format"),
        ("psysafe.toml", "format = 1", "", "PSY116", "format"),
        ("psysafe.toml", "format = 1", 'format = "1"', "PSY103", "format"),
        ("psysafe.toml", "format = 1", "format = 1\nfrmt = 1", "PSY102", "frmt"),
        ("psysafe.toml", "[school]", "[skool]", "PSY116", "school"),
        ("psysafe.toml", "[school]", "[skool]", "PSY102", "skool"),
        ("psysafe.toml", "[school]", "[school]\nzome = 1", "PSY102", "school.zome"),
        ("psysafe.toml", 'zone = "Asia/Shanghai"', "", "PSY116", "school.zone"),
        ("psysafe.toml", "Asia/Shanghai", "Asia/Atlantis", "PSY103", "school.zone"),
        ("psysafe.toml", "Asia/Shanghai", "localtime", "PSY103", "school.zone"),
        ("psysafe.toml", "Asia/Shanghai", "../../etc/passwd", "PSY103", "school.zone"),
        ("psysafe.toml", "Asia/Shanghai", "/etc/localtime", "PSY103", "school.zone"),
        ("psysafe.toml", "Asia/Shanghai", "Asia", "PSY103", "school.zone"),
        ("psysafe.toml", '"Asia/Shanghai"', "8", "PSY103", "school.zone"),
        ("psysafe.toml", '"no3-middle"', '"No 3"', "PSY103", "school.part"),
        ("psysafe.toml", '["zh", "en"]', '["zh", "fr"]', "PSY103", "school.languages"),
        ("psysafe.toml", '["zh", "en"]', '["zh", "zh"]', "PSY103", "school.languages"),
        ("psysafe.toml", '["zh", "en"]', "[]", "PSY103", "school.languages"),
        ("psysafe.toml", "[school]", "[school]\nrehearsal = 1", "PSY103", "school.rehearsal"),
        ("psysafe.toml", "[retention]", "[retent]", "PSY116", "retention"),
        ("psysafe.toml", "student_file =", "file =", "PSY116", "retention.student_file"),
        ("psysafe.toml", "end of schooling + 3 years", "long", "PSY104", "retention.student_file"),
        ("psysafe.toml", "24 months", "long", "PSY104", "retention.notes"),
        ("psysafe.toml", "24 months", "2 school days", "PSY103", "retention.notes"),
        ("psysafe.toml", "24 months", "at once", "PSY103", "retention.notes"),
        ("psysafe.toml", "24 months", "end of schooling + 1 year", "PSY103", "retention.notes"),
        ("psysafe.toml", 'use = "sqlite"', "", "PSY116", "storage.use"),
        ("psysafe.toml", 'use = "inbox"', "", "PSY116", "channels.inbox.use"),
        (
            "psysafe.toml",
            "[channels.inbox]",
            '[channels."In Box"]',
            "PSY103",
            "channels.(a key that is no word)",
        ),
        ("psysafe.toml", "disabled = []", "disabled = [1]", "PSY103", "plugins.disabled"),
        ("psysafe.toml", 'file = "plan.toml"', "", "PSY116", "plan.file"),
        ("plan.toml", "format = 1", "format = 2", "PSY108", "format"),
        ("plan.toml", "extends", "extend", "PSY102", "extend"),
        ("plan.toml", 'extends = "three-tier@1"', 'extends = "three-tier"', "PSY109", "extends"),
        ("calendar.toml", "format = 1", "format = 2", "PSY108", "format"),
        ("calendar.toml", "[year.2026]", "[year.26]", "PSY103", "year.26"),
        ("calendar.toml", "[year.2026]", "[year.2027]", "PSY103", "year.2027.holidays"),
        ("calendar.toml", "[year.2026]", "[yeer.2026]", "PSY102", "yeer"),
        ("calendar.toml", "source =", "sorce =", "PSY102", "year.2026.sorce"),
        ("calendar.toml", "source =", "sorce =", "PSY116", "year.2026.source"),
        ("calendar.toml", "2026-01-01,", "2026-01-01T08:00:00,", "PSY103", "year.2026.holidays"),
        ("calendar.toml", "2026-01-01,", '"1 Jan",', "PSY103", "year.2026.holidays"),
        ("calendar.toml", "2026-01-01,", "2026-01-04,", "PSY103", "year.2026.makeup"),
        (
            "calendar.toml",
            "source",
            "terms = [{ from = 2026-09-01, to = 2026-08-01 }]\nsource",
            "PSY103",
            "year.2026.terms[0].to",
        ),
        (
            "calendar.toml",
            "source",
            "terms = [{ from = 2026-09-01 }]\nsource",
            "PSY116",
            "year.2026.terms[0].to",
        ),
    ],
)
def test_a_fault_is_named_by_its_file_and_path(
    school: Path, file: str, old: str, new: str, code: str, path: str
) -> None:
    text = (school / file).read_text(encoding="utf-8")
    at = text.rindex(old)  # the comments at the top of a file may hold the word too
    (school / file).write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
    assert (code, file, path) in faults(school)


def test_the_faults_of_all_files_are_told_at_once(school: Path) -> None:
    add(school, "plan.toml", "one = 1\n")
    add(school, "calendar.toml", "two = 2\n")
    add(school, "psysafe.toml", "three = 3\n")
    assert {file for _, file, _ in faults(school)} == {
        "psysafe.toml",
        "plan.toml",
        "calendar.toml",
    }


@pytest.mark.parametrize("file", ["psysafe.toml", "plan.toml", "calendar.toml"])
@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"format = 1\n[school\n", 2),
        (b"format = 1\n\nx = \xff\n", 3),
        (b'format = 1\nx = """', 2),
        (b"x = " + b"[" * 5000, "unknown"),
        (b"x = " + b"9" * 5000, "unknown"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_its_line(
    school: Path, file: str, content: bytes, line: int | str
) -> None:
    (school / file).write_bytes(content)
    with pytest.raises(PlanError) as refused:
        read_settings(school)
    assert refused.value.code == "PSY101"
    assert refused.value.finding.facts == {"file": file, "line": line}


def test_a_file_that_nobody_wrote_by_hand_is_not_parsed(school: Path) -> None:
    (school / "plan.toml").write_bytes(b"#" * (FILE_LIMIT + 1))
    with pytest.raises(PlanError) as refused:
        read_settings(school)
    assert refused.value.code == "PSY021"


def test_a_missing_file_is_named(school: Path, tmp_path: Path) -> None:
    (school / "calendar.toml").unlink()
    with pytest.raises(PlanError) as refused:
        read_settings(school)
    assert (refused.value.code, refused.value.finding.facts["file"]) == ("PSY212", "calendar.toml")
    for nowhere in (tmp_path / "nothing", tmp_path):
        with pytest.raises(PlanError) as refused:
            read_settings(nowhere)
        assert refused.value.code == "PSY019"


# ---- secrets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('password = "hunter2"', "channels.mail.password"),
        ("password = 12345", "channels.mail.password"),
        ('smtp_password = "hunter2"', "channels.mail.smtp_password"),
        ('appsecret = "hunter2"', "channels.mail.appsecret"),
        ('access_token = "hunter2"', "channels.mail.access_token"),
        ('api-key = "hunter2"', "channels.mail.api-key"),
        ('webhook = "https://x.example/hunter2"', "channels.mail.webhook"),
        ('proxy = "http://me:hunter2@proxy.example"', "channels.mail.proxy"),
        ('password = { env = "A", file = "hunter2" }', "channels.mail.password"),
        ('password = { value = "hunter2" }', "channels.mail.password"),
        ('sender = { password = "hunter2" }', "channels.mail.sender.password"),
        ('senders = [{ token = "hunter2" }]', "channels.mail.senders.token"),
    ],
)
def test_a_literal_secret_is_refused_and_not_repeated(school: Path, line: str, path: str) -> None:
    add(school, "psysafe.toml", f'[channels.mail]\nuse = "email"\n{line}\n')
    with pytest.raises(InvalidDataError) as refused:
        read_settings(school)
    assert [(f.code, f.where["path"]) for f in refused.value.findings] == [("PSY115", path)]
    assert "hunter2" not in repr(refused.value.findings) + str(refused.value)


def test_a_secret_is_a_reference_until_the_plugin_is_opened(school: Path) -> None:
    add(school, "psysafe.toml", MAIL)
    mail = read_settings(school).channels["mail"]
    assert mail.options["password"] == SecretRef("env", "PSYSAFE_MAIL_PASSWORD")
    assert mail.options["port"] == 587
    options = with_secrets(
        mail,
        "channels.mail",
        folder=school,
        environment={"PSYSAFE_MAIL_PASSWORD": "hunter2"},
    )
    assert options["password"].reveal() == "hunter2"
    assert options["host"] == "smtp.school.example"
    assert "hunter2" not in repr(options)


def test_a_secret_in_hand_shows_nothing_of_itself() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    for writing in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            writing(secret)


def test_a_secret_file_gives_its_line_without_the_end(tmp_path: Path) -> None:
    (tmp_path / "mail").write_bytes(b"hunter2 \r\n")
    found = resolve_secret(SecretRef("file", "mail"), "channels.mail.password", folder=tmp_path)
    assert found.reveal() == "hunter2 "


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        (SecretRef("env", "NOT_SET"), "PSY116"),
        (SecretRef("env", "EMPTY"), "PSY116"),
        (SecretRef("file", "missing"), "PSY116"),
        (SecretRef("file", "empty"), "PSY116"),
        (SecretRef("file", "\x00"), "PSY116"),
        (SecretRef("file", "binary"), "PSY116"),
        (SecretRef("file", "huge"), "PSY021"),
    ],
)
def test_a_secret_that_is_not_there_is_told_by_its_place(
    tmp_path: Path, ref: SecretRef, code: str
) -> None:
    (tmp_path / "empty").write_text("")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "huge").write_bytes(b"x" * 20_000)
    with pytest.raises(PlanError) as refused:
        resolve_secret(ref, "channels.mail.password", folder=tmp_path, environment={"EMPTY": ""})
    assert refused.value.code == code
    assert "channels.mail.password" in str(refused.value)


# ---- a school's own words for headings -----------------------------------------------------------


def test_a_school_adds_its_own_words_for_headings(school: Path) -> None:
    assert read_settings(school).aliases == {}
    add(
        school,
        "psysafe.toml",
        '\n[import.aliases]\n"姓名" = ["孩子"]\n"监护人1电话" = ["家里电话"]\n',
    )
    assert read_settings(school).aliases == {"姓名": ("孩子",), "监护人1电话": ("家里电话",)}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ('"姓名" = ["孩子"]\n"学号" = ["孩 子"]\n', "PSY103"),
        ('"姓名" = "孩子"\n', "PSY103"),
        ('"昵称" = ["孩子"]\n', "PSY102"),
    ],
)
def test_a_word_under_two_names_and_a_name_that_is_none_are_faults(
    school: Path, words: str, code: str
) -> None:
    add(school, "psysafe.toml", f"\n[import.aliases]\n{words}")
    assert code in {found for found, _, _ in faults(school)}


# ---- answers from outside -----------------------------------------------------------------------


def test_where_links_lead_and_how_long_they_are_good_is_the_schools_to_say(school: Path) -> None:
    assert (read_settings(school).answer_url, read_settings(school).answer_valid) == ("", None)
    url = "https://portal.school.example/answer/{token}"
    add(school, "psysafe.toml", f'\n[acknowledgement]\nurl = "{url}"\nvalid = "24 h"\n')
    settings = read_settings(school)
    assert (settings.answer_url, settings.answer_valid) == (url, parse_within("24 h"))


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ('url = "https://portal.school.example/answer"\nvalid = "24 h"', "url"),
        ('url = "https://h/{token}/{token}"\nvalid = "24 h"', "url"),
        ('url = "javascript:alert({token})"\nvalid = "24 h"', "url"),
        ('url = "https://h.example/a b/{token}"\nvalid = "24 h"', "url"),
        ('url = "https://h.example/{token}"\nvalid = "for ever"', "valid"),
        ('url = "https://h.example/{token}"', "valid"),
        ('valid = "24 h"', "url"),
        ('url = "https://h.example/{token}"\nvalid = "24 h"\nwidth = 1', "width"),
    ],
)
def test_a_page_that_cannot_be_and_a_link_for_ever_are_refused(
    school: Path, lines: str, path: str
) -> None:
    add(school, "psysafe.toml", f"\n[acknowledgement]\n{lines}\n")
    assert [place for _, _, place in faults(school)] == [f"acknowledgement.{path}"]


def test_a_school_from_before_notes_had_an_end_opens_and_keeps_them(school: Path) -> None:
    swap(school, "psysafe.toml", 'notes = "24 months"', "# none yet")
    assert set(read_settings(school).retention) == {"student_file"}
