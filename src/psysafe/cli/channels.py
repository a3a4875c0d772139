"""The channels of a school: listed, and tried out with a message about nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs
import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command, take_options
from psysafe.cli.output import Answer, local, pairs, table
from psysafe.desk.reaching import ChannelTest, not_taken

#: The columns that are shown as they are.
_PLAIN: Final = ("channel", "use", "trust", "carries", "troubles", "breaker")


@click.group("channels", cls=Group, help="通知渠道 · how messages go out")
@click.pass_context
def channels(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


@command("channels list", help="列出渠道 · what each channel may carry")
def listed(call: Call) -> Answer:
    language = call.language
    data = call.operator.channels.list()
    headings = [
        say("channel", language),
        say("plugin", language),
        say("trust", language),
        say("carries at most", language),
        say("stands against it", language),
        say("breaker", language),
        say("room left", language),
        say("last results", language),
        say("receipts", language),
    ]
    rows = [[str(line[key]) for key in _PLAIN] + _counts(line) for line in data]
    return Answer(data=data, text=table(headings, rows))


def _counts(line: Mapping[str, Any]) -> list[str]:
    """The room that each limit leaves; how many of the last messages had which result, receipt."""
    room = [
        f"{one['left']}/{one['count']} in {one['seconds']:g} s" for one in line["rate"]["limits"]
    ]
    counts = (
        [f"{name} {number}" for name, number in sorted(line[which].items())]
        for which in ("results", "receipts")
    )
    return ["; ".join(room) or "-", *(", ".join(one) or "-" for one in counts)]


@command("channels sent", help="最近发出的消息及回执 · the last messages and their receipts")
def sent(call: Call) -> Answer:
    data = call.operator.channels.sent()
    language = call.language
    headings = [
        say("notice", language),
        say("channel", language),
        say("when", language),
        say("taken", language),
        say("receipt", language),
        say("not signed", language),
        say("answered", language),
    ]
    rows = [
        [
            line["notice"],
            line["channel"],
            local(line["at"], call.zone),
            line["result"],
            line["receipt"] or "-",
            line["hint"] or "-",
            say("yes", language) if line["answered"] else "-",
        ]
        for line in data
    ]
    text = table(headings, rows) if rows else [say("Nothing was sent lately.", language)]
    return Answer(data=data, text=text)


@command(
    "channels test",
    click.Argument(["name"], metavar="NAME"),
    click.Option(["--to"], required=True, metavar="ADDRESS", help="发给谁 · to whom"),
    click.Option(["--apply"], is_flag=True, help="真的发出 · send it"),
    help="试发一条不涉及任何人的消息 · a message about nobody",
)
def test(call: Call, name: str, to: str, apply: bool) -> Answer:
    found = call.operator.channels.test(name, to, send=apply)
    language = call.language
    text = _shown(found, language)
    if found.result is None:
        text.append(say("Nothing was sent: this was a dry run; add --apply.", language))
    elif found.result == "accepted":
        text.append(say("It was taken. Look whether it has arrived, in the spam too.", language))
    data = {k: v for k, v in attrs.asdict(found).items() if v is not None}
    return Answer(data=data, text=text, findings=tuple(not_taken(found)))


@command(
    "channels ask",
    click.Argument(["name"], metavar="NAME"),
    help="向服务商查询模板和签名是否已通过 · ask the provider whether all is approved",
)
def ask(call: Call, name: str) -> Answer:
    found = call.operator.channels.ask(name)
    said = say("The provider objects to nothing.", call.language)
    return Answer(
        data={"channel": name, "objections": len(found)},
        text=[] if found else [said],
        findings=found,
        code=1 if found else 0,
    )


@command(
    "channels renew-links",
    help="更换确认链接的签名密钥 · a new key for the links in messages",
)
def renew_links(call: Call) -> Answer:
    kept = call.operator.channels.renew_links()
    said = say(
        "Links are signed with a new key; the two before it are still believed.", call.language
    )
    return Answer(data={"keys": kept}, text=[said])


@command(
    "channels templates",
    click.Option(["--all", "whole"], is_flag=True, help="全部列出 · those that stand too"),
    help="消息模板与审阅记录的差别 · templates beside their reviews",
)
def templates(call: Call, whole: bool) -> Answer:
    language = call.language
    data = call.operator.channels.templates()
    differing = [line for line in data if not line["stands"]]
    text = [one for line in (data if whole else differing) for one in _beside(line, language)]
    if not differing:
        text.append(say("Every template is as it was reviewed.", language))
    return Answer(data=data, text=text, code=1 if differing else 0)


def _beside(line: Mapping[str, Any], language: str) -> list[str]:
    """A template: as it was reviewed above as it is now, where the two differ."""
    by = f"{line['by']}, {line['on']}" if "by" in line else say("no review", language)
    head = f"{line['template']} ({line['language']}, {line['class']}): {by}"
    if line["stands"]:
        return [head, f"  {line['text']}"]
    return [head, f"  - {line.get('reviewed', '')}", f"  + {line['text']}  [{line['digest']}]"]


def _shown(found: ChannelTest, language: str) -> list[str]:
    lines = [
        (say("channel", language), f"{found.channel} ({found.use})"),
        (say("trust", language), found.trust),
        (say("to", language), found.to),
        (say("text", language), found.text),
    ]
    if found.result is not None:
        code = f" ({found.code})" if found.code else ""
        lines.append((say("result", language), f"{found.result}{code}"))
    return pairs(lines)


channels.add_command(listed)
channels.add_command(sent)
channels.add_command(test)
channels.add_command(ask)
channels.add_command(templates)
channels.add_command(renew_links)
