"""Laws of links and codes: only what this school signed is read, and it says nothing of anybody."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from psysafe.engine.links import LinkKeys, code_of, is_code_of, read_link, signed_link
from psysafe.ids import CommandId, NoticeId, Part, make_id

HERE, ELSEWHERE = Part("here"), Part("elsewhere")
KEYS = LinkKeys(((7, b"k" * 32),))
OTHERS = LinkKeys(((7, b"o" * 32),))
RECEIVER = "staff:t-002"
MOMENT = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)

notices = st.integers(0, 10_000).map(
    lambda number: NoticeId(make_id(b"part", CommandId("cmd-000000000000"), "notice", number))
)
moments = st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(notices, moments)
def test_a_link_says_which_notice_and_until_when_and_nothing_else(
    notice: NoticeId, until: datetime
) -> None:
    token = signed_link(KEYS, HERE, notice, until)
    link = read_link(KEYS, HERE, token)
    assert link is not None
    assert (link.notice, link.until) == (notice, until.replace(microsecond=0))
    whole = base64.urlsafe_b64decode(token)
    assert whole[:13] == bytes([7]) + notice.removeprefix("notice-").encode()
    assert len(whole) == 1 + 12 + 5 + 18


@given(notices, st.integers(0, 47), st.integers(1, 63))
def test_a_link_of_which_one_sign_was_changed_is_no_link(
    notice: NoticeId, place: int, by: int
) -> None:
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = signed_link(KEYS, HERE, notice, MOMENT)
    changed = signs[(signs.index(token[place]) + by) % 64]
    assert read_link(KEYS, HERE, token[:place] + changed + token[place + 1 :]) is None


@given(notices)
def test_a_link_of_another_school_or_of_another_key_is_no_link(notice: NoticeId) -> None:
    token = signed_link(KEYS, HERE, notice, MOMENT)
    assert read_link(KEYS, ELSEWHERE, token) is None
    assert read_link(OTHERS, HERE, token) is None
    assert read_link(LinkKeys(()), HERE, token) is None


@given(notices)
def test_a_renewed_key_signs_and_the_one_before_is_believed(notice: NoticeId) -> None:
    renewed = LinkKeys(((8, b"n" * 32), *KEYS.keys))
    before = signed_link(KEYS, HERE, notice, MOMENT)
    after = signed_link(renewed, HERE, notice, MOMENT)
    assert read_link(renewed, HERE, before) == read_link(renewed, HERE, after) is not None
    assert read_link(KEYS, HERE, after) is None
    assert is_code_of(renewed, HERE, notice, RECEIVER, code_of(KEYS, HERE, notice, RECEIVER))


@given(st.text(max_size=60))
@example("\ud800")
@example("A" * 48)
@example("٣" * 48)
def test_no_text_breaks_the_readers(text: str) -> None:
    assert read_link(KEYS, HERE, text) is None
    notice = NoticeId("notice-000000000000")
    assert not is_code_of(KEYS, HERE, notice, RECEIVER, text)


@given(notices, st.sampled_from(["plain", "capitals", "spaces", "wide", "look-alikes"]))
def test_a_code_is_good_however_it_is_typed(notice: NoticeId, how: str) -> None:
    code = code_of(KEYS, HERE, notice, RECEIVER)
    typed = {
        "plain": code,
        "capitals": code.upper(),
        "spaces": f" {code.replace('-', ' ')} ",
        "wide": "".join(chr(ord(sign) + 0xFEE0) for sign in code),
        "look-alikes": code.replace("0", "O").replace("1", "l"),
    }[how]
    assert is_code_of(KEYS, HERE, notice, RECEIVER, typed)


@given(notices, notices)
def test_a_code_is_one_notices_and_one_receivers_and_one_schools(
    one: NoticeId, other: NoticeId
) -> None:
    code = code_of(KEYS, HERE, one, RECEIVER)
    assert is_code_of(KEYS, HERE, other, RECEIVER, code) == (one == other)
    assert not is_code_of(KEYS, HERE, one, "staff:t-003", code)
    assert not is_code_of(KEYS, ELSEWHERE, one, RECEIVER, code)
    assert not is_code_of(OTHERS, HERE, one, RECEIVER, code)


def test_keys_are_in_no_repr() -> None:
    assert "k" * 8 not in repr(KEYS)
