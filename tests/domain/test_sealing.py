"""The seam between engine and store: sealed bytes and pseudonyms, whatever the vault does."""

from __future__ import annotations

import hashlib
import hmac
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from psysafe import wire
from psysafe.builtin.null_vault import RECORD, NullVault
from psysafe.contracts.extras import VAULT_CONTRACT, SealContext, Vault
from psysafe.domain.files import StudentFile
from psysafe.engine.cards import CaseCard
from psysafe.errors import PlanError, PluginError, StorageError
from psysafe.ids import CommandId
from psysafe.sealing import Sealer, event_place

STUDENT, NOTE = "s-0123456789ab", "张三睡不着".encode()


class MarkingVault:
    """A vault for tests: a keyed mark over the context stands before the body. No secrecy."""

    def pseudonym(self, subject: str) -> str:
        return hashlib.sha256(subject.encode()).hexdigest()[:16]

    def known(self, subject: str) -> str:
        return self.pseudonym(subject)

    def mark(self, context: SealContext, body: bytes) -> bytes:
        bound = "\0".join((context.part, context.subject, context.place)).encode()
        return hmac.digest(b"key", bound + b"\0" + body, "sha256")

    def seal(self, context: SealContext, body: bytes) -> bytes:
        return self.mark(context, body) + body[::-1]

    def open(self, context: SealContext, sealed: bytes) -> bytes:
        body = sealed[32:][::-1]
        if not hmac.compare_digest(self.mark(context, body), sealed[:32]):
            raise StorageError("PSY403", record=context.place, problem="seal")
        return body


@pytest.mark.parametrize("vault", [NullVault(), MarkingVault()])
def test_a_sealed_body_opens_again_by_subject_and_by_pseudonym(vault: Vault) -> None:
    sealer = Sealer(vault)
    sealed = sealer.seal("no3", STUDENT, "file/x", NOTE)
    assert sealer.open("no3", STUDENT, "file/x", sealed) == NOTE
    assert sealer.open_stored("no3", sealer.pseudonym(STUDENT), "file/x", sealed) == NOTE


@pytest.mark.parametrize(
    ("part", "subject", "place"),
    [("no4", STUDENT, "file/x"), ("no3", "s-0123456789ac", "file/x"), ("no3", STUDENT, "file/y")],
)
def test_a_sealed_body_opens_as_nothing_else(part: str, subject: str, place: str) -> None:
    sealer = Sealer(MarkingVault())
    sealed = sealer.seal("no3", STUDENT, "file/x", NOTE)
    with pytest.raises(StorageError) as caught:
        sealer.open(part, subject, place, sealed)
    assert caught.value.code == "PSY403"


def test_the_vault_is_told_the_pseudonym_and_never_the_id() -> None:
    asked: list[SealContext] = []

    class Listening(MarkingVault):
        def seal(self, context: SealContext, body: bytes) -> bytes:
            asked.append(context)
            return super().seal(context, body)

    sealer = Sealer(Listening())
    sealer.seal("no3", STUDENT, "file/x", NOTE)
    assert [context.subject for context in asked] == [sealer.pseudonym(STUDENT)]
    assert STUDENT not in repr(asked)


def test_who_only_reads_makes_no_key() -> None:
    class Strict(MarkingVault):
        def known(self, subject: str) -> str | None:  # type: ignore[override]
            return None

    sealer = Sealer(Strict())
    with pytest.raises(StorageError) as caught:
        sealer.open("no3", STUDENT, "file/x", NOTE)
    assert caught.value.code == "PSY711"


def test_the_vault_is_told_the_most_private_thing_in_a_body() -> None:
    asked: list[str] = []

    class Listening(MarkingVault):
        def seal(self, context: SealContext, body: bytes) -> bytes:
            asked.append(context.item)
            return body

    Sealer(Listening()).seal("no3", STUDENT, "file/x", NOTE, wire.item_of(StudentFile))
    assert asked == ["counseling_notes"]
    assert wire.item_of(CaseCard) == "allegation"


def test_an_event_is_bound_to_its_command_and_its_number() -> None:
    assert event_place(CommandId("cmd-0123456789ab"), 3) == "cmd-0123456789ab/3"


class FailingVault:
    """Tells the body in its exception, as a careless plugin may."""

    def pseudonym(self, subject: str) -> str:
        raise KeyError(subject)

    def known(self, subject: str) -> str | None:
        raise KeyError(subject)

    def seal(self, context: SealContext, body: bytes) -> bytes:
        raise ValueError(body.decode())

    def open(self, context: SealContext, sealed: bytes) -> bytes:
        raise ValueError(sealed.decode())


class FailsLate(FailingVault):
    def pseudonym(self, subject: str) -> str:
        return "p"

    def known(self, subject: str) -> str | None:
        return "p"


class FailsToLook(NullVault):
    """A vault that cannot even say whether its keys are there."""

    def make_sure(self) -> None:
        raise RuntimeError(NOTE)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Sealer(FailingVault(), "broken").pseudonym(STUDENT),
        lambda: Sealer(FailsLate(), "broken").seal("no3", STUDENT, "file/x", NOTE),
        lambda: Sealer(FailsLate(), "broken").open("no3", STUDENT, "file/x", NOTE),
        lambda: Sealer(FailsLate(), "broken").open_stored("no3", "p", "file/x", NOTE),
        lambda: Sealer(FailsToLook(), "broken").make_sure(),
    ],
)
def test_a_vault_that_fails_stops_the_command_and_tells_nothing_of_the_body(
    ask: Callable[[], object],
) -> None:
    with pytest.raises(StorageError) as caught:
        ask()
    assert caught.value.code == "PSY406"
    assert "vault broken" in str(caught.value)
    assert caught.value.__context__ is None
    assert NOTE.decode() not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("wrong", ["", "a b", "a/b", "张三", None, b"p", "p" * 129])
def test_a_pseudonym_must_be_fit_for_a_key(wrong: object) -> None:
    class Odd(NullVault):
        def pseudonym(self, subject: str) -> str:
            return wrong  # type: ignore[return-value]

    with pytest.raises(PluginError) as caught:
        Sealer(Odd(), "odd").pseudonym(STUDENT)
    assert caught.value.code == "PSY505"


def test_a_vault_must_give_bytes() -> None:
    class Texty(NullVault):
        def seal(self, context: SealContext, body: bytes) -> bytes:
            return "text"  # type: ignore[return-value]

    with pytest.raises(PluginError) as caught:
        Sealer(Texty(), "texty").seal("no3", STUDENT, "file/x", NOTE)
    assert caught.value.code == "PSY505"


def test_the_null_vault_leaves_bodies_as_they_are_and_says_so_by_its_name() -> None:
    assert (RECORD.name, RECORD.contract) == ("null", VAULT_CONTRACT)
    sealer = Sealer(RECORD.open({"use": "null"}, Path()), RECORD.name)
    assert sealer.pseudonym(STUDENT) == STUDENT
    assert sealer.seal("no3", STUDENT, "file/x", NOTE) == NOTE


def test_the_null_vault_refuses_a_setting_that_would_promise_a_seal() -> None:
    with pytest.raises(PlanError) as caught:
        RECORD.open({"use": "null", "keys": "keys/vault"}, Path())
    assert caught.value.code == "PSY102"
    assert caught.value.finding.facts == {"path": "vault.keys"}
