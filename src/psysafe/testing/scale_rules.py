"""The rules of the scale contract: each looks at one thing and says in words what is wrong.

They fill in sheets and look at what comes out, and they reckon by their own plain means what
should come out, so a fault of the engine shows as well as one of the definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import chain, combinations
from types import MappingProxyType
from typing import Final

from psysafe.domain.scale_definition import BandTable, Definition, Score, rounded
from psysafe.domain.scales import Respondent, Result, score

Sheet = dict[int, int | None]
#: What the wording must say, by language; a language that is not here is not looked at.
SAYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"en": ("screening", "not a diagnosis"), "zh": ("筛查", "不是诊断")}
)
_USABLE: Final = ("complete", "prorated")


def extreme_sheet(definition: Definition, *, highest: bool) -> Sheet:
    """The whole sheet on which every score is lowest, or highest, by item number."""
    turned = definition.reversal.items if definition.reversal else frozenset()
    return {
        one.number: one.response.highest
        if highest != (one.number in turned)
        else one.response.lowest
        for one in definition.items
    }


def climbing(definition: Definition) -> Iterator[tuple[int, Sheet]]:
    """Sheets from the lowest to the highest, one answer raised at a time: the item, the sheet."""
    turned = definition.reversal.items if definition.reversal else frozenset()
    sheet = extreme_sheet(definition, highest=False)
    yield 0, dict(sheet)
    for one in definition.items:
        for answer in sorted(one.response.scores, reverse=one.number in turned)[1:]:
            sheet[one.number] = answer
            yield one.number, dict(sheet)


def value_of(result: Result, name: str) -> float | None:
    """The value of a score; None where it could not be made."""
    return next((value.value for value in result.scores if value.score == name), None)


def has_examples(definition: Definition) -> Iterator[str]:
    """Each example sheet gives what is told; there is at least one."""
    if not definition.vectors:
        yield "there is no example sheet"
    for i, vector in enumerate(definition.vectors):
        facts = {str(name): fact for name, fact in vector.facts.items()}
        result = score(definition, vector.answers, respondent=Respondent(**facts))  # type: ignore[arg-type]
        found: list[tuple[str, object, object]] = [
            ("status", result.status, vector.status),
            (
                "scores",
                {value.score: value.value for value in result.scores},
                {name: float(value) for name, value in vector.scores.items()},
            ),
            ("bands", {band.score: band.code for band in result.bands}, dict(vector.bands)),
            ("flags", tuple(flag.code for flag in result.flags), vector.flags),
        ]
        if vector.cutoffs is not None:
            reached = tuple(dict.fromkeys(cutoff.cutoff for cutoff in result.cutoffs))
            found.append(("cutoffs", reached, vector.cutoffs))
        for what, is_so, told in found:
            if is_so != told:
                yield f"example {i + 1}: {what} {is_so}, told is {told}"


def examples_show_each_alarm(definition: Definition) -> Iterator[str]:
    """Some example raises each alarm, so that a threshold cannot move unseen."""
    shown = {code for vector in definition.vectors for code in vector.flags}
    for rule in definition.critical:
        if rule.code not in shown:
            yield f"flag {rule.code}: no example raises it"


def range_is_reached(definition: Definition) -> Iterator[str]:
    """The lowest and the highest sheet give the declared ends of each score."""
    lowest = score(definition, extreme_sheet(definition, highest=False))
    highest = score(definition, extreme_sheet(definition, highest=True))
    for one in definition.scores:
        if one.kind == "norm":
            yield from _norm_range(definition, one)
            continue
        for word, result, declared in (("lowest", lowest, one.low), ("highest", highest, one.high)):
            found = value_of(result, one.id)
            if found != float(declared):
                yield f"score {one.id}: the {word} sheet gives {found}, declared is {declared}"


def _norm_range(definition: Definition, one: Score) -> Iterator[str]:
    found = [
        value_of(score(definition, sheet, respondent=about), one.id)
        for row in one.norms
        for about in (Respondent(sex=row.sex, grade=row.grades[0]),)
        for sheet in (extreme_sheet(definition, highest=h) for h in (False, True))
    ]
    values = [value for value in found if value is not None]
    if len(values) < len(found):
        yield f"score {one.id}: a group of its norms gets no norm"
    elif (min(values), max(values)) != (float(one.low), float(one.high)):
        yield f"score {one.id}: norms run from {min(values)} to {max(values)}"


def every_item_is_used(definition: Definition) -> Iterator[str]:
    """Each item that is not called unscored moves a score, raises a flag or decides a level."""
    used = {number for one in definition.scores for number in one.items}
    looked_at = {n for rule in definition.critical for n in rule.when.items}
    steps = definition.levels.steps if definition.levels else ()
    looked_at |= {n for step in steps for when in step.when for n in when.items}
    looked_at |= {n for item in definition.items if item.asked_if for n in item.asked_if.items}
    for item in definition.items:
        if item.use == "unscored" and item.number in used:
            yield f"item {item.number} is called unscored and is in a score"
        elif item.use != "unscored" and item.number not in used | looked_at:
            yield f"item {item.number} is in no score and no critical rule"


def each_item_alone_counts(definition: Definition) -> Iterator[str]:
    """Each item alone at its worst-counting answer gives its own part of each score, no more."""
    lowest = extreme_sheet(definition, highest=False)
    for one in definition.scores:
        for number in one.items:
            top = extreme_sheet(definition, highest=True)[number]
            found = value_of(score(definition, {**lowest, number: top}), one.id)
            told = float(one.finish(_alone(definition, one, number)))
            if found is None or found != told:
                yield f"score {one.id}: item {number} alone gives {found}, not {told}"


def _alone(definition: Definition, one: Score, number: int) -> Fraction:
    """Reckoned by hand: what a score is where one item alone counts all it can."""
    if one.kind == "algorithm":
        return Fraction(one.symptoms == 1 and number in one.core)
    if one.kind == "count":
        return Fraction(1)
    weights = dict(zip(one.items, one.weights or (Fraction(1),) * len(one.items), strict=True))
    responses = {n: definition.items[n - 1].response for n in one.items}
    rest = sum((weights[n] * r.lowest for n, r in responses.items() if n != number), Fraction(0))
    total = rest + weights[number] * responses[number].highest
    return total / len(one.items) if one.kind == "mean" else total


def reversal_flips(definition: Definition) -> Iterator[str]:
    """An item counts up from its lowest answer to its highest, and exactly down where reversed."""
    turned = definition.reversal.items if definition.reversal else frozenset()
    sheet = extreme_sheet(definition, highest=False)
    for one in definition.scores:
        for number in one.items if one.kind in ("sum", "mean", "weighted") else ():
            answers = sorted(definition.items[number - 1].response.scores)
            found = [
                value_of(score(definition, {**sheet, number: answer}), one.id) for answer in answers
            ]
            values = [value for value in found if value is not None]
            if number in turned:
                values.reverse()
            if len(values) < len(found) or values != sorted(values):
                yield f"score {one.id}: item {number} counts from the wrong end"
            elif values[0] == values[-1] and one.rounding == "exact":
                yield f"score {one.id}: item {number} changes nothing"


def bands_cover(definition: Definition) -> Iterator[str]:
    """Each whole score and each edge lies in one band, neither in none nor in two."""
    for table in definition.tables:
        one = next((s for s in definition.scores if s.id == table.score), None)
        if one is None:
            yield f"bands {table.name}: there is no score {table.score}"
            continue
        for place in _places(one, table):
            holding = [band.code for band in table.bands if band.low <= place < band.below]
            if len(holding) != 1:
                yield f"bands {table.name}: {table.score} {place} lies in {len(holding)} bands"


def _places(one: Score, table: BandTable) -> list[Fraction]:
    first = -(-one.low.numerator // one.low.denominator)
    places = {Fraction(number) for number in range(first, int(one.high) + 1)} | {one.low, one.high}
    edges = chain.from_iterable((band.low, band.below) for band in table.bands)
    return sorted(places | {edge for edge in edges if one.low <= edge <= one.high})


def bands_are_reached_in_order(definition: Definition) -> Iterator[str]:
    """From the lowest sheet to the highest, scores only rise, through each band of each table."""
    ways = [sheet for _, sheet in climbing(definition)]
    for one in definition.scores:
        if one.kind == "norm":
            continue
        values = [value_of(score(definition, sheet), one.id) for sheet in ways]
        known = [value for value in values if value is not None]
        if len(known) < len(values) or known != sorted(known):
            yield f"score {one.id}: it does not rise with its answers"
            continue
        for table in definition.tables:
            if table.score == one.id:
                met = {table.band(Fraction(str(value))) for value in known}
                for band in table.bands:
                    if band.code not in met and one.kind != "algorithm":
                        yield f"bands {table.name}: no sheet gives {band.code}"


def expected_flags(definition: Definition, sheet: Mapping[int, int | None]) -> set[str]:
    """Reckoned by hand: the flags of a sheet on which everything that is empty was asked."""
    flags: set[str] = set()
    for rule in definition.critical:
        answers = [sheet.get(number) for number in rule.when.items]
        fitting = sum(answer is not None and rule.when.fits(answer) for answer in answers)
        if fitting >= rule.when.count:
            flags.add(rule.code)
        elif fitting + answers.count(None) >= rule.when.count:
            flags.add(rule.unanswered)
    return flags


def critical_answers_alarm(definition: Definition) -> Iterator[str]:
    """A critical answer alarms whatever the total, on an incomplete and on a void sheet."""
    sheets = [extreme_sheet(definition, highest=highest) for highest in (False, True)]
    for rule in definition.critical:
        for number in rule.when.items:
            for answer in sorted(definition.items[number - 1].response.scores):
                for sheet in ({**sheets[0], number: answer}, {**sheets[1], number: answer}):
                    yield from _flags_differ(definition, sheet)
                if rule.when.count == 1 and rule.when.fits(answer):
                    found = {flag.code for flag in score(definition, {number: answer}).flags}
                    if rule.code not in found:
                        yield f"flag {rule.code}: lost where everything else is empty"


def _flags_differ(definition: Definition, sheet: Sheet) -> Iterator[str]:
    told = expected_flags(definition, sheet)
    for about in (Respondent(), Respondent(seconds=0)):
        result = score(definition, sheet, respondent=about)
        found = {flag.code for flag in result.flags}
        for code in sorted(found ^ told):
            yield f"flag {code}: wrong on a sheet that is {result.status}"


def missing_answers_are_told(definition: Definition) -> Iterator[str]:
    """With one or two answers missing, status, missing items, bands and flags are right."""
    for highest in (False, True):
        whole = extreme_sheet(definition, highest=highest)
        singles = [(number,) for number in whole]
        for gone in chain(singles, combinations(whole, 2)):
            yield from _missing_differs(definition, whole, gone)


def _missing_differs(definition: Definition, whole: Sheet, gone: tuple[int, ...]) -> Iterator[str]:
    sheet = {**whole, **dict.fromkeys(gone)}
    result = score(definition, sheet)
    asked = [n for n in gone if _surely_asked(definition, n, sheet)]
    strict = _strict(definition, asked)
    if strict and result.status in _USABLE:
        yield f"without items {gone} a sheet is called {result.status}"
    if result.bands and result.status not in _USABLE:
        yield f"without items {gone} an {result.status} sheet has a band"
    lost = {n for n in asked if definition.items[n - 1].use == "required"} - set(result.missing)
    if lost:
        yield f"without items {gone} nobody is told that {sorted(lost)} are missing"
    if not definition.branching:
        found = {flag.code for flag in result.flags}
        for code in sorted(found ^ expected_flags(definition, sheet)):
            yield f"flag {code}: wrong without items {gone}"


def _surely_asked(definition: Definition, number: int, sheet: Sheet) -> bool:
    condition = definition.items[number - 1].asked_if
    if condition is None:
        return True
    answers = [sheet[n] for n in condition.items]
    return sum(a is not None and condition.fits(a) for a in answers) >= condition.count


def _strict(definition: Definition, asked: list[int]) -> bool:
    """Whether these items cannot be empty on a sheet that has a score."""
    required = {n for n in asked if definition.items[n - 1].use == "required"}
    scored = {n for one in definition.scores for n in one.items}
    if required - scored:
        return True
    return any(
        one.missing is not None and len(required & set(one.items)) > one.missing.at_most
        for one in definition.scores
    )


def worse_never_counts_less(definition: Definition) -> Iterator[str]:
    """On a sheet in the middle, a higher answer never lowers a score, or the other way round
    where it is reversed; and it never takes a flag away that looks at high answers."""
    turned = definition.reversal.items if definition.reversal else frozenset()
    middle = {
        one.number: sorted(one.response.scores)[len(one.response.scores) // 2]
        for one in definition.items
    }
    for one in definition.scores:
        for number in one.items:
            answers = sorted(definition.items[number - 1].response.scores)
            found = [
                value_of(score(definition, {**middle, number: answer}), one.id)
                for answer in (reversed(answers) if number in turned else answers)
            ]
            values = [value for value in found if value is not None]
            if values != sorted(values):
                yield f"score {one.id}: a worse answer to item {number} counts less"


def form_order_means_nothing(definition: Definition) -> Iterator[str]:
    """Answers given by number in the order of the form score as in the canonical order."""
    for highest in (False, True):
        sheet = extreme_sheet(definition, highest=highest)
        by_form = {number: sheet[number] for number in definition.form}
        if score(definition, by_form) != score(definition, [sheet[n] for n in sorted(sheet)]):
            yield "the order of the form changes the result"


def transforms_round_as_told(definition: Definition) -> Iterator[str]:
    """Each whole raw sum becomes the score that multiply, add and rounding say."""
    for one in definition.scores:
        if one.kind not in ("sum", "weighted"):
            continue
        for _, sheet in climbing(definition):
            raw = _raw(definition, one, sheet)
            told = float(rounded(raw * one.multiply + one.add, one.rounding))
            found = value_of(score(definition, sheet), one.id)
            if found != told:
                yield f"score {one.id}: {found} where the answers come to {told}"
                break


def _raw(definition: Definition, one: Score, sheet: Sheet) -> Fraction:
    reversal = definition.reversal
    weights = one.weights or (Fraction(1),) * len(one.items)
    raw = Fraction(0)
    for number, weight in zip(one.items, weights, strict=True):
        answer = sheet[number] or 0
        turned = reversal is not None and number in reversal.items
        raw += weight * (reversal.low + reversal.high - answer if reversal and turned else answer)
    return raw


def wording_says_screening(definition: Definition) -> Iterator[str]:
    """What stands beside every result says: a screening, not a diagnosis."""
    for language, wording in definition.identity.wording.items():
        for phrase in SAYS.get(language, ()):
            if phrase not in wording.lower():
                yield f"the wording in {language} does not say {phrase!r}"


def sources_are_used(definition: Definition) -> Iterator[str]:
    """Each listed source vouches for something."""
    parts = (
        *definition.scores,
        *(one.missing for one in definition.scores),
        *definition.tables,
        *definition.cutoffs,
        *definition.critical,
        *definition.validity,
        definition.reversal,
        definition.levels,
    )
    used = {part.source for part in parts if part is not None}
    for source in definition.sources:
        if source not in used:
            yield f"source {source} vouches for nothing"


#: Every rule, by the name under which a fault is reported.
RULES: Final[Mapping[str, Callable[[Definition], Iterator[str]]]] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            has_examples,
            examples_show_each_alarm,
            range_is_reached,
            every_item_is_used,
            each_item_alone_counts,
            reversal_flips,
            transforms_round_as_told,
            worse_never_counts_less,
            bands_cover,
            bands_are_reached_in_order,
            critical_answers_alarm,
            missing_answers_are_told,
            form_order_means_nothing,
            wording_says_screening,
            sources_are_used,
        )
    }
)
