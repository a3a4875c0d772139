"""A new school: settings, plan, calendar, an empty staff list, keys; never over an old one.

What is written here is the first thing that a school reads of psysafe, so every file says what
it is for.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from psysafe.builtin.plans import shipped_plans
from psysafe.contracts.extras import VaultRecord
from psysafe.errors import Finding, InvalidDataError, PlanError
from psysafe.ids import part
from psysafe.intake.settings import LANGUAGES, SETTINGS_FILE, zone_named

PLAN_FILE: Final = "plan.toml"
CALENDAR_FILE: Final = "calendar.toml"
STAFF_FILE: Final = "staff.csv"
PART_KEY: Final = Path("keys") / "part.key"
#: What `init` writes or leaves to others to write; where one of them is, there is a school.
SCHOOL_FILES: Final = (
    SETTINGS_FILE,
    PLAN_FILE,
    CALENDAR_FILE,
    STAFF_FILE,
    "psysafe.db",
    "keys",
    "out",
    "heads",
)
#: Folders and who may enter: keys and exports are the machine owner's only.
_FOLDERS: Final = (("keys", 0o700), ("out", 0o700), ("heads", 0o750))
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

_SETTINGS: Final = """\
# What this school has set. No secret stands here: write {{ env = "NAME" }} or {{ file = "/path" }}.
format = 1

[school]
part = {part}
name = {name}
zone = {zone}  # the school's own, never the machine's
languages = [{languages}]  # the first is used where nobody chose
{rehearsal}
[storage]
use = "sqlite"
path = "psysafe.db"              # relative to this file

{vault}[plan]
file = "plan.toml"
calendar = "calendar.toml"

[retention]                      # how long things are kept: the school decides
student_file = "end of schooling + 3 years"
notes = "24 months"              # notes that nobody could link to a student; they go by themselves

[channels.inbox]
use = "inbox"

[plugins]
disabled = []

[grants]                         # who sees by their role, and by whose name
{grants}

# Where this school shows less or more than the shipped table of who sees what, it says so in
# policy.toml, beside this file: psysafe policy check, sign and adopt. Who signs that more is
# shown, with their public key:
# [policy.signers]
# "staff:t-001" = "..."
"""
_SIGNED: Final = """\
source = "signed"                # nobody sees by such a role before somebody has signed for it
# signer = "staff:t-001"         # the responsible person: psysafe grants begin"""
_DIRECTORY: Final = """\
source = "directory"             # the staff file is signed for outside psysafe; or "signed\""""
_REHEARSAL: Final = "rehearsal = true  # an invented school: commands may set the time\n"

_VAULT: Final = """\
[vault]                          # what lies in the database is sealed; the keys lie in keys/
use = {vault}

"""

_PLAN: Final = """\
# The school's plan: what differs from the shipped plan {plan}, and nothing else.
# Whoever changes a figure says why, in origin. An example:
#
# [deadlines.acknowledge.imminent]
# within = "8 min"
# fallback = "next_step"
# origin = {{ kind = "site", ref = "leading group, 2026-08-20" }}
format = 1
extends = "{plan}"
"""

# The days off and the make-up days of the notice, weekends inside a holiday included. Compared
# day by day with what the `holidays` library (0.108) lists for China, 2026.
_CALENDAR: Final = """\
# School days: Monday to Friday without `holidays`, and with `makeup`. A year that is not listed
# has no data: its weekdays are counted as school days, and `psysafe check` says so.
# Add the school's own terms, so that vacations are no school days:
#   terms = [{ from = 2026-03-02, to = 2026-07-10 }, { from = 2026-09-01, to = 2027-01-22 }]
format = 1

[year.2026]
source = "State Council notice of 2025-11 on the public holidays of 2026"
holidays = [
    2026-01-01, 2026-01-02, 2026-01-03,
    2026-02-15, 2026-02-16, 2026-02-17, 2026-02-18, 2026-02-19, 2026-02-20, 2026-02-21,
    2026-02-22, 2026-02-23,
    2026-04-04, 2026-04-05, 2026-04-06,
    2026-05-01, 2026-05-02, 2026-05-03, 2026-05-04, 2026-05-05,
    2026-06-19, 2026-06-20, 2026-06-21,
    2026-09-25, 2026-09-26, 2026-09-27,
    2026-10-01, 2026-10-02, 2026-10-03, 2026-10-04, 2026-10-05, 2026-10-06, 2026-10-07,
]
makeup = [2026-01-04, 2026-02-14, 2026-02-28, 2026-05-09, 2026-09-20, 2026-10-10]
"""

# With a byte order mark, so that a spreadsheet program shows the headings right.
_STAFF: Final = "\ufeffstaff_id,姓名,角色,范围,邮箱,手机,起,止\n"


def write_school(
    folder: Path,
    *,
    plan: str = "three-tier",
    part_name: str = "school",
    name: str = "学校",
    zone: str = "Asia/Shanghai",
    languages: Iterable[str] = LANGUAGES,
    rehearsal: bool = False,
    part_key: bytes | None = None,
    vault: VaultRecord | None = None,
    signed: bool = False,
) -> tuple[Path, ...]:
    """Make a school's folder and answer the files in it, psysafe.toml last.

    `plan` is a shipped plan's name, or name@version; without a version the newest. `part_key` is
    32 bytes, fresh and random where none is given; `vault` seals what will be written, and its keys
    are made here; `signed`: roles that see are signed for here, and the
    staff file alone shows nobody anything. Raises, before anything is written, PlanError PSY018
    where the folder holds a school's file and PSY109 where no such plan is shipped, and
    InvalidDataError PSY103 where part, name, zone or languages cannot be used.
    """
    chosen = pinned(plan, shipped_plans())
    settings = _settings(
        part_name, name, zone, tuple(languages), rehearsal=rehearsal, vault=vault, signed=signed
    )
    _refuse_a_school(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for inside, mode in _FOLDERS:
        (folder / inside).mkdir(mode=mode)
    key = secrets.token_bytes(32) if part_key is None else part_key
    texts = {
        PLAN_FILE: _PLAN.format(plan=chosen),
        CALENDAR_FILE: _CALENDAR,
        STAFF_FILE: _STAFF,
        # Last: a folder is a school once this file is there.
        SETTINGS_FILE: settings,
    }
    written = [_write(folder / PART_KEY, key)]
    if vault is not None and vault.keys is not None:
        vault.keys({}, folder).make()
    written += [_write(folder / file, text.encode()) for file, text in texts.items()]
    return tuple(written)


def pinned(plan: str, shipped: Mapping[str, Mapping[str, object]]) -> str:
    """The shipped plan of that name as `name@version`, the newest where no version is given.

    Raises PlanError PSY109 where there is none.
    """
    if plan in shipped:
        return plan
    versions = [int(v) for n, _, v in (key.partition("@") for key in shipped) if n == plan]
    if not versions:
        known = ", ".join(sorted(shipped))
        raise PlanError("PSY109", where={"path": "plan"}, value=repr(plan[:60]), known=known)
    return f"{plan}@{max(versions)}"


def _refuse_a_school(folder: Path) -> None:
    for file in SCHOOL_FILES:
        if (folder / file).exists() or (folder / file).is_symlink():
            raise PlanError("PSY018", where={"path": str(folder)}, file=file)


def _settings(
    part_name: str,
    name: str,
    zone: str,
    languages: tuple[str, ...],
    *,
    rehearsal: bool,
    vault: VaultRecord | None,
    signed: bool,
) -> str:
    part(part_name)
    if not 0 < len(name.strip()) <= 100 or _CONTROL.search(name):
        raise _unusable("name", "a name of at most 100 letters in one line")
    if zone_named(zone) is None:
        raise _unusable("zone", "a zone of the IANA list, such as Asia/Shanghai")
    if not languages or not set(languages) <= set(LANGUAGES):
        raise _unusable("languages", "some of " + ", ".join(LANGUAGES))
    return _SETTINGS.format(
        part=_quoted(part_name),
        name=_quoted(name),
        zone=_quoted(zone),
        languages=", ".join(_quoted(language) for language in dict.fromkeys(languages)),
        rehearsal=_REHEARSAL if rehearsal else "",
        grants=_SIGNED if signed else _DIRECTORY,
        vault=_VAULT.format(vault=_quoted(vault.name)) if vault is not None else "",
    )


def _quoted(text: str) -> str:
    # Without control characters a JSON string is a TOML string.
    return json.dumps(text, ensure_ascii=False)


def _unusable(field: str, expected: str) -> InvalidDataError:
    facts = {"path": field, "expected": expected}
    return InvalidDataError([Finding(code="PSY103", where={"field": field}, facts=facts)])


def _write(file: Path, content: bytes) -> Path:
    # Created for the owner alone: the staff list will hold telephones, the key makes the ids.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    return file
