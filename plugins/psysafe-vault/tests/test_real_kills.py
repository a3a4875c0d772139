"""Erasure, the sweep of notes and rotation, killed by a real SIGKILL at every step.

Each is done, resumed or never begun. The killing is `dying.py`, a program of its own that forks; so
this runs where there is fork.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def killed(folder: Path, what: str) -> dict[str, str]:
    """What was left at each step, and after the last."""
    here = Path(__file__).resolve()
    sources = [here.parents[3] / "src", here.parents[1] / "src"]
    done = subprocess.run(
        [sys.executable, str(here.with_name("dying.py")), str(folder), what],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources))},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_a_rotation_killed_anywhere_shuts_nobody_out_and_is_gone_on_with(tmp_path: Path) -> None:
    """The store and both keys: what is written aside, and what takes its place."""
    found = killed(tmp_path, "rotate")
    assert set(found.values()) == {"done"}, found
    assert len(found) == 8, "five steps, of which two are writes, and the end"


def test_an_erasure_killed_anywhere_is_done_at_the_next_start_or_never_began(
    tmp_path: Path,
) -> None:
    """The commit, the ledger, the key store twice, the file written anew, the ledger again."""
    found = killed(tmp_path, "erase")
    assert {name: left for name, left in found.items() if left != "done"} == {"0": "never begun"}
    assert len(found) == 10, "commit, ledger, two writes of the key store, new file, ledger, end"


def test_a_sweep_of_notes_killed_anywhere_leaves_each_whole_or_wholly_gone(tmp_path: Path) -> None:
    """A commit for each of two notes, the ledger for each, the file written anew, the ledger."""
    found = killed(tmp_path, "sweep")
    assert set(found.values()) == {"0 gone", "1 gone", "2 gone"}, found
    assert found["0"] == "0 gone"
    assert found["to its end"] == "2 gone"
