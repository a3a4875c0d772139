"""What a plan says about screenings: its figures, and severities that follow from a score.

[screening.minutes_per_review]
value = 15
origin = { kind = "suggestion", ref = "house default" }
[[screening.rates]]
scale = "phq9"
flag = "self_harm"
answer = 1
count = 37
sheets = 223
origin = { kind = "practice", ref = "one screening of university students" }
[screening.words.phq9]
"从来没有" = 0
[[triage]]
scale = "phq9"
score = "total"
score_at_least = 20
severity = "high"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain.plan import Figure, FlagRate, Origin, ScreeningFigures
from psysafe.domain.severity import Severity
from psysafe.domain.tables import Table

OriginReader = Callable[[Table], Origin]

#: Minutes of a day, sheets of a country, points of a score: far above any real figure.
MOST_MINUTES: Final = 24 * 60
MOST_SHEETS: Final = 10**9
MOST_POINTS: Final = 10**4


def read_screening(top: Table, origin: OriginReader) -> ScreeningFigures | None:
    """The plan's figures of a screening; None where it has none. `origin` reads an origin."""
    table = top.table("screening", needed=False)
    if table is None:
        return None

    def figure(key: str, most: int, least: int = 1) -> Figure:
        inner = table.table(key)
        if inner is None:
            return Figure(value=least, origin=Origin("site", "not stated"))
        found = Figure(value=inner.number("value", least, most), origin=origin(inner))
        inner.refuse_the_rest()
        return found

    found = ScreeningFigures(
        minutes_per_review=figure("minutes_per_review", MOST_MINUTES),
        minutes_per_interview=figure("minutes_per_interview", MOST_MINUTES),
        interviews_per_100=figure("interviews_per_100", 100, least=0),
        hours_per_day=figure("hours_per_day", 24),
        own_rate_from=figure("own_rate_from", MOST_SHEETS),
        rates=tuple(_rate(inner, origin) for inner in table.tables("rates")),
        words=_words(table),
    )
    table.refuse_the_rest()
    return found


def _rate(table: Table, origin: OriginReader) -> FlagRate:
    sheets = table.number("sheets", 1, MOST_SHEETS)
    found = FlagRate(
        scale=table.text("scale", limit=40),
        flag=table.text("flag", limit=60),
        answer=table.number("answer", -1000, 1000) if table.has("answer") else None,
        count=table.number("count", 0, sheets),
        sheets=sheets,
        origin=origin(table),
    )
    table.refuse_the_rest()
    return found


def _words(screening: Table) -> Mapping[str, Mapping[str, int]]:
    table = screening.table("words", needed=False)
    if table is None:
        return MappingProxyType({})
    found = {
        scale: MappingProxyType({word: inner.number(word, -1000, 1000) for word in inner.rest()})
        for scale, inner in table.entries()
    }
    return MappingProxyType(found)


def score_condition(table: Table, severity: Severity) -> dict[str, Any] | None:
    """What a `[[triage]]` entry says about a score; None where it speaks of a flag."""
    if not table.has("score"):
        return None
    score = table.text("score", limit=40)

    def points(key: str) -> int | None:
        return table.number(key, -MOST_POINTS, MOST_POINTS) if table.has(key) else None

    least, most, bands = points("score_at_least"), points("score_at_most"), table.texts("bands")
    if [least is not None, most is not None, bool(bands)].count(True) != 1:
        table.wrong("score", "with one of score_at_least, score_at_most and bands beside it")
    return {
        "flag": f"{score}_{severity.value}",
        "score": score,
        "score_at_least": least,
        "score_at_most": most,
        "bands": bands,
    }
