"""What makes a collective sign: whom of a group is counted, for everybody and for one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from psysafe.domain.calendar import SchoolCalendar
from psysafe.domain.duties_signs import Heard, Watch
from psysafe.domain.plan import CollectiveSigns
from psysafe.domain.severity import Severity
from psysafe.domain.world import Around
from psysafe.ids import Actor, PersonId, StudentId

Barred = Mapping[StudentId, frozenset[PersonId]]


@attrs.frozen
class Counts:
    """How many students: at moderate or above, at high or above, dead."""

    moderate: int
    high: int
    dead: int


def counts_of(heard: Iterable[Heard]) -> Counts:
    """Each student once, at the worst."""
    worst: dict[StudentId, Severity] = {}
    dead: set[StudentId] = set()
    for one in heard:
        worst[one.student] = max(one.severity, worst.get(one.student, one.severity))
        if one.death:
            dead.add(one.student)
    levels = worst.values()
    return Counts(
        sum(level >= Severity.MODERATE for level in levels),
        sum(level >= Severity.HIGH for level in levels),
        len(dead),
    )


def span_of(rule: CollectiveSigns, calendar: SchoolCalendar, now: datetime) -> timedelta:
    """How long the plan looks back."""
    return calendar.due(now, rule.window.within).at - now


def alarming(
    heard: Iterable[Heard], rule: CollectiveSigns, span: timedelta, settled: Sequence[str] = ()
) -> tuple[Heard, ...]:
    """What makes a sign: the largest that was heard within one span of time and is enough for one.

    Empty where nothing is. What was settled counts beside something new, and never alone.
    """
    everything = tuple(heard)
    best: tuple[Heard, ...] = ()
    if not _reached(counts_of(everything), rule):
        return best  # nor would a part of it be enough
    for last in everything:
        found = tuple(x for x in everything if last.at - span < x.at <= last.at)
        new = any(x.key not in settled for x in found)
        if new and len(found) > len(best) and _reached(counts_of(found), rule):
            best = found
    return best


def _reached(counts: Counts, rule: CollectiveSigns) -> bool:
    return (
        counts.moderate >= rule.moderate.value
        or counts.high >= rule.high.value
        or counts.dead >= rule.death.value
    )


def seen_by(heard: Iterable[Heard], person: Actor, barred: Barred) -> tuple[Heard, ...]:
    """What there is for one person: without those for whom they are barred, but what they said."""
    none: frozenset[PersonId] = frozenset()
    return tuple(
        one
        for one in heard
        if one.reporter == person or person not in barred.get(one.student, none)
    )


@attrs.frozen(kw_only=True)
class Group:
    """A group and all that a decision about it may look at."""

    around: tuple[Around, ...]
    """around each class of which somebody is counted"""
    watch: Watch | None
    barred: Barred
    rule: CollectiveSigns
    span: timedelta

    @property
    def plan_around(self) -> Around:
        return self.around[0]

    def people(self, role: str, now: datetime) -> tuple[PersonId, ...]:
        """The present holders of a role for any of the classes."""
        found = (p for one in self.around for p in one.people(role, now))
        return tuple(dict.fromkeys(found))

    def may(self, right: str, actor: Actor, now: datetime) -> bool:
        return any(one.may(right, actor, now) for one in self.around)

    def first_of(
        self, roles: Sequence[str], now: datetime, besides: Iterable[str] = ()
    ) -> PersonId | None:
        """The first present holder who is barred for nobody who is counted."""
        left_out = {*besides, *(p for people in self.barred.values() for p in people)}
        everybody = (p for role in roles for p in self.people(role, now))
        return next((p for p in everybody if p not in left_out), None)

    def shown_to(self, person: Actor) -> tuple[Heard, ...]:
        """What makes the sign for one person; empty where for them there is none."""
        watch = self.watch
        if watch is None or watch.sign is None:
            return ()
        seen = seen_by(watch.heard, person, self.barred)
        found = alarming(seen, self.rule, self.span, watch.before)
        told = next((t for t in watch.told if t.person == person), None)
        if told is None or (found and {x.student for x in found} >= set(told.students)):
            return found
        # What somebody was told before they were barred stays as it was.
        return tuple(x for x in watch.heard if x.student in told.students)
