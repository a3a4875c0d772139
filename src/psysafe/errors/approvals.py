"""Codes 154 and 155: many students at once, by a second person's yes."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY154": (
        "{rule}: {count} students at once ({list}) need a second person's yes; "
        "at most {most} do not",
        "so many records in one hand are a danger to all of them",
        "psysafe approve ask LIST --reason WHY; when somebody has approved, repeat the command",
    ),
    "PSY155": (
        "this person cannot be the second one here",
        "nobody approves for themselves; by telephone only where nobody else of the school can, "
        "and only a person whom the plan names for it",
        "ask without --second: whoever may answer is told; see psysafe plan show, who may do what",
    ),
}
