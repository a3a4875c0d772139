"""What a room may hold: a name that says something, a size that can be read, and nothing that
reads the clock, throws dice or runs text as a program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "src" / "psysafe", *sorted(ROOT.glob("plugins/psysafe-*/src/*/"))]

EMPTY_NAMES = frozenset("util utils helper helpers common misc base manager managers".split())
MOST_LINES = 450

#: The clock, and the one room that reads it.
CLOCK = frozenset(
    """datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today
    time.time time.time_ns time.localtime time.gmtime time.ctime""".split()
)
CLOCK_ROOMS = ("clock.py",)
#: Randomness for keys and command ids, and where those are made.
DICE = frozenset("secrets os.urandom os.getrandom".split())
DICE_ROOMS = ("ids.py", "builtin/", "intake/", "cli/", "fresh.py")
#: For nobody: dice that can be guessed, and text or bytes that become a program.
NOWHERE = frozenset(
    """random uuid numpy.random pickle marshal shelve yaml os.system os.popen
    builtins.eval builtins.exec builtins.compile""".split()
)
#: What the domain has no business with: it is values and pure functions.
OUTSIDE = frozenset(
    """os sys io pathlib sqlite3 socket ssl subprocess threading multiprocessing asyncio
    concurrent logging tempfile shutil importlib urllib http time
    builtins.open builtins.print builtins.input""".split()
)


def uses(text: str) -> Iterator[tuple[int, str]]:
    """Each module, function and method that a source uses, by its full name, with its line."""
    tree = ast.parse(text)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                names[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, _spelled(node, names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, names.get(node.func.id, f"builtins.{node.func.id}")


def _spelled(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_spelled(node.value, names)}.{node.attr}"
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""


def _among(name: str, banned: frozenset[str]) -> bool:
    return any(name == entry or name.startswith(f"{entry}.") for entry in banned)


def forbidden(place: str, text: str) -> list[str]:
    """What a source file uses and must not, by its place below the package."""
    found = []
    for line, name in sorted(set(uses(text))):
        if _among(name, CLOCK) and not place.startswith(CLOCK_ROOMS):
            found.append(f"{place}:{line}: {name} reads the clock")
        if _among(name, DICE) and not place.startswith(DICE_ROOMS):
            found.append(f"{place}:{line}: {name} throws dice")
        if _among(name, NOWHERE):
            found.append(f"{place}:{line}: {name} is for nobody")
        if place.startswith("domain/") and _among(name, OUTSIDE):
            found.append(f"{place}:{line}: {name} is outside the domain")
    return found


def silent(place: str, text: str) -> list[str]:
    """Each handler that swallows every exception, or one without a word or an effect."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            empty = all(isinstance(part, ast.Pass) for part in node.body)
            if caught == "everything" or (empty and caught in ("Exception", "BaseException")):
                found.append(f"{place}:{node.lineno}: swallows {caught}")
    return found


def too_long(place: str, text: str) -> list[str]:
    lines = len(text.splitlines())
    return [f"{place}: {lines} lines, {MOST_LINES} at most"] if lines > MOST_LINES else []


def says_nothing(place: str) -> list[str]:
    parts = [part.removesuffix(".py") for part in place.split("/")]
    return [f"{place}: {part} says nothing" for part in parts if part.strip("_") in EMPTY_NAMES]


def rooms() -> list[tuple[str, str]]:
    return [
        (path.relative_to(top).as_posix(), path.read_text(encoding="utf-8"))
        for top in SOURCES
        for path in sorted(top.rglob("*.py"))
    ]


def test_time_and_randomness_come_in_at_one_door_and_the_domain_touches_nothing() -> None:
    assert [fault for place, text in rooms() for fault in forbidden(place, text)] == []


def test_no_failure_is_swallowed_in_silence() -> None:
    assert [fault for place, text in rooms() for fault in silent(place, text)] == []


def test_every_room_can_be_read_in_one_sitting() -> None:
    assert [fault for place, text in rooms() for fault in too_long(place, text)] == []


def test_every_room_has_a_name_that_says_something() -> None:
    assert [fault for place, _ in rooms() for fault in says_nothing(place)] == []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("engine/tick.py", "from datetime import datetime\nx = datetime.now()"),
        ("engine/tick.py", "import datetime as dt\nx = dt.datetime.now(dt.UTC)"),
        ("engine/tick.py", "from datetime import date\nx = date.today()"),
        ("engine/tick.py", "import time\nx = time.time()"),
        ("engine/tick.py", "from time import time\nx = time()"),
        ("engine/tick.py", "import random"),
        ("ids.py", "from uuid import uuid4"),
        ("engine/tick.py", "import secrets"),
        ("engine/tick.py", "import os\nx = os.urandom(8)"),
        ("wire/forms.py", "import pickle"),
        ("wire/forms.py", "x = eval('1')"),
        ("domain/people.py", "import os.path"),
        ("domain/people.py", "from time import monotonic"),
        ("domain/people.py", "x = open('roster')"),
        ("domain/people.py", "print('x')"),
    ],
)
def test_each_forbidden_use_is_seen(place: str, text: str) -> None:
    assert forbidden(place, text) != []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("clock.py", "from datetime import UTC, datetime\nx = datetime.now(UTC)"),
        ("ids.py", "import secrets\nx = secrets.randbits(60)"),
        ("domain/calendar.py", "from datetime import time\nx = time(17)"),
        ("engine/tick.py", "import time\nx = time.monotonic()"),
        ("engine/tick.py", "import re\nx = re.compile('a')"),
        ("engine/tick.py", "def f(clock):\n    return clock.now()"),
    ],
)
def test_what_is_allowed_is_left_alone(place: str, text: str) -> None:
    assert forbidden(place, text) == []


def test_an_empty_name_a_full_room_and_a_silent_handler_are_seen() -> None:
    assert says_nothing("domain/utils.py")
    assert says_nothing("common/people.py")
    assert not says_nothing("domain/database.py")
    assert too_long("desk/cases.py", "x = 1\n" * (MOST_LINES + 1))
    assert silent("desk/cases.py", "try:\n    f()\nexcept:\n    g()")
    assert silent("desk/cases.py", "try:\n    f()\nexcept Exception:\n    pass")
    assert not silent("desk/cases.py", "try:\n    f()\nexcept KeyError:\n    pass")
