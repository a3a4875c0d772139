"""What a code is called: data carries codes, people read words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs


@attrs.frozen
class Word:
    """What a code is called: in Chinese, in English, and other words that a file may use for it."""

    zh: str
    en: str
    also: tuple[str, ...] = ()


def words(**entries: Word) -> Mapping[str, Word]:
    """A register: code to word, in the order in which it is written."""
    return MappingProxyType(entries)
