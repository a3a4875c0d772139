"""Every error that psysafe raises, and the one register of their codes.

An error says what happened, where, why it matters and what to do about it. Its text is built
from a registered code and from *facts*: ids, numbers, codes, file places. Facts never hold a
name, an answer or a note, so an error can be logged as it is.

The English sentences in the register are the keys of the message catalogue; Chinese comes from
there. A code is never used for anything else once released.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import attrs

Fact = str | int | float | bool | None
FindingSeverity = Literal["error", "warning", "note"]


def N_(text: str) -> str:
    """Mark an English sentence for the message catalogue; it comes back as it is.

    Rooms below the catalogue mark what people will read, the catalogue says it in their language.
    """
    return text


@attrs.frozen
class Code:
    """What one error code says, in English, with `{fact}` places: what, why, the cure."""

    what: str
    why: str
    cure: str


REGISTER: dict[str, Code] = {}


def _register(**codes: tuple[str, str, str]) -> None:
    for name, (what, why, cure) in codes.items():
        if name in REGISTER:
            raise ValueError(f"error code {name} is registered twice")
        REGISTER[name] = Code(what, why, cure)


# 0xx: the face and refusals
_register(
    PSY001=(
        "nothing here under that name, or not for you",
        "what you may not know answers exactly like what does not exist",
        "check the id; ask the counselor if you think you should see it",
    ),
    PSY002=(
        "you may not do this: {action}",
        "each step of a case belongs to certain roles of the plan",
        "see `psysafe explain`, or ask somebody who holds the role",
    ),
    PSY003=(
        "somebody else changed the same record first",
        "writing now would undo what they did",
        "look again and repeat the command if it is still right",
    ),
    PSY004=(
        "the command id {command} was used before with other content",
        "a repeated command must be the same command",
        "use a new command id",
    ),
    PSY005=(
        "{action} is not possible while the case is {state}",
        "the steps of a case have an order that protects the student",
        "look at the case: its state names what can be done now",
    ),
    PSY006=(
        "a reason is needed for {action}",
        "whoever reads this later must be able to understand it",
        "repeat the command with the reason",
    ),
    PSY007=(
        "lowering an assessed {severity} needs a second assessor",
        "one tired person at night must not lower it alone",
        "name a second person with the assessor's role, who is not you",
    ),
    PSY008=(
        "the case cannot be closed yet: {blocking}",
        "something that is still owed would be forgotten",
        "meet or hand over what is listed, then ask again",
    ),
    PSY009=(
        "whoever asked for the closure cannot approve it",
        "a second pair of eyes decides",
        "let another counselor or the leading group approve",
    ),
    PSY010=(
        "a dismissal at {severity} or above belongs to a counselor",
        "a danger must not be waved away by somebody without the training",
        "ask the counselor to triage it",
    ),
    PSY011=(
        "a crisis needs {field}",
        "those who are called must know where the child is and what is proposed",
        "repeat the command with it",
    ),
    PSY012=(
        "nobody acknowledged the route {route}",
        "everybody on the route was asked and nobody answered",
        "call by telephone now; then mend the route in the plan",
    ),
    PSY013=(
        "the code {value} is not in the register of {register}",
        "an unknown code would be read by nobody",
        "see `psysafe doctor --codes` for the codes there are",
    ),
    PSY014=(
        "the time {field} carries no zone",
        "a time without zone can be eight hours wrong",
        "write it with an offset, such as 2026-11-02T08:30+08:00",
    ),
    PSY015=(
        "no actor: say who acts",
        "whatever touches a student's data is done by somebody",
        "add --as, for example --as staff:t-002",
    ),
    PSY016=(
        "time travel is for rehearsals: --at is refused here",
        "a real school's journal must carry real times",
        "make a rehearsal school: psysafe init --rehearsal",
    ),
    PSY017=(
        "--at lies before the last thing that happened",
        "a journal cannot run backwards",
        "use {last} or later",
    ),
    PSY018=(
        "the folder already holds {file}",
        "init never writes over a school",
        "choose an empty folder",
    ),
    PSY019=(
        "no school here: {path} is missing",
        "psysafe works on one school's folder",
        "run psysafe init, or give --school",
    ),
    PSY020=(
        "{action} did not finish: the same record kept changing",
        "other people work on it at this moment",
        "repeat the command",
    ),
    PSY021=(
        "{field} is longer than {limit} {unit}",
        "every input has a limit, so that nobody can stop the school with one file",
        "shorten or split it",
    ),
    PSY022=(
        "{action} needs a lead who is not yet named",
        "an open case without a lead belongs to nobody",
        "name the counselor who leads",
    ),
    PSY023=(
        "this notice was already acknowledged",
        "the first answer stopped the route",
        "look at the case: somebody has it",
    ),
    PSY024=(
        "nobody is there to read this: the role {role} has no present holder",
        "a flag that nobody reads is worse than no screening",
        "give somebody the role, or name a deputy, then repeat the command",
    ),
    PSY025=(
        "psysafe itself failed: {problem}",
        "this is a defect of the program, not a mistake of yours",
        "run psysafe verify, then report what the command with -v shows",
    ),
)
# 1xx: plan, calendar and settings
_register(
    PSY101=(
        "{file} is not valid TOML at line {line}",
        "nothing of it can be trusted",
        "mend the line; the text before it was understood",
    ),
    PSY102=(
        "{path}: unknown key",
        "a misspelt key would be ignored when it is needed",
        "remove it or correct its spelling",
    ),
    PSY103=(
        "{path}: {expected} expected",
        "the plan must be understood in one way only",
        "write the value in the stated form",
    ),
    PSY104=(
        "{path}: {value} is no duration",
        "a deadline that is not understood is never met",
        'write "at once", "10 min", "4 h", "2 school days", "7 days", "2 weeks" or "3 months"',
    ),
    PSY105=(
        "{path} has no origin",
        "nobody could say later why it was this figure",
        'add origin = {{ kind = "clause|law|practice|suggestion|site", ref = "..." }}',
    ),
    PSY106=(
        "{path}: nobody holds the role {role} here",
        "this step would be skipped at once in a crisis",
        "give somebody the role, or change the step",
    ),
    PSY107=(
        "{path}: there is no role {role}",
        "a route through a role that does not exist tells nobody",
        "use a role of the register (psysafe doctor --codes)",
    ),
    PSY108=(
        "{file} is of format {found}; this version reads {known}",
        "a newer file may mean what this version cannot know",
        "update psysafe, or use the older file",
    ),
    PSY109=(
        "{path}: the plan {value} is not shipped",
        "a school without its plan has no deadlines",
        "use one of: {known}",
    ),
    PSY110=(
        "the calendar has no data for {year}",
        "school days of that year would be guessed",
        "add [year.{year}] to calendar.toml",
    ),
    PSY111=(
        "{role} has one holder only, {holder}",
        "if that person is away, nobody has the role",
        "name a deputy or a second holder",
    ),
    PSY112=(
        "class {class_id} has no homeroom teacher",
        "the first line of the net is missing there",
        "enter the homeroom teacher",
    ),
    PSY113=(
        "{path}: no plugin gives the channel {channel}",
        "a step over a channel that is not there tells nobody",
        "install the plugin or take the channel out",
    ),
    PSY114=(
        "{person} has no address for {channel}",
        "a step over that channel does not reach them",
        "enter the address in the staff file",
    ),
    PSY115=(
        "{path}: a literal secret",
        "a file of settings is copied and mailed around",
        'write {{ env = "NAME" }} or {{ file = "/path" }}',
    ),
    PSY116=(
        "{path} is missing",
        "this setting has no default that would be right",
        "add it; see psysafe init for an example",
    ),
    PSY117=(
        "{path}: step {step} resolves to somebody who was asked already",
        "the step adds nobody",
        "name another role there",
    ),
    PSY118=(
        "{person} is named like somebody of the roster",
        "ids stand in logs and must not be names",
        "give an id that is no name",
    ),
    PSY119=(
        "{path}: the route is given for {severity} twice",
        "two routes for one purpose and severity leave it open which one runs",
        "keep one",
    ),
)
# 2xx: what comes in from files
_register(
    PSY201=(
        "{column}: the column is missing",
        "rows cannot be understood without it",
        "add the column; the first line must hold the headings",
    ),
    PSY202=(
        "{column}: there is no such role",
        "a person with an unknown role would be told nothing",
        "use a role of the register (psysafe doctor --codes)",
    ),
    PSY203=(
        "the number has lost digits",
        "two pupils could become one",
        "format the column as text and type it again",
    ),
    PSY204=(
        "no student with this number",
        "answers without a student would be lost",
        "import the student first, or correct the number",
    ),
    PSY205=(
        "the answer to item {item} is off the response scale",
        "a wrong column or a typing error would be scored",
        "use one of {allowed}, or leave it empty",
    ),
    PSY206=(
        "the row has {found} cells, the heading {expected}",
        "values may stand in the wrong column",
        "mend the row",
    ),
    PSY207=(
        "the file's encoding is not understood",
        "names would be damaged",
        "save it as UTF-8 or GB18030",
    ),
    PSY208=(
        "{column}: the cell is empty",
        "the row cannot be used without it",
        "fill it in",
    ),
    PSY209=(
        "the time is not understood",
        "a sheet's date decides what is new",
        "write it as 2026-11-02T08:30",
    ),
    PSY210=(
        "different answers for the same student, scale and time",
        "one of the two sheets is wrong",
        "look at both; give the right one its own time",
    ),
    PSY211=(
        "{column}: the range is not understood",
        "it decides whose students this person answers for",
        "write a class, grades separated by a semicolon, or 全校",
    ),
    PSY212=(
        "the file {file} cannot be read",
        "nothing was changed",
        "check path and rights",
    ),
    PSY213=(
        "the number stands twice in the file",
        "two rows would become one student",
        "correct one of them",
    ),
    PSY214=(
        "no staff member answers to this homeroom teacher's name, or several do",
        "the class would have no first line",
        "import staff first; write the staff_id where two share a name",
    ),
    PSY215=(
        "the date {column} is not understood",
        "it decides from when somebody answers for whom",
        "write it as 2026-09-01",
    ),
    PSY216=(
        "answers to {scale} taken at this time are known already",
        "a second run changes nothing",
        "nothing to do",
    ),
    PSY217=(
        "the file holds a character that is no text",
        "it is damaged, or no table of text",
        "export it again as CSV in UTF-8",
    ),
    PSY218=(
        "{column}: the heading stands twice",
        "which of the two columns counts would be guessed",
        "remove or rename one of them",
    ),
    PSY219=(
        "the file holds no table",
        "there is nothing to read",
        "the first line must hold the headings, each further line one row",
    ),
    PSY220=(
        "the quotation marks of this row are not in pairs",
        "everything after them would be read as one cell",
        "mend the row, or export the table again",
    ),
    PSY221=(
        "{count} columns are not read: {columns}",
        "what stands in them changes nothing here",
        "nothing to do, unless one of them has a misspelt heading",
    ),
    PSY222=(
        "{column}: another row about the same person says something else",
        "which of the two is right would be guessed",
        "make the rows agree, or give times that do not overlap",
    ),
    PSY223=(
        "the staff_id cannot be used as an id",
        "ids stand in logs and in file names",
        "use at most 32 of A-Z, a-z, 0-9, dot, underscore, hyphen",
    ),
    PSY224=(
        "{column}: the end does not lie after the beginning",
        "the role or absence would never hold",
        "correct one of the two dates",
    ),
    PSY225=(
        "{column}: the deputy is nobody of the staff, or the person themselves",
        "nobody would stand in during an absence",
        "write the staff_id of a member of staff",
    ),
    PSY226=(
        "{column}: the grade or class is not understood",
        "it decides who answers for the student",
        "write the grade as 高一 and the class as 3班 or 高一(3)班",
    ),
    PSY227=(
        "{column}: the telephone number is not understood",
        "in a crisis nobody could call",
        "write its digits; separate two numbers with a semicolon",
    ),
    PSY228=(
        "{column}: the class has another homeroom teacher already",
        "both will be told of its students",
        "if one of them has left, enter the day in 止 of the staff file",
    ),
    PSY229=(
        "{column}: this relation has ended and is not begun again",
        "an old file must not give back the sight of students",
        "to begin it again, enter it in the staff file with the new day in 起",
    ),
    PSY230=(
        "{column}: the number is not understood",
        "a student is known by it",
        "use digits, letters and hyphens only, at most 32",
    ),
    PSY231=(
        "{column}: a live case stands against this change; it was left out",
        "an import never takes a student in a crisis from those who answer for them",
        "hand the case over, or close it, then import again",
    ),
    PSY232=(
        "{column}: the relation is none of the known words; taken as emergency contact",
        "an emergency contact is not told what a legal guardian is",
        "write 父子, 母女, 监护人 or 祖孙 if one of them is meant",
    ),
    PSY233=(
        "the items name {found} columns for {expected} items",
        "an answer would be counted for the wrong item",
        "name one column for each item, such as D1-D9",
    ),
    PSY234=(
        "{column}: this guardian's relation has ended and is not begun again",
        "an old file must not give back the sight of a student",
        "take the guardian out of the file; only a person may begin the relation again",
    ),
    PSY235=(
        "the identity {source} of student {student} is another student's already",
        "a report about one child would reach the other one's file",
        "correct the number of one of the two",
    ),
)
# 3xx: scales
_register(
    PSY301=(
        "there is no scale {scale}",
        "its answers cannot be scored",
        "see `psysafe plugins` for the scales installed",
    ),
    PSY302=(
        "the definition of {scale} is wrong at {path}: {problem}",
        "a wrong band can hide a danger",
        "mend the definition; nothing of it is used until then",
    ),
    PSY303=(
        "{found} answers for {expected} items",
        "an answer would be counted for the wrong item",
        "give one answer an item, null where there is none",
    ),
    PSY304=(
        "item {item}: {value} is off the response scale",
        "a wrong column or a typing error would be scored",
        "use one of {allowed}, or null",
    ),
    PSY305=(
        "no band table of {scale} is for the population {population}",
        "a band of another age would be shown",
        "use one of {known}",
    ),
    PSY306=(
        "line {line} is not a JSON object with answers",
        "it cannot be scored",
        'write {{"answers": [...]}}',
    ),
)
# 4xx: storage
_register(
    PSY401=(
        "the storage cannot be opened: {problem}",
        "nothing can be read or kept",
        "check path, rights and disk; nothing was changed",
    ),
    PSY402=(
        "the database is of format {found}; this version reads {known}",
        "a newer file may hold what this version would damage",
        "update psysafe",
    ),
    PSY403=(
        "record {record} is damaged: {problem}",
        "what it said cannot be trusted any more",
        "restore it from a backup; everything else is readable",
    ),
    PSY404=(
        "the chain is broken at position {position}",
        "something in the journal was changed, or lost, after it was written",
        "keep the file as it is and compare it with a backup",
    ),
    PSY405=(
        "document {record} differs from its journal",
        "the program would act on something that never happened",
        "look at both, then psysafe rebuild",
    ),
    PSY406=(
        "the storage failed: {problem}",
        "the command was not kept",
        "check disk and rights, then repeat it",
    ),
    PSY407=(
        "the query is not over a declared index: {index}",
        "it would walk the whole school",
        "use one of the declared indexes",
    ),
    PSY408=(
        "document {record} has no journal behind it",
        "nobody can say who wrote it",
        "keep the file as it is and compare it with a backup",
    ),
    PSY409=(
        "the commit cannot be kept: {problem}",
        "what it writes could not be found or proved again",
        "mend the program that made it; nothing was changed",
    ),
)
# 5xx: plugins
_register(
    PSY501=(
        "the plugin {plugin} could not be loaded: {problem}",
        "whatever it gives is missing",
        "reinstall it, or disable it in [plugins]",
    ),
    PSY502=(
        "the plugin {plugin} failed in {hook}: {problem}",
        "it is set aside so that it cannot take others down",
        "mend it or disable it",
    ),
    PSY503=(
        "the plugin {plugin} has a hook that does not exist: {hook}",
        "it would never be called, and nobody would notice",
        "correct the name; hint: {hint}",
    ),
    PSY504=(
        "the plugin {plugin} asks for an argument that {hook} does not give: {argument}",
        "it could never be called",
        "take the arguments of the hook reference",
    ),
    PSY505=(
        "the plugin {plugin} gave {found} where a {expected} belongs",
        "what it means would be guessed",
        "return a list of {expected}",
    ),
    PSY506=(
        "{kind} {name} is given by {plugin} and by {other}",
        "which one a crisis message takes must not depend on luck",
        "disable one of the two in [plugins]",
    ),
    PSY507=(
        "the plugin {plugin} speaks contract {found} of {kind}; this version speaks {known}",
        "it would be called in a way that it does not expect",
        "install a fitting version",
    ),
    PSY508=(
        "the plugin {plugin} did not answer within {seconds} s in {hook}",
        "an alarm cannot wait for it",
        "mend it or disable it",
    ),
    PSY509=(
        "the plugin {plugin} is a hook wrapper",
        "a wrapper could change what other plugins say",
        "make it a plain hook",
    ),
    PSY510=(
        "no {kind} named {name} is installed; there are: {known}",
        "the school's settings ask for it",
        "install the plugin, or correct [{kind}]",
    ),
    PSY511=(
        "the plugin {plugin} has a hook that is not marked: {hook}",
        "it would never be called, and nobody would notice",
        "put @psysafe.hookimpl above it; an entry point must lead to what holds the hooks",
    ),
    PSY512=(
        "[plugins] disables {plugin}, which is not installed",
        "a misspelt name disables nothing",
        "correct or remove the name; hint: {hint}",
    ),
)
# 6xx: channels
_register(
    PSY601=(
        "channel {channel}: {problem}",
        "messages over it would not arrive",
        "mend its settings",
    ),
    PSY602=(
        "notice {notice} could not be delivered over any channel",
        "somebody who must know does not know",
        "call by telephone; the route goes on to the next person",
    ),
)
# 7xx: privacy
_register(
    PSY701=(
        "the privacy matrix is wrong at row {row}: {problem}",
        "who may see what would be guessed",
        "restore the shipped file",
    ),
    PSY703=(
        "a plugin objects, or failed: {plugin}",
        "an error or an objection denies a disclosure; it never stops an alarm",
        "mend the plugin or disable it; see psysafe plugins",
    ),
    PSY702=(
        "no rule for {viewer}, {item}, {state}: denied",
        "what no rule allows is not shown",
        "nothing to do; a missing row of the matrix is a defect",
    ),
)


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that a check, an import or a verification has to say.

    `where` holds a place (file, sheet, row, column, cell, path), `facts` what fills the
    code's sentences. Both are safe to log.
    """

    code: str
    severity: FindingSeverity = "error"
    where: Mapping[str, Fact] = attrs.field(factory=dict)
    facts: Mapping[str, Fact] = attrs.field(factory=dict)

    def text(self, sentence: str) -> str:
        """Fill one (possibly translated) sentence of this finding's code."""
        return sentence.format_map({**self.where, **self.facts})

    @property
    def what(self) -> str:
        return self.text(REGISTER[self.code].what)

    @property
    def why(self) -> str:
        return self.text(REGISTER[self.code].why)

    @property
    def cure(self) -> str:
        return self.text(REGISTER[self.code].cure)


class PsysafeError(Exception):
    """The root of all errors of this library. `finding` holds code, place and facts."""

    def __init__(
        self, code: str, /, *, where: Mapping[str, Fact] | None = None, **facts: Fact
    ) -> None:
        self.finding = Finding(code=code, where=where or {}, facts=facts)
        super().__init__(code)

    @property
    def code(self) -> str:
        return self.finding.code

    def __str__(self) -> str:
        place = ", ".join(f"{k} {v}" for k, v in self.finding.where.items())
        return f"{self.code}: {self.finding.what}" + (f" ({place})" if place else "")


class NotPermittedError(PsysafeError):
    """The actor may know the record but may not do this."""


class NotFoundError(PsysafeError):
    """There is nothing under that name, or it is not for this actor: both answer alike."""

    def __init__(self, code: str = "PSY001", /) -> None:
        super().__init__(code)


class ConflictError(PsysafeError):
    """Somebody else changed the same record first, or a command id was used for two things."""


class InvalidMoveError(PsysafeError):
    """The state machine has no such step from here."""


class InvalidDataError(PsysafeError):
    """Something that came in is not in the agreed form. `findings` names every fault."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(first.code, where=first.where, **first.facts)

    def __str__(self) -> str:
        more = len(self.findings) - 1
        return super().__str__() + (f" (and {more} more)" if more else "")


class StorageError(PsysafeError):
    """The store could not be opened, read or written."""


class ScaleError(PsysafeError):
    """A definition or a sheet of answers cannot be used."""


class PluginError(PsysafeError):
    """A plugin that is needed is missing, broken or ambiguous."""


class PlanError(PsysafeError):
    """The school's plan, calendar or settings cannot be used."""
