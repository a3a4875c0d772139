"""Write the reference pages that follow from the program: error codes, the register, commands.

    python tools/pages.py         write docs/reference/{errors,codes,command-line}.md
    python tools/pages.py check   exit 1 where a page would change

What a page says comes from the register, the catalogue and the commands themselves, so a page can
neither be forgotten nor promise something else than the program.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from psysafe.catalogue import sentence
from psysafe.cli import COMMANDS
from psysafe.cli import main as psysafe
from psysafe.cli.calling import Group
from psysafe.domain.codes import REGISTERS
from psysafe.errors import REGISTER

PLACE = Path(__file__).resolve().parent.parent / "docs" / "reference"

HUNDREDS = {
    "0": "The face and refusals",
    "1": "Plan, calendar and settings",
    "2": "What comes in from files",
    "3": "Instruments and sheets",
    "4": "Storage",
    "5": "Plugins",
    "6": "Channels",
    "7": "Privacy and keys",
}


def _cell(text: str) -> str:
    """A text that stays in its cell and shows its places for facts."""
    return text.replace("|", "\\|").replace("\n", " ").replace("{", "‹").replace("}", "›")


def errors() -> Iterator[str]:
    yield "# Error codes (错误码)"
    yield ""
    yield "Every refusal and every finding has a code that is never used for anything else. A code"
    yield "says what happened, why it matters and what cures it. `psysafe why PSY001` prints the"
    yield "same in your language; ‹words in such marks› stand for the facts of the moment, which"
    yield "are ids, numbers and places, never a name, an answer or a note."
    hundred = ""
    for code in sorted(REGISTER):
        if code[3] != hundred:
            hundred = code[3]
            yield ""
            yield f"## {hundred}xx: {HUNDREDS[hundred]}"
        entry = REGISTER[code]
        yield ""
        yield f"### {code}"
        yield ""
        yield "| | |"
        yield "|---|---|"
        for name, text in (("what", entry.what), ("why", entry.why), ("cure", entry.cure)):
            yield f"| {name} | {_cell(text)} |"
        for name, text in (("情况", entry.what), ("原因", entry.why), ("办法", entry.cure)):
            yield f"| {name} | {_cell(sentence(text, 'zh'))} |"


def codes() -> Iterator[str]:
    yield "# Register of codes (代码表)"
    yield ""
    yield "Data carries codes, people read words. A file that comes in may use the code, the"
    yield "Chinese word, the English one or one of the other words. `psysafe doctor --codes` prints"
    yield "the same."
    for register, words in REGISTERS.items():
        yield ""
        yield f"## {register}"
        yield ""
        yield "| code | Chinese | English | also |"
        yield "|---|---|---|---|"
        for code, word in words.items():
            yield f"| `{code}` | {word.zh} | {word.en} | {'、'.join(word.also)} |"


def _usage(command: click.Command, context: click.Context) -> str:
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    return " ".join([context.command_path, *pieces])


def _commands(
    command: click.Command, name: str, above: click.Context | None
) -> Iterator[tuple[click.Command, click.Context]]:
    context = click.Context(command, info_name=name, parent=above)
    yield command, context
    if isinstance(command, click.Group):
        # What plugins add is theirs to document; this page does not depend on what is installed.
        names = list(COMMANDS) if above is None else command.list_commands(context)
        for one in names:
            found = command.get_command(context, one)
            if found is not None and not found.hidden:
                yield from _commands(found, one, context)


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """The options of a command; those of every command stand once, at the top."""
    for parameter in command.get_params(context):
        if not isinstance(parameter, click.Option) or parameter.hidden:
            continue
        if "--help" in parameter.opts or (isinstance(command, Group) and context.parent):
            continue
        names = ", ".join(parameter.opts)
        if isinstance(parameter.type, click.Choice):
            names += f" {'|'.join(map(str, parameter.type.choices))}"
        elif not parameter.is_flag and not parameter.count:
            names += f" {parameter.metavar or parameter.type.name.upper()}"
        yield names, parameter.help or ""


def command_line() -> Iterator[str]:
    yield "# Command line (命令行)"
    yield ""
    yield "`psysafe [OPTIONS] COMMAND`. The options of the first table may stand before or behind a"
    yield "command's name. `--as` is needed wherever a student's data is read or written; the"
    yield "operator needs none. With `--json` exactly one object goes to stdout, and words go to"
    yield "stderr."
    yield ""
    yield "| exit | meaning |"
    yield "|---|---|"
    yield "| 0 | done, nothing to object |"
    yield "| 1 | done, with findings |"
    yield "| 2 | wrong usage |"
    yield "| 3 | refused: not permitted, not found (the same), conflict, no such step |"
    yield "| 4 | input refused, nothing changed |"
    yield "| 5 | storage or a plugin failed |"
    for command, context in _commands(psysafe, "psysafe", None):
        yield ""
        yield f"## {context.command_path}" if context.parent else "## Options of every command"
        if context.parent:
            yield ""
            yield f"{(command.help or '').strip()}"
            yield ""
            yield "```"
            yield _usage(command, context)
            yield "```"
        rows = list(_options(command, context))
        if rows:
            yield ""
            yield "| option | meaning |"
            yield "|---|---|"
            for name, meaning in rows:
                yield f"| `{_cell(name)}` | {_cell(meaning)} |"


PAGES = {"errors.md": errors, "codes.md": codes, "command-line.md": command_line}


def text(name: str) -> str:
    """A page as it must be."""
    return "\n".join(PAGES[name]()).strip() + "\n"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = 0
    for name in PAGES:
        path, wanted = PLACE / name, text(name)
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale += 1
        if not arguments:
            path.write_text(wanted, encoding="utf-8")
        print(f"{name} {'is not up to date' if arguments else 'written'}")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
