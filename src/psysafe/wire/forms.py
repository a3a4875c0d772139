"""The one form of every stored value, as cattrs converters; and what can be stored at all.

Writers check as strictly as readers do: what could not be read again is not written.
"""

from __future__ import annotations

import enum
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import attrs
import cattrs
from cattrs.errors import IterableValidationError, IterableValidationNote

from psysafe.clock import to_wire
from psysafe.sensitivity import item_of

TAG: Final = "as"
"""The key that says which record of a union it is: `{"as": "provisional", ...}`."""

_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9])")
_INTEGER_LIMIT = 2**63
_EXACT_FLOAT = 2**53


class WrongFormError(ValueError):
    """A value that is not in its one form. Says what belongs there, never what stands there."""

    def __init__(self, expected: str, below: str = "", code: str = "PSY103") -> None:
        super().__init__(expected)
        self.expected = expected
        self.below = below
        self.code = code


# -- single values: one function checks on the way out and on the way in ----------------------


def _text(value: Any, _: object = None) -> str:
    if value.__class__ is not str:
        raise WrongFormError("text")
    return value


def _sound_text(value: Any, _: object = None) -> str:
    """As `_text`; refuses half a surrogate pair too, which no UTF-8 can hold."""
    text = _text(value)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise WrongFormError("text of whole characters")
    return text


def _integer(value: Any, _: object = None) -> int:
    if value.__class__ is not int or not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise WrongFormError("a whole number of 64 bit")
    return value


def _truth(value: Any, _: object = None) -> bool:
    if value.__class__ is not bool:
        raise WrongFormError("true or false")
    return value


def _number_in(value: Any, _: object = None) -> float:
    if value.__class__ is float and math.isfinite(value):
        return value
    if value.__class__ is int and abs(value) <= _EXACT_FLOAT:
        return float(value)
    raise WrongFormError("a finite number")


def _number_out(value: Any) -> float | int:
    """3 and 3.0 are equal values, so both are written `3`."""
    number = _number_in(value)
    return int(number) if number.is_integer() and abs(number) <= _EXACT_FLOAT else number


def written_time(value: Any) -> str:
    """A time as it is stored. Raises WrongFormError, and InvalidDataError where it has no zone."""
    if not isinstance(value, datetime):
        raise WrongFormError("a time")
    return to_wire(value)


def _time_in(value: Any, _: object = None) -> datetime:
    if value.__class__ is str:
        return _moment(value)
    raise WrongFormError(_TIME)


_TIME: Final = "a UTC time such as 2026-11-02T00:30:00.000000Z"


@lru_cache(maxsize=4096)
def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None:
        raise WrongFormError("a time with its zone", code="PSY014")
    # The one canonical form, not one of the many that ISO 8601 allows.
    if moment is None or value[-1] != "Z" or to_wire(moment) != value:
        raise WrongFormError(_TIME)
    return moment


_SINGLE: Final[Mapping[Any, tuple[Callable[..., Any], Callable[..., Any]]]] = MappingProxyType(
    {
        str: (_text, _text),
        int: (_integer, _integer),
        bool: (_truth, _truth),
        float: (_number_out, _number_in),
        datetime: (written_time, _time_in),
    }
)
"""type: (writer, reader). What is not here, and no enum, tuple, dict or record, is not stored."""


# -- what may be stored at all ----------------------------------------------------------------


_KINDS: Final[dict[type, str]] = {}


def kind_of(cls: type) -> str:
    """The kind on the wire: the class's name in snake case (`SignalReported`: signal_reported)."""
    # Asked for several times with every event, so each class is spelled out once.
    kind = _KINDS.get(cls)
    if kind is None:
        kind = _KINDS[cls] = _WORD_BORDER.sub("_", cls.__name__).lower()
    return kind


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _members(union: Any) -> tuple[Any, ...]:
    return tuple(member for member in typing.get_args(union) if member is not type(None))


def _is_tuple(annotation: Any) -> bool:
    return typing.get_origin(annotation) is tuple


def _is_dict(annotation: Any) -> bool:
    return typing.get_origin(annotation) is dict


def _is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, enum.Enum)


def _plain_type(annotation: Any) -> Any:
    """What a NewType, also one of another NewType, is underneath."""
    while hasattr(annotation, "__supertype__"):
        annotation = annotation.__supertype__
    return annotation


def _check(annotation: Any, place: str, seen: set[type]) -> None:
    """TypeError where something below has no item class, or no one form on the wire."""
    annotation = _plain_type(annotation)
    if annotation in _SINGLE or _is_enum(annotation):
        return
    if _is_union(annotation):
        members = _members(annotation)
        if len(members) > 1 and not all(attrs.has(member) for member in members):
            raise TypeError(f"{place}: a union of anything but records has no tag")
        for member in members:
            _check(member, place, seen)
    elif _is_tuple(annotation) or _is_dict(annotation):
        inner = typing.get_args(annotation)
        if _is_dict(annotation) and _plain_type(inner[0]) is not str:
            raise TypeError(f"{place}: a stored mapping has text for keys")
        for part in inner:
            if part is not Ellipsis:
                _check(part, place, seen)
    elif isinstance(annotation, type) and attrs.has(annotation):
        check_record(annotation, seen)
    else:
        raise TypeError(f"{place}: nothing of this type can be stored")


def check_record(cls: type, seen: set[type]) -> None:
    """Walk a record down to its last field; `seen` holds the classes that were walked already.

    Raises TypeError where a field has no item class, or a type that has no form on the wire.
    """
    if cls in seen:
        return
    seen.add(cls)
    hints = typing.get_type_hints(cls)
    for field in attrs.fields(cls):
        place = f"{cls.__name__}.{field.name}"
        try:
            item_of(field)
        except KeyError:
            raise TypeError(f"{place} has no item class: it cannot be stored") from None
        _check(hints[field.name], place, seen)


# -- the converters ---------------------------------------------------------------------------


def _enum_writer(cls: Any) -> Callable[[Any], str]:
    words: dict[Any, str] = {member: member.value for member in cls}

    def write(value: Any) -> str:
        if value.__class__ is not cls:
            raise WrongFormError("one of " + ", ".join(words.values()))
        return words[value]

    return write


def _enum_reader(cls: Any) -> Callable[[Any, Any], Any]:
    members = {member.value: member for member in cls}

    def read(value: Any, _: object) -> Any:
        if value.__class__ is not str or value not in members:
            raise WrongFormError("one of " + ", ".join(members))
        return members[value]

    return read


def _union_writer(union: Any, converter: cattrs.Converter) -> Callable[[Any], Any]:
    members = _members(union)
    optional = len(members) < len(typing.get_args(union))
    if len(members) == 1:
        one = converter.get_unstructure_hook(members[0])
        return lambda value: None if value is None else one(value)
    writers = {cls: (kind_of(cls), converter.get_unstructure_hook(cls)) for cls in members}

    def write(value: Any) -> Any:
        if value is None and optional:
            return None
        if value.__class__ not in writers:
            raise WrongFormError("one of " + ", ".join(kind for kind, _ in writers.values()))
        kind, writer = writers[value.__class__]
        tree = writer(value)
        tree[TAG] = kind
        return tree

    return write


def _union_reader(union: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    members = _members(union)
    optional = len(members) < len(typing.get_args(union))
    if len(members) == 1:
        one, inner = converter.get_structure_hook(members[0]), members[0]
        return lambda value, _: None if value is None else one(value, inner)
    readers = {kind_of(cls): (cls, converter.get_structure_hook(cls)) for cls in members}

    def read(value: Any, _: object) -> Any:
        if value is None and optional:
            return None
        if not isinstance(value, dict):
            raise WrongFormError("an object")
        tag = value.get(TAG)
        if tag.__class__ is not str or tag not in readers:
            raise WrongFormError("one of " + ", ".join(readers), below=TAG)
        cls, reader = readers[tag]
        return reader({key: part for key, part in value.items() if key != TAG}, cls)

    return read


def _tuple_writer(annotation: Any, converter: cattrs.Converter) -> Callable[[Any], list[Any]]:
    inner = typing.get_args(annotation)
    writers = [converter.get_unstructure_hook(part) for part in inner if part is not Ellipsis]
    first = writers[0]

    def write(value: Any) -> list[Any]:
        if value.__class__ is not tuple:
            raise WrongFormError("a list")
        return [first(part) for part in value]

    def write_fixed(value: Any) -> list[Any]:
        if value.__class__ is not tuple or len(value) != len(writers):
            raise WrongFormError(f"a list of {len(writers)}")
        return [writer(part) for writer, part in zip(writers, value, strict=True)]

    return write if inner[-1] is Ellipsis else write_fixed


def _tuple_reader(
    annotation: Any, converter: cattrs.Converter
) -> Callable[[Any, Any], tuple[Any, ...]]:
    inner = typing.get_args(annotation)
    fixed = [part for part in inner if part is not Ellipsis]
    readers = [converter.get_structure_hook(part) for part in fixed]
    first, of, endless = readers[0], fixed[0], inner[-1] is Ellipsis

    def read(value: Any, _: object) -> tuple[Any, ...]:
        if value.__class__ is not list:
            raise WrongFormError("a list")
        if endless:
            return tuple([first(part, of) for part in value])
        if len(value) != len(readers):
            raise WrongFormError(f"a list of {len(readers)}")
        return tuple([r(part, of) for r, part in zip(readers, value, strict=True)])

    def read_in_detail(value: Any, _: object) -> tuple[Any, ...]:
        if value.__class__ is not list or (not endless and len(value) != len(readers)):
            raise WrongFormError("a list" if endless else f"a list of {len(readers)}")
        pairs = [(i, readers[0 if endless else i], part) for i, part in enumerate(value)]
        return tuple(_each(pairs))

    return read_in_detail if converter.detailed_validation else read


def _each(parts: Iterable[tuple[int | str, Callable[[Any, Any], Any], Any]]) -> list[Any]:
    """All of them, or one group of the faults of each, with their places."""
    faults: list[Exception] = []
    found: list[Any] = []
    for place, reader, part in parts:
        try:
            found.append(reader(part, None))
        except Exception as fault:
            fault.__notes__ = [IterableValidationNote("", place, None)]
            faults.append(fault)
    if faults:
        # an exception group with a third argument, which the stubs of the group hide
        raise IterableValidationError("", faults, tuple)  # pyright: ignore[reportCallIssue]
    return found


def _dict_writer(annotation: Any, converter: cattrs.Converter) -> Callable[[Any], dict[str, Any]]:
    writer = converter.get_unstructure_hook(typing.get_args(annotation)[1])
    text = converter.get_unstructure_hook(str)

    def write(value: Any) -> dict[str, Any]:
        if value.__class__ is not dict:
            raise WrongFormError("an object")
        return {text(key): writer(part) for key, part in value.items()}

    return write


def _dict_reader(annotation: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    inner = typing.get_args(annotation)[1]
    reader = converter.get_structure_hook(inner)

    def read(value: Any, _: object) -> dict[str, Any]:
        if value.__class__ is not dict:
            raise WrongFormError("an object")
        return {key: reader(part, inner) for key, part in value.items()}

    def read_in_detail(value: Any, _: object) -> dict[str, Any]:
        if value.__class__ is not dict:
            raise WrongFormError("an object")
        for key in value:
            _sound_text(key)
        return dict(zip(value, _each((k, reader, part) for k, part in value.items()), strict=True))

    return read_in_detail if converter.detailed_validation else read


def _converter(*, detailed: bool) -> cattrs.Converter:
    converter = cattrs.Converter(
        forbid_extra_keys=True, omit_if_default=True, detailed_validation=detailed
    )
    for cls, (writer, reader) in _SINGLE.items():
        converter.register_unstructure_hook(cls, writer)
        converter.register_structure_hook(cls, reader)
    if detailed:
        converter.register_structure_hook(str, _sound_text)
        converter.register_unstructure_hook(str, _sound_text)
        plain_record = converter.gen_structure_attrs_fromdict

        def record_reader(cls: Any) -> Callable[[Any, Any], Any]:
            read = plain_record(cls)

            def read_object(value: Any, _: object) -> Any:
                if value.__class__ is not dict:
                    raise WrongFormError("an object")
                return read(value, cls)

            return read_object

        converter.register_structure_hook_factory(attrs.has, record_reader)
    for predicate, writer_of, reader_of in (
        (_is_union, _union_writer, _union_reader),
        (_is_tuple, _tuple_writer, _tuple_reader),
        (_is_dict, _dict_writer, _dict_reader),
    ):
        converter.register_unstructure_hook_factory(predicate, _bound(writer_of, converter))
        converter.register_structure_hook_factory(predicate, _bound(reader_of, converter))
    converter.register_unstructure_hook_factory(_is_enum, _enum_writer)
    converter.register_structure_hook_factory(_is_enum, _enum_reader)
    return converter


def _bound(
    make: Callable[[Any, cattrs.Converter], Any], converter: cattrs.Converter
) -> Callable[[Any], Any]:
    return lambda annotation: make(annotation, converter)


FAST: Final = _converter(detailed=False)
#: Asked only about what the fast one refused: it says where and what.
DETAILED: Final = _converter(detailed=True)
