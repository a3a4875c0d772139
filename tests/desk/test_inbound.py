"""What reached a person outside psysafe comes in: by a signed delivery, and by a form.

The same delivery twice is one signal. A forged one makes nothing and tells nothing. A student whom
nobody knows, or about whom this person may not report, becomes a note: nothing is ever lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from psysafe.contracts.http import HttpAnswer
from psysafe.contracts.storage import Storage
from psysafe.desk.inbound import LONGEST, FormPage
from psysafe.domain import events as e
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import InvalidDataError, NotFoundError, StorageError
from psysafe.testing.schools import (
    STUDENTS,
    InventedSchool,
    class_id,
    guardian_id,
    open_school,
    staff_id,
    student_id,
    student_number,
)

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
SETTINGS = """
[inbound.chat]
secret = { file = "keys/inbound-chat" }
by = "staff:counselor-a"
source = "message"
"""
SAID: dict[str, Any] = {
    "format": 1,
    "by": "staff:homeroom-1",
    "student": "no:" + student_number(1),
    "symptoms": {"insomnia": "marked"},
    "note": "晚自习后在群里说睡不着",
}


def settle(folder: Path, secret: str = SECRET) -> None:
    """A school whose chat may deliver."""
    open_school(folder).close()
    file = folder / "psysafe.toml"
    file.write_text(file.read_text(encoding="utf-8") + SETTINGS, encoding="utf-8")
    key = folder / "keys" / "inbound-chat"
    key.write_text(secret + "\n", encoding="ascii")
    key.chmod(0o600)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    settle(tmp_path / "s")
    with open_school(tmp_path / "s") as opened:
        yield opened
        assert verify(opened.school).ok


def journal(school: InventedSchool, kind: type) -> list[Any]:
    parts = school.school
    found = [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]
    return [one for one in found if isinstance(one, kind)]


def size(school: InventedSchool) -> int:
    return school.school.storage.read(school.school.part, []).position


def signed(
    school: InventedSchool,
    body: bytes,
    delivery: str = "msg-1",
    *,
    late: float = 0,
    key: bytes = KEY,
) -> dict[str, str]:
    """The headers of a delivery, as its sender makes them."""
    when = str(int(school.clock.now().timestamp() - late))
    mac = hmac.digest(key, f"{delivery}.{when}.".encode() + body, hashlib.sha256)
    return {
        "Webhook-Id": delivery,
        "Webhook-Timestamp": when,
        "Webhook-Signature": "v1,bm90IG1pbmU= v1," + base64.b64encode(mac).decode(),
    }


def deliver(school: InventedSchool, delivery: str = "msg-1", **more: Any) -> HttpAnswer:
    """A delivery of the chat's."""
    said = {name: value for name, value in {**SAID, **more}.items() if value is not None}
    body = json.dumps(said, ensure_ascii=False).encode()
    return school.net.inbound.called("chat", signed(school, body, delivery), body)


# -- a signed delivery -----------------------------------------------------------------------


@pytest.mark.clause("B1.1")
def test_what_reached_a_teacher_in_a_chat_becomes_a_report_that_is_taken_up(
    school: InventedSchool,
) -> None:
    answer = deliver(school)
    assert answer.status == 200
    (reported,) = journal(school, e.SignalReported)
    assert reported.student == student_id(1)
    assert (reported.signal.reporter, reported.signal.source) == ("staff:homeroom-1", "message")
    assert reported.signal.note == SAID["note"]
    said = answer.json()
    assert said["signal"] == reported.signal.id
    assert said["answered_by"] > "2026-11-02"
    assert school.desk("counselor-a").inbox.list() or school.desk("counselor-b").inbox.list()


@pytest.mark.clause("B1.1")
def test_a_question_out_of_a_group_is_owed_an_answer(school: InventedSchool) -> None:
    deliver(school, kind="question", symptoms=None, student="no:" + student_number(1))
    opened = [one.duty for one in journal(school, e.DutyOpened)]
    assert [duty.kind for duty in opened][:1] == ["question"]


@pytest.mark.clause("B1.1")
def test_the_same_delivery_twice_is_one_signal_and_has_one_answer(school: InventedSchool) -> None:
    first = deliver(school)
    before = size(school)
    school.clock.advance(minutes=4)
    assert deliver(school) == first
    assert deliver(school, symptoms={"insomnia": "marked"}) == first
    assert size(school) == before
    assert deliver(school, "msg-2").json()["signal"] != first.json()["signal"]


@pytest.mark.clause("B1.1")
def test_a_note_that_is_delivered_again_once_its_student_is_known_stays_one_signal(
    school: InventedSchool,
) -> None:
    first = deliver(school, student="no:" + student_number(3))  # another teacher's class
    assert len(journal(school, e.NoteTaken)) == 1
    school.takes("homeroom-1", "counselor")
    before = size(school)
    assert deliver(school, student="no:" + student_number(3)) == first
    assert size(school) == before
    assert journal(school, e.SignalReported) == []


@pytest.mark.clause("B1.1")
def test_whoever_nobody_knows_and_whoever_is_anothers_become_notes_that_look_alike(
    school: InventedSchool,
) -> None:
    answers = [
        deliver(school, "a", student="no:99999999"),
        deliver(school, "b", student="no:" + student_number(3)),
        deliver(school, "c", student=None, about="高二某班，戴眼镜的男生"),
        deliver(school, "d", student=None),
    ]
    taken = journal(school, e.NoteTaken)
    assert [one.note.about for one in taken] == [
        "99999999",
        student_number(3),
        "高二某班，戴眼镜的男生",
        "",
    ]
    assert journal(school, e.SignalReported) == []
    shapes = [{**answer.json(), "signal": "*"} for answer in answers]
    assert all(shape == shapes[0] for shape in shapes)


@pytest.mark.clause("B1.1")
def test_a_question_that_came_as_a_note_is_owed_an_answer_once_its_student_is_known(
    school: InventedSchool,
) -> None:
    note = deliver(school, kind="question", symptoms=None, student=None).json()["signal"]
    school.desk("counselor-a").signals.link(note, school.number(2))
    (reported,) = journal(school, e.SignalReported)
    assert (reported.signal.kind, reported.signal.reporter) == ("question", "staff:homeroom-1")
    assert "question" in [one.duty.kind for one in journal(school, e.DutyOpened)]


def test_a_delivery_in_the_name_of_nobody_is_heard_by_whoever_answers_for_its_sender(
    school: InventedSchool,
) -> None:
    deliver(school, "a", by=None)
    deliver(school, "b", by="staff:nobody-here", student="no:" + student_number(2))
    who = [one.signal.reporter for one in journal(school, e.SignalReported)]
    assert who == ["staff:counselor-a", "staff:counselor-a"]
    school.joins("nobody-here", "counselor")
    before = size(school)
    deliver(school, "b", by="staff:nobody-here", student="no:" + student_number(2))
    assert size(school) == before


def test_a_grave_delivery_asks_where_the_student_is_and_calls_whether_or_not_they_are_known(
    school: InventedSchool,
) -> None:
    known = deliver(school, "a", dangers=["plan", "means"])
    unknown = deliver(school, "b", dangers=["plan", "means"], student="no:0")
    assert known.json()["asks"] == unknown.json()["asks"] == ["place"]
    severities = [one.note.severity.value for one in journal(school, e.NoteTaken)]
    assert severities == ["imminent"]


FORGED = [
    pytest.param({"Webhook-Signature": "v1,AAAA"}, id="another signature"),
    pytest.param({"Webhook-Signature": ""}, id="an empty signature"),
    pytest.param({"Webhook-Signature": "v1a,é"}, id="another sort of signature"),
    pytest.param({"Webhook-Id": "msg-2"}, id="another id"),
    pytest.param({"Webhook-Id": ""}, id="no id"),
    pytest.param({"Webhook-Id": "a.b"}, id="an id with a full stop"),
    pytest.param({"Webhook-Timestamp": "1"}, id="another time"),
    pytest.param({"Webhook-Timestamp": "soon"}, id="no time"),
    pytest.param({"Webhook-Timestamp": "９９"}, id="wide digits"),
]


@pytest.mark.parametrize("other", FORGED)
def test_a_forged_delivery_makes_nothing_and_tells_nothing(
    school: InventedSchool, other: dict[str, str]
) -> None:
    body, before = json.dumps(SAID).encode(), size(school)
    answer = school.net.inbound.called("chat", {**signed(school, body), **other}, body)
    assert answer == HttpAnswer(status=401)
    assert size(school) == before


def test_a_changed_body_an_old_delivery_another_key_and_no_such_sender_are_all_alike(
    school: InventedSchool,
) -> None:
    body, before = json.dumps(SAID).encode(), size(school)
    called = school.net.inbound.called
    good = signed(school, body)
    answers = [
        called("chat", good, body + b" "),
        called("chat", signed(school, body, late=301), body),
        called("chat", signed(school, body, late=-301), body),
        called("chat", signed(school, body, key=KEY[::-1]), body),
        called("nobody", good, body),
        called("chat", {}, body),
    ]
    assert set(map(repr, answers)) == {repr(HttpAnswer(status=401))}
    assert size(school) == before
    school.clock.advance(seconds=300)
    assert called("chat", good, body).status == 200
    school.clock.advance(seconds=1)
    assert called("chat", good, body).status == 401


def test_a_delivery_that_is_too_long_is_read_by_nobody(school: InventedSchool) -> None:
    body, before = b" " * (LONGEST + 1), size(school)
    assert school.net.inbound.called("chat", signed(school, body), body).status == 413
    assert size(school) == before


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"format": 2}, "PSY103", "format"),
        ({"kind": "talk"}, "PSY103", "kind"),
        ({"by": "student:s-000000000001"}, "PSY103", "by"),
        ({"by": "林小满"}, "PSY103", "by"),
        ({"by": 7}, "PSY103", "by"),
        ({"sympthoms": {}}, "PSY103", "body"),
        ({"symptoms": ["insomnia"]}, "PSY103", "symptoms"),
        ({"symptoms": {"insomnia": "very"}}, "PSY013", "degrees"),
        ({"symptoms": {"sadness": "marked"}}, "PSY013", "symptoms"),
        ({"dangers": ["a knife"]}, "PSY013", "danger_facts"),
        ({"dangers": "plan"}, "PSY103", "dangers"),
        ({"place": "roof"}, "PSY013", "places"),
        ({"source": "rumour"}, "PSY013", "sources"),
        ({"note": "长" * 4001}, "PSY021", "note"),
        ({"about": "长" * 201}, "PSY021", "about"),
    ],
    ids=str,
)
def test_a_sender_that_makes_a_mistake_is_told_so_by_code_and_nothing_is_entered(
    school: InventedSchool,
    more: dict[str, Any],
    code: str,
    field: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    before = size(school)
    answer = deliver(school, **more)
    assert answer.status == 422
    assert answer.json()["errors"] == [{"code": code, "field": field}]
    assert size(school) == before
    for private in ("林小满", "睡不着", student_number(1), "sadness", "roof"):
        assert private not in caplog.text + answer.body.decode()


def test_what_is_signed_and_no_delivery_at_all_is_a_mistake_of_the_senders(
    school: InventedSchool,
) -> None:
    for body in (b"", b"[]", b"{", b"[" * 50_000, b'{"format": 1, "by": "\xff"}'):
        answer = school.net.inbound.called("chat", signed(school, body), body)
        assert answer.status == 422


def test_a_delivery_that_cannot_be_kept_is_delivered_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settle(tmp_path / "s")
    full = Full()
    with open_school(tmp_path / "s", wrap=full.before) as school:
        full.on = True
        answer = deliver(school)
        assert (answer.status, answer.headers["retry-after"]) == (503, "60")
        full.on = False
        assert deliver(school).status == 200
    assert "睡不着" not in caplog.text


class Full:
    """A store that takes nothing while it is on."""

    def __init__(self) -> None:
        self.on = False
        self._store: Any = None

    def before(self, store: Storage) -> Any:
        self._store = store
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, *given: Any, **named: Any) -> Any:
        if self.on:
            raise StorageError("PSY402", problem="full")
        return self._store.commit(*given, **named)


def test_check_names_a_sender_whose_secret_or_person_is_not_there(tmp_path: Path) -> None:
    settle(tmp_path / "s", secret="whsec_short")
    with open_school(tmp_path / "s") as school:
        body = json.dumps(SAID).encode()
        assert school.net.inbound.called("chat", signed(school, body), body).status == 401
        school.leaves("counselor-a")
        codes = [one.code for one in school.net.operator().check()]
        assert {"PSY613", "PSY614"} <= set(codes)
        (tmp_path / "s" / "keys" / "inbound-chat").unlink()
        codes = [one.code for one in school.net.operator().check()]
        assert "PSY116" in codes
        assert "PSY613" not in codes


@pytest.mark.parametrize(
    "table",
    [
        '[inbound.chat]\nsecret = "whsec_abc"\nby = "staff:t-1"\n',
        '[inbound.chat]\nsecret = { env = "X", file = "y" }\nby = "staff:t-1"\n',
        '[inbound.chat]\nby = "staff:t-1"\n',
        '[inbound.chat]\nsecret = { env = "X" }\n',
        '[inbound.chat]\nsecret = { env = "X" }\nby = "guardian:g-000000000001"\n',
        '[inbound.chat]\nsecret = { env = "X" }\nby = "staff:t-1"\nsource = "screening"\n',
        '[inbound.chat]\nsecret = { env = "X" }\nby = "staff:t-1"\nextra = 1\n',
        '[inbound."Chat!"]\nsecret = { env = "X" }\nby = "staff:t-1"\n',
    ],
)
def test_settings_of_a_sender_that_are_wrong_open_no_school(tmp_path: Path, table: str) -> None:
    open_school(tmp_path / "s").close()
    file = tmp_path / "s" / "psysafe.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n" + table, encoding="utf-8")
    with pytest.raises(InvalidDataError) as refused:
        open_school(tmp_path / "s")
    assert "whsec_abc" not in str(refused.value)


# -- the form --------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser finds in a form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def values(self, name: str) -> list[str]:
        """What can be chosen under a name."""
        found, inside = [], ""
        for tag, attributes in self.tags:
            if tag == "select":
                inside = attributes["name"]
            if tag == "option" and inside == name:
                found.append(attributes["value"])
            if tag == "input" and attributes.get("name") == name:
                found.append(attributes["value"])
        return found

    @property
    def text(self) -> str:
        return "".join(self.words)


def shown(school: InventedSchool, who: str = "staff:homeroom-1", **more: Any) -> Page:
    return Page(school.net.inbound.form(who, post_to="/inbound", **more).html)


def filled(
    school: InventedSchool, who: str = "staff:homeroom-1", mark: str = "", **fields: str
) -> FormPage:
    """Somebody looks at the form, fills it in and sends it."""
    (given,) = [mark] if mark else shown(school, who).values("form")
    return school.net.inbound.enter(
        who, {"form": given, **fields}, post_to="/inbound", language="en"
    )


TAPS = {"student": "s-000000000001", "what": "insomnia", "how": "marked"}


@pytest.mark.clause("B1.1")
def test_three_taps_make_a_report_and_say_by_when_it_is_taken_up(school: InventedSchool) -> None:
    page = filled(school, **TAPS)
    assert page.status == 200
    assert page.receipt is not None
    (reported,) = journal(school, e.SignalReported)
    assert page.receipt.signal == reported.signal.id
    assert reported.signal.symptoms == {"insomnia": "marked"}
    assert re.search(r"taken up by 2026-11-\d\d \d\d:\d\d", page.html)


@pytest.mark.clause("B1.1")
def test_a_form_that_is_sent_twice_is_entered_once_and_one_that_was_changed_is_another(
    school: InventedSchool,
) -> None:
    (mark,) = shown(school).values("form")
    first = filled(school, mark=mark, **TAPS)
    before = size(school)
    assert filled(school, mark=mark, **TAPS).receipt == first.receipt
    assert size(school) == before
    assert filled(school, mark=mark, **{**TAPS, "how": "severe"}).receipt != first.receipt


@pytest.mark.parametrize(
    ("what", "how", "symptoms", "dangers", "kind"),
    [
        ("question", "some", {}, (), "question"),
        ("question", "severe", {"other": "severe"}, (), "question"),
        ("question", "act", {"other": "marked"}, ("act",), "question"),
        ("self_harm", "plan", {"self_harm": "marked"}, ("plan",), "worry"),
        (
            "not_reached",
            "whereabouts_unknown",
            {"not_reached": "marked"},
            ("whereabouts_unknown",),
            "worry",
        ),
        ("other", "some", {"other": "some"}, (), "worry"),
    ],
)
def test_what_the_taps_mean(
    school: InventedSchool,
    what: str,
    how: str,
    symptoms: dict[str, str],
    dangers: tuple[str, ...],
    kind: str,
) -> None:
    filled(school, student="s-000000000001", what=what, how=how)
    (reported,) = journal(school, e.SignalReported)
    signal = reported.signal
    assert (signal.symptoms, signal.dangers, signal.kind) == (symptoms, dangers, kind)


@pytest.mark.clause("C3.1")
@pytest.mark.parametrize(
    ("who", "students"),
    [
        ("homeroom-1", (1, 2)),
        ("homeroom-2", (3, 4)),
        ("grade-head-10", (1, 2, 3, 4)),
        ("counselor-c", (5, 6)),
        ("counselor-a", (1, 2, 3, 4)),
        ("head", ()),  # may report, and sees no name of a student who is well
        ("registrar", ()),
        ("spare", ()),
    ],
)
def test_a_form_lists_whom_its_person_may_report_about_and_nobody_else(
    school: InventedSchool, who: str, students: tuple[int, ...]
) -> None:
    page = shown(school, f"staff:{who}")
    listed = [one for one in page.values("student") if one.startswith("s-")]
    assert sorted(listed) == [student_id(number) for number in students]
    for number, name in STUDENTS.items():
        assert (name in page.text) == (number in students)


def test_a_form_is_for_nobody_whom_the_school_does_not_know(school: InventedSchool) -> None:
    with pytest.raises(NotFoundError):
        shown(school, "staff:nobody")
    (mark,) = shown(school, "operator:it").values("form")
    with pytest.raises(NotFoundError):
        filled(school, "operator:it", mark, **TAPS)
    for who in ("guardian:g-000000000099", "operator:it", "student:s-000000000099"):
        page = shown(school, who)
        assert not any(name in page.text for name in STUDENTS.values())


@pytest.mark.clause("C6.2")
def test_an_accused_person_finds_the_same_form_as_before(school: InventedSchool) -> None:
    before = shown(school).values("student")
    school.desk("counselor-a").signals.report(
        school.number(1), "telephone", dangers=("harm_by_adult",), accused="staff:homeroom-1"
    )
    assert shown(school).values("student") == before
    page = filled(school, **TAPS)
    assert (page.status, page.receipt is not None) == (200, True)


def test_a_class_is_asked_first_where_there_are_too_many_students(
    school: InventedSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psysafe.engine.inbound.MOST", 3)
    page = shown(school, "staff:grade-head-10")
    assert page.values("class") == [class_id(1), class_id(2)]
    assert page.values("student") == []
    assert not any(name in page.text for name in STUDENTS.values())
    chosen = shown(school, "staff:grade-head-10", class_id=class_id(2))
    assert chosen.values("student")[1:3] == [student_id(3), student_id(4)]
    other = shown(school, "staff:homeroom-1", class_id=class_id(2))
    assert [one for one in other.values("student") if one.startswith("s-")] == []


def test_somebody_who_is_not_in_the_list_is_a_note_whoever_they_are(school: InventedSchool) -> None:
    other = {"what": "fear", "how": "marked"}
    pages = [
        filled(school, student="other", about=student_number(5), **other),
        filled(school, student="other", about="隔壁学校的", **other),
        filled(school, student="other", **other),
        filled(school, student="s-000000000003", **other),  # put there by hand: not their class
        filled(school, student="s-zzzzzzzzzzzz", **other),
    ]
    assert len(journal(school, e.NoteTaken)) == 5
    assert journal(school, e.SignalReported) == []
    said = {page.html for page in pages}
    assert len(said) == 1


def test_a_number_that_is_typed_is_the_students_own_where_they_are_this_persons(
    school: InventedSchool,
) -> None:
    filled(school, student="", about=student_number(2), what="fear", how="some")
    filled(school, str(guardian_id(2)), about=student_number(2), what="fear", how="some")
    reported = journal(school, e.SignalReported)
    assert [(one.student, one.signal.source) for one in reported] == [
        (student_id(2), "message"),
        (student_id(2), "guardian"),
    ]


@pytest.mark.clause("B2.2")
def test_a_student_says_it_of_themselves_and_is_told_who_will_talk_with_them(
    school: InventedSchool,
) -> None:
    who = "student:s-000000000001"
    assert shown(school, who).values("student") == ["", "me", "other"]
    (mark,) = shown(school, who).values("form")
    page = filled(school, who, mark, student="me", what="insomnia", how="marked")
    assert "will talk with you" in page.html
    before = size(school)
    again = filled(school, who, mark, student="me", what="insomnia", how="marked")
    assert (again.receipt, size(school)) == (page.receipt, before)
    filled(school, who, student="other", about="同桌", what="fear", how="severe")
    assert [one.note.signal.source for one in journal(school, e.NoteTaken)] == ["peer"]


@pytest.mark.parametrize("missing", ["student", "what", "how"])
def test_a_form_that_lacks_a_tap_comes_back_as_it_was_filled_in(
    school: InventedSchool, missing: str
) -> None:
    before = len(journal(school, e.SignalReported))
    given = {**TAPS, "note": "原话：<我不想>", "place": "home", missing: ""}
    page = filled(school, **given)
    assert (page.status, page.receipt) == (422, None)
    assert "PSY" not in page.html
    assert "&lt;我不想&gt;" in page.html
    assert len(journal(school, e.SignalReported)) == before
    (mark,) = Page(page.html).values("form")
    assert filled(school, mark=mark, **{**given, **TAPS}).status == 200


def test_a_form_of_somebody_else_or_of_yesterday_enters_nothing_and_loses_nothing(
    school: InventedSchool,
) -> None:
    (mark,) = shown(school).values("form")
    before = size(school)
    stolen = filled(school, "staff:homeroom-2", mark, **{**TAPS, "note": "留着"})
    assert stolen.status == 422
    assert "留着" in stolen.html
    for bad in ("", "A" * 48, mark[:-1] + "é", mark[:-1]):
        fields = {"form": bad, **TAPS}
        page = school.net.inbound.enter("staff:homeroom-1", fields, post_to="/x")
        assert page.status == 422
    school.clock.advance(hours=12, seconds=1)
    assert filled(school, mark=mark, **TAPS).status == 422
    assert journal(school, e.SignalReported) == []
    assert {one.__class__ for one in journal(school, e.ItemRead)} == {e.ItemRead}
    assert size(school) > before  # that a list was shown again is written down


def test_what_cannot_be_kept_stays_in_the_form_with_numbers_to_call(tmp_path: Path) -> None:
    settle(tmp_path / "s")
    full = Full()
    with open_school(tmp_path / "s", wrap=full.before) as school:
        (mark,) = shown(school).values("form")
        full.on = True
        page = filled(school, mark=mark, **{**TAPS, "note": "留着"})
        assert (page.status, page.receipt) == (503, None)
        assert "留着" in page.html
        assert "12356" in page.html
        full.on = False
        assert filled(school, mark=mark, **{**TAPS, "note": "留着"}).status == 200


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_form_has_no_script_and_no_style_and_everything_in_it_is_escaped(
    school: InventedSchool, language: str
) -> None:
    bad = '"><script>alert(1)</script>&'
    fields = dict.fromkeys(("student", "about", "what", "how", "note", "place", "source"), bad)
    html = school.net.inbound.enter(
        "staff:homeroom-1", {**fields, "form": bad}, post_to=f"/x?{bad}", language=language
    ).html
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= {
        *"form input p strong fieldset legend select option optgroup label details".split(),
        *"summary textarea button".split(),
    }
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert bad in page.text + "".join(value for _, a in page.tags for value in a.values())
    assert (page.tags[0][1]["lang"], page.tags[0][1]["method"]) == (
        {"zh": "zh-CN", "en": "en"}[language],
        "post",
    )


def test_every_word_of_the_form_is_there_in_both_languages(school: InventedSchool) -> None:
    chinese, english = (shown(school, language=one).text for one in ("zh", "en"))
    assert not re.search(r"[A-Za-z]{3,}", chinese)
    names = "|".join([*STUDENTS.values(), r"高.\(\d\)班"])
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(names, "", english))


def test_looking_at_the_form_enters_nothing(school: InventedSchool) -> None:
    for _ in range(3):
        shown(school)
    assert {type(one) for one in journal(school, object)} - {e.ItemRead} == {
        e.ClassAdded,
        e.PersonAdded,
    }
    read = journal(school, e.ItemRead)[-1]
    assert (read.by, read.items[0]) == (staff_id("homeroom-1"), "form")
