"""A clause mark that names nothing would show nothing, so collection refuses it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _collect(folder: Path, mark: str) -> subprocess.CompletedProcess[str]:
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "tests" / "test_one.py").write_text(
        f"import pytest\n\n\n@pytest.mark.{mark}\ndef test_one():\n    pass\n", encoding="utf-8"
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_clause_of_the_school_plans_is_accepted(tmp_path: Path) -> None:
    assert _collect(tmp_path, 'clause("C6.2")').returncode == 0


@pytest.mark.parametrize("mark", ['clause("Z9.9")', "clause()", 'clause("A0", "C6.4")', "clauze"])
def test_a_mark_that_names_no_clause_is_refused(tmp_path: Path, mark: str) -> None:
    assert _collect(tmp_path, mark).returncode != 0
