"""What may be done with a screening campaign: a wish, the facts, and events or a refusal.

Pure: the same campaign, wish, facts, actor, time and ids give the same events. A form with a
critical item is not opened while there is a minute in which nobody would read it; there is no
override (`campaigns_cover`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from psysafe.domain import campaigns as c
from psysafe.domain.campaigns_cover import Gap, amount, said, uncovered
from psysafe.errors import Fact, Finding, InvalidDataError, InvalidMoveError, NotPermittedError
from psysafe.ids import Actor, CampaignId, ClassId, CommandIds
from psysafe.sensitivity import record, ref

#: What the plan calls it. What is open takes answers to its end, whatever the plan says later.
ACTIVITY: Final = "screening"
#: Limits of one campaign: more is a mistake. Longer than a school year, nobody stays on duty.
MOST_DAYS: Final = 366
MOST_SCALES: Final = 10
MOST_READERS: Final = 100
MOST_STUDENTS: Final = 2000
TEXT_LIMIT: Final = 400


@record
class PlanCampaign:
    """Plan a campaign. Nothing is sent and nobody is asked yet."""

    scales: tuple[str, ...] = ref()
    invitation: c.Invitation = ref()
    opens: datetime = ref()
    closes: datetime = ref()
    readers: tuple[c.Reader, ...] = ref(default=())
    second_stage: str = ref(default=c.INTERVIEW)


@record
class NameReaders:
    """Say anew who reads when: all of them, not only those who are new."""

    campaign: CampaignId = ref()
    readers: tuple[c.Reader, ...] = ref()


@record
class NameColumns:
    """Keep under which headings the answers stand."""

    campaign: CampaignId = ref()
    columns: c.Columns = ref()


@record
class TakeAnswers:
    """Keep what became of a file of answers."""

    campaign: CampaignId = ref()
    sheets: int = ref()
    kept: int = ref()
    known: int = ref()
    refused: int = ref()


@record
class OpenCampaign:
    campaign: CampaignId = ref()


@record
class CloseCampaign:
    campaign: CampaignId = ref()


@record
class CancelCampaign:
    campaign: CampaignId = ref()


CampaignWish = (
    PlanCampaign
    | NameReaders
    | NameColumns
    | TakeAnswers
    | OpenCampaign
    | CloseCampaign
    | CancelCampaign
)


def _form_faults(wish: PlanCampaign, facts: c.Facts, now: datetime) -> tuple[Finding, ...]:
    """What is wrong with a campaign as it is wished for: PSY280, PSY283, PSY285."""
    wrong: list[str] = []
    if not 0 < len(wish.scales) <= MOST_SCALES or len(set(wish.scales)) != len(wish.scales):
        wrong.append("scales")
    lasts = wish.closes - wish.opens
    if not timedelta() < lasts <= timedelta(days=MOST_DAYS) or wish.closes <= now:
        wrong.append("closes")
    if wish.invitation.kind not in c.KINDS or len(wish.invitation.values) > MOST_STUDENTS:
        wrong.append("invitation")
    if not wish.second_stage or len(wish.second_stage) > TEXT_LIMIT:
        wrong.append("second_stage")
    findings = [Finding(code="PSY280", where={"field": f}, facts={"field": f}) for f in wrong]
    if not facts.invited:
        findings.append(Finding(code="PSY285"))
    return (*findings, *_reader_faults(wish.readers, facts))


def _reader_faults(readers: tuple[c.Reader, ...], facts: c.Facts) -> tuple[Finding, ...]:
    """Readers who are nobody of the staff, and times that end before they begin: PSY283."""
    found = [
        Finding(code="PSY283", where={"field": "reader"}, facts={"person": reader.person})
        for reader in readers
        if reader.person not in facts.roster.staff or not reader.since < reader.until
    ]
    if len(readers) > MOST_READERS:
        limit: dict[str, Fact] = {"field": "readers", "limit": MOST_READERS, "unit": "entries"}
        found.append(Finding(code="PSY021", where={"field": "readers"}, facts=limit))
    return tuple(found)


def _permitted(actor: Actor, facts: c.Facts, now: datetime) -> None:
    """Raises NotPermittedError PSY002 unless the actor may screen every invited class."""
    classes = facts.invited or facts.roster.classes
    if not classes or not all(facts.may(actor, "screen", ClassId(k), now) for k in classes):
        raise NotPermittedError("PSY002", action="campaign")


def _in_state(campaign: c.Campaign, action: str, *states: str) -> None:
    """Raises InvalidMoveError PSY005 where the campaign is in no such state."""
    if campaign.state not in states:
        raise InvalidMoveError("PSY005", action=action, state=campaign.state)


def _refuse(findings: tuple[Finding, ...]) -> None:
    """Raises InvalidDataError where there is anything to say."""
    if findings:
        raise InvalidDataError(findings)


def _refuse_gaps(campaign: c.Campaign, facts: c.Facts, found: tuple[Gap, ...]) -> None:
    """Raises InvalidMoveError PSY281 with every stretch in which nobody reads."""
    if found:
        raise InvalidMoveError(
            "PSY281",
            where={"campaign": campaign.id},
            count=len(found),
            intervals=said(found, facts.calendar.zone),
        )


# -- decide -----------------------------------------------------------------------------------

_Events = list[c.CampaignEvent]


def _plan(
    campaign: c.Campaign | None,
    wish: PlanCampaign,
    facts: c.Facts,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> _Events:
    _refuse(_form_faults(wish, facts, now))
    _permitted(actor, facts, now)
    planned = c.Campaign(
        id=CampaignId(ids.next("camp")),
        scales=wish.scales,
        invitation=wish.invitation,
        opens=wish.opens,
        closes=wish.closes,
        readers=wish.readers,
        second_stage=wish.second_stage,
        planned_by=actor,
        planned=now,
    )
    return [c.CampaignPlanned(campaign=planned)]


def _readers(
    campaign: c.Campaign,
    wish: NameReaders,
    facts: c.Facts,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> _Events:
    _in_state(campaign, "readers", c.PLANNED, c.OPEN)
    _refuse(_reader_faults(wish.readers, facts))
    if wish.readers == campaign.readers:
        return []
    if campaign.state == c.OPEN:
        # An open form never loses eyes that it needs. Where an absence has made a hole already,
        # whatever makes it smaller helps.
        after = uncovered(campaign, facts, now, wish.readers)
        if amount(after) > amount(uncovered(campaign, facts, now)):
            _refuse_gaps(campaign, facts, after)
    return [c.CampaignReadersNamed(campaign=campaign.id, readers=wish.readers, by=actor, at=now)]


def _columns(
    campaign: c.Campaign,
    wish: NameColumns,
    facts: c.Facts,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> _Events:
    named = [h for headings in wish.columns.items.values() for h in headings]
    long = any(len(heading) > TEXT_LIMIT for heading in named)
    if long or not set(wish.columns.items) <= set(campaign.scales):
        _refuse((Finding(code="PSY280", where={"field": "items"}, facts={"field": "items"}),))
    if wish.columns == campaign.columns:
        return []
    return [c.CampaignColumnsNamed(campaign=campaign.id, columns=wish.columns, by=actor, at=now)]


def _answers(
    campaign: c.Campaign,
    wish: TakeAnswers,
    facts: c.Facts,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> _Events:
    """A file that brought nothing new leaves no trace: a second run changes nothing."""
    last = campaign.taken[-1].refused if campaign.taken else 0
    if not wish.kept and wish.refused == last:
        return []
    taken = c.Taken(
        by=actor,
        at=now,
        sheets=wish.sheets,
        kept=wish.kept,
        known=wish.known,
        refused=wish.refused,
    )
    return [c.CampaignAnswersTaken(campaign=campaign.id, taken=taken)]


def _open(
    campaign: c.Campaign,
    wish: OpenCampaign,
    facts: c.Facts,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> _Events:
    _in_state(campaign, "open", c.PLANNED)
    if campaign.closes <= now:
        _refuse((Finding(code="PSY280", where={"field": "closes"}, facts={"field": "closes"}),))
    begins = max(now, campaign.opens)
    off = facts.switched_off(ACTIVITY, begins)
    if off:
        day = facts.calendar.local_day(begins).isoformat()
        raise InvalidMoveError("PSY047", activity=ACTIVITY, place=", ".join(off[:10]), day=day)
    _refuse_gaps(campaign, facts, uncovered(campaign, facts, now))
    invited = {str(key): count for key, count in sorted(facts.invited.items())}
    return [c.CampaignOpened(campaign=campaign.id, by=actor, at=now, invited=invited)]


def _close(
    campaign: c.Campaign,
    wish: CloseCampaign,
    facts: c.Facts,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> _Events:
    _in_state(campaign, "close", c.OPEN)
    return [c.CampaignClosed(campaign=campaign.id, by=actor, at=now)]


def _cancel(
    campaign: c.Campaign,
    wish: CancelCampaign,
    facts: c.Facts,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> _Events:
    _in_state(campaign, "cancel", c.PLANNED)
    return [c.CampaignCancelled(campaign=campaign.id, by=actor, at=now)]


_DECIDE: Final[Mapping[type, Callable[..., _Events]]] = MappingProxyType(
    {
        NameReaders: _readers,
        NameColumns: _columns,
        TakeAnswers: _answers,
        OpenCampaign: _open,
        CloseCampaign: _close,
        CancelCampaign: _cancel,
    }
)


def decide(
    campaign: c.Campaign | None,
    wish: CampaignWish,
    facts: c.Facts,
    actor: Actor,
    now: datetime,
    ids: CommandIds,
) -> _Events:
    """The events that come of a wish; none where it changes nothing.

    Raises InvalidDataError PSY021, PSY280, PSY283 or PSY285 for what is wrong with it,
    NotPermittedError PSY002, InvalidMoveError PSY005 for the wrong state, PSY047 where the plan
    screens no such class then and PSY281 where there is a time at which nobody would read.
    """
    if isinstance(wish, PlanCampaign):
        return _plan(campaign, wish, facts, actor, now, ids)
    if campaign is None:
        raise ValueError("a wish about a campaign that was not planned")
    _permitted(actor, facts, now)
    step: Any = _DECIDE[type(wish)]
    found: _Events = step(campaign, wish, facts, actor, now, ids)
    return found
