"""What kind of private thing a value is, and how well a channel must be kept to carry it.

Three vocabularies, one table. An *item class* says what a field tells about a student; a
*content class* (K0 to K3) says how private a message is; a channel's *trust* says what may
travel over it, as far as who reads there lets it be believed. `BELIEVED`, `CARRIES` and
`CONTENT_CLASS` are the table, and nothing else decides what a channel carries.

`record` makes the frozen classes of which all stored data consists. Every field of a record
names its item class, or `REFERENCE` for an opaque id, a code or a time; a class with a field
that names none cannot be made at all. `repr` of a record shows references only, so a record that
reaches a log, an exception or a debugger tells ids and nothing else (law 15).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast, dataclass_transform

import attrs

T = TypeVar("T")


class ItemClass(enum.Enum):
    """The twenty things that can be known about a student; the rows of the privacy matrix."""

    DISPLAY_NAME = "display_name"
    CIVIL_IDENTITY = "civil_identity"
    CONTACT = "contact"
    CLASS_PLACEMENT = "class_placement"
    EXPOSURE = "exposure"
    OBSERVATION = "observation"
    REPORTER = "reporter"
    MOOD_CHECKIN = "mood_checkin"
    SCALE_LEVEL = "scale_level"
    SCALE_ITEMS = "scale_items"
    COUNSELING_NOTES = "counseling_notes"
    RISK_LEVEL = "risk_level"
    CRISIS_FLAG = "crisis_flag"
    SAFETY_PLAN = "safety_plan"
    SUPERVISION = "supervision"
    CONTACT_LOG = "contact_log"
    REFERRAL_SUMMARY = "referral_summary"
    ALLEGATION = "allegation"
    CONSENT = "consent"
    AUDIT_TRAIL = "audit_trail"


class Reference(enum.Enum):
    """The one marker for fields that tell nothing by themselves: ids, register codes, times."""

    REFERENCE = "reference"


REFERENCE: Final = Reference.REFERENCE


@enum.unique
class ContentClass(enum.IntEnum):
    """How private a message is. K0 says only that something needs you; K3 is never sent."""

    K0 = 0
    K1 = 1
    K2 = 2
    K3 = 3


@enum.unique
class Trust(enum.IntEnum):
    """What a channel may carry at most. Public: nothing directed at or about one person."""

    PUBLIC = 0
    SHARED = 1
    PERSONAL = 2
    SEALED = 3


#: The highest content class that a channel of this trust may carry; None: nothing at all.
#: K3 is missing on purpose: it is read on screen behind a login and never sent.
CARRIES: Final[Mapping[Trust, ContentClass | None]] = MappingProxyType(
    {
        Trust.PUBLIC: None,
        Trust.SHARED: ContentClass.K0,
        Trust.PERSONAL: ContentClass.K1,
        Trust.SEALED: ContentClass.K2,
    }
)

#: How much may be believed of a channel's trust, by who reads what arrives. A room is shared at
#: most, and so is what a room declares: nobody knows who looks over whose shoulder.
BELIEVED: Final[Mapping[str, Trust]] = MappingProxyType(
    {"person": Trust.SEALED, "group": Trust.SHARED, "public": Trust.PUBLIC}
)


def believed(audience: object, declared: Any) -> Trust:
    """The trust that counts for a channel: what it declares, as far as its audience allows.

    An audience that nobody knows is the public. Raises ValueError for what is no trust.
    """
    most = BELIEVED.get(audience, Trust.PUBLIC) if isinstance(audience, str) else Trust.PUBLIC
    return min(Trust(declared), most)


_I = ItemClass
_K1 = (_I.DISPLAY_NAME, _I.CONTACT, _I.CLASS_PLACEMENT, _I.CONSENT)
_K3 = (_I.SCALE_ITEMS, _I.COUNSELING_NOTES, _I.ALLEGATION, _I.REPORTER)

#: The content class of an item that is shown in full.
CONTENT_CLASS: Final[Mapping[ItemClass, ContentClass]] = MappingProxyType(
    {
        item: ContentClass.K1
        if item in _K1
        else ContentClass.K3
        if item in _K3
        else ContentClass.K2
        for item in ItemClass
    }
)


def redacted_class(item: ItemClass) -> ContentClass:
    """The content class of an item's redacted form: one below its full form, at least K1."""
    return ContentClass.K2 if CONTENT_CLASS[item] is ContentClass.K3 else ContentClass.K1


_ITEM = "psysafe.item"


def item(
    kind: ItemClass | Reference,
    *,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    validator: Any = None,
) -> Any:
    """A field of a record that tells what `kind` says. See `attrs.field` for the rest."""
    if factory is not None:
        default = attrs.Factory(factory)
    return attrs.field(
        default=default,
        validator=validator,
        metadata={_ITEM: kind},
        repr=kind is REFERENCE,
    )


def ref(*, default: Any = attrs.NOTHING, factory: Callable[[], Any] | None = None) -> Any:
    """A field that holds an opaque id, a register code, a version or a time."""
    return item(REFERENCE, default=default, factory=factory)


def item_of(attribute: attrs.Attribute[Any]) -> ItemClass | Reference:
    """The item class that a record's field declares."""
    kind: ItemClass | Reference = attribute.metadata[_ITEM]
    return kind


def _all_classed(cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    bare = [field.name for field in fields if _ITEM not in field.metadata]
    if bare:
        raise TypeError(f"{cls.__name__}: no item class on {', '.join(bare)}")
    return fields


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(item, ref))
def record(cls: type[T]) -> type[T]:
    """Make a stored record: frozen, slotted, keyword-only, every field with an item class.

    Raises TypeError where a field has none.
    """
    # All records compare, hash and show themselves by these three. attrs would write and compile
    # three functions for each class, a fifth of what it costs to open a school.
    made: Any = cls
    made.__eq__, made.__hash__, made.__repr__ = _is_same, _hash_of, _shown
    return attrs.frozen(kw_only=True, slots=True, field_transformer=_all_classed)(cls)


def _is_same(self: Any, other: Any) -> object:
    cls: type[Any] = self.__class__
    if other.__class__ is not cls:
        return NotImplemented
    _, look = _fields_of(cls)
    return look(self) == look(other)


def _hash_of(self: Any) -> int:
    _, look = _fields_of(self.__class__)
    return hash(look(self))


def _shown(self: Any) -> str:
    told = (f"{name}={getattr(self, name)!r}" for name in _told_of(self.__class__))
    return f"{self.__class__.__qualname__.rsplit('>.', 1)[-1]}({', '.join(told)})"


@cache
def _told_of(cls: type[Any]) -> tuple[str, ...]:
    """The fields that a record's `repr` tells: its references."""
    return tuple(field.name for field in attrs.fields(cls) if field.repr)


@cache
def _fields_of(cls: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names under which a record's fields are given to its maker, and a look at them all."""
    fields = [field for field in attrs.fields(cls) if field.init]
    # Two names at least, so that the look always gives a tuple.
    look = attrgetter("__class__", "__class__", *(field.name for field in fields))
    return tuple(field.alias for field in fields), look


def changed(value: T, **fields: Any) -> T:
    """The same record with other values in these fields. Raises TypeError for an unknown field.

    As attrs.evolve, without asking the class for its fields each time: every event that is folded
    makes a few records anew.
    """
    cls: Any = value.__class__
    names, look = _fields_of(cls)
    return cast(T, cls(**{**dict(zip(names, look(value)[2:], strict=True)), **fields}))
