"""Every error that psysafe raises, and the one register of their codes.

An error says what happened, where, why it matters and what to do about it. Its text is built
from a registered code and from *facts*: ids, numbers, codes, file places. Facts never hold a
name, an answer or a note, so an error can be logged as it is.

The English sentences in the register are the keys of the message catalogue; Chinese comes from
there. A code is never used for anything else once released.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import attrs

from psysafe.errors import (
    approvals,
    breaks,
    channels,
    face,
    files,
    papers,
    plan,
    plugins,
    privacy,
    referrals,
    scales,
    storage,
    tables,
)

Fact = str | int | float | bool | None
FindingSeverity = Literal["error", "warning", "note"]


def N_(text: str) -> str:
    """Mark an English sentence for the message catalogue; it comes back as it is.

    Rooms below the catalogue mark what people will read, the catalogue says it in their language.
    """
    return text


@attrs.frozen
class Code:
    """What one error code says, in English, with `{fact}` places: what, why, the cure."""

    what: str
    why: str
    cure: str


#: One entry a code; a room of this package for each hundred, two where one is full.
REGISTER: Final[Mapping[str, Code]] = MappingProxyType(
    {
        name: Code(*sentences)
        for room in (
            face,
            approvals,
            breaks,
            referrals,
            plan,
            papers,
            tables,
            files,
            scales,
            storage,
            plugins,
            channels,
            privacy,
        )
        for name, sentences in room.CODES.items()
    }
)


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that a check, an import or a verification has to say.

    `where` holds a place (file, sheet, row, column, cell, path), `facts` what fills the
    code's sentences. Both are safe to log.
    """

    code: str
    severity: FindingSeverity = "error"
    where: Mapping[str, Fact] = attrs.field(factory=dict)
    facts: Mapping[str, Fact] = attrs.field(factory=dict)

    def text(self, sentence: str) -> str:
        """Fill one (possibly translated) sentence of this finding's code."""
        return sentence.format_map({**self.where, **self.facts})

    @property
    def what(self) -> str:
        return self.text(REGISTER[self.code].what)

    @property
    def why(self) -> str:
        return self.text(REGISTER[self.code].why)

    @property
    def cure(self) -> str:
        return self.text(REGISTER[self.code].cure)


class PsysafeError(Exception):
    """The root of all errors of this library. `finding` holds code, place and facts."""

    def __init__(
        self, code: str, /, *, where: Mapping[str, Fact] | None = None, **facts: Fact
    ) -> None:
        self.finding = Finding(code=code, where=where or {}, facts=facts)
        super().__init__(code)

    @property
    def code(self) -> str:
        return self.finding.code

    def __str__(self) -> str:
        place = ", ".join(f"{k} {v}" for k, v in self.finding.where.items())
        return f"{self.code}: {self.finding.what}" + (f" ({place})" if place else "")


class NotPermittedError(PsysafeError):
    """The actor may know the record but may not do this."""


class NotFoundError(PsysafeError):
    """There is nothing under that name, or it is not for this actor: both answer alike."""

    def __init__(self, code: str = "PSY001", /) -> None:
        super().__init__(code)


class ConflictError(PsysafeError):
    """Somebody else changed the same record first, or a command id was used for two things."""


class InvalidMoveError(PsysafeError):
    """The state machine has no such step from here."""


class InvalidDataError(PsysafeError):
    """Something that came in is not in the agreed form. `findings` names every fault."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(first.code, where=first.where, **first.facts)

    def __str__(self) -> str:
        more = len(self.findings) - 1
        return super().__str__() + (f" (and {more} more)" if more else "")


class StorageError(PsysafeError):
    """The store could not be opened, read or written."""


class ScaleError(PsysafeError):
    """A definition or a sheet of answers cannot be used."""


class PluginError(PsysafeError):
    """A plugin that is needed is missing, broken or ambiguous."""


class PlanError(PsysafeError):
    """The school's plan, calendar or settings cannot be used."""
