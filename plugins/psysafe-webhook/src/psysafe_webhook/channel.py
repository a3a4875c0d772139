"""The webhook: what is posted, and what an answer means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from psysafe.contracts.channel import (
    Capabilities,
    Message,
    Problem,
    ResultClass,
    Secret,
    SendResult,
    Trust,
)
from psysafe.contracts.http import HttpAnswer, HttpCall, Token
from psysafe_webhook.signing import key_of, signature

FORMAT: Final = 1
KEYS: Final = frozenset({"use", "url", "secret", "trust"})
TRUSTS: Final = {"personal": Trust.PERSONAL, "shared": Trust.SHARED}
#: What a receiver may call a person: a login, a number, an id of its own system.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._:@+-]{1,128}")
#: A pause that somebody asks for is believed up to this long.
_LONGEST_PAUSE: Final = timedelta(days=1)
_MEANINGS: Final[Mapping[int, ResultClass]] = {
    400: ResultClass.PERMANENT_CONTENT,
    413: ResultClass.PERMANENT_CONTENT,
    422: ResultClass.PERMANENT_CONTENT,
    408: ResultClass.TRANSIENT,
    425: ResultClass.TRANSIENT,
    429: ResultClass.RATE_LIMITED,
    # A gateway that waited too long does not know whether the system behind it took the message.
    502: ResultClass.AMBIGUOUS,
    504: ResultClass.AMBIGUOUS,
}
UNKNOWN_RECEIVER: Final = "unknown_receiver"


class WebhookChannel:
    """One `[channels.NAME]` table with `use = "webhook"`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        found: list[Problem] = []
        for key in sorted(set(settings) - KEYS):
            found.append(Problem(field=str(key)[:40], problem="a webhook has no such setting"))
        self._url = _url(settings.get("url"), found)
        self._key = _key(settings.get("secret"), found)
        self._trust = _trust(settings.get("trust", "personal"), found)
        self._problems = tuple(found)

    def __repr__(self) -> str:
        return "WebhookChannel(...)"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            audience="person", trust=self._trust, receipts="accepted", idempotent=True
        )

    def validate(self) -> Sequence[Problem]:
        return self._problems

    def parse_address(self, text: str) -> str | Problem:
        if _ADDRESS.fullmatch(text):
            return text
        return Problem(
            field="address", problem="1 to 128 letters, digits or . _ : @ + - are expected"
        )

    def build(
        self, message: Message, address: str, moment: datetime, token: Token | None
    ) -> HttpCall:
        """A POST of JSON: `format`, `to`, `text`, `preview`, `urgent`, `answer_by`, `language`."""
        said = {
            "format": FORMAT,
            "to": address,
            "text": message.text,
            "preview": message.neutral,
            "urgent": message.urgent,
            "answer_by": message.answer_by.isoformat() if message.answer_by else None,
            "language": message.language,
        }
        body = json.dumps(said, ensure_ascii=False).encode("utf-8", errors="replace")
        when = int(moment.timestamp())
        return HttpCall(
            url=self._url,
            body=body,
            headers={
                "content-type": "application/json; charset=utf-8",
                "webhook-id": message.key,
                "webhook-timestamp": str(when),
                "webhook-signature": signature(self._key, message.key, when, body),
            },
        )

    def classify(self, answer: HttpAnswer, address: str) -> SendResult:
        status = answer.status
        code = f"http {status}"
        if 200 <= status < 300:
            # A login page or a portal of the network answers 200 as well, and has taken nothing.
            page = answer.headers.get("content-type", "").lower().startswith("text/html")
            taken = not page and not answer.body.lstrip().startswith(b"<")
            return SendResult(
                cls=ResultClass.ACCEPTED if taken else ResultClass.AMBIGUOUS, provider_code=code
            )
        if status == 422 and answer.json().get("error") == UNKNOWN_RECEIVER:
            return SendResult(cls=ResultClass.PERMANENT_RECIPIENT, provider_code=UNKNOWN_RECEIVER)
        cls = _MEANINGS.get(status)
        if cls is None:
            cls = ResultClass.MISCONFIGURED if 400 <= status < 500 else ResultClass.TRANSIENT
        return SendResult(cls=cls, provider_code=code, retry_after=_pause(answer.headers))


def _pause(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After, in seconds or as a date beside the answer's own date; None where it is none."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return min(timedelta(seconds=int(text)), _LONGEST_PAUSE)
    try:
        pause = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(timedelta(), min(pause, _LONGEST_PAUSE))


def _url(given: object, found: list[Problem]) -> str:
    if not isinstance(given, str) or not given:
        found.append(Problem(field="url", problem="the address of the receiver is missing"))
        return ""
    try:
        parts = urlsplit(given)
        good = parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username
    except ValueError:
        good = False
    if not good or not given.isascii() or not given.isprintable() or " " in given:
        found.append(Problem(field="url", problem="https://HOST/PATH is expected"))
        return ""
    return given


def _key(given: object, found: list[Problem]) -> bytes:
    if given is None:
        found.append(Problem(field="secret", problem="it is missing"))
        return b""
    if not isinstance(given, Secret):
        found.append(Problem(field="secret", problem='a reference is expected: { env = "NAME" }'))
        return b""
    key = key_of(given.reveal())
    if key is None:
        found.append(
            Problem(field="secret", problem="whsec_ and 24 to 64 bytes in base64 are expected")
        )
        return b""
    return key


def _trust(given: object, found: list[Problem]) -> Trust:
    if isinstance(given, str) and given in TRUSTS:
        return TRUSTS[given]
    found.append(Problem(field="trust", problem="personal or shared is expected"))
    return Trust.SHARED
