"""The file of a school's own rows: how long a reason may be, and when its days begin and end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from psysafe.errors import InvalidDataError
from psysafe.intake.policy_file import read_policy_file

ZONE = ZoneInfo("Asia/Shanghai")


def written(folder: Path, reason: str) -> Path:
    file = folder / "policy.toml"
    file.write_text(
        'format = 1\n\n[[row]]\nviewer = "police"\nitem = "observation"\nstate = "routine"\n'
        f'effect = "allow"\nreason = "{reason}"\nfrom = 2026-11-02\nuntil = 2026-11-03\n',
        encoding="utf-8",
    )
    return file


def test_a_reason_is_of_five_hundred_letters_at_most(tmp_path: Path) -> None:
    ((line, row),) = read_policy_file(written(tmp_path, "理" * 500), ZONE).rows
    assert (line, row.reason) == (3, "理" * 500)
    with pytest.raises(InvalidDataError) as caught:
        read_policy_file(written(tmp_path, "理" * 501), ZONE)
    (found,) = caught.value.findings
    assert found.code == "PSY021"
    assert "理" not in str(caught.value)


def test_a_row_begins_with_its_first_day_and_ends_behind_its_last(tmp_path: Path) -> None:
    ((_, row),) = read_policy_file(written(tmp_path, " decided "), ZONE).rows
    assert row.reason == "decided"
    assert row.since == datetime(2026, 11, 1, 16, 0, tzinfo=UTC)
    assert row.until == datetime(2026, 11, 3, 16, 0, tzinfo=UTC)
