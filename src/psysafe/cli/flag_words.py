"""The words of a screening flag: what an answer or a score of an instrument raised it.

The flags of the shipped instruments have words; a school's own are printed as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from psysafe.catalogue import say, sentence
from psysafe.cli.output import spoken
from psysafe.domain.codes import REGISTERS
from psysafe.errors import N_

#: What an item asks that raises a flag by itself.
_ITEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "self_harm": N_("thoughts of death or self-harm"),
        "suicide_thoughts": N_("thoughts of suicide in the past month"),
        "suicide_attempt": N_("a suicide attempt at some time"),
        "better_off_dead": N_("thinks that others were better off without them"),
        "life_meaningless": N_("feels that life has no meaning"),
    }
)
_SCORES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "total": N_("total score"),
        "index": N_("index score"),
        "depression": N_("depression score"),
        "anxiety": N_("anxiety score"),
        "stress": N_("stress score"),
    }
)
_UNANSWERED: Final = "_unanswered"


def score(code: str, language: str) -> str:
    """What a score of an instrument is called."""
    return sentence(_SCORES[code], language) if code in _SCORES else code


def flag(code: str, language: str) -> str:
    """`self_harm`, `self_harm_unanswered`, `total_high` in words."""
    item = code.removesuffix(_UNANSWERED)
    if item in _ITEMS:
        said = sentence(_ITEMS[item], language)
        return said if item == code else say("not answered: {item}", language, item=said)
    name, _, severity = code.rpartition("_")
    if name in _SCORES and severity in REGISTERS["severity"]:
        level = spoken(f"severity:{severity}", language)
        return say("{score} at {severity}", language, score=score(name, language), severity=level)
    return code


def reasons(found: Iterable[Mapping[str, str]], language: str) -> str:
    """What raised the flags of one line: each scale once, with its flags."""
    by_scale: dict[str, list[str]] = {}
    for one in found:
        by_scale.setdefault(one["scale"], []).append(flag(one["code"], language))
    return "; ".join(f"{scale} {', '.join(said)}" for scale, said in by_scale.items())


def rule(name: str, text: str, language: str) -> str:
    """The text of a case's reason: that of a screening in words, any other as it stands."""
    parts = name.split(":")
    if parts[0] == "T" and len(parts) == 4:
        return flag(parts[2], language)
    return spoken(text, language)
