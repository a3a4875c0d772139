"""Screenings: sheets in, flags out, flags reviewed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli import flag_words
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer, local, pairs, spoken, table
from psysafe.cli.steps import coded, done
from psysafe.desk.screenings import Screened, rows_of
from psysafe.domain.scale_definition import Definition
from psysafe.engine.flag_list import MOST, PAGE
from psysafe.errors import Fact, Finding, InvalidDataError
from psysafe.intake.answers import columns_of, item_headings, read_answers
from psysafe.intake.tables import Table, open_tables

#: Sheets between two lines of progress.
PROGRESS: Final = 50


@command(
    "screen",
    click.Argument(["scale"]),
    click.Argument(["file"], metavar="FILE"),
    click.Option(["--items"], metavar="D1-D9", help="题目列 · columns of the items"),
    click.Option(["--number-column"], default="student_no", help="学号列 · column of the number"),
    click.Option(["--answered-at"], metavar="TIME", help="作答时间 · when it was answered"),
    click.Option(["--apply"], is_flag=True, help="写入 · put it in"),
    help="导入量表答卷，默认只试算 · sheets of a screening; a dry run by default",
    writes=True,
)
def screen(
    call: Call,
    scale: str,
    file: str,
    items: str | None,
    number_column: str,
    answered_at: str | None,
    apply: bool,
) -> Answer:
    desk = call.desk
    definition = desk.screenings.definition(scale)
    wanted = (number_column, *_named_items(items))
    found = [
        read_answers(
            sheets,
            scale=scale,
            items=_item_count(definition, sheets, items),
            responses={code for item in definition.items for code in item.response.scores},
            zone=call.zone,
            items_map=items,
            number_column=number_column,
            answered_at=call.time(answered_at, "--answered-at") if answered_at else None,
        )
        for sheets in open_tables(file, "answers", aliases=call.settings.aliases, wanted=wanted)
    ]
    refused = sum(one.refused for one in found)
    language = call.language
    rows = [row for one in found for row in rows_of(one.rows, Path(file).name)]

    def progress(number: int) -> None:
        if number % PROGRESS == 0 and sys.stderr.isatty():
            said = say("{done} of {all} sheets", language, done=number, all=len(rows))
            click.echo(said, err=True)

    screened = desk.screenings.apply(scale, rows, dry_run=not apply, progress=progress)
    data = screened.data
    data["rows"] += refused
    data["refused"] += refused
    text = _screened_lines(call, screened, data)
    findings = [finding for one in found for finding in one.findings]
    return Answer(data=data, text=text, findings=(*findings, *screened.findings))


def _named_items(items: str | None) -> tuple[str, ...]:
    """The headings that an option names, however many the instrument has."""
    return columns_of(items) if items else ()


def _item_count(definition: Definition, sheets: Table, items: str | None) -> int:
    """How many items the sheets hold: all, or without those at the end that no score needs."""
    whole, shortest = len(definition.items), definition.shortest
    if items is None:
        return whole if str(whole) in sheets.heading else shortest
    try:
        return len(item_headings(items, whole))
    except InvalidDataError:
        return shortest


def _screened_lines(call: Call, screened: Screened, data: Mapping[str, Any]) -> list[str]:
    language = call.language
    lines = pairs(
        [
            (say("sheets", language), str(data["rows"])),
            (say("scored", language), str(data["scored"])),
            (say("incomplete", language), str(data["incomplete"])),
            (say("flags for a person to review", language), str(data["flags"])),
            *[
                (f"  {spoken(f'severity:{word}', language)}", str(number))
                for word, number in sorted(screened.by_severity.items())
            ],
            (say("known already", language), str(data["unchanged"])),
            (say("refused", language), str(data["refused"])),
        ]
    )
    if not screened.applied:
        lines.append(say("Nothing was changed: this was a dry run; add --apply.", language))
    return lines


@command(
    "flags",
    click.Option(["--limit"], type=click.IntRange(1, MOST), default=PAGE, help="行数 · lines"),
    click.Option(["--after"], metavar="PLACE", help="接着上一页 · where the page before ended"),
    help="等我复核的筛查提示 · flags that wait for your review",
    writes=True,
)
def flags(call: Call, limit: int, after: str | None) -> Answer:
    found, more = call.desk.flags.page(limit=limit, after=after)
    language = call.language
    headings = [
        say("flag", language),
        say("name", language),
        say("class", language),
        say("severity", language),
        say("due", language),
        say("next", language),
        say("why", language),
    ]
    rows = [
        [
            line["flag"],
            line.get("name", line["student"]),
            line.get("class", ""),
            spoken(f"severity:{line['severity']}", language),
            local(line.get("due"), call.zone)
            + (" " + say("LATE", language) if line.get("overdue") else ""),
            spoken(f"duties:{line['stage']}", language),
            flag_words.reasons(line.get("reasons", ()), language),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("No flag waits for you.", language)]
    facts: Mapping[str, Fact] = {"shown": len(found), "after": more}
    notes = () if more is None else (Finding(code="PSY410", severity="note", facts=facts),)
    return Answer(data=found, text=text, findings=notes)


@command(
    "review",
    click.Argument(["flag"]),
    click.Option(
        ["--outcome"],
        required=True,
        help="结论 · what you found [no_concern, second_stage, joined_case]",
    ),
    click.Option(["--note"], callback=words, default="", help="备注 · note"),
    click.Option(["--all", "whole"], is_flag=True, help="该生全部提示 · all flags of the student"),
    help="复核筛查提示 · review a flag",
    writes=True,
)
def review(call: Call, flag: str, outcome: str, note: str, whole: bool) -> Answer:
    found = coded("flag_outcomes", outcome)
    return done(call, call.desk.flags.review(flag, found, note, whole=whole))
