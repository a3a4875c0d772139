"""Receipts of SMS through the school: they find their message, go up, repeat, and stop nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psysafe.contracts.channel import Secret
from psysafe.domain.duties import Notice
from psysafe.engine import refs
from psysafe.engine.auditing import audit
from psysafe.engine.gather import card, roster
from psysafe.engine.http_channels import over_http
from psysafe.engine.verify import verify
from psysafe.testing import Aliyun, Tencent
from psysafe.testing.channel_contract import SECRET
from psysafe.testing.providers_sms import SmsProvider
from psysafe.testing.queueing import queue
from psysafe.testing.schools import InventedSchool, open_school, staff_id
from psysafe_sms_cn import open_aliyun, open_tencent

PLAN = """
[[routes.crisis.steps]]
role = "homeroom_teacher"
relation = "of_class"
channels = ["sms"]
"""
FIELDS = {"time": "answer_by", "phone": "number", "no": "mark"}
Opened = tuple[InventedSchool, SmsProvider]


def aliyun(provider: SmsProvider) -> Any:
    return open_aliyun(
        {
            "base": provider.base,
            "key_id": SmsProvider.KEY_ID,
            "key_secret": Secret(SECRET),
            "sign_name": "第三中学",
            "template": "SMS_1",
            "fields": FIELDS,
        }
    )


def tencent(provider: SmsProvider) -> Any:
    return open_tencent(
        {
            "base": provider.base,
            "secret_id": SmsProvider.KEY_ID,
            "secret_key": Secret(SECRET),
            "app_id": "1400006666",
            "sign_name": "第三中学",
            "template": "449739",
            "fields": FIELDS,
        }
    )


BOTH: tuple[tuple[Callable[[str], Any], Callable[[SmsProvider], Any]], ...] = (
    (Aliyun, aliyun),
    (Tencent, tencent),
)


@pytest.fixture(params=BOTH, ids=["aliyun", "tencent"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    stand_in, channel = request.param
    provider = stand_in(SECRET)
    over = over_http(lambda _: channel(provider), {"reach": "this-machine"})
    with open_school(tmp_path / "s", plan=PLAN, channels={"sms": over}) as school:
        number = school.number(1)
        school.desk("counselor-b").signals.report(number, "message", {"fear": "marked"})
        case = school.desk("counselor-a").cases.about(number)
        case.acknowledge()
        case.declare_crisis(danger="self", place="home", proposal="hospital", severity="imminent")
        school.tick()
        yield school, provider
    provider.stop()


def line(school: InventedSchool) -> dict[str, Any]:
    """What the operator sees of the message that was taken last."""
    (found,) = [one for one in school.net.operator().channels.sent() if one["channel"] == "sms"]
    return found


def called(school: InventedSchool, back: Any) -> int:
    status: int = school.net.acknowledgements.called(
        "sms", back.headers, back.body, back.query
    ).status
    return status


def size(school: InventedSchool) -> int:
    return school.school.storage.read(school.school.part, []).position


@pytest.mark.clause("C6.2")
def test_an_sms_says_whom_to_telephone_also_one_about_no_student_and_a_test(
    opened: Opened,
) -> None:
    school, provider = opened
    counselor = roster(school.school).staff[staff_id("counselor-a")]
    assert counselor.addresses["mobile"] in provider.taken()[-1].text
    queue(school, 1, channels=("sms",))
    school.tick(seconds=31)
    assert "12356" in provider.taken()[-1].text
    tried = school.net.operator().channels.test("sms", "13800000001", send=True)
    assert (tried.result, "12356" in provider.taken()[-1].text) == ("accepted", True)


@pytest.mark.clause("C6.2")
def test_taken_is_not_delivered_and_a_receipt_finds_its_message_and_stops_no_route(
    opened: Opened,
) -> None:
    school, provider = opened
    assert (line(school)["result"], line(school)["receipt"], line(school)["hint"]) == (
        "accepted",
        "",
        "",
    )
    assert called(school, provider.call_back()) == 200
    seen = line(school)
    assert (seen["receipt"], seen["hint"], seen["answered"]) == ("", "delivered", False)
    notice = card(school.school, f"notice/{seen['notice']}", Notice)
    assert notice.acknowledged is None
    counts = next(c for c in school.net.operator().channels.list() if c["channel"] == "sms")
    assert counts["receipts"] == {"delivered?": 1}
    assert counts["results"] == {"accepted": 1}


def test_a_receipt_that_comes_twice_or_turns_back_is_written_once(opened: Opened) -> None:
    school, provider = opened
    called(school, provider.call_back())
    before = size(school)
    for back in (provider.call_back(), provider.call_back(good=False)):
        assert called(school, back) == 200
    assert size(school) == before
    assert line(school)["hint"] == "delivered"


def test_a_message_that_was_taken_and_never_arrived_is_said_to_have_failed(opened: Opened) -> None:
    school, provider = opened
    called(school, provider.call_back(good=False))
    assert line(school)["hint"] == "failed"


def test_a_forged_receipt_changes_nothing_and_is_answered_alike(opened: Opened) -> None:
    school, provider = opened
    good = provider.call_back()
    before = size(school)
    strange = good.body.replace(b"2640:", b"2641:").replace(b"notice-", b"notice-0")
    assert called(school, provider.call_back(forged=True)) == 200
    assert school.net.acknowledgements.called("sms", {}, strange, {}).status == 200
    assert size(school) == before
    assert line(school)["hint"] == ""


def test_a_receipt_of_a_call_about_no_student_is_kept_by_rank_too(opened: Opened) -> None:
    school, provider = opened
    queue(school, 1, channels=("sms",))
    before = {one["notice"] for one in school.net.operator().channels.sent()}
    school.tick(seconds=31)  # Tencent takes one message to a number in half a minute
    (new,) = [one for one in school.net.operator().channels.sent() if one["notice"] not in before]
    assert (new["channel"], new["result"], new["hint"]) == ("sms", "accepted", "")
    size_before = size(school)
    for good, hint in ((False, "failed"), (True, "delivered"), (False, "delivered")):
        assert called(school, provider.call_back(good=good)) == 200
        (now,) = [
            one
            for one in school.net.operator().channels.sent()
            if (one["notice"], one["channel"]) == (new["notice"], "sms")
        ]
        assert (now["hint"], now["receipt"], now["answered"]) == (hint, "", False)
    assert size(school) == size_before + 2, "a repeat and a step back are not written"
    notice = card(school.school, f"notice/{new['notice']}", Notice)
    assert (notice.delivery("sms").hint, notice.acknowledged) == ("delivered", None)
    school.desk("homeroom-1").inbox.acknowledge(new["notice"])
    answered = size(school)
    called(school, provider.call_back())
    assert size(school) == answered, "whoever has answered needs no receipt"
    assert verify(school.school).ok


def test_a_providers_number_is_kept_as_a_digest_and_let_go_of(opened: Opened) -> None:
    school, provider = opened
    parts = school.school
    kept = [
        document
        for document in parts.storage.query(parts.part, _refs()).documents
        if document.key.startswith("channel/~sent/")
    ]
    assert len(kept) == isinstance(provider, Tencent)
    assert not any("2640" in one.key or b"2640" in one.body for one in kept)
    school.clock.advance(seconds=refs.KEPT.total_seconds())
    audit(parts, school.clock.now())
    left = parts.storage.query(parts.part, _refs()).documents
    assert not [one for one in left if one.key.startswith("channel/~sent/")]


def _refs() -> Any:
    from psysafe.contracts.storage import Query

    return Query(index="kind", prefixes=(("channel",),))


@pytest.mark.clause("C6.2")
def test_a_provider_that_takes_a_message_and_drops_it_holds_up_nobody_else(opened: Opened) -> None:
    """It says that it has taken it, and never a word more: time alone asks the next ones."""
    school, _ = opened
    assert (line(school)["result"], line(school)["hint"]) == ("accepted", "")
    asked = [one["purpose"] for one in school.desk("head").inbox.list()]
    assert "route_unheard" not in asked
    assert school.tick(minutes=30).escalated >= 1
    told = [one["purpose"] for one in school.desk("head").inbox.list()]
    assert "route_unheard" in told
    assert line(school)["hint"] == "", "nobody takes it for delivered"
