"""What runs beside a case: who is with the child, what the family says, advice, a report.

Four regions of their own, because none of them waits for another: a child is accompanied or not
whatever the family has answered, and a report that was submitted stays submitted when the family
agrees later (C6.2, C6.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from psysafe.domain.severity import Severity
from psysafe.ids import PersonId
from psysafe.sensitivity import ItemClass, item, record, ref

#: States of supervision in which an adult answers for the child at this moment.
ACCOMPANIED: Final = ("in_person", "handed_to")


@record
class Supervision:
    """Who is with the child. None on the case: nobody has said so, which is never taken for yes."""

    state: str = ref()
    """in_person, handed_to or ended"""
    adult: str = item(ItemClass.SUPERVISION)
    """who is with the child, or who received it: a person's id or a name"""
    to: str = item(ItemClass.SUPERVISION, default="")
    """guardian, hospital or police, where the child was handed over"""
    since: datetime = ref()
    called: bool = item(ItemClass.SUPERVISION, default=False)
    """120 or 110 was called"""

    @property
    def accompanied(self) -> bool:
        return self.state in ACCOMPANIED


@record
class GuardianRow:
    """One guardian of a case: how often they were tried, and what they say."""

    guardian: PersonId = ref()
    state: str = item(ItemClass.CONTACT_LOG)
    """attempting, told, agrees, undecided, refuses or unreachable"""
    since: datetime = ref()
    tries: int = item(ItemClass.CONTACT_LOG, default=1)


@record
class CareAdvice:
    """That a medical institution was advised, and what the family answered (C6.2)."""

    at: datetime = ref()
    by: PersonId = ref()
    advice: str = item(ItemClass.REFERRAL_SUMMARY)
    answer: str = item(ItemClass.REFERRAL_SUMMARY)
    """a code of codes.ADVICE_ANSWERS"""


@record
class Supplement:
    """Something that came to light after a report was submitted. It adds and withdraws nothing."""

    at: datetime = ref()
    by: PersonId = ref()
    text: str = item(ItemClass.REFERRAL_SUMMARY)


@record
class AuthorityReport:
    """The report to the education authority (C6.3), from due to acknowledged."""

    state: str = ref()
    trigger: str = item(ItemClass.REFERRAL_SUMMARY)
    """a code of codes.REPORT_TRIGGERS"""
    due_since: datetime = ref()
    text: str = item(ItemClass.REFERRAL_SUMMARY, default="")
    drafted_by: PersonId | None = ref(default=None)
    approved_by: PersonId | None = ref(default=None)
    submitted_by: PersonId | None = ref(default=None)
    submitted: datetime | None = ref(default=None)
    supplements: tuple[Supplement, ...] = item(ItemClass.REFERRAL_SUMMARY, default=())

    @property
    def sent(self) -> bool:
        """Whether it has left the school, so that it can only be added to."""
        return self.state in ("submitted", "acknowledged")


#: From which state a report comes into which, by the step that somebody takes.
REPORT_STEPS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "draft": (("due", "drafted"), "drafted"),
    "approve": (("drafted",), "approved"),
    "submit": (("approved",), "submitted"),
    "acknowledge": (("submitted",), "acknowledged"),
    "supplement": (("submitted", "acknowledged"), ""),
}


def family(
    rows: Iterable[GuardianRow], deciding: Iterable[PersonId], severity: Severity | None
) -> str:
    """What the family as a whole says, of those with the right to decide who are not barred.

    agrees, refuses, disputed, undecided, unreachable or open. *Refuses* holds when one refuses and
    none agrees; *disputed* when they differ, but at imminent one agreement suffices, because a
    dispute never delays emergency care.
    """
    wanted = set(deciding)
    states = {row.guardian: row.state for row in rows if row.guardian in wanted}
    said = set(states.values())
    if "agrees" in said:
        disputed = "refuses" in said and severity is not Severity.IMMINENT
        return "disputed" if disputed else "agrees"
    if "refuses" in said:
        return "refuses"
    if "undecided" in said:
        return "undecided"
    if wanted and said == {"unreachable"} and set(states) == wanted:
        return "unreachable"
    return "open"


def blocks_closing(supervision: Supervision | None, report: AuthorityReport | None) -> list[str]:
    """What of these regions stands against closing a case, by its word."""
    found = []
    if supervision is not None and supervision.state != "ended":
        found.append("supervision")
    if report is not None and report.state != "acknowledged":
        found.append("authority report")
    return found
