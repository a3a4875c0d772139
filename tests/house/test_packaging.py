"""The clone is enough: what it names is there, and it names nothing of the machine it came from."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VENV = "python3 -m venv .venv && .venv/bin/pip install -q -r"
BLOCKS = {
    "Try it": f"{VENV} requirements.txt && .venv/bin/psysafe demo",
    "Test it": f"{VENV} requirements-dev.txt && .venv/bin/python -m pytest -n 2 --dist worksteal",
}
LOCKS = re.compile(r"(^|/)(uv\.lock|pylock.*\.toml|poetry\.lock|package-lock\.json|Pipfile\.lock)$")

#: Spelled in two pieces, so that this file does not hold what it looks for.
REGISTRY_HOSTS = [
    head + tail
    for head, tail in (
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("registry.npm", "mirror.com"),
        ("mirrors.", "aliyun.com"),
        ("tuna.", "tsinghua.edu.cn"),
    )
]
INDEX_OPTIONS = ("--index" + "-url", "--extra-index" + "-url", "--find" + "-links")


def machine_paths() -> list[str]:
    """The folders of this machine that have no place in a file: the clone's parent, the home."""
    places = [str(ROOT.parent), str(Path.home())]
    return [f"{place.rstrip('/')}/" for place in places if place.count("/") >= 1 and place != "/"]


def tracked() -> list[Path]:
    """The files of the clone, or, before the first commit, those that would be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git clone: nothing says which files belong to it")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def traces(text: str, paths: list[str]) -> Iterator[str]:
    """What a file's text tells of the machine or of where packages came from."""
    yield from (word for word in (*paths, *REGISTRY_HOSTS, *INDEX_OPTIONS) if word in text)


def block_under(heading: str) -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {heading}\n+```[a-z]*\n(.*?)\n```$", text, re.M | re.S)
    assert found, f"README.md has no block under '## {heading}'"
    return found[1]


def plugin_folders() -> list[str]:
    return sorted(path.name for path in ROOT.glob("plugins/psysafe-*") if path.is_dir())


@pytest.mark.parametrize("heading", BLOCKS)
def test_the_readme_shows_the_two_lines_that_were_tried(heading: str) -> None:
    assert block_under(heading) == BLOCKS[heading]


def test_the_checks_run_the_very_block_that_the_readme_shows() -> None:
    shown = subprocess.run(
        ["bash", ".ci/run", "--show"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == block_under("Test it")


def test_the_requirement_files_name_this_package_and_every_plugin_folder() -> None:
    plain = ["-e .[sheets]", *(f"-e plugins/{name}" for name in plugin_folders())]
    dev = ["-e .[dev]", *(f"-e plugins/{name}[test]" for name in plugin_folders())]
    assert (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() == plain
    assert (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines() == dev


def test_no_lock_file_is_kept() -> None:
    assert [path.name for path in tracked() if LOCKS.search(path.as_posix())] == []


def test_no_file_tells_of_this_machine_or_of_a_registry() -> None:
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        text = content.decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {word}" for word in traces(text, machine_paths())]
    assert found == []


def test_a_machine_path_a_registry_and_an_index_option_are_seen() -> None:
    paths = machine_paths()
    assert paths
    for planted in (f"see {paths[0]}shared", *REGISTRY_HOSTS, *INDEX_OPTIONS):
        assert list(traces(f"x = '{planted}'", paths))
    assert not list(traces("see ../shared/data", paths))


def test_the_version_stands_in_one_place() -> None:
    version = PROJECT["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", log, re.M)
    assert newest
    assert newest[1] == version
    assigned = re.compile(r"(__version__|VERSION)\s*(:[^=]+)?=\s*[\"']\d+\.\d+")
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")}
    assert [str(path) for path, text in sources.items() if assigned.search(text)] == []


def test_the_licence_is_apache_2_everywhere() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert PROJECT["license-files"] == ["LICENSE"]
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    for name in plugin_folders():
        plugin = tomllib.loads((ROOT / "plugins" / name / "pyproject.toml").read_text("utf-8"))
        assert plugin["project"]["license"] == "Apache-2.0", name


def test_only_plugins_use_the_entry_point_group() -> None:
    assert PROJECT["scripts"] == {"psysafe": "psysafe.cli:main"}
    assert "entry-points" not in PROJECT


def test_the_core_depends_on_six_libraries_and_no_more() -> None:
    names = sorted(re.split(r"[<>=!~\[; ]", entry)[0] for entry in PROJECT["dependencies"])
    assert names == ["attrs", "cattrs", "click", "pluggy", "python-dateutil", "tzdata"]


def test_what_is_not_python_lies_inside_the_package_and_is_not_ignored() -> None:
    package = ROOT / "src" / "psysafe"
    needed = [package / "py.typed"]
    needed += [
        package / "locale" / language / "LC_MESSAGES" / f"psysafe.{suffix}"
        for language in ("zh", "en")
        for suffix in ("po", "mo")
    ]
    needed += [path for path in (package / "data").rglob("*") if path.is_file()]
    files = set(tracked())
    assert [path.name for path in needed if path not in files] == []
