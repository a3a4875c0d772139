"""Codes 139 to 149: swaps of shifts, campuses, who answers for a sign, breaks, closures."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY139": (
        "to {action} is not yours: it is about other people's shifts",
        "whoever stands in a night must have said so themselves",
        "propose a swap of your own shift; who was asked accepts or declines, who proposed it "
        "withdraws; whoever makes up the rosters uses `psysafe duty swap --override`",
    ),
    "PSY140": (
        "no such swap can be answered any more",
        "it was answered or withdrawn, a shift of it has changed or begun; the roster holds as "
        "it stands",
        "see `psysafe duty show`, and propose it again",
    ),
    "PSY141": (
        "{count} classes have fewer than two people for a collective sign: {classes}",
        "one looks at it and proposes, somebody else answers (C3.2); with one it stays open, and "
        "with nobody it is not even raised",
        "give a second person a role for these classes: counselor, leading group, safeguarding "
        "lead, head of student affairs or grade head",
    ),
    "PSY142": (
        "live cases without a plan for the break {first} to {last}",
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
    "PSY147": (
        "on {campus} nobody is on duty in the roster {roster} from {since} until {until}",
        "whoever is on duty for the whole school is asked, and may be far away; where there is "
        "nobody, the next step is asked at once",
        "assign somebody: psysafe duty rotate or duty override, with --campus {campus}",
    ),
    "PSY148": (
        "people are put on duty on {campus}, and no class has its students there",
        "they are asked for nobody; students are on the campus that their roster names",
        "mend the name, here or in the roster of students (校区); "
        "psysafe duty stop ROSTER --campus {campus} ends it",
    ),
    "PSY149": (
        "a closure cannot end on {last}",
        "a closure begins today; its last day decides what is planned for",
        "give the last day as far as it is known, at most a year ahead; say it again later",
    ),
}
