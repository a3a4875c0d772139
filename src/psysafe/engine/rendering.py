"""The seam to the catalogue: whoever can say phrases in a person's language.

The catalogue lives on a higher floor and is handed in when a school is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from psysafe.engine.words import Phrase


class Speaker(Protocol):
    """Says phrases in a language; None means the school's first."""

    def say(self, phrases: Iterable[Phrase], language: str | None) -> str: ...

    def language(self, wanted: str | None) -> str: ...
