"""The guardians that a row names: who they are to the student, and how they are reached.

Three kinds are told apart: a legal guardian decides and is told; a carer at hand looks after the
child without deciding; an emergency contact is only called. What a word does not say is never
read into it: an unknown word never makes a legal guardian, for that relation gives sight of the
student.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, TypeVar

import attrs

from psysafe.domain.codes import from_word
from psysafe.intake import cells
from psysafe.intake.cells import Fault
from psysafe.intake.tables import plain

#: Parents are the guardians of a minor (Civil Code of the PRC, article 27); adoptive parents
#: stand as parents (article 1111).
LEGAL: Final = frozenset(
    """父子 父女 母子 母女 父亲 母亲 爸爸 妈妈 父 母 爸 妈 父母 养父 养母 监护人 法定监护人
    father mother parent guardian 家长""".split()
)
#: Who cares for a child at hand without being its guardian by that alone: grandparents, and a
#: parent's spouse.
CARERS: Final = frozenset(
    """爷爷 奶奶 祖父 祖母 外公 外婆 姥爷 姥姥 外祖父 外祖母 祖孙 祖父母 外祖父母 爷孙 继父 继母
    爷爷奶奶 姥姥姥爷 外公外婆 实际照护人 grandparent grandfather grandmother
    stepfather stepmother relative carer""".split()
)
#: Family who is called when nobody else answers.
CONTACTS: Final = frozenset(
    """哥哥 姐姐 弟弟 妹妹 兄弟 姐妹 叔叔 伯伯 伯父 叔父 舅舅 姑姑 姑妈 阿姨 姨妈 婶婶 舅妈 亲戚
    亲属 其他亲属 非亲属 邻居 朋友 aunt uncle sibling doctor contact""".split()
)
#: Words that say of two people at once who they are. 父子 says it of one, and not of which.
OF_TWO: Final = frozenset(
    """父母 双亲 祖父母 外祖父母 爷爷奶奶 姥姥姥爷 外公外婆 监护人 法定监护人 家长 50 5 60 6
    parent parents guardian grandparent 实际照护人 紧急联系人 亲戚 其他亲属""".split()
)
#: GB/T 4761-2008, code of family relations, as national rosters write it. 57 and 58 stand for
#: step-parents and adoptive parents alike, so they say no more than that somebody cares.
CODES: Final = {
    **dict.fromkeys(("5", "50", "51", "52"), "legal_guardian"),
    **dict.fromkeys(("57", "58", "6", "60", "61", "62", "63", "64", "66", "67"), "carer"),
    **dict.fromkeys(("7", "70", "71", "73", "75", "77", "97", "99"), "emergency_contact"),
}
T = TypeVar("T")
_KINDS: Final = ("legal_guardian", "carer", "emergency_contact")

#: What stands between two people in one cell. A space does only where both sides are whole names.
_BETWEEN = re.compile(r"[、,，;；/|&\r\n]+")
_TWO_NAMES = re.compile(r"([一-鿿·]{2,}(?:\([^)]*\))?)\s+([一-鿿·]{2,}(?:\([^)]*\))?)")
#: A telephone, then the next person's name.
_AFTER_NUMBER = re.compile(r"(?<=\d)\s+(?=[^\d\s()+-])")
_PREFIX = re.compile(r"([^:：]{1,8})[:：](.+)")
_SUFFIX = re.compile(r"(.+?)\(([^()]{1,12})\)(.*)")
_NUMBER = re.compile(r"\+?\d[\d\s()-]{4,20}\d")


@attrs.frozen(kw_only=True)
class Relative:
    """A guardian as a row names them. `known`: whether the kind was said in a known word."""

    name: str = attrs.field(repr=False)
    relation: str = attrs.field(repr=False)
    kind: str
    known: bool = True
    telephones: tuple[str, ...] = attrs.field(repr=False)
    column: str

    @property
    def key(self) -> tuple[int, str, str]:
        """The order of people in a student's record: those who decide come first."""
        return _KINDS.index(self.kind), plain(self.name), plain(self.relation)


@attrs.frozen(kw_only=True)
class _Said:
    """One person of a cell: the name, and what stood beside it."""

    name: str = attrs.field(repr=False)
    relation: str = attrs.field(default="", repr=False)
    telephones: tuple[str, ...] = attrs.field(default=(), repr=False)


def guardian_kind(relation: str) -> str | None:
    """The kind of guardian that a word for a relation means; None where the word is not known.

    父子 means the father: a roster names the pair of which the student is one.
    """
    word = plain(relation).lower()
    if word in LEGAL:
        return "legal_guardian"
    if word in CARERS:
        return "carer"
    if word in CONTACTS:
        return "emergency_contact"
    return CODES.get(word) or from_word("guardian_kinds", plain(relation))


def relatives(
    names: str, relation: str, telephone: str, standing: str, column: str
) -> tuple[Relative, ...] | Fault:
    """The people of one set of columns: name, relation, telephone, and what they are (身份).

    A cell may name two people (张大、李四); relations and telephones then stand in the same order,
    or one for both. Anything else is a fault: PSY261 where it is not said whose relation or
    telephone it is, PSY203 and PSY227 for a telephone, PSY208 where there is nobody.
    """
    people = _people(names)
    if isinstance(people, Fault):
        return people
    words = [word for word in _BETWEEN.split(relation) if word.strip()]
    groups = _telephones(telephone)
    if isinstance(groups, Fault):
        return groups
    if not people:
        return Fault("PSY208") if words or groups else ()
    if len(words) == 1 < len(people) and plain(words[0]).lower() not in OF_TWO:
        return Fault("PSY261", {"count": len(people)})
    shared = _each(words, len(people), "")
    numbers = _each(groups, len(people), ()) if len(people) > 1 else [_flat(groups)]
    kinds = _each([w for w in _BETWEEN.split(standing) if w.strip()], len(people), "")
    if shared is None or numbers is None or kinds is None:
        return Fault("PSY261", {"count": len(people)})
    found: dict[str, Relative] = {}
    for said, word, digits, kind in zip(people, shared, numbers, kinds, strict=True):
        made = _relative(said, word.strip(), digits, kind, column)
        same = found.get(plain(said.name))
        found[plain(said.name)] = made if same is None else joined((same, made))
    return tuple(found.values())


def _relative(
    said: _Said, word: str, digits: tuple[str, ...], standing: str, column: str
) -> Relative:
    relation = said.relation or word
    kind = guardian_kind(standing) if standing else None
    kind = kind or guardian_kind(relation)
    return Relative(
        name=said.name,
        relation=relation,
        kind=kind or "emergency_contact",
        known=kind is not None,
        telephones=tuple(dict.fromkeys((*said.telephones, *digits))),
        column=column,
    )


def joined(several: Iterable[Relative]) -> Relative:
    """One person whom several rows or cells name: every telephone, and the word that says most."""
    ordered = sorted(several, key=lambda one: (one.key, one.telephones))
    best = ordered[0]
    numbers = dict.fromkeys(number for one in ordered for number in one.telephones)
    return attrs.evolve(best, telephones=tuple(numbers))


def _each(said: list[T], people: int, nothing: T) -> list[T] | None:
    """One for each person: in their order, the same for all, or nothing; None: it is not said."""
    if not said:
        return [nothing] * people
    if len(said) == people:
        return said
    return said * people if len(said) == 1 else None


def _flat(groups: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for group in groups for number in group))


def _telephones(text: str) -> list[tuple[str, ...]] | Fault:
    """The numbers of a cell, one group a part; each part may say first whose it is (父：138...)."""
    found: list[tuple[str, ...]] = []
    for part in _BETWEEN.split(unicodedata.normalize("NFKC", text)):
        said = _PREFIX.fullmatch(plain(part))
        numbers = cells.telephones(said[2] if said else part)
        if isinstance(numbers, Fault):
            return numbers
        if numbers:
            found.append(numbers)
    return found


def _people(text: str) -> list[_Said] | Fault:
    """The people whom a cell of names names."""
    written = unicodedata.normalize("NFKC", text).strip()
    parts: list[str] = []
    for part in (p for whole in _BETWEEN.split(written) for p in _AFTER_NUMBER.split(whole)):
        two = _TWO_NAMES.fullmatch(part.strip())
        parts += two.groups() if two else [part]
    found = [_person(part) for part in parts if part.strip()]
    faults = [one for one in found if isinstance(one, Fault)]
    return faults[0] if faults else [one for one in found if isinstance(one, _Said)]


def _person(part: str) -> _Said | Fault:
    """One person: 张大, 父亲：张大, 张大(父亲), each perhaps with a telephone behind it."""
    number = _NUMBER.search(part)
    telephones: tuple[str, ...] | Fault = ()
    if number is not None:
        telephones = cells.telephones(number[0])
        part = part[: number.start()] + part[number.end() :]
    if isinstance(telephones, Fault):
        return telephones
    relation = ""
    if said := _PREFIX.fullmatch(part.strip()):
        relation, part = said[1].strip(), said[2]
    if said := _SUFFIX.fullmatch(part.strip()):
        relation, part = said[2].strip() or relation, said[1] + said[3]
    name = part.strip().strip("():：").strip()
    if not name:
        return Fault("PSY208")
    return _Said(name=name, relation=relation, telephones=telephones)
