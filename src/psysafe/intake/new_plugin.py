"""A plugin to begin with: a distribution that installs, works and passes its contract test.

The template lies in the package, so nothing is fetched. What is made belongs to its author: an
existing folder is never written into, and a name that something else bears is refused while it
costs nothing to choose another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import attrs

from psysafe.catalogue import LANGUAGES
from psysafe.errors import Finding, InvalidDataError, PlanError
from psysafe.hooks import Plugins

#: What a plugin can be begun as, and the kind of record that it gives.
KINDS: Final = ("channel", "scale")
PREFIX: Final = "psysafe-"
LONGEST: Final = 40
#: Distributions of psysafe's own and what they give: another plugin would clash once both are here.
OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "chat-cn": (
        "dingtalk_robot",
        "dingtalk_work",
        "feishu_app",
        "feishu_robot",
        "wechat_oa",
        "wecom_app",
        "wecom_robot",
        "wecom_school",
    ),
    "email": ("email",),
    "holidays": (),
    "sms-cn": ("aliyun_sms", "tencent_sms"),
    "vault": (),
    "webhook": ("webhook",),
}
_NAME: Final = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_MARK: Final = re.compile(r"\{\{(\w+)\}\}")
#: Every file of a template ends in this, so that no tool takes it for a program of this one's.
_TEMPLATE: Final = ".txt"


@attrs.frozen(kw_only=True)
class NewPlugin:
    """What a name is called everywhere."""

    channel: str
    """in a school's settings: `use = "door_bell"`"""
    distribution: str
    """for pip: `psysafe-door-bell`"""
    package: str
    """for Python: `psysafe_door_bell`"""

    @property
    def words(self) -> Mapping[str, str]:
        """What stands in a template's marks."""
        return {
            "channel": self.channel,
            "distribution": self.distribution,
            "package": self.package,
            "class": "".join(part.capitalize() for part in self.channel.split("_")),
            "variable": f"{self.channel.upper()}_TOKEN",
            "pin": _pin(),
        }


def named(name: str) -> NewPlugin:
    """What a plugin of that name is called; a leading `psysafe-` is no part of it.

    Raises InvalidDataError PSY620 where it can be no name.
    """
    short = name.removeprefix(PREFIX)
    if not _NAME.fullmatch(short) or len(short) > LONGEST:
        raise InvalidDataError([Finding(code="PSY620", where={"field": "NAME"})])
    channel = short.replace("-", "_")
    dashed = PREFIX + channel.replace("_", "-")
    return NewPlugin(channel=channel, distribution=dashed, package=dashed.replace("-", "_"))


def write_plugin(
    parent: Path, name: str, *, kind: str, plugins: Plugins, language: str = LANGUAGES[0]
) -> tuple[Path, ...]:
    """Make `parent`/psysafe-NAME and answer its files.

    `plugins` are those that are installed. Raises, before anything is written, InvalidDataError
    PSY620 where the name can be none, PlanError PSY621 where something else bears it and PSY622
    where the folder is there.
    """
    new = named(name)
    _refuse_a_clash(new, kind, plugins)
    folder = parent / new.distribution
    if folder.exists() or folder.is_symlink():
        raise PlanError("PSY622", where={"path": str(folder)}, folder=new.distribution)
    made = []
    for place, text in _template(kind, new, language):
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        made.append(file)
    return tuple(made)


def _refuse_a_clash(new: NewPlugin, kind: str, plugins: Plugins) -> None:
    given = {"channel": plugins.channels(), "scale": plugins.scales()}[kind]
    shipped = next((PREFIX + d for d, gives in OURS.items() if new.channel in gives), None)
    holder = None
    if new.channel in given:
        holder = f"{kind} {new.channel}"
    elif new.distribution.removeprefix(PREFIX) in OURS:
        holder = new.distribution
    elif kind == "channel" and shipped is not None:
        holder = shipped
    elif _installed(new.distribution) or find_spec(new.package) is not None:
        holder = new.distribution
    if holder is not None:
        raise PlanError("PSY621", name=new.channel, holder=holder)


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _template(kind: str, new: NewPlugin, language: str) -> Iterator[tuple[str, str]]:
    """Each file of a kind's template, filled in, by its place in the new folder."""
    words = new.words
    top = files("psysafe") / "data" / "new_plugin" / kind
    for place, entry in sorted(_files(top, ""), key=lambda found: found[0]):
        name = place.removesuffix(_TEMPLATE)
        spoken = re.fullmatch(r"(.*)\.([a-z]{2})(\.md)", name)
        if spoken is not None and spoken[2] != language:
            continue
        whole = spoken[1] + spoken[3] if spoken is not None else name
        text = _MARK.sub(lambda mark: words[mark[1]], entry.read_text(encoding="utf-8"))
        yield whole.replace("/package/", f"/{new.package}/"), text


def _files(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        place = f"{above}{entry.name}"
        if entry.is_dir():
            yield from _files(entry, f"{place}/")
        elif entry.name.endswith(_TEMPLATE):
            yield place, entry


def _pin() -> str:
    """`>=0.1,<0.2`: until 1.0 a plugin pins psysafe below the next minor."""
    major, minor = version("psysafe").split(".")[:2]
    above = f"{major}.{int(minor) + 1}" if major == "0" else f"{int(major) + 1}"
    return f">={major}.{minor},<{above}"
