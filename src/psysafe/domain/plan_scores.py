"""From a sheet to its flags: what an answer raises, and what the plan says about a score.

Bands belong to the instrument; which score means which severity is the school's plan (`[[triage]]`
with `score`). A score alone makes a flag and never a case.
"""

from __future__ import annotations

from psysafe.domain.plan import Plan
from psysafe.domain.scale_definition import Definition
from psysafe.domain.scale_results import Respondent
from psysafe.domain.scales import Result
from psysafe.domain.scales import score as score_answers
from psysafe.domain.severity import Severity
from psysafe.errors import ScaleError


def flags_of_sheet(
    plan: Plan,
    definition: Definition,
    answers: tuple[int | None, ...],
    result: Result,
    about: Respondent | None = None,
) -> tuple[tuple[str, int | None], ...]:
    """Every flag that a sheet raises: those of its answers, and those of its scores.

    A score raises at most one flag, the most severe that the plan knows, and none where an answer
    of the same sheet raised one as severe: the same look by the same person covers it. A score
    that empty items leave open counts as the worst that it can be: an answer that was left out
    never makes a sheet look better (law 5).
    """
    raised = tuple((flag.code, flag.answer) for flag in result.flags)
    worst = [_severity(plan, definition.id, code, answer) for code, answer in raised]
    results = (result, *_at_worst(definition, answers, result, about))
    found: dict[str, Severity] = {}
    for entry in plan.triage:
        if entry.scale != definition.id or entry.score is None:
            continue
        if any(
            entry.reached(
                {s.score: s.value for s in one.scores}, {b.score: b.code for b in one.bands}
            )
            for one in results
        ):
            held = found.get(entry.score)
            found[entry.score] = max(entry.severity, held) if held else entry.severity
    covered = max(worst, default=None)
    return (
        *raised,
        *(
            (f"{score}_{severity.value}", None)
            for score, severity in found.items()
            if covered is None or severity > covered
        ),
    )


def _severity(plan: Plan, scale: str, code: str, answer: int | None) -> Severity:
    triage = plan.triage_of(scale, code, answer)
    return triage.severity if triage is not None else Severity.HIGH


def _at_worst(
    definition: Definition,
    answers: tuple[int | None, ...],
    result: Result,
    about: Respondent | None,
) -> tuple[Result, ...]:
    """The sheet with its empty items filled from either end; nothing where none is empty.

    Scores grow or fall with each of their answers, so the worst of them is one of the two. Which
    end is worse differs from score to score; both are looked at.
    """
    empty = set(result.missing)
    if not empty:
        return ()
    filled: list[int | None] = list(answers)
    filled += [None] * (len(definition.items) - len(filled))
    reversed_items = definition.reversal.items if definition.reversal is not None else frozenset()
    made = []
    for high in (True, False):
        sheet = list(filled)
        for item in definition.items:
            if item.number in empty:
                up = high is not (item.number in reversed_items)
                sheet[item.number - 1] = item.response.highest if up else item.response.lowest
        try:
            made.append(score_answers(definition, sheet, respondent=about))
        except ScaleError:
            continue
    return tuple(made)
