"""How a command is used, in the reader's language: pages of help, and what was typed wrongly.

Help is written in both languages, `中文 · English [what is typed]`; whoever reads one of them is
shown that one. Where nothing says which (no `--lang`, no school, no locale) both stand there.
Click builds its own sentences, in English: those that somebody can meet here are found again by
their form and said from our catalogue; one that is not known stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import click

from psysafe.catalogue import LANGUAGES, say
from psysafe.cli.recognising import Sentences
from psysafe.errors import N_

_BETWEEN: Final = " · "
#: Behind a full-width bracket the first space is left out.
_PAIR: Final = re.compile(r"\s*· ")
_ENGLISH: Final = "en"
_CHINESE: Final = re.compile("[\u3400-\u9fff]")
#: What is typed, and what click adds: `[required]`, `[default: 4.0]`.
_BRACKETS: Final = re.compile(r"(?:\s*\[[^\[\]]*\])*$")
#: Click's sentences, the longer ones before those that they begin with.
_CLICK: Final = Sentences(
    (
        N_("Show this message and exit."),
        N_("Show the version and exit."),
        N_("Options"),
        N_("Commands"),
        N_("Missing command."),
        N_("No such command {name}. {more}"),
        N_("No such command {name}."),
        N_("No such option {name}. {more}"),
        N_("No such option {name}."),
        N_("Did you mean {name}?"),
        N_("(Did you mean one of: {names}?)"),
        N_("Missing argument {name}. {more}"),
        N_("Missing argument {name}."),
        N_("Missing option {name}. {more}"),
        N_("Missing option {name}."),
        N_("Choose from: {names}"),
        N_("Option {name} requires an argument."),
        N_("Option {name} does not take a value."),
        N_("Got unexpected extra argument ({names})"),
        N_("Got unexpected extra arguments ({names})"),
        N_("Invalid value for {name}: {more}"),
        N_("write it as {example}"),
        N_("confirm with --yes: the file is frozen"),
        N_("one of: {names}"),
        N_("{value} is not one of {names}."),
        N_("{value} is not a valid integer."),
        N_("{value} is not a valid integer range."),
        N_("{value} is not a valid float range."),
        N_("{value} is not in the range {range}."),
        N_("{file}: No such file or directory"),
        N_("[required]"),
        N_("[default: {value}; required]"),
        N_("[default: {value}; {range}]"),
        N_("[default: {value}]"),
        N_("[{range}; required]"),
    )
)


def told(text: str, language: str | None) -> str:
    """A sentence of click's in that language; both where none is known, unknown ones as they are.

    A text in both languages gives the half of that language, with what is typed behind it.
    """
    if language is None:
        if _PAIR.search(text):
            return text
        one = told(text, LANGUAGES[0])
        return text if one == text else f"{one}{_BETWEEN}{text}"
    tail = _BRACKETS.search(text)
    end = tail.group() if tail else ""
    said = "".join(_from_click(part, language) for part in re.split(r"(?=\[)", end))
    return _half(text.removesuffix(end), language) + said if end else _half(text, language)


def _half(text: str, language: str) -> str:
    chinese, *english = _PAIR.split(text, maxsplit=1)
    if english and _CHINESE.search(chinese):
        return english[0] if language == _ENGLISH else chinese
    return _from_click(text, language)


def _from_click(text: str, language: str) -> str:
    """What click says, said by our catalogue."""
    return text if language == _ENGLISH else _CLICK.said(text, language)


class Spoken(click.HelpFormatter):
    """Writes a page of help in one language, or in both."""

    def __init__(self, language: str | None, **given: Any) -> None:
        super().__init__(**given)
        self._language = language

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """`Usage: psysafe ack [OPTIONS] NOTICE`, its first word and click's own names said."""
        language = self._language or LANGUAGES[0]
        options, one = say("[OPTIONS]", language), say("COMMAND [ARGS]...", language)
        args = args.replace("[OPTIONS]", options).replace("COMMAND [ARGS]...", one)
        first = say("Usage:", language)
        gap = " " if first.isascii() else ""
        super().write_usage(prog, args, prefix or first + gap)

    def write_heading(self, heading: str) -> None:
        super().write_heading(told(heading, self._language))

    def write_text(self, text: str) -> None:
        super().write_text(told(text, self._language))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        said = [(first, told(second, self._language)) for first, second in rows]
        super().write_dl(said, col_max, col_spacing)


class WrongUsage(click.UsageError):
    """What was typed wrongly, with the way to the help, in the reader's language."""

    def __init__(self, error: click.UsageError, language: str | None) -> None:
        super().__init__(told(error.format_message(), language), error.ctx)
        self._language = language or LANGUAGES[0]

    def show(self, file: IO[Any] | None = None) -> None:
        """Usage, the way to the help, and what is wrong; on stderr where no file is given."""
        for line in self._lines():
            click.echo(line, file=file, err=file is None)

    def _lines(self) -> Iterable[str]:
        if self.ctx is not None:
            yield self.ctx.get_usage()
            command = f"{self.ctx.command_path} --help"
            yield say("Try '{command}' for help.", self._language, command=command)
            yield ""
        yield say("Error: {message}", self._language, message=self.format_message())


@contextmanager
def said_in(
    language_of: Callable[[click.Context | None], str | None], around: click.Context | None = None
) -> Iterator[None]:
    """Whatever is typed wrongly in here is told in the language of the context it happens in.

    `around`: the context that is known already, for what click says without one.
    """
    try:
        yield
    except WrongUsage:
        raise
    except click.UsageError as error:
        if not error.format_message() or type(error).__name__ == "NoArgsIsHelpError":
            raise
        raise WrongUsage(error, language_of(error.ctx or around)) from error
