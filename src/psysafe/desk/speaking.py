"""Says phrases in a person's language, with times as the school's clocks show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from psysafe import catalogue
from psysafe.clock import to_wire
from psysafe.domain.codes import REGISTERS
from psysafe.domain.codes import word as code_word
from psysafe.engine.words import Address, Phrase, Written
from psysafe.written import told


class CatalogueSpeaker:
    """Phrases through the catalogue; times in the school's zone; codes as words."""

    __slots__ = ("_languages", "_zone")

    def __init__(self, languages: Sequence[str], zone: ZoneInfo) -> None:
        self._languages = tuple(languages)
        self._zone = zone

    def language(self, wanted: str | None) -> str:
        return catalogue.choose(wanted, school=self._languages)

    def say(self, phrases: Iterable[Phrase], language: str | None) -> str:
        spoken = self.language(language)
        gap = "" if spoken == "zh" else " "
        return gap.join(self.one(phrase, spoken) for phrase in phrases)

    def one(self, phrase: Phrase, language: str) -> str:
        """One sentence."""
        facts = {name: self._fact(value, language) for name, value in phrase.facts.items()}
        return catalogue.say(phrase.text, language, **facts)

    def local(self, moment: datetime) -> str:
        """A time as the school's clocks show it."""
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _fact(self, value: object, language: str) -> str:
        if isinstance(value, Written):
            return told(value.text)
        if isinstance(value, Address):
            return value.url
        if isinstance(value, Phrase):
            return self.one(value, language)
        if isinstance(value, datetime):
            return self.local(value)
        if isinstance(value, tuple):
            gap = "、" if language == "zh" else ", "
            return gap.join(self._fact(one, language) for one in value)
        text = str(value)
        register, _, code = text.partition(":")
        if register in REGISTERS and code in REGISTERS[register]:
            return code_word(register, code, language)
        return told(code if register in REGISTERS else text)

    def plain(self, value: Any, language: str | None) -> Any:
        """A view's data with phrases said and times on the wire's form: fit for JSON."""
        if isinstance(value, Phrase):
            return self.say([value], language)
        if isinstance(value, datetime):
            return to_wire(value)
        if isinstance(value, Mapping):
            return {key: self.plain(inner, language) for key, inner in value.items()}
        if isinstance(value, tuple) and value and all(isinstance(v, Phrase) for v in value):
            return self.say(value, language)
        if isinstance(value, list | tuple):
            return [self.plain(inner, language) for inner in value]
        return value
