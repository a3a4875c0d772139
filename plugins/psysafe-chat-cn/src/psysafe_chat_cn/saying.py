"""What goes into a message, and what comes out of an answer: the parts that all providers share."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

import attrs

from psysafe.contracts.channel import Message, Problem, ResultClass, SendResult, Trust
from psysafe.contracts.http import HttpAnswer, HttpCall
from psysafe.contracts.settings import Table

_JSON: Final = {"content-type": "application/json; charset=utf-8"}

_MARKUP: Final = str.maketrans("<>`", "\uff1c\uff1e\uff40")
#: What is markup only together: `**`, `~~`, `](`, and a sign that is written out (`&lt;`).
_PAIRS: Final = re.compile(r"\*{2,}|~{2,}|\]\s*\(|&(?=#?[A-Za-z0-9]{1,32};)")
_WIDE: Final = str.maketrans("*~](&", "\uff0a\uff5e\uff3d\uff08\uff06")


def mark(message: Message) -> str:
    """Six signs that differ from message to message and not from try to try.

    Some providers swallow a text that they have had before: two calls about two things must not
    be the same text, and a repeat of one must be.
    """
    return hashlib.blake2b(message.key.encode(), digest_size=4).hexdigest()[:6]


def dedup_key(message: Message) -> str:
    """A key of 32 plain signs, the same at every try."""
    return hashlib.blake2b(message.key.encode(), digest_size=16).hexdigest()


def plain(text: str) -> str:
    """A text in which nothing is markup for any of the four.

    Feishu would call everybody for `<at user_id="all">`, WeCom and Feishu make links of
    `<a href>` and `[text](address)`. What is markup becomes its full width, which reads the same;
    nothing that stands in an address of ours is touched.
    """
    # A half of a sign that no encoding knows would otherwise end the message in an error.
    known = text.encode("utf-8", errors="replace").decode()
    return _PAIRS.sub(lambda found: found[0].translate(_WIDE), known.translate(_MARKUP))


def marked(message: Message, most_bytes: int) -> str | Problem:
    """The text with its mark; a Problem where it is longer than the provider takes."""
    text = f"{plain(message.text)} [{mark(message)}]"
    if len(text.encode()) > most_bytes:
        return Problem(field="text", problem="it is longer than the provider takes")
    return text


def post(url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> HttpCall:
    """A POST of JSON."""
    encoded = json.dumps(body, ensure_ascii=False).encode("utf-8", errors="replace")
    return HttpCall(url=url, body=encoded, headers={**_JSON, **(headers or {})})


def room_trust(table: Table) -> Trust:
    """A group is public, unless the school declares that only staff are in it."""
    return Trust.SHARED if table.yes("staff_only") else Trust.PUBLIC


def number(found: Mapping[str, Any], key: str) -> int | None:
    """A whole number as the provider gives it. `"0"`, `0.0` and `false` are none: the provider's
    own success is the number 0 and nothing that looks like it."""
    value = found.get(key)
    return value if type(value) is int else None


def result(cls: ResultClass, code: object = None, pause: float | None = None) -> SendResult:
    return SendResult(
        cls=cls,
        provider_code=None if code is None else str(code)[:64],
        retry_after=None if pause is None else timedelta(seconds=pause),
    )


def by_code(
    code: int | None,
    known: Mapping[int, ResultClass],
    answer: HttpAnswer,
    penalty: float,
    of_one: Collection[int] = (),
) -> SendResult:
    """What a code other than success means; in doubt where nobody knows it.

    `of_one` are the codes by which it was too much for one receiver, and for nobody else.

    Not taken for certain is only what the provider's own server could not do (5xx).
    """
    cls = known.get(code) if code is not None else None
    if cls is None:
        if answer.status == 429:
            return result(ResultClass.RATE_LIMITED, code or "http 429", penalty)
        doubt = ResultClass.TRANSIENT if answer.status >= 500 else ResultClass.AMBIGUOUS
        return result(doubt, code if code is not None else f"http {answer.status}")
    found = result(cls, code, penalty if cls is ResultClass.RATE_LIMITED else None)
    return attrs.evolve(found, limit="address") if code in of_one else found
