"""The one register of codes: roles, relations, sources, symptoms, degrees, needs, places, dangers.

Each code has the plans' own Chinese word and an English one. Data carries codes; people read the
words. `psysafe doctor --codes` prints this register.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe.domain.activities import ACTIVITIES, PRINCIPLES, SOFTWARE
from psysafe.domain.clauses import CLAUSES
from psysafe.domain.codes_bars import HARM_RECEIVERS
from psysafe.domain.codes_bulk import BULK_LISTS, BULK_STATES
from psysafe.domain.codes_cases import (
    ADVICE_ANSWERS,
    CAMPAIGN,
    DUTIES,
    FLAG_OUTCOMES,
    GUARDIAN_OUTCOMES,
    HANDED_TO,
    LIFECYCLE,
    REPORT_STEPS,
    REPORT_TRIGGERS,
    SEVERITY,
    SUPERVISION,
)
from psysafe.domain.codes_erasure import ERASURE_BASES
from psysafe.domain.codes_grants import GRANT_STATES
from psysafe.domain.codes_people import (
    DEPARTURES,
    DUTY_ROSTERS,
    GRADE,
    GUARDIAN_KINDS,
    ROLES,
    STEP_RELATIONS,
)
from psysafe.domain.codes_referral import (
    CONSENT_PURPOSES,
    OFFER_OUTCOMES,
    OFFER_STATES,
    OPINIONS,
    REFERRAL_BASES,
    REFERRAL_STATES,
    SCOPES,
)
from psysafe.domain.codes_signals import (
    CONTACT_OUTCOMES,
    DANGER_FACTS,
    DANGERS,
    DEGREES,
    EXPOSURE_PURPOSES,
    EXPOSURES,
    MEANS,
    NEEDS,
    NOTE_OUTCOMES,
    PLACES,
    SIGNAL_KINDS,
    SOURCES,
    SURVEY_OUTCOMES,
    SYMPTOMS,
)
from psysafe.domain.codes_signs import CIRCLES, MEASURES, SIGN_STATES
from psysafe.domain.words import Word, words
from psysafe.errors import Finding, InvalidDataError

#: The epidemic situation of a phase: with the phase it decides what is switched on (B0.2).
SITUATIONS: Final = words(
    low=Word("低风险", "low"),
    medium=Word("中风险", "medium"),
    high=Word("高风险", "high"),
)

#: The phases that the plans name (B1.0). A school may name others of its own.
PHASES: Final = words(
    before_reopening=Word("开学前", "before reopening"),
    after_reopening=Word("开学后", "after reopening"),
)

__all__ = [
    "ADVICE_ANSWERS",
    "CAMPAIGN",
    "CONSENT_PURPOSES",
    "CONTACT_OUTCOMES",
    "DANGERS",
    "DANGER_FACTS",
    "DEGREES",
    "DEPARTURES",
    "DUTIES",
    "DUTY_ROSTERS",
    "ERASURE_BASES",
    "EXPOSURES",
    "EXPOSURE_PURPOSES",
    "FLAG_OUTCOMES",
    "GRADE",
    "GUARDIAN_KINDS",
    "GUARDIAN_OUTCOMES",
    "HANDED_TO",
    "HARM_RECEIVERS",
    "LIFECYCLE",
    "MEANS",
    "NEEDS",
    "NOTE_OUTCOMES",
    "OFFER_OUTCOMES",
    "OFFER_STATES",
    "OPINIONS",
    "PHASES",
    "PLACES",
    "REFERRAL_BASES",
    "REFERRAL_STATES",
    "REGISTERS",
    "REPORT_STEPS",
    "REPORT_TRIGGERS",
    "ROLES",
    "SCOPES",
    "SEVERITY",
    "SIGNAL_KINDS",
    "SITUATIONS",
    "SOURCES",
    "STEP_RELATIONS",
    "SUPERVISION",
    "SURVEY_OUTCOMES",
    "SYMPTOMS",
    "from_word",
    "known",
    "word",
]

REGISTERS: Final[Mapping[str, Mapping[str, Word]]] = MappingProxyType(
    {
        "roles": ROLES,
        "step_relations": STEP_RELATIONS,
        "guardian_kinds": GUARDIAN_KINDS,
        "departures": DEPARTURES,
        "sources": SOURCES,
        "signal_kinds": SIGNAL_KINDS,
        "exposures": EXPOSURES,
        "exposure_purposes": EXPOSURE_PURPOSES,
        "means": MEANS,
        "contact_outcomes": CONTACT_OUTCOMES,
        "survey_outcomes": SURVEY_OUTCOMES,
        "note_outcomes": NOTE_OUTCOMES,
        "symptoms": SYMPTOMS,
        "degrees": DEGREES,
        "needs": NEEDS,
        "places": PLACES,
        "dangers": DANGERS,
        "danger_facts": DANGER_FACTS,
        "duties": DUTIES,
        "guardian_outcomes": GUARDIAN_OUTCOMES,
        "flag_outcomes": FLAG_OUTCOMES,
        "harm_receivers": HARM_RECEIVERS,
        "campaign": CAMPAIGN,
        "severity": SEVERITY,
        "duty_roster": DUTY_ROSTERS,
        "lifecycle": LIFECYCLE,
        "circles": CIRCLES,
        "measures": MEASURES,
        "sign_states": SIGN_STATES,
        "supervision": SUPERVISION,
        "handed_to": HANDED_TO,
        "advice_answers": ADVICE_ANSWERS,
        "report_triggers": REPORT_TRIGGERS,
        "report_steps": REPORT_STEPS,
        "consent_purposes": CONSENT_PURPOSES,
        "scopes": SCOPES,
        "opinions": OPINIONS,
        "referral_bases": REFERRAL_BASES,
        "referral_states": REFERRAL_STATES,
        "offer_states": OFFER_STATES,
        "offer_outcomes": OFFER_OUTCOMES,
        "erasure_bases": ERASURE_BASES,
        "bulk_lists": BULK_LISTS,
        "bulk_states": BULK_STATES,
        "grant_states": GRANT_STATES,
        "grade": GRADE,
        "phases": PHASES,
        "situations": SITUATIONS,
        "activities": ACTIVITIES,
        "principles": PRINCIPLES,
        "software": SOFTWARE,
        "clauses": CLAUSES,
    }
)


def known(register: str, code: str) -> str:
    """The code itself where the register has it. Raises InvalidDataError PSY013 otherwise.

    The unknown value stays out of the error: somebody may have typed a name into it.
    """
    if code not in REGISTERS[register]:
        raise unknown(register)
    return code


def unknown(register: str) -> InvalidDataError:
    """PSY013: what was given is no code of that register; it names the codes there are."""
    facts = {"register": register, "codes": ", ".join(REGISTERS[register])}
    return InvalidDataError([Finding(code="PSY013", where={"field": register}, facts=facts)])


def from_word(register: str, text: str) -> str | None:
    """The code for a code or for one of its words; None where there is none."""
    entries = REGISTERS[register]
    if text in entries:
        return text
    for code, called in entries.items():
        if text in (called.zh, called.en, *called.also):
            return code
    return None


def word(register: str, code: str, language: str) -> str:
    """What a code is called in a language ("zh", otherwise English)."""
    found = REGISTERS[register].get(code)
    if found is None:
        return code
    return found.zh if language == "zh" else found.en
