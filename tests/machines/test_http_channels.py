"""What an HTTP channel's answers come to: tokens, clocks, and plugins that do it wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from psysafe.contracts.channel import (
    Capabilities,
    Message,
    Problem,
    ResultClass,
    Secret,
    SendResult,
)
from psysafe.contracts.http import HttpAnswer, HttpCall, Token
from psysafe.engine.http_channels import OverHttp, over_http
from psysafe.engine.transport import Broken, Reach
from psysafe.errors import PlanError
from psysafe.testing import FixedClock
from psysafe.testing.channel_contract import message

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
GOOD = HttpAnswer(status=200, body=b"taken")


class Plain:
    """A channel that takes `taken` for success, `stale` for a token that ran out."""

    capabilities = Capabilities()

    def validate(self) -> Sequence[Problem]:
        return ()

    def parse_address(self, text: str) -> str | Problem:
        return text or Problem(field="address", problem="empty")

    def build(self, message: Message, address: str, moment: datetime, token: Token | None) -> Any:
        said = f"{address} {moment.isoformat()} {token.value.reveal() if token else '-'}"
        return HttpCall(url="https://provider.example/send", body=said.encode())

    def classify(self, answer: HttpAnswer, address: str) -> Any:
        cls = {b"taken": ResultClass.ACCEPTED, b"stale": ResultClass.AUTH_REFRESH}
        return SendResult(cls=cls.get(answer.body, ResultClass.AMBIGUOUS), provider_code="p")


class WithToken(Plain):
    def token_call(self, moment: datetime) -> HttpCall:
        return HttpCall(url="https://provider.example/token", method="GET")

    def read_token(self, answer: HttpAnswer) -> Any:
        if answer.status != 200:
            return SendResult(cls=ResultClass.MISCONFIGURED, provider_code="who are you")
        return Token(value=Secret(answer.body.decode()), seconds=100)


class Line:
    """A transport that answers from a list, and keeps what was asked."""

    def __init__(self, *answers: HttpAnswer | Broken) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def exchange(self, call: HttpCall, seconds: float, reach: Reach) -> HttpAnswer | Broken:
        self.asked.append(f"{call.url.rpartition('/')[2]} {call.body.decode()}".strip())
        return self.answers.pop(0)

    def close(self) -> None:
        self.answers.clear()


def sent(channel: Any, *answers: HttpAnswer | Broken) -> tuple[SendResult, list[str]]:
    line = Line(*answers)
    found = OverHttp(channel, line, "public", FixedClock(NOW)).send(message(), "t-1", 5)
    assert not line.answers, "fewer calls than were expected"
    return found, line.asked


def token(text: str) -> HttpAnswer:
    return HttpAnswer(status=200, body=text.encode())


def test_a_token_is_fetched_once_and_used_again() -> None:
    line = Line(token("one"), GOOD, GOOD)
    channel = OverHttp(WithToken(), line, "public", FixedClock(NOW))
    for _ in range(2):
        assert channel.send(message(), "t-1", 5).cls is ResultClass.ACCEPTED
    assert [asked.partition(" ")[0] for asked in line.asked] == ["token", "send", "send"]


def test_a_stale_token_is_renewed_and_the_message_tried_once_more() -> None:
    stale = HttpAnswer(status=200, body=b"stale")
    found, asked = sent(WithToken(), token("one"), stale, token("two"), GOOD)
    assert found.cls is ResultClass.ACCEPTED
    assert [line.split()[-1] for line in asked if line.startswith("send")] == ["one", "two"]


def test_a_token_that_stays_stale_is_an_account_that_somebody_must_mend() -> None:
    stale = HttpAnswer(status=200, body=b"stale")
    found, _ = sent(WithToken(), token("one"), stale, token("two"), stale)
    assert found.cls is ResultClass.MISCONFIGURED


def test_a_token_that_is_refused_or_not_reached_means_that_nothing_was_sent() -> None:
    found, asked = sent(WithToken(), HttpAnswer(status=403))
    assert found.cls is ResultClass.MISCONFIGURED
    found, asked = sent(WithToken(), Broken("timeout", taken=True))
    assert found.cls is ResultClass.TRANSIENT, "a lost token call leaves no doubt about the message"
    assert asked == ["token"]


def test_a_clock_that_is_off_is_mended_by_the_providers_own() -> None:
    theirs = NOW + timedelta(minutes=20)
    stale = HttpAnswer(
        status=200, body=b"stale", headers={"date": format_datetime(theirs, usegmt=True)}
    )
    found, asked = sent(Plain(), stale, GOOD)
    assert found.cls is ResultClass.ACCEPTED
    assert asked[0].split()[2] == NOW.isoformat()
    assert asked[1].split()[2] == theirs.isoformat()


@pytest.mark.parametrize(
    ("line", "cls"),
    [
        (Broken("no_line"), ResultClass.TRANSIENT),
        (Broken("cut", taken=True), ResultClass.AMBIGUOUS),
        (Broken("timeout", taken=True), ResultClass.AMBIGUOUS),
        (Broken("address_not_allowed", ours=True), ResultClass.MISCONFIGURED),
        (Broken("tls", ours=True), ResultClass.MISCONFIGURED),
        (HttpAnswer(status=302, body=b"taken"), ResultClass.MISCONFIGURED),
        (HttpAnswer(status=500, body=b"taken"), ResultClass.AMBIGUOUS),
        (HttpAnswer(status=404, body=b"taken"), ResultClass.AMBIGUOUS),
    ],
)
def test_what_a_line_and_a_status_come_to(line: HttpAnswer | Broken, cls: ResultClass) -> None:
    found, _ = sent(Plain(), line)
    assert found.cls is cls


def _raises(*_: object, **__: object) -> Any:
    raise ValueError("a text that nobody may see")


@pytest.mark.parametrize(
    ("function", "does", "cls"),
    [
        ("build", _raises, ResultClass.PERMANENT_CONTENT),
        ("build", lambda *_: None, ResultClass.PERMANENT_CONTENT),
        (
            "build",
            lambda *_: Problem(field="text", problem="too long"),
            ResultClass.PERMANENT_CONTENT,
        ),
        ("classify", _raises, ResultClass.AMBIGUOUS),
        ("classify", lambda *_: True, ResultClass.AMBIGUOUS),
    ],
)
def test_a_plugin_that_does_it_wrong_gives_a_result_all_the_same(
    function: str, does: Callable[..., Any], cls: ResultClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = Plain()
    monkeypatch.setattr(channel, function, does)
    answers = [GOOD] if function == "classify" else []
    found, _ = sent(channel, *answers)
    assert found.cls is cls
    assert "nobody may see" not in repr(found)


@pytest.mark.parametrize("said", [{"reach": "anywhere"}, {"ca": "a text"}])
def test_where_psysafe_may_call_is_the_schools_setting_and_no_plugins(said: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        over_http(lambda _: Plain(), said, Line())
    given: list[dict[str, Any]] = []

    def opens(settings: Any) -> Plain:
        given.append(dict(settings))
        return Plain()

    over_http(opens, {"use": "x", "reach": "private"}, Line())
    assert given == [{"use": "x"}]
