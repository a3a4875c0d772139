"""Whether a message was read is asked of DingTalk and Feishu, through the school's own outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from psysafe.contracts.channel import Secret
from psysafe.domain import events as e
from psysafe.domain.duties import Notice
from psysafe.engine import lookups
from psysafe.engine.gather import card, roster
from psysafe.engine.http_channels import over_http
from psysafe.engine.verify import verify
from psysafe.sensitivity import Trust, changed
from psysafe.testing import DingTalk, Feishu
from psysafe.testing.channel_contract import NONSENSE, SILENT
from psysafe.testing.channels import RecordingChannel
from psysafe.testing.providers import (
    DELIVERED,
    EMPTY,
    FAILED,
    HTML,
    OF_OTHERS,
    READ,
    REDIRECT,
    SERVER_ERROR,
    TRUNCATED,
    UNKNOWN,
    HttpProvider,
)
from psysafe.testing.schools import InventedSchool, open_school, staff_id
from psysafe_chat_cn import opener

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["work", "sms"]
"""
SETTINGS: dict[str, dict[str, Any]] = {
    "dingtalk_work": {"app_key": "k", "app_secret": Secret("s"), "agent_id": 1},
    "feishu_app": {"app_id": "cli_1", "app_secret": Secret("s")},
}


@attrs.frozen
class Asked:
    """A school whose homeroom teacher of class 1 was told of a crisis by a work notice."""

    school: InventedSchool
    provider: HttpProvider
    sms: RecordingChannel

    def line(self) -> dict[str, Any]:
        """What the operator sees of it."""
        sent = self.school.net.operator().channels.sent()
        return next(one for one in sent if one["channel"] == "work")

    def notice(self) -> Notice:
        return card(self.school.school, f"notice/{self.line()['notice']}", Notice)


@pytest.fixture(params=["dingtalk_work", "feishu_app"])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asked]:
    use: str = request.param
    provider = DingTalk() if use == "dingtalk_work" else Feishu()
    own = {"use": use, "base": provider.base, "reach": "this-machine", **SETTINGS[use]}
    sms = RecordingChannel(Trust.SHARED)
    with (
        closing(over_http(opener(use), own)) as over,
        open_school(
            tmp_path / "s", storage="sqlite", plan=PLAN, channels={"work": over, "sms": sms}
        ) as school,
    ):
        teacher = roster(school.school).staff[staff_id("homeroom-1")]
        ways = {**teacher.addresses, "work": provider.KNOWN}
        school._enter(e.PersonAdded(staff=changed(teacher, addresses=ways)))
        number = school.number(1)
        school.desk("counselor-b").signals.report(number, "message", {"fear": "marked"})
        case = school.desk("counselor-a").cases.about(number)
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal="hospital", severity="high")
        school.tick()
        yield Asked(school, provider, sms)
        assert verify(school.school).ok
    provider.stop()


@pytest.mark.clause("C6.2")
def test_that_it_was_read_is_seen_beside_taken_and_is_no_answer(asked: Asked) -> None:
    school, provider = asked.school, asked.provider
    assert (asked.line()["result"], asked.line()["receipt"]) == ("accepted", "")
    school.tick(minutes=1)
    known = "delivered" if isinstance(provider, DingTalk) else ""
    assert asked.line()["receipt"] == known, "Feishu tells nothing but that it was read"
    provider.later(READ)
    school.tick(minutes=2)
    seen = asked.line()
    assert (seen["result"], seen["receipt"], seen["hint"], seen["answered"]) == (
        "accepted",
        "read",
        "",
        False,
    )
    assert asked.notice().acknowledged is None
    assert school.desk("homeroom-1").inbox.list()
    assert school.tick(minutes=30).escalated >= 1, "the route goes on"
    assert provider.questions == 2, "whoever has heard that it was read asks no more"
    counts = next(c for c in school.net.operator().channels.list() if c["channel"] == "work")
    assert counts["receipts"] == {"read": 1}


@pytest.mark.clause("C6.2")
@pytest.mark.parametrize("asked", ["dingtalk_work"], indirect=True)
def test_over_its_quota_it_says_success_and_what_it_says_later_sends_an_sms(asked: Asked) -> None:
    asked.provider.later(FAILED)
    assert not asked.sms.calls
    asked.school.tick(minutes=1)
    assert asked.line()["receipt"] == "failed"
    assert len(asked.sms.received) == 1


@pytest.mark.parametrize(
    "how", [UNKNOWN, OF_OTHERS, NONSENSE, HTML, EMPTY, TRUNCATED, REDIRECT, SERVER_ERROR]
)
def test_an_answer_that_tells_nothing_of_it_changes_nothing(asked: Asked, how: str) -> None:
    asked.provider.later(how)
    before = asked.notice()
    asked.school.tick(minutes=1)
    assert asked.provider.questions == 1
    assert asked.notice() == before
    assert not asked.sms.calls


def test_a_provider_that_does_not_answer_holds_up_no_message(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "SECONDS", 0.3)
    asked.provider.later(SILENT)
    before = asked.notice()
    asked.school.tick(minutes=1)
    assert asked.provider.questions == 1
    assert asked.notice() == before
    school, taken = asked.school, len(asked.provider.taken())
    number = school.number(2)
    school.desk("counselor-b").signals.report(number, "message", {"fear": "marked"})
    case = school.desk("counselor-a").cases.about(number)
    case.acknowledge()
    case.declare_crisis(danger="self", place="home", proposal="hospital", severity="high")
    school.tick(seconds=5)
    assert len(asked.provider.taken()) == taken + 1


def test_it_is_asked_at_most_as_often_as_the_plan_says(asked: Asked) -> None:
    asked.provider.later(DELIVERED)
    plan = asked.school.school.plan.lookups
    assert plan is not None
    for minutes in (1, 2, 5, 12, 40, 300, 600, 1440, 1440):
        asked.school.tick(minutes=minutes)
    assert asked.provider.questions == len(plan.urgent)


def test_a_token_that_was_taken_back_is_fetched_anew_for_the_next_question(asked: Asked) -> None:
    asked.provider.expire_tokens()
    asked.provider.later(READ)
    asked.school.tick(minutes=1)
    assert asked.line()["receipt"] == ""
    asked.school.tick(minutes=2)
    assert asked.line()["receipt"] == "read"


def test_what_can_be_asked_of_a_channel_stands_in_the_list_of_channels(asked: Asked) -> None:
    found = {one["channel"]: one["asked"] for one in asked.school.net.operator().channels.list()}
    hours = 24 if isinstance(asked.provider, DingTalk) else 168
    assert found["work"] == {"tells": "read", "hours": hours}
    assert found["sms"] == {}
