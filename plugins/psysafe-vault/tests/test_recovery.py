"""The drill: the key is lost, and two people put it back."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sealed_folder import NOTE, RECORD, code_of, keeper, kek_of, made, place

from psysafe_vault import shares


def test_two_people_put_the_lost_key_back(tmp_path: Path) -> None:
    vault = made(tmp_path)
    context = place(vault)
    sealed = vault.seal(context, NOTE)
    first, second = keeper(tmp_path).shares()
    assert not keeper(tmp_path).check().findings
    kek_of(tmp_path).unlink()
    assert code_of(lambda: RECORD.open({}, tmp_path)) == "PSY714"
    assert [f.code for f in keeper(tmp_path).check().findings] == ["PSY714"]
    keeper(tmp_path).recover(second, first.upper().replace("-", " "), dry_run=True)
    assert not kek_of(tmp_path).exists()
    keeper(tmp_path).recover(second, first.upper().replace("-", " "))
    assert RECORD.open({}, tmp_path).open(context, sealed) == NOTE
    assert code_of(lambda: keeper(tmp_path).recover(first, second)) == "PSY718", (
        "never written over"
    )


def test_shares_of_before_a_rotation_are_refused(tmp_path: Path) -> None:
    made(tmp_path)
    pair = keeper(tmp_path).shares()
    keeper(tmp_path).rotate()
    kek_of(tmp_path).unlink()
    assert code_of(lambda: keeper(tmp_path).recover(*pair)) == "PSY717"


@given(key=st.binary(min_size=32, max_size=32), data=st.data())
def test_shares_come_together_to_the_key_and_a_slip_of_the_pen_is_seen(
    key: bytes, data: st.DataObject
) -> None:
    first, second = shares.split(key)
    assert shares.joined(first, second) == key
    at = data.draw(st.sampled_from([i for i, letter in enumerate(first) if letter != "-"]))
    others = "".join(set("0123456789abcdefghjkmnpqrstvwxyz") - {first[at]})
    slip = first[:at] + data.draw(st.sampled_from(others)) + first[at + 1 :]
    assert code_of(lambda: shares.joined(slip, second)) == "PSY717"
    assert code_of(lambda: shares.joined(first, first)) == "PSY717"
    assert code_of(lambda: shares.joined(first, shares.split(key)[1])) == "PSY717"
