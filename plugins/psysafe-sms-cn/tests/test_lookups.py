"""What became of an SMS is asked of Aliyun and Tencent, through the school's own outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.clock import SystemClock
from psysafe.contracts.channel import Secret
from psysafe.domain.duties import Notice
from psysafe.engine.gather import card
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.transport import HttpTransport
from psysafe.engine.verify import verify
from psysafe.sensitivity import Trust
from psysafe.testing import Aliyun, Tencent
from psysafe.testing.channel_contract import NONSENSE, SECRET
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.providers import (
    DELIVERED,
    EMPTY,
    FAILED,
    HTML,
    OF_OTHERS,
    SERVER_ERROR,
    TRUNCATED,
    UNKNOWN,
)
from psysafe.testing.providers_sms import SmsProvider
from psysafe.testing.schools import InventedSchool, open_school
from psysafe_sms_cn import open_aliyun, open_tencent

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["sms", "mail"]
"""
OWN: dict[str, Any] = {
    "sign_name": "第三中学",
    "fields": {"time": "answer_by", "phone": "number", "no": "mark"},
}


def aliyun(provider: SmsProvider) -> Any:
    keys = {"key_id": SmsProvider.KEY_ID, "key_secret": Secret(SECRET), "template": "SMS_1"}
    return open_aliyun({**OWN, **keys, "base": provider.base})


def tencent(provider: SmsProvider) -> Any:
    keys = {"secret_id": SmsProvider.KEY_ID, "secret_key": Secret(SECRET), "template": "449739"}
    return open_tencent({**OWN, **keys, "app_id": "1400006666", "base": provider.base})


BOTH: tuple[tuple[Callable[[str], Any], Callable[[SmsProvider], Any]], ...] = (
    (Aliyun, aliyun),
    (Tencent, tencent),
)


class SchoolTime:
    """The school's time for the channel, as it is where nothing is rehearsed."""

    school: InventedSchool | None = None

    def now(self) -> datetime:
        return self.school.clock.now() if self.school is not None else SystemClock().now()


@attrs.frozen
class Sent:
    """A school whose homeroom teacher of class 1 was told of a crisis by SMS."""

    school: InventedSchool
    provider: SmsProvider
    mail: RecordingChannel

    def line(self) -> dict[str, Any]:
        """What the operator sees of it."""
        sent = self.school.net.operator().channels.sent()
        return next(one for one in sent if one["channel"] == "sms")

    def notice(self) -> Notice:
        return card(self.school.school, f"notice/{self.line()['notice']}", Notice)

    def tick(self, **passed: float) -> None:
        """Time passes here and at the provider."""
        self.school.clock.advance(**passed)
        self.provider.ahead = self.school.clock.now() - SystemClock().now()
        self.school.tick()


@pytest.fixture(params=BOTH, ids=["aliyun", "tencent"])
def sent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sent]:
    stand_in, channel = request.param
    provider, clock, mail = stand_in(SECRET), SchoolTime(), RecordingChannel(Trust.PERSONAL)
    over = OverHttp(channel(provider), HttpTransport(), "this-machine", clock)
    channels = {"sms": over, "mail": mail}
    with (
        closing(over),
        open_school(tmp_path / "s", storage="sqlite", plan=PLAN, channels=channels) as school,
    ):
        clock.school = school
        # Four minutes before midnight in China.
        school.clock.set(datetime.fromisoformat("2026-11-02T23:56:00+08:00"))
        number = school.number(1)
        school.desk("counselor-b").signals.report(number, "message", {"fear": "marked"})
        case = school.desk("counselor-a").cases.about(number)
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal="hospital", severity="high")
        found = Sent(school, provider, mail)
        found.tick()
        yield found
        assert verify(school.school).ok
    provider.stop()


@pytest.mark.clause("C6.2")
def test_that_it_arrived_is_heard_signed_and_stops_no_route(sent: Sent) -> None:
    assert (sent.line()["result"], sent.line()["receipt"]) == ("accepted", "")
    sent.tick(minutes=1)
    seen = sent.line()
    assert (seen["receipt"], seen["hint"], seen["answered"]) == ("delivered", "", False)
    assert sent.notice().acknowledged is None
    sent.tick(minutes=30)
    sent.tick(hours=2)
    assert sent.provider.questions == 1, "there is nothing more to hear"


def test_the_day_after_it_is_asked_about_the_day_on_which_it_went(sent: Sent) -> None:
    sent.provider.later(UNKNOWN)
    sent.tick(minutes=3)
    assert sent.line()["receipt"] == ""
    sent.provider.later(DELIVERED)
    sent.tick(minutes=5)
    assert sent.line()["receipt"] == "delivered"


@pytest.mark.clause("C6.2")
def test_an_sms_that_no_carrier_delivered_goes_by_mail(sent: Sent) -> None:
    sent.provider.later(FAILED)
    assert not sent.mail.calls
    sent.tick(minutes=1)
    assert sent.line()["receipt"] == "failed"
    assert len(sent.mail.received) == 1


@pytest.mark.parametrize(
    "how", [UNKNOWN, OF_OTHERS, NONSENSE, HTML, EMPTY, TRUNCATED, SERVER_ERROR]
)
def test_an_answer_that_tells_nothing_of_it_changes_nothing(sent: Sent, how: str) -> None:
    sent.provider.later(how)
    before = sent.notice()
    sent.tick(minutes=1)
    assert sent.provider.questions == 1
    assert sent.notice() == before
    assert not sent.mail.calls


def test_what_a_stranger_pushed_is_outranked_by_what_was_asked(sent: Sent) -> None:
    back = sent.provider.call_back(good=False)
    sent.school.net.acknowledgements.called("sms", back.headers, back.body, back.query)
    assert (sent.line()["receipt"], sent.line()["hint"]) == ("", "failed")
    assert not sent.mail.calls, "anybody could have said so"
    sent.tick(minutes=1)
    assert (sent.line()["receipt"], sent.line()["hint"]) == ("delivered", "failed")


def test_it_is_asked_at_most_as_often_as_the_plan_says(sent: Sent) -> None:
    sent.provider.later(UNKNOWN)
    plan = sent.school.school.plan.lookups
    assert plan is not None
    for minutes in (1, 2, 5, 12, 40, 300, 600, 1440, 1440):
        sent.tick(minutes=minutes)
    assert sent.provider.questions == len(plan.urgent)
