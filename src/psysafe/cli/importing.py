"""Tables of people: looked at, and with --apply put in."""

from __future__ import annotations

from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import INPUT_REFUSED, Call, Group, command, take_options
from psysafe.cli.output import Answer
from psysafe.desk.importing import Import, Tables

_FILE: Final = click.Argument(["file"], metavar="FILE")
_APPLY: Final = click.Option(["--apply"], is_flag=True, help="写入 · put it in")


@click.group("import", cls=Group, help="导入表格，默认只试算 · tables in; a dry run by default")
@click.pass_context
def importing(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


def _import(call: Call, tables: Tables, file: str, apply: bool) -> Answer:
    found = tables.load(file)
    # A table that is refused as a whole is refused before anything is written.
    applied = apply and not found.refused
    counts = found.apply() if applied else found.counts
    language = call.language
    text = [_counted(found, language)]
    if applied:
        text.append(say("It is in.", language))
    elif found.refused:
        text.append(say("Nothing was changed: mend the file first.", language))
    else:
        text.append(say("Nothing was changed: this was a dry run; add --apply.", language))
    return Answer(
        data={"applied": applied, **counts},
        text=text,
        findings=found.findings,
        code=INPUT_REFUSED if apply and found.refused else None,
    )


def _counted(found: Import, language: str) -> str:
    names = ("new", "changed", "ended", "unchanged", "refused")
    counts = {name: found.counts[name] for name in names}
    return say(
        "new {new}, changed {changed}, ended {ended}, unchanged {unchanged}, refused {refused}",
        language,
        **counts,
    )


@command("import staff", _FILE, _APPLY, help="教职工与角色 · staff and their roles", writes=True)
def staff(call: Call, file: str, apply: bool) -> Answer:
    return _import(call, call.operator.staff, file, apply)


@command("import roster", _FILE, _APPLY, help="学生名册 · the roster of students", writes=True)
def roster(call: Call, file: str, apply: bool) -> Answer:
    return _import(call, call.operator.roster, file, apply)


importing.add_command(staff)
importing.add_command(roster)
