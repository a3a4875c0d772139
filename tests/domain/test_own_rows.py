"""A school's own rows asked one by one: which show more, what is wrong, what begins and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from psysafe.builtin.policy import shipped_matrix
from psysafe.domain import privacy_site as site
from psysafe.domain.own_rows import (
    OwnRow,
    OwnRows,
    OwnRowsAdopted,
    OwnRowsEvent,
    WideningBegan,
    WideningEnded,
    evolve,
)
from psysafe.domain.privacy_policy import Effect, Policy, Viewer, place_of
from psysafe.ids import Actor, PersonId
from psysafe.sensitivity import changed

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
MOMENT = timedelta.resolution
POLICY = Policy.compile(shipped_matrix())
HEAD, IT = PersonId(Actor("staff:head")), Actor("operator:it")
#: What the shipped matrix says of these places.
DENIED = "police:observation:routine"
SHORT = "student:observation:routine"
SHOWN = "student:display_name:routine"
COUNTED = "grade_head:mood_checkin:routine"
SHORT_HERE = "counselor_unassigned:observation:routine"
DENIED_HERE = "counselor_unassigned:civil_identity:routine"
OFFERED = "counselor_unassigned:scale_items:crisis"
UNKNOWN = "astrologer:observation:routine"


def row(place: str = DENIED, effect: str = "allow", **more: object) -> OwnRow:
    said = {
        "reason": "decided",
        "since": NOW - timedelta(days=1),
        "until": NOW + timedelta(days=60),
        "signed_by": HEAD,
        **more,
    }
    return OwnRow(place=place, effect=effect, **said)  # type: ignore[arg-type]


def held(*rows: OwnRow, begun: tuple[str, ...] = ()) -> OwnRows:
    return OwnRows(rows=rows, begun=begun, digest="d", by=IT, at=NOW)


def trusted(one: OwnRow) -> str:
    return ""


def saying(problem: str) -> site.Trusted:
    return lambda one: problem


# -- which rows show more -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "effect", "more"),
    [
        (DENIED, "deny", False),
        (DENIED, "statistics", True),
        (DENIED, "redact", True),
        (DENIED, "allow", True),
        (COUNTED, "deny", False),
        (COUNTED, "statistics", False),
        (COUNTED, "redact", True),
        (SHORT, "statistics", False),
        (SHORT, "break_glass", False),  # nobody breaks it in that hat
        (SHORT, "redact", False),
        (SHORT, "allow", True),
        (SHORT_HERE, "break_glass", True),  # a stated reason makes everything of it
        (SHORT_HERE, "statistics", False),
        (SHORT_HERE, "redact", False),
        (OFFERED, "break_glass", False),
        (OFFERED, "redact", True),
        (SHOWN, "allow", False),
        (SHOWN, "break_glass", False),
        (SHOWN, "deny", False),
        (SHOWN, "everything", True),  # a word that nobody knows is never taken for less
    ],
)
def test_whether_a_row_shows_more(place: str, effect: str, more: bool) -> None:
    assert site.wider(POLICY, row(place, effect)) is more


def test_a_place_that_is_none_is_no_row() -> None:
    with pytest.raises(ValueError, match="no place of the matrix"):
        site.wider(POLICY, row(UNKNOWN))


@pytest.mark.parametrize(
    ("place", "effect", "known"),
    [
        (DENIED, "allow", True),
        (UNKNOWN, "allow", False),
        (DENIED, "everything", False),
        ("police:observation", "allow", False),
        ("police:observation:routine:x", "allow", False),
        (SHOWN, "redact", True),
        ("student:safety_plan:never", "deny", False),
    ],
)
def test_whether_the_matrix_knows_a_row(place: str, effect: str, known: bool) -> None:
    assert site.is_known(row(place, effect)) is known


def test_what_is_signed_is_these_bytes() -> None:
    one = row(since=NOW, until=NOW + timedelta(days=1))
    assert site.said("p", one) == (  # type: ignore[arg-type]
        b"psysafe policy row\0"
        b'{"by": "staff:head", "effect": "allow", "from": "2026-11-02T00:30:00.000000Z", '
        b'"part": "p", "place": "police:observation:routine", "reason": "decided", '
        b'"until": "2026-11-03T00:30:00.000000Z"}'
    )
    bare = site.said("p", row(since=None, until=None, signed_by=None))  # type: ignore[arg-type]
    assert b'"by": null' in bare
    assert b'"from": null' in bare
    assert b'"until": null' in bare


# -- what stands against rows ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacking", "problem"),
    [
        ({}, ""),
        ({"reason": ""}, site.NO_REASON),
        ({"reason": " \n"}, site.NO_REASON),
        ({"since": None}, site.NO_END),
        ({"until": None}, site.NO_END),
        ({"since": NOW + MOMENT, "until": NOW + MOMENT}, site.NO_END),
        ({"since": NOW + MOMENT * 2, "until": NOW + MOMENT}, site.NO_END),
        ({"since": NOW, "until": NOW + MOMENT}, ""),
        ({"since": NOW, "until": NOW + timedelta(days=366)}, ""),
        ({"since": NOW, "until": NOW + timedelta(days=366) + MOMENT}, site.TOO_LONG),
        ({"until": NOW}, site.OVER),
        ({"until": NOW - MOMENT}, site.OVER),
        ({"until": NOW + MOMENT}, ""),
        ({"signed_by": None}, site.UNSIGNED),
        ({"signed_by": None, "until": NOW}, site.OVER),
    ],
)
def test_what_a_row_that_shows_more_lacks(lacking: dict[str, object], problem: str) -> None:
    found = site.judged(POLICY, [(7, row(**lacking))], trusted, NOW)
    if not problem:
        assert found == ()
        return
    (one,) = found
    assert (one.code, one.where) == ("PSY152", {"line": 7})
    assert one.facts == {"line": 7, "row": DENIED, "problem": problem}


def test_what_the_signature_is_worth_is_said_last() -> None:
    (one,) = site.judged(POLICY, [(1, row())], saying(site.FORGED), NOW)
    assert one.facts["problem"] == site.FORGED
    (one,) = site.judged(POLICY, [(1, row(reason=""))], saying(site.FORGED), NOW)
    assert one.facts["problem"] == site.NO_REASON


@pytest.mark.parametrize(
    ("place", "effect"),
    [
        ("it_admin:observation:routine", "allow"),
        ("class_representative:observation:routine", "allow"),
        (DENIED, "break_glass"),
    ],
)
def test_what_nobody_may_sign_is_said_whatever_else_is_wrong(place: str, effect: str) -> None:
    for one in (row(place, effect), row(place, effect, reason="", signed_by=None)):
        (found,) = site.judged(POLICY, [(4, one)], trusted, NOW)
        assert (found.code, found.where) == ("PSY153", {"line": 4})
        assert found.facts == {"line": 4, "row": place, "effect": effect}


def test_an_offer_of_the_glass_may_be_signed_for_whoever_may_break_it() -> None:
    assert site.judged(POLICY, [(1, row(DENIED_HERE, "break_glass"))], trusted, NOW) == ()


def test_each_line_is_judged_and_a_row_that_shows_less_is_always_fine() -> None:
    rows = [
        (1, row(reason="")),
        (2, row(SHORT, "deny", reason="", signed_by=None, since=None, until=None)),
        (3, row(until=NOW)),
        (5, row("it_admin:contact:routine")),
    ]
    found = site.judged(POLICY, rows, trusted, NOW)
    assert [(one.code, one.where["line"]) for one in found] == [
        ("PSY152", 1),
        ("PSY152", 3),
        ("PSY153", 5),
    ]


# -- what happens ---------------------------------------------------------------------------------


def test_the_first_adoption_ends_nothing() -> None:
    rows = (row(),)
    assert list(site.adopting(None, rows, "d", IT, NOW)) == [
        OwnRowsAdopted(rows=rows, digest="d", by=IT, at=NOW)
    ]


def test_what_a_later_file_leaves_out_or_changes_ends_and_what_it_keeps_goes_on() -> None:
    kept, gone, other, never = (
        row(),
        row("police:contact:routine"),
        row(SHORT),
        row("police:reporter:routine"),
    )
    before = held(kept, gone, other, never, begun=(DENIED, "police:contact:routine", SHORT))
    rows = (kept, changed(other, reason="another"))
    events = list(site.adopting(before, rows, "e", IT, NOW))
    assert events == [
        WideningEnded(place="police:contact:routine", why="withdrawn", at=NOW),
        WideningEnded(place=SHORT, why="withdrawn", at=NOW),
        OwnRowsAdopted(rows=rows, digest="e", by=IT, at=NOW),
    ]
    after = site.after(before, events)
    assert (after.rows, after.begun, after.digest) == (rows, (DENIED,), "e")


def test_nothing_follows_from_nothing() -> None:
    with pytest.raises(ValueError, match="nothing was adopted"):
        site.after(None, [])


def began(one: OwnRow) -> WideningBegan:
    assert one.signed_by is not None
    assert one.until is not None
    return WideningBegan(
        place=one.place, effect=one.effect, signed_by=one.signed_by, until=one.until, at=NOW
    )


def ended(place: str, why: str) -> WideningEnded:
    return WideningEnded(place=place, why=why, at=NOW)


@pytest.mark.parametrize(
    ("one", "begun", "problem", "events"),
    [
        (row(), False, "", [began(row())]),
        (row(since=NOW), False, "", [began(row(since=NOW))]),
        (row(since=NOW + MOMENT), False, "", []),
        (row(), True, "", []),
        (row(until=NOW), True, "", [ended(DENIED, "over")]),
        (row(until=NOW), False, "", [ended(DENIED, "over")]),
        (row(), True, site.FORGED, [ended(DENIED, "signature")]),
        (row(), False, site.NO_RIGHT, [ended(DENIED, "signer")]),
        (row(), True, site.UNTRIED, []),
        (row(), False, site.UNTRIED, []),
        (row(signed_by=None), False, "", []),
        (row(reason=""), False, "", []),
        (row(SHORT, "deny"), False, "", []),
        (row(SHORT, "deny", until=NOW), False, site.FORGED, []),
        (row(UNKNOWN), False, "", []),
        (row(effect="everything"), False, "", []),
        (row(DENIED, "break_glass"), False, "", [ended(DENIED, "signature")]),
    ],
)
def test_what_begins_and_what_ends_by_a_moment(
    one: OwnRow, begun: bool, problem: str, events: list[OwnRowsEvent]
) -> None:
    rows = held(one, begun=(one.place,) if begun else ())
    assert list(site.passing(POLICY, rows, saying(problem), NOW)) == events


def test_one_row_that_is_left_aside_holds_up_no_other() -> None:
    second = row("police:contact:routine")
    for first in (row(UNKNOWN), row(SHORT, "deny"), row(since=NOW + MOMENT), row(until=NOW)):
        found = list(site.passing(POLICY, held(first, second), trusted, NOW))
        assert found[-1] == began(second)


# -- what holds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "begun", "problem", "holds"),
    [
        (row(), True, "", True),
        (row(), False, "", False),
        (row(since=NOW), True, "", True),
        (row(since=NOW + MOMENT), True, "", False),
        (row(since=None), True, "", False),
        (row(until=NOW), True, "", False),
        (row(until=NOW + MOMENT), True, "", True),
        (row(), True, site.FORGED, False),
        (row(), True, site.UNTRIED, False),
        (row("it_admin:observation:routine"), True, "", False),
        (row(DENIED, "break_glass"), True, "", False),
        (row(SHORT, "deny"), False, site.FORGED, True),
        (row(SHORT, "deny", reason="", since=None, until=None, signed_by=None), False, "", True),
        (row(UNKNOWN, "deny"), False, "", False),
        (row(effect="everything"), True, "", False),
    ],
)
def test_which_rows_hold_at_a_moment(one: OwnRow, begun: bool, problem: str, holds: bool) -> None:
    rows = held(one, begun=(one.place,) if begun else ())
    found = site.in_force(POLICY, rows, saying(problem), NOW)
    assert found == ((one,) if holds else ())


def test_the_matrix_with_rows_says_theirs_and_until_when() -> None:
    place = place_of(DENIED)
    assert place is not None
    one = row()
    own = site.with_rows(POLICY, [row(SHORT, "everything"), one])
    assert own.effect(*place) is Effect.ALLOW
    assert own.is_own(*place)
    assert own.rule(*place) == f"O:{DENIED}"
    short = place_of(SHORT)
    assert short is not None
    assert own.effect(*short) is POLICY.effect(*short)
    assert not own.is_own(*short)
    assert POLICY.effect(*place) is Effect.DENY
    for nothing in ([], [row(SHORT, "everything")]):
        assert site.with_rows(POLICY, nothing) is POLICY


def test_who_keeps_the_machine_and_other_students_are_never_shown_more() -> None:
    assert {Viewer.IT_ADMIN, Viewer.CLASS_REPRESENTATIVE} == site.NEVER_WIDER


# -- the fold -------------------------------------------------------------------------------------


def test_the_first_of_all_is_an_adoption() -> None:
    first = OwnRowsAdopted(rows=(row(),), digest="d", by=IT, at=NOW)
    assert evolve(None, first) == held(row())
    for other in (began(row()), ended(DENIED, "over"), object()):
        with pytest.raises(ValueError, match="nothing was adopted"):
            evolve(None, other)


def test_a_later_adoption_keeps_what_has_begun_only_where_the_row_is_the_same() -> None:
    same, other = row(), row(SHORT)
    before = held(same, other, begun=(DENIED, SHORT))
    later = NOW + timedelta(days=1)
    by = Actor("operator:other")
    rows = (same, changed(other, effect="deny"))
    after = evolve(before, OwnRowsAdopted(rows=rows, digest="e", by=by, at=later))
    assert after == OwnRows(rows=rows, begun=(DENIED,), digest="e", by=by, at=later)


def test_what_begins_stands_with_what_had_begun_and_what_ends_goes_with_its_row() -> None:
    before = held(row(), row(SHORT), begun=(SHORT,))
    both = evolve(before, began(row()))
    assert both == changed(before, begun=(SHORT, DENIED))
    less = evolve(both, ended(SHORT, "over"))
    assert less == changed(before, rows=(row(),), begun=(DENIED,))
    assert evolve(less, ended(SHORT, "over")) == less
    assert evolve(less, object()) == less


def test_a_row_is_found_by_its_place() -> None:
    rows = held(row(), row(SHORT))
    assert rows.row(SHORT) == row(SHORT)
    assert rows.row(DENIED) == row()
    assert rows.row(SHOWN) is None
