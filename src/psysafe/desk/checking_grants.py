"""Looking over who sees by a role, and by whose name; what is not signed is said at every look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from psysafe.domain.grants_deciding import AHEAD, Role, signers, unsigned
from psysafe.domain.people import Roster
from psysafe.engine.school import School
from psysafe.errors import N_, Fact, Finding, FindingSeverity
from psysafe.intake.grants_settings import DIRECTORY, SIGNED
from psysafe.intake.settings import Settings

#: How many people are named in a finding; the rest is counted.
SHOWN: Final = 30

UNSAID: Final = N_("[grants] is not set, and the staff file alone says who sees")
BY_DIRECTORY: Final = N_("by [grants] the staff file itself is signed for, outside psysafe")
IN_VAIN: Final = N_("[grants] says otherwise, and roles stay signed here")
NOT_YET: Final = N_("signatures are asked for, and begin with the first list or the next import")
NOT_BEGUN: Final = N_("nobody has signed the first list, and nobody sees by such a role")
NOBODY_SIGNS: Final = N_("nobody is left whose signature counts")
UNSIGNED: Final = N_("they see nothing by a role that nobody has signed for")
ENDING: Final = N_("a signature ends within 30 days")


def check_grants(
    school: School, settings: Settings, people: Roster, now: datetime
) -> Iterator[Finding]:
    """PSY749: in whose hands it is who sees, and whose role sees nothing because nobody signed.

    Alarms go by the staff file all the same.
    """
    grants, source = people.grants, settings.grants.source
    if grants is None:
        if source == SIGNED and people.staff:
            yield _said(NOT_YET, "error")
        elif source == DIRECTORY:
            yield _said(BY_DIRECTORY, "note")
        elif not source:
            yield _said(UNSAID, "warning")
        return
    if source != SIGNED:
        yield _said(IN_VAIN, "warning")
    open_now = tuple(unsigned(people, now))
    if grants.founder is None:
        yield _said(NOT_BEGUN, "error", open_now)
    else:
        if not signers(people, school.plan, now):
            yield _said(NOBODY_SIGNS, "error")
        if open_now:
            yield _said(UNSIGNED, "warning", open_now)
    ending = tuple(one for one in unsigned(people, now, now + AHEAD) if one not in open_now)
    if ending:
        yield _said(ENDING, "note", ending)


def _said(problem: str, severity: FindingSeverity, roles: Iterable[Role] = ()) -> Finding:
    who = list(dict.fromkeys(one.person for one in roles))
    more = len(who) - SHOWN
    listed = ", ".join(who[:SHOWN]) + (f", +{more}" if more > 0 else "")
    facts: dict[str, Fact] = {"problem": problem, "count": len(who), "people": listed or "-"}
    return Finding(code="PSY749", severity=severity, facts=facts)
