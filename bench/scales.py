"""Scoring a million PHQ-9 sheets: psysafe's columns against a hand-written limit and other ways.

    python bench/scales.py [--sheets 1000000] [--rounds 7]

All run interleaved in one process, by CPU time, the best of the rounds; polars and numpy only where
they are installed. Ratios matter, absolute figures do not: 1.00 is the hand-written limit.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from importlib.util import find_spec
from time import process_time
from typing import Any

from psysafe.builtin.scales import shipped_scales
from psysafe.domain.scale_columns import score_columns
from psysafe.domain.scales import load_definition, score

BANDS = bytes(min(4, total // 5) for total in range(256))
ALARM = bytes(int(answer >= 1) for answer in range(256))


def limit(columns: list[bytes]) -> object:
    """By hand, for PHQ-9 alone: sums, bands and the alarm, nothing checked."""
    total = sum(int.from_bytes(column, "little") for column in columns)
    sums = total.to_bytes(len(columns[0]), "little")
    return sums, sums.translate(BANDS), columns[8].translate(ALARM)


def loop(columns: list[bytes]) -> object:
    """By hand, sheet by sheet."""
    made = []
    for sheet in zip(*columns, strict=True):
        total = sum(sheet)
        made.append((total, min(4, total // 5), sheet[8] >= 1))
    return made


def with_numpy(columns: list[bytes]) -> Callable[[], object]:
    import numpy

    arrays = [numpy.frombuffer(column, dtype=numpy.uint8) for column in columns]
    bands = numpy.frombuffer(BANDS, dtype=numpy.uint8)

    def run() -> object:
        total = arrays[0].copy()
        for each in arrays[1:]:
            total += each
        return total, bands[total], arrays[8] >= 1

    return run


def with_polars(columns: list[bytes]) -> Callable[[], object]:
    import polars

    frame = polars.DataFrame({f"q{i}": list(column) for i, column in enumerate(columns)})
    total = polars.sum_horizontal([f"q{i}" for i in range(9)]).alias("total")

    def run() -> object:
        return frame.select(
            total, (total // 5).clip(0, 4).alias("band"), (polars.col("q8") >= 1).alias("alarm")
        )

    return run


def ways(columns: list[bytes]) -> dict[str, Callable[[], object]]:
    """What is measured, by name; the limit first."""
    (record,) = [record for record in shipped_scales() if record.name == "phq9"]
    phq9 = load_definition(record.definition)
    some = [column[: len(column) // 1000 or 1] for column in columns]
    found: dict[str, Callable[[], object]] = {
        "by hand, byte lanes": lambda: limit(columns),
        "psysafe score_columns": lambda: score_columns(phq9, columns),
        "by hand, a loop over sheets": lambda: loop(columns),
        "psysafe score, 1 of 1000 sheets": lambda: [
            score(phq9, sheet) for sheet in zip(*some, strict=True)
        ],
    }
    for library, made in (("numpy", with_numpy), ("polars", with_polars)):
        if find_spec(library):
            found[f"{library}, columns"] = made(columns)
    return found


def main(arguments: Any = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args(arguments)
    drawn = random.Random(20261126)
    columns = [bytes(drawn.choices(range(4), k=given.sheets)) for _ in range(9)]
    best: dict[str, float] = {}
    measured = ways(columns)
    for _ in range(given.rounds):
        for name, run in measured.items():
            start = process_time()
            run()
            best[name] = min(best.get(name, 1e9), process_time() - start)
    base = best["by hand, byte lanes"]
    for name, seconds in best.items():
        print(f"{name:32} {seconds * 1000:9.1f} ms  {seconds / base:8.2f}")


if __name__ == "__main__":
    main()
