"""What the school learned of one student, from whom, and when.

Symptoms, needs, places and dangers are codes of `codes`; the note is free text and stays inside
sealed records. Every reporter's identity is protected: it is an item class of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from psysafe.domain import codes
from psysafe.errors import Finding, InvalidDataError
from psysafe.ids import Actor, SignalId
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
