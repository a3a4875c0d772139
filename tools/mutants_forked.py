"""Try each mutant of a session in a fork of one process that has imported all and runs the tests.

    python tools/mutants_forked.py SESSION ROOM SECONDS TESTS...

What cosmic-ray's own `exec` does, for a busy machine: the interpreter, pytest, psysafe and the
tests are loaded once and not for each mutant anew. A mutant inside of functions is tried when the
tests have been collected: in the child their code is exchanged, in the very functions that
everybody else holds. Any other one (a constant, a default, a decorator) is tried in a child that
is forked where the room is imported first. What ran of the room before the first test ran as it
was: that can let a mutant live, and kills none.

Run in the copy of the clone that `tools/mutants.py` makes; for mutants of the second kind it
changes the room's file there and puts it back. Results go into cosmic-ray's session, so that
`cr-report` and a later call find them.
"""

from __future__ import annotations

import gc
import inspect
import os
import signal
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TypeGuard

import cosmic_ray.plugins
import pytest
from cosmic_ray.mutating import _make_diff, mutate_code
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

Codes = dict[CodeType, CodeType]


def exchanged(old: CodeType, new: CodeType) -> Codes | None:
    """The code of each function that a mutant changes, to its new code.

    None where it changes what runs while the room is imported: the body of the room or of a class.
    """
    inner = [list(filter(_is_code, code.co_consts)) for code in (old, new)]
    found: Codes = {}
    if old.co_flags & inspect.CO_OPTIMIZED:  # a function, with all that stands in it
        return {old: new, **_within(inner, found)} if old.co_freevars == new.co_freevars else None
    said = [
        (code.co_code, code.co_names, [one for one in code.co_consts if not _is_code(one)])
        for code in (old, new)
    ]
    if said[0] != said[1] or [c.co_qualname for c in inner[0]] != [c.co_qualname for c in inner[1]]:
        return None
    for before, after in zip(*inner, strict=True):
        more = exchanged(before, after)
        if more is None:
            return None
        found |= more
    return found


def _is_code(found: object) -> TypeGuard[CodeType]:
    return isinstance(found, CodeType)


def _within(inner: list[list[CodeType]], found: Codes) -> Codes:
    """Functions that a function made while the room was imported, as a decorator does."""
    for before, after in zip(*inner, strict=False):
        if (before.co_qualname, before.co_freevars) == (after.co_qualname, after.co_freevars):
            found[before] = after
            pairs = [list(filter(_is_code, one.co_consts)) for one in (before, after)]
            _within(pairs, found)
    return found


class Trying(MetaPathFinder):
    """Tries the mutants: some when the room is asked for, the others before the first test."""

    def __init__(self, session: Path, room: Path, seconds: float) -> None:
        self._session, self._room, self._seconds = session, room, seconds
        parts = room.with_suffix("").parts
        self._name = ".".join(parts[parts.index("src") + 1 :])
        self._code = room.read_text(encoding="utf-8")
        self._child = False
        with use_db(str(session), mode=WorkDB.Mode.open) as work:
            pending = tuple(work.pending_work_items)
        at = str(room.resolve())
        #: Each with its text, and the code that is exchanged where that is enough.
        self._mutants: list[tuple[WorkItem, str, Codes | None]] = []
        whole = compile(self._code, at, "exec")
        for item in pending:
            (mutation,) = item.mutations
            operator = cosmic_ray.plugins.get_operator(mutation.operator_name)
            code = mutate_code(
                self._code, operator(**(mutation.operator_args or {})), mutation.occurrence
            )
            if code is None:
                self._told(item, WorkResult(worker_outcome=WorkerOutcome.NO_TEST))
            else:
                self._mutants.append((item, code, exchanged(whole, compile(code, at, "exec"))))

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Before the room is imported first. The child goes on importing, and runs the tests."""
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        for item, code, exchange in self._mutants:
            if exchange is None:
                self._room.write_text(code, encoding="utf-8")
                if self._in_a_child():
                    return None
                self._came_to(item, code)
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Before the first test. The child goes on and runs them all."""
        if self._child or self._in_a_child():
            return
        if self._outcome != "passed":
            os.write(2, b"the tests do not pass without a mutant\n")
            os._exit(2)
        changed = {code for *_, exchange in self._mutants for code in exchange or ()}
        functions = [one for one in gc.get_objects() if isinstance(one, FunctionType)]
        functions = [one for one in functions if one.__code__ in changed]
        gc.freeze()  # no child looks through what was there before
        for item, code, exchange in self._mutants:
            if exchange is not None:
                if self._in_a_child():
                    for found in functions:
                        found.__code__ = exchange.get(found.__code__, found.__code__)
                    return
                self._came_to(item, code)
        os._exit(0)

    def _came_to(self, item: WorkItem, code: str) -> None:
        lived = self._outcome == "passed"
        result = WorkResult(
            worker_outcome=WorkerOutcome.NORMAL,
            output=self._outcome,
            test_outcome=TestOutcome.SURVIVED if lived else TestOutcome.KILLED,
            diff="\n".join(_make_diff(self._code, code, self._room)),
        )
        self._told(item, result)

    def _told(self, item: WorkItem, result: WorkResult) -> None:
        with use_db(str(self._session), mode=WorkDB.Mode.open) as work:
            work.set_result(item.job_id, result)

    def _in_a_child(self) -> bool:
        """True in the child. In the parent `_outcome` says how it ended: passed, failed, timeout;
        and the room's file is as it was.
        """
        child = os.fork()
        if child == 0:
            self._child = True
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return True
        until = time.monotonic() + self._seconds
        try:
            while True:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    self._outcome = "failed" if status else "passed"
                    break
                if time.monotonic() > until:
                    os.killpg(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                    self._outcome = "timeout"
                    break
                time.sleep(0.02)
        finally:
            self._room.write_text(self._code, encoding="utf-8")
        return False


def main() -> int:
    session, room, seconds, *tests = sys.argv[1:]
    # A mutant that looks like another by size and second must not be taken for it.
    sys.dont_write_bytecode = True
    trying = Trying(Path(session), Path(room), float(seconds))
    sys.meta_path.insert(0, trying)
    # Why a mutant fails nobody reads: no rewritten assertions, no traces.
    quick = ("-x", "-qq", "--assert=plain", "--tb=no", "-p", "no:cacheprovider")
    return int(pytest.main([*quick, *tests], plugins=[trying]))


if __name__ == "__main__":
    sys.exit(main())
