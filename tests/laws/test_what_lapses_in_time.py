"""What ends by time alone is noticed at that moment: by a scheduler that asks only when it must.

The clock here jumps from one `next_due` to the next, as a host's scheduler does that sleeps until
something is due. So a wake-up that is missing, early or late is seen.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psysafe.domain.events import PersonAdded, RelationEnded
from psysafe.domain.referrals import Referral
from psysafe.engine.enrolling import commit_students
from psysafe.engine.gather import gather
from psysafe.ids import Actor
from psysafe.sensitivity import changed
from psysafe.testing.schools import InventedSchool, guardian_id, open_school, student_id

S, MOTHER, FATHER = student_id(1), guardian_id(1), guardian_id(1, 2)
HOSPITAL = "staff:hospital"
SCOPE = ("identity", "contact")
ZONE = ZoneInfo("Asia/Shanghai")
WATCHED = timedelta(days=60)

days_ahead = st.none() | st.integers(1, 50)


def at_midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZONE).astimezone(UTC)


def accepted(school: InventedSchool, by: tuple[tuple[str, datetime | None], ...]) -> str:
    """An offer to the hospital that it has accepted, by consents that count until their days."""
    number, desk = school.number(1), school.desk("counselor-a")
    school.joins("hospital", "medical_institution")
    school.desk("homeroom-1").signals.report(number, "one_to_one", {"insomnia": "marked"})
    case = desk.cases.about(number)
    case.acknowledge()
    case.open()
    made = desk.referrals.propose(case.id, account="talks", summary="see her").referral
    assert made is not None
    desk.referrals.opinion(case.id, made, "agrees")
    desk.referrals.activate(case.id, made, "consent")
    for guardian, until in by:
        desk.consents.give(number, HOSPITAL, SCOPE, by=guardian, how="on paper", until=until)
    offer = desk.referrals.offer(case.id, made, HOSPITAL, SCOPE).offer
    assert offer is not None
    school.desk("hospital").referrals.open(offer)
    school.desk("hospital").referrals.accept(offer)
    return offer


def request(school: InventedSchool) -> Referral:
    return gather(school.school, S).world.file.referrals[0]


@given(eighteen=days_ahead, gone=days_ahead, until=days_ahead, second=st.none() | days_ahead)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_request_is_on_hold_from_the_moment_in_which_its_last_consent_lapses(
    eighteen: int | None, gone: int | None, until: int | None, second: int | None
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_school(Path(folder) / "school") as school,
    ):
        start = school.clock.now()
        today = start.astimezone(ZONE).date()
        birthday = today + timedelta(days=eighteen) if eighteen else date(2027, 11, 3)
        student = gather(school.school, S).world.student
        born = birthday.replace(year=birthday.year - 18).isoformat()
        told = [PersonAdded(student=changed(student, details={"born": born}))]
        if gone:
            ends = start + timedelta(days=gone)
            told.append(RelationEnded(student=S, guardian=MOTHER, at=ends))
        it = Actor("operator:it")
        commit_students(school.school, [(S, told)], it, start, school.ids.command())
        day = start + timedelta(days=until) if until else None
        fathers = (FATHER, start + timedelta(days=second)) if second else None
        by = ((MOTHER, day), fathers) if fathers else ((MOTHER, day),)
        offer = accepted(school, by)
        of_mother = [start + timedelta(days=one) for one in (gone, until) if one]
        ends_of_age = [at_midnight(birthday)] if eighteen else []
        each = [min([*of_mother, *ends_of_age], default=None)]
        if fathers:
            each.append(min([fathers[1], *ends_of_age]))
        over = None if None in each else max(each)

        while (due := school.tick().next_due) is not None and due <= start + WATCHED:
            assert (request(school).state == "active") == (over is None or due <= over)
            school.clock.advance(seconds=(due - school.clock.now()).total_seconds())
            school.net.tick()
            if over is not None and school.clock.now() >= over:
                break
        found = request(school)
        if over is None:
            assert found.state == "active"
            assert school.desk("hospital").referrals.get(offer)["name"]
            return
        assert school.clock.now() == over
        assert (found.state, found.held) == ("on_hold", "consent_lapsed")
        kinds = {d.kind for d in gather(school.school, S).world.file.duties}
        assert {"decide_referral", "renew_consent"} <= kinds
