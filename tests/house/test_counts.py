"""Every number that leaves a desk or a command is judged in counts.toml (decision 0048)."""

from __future__ import annotations

import ast
import inspect
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

import pytest

import psysafe
from psysafe import desk
from psysafe.desk.desk import Desk
from psysafe.desk.operator import OperatorDesk

SOURCE: Final = Path(psysafe.__file__).parent
LISTED: Final = tomllib.loads(Path(__file__).with_name("counts.toml").read_text(encoding="utf-8"))
JUDGEMENTS: Final = {"figures", "readable", "machine", "none"}
#: Answers in which there is no room for a number: what was done, words, files, days, objections.
COUNTLESS: Final = frozenset(
    {
        *("Receipt", "Receipt | None", "None", "bool", "str", "Path", "tuple[Path, ...]"),
        *("datetime | None", "timedelta | None", "Mapping[str, str]"),
    }
)
#: Findings hold numbers in their facts, so they are none of these; a list of plain data neither.
ROOMS: Final = ("cli", "desk", "papers")
CALLS: Final = frozenset({"len", "sum", "Counter"})


def _sections(cls: type) -> Iterator[tuple[str, type]]:
    rooms = [import_module(f"psysafe.desk.{one.name}") for one in iter_modules(desk.__path__)]
    for name, one in vars(cls).items():
        if isinstance(one, cached_property):
            named = inspect.get_annotations(one.func)["return"]
            yield name, next(getattr(room, named) for room in rooms if hasattr(room, named))


def answers(cls: type) -> Mapping[str, str]:
    """Every public method of a desk and of its sections, with what it is said to answer."""
    found: dict[str, str] = {}
    places = [("", cls), *_sections(cls)]
    for section, kind in places:
        for name, one in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                said = str(inspect.get_annotations(one).get("return"))
                found[f"{section}.{name}".strip(".")] = said.replace("builtins.", "")
    return found


@pytest.mark.parametrize(("cls", "part"), [(Desk, "desk"), (OperatorDesk, "operator")])
def test_every_answer_that_has_room_for_a_number_is_judged(cls: type, part: str) -> None:
    there = answers(cls)
    wide = {name for name, kind in there.items() if kind not in COUNTLESS}
    assert wide - set(LISTED[part]) == set(), "judge these in counts.toml"
    assert set(LISTED[part]) - set(there) == set(), "these are gone"


@pytest.mark.parametrize("part", ["desk", "operator"])
def test_each_judgement_is_one_of_four_and_says_why(part: str) -> None:
    for name, entry in LISTED[part].items():
        assert entry["judged"] in JUDGEMENTS, name
        assert entry["judged"] == "none" or len(entry["why"]) > 4, name
        assert not (entry["judged"] == "none" and entry.get("numbers")), name


def test_what_is_judged_as_figures_is_made_by_the_ledger() -> None:
    made = [one for one in LISTED["desk"].values() if one["judged"] == "figures"]
    assert len(made) >= 2
    for entry in made:
        tree = ast.parse((SOURCE / entry["by"]).read_text(encoding="utf-8"))
        assert any(_called(node) == "release" for node in ast.walk(tree)), entry["by"]


def test_whoever_runs_the_machine_gets_no_figure_about_students() -> None:
    assert {one["judged"] for one in LISTED["operator"].values()} <= {"machine", "none"}


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _counts(node: ast.AST) -> bool:
    return any(_called(one) in CALLS for one in ast.walk(node))


def _given(node: ast.AST) -> list[ast.expr]:
    """The expressions of a node that go on to somebody: named, returned, kept, put into words."""
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.keyword | ast.FormattedValue):
        return [node.value]
    if isinstance(node, ast.Return):
        return [node.value] if node.value is not None else []
    if isinstance(node, ast.Assign):
        kept = any(isinstance(one, ast.Subscript | ast.Attribute) for one in node.targets)
        return [node.value] if kept else []
    return node.args if _called(node) == "str" and isinstance(node, ast.Call) else []


def _counting(source: str) -> set[str]:
    """The functions of a room that put a number of things together and hand it on."""
    found = set()
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        adds = any(
            isinstance(node, ast.AugAssign)
            and isinstance(node.op, ast.Add)
            and isinstance(node.target, ast.Subscript | ast.Attribute)
            for node in ast.walk(function)
        )
        handed = (one for node in ast.walk(function) for one in _given(node))
        if adds or any(_counts(one) for one in handed):
            found.add(function.name)
    return found


def test_every_function_that_counts_for_somebody_is_judged() -> None:
    there = {
        f"{room}/{file.name}:{name}"
        for room in ROOMS
        for file in sorted((SOURCE / room).glob("*.py"))
        for name in _counting(file.read_text(encoding="utf-8"))
    }
    listed: Mapping[str, Any] = LISTED["counting"]
    assert there - set(listed) == set(), "judge these in counts.toml"
    assert set(listed) - there == set(), "these are gone"
    for name, judged in listed.items():
        assert judged in JUDGEMENTS or judged in LISTED["desk"] or judged in LISTED["operator"], (
            name
        )


@pytest.mark.parametrize(
    "source",
    [
        "def told(x):\n    return {'cases': len(x)}",
        "def told(x):\n    return sum(x)",
        "def told(x, language):\n    return say('{count} cases', language, count=len(x))",
        "def told(x):\n    return f'{len(x)} cases'",
        "def told(x, line):\n    line['cases'] = len(x)",
        "def told(x, line):\n    line['cases'] += 1",
    ],
)
def test_a_function_that_counts_is_seen(source: str) -> None:
    assert _counting(source) == {"told"}
    assert _counting("def told(x):\n    return [one for one in x if len(one) > 3][0]") <= {"told"}


class _Grown(Desk):
    """A desk with a method that nobody judged."""

    def how_many(self) -> int:
        return 1


def test_a_method_that_nobody_judged_is_seen() -> None:
    there = answers(_Grown)
    assert there["how_many"] not in COUNTLESS
    assert "how_many" not in LISTED["desk"]
