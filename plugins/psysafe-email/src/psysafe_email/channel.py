"""The channel: one letter to one person, over one of a few lines that are kept open."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from psysafe.contracts.channel import Capabilities, Message, Problem, ResultClass, SendResult
from psysafe_email.addresses import parse_address
from psysafe_email.letters import letter, message_id
from psysafe_email.line import EndedError, Line
from psysafe_email.lines import Lines
from psysafe_email.replies import Stage
from psysafe_email.settings import read

_CLOSING: Final = " 421"


class EmailChannel:
    """E-mail. Personal: only its receiver opens it; subject and preview are shared.

    Thread-safe: a few lines, one letter at a time over each, one after the other to one address.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings, self._problems = read(settings)
        self._lines = Lines(self._settings.lines, self._line)
        self._context: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"EmailChannel({self._settings.host}:{self._settings.port})"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            audience="person",
            trust=self._settings.trust,
            receipts="accepted",
            idempotent=False,
            in_order=True,
        )

    def validate(self) -> Sequence[Problem]:
        """Faults of the settings, found without a network."""
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        """One mailbox in its one form; never a list, a name or a comment."""
        return parse_address(text)

    @property
    def at_once(self) -> int:
        """As many letters as lines."""
        return self._settings.lines

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        """One attempt over a line that is open, or over a new one. Never raises."""
        until = time.monotonic() + seconds
        if self._problems:
            return SendResult(cls=ResultClass.MISCONFIGURED, provider_code="SETTINGS")
        receiver = parse_address(address)
        if isinstance(receiver, Problem):
            return SendResult(cls=ResultClass.PERMANENT_RECIPIENT, provider_code="ADDRESS")
        return self._sent(message, receiver, until)

    def close(self) -> None:
        """Let go of every line. The next letter opens a new one."""
        self._lines.close()

    def _sent(self, message: Message, receiver: str, until: float) -> SendResult:
        self._lines.own()
        since = self._lines.times_closed
        while True:
            line = self._lines.take(until, since)
            if line is None:
                return SendResult(cls=ResultClass.TRANSIENT, provider_code="BUSY")
            old = line.carries
            line.allow(until)
            try:
                if not old:
                    line.open()
                elif not line.clean and not line.still_open():
                    continue
                result = self._over(line, message, receiver)
            except EndedError as ended:
                result = ended.result
                if not old and _would_have_no_more(result) and self._lines.no_more():
                    continue  # one of those that there are will be free
            finally:
                self._lines.give(line)
            # A server may close a line that it has had for long. The message was not taken:
            # once more, over another one.
            if not old or not _closed_on_us(result):
                return result

    def _over(self, line: Line, message: Message, receiver: str) -> SendResult:
        sender = self._settings.sender
        content = letter(message, sender, receiver, eight_bit=line.has_extn("8bitmime"))
        name = message_id(message.key, sender)
        line.hand_over(sender, receiver, content, name.strip("<>").partition("@")[0])
        return SendResult(cls=ResultClass.ACCEPTED, provider_ref=name, provider_code="DOT 250")

    def _line(self) -> Line:
        return Line(self._settings, self._encryption())

    def _encryption(self) -> ssl.SSLContext | None:
        """Certificates verified, host names compared; by the school's own authorities if set."""
        if self._settings.tls != "off-for-tests" and self._context is None:
            self._context = ssl.create_default_context(cadata=self._settings.ca)
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context


def _would_have_no_more(result: SendResult) -> bool:
    """Whether the server refused a further line for now, before anybody had logged in."""
    code = result.provider_code or ""
    stage, _, said = code.partition(" ")
    early = stage in (Stage.CONNECT.value, Stage.EHLO.value)
    return early and result.cls is ResultClass.TRANSIENT and said[:1] == "4"


def _closed_on_us(result: SendResult) -> bool:
    """Whether the line was closed before the message was handed over."""
    code = result.provider_code or ""
    in_time = result.cls is ResultClass.TRANSIENT and not code.startswith(Stage.DOT.value)
    return in_time and (code.endswith(" cut") or _CLOSING in code)
