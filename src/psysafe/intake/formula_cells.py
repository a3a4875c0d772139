"""Cells that a spreadsheet program would take for a formula: made harmless, and restored.

A file that goes out is opened with a spreadsheet program; a name that begins with = would run
there. Such a text gets an apostrophe before it, also one that has apostrophes before the sign, so
that taking one away on the way in gives back exactly what there was.
"""

from __future__ import annotations

import re
from typing import Final

#: With what a formula begins, and what programs skip before one (OWASP, CSV injection).
_FORMULA: Final = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_NEUTRAL: Final = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")


def neutralised(text: str) -> str:
    """The text as it may stand in a file that goes out."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text that was neutralised; any other one as it is."""
    return text[1:] if text[:1] == "'" and _NEUTRAL.match(text) else text
