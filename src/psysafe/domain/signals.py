"""What the school learned of one student, from whom, and when.

Symptoms, needs, places and dangers are codes of `codes`; the note is free text and stays inside
sealed records. Every reporter's identity is protected: it is an item class of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from psysafe.domain import codes
from psysafe.errors import Finding, InvalidDataError
from psysafe.ids import Actor, PersonId, SignalId
from psysafe.sensitivity import ItemClass, item, record, ref


@record
class Signal:
    """One report: by which way it came, what was noticed, what is needed, where the child is."""

    id: SignalId = ref()
    source: str = ref()
    at: datetime = ref()
    reporter: Actor = item(ItemClass.REPORTER)
    symptoms: dict[str, str] = item(ItemClass.OBSERVATION, factory=dict)
    """symptom code to degree code"""
    needs: tuple[str, ...] = item(ItemClass.OBSERVATION, default=())
    dangers: tuple[str, ...] = item(ItemClass.OBSERVATION, default=())
    """danger facts: each starts a new run of its own"""
    place: str = item(ItemClass.SUPERVISION, default="unknown")
    note: str = item(ItemClass.OBSERVATION, default="")
    kind: str = ref(default="worry")
    """a code of codes.SIGNAL_KINDS"""
    entered_by: PersonId | None = ref(default=None)
    """who wrote it down where that was not the reporter: whoever checked a note, the counselor"""
    told: datetime | None = ref(default=None)
    """when it was told, where it was linked to the student later: a note, a call without a name"""

    @property
    def heard(self) -> datetime:
        """When the school came to hear of it."""
        return self.at if self.told is None else self.told


@record
class Contact:
    """One time that a teacher reached out to a student, and how the student was."""

    at: datetime = ref()
    by: PersonId = ref()
    means: str = ref()
    """a code of codes.MEANS"""
    outcome: str = item(ItemClass.OBSERVATION)
    """reached or not_reached"""
    symptoms: dict[str, str] = item(ItemClass.OBSERVATION, factory=dict)
    needs: tuple[str, ...] = item(ItemClass.OBSERVATION, default=())
    note: str = item(ItemClass.OBSERVATION, default="")

    @property
    def reached(self) -> bool:
        return self.outcome == "reached"


@record
class Support:
    """One-to-one support of a student: since when, and the last contacts: is it changing (A2.3)?"""

    since: datetime = ref()
    closes: datetime | None = ref(default=None)
    contacts: tuple[Contact, ...] = item(ItemClass.OBSERVATION, default=())
    told_unreached: bool = ref(default=False)
    """whether it has been reported, since the last contact, that nobody reaches the student"""

    def over(self, now: datetime) -> bool:
        """Whether its purpose has closed."""
        return self.closes is not None and self.closes <= now

    @property
    def tries(self) -> int:
        """How often in a row nobody has reached the student."""
        count = 0
        for contact in reversed(self.contacts):
            if contact.reached:
                break
            count += 1
        return count


def faults(
    source: str,
    symptoms: dict[str, str],
    needs: tuple[str, ...],
    dangers: tuple[str, ...],
    place: str,
) -> Iterator[Finding]:
    """Everything that is wrong with a report's codes."""
    wanted = [("sources", source), ("places", place)]
    wanted += [("symptoms", code) for code in symptoms]
    wanted += [("degrees", code) for code in symptoms.values()]
    wanted += [("needs", code) for code in needs]
    wanted += [("danger_facts", code) for code in dangers]
    for register, code in wanted:
        try:
            codes.known(register, code)
        except InvalidDataError as error:
            yield from error.findings
