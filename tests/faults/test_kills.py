"""Workers that are killed at every dangerous place lose nothing and tell nobody twice.

The killing itself is `killing.py`, a program of its own that forks; so this runs where there is
fork: Linux and its kin.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KILLS = 200
WINDOWS = ("before commit", "after commit", "after attempt", "after accept")

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="the workers are forked, and this system has no fork"
)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What 200 kills left behind, counted by `killing.py`."""
    script = Path(__file__).with_name("killing.py")
    folder = tmp_path_factory.mktemp("killed")
    source = str(Path(__file__).resolve().parents[2] / "src")
    done = subprocess.run(
        [sys.executable, str(script), str(folder / "run"), str(KILLS), "20261102"],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print("kills:", found["deaths"], "in", found["seconds"], "s")
    return found


def test_workers_died_in_every_window(aftermath: dict[str, Any]) -> None:
    deaths = aftermath["deaths"]
    empty = [window for window in WINDOWS if not deaths.get(window)]
    assert not empty, f"nobody died {', '.join(empty)}: {deaths}"
    assert sum(deaths[window] for window in WINDOWS) >= KILLS
    assert deaths.get("any moment"), "nobody died between the named places"


def test_nothing_that_was_acknowledged_is_lost(aftermath: dict[str, Any]) -> None:
    assert aftermath["promised"] > KILLS
    assert aftermath["lost"] == []


def test_a_report_repeated_after_a_death_is_one_report(aftermath: dict[str, Any]) -> None:
    assert aftermath["repeated_wishes"] > 0, "nobody ever had to repeat a report"
    assert aftermath["reported_twice"] == []


def test_no_commit_is_half_there(aftermath: dict[str, Any]) -> None:
    """The chain is whole, every document is its fold, and what must wake still will."""
    assert aftermath["findings"] == []
    assert aftermath["verified"]
    assert aftermath["watched"] > 0
    assert aftermath["unwatched"] == []


def test_no_message_is_taken_twice_under_one_key(aftermath: dict[str, Any]) -> None:
    """A repeat bears the key of the first, and every one is explained by a lost attempt."""
    assert aftermath["repeats"] > 0, "no attempt died after the provider had accepted"
    assert aftermath["attempts_lost"] > 0
    assert aftermath["unexplained_repeats"] == []
    assert aftermath["unknown_messages"] == []


def test_nobody_is_called_twice_for_the_same_step(aftermath: dict[str, Any]) -> None:
    assert aftermath["same_call_twice"] == []


def test_every_call_that_a_death_interrupted_is_made_in_the_end(aftermath: dict[str, Any]) -> None:
    assert aftermath["taken"] > 0
    assert aftermath["never_sent"] == []


def test_no_student_ever_has_two_live_cases(aftermath: dict[str, Any]) -> None:
    assert aftermath["two_live_cases"] == []
