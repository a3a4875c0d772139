"""Papers to hold in the hand: made for whoever prints them, and journalled like any reading.

A paper is written for its owner alone, into the school's out folder, under a name that tells the
kind and the case's id and nothing else. Nothing is overwritten by accident.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs

from psysafe.desk.seat import Seat
from psysafe.engine.gather import roster
from psysafe.engine.printing import Wanted, class_cards, read_paper
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.ids import CaseId
from psysafe.intake.export import make_sure
from psysafe.intake.settings import Settings
from psysafe.papers import filling, templates
from psysafe.papers.contents import Head, Writer
from psysafe.papers.kinds import CARD_PURPOSES, KINDS, Kind

OUT: Final = "out"
#: A case is named by its id and by nothing else: it becomes part of a file's name.
_CASE: Final = re.compile(r"case-[A-Za-z0-9-]{1,60}")
CARDS: Final = "crisis-cards"


@attrs.frozen(kw_only=True)
class Printed:
    """A paper that was written, and what its printer or its reader may not see now."""

    file: Path
    kind: str
    withheld: tuple[str, ...] = ()


class Papers:
    """Papers about a case, and the cards for a power cut."""

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def about(
        self,
        kind: str,
        case: str,
        *,
        to: str | Path | None = None,
        replace: bool = False,
        shipped: bool = False,
    ) -> Printed:
        """Write one kind of paper about a case.

        `shipped`: from the template that psysafe brings, whatever the school has made of it.
        Raises NotFoundError for whoever may not know of the case, NotPermittedError PSY157 where
        something it needs may not be shown now, InvalidDataError PSY158 for a template that is
        refused, PSY159 where the file is there, PSY212 where it cannot be written, PlanError
        PSY156 without the extra.
        """
        seat = self._seat
        of, wanted = _about_a_case(kind)
        found = CaseId(case if _CASE.fullmatch(case) else "")
        file = self._file(f"{of.name}-{found}", to)
        _free(file, replace)
        make_sure(file)
        filling.ready()
        form = self._form(of, shipped)
        shown = read_paper(seat.school, seat.actor, found, wanted, seat.now())
        values = self._writer().about(of, shown, self._head())
        self._write(of, form, values, file, replace)
        return Printed(file=file, kind=of.name, withheld=shown.withheld)

    def crisis_cards(
        self, *, to: str | Path | None = None, replace: bool = False, shipped: bool = False
    ) -> Printed:
        """Write the cards for a sealed envelope: whom to call, class by class, by telephone.

        They tell nothing of any student. Raises NotPermittedError PSY002 for whoever may print
        none, and otherwise as `about`.
        """
        seat, of = self._seat, KINDS[CARDS]
        file = self._file(of.name, to)
        _free(file, replace)
        make_sure(file)
        filling.ready()
        form = self._form(of, shipped)
        cards = class_cards(seat.school, seat.actor, CARD_PURPOSES, seat.now())
        values = self._writer().cards(of, cards, self._head())
        self._write(of, form, values, file, replace)
        return Printed(file=file, kind=of.name)

    def _writer(self) -> Writer:
        seat = self._seat
        return Writer(speaker=seat.speaker, language=seat.speaker.language(seat.language))

    def _head(self) -> Head:
        seat = self._seat
        printer = roster(seat.school).staff.get(seat.actor)
        return Head(
            school=seat.school.name,
            now=seat.now(),
            printed_by=printer.name if printer is not None else "",
            hotline=seat.school.hotline,
        )

    def _file(self, stem: str, to: str | Path | None) -> Path:
        if to is not None:
            return Path(to)
        language = self._writer().language
        return self._settings.folder / OUT / f"{stem}-{language}{templates.ENDING}"

    def _form(self, kind: Kind, shipped: bool) -> Path:
        """The template, tried before anything is read where the school has made it its own."""
        own = None if shipped else own_folder(self._settings)
        form = templates.template(kind.name, self._writer().language, own)
        if own is not None:
            filling.tried(form, kind)
        return form

    def _write(
        self, kind: Kind, form: Path, values: dict[str, Any], file: Path, replace: bool
    ) -> None:
        _put(file, filling.filled(form, kind, values, self._seat.now()), replace)


class Templates:
    """The forms behind the papers, for whoever looks after the machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def copy(self, folder: str | Path) -> tuple[Path, ...]:
        """Copy the shipped templates for editing; what is there already stays as it is.

        Raises InvalidDataError PSY212 where the folder cannot be written.
        """
        try:
            return templates.copied(Path(folder))
        except OSError:
            where: dict[str, Fact] = {"file": Path(folder).name}
            raise InvalidDataError([Finding(code="PSY212", where=where, facts=where)]) from None


def own_folder(settings: Settings) -> Path | None:
    """Where the school keeps the templates that it has made its own."""
    return settings.folder / settings.papers if settings.papers else None


def check_templates(settings: Settings) -> Iterator[Finding]:
    """What stands against a school's own templates, for `check`: before the night, not in it."""
    own = own_folder(settings)
    for kind, language in templates.own_templates(own) if own is not None else ():
        try:
            filling.tried(templates.template(kind, language, own), KINDS[kind])
        except InvalidDataError as error:
            yield from error.findings


def _about_a_case(name: str) -> tuple[Kind, Wanted]:
    kind = KINDS.get(name)
    if kind is None or kind.wanted is None:
        known = ", ".join(k for k, one in KINDS.items() if one.wanted is not None)
        facts: dict[str, Fact] = {"path": "paper", "expected": known}
        raise InvalidDataError([Finding(code="PSY103", where={"field": "paper"}, facts=facts)])
    return kind, kind.wanted


def _free(file: Path, replace: bool) -> None:
    """Before anything is read: a paper that cannot be kept need not be made."""
    if not replace and os.path.lexists(file):
        facts: dict[str, Fact] = {"file": file.name}
        raise InvalidDataError([Finding(code="PSY159", facts=facts)])


def _put(file: Path, content: bytes, replace: bool) -> None:
    """Write a paper that only its owner may read, whole or not at all."""
    aside = file.with_name(f".{file.name}.new") if replace else file
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    made = False
    try:
        if replace:
            with suppress(FileNotFoundError):
                aside.unlink()
        descriptor = os.open(aside, flags, 0o600)
        made = True
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        if replace:
            os.replace(aside, file)
    except (OSError, ValueError):
        if made:
            with suppress(OSError):
                aside.unlink()
        elif not replace:
            _free(file, replace)
        facts: dict[str, Fact] = {"file": file.name}
        raise InvalidDataError([Finding(code="PSY212", where=facts, facts=facts)]) from None
