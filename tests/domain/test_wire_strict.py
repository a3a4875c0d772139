"""Bad stored data, one by one: what is said, and where."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from psysafe import wire
from psysafe.domain.events import AnswersScored, CaseAcknowledged, DutyMet, DutyPassedOn
from psysafe.domain.files import Case, StudentFile
from psysafe.domain.people import Placement, Student
from psysafe.domain.severity import NotAssessed, Provisional, Severity
from psysafe.domain.signals import Signal
from psysafe.errors import InvalidDataError, StorageError
from psysafe.ids import Actor, CaseId, ClassId, CommandId, DutyId, PersonId, SignalId, StudentId
from psysafe.sensitivity import ItemClass, item, record, ref
from psysafe.wire.forms import check_record

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
STUDENT, CASE = StudentId("s-0123456789ab"), CaseId("case-0123456789ab")
COUNSELOR = PersonId(Actor("staff:t-002"))
SIGNAL = Signal(
    id=SignalId("sig-0123456789ab"),
    source="one_to_one",
    at=NOON,
    reporter=COUNSELOR,
    symptoms={"insomnia": "marked"},
    note="睡不着",
)
FILE = StudentFile(
    student=STUDENT,
    case=Case(
        id=CASE,
        lifecycle="triage",
        level=Provisional(severity=Severity.HIGH, rule="signal.degree"),
        signalled=NOON,
    ),
    signals=(SIGNAL,),
)
PUPIL = Student(
    id=STUDENT,
    name="张三",
    identities=(("student_no", "2026030117"),),
    placement=Placement(class_id=ClassId("cl-0123456789ab"), grade="G10", since=NOON),
)
SCORED = AnswersScored(
    student=STUDENT,
    scale="phq9",
    definition="1.0.0:ab12",
    answered_at=NOON,
    answers=(1, None, 3),
    scores={"total": 4},
    bands={"total": "minimal"},
    status="complete",
)
MET = DutyMet(duty=DutyId("duty-0123456789ab"), by=COUNSELOR, at=NOON)

MISSING = object()


def changed(document: object, path: tuple[str | int, ...], value: Any) -> bytes:
    """The stored document with one place of its body changed, or taken out."""
    envelope = json.loads(wire.encode_document(document))
    place = envelope["body"]
    for step in path[:-1]:
        place = place[step]
    if value is MISSING:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(envelope).encode()


BAD: list[tuple[str, object, tuple[str | int, ...], Any, str, str]] = [
    ("number for text", FILE, ("student",), 117, "PSY103", "student"),
    ("truth for text", FILE, ("case", "place"), True, "PSY103", "case.place"),
    ("null for text", FILE, ("case", "lifecycle"), None, "PSY103", "case.lifecycle"),
    ("list for a record", FILE, ("case",), [], "PSY103", "case"),
    ("text for a record", FILE, ("signals", 0), "sig", "PSY103", "signals[0]"),
    ("text for a list", FILE, ("past",), "case", "PSY103", "past"),
    ("object for a list", FILE, ("signals",), {}, "PSY103", "signals"),
    ("number in a list of text", FILE, ("past",), ["x", 7], "PSY103", "past[1]"),
    ("unknown word", FILE, ("case", "level", "severity"), "bad", "PSY103", "case.level.severity"),
    ("number as word", FILE, ("case", "level", "severity"), 3, "PSY103", "case.level.severity"),
    ("list as word", FILE, ("case", "level", "severity"), [], "PSY103", "case.level.severity"),
    ("no tag", FILE, ("case", "level", "as"), MISSING, "PSY103", "case.level.as"),
    ("unknown tag", FILE, ("case", "level", "as"), "certain", "PSY103", "case.level.as"),
    ("tag of other type", FILE, ("case", "level", "as"), ["x"], "PSY103", "case.level.as"),
    ("level as text", FILE, ("case", "level"), "high", "PSY103", "case.level"),
    ("tag where none belongs", FILE, ("case", "as"), "case", "PSY102", "case.as"),
    ("missing field", FILE, ("signals", 0, "reporter"), MISSING, "PSY103", "signals[0].reporter"),
    ("misspelt field", FILE, ("signals", 0, "plaec"), "home", "PSY102", "signals[0].plaec"),
    ("extra field at the top", FILE, ("history",), [], "PSY102", "history"),
    ("symptom without degree", FILE, ("signals", 0, "symptoms", "fear"), None, "PSY103",
     "signals[0].symptoms.fear"),
    ("list for symptoms", FILE, ("signals", 0, "symptoms"), [["fear", "some"]], "PSY103",
     "signals[0].symptoms"),
    ("time without zone", FILE, ("case", "signalled"), "2026-11-02T04:00:00.000000", "PSY014",
     "case.signalled"),
    ("time with offset", FILE, ("case", "signalled"), "2026-11-02T12:00:00.000000+08:00", "PSY103",
     "case.signalled"),
    ("time without microseconds", FILE, ("case", "signalled"), "2026-11-02T04:00:00Z", "PSY103",
     "case.signalled"),
    ("time by week", FILE, ("case", "signalled"), "2026-W45-1T04:00:00.000000Z", "PSY103",
     "case.signalled"),
    ("time with a space", FILE, ("case", "signalled"), "2026-11-02 04:00:00.000000Z", "PSY103",
     "case.signalled"),
    ("seconds for a time", FILE, ("case", "signalled"), 1793592000, "PSY103", "case.signalled"),
    ("day that does not exist", FILE, ("case", "signalled"), "2026-02-30T04:00:00.000000Z",
     "PSY103", "case.signalled"),
    ("time beyond the calendar", FILE, ("case", "signalled"), "9999-12-31T23:59:59.999999-23:00",
     "PSY103", "case.signalled"),
    ("half a character", FILE, ("signals", 0, "note"), "\ud83d", "PSY103", "signals[0].note"),
    ("half a character in a key", FILE, ("signals", 0, "symptoms"), {"\ude00": "some"}, "PSY103",
     "signals[0].symptoms"),
    ("pair of three", PUPIL, ("identities", 0), ["a", "b", "c"], "PSY103", "identities[0]"),
    ("pair of one", PUPIL, ("identities", 0), ["a"], "PSY103", "identities[0]"),
    ("number in a pair", PUPIL, ("identities", 0), ["student_no", 2026030117], "PSY103",
     "identities[0][1]"),
    ("truth for an answer", SCORED, ("answers", 0), True, "PSY103", "answers[0]"),
    ("text for an answer", SCORED, ("answers", 2), "3", "PSY103", "answers[2]"),
    ("fraction for an answer", SCORED, ("answers", 2), 3.0, "PSY103", "answers[2]"),
    ("number of 65 bit", SCORED, ("answers", 2), 2**63, "PSY103", "answers[2]"),
    ("text for a score", SCORED, ("scores", "total"), "4", "PSY103", "scores.total"),
    ("truth for a score", SCORED, ("scores", "total"), True, "PSY103", "scores.total"),
    ("score beyond exact", SCORED, ("scores", "total"), 2**53 + 1, "PSY103", "scores.total"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "path", "value", "code", "where"),
    [row[1:] for row in BAD],
    ids=[r[0] for r in BAD],
)
def test_a_stored_value_of_another_form_is_refused_at_its_path(
    document: object, path: tuple[str | int, ...], value: Any, code: str, where: str
) -> None:
    with pytest.raises(InvalidDataError) as caught:
        wire.decode_document(changed(document, path, value), type(document))
    assert [(f.code, f.where["path"]) for f in caught.value.findings] == [(code, where)]
    assert where in caught.value.finding.what


def test_a_tag_of_another_record_does_not_make_its_fields_fit() -> None:
    stored = changed(FILE, ("case", "level", "as"), "not_assessed")
    with pytest.raises(InvalidDataError) as caught:
        wire.decode_document(stored, StudentFile)
    found = {(f.code, f.where["path"]) for f in caught.value.findings}
    assert found == {("PSY102", "case.level.rule"), ("PSY102", "case.level.severity")}


def test_every_fault_of_a_record_is_named_at_once() -> None:
    body = json.loads(wire.encode_event(MET)[1])
    body.update(by=2, extra="x")
    del body["duty"]
    with pytest.raises(InvalidDataError) as caught:
        wire.decode_event("duty_met", 1, json.dumps(body).encode())
    found = {(f.code, f.where["path"]) for f in caught.value.findings}
    assert found == {("PSY103", "by"), ("PSY103", "duty"), ("PSY102", "extra")}


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b'{"by":"a","by":"b"}',
        b'{"scores":{"total":NaN}}',
        b'{"scores":{"total":-Infinity}}',
        b"{} {}",
        b"[" * 100_000,
        b'{"n":' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_bytes_that_are_no_json_of_ours_are_refused_as_a_whole(rubbish: bytes) -> None:
    with pytest.raises(InvalidDataError) as caught:
        wire.decode_event("answers_scored", 1, rubbish)
    assert [(f.code, f.where["path"]) for f in caught.value.findings] == [("PSY103", "body")]
    assert caught.value.__context__ is None


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"3", b"null", b"true"])
def test_json_that_is_no_object_is_no_record(body: bytes) -> None:
    with pytest.raises(InvalidDataError):
        wire.decode_event("relation_started", 1, body)
    with pytest.raises(InvalidDataError):
        wire.decode_document(body, StudentFile)
    with pytest.raises(InvalidDataError):
        wire.read_header(body)


def test_a_number_too_great_for_a_float_is_refused_not_made_infinite() -> None:
    body = wire.encode_event(SCORED)[1].replace(b'{"total":4}', b'{"total":1e999}')
    with pytest.raises(InvalidDataError) as caught:
        wire.decode_event("answers_scored", 1, body)
    assert caught.value.finding.where == {"path": "scores.total"}


# -- envelope, kind, version ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code", "where"),
    [
        ({"format": "1"}, "PSY103", "format"),
        ({"format": True}, "PSY103", "format"),
        ({"format": 0}, "PSY103", "format"),
        ({"format": 1.0}, "PSY103", "format"),
        ({"format": MISSING}, "PSY103", "format"),
        ({"kind": "student"}, "PSY103", "kind"),
        ({"kind": MISSING}, "PSY103", "kind"),
        ({"body": MISSING}, "PSY103", "body"),
        ({"body": None}, "PSY103", "body"),
        ({"extra": 1}, "PSY102", "extra"),
    ],
)
def test_an_envelope_of_another_form_is_refused(
    changes: dict[str, Any], code: str, where: str
) -> None:
    envelope = {**json.loads(wire.encode_document(FILE)), **changes}
    stored = {key: value for key, value in envelope.items() if value is not MISSING}
    with pytest.raises(InvalidDataError) as caught:
        wire.decode_document(json.dumps(stored).encode(), StudentFile)
    assert (caught.value.code, caught.value.finding.where["path"]) == (code, where)


def test_a_newer_format_is_refused_before_anything_else_of_it_is_judged() -> None:
    newer = b'{"format":2,"kind":"student_file_2","content":[],"seal":"x"}'
    for read in (lambda: wire.decode_document(newer, StudentFile), lambda: wire.read_header(newer)):
        with pytest.raises(StorageError) as caught:
            read()
        assert caught.value.code == "PSY402"
        assert caught.value.finding.facts == {"found": 2, "known": 1}


def test_an_event_of_a_newer_version_or_an_unknown_kind_is_refused() -> None:
    kind, body = wire.encode_event(MET)
    with pytest.raises(StorageError) as newer:
        wire.decode_event(kind, 2, body)
    assert newer.value.code == "PSY402"
    for version in (0, -1, True, "1"):
        with pytest.raises(InvalidDataError):
            wire.decode_event(kind, version, body)  # type: ignore[arg-type]
    with pytest.raises(InvalidDataError) as unknown:
        wire.decode_event("duty_forgotten", 1, body)
    assert unknown.value.finding.where == {"path": "kind"}


def test_an_old_event_is_lifted_step_by_step_to_the_newest_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def who_to_by(plain: dict[str, Any]) -> dict[str, Any]:
        plain["by"] = plain.pop("who")
        return plain

    def staff_prefix(plain: dict[str, Any]) -> dict[str, Any]:
        return {**plain, "by": f"staff:{plain['by']}"}

    kind, newest = wire.encode_event(MET)
    first = newest.replace(b'"by":"staff:t-002"', b'"who":"t-002"')
    second = newest.replace(b'"by":"staff:t-002"', b'"by":"t-002"')
    with pytest.raises(InvalidDataError):
        wire.decode_event(kind, 1, first)
    monkeypatch.setitem(wire.UPCASTS, (kind, 1), who_to_by)
    monkeypatch.setitem(wire.UPCASTS, (kind, 2), staff_prefix)
    assert wire.version_of(kind) == 3
    assert wire.decode_event(kind, 1, first) == MET
    assert wire.decode_event(kind, 2, second) == MET
    assert wire.decode_event(kind, 3, newest) == MET
    assert wire.version_of("case_closed") == 1
    with pytest.raises(StorageError):
        wire.decode_event(kind, 4, newest)
    with pytest.raises(InvalidDataError):
        wire.decode_event(kind, 1, b"[]")


def test_no_released_kind_has_an_upcast_that_leads_nowhere() -> None:
    for kind, version in wire.UPCASTS:
        assert kind in wire.EVENTS
        assert version < wire.version_of(kind)


# -- writing is as strict ---------------------------------------------------------------------

UNWRITABLE: list[tuple[object, str, str]] = [
    (attrs.evolve(FILE, student=117), "PSY103", "student"),
    (attrs.evolve(FILE, past=["case"]), "PSY103", "past"),
    (attrs.evolve(FILE, past=(7,)), "PSY103", "past"),
    (attrs.evolve(FILE, case=SIGNAL), "PSY103", "case"),
    (attrs.evolve(FILE, signals=(attrs.evolve(SIGNAL, at=NOON.replace(tzinfo=None)),)), "PSY014",
     "signals[0].at"),
    (attrs.evolve(FILE, signals=(attrs.evolve(SIGNAL, note="\ud83d"),)), "PSY103",
     "signals[0].note"),
    (attrs.evolve(FILE, signals=(attrs.evolve(SIGNAL, symptoms={1: "some"}),)), "PSY103",
     "signals[0].symptoms"),
    (attrs.evolve(FILE, signals=(attrs.evolve(SIGNAL, symptoms={"fear": 1}),)), "PSY103",
     "signals[0].symptoms"),
    (attrs.evolve(FILE, case=attrs.evolve(FILE.case, level=Severity.HIGH)), "PSY103", "case.level"),
    (attrs.evolve(FILE, case=attrs.evolve(FILE.case, level=None)), "PSY103", "case.level"),
    (attrs.evolve(FILE, case=attrs.evolve(
        FILE.case, level=Provisional(severity="high", rule="r"))), "PSY103", "case.level.severity"),
    (attrs.evolve(SCORED, scores={"total": float("nan")}), "PSY103", "scores"),
    (attrs.evolve(SCORED, scores={"total": float("inf")}), "PSY103", "scores"),
    (attrs.evolve(SCORED, scores={"total": True}), "PSY103", "scores"),
    (attrs.evolve(SCORED, answers=(True,)), "PSY103", "answers"),
    (attrs.evolve(SCORED, answers=(2**63,)), "PSY103", "answers"),
    (attrs.evolve(PUPIL, identities=(("student_no",),)), "PSY103", "identities"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code", "where"), UNWRITABLE)
def test_what_could_not_be_read_again_is_not_written(value: object, code: str, where: str) -> None:
    with pytest.raises(InvalidDataError) as caught:
        wire.encode_document(value)
    assert [(f.code, f.where["path"]) for f in caught.value.findings] == [(code, where)]


def test_a_naive_time_is_refused_in_a_header_too() -> None:
    with pytest.raises(InvalidDataError) as caught:
        wire.header(
            kind="duty_met",
            at=NOON.replace(tzinfo=None),
            actor=COUNSELOR,
            command=CommandId("cmd-0123456789ab"),
            ordinal=0,
            stream="file/s-0123456789ab",
        )
    assert caught.value.code == "PSY014"


def test_what_is_no_event_is_not_written_as_one() -> None:
    with pytest.raises(TypeError, match="no event"):
        wire.encode_event(FILE)  # type: ignore[arg-type]


# -- the form itself --------------------------------------------------------------------------


def test_an_event_is_written_in_its_one_form() -> None:
    at = NOON.astimezone(timezone(timedelta(hours=8))) + timedelta(microseconds=7)
    event = CaseAcknowledged(case=CASE, by=COUNSELOR, at=at)
    assert wire.encode_event(event) == (
        "case_acknowledged",
        b'{"at":"2026-11-02T04:00:00.000007Z","by":"staff:t-002","case":"case-0123456789ab"}',
    )


def test_text_is_written_as_it_is_in_utf8() -> None:
    assert "睡不着".encode() in wire.encode_document(FILE)


def test_an_escaped_character_is_the_character() -> None:
    note = b'"note":"' + "睡不着".encode() + b'"'
    stored = wire.encode_document(FILE).replace(note, b'"note":"\\ud83d\\ude00\\u7761"')
    found = wire.decode_document(stored, StudentFile)
    assert found.signals[0].note == "\U0001f600睡"


def test_whole_scores_are_written_without_a_fraction_and_minus_nothing_is_nothing() -> None:
    scores = {"a": 3, "b": 3.0, "c": -0.0, "d": 0.5, "e": 1e300}
    body = json.loads(wire.encode_event(attrs.evolve(SCORED, scores=scores))[1])
    assert json.dumps(body["scores"]) == '{"a": 3, "b": 3, "c": 0, "d": 0.5, "e": 1e+300}'


def test_not_assessed_is_written_as_itself_and_never_read_as_no_concern() -> None:
    unjudged = attrs.evolve(FILE, case=attrs.evolve(FILE.case, level=NotAssessed()))
    stored = wire.encode_document(unjudged)
    assert json.loads(stored)["body"]["case"]["level"] == {"as": "not_assessed"}
    assert wire.decode_document(stored, StudentFile) == unjudged


def test_nobody_left_to_take_a_duty_over_is_written_because_it_is_no_default() -> None:
    event = DutyPassedOn(duty=MET.duty, to=None, due=NOON, at=NOON)
    kind, body = wire.encode_event(event)
    assert json.loads(body)["to"] is None
    assert wire.decode_event(kind, 1, body) == event
    with pytest.raises(InvalidDataError):
        wire.decode_event(kind, 1, body.replace(b',"to":null', b""))


def test_a_digest_is_sha256_of_kind_and_content() -> None:
    assert wire.digest_of(MET) == hashlib.sha256(wire.encode_document(MET)).digest()
    assert wire.digest_of(MET) != wire.digest_of(attrs.evolve(MET, at=NOON + timedelta(seconds=1)))
    assert wire.digest_of(SameShape(note="x")) != wire.digest_of(OtherShape(note="x"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SignalReported", "signal_reported"),
        ("ItemRead2", "item_read_2"),
        ("Notice", "notice"),
        ("NotAssessed", "not_assessed"),
    ],
)
def test_a_kind_is_the_class_name_in_snake_case(name: str, kind: str) -> None:
    assert wire.kind_of(type(name, (), {})) == kind


# -- what cannot be registered ----------------------------------------------------------------


@record
class SameShape:
    note: str = item(ItemClass.COUNSELING_NOTES)


@record
class NamesNobody:
    code: str = ref()
    note: str = item(ItemClass.COUNSELING_NOTES)


@record
class OtherShape:
    note: str = item(ItemClass.COUNSELING_NOTES)


@attrs.frozen(kw_only=True)
class Unclassed:
    """A value whose field says nothing of what it tells."""

    note: str


@record
class HidesUnclassed:
    inner: Unclassed = ref()


@record
class HidesItDeep:
    several: dict[str, tuple[Unclassed | None, ...]] = ref()


@record
class HidesItInUnion:
    level: Provisional | Unclassed = ref()


@record
class WithSet:
    people: frozenset[str] = ref()


@record
class WithList:
    people: list[str] = ref()


@record
class WithAnything:
    content: Any = ref()


@record
class WithBytes:
    content: bytes = ref()


@record
class WithNumberKeys:
    content: dict[int, str] = ref()


@record
class WithTextOrNumber:
    content: str | int = ref()


@pytest.mark.parametrize(
    ("cls", "place"),
    [
        (Unclassed, "Unclassed.note"),
        (HidesUnclassed, "Unclassed.note"),
        (HidesItDeep, "Unclassed.note"),
        (HidesItInUnion, "Unclassed.note"),
        (WithSet, "WithSet.people"),
        (WithList, "WithList.people"),
        (WithAnything, "WithAnything.content"),
        (WithBytes, "WithBytes.content"),
        (WithNumberKeys, "WithNumberKeys.content"),
        (WithTextOrNumber, "WithTextOrNumber.content"),
    ],
)
def test_a_class_with_a_field_without_item_class_or_form_cannot_be_stored(
    cls: type, place: str
) -> None:
    with pytest.raises(TypeError, match=place):
        check_record(cls, set())
    with pytest.raises(TypeError, match=place):
        wire.encode_document(cls.__new__(cls))
    with pytest.raises(TypeError, match=place):
        wire.decode_document(b"{}", cls)


def test_every_record_that_is_stored_has_item_classes_and_forms_down_to_its_last_field() -> None:
    kept = [*wire.EVENTS.values(), *wire.DOCUMENTS.values()]
    seen: set[type] = set()
    for cls in kept:
        check_record(cls, seen)
    assert set(kept) <= seen


def test_records_are_the_same_where_class_and_every_field_are() -> None:
    at = datetime(2026, 9, 1, tzinfo=UTC)
    one = Placement(class_id=ClassId("class-1"), grade="g10", since=at)
    again = Placement(class_id=ClassId("".join(one.class_id)), grade="g10", since=at)
    assert again == one
    assert hash(again) == hash(one)
    others = [
        attrs.evolve(one, class_id=ClassId("class-2")),
        attrs.evolve(one, grade="g11"),
        attrs.evolve(one, since=at + timedelta(microseconds=1)),
        attrs.evolve(one, until=at + timedelta(days=1)),
    ]
    assert one not in others
    assert len({one, again, *others}) == 5
    assert SameShape(note="a") != OtherShape(note="a")  # the same fields are not the same thing
    assert SameShape(note="a") != "a"


def test_a_record_shows_its_references_by_the_name_of_its_class() -> None:
    assert repr(SameShape(note="private")) == "SameShape()"
    shown = repr(NamesNobody(code="c-1", note="private"))
    assert shown == "NamesNobody(code='c-1')"


def test_two_classes_cannot_share_a_kind() -> None:
    twin = type("SameShape", (SameShape,), {})
    with pytest.raises(TypeError, match="kind of two classes"):
        wire.registry_of([SameShape, attrs.frozen(twin)])
