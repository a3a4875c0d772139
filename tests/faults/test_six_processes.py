"""Six processes, one school: no word is lost, no student gets two cases, strangers never collide.

The crowd itself is `crowding.py`, a program of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPORTS = 20


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What six processes left behind, counted by `crowding.py`."""
    script = Path(__file__).with_name("crowding.py")
    source = str(Path(__file__).resolve().parents[2] / "src")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path_factory.mktemp("crowd") / "run"), str(REPORTS)],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print(
        "conflicts:", len(found["conflicts_apart"]), "apart,", found["conflicts_crowded"], "crowded"
    )
    return found


def test_six_processes_lose_no_update(crowd: dict[str, Any]) -> None:
    """Every receipt's signal and answer is in the journal, once, and nothing else is."""
    assert crowd["promised"] == 6 * 2 * REPORTS
    assert crowd["lost"] == []
    assert crowd["unasked"] == []
    assert crowd["twice"] == 0
    assert crowd["answers"] > 0
    assert crowd["answers_lost"] == []
    assert crowd["findings"] == []
    assert crowd["verified"]


def test_no_student_has_two_live_cases_however_many_report_at_once(crowd: dict[str, Any]) -> None:
    """No case ends here, so a second case of one student would be a second live one."""
    assert len(crowd["cases"]) == 6 * 3 + 2
    assert set(crowd["cases"].values()) == {1}


def test_reports_on_different_students_never_collide(crowd: dict[str, Any]) -> None:
    assert crowd["conflicts_apart"] == []


def test_processes_collide_only_on_the_same_student(crowd: dict[str, Any]) -> None:
    assert crowd["conflicts_crowded"] > 0, "six at once never met: the test shows nothing"
    assert crowd["conflicts_elsewhere"] == []
