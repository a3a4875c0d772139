"""The shipped plans, as data: a school's plan extends one of them by name and version."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType


@functools.cache
def shipped_plans() -> Mapping[str, Mapping[str, object]]:
    """Every shipped plan's data by `name@version`, such as `three-tier@1`; read on first use.

    A released version is never edited: schools pin it.
    """
    found: dict[str, Mapping[str, object]] = {}
    for file in sorted(_folder().iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            found[f"{data['name']}@{data['version']}"] = MappingProxyType(data)
    return MappingProxyType(found)


def _folder() -> Traversable:
    return resources.files("psysafe") / "data" / "plans"
