"""`psysafe demo`: a night in an invented school, told so that a head teacher can follow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from psysafe.cli.calling import Call, command
from psysafe.cli.demo_night import ACTORS, Told, play
from psysafe.cli.demo_page import data_of, transcript, whole
from psysafe.cli.demo_school import open_invented_school
from psysafe.cli.demo_voice import Voice
from psysafe.cli.output import Answer

#: Chinese is the language of the plans, and of the invented school.
LANGUAGE: Final = "zh"


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """The folder of the invented school: the one to keep, or one that is gone afterwards."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="psysafe-demo-") as folder:
        yield Path(folder) / "school"


def played(folder: Path, language: str) -> tuple[Voice, Told]:
    """Make the school, play the night, close the school.

    Raises PlanError PSY018 where the folder holds a school already.
    """
    rehearsal = open_invented_school(folder, language)
    with rehearsal.net:
        voice = Voice(rehearsal)
        return voice, play(rehearsal, voice)


@command(
    "demo",
    click.Option(
        ["--keep"],
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="把虚构的学校留在此处 · keep the invented school here",
    ),
    click.Option(
        ["--for", "actor_name"],
        type=click.Choice(list(ACTORS)),
        help="某一个人所收到和看到的 · what one person was sent and could see",
    ),
    help="演示：一个无人应答的夜晚 · a night on which somebody does not answer",
)
def demo(call: Call, keep: Path | None, actor_name: str | None) -> Answer:
    """Play the night. Nothing real is touched, and nothing stays unless it is asked for."""
    language = call.language_asked = call.language_asked or LANGUAGE
    with _place(keep) as folder:
        voice, told = played(folder, language)
    if actor_name is not None:
        text = transcript(voice, actor_name, told)
    else:
        text = whole(voice, told, keep)
    return Answer(data=data_of(told, language, keep), text=text, findings=told.verified.findings)
