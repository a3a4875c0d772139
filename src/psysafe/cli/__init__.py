"""The command line: `psysafe COMMAND`, in Chinese and English.

Rooms of commands are imported when they are called. Plugins add commands under the entry-point
group `psysafe.commands`; one that cannot be loaded fails alone, and never hides one of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from io import TextIOWrapper
from typing import Any, Final

import click

from psysafe.cli.calling import FAILED, Call, Group, language_of, take_options
from psysafe.cli.usage import said_in

#: Each command, the room it stands in and its name there, in the order of a school's first days.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("school", "init"),
    "import": ("importing", "importing"),
    "plan": ("planning", "plan"),
    "export": ("exporting", "exporting"),
    "print": ("printing", "printing"),
    "check": ("school", "check"),
    "doctor": ("school", "doctor"),
    "plugins": ("school", "plugins"),
    "channels": ("channels", "channels"),
    "new": ("beginning", "new"),
    "report": ("signals", "report"),
    "talk": ("signals", "talk"),
    "note": ("signals", "note"),
    "notes": ("signals", "notes"),
    "link": ("signals", "link"),
    "aside": ("signals", "aside"),
    "unknown": ("signals", "unknown"),
    "waiting": ("signals", "waiting"),
    "answer": ("signals", "answer"),
    "exposure": ("supporting", "exposure"),
    "support": ("supporting", "support"),
    "duty": ("duty", "duty"),
    "sign": ("signs", "sign"),
    "survey": ("surveying", "survey"),
    "inbox": ("cases", "inbox"),
    "ack": ("cases", "ack"),
    "cases": ("cases", "cases"),
    "case": ("cases", "case"),
    "open": ("steps", "open_case"),
    "dismiss": ("steps", "dismiss"),
    "declare": ("steps", "declare"),
    "assess": ("steps", "assess"),
    "guardian": ("steps", "guardian"),
    "place": ("steps", "place"),
    "looked": ("looking", "looked"),
    "hospital": ("hospital", "hospital"),
    "supervise": ("caring", "supervise"),
    "advise": ("caring", "advise"),
    "authority-report": ("caring", "authority_report"),
    "follow-up": ("caring", "follow_up"),
    "settle": ("caring", "settle"),
    "lead": ("lifecycle", "lead"),
    "supervisor": ("lifecycle", "supervisor"),
    "away": ("lifecycle", "away"),
    "return": ("lifecycle", "decide_return"),
    "stand-down": ("lifecycle", "stand_down"),
    "consent": ("referring", "consent"),
    "refer": ("referring", "refer"),
    "holiday-plan": ("holidays", "holiday_plan"),
    "closure": ("holidays", "closure"),
    "close": ("steps", "close"),
    "reject": ("lifecycle", "reject"),
    "reopen": ("lifecycle", "reopen"),
    "transfer": ("lifecycle", "transfer"),
    "void": ("lifecycle", "void"),
    "read-dismissed": ("lifecycle", "read_dismissed"),
    "bereavement": ("lifecycle", "bereavement"),
    "alive": ("lifecycle", "alive"),
    "campaign": ("campaigning", "campaign"),
    "screen": ("screening", "screen"),
    "score": ("scales", "score"),
    "scales": ("scales", "scales"),
    "bar": ("barring", "bar"),
    "handover": ("handing_over", "handover"),
    "flags": ("screening", "flags"),
    "review": ("screening", "review"),
    "keys": ("keys", "keys"),
    "subject-access": ("accessing", "subject_access"),
    "hold": ("accessing", "hold"),
    "approve": ("approving", "approve"),
    "grants": ("granting", "grants"),
    "forget": ("erasing", "forget"),
    "retention": ("erasing", "retention"),
    "backup": ("backing_up", "backup"),
    "restore": ("backing_up", "restore"),
    "tick": ("proof", "tick"),
    "audit": ("proof", "audit"),
    "heartbeat": ("proof", "heartbeat"),
    "verify": ("proof", "verify"),
    "heads": ("heads", "heads"),
    "rebuild": ("proof", "rebuild"),
    "explain": ("explaining", "explain"),
    "why": ("why", "why"),
    "policy": ("policy", "policy"),
    "demo": ("demo", "demo"),
}
PLUGIN_COMMANDS: Final = "psysafe.commands"


def _offered() -> dict[str, EntryPoint]:
    """The commands that installed plugins offer and that are not ours; nothing is loaded."""
    found = entry_points(group=PLUGIN_COMMANDS)
    return {ep.name: ep for ep in sorted(found, key=lambda e: e.value) if ep.name not in COMMANDS}


def _broken(name: str, problem: str) -> click.Command:
    """The place of a plugin's command that could not be loaded: it says so and fails."""
    from psysafe.errors import Finding

    def fail() -> None:
        from psysafe.cli.output import finding_lines

        wrong = Finding(code="PSY501", facts={"plugin": name, "problem": problem})
        for line in finding_lines(wrong, Call().language):
            click.echo(line, err=True)
        click.get_current_context().exit(FAILED)

    return click.Command(name, callback=fail, short_help=f"PSY501 {problem}")


class Psysafe(Group):
    """All commands, each imported when it is asked for."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **x: Any
    ) -> click.Context:
        """What is wrong with the common options is said in the reader's language, too."""
        with said_in(language_of):
            return super().make_context(info_name, args, parent, **x)

    def invoke(self, ctx: click.Context) -> Any:
        with said_in(language_of, ctx):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        own = [name for name in COMMANDS if find_spec(f"psysafe.cli.{COMMANDS[name][0]}")]
        return [*own, *_offered()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            room, name = COMMANDS[cmd_name]
            if find_spec(f"psysafe.cli.{room}") is None:
                return None
            found: click.Command = getattr(import_module(f"psysafe.cli.{room}"), name)
            return found
        offered = _offered().get(cmd_name)
        if offered is None:
            return None
        try:
            loaded: Any = offered.load()
        except Exception as error:
            return _broken(cmd_name, type(error).__name__)
        if not isinstance(loaded, click.Command):
            return _broken(cmd_name, "no click command")
        return loaded


@click.group(
    cls=Psysafe,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="学校心理安全网 · a school's psychological-safety net.",
    epilog="psysafe COMMAND --help · psysafe why PSY001",
)
@click.version_option(package_name="psysafe", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, /, **given: Any) -> None:
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not stop a command half-way.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    call = context.ensure_object(Call)
    take_options(call, given)
