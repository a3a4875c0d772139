"""What is wrong with a value that the fast converter refused, as findings with paths.

Places are taken from a fault, never values: a finding can be logged as it is.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from typing import Any, Final

import attrs
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)

from psysafe.errors import Finding, InvalidDataError
from psysafe.wire.forms import DETAILED, WrongFormError, kind_of

#: Keys that a path may show: field names, register codes, ids. Any other key may be a name.
_SHOWN_KEY = re.compile(
    r"[a-z][a-z0-9_]{0,39}|([a-z]+:)?[a-z]{1,6}-[0-9a-hjkmnp-tv-z]{12}|staff:[A-Za-z0-9._-]{1,32}"
)


REFUSED: Final = (
    BaseValidationError,
    AttributeError,
    InvalidDataError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    ForbiddenExtraKeysError,
)
"""What converters and JSON raise on bad data. UnicodeError and WrongFormError are ValueErrors."""


def _join(path: str, step: int | str) -> str:
    if isinstance(step, int):
        return f"{path}[{step}]"
    shown = step if _SHOWN_KEY.fullmatch(step) else "?"
    return f"{path}.{shown}" if path else shown


def _place(fault: BaseException, path: str) -> str:
    """Where cattrs, or a reader of lists and objects, noted that a fault lies."""
    for note in getattr(fault, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return _join(path, note.name)
        if isinstance(note, IterableValidationNote):
            return _join(path, note.index)
    return path


def _findings(fault: BaseException, path: str) -> Iterator[Finding]:
    """A fault of the detailed converter as findings. Takes places from it, never values."""
    if isinstance(fault, BaseValidationError):
        for inner in fault.exceptions:
            yield from _findings(inner, _place(inner, path))
    elif isinstance(fault, ForbiddenExtraKeysError):
        for key in sorted(fault.extra_fields):
            yield unknown_key(path, key)
    elif getattr(fault, "code", "") == "PSY014":
        yield Finding(code="PSY014", where={"path": path}, facts={"field": path})
    elif isinstance(fault, WrongFormError):
        place = _join(path, fault.below) if fault.below else path
        yield expected(place, fault.expected)
    elif isinstance(fault, KeyError):
        yield expected(path, "a value")
    else:
        yield expected(path, "another form")


def unknown_key(path: str, key: str) -> Finding:
    """A key that belongs to nothing, at a path."""
    return Finding(code="PSY102", where={"path": _join(path, key)})


def expected(path: str, expected: str) -> Finding:
    return Finding(code="PSY103", where={"path": path or "body"}, facts={"expected": expected})


def faults_read(tree: Any, cls: type) -> InvalidDataError:
    """What is wrong with plain data that could not be read as this record."""
    found: tuple[Finding, ...] = ()
    try:
        DETAILED.structure(tree, cls)
    except REFUSED as fault:
        found = tuple(_findings(fault, ""))
    return InvalidDataError(found or (expected("", kind_of(cls)),))


def faults_written(value: Any) -> InvalidDataError:
    """What is wrong with a record that could not be written."""
    found = tuple(_in_fields(value, ""))
    return InvalidDataError(found or (expected("", kind_of(type(value))),))


def _in_fields(value: Any, path: str) -> Iterator[Finding]:
    hints = typing.get_type_hints(type(value))
    for field in attrs.fields(type(value)):
        part, place = getattr(value, field.name), _join(path, field.name)
        try:
            DETAILED.get_unstructure_hook(hints[field.name])(part)
        except REFUSED as fault:
            yield from tuple(_deeper(part, place)) or tuple(_findings(fault, place))


def _deeper(part: Any, place: str) -> Iterator[Finding]:
    """The faults of the records in a field; none where the fault is the field's own."""
    if attrs.has(type(part)):
        yield from _in_fields(part, place)
    elif isinstance(part, tuple):
        for index, inner in enumerate(part):
            yield from _deeper(inner, _join(place, index))
    elif isinstance(part, dict):
        for key, inner in part.items():
            yield from _deeper(inner, _join(place, str(key)))
