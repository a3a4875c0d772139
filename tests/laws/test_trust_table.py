"""The one table of trust, tried whole: what each channel carries, of each class, for each purpose.

The table stands here once more, by hand, as the design has it: a declared room of staff and an
SMS carry K0, any other room nothing about one person, what only one person opens K1, what lies
behind a login K2; K3 is never sent.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import entry_points
from itertools import product
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe import sensitivity
from psysafe.builtin.inbox import Inbox
from psysafe.contracts.channel import (
    Capabilities,
    Message,
    Problem,
    ResultClass,
    Secret,
    SendResult,
    trust_of,
)
from psysafe.contracts.http import Token
from psysafe.desk.speaking import CatalogueSpeaker
from psysafe.domain import privacy, privacy_overlays
from psysafe.domain.duties import Notice
from psysafe.domain.severity import Severity
from psysafe.engine.gather import gather
from psysafe.engine.sending import Allowance, send_over
from psysafe.engine.texts import text_for
from psysafe.engine.words import NOTICE_OPENINGS
from psysafe.ids import NoticeId, PersonId, RunId
from psysafe.sensitivity import CARRIES, ContentClass, Trust
from psysafe.testing.channel_contract import message
from psysafe.testing.schools import (
    STUDENTS,
    InventedSchool,
    guardian_id,
    open_school,
    staff_id,
    student_id,
)

K0, K1, K2, K3 = ContentClass
NOW = datetime(2026, 11, 2, tzinfo=UTC)
MOBILE, USER, OPEN_ID = "13800000000", "wangfang", "ou_7d8a6e6df7621556ce0d21922b676706"
MOST: Mapping[Trust, ContentClass | None] = {
    Trust.PUBLIC: None,
    Trust.SHARED: K0,
    Trust.PERSONAL: K1,
    Trust.SEALED: K2,
}
#: Who reads there, and the most that may be believed of such a place.
PLACES: Mapping[str, Trust] = {
    "person": Trust.SEALED,
    "group": Trust.SHARED,
    "public": Trust.PUBLIC,
}
HOOK = "whsec_" + base64.b64encode(b"k" * 24).decode()
WECOM: dict[str, Any] = {"corp_id": "c", "secret": Secret("s"), "agent_id": "1"}
BUTTON: dict[str, Any] = {
    "button": True,
    "callback_token": Secret("t"),
    "callback_key": Secret("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP0"),
}
ROOM: dict[str, Any] = {"token": Secret("t")}
MAIL: dict[str, Any] = {"host": "mail.school.example", "from": "psysafe@school.example"}
POSTED: dict[str, Any] = {"url": "https://portal.school.example/x", "secret": Secret(HOOK)}
ALIYUN: dict[str, Any] = {
    "key_id": "k",
    "key_secret": Secret("s"),
    "sign_name": "第三中学",
    "template": "SMS_1",
    "fields": {"time": "answer_by", "phone": "number", "no": "mark"},
}
TENCENT: dict[str, Any] = {
    "secret_id": "k",
    "secret_key": Secret("s"),
    "app_id": "1",
    "sign_name": "第三中学",
    "template": "1",
    "fields": {"time": "answer_by", "phone": "number", "no": "mark"},
}
DING: dict[str, Any] = {"app_key": "k", "app_secret": Secret("s"), "agent_id": "1"}
FEISHU: dict[str, Any] = {"app_id": "a", "app_secret": Secret("s")}
WECHAT: dict[str, Any] = {
    "app_id": "a",
    "app_secret": Secret("s"),
    "template": "t",
    "fields": {"thing1": "what", "time2": "answer_by"},
}
DECLARED: dict[str, Any] = {"staff_only": True}
#: Every channel as a school may set it: its settings, an address, who reads, what it carries.
CHANNELS: Sequence[tuple[str, dict[str, Any], str, str, ContentClass | None]] = (
    ("inbox", {}, staff_id("head"), "person", K2),
    ("email", MAIL, "wang@school.example", "person", K1),
    ("email", {**MAIL, "trust": "personal"}, "wang@school.example", "person", K1),
    ("email", {**MAIL, "trust": "shared"}, "wang@school.example", "person", K0),
    ("webhook", POSTED, USER, "person", K1),
    ("webhook", {**POSTED, "trust": "personal"}, USER, "person", K1),
    ("webhook", {**POSTED, "trust": "shared"}, USER, "person", K0),
    ("aliyun_sms", ALIYUN, MOBILE, "person", K0),
    ("tencent_sms", TENCENT, MOBILE, "person", K0),
    ("dingtalk_robot", ROOM, MOBILE, "group", None),
    ("dingtalk_robot", {**ROOM, "staff_only": False}, MOBILE, "group", None),
    ("dingtalk_robot", {**ROOM, **DECLARED}, MOBILE, "group", K0),
    ("dingtalk_work", DING, USER, "person", K1),
    ("wecom_robot", {"key": Secret("k")}, MOBILE, "group", None),
    ("wecom_robot", {"key": Secret("k"), **DECLARED}, MOBILE, "group", K0),
    ("wecom_app", WECOM, USER, "person", K1),
    ("wecom_app", {**WECOM, **BUTTON}, USER, "person", K1),
    ("wecom_school", WECOM, f"parent:{USER}", "person", K1),
    ("wecom_school", WECOM, f"student:{USER}", "person", K1),
    ("wechat_oa", WECHAT, "oABCD1234567890abcdefghijklmn", "person", K0),
    ("feishu_robot", ROOM, OPEN_ID, "group", None),
    ("feishu_robot", {**ROOM, **DECLARED}, OPEN_ID, "group", K0),
    ("feishu_app", FEISHU, OPEN_ID, "person", K1),
)
#: Trust that a school would like, and that no setting gives: said as a fault, and not believed.
WISHED = ("sealed", "public", "", 3, True)
PRIVATE, NEUTRAL = "PRIVATE-TEXT", "NEUTRAL-TEXT"


@cache
def shipped() -> dict[str, Any]:
    """How each channel of the distributions is opened, by the name that `use` says."""
    found: dict[str, Any] = {"inbox": Inbox}
    for point in entry_points(group="psysafe"):
        plugin = point.load()
        if hasattr(plugin, "psysafe_channels"):
            found |= {record.name: record.open for record in plugin.psysafe_channels()}
    return found


def opened(use: str, settings: Mapping[str, Any]) -> Any:
    channel = shipped()[use]({"use": use, **settings})
    assert not list(channel.validate()), use
    return channel


@attrs.frozen
class Wire:
    """A channel that keeps what its own code would put on the line."""

    channel: Any
    put: list[str] = attrs.field(factory=list)
    classes: list[ContentClass] = attrs.field(factory=list)

    @property
    def capabilities(self) -> Capabilities:
        return self.channel.capabilities if self.channel is not None else Capabilities()

    def validate(self) -> Sequence[Problem]:
        return ()

    def parse_address(self, text: str) -> str | Problem:
        return self.channel.parse_address(text) if hasattr(self.channel, "parse_address") else text

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        self.classes.append(message.content)
        if hasattr(self.channel, "build"):
            call = self.channel.build(message, address, NOW, Token(value=Secret("t"), seconds=7200))
            assert not isinstance(call, Problem)
            self.put.append(f"{call.url} {call.body.decode()}")
        else:
            self.put.append(message.text)
        return SendResult(cls=ResultClass.ACCEPTED)


@attrs.frozen
class Says:
    """No channel but what one says of itself."""

    capabilities: Capabilities


def sent(channel: Any, content: ContentClass, address: str = "x") -> tuple[Wire, SendResult]:
    """What stands on the line when a text of a class is handed over, and the result."""
    line = Wire(channel)
    text = NEUTRAL if content is K0 else PRIVATE
    said = attrs.evolve(message(), content=content, text=text, neutral=NEUTRAL)
    return line, send_over({}, "x", line, said, address, Allowance(5))


def breaches(channel: Any, most: ContentClass | None, address: str = "x") -> list[str]:
    """Where a channel carries other than the table allows, over all classes of a text."""
    found = []
    for content in ContentClass:
        line, result = sent(channel, content, address)
        if most is None:
            if line.put or result.provider_code != "public_channel":
                found.append(f"{content.name} is not refused")
            continue
        (put,), (kind,) = line.put, line.classes
        free = channel.capabilities.content == "free"
        whole = content <= most
        if kind is not (content if whole else K0):
            found.append(f"{content.name} goes as {kind.name}")
        if (PRIVATE in put) != (free and whole and content is not K0):
            found.append(
                f"{content.name}: the private text is {'' if PRIVATE in put else 'not '}out"
            )
        if free and not whole and NEUTRAL not in put:
            found.append(f"{content.name}: nothing is said")
    return found


def test_every_channel_there_is_has_its_row() -> None:
    assert {use for use, *_ in CHANNELS} == set(shipped())


@pytest.mark.parametrize("row", CHANNELS, ids=lambda row: f"{row[0]} {row[4]}")
def test_each_channel_carries_what_its_row_says_and_nothing_else(row: Any) -> None:
    use, settings, address, audience, most = row
    channel = opened(use, settings)
    assert channel.capabilities.audience == audience
    assert CARRIES[trust_of(channel.capabilities)] is most
    assert breaches(channel, most, address) == []


@pytest.mark.parametrize("wish", WISHED, ids=repr)
@pytest.mark.parametrize("use", sorted({use for use, *_ in CHANNELS} - {"inbox"}))
def test_no_setting_widens_what_a_channel_carries(use: str, wish: object) -> None:
    rows = [row for row in CHANNELS if row[0] == use]
    widest = max((row[4] for row in rows if row[4] is not None), default=K0)
    for key in ("trust", "staff_only", "audience"):
        settings = {"use": use, **rows[0][1], key: wish}
        channel = shipped()[use](settings)
        if key == "staff_only" and wish is True and rows[0][3] == "group":
            continue  # that is how a school declares a room
        assert list(channel.validate()), f"{use} takes {key} = {wish!r}"
        carries = CARRIES[trust_of(channel.capabilities)]
        assert carries is None or carries <= widest


@pytest.mark.parametrize("audience", [*PLACES, "staff", "", None, ["person"]], ids=repr)
@pytest.mark.parametrize("declared", list(Trust))
def test_a_channel_is_believed_no_more_than_who_reads_there(audience: Any, declared: Trust) -> None:
    can = Capabilities(audience=audience, trust=declared)
    place = PLACES.get(audience, Trust.PUBLIC) if isinstance(audience, str) else Trust.PUBLIC
    most = MOST[min(declared, place)]
    assert CARRIES[trust_of(can)] is most
    assert breaches(Says(can), most) == []


def test_what_says_no_trust_carries_nothing() -> None:
    for trust in (None, "sealed", 7, -1):
        line, result = sent(Says(Capabilities(audience="person", trust=trust)), K0)  # type: ignore[arg-type]  # a plugin's fault
        assert line.put == []
        assert result.cls is not ResultClass.ACCEPTED
    assert trust_of(Capabilities()) is Trust.PUBLIC


def test_a_breach_of_the_table_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    room = opened("dingtalk_robot", {**ROOM, **DECLARED})
    assert breaches(room, K1, MOBILE)
    assert breaches(room, None, MOBILE)
    liar = Says(Capabilities(audience="group", trust=Trust.PERSONAL))
    assert breaches(liar, K0) == []
    monkeypatch.setattr(sensitivity, "BELIEVED", {"group": Trust.PERSONAL})
    assert breaches(liar, K0)


# -- what is written for a receiver ----------------------------------------------------------------

NAME, PROPOSAL, NOTE = STUDENTS[1], "to the hospital tonight", "she wrote a letter"
PURPOSES = (*NOTICE_OPENINGS, "taken_up", "a school's own")
RECEIVERS = ("counselor-a", "homeroom-1", "head", "spare", "nobody", "")


@pytest.fixture
def crisis(tmp_path: Path) -> Any:
    with open_school(tmp_path / "school") as school:
        school.desk("homeroom-1").signals.report(
            school.number(1), "one_to_one", {"self_harm": "severe"}, note=NOTE
        )
        case = school.desk("counselor-a").cases.about(school.number(1))
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal=PROPOSAL, severity="imminent")
        yield school


def written(
    school: InventedSchool, purposes: Sequence[str] = PURPOSES
) -> tuple[list[str], set[tuple[Trust, ContentClass]]]:
    """Where a text says more than its channel may carry; which classes each trust was given."""
    world, now = gather(school.school, student_id(1)).world, school.clock.now()
    speaker = CatalogueSpeaker(("zh",), school.net.settings.zone)
    found, met = [], set()
    for purpose, who, trust, opened_ in product(purposes, RECEIVERS, Trust, (False, True)):
        receiver = PersonId(staff_id(who)) if who else guardian_id(1)
        notice = Notice(
            id=NoticeId("notice-000000000001"),
            purpose=purpose,
            receiver=receiver,
            role="counselor",
            severity=Severity.HIGH,
            queued=now,
            student=student_id(1),
            run=RunId("run-000000000001"),
            channels=("x",),
        )
        made = text_for(school.school, notice, world, now, trust, "x", opened=opened_)
        most = MOST[trust]
        place = f"{purpose} to {who or 'the mother'} over {trust.name}"
        if made is None or most is None:
            if made is not None or most is not None:
                found.append(f"{place}: {made}")
            continue
        met.add((trust, made.content))
        text = speaker.say(made.phrases, "zh")
        said = K2 if PROPOSAL in text else K1 if NAME in text else K0
        if made.content > most or said > made.content or NOTE in text or not text:
            found.append(f"{place}: {made.content.name}, {said.name}")
    return found, met


def test_for_every_purpose_receiver_and_trust_the_text_fits(crisis: InventedSchool) -> None:
    found, met = written(crisis)
    assert found == []
    # The table could be kept by saying nothing to anybody.
    assert {(Trust.SHARED, K0), (Trust.PERSONAL, K1), (Trust.SEALED, K2)} <= met


def test_a_table_that_gives_an_sms_a_name_is_seen(
    crisis: InventedSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = {**CARRIES, Trust.SHARED: K1}
    with monkeypatch.context() as patch:
        for room in (privacy, privacy_overlays):
            patch.setattr(room, "CARRIES", planted)
        privacy._plan.cache_clear()
        assert any("over SHARED: K1" in one for one in written(crisis, ["crisis"])[0])
    privacy._plan.cache_clear()
