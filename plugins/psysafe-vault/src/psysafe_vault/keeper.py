"""Who keeps the keys: makes them, looks them over, rotates, splits and recovers.

Rotation, step by step, each durable before the next: the next key-encryption key is there; a whole
new store, wrapped under it, lies beside the old one, was read back and compared; it takes the old
one's place in one step; the next key takes the present one's place. Whoever is killed in between
leaves a store that is wholly under the one key or wholly under the other, and both keys.
"""

from __future__ import annotations

from pathlib import Path

from psysafe import Finding, StorageError
from psysafe.contracts.keys import KeyState, Progress, Recovered, Rotation
from psysafe_vault import shares
from psysafe_vault.fresh import some_bytes
from psysafe_vault.sources import Place, Sources
from psysafe_vault.store import Contents, Key, Store, head, line, read_slots
from psysafe_vault.wrapping import KEY_BYTES, short_name, unwrap, wrap


class AesKeeper:
    """Keeps the keys of one school."""

    def __init__(self, store: Store, sources: Sources, folder: Path) -> None:
        self._store = store
        self._sources = sources
        self._folder = folder

    def make(self) -> None:
        if self._store.there():
            raise StorageError("PSY718", problem="there is a key store already")
        with self._store.locked():
            if self._store.there():
                raise StorageError("PSY718", problem="there is a key store already")
            key = self._sources.present()
            if key is None:
                key = some_bytes(KEY_BYTES)
                self._sources.write(self._sources.key, key)
            self._store.take(self._store.prepare([head(short_name(key))]))

    def check(self) -> KeyState:
        contents = self._store.read()
        ring = self._sources.ring()
        kept = {n: k for n, k in contents.keys.items() if k.about not in contents.erased}
        left = [n for n, k in contents.keys.items() if k.about in contents.erased]
        left += contents.half_gone
        return KeyState(
            store=self._shown(self._store.path),
            key=contents.under,
            subjects=len({key.about for key in kept.values()}),
            keys=len(kept),
            erased=len(contents.erased),
            shared=contents.under in contents.shared,
            findings=(
                *self._of_the_key(contents, ring),
                *(_damaged(number) for number in contents.damaged),
                *(
                    _damaged(number)
                    for number, key in kept.items()
                    if key.under in ring and unwrap(ring[key.under], key) is None
                ),
                *(_warning("PSY721", count=len(left)) for _ in left[:1]),
                *self._of_the_shares(contents),
            ),
        )

    def _of_the_key(self, contents: Contents, ring: dict[str, bytes]) -> list[Finding]:
        present = self._sources.present()
        if contents.under not in ring:
            problem = f"key {contents.under} is wanted"
            return [Finding(code="PSY714", facts={"problem": problem})]
        if len(ring) > 1 or present is None or short_name(present) != contents.under:
            return [_warning("PSY720")]
        return []

    def _of_the_shares(self, contents: Contents) -> list[Finding]:
        return [] if contents.under in contents.shared else [_warning("PSY719")]

    def rotate(self, progress: Progress | None = None, *, dry_run: bool = False) -> Rotation:
        with self._store.locked():
            contents = self._store.read()
            before = contents.under
            old = self._sources.ring().get(before)
            if old is None:
                raise StorageError("PSY714", problem=f"key {before} is wanted")
            self._refuse_damage(contents, old)
            planned = self._sources.planned()
            present = self._sources.present()
            finished = planned is not None and short_name(planned) == before
            if dry_run:
                after = short_name(planned) if planned is not None else ""
                return self._rotation(contents, before, after, planned is not None)
            if finished and (present is None or short_name(present) != before):
                # The store is under the next key already: only its place is to be taken.
                by_hand = not self._sources.promote()
                return self._rotation(contents, before, before, True, by_hand=by_hand)
            new = self._sources.next_or_new()
            if short_name(new) == before:
                raise StorageError("PSY718", problem="the next key is the present one")
            self._rewrap(contents, old, new, progress)
            by_hand = not self._sources.promote()
            resumed = planned is not None and self._sources.next_key is None
            return self._rotation(contents, before, short_name(new), resumed, by_hand=by_hand)

    def _rotation(
        self, contents: Contents, before: str, after: str, resumed: bool, *, by_hand: bool = False
    ) -> Rotation:
        return Rotation(
            keys=len(contents.keys), before=before, after=after, resumed=resumed, by_hand=by_hand
        )

    def _refuse_damage(self, contents: Contents, old: bytes) -> None:
        """What cannot be opened cannot be wrapped anew, and its old key must not be dropped."""
        for number in contents.damaged:
            raise StorageError("PSY716", number=number)
        for number, key in contents.keys.items():
            if unwrap(old, key) is None:
                raise StorageError("PSY716", number=number)

    def _rewrap(
        self, contents: Contents, old: bytes, new: bytes, progress: Progress | None
    ) -> None:
        """The whole store under the new key, in the old one's place once it was read back."""
        under, count = short_name(new), len(contents.keys)
        slots = [head(under)]
        for done, key in enumerate(contents.keys.values(), 1):
            if key.about not in contents.erased:
                slots.append(_again(key, old, new, under).slot())
            if progress is not None and (done % 500 == 0 or done == count):
                progress(done, count)
        slots += [
            line({"as": "erased", "about": about, "name": name})
            for about, name in contents.erased.items()
        ]
        aside = self._store.prepare(slots)
        self._compare(contents, read_slots(aside.read_bytes()), old, new)
        self._store.take(aside)

    def _compare(self, before: Contents, after: Contents, old: bytes, new: bytes) -> None:
        """Raises StorageError PSY715 where what is on the disk is not what was to be there."""
        wanted = {
            (k.name, k.group, k.id, unwrap(old, k))
            for k in before.keys.values()
            if k.about not in before.erased
        }
        found = {(k.name, k.group, k.id, unwrap(new, k)) for k in after.keys.values()}
        if found != wanted or after.erased != before.erased or after.damaged:
            raise StorageError("PSY715", problem="what was written cannot be read back")

    def shares(self) -> tuple[str, str]:
        with self._store.locked():
            contents = self._store.read()
            key = self._sources.ring().get(contents.under)
            if key is None:
                raise StorageError("PSY714", problem=f"key {contents.under} is wanted")
            pair = shares.split(key)
            if contents.under not in contents.shared:
                self._store.append([line({"as": "shared", "under": contents.under})])
            return pair

    def recover(self, first: str, second: str, *, dry_run: bool = False) -> Recovered:
        key = shares.joined(first, second)
        name = short_name(key)
        if self._store.there() and name != (wanted := self._store.read().under):
            raise StorageError("PSY717", problem=f"they are of key {name}, and {wanted} is wanted")
        place = self._sources.key
        if place.file is None:
            place = Place(file=self._store.path.with_name("vault.recovered"))
        if place.file is not None and place.file.exists():
            raise StorageError("PSY718", problem=f"a key lies in {self._shown(place.file)}")
        if not dry_run:
            self._sources.write(place, key)
        return Recovered(
            key=name,
            file=self._shown(place.file) if place.file is not None else "",
            by_hand=self._sources.key.file is None,
        )

    def _shown(self, file: Path) -> str:
        return str(file.relative_to(self._folder) if file.is_relative_to(self._folder) else file)


def _again(key: Key, old: bytes, new: bytes, under: str) -> Key:
    secret = unwrap(old, key)
    if secret is None:
        raise StorageError("PSY715", problem="a key cannot be opened any more")
    return wrap(
        new, secret, about=key.about, name=key.name, group=key.group, id=key.id, under=under
    )


def _damaged(number: int) -> Finding:
    return Finding(code="PSY716", facts={"number": number})


def _warning(code: str, **facts: int) -> Finding:
    return Finding(code=code, severity="warning", facts=facts)
