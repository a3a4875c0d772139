"""A school's settings: psysafe.toml, the plan and the calendar beside it, read as one whole.

Reading is strict (see `domain.tables`) and opens nothing: no store, no plugin, no network. What
belongs to a plugin (the rest of `[storage]`, `[channels.NAME]`, `[vault]`) is handed to it as it
stands; a secret in it is a reference until `with_secrets` fetches it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from psysafe.builtin.plans import shipped_plans
from psysafe.domain.calendar import CalendarDays, SchoolCalendar, Unit, Within
from psysafe.domain.plan import Plan
from psysafe.domain.plan_merging import Layer, chain
from psysafe.domain.plan_reading import duration, read_plan
from psysafe.domain.tables import Faults, Table
from psysafe.errors import Finding, InvalidDataError, PlanError
from psysafe.ids import Part, part
from psysafe.intake.calendar_file import read_calendar
from psysafe.intake.emergency_settings import Emergency, read_emergency
from psysafe.intake.grants_settings import GrantSettings, read_grants
from psysafe.intake.headings import KINDS, canonical_names
from psysafe.intake.headings import word as heading_word
from psysafe.intake.inbound_settings import InboundSender, read_inbound
from psysafe.intake.secret import SecretRef, resolve_secret
from psysafe.intake.toml_file import read_toml

SETTINGS_FILE: Final = "psysafe.toml"
LANGUAGES: Final = ("zh", "en")
#: What `[retention]` must give a time for. There is no default: the school decides.
RETAINED: Final = ("student_file",)
#: For how long notes are kept that nobody linked, in what can pass without a school.
NOTES: Final = "notes"
_NOTES_IN: Final = (Unit.DAYS, Unit.WEEKS, Unit.MONTHS)

_STAFF = re.compile(r"staff:[a-z0-9][a-z0-9-]{0,39}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
#: An address with a host and a path, in plain signs; the token stands behind them.
_ANSWER_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/[!-~]*\{token\}[!-~]*")
#: Zones that are the host's own setting under another name.
_HOST_ZONES: Final = frozenset({"localtime", "posixrules", "Factory"})
_SECRET_KEY = re.compile(
    r"(?:password|passwd|passphrase|secret|token|credentials?|webhook(?:_url)?|api_?key|"
    r"[_-]key|^key)$",
    re.IGNORECASE,
)
_PASSWORD_IN_URL = re.compile(r"://[^/\s@]*:[^/\s@]+@")


@attrs.frozen(kw_only=True)
class Chosen:
    """Which storage, channel or vault the school uses, and the options that are that plugin's."""

    use: str
    options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class Settings:
    """What a school has set. `findings` is what `check` says about the text of the plan.

    `plan_layers`: the school's own plan file and the shipped plans that it stands on, own first.
    """

    file: Path
    part: Part
    name: str = attrs.field(repr=False)
    languages: tuple[str, ...]
    rehearsal: bool
    storage: Chosen
    vault: Chosen | None
    channels: Mapping[str, Chosen]
    disabled_plugins: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]]
    """the school's own words for headings of tables that come in, by canonical name"""
    retention: Mapping[str, Within]
    plan: Plan
    plan_layers: tuple[Layer, ...] = attrs.field(repr=False)
    calendar: SchoolCalendar
    findings: tuple[Finding, ...]
    hotline: str = attrs.field(default="", repr=False)
    """the number that the school publishes for students (A1), if it has one"""
    outside: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    """by channel, where the authority outside is reached when everybody inside is barred"""

    emergency: Emergency | None = None
    """whom of the staff psysafe calls where it cannot open the school"""

    answer_url: str = attrs.field(default="", repr=False)
    """the host's page behind the links in messages, with `{token}` in it; none: no links"""
    answer_valid: Within | None = None
    """for how long a link is good"""
    inbound: Mapping[str, InboundSender] = attrs.field(factory=dict, repr=False)
    """systems that may deliver what somebody was told, by name"""
    calendar_use: str | None = None
    """the calendar of a plugin that knows the years which the school's own file leaves out"""

    heads_to: tuple[str, ...] = ()
    """where heads of the chain go besides the school's own folder"""
    policy_signers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    """who may sign that the school shows more, each with their public key"""
    grants: GrantSettings = attrs.field(factory=GrantSettings)
    """where it is decided who sees by their role"""
    heads_key: str = ""
    """the public key that an exported head must be signed by; "" for whichever"""
    papers: str = ""
    """the folder of the school's own templates of papers, relative to its settings; "" for none"""

    @property
    def folder(self) -> Path:
        """The school's folder: paths in the settings are relative to it."""
        return self.file.parent

    @property
    def zone(self) -> ZoneInfo:
        """The school's zone; never the host's."""
        return self.calendar.zone


def settings_file(school: Path) -> Path:
    """The settings file of a folder, or the file itself. Raises PlanError PSY019 where none is."""
    file = school / SETTINGS_FILE if school.is_dir() else school
    if not file.is_file():
        raise PlanError("PSY019", path=str(file))
    return file


def read_settings(
    school: Path, *, shipped: Mapping[str, Mapping[str, object]] | None = None
) -> Settings:
    """Read a school's settings from its folder or its psysafe.toml.

    `shipped`: the plans that the school's plan may extend; psysafe's own by default. Raises
    PlanError where a file is missing (PSY019, PSY212), too long (PSY021) or no TOML (PSY101), and
    InvalidDataError with the faults of all three files together: PSY102 to PSY109, PSY115 a
    literal secret, PSY116 a missing setting, PSY119.
    """
    file = settings_file(school)
    faults = Faults(file.name)
    top = Table(read_toml(file), "", faults)
    top.check_format()
    school_table = _required(top, "school")
    zone = _zone(school_table)
    plan_name, calendar_name = _names(_required(top, "plan"))
    found = {
        **_school(school_table),
        "storage": _chosen(_required(top, "storage")),
        "vault": _chosen(vault) if (vault := top.table("vault", needed=False)) else None,
        "channels": (named := _channels(top)),
        "outside": _outside(top, named),
        "emergency": read_emergency(top, named),
        **_acknowledgement(top),
        "inbound": read_inbound(top, _secret_ref),
        "calendar_use": _calendar_use(top),
        "disabled_plugins": _disabled(top),
        "aliases": _aliases(top),
        "retention": _retention(_required(top, "retention")),
        "papers": _papers(top),
        "policy_signers": _signers(top),
        "grants": read_grants(top),
        **_heads(top),
    }
    top.refuse_the_rest()
    known = shipped_plans() if shipped is None else shipped
    plan, layers, findings = _plan(file.parent, plan_name, known, faults)
    years = _calendar(file.parent, calendar_name, faults)
    if faults.found or plan is None:
        raise InvalidDataError(faults.found)
    calendar = SchoolCalendar(zone, MappingProxyType(years))
    return Settings(
        file=file, plan=plan, plan_layers=layers, calendar=calendar, findings=findings, **found
    )


def with_secrets(
    chosen: Chosen, path: str, *, folder: Path, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A plugin's options with every secret fetched, for the moment in which it is opened.

    `path` names the table for an error. Raises PlanError as `resolve_secret` does.
    """

    def fetched(value: Any, place: str) -> Any:
        if isinstance(value, SecretRef):
            return resolve_secret(value, place, folder=folder, environment=environment)
        if isinstance(value, Mapping):
            return {key: fetched(inner, f"{place}.{key}") for key, inner in value.items()}
        if isinstance(value, list):
            return [fetched(inner, f"{place}[{i}]") for i, inner in enumerate(value)]
        return value

    return {key: fetched(value, f"{path}.{key}") for key, value in chosen.options.items()}


def vault_options(settings: Settings) -> dict[str, Any]:
    """The `[vault]` table with its secrets as they were written, not fetched.

    A vault fetches its key itself, and again when another process has rotated it.
    """
    options = settings.vault.options if settings.vault is not None else {}
    return {
        key: {value.kind: value.place} if isinstance(value, SecretRef) else value
        for key, value in options.items()
    }


def _required(top: Table, key: str) -> Table:
    found = top.table(key)
    # A missing table is one fault, not one for each key in it.
    return found if found is not None else Table({}, key, Faults(top.faults.file))


def _school(table: Table) -> dict[str, Any]:
    name = table.text("part", limit=40)
    try:
        checked = part(name) if name else Part(name)
    except InvalidDataError as error:
        checked = Part("")
        table.wrong("part", str(error.findings[0].facts["expected"]))
    languages = table.texts("languages", needed=True)
    if not set(languages) <= set(LANGUAGES) or len(set(languages)) != len(languages):
        table.wrong("languages", "each once: " + ", ".join(LANGUAGES))
    found = {
        "part": checked,
        "name": table.text("name", limit=100),
        "languages": languages,
        "rehearsal": table.flag("rehearsal", default=False),
        "hotline": table.text("hotline", "", limit=40),
    }
    table.refuse_the_rest()
    return found


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, such as Asia/Shanghai; None where there is none.

    A name that means "whatever this machine is set to" is none.
    """
    if name in _HOST_ZONES:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _zone(table: Table) -> ZoneInfo:
    name = table.text("zone", limit=60)
    found = zone_named(name) if name else None
    if name and found is None:
        table.wrong("zone", "a zone of the IANA list, such as Asia/Shanghai")
    return found or ZoneInfo("UTC")


def _chosen(table: Table) -> Chosen:
    use = table.text("use", limit=40)
    options = {key: _option(key, value, table) for key, value in table.rest().items()}
    return Chosen(use=use, options=MappingProxyType(options))


def _option(key: str, value: object, table: Table) -> object:
    """One option of a plugin: a reference to a secret becomes one, a literal secret is refused."""
    if isinstance(value, Mapping) and (ref := _secret_ref(value)) is not None:
        return ref
    if _SECRET_KEY.search(key) or (isinstance(value, str) and _PASSWORD_IN_URL.search(value)):
        table.faults.add("PSY115", table.at(key))
        return None
    if isinstance(value, Mapping):
        inside = Table(value, table.at(key), table.faults)
        return {k: _option(k, inner, inside) for k, inner in value.items()}
    if isinstance(value, list):
        return [_option(key, inner, table) for inner in value]
    return value


def _secret_ref(value: Mapping[Any, object]) -> SecretRef | None:
    match dict(value):
        case {"env": str(place), **rest} if place and not rest:
            return SecretRef("env", place)
        case {"file": str(place), **rest} if place and not rest:
            return SecretRef("file", place)
    return None


def _channels(top: Table) -> Mapping[str, Chosen]:
    found = {}
    for name, table in top.named_tables("channels"):
        if not _NAME.fullmatch(name):
            top.faults.add("PSY103", table.path, expected="a name of lower-case letters")
        found[name] = _chosen(table)
    return MappingProxyType(found)


def _disabled(top: Table) -> tuple[str, ...]:
    table = top.table("plugins", needed=False)
    if table is None:
        return ()
    disabled = table.texts("disabled")
    table.refuse_the_rest()
    return disabled


def _aliases(top: Table) -> Mapping[str, tuple[str, ...]]:
    """`[import.aliases]`: canonical = ["own word", ...]. One word for two columns is a fault."""
    importing = top.table("import", needed=False)
    if importing is None:
        return MappingProxyType({})
    table = importing.table("aliases", needed=False)
    importing.refuse_the_rest()
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(frozenset().union(*(canonical_names(kind) for kind in KINDS))):
        if table is not None and table.has(name):
            found[name] = table.texts(name)
    if table is not None:
        table.refuse_the_rest()
        words = [heading_word(one) for several in found.values() for one in several]
        if len(set(words)) != len(words):
            table.faults.add("PSY103", table.path, expected="each word under one name only")
    return MappingProxyType(found)


def _outside(top: Table, channels: Mapping[str, Chosen]) -> Mapping[str, str]:
    """`[outside_authority]`: a channel of the school = the contact's address over it."""
    table = top.table("outside_authority", needed=False)
    if table is None:
        return MappingProxyType({})
    found = {name: table.text(name, limit=200) for name in channels if table.has(name)}
    table.refuse_the_rest()
    return MappingProxyType(found)


def _acknowledgement(top: Table) -> dict[str, Any]:
    """`[acknowledgement]`: the host's page behind a link, and for how long a link is good."""
    table = top.table("acknowledgement", needed=False)
    if table is None:
        return {}
    url, valid = table.text("url", limit=300), duration(table, "valid")
    good = _ANSWER_URL.fullmatch(url) is not None and url.count("{token}") == 1
    if url and not good:
        table.wrong("url", "https://HOST/PATH/{token}")
    table.refuse_the_rest()
    return {"answer_url": url if good else "", "answer_valid": valid}


def _retention(table: Table) -> Mapping[str, Within]:
    found = {key: duration(table, key) for key in RETAINED}
    if table.has(NOTES):
        # Not required: a school that was made before must open, and `check` asks for it (PSY093).
        found[NOTES] = duration(table, NOTES)
        if found[NOTES].unit not in _NOTES_IN:
            table.wrong(NOTES, "days, weeks or months, such as 24 months")
    table.refuse_the_rest()
    return MappingProxyType(found)


def _names(table: Table) -> tuple[str, str]:
    names = table.text("file"), table.text("calendar")
    table.refuse_the_rest()
    return names


def _plan(
    folder: Path, name: str, shipped: Mapping[str, Mapping[str, object]], faults: Faults
) -> tuple[Plan | None, tuple[Layer, ...], tuple[Finding, ...]]:
    if not name:
        return None, (), ()  # that no file is named is among the faults already
    data = read_toml(folder / name)
    try:
        plan, findings = read_plan(data, shipped, name)
    except InvalidDataError as error:
        faults.found += error.findings
        return None, (), ()
    return plan, chain(data, shipped, Faults(name)), findings


def _calendar_use(top: Table) -> str | None:
    """`[calendar] use = "NAME"`; None where the school's own file is all there is."""
    table = top.table("calendar", needed=False)
    if table is None:
        return None
    name = table.text("use")
    table.refuse_the_rest()
    return name or None


def _papers(top: Table) -> str:
    """`[papers] templates = "FOLDER"`; "" where the shipped ones are used."""
    table = top.table("papers", needed=False)
    if table is None:
        return ""
    folder = table.text("templates", limit=200)
    table.refuse_the_rest()
    return folder


def _signers(top: Table) -> Mapping[str, str]:
    """`[policy.signers]`: a person of the staff = the public key of their signatures."""
    policy = top.table("policy", needed=False)
    if policy is None:
        return MappingProxyType({})
    table = policy.table("signers", needed=False)
    policy.refuse_the_rest()
    if table is None:
        return MappingProxyType({})
    found = {}
    for name in tuple(table.rest()):
        if not _STAFF.fullmatch(name):
            table.wrong(name, "somebody of the staff, such as staff:t-001")
        found[name] = table.text(name, limit=44)
    return MappingProxyType(found)


def _heads(top: Table) -> dict[str, Any]:
    """`[heads]`: `to`, the second places of heads, and `check`, the key that signs them."""
    table = top.table("heads", needed=False)
    if table is None:
        return {}
    found = {"heads_to": table.texts("to"), "heads_key": table.text("check", "", limit=44)}
    table.refuse_the_rest()
    return found


def _calendar(folder: Path, name: str, faults: Faults) -> dict[int, CalendarDays]:
    if not name:
        return {}
    there = Faults(name)
    years = read_calendar(read_toml(folder / name), there)
    faults.found += there.found
    return years
