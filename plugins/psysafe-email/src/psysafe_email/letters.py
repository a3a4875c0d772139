"""One message as a letter: headers that tell nothing, the text, and a name that stays the same.

A subject shows on a locked screen, and so do the first lines of a text. So the subject is one of
four sentences, and a text that names somebody begins with lines that do not.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from psysafe.contracts.channel import ContentClass, Message

#: RFC 5322, 2.1.1: octets in one line, without its end.
LONGEST_LINE: Final = 998
#: Whatever a body must not hold: control characters besides line ends and tabs.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

#: language -> (urgent subject, other subject, what stands before a text that names somebody)
WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "zh": (
        "紧急：有一件事需要您马上处理（{at}，{step}）",
        "有一件事需要您处理（{at}，{step}）",
        "请登录学校的系统确认：只有登录后的确认才算有人接手，回复这封邮件不算。"
        "下面的内容只给您一个人看。请在旁人看不到屏幕的地方往下读，不要转发，不要打印，"
        "也不要截图发到群里。读完以后，请把这封邮件从手机和电脑上删掉。",
    ),
    "en": (
        "Urgent: something needs you now ({at}, {step})",
        "Something needs you ({at}, {step})",
        "Log in to the school's system to answer: only an answer given there counts, a reply to "
        "this mail does not. What follows is for you alone. Read on where nobody else can see the "
        "screen. Do not forward or print it, and do not share a picture of it. Delete this mail "
        "from all your devices when you have read it.",
    ),
}


def words_of(language: str) -> tuple[str, str, str]:
    """The sentences of a language; Chinese for one that is not there."""
    return WORDS.get(language, WORDS["zh"])


def message_id(key: str, sender: str) -> str:
    """The Message-ID of a message: the same for every retry, and told by nothing but its key."""
    name = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16, person=b"psysafe-mail")
    return f"<{name.hexdigest()}@{sender.rpartition('@')[2]}>"


def subject(message: Message) -> str:
    """One of four neutral sentences; time and step tell a reminder from what went before."""
    urgent, other, _ = words_of(message.language)
    at = message.queued.strftime("%Y-%m-%d %H:%M")
    return (urgent if message.urgent else other).format(at=at, step=message.step + 1)


def body(message: Message) -> str:
    """The text. Where it names somebody, what shows without opening the mail comes before it."""
    if message.content is ContentClass.K0:
        return _clean(message.text)
    opening = words_of(message.language)[2]
    return _clean(f"{message.neutral}\n\n{opening}\n\n{message.text}")


def _clean(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n") + "\n"


def letter(message: Message, sender: str, address: str, *, eight_bit: bool) -> bytes:
    """The whole letter with line ends as SMTP wants them, dots not yet doubled.

    `eight_bit`: the server takes UTF-8 as it is; else, and where a line would be too long, the
    text is written in base64.
    """
    written = body(message).replace("\n", "\r\n").encode()
    short = all(len(line) <= LONGEST_LINE for line in written.split(b"\r\n"))
    plain = eight_bit and short
    # Addresses are plain by parse_address, so nothing but the subject needs to be encoded.
    head = (
        f"From: {sender}\r\n"
        f"To: {address}\r\n"
        f"Subject: {_encoded(subject(message))}\r\n"
        f"Date: {format_datetime(message.queued)}\r\n"
        f"Message-ID: {message_id(message.key, sender)}\r\n"
        "Auto-Submitted: auto-generated\r\n"
        'Content-Type: text/plain; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {'8bit' if plain else 'base64'}\r\n"
        "MIME-Version: 1.0\r\n\r\n"
    )
    if not plain:
        written = base64.encodebytes(written).replace(b"\n", b"\r\n")
    return head.encode("ascii") + written


@lru_cache(maxsize=64)  # those of one minute are the same
def _encoded(text: str) -> str:
    """A subject in lines that are short enough, as RFC 2047 wants what is not ASCII."""
    charset = None if text.isascii() else "utf-8"
    return Header(text, charset, header_name="Subject").encode(linesep="\r\n")
