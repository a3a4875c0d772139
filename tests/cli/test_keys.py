"""The keys of a school, as whoever runs the machine keeps them."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_new_school_is_sealed_and_says_what_to_do_next(empty: Any) -> None:
    assert 'use = "aes-gcm"' in (empty.folder / "psysafe.toml").read_text(encoding="utf-8")
    state = empty.type("keys", "check").data
    assert (state["store"], state["shared"], state["erased"]) == ("keys/vault.keys", False, 0)


def test_each_student_has_keys_of_their_own(empty: Any, school: Any) -> None:
    # Two students and the school itself.
    assert school.type("keys", "check").data["subjects"] == 3


def test_who_wants_no_vault_is_told_what_it_costs(tmp_path: Any, empty: Any) -> None:
    empty.at = None
    empty.folder = tmp_path / "open"
    made = empty.done("init", str(empty.folder), "--no-vault", "--part", "open")
    assert made["vault"] == "null"
    (found,) = [f for f in empty.type("check").whole["findings"] if f["code"] == "PSY710"]
    assert found["severity"] == "error"
    assert empty.type("keys", "check").codes == ["PSY718"]


def test_a_rotation_is_shown_first_and_done_on_demand(school: Any) -> None:
    before = school.type("keys", "check").data["key"]
    assert school.done("keys", "rotate")["applied"] is False
    assert school.type("keys", "check").data["key"] == before
    done = school.done("keys", "rotate", "--apply")
    assert done["keys"] == 3
    assert school.type("keys", "check").data["key"] == done["after"] != before
    assert school.done("verify")["replay"] == "equal"


def test_the_drill_a_lost_key_is_put_back_by_two_people(school: Any) -> None:
    first, second = school.done("keys", "shares")["shares"]
    assert school.done("keys", "check")["shared"] is True
    kek = school.folder / "keys" / "vault.kek"
    kek.unlink()
    lost = school.type("cases", by="staff:t-002")
    assert (lost.code != 0, lost.codes) == (True, ["PSY714"])
    assert school.type("tick").codes == ["PSY714"]
    wrong = school.type("keys", "recover", "--first", first, "--second", first, "--apply")
    assert wrong.codes == ["PSY717"]
    shown = school.type("keys", "recover", "--first", first, "--second", second)
    assert shown.code == 0
    assert not kek.exists()
    school.done("keys", "recover", "--first", first, "--second", second, "--apply")
    assert school.done("verify")["replay"] == "equal"


def test_without_a_key_a_tick_calls_the_staff_on_the_emergency_list(school: Any) -> None:
    with (school.folder / "psysafe.toml").open("a", encoding="utf-8") as settings:
        settings.write(
            '[channels.pager]\nuse = "pager"\n[emergency]\nafter = "15 min"\nagain = "2 h"\n'
            'number = "110"\n[emergency.call]\npager = ["duty"]\n'
        )
    school.done("tick")
    keys = school.folder / "keys"
    for gone, code in (("vault.kek", "PSY714"), ("vault.keys", "PSY715"), ("part.key", "PSY019")):
        (keys / gone).rename(school.folder / "away")
        ran = school.type("tick")
        assert (ran.code != 0, ran.codes) == (True, [code, "PSY750"])
        (school.folder / "away").rename(keys / gone)
    assert school.done("tick")
    (school.folder / "psysafe.toml").write_text("no settings")
    assert "PSY750" not in school.type("tick").codes


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_shares_stand_where_people_read_and_nowhere_else(school: Any, lang: str) -> None:
    ran = school.type("keys", "shares", plain=True, lang=lang)
    assert ran.code == 0
    assert ran.err == ""
    assert sum(line.startswith("  ") and "-" in line for line in ran.out.splitlines()) == 2


def test_keys_are_not_made_for_a_school_with_records(school: Any) -> None:
    assert school.type("keys", "init").codes == ["PSY718"]
    school.folder.joinpath("keys", "vault.keys").unlink()
    assert school.type("keys", "init").codes == ["PSY718"]
