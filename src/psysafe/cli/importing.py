"""Tables of people: looked at, and with --apply put in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import click

from psysafe.catalogue import say
from psysafe.cli.calling import INPUT_REFUSED, Call, Group, command, take_options
from psysafe.cli.output import Answer, table
from psysafe.desk.duty_rosters import DutyImport
from psysafe.desk.importing import StaffImport
from psysafe.desk.roster_import import Options, RosterImport
from psysafe.errors import Finding, InvalidDataError
from psysafe.intake.classes import STAGES
from psysafe.intake.export import write_refusals
from psysafe.intake.tables import Table

_FILES: Final = click.Argument(["files"], metavar="FILE...", nargs=-1, required=True)
_APPLY: Final = click.Option(["--apply"], is_flag=True, help="写入 · put it in")
_ERRORS: Final = click.Option(
    ["--errors"],
    metavar="FILE",
    help="退回清单写到 · where the refused rows go [out/refused-NAME.xlsx]",
)
#: Ways of writing a class that are shown to a person; of more only the number.
_MOST_SPELLINGS: Final = 60


@click.group("import", cls=Group, help="导入表格，默认只试算 · tables in; a dry run by default")
@click.pass_context
def importing(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


def _answer(
    call: Call, found: StaffImport | RosterImport | DutyImport, apply: bool, errors: str | None
) -> Answer:
    # A table that is refused as a whole is refused before anything is written.
    applied = apply and not found.refused
    counts = found.apply() if applied else found.counts
    language = call.language
    text = [_counted(counts, language)]
    if review := counts.get("review", 0):
        text.append(say("{count} rows are for a person to look at.", language, count=review))
    if applied:
        text.append(say("It is in.", language))
    elif found.refused:
        text.append(say("Nothing was changed: mend the file first.", language))
    else:
        text.append(say("Nothing was changed: this was a dry run; add --apply.", language))
    written = _refusals(call, found, errors) if counts["refused"] or review else []
    text += [say("What was left out, row by row: {file}", language, file=file) for file in written]
    return Answer(
        data={"applied": applied, **counts, **({"refusals": written} if written else {})},
        text=text,
        findings=found.findings,
        code=INPUT_REFUSED if apply and found.refused else None,
    )


def _refusals(
    call: Call, found: StaffImport | RosterImport | DutyImport, errors: str | None
) -> list[str]:
    """A workbook for each file with rows that were left out, cause and cure beside each.

    It holds people's data, so it lies in the school's own folder unless somebody says where.
    """
    written: list[str] = []
    files = list(dict.fromkeys(table.file for table in found.tables))
    for file in files:
        findings = [f for f in found.findings if f.where.get("file") == file]
        if not any(f.severity in ("error", "warning") for f in findings):
            continue
        stem = f"refused-{Path(file).stem}.xlsx"
        place = Path(errors) if errors else call.settings.folder / "out" / stem
        if errors and len(files) > 1:
            place = place.with_name(f"{place.stem}-{Path(file).stem}{place.suffix}")
        if not errors:
            place.parent.mkdir(mode=0o700, exist_ok=True)
        tables = [table for table in found.tables if table.file == file]
        written.append(str(_written(place, tables, findings, call.language)))
    return written


def _written(
    place: Path, tables: Sequence[Table], findings: Sequence[Finding], language: str
) -> Path:
    try:
        write_refusals(place, tables, findings, language)
    except InvalidDataError as error:
        if error.code != "PSY242":
            raise
        # Without the extra for workbooks it is a file of text.
        place = place.with_suffix(".csv")
        write_refusals(place, tables, findings, language)
    return place


def _counted(counts: Any, language: str) -> str:
    names = ("new", "changed", "ended", "unchanged", "refused")
    return say(
        "new {new}, changed {changed}, ended {ended}, unchanged {unchanged}, refused {refused}",
        language,
        **{name: counts[name] for name in names},
    )


def _widths(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> Any:
    """学号=8 as a column and its width."""
    found: dict[str, int] = {}
    for one in given:
        column, _, width = one.partition("=")
        if not width.isdigit() or not 0 < int(width) <= 32:
            raise click.BadParameter("write it as 学号=8", param=option)
        found[column] = int(width)
    return found


@command(
    "import staff",
    _FILES,
    _APPLY,
    _ERRORS,
    help="教职工与角色 · staff and their roles",
    writes=True,
)
def staff(call: Call, files: tuple[str, ...], apply: bool, errors: str | None) -> Answer:
    return _answer(call, call.operator.staff.load(*files), apply, errors)


@command(
    "import roster",
    _FILES,
    _APPLY,
    _ERRORS,
    click.Option(
        ["--pad"],
        multiple=True,
        callback=_widths,
        metavar="学号=8",
        help="补足前导零 · the width of a column whose zeros were lost",
    ),
    click.Option(
        ["--keep"],
        multiple=True,
        metavar="COLUMN",
        help="另存此列 · keep this column too [身份证号, 出生日期, ...]",
    ),
    click.Option(
        ["--stage"],
        type=click.Choice(tuple(STAGES)),
        help="学段，用于“2026级” · the stage that 2026级 is of",
    ),
    help="学生名册 · the roster of students",
    writes=True,
)
def roster(
    call: Call,
    files: tuple[str, ...],
    apply: bool,
    errors: str | None,
    pad: dict[str, int],
    keep: tuple[str, ...],
    stage: str | None,
) -> Answer:
    options = Options(pad=pad, keep=frozenset(keep), stage=stage)
    language = call.language

    def progress(rows: int) -> None:
        click.echo(say("{rows} rows read", language, rows=rows), err=True)

    found = call.operator.roster.load(*files, options=options, progress=progress)
    answer = _answer(call, found, apply, errors)
    spelled = [
        {
            "written": f"{one.grade} {one.text}".strip(),
            "class": one.school_class.name,
            "rows": one.rows,
        }
        for one in found.spellings
    ]
    lines = [] if apply else _spelled(spelled, language)
    data = {**answer.data, "classes": spelled}
    return attrs.evolve(answer, data=data, text=[*lines, *answer.text])


def _spelled(spelled: list[dict[str, Any]], language: str) -> list[str]:
    """How classes are written and what they were taken for: a person sees what was understood."""
    headings = [say("written", language), say("class", language), say("rows", language)]
    shown = [[d["written"], d["class"], str(d["rows"])] for d in spelled[:_MOST_SPELLINGS]]
    lines = table(headings, shown) if shown else []
    if len(spelled) > len(shown):
        lines.append(say("and {count} more", language, count=len(spelled) - len(shown)))
    return lines


@command("import duty", _FILES, _APPLY, _ERRORS, help="值班表 · shifts of duty", writes=True)
def duty(call: Call, files: tuple[str, ...], apply: bool, errors: str | None) -> Answer:
    return _answer(call, call.operator.duty.load(*files), apply, errors)


importing.add_command(duty)
importing.add_command(staff)
importing.add_command(roster)
