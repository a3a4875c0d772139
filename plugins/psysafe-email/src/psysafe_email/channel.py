"""The channel: one letter to one person over one line that is kept open between letters."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from psysafe.contracts.channel import Capabilities, Message, Problem, ResultClass, SendResult
from psysafe_email.addresses import parse_address
from psysafe_email.letters import letter, message_id
from psysafe_email.line import EndedError, Line
from psysafe_email.replies import Stage
from psysafe_email.settings import read

#: Seconds for which a line is kept open without a letter; servers close theirs after minutes.
IDLE: Final = 30.0
#: Letters over one line; servers stop at a hundred or so.
MOST_LETTERS: Final = 50
_CLOSING: Final = " 421"


class EmailChannel:
    """E-mail. Personal: only its receiver opens it; subject and preview are shared.

    Thread-safe: one line, and one letter at a time over it.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings, self._problems = read(settings)
        self._lock = threading.Lock()
        self._line: Line | None = None
        self._used = 0.0
        self._process = 0
        self._context: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"EmailChannel({self._settings.host}:{self._settings.port})"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            audience="person", trust=self._settings.trust, receipts="accepted", idempotent=False
        )

    def validate(self) -> Sequence[Problem]:
        """Faults of the settings, found without a network."""
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        """One mailbox in its one form; never a list, a name or a comment."""
        return parse_address(text)

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        """One attempt over the open line, or over a new one. Never raises."""
        until = time.monotonic() + seconds
        if self._problems:
            return SendResult(cls=ResultClass.MISCONFIGURED, provider_code="SETTINGS")
        receiver = parse_address(address)
        if isinstance(receiver, Problem):
            return SendResult(cls=ResultClass.PERMANENT_RECIPIENT, provider_code="ADDRESS")
        if not self._lock.acquire(timeout=max(seconds, 0.0)):
            return SendResult(cls=ResultClass.TRANSIENT, provider_code="BUSY")
        try:
            return self._sent(message, receiver, until)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let go of the line. The next letter opens a new one."""
        with self._lock:
            self._drop()

    def _sent(self, message: Message, receiver: str, until: float) -> SendResult:
        kept = self._kept(until)
        if kept is not None:
            result = self._over(kept, message, receiver, until)
            if not _closed_on_us(result):
                return result
            # A server may close a line that it has had for long. The message was not taken:
            # once more, over a new one.
            self._drop()
        line = Line(self._settings, self._encryption())
        line.allow(until)
        try:
            line.open()
        except EndedError as ended:
            line.drop()
            return ended.result
        self._line, self._process = line, os.getpid()
        return self._over(line, message, receiver, until)

    def _kept(self, until: float) -> Line | None:
        """The line that is open from before, if it still carries."""
        line = self._line
        if line is None:
            return None
        if self._process != os.getpid():
            # A forked process must not speak on its parent's line.
            self._line = None
            return None
        old = time.monotonic() - self._used > IDLE or line.sent >= MOST_LETTERS
        line.allow(until)
        if old or not line.still_open():
            self._drop()
            return None
        return line

    def _over(self, line: Line, message: Message, receiver: str, until: float) -> SendResult:
        sender = self._settings.sender
        content = letter(message, sender, receiver, eight_bit=line.has_extn("8bitmime"))
        name = message_id(message.key, sender)
        try:
            line.hand_over(sender, receiver, content, name.strip("<>").partition("@")[0])
        except EndedError as ended:
            if _line_is_gone(ended.result):
                self._drop()
            self._used = time.monotonic()
            return ended.result
        self._used = time.monotonic()
        return SendResult(cls=ResultClass.ACCEPTED, provider_ref=name, provider_code="DOT 250")

    def _drop(self) -> None:
        if self._line is not None:
            self._line.drop()
            self._line = None

    def _encryption(self) -> ssl.SSLContext | None:
        """Certificates verified, host names compared; by the school's own authorities if set."""
        if self._settings.tls != "off-for-tests" and self._context is None:
            self._context = ssl.create_default_context(cadata=self._settings.ca)
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context


def _line_is_gone(result: SendResult) -> bool:
    """Whether nothing more can be said over the line after this result."""
    code = result.provider_code or ""
    return not code.rpartition(" ")[2][:1].isdigit() or _CLOSING in code


def _closed_on_us(result: SendResult) -> bool:
    """Whether the line was closed before the message was handed over."""
    code = result.provider_code or ""
    in_time = result.cls is ResultClass.TRANSIENT and not code.startswith(Stage.DOT.value)
    return in_time and (code.endswith(" cut") or _CLOSING in code)
