"""Laws of the wire: what is written is read, in one form only; and law 15 of all records."""

from __future__ import annotations

import enum
import json
import logging
import traceback
import types
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe import wire
from psysafe.clock import to_wire
from psysafe.errors import InvalidDataError, StorageError
from psysafe.sensitivity import REFERENCE, ItemClass, item, item_of, record, ref

KINDS: dict[str, Any] = {**wire.EVENTS, **wire.DOCUMENTS}

# -- any value of any stored record, made from its fields -------------------------------------

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(minutes=210))])
SINGLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(
        datetime(2, 1, 1),  # noqa: DTZ001 - Hypothesis wants bounds without a zone
        datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=ZONES,
    ),
}


def ground(annotation: Any) -> Any:
    while hasattr(annotation, "__supertype__"):
        annotation = annotation.__supertype__
    return annotation


def any_of(annotation: Any) -> st.SearchStrategy[Any]:
    annotation = ground(annotation)
    inner = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if annotation in SINGLE:
        return SINGLE[annotation]
    if annotation is type(None):
        return st.none()
    if origin in (typing.Union, types.UnionType):
        return st.one_of([any_of(member) for member in inner])
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(any_of(inner[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*[any_of(part) for part in inner])
    if origin is dict:
        return st.dictionaries(any_of(inner[0]), any_of(inner[1]), max_size=2)
    if issubclass(annotation, enum.Enum):
        return st.sampled_from(annotation)
    return st.deferred(lambda: any_record(annotation))


def any_record(cls: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{f.name: any_of(hints[f.name]) for f in attrs.fields(cls)})


ANY_EVENT = st.sampled_from(sorted(wire.EVENTS.items())).flatmap(lambda kind: any_record(kind[1]))
ANY_DOCUMENT = st.sampled_from(sorted(wire.DOCUMENTS.items())).flatmap(
    lambda kind: any_record(kind[1])
)


def read_again(event: Any, body: bytes) -> Any:
    return wire.decode_event(wire.kind_of(type(event)), 1, body)


# -- round trip and canonical form ------------------------------------------------------------


@given(ANY_EVENT)
def test_every_event_is_read_as_it_was_written(event: Any) -> None:
    kind, body = wire.encode_event(event)
    again = wire.decode_event(kind, 1, body)
    assert again == event
    assert type(again) is type(event)
    assert wire.encode_event(again) == (kind, body)


@pytest.mark.parametrize("kind", sorted(wire.EVENTS))
def test_no_kind_of_event_is_left_out_of_the_round_trip(kind: str) -> None:
    @given(any_record(wire.EVENTS[kind]))
    def round_trip(event: Any) -> None:
        assert wire.decode_event(kind, 1, wire.encode_event(event)[1]) == event

    round_trip()


@given(ANY_DOCUMENT)
def test_every_document_is_read_as_it_was_written(document: Any) -> None:
    body = wire.encode_document(document)
    again = wire.decode_document(body, type(document))
    assert again == document
    assert wire.encode_document(again) == body


@given(ANY_DOCUMENT)
def test_a_stored_body_is_canonical_json(document: Any) -> None:
    body = wire.encode_document(document)
    plain = json.loads(body)
    ways = {"sort_keys": True, "ensure_ascii": False, "separators": (",", ":")}
    assert json.dumps(plain, **ways).encode() == body


def turned(value: Any) -> Any:
    """An equal value that was made in another way: keys in another order, times in another zone,
    whole numbers as floats."""
    if attrs.has(type(value)):
        fields = {f.name: turned(getattr(value, f.name)) for f in attrs.fields(type(value))}
        return type(value)(**fields)
    if isinstance(value, tuple):
        return tuple(turned(part) for part in value)
    if isinstance(value, dict):
        return {key: turned(part) for key, part in reversed(value.items())}
    if isinstance(value, datetime):
        return value.astimezone(timezone(timedelta(hours=5, minutes=45)))
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    return value


@given(st.one_of(ANY_DOCUMENT, ANY_EVENT))
def test_equal_values_give_equal_bytes_and_digests(value: Any) -> None:
    other = turned(value)
    assert other == value
    assert wire.encode_document(other) == wire.encode_document(value)
    assert wire.digest_of(other) == wire.digest_of(value)


@given(ANY_EVENT, ANY_EVENT)
def test_a_digest_tells_different_contents_apart(one: Any, other: Any) -> None:
    assert (wire.digest_of(one) == wire.digest_of(other)) == (one == other)


@given(ANY_EVENT)
def test_what_holds_its_default_is_not_written(event: Any) -> None:
    body = json.loads(wire.encode_event(event)[1])
    for field in attrs.fields(type(event)):
        made = getattr(field.default, "factory", None)
        default = made() if made else field.default
        assert (field.name in body) == (getattr(event, field.name) != default)


# -- strictness -------------------------------------------------------------------------------


def places(tree: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every place of plain data: its path, what holds it, under which key."""
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for step, part in steps:
        shown = f"{path}[{step}]" if isinstance(tree, list) else f"{path}.{step}".lstrip(".")
        yield shown, tree, step
        if isinstance(part, dict | list):
            yield from places(part, shown)


OTHERS: dict[type, list[Any]] = {
    str: [7, True, 1.5, [], {}],
    int: ["7", True, [], {}],
    float: ["1.5", False, [], {}],
    bool: [1, 0, "true", [], {}],
    list: ["ab", {}, 3, True],
    dict: ["ab", [], 3, False],
    type(None): [[1], {"zz": 1}],
}


def filled(cls: Any, plant: Callable[[Any, bool], Any] | None = None) -> Any:
    """One record with every field filled; `plant` gives the single values."""
    hints = typing.get_type_hints(cls)

    def value(annotation: Any, private: bool) -> Any:
        annotation = ground(annotation)
        inner, origin = typing.get_args(annotation), typing.get_origin(annotation)
        if origin in (typing.Union, types.UnionType):
            return value(inner[-1] if inner[-1] is not type(None) else inner[0], private)
        if origin is tuple and inner[-1] is Ellipsis:
            return (value(inner[0], private),) * 2
        if origin is tuple:
            return tuple(value(part, private) for part in inner)
        if origin is dict:
            return {"key": value(inner[1], private)}
        if attrs.has(annotation):
            return filled(annotation, plant)
        return (plant or plain)(annotation, private)

    made = {f.name: value(hints[f.name], item_of(f) is not REFERENCE) for f in attrs.fields(cls)}
    return cls(**made)


def plain(annotation: Any, private: bool) -> Any:
    if issubclass(annotation, enum.Enum):
        return list(annotation)[-1]
    values: dict[Any, Any] = {
        str: "word",
        int: 31,
        float: 31.5,
        bool: True,
        datetime: datetime(2026, 11, 2, tzinfo=UTC),
    }
    return values[annotation]


def stored(value: Any) -> bytes:
    """A filled record as it is stored, with nothing left out for being a default."""
    return wire.encode_document(value)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_type_stands_for_another_anywhere_and_the_path_is_named(kind: str) -> None:
    body = stored(filled(KINDS[kind]))
    for number, (path, parent, step) in enumerate(places(json.loads(body)["body"])):
        for wrong in OTHERS[type(parent[step])]:
            envelope = json.loads(body)
            _, holder, key = list(places(envelope["body"]))[number]
            holder[key] = wrong
            with pytest.raises(InvalidDataError) as caught:
                wire.decode_document(json.dumps(envelope).encode(), KINDS[kind])
            found = {str(finding.where["path"]) for finding in caught.value.findings}
            assert any(place.startswith(path) for place in found), (path, wrong, found)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_extra_key_is_refused_in_every_record_and_named(kind: str) -> None:
    body = stored(filled(KINDS[kind]))
    objects = [
        ("" if path == "body" else path.removeprefix("body."), number)
        for number, (path, holder, key) in enumerate(places({"body": json.loads(body)["body"]}))
        if isinstance(holder[key], dict) and "key" not in holder[key]
    ]
    assert objects
    for path, number in objects:
        envelope = json.loads(body)
        _, holder, key = list(places({"body": envelope["body"]}))[number]
        holder[key]["zz_extra"] = "x"
        with pytest.raises(InvalidDataError) as caught:
            wire.decode_document(json.dumps(envelope).encode(), KINDS[kind])
        assert caught.value.code == "PSY102"
        assert caught.value.finding.where["path"] == f"{path}.zz_extra".lstrip(".")


def read_or_refused(body: bytes, cls: Any) -> object:
    try:
        return wire.decode_document(body, cls)
    except InvalidDataError as refused:
        return refused.code


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_key_can_be_lost_without_being_noticed(kind: str) -> None:
    whole = filled(KINDS[kind])
    body = stored(whole)
    for number in range(len(list(places(json.loads(body)["body"])))):
        envelope = json.loads(body)
        _, holder, key = list(places(envelope["body"]))[number]
        del holder[key]
        assert read_or_refused(json.dumps(envelope).encode(), KINDS[kind]) != whole


@given(ANY_EVENT, st.data())
def test_a_changed_byte_is_refused_or_seen_and_never_any_other_error(
    event: Any, data: st.DataObject
) -> None:
    body = wire.encode_event(event)[1]
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + data.draw(st.binary(max_size=2)) + body[at + 1 :]
    try:
        found = read_again(event, changed)
    except InvalidDataError:
        return
    assert found != event or json.loads(changed) == json.loads(body)


@given(st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode)))
def test_whatever_bytes_come_they_are_refused_in_our_own_words(rubbish: bytes) -> None:
    ways: list[Callable[[], object]] = [
        lambda: wire.read_header(rubbish),
        lambda: wire.decode_event("duty_met", 1, rubbish),
        lambda: wire.decode_document(rubbish, wire.DOCUMENTS["notice"]),
    ]
    for read in ways:
        with pytest.raises((InvalidDataError, StorageError)):
            read()


@given(any_record(wire.Header))
def test_a_header_is_read_as_it_was_written(head: Any) -> None:
    parts = {f.name: getattr(head, f.name) for f in attrs.fields(wire.Header)}
    parts.pop("version")
    assert wire.read_header(wire.header(**parts)) == attrs.evolve(head, version=1)


# -- law 15: no private text in repr, log, exception ------------------------------------------

CANARY = "canary-zhang-san"
MARKS = (CANARY, "imminent", "IMMINENT", "2999", "31337")


def planted(annotation: Any, private: bool) -> Any:
    """A canary of every type for private fields, quiet values for references."""
    if not private:
        return plain(annotation, private)
    if issubclass(annotation, enum.Enum):
        return list(annotation)[-1]
    canaries: dict[Any, Any] = {
        str: CANARY,
        int: 31337,
        float: 31337.5,
        bool: True,
        datetime: datetime(2999, 1, 1, tzinfo=UTC),
    }
    return canaries[annotation]


def seen(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


@record
class OpenPage:
    """What a record would show if a private field were declared as a reference by mistake."""

    note: str = ref()


@record
class ClosedPage:
    note: str = item(ItemClass.COUNSELING_NOTES)


def test_a_key_that_could_be_a_name_is_not_shown_in_a_path() -> None:
    for key in (CANARY, "张三", "Zhang San", "2026030117"):
        body = json.dumps({"body": {"note": "x", key: 1}, "format": 1, "kind": "closed_page"})
        with pytest.raises(InvalidDataError) as caught:
            wire.decode_document(body.encode(), ClosedPage)
        assert caught.value.finding.where == {"path": "?"}


def private_fields(cls: Any) -> bool:
    return any(item_of(f) is not REFERENCE for f in attrs.fields(cls))


def test_the_canary_is_seen_where_repr_is_not_filtered() -> None:
    assert seen(repr(OpenPage(note=CANARY))) == [CANARY]
    assert seen(repr(ClosedPage(note=CANARY))) == []
    assert {to_wire(planted(datetime, True))[:4]} <= set(MARKS)
    hit = [kind for kind, cls in KINDS.items() if seen(repr(attrs.asdict(filled(cls, planted))))]
    assert set(hit) >= {kind for kind, cls in KINDS.items() if private_fields(cls)}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_repr_of_a_record_shows_nothing_private(kind: str) -> None:
    value = filled(KINDS[kind], planted)
    assert seen(repr(value)) == []
    assert seen(f"{value}") == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_damaged_body_is_reported_without_anything_that_stood_in_it(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = stored(filled(KINDS[kind], planted))
    for number in range(len(list(places(json.loads(body)["body"])))):
        envelope = json.loads(body)
        _, holder, key = list(places(envelope["body"]))[number]
        holder[key] = [CANARY, {CANARY: CANARY}]
        with pytest.raises(InvalidDataError) as caught:
            wire.decode_document(json.dumps(envelope).encode(), KINDS[kind])
        logging.getLogger("psysafe.test").error("refused", exc_info=caught.value)
        shown = repr(caught.value) + str(caught.value) + repr(caught.value.findings)
        assert CANARY not in shown + "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    "bad", [f"{CANARY}\ud800", 31337, datetime(2999, 1, 1, tzinfo=UTC), None, [CANARY]]
)
def test_a_value_that_cannot_be_written_is_reported_without_itself(bad: Any) -> None:
    with pytest.raises(InvalidDataError) as caught:
        wire.encode_document(ClosedPage(note=bad))
    assert seen("".join(traceback.format_exception(caught.value)) + repr(caught.value)) == []
    assert caught.value.__context__ is None
    assert caught.value.finding.where == {"path": "note"}
