"""A new plugin, from a template that lies in the package: nothing is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from psysafe.builtin import plugin as builtin
from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command, take_options
from psysafe.cli.output import Answer
from psysafe.hooks import Plugins
from psysafe.intake.new_plugin import KINDS, write_plugin


@click.group("new", cls=Group, help="新建插件 · begin a plugin of your own")
@click.pass_context
def new(context: click.Context, /, **given: Any) -> None:
    take_options(context.ensure_object(Call), given)


@command(
    "new plugin",
    click.Argument(["name"], metavar="NAME"),
    click.Option(
        ["--kind"], type=click.Choice(KINDS), required=True, help="哪一类 · what it gives"
    ),
    click.Option(["--into"], metavar="DIR", default=".", help="放在哪里 · where to put its folder"),
    help="生成一个可安装、测试已通过的插件 · a plugin that installs and passes its test",
)
def plugin(call: Call, name: str, kind: str, into: str) -> Answer:
    language = call.language
    found = Plugins.installed(builtins=[builtin])
    written = write_plugin(Path(into), name, kind=kind, plugins=found, language=language)
    folder = written[0].parent
    text = [say("The plugin is made: {folder}", language, folder=str(folder))]
    text += [f"  {file.relative_to(folder)}" for file in written]
    text += [
        say("Next: install it and run its test", language),
        f'  pip install -e "{folder}[test]"',
        f"  python -m pytest {folder}",
    ]
    data = {
        "folder": str(folder),
        "kind": kind,
        "files": [str(file.relative_to(folder)) for file in written],
    }
    return Answer(data=data, text=text)


new.add_command(plugin)
