"""A process that dies by SIGKILL at one step of an erasure, of a sweep of notes or a rotation, and
what it leaves.

    python dying.py FOLDER erase|sweep|rotate

prints what was found at each step as JSON. A step is whatever leaves something behind: bytes that
are written, a file that takes another's place or is cut, and a COMMIT of the database. At a write
the process dies before it, and half way through it as where the power fails. The
dying are forked from a warm parent, each in a copy of the same school, and the parent looks at
what is left as the next start does.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psysafe_vault
from psysafe import NotFoundError
from psysafe.engine import ending_notes
from psysafe.engine.cards_erasure import mark_of, note_mark
from psysafe.engine.deletion_ledger import FILE, DeletionLedger
from psysafe.engine.gather import gather
from psysafe.engine.verify import verify
from psysafe.testing import InventedSchool, open_school
from psysafe.testing.schools import STUDENTS, student_id
from psysafe_vault.store import Store

(RECORD,) = psysafe_vault.psysafe_vaults()
CHILD: Final = student_id(1)
#: Statements of SQLite after which something else lies on the disk.
WRITES: Final = ("COMMIT", "VACUUM", "PRAGMA wal_checkpoint")
MOST: Final = 200
#: When the time of every note is up.
BEYOND: Final = timedelta(days=740)
#: How a process ends that was to die in the middle of a write, at a step that is none.
NO_WRITE: Final = 7


class Doom:
    """Counts steps, and ends the process at one of them."""

    def __init__(self, step: int, *, torn: bool) -> None:
        self._left = step
        self._torn = torn
        self._armed = False
        self._connections: list[sqlite3.Connection] = []

    def watch(self) -> None:
        """Hear of connections from now on; to be called before one is opened."""
        sys.addaudithook(self._audited)

    def arm(self) -> None:
        """From now on every step counts."""
        self._armed = True
        os.write = self._write(os.write)
        for name in ("replace", "ftruncate", "unlink"):
            setattr(os, name, self._before(getattr(os, name)))
        for connection in self._connections:
            connection.set_trace_callback(self._statement)

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle" and isinstance(arguments[0], sqlite3.Connection):
            self._connections.append(arguments[0])
        if self._armed and event == "open" and set(arguments[1] or "") & set("wax+"):
            self._visit()  # a file of the interpreter's own, whose writes are not heard

    def _statement(self, text: str) -> None:
        if text.startswith(WRITES):
            self._visit()

    def _visit(self, *, half_done: bool = False) -> None:
        self._left -= 1
        if self._left < 0:
            if self._torn and not half_done:
                os._exit(NO_WRITE)
            os.kill(os.getpid(), signal.SIGKILL)

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*given: Any, **more: Any) -> Any:
            self._visit()
            return real(*given, **more)

        return asked

    def _write(self, real: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        def asked(descriptor: int, data: Any) -> int:
            if torn := self._torn and self._left == 0:
                real(descriptor, bytes(data)[: len(data) // 2])
            self._visit(half_done=torn)
            return real(descriptor, data)

        return asked


def opened(folder: Path) -> InventedSchool:
    return open_school(folder, storage="sqlite", plugins=[psysafe_vault], vault=RECORD)


def erase(folder: Path, doom: Doom) -> None:
    with opened(folder) as school:
        doom.arm()
        school.desk("head").erasures.forget(CHILD, "request")


def sweep(folder: Path, doom: Doom) -> None:
    with opened(folder) as school:
        doom.arm()
        ending_notes.sweep(school.school, school.clock.now() + BEYOND)


def rotate(folder: Path, doom: Doom) -> None:
    doom.arm()
    assert RECORD.keys is not None
    RECORD.keys({}, folder).rotate()


def died(work: Callable[[Path, Doom], None], folder: Path, step: int, *, torn: bool) -> bool | None:
    """Whether the process died before it had done everything; None where it could not so."""
    pid = os.fork()
    if not pid:
        try:
            doom = Doom(step, torn=torn)
            doom.watch()
            work(folder, doom)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, NO_WRITE), "it failed and did not die"
    return None if code else False


# -- what is left ------------------------------------------------------------------------------


def there(school: InventedSchool, number: int) -> bool:
    try:
        gather(school.school, student_id(number))
    except NotFoundError:
        return False
    return True


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("psysafe.db*"))


def left_by_erasing(folder: Path, body: bytes) -> str:
    """`never begun`, `done`, or what is half."""
    keys = Store(folder / "keys" / "vault.keys")
    with opened(folder) as school:
        proof, here = verify(school.school), there(school, 1)
        ledger = DeletionLedger(school.folder / FILE).read()
        mark = mark_of(school.school, CHILD)
        if not proof.ok:
            return f"the proof fails: {proof.findings}"
        if not there(school, 2):
            return "another student is gone"
    kept = keys.read()
    students = len({key.about for key in kept.keys.values()})
    if kept.damaged:
        return f"damaged keys: {kept.damaged}"
    if here:
        whole = not ledger and not kept.erased and students == len(STUDENTS) + 1
        return "never begun" if whole else f"half: {ledger}, {kept.erased}, {students}"
    if ledger != {mark: True} or len(kept.erased) != 1 or students != len(STUDENTS):
        return f"half: {ledger}, {len(kept.erased)} erased, keys of {students}"
    return "done" if body not in content(folder) else "half: the body is left"


def left_by_sweeping(folder: Path, notes: dict[str, bytes]) -> str:
    """`never begun`, how many of the notes are gone, or what is half."""
    with opened(folder) as school:
        held = school.school.storage.read(school.school.part, list(notes)).documents
        proof = verify(school.school)
        ledger = DeletionLedger(school.folder / FILE).read()
        marks = {note_mark(school.school, stream) for stream in notes if stream not in held}
        if not proof.ok:
            return f"the proof fails: {proof.findings}"
        if not (there(school, 1) and there(school, 2)):
            return "a student is gone"
    if ledger != dict.fromkeys(marks, True):
        return f"half: {ledger}, {len(marks)}"
    left = [
        stream for stream, body in notes.items() if (body in content(folder)) != (stream in held)
    ]
    return f"half: the body of {left}" if left else f"{len(marks)} gone"


def left_by_rotating(folder: Path, first: str) -> str:
    """`resumed` or `done`, after it was said once more, or what is half."""
    assert RECORD.keys is not None
    keeper = RECORD.keys({}, folder)
    for again in (False, True):
        state = keeper.check()
        if again and (state.key == first or state.findings[0].code == "PSY720"):
            keeper.rotate()
        with opened(folder) as school:
            if not (there(school, 1) and there(school, 2) and verify(school.school).ok):
                return f"not readable, {'after' if again else 'before'} it was said again"
    state = keeper.check()
    if [f.code for f in state.findings] != ["PSY719"] or state.key == first:
        return f"half: {[f.code for f in state.findings]}"
    return "done"


def steps(
    folder: Path, work: Callable[[Path, Doom], None], look: Callable[[Path], str]
) -> Iterator[tuple[str, str]]:
    """Each step that was died at, and what was left."""
    for step in range(MOST):
        for torn in (False, True):
            name = f"{step}{' half way' if torn else ''}"
            copy = folder / f"at-{step}-{torn}"
            shutil.copytree(folder / "school", copy)
            how = died(work, copy, step, torn=torn)
            if how is not None:
                yield (name if how else "to its end"), look(copy)
            if how is False:
                return
            shutil.rmtree(copy)


def kept(school: InventedSchool) -> dict[str, bytes]:
    """Two notes of which nobody knows who is meant, with what lies sealed of each."""
    counselor, part = school.desk("counselor-a").signals, school.school.part
    for number in (1, 2):
        school.student_desk(number).signals.leave_note(f"那个{number}号同学", {"fear": "some"})
    for line in counselor.notes():
        counselor.keep(line["note"])
    streams = [f"note/{line['note']}" for line in counselor.notes(kept=True)]
    return {stream: school.school.storage.journal(part, 0, 1, stream)[0].body for stream in streams}


def main(folder: Path, what: str) -> None:
    with opened(folder / "school") as school:
        school.desk("homeroom-1").signals.report(
            school.number(2), "one_to_one", {"self_harm": "severe"}, note="她说想静一静"
        )
        held = school.school.storage.read(school.school.part, [f"student/{CHILD}"])
        body = held.documents[f"student/{CHILD}"].body
        notes = kept(school) if what == "sweep" else {}
    assert body in content(folder / "school")
    first = Store(folder / "school" / "keys" / "vault.keys").read().under
    if what == "erase":
        found = dict(steps(folder, erase, lambda copy: left_by_erasing(copy, body)))
    elif what == "sweep":
        found = dict(steps(folder, sweep, lambda copy: left_by_sweeping(copy, notes)))
    else:
        found = dict(steps(folder, rotate, lambda copy: left_by_rotating(copy, first)))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
