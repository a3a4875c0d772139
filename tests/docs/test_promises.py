"""Each promise of the page in plain words names a test, and that test is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "privacy-in-plain-words.md"
PROMISE = re.compile(r"^\| (\d+) \| .+ \| `(tests/\S+\.py)::(test_\w+)` \|$", re.M)
SPOKEN = re.compile(r"^(\d+)\. ", re.M)


def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_twelve_promises_each_with_a_test_and_each_in_both_languages() -> None:
    page = PAGE.read_text(encoding="utf-8")
    promises = PROMISE.findall(page)
    assert [int(number) for number, _, _ in promises] == list(range(1, 13))
    assert [name for _, file, name in promises if name not in functions_of(file)] == []
    assert [int(number) for number in SPOKEN.findall(page)] == list(range(1, 13))


def test_a_promise_that_names_no_test_would_be_seen() -> None:
    assert PROMISE.findall("| 1 | said | `tests/docs/test_promises.py::test_x` |") == [
        ("1", "tests/docs/test_promises.py", "test_x")
    ]
    assert "test_x" not in functions_of("tests/docs/test_promises.py")
