"""Do the tests notice when a room is changed? A seeded sample of its mutants, resumable.

    python tools/mutants.py [--seed N] [--sample N] [--seconds N] ROOM TESTS...

The mutants are cosmic-ray's; `mutants_forked` tries them. They are made in a copy of the clone
under `.mutation/`, never in the clone itself, since a room is changed in place and a kill would
leave a mutant behind. The same call again goes on where the last one stopped; remove `.mutation/`
to begin anew. Exit 1 where a mutant survived.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import json
import os
import random
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def config(source: str, tests: list[str], seconds: float) -> str:
    command = " ".join([sys.executable, "-m pytest -x -q -p no:cacheprovider", *tests])
    return "\n".join(
        [
            "[cosmic-ray]",
            f"module-path = {json.dumps(source)}",
            f"timeout = {seconds}",
            "excluded-modules = []",
            f"test-command = {json.dumps(command)}",
            "[cosmic-ray.distributor]",
            'name = "local"',
            "",
        ]
    )


def copy_of_the_clone(tree: Path) -> None:
    for name in ("src", "tests", "tools", "plugins"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, tree)
    # The tests of a mutant write no bytecode; without any, each run would compile everything.
    compileall.compile_dir(tree / "src", quiet=1)


Span = tuple[tuple[int, int], tuple[int, int]]


def unread(source: str) -> tuple[Span, ...]:
    """Where the annotations and the bare `*` of signatures stand: (line, column) of begin and end.

    Every room says `from __future__ import annotations`: nothing evaluates them, so a mutant in
    one is the same program, and the type checkers, not the tests, see it. A `*` that becomes `/`
    forbids callers another way of writing the same call, as `kw_only` of a record does.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.args.kwonlyargs and not node.args.vararg:
            before, after = [*node.args.posonlyargs, *node.args.args], node.args.kwonlyargs[0]
            begin = (node.lineno, node.col_offset)
            if before:
                begin = (before[-1].end_lineno or 0, before[-1].end_col_offset or 0)
            found.append((begin, (after.lineno, after.col_offset)))
        keyword = node.value if isinstance(node, ast.keyword) and node.arg == "kw_only" else None
        for said in (getattr(node, "annotation", None), getattr(node, "returns", None), keyword):
            if isinstance(said, ast.expr):
                end = (said.end_lineno or said.lineno, said.end_col_offset or said.col_offset)
                found.append(((said.lineno, said.col_offset), end))
    return tuple(found)


#: `is` and `==` are one thing here: what is compared so is None, a bool or a member of an enum.
SAME_PROGRAM = ("ReplaceComparisonOperator_Is_Eq", "ReplaceComparisonOperator_IsNot_NotEq")


def compiles(code: str) -> bool:
    """Whether Python takes it, and without a warning, which is an error wherever tests are run.

    `word is "open"` and a `**` in a display that became another sign are noticed by no test.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", SyntaxWarning)
        try:
            compile(code, "a mutant", "exec")
        except SyntaxError:  # as a SyntaxWarning that is an error is raised, too
            return False
    return True


def keep_a_sample(session: Path, seed: int, size: int, source: str) -> None:
    """Mark all but a seeded sample as skipped, as cosmic-ray's own filters do.

    Never in it: what `unread` finds, SAME_PROGRAM, and what does not compile.
    """
    import cosmic_ray.plugins
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    with use_db(str(session), mode=WorkDB.Mode.open) as work:
        # Job ids are drawn anew each time; the place and kind of a mutant are not.
        items = [(one.job_id, one.mutations[0]) for one in work.work_items]
        items.sort(key=lambda one: (one[1].start_pos, one[1].operator_name, one[1].occurrence))
        aside = unread(source)
        drawn = [
            (job, one)
            for job, one in items
            if not one.operator_name.endswith(SAME_PROGRAM)
            and not any(begin <= one.start_pos < end for begin, end in aside)
        ]
        random.Random(seed).shuffle(drawn)
        kept: set[str] = set()
        for job, one in drawn:
            if len(kept) == size:
                break
            operator = cosmic_ray.plugins.get_operator(one.operator_name)
            code = mutate_code(source, operator(**(one.operator_args or {})), one.occurrence)
            if code is not None and compiles(code):
                kept.add(job)
        skipped = WorkResult(worker_outcome=WorkerOutcome.SKIPPED, output="not in sample")
        work.set_multiple_results([job for job, _ in items if job not in kept], skipped)


def survivors(session: Path) -> int:
    """Tell how many mutants of the sample lived, how many there were, and how many took too long.

    Too long counts as noticed: a loop without end does not pass. On a busy machine it may only
    say that the machine is busy; give more `--seconds` there.
    """
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import TestOutcome, WorkerOutcome

    with use_db(str(session), mode=WorkDB.Mode.open) as work:
        results = [result for _, result in work.results]
    tried = [each for each in results if each.worker_outcome is not WorkerOutcome.SKIPPED]
    lived = [each for each in tried if each.test_outcome is TestOutcome.SURVIVED]
    late = sum(each.output == "timeout" for each in tried)
    print(
        f"{len(lived)} of {len(tried)} mutants survived, {late} took too long; "
        f"{len(results)} there are in all"
    )
    return len(lived)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0, help="for one mutant at most")
    parser.add_argument("source")
    parser.add_argument("tests", nargs="+")
    asked = parser.parse_args()
    work = ROOT / ".mutation" / Path(asked.source).with_suffix("").as_posix().replace("/", "-")
    tree, session = work / "tree", work / "session.sqlite"
    environment = {**os.environ, "PYTHONPATH": "src"}

    def run(*command: str) -> None:
        subprocess.run(command, cwd=tree, env=environment, check=True)

    if not session.exists():
        shutil.rmtree(work, ignore_errors=True)
        tree.mkdir(parents=True)
        copy_of_the_clone(tree)
        told = config(asked.source, asked.tests, asked.seconds)
        (tree / "mutants.toml").write_text(told, encoding="utf-8")
        fresh = work / "fresh.sqlite"
        run("cosmic-ray", "init", "mutants.toml", str(fresh))
        source = (tree / asked.source).read_text(encoding="utf-8")
        keep_a_sample(fresh, asked.seed, asked.sample, source)
        fresh.rename(session)
    run(
        *(sys.executable, str(ROOT / "tools" / "mutants_forked.py")),
        *(str(session), asked.source, str(asked.seconds), *asked.tests),
    )
    run("cr-report", "--show-diff", "--surviving-only", str(session))
    return 1 if survivors(session) else 0


if __name__ == "__main__":
    sys.exit(main())
