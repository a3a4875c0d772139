"""The in-app inbox: a person's own list, read behind a login.

The notice's document, written in the commit that queued it, *is* the inbox entry; so whoever logs
in sees it whether or not any channel works. Sending has nothing left to do but to say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psysafe.contracts.channel import (
    Capabilities,
    ChannelRecord,
    Message,
    Problem,
    ResultClass,
    SendResult,
)
from psysafe.errors import InvalidDataError
from psysafe.ids import person
from psysafe.sensitivity import Trust


class Inbox:
    """Sealed: it is read behind a login only. A repeat with the same key changes nothing."""

    __slots__ = ("_unknown",)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._unknown = sorted(set(settings) - {"use"})

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            audience="person", trust=Trust.SEALED, receipts="accepted", idempotent=True
        )

    def validate(self) -> Sequence[Problem]:
        return [
            Problem(field=key, problem="the inbox has no such setting") for key in self._unknown
        ]

    def parse_address(self, text: str) -> str | Problem:
        try:
            return person(text)
        except InvalidDataError:
            return Problem(field="address", problem="a person's id is expected")

    def send(self, message: Message, address: str, seconds: float) -> SendResult:
        return SendResult(cls=ResultClass.ACCEPTED)


RECORD: Final = ChannelRecord(name="inbox", open=Inbox, version="1")
