"""A school's own policy at the command line: a key to sign with, signed, looked over, adopted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from psysafe.builtin.policy import shipped_matrix
from psysafe.catalogue import say, sentence
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, table
from psysafe.cli.policy_words import ITEMS, SHORT, STATES, VIEWERS
from psysafe.clock import to_wire
from psysafe.desk.own_policy import Looked, OwnCell
from psysafe.desk.own_policy import make_key as new_key
from psysafe.desk.own_policy import sign as signed
from psysafe.domain.privacy import Policy
from psysafe.errors import N_, NotPermittedError
from psysafe.ids import actor as checked

_FILE: Final = click.Argument(["file"], type=click.Path(path_type=Path))
#: What a cell of the table is marked with.
MORE: Final = "▲"
LESS: Final = "▼"
SAME: Final = "="
_MOMENT: Final = timedelta(seconds=1)


def _sign(cell: OwnCell) -> str:
    if cell.wider:
        return MORE
    return SAME if cell.effect is cell.shipped else LESS


def marked(word: str, cell: OwnCell | None) -> str:
    """The word of a cell, with its mark where the cell is the school's own."""
    return word if cell is None else f"{word} {_sign(cell)}"


def own_lines(own: Mapping[str, OwnCell], zone: ZoneInfo, language: str) -> list[str]:
    """What the marks mean, and who signed what shows more, until when."""
    lines = [
        "",
        say(
            "{less} the school's own row, shows less; {more} shows more; {same} as it was",
            language,
            less=LESS,
            more=MORE,
            same=SAME,
        ),
    ]
    return [*lines, *(_until(cell, zone, language) for cell in own.values() if cell.wider)]


def _until(cell: OwnCell, zone: ZoneInfo, language: str) -> str:
    row = cell.row
    _, item, state = row.place.split(":")
    return say(
        "{more} {item}, {state}: until {until}, signed by {by}: {reason}",
        language,
        more=MORE,
        item=sentence(ITEMS[item], language),
        state=sentence(STATES[state], language),
        until=f"{(row.until - _MOMENT).astimezone(zone):%Y-%m-%d}" if row.until else "-",
        by=row.signed_by or "-",
        reason=row.reason,
    )


def _page(cells: Iterable[OwnCell], call: Call, language: str) -> list[str]:
    cells = tuple(cells)
    headings = [
        say("line", language),
        say("viewer", language),
        say("item", language),
        say("state", language),
        say("shipped", language),
        say("own", language),
    ]
    rows = []
    for cell in cells:
        viewer, item, state = cell.row.place.split(":")
        rows.append(
            [
                str(cell.line),
                sentence(VIEWERS[viewer], language),
                sentence(ITEMS[item], language),
                sentence(STATES[state], language),
                sentence(SHORT[cell.shipped.code], language),
                f"{sentence(SHORT[cell.effect.code], language)} {_sign(cell)}",
            ]
        )
    if not rows:
        return [say("The file has no rows.", language)]
    return [
        *table(headings, rows),
        *own_lines({c.row.place: c for c in cells}, call.zone, language),
    ]


def _data(found: Looked) -> dict[str, Any]:
    return {
        "digest": found.file.digest,
        "rows": [
            {
                "line": cell.line,
                "row": cell.row.place,
                "shipped": cell.shipped.code,
                "effect": cell.effect.code,
                "wider": cell.wider,
                "until": cell.row.until and to_wire(cell.row.until),
                "signed_by": cell.row.signed_by,
            }
            for cell in found.cells
        ],
    }


@command(
    "policy check",
    _FILE,
    help="检查本校的隐私规则文件 · what a file of the school's own rows would do",
)
def check(call: Call, file: Path) -> Answer:
    # Whoever signs a row wants to know what it does; only to adopt is for the operator alone.
    found = call.net.operator().policy.look(file)
    return Answer(
        data=_data(found), text=_page(found.cells, call, call.language), findings=found.findings
    )


@command(
    "policy key",
    _FILE,
    help="生成签名密钥（自己保管） · make a key to sign with; keep it yourself",
)
def key(call: Call, file: Path) -> Answer:
    public, language = new_key(file), call.language
    who = call.actor or "staff:..."
    text = [
        say("The key is made: {file}. Keep it, and let nobody copy it.", language, file=str(file)),
        say("The public key, for psysafe.toml and for paper:", language),
        "  [policy.signers]",
        f'  "{who}" = "{public}"',
    ]
    return Answer(data={"public": public}, text=text)


@command(
    "policy sign",
    _FILE,
    click.Option(
        ["--key"], type=click.Path(path_type=Path), required=True, help="签名密钥 · your key"
    ),
    help="为放宽的条目签名 · sign the rows of a file that show more; --as: who signs",
)
def sign(call: Call, file: Path, key: Path) -> Answer:
    if call.actor is None:
        raise NotPermittedError("PSY015")
    by, language = checked(call.actor), call.language
    places = signed(call.settings, file, key, by, Policy.compile(shipped_matrix()))
    text = [
        say("signed: {count} rows that show more", language, count=len(places)),
        *(f"  {place}" for place in places),
    ]
    return Answer(data={"signed": list(places), "by": by}, text=text)


@command(
    "policy adopt",
    _FILE,
    click.Option(["--apply"], is_flag=True, help="真正启用 · do it; without it nothing changes"),
    help="启用本校的隐私规则 · adopt a file of the school's own rows",
    writes=True,
)
def adopt(call: Call, file: Path, apply: bool) -> Answer:
    desk, language = call.operator.policy, call.language
    found = desk.adopt(file) if apply else desk.look(file)
    text = _page(found.cells, call, language)
    last = N_("Adopted.") if apply else N_("Nothing was changed. Say it again with --apply.")
    return Answer(
        data={**_data(found), "applied": apply},
        text=[*text, "", say(last, language)],
        findings=found.findings,
    )
