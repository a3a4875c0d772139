"""The kit for an HTTP channel's author: the channel kit, and what is peculiar to HTTP.

    class TestPager(HttpChannelContract):
        address = "4711"
        needed = ("base", "pin")
        refusals = {"no such pager": ResultClass.PERMANENT_RECIPIENT, ...}

        def start_provider(self) -> HttpProvider:
            return PagerCompany()              # see psysafe.testing.providers

        def settings(self, provider: Provider) -> dict[str, Any]:
            return {"base": provider.base, "pin": Secret(SECRET)}

        def open_http(self, settings: Mapping[str, Any]) -> HttpChannel:
            return Pager(settings)

The engine's own transport carries the calls, to the stand-in on this machine.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from psysafe.clock import SystemClock
from psysafe.contracts.channel import Channel, ResultClass, SendResult
from psysafe.contracts.http import (
    HttpAnswer,
    HttpCall,
    HttpChannel,
    LookingUp,
    Token,
    TokenNeeding,
)
from psysafe.contracts.secret import Secret
from psysafe.engine.http_channels import OverHttp
from psysafe.engine.transport import HttpTransport
from psysafe.testing.channel_contract import NAME, NONSENSE, TAKES, ChannelContract, message
from psysafe.testing.providers import (
    DELIVERED,
    EMPTY,
    FAILED,
    HTTP_FAULTS,
    NO_CONTENT,
    OF_OTHERS,
    READ,
    REDIRECT,
    TRUNCATED,
    UNKNOWN,
    HttpProvider,
)

MOMENT: Final = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
_TOKEN: Final = Token(value=Secret("a-token"), seconds=7200)
_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 99999) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("code", "errcode", "Code", "Response", "data", "ok", "msg"))
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


class HttpChannelContract(ChannelContract):
    """All rules of `ChannelContract` through the engine's transport, and those of HTTP."""

    statuses_with_success: tuple[int, ...] = ()
    """statuses that are this provider's own success whatever the body says, such as 204"""

    def open_http(self, settings: Mapping[str, Any]) -> HttpChannel:
        """The channel, as the record's `open` makes it."""
        raise NotImplementedError("give the kit a channel: override open_http")

    def open_channel(self, settings: Mapping[str, Any]) -> Channel:
        channel = self.open_http(settings)
        return OverHttp(channel, HttpTransport(), "this-machine", SystemClock())

    def test_no_fault_of_http_is_accepted(self) -> None:
        channel, provider = self._both()
        for how in HTTP_FAULTS:
            provider.behave(how)
            if how in (EMPTY, NO_CONTENT, TRUNCATED) and self.statuses_with_success:
                continue
            found = self._send(channel)
            assert found.cls not in (ResultClass.ACCEPTED, ResultClass.PARTIAL), how
            if how == REDIRECT:
                assert found.cls is ResultClass.MISCONFIGURED, "a redirect was followed"

    def test_the_same_message_is_the_same_request(self) -> None:
        pure = self._pure()
        first, again = (self._built(pure) for _ in range(2))
        assert (first.url, first.body, first.headers, first.method) == (
            again.url,
            again.body,
            again.headers,
            again.method,
        )

    def test_neither_a_request_nor_an_answer_shows_what_is_in_it(self) -> None:
        call = self._built(self._pure())
        assert NAME not in repr(call)
        assert call.url not in repr(call)
        assert NAME not in repr(HttpAnswer(status=200, body=NAME.encode()))

    def test_an_address_that_is_called_holds_no_text(self) -> None:
        call = self._built(self._pure())
        assert call.url.isascii()
        assert "CANARY" not in call.url.replace("CANARY-SECRET", ""), "a text stands in the address"

    def test_no_answer_without_the_providers_success_is_accepted(self) -> None:
        pure = self._pure()
        answers = st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode())

        @settings(max_examples=200, deadline=None, database=None)
        @given(answers, st.sampled_from((200, 201, 204, 400, 401, 403, 404, 429, 500, 503)))
        @example(b"", 200)
        @example(b"null", 200)
        @example(b"[]", 200)
        @example(b"{}", 200)
        @example(b'{"errcode": "0"}', 200)
        @example(b'{"errcode": false}', 200)
        @example(b'{"errcode": null, "code": null}', 200)
        @example(b'"OK"', 200)
        def total(body: bytes, status: int) -> None:
            found: object = pure.classify(HttpAnswer(status=status, body=body), self.address)
            assert isinstance(found, SendResult)
            assert isinstance(found.cls, ResultClass)
            if status in self.statuses_with_success or self.is_success(body):
                return
            assert found.cls not in (ResultClass.ACCEPTED, ResultClass.PARTIAL), body

        total()

    def is_success(self, body: bytes) -> bool:
        """Whether a body carries the provider's own success, told apart from the channel's code.

        Override it where random JSON can be one, such as `{"code": 0}`.
        """
        return False

    def test_a_provider_that_wants_to_be_left_alone_says_for_how_long(self) -> None:
        channel, provider = self._both()
        for how, cls in self.refusals.items():
            if cls is ResultClass.RATE_LIMITED:
                provider.behave(how)
                assert self._send(channel).retry_after is None or isinstance(
                    self._send(channel).retry_after, timedelta
                )

    def test_what_became_of_a_message_is_told_as_declared_and_of_nobody_else(self) -> None:
        """For a channel that can be asked: its stand-in overrides `is_question` and `told`."""
        channel, provider = self._both()
        asked = channel.capabilities.asked
        looks_up = isinstance(self.open_http(self.settings(provider)), LookingUp)
        assert looks_up is (asked is not None), "declare what can be asked, and nothing else"
        if asked is None:
            return
        assert isinstance(channel, OverHttp)
        assert isinstance(provider, HttpProvider)
        number, ours = self._send(channel).provider_ref, message().key
        assert number, "without the provider's own number nobody can ask"

        def heard(how: str) -> set[str]:
            provider.later(how)
            found = channel.look_up(number, self.address, timedelta(), 5)
            told = () if isinstance(found, SendResult) else found
            return {
                one.state
                for one in told
                if one.address in (None, self.address) and one.key in (None, ours)
            }

        assert heard(READ) == {asked.tells}
        assert heard(DELIVERED) <= {"delivered"}
        assert heard(FAILED) <= {"failed"}
        for how in (UNKNOWN, OF_OTHERS, NONSENSE, *HTTP_FAULTS):
            assert heard(how) == set(), how

    def test_no_answer_about_a_message_breaks_the_reader(self) -> None:
        pure = self._pure()
        if not isinstance(pure, LookingUp):
            return
        asked: LookingUp = pure
        answers = st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode())

        @settings(max_examples=100, deadline=None, database=None)
        @given(answers)
        @example(b"null")
        @example(b'{"errcode": 0, "send_result": {"read_user_id_list": 7, "forbidden_list": 7}}')
        def total(body: bytes) -> None:
            found = asked.read_lookup(HttpAnswer(status=200, body=body), self.address)
            assert all(one.state in ("failed", "delivered", "read") for one in found)

        total()

    def test_a_token_that_ran_out_is_renewed_once_for_all(self) -> None:
        channel, provider = self._both()
        assert isinstance(channel, OverHttp)
        assert isinstance(provider, HttpProvider)
        if not isinstance(self._pure(), TokenNeeding):
            return
        provider.behave(TAKES)
        assert self._send(channel).cls is ResultClass.ACCEPTED
        before = provider.tokens_given
        provider.expire_tokens()
        results: list[SendResult] = []

        def write(number: int) -> None:
            results.append(self._send(channel, message(key=f"notice-{number:012d}/x")))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.cls for one in results] == [ResultClass.ACCEPTED] * 8
        assert provider.tokens_given == before + 1, "every thread fetched a token of its own"

    def _pure(self) -> HttpChannel:
        provider = self.start_provider()
        self._provider = provider
        return self.open_http(self.settings(provider))

    def _built(self, channel: HttpChannel) -> HttpCall:
        token = _TOKEN if isinstance(channel, TokenNeeding) else None
        call = channel.build(message(), self.address, MOMENT, token)
        assert isinstance(call, HttpCall), call
        return call
