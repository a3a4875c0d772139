"""A figure and a time limit of the plan, each with where it comes from; and the rules that are made
of nothing else."""

from __future__ import annotations

from datetime import timedelta

import attrs

from psysafe.domain.calendar import Within


@attrs.frozen
class Origin:
    """Where a figure or a rule comes from: its kind and the place (a clause, a law, a decision)."""

    kind: str
    ref: str

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


@attrs.frozen(kw_only=True)
class Deadline:
    """By when something is done, and who takes it over when it is not.

    `cap` bounds a deadline in school days by wall time. `fallback` is a role, or for
    `acknowledge` the `next_step` of the running route. `every` says after what time a failed
    try is repeated. `owner` is the role that owes it first, where the plan says so.
    """

    within: Within
    cap: Within | None = None
    fallback: str | None = None
    origin: Origin
    every: Within | None = None
    owner: str | None = None


@attrs.frozen(kw_only=True)
class Figure:
    """One number of the plan and where it comes from."""

    value: int
    origin: Origin


@attrs.frozen(kw_only=True)
class BulkRule:
    """From how many students on, within what time, a list needs a second person's yes (X12)."""

    students: Figure
    window: Deadline
    answer: Deadline
    use: Deadline


@attrs.frozen(kw_only=True)
class LookupRule:
    """How long after a provider took a message it is asked what became of it; the last is the last
    time. `each_tick`: questions in one tick at most."""

    urgent: tuple[Within, ...]
    other: tuple[Within, ...]
    each_tick: int
    origin: Origin

    def spans(self, *, urgent: bool) -> tuple[timedelta, ...]:
        """The times of a message as spans, the shortest first."""
        return tuple(one.length() for one in (self.urgent if urgent else self.other))
