"""What stands against closing a case or erasing a student, in people's words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe.catalogue import say
from psysafe.cli import plan_words
from psysafe.domain.codes import REGISTERS
from psysafe.domain.codes import word as code_word
from psysafe.errors import N_

_WHOLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "case": N_("a live case"),
        "report": N_("a report to the authority that was not acknowledged"),
        "authority report": N_("a report to the authority that was not acknowledged"),
        "bar": N_("somebody is barred"),
        "hold": N_("nothing about the student may be erased"),
        "class survey": N_("a class survey"),
        "severity": N_("nobody has judged it to be at most attention"),
        "supervision": N_("somebody has the student with them"),
        "flag open": N_("a screening flag waits for review"),
    }
)


def blocking(text: str, language: str) -> str:
    """A list such as `case, duty taken_up, route linkage`."""
    gap = "；" if language == "zh" else "; "
    return gap.join(_one(entry, language) for entry in text.split(", "))


def _one(entry: str, language: str) -> str:
    if entry in _WHOLE:
        return say(_WHOLE[entry], language)
    kind, _, code = entry.partition(" ")
    if kind == "duty" and code in REGISTERS["duties"]:
        owed = code_word("duties", code, language)
        return say("still owed: {duty}", language, duty=owed)
    if kind == "referral" and code in REGISTERS["referral_states"]:
        state = code_word("referral_states", code, language)
        return say("a referral: {state}", language, state=state)
    if kind == "route":
        return say("people are being called (route {route})", language, route=code)
    if kind == "calm":
        within = plan_words.within(code.removeprefix("for "), language)
        return say("calm for less than {within}", language, within=within)
    return entry
