"""What people wrote, as it is shown to others: data, and never a command, a link or a second line.

A name, a class, a proposal may hold whatever a file or a form let in. Whoever reads a sentence
with it in should see these letters and nothing else: no text that runs backwards, no line of its
own, nobody who is called by `@`, nothing to click. What a provider takes for markup besides is
the business of its channel.

Names stay whole: the middle dot of Uyghur and Kazakh names, Tibetan and Mongolian letters with
the signs that shape them, joiners where a script is written with them, rare characters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Letters whose scripts are written with joiners: Arabic (Uyghur, Kazakh), the scripts of India,
#: Tibetan, Burmese, Khmer, Mongolian.
_JOINED: Final = re.compile(
    "[\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefc"
    "\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1800-\u180f\u1820-\u18af]"
)
_JOINERS: Final = "\u200c\u200d"
#: Signs without a picture that belong to a script: vowel separator, Arabic number signs.
_KEPT: Final = frozenset("\u180e\u06dd\u08e2") | {chr(c) for c in range(0x600, 0x606)}
#: Letters that have no picture though they count as letters.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_LINE_ENDS: Final = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
#: Marks on one letter; more of them are drawn over the lines above and below.
_MOST_MARKS: Final = 8
_SPACES: Final = re.compile(r"(\s)\s+")
#: What programs make a link of by themselves: `x://y`, and a dot before what ends an address. A dot
#: between Chinese names stays, as many write it for the middle dot.
_SCHEME: Final = re.compile(r":(?=//)")
_DOT: Final = re.compile(
    r"(?<=\w)\.(?=[A-Za-z]{2}|[\u4e2d][\u56fd\u570b]|\u516c\u53f8|\u7f51\u7edc|\u7db2\u7d61)"
)
_ISOLATE: Final = "\u2068"
_END_ISOLATE: Final = "\u2069"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


def visible(text: str) -> str:
    """A text of a person's as one line of letters; the same again for what it gave.

    Signs that turn the direction, control and invisible characters are taken out, and line ends
    are spaces.
    """
    if text.isalnum() and text.isascii():
        return text
    return _SPACES.sub(r"\1", "".join(_letters(text))).strip()


def cleaned(text: str) -> str:
    """A text of a person's as it stands in a message: visible, and nothing in it can be clicked on.

    `@` is its full width, and an address is broken by a space behind its dots and its colon so
    that no program makes a link of it.
    """
    plain = _DOT.sub(". ", _SCHEME.sub(": ", visible(text)))
    return plain.replace("@", "\uff20")


def told(text: str) -> str:
    """A cleaned text as it stands in a sentence; one that runs right to left turns only itself."""
    plain = cleaned(text)
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in plain):
        return f"{_ISOLATE}{plain}{_END_ISOLATE}"
    return plain


def on_a_terminal(text: str) -> str:
    """A line as one line, in which nothing moves a cursor, changes a colour or turns the direction.

    A line end within it is an arrow; what else a terminal would act on is a replacement sign.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text.replace("\r\n", "\n")))


def in_json(text: str) -> str:
    """JSON in which what a terminal acts on is written as an escape: the same data."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if c >= "\x7f" and _acts(c) else c for c in text)


def _letters(text: str) -> list[str]:
    """What is shown of a text, sign by sign. What is dropped leaves no trace in what follows."""
    found: list[str] = []
    marks = 0
    for letter in text:
        kind = unicodedata.category(letter)
        if letter in _JOINERS:
            if found and _JOINED.match(found[-1]):
                found.append(letter)
        elif letter in _LINE_ENDS:
            found.append(" ")
            marks = 0
        elif kind in ("Mn", "Me"):
            if marks < _MOST_MARKS:
                found.append(letter)
                marks += 1
        elif letter in _KEPT or not _no_picture(letter, kind):
            found.append("\ufffd" if kind == "Cs" else letter)
            marks = 0
    return found


def _no_picture(letter: str, kind: str) -> bool:
    """Whether there is nothing to see: control and invisible signs, and what is no character."""
    code = ord(letter)
    nothing = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return kind in ("Cc", "Cf") or letter in _BLANK or nothing


def _acts(letter: str) -> bool:
    """Whether a terminal may do something other than show it."""
    turns = letter in "\u061c\u200e\u200f" or "\u202a" <= letter <= "\u202e" or _isolates(letter)
    return turns or unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs")


def _isolates(letter: str) -> bool:
    return "\u2066" <= letter <= "\u2069"


def _shown(letter: str) -> str:
    if not _acts(letter) or letter == "\t":
        return letter
    if letter in "\n\u2028\u2029":
        return "\u21b5"
    return "" if _isolates(letter) else "\ufffd"
