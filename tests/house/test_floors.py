"""The plan of the house, held by reading every import.

A room imports only from floors below its own, or from rooms to its left on its own floor; no
circles; a third-party library stays in its one room. The plan is data here, and small planted
trees show that each sort of breach is seen.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Floor by floor from the ground, each from left to right. A room is a module or a package; a
#: room `plan` also owns `plan_reading`, `plan_check`, ... where those are not named themselves.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "ids", "clock", "sensitivity", "written"),
    (
        "domain",
        "domain.tables",
        "domain.words",
        "domain.clauses",
        "domain.activities",
        "domain.codes",
        "domain.severity",
        "domain.exposure",
        "domain.grants",
        "domain.people",
        "domain.calendar",
    ),
    (
        "domain.bars",
        "domain.diagnoses",
        "domain.consents",
        "domain.referrals",
        "domain.glass",
        "domain.access",
        "domain.signals",
        "domain.scale_definition",
        "domain.scale_reading",
        "domain.scale_checks",
        "domain.scale_parts",
        "domain.scale_loading",
        "domain.scale_results",
        "domain.scale_scores",
        "domain.scale_choice",
        "domain.scales",
        "domain.scale_scored",
        "domain.scale_columns",
        "domain.duties",
        "domain.care",
        "domain.plan",
        "domain.campaigns",
        "domain.duty_roster",
        "domain.own_rows",
        "domain.bulk",
    ),
    (
        "domain.commands",
        "domain.events",
        "domain.risk",
        "domain.rosters",
        "domain.files",
        "domain.world",
        "domain.guardianship",
        "domain.owing",
        "domain.supervising",
        "domain.danger",
        "domain.consenting",
        "domain.disclosure",
        "domain.offering",
        "domain.holidays",
        "domain.surveys",
        "domain.notes",
        "domain.signs",
        "domain.counseling",
        "domain.barometer",
        "domain.programme",
    ),
    (
        "domain.routing",
        "domain.handovers",
        "domain.cases",
        "domain.reactions",
        "domain.erasure",
    ),
    ("domain.figures", "domain.privacy", "domain.bulk_deciding", "domain.grants_deciding"),
    ("contracts",),
    ("hooks", "wire", "sealing"),
    (
        "engine.words",
        "engine.templates",
        "engine.rendering",
        "engine.cards",
        "engine.next_channel",
        "engine.leaving",
        "engine.links",
        "engine.daily",
        "engine.school",
        "engine.unsealing",
        "engine.cards_erasure",
        "engine.deletion_ledger",
        "engine.grouping",
        "engine.gather",
        "engine.sight",
        "engine.views",
        "engine.texts",
        "engine.outcome",
        "engine.committing",
        "engine.handle",
        "engine.sheets",
        "engine.enrolling",
        "engine.recognising",
        "engine.worklist",
        "engine.unreadable",
        "engine.holidays",
        "engine.owners",
        "engine.answering",
        "engine.spooling",
        "engine.reading",
        "engine.boards",
        "engine.bulk",
        "engine.granting",
        "engine.looking",
        "engine.accessing",
        "engine.printing",
        "engine.flag_list",
        "engine.barring",
        "engine.offers",
        "engine.asking",
        "engine.releasing",
        "engine.exposing",
        "engine.rounds",
        "engine.campaigning",
        "engine.handovers",
        "engine.listing",
        "engine.duty_rosters",
        "engine.own_rows",
        "engine.surveys",
        "engine.notes",
        "engine.inbound",
        "engine.signs",
        "engine.folds",
        "engine.forgotten",
        "engine.proving_chain",
        "engine.verify",
        "engine.rebuilding",
        "engine.bringing_up",
        "engine.refs",
        "engine.erasing_whom",
        "engine.erasing",
        "engine.ending_notes",
        "engine.retaining",
        "engine.transport",
        "engine.http_channels",
        "engine.sending",
        "engine.pacing",
        "engine.troubles",
        "engine.receipts",
        "engine.trying",
        "engine.lookups",
        "engine.deliver",
        "engine.underway",
        "engine.tick",
        "engine.auditing",
        "engine",
        "builtin",
    ),
    ("catalogue", "intake", "papers", "desk"),
    ("net", "", "testing", "cli"),
)

#: Third-party packages and the rooms that may import them; "*" is anywhere.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "attrs": ("*",),
    "attr": (),
    "pluggy": ("hooks",),
    "cattrs": ("wire",),
    "msgspec": ("wire",),
    "dateutil": ("domain.calendar",),
    "httpcore2": ("engine.transport",),
    "cryptography": ("desk",),
    "click": ("cli",),
    "rich": ("cli",),
    "python_calamine": ("intake",),
    "xlsxwriter": ("intake",),
    "docxtpl": ("papers",),
    "jinja2": ("papers",),
    "hypothesis": ("testing",),
    "pytest": ("testing",),
}

#: What a plugin may see of the house (floor 12).
SEEN_BY_PLUGINS = ("", "contracts", "wire", "testing")

PLACES = {room: (f, i) for f, rooms in enumerate(FLOORS) for i, room in enumerate(rooms)}


def room_of(module: str) -> str | None:
    """The room of a module of psysafe, `domain.cases.moves` -> `domain.cases`; None: no room."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in PLACES and (length == len(parts) or name not in ("domain", "engine")):
            return name
        stem, _, last = name.rpartition(".")
        while "_" in last:
            last = last.rpartition("_")[0]
            if (part := f"{stem}.{last}".lstrip(".")) in PLACES:
                return part
    return None


def modules_of(folder: Path, package: str) -> dict[str, Path]:
    """Every module below a package's folder, named without the package: `domain.people`."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = list(path.relative_to(folder).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, module: str, package: str) -> Iterator[tuple[int, str]]:
    """Each absolute name that a module imports, lazily or for types alike, with its line."""
    here = [package, *([*module.split(".")] if module else [])]
    if path.name != "__init__.py":
        here = here[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _names_a_module(node):
            yield node.lineno, str(node.args[0].value)  # type: ignore[attr-defined]


def _names_a_module(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return (
        name in ("import_module", "__import__")
        and bool(call.args)
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    )


def _own(name: str, known: Mapping[str, Path]) -> str:
    """The module that a name below psysafe stands in: the longest one that exists."""
    parts = name.split(".")[1:]
    while parts and ".".join(parts) not in known:
        parts.pop()
    return ".".join(parts)


def _arrow(source: str, target: str) -> str | None:
    """What is wrong with an arrow between two modules, None where nothing is."""
    start, end = room_of(source) if source else "", room_of(target) if target else ""
    if start is None or end is None or start == end:
        return None  # a module without a room is named by itself
    (floor, place), (other_floor, other_place) = PLACES[start], PLACES[end]
    if other_floor > floor:
        return f"{source} (floor {floor + 1}) runs up to {target} (floor {other_floor + 1})"
    if other_floor == floor and other_place > place:
        return f"{source} reaches to the right, to {target}, on floor {floor + 1}"
    return None


def _library(room: str, name: str) -> str | None:
    top = name.split(".")[0]
    if top in sys.stdlib_module_names or top == "psysafe":
        return None
    allowed = LIBRARIES.get(top)
    if allowed is None:
        return f"{top} is no library of this house"
    return None if "*" in allowed or room in allowed else f"{top} is not for this room"


def circle_in(arrows: Mapping[str, set[str]]) -> list[str]:
    """One circle of modules, empty where there is none."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for target in sorted(arrows.get(module, ())):
            if circle := walk(target, [*path, module]):
                return circle
        done.add(module)
        return []

    for module in sorted(arrows):
        if circle := walk(module, []):
            return circle
    return []


def breaches(folder: Path) -> list[str]:
    """Everything in a source folder of psysafe that breaks the plan of the house."""
    known = modules_of(folder, "psysafe")
    arrows: dict[str, set[str]] = {}
    found = []
    for module, path in known.items():
        room = room_of(module) if module else ""
        if room is None:
            found.append(f"{module} has no room in the plan")
            continue
        for line, name in imported(path, module, "psysafe"):
            if name.split(".")[0] == "psysafe":
                target = _own(name, known)
                problem = _arrow(module, target)
                if target != module:
                    arrows.setdefault(module, set()).add(target)
            else:
                problem = _library(room, name)
            if problem:
                found.append(f"{path.relative_to(folder)}:{line}: {problem}")
    if circle := circle_in(arrows):
        found.append("circle: " + " -> ".join(circle))
    return found


def plugin_breaches(folder: Path, package: str) -> list[str]:
    """What a plugin's source takes from the house that it should not see."""
    found = []
    for module, path in modules_of(folder, package).items():
        for line, name in imported(path, module, package):
            top, _, rest = name.partition(".")
            if top != "psysafe":
                continue
            room = rest.split(".")[0]
            is_room = any(place.split(".")[0] == room for place in PLACES)
            if is_room and room not in SEEN_BY_PLUGINS:
                found.append(f"{path.relative_to(folder)}:{line}: a plugin does not see {name}")
    return found


def test_no_import_of_the_house_runs_up_in_circles_or_out_of_its_room() -> None:
    assert breaches(ROOT / "src" / "psysafe") == []


def test_plugins_see_the_face_the_contracts_the_wire_and_the_kit_only() -> None:
    found = []
    for package in sorted(ROOT.glob("plugins/psysafe-*/src/*/")):
        found += plugin_breaches(package, package.name)
    assert found == []


def plant(folder: Path, **sources: str) -> Path:
    """A small tree: `domain__people="import attrs"` becomes domain/people.py."""
    for name, text in {"__init__": "", **sources}.items():
        path = folder / (name.replace("__", "/") if name != "__init__" else name)
        path = path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_tree_that_keeps_the_plan_has_no_breach(tmp_path: Path) -> None:
    tree = plant(
        tmp_path,
        errors="import attrs\nimport re",
        domain__codes="from psysafe.errors import Finding",
        domain__people="from psysafe.domain import codes",
        domain__plan="from psysafe.domain.calendar import Within",
        domain__plan_check="from psysafe.domain.plan import Plan",
        domain__calendar="from dateutil.relativedelta import relativedelta",
        hooks__calling="import pluggy",
        cli="import click\nfrom psysafe import hooks",
    )
    assert breaches(tree) == []


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({"domain__plan": "from psysafe import engine", "engine__tick": ""}, "runs up"),
        ({"domain__plan": "from psysafe.engine import tick", "engine__tick": ""}, "runs up"),
        ({"domain__plan": "import psysafe.engine.tick", "engine__tick": ""}, "runs up"),
        ({"domain__plan": "def f():\n  from ..engine import tick", "engine__tick": ""}, "runs up"),
        (
            {
                "ids": "",
                "errors": "import typing\nif typing.TYPE_CHECKING:\n  from psysafe import ids",
            },
            "to the right",
        ),
        ({"domain__plan": "import psysafe"}, "runs up"),
        (
            {
                "domain__cases__opening": "from psysafe.domain.cases import closing",
                "domain__cases__closing": "from psysafe.domain.cases.opening import x",
            },
            "circle: domain.cases.closing -> domain.cases.opening -> domain.cases.closing",
        ),
        ({"engine__tick": "import pluggy"}, "pluggy is not for this room"),
        ({"contracts__storage": "from cattrs import Converter"}, "cattrs is not for this room"),
        ({"domain__people": "import dateutil.rrule"}, "dateutil is not for this room"),
        ({"desk__cases": "import click"}, "click is not for this room"),
        ({"cli": "import xlsxwriter"}, "xlsxwriter is not for this room"),
        ({"intake": "import msgspec"}, "msgspec is not for this room"),
        ({"engine__tick": "import hypothesis"}, "hypothesis is not for this room"),
        ({"wire": "import importlib\nimportlib.import_module('yaml')"}, "yaml is no library"),
        ({"errors": "import attr"}, "attr is not for this room"),
        ({"attic": ""}, "attic has no room in the plan"),
        ({"domain__attic": ""}, "domain.attic has no room in the plan"),
    ],
)
def test_each_breach_of_the_plan_is_seen(
    tmp_path: Path, sources: dict[str, str], said: str
) -> None:
    found = breaches(plant(tmp_path, **sources))
    assert any(said in text for text in found), found


def test_a_plugin_that_reaches_into_the_house_is_seen(tmp_path: Path) -> None:
    tree = plant(
        tmp_path,
        mail="import psysafe\nfrom psysafe.contracts.channel import Channel\nimport psysafe.wire",
        sly="from psysafe.engine import handle",
        slyer="from psysafe import domain",
    )
    assert len(plugin_breaches(tree, "psysafe_email")) == 2


def test_every_floor_of_the_plan_names_each_room_once() -> None:
    rooms = [room for floor in FLOORS for room in floor]
    assert len(rooms) == len(set(rooms))
