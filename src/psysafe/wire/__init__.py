"""Records to stored bytes and back, strictly, with versions. The only room that knows cattrs.

The bytes are canonical JSON: keys sorted, no spaces, UTF-8, no NaN; so the same value always
gives the same bytes, and a digest of them means something. A field that holds its default is left
out. Times are RFC 3339 in UTC with `Z` and microseconds. Reading is strict: no number for a text,
no text for a number, no truth value for a number, no unknown key, no unknown tag; what is wrong is
an InvalidDataError that names the path (`case.level.severity`) and never the value.

An event's body holds the event's fields; its kind and version stand in the plain header beside
it. A document is an envelope: `{"format": 1, "kind": "student_file", "body": {...}}`.

cattrs is slow to import: callers import this room when they first need it.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeVar, cast

import attrs

from psysafe.domain import events
from psysafe.domain.campaigns import Campaign
from psysafe.domain.duties import Notice
from psysafe.domain.duty_roster import DutyRoster
from psysafe.domain.files import StudentFile
from psysafe.domain.people import Roster, Student
from psysafe.errors import InvalidDataError, StorageError
from psysafe.ids import Actor, CommandId
from psysafe.sensitivity import CONTENT_CLASS, ItemClass, record, ref
from psysafe.sensitivity import item_of as item_of_field
from psysafe.wire.faults import REFUSED, expected, faults_read, faults_written, unknown_key
from psysafe.wire.forms import (
    DETAILED,
    FAST,
    WrongFormError,
    check_record,
    kind_of,
    written_time,
)

__all__ = [
    "DOCUMENTS",
    "EVENTS",
    "FORMAT",
    "UPCASTS",
    "Header",
    "decode_document",
    "decode_event",
    "digest_of",
    "encode_document",
    "encode_event",
    "event_as_document",
    "header",
    "headers",
    "held_by",
    "item_of",
    "kind_of",
    "read_header",
    "registry_of",
    "version_of",
]

T = TypeVar("T")
Upcast = Callable[[dict[str, Any]], dict[str, Any]]

FORMAT: Final = 1
"""The number of this wire format. A greater one is refused, never guessed at."""


def registry_of(classes: Iterable[type]) -> Mapping[str, type]:
    """The records by kind. Raises TypeError where two classes would have the same kind.

    Each is checked down to its last field when one is first written or read: to check them all
    here would be a tenth of what it costs to open a school.
    """
    found: dict[str, type] = {}
    for cls in classes:
        if found.setdefault(kind_of(cls), cls) is not cls:
            raise TypeError(f"{kind_of(cls)} is the kind of two classes")
    return MappingProxyType(found)


EVENTS: Final = registry_of(typing.get_args(events.Event))
"""Every kind of event and its class."""

DOCUMENTS: Final = registry_of((StudentFile, Student, Roster, Notice, Campaign, DutyRoster))
"""The documents of the domain."""

UPCASTS: Final[dict[tuple[str, int], Upcast]] = {}
"""(kind, version) of an event to the function that makes the next version of its plain data.

The newest version of a kind is the one that no upcast leaves; `evolve` knows only that one. An
upcast gets data that was read as JSON and may change it in place.
"""


_ITEMS: Final[dict[type, str]] = {}


def item_of(cls: type) -> str:
    """The most private item class that a record of this class can hold; empty where it holds none.

    What a counselor writes down comes before everything else: a vault keeps keys of its own for it.
    Raises TypeError for a class that cannot be stored.
    """
    known = _ITEMS.get(cls)
    if known is not None:
        return known
    seen: set[type] = set()
    check_record(cls, seen)
    fields = (item_of_field(field) for one in seen for field in attrs.fields(one))
    held = {item for item in fields if isinstance(item, ItemClass)}
    notes = ItemClass.COUNSELING_NOTES
    ranked = sorted(held, key=lambda item: (item is notes, CONTENT_CLASS[item], item.value))
    found = _ITEMS[cls] = ranked[-1].value if ranked else ""
    return found


def held_by(kind: str) -> str:
    """The most private item class that an event of this kind can hold."""
    return item_of(EVENTS[kind])


# -- bytes ------------------------------------------------------------------------------------

_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


def _encoder() -> Callable[[Any], str]:
    """What `_ENCODER.encode` does, with its C part made once and not for every record.

    Where Python has no such part, the encoder itself.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _ENCODER.encode
    parts = make(None, _ENCODER.default, encode_basestring, None, ":", ",", True, False, False)
    return lambda tree: "".join(parts(tree, 0))


_encode: Final = _encoder()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WrongFormError("each key once")
    return found


def _no_constant(_: str) -> NoReturn:
    raise WrongFormError("a finite number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
_ESCAPED_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_SEEN: Final[dict[type, tuple[str, Callable[[Any], Any], Callable[[Any, Any], Any]]]] = {}


def _ways(cls: type) -> tuple[str, Callable[[Any], Any], Callable[[Any, Any], Any]]:
    """Kind, writer and reader of a record class; checked when it is first met.

    Raises TypeError for a class that cannot be stored.
    """
    found = _SEEN.get(cls)
    if found is None:
        check_record(cls, set())
        writer, reader = FAST.get_unstructure_hook(cls), FAST.get_structure_hook(cls)
        found = _SEEN[cls] = (kind_of(cls), writer, reader)
    return found


def _enveloped(tree: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"format": FORMAT, "kind": kind, "body": tree}


def _with_format(tree: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"format": FORMAT, **tree}


def _write(value: Any, around: Callable[[dict[str, Any], str], dict[str, Any]]) -> bytes:
    """Canonical bytes of a record, with what stands around its fields."""
    kind, writer, _ = _ways(type(value))
    try:
        return _encode(around(writer(value), kind)).encode()
    except REFUSED:
        wrong = faults_written(value)
    # Raised out here, because the fault that was caught may carry private text.
    raise wrong


def _plain(body: bytes) -> Any:
    """The plain data of JSON bytes. Raises InvalidDataError where they are none."""
    try:
        return _DECODER.decode(body.decode())
    except REFUSED:
        wrong = _wrong("body", "JSON in UTF-8, each key once, finite numbers")
    raise wrong


def _record(tree: Any, cls: type[T], body: bytes) -> T:
    """The record of plain data that was read from `body`.

    Half a surrogate pair can only come in as an escape, so text is looked through for it only
    where there is one.
    """
    reader = _ways(cls)[2]
    try:
        if _ESCAPED_SURROGATE.search(body) is not None:
            return DETAILED.structure(tree, cls)
        return cast(T, reader(tree, cls))
    except REFUSED:
        wrong = faults_read(tree, cls)
    raise wrong


def _wrong(path: str, form: str) -> InvalidDataError:
    return InvalidDataError([expected(path, form)])


def _known_number(found: object, path: str, known: int) -> int:
    """A format or version of 1 to `known`. Raises StorageError PSY402 for a newer one."""
    if type(found) is not int or found < 1:
        raise _wrong(path, "a number from 1")
    if found > known:
        raise StorageError("PSY402", where={"path": path}, found=found, known=known)
    return found


# -- events -----------------------------------------------------------------------------------


def version_of(kind: str) -> int:
    """The newest version of an event kind: 1, and one more for every upcast."""
    version = 1
    while (kind, version) in UPCASTS:
        version += 1
    return version


def encode_event(event: events.Event) -> tuple[str, bytes]:
    """An event's kind and the canonical bytes of its fields, in the newest version.

    Raises InvalidDataError where a value is not of its field's type, a time has no zone (PSY014)
    or a text is half a character; TypeError for what is no event.
    """
    kind, writer, _ = _ways(event.__class__)
    if EVENTS.get(kind) is not event.__class__:
        raise TypeError(f"{kind} is no event")
    try:
        return kind, _encode(writer(event)).encode()
    except REFUSED:
        wrong = faults_written(event)
    # Raised out here, as in `_write`.
    raise wrong


def decode_event(kind: str, version: int, body: bytes) -> events.Event:
    """The event that `encode_event` wrote, or an older psysafe did.

    Raises InvalidDataError for an unknown kind and for bytes not in the agreed form (PSY102,
    PSY103, PSY014, with the path inside the event), StorageError PSY402 for a newer version.
    """
    cls = EVENTS.get(kind)
    if cls is None:
        raise _wrong("kind", "a kind of event")
    newest = version_of(kind) if UPCASTS else 1
    version = _known_number(version, "version", newest)
    tree = _plain(body)
    while version < newest:
        if tree.__class__ is not dict:
            raise _wrong("body", "an object")
        tree = UPCASTS[kind, version](tree)
        version += 1
    return cast("events.Event", _record(tree, cls, body))


# -- documents --------------------------------------------------------------------------------

_ENVELOPE: Final = {"format", "kind", "body"}


def encode_document(document: object) -> bytes:
    """The canonical bytes of a document in its envelope.

    Raises as `encode_event`; TypeError for a class that cannot be stored.
    """
    return _write(document, _enveloped)


def event_as_document(kind: str, body: bytes) -> bytes:
    """The document of an event's own record, made of the bytes that `encode_event` gave."""
    return b'{"body":%b,"format":%d,"kind":"%b"}' % (body, FORMAT, kind.encode())


def decode_document(body: bytes, cls: type[T]) -> T:
    """The document that `encode_document` wrote.

    Raises StorageError PSY402 for a newer format, InvalidDataError for another kind and for
    bytes not in the agreed form, with the path inside the document.
    """
    kind = _ways(cls)[0]
    envelope = _plain(body)
    if envelope.__class__ is not dict:
        raise _wrong("body", "an object")
    _known_number(envelope.get("format"), "format", FORMAT)
    if envelope.get("kind") != kind:
        raise _wrong("kind", kind)
    if envelope.keys() != _ENVELOPE:
        unknown = sorted(envelope.keys() - _ENVELOPE)
        raise InvalidDataError(
            [unknown_key("", key) for key in unknown] or [expected("body", kind)]
        )
    return _record(envelope["body"], cls, body)


# -- headers ----------------------------------------------------------------------------------


@record
class Header:
    """What stands beside an event in plain sight, and in the chain: ids and a time, no text."""

    kind: str = ref()
    version: int = ref()
    at: datetime = ref()
    actor: Actor = ref()
    command: CommandId = ref()
    ordinal: int = ref()
    """its number among the events of its command, from 0"""
    stream: str = ref()
    subject: str | None = ref(default=None)
    """the pseudonym of whom it is about; None: the school's own"""


def header(
    *,
    kind: str,
    at: datetime,
    actor: Actor,
    command: CommandId,
    ordinal: int,
    stream: str,
    subject: str | None = None,
) -> bytes:
    """The canonical header bytes of an event, as the journal stores and the chain covers them.

    `subject` is the vault's pseudonym. Raises InvalidDataError as `encode_event`.
    """
    plain = Header(
        kind=kind,
        version=version_of(kind),
        at=at,
        actor=actor,
        command=command,
        ordinal=ordinal,
        stream=stream,
        subject=subject,
    )
    return _write(plain, _with_format)


def headers(
    *, at: datetime, actor: Actor, command: CommandId, stream: str, subject: str | None = None
) -> Callable[[str, int], bytes]:
    """The headers of one command's events in one stream, by kind and ordinal.

    They are the bytes of `header`; what they share is written once. Raises InvalidDataError as
    `encode_event`.
    """
    try:
        about = f',"subject":{_quoted(subject)}' if subject is not None else ""
        before = (
            f'{{"actor":{_quoted(actor)},"at":"{written_time(at)}",'
            f'"command":{_quoted(command)},"format":{FORMAT},"kind":'
        ).encode()
        after = f',"stream":{_quoted(stream)}{about},"version":'.encode()
    except REFUSED:
        plain = Header(
            kind="",
            version=1,
            at=at,
            actor=actor,
            command=command,
            ordinal=0,
            stream=stream,
            subject=subject,
        )
        wrong = faults_written(plain)
    else:
        return lambda kind, ordinal: (
            b'%b"%b","ordinal":%d%b%d}'
            % (before, kind.encode(), ordinal, after, version_of(kind) if UPCASTS else 1)
        )
    raise wrong


def _quoted(text: str) -> str:
    if text.__class__ is not str:
        raise WrongFormError("text")
    return encode_basestring(text)


def read_header(data: bytes) -> Header:
    """The header again. Raises StorageError PSY402 for a newer format, else InvalidDataError.

    The kind is not looked up here: `decode_event` does that.
    """
    tree = _plain(data)
    if tree.__class__ is not dict:
        raise _wrong("header", "an object")
    _known_number(tree.pop("format", None), "format", FORMAT)
    return _record(tree, Header, data)


# -- digests ----------------------------------------------------------------------------------


def digest_of(content: object) -> bytes:
    """SHA-256 (32 bytes) over kind and canonical fields of a record: equal for equal content only.

    Raises as `encode_document`.
    """
    return hashlib.sha256(encode_document(content)).digest()
