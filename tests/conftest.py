"""What every test may use: Hypothesis profiles, the shared data, and the list of clauses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

#: Everything that the three school plans require, by id. A test that shows one names it.
CLAUSES = frozenset(
    """
    A0 A1 A2.1 A2.2 A2.3 A2.4 A3 A4
    B0.0 B0.1 B0.2 B0.3 B1.0 B1.1 B1.2 B1.3 B1.4 B1.5 B2.1 B2.2 B2.3 B2.4
    C0.0 C0 C1.1 C1.2 C1.3 C1.4 C1.5 C1.6 C2 C3.1 C3.2 C3.3
    C4.1 C4.2 C4.3 C5.1 C5.2 C5.3 C5.4 C6.1 C6.2 C6.3
    """.split()
)

settings.register_profile("default", deadline=None, max_examples=40)
settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True)
settings.register_profile("deep", deadline=None, max_examples=1000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real, anonymous data beside the clone. Skips where it is not there."""
    place = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    if not place.is_dir():
        pytest.skip("no ../shared/data beside the clone: the real answer sheets are not there")
    return place


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    unknown = sorted(
        f"{item.nodeid}: {mark.args!r}"
        for item in items
        for mark in item.iter_markers("clause")
        if not mark.args or mark.kwargs or not set(mark.args) <= CLAUSES
    )
    if unknown:
        raise pytest.UsageError("no such clause of the school plans:\n  " + "\n  ".join(unknown))
