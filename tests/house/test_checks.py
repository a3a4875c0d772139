"""`.ci/run` fails when any one of its steps fails, and never passes because nothing was run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("mypy", "pyright", "ruff", "zensical")
README = "# x\n\n## Try it\n\n```sh\nexit 9\n```\n\n## Test it\n\n```sh\n{block}\n```\n\n## Rest\n"


def run(folder: Path, readme: str, failing: str = "") -> subprocess.CompletedProcess[str]:
    """The script in a folder of its own, beside tools that only say whether they are content."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / ".venv" / "bin").mkdir(parents=True)
    for tool in TOOLS:
        path = folder / ".venv" / "bin" / tool
        path.write_text(f"#!/bin/sh\nexit {1 if tool == failing else 0}\n", encoding="utf-8")
        path.chmod(0o755)
    return subprocess.run(
        ["bash", str(folder / ".ci" / "run")],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_block_under_test_it_is_what_runs(tmp_path: Path) -> None:
    done = run(tmp_path, README.format(block="echo from-the-block && pwd"))
    assert done.returncode == 0, done.stderr
    assert "from-the-block" in done.stdout
    assert str(tmp_path) in done.stdout


@pytest.mark.parametrize("failing", TOOLS)
def test_one_tool_that_fails_fails_the_whole(tmp_path: Path, failing: str) -> None:
    assert run(tmp_path, README.format(block="true"), failing).returncode == 1


@pytest.mark.parametrize("block", ["false", "exit 5", "false\ntrue", "false | cat"])
def test_a_block_that_fails_fails_the_whole(tmp_path: Path, block: str) -> None:
    assert run(tmp_path, README.format(block=block)).returncode == 1


@pytest.mark.parametrize("readme", ["# x\n", "# x\n\n## Test it\n\n## Rest\n\n```sh\ntrue\n```\n"])
def test_a_readme_without_the_block_is_a_failure(tmp_path: Path, readme: str) -> None:
    done = run(tmp_path, readme)
    assert done.returncode == 1
    assert "nothing was run" in done.stderr
