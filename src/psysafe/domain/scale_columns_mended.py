"""Sheets that cannot be added up, scored one by one and put in their places among the others."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence

import attrs

from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_results import STATUSES, Respondent, Result
from psysafe.domain.scale_scored import EMPTY, WIDE_EMPTY, Coded, ScoredColumns
from psysafe.domain.scales import Answers, score


def mended(
    scored: ScoredColumns, rows: Sequence[int], population: str | None, about: Respondent
) -> ScoredColumns:
    """Sheets with gaps scored by themselves, and put in their places."""
    status = bytearray(scored.status)
    scores = {name: bytearray(column.codes) for name, column in scored.scores.items()}
    meanings = {name: list(column.meanings) for name, column in scored.scores.items()}
    bands = {name: bytearray(column.codes) for name, column in scored.bands.items()}
    cutoffs = {which: bytearray(mask) for which, mask in scored.cutoffs.items()}
    flags = {code: bytearray(mask) for code, mask in scored.flags.items()}
    wide: dict[str, dict[int, float]] = {name: {} for name in scores}
    for row in rows:
        result = score(scored.definition, _sheet(scored.columns, row), population, about)
        status[row] = STATUSES.index(result.status)
        values = {value.score: value.value for value in result.scores}
        for name, codes in scores.items():
            codes[row] = EMPTY
            if name in values:
                wide[name][row] = values[name]
        reached = {band.score: band.code for band in result.bands}
        for name, codes in bands.items():
            names = scored.bands[name].meanings
            codes[row] = names.index(reached[name]) if name in reached else EMPTY
        on = {(cutoff.score, cutoff.cutoff) for cutoff in result.cutoffs}
        for which, mask in cutoffs.items():
            mask[row] = which in on
        codes_on = {flag.code for flag in result.flags}
        for code, mask in flags.items():
            mask[row] = code in codes_on
    return attrs.evolve(
        scored,
        status=bytes(status),
        scores={
            name: _widened(bytes(codes), meanings[name], wide[name])
            for name, codes in scores.items()
        },
        bands={
            name: Coded(codes=bytes(codes), meanings=scored.bands[name].meanings)
            for name, codes in bands.items()
        },
        cutoffs={which: bytes(mask) for which, mask in cutoffs.items()},
        flags={code: bytes(mask) for code, mask in flags.items()},
    )


def _widened(codes: bytes, meanings: list[object], wide: Mapping[int, float]) -> Coded:
    """A score column with the values of mended sheets; filled sums may be no whole numbers."""
    if not wide:
        return Coded(codes=codes, meanings=meanings)
    known = {value: code for code, value in enumerate(meanings)}
    made = array("H", (WIDE_EMPTY if code == EMPTY else code for code in codes))
    for row, value in wide.items():
        if value not in known:
            known[value] = len(meanings)
            meanings.append(value)
        made[row] = known[value]
    return Coded(codes=made, meanings=meanings)


def one_by_one(
    definition: Definition,
    columns: tuple[bytes, ...],
    rows: int,
    population: str | None,
    about: Respondent,
) -> ScoredColumns:
    """Every sheet scored by itself."""
    results = [score(definition, _sheet(columns, row), population, about) for row in range(rows)]
    flags = [code for rule in definition.critical for code in (rule.code, rule.unanswered)]
    on = [{flag.code for flag in result.flags} for result in results]
    reached = [{(c.score, c.cutoff) for c in result.cutoffs} for result in results]
    cutoffs = [(cutoff.score, cutoff.name) for cutoff in definition.cutoffs]
    return ScoredColumns(
        definition=definition,
        columns=columns,
        rows=rows,
        status=bytes(STATUSES.index(result.status) for result in results),
        scores=_coded(results, lambda r: {value.score: value.value for value in r.scores}),
        bands=_coded(results, lambda r: {band.score: band.code for band in r.bands}),
        cutoffs={which: bytes(which in each for each in reached) for which in cutoffs},
        flags={code: bytes(code in each for each in on) for code in flags},
    )


def _coded(
    results: Sequence[Result], told: Callable[[Result], Mapping[str, object]]
) -> dict[str, Coded]:
    """What each sheet has under each name, as numbers."""
    found = [told(result) for result in results]
    names = dict.fromkeys(name for each in found for name in each)
    made: dict[str, Coded] = {}
    for name in names:
        meanings = list(dict.fromkeys(each[name] for each in found if name in each))
        places = {meaning: code for code, meaning in enumerate(meanings)}
        codes = array("H", (places[each[name]] if name in each else WIDE_EMPTY for each in found))
        made[name] = Coded(codes=codes, meanings=meanings)
    return made


def _sheet(columns: Sequence[bytes], row: int) -> Answers:
    return [None if column[row] == EMPTY else column[row] for column in columns]
