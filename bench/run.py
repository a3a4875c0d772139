"""psysafe against a hand-written yardstick, interleaved in one process run; ratios are printed.

    python bench/run.py            about a minute
    python bench/run.py --quick    a few seconds: shows that it runs, its figures mean little

Absolute figures differ from machine to machine; the ratios are what the goals are about.
Every commit is durable (`synchronous=2` is asserted), every chain is verified afterwards.
"""

from __future__ import annotations

import argparse
import gc
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import attrs

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

from yardstick import Yardstick  # noqa: E402

from psysafe.builtin.policy import shipped_matrix  # noqa: E402
from psysafe.contracts.storage import Changes, Storage  # noqa: E402
from psysafe.domain import events as e  # noqa: E402
from psysafe.domain.people import Placement, Student  # noqa: E402
from psysafe.domain.privacy import (  # noqa: E402
    Action,
    Hat,
    Policy,
    State,
    may_know,
    plan_decisions,
)
from psysafe.engine.enrolling import commit_students  # noqa: E402
from psysafe.engine.verify import verify  # noqa: E402
from psysafe.ids import Actor, StudentId  # noqa: E402
from psysafe.sensitivity import ItemClass  # noqa: E402
from psysafe.testing.schools import (  # noqa: E402
    MONDAY,
    SINCE,
    InventedSchool,
    class_id,
    open_school,
)

_SOURCE: Final = str(Path(__file__).parents[1] / "src")


@attrs.frozen(kw_only=True)
class Sizes:
    """How much is measured."""

    reports: int
    block: int
    history: int
    decisions: int
    starts: int


QUICK: Final = Sizes(reports=12, block=4, history=60, decisions=2_000, starts=2)
WHOLE: Final = Sizes(reports=400, block=10, history=10_000, decisions=100_000, starts=7)


@attrs.frozen(kw_only=True)
class Line:
    """One line of the table."""

    work: str
    psysafe: str
    limit: str
    result: str
    goal: str
    met: bool


class Watched:
    """A store in front of the real one that keeps the last commit, to repeat its rows."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner
        self.last: Changes | None = None

    def commit(self, part: Any, changes: Changes, settle: Sequence[Any] = ()) -> Any:
        self.last = changes
        return self._inner.commit(part, changes, settle)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@contextmanager
def connections() -> Iterator[list[sqlite3.Connection]]:
    """Every connection that is opened meanwhile: the store shows none of its own accord."""
    opened: list[sqlite3.Connection] = []
    watching = True

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "sqlite3.connect/handle":
            opened.append(arguments[0])

    sys.addaudithook(hear)
    yield opened
    watching = False


def must_be_durable(opened: Sequence[sqlite3.Connection]) -> None:
    levels = [one.execute("PRAGMA synchronous").fetchone()[0] for one in opened]
    if not levels or set(levels) != {2}:
        raise SystemExit(f"psysafe is not durable here: synchronous={levels}")


def many(school: InventedSchool, count: int) -> list[StudentId]:
    """Enrol `count` more students in class 1."""
    ids = [StudentId(f"s-{number:012d}") for number in range(1000, 1000 + count)]
    place = Placement(class_id=class_id(1), grade="g10", since=SINCE)
    for start in range(0, count, 100):
        batch: list[tuple[StudentId, Sequence[e.Event]]] = [
            (one, [e.PersonAdded(student=Student(id=one, name=f"学生{one}", placement=place))])
            for one in ids[start : start + 100]
        ]
        commit_students(school.school, batch, Actor("operator:setup"), MONDAY, school.ids.command())
    return ids


def report(school: InventedSchool, student: str, *dangers: str) -> None:
    school.desk("homeroom-1").signals.report(
        student, "one_to_one", {"insomnia": "marked"}, dangers=dangers
    )


@attrs.define
class Spent:
    """Seconds of the wall and of the processor, one entry a piece of work."""

    wall: list[float] = attrs.field(factory=list)
    cpu: list[float] = attrs.field(factory=list)

    def measure(self, work: Callable[[], object]) -> None:
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)

    @property
    def typical(self) -> float:
        return statistics.median(self.wall)

    @property
    def typical_cpu(self) -> float:
        return statistics.fmean(self.cpu)


def one_command(folder: Path, sizes: Sizes) -> list[Line]:
    """A report with a danger on a student in triage: a signal, a run, notices, one duty."""
    with connections() as opened:
        plain = open_school(folder / "school", storage="sqlite", without=("counselor-b",))
        must_be_durable(opened)
    students = many(plain, sizes.reports + 5)
    counselor = plain.desk("counselor-a")
    for one in students:
        report(plain, one, "plan")
        counselor.cases.about(one).acknowledge()
    watched = Watched(plain.school.storage)
    seen = InventedSchool(
        folder=plain.folder,
        net=type(plain.net)(
            attrs.evolve(plain.school, storage=watched), plain.net._speaker, plain.net.settings
        ),
        clock=plain.clock,
        ids=plain.ids,
        opened=lambda: plain.net,
    )
    report(seen, students[-1], "plan")
    like = watched.last
    if like is None:
        raise SystemExit("the report was not committed")
    rod = Yardstick(folder / "yardstick.db")
    for number in range(5):
        rod.repeat(like, number)
        report(plain, students[-1 - number], "plan")
    ours, theirs = Spent(), Spent()
    gc.collect()
    for start in range(0, sizes.reports, sizes.block):
        some = range(start, min(start + sizes.block, sizes.reports))
        for number in some:
            ours.measure(lambda n=number: report(plain, students[n], "plan"))  # type: ignore[misc]
        for number in some:
            theirs.measure(lambda n=number: rod.repeat(like, 10 + n))  # type: ignore[misc]
    rows = rod.verify()
    rod.close()
    proof = verify(plain.school)
    plain.close()
    if not proof.ok:
        raise SystemExit(f"psysafe's own proof failed: {proof.findings}")
    speed = theirs.typical / ours.typical
    size = sum(len(ev.header) + len(ev.body) for ev in like.events)
    size += sum(len(put.body) for put in like.put)
    shape = (
        f"{len(like.events)} events, {len(like.put)} documents, "
        f"{len(like.outbox)} entries, {size / 1024:.1f} KiB"
    )
    return [
        Line(
            work=f"one durable report ({shape})",
            psysafe=f"{ours.typical * 1e6:,.0f} us, cpu {ours.typical_cpu * 1e6:,.0f}",
            limit=f"{theirs.typical * 1e6:,.0f} us, cpu {theirs.typical_cpu * 1e6:,.0f}",
            result=f"{speed:.2f} of full shape",
            goal=">= 0.75",
            met=speed >= 0.75,
        ),
        Line(
            work="its chain and replay, verified afterwards",
            psysafe=f"{proof.records} records",
            limit=f"{rows} rows",
            result="whole",
            goal="whole",
            met=proof.ok,
        ),
    ]


def long_history(folder: Path, sizes: Sizes) -> Line:
    """The same report on a student with 10 events behind them and on one with very many."""
    school = open_school(folder / "history", storage="sqlite")
    pairs = max(10, min(200, sizes.history // 20))
    old, *fresh = many(school, 1 + pairs)
    for _ in range(sizes.history):
        report(school, old)
    for one in fresh:
        for _ in range(10):
            report(school, one)
    young, aged = Spent(), Spent()
    gc.collect()
    for one in fresh:
        young.measure(lambda s=one: report(school, s))  # type: ignore[misc]
        aged.measure(lambda: report(school, old))
    school.close()
    ratio = aged.typical / young.typical
    return Line(
        work=f"one report after {sizes.history:,} events of one student",
        psysafe=f"{aged.typical * 1e6:,.0f} us",
        limit=f"{young.typical * 1e6:,.0f} us after 10",
        result=f"{ratio:.2f}x",
        goal="<= 1.1x",
        met=ratio <= 1.1,
    )


def decisions(sizes: Sizes) -> list[Line]:
    """Decisions of the compiled policy: asked before, as in a list, and never asked before."""
    policy = Policy.compile(shipped_matrix())
    viewers = ("counselor", "homeroom_teacher", "grade_head", "leading_group_head")
    hats = [Hat(viewer=viewer, relation="of_school", since=SINCE) for viewer in viewers]
    states = [frozenset({state}) for state in State]
    asked = [(hat, state, item) for hat in hats for state in states for item in ItemClass]
    cold: list[float] = []
    for number in range(sizes.decisions // 20):
        # A hat that ends at another moment is another question: nothing that is kept helps.
        ends = MONDAY + timedelta(days=1, seconds=number)
        hat = attrs.evolve(hats[number % len(hats)], until=ends)
        state = states[number % len(states)]
        began = time.perf_counter()
        _decide(policy, hat, state, ItemClass.RISK_LEVEL)
        cold.append(time.perf_counter() - began)
    took: list[float] = []
    for number in range(sizes.decisions):
        hat, state, item = asked[number % len(asked)]
        began = time.perf_counter()
        _decide(policy, hat, state, item)
        took.append(time.perf_counter() - began)
    rate = len(took) / sum(took)
    late = sorted(took)[int(len(took) * 0.99)] * 1e6
    whole = len(ItemClass) / statistics.fmean(cold)
    return [
        Line(
            work="policy decision with its rule, asked before (one by one)",
            psysafe=f"{1e6 / rate:.1f} us",
            limit="1.6-2.7 M/s bare index",
            result=f"{rate:,.0f}/s",
            goal=">= 100,000/s",
            met=rate >= 100_000,
        ),
        Line(
            work="policy decision, never asked before (a plan decides all 20 items)",
            psysafe=f"{statistics.fmean(cold) * 1e6:.0f} us a plan",
            limit="",
            result=f"{whole:,.0f}/s",
            goal=">= 100,000/s",
            met=whole >= 100_000,
        ),
        Line(
            work="policy decision, slowest of a hundred",
            psysafe=f"{late:.1f} us",
            limit="",
            result=f"p99 {late:.1f} us",
            goal="< 50 us",
            met=late < 50,
        ),
    ]


def beside_cedar(sizes: Sizes) -> list[Line]:
    """The same questions to psysafe and to cedarpy, by turns; nothing where it is not installed.

    A page asks for every item of a student, so a block is one question about all twenty. Cedar is
    given the rows of the viewer alone, then the whole matrix. Both name the rule behind an answer.
    """
    if not find_spec("cedarpy"):
        return []
    import cedar

    compared = cedar.must_agree(1 if sizes.decisions > QUICK.decisions else 60)
    ours, own, whole = cedar.ByPsysafe(), cedar.ByCedar(by_viewer=True), cedar.ByCedar()
    plain = list(cedar.questions())
    new, again, narrow, wide = Spent(), Spent(), Spent(), Spent()
    gc.collect()
    for number in range(max(8, sizes.decisions // 1_000)):
        asked = plain[number * 37 % len(plain)]
        fresh = attrs.evolve(asked, ends=MONDAY + timedelta(days=1, seconds=number))
        new.measure(lambda q=fresh: ours.rules(q))  # type: ignore[misc]
        again.measure(lambda q=fresh: ours.rules(q))  # type: ignore[misc]
        narrow.measure(lambda q=asked: own.rules(q))  # type: ignore[misc]
        wide.measure(lambda q=asked: whole.rules(q))  # type: ignore[misc]
    each = len(ItemClass) / 1e6
    return [
        Line(
            work=f"policy decision beside Cedar, {work}",
            psysafe=f"{mine.typical / each:.1f} us",
            limit=f"{other.typical / each:.0f} us cedarpy",
            result=f"{other.typical / mine.typical:.0f}x as fast",
            goal=f"beside it ({compared:,} equal)",
            met=True,
        )
        for work, mine, other in (
            ("never asked before; Cedar has this viewer's policies only", new, narrow),
            ("asked before; Cedar has this viewer's policies only", again, narrow),
            ("never asked before; Cedar has the whole matrix", new, wide),
        )
    ]


def _decide(policy: Policy, hat: Hat, states: frozenset[State], item: ItemClass) -> str:
    plan = plan_decisions(policy, (hat,), states, purpose="care", at=MONDAY, action=Action.READ)
    may_know(plan)
    return plan.of(item).rule


def cpu_of(program: str, *arguments: str) -> float:
    """Processor seconds of a fresh interpreter that runs a program, its children's included."""
    environment: Mapping[str, str] = {**os.environ, "PYTHONPATH": _SOURCE}
    child = subprocess.Popen([sys.executable, "-c", program, *arguments], env=environment)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"a measured program failed: {program[:60]}")
    return used.ru_utime + used.ru_stime


_FIRST_REPORT: Final = """
import sys, psysafe
net = psysafe.SafetyNet.open(sys.argv[1])
net.desk("staff:" + sys.argv[2]).signals.report(sys.argv[3], "one_to_one", {"insomnia": "marked"})
net.close()
"""


def starts(folder: Path, sizes: Sizes) -> list[Line]:
    """Fresh interpreters: the import alone, and a school opened up to its first report."""
    with open_school(folder / "opened", storage="sqlite") as school:
        actor = school.desk("homeroom-1")._seat.actor.partition(":")[2]
        number = school.number(1)
    place = str(folder / "opened")
    bare, plain, ours, first = [], [], [], []
    for _ in range(sizes.starts):
        bare.append(cpu_of("pass"))
        plain.append(cpu_of("import attrs, pluggy"))
        ours.append(cpu_of("import psysafe"))
        first.append(cpu_of(_FIRST_REPORT, place, actor, number))
    own = statistics.median(ours) - statistics.median(bare)
    least = statistics.median(plain) - statistics.median(bare)
    whole = statistics.median(first)
    return [
        Line(
            work="import psysafe (a bare interpreter taken off)",
            psysafe=f"{own * 1e3:.0f} ms cpu",
            limit=f"{least * 1e3:.0f} ms attrs + pluggy",
            result=f"{own / max(least, 1e-4):.2f}x",
            goal="<= 1.5x",
            met=own <= 1.5 * least,
        ),
        Line(
            work="open an existing school and its first report, interpreter included",
            psysafe=f"{whole * 1e3:.0f} ms cpu",
            limit=f"{statistics.median(bare) * 1e3:.0f} ms bare interpreter",
            result=f"{whole * 1e3:.0f} ms",
            goal="<= 250 ms",
            met=whole <= 0.250,
        ),
    ]


def show(lines: Sequence[Line]) -> None:
    """Print the table."""
    heads = ("work", "psysafe", "limit", "result", "goal", "")
    rows = [heads]
    rows += [
        (ln.work, ln.psysafe, ln.limit, ln.result, ln.goal, "met" if ln.met else "MISSED")
        for ln in lines
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. The exit code is 0 also where a goal is missed: machines differ."""
    parser = argparse.ArgumentParser(description="psysafe against its yardstick")
    parser.add_argument("--quick", action="store_true", help="tiny counts: shows that it runs")
    sizes = QUICK if parser.parse_args(arguments).quick else WHOLE
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="psysafe-bench-") as name:
        folder = Path(name)
        lines = [
            *one_command(folder, sizes),
            long_history(folder, sizes),
            *decisions(sizes),
            *beside_cedar(sizes),
            *starts(folder, sizes),
        ]
    show(lines)
    took = timedelta(seconds=round(time.perf_counter() - began))
    print(f"\nPython {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, took {took}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
