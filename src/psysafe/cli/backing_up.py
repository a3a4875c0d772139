"""A backup of the database is made and proved; one is put back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command
from psysafe.cli.output import Answer, pairs
from psysafe.net import SafetyNet

_FILE: Final = click.Argument(["file"], metavar="FILE")


@command("backup", _FILE, help="备份数据库并核对 · a backup of the database, proved")
def backup(call: Call, file: str) -> Answer:
    made = call.operator.backup(file)
    language = call.language
    text = pairs(
        [
            (say("file", language), str(made.file)),
            (say("position", language), str(made.position)),
            (say("head", language), made.head),
        ]
    )
    text.append(
        say("The keys are not in it. Keep backups of keys/ elsewhere, and short.", language)
    )
    data = {"file": str(made.file), "position": made.position, "head": made.head}
    return Answer(data=data, text=text)


@command(
    "restore",
    _FILE,
    click.Option(
        ["--over"], is_flag=True, help="替换现有数据库（原库另存） · replace the one that is here"
    ),
    help="恢复备份；已删除者不会回来 · put a backup back; erased stays erased",
)
def restore(call: Call, file: str, over: bool) -> Answer:
    clock = call.clock
    clock.moment = call.moment
    found = SafetyNet.restore(call.place, Path(file), over=over, clock=clock)
    language = call.language
    text = pairs(
        [
            (say("position", language), str(found.position)),
            (say("position before", language), "-" if found.before is None else str(found.before)),
            (say("the old database", language), found.aside.name if found.aside else "-"),
        ]
    )
    data = {
        "position": found.position,
        "before": found.before,
        "aside": found.aside.name if found.aside else None,
    }
    return Answer(data=data, text=text)
