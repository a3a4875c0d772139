"""How much of the key store is read, counted, while several processes add, erase and rotate."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sealed_folder import HUA, MING, NOTE, code_of, keeper, made, place, store_of

from psysafe_vault.sources import read_places
from psysafe_vault.store import SLOT, Contents, Key, Seen, Store
from psysafe_vault.vault import AesVault

MANY = [f"s-{number:012d}" for number in range(10, 60)]
WORKER = """
import sys
from pathlib import Path
import psysafe_vault
(record,) = psysafe_vault.psysafe_vaults()
folder = Path(sys.argv[1])
vault = record.open({}, folder)
for line in sys.stdin:
    what, *subjects = line.split()
    if what == "rotate":
        record.keys({}, folder).rotate()
    else:
        for subject in subjects:
            getattr(vault, what)(subject)
    print("done", flush=True)
"""


class Counting(Store):
    """A store that counts the slots that are read of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.wholes = 0
        self.added = 0

    def read(self) -> Contents:
        self.wholes += 1
        return super().read()

    def since(self, seen: Seen) -> tuple[list[Key], Seen] | None:
        found = super().since(seen)
        self.added += len(found[0]) if found is not None else 0
        return found

    def counted(self) -> tuple[int, int]:
        """How often the whole was read since the last time, and how many slots beside it."""
        found = self.wholes, self.added
        self.wholes = self.added = 0
        return found


class Other:
    """Another process with the same vault."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def does(self, what: str, *subjects: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join((what, *subjects)) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def another(folder: Path) -> Iterator[Other]:
    command = [sys.executable, "-c", WORKER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Other(process)


def opened(folder: Path) -> tuple[AesVault, Counting]:
    path, sources = read_places({}, folder)
    store = Counting(path)
    vault = AesVault(store, sources)
    assert store.counted() == (1, 0)
    return vault, store


def in_hand(vault: AesVault) -> set[str]:
    """The ids of the keys that lie open in memory."""
    return set(vault._known.opened)


def test_a_new_student_costs_the_slot_that_is_added(tmp_path: Path) -> None:
    made(tmp_path).make_ready(MANY)  # type: ignore[attr-defined]
    vault, store = opened(tmp_path)
    for subject in (MING, HUA):
        vault.pseudonym(subject)
        assert store.counted() == (0, 1)
    vault.seal(place(vault, item="counseling_notes"), NOTE)
    assert store.counted() == (0, 1), "a group's first key"
    vault.seal(place(vault), NOTE)
    assert store.counted() == (0, 0)


def test_what_another_process_adds_is_read_alone(tmp_path: Path) -> None:
    made(tmp_path).make_ready(MANY)  # type: ignore[attr-defined]
    vault, store = opened(tmp_path)
    with another(tmp_path) as other:
        other.does("pseudonym", MING, HUA)
        assert vault.known(MING)
        assert vault.known(HUA)
        assert store.counted() == (0, 2)
        assert vault.known(MING)
        assert store.counted() == (0, 0), "and only once"


@pytest.mark.parametrize("added", [(), (HUA,)], ids=["erased last", "keys added after it"])
def test_an_erasure_elsewhere_is_seen_before_the_next_use(
    tmp_path: Path, added: tuple[str, ...]
) -> None:
    made(tmp_path).make_ready([MING, *MANY])  # type: ignore[attr-defined]
    vault, store = opened(tmp_path)
    context, beside = place(vault), place(vault, MANY[0])
    sealed, hers = vault.seal(context, NOTE), vault.seal(beside, NOTE)
    held = in_hand(vault)
    store.counted()
    with another(tmp_path) as other:
        other.does("erase", MING)
        other.does("pseudonym", *added)
        assert code_of(lambda: vault.open(context, sealed)) == "PSY713"
    assert store.counted() == (1, 0), "something else than keys was added: the whole is read"
    assert len(held) == 2
    assert len(in_hand(vault)) == 1, "and the erased key is let go"
    assert vault.open(beside, hers) == NOTE
    assert store.counted() == (0, 0)


def test_a_key_that_an_earlier_use_still_opens_does_not_stay_after_the_erasure(
    tmp_path: Path,
) -> None:
    vault = made(tmp_path)
    context = place(vault)
    assert isinstance(vault, AesVault)
    earlier = vault._known  # another thread has looked, and opens the key in a moment
    with another(tmp_path) as other:
        other.does("erase", MING)
    assert code_of(lambda: vault.seal(context, NOTE)) == "PSY713"
    vault._opened(earlier, earlier.keys[context.subject, "care"], context.place)
    assert not in_hand(vault)


def test_a_rotation_elsewhere_is_read_once_and_keys_are_added_under_the_new_key(
    tmp_path: Path,
) -> None:
    made(tmp_path).make_ready(MANY)  # type: ignore[attr-defined]
    vault, store = opened(tmp_path)
    context = place(vault, MANY[0])
    sealed = vault.seal(context, NOTE)
    with another(tmp_path) as other:
        other.does("rotate")
        assert vault.open(context, sealed) == NOTE
        assert store.counted() == (1, 0)
    vault.pseudonym(MING)
    assert store.counted() == (0, 1)
    assert [f.code for f in keeper(tmp_path).check().findings] == ["PSY719"]


def test_a_backup_that_is_put_back_and_has_grown_again_is_read_whole(tmp_path: Path) -> None:
    """The same file, longer than it was: only its slots tell that it is another."""
    made(tmp_path).make_ready(MANY)  # type: ignore[attr-defined]
    backup = store_of(tmp_path).read_bytes()
    vault, store = opened(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    store.counted()
    store_of(tmp_path).write_bytes(backup)
    with another(tmp_path) as other:
        other.does("pseudonym", HUA, "s-000000000003")
    assert code_of(lambda: vault.open(context, sealed)) == "PSY711"
    assert store.counted() == (1, 0)
    assert vault.known(HUA)


def test_an_erasure_that_a_backup_took_back_does_not_hide_in_it(tmp_path: Path) -> None:
    """On both branches the last slot says that the same student is erased."""
    made(tmp_path).make_ready([MING])  # type: ignore[attr-defined]
    backup = store_of(tmp_path).read_bytes()
    vault, store = opened(tmp_path)
    context = place(vault, HUA)
    sealed = vault.seal(context, NOTE)
    vault.erase(MING)
    assert vault.open(context, sealed) == NOTE
    store.counted()
    store_of(tmp_path).write_bytes(backup)
    with another(tmp_path) as other:
        other.does("pseudonym", "s-000000000003")
        other.does("erase", MING)
        other.does("pseudonym", "s-000000000004")
    assert code_of(lambda: vault.open(context, sealed)) == "PSY711"
    assert store.counted() == (1, 0)


def test_a_torn_end_is_read_when_it_is_whole(tmp_path: Path) -> None:
    made(tmp_path).make_ready(MANY)  # type: ignore[attr-defined]
    vault, store = opened(tmp_path)
    with store_of(tmp_path).open("ab") as stream:
        stream.write(b'{"about":"' + b"0" * SLOT)
    assert vault.known(MING) is None
    assert store.counted() == (1, 0), "a slot that nobody can read"
    with another(tmp_path) as other:
        other.does("pseudonym", MING)
        assert vault.known(MING)
    assert store.counted() == (0, 1)


def test_every_slot_that_is_read_alone_says_what_the_whole_store_says(tmp_path: Path) -> None:
    vault: Any = made(tmp_path)
    others = [opened(tmp_path)[0] for _ in range(2)]
    for number, subject in enumerate(MANY[:20]):
        each: Any = (vault, *others)[number % 3]
        each.pseudonym(subject)
        if number % 5 == 4:
            others[0].erase(MANY[number - 3])
        if number % 7 == 6:
            keeper(tmp_path).rotate()
    for each in (vault, *others):
        each.known(MING)
        whole = opened(tmp_path)[0]._known
        assert (each._known.names, each._known.keys) == (whole.names, whole.keys)
        assert (each._known.ids, each._known.gone) == (whole.ids, whole.gone)
