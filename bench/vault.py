"""What the vault costs: the same school with it and without it, by turns in one process run.

    python bench/vault.py            about a minute
    python bench/vault.py --quick    a few seconds: shows that it runs, its figures mean little

A durable report (decided, sealed, committed), the first about a student, for which keys are made,
and one more; the page of one case, and a list of live cases, each read anew from the store with
nothing kept from before. Both proofs are walked afterwards. No goal is set: what the vault costs is
told, by processor time, for a busy machine slows both.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parents[1] / "src"),
    str(Path(__file__).parents[1] / "plugins" / "psysafe-vault" / "src"),
]

from run import Spent, connections, many, must_be_durable, report  # noqa: E402

import psysafe_vault  # noqa: E402
from psysafe.engine.school import Decoded  # noqa: E402
from psysafe.engine.verify import verify  # noqa: E402
from psysafe.ids import StudentId  # noqa: E402
from psysafe.testing.schools import InventedSchool, open_school  # noqa: E402


@attrs.frozen(kw_only=True)
class Sizes:
    """How much is measured."""

    reports: int
    pages: int
    block: int


QUICK: Final = Sizes(reports=6, pages=2, block=3)
WHOLE: Final = Sizes(reports=200, pages=20, block=10)


def opened(folder: Path, *, sealed: bool) -> InventedSchool:
    (record,) = psysafe_vault.psysafe_vaults()
    with connections() as found:
        school = open_school(
            folder,
            storage="sqlite",
            without=("counselor-b",),
            plugins=[psysafe_vault] if sealed else (),
            vault=record if sealed else None,
        )
        must_be_durable(found)
    return school


def read_anew(school: InventedSchool) -> InventedSchool:
    """The same school with nothing decoded: what is read is read from the store, and opened."""
    net = type(school.net)(
        attrs.evolve(school.school, decoded=Decoded()), school.net._speaker, school.net.settings
    )
    return attrs.evolve(school, net=net)


def listed(school: InventedSchool) -> None:
    if not read_anew(school).desk("counselor-a").cases.list():
        raise SystemExit("there is no case on the list")


def page(school: InventedSchool, student: StudentId) -> None:
    read_anew(school).desk("counselor-a").cases.about(student)


def measured(folder: Path, sizes: Sizes) -> list[str]:
    """Each work by turns: some in the open school, some in the sealed one."""
    schools = [opened(folder / name, sealed=name == "vault") for name in ("open", "vault")]
    students = [many(one, sizes.reports + 1) for one in schools]
    for school, of in zip(schools, students, strict=True):
        report(school, of[-1], "plan")
        school.tick()
    works = {
        "a first report": (
            sizes.reports,
            lambda n: report(schools[0], students[0][n], "plan"),
            lambda n: report(schools[1], students[1][n], "plan"),
        ),
        "one more report": (
            sizes.reports,
            lambda n: report(schools[0], students[0][n], "plan"),
            lambda n: report(schools[1], students[1][n], "plan"),
        ),
        "the page of one case": (
            sizes.reports,
            lambda n: page(schools[0], students[0][n]),
            lambda n: page(schools[1], students[1][n]),
        ),
        f"a list of {sizes.reports + 1} cases": (
            sizes.pages,
            lambda n: listed(schools[0]),
            lambda n: listed(schools[1]),
        ),
    }
    lines = []
    for name, (count, plain, sealed) in works.items():
        without, beside = Spent(), Spent()
        gc.collect()
        for start in range(0, count, sizes.block):
            some = range(start, min(start + sizes.block, count))
            for number in some:
                without.measure(lambda n=number, of=plain: of(n))  # type: ignore[misc]
            for number in some:
                beside.measure(lambda n=number, of=sealed: of(n))  # type: ignore[misc]
        ratio = without.typical_cpu / beside.typical_cpu
        lines.append(
            f"{name:22}  with {beside.typical * 1e6:7,.0f} us, cpu {beside.typical_cpu * 1e6:6,.0f}"
            f"  without {without.typical * 1e6:7,.0f} us, cpu {without.typical_cpu * 1e6:6,.0f}"
            f"  {ratio:.2f} of the speed without, by processor time"
        )
    for school in schools:
        proof = verify(school.school)
        school.close()
        if not proof.ok:
            raise SystemExit(f"psysafe's own proof failed: {proof.findings}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. The exit code is 0 also where a goal is missed: machines differ."""
    parser = argparse.ArgumentParser(description="psysafe with its vault, against itself without")
    parser.add_argument("--quick", action="store_true", help="tiny counts: shows that it runs")
    sizes = QUICK if parser.parse_args(arguments).quick else WHOLE
    with tempfile.TemporaryDirectory(prefix="psysafe-bench-") as name:
        print("\n".join(measured(Path(name), sizes)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
