"""Try each mutant of a session in a fork of one process, made where the room is imported first.

    python tools/mutants_forked.py SESSION ROOM SECONDS TESTS...

What cosmic-ray's own `exec` does, for a busy machine: everything that the tests import before the
room (the interpreter, pytest, most of psysafe) is imported once and not for each mutant anew. Run
in the copy of the clone that `tools/mutants.py` makes; it changes the room's file there and puts
it back. Results go into cosmic-ray's session, so that `cr-report` and a later call find them.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import cosmic_ray.plugins
import pytest
from cosmic_ray.mutating import _make_diff, mutate_code
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult


class AtTheRoom(MetaPathFinder):
    """Stands before the room: tries all mutants when it is asked for, in a child each."""

    def __init__(self, session: Path, room: Path, seconds: float) -> None:
        self._session, self._room, self._seconds = session, room, seconds
        parts = room.with_suffix("").parts
        self._name = ".".join(parts[parts.index("src") + 1 :])
        self._code = room.read_text(encoding="utf-8")

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        if self._in_a_child(self._code):
            return None  # the child goes on importing, and runs the tests
        if self._outcome != "passed":
            os.write(2, b"the tests do not pass without a mutant\n")
            os._exit(2)
        with use_db(str(self._session), mode=WorkDB.Mode.open) as work:
            pending = tuple(work.pending_work_items)
        for item in pending:
            if self._try(item):
                return None
        os._exit(0)

    def _try(self, item: WorkItem) -> bool:
        (mutation,) = item.mutations
        operator = cosmic_ray.plugins.get_operator(mutation.operator_name)
        code = mutate_code(
            self._code, operator(**(mutation.operator_args or {})), mutation.occurrence
        )
        if code is None:
            result = WorkResult(worker_outcome=WorkerOutcome.NO_TEST)
        else:
            if self._in_a_child(code):
                return True
            lived = self._outcome == "passed"
            result = WorkResult(
                worker_outcome=WorkerOutcome.NORMAL,
                output=self._outcome,
                test_outcome=TestOutcome.SURVIVED if lived else TestOutcome.KILLED,
                diff="\n".join(_make_diff(self._code, code, self._room)),
            )
        with use_db(str(self._session), mode=WorkDB.Mode.open) as work:
            work.set_result(item.job_id, result)
        return False

    def _in_a_child(self, code: str) -> bool:
        """True in the child. In the parent `_outcome` says how it ended: passed, failed, timeout;
        and the room's file is as it was.
        """
        self._room.write_text(code, encoding="utf-8")
        child = os.fork()
        if child == 0:
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
    sys.meta_path.insert(0, AtTheRoom(Path(session), Path(room), float(seconds)))
    # Why a mutant fails nobody reads: no rewritten assertions, no traces.
    quick = ("-x", "-qq", "--assert=plain", "--tb=no", "-p", "no:cacheprovider")
    return int(pytest.main([*quick, *tests]))


if __name__ == "__main__":
    sys.exit(main())
