"""Looking over what is kept: is there an end to it? Names nobody."""

from __future__ import annotations

from collections.abc import Iterator

from psysafe.engine.school import School
from psysafe.errors import Finding


def check_kept(school: School) -> Iterator[Finding]:
    """PSY093 where the school has set no time for notes that nobody could link."""
    if school.notes_for is None:
        yield Finding(code="PSY093", severity="warning")
