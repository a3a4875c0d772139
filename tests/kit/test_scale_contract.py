"""The shipped scales keep the contract of scales; broken ones are each refused by a named rule."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import attrs
import pytest

from psysafe.builtin.scales import shipped_scales
from psysafe.domain import scales as engine
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scales import load_definition
from psysafe.testing import ScaleContract
from psysafe.testing.scale_rules import RULES
from psysafe.testing.scales import asking_scale, check_definition, sleep_scale

SHIPPED = {record.name: record.definition for record in shipped_scales()}


class TestPhq9(ScaleContract):
    def definition(self) -> Mapping[str, Any]:
        return SHIPPED["phq9"]


class TestPhqA(ScaleContract):
    def definition(self) -> Mapping[str, Any]:
        return SHIPPED["phq_a"]


class TestPhq2(ScaleContract):
    def definition(self) -> Mapping[str, Any]:
        return SHIPPED["phq2"]


class TestGad7(ScaleContract):
    def definition(self) -> Mapping[str, Any]:
        return SHIPPED["gad7"]


class TestDass21(ScaleContract):
    def definition(self) -> Mapping[str, Any]:
        return SHIPPED["dass21"]


class TestSds(ScaleContract):
    def definition(self) -> Mapping[str, Any]:
        return SHIPPED["sds"]


class TestSleep(ScaleContract):
    def definition(self) -> Mapping[str, Any]:
        return sleep_scale()


class TestAsking(ScaleContract):
    def definition(self) -> Mapping[str, Any]:
        return asking_scale()


def test_every_shipped_scale_is_held_against_the_contract() -> None:
    held = {c().definition()["identity"]["id"] for c in ScaleContract.__subclasses__()}
    assert held >= SHIPPED.keys()


def test_every_rule_has_its_test_in_the_contract() -> None:
    named: set[str] = set()

    class Listening(ScaleContract):
        def hold(self, rule: str) -> None:
            named.add(rule)

        def definition(self) -> Mapping[str, Any]:
            return sleep_scale()

    for name in dir(Listening):
        if name.startswith("test_"):
            getattr(Listening(), name)()
    assert named == RULES.keys()


def test_a_contract_without_a_definition_says_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="override definition"):
        ScaleContract().test_every_item_is_used()


# definitions that load and are wrong


def in_data(place: str, value: object) -> Callable[[], Definition]:
    """The sleep scale with one value changed in its data."""

    def made() -> Definition:
        data: Any = sleep_scale()
        *way, last = (int(step) if step.isdigit() else step for step in place.split("."))
        holder = data
        for step in way:
            holder = holder[step]
        holder[last] = value
        return load_definition(data)

    return made


def unreachable_band() -> Definition:
    data = copy.deepcopy(dict(SHIPPED["dass21"]))
    steps = data["bands"][0]["bands"]
    steps[1:1] = [{"code": "between", "from": 9, "below": 10}]
    steps[0]["below"] = 9
    return load_definition(data)


def wrong_key() -> Definition:
    """Subscales made of blocks of items, as one public scorer has them."""
    data = copy.deepcopy(dict(SHIPPED["dass21"]))
    for place, one in enumerate(data["scores"]):
        one["items"] = list(range(7 * place + 1, 7 * place + 8))
    return load_definition(data)


def rounded_index() -> Definition:
    data = copy.deepcopy(dict(SHIPPED["sds"]))
    data["scores"][1]["rounding"] = "half_up"
    return load_definition(data)


def not_reversed() -> Definition:
    data = copy.deepcopy(dict(SHIPPED["sds"]))
    del data["coding"]["reverse"]
    return load_definition(data)


BROKEN_DATA: list[tuple[str, str, Callable[[], Definition]]] = [
    ("no example sheet", "has_examples", in_data("vectors", [])),
    ("an example with another total", "has_examples", in_data("vectors.0.scores.total", 4)),
    ("an example with another band", "has_examples", in_data("vectors.0.bands.total", "high")),
    ("an example with an alarm", "has_examples", in_data("vectors.0.flags", ["no_sleep"])),
    ("an example that is not whole", "has_examples", in_data("vectors.0.status", "prorated")),
    ("subscales made of blocks", "has_examples", wrong_key),
    ("an index that is rounded", "has_examples", rounded_index),
    ("a scale that is not reversed", "has_examples", not_reversed),
    ("a threshold one too low", "has_examples", in_data("critical.0.at_least", 3)),
    ("an alarm no example shows", "examples_show_each_alarm", in_data("vectors.2.flags", [])),
    ("a band that no sheet gives", "bands_are_reached_in_order", unreachable_band),
    (
        "a wording that sounds like a finding",
        "wording_says_screening",
        in_data("identity.wording.en", "You are depressed."),
    ),
    (
        "a wording without the second half",
        "wording_says_screening",
        in_data("identity.wording.en", "A screening."),
    ),
    ("a source that vouches for nothing", "sources_are_used", in_data("sources.other", "x")),
]


@pytest.mark.parametrize(
    ("rule", "made"), [each[1:] for each in BROKEN_DATA], ids=[each[0] for each in BROKEN_DATA]
)
def test_a_definition_that_loads_and_is_wrong_is_refused_by_its_rule(
    rule: str, made: Callable[[], Definition]
) -> None:
    found = check_definition(made())
    assert any(line.startswith(f"{rule}: ") for line in found), found


# definitions that could not be loaded: the rules see them all the same


def sleep(**parts: Callable[[Definition], object]) -> Callable[[], Definition]:
    def made() -> Definition:
        definition = load_definition(sleep_scale())
        return attrs.evolve(definition, **{k: change(definition) for k, change in parts.items()})

    return made


def in_score(**fields: Any) -> Callable[[], Definition]:
    return sleep(scores=lambda d: (attrs.evolve(d.scores[0], **fields),))


def in_bands(low: Mapping[str, Any], high: Mapping[str, Any]) -> Callable[[], Definition]:
    def tables(d: Definition) -> object:
        first, second = d.tables[0].bands
        steps = (attrs.evolve(first, **low), attrs.evolve(second, **high))
        return (attrs.evolve(d.tables[0], bands=steps),)

    return sleep(tables=tables)


BROKEN: list[tuple[str, str, Callable[[], Definition]]] = [
    ("a range one too high", "range_is_reached", in_score(high=Fraction(13))),
    ("a range one too low", "range_is_reached", in_score(low=Fraction(2))),
    ("a factor that turns worse to better", "reversal_flips", in_score(multiply=Fraction(-1))),
    (
        "an item that is asked for nothing",
        "every_item_is_used",
        sleep(scores=lambda d: (attrs.evolve(d.scores[0], items=(1, 2)),), critical=lambda d: ()),
    ),
    (
        "a scored comment box",
        "every_item_is_used",
        in_score(items=(1, 2, 3, 4)),
    ),
    ("bands sharing an edge", "bands_cover", in_bands({"below": Fraction(9)}, {})),
    ("bands with a gap", "bands_cover", in_bands({"below": Fraction(7)}, {})),
    ("bands that end too early", "bands_cover", in_bands({}, {"below": Fraction(12)})),
    (
        "bands of no score",
        "bands_cover",
        sleep(tables=lambda d: (attrs.evolve(d.tables[0], score="sum"),)),
    ),
]


@pytest.mark.parametrize(
    ("rule", "made"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN]
)
def test_a_definition_that_got_past_the_loader_is_refused_by_its_rule(
    rule: str, made: Callable[[], Definition]
) -> None:
    found = check_definition(made())
    assert any(line.startswith(f"{rule}: ") for line in found), found


# engines that are wrong: faults seen in real scorers, put in place of ours

Score = Callable[..., engine.Result]


def reverses_nothing(right: Score) -> Score:
    def score(definition: Definition, *given: Any, **more: Any) -> engine.Result:
        return right(attrs.evolve(definition, reversal=None), *given, **more)

    return score


def blank_is_nought(right: Score) -> Score:
    def score(definition: Definition, answers: Any, *given: Any, **more: Any) -> engine.Result:
        if isinstance(answers, Mapping):
            lowest = {i.number: i.response.lowest for i in definition.items}
            answers = {n: lowest[n] if a is None else a for n, a in answers.items()}
        return right(definition, answers, *given, **more)

    return score


def alarms_by_total_only(right: Score) -> Score:
    def score(definition: Definition, *given: Any, **more: Any) -> engine.Result:
        result = right(definition, *given, **more)
        low = all(band.code == definition.tables[0].bands[0].code for band in result.bands)
        return attrs.evolve(result, flags=() if low else result.flags)

    return score


def silent_on_void(right: Score) -> Score:
    def score(definition: Definition, *given: Any, **more: Any) -> engine.Result:
        result = right(definition, *given, **more)
        whole = result.status in ("complete", "prorated")
        return attrs.evolve(result, flags=result.flags if whole else ())

    return score


def bands_for_everybody(right: Score) -> Score:
    def score(definition: Definition, *given: Any, **more: Any) -> engine.Result:
        result = right(definition, *given, **more)
        if not result.bands:
            table = definition.tables[0]
            lowest = engine.BandReached(
                score=table.score,
                code=table.bands[0].code,
                table=table.name,
                verified=True,
                convention=False,
            )
            return attrs.evolve(result, bands=(lowest,))
        return result

    return score


def one_point_short(right: Score) -> Score:
    def score(definition: Definition, *given: Any, **more: Any) -> engine.Result:
        result = right(definition, *given, **more)
        values = tuple(attrs.evolve(v, value=v.value - 1) for v in result.scores)
        return attrs.evolve(result, scores=values)

    return score


def by_the_order_of_the_form(right: Score) -> Score:
    def score(definition: Definition, answers: Any, *given: Any, **more: Any) -> engine.Result:
        if isinstance(answers, Mapping) and len(answers) == len(definition.items):
            answers = list(answers.values())
        return right(definition, answers, *given, **more)

    return score


WRONG_ENGINES: list[tuple[Callable[[Score], Score], str]] = [
    (reverses_nothing, "reversal_flips"),
    (reverses_nothing, "worse_never_counts_less"),
    (blank_is_nought, "missing_answers_are_told"),
    (alarms_by_total_only, "critical_answers_alarm"),
    (silent_on_void, "critical_answers_alarm"),
    (silent_on_void, "missing_answers_are_told"),
    (bands_for_everybody, "missing_answers_are_told"),
    (one_point_short, "range_is_reached"),
    (one_point_short, "transforms_round_as_told"),
    (one_point_short, "each_item_alone_counts"),
    (by_the_order_of_the_form, "form_order_means_nothing"),
]


@pytest.mark.parametrize(
    ("wrong", "rule"), WRONG_ENGINES, ids=[f"{w.__name__}-{r}" for w, r in WRONG_ENGINES]
)
def test_a_fault_of_the_engine_is_seen_by_the_rules_and_not_only_by_the_loader(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[Score], Score], rule: str
) -> None:
    data = sleep_scale()
    for item, place in zip(data["items"], (2, 3, 1, 4), strict=True):
        item["position"] = place
    definition = load_definition(data)
    assert check_definition(definition) == []
    monkeypatch.setattr("psysafe.testing.scale_rules.score", wrong(engine.score))
    found = check_definition(definition)
    assert any(line.startswith(f"{rule}: ") for line in found), found


def test_definitions_are_the_same_after_a_way_through_json() -> None:
    for data in SHIPPED.values():
        plain = json.loads(json.dumps(data, default=str))
        assert load_definition(plain).sha256 == load_definition(data).sha256
