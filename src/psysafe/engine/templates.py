"""Every template of a message by its id: its English sentence, and the class that it is of.

A template is a reviewed asset. What is sent is compared with the record of reviews
(`desk.reviewing`); a sentence that no room here names was reviewed by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from psysafe.engine import words
from psysafe.sensitivity import CONTENT_CLASS, ContentClass, ItemClass, redacted_class

_I, _K = ItemClass, ContentClass


@attrs.frozen
class Template:
    """One sentence of a message, with its places still empty."""

    id: str
    text: str
    content: ContentClass


def _plain() -> Iterator[tuple[str, str]]:
    """The sentences of class K0: openings and what stands for all else."""
    for purpose, text in words.NOTICE_OPENINGS.items():
        yield f"notice.{purpose}", text
    yield "notice.other", words.CALLED
    yield "taken_up", words.TAKEN_UP
    yield "neutral", words.NEUTRAL
    yield "neutral.soon", words.NEUTRAL_SOON
    yield "neutral.urgent", words.NEUTRAL_URGENT
    yield "neutral.urgent_soon", words.NEUTRAL_URGENT_SOON
    yield "neutral.over", words.NEUTRAL_OVER
    yield "answer_at", words.ANSWER_AT
    yield "test", words.TEST
    yield "nothing_opens", words.NOTHING_OPENS


#: What an item is said with in full, and what stands within its redacted form.
_FULL: Final = (
    (_I.DISPLAY_NAME, words.SAY_NAME),
    (_I.CLASS_PLACEMENT, words.SAY_CLASS),
    (_I.RISK_LEVEL, words.SAY_SEVERITY),
    (_I.SUPERVISION, words.SAY_PLACE),
    (_I.CRISIS_FLAG, words.SAY_CRISIS),
)
_WITHIN: Final = (
    ("redacted.referral_summary.handed_on", _I.REFERRAL_SUMMARY, words.HANDED_ON),
    ("redacted.consent.none", _I.CONSENT, words.NO_CONSENT),
    ("redacted.contact_log.reached", _I.CONTACT_LOG, words.REACHED),
    ("redacted.contact_log.not_reached", _I.CONTACT_LOG, words.NOT_REACHED),
    ("redacted.supervision.accompanied", _I.SUPERVISION, words.ACCOMPANIED),
    ("redacted.supervision.place_known", _I.SUPERVISION, words.PLACE_KNOWN),
    ("redacted.supervision.place_unknown", _I.SUPERVISION, words.PLACE_UNKNOWN),
)


def _all() -> Iterator[Template]:
    for name, text in _plain():
        yield Template(name, text, _K.K0)
    yield Template("duty", words.SAY_DUTY, _K.K1)
    for item, text in _FULL:
        yield Template(f"full.{item.value}", text, CONTENT_CLASS[item])
    for name, text in words.REDACTED.items():
        yield Template(f"redacted.{name}", text, redacted_class(ItemClass(name)))
    for name, item, text in _WITHIN:
        yield Template(name, text, redacted_class(item))


TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType({one.id: one for one in _all()})
#: The same by the English sentence, as phrases bear it.
BY_TEXT: Final[Mapping[str, Template]] = MappingProxyType(
    {one.text: one for one in TEMPLATES.values()}
)
