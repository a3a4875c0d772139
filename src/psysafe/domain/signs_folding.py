"""A group as its events make it: what was heard in it, bounded, and the sign that is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from psysafe.domain import events as e
from psysafe.domain.duties_signs import ANSWERED, PROPOSED, RAISED, TAKEN_BACK, Heard, Watch
from psysafe.domain.files_folding import handed
from psysafe.sensitivity import changed

#: How much of one student is kept: the worst and the newest are enough to find every sign.
MOST_EACH: Final = 12
#: How many keys of what is settled are remembered: more than two windows bring.
MOST_SETTLED: Final = 1000


def evolve(watch: Watch | None, event: e.Event) -> Watch:
    """A group after one more event. Raises ValueError for one that is not its own."""
    if isinstance(event, e.SignHeard):
        held = watch or Watch(group=event.group, kind=event.kind, grade=event.grade)
        return changed(held, heard=_kept((*held.heard, event.heard), event.since))
    if watch is None:
        raise ValueError("an event of a group of which nothing was heard")
    fold = _FOLDS.get(type(event))
    if fold is None:
        raise ValueError(f"{type(event).__name__} does not belong to a group")
    return fold(watch, event)


def _kept(heard: tuple[Heard, ...], since: datetime) -> tuple[Heard, ...]:
    """What still counts: bounded by time, and for each student by number, the worst and newest."""
    recent = [one for one in heard if one.at > since]
    if len(recent) <= MOST_EACH:
        return tuple(recent)
    kept: dict[str, Heard] = {}
    for student in dict.fromkeys(one.student for one in recent):
        own = [one for one in recent if one.student == student]
        own.sort(key=lambda one: (one.death, one.severity.rank, one.at), reverse=True)
        kept |= {one.key: one for one in own[:MOST_EACH]}
    return tuple(one for one in recent if one.key in kept)


def _unheard(watch: Watch, event: e.SignUnheard) -> Watch:
    left = tuple(x for x in watch.heard if x.student != event.student or x.death is not event.death)
    return changed(watch, heard=left)


def _opened(watch: Watch, event: e.SignRaised) -> Watch:
    return changed(
        watch,
        state=RAISED,
        sign=event.sign,
        raised=event.at,
        duty=event.duty,
        measures=event.measures,
        note="",
        proposed_by=None,
        told=(),
        before=watch.settled,
    )


def _told(watch: Watch, event: e.SignTold) -> Watch:
    again = {one.person for one in event.told}
    return changed(watch, told=(*(t for t in watch.told if t.person not in again), *event.told))


def _proposed(watch: Watch, event: e.SignProposed) -> Watch:
    return changed(
        watch,
        state=PROPOSED,
        measures=event.measures,
        note=event.note,
        duty=event.duty,
        proposed_by=event.by,
    )


def _answered(watch: Watch, event: e.SignAnswered) -> Watch:
    note = event.note or watch.note
    if not event.approved:
        return changed(watch, state=RAISED, duty=event.duty, note=note)
    return changed(watch, state=ANSWERED, duty=None, note=note, settled=_keys(watch))


def _taken_back(watch: Watch, event: e.SignTakenBack) -> Watch:
    return changed(watch, state=TAKEN_BACK, duty=None, settled=_keys(watch), heard=())


def _keys(watch: Watch) -> tuple[str, ...]:
    found = dict.fromkeys((*watch.settled, *(one.key for one in watch.heard)))
    return tuple(found)[-MOST_SETTLED:]


_FOLDS: Final[Mapping[type, Callable[..., Watch]]] = MappingProxyType(
    {
        e.SignUnheard: _unheard,
        e.SignRaised: _opened,
        e.SignTold: _told,
        e.SignProposed: _proposed,
        e.SignAnswered: _answered,
        e.SignTakenBack: _taken_back,
        e.DutyPassedOn: lambda watch, event: changed(watch, duty=handed(watch.duty, event)),
    }
)
