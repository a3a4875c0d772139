"""What an instrument is: its items, its scores, its bands and the answers that must alarm.

A definition is data. It is read by `scale_loading` and used by `scales`; no code is written per
instrument. What is written here is what the engine can score; what a definition may also need
one day (see `NOT_YET`) has its name already and is refused at load, never ignored.

Numbers that come from the literature carry `source` (a key of the definition's `sources`) and
`verified`: False says that nobody has yet checked the number against that source.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal

import attrs

ItemUse = Literal["required", "optional", "unscored"]
ScoreKind = Literal["sum", "mean", "count"]
Rounding = Literal["exact", "down", "half_up"]
Fill = Literal["none", "mean", "ignore"]
Beyond = Literal["incomplete", "invalid"]
Direction = Literal["higher_is_worse", "higher_is_better"]
Words = Mapping[str, str]
"""One text by language code."""

#: What a definition may name at its top level and this version cannot do.
NOT_YET: Final[Mapping[str, str]] = {
    "validity": "lie scales, straight-lining and completion times are not judged yet",
    "branching": "skip logic and levels without a total are not scored yet",
    "norms": "norm tables by sex and grade are not looked up yet",
    "triage": "which answer means which severity belongs into the school's plan: [[triage]]",
}
#: Score kinds that a definition may name and this version cannot do.
KINDS_NOT_YET: Final[Mapping[str, str]] = {
    "weighted": "item weights are not scored yet",
    "of_scores": "scores made of scores are not scored yet",
    "algorithm": "diagnostic algorithms are not scored yet",
    "norms": "norm tables by sex and grade are not looked up yet",
}


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
    ages: tuple[int, int | None]
    """Years, both inclusive; None: no upper end."""
    grades: str
    recall: str
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


@attrs.frozen(kw_only=True)
class Item:
    """One question. `number` is the canonical one; `position` its place on the printed form.

    required: an empty answer counts as missing. optional: may stay empty, and may only enter a
    mean. unscored: in no score, though it may be critical.
    """

    number: int
    id: str
    use: ItemUse
    response: ResponseScale
    position: int
    text: Words


@attrs.frozen(kw_only=True)
class Reversal:
    """Items counted from the other end: `low + high - answer`. Stored answers stay raw."""

    items: frozenset[int]
    low: int
    high: int


@attrs.frozen(kw_only=True)
class MissingRule:
    """How many required items may be empty, what then stands for them, and what else it is.

    fill: `mean` puts the mean of the answered items there, `ignore` counts them as nothing.
    beyond: what a sheet with more empty items is.
    """

    at_most: int
    fill: Fill
    beyond: Beyond
    source: str
    verified: bool


@attrs.frozen(kw_only=True)
class Score:
    """One score: which items, put together how, then `multiply`, `add` and rounding."""

    id: str
    kind: ScoreKind
    items: tuple[int, ...]
    count_at_least: int | None
    multiply: Fraction
    add: Fraction
    rounding: Rounding
    direction: Direction
    low: Fraction
    high: Fraction
    """The lowest and highest score that can be reached."""
    missing: MissingRule

    def finish(self, raw: Fraction | int) -> Fraction | int:
        """From the sum, mean or count to the score that bands are read from."""
        if self.multiply != 1 or self.add != 0:
            raw = raw * self.multiply + self.add
        if self.rounding == "exact" or isinstance(raw, int):
            return raw
        shifted = raw + Fraction(1, 2) if self.rounding == "half_up" else raw
        return shifted.numerator // shifted.denominator


@attrs.frozen(kw_only=True)
class Band:
    """One band: `low` belongs to it, `below` does not."""

    code: str
    low: Fraction
    below: Fraction


@attrs.frozen(kw_only=True)
class BandTable:
    """The bands of one score for one population. `name` is what a caller asks for."""

    name: str
    score: str
    population: str
    ages: tuple[int, int | None] | None
    default: bool
    source: str
    verified: bool
    convention: bool
    """The bands are customary; no study set them against an outcome."""
    bands: tuple[Band, ...]

    def band(self, value: Fraction | int) -> str | None:
        """The code of the band that holds the value; None outside the table."""
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
    ages: tuple[int, int | None] | None
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
    """An answer that alarms by itself, whatever the total and whatever else is empty."""

    code: str
    item: int
    at_least: int | None
    at_most: int | None
    action: Words
    source: str
    verified: bool

    @property
    def unanswered(self) -> str:
        """The flag raised when the critical item itself is empty."""
        return f"{self.code}_unanswered"

    def raised(self, answer: int) -> bool:
        """Whether this raw answer alarms; exactly one of the two edges is set."""
        if self.at_least is not None:
            return answer >= self.at_least
        return self.at_most is not None and answer <= self.at_most


@attrs.frozen(kw_only=True)
class Vector:
    """An example sheet with its known result, shipped with the definition."""

    answers: tuple[int | None, ...]
    status: str
    scores: Mapping[str, Fraction]
    bands: Mapping[str, str]
    flags: tuple[str, ...]


@attrs.frozen(kw_only=True, eq=False)
class Definition:
    """A whole instrument, checked. `sha256` is over the canonical JSON of the data it came from.

    `shortest`: how many answers a sheet must at least have; what follows are items that no score
    and no critical rule needs.
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
    vectors: tuple[Vector, ...]
    sha256: str
    shortest: int

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def version(self) -> str:
        return self.identity.version

    @property
    def populations(self) -> tuple[str, ...]:
        """The names of all band tables, each once, in the definition's order."""
        return tuple(dict.fromkeys(table.name for table in self.tables))
