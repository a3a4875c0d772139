"""Lists that go out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command, take_options
from psysafe.cli.output import Answer

_FILE: Final = click.Argument(["file"], metavar="FILE")


@click.group("export", cls=Group, help="导出名单 · lists that go out")
@click.pass_context
def exporting(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


def _answer(call: Call, file: str, lines: int) -> Answer:
    said = say("{count} lines written to {file}", call.language, count=lines, file=Path(file).name)
    return Answer(data={"file": file, "lines": lines}, text=[said])


@command(
    "export roster",
    _FILE,
    help="学生名册（学籍管理员） · the roster, for a registrar",
    writes=True,
)
def roster(call: Call, file: str) -> Answer:
    return _answer(call, file, call.desk.exports.roster(file))


@command("export staff", _FILE, help="教职工与角色 · staff and their roles")
def staff(call: Call, file: str) -> Answer:
    return _answer(call, file, call.operator.export_staff.write(file))


exporting.add_command(roster)
exporting.add_command(staff)
