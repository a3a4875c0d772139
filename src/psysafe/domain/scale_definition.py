"""What an instrument is: its items, its scores, its bands and the answers that must alarm.

A definition is data. It is read by `scale_loading` and used by `scales`; no code is written per
instrument. What is not written here is refused at load, never ignored.

Numbers that come from the literature carry `source` (a key of the definition's `sources`) and
`verified`: False says that nobody has yet checked the number against that source.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal

import attrs

ItemUse = Literal["required", "optional", "unscored"]
ScoreKind = Literal["sum", "mean", "count", "weighted", "of_scores", "algorithm", "norm"]
Rounding = Literal["exact", "down", "half_up"]
Fill = Literal["none", "mean", "ignore", "zero"]
Beyond = Literal["incomplete", "invalid"]
Direction = Literal["higher_is_worse", "higher_is_better"]
Urgency = Literal["at_once", "within_a_day", "with_the_result"]
Effect = Literal["void", "doubt"]
Ages = tuple[int, int | None]
"""Years, both inclusive; None: no upper end."""
Words = Mapping[str, str]
"""One text by language code."""

#: What a definition may not hold because it belongs elsewhere, and where.
ELSEWHERE: Final[Mapping[str, str]] = {
    "triage": "which answer means which severity belongs into the school's plan: [[triage]]",
}
#: The name under which a level without a total stands among the bands; no score may take it.
LEVEL: Final = "level"


@attrs.frozen(kw_only=True)
class Licence:
    """Who holds the instrument, what may be done with it, who says so and when it was checked."""

    status: str
    holder: str
    source: str
    checked: str
    """The day of the check, as 2026-11-02."""
    text_shippable: bool
    commercial_use: bool | None
    """None where the source does not say."""
    texts: str
    """Which item texts come with the definition, and if none, why."""


@attrs.frozen(kw_only=True)
class Identity:
    """Which instrument, which edition of it, for whom it is meant and what it asks about."""

    id: str
    version: str
    """Of the definition (semver), not of the instrument."""
    edition: str
    title: Words
    informants: tuple[str, ...]
    languages: tuple[str, ...]
    ages: Ages
    grades: str
    recall: str
    instruction: Words
    """What stands above the items; empty where it may not be shipped."""
    wording: Words
    """What must stand beside every result: a screening, not a diagnosis."""


@attrs.frozen(kw_only=True)
class Option:
    """One answer that can be given: its code on a form and the number it is stored as."""

    code: str
    score: int
    text: Words


@attrs.frozen(kw_only=True)
class ResponseScale:
    """The answers that an item offers."""

    id: str
    options: tuple[Option, ...]
    scores: frozenset[int]

    @property
    def lowest(self) -> int:
        return min(self.scores)

    @property
    def highest(self) -> int:
        return max(self.scores)

    def score_of(self, code: str) -> int | None:
        """The score of an answer given by its code on the form; None: no such answer."""
        return next((option.score for option in self.options if option.code == code), None)


@attrs.frozen(kw_only=True)
class Condition:
    """What answers must be like: at least `count` of `items` answered so. Raw answers, always.

    Exactly one of the two edges is set.
    """

    items: tuple[int, ...]
    at_least: int | None
    at_most: int | None
    count: int

    def fits(self, answer: int) -> bool:
        """Whether one raw answer is such an answer."""
        if self.at_least is not None:
            return answer >= self.at_least
        return self.at_most is not None and answer <= self.at_most


@attrs.frozen(kw_only=True)
class Item:
    """One question. `number` is the canonical one; `position` its place on the printed form.

    required: an empty answer counts as missing. optional: may stay empty, and may only enter a
    mean. unscored: in no score, though it may be critical. `asked_if`: asked only where this
    holds of earlier answers; an item that was surely not to be asked is not missing.
    """

    number: int
    id: str
    use: ItemUse
    response: ResponseScale
    position: int
    text: Words
    asked_if: Condition | None


@attrs.frozen(kw_only=True)
class Reversal:
    """Items counted from the other end: `low + high - answer`. Stored answers stay raw."""

    items: frozenset[int]
    low: int
    high: int
    source: str
    verified: bool


@attrs.frozen(kw_only=True)
class MissingRule:
    """How many required items may be empty, what then stands for them, and what else it is.

    fill: `mean` puts the mean of the answered items there, `zero` the answer 0, `ignore` counts
    them as nothing. rounding: of a sum that was filled. beyond: what a sheet with more empty
    items is.
    """

    at_most: int
    fill: Fill
    rounding: Rounding
    beyond: Beyond
    source: str
    verified: bool


@attrs.frozen(kw_only=True)
class NormRow:
    """The norms of one group: sex and grades, and one norm for each whole raw score from the
    lowest to the highest."""

    sex: str
    grades: tuple[str, ...]
    values: tuple[Fraction, ...]


@attrs.frozen(kw_only=True)
class Score:
    """One score: which items or scores, put together how, then `multiply`, `add` and rounding.

    sum, mean, count of items answered `count_at_least` or more (`count_from` where an item has an
    edge of its own), weighted: item by item; of_scores: the sum of other scores (`of`), with
    weights; algorithm: 1 where at least `symptoms` items count and one of `core` is among them,
    else 0; norm: one score looked up for sex and grade.
    """

    id: str
    kind: ScoreKind
    items: tuple[int, ...]
    of: tuple[str, ...]
    weights: tuple[Fraction, ...]
    count_at_least: int | None
    count_from: Mapping[int, int]
    symptoms: int | None
    core: frozenset[int]
    norms: tuple[NormRow, ...]
    multiply: Fraction
    add: Fraction
    rounding: Rounding
    direction: Direction
    low: Fraction
    high: Fraction
    """The lowest and highest score that can be reached."""
    missing: MissingRule | None
    """None for a score made of scores: it is there where they all are."""
    source: str
    """Who says that it is these items, put together this way."""
    verified: bool

    def counts(self, number: int, answer: int) -> bool:
        """Whether an item's answer counts, in a count or an algorithm."""
        return answer >= self.count_from.get(number, self.count_at_least or 0)

    def finish(self, raw: Fraction | int) -> Fraction | int:
        """From the sum, mean or count to the score that bands are read from."""
        if self.multiply != 1 or self.add != 0:
            raw = raw * self.multiply + self.add
        return rounded(raw, self.rounding)


def rounded(value: Fraction | int, rounding: Rounding) -> Fraction | int:
    """The value rounded: not at all, to the integer part, or halves up."""
    if rounding == "exact" or isinstance(value, int):
        return value
    shifted = value + Fraction(1, 2) if rounding == "half_up" else value
    return shifted.numerator // shifted.denominator


@attrs.frozen(kw_only=True)
class Band:
    """One band: `low` belongs to it, `below` does not."""

    code: str
    low: Fraction
    below: Fraction


@attrs.frozen(kw_only=True)
class BandTable:
    """The bands of one score for one population. `name` is what a caller asks for.

    `ages`, `informants` and `edition` say for whom it is; where they are told, the table that
    fits is taken.
    """

    name: str
    score: str
    population: str
    ages: Ages | None
    informants: tuple[str, ...]
    edition: str
    default: bool
    source: str
    verified: bool
    convention: bool
    """The bands are customary; no study set them against an outcome."""
    bands: tuple[Band, ...]

    def band(self, value: Fraction | int) -> str | None:
        """The code of the band that holds the value; None outside the table, which cannot be
        for a loaded definition: its tables cover every score that can be reached."""
        for band in self.bands:
            if band.low <= value < band.below:
                return band.code
        return None


@attrs.frozen(kw_only=True)
class Cutoff:
    """A score from which a study calls the screening positive, in one population."""

    name: str
    score: str
    population: str
    ages: Ages | None
    at_least: Fraction | None
    at_most: Fraction | None
    source: str
    verified: bool

    def reached(self, value: Fraction | int) -> bool:
        """Whether a score is on the positive side; exactly one of the two edges is set."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most


@attrs.frozen(kw_only=True)
class CriticalRule:
    """Answers that alarm by themselves, whatever the total and whatever else is empty.

    `urgency` is the instrument's own word; what severity follows is the school's plan.
    """

    code: str
    when: Condition
    urgency: Urgency
    action: Words
    source: str
    verified: bool

    @property
    def unanswered(self) -> str:
        """The flag raised when a critical item itself is empty and might have alarmed."""
        return f"{self.code}_unanswered"


@attrs.frozen(kw_only=True)
class ValidityRule:
    """When a sheet is not to be believed: a void sheet has no bands, a doubted one keeps them.

    score: a lie scale at or above `at_least`; same_answer: `at_least` items one after the other on
    the form answered alike; time: answered in less than `at_least` seconds.
    """

    code: str
    kind: Literal["score", "same_answer", "time"]
    score: str
    at_least: Fraction
    effect: Effect
    source: str
    verified: bool


@attrs.frozen(kw_only=True)
class Level:
    """One step of a result without a total: it is this one where all its conditions hold."""

    code: str
    when: tuple[Condition, ...]


@attrs.frozen(kw_only=True)
class Levels:
    """Levels, worst first; the first that holds is the result, the last holds always."""

    steps: tuple[Level, ...]
    source: str
    verified: bool
    convention: bool


@attrs.frozen(kw_only=True)
class Vector:
    """An example sheet with its known result, shipped with the definition.

    `facts` are those of the respondent that the result depends on, by name.
    """

    answers: tuple[int | None, ...]
    status: str
    scores: Mapping[str, Fraction]
    bands: Mapping[str, str]
    flags: tuple[str, ...]
    cutoffs: tuple[str, ...] | None
    """Names of cut-offs reached; None: not told."""
    facts: Mapping[str, str | int]


@attrs.frozen(kw_only=True, eq=False)
class Definition:
    """A whole instrument, checked. `sha256` is over the canonical JSON of the data it came from.

    `shortest`: how many answers a sheet must at least have; what follows are items that nothing
    needs. `alarming`: the items that a critical rule looks at. `branching`: some item is asked
    only after certain answers.
    """

    identity: Identity
    licence: Licence
    sources: Mapping[str, str]
    items: tuple[Item, ...]
    reversal: Reversal | None
    scores: tuple[Score, ...]
    tables: tuple[BandTable, ...]
    cutoffs: tuple[Cutoff, ...]
    critical: tuple[CriticalRule, ...]
    validity: tuple[ValidityRule, ...]
    levels: Levels | None
    vectors: tuple[Vector, ...]
    sha256: str
    shortest: int
    alarming: frozenset[int]
    branching: bool

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def version(self) -> str:
        return self.identity.version

    @property
    def populations(self) -> tuple[str, ...]:
        """The names of all band tables and cut-offs, each once, in the definition's order."""
        names = [table.name for table in self.tables] + [one.name for one in self.cutoffs]
        return tuple(dict.fromkeys(names))

    @property
    def form(self) -> tuple[int, ...]:
        """The canonical item numbers in the order of the printed form."""
        return tuple(one.number for one in sorted(self.items, key=lambda one: one.position))

    @property
    def unverified(self) -> tuple[str, ...]:
        """The places whose numbers nobody has checked against their source yet."""
        parts = (
            ("coding.reverse", self.reversal),
            *((f"scores.{one.id}", one) for one in self.scores),
            *((f"scores.{one.id}.missing", one.missing) for one in self.scores),
            *((f"bands.{one.score}.{one.name}", one) for one in self.tables),
            *((f"cutoffs.{one.score}.{one.name}", one) for one in self.cutoffs),
            *((f"critical.{one.code}", one) for one in self.critical),
            *((f"validity.{one.code}", one) for one in self.validity),
            ("levels", self.levels),
        )
        return tuple(place for place, part in parts if part is not None and not part.verified)
