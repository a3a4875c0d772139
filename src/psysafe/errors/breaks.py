"""Codes 142 to 149: breaks, closures, shifts that change hands, who stands in for a role."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY142": (
        "live cases without a plan for the break {first} to {last}: {count}",
        "over a break nobody sees these students, and nobody knows whom they call",
        "let whoever leads each of them write one: psysafe holiday-plan",
    ),
    "PSY143": (
        "{field} is missing in a plan for a break",
        "a student in need calls whoever is named, and the next one where nobody answers",
        "name both",
    ),
    "PSY144": (
        "whoever is named cannot cover the break",
        "a case is covered by somebody who answers for this student and is there all the time",
        "name somebody else, or enter a deputy for the days of their absence",
    ),
    "PSY145": (
        "nobody at home knows of the plan",
        "at home somebody must know whom to call; parents who work far away may name a carer",
        "tell a guardian or a carer, or log that each was tried on all numbers",
    ),
    "PSY146": (
        "no break is near for which this case needs a plan",
        "a plan is for one break, and is asked for when it comes",
        "look at calendar.toml where one should be near; else there is nothing to do",
    ),
    "PSY149": (
        "a closure cannot end on {last}",
        "a closure begins today; its last day decides what is planned for",
        "give the last day as far as it is known, at most a year ahead; say it again later",
    ),
}
