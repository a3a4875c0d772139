"""Looking over what is kept: has it an end, and did this version write it? Names nobody."""

from __future__ import annotations

from collections.abc import Iterator

from psysafe.engine.bringing_up import behind
from psysafe.engine.school import School
from psysafe.errors import Finding


def check_kept(school: School) -> Iterator[Finding]:
    """PSY093 where the school has set no time for notes that nobody could link; PSY094 where
    records of an earlier version are not brought up to date."""
    if behind(school):
        yield Finding(code="PSY094")
    if school.notes_for is None:
        yield Finding(code="PSY093", severity="warning")
