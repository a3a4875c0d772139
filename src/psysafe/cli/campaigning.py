"""Screening campaigns: planned, forecast, opened while somebody reads, followed, closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command, take_options
from psysafe.cli.output import Answer, local, pairs, spoken, table
from psysafe.cli.steps import receipt_data
from psysafe.engine.committing import Receipt
from psysafe.intake.forms import OPTIONS
from psysafe.intake.roster import STEP

_ID: Final = click.Argument(["campaign"], metavar="CAMPAIGN")
_WHO: Final = (
    click.Option(["--grade", "grades"], multiple=True, help="年级 · a grade [高一]"),
    click.Option(["--class", "classes"], multiple=True, help="班级 · a class [高一(3)班]"),
    click.Option(["--student", "students"], multiple=True, help="学生 · a student [no:2026030117]"),
)
_READERS: Final = click.Option(
    ["--reader", "readers"],
    multiple=True,
    metavar="PERSON[@FROM/UNTIL]",
    help="阅卷人及时段 · who reads, and when",
)


@click.group("campaign", cls=Group, help="量表筛查活动 · a screening as a campaign")
@click.pass_context
def campaign(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


def reader(call: Call, text: str) -> tuple[str, datetime | None, datetime | None]:
    """`staff:t-002`, or `staff:t-002@2026-11-02T08:00/2026-11-02T18:00`."""
    person, at, times = text.partition("@")
    if not at:
        return person, None, None
    since, slash, until = times.partition("/")
    if not slash:
        raise click.BadParameter("write it as PERSON@FROM/UNTIL", param_hint="--reader")
    return person, call.time(since, "--reader"), call.time(until, "--reader")


def _done(call: Call, receipt: Receipt) -> Answer:
    data = receipt_data(receipt)
    ids = " ".join(value for key, value in data.items() if key != "command")
    return Answer(data=data, text=[say("Done. {ids}", call.language, ids=ids)])


@command(
    "campaign plan",
    click.Option(["--scale", "scales"], multiple=True, required=True, help="量表 · an instrument"),
    *_WHO,
    click.Option(["--opens"], required=True, metavar="TIME", help="开始 · from when"),
    click.Option(["--closes"], required=True, metavar="TIME", help="截止 · until when"),
    _READERS,
    click.Option(["--second-stage"], default="interview", help="第二阶段 · what follows a flag"),
    help="计划一次筛查 · plan a campaign",
    writes=True,
)
def plan(
    call: Call,
    scales: tuple[str, ...],
    grades: tuple[str, ...],
    classes: tuple[str, ...],
    students: tuple[str, ...],
    opens: str,
    closes: str,
    readers: tuple[str, ...],
    second_stage: str,
) -> Answer:
    receipt = call.desk.screenings.plan(
        scales,
        opens=call.time(opens, "--opens"),
        closes=call.time(closes, "--closes"),
        grades=grades,
        classes=classes,
        students=students,
        readers=[reader(call, text) for text in readers],
        second_stage=second_stage,
    )
    return _done(call, receipt)


@command("campaign open", _ID, help="开放作答 · open it", writes=True)
def open_campaign(call: Call, campaign: str) -> Answer:
    return _done(call, call.desk.screenings.open(campaign))


@command("campaign close", _ID, help="结束筛查 · close it", writes=True)
def close(call: Call, campaign: str) -> Answer:
    return _done(call, call.desk.screenings.close(campaign))


@command("campaign cancel", _ID, help="取消未开放的筛查 · cancel a planned one", writes=True)
def cancel(call: Call, campaign: str) -> Answer:
    return _done(call, call.desk.screenings.cancel(campaign))


@command("campaign readers", _ID, _READERS, help="更换阅卷人 · who reads when", writes=True)
def readers(call: Call, campaign: str, readers: tuple[str, ...]) -> Answer:
    named = [reader(call, text) for text in readers]
    return _done(call, call.desk.screenings.readers(campaign, named))


@command("campaign list", help="列出筛查 · the campaigns", writes=True)
def list_campaigns(call: Call) -> Answer:
    found = call.desk.screenings.list()
    language = call.language
    headings = [
        say("campaign", language),
        say("scales", language),
        say("state", language),
        say("opens", language),
        say("closes", language),
    ]
    rows = [
        [
            line["campaign"],
            ", ".join(line["scales"]),
            spoken(f"campaign:{line['state']}", language),
            local(line["opens"], call.zone),
            local(line["closes"], call.zone),
        ]
        for line in found
    ]
    text = table(headings, rows) if rows else [say("There is no campaign.", language)]
    return Answer(data=found, text=text)


@command(
    "campaign progress",
    _ID,
    click.Option(["--missing"], is_flag=True, help="列出未作答者 · who has not answered"),
    help="查看进度 · how far it has come",
    writes=True,
)
def progress(call: Call, campaign: str, missing: bool) -> Answer:
    data = call.desk.screenings.progress(campaign, missing=missing)
    language = call.language
    names = {
        "invited": say("invited", language),
        "answered": say("answered", language),
        "not_answered": say("not answered", language),
        "incomplete": say("incomplete", language),
        "uninvited": say("not invited, kept all the same", language),
        "refused": say("refused in the last file", language),
    }
    entries = [
        (say("state", language), spoken(f"campaign:{data['state']}", language)),
        *((said, str(data[key])) for key, said in names.items() if key in data),
    ]
    text = pairs(entries)
    if data.get("flags"):
        text += ["", *_flags(data["flags"], language)]
    text += ["", *_classes(data["classes"], language)]
    repeat = say("to be answered again", language)
    for line in data["classes"]:
        text += [
            f"  {line['name']}  {who.get('number', '')}  {who.get('name', who['student'])}"
            for who in line.get("missing", ())
        ]
        text += [
            f"  {line['name']}  {who.get('number', '')}  {who.get('name', who['student'])}"
            f"  {repeat}"
            for who in line.get("again", ())
        ]
    return Answer(data=data, text=text)


def _flags(counts: dict[str, dict[str, int]], language: str) -> list[str]:
    headings = [
        say("severity", language),
        say("flags", language),
        say("reviewed", language),
        say("second stage", language),
        say("overdue", language),
    ]
    rows = [
        [
            spoken(f"severity:{severity}", language),
            *(str(count[key]) for key in ("raised", "reviewed", "second_stage", "overdue")),
        ]
        for severity, count in counts.items()
    ]
    return table(headings, rows)


def _classes(lines: list[dict[str, Any]], language: str) -> list[str]:
    headings = [
        say("class", language),
        say("invited", language),
        say("answered", language),
        say("not answered", language),
    ]
    keys = ("invited", "answered", "not_answered")
    rows = [[line["name"] or line["class"], *(str(line[key]) for key in keys)] for line in lines]
    return table(headings, rows)


@command(
    "campaign forecast",
    click.Argument(["campaign"], metavar="[CAMPAIGN]", required=False),
    click.Option(["--scale", "scales"], multiple=True, help="量表 · an instrument"),
    *_WHO,
    click.Option(["--counselors"], type=click.IntRange(0, 1000), help="心理教师人数 · how many"),
    click.Option(["--hours"], type=click.IntRange(1, 24), help="每人每天小时 · hours a day"),
    click.Option(["--days"], type=click.IntRange(1, 366), help="收卷天数 · school days open"),
    help="事先估算提示数与工时 · flags and hours to expect",
)
def forecast(
    call: Call,
    campaign: str | None,
    scales: tuple[str, ...],
    grades: tuple[str, ...],
    classes: tuple[str, ...],
    students: tuple[str, ...],
    counselors: int | None,
    hours: int | None,
    days: int | None,
) -> Answer:
    if bool(campaign) is bool(scales):
        raise click.UsageError("write it as CAMPAIGN | --scale")
    found = call.desk.screenings.forecast(
        campaign,
        scales=scales,
        grades=grades,
        classes=classes,
        students=students,
        counselors=counselors,
        hours_per_day=hours,
        school_days=days,
    )
    data, language = found.data, call.language
    text = pairs(
        [
            (say("invited", language), str(data["invited"])),
            (say("flags to expect", language), str(data["flags"])),
            *(
                (f"  {spoken(f'severity:{severity}', language)}", str(count))
                for severity, count in data["by_severity"].items()
            ),
            (say("interviews to expect", language), str(data["interviews"])),
            (say("a counselor's hours", language), str(data["hours"])),
            (say("counselors", language), str(data["counselors"])),
            (say("hours a day each", language), str(data["hours_per_day"])),
            (say("days of work", language), str(data.get("days", "-"))),
        ]
    )
    for number, group in enumerate(data["groups"], 1):
        classes_ = ", ".join(found.names.get(one, one) for one in group)
        text.append(say("day {day}: {classes}", language, day=number, classes=classes_))
    return Answer(data=data, text=text, findings=found.findings)


@command(
    "campaign answers",
    _ID,
    click.Argument(["file"], metavar="FILE"),
    click.Option(
        ["--items"],
        multiple=True,
        metavar="SCALE=D1-D9",
        help="题目列 · columns of the items [phq9=D1-D9]",
    ),
    click.Option(["--number-column"], default="", help="学号列 · column of the number"),
    click.Option(["--time-column"], default="", help="时间列 · column of the time"),
    click.Option(["--answered-at"], metavar="TIME", help="作答时间 · when it was answered"),
    click.Option(
        ["--options"],
        type=click.Choice(OPTIONS),
        help="数字是分值还是选项序号 · numbers are points, or places on the form",
    ),
    click.Option(["--apply"], is_flag=True, help="写入 · put it in"),
    help="导入答卷，默认只试算 · answers in; a dry run by default",
    writes=True,
)
def answers(
    call: Call,
    campaign: str,
    file: str,
    items: tuple[str, ...],
    number_column: str,
    time_column: str,
    answered_at: str | None,
    options: str | None,
    apply: bool,
) -> Answer:
    desk = call.desk
    language = call.language

    def progress(number: int) -> None:
        if number % STEP == 0:
            click.echo(say("{done} sheets", language, done=number), err=True)

    came = desk.screenings.answers(
        campaign,
        file,
        items=_items(items),
        number_column=number_column,
        time_column=time_column,
        answered_at=call.time(answered_at, "--answered-at") if answered_at else None,
        options=options or "",
        aliases=call.settings.aliases,
        dry_run=not apply,
        progress=progress,
    )
    data = came.data
    text = pairs(
        [
            (say("sheets", language), str(data["sheets"])),
            (say("scored", language), str(data["scored"])),
            (say("incomplete", language), str(data["incomplete"])),
            (say("flags for a person to review", language), str(data["flags"])),
            *(
                (f"  {spoken(f'severity:{severity}', language)}", str(count))
                for severity, count in sorted(data["by_severity"].items())
            ),
            (say("known already", language), str(data["unchanged"])),
            (say("not invited, kept all the same", language), str(data["uninvited"])),
            (say("after the end, kept all the same", language), str(data["late"])),
            (say("rows without any answer", language), str(data["empty"])),
            (say("refused", language), str(data["refused"])),
        ]
    )
    if not came.applied:
        text.append(say("Nothing was changed: this was a dry run; add --apply.", language))
    return Answer(data=data, text=text, findings=tuple(came.findings))


def _items(given: tuple[str, ...]) -> dict[str, str]:
    """`phq9=D1-D9`, one for each instrument."""
    found: dict[str, str] = {}
    for text in given:
        scale, equals, columns = text.partition("=")
        if not equals or scale in found:
            raise click.BadParameter("write it as SCALE=D1-D9", param_hint="--items")
        found[scale] = columns
    return found


for step in (
    answers,
    plan,
    forecast,
    open_campaign,
    close,
    cancel,
    readers,
    list_campaigns,
    progress,
):
    campaign.add_command(step)
