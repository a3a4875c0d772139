"""psysafe: a school's psychological-safety net (心理安全网) as a library.

    import psysafe

    net = psysafe.SafetyNet.open("school/psysafe.toml")
    teacher = net.desk("staff:t-017")
    receipt = teacher.signals.report("no:2026030117", "one_to_one", {"insomnia": "marked"})
    net.tick()

`SafetyNet` opens a school, `Desk` is what one person can do and see, `hookimpl` marks a plugin's
functions. Everything heavier than attrs and pluggy is imported when a school is opened.
"""

from typing import TYPE_CHECKING

from psysafe.errors import (
    ConflictError,
    Finding,
    InvalidDataError,
    InvalidMoveError,
    NotFoundError,
    NotPermittedError,
    PlanError,
    PluginError,
    PsysafeError,
    ScaleError,
    StorageError,
)
from psysafe.hooks import hookimpl
from psysafe.net import SafetyNet

if TYPE_CHECKING:
    from psysafe.hooks import Plugins

__all__ = [
    "ConflictError",
    "Finding",
    "InvalidDataError",
    "InvalidMoveError",
    "NotFoundError",
    "NotPermittedError",
    "PlanError",
    "PluginError",
    "Plugins",
    "PsysafeError",
    "SafetyNet",
    "ScaleError",
    "StorageError",
    "hookimpl",
]


def __getattr__(name: str) -> object:
    if name == "Plugins":
        from psysafe.hooks import Plugins

        return Plugins
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
