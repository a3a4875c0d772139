"""Finding, checking and quarantining plugins, behind a typed face.

Seven hooks (`specs`) let a plugin announce storages, channels, scales, calendars and vaults,
object to disclosures, and hear of what happened. `Plugins` is what the rest of the program sees.
One bad plugin takes down nothing but itself, and no plugin can widen what anybody sees.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from psysafe.hooks.specs import hookimpl

if TYPE_CHECKING:
    from psysafe.hooks.plugins import Plugins
    from psysafe.hooks.report import Given, ObjectionAnswer, PluginReport, PluginState

__all__ = ["Given", "ObjectionAnswer", "PluginReport", "PluginState", "Plugins", "hookimpl"]

logging.getLogger("psysafe.hooks").addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    # A plugin that only marks its functions, and a host that only imports the face, do not pay
    # for finding and checking plugins.
    if name == "Plugins":
        from psysafe.hooks.plugins import Plugins

        return Plugins
    if name in __all__:
        from psysafe.hooks import report

        return getattr(report, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
