"""The seven hooks: what a plugin may announce, object to, or hear of.

Hooks announce, Protocols are called, frozen records join the two. There is no eighth hook, no
hook whose first answer wins, no historic hook and no wrapper. Another hook needs a written
decision.

These functions are never called; pluggy reads their names and arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from psysafe.contracts.channel import ChannelRecord
    from psysafe.contracts.extras import (
        CalendarRecord,
        Objection,
        ObjectionRequest,
        Observed,
        ScaleRecord,
        VaultRecord,
    )
    from psysafe.contracts.storage import StorageRecord

#: The name that joins markers, plugins and the entry-point group.
GROUP: Final = "psysafe"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def psysafe_storages() -> Sequence[StorageRecord]:
    """Give storages: where a school's documents, journal and outbox are kept.

    Called once, when plugins are collected. A plugin that fails here is set aside; where the
    school's settings name its storage, opening fails.
    """
    raise NotImplementedError


@hookspec
def psysafe_channels() -> Sequence[ChannelRecord]:
    """Give channels: how one message reaches one person.

    Called once, when plugins are collected. A plugin that fails here is set aside; a plan that
    names its channel fails its check.
    """
    raise NotImplementedError


@hookspec
def psysafe_scales() -> Sequence[ScaleRecord]:
    """Give scales: instruments as plain data.

    Called once, when plugins are collected. A plugin that fails here is set aside; answers to
    its scale are then not scored, and a human looks.
    """
    raise NotImplementedError


@hookspec
def psysafe_calendars() -> Sequence[CalendarRecord]:
    """Give calendars: public holidays and make-up days, year by year, with their source.

    Called once, when plugins are collected. A plugin that fails here is set aside; `check` then
    says which years have no data.
    """
    raise NotImplementedError


@hookspec
def psysafe_vaults() -> Sequence[VaultRecord]:
    """Give vaults: what seals bodies before a store sees them.

    Called once, when plugins are collected. A plugin that fails here is set aside; where the
    school's settings name its vault, opening fails.
    """
    raise NotImplementedError


@hookspec
def psysafe_objections(requests: Sequence[ObjectionRequest]) -> Sequence[Objection]:
    """Object to disclosures that are about to happen: deny one, or lower a message to K0.

    Called for each batch, with ids and codes only. An empty list means no objection. Nothing
    that is returned can widen what anybody sees. A plugin that fails here counts as one that
    objects to the whole batch; the people of a route still get their K0 notice, for which no
    plugin is asked.
    """
    raise NotImplementedError


@hookspec
def psysafe_observe(events: Sequence[Observed]) -> None:
    """Hear, after a commit, that something was made durable: kinds, times and ids only.

    Returns nothing and alters nothing. A plugin that fails here is logged and counted, and the
    next one is told.
    """
    raise NotImplementedError


_SPECS: Final = (
    psysafe_storages,
    psysafe_channels,
    psysafe_scales,
    psysafe_calendars,
    psysafe_vaults,
    psysafe_objections,
    psysafe_observe,
)

#: Every hook with the names of the arguments that it gives.
HOOKS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {spec.__name__: frozenset(inspect.signature(spec).parameters) for spec in _SPECS}
)
OBJECTIONS: Final = psysafe_objections.__name__
OBSERVE: Final = psysafe_observe.__name__
