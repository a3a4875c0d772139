"""The seam to the catalogue: whoever can say phrases in a person's language.

It knows as well which sentences stand as they were reviewed.

The catalogue lives on a higher floor and is handed in when a school is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from psysafe.engine.words import Phrase


class Speaker(Protocol):
    """Says phrases in a language; None means the school's first."""

    def say(self, phrases: Iterable[Phrase], language: str | None) -> str: ...

    def stands(self, phrases: Iterable[Phrase], language: str | None) -> bool:
        """Whether every sentence is, in that language, as somebody has reviewed it."""
        ...

    def plainly(self, phrases: Iterable[Phrase], language: str | None) -> str:
        """Sentences of class K0, in the first language in which they stand. Never silence."""
        ...

    def language(self, wanted: str | None) -> str: ...
