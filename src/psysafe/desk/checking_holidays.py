"""Looking over a break that comes: do all live cases have a plan for it? Names nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from psysafe.engine.holidays import without_plan
from psysafe.engine.school import School
from psysafe.errors import Fact, Finding


def check_holidays(school: School, now: datetime) -> Iterator[Finding]:
    """PSY142 for each break before which live cases lack a plan: whose they are is not said."""
    counted = Counter((one.first, one.last) for one in without_plan(school, now))
    for (first, last), count in sorted(counted.items()):
        facts: dict[str, Fact] = {"first": first, "last": last, "count": count}
        yield Finding(code="PSY142", severity="warning", facts=facts)
