"""Codes of why somebody is erased."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

#: On what ground somebody is erased: the school's own time has passed, or they ask for it.
ERASURE_BASES: Final = words(
    retention=Word("保存期限已满", "kept long enough", ("期满", "保存期满")),
    request=Word("本人或监护人申请", "asked for", ("申请", "本人申请", "监护人申请")),
)
