"""Sentences that were made elsewhere, in English, found again by their form and said in Chinese.

Click's sentences, and what a plugin says is wrong, come filled in. `Sentences` knows their forms
(`No such command {name}.`) and puts what was filled in into the translation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from psysafe.catalogue import sentence

_FIELD: Final = re.compile(r"\\\{([a-z]+)\\\}")
#: A field of this name holds a sentence of the same list again.
AGAIN: Final = "more"


class Sentences:
    """A list of forms; where two fit, the earlier one is meant."""

    def __init__(self, forms: Iterable[str]) -> None:
        self.forms = tuple(forms)
        self._patterns = [(form, _pattern(form)) for form in self.forms]

    def said(self, text: str, language: str) -> str:
        """The text in that language; as it is where it has none of the forms."""
        bare = text.strip()
        for form, pattern in self._patterns:
            found = pattern.fullmatch(bare)
            if found:
                facts = {
                    key: self.said(value, language) if key == AGAIN else " ".join(value.split())
                    for key, value in found.groupdict().items()
                }
                return text.replace(bare, sentence(form, language).format_map(facts))
        return text


def _pattern(form: str) -> re.Pattern[str]:
    fixed = re.escape(form.replace("{{", "{").replace("}}", "}")).replace(r"\ ", r"\s+")
    return re.compile(_FIELD.sub(r"(?P<\1>.+?)", fixed), re.DOTALL)
