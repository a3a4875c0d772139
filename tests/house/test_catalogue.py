"""Messages exist in Chinese and English, complete, with the same facts in both."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path
from string import Formatter
from types import ModuleType

import pytest

from psysafe import catalogue
from psysafe.errors import REGISTER, Finding

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    """The tool that gathers and compiles."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "tools" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["messages"] = module
    spec.loader.exec_module(module)
    return module


def places_in(sentence: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(sentence) if name is not None})


def has_words(sentence: str) -> bool:
    """Whether a sentence holds more than places for facts."""
    return any(literal.strip() for literal, *_ in Formatter().parse(sentence))


def test_every_sentence_that_people_read_is_translated_into_chinese(messages: ModuleType) -> None:
    chinese = messages.read("zh")
    assert [text for text in messages.sentences() if not chinese.get(text)] == []
    assert [
        text
        for text, translation in chinese.items()
        if has_words(text) and not re.search(r"[一-鿿]", translation)
    ] == []


def said_in(source: str) -> set[str]:
    """Every sentence that a program asks the catalogue for, also from inside another string."""
    return {
        str(node.args[0].value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("say", "N_")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_the_gatherer_overlooks_no_sentence_wherever_it_stands(messages: ModuleType) -> None:
    """It does not look into f-strings: what stands there only would never be translated."""
    known = set(messages.sentences())
    overlooked = {
        text
        for path in sorted((ROOT / "src" / "psysafe").rglob("*.py"))
        for text in said_in(path.read_text(encoding="utf-8"))
        if text not in known
    }
    assert overlooked == set()
    assert said_in("x = f\"[{say('The clauses', 'zh')}]\"") == {"The clauses"}


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_a_translation_asks_for_the_same_facts_as_its_sentence(
    messages: ModuleType, language: str
) -> None:
    known = messages.read(language)
    assert known
    assert [
        text
        for text, translation in known.items()
        if translation and places_in(translation) != places_in(text)
    ] == []


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_the_committed_files_are_what_the_tool_makes(messages: ModuleType, language: str) -> None:
    assert messages.path_of(language, "po").read_bytes() == messages.po_bytes(language)
    assert messages.path_of(language, "mo").read_bytes() == messages.mo_bytes(language)


@pytest.mark.parametrize("code", sorted(REGISTER))
def test_a_finding_is_told_in_both_languages_with_its_facts(code: str) -> None:
    entry = REGISTER[code]
    names = {name for text in (entry.what, entry.why, entry.cure) for name in places_in(text)}
    finding = Finding(code=code, facts={name: f"<{name}>" for name in names})
    chinese, english = (catalogue.describe(finding, language) for language in ("zh", "en"))
    assert english == catalogue.Description(what=finding.what, why=finding.why, cure=finding.cure)
    for name in names:
        assert f"<{name}>" in chinese.what + chinese.why + chinese.cure
    for mine, theirs in zip((chinese.what, chinese.why), (english.what, english.why), strict=True):
        assert mine != theirs


def test_the_language_is_the_one_asked_for_then_the_persons_then_the_schools() -> None:
    assert catalogue.choose("en", person="zh", school=("zh", "en")) == "en"
    assert catalogue.choose(None, person="en", school=("zh", "en")) == "en"
    assert catalogue.choose(None, person=None, school=("en", "zh")) == "en"
    assert catalogue.choose() == "zh"


def test_a_language_that_is_not_shipped_is_passed_over() -> None:
    assert catalogue.choose("fr", person="de", school=("en",)) == "en"
    assert catalogue.choose("fr", school=("bo",)) == "zh"
    assert catalogue.choose("zh-Hant-TW") == "zh"
    assert catalogue.choose("en_GB.UTF-8") == "en"


def test_a_sentence_is_said_with_its_facts_and_not_without() -> None:
    text = "you may not do this: {action}"
    assert catalogue.say(text, "en", action="close") == "you may not do this: close"
    assert catalogue.say(text, "zh", action="close").endswith("：close")
    with pytest.raises(KeyError):
        catalogue.say(text, "zh")


def test_a_fact_that_looks_like_a_place_is_not_filled_again() -> None:
    assert catalogue.say("{path}: unknown key", "en", path="{secret}") == "{secret}: unknown key"


def test_text_in_a_lower_room_is_found_by_its_mark(messages: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "room.py").write_text('x = N_("the night is {length} long")\n', encoding="utf-8")
    assert "the night is {length} long" in messages.sentences(tmp_path)
    assert "the night is {length} long" not in messages.sentences()
