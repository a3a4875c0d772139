"""Every block of the pages runs, and prints what the page says it prints.

A page's `sh` blocks run one after the other in one empty folder, as a reader would type them. A
block that follows one and is marked `text` is what was printed: `…` stands for anything within a
line, a line of `…` for any lines. Files are written by blocks marked with a `title`. Python blocks
run in the same folder, in one namespace a page.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```\s*$", re.M | re.S)
TITLE = re.compile(r'title="([^"]+)"')


@attrs.frozen
class Block:
    language: str
    title: str | None
    text: str


def blocks(page: Path) -> Iterator[Block]:
    for language, options, text in FENCE.findall(page.read_text(encoding="utf-8")):
        title = TITLE.search(options)
        yield Block(language, title[1] if title else None, text)


def fits(shown: str, printed: str) -> str | None:
    """The first line of what a page shows that was not printed in this order; None: all fit."""
    lines = iter(printed.splitlines())
    for want in (line.rstrip() for line in shown.strip().splitlines()):
        if want in ("", "…"):
            continue
        pattern = ".*".join(re.escape(piece) for piece in want.split("…"))
        if not any(re.fullmatch(pattern, line.rstrip()) for line in lines):
            return want
    return None


def test_a_line_that_was_not_printed_is_seen() -> None:
    assert fits("a\n…\nc d…", "a\nb\nc d e\n") is None
    assert fits("a\nx", "a\nb\n") == "x"
    assert fits("b\na", "a\nb\n") == "a"


@pytest.fixture(scope="session")
def at_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for the path with a `psysafe` that is imported once (see `psysafe_at_hand`)."""
    folder = tmp_path_factory.mktemp("bin")
    server = [sys.executable, str(Path(__file__).with_name("psysafe_at_hand.py")), str(folder)]
    with subprocess.Popen(
        server, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        yield folder
        running.terminate()


def environment() -> dict[str, str]:
    scripts = str(Path(sys.executable).parent)
    kept = {key: os.environ[key] for key in ("HOME", "LANG", "LC_ALL") if key in os.environ}
    return {**kept, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONUTF8": "1"}


def shell(text: str, folder: Path, at_hand: Path) -> tuple[int, str]:
    # What a reader sets in one block is still set in the next: the terminal stays open.
    kept = f'[ ! -f "{folder}/.terminal" ] || . "{folder}/.terminal"\nset -a\n'
    after = f'\nexport -p > "{folder}/.terminal"\n'
    known = environment()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", kept + text + after],
        cwd=folder,
        env={**known, "PATH": f"{at_hand}{os.pathsep}{known['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_as_it_is_written(page: Path, tmp_path: Path, at_hand: Path) -> None:
    printed = ""
    names: dict[str, object] = {"__name__": page.stem}
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        for block in blocks(page):
            if block.title is not None:
                Path(block.title).parent.mkdir(parents=True, exist_ok=True)
                Path(block.title).write_text(block.text, encoding="utf-8")
            elif block.language in ("sh", "bash"):
                code, printed = shell(block.text, tmp_path, at_hand)
                assert code == 0, f"{page.name}: {block.text}\n{printed}"
            elif block.language == "text" and printed:
                assert fits(block.text, printed) is None, f"{page.name}:\n{printed}"
            elif block.language == "python":
                exec(compile(block.text, page.name, "exec", dont_inherit=True), names)
    finally:
        os.chdir(before)


def test_the_tutorial_is_among_the_pages_that_run() -> None:
    page = ROOT / "docs" / "tutorials" / "first-case.md"
    assert page in PAGES
    assert sum(block.language == "sh" for block in blocks(page)) >= 8


def test_the_readmes_python_runs_on_the_tutorials_school(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from psysafe import SafetyNet
    from psysafe.intake.school_files import write_school

    monkeypatch.chdir(tmp_path)
    write_school(tmp_path / "school", rehearsal=True)
    for block in blocks(ROOT / "docs" / "tutorials" / "first-case.md"):
        if block.title is not None:
            Path(block.title).write_text(block.text, encoding="utf-8")
    with SafetyNet.open("school") as net:
        operator = net.operator()
        operator.staff.load("staff.csv").apply()
        operator.roster.load("roster.csv").apply()
    readme = [b for b in blocks(ROOT / "README.md") if b.language == "python"]
    assert len(readme) == 1
    names: dict[str, object] = {}
    exec(compile(readme[0].text, "README.md", "exec", dont_inherit=True), names)
    assert getattr(names["receipt"], "signal", None) is not None
