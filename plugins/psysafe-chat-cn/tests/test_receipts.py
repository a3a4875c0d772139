"""WeChat's receipts through the school: signed ones are believed, forged ones are nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.contracts.channel import Secret
from psysafe.domain import events as e
from psysafe.engine.gather import roster
from psysafe.engine.http_channels import over_http
from psysafe.sensitivity import changed
from psysafe.testing import WeChat
from psysafe.testing.schools import InventedSchool, open_school, staff_id
from psysafe_chat_cn import psysafe_channels

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["wechat"]
"""
EVENTS = "a-word-for-events"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[InventedSchool, WeChat]]:
    provider = WeChat(EVENTS)
    (record,) = [one for one in psysafe_channels() if one.name == "wechat_oa"]
    settings = {
        "use": "wechat_oa",
        "base": provider.base,
        "app_id": "wx1",
        "app_secret": Secret("s"),
        "template": "t",
        "fields": {"thing1": "what", "phone_number2": "number"},
        "event_token": Secret(EVENTS),
        "reach": "this-machine",
    }
    over = over_http(record.open, settings)
    with open_school(tmp_path / "s", plan=PLAN, channels={"wechat": over}) as school:
        told = roster(school.school).staff[staff_id("homeroom-1")]
        ways = {**told.addresses, "wechat": WeChat.KNOWN}
        school._enter(e.PersonAdded(staff=changed(told, addresses=ways)))
        number = school.number(1)
        school.desk("counselor-b").signals.report(number, "message", {"fear": "marked"})
        case = school.desk("counselor-a").cases.about(number)
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal="hospital", severity="imminent")
        school.tick()
        yield school, provider
    provider.stop()


def receipt(school: InventedSchool) -> str:
    (found,) = [one for one in school.net.operator().channels.sent() if one["channel"] == "wechat"]
    return f"{found['result']}/{found['receipt']}/{found['hint']}"


def called(school: InventedSchool, back: Any) -> int:
    net = school.net.acknowledgements
    return int(net.called("wechat", back.headers, back.body, back.query).status)


@pytest.mark.clause("C6.2")
def test_a_message_says_whom_to_telephone(opened: tuple[InventedSchool, WeChat]) -> None:
    school, provider = opened
    counselor = roster(school.school).staff[staff_id("counselor-a")]
    assert counselor.addresses["mobile"] in provider.taken()[-1].text


@pytest.mark.clause("C6.2")
def test_what_wechat_signs_is_believed_once_and_a_strangers_word_is_not(
    opened: tuple[InventedSchool, WeChat],
) -> None:
    school, provider = opened
    assert receipt(school) == "accepted//"
    assert called(school, provider.call_back(forged=True)) == 403
    assert receipt(school) == "accepted//"
    assert called(school, provider.call_back(status="failed: system failed")) == 200
    assert receipt(school) == "accepted/failed/"
    assert called(school, provider.call_back()) == 200
    assert called(school, provider.call_back()) == 200
    assert called(school, provider.call_back(status="failed:user block")) == 200
    assert receipt(school) == "accepted/delivered/"
    parts = school.school
    heard = [
        one
        for one in parts.storage.journal(parts.part, 0, 10_000)
        if b"receipt_heard" in one.header
    ]
    assert len(heard) == 2
