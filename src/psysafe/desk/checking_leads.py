"""Looking over who leads: live cases whose lead needs a supervisor and has none. Names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from psysafe.domain.supervising import lacking
from psysafe.engine.gather import gather_many
from psysafe.engine.holidays import live_cases
from psysafe.engine.school import School
from psysafe.errors import Finding


def check_leads(school: School, now: datetime) -> Iterator[Finding]:
    """PSY066 where the lead of a live case has no supervisor: whose case it is is not said."""
    worlds = gather_many(school, (card.student for card in live_cases(school)))
    count = sum(lacking(world, now) for world in worlds.values())
    if count:
        yield Finding(code="PSY066", severity="warning", facts={"count": count})
