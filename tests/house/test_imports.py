"""`import psysafe` is cheap: a host that imports it pays for attrs and pluggy and no more."""

from __future__ import annotations

import json
import subprocess
import sys

LIBRARIES = {"psysafe", "attrs", "attr", "pluggy"}
#: Parts of the standard library that cost a host time or say that work began too early.
HEAVY = {
    "asyncio",
    "sqlite3",
    "tomllib",
    "csv",
    "gettext",
    "logging.config",
    "multiprocessing",
    "concurrent.futures",
    "http",
    "ssl",
    "unittest",
    "xml",
    "zoneinfo",
}


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter loads for a statement, beyond those it starts with."""
    program = (
        "import sys, json; before = set(sys.modules)\n"
        f"{statement}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(answer.stdout))


def foreign(modules: set[str]) -> set[str]:
    """The third-party packages among loaded modules."""
    tops = {name.split(".")[0] for name in modules}
    return {top for top in tops if top not in sys.stdlib_module_names} - LIBRARIES


def heavy(modules: set[str]) -> set[str]:
    return {
        entry for entry in HEAVY if any(m == entry or m.startswith(f"{entry}.") for m in modules)
    }


def test_importing_the_face_loads_attrs_and_pluggy_and_no_other_library() -> None:
    assert foreign(loaded_by("import psysafe")) == set()


def test_importing_the_face_loads_no_heavy_part_of_the_standard_library() -> None:
    assert heavy(loaded_by("import psysafe")) == set()


def test_a_library_and_a_heavy_module_are_seen_when_they_are_loaded() -> None:
    seen = loaded_by("import cattrs, dateutil.rrule, asyncio, sqlite3, tomllib")
    assert {"cattrs", "dateutil"} <= foreign(seen)
    assert {"asyncio", "sqlite3", "tomllib"} <= heavy(seen)


def test_a_desk_loads_a_topic_when_it_is_asked_for_it() -> None:
    topics = {
        f"psysafe.desk.{name}"
        for name in (
            *("accessing", "approving", "barring", "closing", "duty_rosters", "erasing"),
            *("exporting", "exposure", "handing_over", "looking", "papers", "referring"),
            *("screenings", "signs", "surveys"),
        )
    }
    desk = "from psysafe.desk.desk import Desk"
    assert loaded_by(desk) & topics == set()
    assert loaded_by(f"{desk}; Desk(None, None).bars") & topics == {"psysafe.desk.barring"}


def test_the_face_itself_was_imported_and_not_an_empty_namespace() -> None:
    assert {"psysafe", "psysafe.errors", "attrs", "pluggy"} <= loaded_by(
        "import psysafe; psysafe.SafetyNet"
    )
