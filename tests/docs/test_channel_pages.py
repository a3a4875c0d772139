"""Each channel's page: what to apply for, how long it takes, its limits and what it may carry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import psysafe_chat_cn
import psysafe_email
import psysafe_sms_cn
import psysafe_webhook
from psysafe.contracts.channel import Trust
from psysafe.contracts.secret import Secret

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how-to"
LABELS = ("Apply for", "How long", "Limits", "May carry")
RECORDS = {
    record.name: record
    for plugin in (psysafe_chat_cn, psysafe_email, psysafe_sms_cn, psysafe_webhook)
    for record in plugin.psysafe_channels()
}
#: Whatever any of them needs to say whom it reaches.
SETTINGS = {
    "staff_only": True,
    "template": "t",
    "fields": {"thing1": "what"},
    "secret": Secret("s"),
    "url": "https://portal.school.example",
}


def told(use: str) -> str:
    """The part of a page that is about one channel: its section, or a page that has one alone."""
    (page,) = [
        text
        for text in (one.read_text(encoding="utf-8") for one in PAGES.glob("*.md"))
        if f'use = "{use}"' in text and "Apply for" in text
    ]
    sections = re.split(r"^## ", page, flags=re.M)
    (mine,) = {one for one in sections if f'use = "{use}"' in one and "Apply for" in one} or {page}
    return mine


@pytest.mark.parametrize("use", sorted(RECORDS))
def test_a_page_says_what_is_asked_before_a_channel_is_chosen(use: str) -> None:
    text = told(use)
    missing = [label for label in LABELS if not re.search(rf"\*\*{label}[.*:]", text)]
    assert missing == []


@pytest.mark.parametrize("use", sorted(RECORDS))
def test_what_a_page_says_it_may_carry_is_what_its_trust_lets_through(use: str) -> None:
    trust = RECORDS[use].open({"use": use, **SETTINGS}).capabilities.trust
    carries = {Trust.PERSONAL: "class K1", Trust.SHARED: "class K0"}[trust]
    said = told(use).partition("**May carry**")[2].partition("\n\n")[0]
    assert carries in said.replace("\n", " ")
