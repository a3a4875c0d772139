"""How the night is set: pages of at most 100 columns, wide characters counted, and plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from psysafe.cli import demo_school as s
from psysafe.cli.demo_night import ACTORS, COMPARED, Told
from psysafe.cli.demo_sight import rows
from psysafe.cli.demo_voice import ACT, LATE, NOTE, OWED, TOLD, Line, Voice
from psysafe.cli.output import table, width
from psysafe.clock import to_wire
from psysafe.errors import N_
from psysafe.sensitivity import ItemClass

COLUMNS: Final = 98
_SIGNS: Final = {ACT: "  ", TOLD: "> ", OWED: "* ", LATE: "! ", NOTE: "  "}
#: No line begins with one of these.
_NEVER_FIRST: Final = frozenset("，。；：、！？）》」”’%,.;:!?)")
#: No line ends with one of these.
_NEVER_LAST: Final = frozenset("（《「“‘(")
_HEADS: Final = (
    N_("counselor"),
    N_("homeroom"),
    N_("grade head"),
    N_("leading group"),
    N_("other class"),
    N_("operator"),
)


def _pieces(text: str) -> Iterator[str]:
    """What may not be torn apart: words, and wide characters with their punctuation."""
    piece = ""
    for letter in text:
        wide = width(letter) > 1
        breaks = piece and (wide or width(piece[-1]) > 1 or piece[-1] == " ")
        if breaks and letter not in _NEVER_FIRST and piece[-1] not in _NEVER_LAST and letter != " ":
            yield piece
            piece = ""
        piece += letter
    if piece:
        yield piece


def wrapped(text: str, first: str, rest: str, columns: int = COLUMNS) -> Iterator[str]:
    """A text in lines of at most so many columns; `first` and `rest` stand before them."""
    line = first
    begun = False
    for piece in _pieces(text):
        if begun and width(line) + width(piece.rstrip()) > columns:
            yield line.rstrip()
            line = rest
        line += piece
        begun = True
    yield line.rstrip()


def time_line(voice: Voice, told: Sequence[Line]) -> Iterator[str]:
    """Lines by the school's clock, the time once for each minute."""
    before = ""
    for line in told:
        now = voice.clock(line.at)
        shown = now if now != before else " " * len(now)
        before = now
        yield from wrapped(line.text, f"{shown}  {_SIGNS[line.mark]}", " " * 9)
        for why in line.why:
            yield from wrapped(why, " " * 11, " " * 11)


def transcript(voice: Voice, name: str, told: Told) -> list[str]:
    """What one person did, was sent and could see, and nothing more."""
    who = voice.name(ACTORS[name])
    title = voice.say(N_("The night as it was for: {who}"), who=who)
    return [title, "=" * width(title), *time_line(voice, told.transcripts[name])]


def _section(voice: Voice, text: str) -> list[str]:
    said = voice.say(text)
    return ["", said, "-" * width(said)]


def _paragraph(text: str) -> Iterator[str]:
    return wrapped(text, "", "")


def whole(voice: Voice, told: Told, kept: Path | None) -> list[str]:
    """The whole telling: time line, who sees what, who looked, what is late, the proof."""
    say = voice.say
    title = say(N_("psysafe demo: a night on which somebody does not answer"))
    page = [title, "=" * width(title)]
    for text in (
        N_("An invented school, invented people: nobody here lives. Friday, 6 November 2026."),
        N_("The plan is three-tier. Minutes are data of the plan: a school sets its own."),
        N_("`psysafe tick` runs every minute. What follows from a step is read from the journal."),
        N_("The text in quotation marks is what the inbox got. Signs: > told   * owed   ! late"),
    ):
        page += _paragraph(say(text))
    page.append("")
    page += time_line(voice, told.timeline)
    page += _section(voice, N_("Who sees what of this case, at 22:50"))
    page += table(["", *[say(head) for head in _HEADS]], rows(voice, told.sights))
    refusal = next(sight.refusal for sight in told.sights if sight.refusal)
    text = N_("Whoever may not know gets the words for a student who does not exist: “{refusal}”")
    page += _paragraph(say(text, refusal=refusal))
    page += _section(voice, N_("Who looked at it, until 22:50 (each look is in the journal)"))
    page += _looks(voice, told)
    page += _section(voice, N_("What was late, and what is still owed"))
    for line in told.late:
        page += wrapped(f"{voice.clock(line.at)}  {line.text}", "", " " * 7)
    for owed in told.owed:
        page += _paragraph(owed)
    page += _section(voice, N_("Proof"))
    page += _proof(voice, told)
    page += _section(voice, N_("What to try next"))
    for text, command in next_commands(voice.language, kept):
        page += [say(text), f"    {command}"]
    return page


def looks(told: Told) -> list[tuple[Any, str, int, int]]:
    """Minute, person, number of openings, item classes in the widest of them."""
    found: dict[tuple[Any, str], list[int]] = {}
    for read in told.looked:
        found.setdefault((read.at, read.by), []).append(len(read.items))
    return [(at, who, len(counts), max(counts)) for (at, who), counts in found.items()]


def _looks(voice: Voice, told: Told) -> Iterator[str]:
    headings = [
        voice.say(N_("time")),
        voice.say(N_("whoever looked")),
        voice.say(N_("openings")),
        voice.say(N_("kinds of data, of {all}"), all=len(ItemClass)),
    ]
    found = looks(told)
    cells = [[voice.clock(at), voice.name(who), str(n), str(kinds)] for at, who, n, kinds in found]
    return iter(table(headings, cells))


def _proof(voice: Voice, told: Told) -> Iterator[str]:
    v = told.verified
    chain = N_("Chain of the journal: whole, {records} records.")
    if not v.chain_whole:
        chain = N_("Chain of the journal: BROKEN, {records} records.")
    replay = N_("Played again from the journal: the same documents.")
    if not v.replay_equal:
        replay = N_("Played again from the journal: OTHER documents.")
    yield voice.say(chain, records=v.records)
    yield voice.say(replay)


def next_commands(language: str, kept: Path | None) -> list[tuple[str, str]]:
    """What it is for, and the command as it can be typed."""
    found = []
    if kept is not None:
        found.append(
            (
                N_("The invented school is kept. The counselor's cases:"),
                f"psysafe --school {kept} --as {s.COUNSELOR} cases",
            )
        )
    return [
        *found,
        (
            N_("The same night, as one of them saw it:"),
            "psysafe demo --for homeroom-teacher" + (" --lang en" if language == "en" else ""),
        ),
        (
            N_("A school of your own to rehearse with (no real students yet):"),
            "psysafe init my-school --rehearsal",
        ),
        (N_("What it still lacks:"), "psysafe --school my-school check"),
    ]


def _line_data(line: Line) -> dict[str, Any]:
    data: dict[str, Any] = {"at": to_wire(line.at), "kind": line.mark, "text": line.text}
    if line.why:
        data["more"] = list(line.why)
    if line.to is not None:
        data["to"] = line.to
    return data


def data_of(told: Told, language: str, kept: Path | None) -> dict[str, Any]:
    """Everything that was told, for programs."""
    v = told.verified
    return {
        "language": language,
        "timeline": [_line_data(line) for line in told.timeline],
        "transcripts": {
            name: {"actor": ACTORS[name], "lines": [_line_data(line) for line in lines]}
            for name, lines in told.transcripts.items()
        },
        "sights": {
            name: sorted(sight.data) if sight.data is not None else []
            for name, sight in zip(COMPARED, told.sights, strict=True)
        },
        "looked": [
            {"at": to_wire(at), "by": who, "openings": n, "kinds": kinds}
            for at, who, n, kinds in looks(told)
        ],
        "late": [_line_data(line) for line in told.late],
        "owed": list(told.owed),
        "verify": {
            "records": v.records,
            "head": v.head,
            "chain": "whole" if v.chain_whole else "broken",
            "replay": "equal" if v.replay_equal else "different",
        },
        "next": [command for _, command in next_commands(language, kept)],
    }
