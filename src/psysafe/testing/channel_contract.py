"""The kit for a channel's author: subclass `ChannelContract`, give it a provider, run pytest.

    class TestPager(ChannelContract):
        address = "4711"
        needed = ("host",)
        refusals = {"no such pager": ResultClass.PERMANENT_RECIPIENT, ...}

        def start_provider(self) -> Provider:
            return PagerCompany()              # a stand-in, on this machine

        def settings(self, provider: Provider) -> dict[str, Any]:
            return {"host": "127.0.0.1", "port": provider.port, "pin": Secret(SECRET)}

        def open_channel(self, settings: Mapping[str, Any]) -> Channel:
            return Pager(settings)

Every test gets a provider and a channel of its own. The rules come from the channel contract's
own text. A channel that passes them all is heard out truthfully by the engine: what it says was
taken was taken, and what it tells of a message is a code and no text.
"""

from __future__ import annotations

import io
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar, Final, Protocol

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from psysafe.contracts.channel import (
    Capabilities,
    Channel,
    Closing,
    ContentClass,
    Message,
    Problem,
    ResultClass,
    SendResult,
    Trust,
)

#: How a provider behaves, besides its own refusals: it takes the message and says so; its answer
#: is none that anybody knows; it takes the message and the line breaks before it says so; it
#: neither takes it nor says anything.
TAKES: Final = "takes"
NONSENSE: Final = "nonsense"
TAKES_AND_CUTS: Final = "takes and cuts"
SILENT: Final = "silent"

#: What must never be seen: put `SECRET` into the settings as the channel's secret.
SECRET: Final = "CANARY-SECRET-5e1f"  # noqa: S105  # planted, to be looked for
NAME: Final = "林小满CANARY"
TEXT: Final = f"A report about a student needs somebody to take it up. Student: {NAME}. \u2026"
NEUTRAL: Final = "Something urgent needs you. Answer by 2026-11-02 08:42. Telephone 12356."

_CODE: Final = re.compile(r"[A-Za-z0-9 ._:/+-]{1,64}")
#: Seconds that a channel may take longer than it was given, before it counts as late.
_LATE: Final = 0.5
_ODD_TEXTS: Final = ("", "x" * 20_000, "\x00\x1b[2J\r\n.\r\nQUIT\r\n", "\ud800 half", "行\n" * 999)


@attrs.frozen(kw_only=True)
class Taken:
    """One message as it arrived at the provider, repeats included."""

    key: str
    """what the provider could know a repeat by"""
    address: str
    shown: str
    """all that shows without being opened: a subject, a sender's name, a preview"""
    text: str
    """all of it"""


class Provider(Protocol):
    """A stand-in for the service behind a channel, on this machine."""

    def behave(self, how: str) -> None:
        """From now on: TAKES, NONSENSE, TAKES_AND_CUTS, SILENT or one of the refusals."""
        ...

    def taken(self) -> Sequence[Taken]:
        """What arrived, in order."""
        ...

    def stop(self) -> None: ...


class ChannelContract:
    """All rules of the contract. Override the attributes and the three functions."""

    address: ClassVar[str]
    """an address that the provider knows, in the channel's one form"""
    needed: ClassVar[tuple[str, ...]] = ()
    """settings without which the channel cannot work"""
    refusals: ClassVar[Mapping[str, ResultClass]]
    """what the provider may answer besides, by name, and what it means"""
    cannot_tell: ClassVar[frozenset[ResultClass]] = frozenset()
    """those of MUST_TELL that this sort of channel has no way to know of"""
    traces: ClassVar[bool] = False
    """it asks the provider by a message's key whether it was taken, where that is in doubt"""
    MUST_TELL: ClassVar = frozenset(
        {ResultClass.TRANSIENT, ResultClass.PERMANENT_RECIPIENT, ResultClass.MISCONFIGURED}
    )

    _provider: Provider | None = None
    _opened: tuple[Channel, ...] = ()

    def start_provider(self) -> Provider:
        """A new provider that TAKES. Called once a test."""
        raise NotImplementedError("give the kit a provider: override start_provider")

    def settings(self, provider: Provider) -> dict[str, Any]:
        """Settings that reach it, with SECRET in them if the channel has a secret."""
        raise NotImplementedError("give the kit settings: override settings")

    def open_channel(self, settings: Mapping[str, Any]) -> Channel:
        """The channel, as the record's `open` makes it."""
        raise NotImplementedError("give the kit a channel: override open_channel")

    def teardown_method(self) -> None:
        """Give back what a test used."""
        provider = self._provider
        for channel in self._opened:
            if isinstance(channel, Closing):
                channel.close()
        if provider is not None:
            provider.stop()
        self._provider, self._opened = None, ()

    # -- what comes of a message ----------------------------------------------------------------

    def test_a_message_that_the_provider_takes_is_accepted_and_arrives_once(self) -> None:
        channel, provider = self._both()
        result = self._send(channel)
        assert result.cls is ResultClass.ACCEPTED, result
        (taken,) = provider.taken()
        assert taken.address == self.address
        if channel.capabilities.content == "template":
            assert NAME not in taken.text, "the provider's own text names nobody"
        else:
            assert NAME in taken.text, "the text did not arrive whole"

    def test_each_refusal_is_told_as_what_it_is(self) -> None:
        told = set(self.refusals.values())
        untold = self.MUST_TELL - self.cannot_tell - told
        assert not untold, f"no refusal is named for {sorted(cls.value for cls in untold)}"
        assert ResultClass.ACCEPTED not in told
        channel, provider = self._both()
        for how, cls in self.refusals.items():
            provider.behave(how)
            assert self._send(channel).cls is cls, how
        assert not provider.taken(), "a provider that refuses has taken nothing"

    def test_an_answer_that_nobody_knows_is_never_accepted(self) -> None:
        channel, provider = self._both()
        provider.behave(NONSENSE)
        result = self._send(channel)
        assert result.cls in (ResultClass.AMBIGUOUS, ResultClass.TRANSIENT), result

    def test_a_line_that_breaks_when_the_message_was_taken_leaves_doubt(self) -> None:
        channel, provider = self._both()
        provider.behave(TAKES_AND_CUTS)
        wanted = ResultClass.ACCEPTED if self.traces else ResultClass.AMBIGUOUS
        assert self._send(channel).cls is wanted

    def test_a_retry_has_the_same_key_and_another_message_another(self) -> None:
        channel, provider = self._both()
        provider.behave(TAKES_AND_CUTS)
        self._send(channel)
        provider.behave(TAKES)
        self._send(channel)
        self._send(channel, message(key="notice-000000000002/x"))
        first, again, other = (taken.key for taken in provider.taken())
        assert first == again
        assert other != first
        assert NAME not in first

    def test_a_silent_provider_costs_no_more_than_the_attempt_may_take(self) -> None:
        channel, provider = self._both()
        provider.behave(SILENT)
        begin = time.monotonic()
        result = self._send(channel, seconds=0.2)
        assert time.monotonic() - begin < 0.2 + _LATE
        assert result.cls in (ResultClass.AMBIGUOUS, ResultClass.TRANSIENT), result

    def test_whatever_goes_wrong_is_a_result_and_no_exception(self) -> None:
        channel, provider = self._both()
        for how in (NONSENSE, TAKES_AND_CUTS, *self.refusals):
            provider.behave(how)
            self._send(channel)
        provider.behave(TAKES)
        for text in _ODD_TEXTS:
            self._send(channel, message(text=text, neutral=text))
        self._send(channel, address="")
        provider.stop()
        assert self._send(channel).cls is not ResultClass.ACCEPTED

    def test_wrong_settings_are_told_when_the_channel_is_used_and_nothing_goes_out(self) -> None:
        _, provider = self._both()
        good = self.settings(provider)
        for key in self.needed:
            lame = self._open({k: v for k, v in good.items() if k != key})
            assert self._send(lame).cls is ResultClass.MISCONFIGURED, key
        assert not provider.taken()

    def test_threads_may_send_at_once(self) -> None:
        channel, provider = self._both()
        results: list[SendResult] = []

        def write(number: int) -> None:
            results.append(self._send(channel, message(key=f"notice-{number:012d}/x")))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [r.cls for r in results] == [ResultClass.ACCEPTED] * 6
        assert len({taken.key for taken in provider.taken()}) == 6
        assert {taken.address for taken in provider.taken()} == {self.address}

    def test_a_channel_that_holds_something_gives_it_back_and_works_again(self) -> None:
        channel, _ = self._both()
        if not isinstance(channel, Closing):
            return
        self._send(channel)
        channel.close()
        channel.close()
        assert self._send(channel).cls is ResultClass.ACCEPTED

    # -- addresses and settings -----------------------------------------------------------------

    def test_any_text_is_an_address_in_its_one_form_or_a_problem(self) -> None:
        channel, _ = self._both()
        assert channel.parse_address(self.address) == self.address

        @settings(max_examples=60, deadline=None, database=None)
        @given(st.text(max_size=60) | st.text(alphabet="@.,;:/<> \r\n\t0a一＠", max_size=30))
        def total(text: str) -> None:
            found = channel.parse_address(text)
            assert isinstance(found, str | Problem)
            if isinstance(found, str):
                assert channel.parse_address(found) == found, "an address has one form"
                assert found, "nothing is no address"
                assert not re.search(r"[\x00-\x1f\x7f]", found), "a control character"

        total()
        for text in ("", f"{self.address}\r\nQUIT", f"\n{self.address}", "x" * 5000):
            assert isinstance(channel.parse_address(text), Problem), repr(text[:40])

    def test_no_problem_repeats_what_was_given(self) -> None:
        channel, provider = self._both()
        for text in (f"{NAME}\n", f"<{NAME}>,{NAME}", f"{NAME} " * 300):
            found = channel.parse_address(text)
            assert NAME not in str(found) or isinstance(found, str)
        good = self.settings(provider)
        for key in good:
            wrong = self._open({**good, key: f"{SECRET}\r\n"})
            for problem in wrong.validate():
                assert SECRET not in f"{problem!r} {problem.problem}", key

    def test_settings_are_checked_without_a_network(self) -> None:
        _, provider = self._both()
        good = self.settings(provider)
        with _no_network():
            assert not list(self._open(good).validate()), "good settings are objected to"
            odd = self._open({**good, "no_such_setting": 1})
            assert _fields(odd) == {"no_such_setting"}, "an unknown setting passes"
            for key in self.needed:
                lame = self._open({k: v for k, v in good.items() if k != key})
                assert key in _fields(lame), f"without {key} it cannot work"

    def test_the_capabilities_can_be_true(self) -> None:
        channel, _ = self._both()
        can = channel.capabilities
        assert isinstance(can, Capabilities)
        assert can == channel.capabilities, "they change while it is open"
        assert isinstance(can.trust, Trust)
        if can.audience != "person":
            assert can.trust <= Trust.SHARED, "what many can read is not personal"
        assert can.max_units is None or can.max_units > 0

    # -- what must not be seen ------------------------------------------------------------------

    def test_what_shows_without_being_opened_names_nobody(self) -> None:
        channel, provider = self._both()
        if channel.capabilities.trust < Trust.PERSONAL:
            return  # the engine gives it no text that names anybody
        self._send(channel)
        for taken in provider.taken():
            assert NAME not in taken.shown

    def test_neither_results_nor_log_nor_repr_nor_errors_tell_a_text_or_a_secret(self) -> None:
        channel, provider = self._both()
        seen: list[str] = []
        with _everything_said(seen):
            for how in (TAKES, NONSENSE, TAKES_AND_CUTS, *self.refusals):
                provider.behave(how)
                try:
                    result = channel.send(_usual(channel), self.address, 5)
                except Exception as error:
                    seen += [str(error), repr(error), repr(error.args)]
                else:
                    code = result.provider_code
                    assert code is None or _CODE.fullmatch(code), "a code holds no sentence"
                    seen += [repr(result), str(result.provider_ref)]
        seen += [repr(channel), str(channel), repr(channel.capabilities)]
        for word in (NAME, SECRET, TEXT):
            assert not any(word in text for text in seen)
        for text in seen:
            assert repr(NAME)[1:-1] not in text

    # -- the kit's own ----------------------------------------------------------------------------

    def _both(self) -> tuple[Channel, Provider]:
        provider = self.start_provider()
        self._provider = provider
        return self._open(self.settings(provider)), provider

    def _open(self, settings: Mapping[str, Any]) -> Channel:
        channel = self.open_channel(settings)
        self._opened = (*self._opened, channel)
        return channel

    def _send(
        self,
        channel: Channel,
        what: Message | None = None,
        *,
        address: str | None = None,
        seconds: float = 5,
    ) -> SendResult:
        to = self.address if address is None else address
        try:
            result: object = channel.send(what or _usual(channel), to, seconds)
        except Exception as error:
            raise AssertionError(f"send raised {type(error).__name__}") from None
        assert isinstance(result, SendResult), "no result"
        assert isinstance(result.cls, ResultClass), "a result that is none of the nine"
        assert isinstance(result.retry_after, timedelta | None)
        return result


def message(**other: Any) -> Message:
    """A message of class K1 that names a student; `other` replaces fields."""
    usual: dict[str, Any] = {
        "key": "notice-000000000001/x",
        "content": ContentClass.K1,
        "text": TEXT,
        "neutral": NEUTRAL,
        "queued": datetime(2026, 11, 2, 0, 30, tzinfo=UTC).astimezone(timezone(timedelta(hours=8))),
        "urgent": True,
        "answer_by": datetime(2026, 11, 2, 0, 42, tzinfo=UTC),
        "step": 0,
        "language": "zh",
        "number": "12356",
    }
    return Message(**{**usual, **other})


def _usual(channel: Channel) -> Message:
    """A message of the class that the engine would give this channel; marked words in it."""
    if channel.capabilities.trust >= Trust.PERSONAL:
        return message()
    return message(content=ContentClass.K0, text=f"{NEUTRAL} {NAME}")


def _fields(channel: Channel) -> set[str]:
    return {problem.field for problem in channel.validate()}


@contextmanager
def _no_network() -> Iterator[None]:
    """Every way to another machine is closed."""

    def closed(*_: Any, **__: Any) -> Any:
        raise AssertionError("settings are looked at without a network")

    ways: tuple[tuple[Any, str], ...] = (
        (socket, "getaddrinfo"),
        (socket, "create_connection"),
        (socket.socket, "connect"),
        (socket.socket, "connect_ex"),
        (socket.socket, "sendto"),
    )
    usual: list[tuple[Any, str, Callable[..., Any]]] = [(w, n, getattr(w, n)) for w, n in ways]
    try:
        for where, name in ways:
            setattr(where, name, closed)
        yield
    finally:
        for where, name, way in usual:
            setattr(where, name, way)


class _Listening(logging.Handler):
    def __init__(self, seen: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        self._seen.append(f"{record.getMessage()} {record.__dict__!r} {record.exc_info!r}")


@contextmanager
def _everything_said(seen: list[str]) -> Iterator[None]:
    """Collect what is logged, at every level, and what is printed."""
    root, listener, printed = logging.getLogger(), _Listening(seen), io.StringIO()
    # What somebody else's settings keep out of the log today is in another school's log.
    known = [each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    usual = [(each, each.level, each.propagate, each.disabled) for each in (root, *known)]
    root.addHandler(listener)
    for each in (root, *known):
        each.setLevel(logging.DEBUG)
        each.propagate, each.disabled = True, False
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield
    finally:
        root.removeHandler(listener)
        for each, level, propagate, disabled in usual:
            each.setLevel(level)
            each.propagate, each.disabled = propagate, disabled
        seen.append(printed.getvalue())
