"""The benchmarks run to their end and judge every goal. Their figures are not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "bench" / "run.py"
WORKS = (
    "one durable report",
    "verified afterwards",
    "events of one student",
    "policy decision",
    "import psysafe",
    "open an existing school",
)


def printed(bench: str, *arguments: str) -> list[str]:
    """The lines that a benchmark prints, which runs to its end."""
    done = subprocess.run(
        [sys.executable, str(RUN.with_name(bench)), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def test_the_quick_benchmark_measures_every_goal() -> None:
    lines = printed("run.py", "--quick")
    for work in WORKS:
        judged = [line for line in lines if work in line]
        assert judged, f"{work} was not measured: {lines}"
        assert all(line.endswith(("met", "MISSED")) for line in judged)


def test_cedarpy_is_asked_the_same_and_stands_beside_the_decisions() -> None:
    pytest.importorskip("cedarpy")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import run; run.show(run.beside_cedar(run.QUICK))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(RUN.parent)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    beside = [line for line in done.stdout.splitlines() if "beside Cedar" in line]
    assert len(beside) == 3
    assert all("us cedarpy" in line and "x as fast" in line for line in beside)


def test_a_translation_that_says_something_else_stops_the_comparison() -> None:
    pytest.importorskip("cedarpy")
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import cedar\n"
        "right = cedar.policies\n"
        'cedar.policies = lambda viewer=None: right(viewer).replace(\'"X6"\', \'"X6") '
        'permit(principal, action, resource); @id("X66"\')\n'
        "cedar.must_agree(200)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(RUN.parent), str(RUN.parents[1] / "src")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "Cedar and psysafe differ" in done.stderr


def test_the_cost_of_the_vault_is_told_for_each_work() -> None:
    lines = printed("vault.py", "--quick")
    for work in ("a first report", "one more report", "the page of one case", "a list of 7 cases"):
        assert any(line.startswith(work) for line in lines), lines


def test_the_quick_benchmark_of_messages_measures_every_goal() -> None:
    lines = printed("outbox.py", "--quick")
    for work in ("20 ms provider", "processor time of one", "kept connection", "crisis notice"):
        (judged,) = [line for line in lines if work in line.split("  ")[0]]
        assert judged.endswith(("met", "MISSED"))


def test_a_broken_chain_stops_the_yardstick(tmp_path: Path) -> None:
    """A yardstick that did less than it says would flatter psysafe."""
    program = (
        "import sqlite3, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from psysafe.contracts.storage import Changes, Entry, NewEvent, Put\n"
        "from yardstick import Yardstick\n"
        "rod = Yardstick(Path(sys.argv[2]))\n"
        "event = NewEvent('file/s', b'header', b'body')\n"
        "like = Changes('staff:t', 'cmd', b'', {'file/s': 0}, (event,), b'', b'', "
        "(Put('file/s', b'x', {}),))\n"
        "rod.repeat(like, 1); rod.repeat(like, 2)\n"
        "assert rod.verify() == 2\n"
        "other = sqlite3.connect(sys.argv[2])\n"
        "other.execute(\"UPDATE journal SET body = x'00' WHERE position = 1\")\n"
        "other.commit(); other.close()\n"
        "rod.verify()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(RUN.parent), str(tmp_path / "rod.db")],
        env={"PYTHONPATH": str(RUN.parents[1] / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "the yardstick's chain is broken" in done.stderr


def test_the_benchmark_of_scales_runs_and_prints_ratios() -> None:
    lines = printed("scales.py", "--sheets", "3000", "--rounds", "1")
    assert lines[0].split() == ["by", "hand,", "byte", "lanes", *lines[0].split()[4:6], "1.00"]
    assert any(line.startswith("psysafe score_columns") for line in lines)


def test_the_quick_bulk_benchmark_measures_every_goal() -> None:
    lines = printed("bulk.py", "--quick")
    for work in ("students enrolled", "sheets scored and stored", "peak memory once all are"):
        judged = [line for line in lines if line.startswith(work)]
        assert judged, f"{work} was not measured: {lines}"
        assert all(line.endswith(("met", "MISSED")) for line in judged)
    assert any("worklist of flags" in line for line in lines)
