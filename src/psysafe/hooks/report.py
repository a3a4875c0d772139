"""What is known about each plugin, and what plugins answered about a batch of disclosures."""

from __future__ import annotations

import enum
from typing import Literal

import attrs

from psysafe.contracts.extras import Objection, ObjectionRequest
from psysafe.errors import Finding

Wish = Literal["deny", "lower"]


class PluginState(enum.Enum):
    """How a plugin stands. Its findings say why."""

    OK = "ok"
    QUARANTINED = "quarantined"
    """Set aside whole, or not called any more where it hung."""
    DISABLED = "disabled"
    """Switched off by the school's settings; it was not even loaded."""
    CLASH = "clash"
    """It gives a name that another one gives too; neither is used under that name."""


@attrs.frozen
class Given:
    """One record that a plugin gives: its kind (`channel`), its name, its contract number."""

    kind: str
    name: str
    contract: int


@attrs.frozen(kw_only=True)
class PluginReport:
    """One plugin as `psysafe plugins` shows it."""

    name: str
    version: str
    """Empty where it is not known."""
    kinds: tuple[str, ...]
    """What its hooks are for, in a fixed order: `channels`, `objections`, ... Of a plugin that
    could not be loaded nothing is known."""
    given: tuple[Given, ...]
    """The records it gives, by kind and name; none when it is set aside."""
    state: PluginState
    findings: tuple[Finding, ...]
    failures: int = 0
    """How often it failed while the school was running, in objections or as an observer."""

    @property
    def contract(self) -> int | None:
        """The highest contract number among its records; None where it gives none."""
        return max((record.contract for record in self.given), default=None)


@attrs.frozen(kw_only=True)
class ObjectionAnswer:
    """What all plugins together object to in one batch. It can only tighten.

    `objections` are sorted by key and free of repetition. `failed_plugins` names those that
    raised, did not answer in time, answered something else, or were set aside before: any of
    them might have objected, so each counts as an objection to the whole batch.
    """

    objections: tuple[Objection, ...] = ()
    failed_plugins: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether any plugin failed."""
        return bool(self.failed_plugins)

    def wish(self, request: ObjectionRequest) -> Wish | None:
        """The tightest wish about one request of the batch; None where nobody objects.

        A view cannot be lowered, so an objection to one denies it. A failed plugin denies a
        view and lowers a message: an alarm goes out in its neutral form.
        """
        wishes = {each.wish for each in self.objections if each.key == request.key}
        if self.failed:
            wishes.add("lower")
        if not wishes:
            return None
        return "deny" if request.kind == "view" or "deny" in wishes else "lower"
