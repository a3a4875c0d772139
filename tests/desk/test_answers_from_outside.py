"""Answers by a link, by the code of an SMS and by a provider's button; and what answers nothing.

A route is stopped by its receiver, logged in, and by nobody else: not by a scanner that opens the
link, not by whoever got the link passed on, not by what a provider or a stranger calls back.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.clock import SystemClock
from psysafe.contracts.channel import Capabilities, Message, Problem, ResultClass, SendResult
from psysafe.contracts.http import HttpAnswer, HttpCall, Receipt, Token
from psysafe.domain import events as e
from psysafe.domain.duties import Delivery, Notice
from psysafe.engine.answering import TRIES, with_answer
from psysafe.engine.gather import card, gather, roster
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.links import signed_link
from psysafe.engine.transport import Broken, Reach
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.errors import NotFoundError, NotPermittedError, PlanError
from psysafe.sensitivity import Trust, changed
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.schools import STUDENTS, InventedSchool, open_school, staff_id, student_id

URL = "https://school.example/answer/{token}"
PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["mail", "sms", "chat", "room"]
"""
LINK = re.compile(r"https://school\.example/answer/([A-Za-z0-9_-]{48})")


class Held(RecordingChannel):
    """A channel that keeps what it is given, with other capabilities."""

    def __init__(self, **can: Any) -> None:
        super().__init__()
        self._capabilities = Capabilities(**{"audience": "person", **can})


class Chat:
    """A channel with a button. A call back is the receipts as JSON, and the word who signed it."""

    capabilities = Capabilities(audience="person", trust=Trust.PERSONAL, ack="button")

    def validate(self) -> Sequence[Problem]:
        return ()

    def parse_address(self, text: str) -> str | Problem:
        return text or Problem(field="address", problem="empty")

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall:
        return HttpCall(url="https://chat.example/send", body=message.text.encode())

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        return SendResult(cls=ResultClass.ACCEPTED)

    def receive(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str], moment: datetime
    ) -> tuple[Sequence[Receipt], HttpAnswer]:
        signed = headers.get("signature") == "good"
        found = [Receipt(**{**one, "signed": signed}) for one in json.loads(body)]
        return found, HttpAnswer(status=200, body=b"heard")


class Line:
    """A transport that keeps what was said and answers that it was taken."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def exchange(self, call: HttpCall, seconds: float, reach: Reach) -> HttpAnswer | Broken:
        self.said.append(call.body.decode())
        return HttpAnswer(status=200)

    def close(self) -> None:
        self.said.clear()


@attrs.frozen
class Outside:
    """A school whose homeroom teacher is called over four channels at once."""

    school: InventedSchool
    mail: Held
    sms: Held
    room: Held
    line: Line

    @property
    def page(self) -> Any:
        return self.school.net.acknowledgements

    def declare(self, student: int = 1) -> None:
        """An imminent crisis: the homeroom teacher is called."""
        number = self.school.number(student)
        counselor = self.school.desk("counselor-a")
        self.school.desk("counselor-b").signals.report(number, "message", {"fear": "marked"})
        case = counselor.cases.about(number)
        case.acknowledge()
        case.declare_crisis(
            danger="self", place="home", proposal="hospital tonight", severity="imminent"
        )
        self.school.tick()

    def message(self, channel: RecordingChannel) -> Message:
        """What the homeroom teacher was told last over a channel."""
        return [c.message for c in channel.calls if c.address.startswith(("homeroom-1", "139"))][-1]

    def token(self) -> str:
        """What stands in the link of the mail."""
        (token,) = LINK.findall(self.message(self.mail).text)
        return str(token)

    @property
    def notice(self) -> Notice:
        key = self.message(self.mail).key.partition("/")[0]
        return card(self.school.school, f"notice/{key}", Notice)

    def delivery(self, channel: str) -> Delivery:
        return self.notice.delivery(channel)

    def journal(self, kind: type) -> list[Any]:
        parts = self.school.school
        found = [event_of(parts, r) for r in parts.storage.journal(parts.part, 0, 10_000)]
        return [one for one in found if isinstance(one, kind)]

    def size(self) -> int:
        parts = self.school.school
        return len(list(parts.storage.journal(parts.part, 0, 10_000)))

    def called(self, *receipts: Mapping[str, Any], signature: str = "good") -> HttpAnswer:
        """The provider of `chat` calls back."""
        body = json.dumps(list(receipts)).encode()
        answer: HttpAnswer = self.page.called("chat", {"Signature": signature}, body)
        return answer

    def receipt(self, state: str, **more: Any) -> dict[str, Any]:
        """A receipt about the teacher's message over `chat`."""
        told = {"provider_ref": "1", "address": "homeroom-1", "key": f"{self.notice.id}/chat"}
        return {**told, "state": state, **more}


def settle(folder: Path, url: str = URL, valid: str = "24 h") -> None:
    """Write into the school's settings how long links are good and where they lead."""
    file = folder / "psysafe.toml"
    said = f'\n[acknowledgement]\nurl = "{url}"\nvalid = "{valid}"\n'
    file.write_text(file.read_text(encoding="utf-8") + said, encoding="utf-8")


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    yield from opened(tmp_path / "s")


def opened(folder: Path, **mail: Any) -> Iterator[Outside]:
    line = Line()
    held = (
        Held(trust=Trust.PERSONAL, **mail),
        Held(trust=Trust.SHARED, content="template"),
        Held(trust=Trust.SHARED, audience="group"),
    )
    chat = OverHttp(Chat(), line, "public", SystemClock())
    channels = {"mail": held[0], "sms": held[1], "room": held[2], "chat": chat}
    open_school(folder, plan=PLAN).close()
    settle(folder)
    with open_school(folder, channels=channels) as school:
        address(school)
        outside = Outside(school, *held, line)
        outside.declare()
        yield outside
        assert verify(school.school).ok


def address(school: InventedSchool) -> None:
    """The homeroom teacher has an address over the chat and in the room."""
    told = roster(school.school).staff[staff_id("homeroom-1")]
    ways = {**told.addresses, "chat": "Homeroom-1", "room": "homeroom-1"}
    school._enter(e.PersonAdded(staff=changed(told, addresses=ways)))


# -- what goes into a message ----------------------------------------------------------------


@pytest.mark.clause("C6.2")
def test_each_channel_gets_the_way_to_answer_that_it_can_carry(outside: Outside) -> None:
    mail, sms = outside.message(outside.mail), outside.message(outside.sms)
    assert len(LINK.findall(mail.text)) == 1
    assert not LINK.search(mail.neutral)
    assert mail.code == ""
    assert re.fullmatch(r"(?:[0-9a-z]{4}-){3}[0-9a-z]{4}", sms.code)
    assert not LINK.search(sms.text)
    (room,) = (call.message for call in outside.room.calls)
    assert (room.code, LINK.search(room.text)) == ("", None)
    assert len(outside.line.said) == 1
    assert not LINK.search(outside.line.said[0])


def test_a_message_of_the_inbox_and_one_that_asks_nothing_have_no_link(outside: Outside) -> None:
    for line in outside.school.desk("homeroom-1").inbox.list():
        assert not LINK.search(line["text"])
    net, plain = outside.school.net, outside.message(outside.mail)
    over = changed(outside.notice, purpose="stood_down")
    assert with_answer(net._school, over, "mail", plain, net._speaker) is plain
    elsewhere = changed(outside.notice, receiver="outside:authority")
    assert with_answer(net._school, elsewhere, "mail", plain, net._speaker) is plain


@pytest.mark.clause("C6.2")
def test_neither_link_nor_code_holds_anything_of_a_person(outside: Outside) -> None:
    said = outside.token() + outside.message(outside.sms).code
    for word in (*STUDENTS.values(), "homeroom", "counselor", "13900", "s-0000"):
        assert word not in said
    shown = outside.page.show(outside.token(), "zh")
    assert not any(name in shown.text for name in STUDENTS.values())


def test_without_a_page_of_the_hosts_no_message_has_a_link_or_a_code(tmp_path: Path) -> None:
    mail = Held(trust=Trust.PERSONAL)
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        line = Outside(school, mail, mail, mail, Line())
        line.declare()
        assert (line.message(mail).code, LINK.search(line.message(mail).text)) == ("", None)


def test_a_link_never_costs_the_message_it_stands_in(tmp_path: Path) -> None:
    for outside in opened(tmp_path / "s", max_units=150, unit="bytes"):
        assert not LINK.search(outside.message(outside.mail).text)


@pytest.mark.clause("C6.2")
def test_a_provider_that_refuses_a_text_gets_the_neutral_one_without_the_link(
    outside: Outside,
) -> None:
    outside.mail.next_behave(ResultClass.PERMANENT_CONTENT)
    outside.declare(2)
    (*_, refused, taken) = [c.message for c in outside.mail.calls if "homeroom-1" in c.address]
    assert LINK.search(refused.text)
    assert taken.text == taken.neutral
    assert refused.key == taken.key


# -- who answers -----------------------------------------------------------------------------


@pytest.mark.clause("C6.2")
def test_opening_a_link_changes_nothing_however_often(outside: Outside) -> None:
    token, before = outside.token(), outside.size()
    for _ in range(5):
        assert outside.page.show(token, "en").usable
    assert outside.size() == before
    assert outside.notice.acknowledged is None
    assert "Somebody waits for your answer" in outside.page.show(token, "en").text


@pytest.mark.clause("C6.2")
def test_the_receiver_answers_by_the_button_behind_the_link_and_a_second_time_is_no_fault(
    outside: Outside,
) -> None:
    assert outside.page.acknowledge(outside.token(), "staff:homeroom-1") is not None
    assert outside.notice.acknowledged == outside.school.clock.now()
    before = outside.size()
    assert outside.page.acknowledge(outside.token(), "staff:homeroom-1") is None
    assert outside.size() == before


@pytest.mark.clause("C6.2")
@pytest.mark.parametrize("who", ["counselor-a", "homeroom-2", "deputy-head", "student", "operator"])
def test_a_link_that_was_passed_on_answers_for_nobody(outside: Outside, who: str) -> None:
    actor = {"student": "student:s-000000000001", "operator": "operator:it"}.get(
        who, f"staff:{who}"
    )
    for answer in (
        lambda: outside.page.acknowledge(outside.token(), actor),
        lambda: outside.page.acknowledge("A" * 48, actor),
        lambda: outside.page.acknowledge("nothing", actor),
        lambda: outside.page.enter(outside.message(outside.sms).code, actor),
    ):
        with pytest.raises(NotFoundError) as found:
            answer()
        assert str(found.value) == str(NotFoundError())
    assert outside.notice.acknowledged is None


@pytest.mark.clause("C6.2")
def test_a_link_and_a_code_run_out_and_the_inbox_does_not(outside: Outside) -> None:
    token, code = outside.token(), outside.message(outside.sms).code
    queued = outside.notice.queued
    left = queued + timedelta(hours=24) - outside.school.clock.now()
    outside.school.clock.advance(seconds=left.total_seconds())
    assert outside.page.show(token).usable
    outside.school.clock.advance(seconds=1)
    assert not outside.page.show(token).usable
    page = outside.page
    for answer, given in ((page.acknowledge, token), (page.enter, code)):
        with pytest.raises(NotPermittedError) as refused:
            answer(given, "staff:homeroom-1")
        assert refused.value.code == "PSY623"
    assert outside.notice.acknowledged is None
    outside.school.desk("homeroom-1").inbox.acknowledge(outside.notice.id)
    assert outside.notice.acknowledged is not None


@pytest.mark.clause("C6.2")
def test_the_code_of_an_sms_answers_however_it_is_typed_and_twice_is_no_fault(
    outside: Outside,
) -> None:
    code = outside.message(outside.sms).code.upper().replace("-", " ")
    assert outside.page.enter(code, "staff:homeroom-1") is not None
    assert outside.notice.acknowledged is not None
    assert outside.page.enter(code, "staff:homeroom-1") is None


@pytest.mark.clause("C6.2")
def test_whoever_tries_codes_out_must_wait_and_others_need_not(
    outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = outside.message(outside.sms).code
    for _ in range(TRIES):
        with pytest.raises(NotFoundError):
            outside.page.enter("0000-0000-0000-0000", "staff:homeroom-1")
    with pytest.raises(NotPermittedError) as refused:
        outside.page.enter(code, "staff:homeroom-1")
    assert refused.value.code == "PSY624"
    with pytest.raises(NotFoundError):
        outside.page.enter(code, "staff:counselor-a")
    outside.school.clock.advance(minutes=10)
    assert outside.page.enter(code, "staff:homeroom-1") is not None
    assert code not in caplog.text
    assert "0000-0000" not in caplog.text


@pytest.mark.clause("C6.2")
def test_a_call_that_is_about_no_known_student_is_answered_by_a_link_as_well(
    outside: Outside,
) -> None:
    outside.school.student_desk(4).signals.leave_note("高一(1)班的女生", {"self_harm": "severe"})
    outside.school.tick(hours=1)
    (told, *_) = [n.notice for n in outside.journal(e.NoticeQueued) if n.notice.student is None]
    parts, until = outside.school.school, outside.school.clock.now() + timedelta(hours=1)
    token = signed_link(parts.answering.keys, parts.part, told.id, until)
    assert outside.page.acknowledge(token, told.receiver) is not None
    assert outside.page.acknowledge(token, told.receiver) is None


# -- what providers call back ----------------------------------------------------------------


@pytest.mark.clause("C6.2")
def test_a_button_that_its_receiver_pressed_is_their_answer(outside: Outside) -> None:
    answer = outside.called(outside.receipt("acknowledged"))
    assert (answer.status, answer.body) == (200, b"heard")
    (said,) = outside.journal(e.NoticeAcknowledged)[-1:]
    assert (said.notice, said.by) == (outside.notice.id, "staff:homeroom-1")
    before = outside.size()
    assert outside.called(outside.receipt("acknowledged")) == answer
    assert outside.size() == before


@pytest.mark.clause("C6.2")
@pytest.mark.parametrize(
    ("more", "signature"),
    [
        ({}, "forged"),
        ({"address": "homeroom-2"}, "good"),
        ({"address": None}, "good"),
        ({"address": ""}, "good"),
        ({"key": None}, "good"),
        ({"key": "notice-000000000000/chat"}, "good"),
        ({"key": "notice-/chat"}, "good"),
        ({"key": "case-000000000000/chat"}, "good"),
        ({"key": "other channel"}, "good"),
        ({"state": "ACKNOWLEDGED"}, "good"),
    ],
    ids=str,
)
def test_a_button_pressed_by_a_stranger_or_about_something_else_answers_nothing(
    outside: Outside, more: dict[str, Any], signature: str
) -> None:
    if more.get("key") == "other channel":
        more = {"key": f"{outside.notice.id}/mail"}
    before = outside.size()
    told = outside.receipt(**{"state": "acknowledged", **more})
    answer = outside.called(told, signature=signature)
    assert (answer.status, answer.body) == (200, b"heard")
    assert outside.size() == before
    assert outside.notice.acknowledged is None


@pytest.mark.clause("C6.2")
def test_receipts_go_up_and_never_down_and_stop_no_route(outside: Outside) -> None:
    heard = []
    for state in "accepted delivered failed delivered read delivered unheard_of".split():
        outside.called(outside.receipt(state))
        heard.append(outside.delivery("chat").receipt)
    assert heard == ["accepted", "delivered", "delivered", "delivered", "read", "read", "read"]
    assert len(outside.journal(e.ReceiptHeard)) == 3
    assert outside.delivery("chat").result == "accepted"
    assert outside.notice.acknowledged is None
    run = gather(outside.school.school, student_id(1)).world.file.run(outside.notice.run)
    assert run is not None
    assert run.state == "running"


@pytest.mark.clause("C6.2")
def test_what_nobody_signed_is_kept_apart_as_a_hint(outside: Outside) -> None:
    outside.called(outside.receipt("read"), signature="none")
    outside.called(outside.receipt("delivered"))
    delivery = outside.delivery("chat")
    assert (delivery.receipt, delivery.hint) == ("delivered", "read")


def test_a_receipt_over_a_channel_that_was_never_used_is_nothing(outside: Outside) -> None:
    before = outside.size()
    told = outside.receipt("read", key=f"{outside.notice.id}/sms")
    assert outside.called(told).status == 200
    assert outside.size() == before


def test_what_comes_after_the_answer_is_not_written_down(outside: Outside) -> None:
    outside.page.acknowledge(outside.token(), "staff:homeroom-1")
    before = outside.size()
    outside.called(outside.receipt("read"))
    assert outside.size() == before


def test_a_call_that_cannot_be_read_and_a_channel_that_takes_none(
    outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    called = outside.page.called
    assert called("chat", {}, "not JSON: 张三".encode()).status == 400
    assert called("mail", {}, b"[]").status == 404
    assert called("nowhere", {}, b"[]").status == 404
    assert called("chat", {}, b"[" * ((1 << 20) + 1)).status == 413
    assert "张三" not in caplog.text


# -- keys and settings -----------------------------------------------------------------------


def test_a_link_stays_good_while_its_key_is_among_the_last_three(outside: Outside) -> None:
    school, before = outside.school, outside.token()
    usable = []
    for kept in (2, 3, 3):
        assert school.net.operator().channels.renew_links() == kept
        with school._opened() as again:
            usable.append(again.acknowledgements.show(before).usable)
    assert usable == [True, True, False]
    assert (school.folder / "keys" / "links.key").stat().st_mode & 0o077 == 0


def test_a_file_of_link_keys_that_cannot_be_read_opens_no_school(outside: Outside) -> None:
    file = outside.school.folder / "keys" / "links.key"
    for bad in ("", "one two\n", "256 " + "0" * 64 + "\n", "1 " + "0" * 63 + "\n"):
        file.write_text(bad, encoding="ascii")
        with pytest.raises(PlanError) as refused:
            outside.school._opened()
        assert refused.value.code == "PSY019"
    file.unlink()
