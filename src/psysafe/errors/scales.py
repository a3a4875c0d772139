"""Codes 3xx: instruments and sheets. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY301": (
        "there is no scale {scale}",
        "its answers cannot be scored",
        "see `psysafe plugins` for the scales installed",
    ),
    "PSY302": (
        "the definition of {scale} is wrong at {path}: {problem}",
        "a wrong band can hide a danger",
        "mend the definition; nothing of it is used until then",
    ),
    "PSY303": (
        "{found} answers for {expected} items",
        "an answer would be counted for the wrong item",
        "give one answer an item, null where there is none",
    ),
    "PSY304": (
        "item {item}: {value} is off the response scale",
        "a wrong column or a typing error would be scored",
        "use one of {allowed}, or null",
    ),
    "PSY305": (
        "no band table and no cut-off of {scale} is for the population that was asked for",
        "a band of another age would be shown",
        "use one of {known}",
    ),
    "PSY306": (
        "line {line} is not a JSON object with answers",
        "it cannot be scored",
        'write {{"answers": [...]}}',
    ),
    "PSY307": (
        "{scale} is not answered by the informant given",
        "the bands of another informant would be shown",
        "use one of {known}",
    ),
}
