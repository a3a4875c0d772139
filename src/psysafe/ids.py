"""Names of things: opaque, shown in logs, never made of anything personal.

An id is made from the school's part key, the id of the command that makes it, a prefix and an
ordinal, by keyed BLAKE2b. So a retry makes the same ids, nothing counts up, and decisions need
no randomness. The part key and fresh command ids come from an `IdSource`, as time comes from a
clock.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final, NewType, Protocol

from psysafe.errors import Fact, Finding, InvalidDataError

Part = NewType("Part", str)
"""One school: scope of journal, chain and order."""
StudentId = NewType("StudentId", str)
Actor = NewType("Actor", str)
"""Who acts: a person, or system:tick, system:import, system:drill, operator:NAME."""
PersonId = NewType("PersonId", Actor)
"""KIND:id, where KIND is student, staff, guardian or outside: `staff:t-017`."""
CommandId = NewType("CommandId", str)
ClassId = NewType("ClassId", str)
SignalId = NewType("SignalId", str)
FlagId = NewType("FlagId", str)
CaseId = NewType("CaseId", str)
DutyId = NewType("DutyId", str)
RunId = NewType("RunId", str)
NoticeId = NewType("NoticeId", str)
ExposureId = NewType("ExposureId", str)
SurveyId = NewType("SurveyId", str)
CampaignId = NewType("CampaignId", str)
ShiftId = NewType("ShiftId", str)
SwapId = NewType("SwapId", str)
BulkId = NewType("BulkId", str)
GrantId = NewType("GrantId", str)
ReferralId = NewType("ReferralId", str)
OfferId = NewType("OfferId", str)
ConsentId = NewType("ConsentId", str)
SignId = NewType("SignId", str)
CircleId = NewType("CircleId", str)

_PEOPLE: Final = ("s", "t", "g", "o")
_THINGS: Final = (
    *("cl", "sig", "flag", "case", "duty", "run", "notice", "ref", "offer", "cmd"),
    *("exp", "survey", "camp", "shift", "swap", "consent", "sign", "circle", "bulk"),
    "grant",
)
PREFIXES: Final = frozenset((*_PEOPLE, *_THINGS))
SYSTEM_TICK: Final = Actor("system:tick")
SYSTEM_IMPORT: Final = Actor("system:import")
SYSTEM_DRILL: Final = Actor("system:drill")

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PART = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PERSON = re.compile(
    r"(student:s|guardian:g|outside:o)-[0-9a-hjkmnp-tv-z]{12}|staff:[A-Za-z0-9._-]{1,32}"
)
_OPERATOR = re.compile(r"operator:[a-z0-9-]{1,20}")
_COMMAND = re.compile(r"cmd-[0-9a-hjkmnp-tv-z]{12}")


#: Two letters for every ten bits: ids are made by the thousand.
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


def _letters(number: int) -> str:
    """The twelve letters of 60 bits."""
    pairs = _PAIRS
    return (
        f"{pairs[number >> 50 & 1023]}{pairs[number >> 40 & 1023]}{pairs[number >> 30 & 1023]}"
        f"{pairs[number >> 20 & 1023]}{pairs[number >> 10 & 1023]}{pairs[number & 1023]}"
    )


def make_id(part_key: bytes, command: CommandId, prefix: str, ordinal: int) -> str:
    """The id of the `ordinal`-th thing with this prefix that a command makes (60 bit)."""
    if prefix not in PREFIXES:
        raise ValueError(f"no such id prefix: {prefix}")
    digest = hashlib.blake2b(
        f"{command}\0{prefix}\0{ordinal}".encode(), key=part_key, digest_size=8
    ).digest()
    return f"{prefix}-{_letters(int.from_bytes(digest, 'big') >> 4)}"


class CommandIds:
    """The ids that one attempt at one command makes, in order. A retry starts a new one."""

    __slots__ = ("_count", "_key", "command")

    def __init__(self, part_key: bytes, command: CommandId) -> None:
        self._key = part_key
        self.command = command
        self._count: dict[str, int] = {}

    def next(self, prefix: str) -> str:
        """The next id with this prefix."""
        ordinal = self._count.get(prefix, 0)
        self._count[prefix] = ordinal + 1
        return make_id(self._key, self.command, prefix, ordinal)


class IdSource(Protocol):
    """Where a fresh command id comes from."""

    def command(self) -> CommandId: ...


class RandomIds:
    """Command ids from the operating system's randomness."""

    def command(self) -> CommandId:
        return CommandId("cmd-" + _letters(secrets.randbits(60)))


def lookup_key(part_key: bytes, source: str, external: str) -> str:
    """A keyed digest under which an outside identity is found: the store never sees the number."""
    text = f"{source}\0{external}".encode()
    return hashlib.blake2b(text, key=part_key, digest_size=16).hexdigest()


def derived_command(part_key: bytes, *content: str) -> CommandId:
    """A command id made from what the command is about, so that a second run is a repetition."""
    digest = hashlib.blake2b("\0".join(content).encode(), key=part_key, digest_size=8).digest()
    return CommandId("cmd-" + _letters(int.from_bytes(digest, "big") >> 4))


def _bad(field: str, value_shape: str) -> InvalidDataError:
    facts: dict[str, Fact] = {"path": field, "expected": value_shape}
    return InvalidDataError([Finding(code="PSY103", where={"field": field}, facts=facts)])


def part(text: str) -> Part:
    """Check a part name. Raises InvalidDataError."""
    if not _PART.fullmatch(text):
        raise _bad("part", "a-z, 0-9 and hyphen, at most 40 letters")
    return Part(text)


def person(text: str) -> PersonId:
    """Check a person's id. Raises InvalidDataError."""
    if not _PERSON.fullmatch(text):
        raise _bad("person", "KIND:id such as staff:t-017")
    return PersonId(Actor(text))


def actor(text: str) -> Actor:
    """Check an actor: a person, an operator or one of the system's own. Raises InvalidDataError."""
    own = (SYSTEM_TICK, SYSTEM_IMPORT, SYSTEM_DRILL)
    if not (_PERSON.fullmatch(text) or _OPERATOR.fullmatch(text) or text in own):
        raise _bad("actor", "KIND:id such as staff:t-017, or operator:NAME")
    return Actor(text)


def command_id(text: str) -> CommandId:
    """Check a command id that a caller supplies. Raises InvalidDataError."""
    if not _COMMAND.fullmatch(text):
        raise _bad("command", "cmd- and 12 letters of Crockford's base 32")
    return CommandId(text)


def student_person(student: StudentId) -> PersonId:
    """The student as a person who can act and be told."""
    return PersonId(Actor(f"student:{student}"))


def kind_of(who: Actor) -> str:
    """student, staff, guardian, outside, system or operator."""
    return who.partition(":")[0]
