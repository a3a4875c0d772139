"""`psysafe new plugin` makes a distribution that installs, is found, and passes its own test."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from psysafe.builtin import plugin as builtin
from psysafe.errors import InvalidDataError
from psysafe.hooks import Plugins
from psysafe.intake.new_plugin import KINDS, OURS, named, write_plugin

ROOT = Path(__file__).resolve().parents[2]
NONE = Plugins.of(builtins=[builtin])
REPORT = """
from psysafe import Plugins
for found in Plugins.installed().report:
    print(found.name, found.state.value)
"""


def in_new_process(*words: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Python with nothing to fetch from, which also finds what is installed in `place`/site."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=place,
        env={**kept, "PYTHONPATH": str(place / "site"), "PYTHONUTF8": "1", "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(("kind", "tests"), [("channel", 25), ("scale", 16)])
def test_a_new_plugin_installs_is_found_and_passes_its_test(
    kind: str, tests: int, tmp_path: Path, empty: Any
) -> None:
    made = empty.done("new", "plugin", "--kind", kind, "--into", str(tmp_path), "door-bell")
    folder = Path(made["folder"])
    assert folder == tmp_path / "psysafe-door-bell"
    assert all((folder / file).is_file() for file in made["files"])
    quiet = ("-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", "site")
    installed = in_new_process(*quiet, str(folder), place=tmp_path)
    assert installed.returncode == 0, installed.stderr
    tried = in_new_process(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder), place=tmp_path
    )
    assert tried.returncode == 0, tried.stdout
    assert f"{tests} passed" in tried.stdout
    shown = in_new_process("-c", REPORT, place=tmp_path)
    assert "door_bell ok" in shown.stdout.splitlines(), shown.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_is_as_tidy_as_the_house(kind: str, tmp_path: Path) -> None:
    files = write_plugin(tmp_path, "door_bell", kind=kind, plugins=NONE, language="en")
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    assert not [file.name for file, text in texts.items() if "{{" in text or "}}" in text]
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--config", str(ROOT / "pyproject.toml"), "."]
    for words in (["check", "-q"], ["format", "-q", "--check"]):
        done = subprocess.run(
            [*ruff, *words, *rules], cwd=files[0].parent, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
    project = tomllib.loads((files[0].parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] == "psysafe-door-bell"
    assert project["project"]["entry-points"]["psysafe"] == {"door_bell": "psysafe_door_bell"}
    assert (files[0].parent / "src" / "psysafe_door_bell" / "py.typed").is_file()


def test_the_page_in_it_is_in_the_language_of_whoever_asks(tmp_path: Path) -> None:
    for language, word in (("zh", "学校心理安全网"), ("en", "psychological-safety net")):
        files = write_plugin(
            tmp_path / language, "bell", kind="channel", plugins=NONE, language=language
        )
        pages = [file for file in files if file.suffix == ".md"]
        assert [page.name for page in pages] == ["README.md"]
        assert word in pages[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Bell",
        "门铃",
        "3bells",
        "bell-",
        "-bell",
        "a--b",
        "a.b",
        "a b",
        "../bell",
        "b" * 41,
        "b\n",
    ],
)
def test_what_can_be_no_name_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError) as refused:
        write_plugin(tmp_path, name, kind="channel", plugins=NONE)
    assert refused.value.findings[0].code == "PSY620"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("channel", "inbox"),
        ("channel", "email"),
        ("channel", "wecom-app"),
        ("channel", "chat_cn"),
        ("scale", "phq9"),
        ("scale", "psysafe-webhook"),
    ],
)
def test_a_name_that_something_bears_is_refused_and_nothing_is_written(
    kind: str, name: str, tmp_path: Path, empty: Any
) -> None:
    ran = empty.type("new", "plugin", "--kind", kind, "--into", str(tmp_path / "here"), name)
    assert (ran.code, ran.codes) == (4, ["PSY621"])
    assert not (tmp_path / "here").exists()


def test_a_plugin_is_never_written_over(tmp_path: Path, empty: Any) -> None:
    words = ("new", "plugin", "--kind", "channel", "--into", str(tmp_path), "bell")
    empty.done(*words)
    own = tmp_path / "psysafe-bell" / "README.md"
    own.write_text("mine")
    again = empty.type(*words)
    assert (again.code, again.codes) == (4, ["PSY622"])
    assert own.read_text() == "mine"


def test_a_name_is_spelled_in_one_way_each_for_pip_for_python_and_for_settings() -> None:
    assert named("door-bell") == named("door_bell") == named("psysafe-door-bell")
    new = named("door-bell")
    assert (new.distribution, new.package, new.channel) == (
        "psysafe-door-bell",
        "psysafe_door_bell",
        "door_bell",
    )


def test_what_is_reserved_is_what_the_plugins_of_this_clone_give() -> None:
    folders = {path.name for path in ROOT.glob("plugins/psysafe-*") if path.is_dir()}
    assert {f"psysafe-{name}" for name in OURS} == folders
    for name, channels in OURS.items():
        (entry,) = distribution(f"psysafe-{name}").entry_points.select(group="psysafe")
        module: Any = entry.load()
        given = module.psysafe_channels() if hasattr(module, "psysafe_channels") else []
        assert {record.name for record in given} == set(channels)
