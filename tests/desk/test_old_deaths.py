"""A death that an earlier psysafe entered: what stood open then is remembered from the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from psysafe import wire
from psysafe.builtin.memory import MemoryStorage
from psysafe.contracts.storage import (
    Changes,
    Committed,
    Conflict,
    Duplicate,
    Page,
    Put,
    Query,
    Settlement,
    Storage,
    commit_digest,
)
from psysafe.contracts.storage_abilities import Keeping
from psysafe.domain import events as e
from psysafe.domain.files import StudentFile
from psysafe.engine import bringing_up
from psysafe.engine.cards import file_document
from psysafe.engine.committing import Receipt, seal_document, seal_events
from psysafe.engine.gather import gather
from psysafe.engine.rebuilding import rebuild
from psysafe.engine.verify import verify
from psysafe.errors import ConflictError, StorageError
from psysafe.ids import Actor, Part
from psysafe.net import SafetyNet
from psysafe.sensitivity import changed
from psysafe.testing.interrupting import InterruptedStorage
from psysafe.testing.schools import MONDAY, InventedSchool, open_school, student_id

CHILD = student_id(1)
FILE = f"file/{CHILD}"
MARK = "channel/~folded/1"
OLD = Path(__file__).parents[1] / "golden" / "wire" / "format-1" / "documents" / "student_file.json"


def file_of(school: InventedSchool) -> StudentFile:
    return gather(school.school, CHILD).world.file


def a_death(school: InventedSchool) -> set[str]:
    """A death entered while a case is open; what was owed before it."""
    school.desk("homeroom-1").signals.report(
        school.number(1), "one_to_one", {"self_harm": "severe"}, place="home"
    )
    case = school.desk("counselor-a").cases.about(school.number(1))
    case.acknowledge()
    case.open()
    owed = {duty.kind for duty in file_of(school).duties}
    assert owed
    school.desk("head").cases.bereavement(school.number(1))
    return owed


def as_before(school: InventedSchool) -> None:
    """Put the file as a version wrote it that did not remember what a death had stopped."""
    store, part = school.school.storage, school.school.part
    gathered = gather(school.school, CHILD)
    world = gathered.world
    assert world.file.death is not None
    stored = file_document(changed(world.file, death=None), world.standing)
    command = school.ids.command()
    event = e.DocumentRebuilt(record=FILE, by=Actor("operator:it"), at=school.clock.now())
    new = seal_events(
        school.school, "audit/rebuild", "school", [event], event.by, school.clock.now(), command
    )
    digest = commit_digest(new)
    changes = Changes(
        actor=event.by,
        command=command,
        content=hashlib.sha256(digest).digest(),
        expect={},
        events=new,
        digest=digest,
        receipt=wire.encode_document(Receipt(command=command)),
        put=(seal_document(school.school, stored),),
    )
    assert isinstance(store.commit(part, changes), Committed)
    assert isinstance(store, Keeping)
    assert store.keep(part, (), {}, (MARK,))
    school.school.decoded.clear()
    found = verify(school.school)
    assert [(f.code, f.facts["record"]) for f in found.findings] == [("PSY405", FILE)]


def alive(school: InventedSchool) -> None:
    school.desk("affairs").cases.alive(school.number(1), "I have just spoken with her")


def findings(school: InventedSchool) -> list[str]:
    return [f.code for f in school.net.operator().check()]


def test_a_file_of_the_first_format_remembers_no_death() -> None:
    """What makes an old file known: no version since leaves it out."""
    file = wire.decode_document(OLD.read_bytes().removesuffix(b"\n"), StudentFile)
    assert file.death is None


def test_opening_brings_it_up_to_date_and_taking_it_back_owes_everything_again(
    tmp_path: Path,
) -> None:
    with open_school(tmp_path / "school", storage="sqlite") as school:
        owed = a_death(school)
        as_before(school)
    with open_school(tmp_path / "school", storage="sqlite") as school:
        found = verify(school.school)
        assert found.ok, found.findings
        assert "PSY094" not in findings(school)
        alive(school)
        assert {duty.kind for duty in file_of(school).duties} >= owed
        assert verify(school.school).ok


def test_without_it_nothing_would_be_owed_again(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        owed = a_death(school)
        as_before(school)
        alive(school)
        assert not owed & {duty.kind for duty in file_of(school).duties}


def test_the_journal_says_that_it_was_done_and_by_whom(tmp_path: Path) -> None:
    with open_school(tmp_path / "school") as school:
        a_death(school)
        as_before(school)
        assert bringing_up.bring_up(school.school, school.clock.now()) == 1
        assert bringing_up.bring_up(school.school, school.clock.now()) == 0
        records = school.school.storage.journal(school.school.part, 0, 10_000)
        last = records[-1]
        assert last.stream == "audit/rebuild"
        assert last.actor == "system:tick"
        assert verify(school.school).ok


class Watched(InterruptedStorage):
    """A store that says which kinds of documents were walked, and may refuse to be written."""

    def __init__(self, behind: Storage) -> None:
        super().__init__(behind)
        self.walked: list[str] = []
        self.refuses = False
        self.meanwhile: list[object] = []

    def query(self, part: Part, query: Query) -> Page:
        self.walked += [prefix[0] for prefix in query.prefixes]
        return super().query(part, query)

    def commit(
        self, part: Part, changes: Changes, settle: Sequence[Settlement] = ()
    ) -> Committed | Conflict | Duplicate:
        if self.refuses:
            raise StorageError("PSY406", problem="refused")
        return super().commit(part, changes, settle)

    def keep(
        self, part: Part, put: Sequence[Put], expect: Mapping[str, int], delete: Sequence[str] = ()
    ) -> bool:
        if self.refuses:
            raise StorageError("PSY406", problem="refused")
        return super().keep(part, put, expect, delete)


def test_an_opening_walks_the_files_once_in_a_stores_life(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    with open_school(folder) as school:
        store = Watched(school.school.storage)
        a_death(school)
        as_before(school)
        for walked in (True, False, False):
            store.walked.clear()
            SafetyNet.open(folder, clock=school.clock, storage=store, plugins=school.school.plugins)
            assert ("file" in store.walked) is walked
        assert verify(school.school).ok


def test_a_new_school_has_nothing_to_be_brought_up(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    with open_school(folder) as school:
        assert not bringing_up.behind(school.school)
        store = Watched(MemoryStorage())
        SafetyNet.open(folder, clock=school.clock, storage=store, plugins=school.school.plugins)
        store.walked.clear()
        SafetyNet.open(folder, clock=school.clock, storage=store, plugins=school.school.plugins)
        assert "file" not in store.walked


def test_where_it_cannot_be_done_the_school_opens_and_check_says_so_until_it_is(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "school"
    with open_school(folder) as school:
        store = Watched(school.school.storage)
        a_death(school)
        as_before(school)
        store.refuses = True
        net = SafetyNet.open(
            folder, clock=school.clock, storage=store, plugins=school.school.plugins
        )
        told = [f for f in net.operator().check() if f.code == "PSY094"]
        assert [(f.severity, dict(f.facts)) for f in told] == [("error", {})]
        assert CHILD not in str(told)
        store.refuses = False
        net.operator().audit()
        assert "PSY094" not in [f.code for f in net.operator().check()]
        assert verify(net._school).ok


class Forgetful:
    """A store without the ability to keep what no journal makes."""

    def __init__(self, behind: Storage) -> None:
        self._behind = behind

    def __getattr__(self, name: str) -> object:
        if name in ("keep", "_behind"):
            raise AttributeError(name)
        return getattr(self._behind, name)


def test_a_store_that_keeps_no_mark_is_brought_up_by_the_daily_look(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    with open_school(folder) as school:
        a_death(school)
        as_before(school)
        behind = Forgetful(school.school.storage)
        assert not isinstance(behind, Keeping)
        net = SafetyNet.open(
            folder,
            clock=school.clock,
            storage=behind,  # type: ignore[arg-type]
            plugins=school.school.plugins,
        )
        assert "PSY094" in [f.code for f in net.operator().check()]
        net.operator().audit()
        assert "PSY094" not in [f.code for f in net.operator().check()]
        assert verify(net._school).ok


def test_an_old_backup_is_brought_up_before_it_takes_its_place(tmp_path: Path) -> None:
    folder, backup = tmp_path / "school", tmp_path / "old.db"
    with open_school(folder, storage="sqlite") as school:
        a_death(school)
        as_before(school)
        copying = school.school.storage
        copying.copy_to(backup)  # type: ignore[attr-defined]
        plugins = school.school.plugins
        clock = school.clock
    SafetyNet.restore(folder, backup, over=True, clock=clock, plugins=plugins)
    with open_school(folder, storage="sqlite", now=MONDAY) as school:
        assert verify(school.school).ok
        assert file_of(school).death is not None


class Meanwhile(InterruptedStorage):
    """A store in which something happens between the reading of a journal and that of versions."""

    def __init__(self, behind: Storage) -> None:
        super().__init__(behind)
        self.act: object = None

    def read(self, part: Part, keys: Sequence[str]) -> object:  # type: ignore[override]
        if callable(self.act) and len(keys) > 1:
            act, self.act = self.act, None
            act()
        return super().read(part, keys)


def test_what_comes_in_while_a_file_is_folded_again_is_not_lost(tmp_path: Path) -> None:
    fronts: list[Meanwhile] = []

    def wrap(store: Storage) -> Storage:
        fronts.append(Meanwhile(store))
        return fronts[-1]

    with open_school(tmp_path / "school", wrap=wrap) as school:
        school.desk("homeroom-1").signals.report(school.number(1), "peer", {"fear": "some"})
        teller = school.desk("homeroom-1").signals
        fronts[-1].act = lambda: teller.report(school.number(1), "peer", {"insomnia": "marked"})
        with pytest.raises(ConflictError):
            rebuild(school.school, FILE, Actor("operator:it"), school.clock.now())
        assert fronts[-1].act is None
        assert len(file_of(school).signals) == 2
        found = verify(school.school)
        assert found.ok, found.findings
