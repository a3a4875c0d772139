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
        "{path}: nobody holds the role {role} here",
        "this step would be skipped at once in a crisis",
        "give somebody the role, or change the step",
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
        "{role} has one holder only, {holder}",
        "if that person is away, nobody has the role",
        "name a deputy or a second holder",
    ),
    "PSY112": (
        "class {class_id} has no homeroom teacher",
        "the first line of the net is missing there",
        "enter the homeroom teacher",
    ),
    "PSY113": (
        "{path}: no plugin gives the channel {channel}",
        "a step over a channel that is not there tells nobody",
        "install the plugin or take the channel out",
    ),
    "PSY114": (
        "{person} has no address for {channel}",
        "a step over that channel does not reach them",
        "enter the address in the staff file",
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
        "an imminent alarm goes over fewer than {wanted} independent ways: {channels}",
        "at night an inbox wakes nobody, and where one way is down nobody is told",
        'add a channel to psysafe.toml and to the plan: [delivery] channels = ["inbox", "mail"]',
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
}
