"""One call of the command line: its options, the school it opens, its answer and exit code.

Every command is a function `(call, **arguments) -> Answer`. `command` makes it a click command,
opens nothing before the options are understood, turns refusals into codes and findings, and
writes the answer.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import click

from psysafe import catalogue
from psysafe.cli import usage
from psysafe.cli.output import Answer, envelope, findings_lines, in_words
from psysafe.clock import SystemClock
from psysafe.desk.desk import Desk
from psysafe.desk.operator import OperatorDesk
from psysafe.errors import (
    ConflictError,
    Finding,
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
    PluginError,
    PsysafeError,
    StorageError,
)
from psysafe.intake.settings import Settings, read_settings
from psysafe.net import SafetyNet
from psysafe.written import in_json, on_a_terminal

REFUSED: Final = 3
INPUT_REFUSED: Final = 4
FAILED: Final = 5
_REFUSALS = (NotPermittedError, NotFoundError, ConflictError, InvalidMoveError)
#: What stands in the environment when no option is given.
SCHOOL_VARIABLE: Final = "PSYSAFE_SCHOOL"
_HOST_LANGUAGE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
OPERATOR: Final = "operator:setup"
#: Letters of free text that are read from stdin: more than any note may have.
TEXT_LIMIT: Final = 100_000


class SetClock:
    """The machine's clock, unless a time was set."""

    def __init__(self) -> None:
        self.moment: datetime | None = None

    def now(self) -> datetime:
        return self.moment or SystemClock().now()


@attrs.define(slots=False)
class Call:
    """The options of one call and what they lead to. The school is opened when it is needed."""

    school: str | None = None
    actor: str | None = None
    language_asked: str | None = None
    json: bool = False
    at: str | None = None
    verbose: int = 0
    writes: bool = False
    """whether the command leaves a line in the journal; also reading about a student does"""
    clock: SetClock = attrs.field(factory=SetClock)
    closing: ExitStack = attrs.field(factory=ExitStack)

    @property
    def place(self) -> Path:
        """The school's folder or settings file: the option, the environment, this folder."""
        return Path(self.school or os.environ.get(SCHOOL_VARIABLE) or "psysafe.toml")

    @cached_property
    def settings(self) -> Settings:
        """The school's settings. Raises PlanError or InvalidDataError."""
        return read_settings(self.place)

    def named(self, data: Any) -> Callable[[str], str]:
        """How to say who is meant by an id in what was shown: by name, with the id."""
        names = self.desk.names_in(data)
        return lambda person: f"{names[person]} {person}" if person in names else person

    @property
    def zone(self) -> ZoneInfo:
        return self.settings.zone

    @property
    def language(self) -> str:
        """The language asked for, else the school's first, else this machine's, else the first."""
        return self.language_known or catalogue.choose()

    @property
    def language_known(self) -> str | None:
        """That language where anything says which."""
        try:
            school = self.settings.languages
        except PsysafeError:
            school = ()
        host = [os.environ[v] for v in _HOST_LANGUAGE if v in os.environ] if not school else []
        said = map(catalogue.shipped, [self.language_asked, *school, *host])
        return next((language for language in said if language is not None), None)

    @cached_property
    def net(self) -> SafetyNet:
        """The open school, its clock set where a rehearsal sets it."""
        self.settings  # noqa: B018  # its faults come before those of the store
        net = self.closing.enter_context(SafetyNet.open(self.place, clock=self.clock))
        self._set_clock(net)
        self._say_own_policy(net)
        return net

    def _say_own_policy(self, net: SafetyNet) -> None:
        """What of the table the school shows more of, or is not as it was adopted: a line each."""
        for finding in net.operator().policy.standing():
            said = catalogue.describe(in_words(finding, self.language), self.language)
            click.echo(on_a_terminal(f"{finding.code} {said.what}"), err=True)

    def _set_clock(self, net: SafetyNet) -> None:
        rehearsal = self.settings.rehearsal
        wanted = self.moment
        if wanted is not None and self.writes and not rehearsal:
            raise NotPermittedError("PSY016")
        if not self.writes or not rehearsal:
            self.clock.moment = wanted
            return
        last = net.operator().last_commit()
        if wanted is not None and last is not None and wanted < last:
            shown = last.astimezone(self.zone).isoformat()
            raise InvalidDataError(
                [Finding(code="PSY017", where={"field": "--at"}, facts={"last": shown})]
            )
        if wanted is None and last is not None and last > self.clock.now():
            # A rehearsal that is played ahead of the calendar stays where it is.
            wanted = last
        self.clock.moment = wanted

    @property
    def moment(self) -> datetime | None:
        """The time of --at in UTC; without an offset it is the school's."""
        return self.time(self.at, "--at") if self.at else None

    def time(self, text: str, option: str) -> datetime:
        """A time that somebody typed, in UTC. A wrong one is wrong usage."""
        try:
            found = datetime.fromisoformat(text)
            local = found.replace(tzinfo=self.zone) if found.tzinfo is None else found
            return local.astimezone(ZoneInfo("UTC"))
        except (ValueError, OverflowError):
            raise click.BadParameter(
                "write it as 2026-11-02T20:00 | 2026-11-02T20:00+08:00", param_hint=option
            ) from None

    @property
    def desk(self) -> Desk:
        """The desk of whoever acts. Raises NotPermittedError PSY015 where nobody is named."""
        if self.actor is None:
            raise NotPermittedError("PSY015")
        return self.net.desk(self.actor, self.language)

    @property
    def operator(self) -> OperatorDesk:
        """The desk of the person at the machine."""
        return self.net.operator(self.actor or OPERATOR, self.language)


def exit_code(error: PsysafeError) -> int:
    """The exit code of a refusal or failure."""
    if isinstance(error, _REFUSALS):
        return REFUSED
    if isinstance(error, StorageError | PluginError):
        return FAILED
    return INPUT_REFUSED


def findings_of(error: PsysafeError) -> tuple[Finding, ...]:
    """Everything that an error has to say."""
    return error.findings if isinstance(error, InvalidDataError) else (error.finding,)


def _options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--school"],
            metavar="DIR|FILE",
            help="学校文件夹 · the school's folder",
            is_eager=True,
            callback=_at_once,
        ),
        click.Option(["--as", "actor"], metavar="ACTOR", help="由谁操作 · who acts [staff:t-002]"),
        click.Option(
            ["--lang"],
            type=click.Choice(catalogue.LANGUAGES),
            help="语言 · language",
            is_eager=True,
            callback=_at_once,
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="输出 JSON · one JSON object"),
        click.Option(["--at"], metavar="TIME", help="演练时间 · the time, in a rehearsal"),
        click.Option(["-v", "--verbose"], count=True, help="显示日志 · show the log"),
    ]


def _at_once(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Before anything else is understood: help and refusals depend on it."""
    take_options(context.ensure_object(Call), {str(option.name): value})
    return value


def words(context: click.Context, option: click.Parameter, value: str) -> str:
    """Free text. `-` reads it from stdin, so that it stands in no history of a shell."""
    return sys.stdin.read(TEXT_LIMIT).strip() if value == "-" else value


def take_options(call: Call, given: dict[str, Any]) -> None:
    """Move the options that every command knows from the arguments into the call."""
    call.school = given.pop("school", None) or call.school
    call.actor = given.pop("actor", None) or call.actor
    call.language_asked = given.pop("lang", None) or call.language_asked
    call.json = given.pop("as_json", False) or call.json
    call.at = given.pop("at", None) or call.at
    call.verbose = given.pop("verbose", 0) or call.verbose


def language_of(context: click.Context | None) -> str | None:
    """The language to tell somebody in how a command is used, where anything says which."""
    call = context.find_object(Call) if context is not None else None
    return (call or Call()).language_known


class _Context(click.Context):
    """A context whose help is in the reader's language."""

    def make_formatter(self) -> click.HelpFormatter:
        return usage.Spoken(
            language_of(self), width=self.terminal_width, max_width=self.max_content_width
        )


class Group(click.Group):
    """A group that knows the options of every command."""

    context_class = _Context

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*_options(), *self.params]


class Step(click.Command):
    """A command that also takes the common options behind its own name."""

    context_class = _Context

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        common = _options()
        for option in common:
            option.hidden = True  # type: ignore[attr-defined]  # all of them are options
        self.params = [*self.params, *common]


Body = Callable[..., Answer]


def command(
    name: str, *params: click.Parameter, help: str, writes: bool = False
) -> Callable[[Body], Step]:
    """Make a command of a function `(call, **arguments) -> Answer`.

    `writes`: it leaves something in the journal, as reading about a student does too.
    """

    def made(body: Body) -> Step:
        @click.pass_context
        def run(context: click.Context, /, **given: Any) -> None:
            call = context.find_object(Call) or Call()
            take_options(call, given)
            call.writes = writes
            context.exit(_carry_out(context, call, body, given))

        return Step(
            name.rpartition(" ")[2], callback=run, params=list(params), help=help, short_help=help
        )

    return made


def _command_path(context: click.Context) -> str:
    """`import roster`: the command without the program's name."""
    return context.command_path.partition(" ")[2] or context.command_path


def _carry_out(context: click.Context, call: Call, body: Body, given: dict[str, Any]) -> int:
    path = _command_path(context)
    with call.closing:
        listen(call.verbose)
        try:
            answer = body(call, **given)
        except PsysafeError as error:
            answer = Answer(findings=findings_of(error), code=exit_code(error))
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            # Only the type is shown: the text of an unknown error may quote a student.
            if call.verbose:
                raise
            problem = Finding(code="PSY025", facts={"problem": type(error).__name__})
            answer = Answer(findings=(problem,), code=FAILED)
        write(path, answer, call)
        return answer.exit_code


def write(path: str, answer: Answer, call: Call) -> None:
    """Write an answer: JSON to stdout, or text; a refusal goes to stderr in people's words."""
    language = call.language
    refused = answer.exit_code > 1
    lines = findings_lines(answer.findings, language)
    if call.json and answer.data is not None:
        click.echo(in_json(envelope(path, answer, language)))
        lines = lines if refused else []
    elif not call.json:
        for line in answer.text:
            click.echo(on_a_terminal(line))
    for line in lines:
        click.echo(on_a_terminal(line), err=refused or call.json)


class _IdsOnly(logging.Formatter):
    """The constant message and the ids beside it."""

    _USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        beside = {k: v for k, v in vars(record).items() if k not in self._USUAL}
        more = " ".join(f"{key}={value}" for key, value in sorted(beside.items()))
        return f"{record.levelname.lower()} {record.name}: {record.getMessage()} {more}".rstrip()


def listen(verbose: int) -> None:
    """Show the library's log on stderr, where it was asked for."""
    root = logging.getLogger("psysafe")
    for handler in [h for h in root.handlers if isinstance(h.formatter, _IdsOnly)]:
        root.removeHandler(handler)
    if verbose:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_IdsOnly())
        root.addHandler(handler)
        root.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
