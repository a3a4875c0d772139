"""Whole faults through the outbox, with a real server behind the channel: nothing is lost, nothing
that was only accepted counts as an answer, and what waits never stands before a crisis."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from psysafe.contracts.channel import (
    Capabilities,
    Message,
    Problem,
    Rate,
    ResultClass,
    Secret,
    SendResult,
)
from psysafe.contracts.http import HttpAnswer, HttpCall, Token
from psysafe.contracts.storage import Storage
from psysafe.domain import events as e
from psysafe.domain.severity import Severity
from psysafe.engine.http_channels import OverHttp, over_http
from psysafe.engine.tick import LEASE
from psysafe.engine.unsealing import event_of
from psysafe.engine.verify import verify
from psysafe.sensitivity import Trust
from psysafe.testing.channel_contract import SILENT, TAKES, TAKES_AND_CUTS, Taken
from psysafe.testing.interrupting import InterruptedStorage, StoppedError
from psysafe.testing.providers import SERVER_ERROR, Called, HttpProvider, Reply
from psysafe.testing.queueing import queue
from psysafe.testing.schools import InventedSchool, open_school


class BellServer(HttpProvider):
    """Takes a message with the token that is good now; says whether it has one by its key."""

    REFUSALS: ClassVar = {"too often": Reply({"code": "busy"}), "gone": Reply({"code": "gone"})}

    def beside(self, call: Called) -> Reply | None:
        if call.path == "/token":
            return Reply({"token": self.give_token()})
        if call.path == "/trace":
            known = any(one.key == call.query["key"] for one in self.taken())
            return Reply({"code": "ok" if known else "unknown"})
        if call.path == "/token-send" and call.query["token"] != self.token:
            return Reply({"code": "stale"})
        return None

    def taking(self, call: Called) -> Reply:
        return Reply({"code": "ok"})

    def read(self, call: Called) -> Taken | None:
        said = call.json()
        return Taken(key=said["key"], address=said["to"], shown=said["text"], text=said["text"])


_MEANS = {
    "ok": ResultClass.ACCEPTED,
    "busy": ResultClass.RATE_LIMITED,
    "gone": ResultClass.PERMANENT_RECIPIENT,
    "stale": ResultClass.AUTH_REFRESH,
}


class Bell:
    """Rings at a BellServer."""

    def __init__(self, server: BellServer, *rate: Rate) -> None:
        self.server = server
        self.capabilities = Capabilities(audience="person", trust=Trust.PERSONAL, rate=rate)

    def validate(self) -> Sequence[Problem]:
        return ()

    def parse_address(self, text: str) -> str | Problem:
        return text

    def build(self, message: Message, address: str, moment: datetime, token: Token | None) -> Any:
        said = {"key": message.key, "to": address, "text": message.text}
        body = json.dumps(said).encode()
        path = "/send" if token is None else f"/token-send?token={token.value.reveal()}"
        return HttpCall(url=self.server.base + path, body=body)

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        code = answer.json().get("code")
        cls = _MEANS.get(str(code), ResultClass.AMBIGUOUS)
        pause = timedelta(seconds=1) if cls is ResultClass.RATE_LIMITED else None
        return SendResult(cls=cls, provider_code=str(code), retry_after=pause)


class TracedBell(Bell):
    """Rings, and can ask by a message's key whether the server has it."""

    def trace(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall:
        return HttpCall(url=f"{self.server.base}/trace?key={message.key}", method="GET")

    def read_trace(self, answer: HttpAnswer, message: Message, address: str) -> SendResult:
        known = answer.json().get("code") == "ok"
        cls = ResultClass.ACCEPTED if known else ResultClass.AMBIGUOUS
        return SendResult(cls=cls, provider_code="traced" if known else "not_seen")


class TokenBell(Bell):
    """Rings with a token that the server gives out and takes back."""

    def token_call(self, moment: datetime) -> HttpCall:
        return HttpCall(url=f"{self.server.base}/token", method="GET")

    def read_token(self, answer: HttpAnswer) -> Token | SendResult:
        return Token(value=Secret(str(answer.json().get("token"))), seconds=7200)


@pytest.fixture
def server() -> Iterator[BellServer]:
    made = BellServer()
    yield made
    made.stop()


def rings(bell: Bell) -> OverHttp:
    return over_http(lambda _: bell, {"reach": "this-machine"})


def attempts(school: InventedSchool) -> list[tuple[str, str | None]]:
    """Result and code of every attempt over the bell; `lost` for one whose end nobody saw."""
    parts = school.school
    found: list[tuple[str, str | None]] = []
    for one in parts.storage.journal(parts.part, 0, 20_000):
        event = event_of(parts, one)
        if isinstance(event, e.AttemptFinished) and event.channel == "mail":
            found.append((event.result, event.provider_code))
        elif isinstance(event, e.AttemptStarted):
            found.append(("lost", None))
    return found


def test_a_line_that_broke_after_the_message_was_taken_is_resolved_by_asking(
    tmp_path: Path, server: BellServer
) -> None:
    server.behave(TAKES_AND_CUTS)
    with open_school(tmp_path / "s", channels={"mail": rings(TracedBell(server))}) as school:
        queue(school, 1, severity=Severity.HIGH)
        school.tick()
        school.tick(minutes=10)
        assert attempts(school) == [("accepted", "traced")]
        assert len(server.taken()) == 1
        assert verify(school.school).ok


def test_where_nobody_can_be_asked_it_goes_again_under_the_same_key(
    tmp_path: Path, server: BellServer
) -> None:
    server.behave(TAKES_AND_CUTS)
    with open_school(tmp_path / "s", channels={"mail": rings(Bell(server))}) as school:
        queue(school, 1, severity=Severity.HIGH)
        school.tick()
        assert [result for result, _ in attempts(school)] == ["ambiguous"]
        server.behave(TAKES)
        school.tick(seconds=2)
        assert [result for result, _ in attempts(school)] == ["ambiguous", "accepted"]
        first, second = server.taken()
        assert first.key == second.key


@pytest.mark.parametrize(("bell", "arrived"), [(TracedBell, 1), (Bell, 2)])
def test_a_program_that_ends_between_the_request_and_its_result_forgets_nothing(
    tmp_path: Path, server: BellServer, bell: type[Bell], arrived: int
) -> None:
    stores: list[InterruptedStorage] = []

    def wrap(behind: Storage) -> Storage:
        stores.append(InterruptedStorage(behind))
        return stores[-1]

    channels = {"mail": rings(bell(server))}
    with open_school(tmp_path / "s", channels=channels, wrap=wrap) as school:
        queue(school, 1, severity=Severity.HIGH)
        stores[-1].stop_at(3, "before")  # two claims, and then the commit of the result
        with pytest.raises(StoppedError):
            school.tick()
        assert (len(server.taken()), attempts(school)) == (1, [])
        school.clock.advance(seconds=LEASE.total_seconds() + 1)
        school.tick()
        assert len(server.taken()) == arrived
        assert len({one.key for one in server.taken()}) == 1
        assert [result for result, _ in attempts(school)] == ["lost", "accepted"]
        assert verify(school.school).ok


def test_a_token_that_ran_out_under_eight_messages_at_once_is_renewed_once(
    tmp_path: Path, server: BellServer
) -> None:
    with open_school(tmp_path / "s", channels={"mail": rings(TokenBell(server))}) as school:
        queue(school, 1)
        school.tick()
        server.expire_tokens()
        queue(school, 8)
        school.tick()
        assert server.tokens_given == 2
        assert Counter(attempts(school)) == {("accepted", "ok"): 9}
        assert len({one.key for one in server.taken()}) == len(server.taken()) == 9


def test_what_is_at_once_under_way_over_two_channels_ends_as_undelivered_where_both_refuse(
    tmp_path: Path, server: BellServer
) -> None:
    server.behave("gone")
    channels = {"mail": rings(Bell(server)), "sms": rings(Bell(server))}
    with open_school(tmp_path / "s", channels=channels) as school:
        queue(school, 1, severity=Severity.IMMINENT, channels=("mail", "sms"))
        school.tick()
        found = [f.facts["code"] for f in school.net.operator().check() if f.code == "PSY611"]
        assert found == ["gone"]
        assert len(server.called) == 2
        school.tick(minutes=5)
        assert len(server.called) == 2, "a result that is kept comes back no more"
        assert verify(school.school).ok


def test_one_crisis_notice_leaves_before_five_thousand_that_wait_for_room(
    tmp_path: Path, server: BellServer
) -> None:
    rate = Rate(count=20, seconds=60.0)
    channels = {"mail": rings(Bell(server, rate))}
    with open_school(tmp_path / "s", storage="sqlite", channels=channels) as school:
        queue(school, 5_000)
        school.net.tick(budget=100)
        assert len(server.taken()) == 14, "a tenth less than the limit, and a fifth kept free"
        queue(school, 1, who="counselor-a", severity=Severity.HIGH)
        school.clock.advance(seconds=1)
        school.net.tick(budget=100)
        assert server.taken()[14].address.startswith("counselor-a")
        assert len(server.taken()) == 15


def test_everything_is_down_and_the_route_goes_on_and_says_so(
    tmp_path: Path, server: BellServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.behave(SERVER_ERROR)
    with open_school(tmp_path / "s", channels={"mail": rings(Bell(server))}) as school:
        queue(school, 1, severity=Severity.HIGH)
        for seconds in (0, 2, 5, 15):
            school.tick(seconds=seconds)
        assert len(attempts(school)) == 4
        operator = school.net.operator()
        (lost,) = [f for f in operator.check() if f.code == "PSY611"]
        assert lost.facts["person"] in lost.what
        assert "a notice was taken by no channel" in [r.message for r in caplog.records]
        server.behave(TAKES)
        school.tick(minutes=5)
        assert server.taken() == (), "nothing carries it any more: a person must"
        school.desk("homeroom-1").inbox.acknowledge(lost.facts["notice"])
        assert "PSY611" not in [f.code for f in operator.check()]


def test_a_silent_server_costs_the_time_of_one_attempt_and_no_more(
    tmp_path: Path, server: BellServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ATTEMPT", "GRACE"):
        monkeypatch.setattr(f"psysafe.engine.sending.{name}", timedelta(seconds=0.2))
    server.behave(SILENT)
    with open_school(tmp_path / "s", channels={"mail": rings(Bell(server))}) as school:
        queue(school, 8)
        school.tick()
        assert {result for result, _ in attempts(school)} <= {"ambiguous", "transient"}
        assert len(attempts(school)) == 8
