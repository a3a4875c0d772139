"""A sound channel in memory, and channels that are broken in ways that happen.

Each breach belongs to one rule of the kit; a test proves that the rule sees it.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import attrs

from psysafe.contracts.channel import (
    Capabilities,
    Message,
    Problem,
    ResultClass,
    Secret,
    SendResult,
    Trust,
)
from psysafe.testing.channel_contract import (
    NONSENSE,
    SILENT,
    TAKES,
    TAKES_AND_CUTS,
    Taken,
)

_log = logging.getLogger("psysafe.testing")

#: What the pager company answers, and what it means.
MEANINGS: Final[Mapping[str, ResultClass]] = {
    "no such pager": ResultClass.PERMANENT_RECIPIENT,
    "busy": ResultClass.TRANSIENT,
    "wrong pin": ResultClass.MISCONFIGURED,
    "too long": ResultClass.PERMANENT_CONTENT,
}


class PagerCompany:
    """A provider in memory. `call` is its line: an answer, or an error where it breaks."""

    def __init__(self) -> None:
        self._how = TAKES
        self._taken: list[Taken] = []
        self._stopped = threading.Event()

    def behave(self, how: str) -> None:
        self._how = how

    def taken(self) -> Sequence[Taken]:
        return tuple(self._taken)

    def stop(self) -> None:
        self._stopped.set()

    def call(self, key: str, address: str, title: str, text: str, seconds: float) -> str:
        """One page. Raises ConnectionError where the line breaks, TimeoutError where it is dead."""
        if self._stopped.is_set():
            raise ConnectionRefusedError("no company")
        if self._how == SILENT:
            self._stopped.wait(seconds)
            raise TimeoutError(text)
        if self._how in (TAKES, TAKES_AND_CUTS):
            self._taken.append(Taken(key=key, address=address, shown=title, text=text))
        if self._how == TAKES_AND_CUTS:
            raise ConnectionResetError(text)
        return {TAKES: "ok", NONSENSE: f"oki doki {text}"}.get(self._how, self._how)


class SoundChannel:
    """A pager, as it should be. Settings: `company`, the line, and `pin`, a secret."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._company = settings.get("company")
        self._pin = settings.get("pin")
        self._unknown = sorted(set(settings) - {"use", "company", "pin"})

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(audience="person", trust=Trust.PERSONAL)

    def validate(self) -> Sequence[Problem]:
        found = [Problem(field=key, problem="no such setting") for key in self._unknown]
        if not isinstance(self._company, PagerCompany):
            found.append(Problem(field="company", problem="a line to the company is expected"))
        if not isinstance(self._pin, Secret):
            found.append(Problem(field="pin", problem="a reference to the pin is expected"))
        return found

    def parse_address(self, text: str) -> str | Problem:
        if re.fullmatch(r"[0-9]{1,10}", text, re.ASCII):
            return text
        return Problem(field="address", problem="1 to 10 digits are expected")

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        if not isinstance(self._company, PagerCompany) or self.validate():
            return SendResult(cls=ResultClass.MISCONFIGURED, provider_code="settings")
        if isinstance(self.parse_address(address), Problem):
            return SendResult(cls=ResultClass.PERMANENT_RECIPIENT, provider_code="address")
        try:
            answer = self.page(self._company, message, address, seconds)
        except (TimeoutError, ConnectionResetError):
            return SendResult(cls=ResultClass.AMBIGUOUS, provider_code="cut")
        except OSError:
            return SendResult(cls=ResultClass.TRANSIENT, provider_code="no line")
        return self.read(answer)

    def page(self, company: PagerCompany, m: Message, address: str, seconds: float) -> str:
        """One call of the company."""
        return company.call(self.key(m), address, m.neutral, m.text, seconds)

    def key(self, message: Message) -> str:
        """What the company knows a repeat by."""
        return message.key

    def read(self, answer: str) -> SendResult:
        """What the company's answer means."""
        if answer == "ok":
            return SendResult(cls=ResultClass.ACCEPTED, provider_code="ok")
        if answer in MEANINGS:
            return SendResult(cls=MEANINGS[answer], provider_code=answer)
        return SendResult(cls=ResultClass.AMBIGUOUS, provider_code="unknown")


class TakesEveryAnswerForYes(SoundChannel):
    def read(self, answer: str) -> SendResult:
        return SendResult(cls=ResultClass.ACCEPTED)


class BlamesTheReceiver(SoundChannel):
    """A wrong pin is nobody's wrong address: everybody's would be struck off."""

    def read(self, answer: str) -> SendResult:
        found = super().read(answer)
        if found.cls is ResultClass.MISCONFIGURED:
            return attrs.evolve(found, cls=ResultClass.PERMANENT_RECIPIENT)
        return found


class InventsATenthResult(SoundChannel):
    def read(self, answer: str) -> SendResult:
        tenth: Any = "delivered"
        return attrs.evolve(super().read(answer), cls=tenth)


class BelievesNonsense(SoundChannel):
    """A good beginning is no good answer."""

    def read(self, answer: str) -> SendResult:
        return super().read("ok" if answer.startswith("ok") else answer)


class ForgetsThatItMayHaveBeenTaken(SoundChannel):
    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        found = super().send(message, address, seconds)
        doubt = found.cls is ResultClass.AMBIGUOUS
        return attrs.evolve(found, cls=ResultClass.TRANSIENT) if doubt else found


class ChangesTheKey(SoundChannel):
    """Counts its attempts into the key, so that no repeat is ever recognised."""

    attempts = 0

    def key(self, message: Message) -> str:
        self.attempts += 1
        return f"{message.key}/{self.attempts}"


class OneKeyForAll(SoundChannel):
    def key(self, message: Message) -> str:
        return "psysafe"


class PutsTheNameIntoTheKey(SoundChannel):
    def key(self, message: Message) -> str:
        return f"{message.key} {message.text}"


class IgnoresItsTime(SoundChannel):
    def page(self, company: PagerCompany, m: Message, address: str, seconds: float) -> str:
        return super().page(company, m, address, 1.0)


class RaisesWhenTheLineBreaks(SoundChannel):
    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        if not isinstance(self._company, PagerCompany):
            return super().send(message, address, seconds)
        return self.read(self.page(self._company, message, address, seconds))


class SendsWithWrongSettings(SoundChannel):
    """Half its settings are missing, and it says that all is well."""

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        if self.validate():
            return SendResult(cls=ResultClass.TRANSIENT)
        return super().send(message, address, seconds)


class MixesReceivers(SoundChannel):
    """Keeps what it is doing in itself, where another thread finds it."""

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        self.doing = message
        threading.Event().wait(0.01)
        return super().send(self.doing, address, seconds)


class IsGoneWhenClosed(SoundChannel):
    def close(self) -> None:
        self._company = None


class ChokesOnAnAddress(SoundChannel):
    def parse_address(self, text: str) -> str | Problem:
        return str(int(text)) if text else Problem(field="address", problem="digits are expected")


class TakesAnyAddress(SoundChannel):
    """One with a line end in it becomes a second command on the wire."""

    def parse_address(self, text: str) -> str | Problem:
        return text or Problem(field="address", problem="digits are expected")


class HasTwoFormsOfAnAddress(SoundChannel):
    def parse_address(self, text: str) -> str | Problem:
        found = super().parse_address(text)
        return found if isinstance(found, Problem) or len(found) > 8 else f"0{found}"


class RepeatsTheAddress(SoundChannel):
    def parse_address(self, text: str) -> str | Problem:
        found = super().parse_address(text)
        if isinstance(found, Problem):
            return Problem(field="address", problem=f"{text!s} is no number of a pager")
        return found


class RepeatsASetting(SoundChannel):
    def validate(self) -> Sequence[Problem]:
        found = super().validate()
        return [attrs.evolve(p, problem=f"{p.problem}, not {self._pin}") for p in found]


class CallsWhileItIsOpened(SoundChannel):
    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        socket.getaddrinfo("127.0.0.1", 80)


class TakesAnySetting(SoundChannel):
    def validate(self) -> Sequence[Problem]:
        return [p for p in super().validate() if p.field not in self._unknown]


class MissesASetting(SoundChannel):
    def validate(self) -> Sequence[Problem]:
        return [p for p in super().validate() if p.field != "pin"]


class CallsARoomPersonal(SoundChannel):
    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(audience="group", trust=Trust.PERSONAL)


class ChangesItsMind(SoundChannel):
    asked = 0

    @property
    def capabilities(self) -> Capabilities:
        self.asked += 1
        return Capabilities(trust=Trust.PERSONAL if self.asked % 2 else Trust.SHARED)


class NamesTheStudentInTheTitle(SoundChannel):
    def page(self, company: PagerCompany, m: Message, address: str, seconds: float) -> str:
        return company.call(self.key(m), address, m.text[:120], m.text, seconds)


class RaisesWithTheText(SoundChannel):
    def read(self, answer: str) -> SendResult:
        if answer not in ("ok", *MEANINGS):
            raise ValueError(answer)
        return super().read(answer)


class LogsTheText(SoundChannel):
    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        _log.debug("paging %s", message.text)
        return super().send(message, address, seconds)


class PrintsTheText(SoundChannel):
    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        print(message.text)
        return super().send(message, address, seconds)


class KeepsTheAnswerAsACode(SoundChannel):
    def read(self, answer: str) -> SendResult:
        return attrs.evolve(super().read(answer), provider_code=answer)


class ShowsItsSecret(SoundChannel):
    def __repr__(self) -> str:
        pin = self._pin.reveal() if isinstance(self._pin, Secret) else ""
        return f"Pager({pin})"


class AnswersWithANumberOfSeconds(SoundChannel):
    def read(self, answer: str) -> SendResult:
        found = super().read(answer)
        seconds: Any = 5 if found.cls is ResultClass.TRANSIENT else timedelta()
        return attrs.evolve(found, retry_after=seconds)


_REFUSALS = "test_each_refusal_is_told_as_what_it_is"
_KEYS = "test_a_retry_has_the_same_key_and_another_message_another"
_ADDRESSES = "test_any_text_is_an_address_in_its_one_form_or_a_problem"
_PROBLEMS = "test_no_problem_repeats_what_was_given"
_SETTINGS = "test_settings_are_checked_without_a_network"
_SEEN = "test_neither_results_nor_log_nor_repr_nor_errors_tell_a_text_or_a_secret"

#: Every broken channel and the rule of the kit that sees it.
BROKEN_CHANNELS: Final[Mapping[type[SoundChannel], str]] = {
    TakesEveryAnswerForYes: _REFUSALS,
    BlamesTheReceiver: _REFUSALS,
    InventsATenthResult: _REFUSALS,
    AnswersWithANumberOfSeconds: _REFUSALS,
    BelievesNonsense: "test_an_answer_that_nobody_knows_is_never_accepted",
    ForgetsThatItMayHaveBeenTaken: (
        "test_a_line_that_breaks_when_the_message_was_taken_leaves_doubt"
    ),
    ChangesTheKey: _KEYS,
    OneKeyForAll: _KEYS,
    PutsTheNameIntoTheKey: _KEYS,
    IgnoresItsTime: "test_a_silent_provider_costs_no_more_than_the_attempt_may_take",
    RaisesWhenTheLineBreaks: "test_whatever_goes_wrong_is_a_result_and_no_exception",
    SendsWithWrongSettings: (
        "test_wrong_settings_are_told_when_the_channel_is_used_and_nothing_goes_out"
    ),
    MixesReceivers: "test_threads_may_send_at_once",
    IsGoneWhenClosed: "test_a_channel_that_holds_something_gives_it_back_and_works_again",
    ChokesOnAnAddress: _ADDRESSES,
    TakesAnyAddress: _ADDRESSES,
    HasTwoFormsOfAnAddress: _ADDRESSES,
    RepeatsTheAddress: _PROBLEMS,
    RepeatsASetting: _PROBLEMS,
    CallsWhileItIsOpened: _SETTINGS,
    TakesAnySetting: _SETTINGS,
    MissesASetting: _SETTINGS,
    CallsARoomPersonal: "test_the_capabilities_can_be_true",
    ChangesItsMind: "test_the_capabilities_can_be_true",
    NamesTheStudentInTheTitle: "test_what_shows_without_being_opened_names_nobody",
    RaisesWithTheText: _SEEN,
    LogsTheText: _SEEN,
    PrintsTheText: _SEEN,
    KeepsTheAnswerAsACode: _SEEN,
    ShowsItsSecret: _SEEN,
}
