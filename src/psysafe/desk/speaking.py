"""Says phrases in a person's language, with times as the school's clocks show them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from psysafe import catalogue
from psysafe.clock import to_wire
from psysafe.desk.reviewing import Reviews, own, stands
from psysafe.domain.codes import REGISTERS
from psysafe.domain.codes import word as code_word
from psysafe.engine.templates import BY_TEXT
from psysafe.engine.words import Address, Phrase, Written
from psysafe.written import told

_log: Final = logging.getLogger("psysafe.desk")


class CatalogueSpeaker:
    """Phrases through the catalogue; times in the school's zone; codes as words.

    `folder`: where the school keeps reviews of its own; they are read once, when one is needed.
    """

    __slots__ = ("_folder", "_languages", "_reviews", "_zone")

    def __init__(
        self, languages: Sequence[str], zone: ZoneInfo, folder: Path | None = None
    ) -> None:
        self._languages = tuple(languages)
        self._zone = zone
        self._folder = folder
        self._reviews: Reviews | None = None

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

    def stands(self, phrases: Iterable[Phrase], language: str | None) -> bool:
        spoken = self.language(language)
        return all(self._stands(phrase, spoken) for phrase in phrases)

    def _stands(self, phrase: Phrase, language: str) -> bool:
        template = BY_TEXT.get(phrase.text)
        if template is None or not stands(template, language, self._own()):
            return False
        within = (fact for fact in phrase.facts.values() if isinstance(fact, Phrase))
        return all(self._stands(one, language) for one in within)

    def _own(self) -> Reviews:
        if self._reviews is None:
            self._reviews = own(self._folder) if self._folder is not None else Reviews()
        return self._reviews

    def plainly(self, phrases: Iterable[Phrase], language: str | None) -> str:
        said, spoken = tuple(phrases), self.language(language)
        others = (one for one in catalogue.LANGUAGES if one != spoken)
        for one in (spoken, *others):
            if self.stands(said, one):
                return self.say(said, one)
        # An alarm is sent in any case: in the words of the program, which no file can change.
        _log.error("no plain text is as it was reviewed; the words of the program go")
        return " ".join(
            phrase.text.format_map(
                {name: self._fact(value, "en") for name, value in phrase.facts.items()}
            )
            for phrase in said
        )

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
