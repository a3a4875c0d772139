"""Heads in a second place: whatever is done to the file afterwards has a name of its own."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from psysafe import SafetyNet
from psysafe.contracts.storage import FIRST_LINK, NewEvent, commit_digest, next_link
from psysafe.desk.heads import export_daily
from psysafe.engine.verify import Verified
from psysafe.errors import InvalidDataError, PlanError, PsysafeError
from psysafe.intake.school_files import write_school
from psysafe.testing.schools import InventedSchool, open_school

pytest.importorskip("cryptography")


@pytest.fixture
def school(tmp_path: Path) -> Iterator[InventedSchool]:
    """A school with a key for its heads and a second place for them."""
    with open_school(tmp_path / "school", storage="sqlite") as opened:
        public = opened.net.operator().make_head_key()
        settings = opened.folder / "psysafe.toml"
        with settings.open("a", encoding="utf-8") as stream:
            stream.write(f'\n[heads]\nto = ["{tmp_path / "elsewhere"}"]\ncheck = "{public}"\n')
        opened.reopen()
        work(opened, 1)
        yield opened


def work(school: InventedSchool, number: int) -> None:
    school.desk("counselor-a").signals.report(
        school.number(number), "one_to_one", {"self_harm": "marked"}, note="what was said"
    )
    school.tick(minutes=1)


def exported(school: InventedSchool) -> Path:
    """The head as it lies in the second place."""
    _, far = school.net.operator().export_heads()
    return far


def proof(school: InventedSchool, head: Path | None = None, key: str | None = None) -> Verified:
    return school.net.operator().verify(head, key=key)


def codes(found: Verified) -> set[str]:
    return {finding.code for finding in found.findings}


def test_the_first_tick_of_a_day_exports_the_head_and_never_over_another(
    school: InventedSchool, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    before = set(elsewhere.glob("*"))
    school.tick(hours=1)
    assert set(elsewhere.glob("*")) == before, "once a day"
    school.tick(hours=24)
    (head,) = set(elsewhere.glob("*")) - before
    assert json.loads(head.read_text())["signature"]
    assert codes(proof(school, head)) == set()
    position = school.net.operator().position()
    here = elsewhere / f"head-{position}.json"
    here.write_text("the head of before somebody wrote the journal anew")
    assert export_daily(school.school, school.net.settings, school.clock.now()) == ()
    assert here.read_text() == "the head of before somebody wrote the journal anew"


def test_a_place_that_cannot_be_written_is_in_the_heartbeat_and_stops_no_tick(
    school: InventedSchool, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.rmtree(elsewhere)
    elsewhere.write_text("a file in its place")
    work(school, 2)
    school.tick(hours=25)
    assert "PSY212" in school.net.operator().heartbeat()["findings"]


def missing(school: InventedSchool) -> list[str]:
    found = school.net.operator().check()
    return [finding.code for finding in found if finding.code in ("PSY753", "PSY754")]


def test_check_says_where_no_genuine_head_has_come_of_late(
    school: InventedSchool, tmp_path: Path
) -> None:
    far = exported(school)
    assert missing(school) == []
    school.clock.advance(minutes=72 * 60)
    assert missing(school) == [], "nothing has happened since"
    work(school, 2)
    assert missing(school) == [], "the tick has exported"
    for file in far.parent.glob("*"):
        file.unlink()
    assert missing(school) == ["PSY754"]
    head = json.loads(exported(school).read_text())
    assert missing(school) == []
    del head["signature"]
    (far.parent / f"head-{head['position']}.json").write_text(json.dumps(head))
    assert missing(school) == ["PSY754"], "not signed"


def test_check_asks_for_a_second_place_and_a_key(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    with open_school(folder, storage="sqlite") as school:
        assert missing(school) == ["PSY753"]
        with (folder / "psysafe.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[heads]\nto = ["{tmp_path / "elsewhere"}"]\n')
        school.reopen()
        assert missing(school) == ["PSY753", "PSY754"], "nobody could tell who signed them"


def tampered(school: InventedSchool, *statements: str) -> None:
    """Somebody writes to the file, with psysafe away."""
    school.net.close()
    with sqlite3.connect(school.folder / "psysafe.db") as file:
        for statement in statements:
            file.execute(statement)
    file.close()
    school.reopen()


def test_a_head_is_signed_lies_in_two_places_and_holds_for_ever(school: InventedSchool) -> None:
    near, far = school.net.operator().export_heads()
    assert near.read_bytes() == far.read_bytes()
    assert far.parent.name == "elsewhere"
    head = json.loads(far.read_text())
    assert {"key", "signature", "link", "position"} <= set(head)
    work(school, 2)
    found = proof(school, far)
    assert found.ok, found.findings
    key = school.folder / "keys" / "heads.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().strip() not in far.read_text()


def test_a_key_is_not_made_over_another(school: InventedSchool) -> None:
    with pytest.raises(PlanError, match="PSY732"):
        school.net.operator().make_head_key()


@pytest.mark.parametrize("cunning", [False, True])
def test_a_cut_tail_is_named(school: InventedSchool, cunning: bool) -> None:
    before = school.net.operator().position()
    work(school, 2)
    head = exported(school)
    cut = [f"DELETE FROM journal WHERE position > {before}"]
    if cunning:  # and the store's own word of where it ends is written to fit
        ends = f"SELECT link FROM journal WHERE position = {before}"
        cut.append(f"UPDATE head SET position = {before}, link = ({ends})")
    tampered(school, *cut)
    found = proof(school, head)
    assert "PSY733" in codes(found)
    assert not {"PSY734", "PSY735", "PSY736", "PSY737"} & codes(found)
    (named,) = [f for f in found.findings if f.code == "PSY733"]
    assert named.facts["ends"] == before


def test_a_restored_old_backup_is_named(school: InventedSchool, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    school.net.close()
    shutil.copy(school.folder / "psysafe.db", backup)
    school.reopen()
    before = school.net.operator().position()
    work(school, 2)
    head = exported(school)
    school.net.close()
    for extra in school.folder.glob("psysafe.db-*"):
        extra.unlink()
    shutil.copy(backup, school.folder / "psysafe.db")
    school.reopen()
    assert proof(school).ok, "without a head nobody would know"
    found = proof(school, head)
    assert codes(found) == {"PSY735"}
    assert found.findings[0].facts["ends"] == before
    # Used again, it comes to the same place in another way.
    work(school, 3)
    work(school, 4)
    assert school.net.operator().position() > json.loads(head.read_text())["position"]
    assert proof(school).ok
    assert "PSY737" in codes(proof(school, head))


def _content(position: int, of: int) -> str:
    chosen = f"FROM other WHERE position = {of}"
    return (
        f"UPDATE journal SET header = (SELECT header {chosen}), body = (SELECT body {chosen}) "
        f"WHERE position = {position}"
    )


@pytest.mark.parametrize("apart", [1, 2, 4])
@pytest.mark.parametrize("whole", [False, True])
def test_a_swapped_record_is_named_with_both_places(
    school: InventedSchool, apart: int, whole: bool
) -> None:
    head = exported(school)
    last = school.net.operator().position()
    one, other = last - 6, last - 6 + apart
    if whole:  # the rows themselves change places, with the links that they carry
        tampered(
            school,
            f"UPDATE journal SET position = 0 - {one} WHERE position = {one}",
            f"UPDATE journal SET position = {one} WHERE position = {other}",
            f"UPDATE journal SET position = {other} WHERE position = 0 - {one}",
        )
    else:
        tampered(
            school,
            "CREATE TEMP TABLE other AS SELECT * FROM journal",
            _content(one, other),
            _content(other, one),
        )
    found = proof(school, head)
    (named,) = [f for f in found.findings if f.code == "PSY734"]
    assert (named.facts["first"], named.facts["second"]) == (one, other)
    assert "PSY736" not in codes(found)


@pytest.mark.parametrize("field", ["body", "header"])
def test_an_edited_row_is_named_by_its_commit(school: InventedSchool, field: str) -> None:
    head = exported(school)
    last = school.net.operator().position()
    place = last - 4
    text = f"CAST(replace(CAST({field} AS TEXT), '2026', '2025') AS BLOB)"
    tampered(school, f"UPDATE journal SET {field} = {text} WHERE position = {place}")
    found = proof(school, head)
    (named,) = [f for f in found.findings if f.code == "PSY736"]
    first, until = named.facts["first"], named.facts["last"]
    assert isinstance(first, int)
    assert isinstance(until, int)
    assert first <= place <= until
    assert not {"PSY733", "PSY734", "PSY735"} & codes(found)


def _set(field: str, value: bytes, position: int) -> str:
    return f"UPDATE journal SET {field} = x'{value.hex()}' WHERE position = {position}"


def test_the_file_alone_can_be_made_to_fit_and_the_head_still_knows(school: InventedSchool) -> None:
    """Whoever edits a row and computes every link anew is seen by the head alone."""
    head = exported(school)
    parts = school.school
    records = parts.storage.journal(parts.part, 0, 10_000)
    link, pending, statements = FIRST_LINK, list[NewEvent](), list[str]()
    for one in records:
        body = one.body
        if one.position == len(records) - 3:
            body = one.body + b" "
            statements.append(
                f"UPDATE journal SET body = x'{body.hex()}' WHERE position = {one.position}"
            )
        pending.append(NewEvent(one.stream, one.header, body))
        if one.link is not None:
            link, pending = next_link(link, commit_digest(pending)), []
            statements.append(
                f"UPDATE journal SET link = x'{link.hex()}' WHERE position = {one.position}"
            )
    tampered(school, *statements, f"UPDATE head SET link = x'{link.hex()}'")
    assert not {"PSY404", "PSY736"} & codes(proof(school))
    assert "PSY737" in codes(proof(school, head))


def refused(school: InventedSchool, head: Path, key: str | None = None) -> str:
    with pytest.raises(InvalidDataError) as said:
        proof(school, head, key)
    return said.value.findings[0].code


def test_a_head_that_is_not_this_schools_own_proves_nothing(school: InventedSchool) -> None:
    head = exported(school)
    whole = json.loads(head.read_text())
    other = dict(whole, position=whole["position"] - 1)
    head.write_text(json.dumps(other))
    assert refused(school, head) == "PSY732", "altered"
    unsigned = {k: v for k, v in whole.items() if k not in ("key", "signature")}
    head.write_text(json.dumps(unsigned))
    assert refused(school, head) == "PSY732", "not signed"
    for odd in ("", "AAAA", "?", 3, None, "A" * 86 + "=="):
        head.write_text(json.dumps({**whole, "signature": odd}))
        assert refused(school, head) == "PSY732"
        head.write_text(json.dumps({**whole, "key": odd}))
        assert refused(school, head) == "PSY732"


def test_a_head_signed_by_a_key_that_somebody_put_there_is_refused(
    school: InventedSchool,
) -> None:
    public = json.loads(exported(school).read_text())["key"]
    (school.folder / "keys" / "heads.key").unlink()
    mine = school.net.operator().make_head_key()
    forged = exported(school)
    assert refused(school, forged) == "PSY732"
    assert proof(school, forged, mine).ok
    assert refused(school, forged, public) == "PSY732", "the key on paper is asked for"


def test_a_damaged_key_signs_nothing_and_says_so(school: InventedSchool) -> None:
    (school.folder / "keys" / "heads.key").write_text("AAAA\n")
    with pytest.raises(PsysafeError, match="PSY732"):
        exported(school)


def test_a_head_of_the_first_moment_holds_whatever_happens_later(tmp_path: Path) -> None:
    write_school(tmp_path / "empty", name="明德中学", part_name="empty", part_key=b"k" * 32)
    with SafetyNet.open(tmp_path / "empty") as net:
        head = net.operator().export_head()
        assert json.loads(head.read_text())["position"] == 0
        assert net.operator().verify(head).ok


def test_a_school_without_a_key_exports_as_before(tmp_path: Path) -> None:
    with open_school(tmp_path / "school", storage="sqlite") as plain:
        head = plain.net.operator().export_head()
        assert "signature" not in json.loads(head.read_text())
        assert proof(plain, head).ok
