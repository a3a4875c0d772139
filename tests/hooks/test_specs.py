"""The hook reference and the hooks are one: seven, each described, each tested by name."""

from __future__ import annotations

import re
from pathlib import Path

import pluggy
import pytest

from psysafe.hooks import specs

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "hooks.md"
SEVEN = {
    "psysafe_storages": set(),
    "psysafe_channels": set(),
    "psysafe_scales": set(),
    "psysafe_calendars": set(),
    "psysafe_vaults": set(),
    "psysafe_objections": {"requests"},
    "psysafe_observe": {"events"},
}


def section_of(hook: str) -> str:
    """The text of the hook's own section in the reference; empty where there is none."""
    text = REFERENCE.read_text(encoding="utf-8")
    found = re.search(rf"^## `{hook}\([a-z]*\)`$(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def test_there_are_exactly_seven_hooks_and_pluggy_sees_the_same_seven() -> None:
    manager = pluggy.PluginManager(specs.GROUP)
    manager.add_hookspecs(specs)
    seen = {name for name in vars(manager.hook) if not name.startswith("_")}
    assert seen == set(SEVEN)
    assert {hook: set(arguments) for hook, arguments in specs.HOOKS.items()} == SEVEN


def test_no_hook_lets_the_first_answer_win_or_calls_late_comers() -> None:
    for hook in SEVEN:
        options = getattr(specs, hook).psysafe_spec
        assert not options["firstresult"]
        assert not options["historic"]


@pytest.mark.parametrize("hook", SEVEN)
def test_a_hook_says_what_it_is_for_and_what_happens_when_it_fails(hook: str) -> None:
    text = getattr(specs, hook).__doc__
    assert text
    assert "fails" in text


@pytest.mark.parametrize("hook", SEVEN)
def test_a_hook_has_its_section_in_the_reference(hook: str) -> None:
    section = section_of(hook)
    assert "When it fails" in section
    assert "```python" in section


def test_the_reference_describes_no_hook_that_does_not_exist() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    assert set(re.findall(r"^## `(psysafe_\w+)\(", text, re.M)) == set(SEVEN)


@pytest.mark.parametrize("hook", SEVEN)
def test_a_hook_has_a_test_that_bears_its_name(hook: str) -> None:
    tests = "".join(
        file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("test_*.py"))
    )
    assert re.search(rf"^def test_{hook}_\w+\(", tests, re.M)


def test_every_finding_about_a_plugin_is_explained_in_the_reference() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    from psysafe.errors import REGISTER

    codes = {code for code in REGISTER if code.startswith("PSY5")}
    assert codes == set(re.findall(r"^\| (PSY5\d\d) \|", text, re.M))


def test_pluggy_is_known_to_the_hooks_only() -> None:
    source = ROOT / "src" / "psysafe"
    users = {
        file.relative_to(source).parts[0]
        for file in source.rglob("*.py")
        if re.search(r"^\s*(import|from) pluggy\b", file.read_text(encoding="utf-8"), re.M)
    }
    assert users == {"hooks"}


def test_no_plugin_manager_outlives_the_plugins_that_it_holds() -> None:
    import psysafe.hooks as package

    for file in Path(package.__file__).parent.glob("*.py"):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert not re.match(r"\w+\s*(:.*)?=\s*pluggy\.PluginManager", line), file.name
