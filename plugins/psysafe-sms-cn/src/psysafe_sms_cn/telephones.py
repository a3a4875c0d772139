"""What both providers share: telephone numbers, the filling of a template, an answer's code."""

from __future__ import annotations

import re
from typing import Final

from psysafe.contracts.channel import (
    Asked,
    Capabilities,
    Message,
    Problem,
    Rate,
    ResultClass,
    SendResult,
    Trust,
)
from psysafe.contracts.http import HttpAnswer

#: What a template's place may be filled with. None of it is about anybody.
FILLINGS: Final = ("answer_by", "number", "mark", "code")
_MAINLAND: Final = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
_ABROAD: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def telephone(text: str) -> str | Problem:
    """A telephone in its one form, `+8613800000000`. One without a country is a mainland one."""
    mainland = _MAINLAND.fullmatch(text)
    if mainland is not None:
        return f"+86{mainland[1]}"
    if _ABROAD.fullmatch(text) and not text.startswith("+86"):
        return text
    return Problem(field="address", problem="a mobile number is expected: 138... or +86138...")


def filling(message: Message, of: str) -> str:
    """What fills a place of the template: a time of the day, a number, a mark against repeats.

    Never nothing: a provider refuses a text with an empty place.
    """
    if of == "number":
        return message.number or "-"
    if of == "code":
        return message.code or "-"
    if of == "mark":
        return re.sub(r"[^0-9a-z]", "", message.key.lower())[-6:] or "0"
    by = message.answer_by
    local = by.astimezone(message.queued.tzinfo) if by is not None else message.queued
    return local.strftime("%H:%M")


def capabilities(
    provider: str, per_number: tuple[Rate, ...], asked: Asked, *, receipts_by_ref: bool = False
) -> Capabilities:
    """An SMS shows on a locked screen, so it is shared, whatever a school would like."""
    return Capabilities(
        audience="person",
        trust=Trust.SHARED,
        max_units=1,
        unit="parts",
        receipts="delivered",
        wakes_sleeping=True,
        content="template",
        rate=per_number,
        receipts_by_ref=receipts_by_ref,
        asked=asked,
        provider=provider,
    )


def named(code: object) -> str | None:
    """A code in plain letters; what has a sentence in it is none."""
    if isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9._]{1,64}", code, re.ASCII):
        return code
    return None


def in_doubt(answer: HttpAnswer, code: str | None) -> SendResult:
    """What nobody knows: not taken where the provider's own server failed, else in doubt."""
    cls = ResultClass.TRANSIENT if answer.status >= 500 else ResultClass.AMBIGUOUS
    return SendResult(cls=cls, provider_code=code or f"http {answer.status}")
