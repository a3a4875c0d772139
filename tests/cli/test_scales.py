"""Scales from the command line: lines of answers scored, what is installed, all about one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def console(school: Any, tmp_path: Path) -> Any:
    """A terminal without any school."""
    school.folder, school.at = tmp_path / "none", None
    return school


def scored(console: Any, scale: str, *lines: object, more: tuple[str, ...] = ()) -> Any:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    ran = console.type("score", scale, *more, stdin=text.encode())
    return ran.code, [json.loads(line) for line in ran.out.splitlines()]


TEN = [3, 3, 3, 1, 0, 0, 0, 0, 0]
ELEVEN = [3, 3, 3, 2, 0, 0, 0, 0, 0]


def test_the_cut_off_follows_the_age_of_the_line_or_of_the_call(console: Any) -> None:
    code, found = scored(
        console,
        "phq9",
        {"answers": TEN, "age": 15},
        {"answers": ELEVEN, "age": 15},
        {"answers": TEN, "age": 18},
        {"answers": TEN},
        {"answers": ELEVEN, "population": "adolescent", "age": None},
    )
    assert code == 0
    assert [[c["name"] for c in line["cutoffs"]] for line in found] == [
        [],
        ["adolescent"],
        ["adult"],
        ["adult"],
        ["adolescent"],
    ]
    for more in (("--age", "15"), ("--population", "adolescent")):
        _, (line,) = scored(console, "phq9", {"answers": ELEVEN}, more=more)
        assert line["cutoffs"] == [{"score": "total", "name": "adolescent"}]
    _, (line,) = scored(console, "phq9", {"answers": TEN, "age": 20}, more=("--age", "15"))
    assert line["cutoffs"] == [{"score": "total", "name": "adult"}]


def test_numbers_nobody_checked_are_named_beside_the_result(console: Any) -> None:
    _, (sds,) = scored(console, "sds", {"answers": [2, 3] * 10})
    assert sds["unverified"] == ["scores.index"]
    _, (phq9,) = scored(console, "phq9", {"answers": TEN})
    assert phq9["unverified"] == []


def test_an_age_outside_the_instrument_is_a_doubt(console: Any) -> None:
    _, (line,) = scored(console, "phq9", {"answers": TEN, "age": 9})
    assert line["validity"] == [{"code": "age_outside", "effect": "doubt"}]
    assert line["status"] == "complete"


def test_explain_tells_items_tables_reasons_and_the_wording(console: Any) -> None:
    _, (line,) = scored(console, "phq9", {"answers": [0] * 8 + [1], "age": 15}, more=("--explain",))
    assert line["explanation"]["scores"]["total"]["items"] == list(range(1, 10))
    assert line["explanation"]["chosen"]["total"] == {
        "table": "adult",
        "reason": "only",
        "cutoffs": ["adolescent"],
    }
    assert line["explanation"]["flags"]["self_harm"]["urgency"] == "within_a_day"
    assert line["wording"]["en"] == "A screening, not a diagnosis."


def test_a_wrong_fact_is_refused_with_its_line_and_the_next_is_read(console: Any) -> None:
    code, found = scored(
        console,
        "phq9",
        {"answers": TEN, "age": "15"},
        {"answers": TEN, "age": True},
        {"answers": TEN, "age": -1},
        {"answers": TEN, "seconds": 1.5},
        {"answers": TEN, "sex": 1},
        {"answers": TEN, "informant": "teacher"},
        {"answers": TEN, "informant": "张三"},
        {"answers": TEN, "informant": "self", "sex": "female", "grade": "7", "seconds": 60},
    )
    assert code == 4
    assert [line["error"]["code"] for line in found[:-1]] == ["PSY306"] * 5 + ["PSY307"] * 2
    assert "张三" not in json.dumps(found, ensure_ascii=False)
    assert found[-1]["status"] == "complete"


def test_the_list_names_licence_languages_and_what_is_not_checked(console: Any) -> None:
    ran = console.type("scales", "list")
    found = {one["scale"]: one for one in ran.data}
    assert ran.code == 0
    assert found.keys() == {"phq9", "phq_a", "phq2", "gad7", "dass21", "sds"}
    assert found["phq9"]["unverified"] == []
    assert found["sds"]["texts"] == []
    assert found["gad7"]["texts"] == ["en", "zh"]
    assert all(one["licence"] for one in found.values())
    plain = console.type("scales", "list", plain=True, lang="zh").out
    assert "患者健康问卷" in plain
    assert "未核对" in plain


def test_all_about_one_scale_with_what_is_not_checked_marked(console: Any) -> None:
    ran = console.type("scales", "show", "sds")
    assert ran.code == 0
    assert ran.data["licence"]["text_shippable"] is False
    assert ran.data["unverified"] == ["scores.index", "bands.index.original"]
    assert len(ran.data["sha256"]) == 64
    plain = console.type("scales", "show", "sds", plain=True).out
    assert "A screening, not a diagnosis." in plain
    assert "not checked against its source" in plain
    assert "better_off_dead: 19 >= 2" in plain
    ran = console.type("scales", "show", "mood")
    assert (ran.code, ran.codes) == (4, ["PSY301"])
