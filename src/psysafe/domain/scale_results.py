"""What comes out of a sheet: scores, bands, cut-offs, flags, and how each of them came about."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from psysafe.sensitivity import ItemClass, record, ref
from psysafe.sensitivity import item as private

Status = Literal["complete", "prorated", "incomplete", "invalid"]
#: From the best to the worst.
STATUSES: Final[tuple[Status, ...]] = ("complete", "prorated", "incomplete", "invalid")
#: With these a sheet has its bands; with the others it is to be answered again.
WHOLE: Final = ("complete", "prorated")

_LEVEL: Final = ItemClass.SCALE_LEVEL
_ITEMS: Final = ItemClass.SCALE_ITEMS


@record
class AnswerSheet:
    """One sheet as it was filled in: raw answers by item number from 1 on, None where empty."""

    scale: str = ref()
    definition_version: str = ref()
    informant: str = ref()
    answered_at: datetime = ref()
    answers: tuple[int | None, ...] = private(_ITEMS)


@record
class Respondent:
    """What is known about whoever a sheet is about, as far as an instrument asks for it.

    age in whole years on the day of the sheet, who answered (a code of the definition's
    `informants`), sex and grade as norm tables name them, and how many seconds the answering
    took. None or empty: not told, which is never read as "does not matter".
    """

    age: int | None = private(ItemClass.CIVIL_IDENTITY, default=None)
    informant: str = ref(default="")
    sex: str = private(ItemClass.CIVIL_IDENTITY, default="")
    grade: str = private(ItemClass.CLASS_PLACEMENT, default="")
    seconds: int | None = private(_ITEMS, default=None)


@record
class ScoreValue:
    """One score, in the points of its instrument. `verified`: as in the definition."""

    score: str = ref()
    value: float = private(_LEVEL)
    verified: bool = ref(default=True)


@record
class BandReached:
    """The instrument's word for a score, and in which table it was looked up.

    `verified` False: nobody has checked the table against its source. `convention`: the bands
    are customary only. A level without a total stands here as the band of the score `level`.
    """

    score: str = ref()
    code: str = private(_LEVEL)
    table: str = ref()
    verified: bool = ref()
    convention: bool = ref()


@record
class CutoffReached:
    """A score on the positive side of a published cut-off, named by its population."""

    score: str = ref()
    cutoff: str = private(_LEVEL)
    verified: bool = ref()


@record
class RaisedFlag:
    """An answer that a person must look at. `answer` is None where the item was left empty.

    Where a rule looks at several items, `item` is the first that raised it and `items` are all.
    """

    code: str = private(_LEVEL)
    item: int = private(_LEVEL)
    answer: int | None = private(_ITEMS)
    items: tuple[int, ...] = private(_ITEMS, default=())
    urgency: str = ref(default="")
    verified: bool = ref(default=True)


@record
class ValidityFound:
    """Why a sheet is not to be believed (`void`) or to be read with care (`doubt`)."""

    code: str = private(_LEVEL)
    effect: str = ref()
    verified: bool = ref(default=True)


@record
class Chosen:
    """Which table and which cut-offs a score was held against, and why these.

    reason: named (the caller said so), age, informant, age_informant (told facts fit), only (there
    is one), default, default_outside (the default is taken although told facts do not fit it),
    none (the score has no bands), no_norm (no norms for this sex and grade, or they were not
    told: the score is not made).
    """

    score: str = ref()
    table: str = ref()
    reason: str = ref()
    cutoffs: tuple[str, ...] = private(_LEVEL, default=())


@record
class ScoreParts:
    """Which items made a score: answered, counted from the other end, filled by the rule,
    rightly not asked; or which other scores (`of`)."""

    score: str = ref()
    items: tuple[int, ...] = private(_ITEMS)
    reversed: tuple[int, ...] = private(_ITEMS)
    filled: tuple[int, ...] = private(_ITEMS)
    not_asked: tuple[int, ...] = private(_ITEMS, default=())
    of: tuple[str, ...] = ref(default=())


@record
class Result:
    """What a sheet says, and by which definition, so that it stays readable when that changes.

    `status` is one of `Status`. `missing` holds the numbers of empty items that a score, a level
    or a critical rule needs. Scores that could not be made are absent; incomplete and invalid
    sheets have no bands and no cut-offs. Flags are there in every status.
    """

    status: str = ref()
    scores: tuple[ScoreValue, ...] = private(_LEVEL)
    bands: tuple[BandReached, ...] = private(_LEVEL)
    cutoffs: tuple[CutoffReached, ...] = private(_LEVEL)
    flags: tuple[RaisedFlag, ...] = private(_LEVEL)
    missing: tuple[int, ...] = private(_ITEMS)
    explanation: tuple[ScoreParts, ...] = private(_ITEMS)
    definition_id: str = ref()
    definition_version: str = ref()
    definition_sha256: str = ref()
    validity: tuple[ValidityFound, ...] = private(_LEVEL, default=())
    chosen: tuple[Chosen, ...] = ref(default=())

    @property
    def unverified(self) -> tuple[str, ...]:
        """Which of its parts rest on numbers that nobody has checked against their source."""
        parts = (
            *((f"scores.{one.score}", one.verified) for one in self.scores),
            *((f"bands.{one.score}", one.verified) for one in self.bands),
            *((f"cutoffs.{one.score}.{one.cutoff}", one.verified) for one in self.cutoffs),
            *((f"flags.{one.code}", one.verified) for one in self.flags),
            *((f"validity.{one.code}", one.verified) for one in self.validity),
        )
        return tuple(name for name, verified in parts if not verified)


def result_to_plain(result: Result) -> dict[str, Any]:
    """The result as `psysafe score` writes it, without the line number. Whole scores are ints."""
    return {
        "status": result.status,
        "scores": {s.score: _number(s.value) for s in result.scores},
        "bands": {b.score: {"code": b.code, "table": b.table} for b in result.bands},
        "cutoffs": [{"score": c.score, "name": c.cutoff} for c in result.cutoffs],
        "flags": [{"code": f.code, "item": f.item, "answer": f.answer} for f in result.flags],
        "missing": list(result.missing),
        "validity": [{"code": v.code, "effect": v.effect} for v in result.validity],
        "unverified": list(result.unverified),
        "definition": {
            "id": result.definition_id,
            "version": result.definition_version,
            "sha256": result.definition_sha256,
        },
    }


def explanation_to_plain(result: Result) -> dict[str, Any]:
    """How the result came about: items of each score, tables chosen and why, items of each flag."""
    return {
        "scores": {
            part.score: {
                "items": list(part.items),
                "reversed": list(part.reversed),
                "filled": list(part.filled),
                "not_asked": list(part.not_asked),
                "of": list(part.of),
            }
            for part in result.explanation
        },
        "chosen": {
            one.score: {"table": one.table, "reason": one.reason, "cutoffs": list(one.cutoffs)}
            for one in result.chosen
        },
        "flags": {
            flag.code: {"items": list(flag.items), "urgency": flag.urgency} for flag in result.flags
        },
    }


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value
