"""Codes of taking many students at once (X12): what is taken, and what became of the asking."""

from __future__ import annotations

from typing import Final

from psysafe.domain.words import Word, words

#: Everything that gives many students to whoever does not owe it to each of them.
BULK_LISTS: Final = words(
    roster=Word("学生名册", "the roster of students"),
    missing=Word("未作答学生名单", "the students who have not answered"),
    exposure=Word("涉疫情况名单", "the students with an exposure"),
    retention=Word("保存期满名单", "the students whose records have been kept long enough"),
    circles=Word("宿舍与同伴名单", "who shares a dormitory, who are friends"),
    papers=Word("打印的个案材料", "papers about cases"),
)
BULK_STATES: Final = words(
    waiting=Word("等待答复", "waits for an answer"),
    approved=Word("已同意，可用一次", "approved, for one use"),
    refused=Word("未同意", "refused"),
    expired=Word("无人答复，已过期", "nobody answered in time"),
    withdrawn=Word("已撤回", "withdrawn"),
    used=Word("已使用", "used"),
)
