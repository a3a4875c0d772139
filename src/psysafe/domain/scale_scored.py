"""What many sheets came to, a column each; one sheet of it in the shape in which it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_results import STATUSES

#: The byte of an empty answer, and of a score or band that a sheet does not have.
EMPTY: Final = 255
#: The same where a column needs two bytes a sheet.
WIDE_EMPTY: Final = 0xFFFF


@attrs.frozen(kw_only=True)
class Coded:
    """One thing a sheet: a number each, and what the number means; `EMPTY` means nothing."""

    codes: Sequence[int] = attrs.field(repr=False)
    meanings: Sequence[object] = attrs.field(repr=False)

    def __getitem__(self, row: int) -> object:
        code = self.codes[row]
        return None if code == self.nothing else self.meanings[code]

    @property
    def nothing(self) -> int:
        """The code that means nothing."""
        return EMPTY if isinstance(self.codes, bytes) else WIDE_EMPTY


@attrs.frozen(kw_only=True)
class SheetScored:
    """What one sheet came to, in the shape in which sheets are kept."""

    status: str
    scores: Mapping[str, float] = attrs.field(repr=False)
    bands: Mapping[str, str] = attrs.field(repr=False)
    cutoffs: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    """score and name of each cut-off reached"""
    flags: tuple[tuple[str, int | None], ...] = attrs.field(repr=False)
    """flag code and the answer that raised it; None where it was left out"""


@attrs.frozen(kw_only=True)
class ScoredColumns:
    """What many sheets came to, one entry a sheet in every column.

    status: index into `STATUSES`. scores: float by score. bands: code by score. cutoffs: 1 where
    reached, by score and name. flags: 1 where raised, by flag code, `_unanswered` ones as well.
    `sheet(row)` puts one sheet together.
    """

    definition: Definition = attrs.field(repr=lambda one: one.id)
    columns: tuple[bytes, ...] = attrs.field(repr=False)
    rows: int
    status: bytes = attrs.field(repr=False)
    scores: Mapping[str, Coded] = attrs.field(repr=False)
    bands: Mapping[str, Coded] = attrs.field(repr=False)
    cutoffs: Mapping[tuple[str, str], bytes] = attrs.field(repr=False)
    flags: Mapping[str, bytes] = attrs.field(repr=False)

    def raised(self, code: str) -> Iterator[int]:
        """The rows on which a flag is raised, in order."""
        yield from marked(self.flags.get(code, b""))

    def sheet(self, row: int) -> SheetScored:
        """One sheet: status, scores, bands, cut-offs and flags as `score` gives them."""
        if not 0 <= row < self.rows:
            raise IndexError(row)
        scores = {name: column[row] for name, column in self.scores.items()}
        bands = {name: column[row] for name, column in self.bands.items()}
        return SheetScored(
            status=STATUSES[self.status[row]],
            scores={name: v for name, v in scores.items() if isinstance(v, float)},
            bands={name: code for name, code in bands.items() if isinstance(code, str)},
            cutoffs=tuple(which for which, mask in self.cutoffs.items() if mask[row]),
            flags=tuple(self._flags(row)),
        )

    def _flags(self, row: int) -> Iterator[tuple[str, int | None]]:
        for rule in self.definition.critical:
            if self.flags[rule.code][row]:
                answers = (self.columns[number - 1][row] for number in rule.when.items)
                yield rule.code, next(a for a in answers if a != EMPTY and rule.when.fits(a))
            elif self.flags[rule.unanswered][row]:
                yield rule.unanswered, None


def marked(mask: bytes) -> Iterator[int]:
    """The rows that a mask marks with 1, in order."""
    row = mask.find(1)
    while row >= 0:
        yield row
        row = mask.find(1, row + 1)
