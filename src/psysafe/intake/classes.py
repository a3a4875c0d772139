"""Grades and classes as schools write them, brought to one form.

高一, 十年级, 10年级 and g10 are the grade `g10`; 3, 3班, 三班 and 高一(3)班 are its third class,
高一(3)班. A grade by year of entry (2026级) is not understood: what it means depends on the year.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from psysafe.domain.people import Scope
from psysafe.ids import ClassId
from psysafe.intake.cells import Fault
from psysafe.intake.tables import plain

#: Makes the id of a class from its grade's key and its name; the same every time.
ClassIds = Callable[[str, str], ClassId]

_DIGITS: Final = "一二三四五六七八九"
_WHOLE_SCHOOL: Final = frozenset({"全校", "school"})
_BETWEEN = re.compile(r"[;；、,，/]+")
_NUMBERED = re.compile(r"\(?(?:0*([1-9]\d?)|([一二三四五六七八九十]{1,3}))\)?班?")
_NAMED = re.compile(r"\(?([^\W\d_]{1,12}\d{0,2})\)?班")


def numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese: 十二."""
    tens, ones = divmod(number, 10)
    ten = "十" if tens == 1 else f"{_DIGITS[tens - 1]}十" if tens else ""
    return ten + (_DIGITS[ones - 1] if ones else "")


def _grades() -> dict[str, int]:
    found = {}
    for year in range(1, 13):
        for word in (f"{numeral(year)}年级", f"{year}年级", f"{year}", f"g{year}"):
            found[word] = year
    for start, school in ((6, "初"), (9, "高")):
        for year in (1, 2, 3):
            for word in (numeral(year), str(year)):
                found[f"{school}{word}"] = start + year
                found[f"{school}{word}年级"] = start + year
                found[f"{school}中{word}"] = start + year
                found[f"{school}中{word}年级"] = start + year
    return found


_GRADES: Final = _grades()
_BY_LENGTH: Final = sorted(_GRADES, key=len, reverse=True)
_CLASS_NUMBERS: Final = {numeral(number): number for number in range(1, 100)}


def grade_word(year: int) -> str:
    """How a grade is called: 高一, 初三, 五年级."""
    if year > 9:
        return f"高{numeral(year - 9)}"
    return f"初{numeral(year - 6)}" if year > 6 else f"{numeral(year)}年级"


def grade_key(text: str) -> str | None:
    """The key of a grade, `g10` for 高一; None where the text is none."""
    year = _GRADES.get(plain(text).lower())
    return f"g{year}" if year else None


def class_key(grade_text: str, class_text: str) -> tuple[str, str] | Fault:
    """Grade key and name of a class, ("g10", "高一(3)班"); the same for every way of writing it.

    The grade may stand in the class's own name; where it stands in both they must agree.
    """
    text = plain(class_text).lower()
    given = _GRADES.get(plain(grade_text).lower())
    if plain(grade_text) and given is None:
        return Fault("PSY226")
    own, rest = _split(text)
    if own is not None and given is not None and own != given:
        return Fault("PSY226")
    year = given if given is not None else own
    name = _class_name(rest)
    if year is None or name is None:
        return Fault("PSY226")
    return f"g{year}", f"{grade_word(year)}{name}"


def _split(text: str) -> tuple[int | None, str]:
    """The grade that a class's name begins with, if one does, and the rest."""
    for word in _BY_LENGTH:
        if text.startswith(word) and not word.isdigit() and len(text) > len(word):
            return _GRADES[word], text[len(word) :]
    return None, text


def _class_name(text: str) -> str | None:
    if found := _NUMBERED.fullmatch(text):
        number = int(found[1]) if found[1] else _CLASS_NUMBERS.get(found[2])
        return f"({number})班" if number else None
    if found := _NAMED.fullmatch(text):
        return f"({found[1].upper()})班"
    return None


def scopes(text: str, class_id: ClassIds) -> tuple[Scope, ...] | Fault:
    """For whom a role answers: 全校, grades (高一;高二), classes (高一(3)班).

    Grades make one scope, each class one of its own. Mixed or unknown parts are a fault (PSY211).
    """
    parts = [part for part in _BETWEEN.split(plain(text)) if part]
    if len(parts) == 1 and parts[0].lower() in _WHOLE_SCHOOL:
        return (Scope(kind="school"),)
    grades = [grade_key(part) for part in parts]
    if parts and all(grades):
        keys = sorted({key for key in grades if key}, key=lambda key: int(key[1:]))
        return (Scope(kind="grade", values=tuple(keys)),)
    found: dict[str, Scope] = {}
    for part in parts:
        named = class_key("", part)
        if isinstance(named, Fault):
            return Fault("PSY211")
        identity = class_id(*named)
        found[identity] = Scope(kind="class", values=(identity,))
    return tuple(found[key] for key in sorted(found)) or Fault("PSY211")
