"""What a mail server's reply means for one message.

A reply has a three-digit code (RFC 5321) and often an enhanced code such as 5.1.1 (RFC 3463).
The first digit says whether trying again makes sense; the enhanced code, else the stage of the
conversation, says whose fault it is: the receiver's address, our text, or our account. Texts of
servers echo addresses and content, so none is kept: only codes.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from psysafe.contracts.channel import ResultClass, SendResult

_ENHANCED: Final = re.compile(rb"\s*([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")


class Stage(enum.Enum):
    """How far a conversation had come."""

    CONNECT = "CONNECT"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    TLS = "TLS"
    AUTH = "AUTH"
    RSET = "RSET"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "DOT"
    """the whole message was handed over; from here on it may have been taken"""


_R: Final = ResultClass.PERMANENT_RECIPIENT
_C: Final = ResultClass.PERMANENT_CONTENT
_M: Final = ResultClass.MISCONFIGURED

#: RFC 3463, 3.2 to 3.8: what a permanent failure is about, by the subject of its enhanced code.
_SUBJECTS: Final[Mapping[int, ResultClass]] = MappingProxyType(
    {1: _R, 2: _R, 3: _M, 4: _R, 5: _M, 6: _C, 7: _M}
)
#: Where the detail says something else than its subject: the sender's address (X.1.7, X.1.8);
#: a message that is too long for the mailbox (X.2.3) or for the server (X.3.4).
_DETAILS: Final[Mapping[tuple[int, int], ResultClass]] = MappingProxyType(
    {(1, 7): _M, (1, 8): _M, (2, 3): _C, (3, 4): _C}
)
#: Codes that speak of the conversation or the account, wherever they stand: bad commands,
#: authentication required, too weak, refused, not encrypted.
_OURS: Final = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538, 555})
_TOO_LARGE: Final = 552


def enhanced(code: int, text: bytes) -> tuple[int, int] | None:
    """Subject and detail of the enhanced code; None where there is none that fits the code."""
    found = _ENHANCED.match(text)
    if found is None or int(found[1]) != code // 100:
        return None
    return int(found[2]), int(found[3])


def written(stage: Stage, code: int, text: bytes) -> str:
    """A reply as it may be kept: stage and codes, such as `RCPT 550 5.1.1`."""
    detail = enhanced(code, text)
    more = f" {code // 100}.{detail[0]}.{detail[1]}" if detail else ""
    return f"{stage.value} {code}{more}" if code > 0 else f"{stage.value} unreadable"


def refused(stage: Stage, code: int, text: bytes) -> SendResult:
    """What a reply that is not the expected one comes to. Never accepted."""
    first = code // 100
    if first == 4:
        cls = ResultClass.TRANSIENT
    elif first == 5:
        cls = _permanent(stage, code, enhanced(code, text))
    else:
        # Nobody can tell what it means, so nothing good is read into it.
        cls = ResultClass.AMBIGUOUS if stage is Stage.DOT else ResultClass.TRANSIENT
    return SendResult(cls=cls, provider_code=written(stage, code, text))


def _permanent(stage: Stage, code: int, detail: tuple[int, int] | None) -> ResultClass:
    about = _kind(stage, code, detail)
    if stage in (Stage.RCPT, Stage.DATA, Stage.DOT):
        return about
    # No receiver was named yet: it can only be our text's size, or us.
    return _C if stage is Stage.MAIL and about is _C else _M


def _kind(stage: Stage, code: int, detail: tuple[int, int] | None) -> ResultClass:
    if detail is not None and detail in _DETAILS:
        return _DETAILS[detail]
    if detail is not None and detail[0] in _SUBJECTS:
        return _SUBJECTS[detail[0]]
    if code in _OURS:
        return _M
    if code == _TOO_LARGE:
        # At RCPT it is the older word for a full mailbox.
        return _R if stage is Stage.RCPT else _C
    return _R if stage is Stage.RCPT else _C


def broken(stage: Stage, how: str) -> SendResult:
    """What a line that broke comes to: ambiguous once the whole message was handed over."""
    cls = ResultClass.AMBIGUOUS if stage is Stage.DOT else ResultClass.TRANSIENT
    return SendResult(cls=cls, provider_code=f"{stage.value} {how}")


def ours(stage: Stage, how: str) -> SendResult:
    """Something that only the operator can mend."""
    return SendResult(cls=_M, provider_code=f"{stage.value} {how}")
