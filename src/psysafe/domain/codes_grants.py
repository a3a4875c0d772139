"""Codes of standing grants: how a role that sees stands in their list."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

GRANT_STATES: Final = words(
    waiting=Word("待署名，尚不能查看", "waits for a signature, sees nothing yet"),
    signed=Word("已署名", "signed"),
    over=Word("已到期", "over"),
)
