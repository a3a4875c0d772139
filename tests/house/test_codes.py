"""Every finding that is raised has a registered code and the facts that its sentences ask for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from psysafe.errors import (
    REGISTER,
    approvals,
    breaks,
    channels,
    face,
    files,
    papers,
    plan,
    plugins,
    privacy,
    referrals,
    scales,
    storage,
    tables,
)

SOURCE = Path(__file__).resolve().parents[2] / "src" / "psysafe"
_CODE = re.compile(r"PSY\d{3}")


def places_in(sentence: str) -> set[str]:
    """The names of the facts that a sentence asks for."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def facts_of(code: str) -> set[str]:
    entry = REGISTER[code]
    return set().union(*(places_in(text) for text in (entry.what, entry.why, entry.cure)))


def _keys(node: ast.expr | None) -> set[str] | None:
    """The keys of a dict that is written out, None where it is not."""
    if node is None:
        return set()
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        return {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
    return None


def given(call: ast.Call) -> tuple[str, set[str] | None] | None:
    """The code that a call names and the facts it gives with it (None: not written out there)."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    keywords = {word.arg: word.value for word in call.keywords}
    first = keywords.get("code") if name == "Finding" else (call.args[0] if call.args else None)
    if not (name == "Finding" or name.endswith("Error")):
        return None
    if not (isinstance(first, ast.Constant) and _CODE.fullmatch(str(first.value))):
        return None
    where = _keys(keywords.get("where"))
    if name == "Finding":
        facts = _keys(keywords.get("facts"))
    else:
        facts = None if None in keywords else {str(key) for key in keywords if key != "where"}
    return str(first.value), None if where is None or facts is None else where | facts


def faults(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _CODE.fullmatch(node.value) and node.value not in REGISTER:
                yield f"line {node.lineno}: {node.value} is not registered"
        elif isinstance(node, ast.Call) and (known := given(node)) and known[0] in REGISTER:
            code, facts = known
            missing = set() if facts is None else facts_of(code) - facts
            if missing:
                yield f"line {node.lineno}: {code} lacks {', '.join(sorted(missing))}"


def test_every_code_that_is_raised_is_registered_and_gets_its_facts() -> None:
    found = [
        f"{path.relative_to(SOURCE)}: {fault}"
        for path in sorted(SOURCE.rglob("*.py"))
        for fault in faults(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_an_unknown_code_and_a_missing_fact_are_seen() -> None:
    assert list(faults('x = "PSY999"')) == ["line 1: PSY999 is not registered"]
    assert list(faults('raise NotPermittedError("PSY002")')) == ["line 1: PSY002 lacks action"]
    assert list(faults('Finding(code="PSY014", where={"file": f})')) == [
        "line 1: PSY014 lacks field"
    ]
    assert not list(faults('raise NotPermittedError("PSY002", action="ack")'))
    assert not list(faults('Finding(code="PSY014", where={"field": f})'))


def test_every_registered_sentence_has_only_plain_places() -> None:
    for code, entry in REGISTER.items():
        assert _CODE.fullmatch(code)
        for text in (entry.what, entry.why, entry.cure):
            assert text
            assert not text.endswith("."), code
            for _, name, spec, conversion in Formatter().parse(text):
                assert name is None or (name.isidentifier() and not spec and not conversion), code


def test_no_code_stands_in_two_rooms_and_each_stands_under_its_hundred() -> None:
    rooms = [
        ("0", face),
        ("0", referrals),
        ("1", plan),
        ("1", papers),
        ("2", tables),
        ("2", files),
        ("3", scales),
        ("4", storage),
    ]
    rooms += [("1", approvals), ("1", breaks), ("5", plugins), ("6", channels), ("7", privacy)]
    for hundred, room in rooms:
        assert {code[3] for code in room.CODES} == {hundred}
    assert sum(len(room.CODES) for _, room in rooms) == len(REGISTER)


def test_no_code_is_written_twice_in_one_room() -> None:
    for file in sorted((SOURCE / "errors").glob("*.py")):
        found = re.findall(r'^    "(PSY\d{3})": \(', file.read_text(encoding="utf-8"), re.M)
        assert len(found) == len(set(found)), file.name
