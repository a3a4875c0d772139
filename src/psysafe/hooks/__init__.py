"""Finding, checking and quarantining plugins, behind a typed face.

Seven hooks (`specs`) let a plugin announce storages, channels, scales, calendars and vaults,
object to disclosures, and hear of what happened. `Plugins` is what the rest of the program sees.
One bad plugin takes down nothing but itself, and no plugin can widen what anybody sees.
"""

from __future__ import annotations

import logging

from psysafe.hooks.plugins import Plugins
from psysafe.hooks.report import Given, ObjectionAnswer, PluginReport, PluginState
from psysafe.hooks.specs import hookimpl

__all__ = ["Given", "ObjectionAnswer", "PluginReport", "PluginState", "Plugins", "hookimpl"]

logging.getLogger("psysafe.hooks").addHandler(logging.NullHandler())
