"""The channel kit sees every channel that is broken in a way that happens."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from psysafe.contracts.channel import Channel, ResultClass, Secret
from psysafe.testing import ChannelContract
from psysafe.testing.channel_contract import SECRET, Provider
from psysafe.testing.faulty_channels import (
    BROKEN_CHANNELS,
    MEANINGS,
    LogsTheText,
    PagerCompany,
    SoundChannel,
)

RULES = [name for name in vars(ChannelContract) if name.startswith("test_")]


class Kit(ChannelContract):
    """The kit over the pager in memory. No test class by its name: pytest does not collect it."""

    address = "4711"
    needed = ("company", "pin")
    refusals = MEANINGS
    kind: type[SoundChannel] = SoundChannel

    def start_provider(self) -> Provider:
        return PagerCompany()

    def settings(self, provider: Provider) -> dict[str, Any]:
        return {"use": "pager", "company": provider, "pin": Secret(SECRET)}

    def open_channel(self, settings: Mapping[str, Any]) -> Channel:
        return self.kind(settings)


class TestSoundChannel(Kit):
    """A channel as it should be keeps every rule."""


def run(kind: type[SoundChannel], rule: str) -> None:
    kit = Kit()
    kit.kind = kind
    try:
        getattr(kit, rule)()
    finally:
        kit.teardown_method()


@pytest.mark.parametrize(
    ("broken", "rule"),
    BROKEN_CHANNELS.items(),
    ids=[broken.__name__ for broken in BROKEN_CHANNELS],
)
def test_a_broken_channel_fails_the_rule_that_it_breaks(
    broken: type[SoundChannel], rule: str
) -> None:
    # An address that chokes the channel is shown as it was raised.
    with pytest.raises((AssertionError, ValueError)):
        run(broken, rule)


def test_nearly_every_rule_has_a_channel_that_breaks_it() -> None:
    first = "test_a_message_that_the_provider_takes_is_accepted_and_arrives_once"
    assert set(RULES) - set(BROKEN_CHANNELS.values()) == {first}


def test_a_channel_that_hands_over_nothing_fails_the_first_rule() -> None:
    class Deaf(SoundChannel):
        def send(self, *_: Any) -> Any:
            return self.read("ok")

    with pytest.raises(ValueError, match="not enough values"):
        run(Deaf, "test_a_message_that_the_provider_takes_is_accepted_and_arrives_once")


def test_an_author_who_names_no_refusals_is_told_which_are_missing() -> None:
    class Silent(Kit):
        refusals: Mapping[str, ResultClass] = {"busy": ResultClass.TRANSIENT}

    with pytest.raises(AssertionError, match=r"misconfigured.*permanent_recipient"):
        Silent().test_each_refusal_is_told_as_what_it_is()


def test_a_text_in_the_log_is_seen_although_the_log_is_set_to_say_little() -> None:
    quiet = logging.getLogger("psysafe")
    before = quiet.level, quiet.propagate
    try:
        quiet.setLevel(logging.ERROR)
        quiet.propagate = False
        with pytest.raises(AssertionError):
            run(LogsTheText, BROKEN_CHANNELS[LogsTheText])
        assert (quiet.level, quiet.propagate) == (logging.ERROR, False)
    finally:
        quiet.setLevel(before[0])
        quiet.propagate = before[1]
