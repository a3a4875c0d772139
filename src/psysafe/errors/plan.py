"""Codes 1xx: plan, calendar and settings. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY101": (
        "{file} is not valid TOML at line {line}",
        "nothing of it can be trusted",
        "mend the line; the text before it was understood",
    ),
    "PSY102": (
        "{path}: unknown key",
        "a misspelt key would be ignored when it is needed",
        "remove it or correct its spelling",
    ),
    "PSY103": (
        "{path}: {expected} expected",
        "the plan must be understood in one way only",
        "write the value in the stated form",
    ),
    "PSY104": (
        "{path}: {value} is no duration",
        "a deadline that is not understood is never met",
        'write "at once", "10 min", "4 h", "2 school days", "7 days", "2 weeks" or "3 months"',
    ),
    "PSY105": (
        "{path} has no origin",
        "nobody could say later why it was this figure",
        'add origin = {{ kind = "clause|law|practice|suggestion|site", ref = "..." }}',
    ),
    "PSY106": (
        "nobody holds the role {role} here",
        "each step and duty of the role is passed over at once in a crisis",
        "enter somebody with this role in the staff file, or change the plan",
    ),
    "PSY107": (
        "{path}: there is no role {role}",
        "a route through a role that does not exist tells nobody",
        "use a role of the register (psysafe doctor --codes)",
    ),
    "PSY108": (
        "{file} is of format {found}; this version reads {known}",
        "a newer file may mean what this version cannot know",
        "update psysafe, or use the older file",
    ),
    "PSY109": (
        "{path}: the plan {value} is not shipped",
        "a school without its plan has no deadlines",
        "use one of: {known}",
    ),
    "PSY110": (
        "the calendar has no data for {year}",
        "school days of that year would be guessed",
        "add [year.{year}] to calendar.toml",
    ),
    "PSY111": (
        "roles with one holder only ({count}): {holders}",
        "if that person is away, nobody has the role",
        "name a deputy or a second holder in the staff file",
    ),
    "PSY112": (
        "classes without a homeroom teacher ({count}): {classes}",
        "the first line of the net is missing there: nobody sees the class, nobody calls home",
        "enter their homeroom teachers in the staff file or in the roll",
    ),
    "PSY113": (
        "{path}: no plugin gives the channel {channel}",
        "a step over a channel that is not there tells nobody",
        "install the plugin or take the channel out",
    ),
    "PSY114": (
        "people of the plan without an address for {channel} ({count}): {people}",
        "a step over that channel does not reach them",
        "enter the addresses in the staff file",
    ),
    "PSY115": (
        "{path}: a literal secret",
        "a file of settings is copied and mailed around",
        'write {{ env = "NAME" }} or {{ file = "/path" }}',
    ),
    "PSY116": (
        "{path} is missing",
        "this setting has no default that would be right",
        "add it; see psysafe init for an example",
    ),
    "PSY117": (
        "{path}: step {step} resolves to somebody who was asked already",
        "the step adds nobody",
        "name another role there",
    ),
    "PSY118": (
        "{person} is named like somebody of the roster",
        "ids stand in logs and must not be names",
        "give an id that is no name",
    ),
    "PSY119": (
        "{path}: the route is given for {severity} twice",
        "two routes for one purpose and severity leave it open which one runs",
        "keep one",
    ),
    "PSY120": (
        "{path}: the plan {plan} stands on itself",
        "nobody could say which of the plans in the circle is meant",
        "let the lowest plan extend nothing",
    ),
    "PSY121": (
        "{path}: more than {limit} plans stand on one another",
        "nobody could still say where a figure comes from",
        "extend a shipped plan itself",
    ),
    "PSY122": (
        "{path}: no activity of the register, and without a name",
        "a misspelt activity is one that nobody does",
        'correct it (psysafe doctor --codes), or say what it is: name = "..."',
    ),
    "PSY123": (
        "{path}: the role {role} is held, but by nobody for {count} classes: {classes}",
        "for a student of such a class this step is skipped at once",
        "widen somebody's scope in the staff file, or change the step",
    ),
    "PSY124": (
        "{path}: for {count} classes no step finds anybody: {classes}",
        "an alarm about a student of such a class would go straight to the end of its route",
        "give somebody one of the roles of the route for these classes",
    ),
    "PSY125": (
        "nobody has the role {role} from {since} until {until}",
        "in that time each step and duty of the role is passed over",
        "name a deputy in the staff file, or another holder for that time",
    ),
    "PSY126": (
        "besides the inbox an imminent alarm goes over fewer than {wanted} independent ways: "
        "{channels}",
        "at night an inbox wakes nobody, and where one way is down nobody is told",
        "add two ways, such as SMS and e-mail: [channels.sms] and [channels.mail] in psysafe.toml, "
        'then in plan.toml [delivery] channels = ["inbox", "sms", "mail"]; the pages "Send an SMS" '
        'and "Send e-mail" show how (how-to/sms, how-to/send-e-mail)',
    ),
    "PSY127": (
        "no phase of the plan holds on {day}",
        "nothing of the plan is switched off, also what is meant for another time",
        "add a [[phase]] with its dates to plan.toml",
    ),
    "PSY128": (
        "{path}: from {since} until {until} no phase holds for {place}",
        "in that time nothing of the plan is switched off",
        "let the phase before it last longer, or the one after it begin earlier",
    ),
    "PSY129": (
        "{path}: the phase {phase} overlaps the phase {other} from {since} on, for {place}",
        "the one that began later counts, which may not be what is meant",
        "end the earlier phase on the day before",
    ),
    "PSY130": (
        "{path}: no activity of the plan knows the phase {phase}",
        "whatever is meant for certain phases only would be off in it",
        "use one of: {known}; or name the phase in the activities",
    ),
    "PSY131": (
        "{path}: on {trigger} no route starts at {severities}",
        "nobody would be asked",
        'add the severity to "for" of a route',
    ),
    "PSY132": (
        "{file} may be read by others on this machine (mode {mode})",
        "whoever reads it can make the ids of students, or read what is kept of them",
        "chmod 700 for a folder, chmod 600 for a file",
    ),
    "PSY133": (
        "live cases whose class has no homeroom teacher",
        "nobody who sees these children every day would notice, and nobody would call home first",
        "enter the homeroom teachers that are missing (PSY112), or let the leads name a stand-in",
    ),
    "PSY134": (
        "people of the plan whom nothing reaches besides the inbox ({count}): {people}",
        "at night or on a free day a message for them lies until they look",
        "enter an address of theirs in the staff file, or mend the one that a channel refuses",
    ),
    "PSY135": (
        "{since} to {until}: nobody is there as {role} for some classes ({count}): {classes}",
        "in that time each step and duty of the role is passed over for these classes",
        "name a deputy of {people} in the staff file, or another holder for that time",
    ),
    "PSY136": (
        "the scale {scale} has no licence record that permits its use: {status}",
        "a school that uses an instrument without permission may have to stop in the middle",
        "ask its holder, or take an instrument whose record is clear (psysafe scales list)",
    ),
    "PSY137": (
        "numbers of the scale {scale} that nobody has checked ({count}): {places}",
        "a limit that is wrong flags too many students, or misses some",
        "let a professional check them against their source (psysafe scales show {scale})",
    ),
    "PSY138": (
        "the last record of the store is {seconds} s later than the clock of this machine",
        "with a clock that is slow alarms and answers come too late, and nobody sees it",
        "let this machine keep its time by a time server, and each other that writes here",
    ),
    "PSY150": (
        "no authority outside the school is entered",
        "where everybody who would be told is suspected of harm, nobody would be told",
        "add [outside_authority] with a channel and an address to psysafe.toml",
    ),
    "PSY151": (
        "the row in line {line} of the school's own policy is wrong: {problem}",
        "nothing of the file counts, because nobody knows what was meant",
        "mend the row; psysafe policy show names viewers, items and states",
    ),
    "PSY152": (
        "line {line}: {row} shows more than the shipped table, and may not: {problem}",
        "to show more somebody answers by name, with a reason and an end; nothing was adopted",
        "mend the row, have it signed: psysafe policy sign; see docs/how-to/your-own-policy.md",
    ),
    "PSY153": (
        "line {line}: {row} may never show more ({effect}), whoever signs it",
        "whoever keeps the machine, and other students, are told nothing about a student",
        "take the row out; nothing was adopted",
    ),
}
