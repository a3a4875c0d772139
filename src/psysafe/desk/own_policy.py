"""A school's own policy: a file that is looked over, signed and adopted; what of it holds now.

The file is a wish. What counts is what was adopted: it stands in the journal, and a file that is
changed afterwards changes nothing and is noticed. Keys of those who sign lie where they put them,
never in the school's folder; their public keys stand in `[policy.signers]` of the settings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs

from psysafe.desk.seat import Seat
from psysafe.desk.signatures import KEY_BYTES, bytes_of, new_pair, signer, text_of, verifies
from psysafe.domain import privacy_site as site
from psysafe.domain.own_rows import OwnRow
from psysafe.domain.privacy import Effect, Policy
from psysafe.domain.privacy_policy import effect_of_code, place_of
from psysafe.engine import own_rows as engine
from psysafe.engine.own_rows import OwnPolicy
from psysafe.engine.school import School
from psysafe.errors import N_, Fact, Finding, FindingSeverity, InvalidDataError, PlanError
from psysafe.ids import Actor, Part, PersonId
from psysafe.intake.policy_file import (
    POLICY_FILE,
    PolicyFile,
    Signature,
    digest_of,
    read_policy_file,
    write_signatures,
)
from psysafe.intake.settings import Settings
from psysafe.sensitivity import changed

_SIGNATURES: Final = "PSY732"


@attrs.frozen(kw_only=True)
class OwnCell:
    """One cell of the school's own beside the shipped one. `line`: of its file, 0 without one."""

    row: OwnRow
    shipped: Effect
    effect: Effect
    wider: bool
    line: int = 0


@attrs.frozen(kw_only=True)
class Looked:
    """What a file comes to: its cells, and what stands against it; empty: it can be adopted."""

    file: PolicyFile
    cells: tuple[OwnCell, ...]
    findings: tuple[Finding, ...]


def checker(part: Part, settings: Settings) -> Callable[[OwnRow], str]:
    """What stands against a row's signature: nothing, or that it does not fit, or is not tried."""

    def found(row: OwnRow) -> str:
        if row.signed_by is None:
            return site.UNSIGNED
        if not row.key or settings.policy_signers.get(row.signed_by) != row.key:
            return site.FORGED
        public, signature = bytes_of(row.key), bytes_of(row.signature)
        if len(public) != KEY_BYTES:
            return site.FORGED
        try:
            fits = verifies(public, signature, site.said(part, row))
        except PlanError:
            return site.UNTRIED
        return "" if fits else site.FORGED

    return found


def make_key(file: Path) -> str:
    """Make a key to sign with, in a new file; answers the public one.

    Raises PlanError PSY732 where there is one already or signatures need the extra, PSY212.
    """
    private, public = new_pair()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(file, flags, 0o600), "wb") as stream:
            stream.write(text_of(private).encode("ascii") + b"\n")
    except FileExistsError:
        raise PlanError(_SIGNATURES, problem="there is a key already") from None
    except OSError:
        raise PlanError("PSY212", where={"path": str(file)}, file=file.name) from None
    return text_of(public)


def sign(settings: Settings, file: Path, key: Path, by: Actor, shipped: Policy) -> tuple[str, ...]:
    """Sign every row of a file that shows more, and answer their places.

    What stood there already is signed anew, because a row may have been changed since. Raises
    what `read_policy_file` raises, PlanError PSY732 for a key that cannot be used, PSY212.
    """
    read = read_policy_file(file, settings.zone)
    try:
        private = bytes_of(key.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise PlanError("PSY212", where={"path": str(key)}, file=key.name) from None
    if len(private) != KEY_BYTES:
        raise PlanError(_SIGNATURES, problem="its key is damaged")
    write, public = signer(private)
    made: dict[str, Signature] = {}
    for _, row in read.rows:
        if not site.wider(shipped, row):
            continue
        person = PersonId(by)
        told = site.said(settings.part, changed(row, signed_by=person))
        made[row.place] = Signature(
            place=row.place, by=person, key=text_of(public), signature=text_of(write(told))
        )
    if made:
        write_signatures(file, made)
    return tuple(made)


class PolicyDesk:
    """The school's own rows at the desk of the operator, who adopts what others have signed."""

    def __init__(self, seat: Seat, settings: Settings) -> None:
        self._seat = seat
        self._settings = settings

    def look(self, file: str | Path) -> Looked:
        """What a file would do here. Raises what `read_policy_file` raises."""
        seat, path = self._seat, Path(file)
        read = read_policy_file(path, self._settings.zone)
        found = engine.judge(seat.school, read.rows, seat.now())
        here = tuple(attrs.evolve(one, where={"file": path.name, **one.where}) for one in found)
        shipped = _own(seat.school).shipped
        return Looked(file=read, cells=tuple(_cells(shipped, read.rows)), findings=here)

    def adopt(self, file: str | Path) -> Looked:
        """Adopt a file as a whole.

        Raises InvalidDataError where anything stands against it: then nothing of it counts, and
        what was adopted before stays.
        """
        seat, found = self._seat, self.look(file)
        if found.findings:
            raise InvalidDataError(found.findings)
        rows = tuple(row for _, row in found.file.rows)
        _own(seat.school).adopt(seat.school, rows, found.file.digest, seat.actor, seat.now())
        return found

    def now(self) -> Policy:
        """The matrix that holds now."""
        return self._seat.school.policy.at(self._seat.now())

    def in_force(self) -> tuple[OwnCell, ...]:
        """The cells of the school's own that hold now."""
        own = _own(self._seat.school)
        return tuple(_cells(own.shipped, [(0, row) for row in own.rows_at(self._seat.now())]))

    def standing(self) -> tuple[Finding, ...]:
        """What is to be said at every start."""
        return tuple(check_policy(self._seat.school, self._settings, self._seat.now()))


def check_policy(school: School, settings: Settings, now: datetime) -> Iterator[Finding]:
    """What shows more now, and what is not as it was adopted.

    PSY747 a row that shows more, PSY748 what was adopted cannot be read, another file lies there,
    or a row that shows more does not hold although its time is not over.
    """
    own = school.policy
    if not isinstance(own, OwnPolicy):
        return
    own.load(school, now)
    if own.trouble:
        yield _other(N_("it cannot be read"), severity="error")
    wide = own.wider_at(now)
    for row in wide:
        until = row.until.astimezone(settings.zone) if row.until is not None else now
        facts: dict[str, Fact] = {
            "row": row.place,
            "until": f"{until:%Y-%m-%d %H:%M}",
            "by": row.signed_by,
        }
        yield Finding(code="PSY747", severity="note", facts=facts)
    held, digest = own.held, digest_of(settings.folder / POLICY_FILE)
    if held is None:
        if digest:
            yield _other(N_("it was not adopted yet"), severity="note")
        return
    for row in held.rows:
        lasts = row.until is not None and now < row.until
        if row.place in held.begun and row not in wide and lasts:
            yield _other(N_("a row that shows more cannot be proved, and holds no more"))
    if digest != held.digest:
        yield _other(N_("another file lies there") if digest else N_("the file is not there"))


def _other(problem: str, severity: FindingSeverity = "warning") -> Finding:
    where: dict[str, Fact] = {"file": POLICY_FILE}
    return Finding(code="PSY748", severity=severity, where=where, facts={"problem": problem})


def _cells(shipped: Policy, rows: Iterable[tuple[int, OwnRow]]) -> Iterator[OwnCell]:
    for line, row in rows:
        place, effect = place_of(row.place), effect_of_code(row.effect)
        if place is not None and effect is not None:
            yield OwnCell(
                row=row,
                shipped=shipped.effect(*place),
                effect=effect,
                wider=site.wider(shipped, row),
                line=line,
            )


def _own(school: School) -> OwnPolicy:
    policy = school.policy
    if not isinstance(policy, OwnPolicy):
        raise PlanError("PSY748", problem=N_("this school was opened without one"))
    return policy
