"""Which bands and cut-offs a score is held against: by name, by told facts, else the default.

The choice is told with the result, so that nobody has to guess whose bands these are.
"""

from __future__ import annotations

from collections.abc import Sequence

from psysafe.domain.scale_definition import Ages, BandTable, Cutoff, Definition, Score
from psysafe.domain.scale_results import Chosen, Respondent
from psysafe.errors import ScaleError


def check_choice(definition: Definition, population: str | None, respondent: Respondent) -> None:
    """Refuse a population or an informant that the definition does not know: PSY305, PSY307.

    What was asked for may be any text of a sheet, a name too, so it is not repeated.
    """
    known = definition.populations
    if population is not None and population not in known:
        raise ScaleError(
            "PSY305",
            scale=definition.id,
            known=", ".join(known) or "none",
        )
    informants = definition.identity.informants
    if respondent.informant and respondent.informant not in informants:
        raise ScaleError(
            "PSY307",
            scale=definition.id,
            known=", ".join(informants),
        )


def choose(
    definition: Definition, one: Score, population: str | None, respondent: Respondent
) -> tuple[BandTable | None, tuple[Cutoff, ...], Chosen]:
    """The band table and the cut-offs of one score, and why these."""
    tables = [table for table in definition.tables if table.score == one.id]
    table, reason = _table(tables, population, respondent)
    cutoffs = _cutoffs(definition, one, population, respondent.age)
    chosen = Chosen(
        score=one.id,
        table=table.name if table else "",
        reason=reason,
        cutoffs=tuple(cutoff.name for cutoff in cutoffs),
    )
    return table, cutoffs, chosen


def _table(
    tables: Sequence[BandTable], population: str | None, respondent: Respondent
) -> tuple[BandTable | None, str]:
    if not tables:
        return None, "none"
    named = next((table for table in tables if table.name == population), None)
    if named is not None:
        return named, "named"
    fitting = [(table, why) for table in tables if (why := _fits(table, respondent))]
    if fitting:
        # The table that says most about whom it is for; a definition has no two that say as much.
        table, why = max(fitting, key=lambda found: len(found[1]))
        return table, "_".join(why)
    default = next(table for table in tables if table.default)
    if _outside(default, respondent):
        return default, "default_outside"
    return default, "only" if len(tables) == 1 else "default"


def _fits(table: BandTable, respondent: Respondent) -> tuple[str, ...]:
    """The told facts for which this table is made; empty where one does not fit or is not told."""
    why: list[str] = []
    if table.ages is not None:
        if respondent.age is None or not within(table.ages, respondent.age):
            return ()
        why.append("age")
    if table.informants:
        if respondent.informant not in table.informants:
            return ()
        why.append("informant")
    return tuple(why)


def _outside(table: BandTable, respondent: Respondent) -> bool:
    """Whether a told fact speaks against the table."""
    age = respondent.age
    wrong_age = table.ages is not None and age is not None and not within(table.ages, age)
    informant = respondent.informant
    return wrong_age or bool(table.informants and informant and informant not in table.informants)


def _cutoffs(
    definition: Definition, one: Score, population: str | None, age: int | None
) -> tuple[Cutoff, ...]:
    """Those of the named population; else those that fit the age; where it is not told, all."""
    mine = [cutoff for cutoff in definition.cutoffs if cutoff.score == one.id]
    named = [cutoff for cutoff in mine if cutoff.name == population]
    if named:
        return tuple(named)
    return tuple(c for c in mine if c.ages is None or age is None or within(c.ages, age))


def within(ages: Ages, age: int) -> bool:
    """Whether an age in whole years lies inside, both ends included."""
    youngest, oldest = ages
    return youngest <= age and (oldest is None or age <= oldest)
