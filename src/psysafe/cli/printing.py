"""Papers to hold in the hand, and the forms behind them."""

from __future__ import annotations

from typing import Any, Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command, take_options
from psysafe.cli.output import Answer
from psysafe.cli.policy_words import item_words
from psysafe.desk.papers import CARDS, Printed

_WHERE: Final = (
    click.Option(["--to"], metavar="FILE", help="写到此文件 · write it there"),
    click.Option(["--replace"], is_flag=True, help="覆盖已有文件 · over the one that is there"),
    click.Option(["--shipped"], is_flag=True, help="用自带模板 · from the shipped template"),
)
_ABOUT: Final = {
    "tonight": "今晚卡：今晚怎么做、怎么说 · tonight's card: what to do and say",
    "guardian-notification": "家长告知书 · the notification for the guardians to sign",
    "referral-letter": "转介单 · the letter to a medical institution",
    "case-card": "一生一策 · the case on one page",
    "authority-report": "向教育主管部门的书面报告 · the report to the authority",
}


@click.group("print", cls=Group, help="打印文书 · papers to hold in the hand")
@click.pass_context
def printing(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


def _answer(call: Call, printed: Printed) -> Answer:
    language, name = call.language, printed.file.name
    text = [say("{kind} written to {file}", language, kind=printed.kind, file=name)]
    if printed.withheld:
        items = item_words(printed.withheld, language)
        text.append(say("not on it, because it may not be shown: {items}", language, items=items))
    data = {
        "paper": printed.kind,
        "file": str(printed.file),
        "withheld": list(printed.withheld),
    }
    return Answer(data=data, text=text)


def _about(name: str, help: str) -> click.Command:
    @command(
        f"print {name}",
        click.Argument(["case"], metavar="CASE"),
        *_WHERE,
        help=help,
        writes=True,
    )
    def printed(call: Call, case: str, to: str | None, replace: bool, shipped: bool) -> Answer:
        papers = call.desk.papers
        made = papers.about(name, case, to=to, replace=replace, shipped=shipped)
        return _answer(call, made)

    return printed


@command(
    f"print {CARDS}",
    *_WHERE,
    help="停电用应急联系卡，装入密封信封 · whom to call in a power cut",
    writes=True,
)
def crisis_cards(call: Call, to: str | None, replace: bool, shipped: bool) -> Answer:
    return _answer(call, call.desk.papers.crisis_cards(to=to, replace=replace, shipped=shipped))


@command(
    "print templates",
    click.Option(["--to"], metavar="DIR", required=True, help="复制到此文件夹 · copy them there"),
    help="复制模板供修改 · copy the templates to change their wording",
)
def templates(call: Call, to: str) -> Answer:
    made = call.operator.templates.copy(to)
    said = say("{count} templates copied to {folder}", call.language, count=len(made), folder=to)
    return Answer(data={"folder": to, "files": [str(file) for file in made]}, text=[said])


for _name, _help in _ABOUT.items():
    printing.add_command(_about(_name, _help))
printing.add_command(crisis_cards)
printing.add_command(templates)
