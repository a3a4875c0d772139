"""A school's folder: made, looked over, described."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import attrs
import click

from psysafe import catalogue
from psysafe.builtin import plugin as builtin
from psysafe.catalogue import say, sentence
from psysafe.cli.calling import Call, command, findings_of
from psysafe.cli.output import Answer, pairs, table
from psysafe.desk.keeping import default_vault
from psysafe.domain.codes import REGISTERS
from psysafe.domain.codes import word as code_word
from psysafe.errors import N_, Finding, PlanError, PsysafeError
from psysafe.hooks import Plugins
from psysafe.hooks.report import PluginReport, PluginState
from psysafe.intake.grants_settings import DIRECTORY, SIGNED
from psysafe.intake.school_files import write_school

#: What `doctor` looks at, in words; whatever is not here has its own name.
_DOCTOR: Final[Mapping[str, str]] = {
    "part": N_("the school's code"),
    "rehearsal": N_("rehearsal"),
    "zone": N_("time zone"),
    "tzdata": N_("time zone data"),
    "languages_there": N_("languages shipped"),
    "languages": N_("languages of the school"),
    "plan": N_("plan"),
    "calendar": N_("school calendar"),
    "storage": N_("storage"),
    "classes": N_("classes"),
    "staff": N_("staff"),
    "roles_without_people": N_("roles without people"),
    "channels": N_("channels"),
    "channels_closed": N_("channels that do not open"),
    "private_files": N_("files, for others on this machine"),
    "scales": N_("scales"),
    "plugins": N_("plugins"),
    "clock": N_("clock"),
    "here": N_("here"),
    "store": N_("of the store"),
    "none of its own": N_("none of its own"),
    "year": N_("year"),
    "known": N_("known"),
    "use": N_("kind"),
    "ok": N_("in order"),
    "quarantined": N_("switched off after a fault"),
    "disabled": N_("disabled"),
    "clash": N_("two of one name"),
    "position": N_("position"),
}

_FILES: Final[Mapping[str, str]] = {
    "closed": N_("they cannot be read"),
    "open": N_("they can be read: see psysafe check"),
}


@command(
    "init",
    click.Argument(["folder"], metavar="DIR"),
    click.Option(["--plan"], default="three-tier", help="方案 · a shipped plan"),
    click.Option(["--name"], default="学校", help="校名 · the school's name"),
    click.Option(["--part"], default="school", help="代码 · a code [no3-middle]"),
    click.Option(["--zone"], default="Asia/Shanghai", help="时区 · the school's zone"),
    click.Option(["--rehearsal"], is_flag=True, help="演练用 · an invented school"),
    click.Option(
        ["--grants"],
        type=click.Choice([SIGNED, DIRECTORY]),
        help="谁凭角色可查看：须署名，或以名册为准（演练默认）· who sees by a role: whom somebody "
        "signs for, or whom the staff file names (a rehearsal's default)",
    ),
    click.Option(["--no-vault"], is_flag=True, help="不加密 · records lie unsealed"),
    help="新建学校文件夹 · make a school's folder",
)
def init(
    call: Call,
    folder: str,
    plan: str,
    name: str,
    part: str,
    zone: str,
    rehearsal: bool,
    no_vault: bool,
    grants: str | None,
) -> Answer:
    found = default_vault(Plugins.installed(builtins=[builtin])) if not no_vault else None
    languages = dict.fromkeys([call.language_asked or "zh", *catalogue.LANGUAGES])
    source = grants or (DIRECTORY if rehearsal else SIGNED)
    written = write_school(
        Path(folder),
        plan=plan,
        part_name=part,
        name=name,
        zone=zone,
        languages=languages,
        rehearsal=rehearsal,
        vault=found,
        signed=source == SIGNED,
    )
    call.school = folder
    language = call.language
    text = [say("The school is made: {folder}", language, folder=folder)]
    text += [f"  {file.relative_to(folder)}" for file in written]
    text += [
        say("Next: write staff.csv, then run", language),
        f"  psysafe --school {folder} import staff {Path(folder) / 'staff.csv'}",
    ]
    if source == SIGNED:
        text += [
            say("Name in psysafe.toml, [grants], who signs. They then sign who sees:", language),
            f"  psysafe --school {folder} grants begin --reason WHY --until DAY",
        ]
    if found is not None:
        said = say("What is written is sealed. Make two recovery shares for two people:", language)
        text += [said, f"  psysafe --school {folder} keys shares"]
    data = {
        "folder": str(folder),
        "files": [str(file.relative_to(folder)) for file in written],
        "rehearsal": rehearsal,
        "grants": source,
        "vault": found.name if found is not None else "null",
    }
    return Answer(data=data, text=text)


@command("check", help="检查方案、人员、日历、渠道 · would the net hold?")
def check(call: Call) -> Answer:
    names = call.operator.class_names()
    found = tuple(_with_names(finding, names) for finding in call.operator.check())
    language = call.language
    text = [] if found else [say("Nothing to object.", language)]
    grave = sum(f.severity == "error" for f in found)
    data = {
        "errors": grave,
        "warnings": sum(f.severity == "warning" for f in found),
        "notes": sum(f.severity == "note" for f in found),
    }
    if found:
        text = [say("{errors} errors, {warnings} warnings, {notes} notes", language, **data)]
    return Answer(data=data, text=text, findings=found)


def _with_names(finding: Finding, names: Mapping[str, str]) -> Finding:
    """The finding with its classes called as people call them, for the screen only."""
    listed = finding.facts.get("classes")
    if not isinstance(listed, str):
        return finding
    called = ", ".join(names.get(each, each) for each in listed.split(", "))
    return attrs.evolve(finding, facts={**finding.facts, "classes": called})


@command(
    "doctor",
    click.Option(["--codes"], is_flag=True, help="列出全部代码 · print the register of codes"),
    help="检查安装 · how this installation stands",
)
def doctor(call: Call, codes: bool) -> Answer:
    if codes:
        return _codes(call)
    found: tuple[Finding, ...] = ()
    data: dict[str, Any] = {"python": platform.python_version()}
    try:
        data = dict(call.operator.doctor())
    except PsysafeError as error:
        found = findings_of(error)
    data["psysafe"] = _version()
    language = call.language
    entries = [(_label(key, language), _told(key, value, language)) for key, value in data.items()]
    return Answer(data=data, text=pairs(entries), findings=found)


def _label(key: str, language: str) -> str:
    return sentence(_DOCTOR[key], language) if key in _DOCTOR else key


def _told(key: str, value: Any, language: str) -> str:
    """One finding of `doctor` for people: roles and yes or no in words."""
    if key == "roles_without_people":
        return ", ".join(code_word("roles", role, language) for role in value) or "-"
    if key == "private_files" and value in _FILES:
        return sentence(_FILES[value], language)
    if isinstance(value, bool):
        return say("yes", language) if value else say("no", language)
    if isinstance(value, dict):
        inner = (f"{_label(k, language)} {_told(k, one, language)}" for k, one in value.items())
        return ", ".join(inner)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return _label(str(value), language)


def _version() -> str:
    try:
        return version("psysafe")
    except PackageNotFoundError:
        return "-"


def _codes(call: Call) -> Answer:
    language = call.language
    text: list[str] = []
    data: dict[str, dict[str, str]] = {}
    for register, words in REGISTERS.items():
        data[register] = {code: code_word(register, code, language) for code in words}
        text += [register, *[f"  {line}" for line in pairs(data[register].items())]]
    return Answer(data=data, text=text)


@command("plugins", help="插件及其状态 · plugins and how they stand")
def plugins(call: Call) -> Answer:
    try:
        disabled = call.settings.disabled_plugins
    except PlanError as error:
        if error.code != "PSY019":
            raise
        disabled = ()
    reports = Plugins.installed(disabled=disabled, builtins=[builtin]).report
    language = call.language
    data = [_plugin(report, language) for report in reports]
    headings = [
        say("plugin", language),
        say("version", language),
        say("kind", language),
        say("contract", language),
        say("state", language),
    ]
    rows = [
        [
            d["name"],
            d.get("version", ""),
            d.get("kind", ""),
            str(d.get("contract", "")),
            _label(d["state"], language),
        ]
        for d in data
    ]
    findings = tuple(finding for report in reports for finding in report.findings)
    bad = any(r.state in (PluginState.QUARANTINED, PluginState.CLASH) for r in reports)
    return Answer(data=data, text=table(headings, rows), findings=findings, code=1 if bad else None)


def _plugin(report: PluginReport, language: str) -> dict[str, Any]:
    """One plugin as plain data; what is not known is absent."""
    found: dict[str, Any] = {"name": report.name, "state": report.state.value}
    if report.version:
        found["version"] = report.version
    if report.kinds:
        found["kind"] = ", ".join(report.kinds)
    if report.contract is not None:
        found["contract"] = report.contract
    if report.findings:
        said = catalogue.describe(report.findings[0], language)
        found |= {"message": said.what, "hint": said.cure}
    return found
