"""Grades and classes as schools write them, brought to one form.

高一, 高中一年级, 十年级, 10年级, Grade 10 and g10 are the grade `g10`; 3, 3班, 三班, 高一(3)班,
高一3班 and 10.3 are its third class, 高一(3)班. A grade by year of entry (2026级, 高2026级) or of
graduation (2029届) is read by the school year and the stage of the school. A class with a name of
its own (Homeroom A, 启航书院) keeps it as it stands, where its grade stands beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Final

import attrs

from psysafe.domain.people import Roster, SchoolClass, Scope
from psysafe.ids import ClassId
from psysafe.intake.cells import Fault
from psysafe.intake.tables import plain

#: Makes the id of a class from its grade's key and its name; the same every time.
ClassIds = Callable[[str, str], ClassId]

#: Whether a class may be called so, by its grade's key and its own name.
OwnNames = Callable[[str, str], bool]

_DIGITS: Final = "一二三四五六七八九"
_WHOLE_SCHOOL: Final = frozenset({"全校", "全体", "学校", "所有年级", "all", "school"})
_BETWEEN = re.compile(r"[;；、,，/|]+|和|及")
_NUMBERED = re.compile(r"\(?(?:0*([1-9]\d?)|([一二三四五六七八九十]{1,3}))\)?班?")
_NAMED = re.compile(r"\(?([^\W\d_]{1,12}\d{0,2})\)?班")
_ENGLISH = re.compile(r"(?:class|cls\.?)0*([1-9]\d?)")
#: 10.3 or 10-3: the grade's number, then the class's. The grade has to be written in full.
_PAIR = re.compile(r"(\d{1,2})[.-]0*([1-9]\d?)")
#: 七(3)班, 三2班: the grade's numeral, then the class's number.
_SHORT = re.compile(r"([一二三四五六七八九十]{1,3})(\(\d{1,2}\)|\d{1,2})班?")
#: 7A, 10-B: the number of the grade, then the class's letter. Read only beside that grade.
_LETTERED = re.compile(r"(\d{1,2})[-.]?([a-z])班?")
_LETTER = re.compile(r"\(?([a-z])\)?班?")
#: What stands in a cell for "none"; it is no class's name.
_NO_NAMES: Final = frozenset(
    "无 暂无 没有 待定 未定 未分班 待分班 未知 不详 空 无班级"
    " none null nil nan n/a na tbd unknown".split()
)
_OWN_NAME_LIMIT: Final = 30
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_GROUPS: Final = ("班", "班级", "书院", "学院", "学部", "部", "组", "营", "队")
#: What `class_key` makes of a number or a letter; any other name of a class is its own.
_STANDARD = re.compile(r"(?:[初高][一二三]|[一二三四五六]年级)\([^()]{1,14}\)班")
_WHOLE = re.compile(r"(\d{1,2})\.0+")
_COHORT = re.compile(r"(小学|初中|高中|初|高|小)?((?:19|20|21)\d\d)(级|届)")
_AFTER_STROKE = re.compile(r"/\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})\)?班?")
#: A year alone in a column of grades is that of entry: 年级 of the registers 正方 and 青果.
_YEAR = re.compile(r"20\d\d")
_SEVERAL = re.compile(r"(\(?)0*([1-9]\d?)(?:-|—|~|至|到)0*([1-9]\d?)(\)?)班?")

#: The stages of a school with their first grade and how many years they take.
STAGES: Final = {"primary": (1, 6), "junior": (7, 3), "senior": (10, 3)}
_STAGE_WORDS: Final = {
    "小学": "primary",
    "小": "primary",
    "初中": "junior",
    "初": "junior",
    "高中": "senior",
    "高": "senior",
}
#: A school year counts from this month on: new class lists are made in August (practice).
FIRST_MONTH: Final = 8


@attrs.frozen(kw_only=True)
class SchoolYear:
    """What a grade by year of entry depends on: the calendar year in which the school year began,
    and the school's one stage (None: it has several, or nobody knows yet).
    """

    began: int
    stage: str | None = None

    def grade(self, year: int, word: str, stage: str | None) -> int | None:
        """The grade of those who entered (级) or will graduate (届) in a year; None: nobody."""
        stage = stage or self.stage
        if stage is None:
            return None
        first, takes = STAGES[stage]
        entered = year if word == "级" else year - takes
        place = self.began - entered
        return first + place if 0 <= place < takes else None


def school_year(day: date, grades: Iterable[str] = ()) -> SchoolYear:
    """The school year of a local day. `grades`: keys of grades that the school is known to have.

    Where all of them are of one stage, that is the stage of 2026级.
    """
    numbers = {int(key[1:]) for key in grades if re.fullmatch(r"g\d{1,2}", key)}
    stages = {
        name
        for name, (first, takes) in STAGES.items()
        if any(first <= number < first + takes for number in numbers)
    }
    began = day.year if day.month >= FIRST_MONTH else day.year - 1
    return SchoolYear(began=began, stage=stages.pop() if len(stages) == 1 else None)


def numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese: 十二."""
    tens, ones = divmod(number, 10)
    ten = "十" if tens == 1 else f"{_DIGITS[tens - 1]}十" if tens else ""
    return ten + (_DIGITS[ones - 1] if ones else "")


def _grades() -> dict[str, int]:
    found = {}
    for year in range(1, 13):
        for word in (f"{numeral(year)}年级", f"{year}年级", f"{year}", f"{year:02d}", f"g{year}"):
            found[word] = year
        for word in (f"grade{year}", f"year{year}", f"小学{numeral(year)}年级"):
            found[word] = year
    for start, school in ((6, "初"), (9, "高")):
        for year in (1, 2, 3):
            for word in (numeral(year), str(year)):
                for kind in (school, f"{school}中"):
                    for end in ("", "年级", "年"):
                        found[f"{kind}{word}{end}"] = start + year
    for year in range(7, 13):
        found.pop(f"小学{numeral(year)}年级", None)
    return found


_GRADES: Final = _grades()
_BY_LENGTH: Final = sorted(_GRADES, key=len, reverse=True)
_CLASS_NUMBERS: Final = {numeral(number): number for number in range(1, 100)}


def grade_word(year: int) -> str:
    """How a grade is called: 高一, 初三, 五年级."""
    if year > 9:
        return f"高{numeral(year - 9)}"
    return f"初{numeral(year - 6)}" if year > 6 else f"{numeral(year)}年级"


def _grade_number(text: str, year: SchoolYear | None) -> int | None:
    written = _WHOLE.sub(r"\1", plain(text).lower())
    cohort = _COHORT.fullmatch(f"{written}级" if _YEAR.fullmatch(written) else written)
    if cohort is not None:
        return _cohort(cohort, year)
    return _GRADES.get(written)


def _cohort(found: re.Match[str], year: SchoolYear | None) -> int | None:
    stage, entered, word = found.groups()
    return year.grade(int(entered), word, _STAGE_WORDS.get(stage or "")) if year else None


def grade_key(text: str, year: SchoolYear | None = None) -> str | None:
    """The key of a grade, `g10` for 高一; None where the text is none."""
    number = _grade_number(text, year)
    return f"g{number}" if number else None


@lru_cache(maxsize=1024)
def class_key(
    grade_text: str,
    class_text: str,
    year: SchoolYear | None = None,
    own_names: OwnNames | None = None,
) -> tuple[str, str] | Fault:
    """Grade key and name of a class, ("g10", "高一(3)班"); the same for every way of writing it.

    The grade may stand in the class's own name; where it stands in both they must agree. A name
    that is no number is kept as it stands where `own_names` allows it, never without a grade, and
    never where it says nothing (无, 待定, a number alone).
    """
    text = _WHOLE.sub(r"\1", plain(class_text).lower())
    given = _grade_number(grade_text, year)
    if plain(grade_text) and given is None:
        return Fault("PSY226")
    own, rest = _split(text, year)
    lettered = _LETTERED.fullmatch(text)
    if lettered is not None and given is not None and int(lettered[1]) in _said_of(given):
        own, rest = given, lettered[2]
    if own is not None and given is not None and own != given:
        return Fault("PSY226")
    number = given if given is not None else own
    if number is None:
        return Fault("PSY226")
    key, name = f"g{number}", _class_name(rest)
    if name is not None:
        return key, f"{grade_word(number)}{name}"
    if own_names is not None and _is_name(rest) and own_names(key, _as_it_stands(class_text, rest)):
        return key, _as_it_stands(class_text, rest)
    return Fault("PSY226")


def _said_of(grade: int) -> tuple[int, ...]:
    """The numbers by which a grade goes: 9 of the country, 3 of its stage."""
    return grade, grade - 9 if grade > 9 else grade - 6 if grade > 6 else grade


def _is_name(text: str) -> bool:
    """Whether a text may be a class's own name: one in Han says that it is a group of people."""
    if text in _NO_NAMES or len(text) > _OWN_NAME_LIMIT or _COHORT.match(text):
        return False
    if _BETWEEN.search(text) or not text[:1].isalnum():
        return False
    if _LETTERED.fullmatch(text) or not any(letter.isalpha() for letter in text):
        return False
    return text.endswith(_GROUPS) if _HAN.search(text) else True


def _as_it_stands(class_text: str, rest: str) -> str:
    """A class's own name with its letters and spaces, without the grade that stands before it."""
    whole = " ".join(unicodedata.normalize("NFKC", class_text).split())
    ends = (whole[at:] for at in range(len(whole)) if not whole[at].isspace())
    return next((end for end in ends if plain(end).lower() == rest), whole)


def folded(name: str) -> str:
    """By what two spellings of a class's own name are one: case and spaces mean nothing."""
    return name if _STANDARD.fullmatch(name) else plain(name).casefold()


def known_classes(roster: Roster) -> dict[tuple[str, str], SchoolClass]:
    """The classes that a school has, by grade and folded name."""
    return {(of.grade, folded(of.name)): of for of in roster.classes.values()}


def names_of(roster: Roster) -> OwnNames:
    """Whether the school has a class of such a name of its own."""
    known = known_classes(roster)
    return lambda grade, name: (grade, folded(name)) in known


def _split(text: str, year: SchoolYear | None) -> tuple[int | None, str]:
    """The grade that a class's name begins with, if one does, and the rest."""
    pair = _PAIR.fullmatch(text)
    if pair is not None and int(pair[1]) in range(1, 13):
        return int(pair[1]), pair[2]
    short = _SHORT.fullmatch(text)
    if short is not None and _CLASS_NUMBERS.get(short[1], 99) in range(1, 13):
        return _CLASS_NUMBERS[short[1]], short[2]
    cohort = _COHORT.match(text)
    if cohort is not None and cohort.end() < len(text):
        number = _cohort(cohort, year)
        # A cohort that is not understood is no class's name either.
        return (number, text[cohort.end() :]) if number else (None, text)
    for word in _BY_LENGTH:
        if text.startswith(word) and not word.isdigit() and len(text) > len(word):
            # g1 stands at the beginning of g10 too.
            if word[-1].isdigit() and text[len(word)].isdigit():
                continue
            rest = text[len(word) :].lstrip(".-_")
            # 高一/3班 is a class, 高一/二3班 nobody knows.
            return _GRADES[word], rest[1:] if _AFTER_STROKE.fullmatch(rest) else rest
    return None, text


def _class_name(text: str) -> str | None:
    if found := _NUMBERED.fullmatch(text):
        number = int(found[1]) if found[1] else _CLASS_NUMBERS.get(found[2])
        return f"({number})班" if number else None
    if found := _ENGLISH.fullmatch(text):
        return f"({int(found[1])})班"
    if found := _LETTER.fullmatch(text):
        return f"({found[1].upper()})班"
    if found := _NAMED.fullmatch(text):
        return f"({found[1].upper()})班"
    return None


def scopes(
    text: str,
    class_id: ClassIds,
    year: SchoolYear | None = None,
    own_names: OwnNames | None = None,
) -> tuple[Scope, ...] | Fault:
    """For whom a role answers: 全校, grades (高一;高二), classes (高一(3)班, 高一1-3班).

    Grades make one scope, each class one of its own. A class without its grade belongs to the
    grade before it (高一1班、2班). Mixed or unknown parts are a fault (PSY211).
    """
    parts = [part for part in _BETWEEN.split(plain(text)) if part]
    if len(parts) == 1 and parts[0].lower() in _WHOLE_SCHOOL:
        return (Scope(kind="school"),)
    grades = [grade_key(part, year) for part in parts]
    if parts and all(grades):
        keys = sorted({key for key in grades if key}, key=lambda key: int(key[1:]))
        return (Scope(kind="grade", values=tuple(keys)),)
    found: dict[str, Scope] = {}
    before = ""
    for part in parts:
        for one in _each_class(part, year):
            named = class_key("", one, year, own_names)
            if isinstance(named, Fault) and before:
                named = class_key(before, one, year, own_names)
            if isinstance(named, Fault):
                return Fault("PSY211")
            before = named[0]
            identity = class_id(*named)
            found[identity] = Scope(kind="class", values=(identity,))
    return tuple(found[key] for key in sorted(found)) or Fault("PSY211")


def _each_class(part: str, year: SchoolYear | None) -> list[str]:
    """高一1-3班 is three classes; anything else is itself."""
    grade, rest = _split(part.lower(), year)
    several = _SEVERAL.fullmatch(rest)
    if several is None or (grade is None and not part.endswith("班")):
        return [part]
    first, last = int(several[2]), int(several[3])
    if not first < last:
        return [part]
    word = grade_word(grade) if grade is not None else ""
    return [f"{word}{number}班" for number in range(first, last + 1)]
