"""The text of one notice for one person over one channel, built when it is sent or opened.

A text is made of what the receiver may see and the channel may carry, both judged at that moment.
Where nothing may be said, the neutral text remains: that something needs you, how urgent it is,
until when, and a number to call. The neutral text asks no plugin.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from psysafe.contracts.extras import ObjectionRequest
from psysafe.domain.codes_bars import BAR_DUTIES
from psysafe.domain.duties import Notice
from psysafe.domain.privacy import (
    Action,
    content_of_message,
    message_class,
)
from psysafe.domain.reactions_referral import OFFER
from psysafe.domain.reactions_signals import TAKEN_UP
from psysafe.domain.reactions_standdown import STOOD_DOWN
from psysafe.domain.world import World
from psysafe.engine import words
from psysafe.engine.school import School
from psysafe.engine.sight import OBJECTION_SECONDS, sight
from psysafe.engine.views import full_form, number_to_call, redacted_form
from psysafe.engine.words import Phrase, phrase
from psysafe.ids import Actor
from psysafe.sensitivity import ContentClass, ItemClass, Trust

#: What a notice wants to say, in this order, as far as receiver and channel allow.
WANTED = (
    ItemClass.DISPLAY_NAME,
    ItemClass.CLASS_PLACEMENT,
    ItemClass.CRISIS_FLAG,
    ItemClass.RISK_LEVEL,
    ItemClass.SUPERVISION,
)


@attrs.frozen(kw_only=True)
class Text:
    """A notice's text: its content class, its sentences, the items that are in it."""

    content: ContentClass
    phrases: tuple[Phrase, ...] = attrs.field(repr=False)
    items: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    """the rules that allowed the items"""
    number: str = ""
    """of a neutral text: whom to telephone, for channels whose text the provider holds"""


def neutral(notice: Notice, number: str) -> Text:
    """K0: never a name; carries urgency, the time to answer and a number to call."""
    if notice.purpose == STOOD_DOWN:
        said = phrase(words.NEUTRAL_OVER)
    elif notice.answer_by is None:
        soon = words.NEUTRAL_URGENT_SOON if notice.urgent else words.NEUTRAL_SOON
        said = phrase(soon, number=number)
    else:
        sentence = words.NEUTRAL_URGENT if notice.urgent else words.NEUTRAL
        said = phrase(sentence, by=notice.answer_by, number=number)
    return Text(content=ContentClass.K0, phrases=(said,), number=number)


def text_for(
    school: School,
    notice: Notice,
    world: World,
    now: datetime,
    trust: Trust,
    channel: str,
    *,
    opened: bool = False,
) -> Text | None:
    """The text for a notice's receiver over a channel. None: nothing may go over it at all."""
    if notice.purpose == TAKEN_UP and trust is Trust.SEALED:
        # Built from nothing that is known of the student: equal for whoever reported anything.
        return Text(content=ContentClass.K0, phrases=(phrase(words.TAKEN_UP),))
    number = number_to_call(world)
    receiver = Actor(notice.receiver)
    action = Action.OPEN if opened else Action.SEND
    plan = sight(school, receiver, world, now, purpose="alarm", action=action, trust=trust)
    content = message_class(plan, WANTED, trust)
    if content is None:
        return None
    if content is ContentClass.K0 or notice.purpose == OFFER:
        # An offer holds no name until it is opened, whoever its receiver is otherwise.
        return neutral(notice, number)
    parts = content_of_message(plan, WANTED, trust)
    request = ObjectionRequest(
        key=notice.id,
        kind="message",
        receiver=notice.receiver,
        viewer=notice.role,
        student=world.student.id,
        items=tuple(item.value for item, _ in parts),
        purpose=notice.purpose,
        channel=channel,
    )
    answer = school.plugins.objections([request], seconds=OBJECTION_SECONDS)
    if answer.wish(request) is not None:
        # An objection or an error takes the content out, never the alarm.
        return neutral(notice, number)
    phrases = [phrase(words.opening_of(notice.purpose))]
    late = world.file.duty(notice.duty) if notice.duty is not None else None
    if late is not None and late.kind not in BAR_DUTIES:
        phrases.append(phrase(words.SAY_DUTY, duty=f"duties:{late.kind}"))
    for item, form in parts:
        made = full_form(item, world) if form == "full" else redacted_form(item, world)
        phrases += made
    return Text(
        content=content,
        phrases=tuple(phrases),
        items=tuple(item.value for item, _ in parts),
        rules=tuple(sorted({plan.of(item).rule for item, _ in parts})),
    )
