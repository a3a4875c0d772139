"""Whoever reads Chinese reads no English, and the other way round: help, wrong usage, refusals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import psysafe
from psysafe.catalogue import sentence
from psysafe.cli import COMMANDS, fact_words, main
from psysafe.cli.usage import told

TEACHER, COUNSELOR, HEAD, OPERATOR = "staff:t-017", "staff:t-002", "staff:t-001", "operator:it"
STUDENT = "no:2026030117"
#: What is typed as it stands, in any language: examples and codes, commands, options, files, names.
_TYPED = (
    re.compile(r"\[[^\[\]]*\]"),
    re.compile(r"`[^`]*`"),
    re.compile(r"'[^']*'"),
    re.compile(r'"[^"]*"'),
    re.compile(r"psysafe(?: -{0,2}[\w.]+(?:-\w+)*| [A-Z]+)+"),
    re.compile(r"--[a-z][a-z-]+"),
    re.compile(r"\bdocs/[\w/.-]+"),
    re.compile(r"\b[A-Z][A-Z_|@/=]+\b"),
    re.compile(r"\b(?:three-tier|two-phase|one-to-one|complete|house)@1\b"),
    re.compile(r"\b(?:OneRoster CSV|SDS|IANA|RFC|JSON|CSV|UTF-8|Asia/Shanghai)\b"),
)
#: Two words that are no name of something.
_ENGLISH = re.compile(r"\b[a-z][a-z']+(?: [a-z][a-z']+)+", re.IGNORECASE)
_CHINESE = re.compile("[\u3400-\u9fff]")


def english(text: str) -> list[str]:
    """Runs of English words in a text, beside what is typed as it stands."""
    for typed in _TYPED:
        text = typed.sub(" 。 ", text)
    return [found for line in text.splitlines() for found in _ENGLISH.findall(line)]


def commands(
    command: click.Command = main, above: click.Context | None = None, *path: str
) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command, parent=above)
        for name in COMMANDS if command is main else command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, context, *path, name)


def ran(*words: str, env: dict[str, str] | None = None) -> str:
    found = CliRunner().invoke(main, words, prog_name="psysafe", env=env)
    return found.stdout + found.stderr


def test_a_run_of_english_is_found() -> None:
    """The measure itself can fail."""
    assert english("Error: Missing option '--reason'.") == ["Missing option"]
    assert english("用 psysafe policy ask 查看，或见 docs/how-to/keys.md") == []
    assert english("[required] 应为 true 或 false") == []
    assert english("处理：wait for it") == ["wait for it"]


@pytest.mark.parametrize("path", [*commands()], ids=lambda path: " ".join(path) or "psysafe")
def test_help_is_in_the_language_that_was_asked_for(path: tuple[str, ...]) -> None:
    page = ran("--lang", "zh", *path, "--help")
    assert english(page) == []
    assert "用法：" in page
    assert " · " not in page.replace("psysafe why PSY001", "").replace("--help · ", "")
    page = ran("--lang", "en", *path, "--help")
    assert _CHINESE.findall(re.sub(r"\[[^\[\]]*\]|2026级|高一|学号=8", "", page)) == []
    assert english(page)


def test_help_is_in_both_where_nothing_says_which(tmp_path: Path) -> None:
    nothing = {"LC_ALL": "C", "PSYSAFE_SCHOOL": str(tmp_path / "nowhere")}
    page = ran("--help", env=nothing)
    assert "学校心理安全网 · a school's psychological-safety net." in page
    assert "选项 · Options:" in page
    assert "显示本页帮助。 · Show this message and exit." in page
    asked = ran("nonsense", env=nothing)
    assert "没有 'nonsense' 这个命令。 · No such command 'nonsense'." in asked
    assert english(ran("--help", env={**nothing, "LC_ALL": "zh_CN.UTF-8"})) == []
    assert "学校心理安全网" not in ran("--help", env={**nothing, "LC_ALL": "en_GB.UTF-8"})


def test_a_school_speaks_its_own_language(school: Any) -> None:
    here = {"PSYSAFE_SCHOOL": str(school.folder), "LC_ALL": "en_GB.UTF-8"}
    for words in (("nonsense",), ("ack",), ("ack", "--help"), ("--nope",), ("ack", "x", "--nope")):
        assert english(ran(*words, env=here)) == [], words
    english_asked = ran("ack", "--lang", "en", env=here)
    assert "Missing argument" in english_asked


#: How a command is typed wrongly, and what the Chinese answer says.
WRONG: tuple[tuple[tuple[str, ...], str], ...] = (
    (("nonsense",), "没有 'nonsense' 这个命令"),
    (("heads", "nonsense"), "没有 'nonsense' 这个命令"),
    (("verify", "--no-such-option"), "没有 '--no-such-option' 这个选项"),
    (("ack", "x", "--hepl"), "是不是 '--help'"),
    (("ack",), "缺少参数 'NOTICE|CASE|CODE'"),
    (("declare", "case-000000000000", "--danger", "self"), "缺少选项 '--place'"),
    (("ack", "a", "b"), "多写了参数（b）"),
    (("ack", "a", "b", "c"), "多写了参数（b c）"),
    (("report", STUDENT, "--source"), "选项 '--source' 后面要写值"),
    (("check", "--json=1"), "选项 '--json' 后面不写值"),
    (("duty", "show", "--days", "nine"), "'nine' 不是整数"),
    (("duty", "show", "--days", "0"), "0 不在 1<=x<=400 之内"),
    (("duty", "keep", "hotline", "--places", "x"), "'x' 不是整数"),
    (("looked", "break", STUDENT, "--reason", "x", "--hours", "x"), "'x' 不是数字"),
    (("explain", STUDENT, "--severity", "bad"), "'bad' 不在可选之列"),
    (("duty", "rotate", "hotline", "--people", "x"), "可选：day, week"),
    (("policy", "ask", "nowhere"), "没有这个文件"),
    (("policy", "show", "nobody"), "其中之一：student"),
    (("cases", "--at", "yesterday"), "请写作 2026-11-02T20:00"),
    (("report", STUDENT, "--source", "peer", "--symptom", "fear"), "请写作 CODE=DEGREE"),
    (("lead", "case-000000000000", "--supervisor", "x"), "请写作 lead CASE PERSON"),
    (("bereavement", STUDENT), "请用 --yes 确认：档案将冻结"),
    (("subject-access", "request", STUDENT), "请写作 --for"),
    (("campaign", "forecast"), "请写作 CAMPAIGN | --scale"),
    (("closure", "--until", "soon"), "请写作 2026-11-20"),
)


@pytest.mark.parametrize(("words", "said"), WRONG, ids=lambda given: " ".join(given)[:40])
def test_what_is_typed_wrongly_is_said_in_chinese_and_in_english(
    school: Any, words: tuple[str, ...], said: str
) -> None:
    wrong = school.type(*words, by=COUNSELOR, lang="zh", plain=True)
    assert (wrong.code, wrong.out) == (2, "")
    assert english(wrong.err) == []
    assert said in wrong.err
    assert "用 psysafe" in wrong.err or "后面" in wrong.err
    wrong = school.type(*words, by=COUNSELOR, lang="en", plain=True)
    assert (wrong.code, wrong.out) == (2, "")
    assert _CHINESE.findall(wrong.err) == []


REFUSED: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("PSY001", ("case", "case-000000000000"), COUNSELOR),
    ("PSY013", ("report", STUDENT, "--source", "gossip"), TEACHER),
    ("PSY013", ("approve", "ask", "everything", "--reason", "x"), COUNSELOR),
    ("PSY013", ("forget", STUDENT, "--basis", "untidy"), HEAD),
    ("PSY015", ("cases",), None),
    ("PSY103", ("approve", "ask", "papers", "--reason", "x"), COUNSELOR),
    ("PSY103", ("init", "new", "--zone", "Moon/Base"), OPERATOR),
    ("PSY103", ("init", "new", "--part", "No 3"), OPERATOR),
    ("PSY103", ("init", "new", "--name", ""), OPERATOR),
    ("PSY103", ("verify", "--head", "/dev/null"), OPERATOR),
    ("PSY109", ("init", "new", "--plan", "none"), OPERATOR),
    ("PSY212", ("import", "roster", "nowhere.csv"), None),
    ("PSY718", ("keys", "init"), OPERATOR),
    ("PSY724", ("forget", STUDENT, "--basis", "retention"), HEAD),
    ("PSY301", ("score", "nonsense"), None),
    ("PSY605", ("channels", "test", "nowhere", "--to", "x"), None),
)


@pytest.mark.parametrize(("code", "words", "by"), REFUSED)
def test_a_refusal_holds_no_english_in_chinese(
    school: Any, code: str, words: tuple[str, ...], by: str | None
) -> None:
    words = tuple(str(school.folder / "new") if one == "new" else one for one in words)
    refused = school.type(*words, by=by, lang="zh", plain=True)
    assert refused.code in (3, 4, 5)
    assert code in refused.err
    assert english(refused.err) == []
    found = school.type(*words, by=by, lang="zh").whole["findings"]
    assert [english(one[part]) for one in found for part in ("what", "why", "cure")] == [[]] * 3


def test_a_code_that_there_is_not_is_answered_with_those_that_there_are(school: Any) -> None:
    words = ("guardian", "case-000000000000", "guardian:g-1", "--outcome", "perhaps")
    for lang, said in (("zh", "agrees (同意)"), ("en", "agrees")):
        refused = school.type(*words, by=COUNSELOR, lang=lang)
        if refused.codes == ["PSY001"]:
            continue
        assert said in refused.whole["findings"][0]["cure"]
    words = ("report", STUDENT, "--source", "peer", "--place", "on the moon")
    (finding,) = school.type(*words, by=TEACHER, lang="zh").whole["findings"]
    assert finding["where"] == {"field": "places"}
    assert "dormitory (宿舍)" in finding["cure"]
    assert "地点" in finding["what"]
    assert "moon" not in str(finding)


def test_keys_and_heads_say_what_stands_in_the_way_in_chinese(school: Any) -> None:
    said: list[str] = []
    for words in (("heads", "init"), ("heads", "init"), ("heads", "export")):
        ran = school.type(*words, lang="zh", plain=True)
        said += [ran.out, ran.err]
    assert "已有密钥" in said[3]
    (school.folder / "head.key").write_text("not a key", encoding="ascii")
    for file in school.folder.glob("*.key"):
        file.write_text("not a key", encoding="ascii")
    said.append(school.type("heads", "export", lang="zh", plain=True).err)
    assert [found for text in said for found in english(text)] == []


def test_whoever_is_on_the_emergency_list_and_cannot_be_reached_is_said_in_chinese(
    school: Any,
) -> None:
    settings = school.folder / "psysafe.toml"
    listed = (
        '\n[emergency]\nafter = "15 min"\nagain = "2 h"\nnumber = "010-12345678"\n'
        '[emergency.call]\ninbox = ["staff:t-017"]\n'
    )
    settings.write_text(settings.read_text(encoding="utf-8") + listed, encoding="utf-8")
    ran = school.type("check", lang="zh", plain=True)
    lines = [line for line in (ran.out + ran.err).splitlines() if "PSY752" in line]
    assert lines
    assert [found for line in lines for found in english(line)] == []


def test_doctor_says_everything_in_chinese(school: Any) -> None:
    page = school.type("doctor", lang="zh", plain=True).out
    assert english(page) == []


# -- facts that come from rooms that know no language ------------------------------------------

SOURCE = Path(psysafe.__file__).parent
PLUGINS = Path(__file__).parents[2] / "plugins"
#: What stands in no language: how a reference is written, where a sentence of a plugin follows.
_EXAMPLE = re.compile(r"\{ .* \}|^(?:7|KMS 7|ledger|spool|no spool|vault 7)(?:: 7)?$")
#: What only somebody who writes a plugin, a scale or a host can meet, in English.
_FOR_PROGRAMMERS = ("testing", "data", "hooks", "wire", "sqlite_places.py", "storage.py")
_ALSO = ("storage_abilities.py", "scales.py", "unsealing.py", "forgotten.py", "proving_chain.py")


def _texts() -> Iterator[tuple[str, str, str]]:
    for root in (SOURCE, *PLUGINS.glob("*/src")):
        for file in sorted(root.rglob("*.py")):
            if not {*_FOR_PROGRAMMERS, *_ALSO} & set(file.relative_to(root).parts[-2:]):
                for kind, node in _facts(ast.parse(file.read_text(encoding="utf-8"))):
                    text = _filled(node)
                    if text is not None and _ENGLISH.search(_EXAMPLE.sub("", text)):
                        yield kind, text, file.name


def _facts(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = ((one.arg, one.value) for one in node.keywords)
            yield from ((key, value) for key, value in named if key in ("expected", "problem"))
            if getattr(node.func, "attr", "") == "wrong" and len(node.args) == 2:
                yield "either", node.args[1]
            if getattr(node.func, "id", "") in ("_unusable", "_wrong", "_bad", "_not_genuine"):
                yield from (("either", one) for one in node.args[1:])
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in ("expected", "problem"):
                    yield str(key.value), value


def _filled(node: ast.expr) -> str | None:
    """The text of a constant or of an f-string with numbers in its places."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "7" for p in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = _filled(node.left)
        return None if left is None else left + (_filled(node.right) or "7")
    return None


TEXTS = sorted(set(_texts()))


def test_some_texts_are_found() -> None:
    assert {"a list of texts", "a date such as 2026-09-01"} <= {text for _, text, _ in TEXTS}
    assert "a mobile number is expected: 138... or +86138..." in {text for _, text, _ in TEXTS}


@pytest.mark.parametrize(("kind", "text", "file"), TEXTS)
def test_what_was_expected_and_what_the_problem_is_has_a_translation(
    kind: str, text: str, file: str
) -> None:
    said = {fact_words.expected(text, "zh"), fact_words.problem(text, "zh"), sentence(text, "zh")}
    assert any(_CHINESE.search(one) for one in said), f"{kind} of {file}"


@pytest.mark.parametrize("form", [*fact_words.EXPECTED.forms, *fact_words.PROBLEMS.forms])
def test_a_form_finds_its_own_sentence_filled_and_not_another(form: str) -> None:
    of = fact_words.EXPECTED if form in fact_words.EXPECTED.forms else fact_words.PROBLEMS
    facts = dict.fromkeys(re.findall(r"\{([a-z]+)\}", form), "7")
    assert of.said(form.format_map(facts), "zh") == sentence(form, "zh").format_map(facts)
    assert of.said(form.format_map(facts), "en") == form.format_map(facts)


def test_what_is_not_known_stays_as_it_is() -> None:
    assert fact_words.problem("the moon is full", "zh") == "the moon is full"
    assert told("Something of a newer click.", "zh") == "Something of a newer click."
