"""What the person at the machine hears of the school's cases: that there is one, not how many.

They may see nothing about a student, figures included (privacy matrix, `it_admin`); and a number
that was one more than yesterday would say that today somebody became a case. What is to be done is
said all the same, because a finding about a case that nobody has must never be lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import attrs

from psysafe.engine.auditing import Audited
from psysafe.errors import Finding

#: Findings whose number counts duties, cases or files of students.
OF_STUDENTS: Final = frozenset("PSY066 PSY088 PSY089 PSY133 PSY142 PSY273 PSY741".split())


@attrs.frozen(kw_only=True)
class LookedOver:
    """What a look over the school came to. `mended`: wake-ups made up for, and duties moved on."""

    at: datetime
    mended: int
    findings: tuple[Finding, ...] = ()


def numberless(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, without the number where it counts students."""
    return tuple(
        attrs.evolve(f, facts={k: v for k, v in f.facts.items() if k != "count"})
        if f.code in OF_STUDENTS
        else f
        for f in findings
    )


def looked_over(found: Audited) -> LookedOver:
    """What leaves the house of a look over the school."""
    return LookedOver(at=found.at, mended=found.mended, findings=numberless(found.findings))
