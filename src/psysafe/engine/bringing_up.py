"""Records that an earlier psysafe wrote, brought to what the present one makes of their journal.

A file in which a death was entered before the entry remembered what stood open would owe nothing
again when the death is taken back. What was open then stands in the journal, so such a file is
folded again, with the line that every rebuilding leaves. It is looked for once in a store's life: a
mark outside the chain says which folds its documents are made by, and an opening reads that mark
and no file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from psysafe.contracts.storage import Put, Query
from psysafe.contracts.storage_abilities import Keeping
from psysafe.domain.files import StudentFile
from psysafe.engine.gather import every_page, readable
from psysafe.engine.school import School
from psysafe.errors import ConflictError
from psysafe.ids import SYSTEM_TICK

#: Counted up where a fold makes something else of old events than the version before did.
FOLDED: Final = 1
#: Behind every channel's name, as what is sent is.
_MARK: Final = f"channel/~folded/{FOLDED}"
_log = logging.getLogger("psysafe.engine")


def behind(school: School) -> bool:
    """Whether there may be records of an earlier version that are not brought up to date."""
    if isinstance(school.storage, Keeping):
        return _MARK not in school.storage.read(school.part, (_MARK,)).documents
    return any(True for _ in _old(school))


def bring_up(school: School, now: datetime) -> int:
    """Fold again what an earlier version folded otherwise; how many. A second time it is none.

    Raises StorageError, and what `rebuild` raises: then it is tried again at the next opening.
    """
    store = school.storage
    if isinstance(store, Keeping) and not behind(school):
        return 0
    keys = list(_old(school))
    found = _folded_again(school, keys, now) if keys else 0
    if found == len(keys) and isinstance(store, Keeping):
        store.keep(school.part, (Put(key=_MARK, body=b""),), {_MARK: 0})
    return found


def _folded_again(school: School, keys: Iterable[str], now: datetime) -> int:
    from psysafe.engine.rebuilding import rebuild  # needs every fold there is: no opening else does

    found = 0
    for key in keys:
        try:
            rebuild(school, key, SYSTEM_TICK, now)
        except ConflictError:
            # Somebody is at this file, another process perhaps: it is looked at again.
            _log.warning("a record of an earlier version is in use")
        else:
            found += 1
    return found


def _old(school: School) -> Iterator[str]:
    """The keys of files in which a death stands without what stood open then."""
    query = Query(index="kind", prefixes=(("file",),), limit=500)
    for document, file in readable(school, every_page(school, query), StudentFile):
        if file.frozen is not None and file.death is None:
            yield document.key
