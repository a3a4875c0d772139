"""Bodies sealed with AES-256-GCM, each under a key that is used once.

A sealed body is: 1 byte format, 8 bytes key id, 1 byte length and text of the item class, 16 bytes
salt, 12 bytes nonce, 4 bytes check sum of all that, then ciphertext and tag.

Nonces: every body has its own key, made by HKDF (RFC 5869, SHA-256) from the subject's data key and
a random salt. A pair of key and nonce comes twice only where 28 random bytes do, so the bound of
SP 800-38D, 8.3 (2^32 calls under one key with random nonces) is met by construction, whatever
number of processes seals without knowing of the others.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from psysafe import StorageError
from psysafe.contracts.extras import SealContext
from psysafe_vault.fresh import some_bytes
from psysafe_vault.sources import Sources
from psysafe_vault.store import Contents, Key, Seen, Store, line
from psysafe_vault.wrapping import KEY_BYTES, about, bound, cipher, pseudonym, unwrap, wrap

_log = logging.getLogger("psysafe.vault")
_log.addHandler(logging.NullHandler())

FORMAT: Final = 1
CARE: Final = "care"
NOTES: Final = "notes"
#: Item classes whose bodies have a key group of their own.
GROUPS: Final[Mapping[str, str]] = {"counseling_notes": NOTES}
_ID: Final = 8
_SALT: Final = 16
_NONCE: Final = 12
_CHECK: Final = 4
_LABEL: Final = b"psysafe vault: body"


@attrs.frozen
class DataKey:
    """A data key in hand."""

    id: bytes
    group: str
    secret: bytes = attrs.field(repr=False)

    def once(self, salt: bytes) -> AESGCM:
        """The cipher of one body."""
        return cipher(self.secret, _LABEL, salt)


@attrs.frozen(kw_only=True)
class Known:
    """What the store said when it was read. Keys that were added since are put to it; with
    anything else that happens there it is made anew, and what it held is let go.
    """

    mark: tuple[int, int, int]
    seen: Seen
    under: str
    names: dict[str, str]
    keys: dict[tuple[str, str], Key]
    erased: Mapping[str, str]
    gone: frozenset[str]
    """the pseudonyms of those erased"""
    ids: set[str]
    opened: dict[str, DataKey]
    """the keys in hand, by their id"""

    @classmethod
    def of(cls, contents: Contents, mark: tuple[int, int, int], before: Known | None) -> Known:
        kept = [key for key in contents.keys.values() if key.about not in contents.erased]
        ids = {key.id for key in kept}
        in_hand = dict(before.opened) if before is not None else {}
        known = cls(
            mark=mark,
            seen=contents.seen,
            under=contents.under,
            names={},
            keys={},
            erased=contents.erased,
            gone=frozenset(contents.erased.values()),
            ids=set(),
            opened={id_: key for id_, key in in_hand.items() if id_ in ids},
        )
        known._put(kept)
        return known

    def _put(self, keys: Iterable[Key]) -> None:
        for key in keys:  # where two processes had made one, the earlier one counts
            self.names.setdefault(key.about, key.name)
            self.keys.setdefault((key.name, key.group), key)
            self.ids.add(key.id)

    def on(self, keys: Sequence[Key], seen: Seen, mark: tuple[int, int, int]) -> Known | None:
        """The same with keys that were added; None where one is of somebody erased."""
        if any(key.about in self.erased for key in keys):
            return None
        self._put(keys)
        return attrs.evolve(self, mark=mark, seen=seen)


class AesVault:
    """The vault of one school. Safe for threads, forks and several processes."""

    def __init__(self, store: Store, sources: Sources) -> None:
        """Raises StorageError PSY714 without the right key, PSY715 without a key store."""
        self._store = store
        self._sources = sources
        self._ring = sources.ring()
        self._known = self._whole(None, store.mark())
        self._key_encryption_key(self._known.under)

    # -- names ------------------------------------------------------------------------------

    def pseudonym(self, subject: str) -> str:
        return self.known(subject) or self._made([about(subject)])[about(subject)]

    def known(self, subject: str) -> str | None:
        tag, known = about(subject), self._fresh()
        if tag in known.erased:
            raise StorageError("PSY713", record=known.erased[tag])
        return known.names.get(tag)

    def make_ready(self, subjects: Sequence[str]) -> None:
        known = self._fresh()
        new = [tag for tag in map(about, subjects) if tag not in known.names]
        if new:
            self._made(new)

    def erase(self, subject: str) -> None:
        tag = about(subject)
        with self._store.locked():
            contents = self._store.read()
            kept = {number: key for number, key in contents.keys.items() if key.about == tag}
            if tag not in contents.erased and kept:
                # First that nobody answers any more, then the keys: killed in between, it is gone
                # for everybody, and the next call or rotation drops what is left.
                name = next(iter(kept.values())).name
                self._store.append([line({"as": "erased", "about": tag, "name": name})])
            self._store.destroy((*kept, *contents.half_gone))
        self._fresh()

    def make_sure(self) -> None:
        self._store.mark()

    # -- bodies -----------------------------------------------------------------------------

    def seal(self, context: SealContext, body: bytes) -> bytes:
        key = self._key_for(context)
        item = context.item.encode("ascii")
        salt, nonce = some_bytes(_SALT), some_bytes(_NONCE)
        front = bytes((FORMAT, *key.id, len(item), *item, *salt, *nonce))
        front += zlib.crc32(front).to_bytes(_CHECK, "big")
        return front + key.once(salt).encrypt(nonce, body, _associated(front, context))

    def open(self, context: SealContext, sealed: bytes) -> bytes:
        changed = StorageError("PSY712", record=context.place)
        parts = _Parts.of(sealed)
        if parts is None:
            raise changed
        key = self._key_of(context, parts)
        if key.group != GROUPS.get(parts.item, CARE):
            raise changed
        try:
            return key.once(parts.salt).decrypt(
                parts.nonce, parts.rest, _associated(parts.front, context)
            )
        except InvalidTag:
            raise changed from None

    # -- keys -------------------------------------------------------------------------------

    def _key_for(self, context: SealContext) -> DataKey:
        """The key under which a new body is sealed; a group's first body makes its key."""
        group = GROUPS.get(context.item, CARE)
        known = self._fresh()
        if (context.subject, group) not in known.keys:
            self._refuse_erased(known, context)
            known = self._with_group(context, group)
        return self._opened(known, known.keys[context.subject, group], context.place)

    def _key_of(self, context: SealContext, parts: _Parts) -> DataKey:
        known = self._fresh()
        self._refuse_erased(known, context)
        for group in (CARE, NOTES):
            kept = known.keys.get((context.subject, group))
            if kept is not None and kept.id == parts.key:
                return self._opened(known, kept, context.place)
        if parts.key in known.ids:
            # Another's body in this place.
            raise StorageError("PSY712", record=context.place)
        raise StorageError("PSY711", record=context.place, problem=f"key {parts.key} is unknown")

    def _refuse_erased(self, known: Known, context: SealContext) -> None:
        if context.subject in known.gone:
            raise StorageError("PSY713", record=context.place)

    def _opened(self, known: Known, kept: Key, place: str) -> DataKey:
        held = known.opened.get(kept.id)
        if held is not None:
            return held
        secret = unwrap(self._key_encryption_key(kept.under), kept)
        if secret is None:
            raise StorageError("PSY711", record=place, problem=f"key {kept.id} is damaged")
        key = DataKey(bytes.fromhex(kept.id), kept.group, secret)
        known.opened[kept.id] = key
        return key

    def _key_encryption_key(self, name: str) -> bytes:
        """The key of that name. One that was rotated since is fetched again."""
        if name not in self._ring:
            self._ring = self._sources.ring()
        try:
            return self._ring[name]
        except KeyError:
            raise StorageError("PSY714", problem=f"key {name} is wanted") from None

    # -- the store --------------------------------------------------------------------------

    def _fresh(self) -> Known:
        """What the store says now: another process may have added to it, rotated or erased.

        Where it cannot be read any more, what it said last: an alarm under way needs no new key,
        and waits for no disk. `keys check` and the next start say that the store is gone.
        """
        try:
            if self._store.mark() != self._known.mark:
                self._known = self._read()
        except StorageError:
            _log.error("the key store cannot be read; the keys in memory are used on")
        return self._known

    def _read(self) -> Known:
        """What was added since is read, and the whole where it was not only added to."""
        # The mark first: what is added in between makes it another, and is read again.
        before, mark = self._known, self._store.mark()
        found = self._store.since(before.seen)
        return (found and before.on(*found, mark)) or self._whole(before, mark)

    def _whole(self, before: Known | None, mark: tuple[int, int, int]) -> Known:
        return Known.of(self._store.read(), mark, before)

    def _made(self, tags: Iterable[str]) -> Mapping[str, str]:
        """The names of subjects, whose keys are made where they have none; durable before that."""
        with self._store.locked():
            known = self._known = self._read()
            new = [tag for tag in dict.fromkeys(tags) if tag not in known.names]
            slots = [self._new_subject(known, tag).slot() for tag in new]
            if slots:
                self._store.append(slots)
                self._known = self._read()
        return self._known.names

    def _new_subject(self, known: Known, tag: str) -> Key:
        if tag in known.erased:
            raise StorageError("PSY713", record=known.erased[tag])
        secret = some_bytes(KEY_BYTES)
        return self._wrapped(known, secret, tag, pseudonym(secret, tag), CARE)

    def _with_group(self, context: SealContext, group: str) -> Known:
        """The store with a key of that group for a subject who has one of another."""
        with self._store.locked():
            known = self._known = self._read()
            if (context.subject, group) in known.keys:
                return known
            other = known.keys.get((context.subject, CARE))
            if other is None:
                raise StorageError("PSY711", record=context.place, problem="no key was ever made")
            secret = some_bytes(KEY_BYTES)
            kept = self._wrapped(known, secret, other.about, other.name, group)
            self._store.append([kept.slot()])
            self._known = known = self._read()
            return known

    def _wrapped(self, known: Known, secret: bytes, tag: str, name: str, group: str) -> Key:
        under = known.under
        return wrap(
            self._key_encryption_key(under),
            secret,
            about=tag,
            name=name,
            group=group,
            id=some_bytes(_ID).hex(),
            under=under,
        )


@attrs.frozen
class _Parts:
    """A sealed body taken apart."""

    front: bytes
    key: str
    item: str
    salt: bytes
    nonce: bytes
    rest: bytes

    @classmethod
    def of(cls, sealed: bytes) -> _Parts | None:
        """None where the front was changed."""
        at = 1 + _ID
        if len(sealed) <= at or sealed[0] != FORMAT:
            return None
        length = sealed[at]
        salt = at + 1 + length
        check = salt + _SALT + _NONCE
        front, rest = sealed[: check + _CHECK], sealed[check + _CHECK :]
        if zlib.crc32(front[:check]).to_bytes(_CHECK, "big") != front[check:]:
            return None
        return cls(
            front,
            front[1:at].hex(),
            front[at + 1 : salt].decode("ascii", "replace"),
            front[salt : salt + _SALT],
            front[salt + _SALT : check],
            rest,
        )


def _associated(front: bytes, context: SealContext) -> bytes:
    """Format, key id and item class stand in the front; beside them school, subject and place."""
    return front + bound(context.part, context.subject, context.place)
