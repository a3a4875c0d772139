"""The pages that follow from the program say what the program says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from psysafe.errors import REGISTER

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tools" / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["pages"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["errors.md", "codes.md", "command-line.md"])
def test_a_generated_page_is_what_the_program_makes_of_it(pages: ModuleType, name: str) -> None:
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == pages.text(name)


def test_every_error_code_has_a_page_in_both_languages(pages: ModuleType) -> None:
    text = pages.text("errors.md")
    for code in REGISTER:
        page = text.partition(f"### {code}\n")[2].partition("\n### ")[0]
        for heading in ("what", "why", "cure", "情况", "原因", "办法"):
            assert f"| {heading} | " in page, (code, heading)


def test_every_command_is_on_the_page_of_the_command_line(pages: ModuleType) -> None:
    from psysafe.cli import COMMANDS

    text = pages.text("command-line.md")
    assert [name for name in COMMANDS if f"## psysafe {name}\n" not in text] == []


def test_every_decision_is_found_from_the_first_page_and_in_the_contents() -> None:
    places = {f"decisions/{page.name}" for page in (ROOT / "docs" / "decisions").glob("*.md")}
    for name in ("docs/index.md", "mkdocs.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert {place for place in places if place not in text} == set(), name
    numbers = [Path(place).name[:4] for place in places]
    assert len(numbers) == len(set(numbers)), "two decisions of one number"
