"""A provider that took a message is asked what became of it: seldom, last, and stopping nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.contracts.channel import (
    Asked,
    Capabilities,
    Message,
    Rate,
    ResultClass,
    SendResult,
)
from psysafe.contracts.http import Receipt
from psysafe.contracts.storage import Query, Storage
from psysafe.domain.duties import Notice
from psysafe.domain.severity import Severity
from psysafe.engine import lookups, refs
from psysafe.engine.auditing import audit
from psysafe.engine.gather import card, gather
from psysafe.engine.verify import verify
from psysafe.sensitivity import Trust
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.queueing import queue
from psysafe.testing.schools import InventedSchool, open_school, student_id

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["mail"]
"""
#: What the shipped plan says, in minutes after a message was taken.
URGENT = (1, 3, 8, 20, 60, 360)
OTHER = (10, 40, 180, 1200)


class Askable(RecordingChannel):
    """A channel that gives a number for what it takes, and tells by it what became of it."""

    def __init__(
        self,
        says: Any = (),
        *,
        within: timedelta = timedelta(hours=24),
        tells: Any = "read",
        rate: tuple[Rate, ...] = (),
    ) -> None:
        super().__init__(Trust.PERSONAL)
        self.says: Any = says
        self.asked = Asked(tells=tells, within=within, rate=rate)
        self.questions: list[tuple[str, str, timedelta]] = []
        self.order: list[str] = []

    @property
    def capabilities(self) -> Capabilities:
        return attrs.evolve(super().capabilities, asked=self.asked)

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        self.order.append("send")
        found = super().send(message, address, seconds)
        if found.cls is not ResultClass.ACCEPTED:
            return found
        return attrs.evolve(found, provider_ref=f"number-of-{message.key}")

    def look_up(self, provider_ref: str, address: str, ago: timedelta, seconds: float) -> Any:
        self.order.append("ask")
        self.questions.append((provider_ref, address, ago))
        return self.says() if callable(self.says) else self.says

    @property
    def minutes(self) -> list[float]:
        """How long after it was taken each question was asked."""
        return [ago / timedelta(minutes=1) for _, _, ago in self.questions]


def said(state: Any, **more: Any) -> tuple[Receipt, ...]:
    return (Receipt(**{"provider_ref": "", "state": state, "signed": True, **more}),)


@pytest.fixture
def mail() -> Askable:
    return Askable()


@pytest.fixture
def sms() -> RecordingChannel:
    return RecordingChannel(Trust.SHARED)


@pytest.fixture
def school(tmp_path: Path, mail: Askable, sms: RecordingChannel) -> Iterator[InventedSchool]:
    channels = {"mail": mail, "sms": sms}
    with open_school(tmp_path / "s", storage="sqlite", plan=PLAN, channels=channels) as made:
        yield made
        assert verify(made.school).ok


def crisis(school: InventedSchool, severity: str = "high") -> None:
    """A crisis about student 1, of which the homeroom teacher is told by mail."""
    number = school.number(1)
    school.desk("counselor-b").signals.report(number, "message", {"fear": "marked"})
    case = school.desk("counselor-a").cases.about(number)
    case.acknowledge()
    case.declare_crisis(danger="self", place="home", proposal="hospital", severity=severity)
    school.tick()


def line(school: InventedSchool, channel: str = "mail") -> dict[str, Any]:
    """What the operator sees of the message that went over a channel last."""
    found = [one for one in school.net.operator().channels.sent() if one["channel"] == channel]
    return found[0]


def notice_of(school: InventedSchool, channel: str = "mail") -> Notice:
    return card(school.school, f"notice/{line(school, channel)['notice']}", Notice)


def kept(school: InventedSchool) -> list[str]:
    """Where numbers of providers are kept to ask by."""
    query = Query(index="kind", prefixes=(("channel",),), limit=500)
    found = school.school.storage.query(school.school.part, query).documents
    return [one.key for one in found if one.key.startswith("channel/~lookup/")]


def let_pass(school: InventedSchool, minutes: int) -> None:
    """Time passes, minute by minute, and a tick in each."""
    for _ in range(minutes):
        school.tick(minutes=1)


def size(school: InventedSchool) -> int:
    return school.school.storage.read(school.school.part, []).position


# -- when and how often -------------------------------------------------------------------------


def test_an_urgent_message_is_asked_about_early_and_then_ever_less(
    school: InventedSchool, mail: Askable
) -> None:
    crisis(school)
    assert mail.minutes == []
    let_pass(school, 361)
    assert mail.minutes == list(URGENT)
    school.tick(days=3)
    assert mail.minutes == list(URGENT), "the last time of the plan is the last"
    assert not kept(school)


def test_what_can_wait_is_asked_about_later_and_less_often(
    school: InventedSchool, mail: Askable
) -> None:
    queue(school, 1)
    school.tick()
    for _ in range(30):
        school.tick(minutes=10)
    school.tick(hours=24)
    assert mail.minutes == [10, 40, 180]
    assert not kept(school)


def test_a_school_whose_clock_stood_still_asks_once_for_all_that_it_missed(
    school: InventedSchool, mail: Askable
) -> None:
    crisis(school)
    school.tick(minutes=30)
    school.tick()
    assert mail.minutes == [30]


def test_a_provider_is_not_asked_for_longer_than_it_answers(tmp_path: Path) -> None:
    mail = Askable(within=timedelta(minutes=15))
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        crisis(school)
        let_pass(school, 120)
        assert mail.minutes == [1, 3, 8]
        assert not kept(school)


@pytest.mark.parametrize(
    ("tells", "heard", "asked"),
    [
        ("read", "read", [1]),
        ("delivered", "delivered", [1]),
        ("delivered", "read", [1]),
        ("read", "delivered", [1, 3, 8, 20]),
        ("delivered", "failed", [1, 3, 8, 20]),
    ],
)
def test_whoever_has_heard_the_most_that_a_provider_tells_asks_no_more(
    tmp_path: Path, tells: str, heard: str, asked: list[float]
) -> None:
    mail = Askable(said(heard), tells=tells)
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        crisis(school)
        let_pass(school, 30)
        assert mail.minutes == asked
        assert bool(kept(school)) is (len(asked) > 1)


def test_nobody_is_asked_about_a_message_that_its_receiver_has_answered(
    school: InventedSchool, mail: Askable
) -> None:
    crisis(school)
    school.tick(minutes=1)
    school.desk("homeroom-1").inbox.acknowledge(line(school)["notice"])
    school.tick(minutes=10)
    school.tick(hours=2)
    assert mail.minutes == [1]
    assert not kept(school)


def test_a_school_whose_plan_asks_nobody_asks_nobody(tmp_path: Path) -> None:
    mail = Askable(said("read"))
    plan = f'{PLAN}\n[lookups]\nurgent = []\nother = []\norigin = {{ kind = "site", ref = "x" }}\n'
    with open_school(tmp_path / "s", plan=plan, channels={"mail": mail}) as school:
        crisis(school)
        school.tick(hours=5)
        assert mail.questions == []
        assert not kept(school)


# -- what is heard -----------------------------------------------------------------------------


@pytest.mark.clause("C6.2")
def test_taken_delivered_and_read_are_heard_one_after_the_other_and_never_turn_back(
    school: InventedSchool, mail: Askable
) -> None:
    crisis(school)
    seen = [line(school)["receipt"]]
    for state, minutes in (("failed", 1), ("delivered", 2), ("failed", 5), ("read", 12)):
        mail.says = said(state)
        school.tick(minutes=minutes)
        seen.append(line(school)["receipt"])
    assert seen == ["", "failed", "delivered", "delivered", "read"]
    assert (line(school)["result"], line(school)["answered"]) == ("accepted", False)


@pytest.mark.clause("C6.2")
def test_that_it_was_read_is_no_answer_and_stops_no_route(
    school: InventedSchool, mail: Askable
) -> None:
    mail.says = said("read")
    crisis(school)
    school.tick(minutes=1)
    assert line(school)["receipt"] == "read"
    assert notice_of(school).acknowledged is None
    assert school.desk("homeroom-1").inbox.list()
    assert school.tick(minutes=30).escalated >= 1


def wrong() -> Sequence[tuple[str, Any]]:
    """Answers that say nothing of this message."""

    def raises() -> Any:
        raise RuntimeError("a text that nobody keeps")

    return (
        ("nothing", ()),
        ("a result", SendResult(cls=ResultClass.TRANSIENT)),
        ("an error", raises),
        ("no list", 7),
        ("a text", "read"),
        ("no receipts", ("read", None, {"state": "read"})),
        ("accepted", said("accepted")),
        ("acknowledged", said("acknowledged")),
        ("a state that is none", said("seen")),
        ("a state that is no text", said(["read"])),
        ("another person's", said("read", address="somebody-else")),
        ("an address that is none", said("read", address=7)),
        ("another message's", said("read", key="notice-0/mail")),
        ("a signature that is none", said("read", signed="yes")),
    )


@pytest.mark.parametrize(("sort", "answer"), wrong(), ids=[sort for sort, _ in wrong()])
def test_an_answer_that_says_nothing_of_the_message_changes_nothing(
    school: InventedSchool, mail: Askable, sort: str, answer: Any
) -> None:
    mail.says = answer
    crisis(school)
    before, notice = size(school), notice_of(school)
    school.tick(minutes=1)
    assert len(mail.questions) == 1, sort
    assert size(school) == before
    assert notice_of(school) == notice
    mail.says = said("read")
    school.tick(minutes=2)
    assert line(school)["receipt"] == "read", "and the next time it is asked again"


def test_of_several_answers_the_one_that_says_most_counts(
    school: InventedSchool, mail: Askable
) -> None:
    mail.says = (*said("delivered"), *said("read"), *said("failed"), None)
    crisis(school)
    school.tick(minutes=1)
    assert line(school)["receipt"] == "read"


def test_what_a_plugin_does_not_vouch_for_is_a_hint(school: InventedSchool, mail: Askable) -> None:
    mail.says = said("read", signed=False)
    crisis(school)
    let_pass(school, 3)
    assert (line(school)["receipt"], line(school)["hint"]) == ("", "read")
    assert mail.minutes == [1, 3], "a hint ends no question"


def test_a_call_about_no_student_is_asked_about_too(school: InventedSchool, mail: Askable) -> None:
    mail.says = said("read")
    queue(school, 1)
    school.tick()
    school.tick(minutes=10)
    assert (line(school)["receipt"], line(school)["answered"]) == ("read", False)
    assert not kept(school)


# -- what failed goes another way -----------------------------------------------------------------

BOTH = PLAN.replace('["mail"]', '["mail", "sms"]')


@pytest.mark.clause("C6.2")
def test_what_a_provider_took_and_could_not_deliver_goes_over_the_next_channel(
    tmp_path: Path, sms: RecordingChannel
) -> None:
    mail = Askable(said("failed"))
    channels = {"mail": mail, "sms": sms}
    with open_school(tmp_path / "s", plan=BOTH, channels=channels) as school:
        crisis(school)
        assert (len(mail.received), len(sms.received)) == (1, 0)
        school.tick(minutes=1)
        assert len(sms.received) == 1, "in the same tick"
        let_pass(school, 10)
        assert len(sms.received) == 1
        assert line(school)["receipt"] == "failed"


def test_a_failure_that_nobody_signed_sends_nothing(tmp_path: Path, sms: RecordingChannel) -> None:
    mail = Askable(said("failed", signed=False))
    with open_school(tmp_path / "s", plan=BOTH, channels={"mail": mail, "sms": sms}) as school:
        crisis(school)
        let_pass(school, 5)
        assert line(school)["hint"] == "failed"
        assert not sms.calls


def test_at_imminent_all_went_at_once_and_a_failure_sends_nothing_twice(
    tmp_path: Path, sms: RecordingChannel
) -> None:
    mail = Askable(said("failed"))
    with open_school(tmp_path / "s", plan=BOTH, channels={"mail": mail, "sms": sms}) as school:
        crisis(school, "imminent")
        assert (len(mail.calls), len(sms.calls)) == (1, 1)
        let_pass(school, 5)
        assert (len(mail.calls), len(sms.calls)) == (1, 1)


@pytest.mark.parametrize("about", ["a student", "no student"])
def test_a_message_that_failed_everywhere_stays_in_sight_until_it_arrives(
    school: InventedSchool, mail: Askable, about: str
) -> None:
    mail.says = said("failed", provider_code="143105")
    if about == "a student":
        crisis(school)
        first, second = 1, 2
    else:
        queue(school, 1)
        school.tick()
        first, second = 10, 30
    operator = school.net.operator()
    assert not _lost(school)
    school.tick(minutes=first)
    assert _lost(school) == ["143105"]
    assert operator.channels.list()
    mail.says = said("delivered")
    school.tick(minutes=second)
    assert not _lost(school), "it has arrived after all"


def _lost(school: InventedSchool) -> list[str]:
    from psysafe.engine.troubles import undelivered

    return [one.code for one in undelivered(school.school)]


# -- it holds up nothing ------------------------------------------------------------------------


def test_messages_go_first_and_questions_last(school: InventedSchool, mail: Askable) -> None:
    crisis(school)
    mail.order.clear()
    school.clock.advance(minutes=1)
    queue(school, 12)
    school.net.operator().tick(budget=12)
    assert mail.order == ["send"] * 12, "a question takes no message's place in a tick"
    queue(school, 1)
    school.tick()
    assert mail.order == ["send"] * 13 + ["ask"]


def test_a_provider_that_does_not_come_back_costs_a_tick_a_few_seconds_and_no_message(
    school: InventedSchool, mail: Askable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "SECONDS", 0.2)
    gate = threading.Event()
    mail.says = lambda: gate.wait(30) and said("read")
    crisis(school)
    queue(school, 3)
    school.tick()
    began = time.monotonic()
    school.tick(minutes=1)
    school.tick(minutes=2)  # it is still out: it is not asked again, and sends all the same
    assert time.monotonic() - began < 10
    assert len(mail.questions) == 1
    queue(school, 1, severity=Severity.HIGH)
    school.tick(seconds=1)
    assert len(mail.received) == 5
    assert line(school)["receipt"] == ""
    gate.set()
    mail.says = said("read")
    for _ in range(500):
        if not lookups._is_out(school.school, "mail"):
            break
        time.sleep(0.01)
    let_pass(school, 8)
    assert {one["receipt"] for one in school.net.operator().channels.sent()} >= {"read"}


def test_one_channel_that_hangs_keeps_no_other_from_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "SECONDS", 0.5)
    gate = threading.Event()
    mail, sms = Askable(lambda: gate.wait(30)), Askable(said("delivered"))
    with open_school(tmp_path / "s", plan=BOTH, channels={"mail": mail, "sms": sms}) as school:
        crisis(school, "imminent")
        school.tick(minutes=1)
        assert (line(school)["receipt"], line(school, "sms")["receipt"]) == ("", "delivered")
        gate.set()


class Lines(Askable):
    """Each question opens a line; `close` gives back those that are open."""

    def __init__(self, answers: threading.Event) -> None:
        super().__init__(lambda: answers.wait(30) and self.opened())
        self.lines, self.told = 0, threading.Event()

    def opened(self) -> Sequence[Receipt]:
        self.lines += 1
        self.told.set()
        return said("read")

    def close(self) -> None:
        self.lines = 0


def test_no_line_of_a_question_outlives_a_school_that_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "SECONDS", 0.2)
    answers = threading.Event()
    mail = Lines(answers)
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        crisis(school)
        school.tick(minutes=1)
        assert (len(mail.questions), mail.lines) == (1, 0), "it is out"
        threading.Timer(0.1, answers.set).start()
    assert mail.told.wait(5), "it came back behind a school that was being closed"
    assert mail.lines == 0
    assert not school.school.messages.enter()


def test_a_school_that_is_being_closed_begins_no_question(tmp_path: Path) -> None:
    mail = Askable(said("read"))
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        crisis(school)
        school.school.messages.shut()
        school.tick(minutes=1)
        assert mail.questions == []


def test_one_tick_asks_so_many_questions_and_the_next_ones_ask_the_rest(tmp_path: Path) -> None:
    mail = Askable(said("read"))
    plan = f"{PLAN}\n[lookups]\neach_tick = 7\n"
    with open_school(tmp_path / "s", plan=plan, channels={"mail": mail}) as school:
        queue(school, 30)
        school.tick()
        asked = []
        school.clock.advance(minutes=10)
        for _ in range(6):
            before = len(mail.questions)
            school.tick(minutes=1)
            asked.append(len(mail.questions) - before)
        assert max(asked) == 7
        assert len(mail.questions) == 30
        assert not kept(school)


def test_questions_keep_to_the_limit_of_the_provider_and_take_no_room_from_messages(
    tmp_path: Path,
) -> None:
    mail = Askable(said("read"), rate=(Rate(count=10, seconds=60.0),))
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        queue(school, 30)
        assert school.tick().sent == 30
        school.clock.advance(minutes=10)
        asked = []
        for _ in range(6):
            before = len(mail.questions)
            school.tick(seconds=61)
            asked.append(len(mail.questions) - before)
        assert max(asked) == 7, "four fifths of nine tenths of it"
        assert len(mail.questions) == 30


def test_a_channel_that_its_provider_has_shut_is_not_asked_either(tmp_path: Path) -> None:
    mail = Limited(said("read"))
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        queue(school, 1)
        school.tick()
        school.clock.advance(minutes=9)
        mail.next_behave(ResultClass.RATE_LIMITED)
        queue(school, 1)
        school.tick()
        school.tick(minutes=2)
        assert mail.questions == []
        school.tick(minutes=15)
        assert len(mail.questions) >= 1


class Limited(Askable):
    """A channel that is closed for ten minutes after too much."""

    @property
    def capabilities(self) -> Capabilities:
        return attrs.evolve(super().capabilities, rate=(Rate(count=99, seconds=60, penalty=600),))


# -- what it costs, and that twice does no harm ---------------------------------------------------


class Counted:
    """Counts the calls of a store."""

    def __init__(self, store: Storage) -> None:
        self._store = store
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*given: Any, **named: Any) -> Any:
            self.calls[name] += 1
            return found(*given, **named)

        return call


def test_a_tick_with_nothing_to_ask_makes_no_call_of_the_store_more(tmp_path: Path) -> None:
    def calls(channel: RecordingChannel, folder: str) -> Counter[str]:
        stores: list[Any] = []

        def wrap(store: Storage) -> Any:
            stores.append(Counted(store))
            return stores[-1]

        with open_school(
            tmp_path / folder, storage="sqlite", plan=PLAN, channels={"mail": channel}, wrap=wrap
        ) as school:
            crisis(school)
            stores[-1].calls.clear()
            school.tick(seconds=30)
            counted: Counter[str] = Counter(stores[-1].calls)
            return counted

    assert calls(Askable(), "a") == calls(RecordingChannel(Trust.PERSONAL), "b")


def test_a_question_that_was_begun_and_never_came_back_is_not_asked_again_at_once(
    school: InventedSchool, mail: Askable
) -> None:
    """A program that is killed while it asks: its lease ends, and the next time is the next."""
    crisis(school)
    school.clock.advance(minutes=1)
    parts = school.school
    taken = parts.storage.claim([parts.part], school.clock.now(), 50, timedelta(seconds=60))
    assert [one.topic for one in taken] == [lookups.LOOKUP]
    school.tick(seconds=61)
    assert mail.questions == []
    school.tick(minutes=1)
    assert mail.minutes == [pytest.approx(3, abs=0.1)]


def test_two_engines_that_ask_the_same_write_it_once(school: InventedSchool, mail: Askable) -> None:
    mail.says = said("delivered")
    crisis(school)
    school.clock.advance(minutes=1)
    parts, now = school.school, school.clock.now()
    (claim,) = parts.storage.claim([parts.part], now, 50, timedelta(seconds=60))
    before = size(school)

    def ask() -> None:
        questions = lookups.Questions(parts, now)
        questions.take(claim)
        questions.ask()

    both = [threading.Thread(target=ask) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(mail.questions) == 2
    assert size(school) == before + 1
    assert line(school)["receipt"] == "delivered"


@pytest.mark.parametrize("minutes", [1, 7, 61])
def test_a_message_is_asked_about_no_more_often_than_the_plan_has_times(
    school: InventedSchool, mail: Askable, minutes: int
) -> None:
    """However time passes, and however many of those who ask are killed."""
    crisis(school)
    parts = school.school
    for turn in range(40):
        school.tick(minutes=minutes)
        if turn % 3 == 0:
            parts.storage.claim([parts.part], school.clock.now(), 50, timedelta(seconds=60))
    assert 0 < len(mail.questions) <= len(URGENT)


def test_a_store_that_fails_meanwhile_loses_a_question_and_no_tick(tmp_path: Path) -> None:
    class Broken(Counted):
        on = False

        def commit(self, *given: Any, **named: Any) -> Any:
            if self.on:
                raise OSError("the disk is full")
            return self._store.commit(*given, **named)

    stores: list[Broken] = []

    def wrap(store: Storage) -> Any:
        stores.append(Broken(store))
        return stores[-1]

    mail = Askable(said("delivered"))
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}, wrap=wrap) as school:
        crisis(school)
        stores[-1].on = True
        school.tick(minutes=1)
        stores[-1].on = False
        assert line(school)["receipt"] == ""
        school.tick(minutes=2)
        school.tick(minutes=6)
        assert line(school)["receipt"] == "delivered"


# -- what is kept ---------------------------------------------------------------------------------


def test_a_number_is_kept_while_it_is_asked_by_and_no_longer_than_a_week(
    school: InventedSchool, mail: Askable
) -> None:
    crisis(school)
    (key,) = kept(school)
    assert key == f"channel/~lookup/{line(school)['notice']}/mail"
    audit(school.school, school.clock.now())
    assert kept(school) == [key]
    school.clock.advance(days=7)
    audit(school.school, school.clock.now())
    assert not kept(school)


def test_a_number_whose_student_was_erased_is_gone_and_nobody_is_asked(
    school: InventedSchool, mail: Askable
) -> None:
    crisis(school)
    notice = line(school)["notice"]
    key = f"channel/~lookup/{notice}/mail"
    assert refs.about(school.school, {notice}) == (key,)
    assert refs.about(school.school, {"notice-another"}) == ()
    assert gather(school.school, student_id(1)).world.student.id == student_id(1)
    parts = school.school
    parts.storage.keep(parts.part, (), {}, (key,))  # type: ignore[attr-defined]
    school.tick(minutes=1)
    assert mail.questions == []


@pytest.mark.parametrize("how", ["no capability", "no function", "raises", "no number"])
def test_a_channel_that_cannot_be_asked_costs_nothing(tmp_path: Path, how: str) -> None:
    mail: Any = {
        "no capability": RecordingChannel(Trust.PERSONAL),
        "no function": Declares(),
        "raises": Raises(),
        "no number": Numberless(),
    }[how]
    with open_school(tmp_path / "s", plan=PLAN, channels={"mail": mail}) as school:
        crisis(school)
        assert line(school)["result"] == "accepted"
        assert not kept(school)
        school.tick(minutes=1)


class Declares(RecordingChannel):
    """It says that it can be asked, and has no function for it."""

    @property
    def capabilities(self) -> Capabilities:
        asked = Asked(tells="read", within=timedelta(hours=1))
        return attrs.evolve(super().capabilities, asked=asked)

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        return attrs.evolve(super().send(message, address, seconds), provider_ref="1")


class Raises(Askable):
    """What it says of itself is none of the contract's."""

    @property
    def capabilities(self) -> Capabilities:
        return attrs.evolve(super().capabilities, asked="read")  # type: ignore[arg-type]


class Numberless(Askable):
    """It takes a message and gives no number."""

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        return attrs.evolve(super().send(message, address, seconds), provider_ref=None)
