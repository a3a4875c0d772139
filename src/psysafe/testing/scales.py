"""A checker for whoever writes an instrument: does the engine score it as the definition says?

`load_definition` holds a definition against itself; `check_definition` and `ScaleContract` fill in
sheets and look at what comes out, so a fault of the engine shows as well as one of the definition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_loading import load_definition
from psysafe.errors import ScaleError
from psysafe.testing.scale_rules import RULES, extreme_sheet

__all__ = ["ScaleContract", "asking_scale", "check_definition", "extreme_sheet", "sleep_scale"]


def sleep_scale() -> dict[str, Any]:
    """An invented instrument as plain data, fresh each time, to change and load in tests.

    Four items answered 1 to 4; item 2 reversed, item 3 critical at 4, item 4 unscored; a total of
    3 to 12 with one band table, `teens`: low below 8, high from 8.
    """
    options = [{"code": f"a{n}", "score": n} for n in (1, 2, 3, 4)]
    items = [{"number": n, "id": f"q{n}", "use": "required", "response": "r"} for n in (1, 2, 3)]
    return {
        "format": 1,
        "identity": {
            "id": "sleep",
            "version": "1.0.0",
            "edition": "invented",
            "title": {"en": "Sleep"},
            "informants": ["self"],
            "languages": ["en"],
            "ages": {"from": 12, "to": 18},
            "recall": "1 week",
            "wording": {"en": "A screening, not a diagnosis."},
        },
        "licence": {
            "status": "free",
            "holder": "nobody",
            "source": "invented here",
            "checked": "2026-11-02",
            "text_shippable": False,
            "texts": "none",
        },
        "sources": {"here": "invented here"},
        "coding": {
            "stored": "raw",
            "reverse": {"items": [2], "low": 1, "high": 4, "source": "here", "verified": True},
        },
        "responses": [{"id": "r", "options": options}],
        "items": [*items, {"number": 4, "id": "comment", "use": "unscored", "response": "r"}],
        "scores": [
            {
                "id": "total",
                "kind": "sum",
                "items": [1, 2, 3],
                "direction": "higher_is_worse",
                "range": [3, 12],
                "missing": {"at_most": 0, "source": "here", "verified": True},
                "source": "here",
                "verified": True,
            }
        ],
        "bands": [
            {
                "score": "total",
                "table": "teens",
                "default": True,
                "population": "invented teens",
                "source": "here",
                "verified": False,
                "convention": True,
                "bands": [
                    {"code": "low", "from": 3, "below": 8},
                    {"code": "high", "from": 8, "below": 13},
                ],
            }
        ],
        "critical": [
            {
                "code": "no_sleep",
                "item": 3,
                "at_least": 4,
                "urgency": "within_a_day",
                "source": "here",
                "verified": False,
                "action": {"en": "Ask."},
            }
        ],
        "vectors": [
            {
                "answers": "1 4 1",
                "status": "complete",
                "scores": {"total": 3},
                "bands": {"total": "low"},
                "flags": [],
            },
            {
                "answers": "1 4 3",
                "status": "complete",
                "scores": {"total": 5},
                "bands": {"total": "low"},
                "flags": [],
            },
            {
                "answers": "4 1 4",
                "status": "complete",
                "scores": {"total": 12},
                "bands": {"total": "high"},
                "flags": ["no_sleep"],
            },
        ],
    }


def asking_scale() -> dict[str, Any]:
    """An invented set of questions without a total, as plain data, fresh each time.

    Four questions answered no, yes or refused; the fifth is asked only after a yes or a refusal.
    The level is acute, not_acute or negative; two alarms, on the four and on the fifth.
    """
    data = sleep_scale()
    options = [{"code": code, "score": n} for n, code in enumerate(("no", "yes", "refused"))]
    items: list[dict[str, Any]] = [
        {"number": n, "id": f"q{n}", "use": "required", "response": "r"} for n in range(1, 6)
    ]
    items[4]["asked_if"] = {"any_of": [1, 2, 3, 4], "at_least": 1}
    said = {"source": "here", "verified": False}
    rule = {"at_least": 1, "urgency": "at_once", "action": {"en": "Ask."}, **said}
    steps = [
        {"code": "acute", "when": [{"item": 5, "at_least": 1}]},
        {"code": "not_acute", "when": [{"any_of": [1, 2, 3, 4], "at_least": 1}]},
        {"code": "negative", "when": []},
    ]
    data["identity"].update(id="asking", title={"en": "Asking"})
    data.update(
        coding={"stored": "raw"},
        responses=[{"id": "r", "options": options}],
        items=items,
        scores=[],
        bands=[],
        critical=[
            {"code": "positive", "any_of": [1, 2, 3, 4], **rule},
            {"code": "acute", "item": 5, **rule},
        ],
        levels={"steps": steps, "convention": False, **said},
        vectors=[
            {
                "answers": "0 1 0 0 1",
                "status": "complete",
                "scores": {},
                "bands": {"level": "acute"},
                "flags": ["positive", "acute"],
            }
        ],
    )
    return data


def check_definition(definition: Definition) -> list[str]:
    """Every way in which a definition does not hold up, as `rule: what is wrong`; empty where it
    does.

    The rules stand in `psysafe.testing.scale_rules`: examples, range reached, every item used,
    each item alone, reversal, rounding, bands, alarms, missing answers, wording, sources.
    """
    problems: list[str] = []
    for name, rule in RULES.items():
        try:
            problems += [f"{name}: {problem}" for problem in dict.fromkeys(rule(definition))]
        except ScaleError as error:
            problems.append(f"{name}: a sheet that should score is refused: {error}")
    return problems


class ScaleContract:
    """What every scale must keep, one test a rule, for whoever ships one in a plugin.

        class TestMood(ScaleContract):
            def definition(self):
                return tomllib.loads(Path("mood.toml").read_text(encoding="utf-8"))

    Override `definition`; pytest runs the rest. `check_definition` gives the same as a list.
    """

    def definition(self) -> Mapping[str, Any]:
        """The definition as plain data."""
        raise NotImplementedError("give the kit a scale: override definition")

    def hold(self, rule: str) -> None:
        """Run one rule of `psysafe.testing.scale_rules`; AssertionError says what is wrong."""
        problems = list(dict.fromkeys(RULES[rule](load_definition(self.definition()))))
        assert not problems, f"{rule}: " + "; ".join(problems)

    def test_it_loads_and_is_the_same_after_a_way_through_json(self) -> None:
        data = self.definition()
        plain = json.loads(json.dumps(data, default=lambda day: day.isoformat()))
        assert load_definition(plain).sha256 == load_definition(data).sha256

    def test_its_examples_come_out_as_told(self) -> None:
        self.hold("has_examples")

    def test_an_example_raises_each_of_its_alarms(self) -> None:
        self.hold("examples_show_each_alarm")

    def test_its_range_is_reached_at_both_ends(self) -> None:
        self.hold("range_is_reached")

    def test_every_item_is_used(self) -> None:
        self.hold("every_item_is_used")

    def test_each_item_alone_at_its_maximum_counts_its_own_part(self) -> None:
        self.hold("each_item_alone_counts")

    def test_reversed_items_flip_exactly(self) -> None:
        self.hold("reversal_flips")

    def test_scores_are_rounded_as_told(self) -> None:
        self.hold("transforms_round_as_told")

    def test_a_worse_answer_never_counts_less(self) -> None:
        self.hold("worse_never_counts_less")

    def test_bands_cover_every_score_once(self) -> None:
        self.hold("bands_cover")

    def test_every_band_is_reached_in_order(self) -> None:
        self.hold("bands_are_reached_in_order")

    def test_critical_answers_alarm_on_every_sheet(self) -> None:
        self.hold("critical_answers_alarm")

    def test_missing_answers_are_told_and_never_read_as_low(self) -> None:
        self.hold("missing_answers_are_told")

    def test_the_order_of_the_form_means_nothing(self) -> None:
        self.hold("form_order_means_nothing")

    def test_its_wording_says_screening_and_no_diagnosis(self) -> None:
        self.hold("wording_says_screening")

    def test_every_source_vouches_for_something(self) -> None:
        self.hold("sources_are_used")
