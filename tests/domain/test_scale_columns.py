"""Many sheets at once: what is refused, what a gap costs, what is shown. The law of equality with
single sheets stands in tests/laws/test_scoring_laws.py."""

from __future__ import annotations

from typing import Any

import pytest

from psysafe.builtin.scales import shipped_scales
from psysafe.domain.scale_columns import columns_from_packed, columns_of, score_columns
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scales import Respondent, load_definition
from psysafe.errors import ScaleError


@pytest.fixture(scope="module")
def phq9() -> Definition:
    (record,) = [record for record in shipped_scales() if record.name == "phq9"]
    return load_definition(record.definition)


def test_sheets_in_columns_keep_their_places(phq9: Definition) -> None:
    sheets: list[list[int | None]] = [[0] * 9, [3] * 9, [1] * 8 + [None], [0] * 8 + [2]]
    found = score_columns(phq9, columns_of(phq9, sheets), respondent=Respondent(age=15))
    assert [found.sheet(row).status for row in range(4)] == [
        "complete",
        "complete",
        "incomplete",
        "complete",
    ]
    assert [found.scores["total"][row] for row in range(4)] == [0, 27, None, 2]
    assert [found.bands["total"][row] for row in range(4)] == ["minimal", "severe", None, "minimal"]
    assert list(found.raised("self_harm")) == [1, 3]
    assert list(found.raised("self_harm_unanswered")) == [2]
    assert list(found.raised("unheard_of")) == []
    assert found.cutoffs.keys() == {("total", "adolescent")}
    assert found.sheet(1).cutoffs == (("total", "adolescent"),)
    assert found.sheet(2).flags == (("self_harm_unanswered", None),)
    with pytest.raises(IndexError):
        found.sheet(4)


def test_no_sheets_are_scored_to_nothing(phq9: Definition) -> None:
    found = score_columns(phq9, [b""] * 9)
    assert (found.rows, found.status, list(found.raised("self_harm"))) == (0, b"", [])


def test_columns_show_no_answer(phq9: Definition) -> None:
    found = score_columns(phq9, [b"\3\2"] * 9)
    shown = repr(found) + repr(found.sheet(0)) + repr(found.scores["total"])
    for private in ("severe", "27", "self_harm", "x03", "True"):
        assert private not in shown


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ([b"\0"] * 8, "PSY303"),
        ([b"\0"] * 11, "PSY303"),
        ([b"\0"] * 8 + [b"\0\0"], "PSY303"),
        ([b"\0"] * 8 + [b"\4"], "PSY304"),
        ([b"\0"] * 8 + [b"\xfe"], "PSY304"),
        ([b"\0"] * 9 + [b"\7"], "PSY304"),
    ],
)
def test_wrong_columns_are_refused(phq9: Definition, columns: list[bytes], code: str) -> None:
    with pytest.raises(ScaleError) as caught:
        score_columns(phq9, columns)
    assert caught.value.code == code


@pytest.mark.parametrize("sheet", [[0] * 8, [0] * 11, [0] * 8 + [True], [0] * 8 + [255], ["0"] * 9])
def test_a_sheet_that_does_not_fit_into_columns_is_refused_with_its_row(
    phq9: Definition, sheet: Any
) -> None:
    with pytest.raises(ScaleError) as caught:
        columns_of(phq9, [[0] * 9, sheet])
    assert caught.value.finding.where["row"] == 1


def test_packed_sheets_are_whole_sheets(phq9: Definition) -> None:
    assert columns_from_packed(phq9, bytes(range(10)) * 2)[3] == b"\3\3"
    with pytest.raises(ScaleError):
        columns_from_packed(phq9, bytes(19))


def test_population_and_informant_are_checked_once_for_all(phq9: Definition) -> None:
    for wrong in ({"population": "x"}, {"respondent": Respondent(informant="teacher")}):
        with pytest.raises(ScaleError):
            score_columns(phq9, [b"\0"] * 9, **wrong)  # type: ignore[arg-type]
