"""Codes 6xx: channels. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY601": (
        "channel {channel}: {problem}",
        "messages over it would not arrive",
        "mend its settings",
    ),
    "PSY602": (
        "notice {notice} could not be delivered over any channel",
        "somebody who must know does not know",
        "call by telephone; the route goes on to the next person",
    ),
    "PSY603": (
        "channel {channel} has taken nothing since {since}: {code}",
        "every message over it goes another way, or nowhere",
        "mend its settings or the account behind it, then run psysafe channels test {channel}",
    ),
    "PSY604": (
        "{person} could not be reached over {channel} since {since}: {code}",
        "messages to that person go over their other channels, if they have any",
        "correct the address in the staff list; the next message that is taken ends this",
    ),
    "PSY605": (
        "the school has no channel {channel}; it has: {known}",
        "nothing can be sent over a channel that is not in the settings",
        "use one of these names, or add [channels.{channel}] to psysafe.toml",
    ),
    "PSY606": (
        "channel {channel} does not take this address: {problem}",
        "a message to it would reach nobody, or somebody else",
        "write one address in the channel's own form",
    ),
    "PSY607": (
        "the test message over {channel} came to: {result} ({code})",
        "an alarm over it would not arrive either",
        "see psysafe check and the page of this channel on what the code means",
    ),
    "PSY608": (
        "channel {channel} may carry nothing about anybody: its trust is public",
        "an alarm over it would never be sent",
        "name another channel in the plan",
    ),
    "PSY609": (
        "channel {channel} does not take the address of {person}",
        "no message would reach that person over it",
        "correct it in the staff list; psysafe channels test {channel} says what is wrong with one",
    ),
    "PSY610": (
        "the provider of channel {channel} objects to {field}: {problem}",
        "messages over it would be refused, or never arrive",
        "mend it at the provider; what to apply for stands on the channel's page",
    ),
    "PSY611": (
        "notice {notice} for {person} was taken by no channel since {since}: {code}",
        "it lies in their inbox and wakes nobody; the route goes on to the next person",
        "telephone {person}; mend the channels with psysafe check",
    ),
    "PSY612": (
        "the provider of channel {channel} has shut it until {until}: too much went over it",
        "what is urgent goes over the other channels, the rest waits",
        "nothing is to be done; if it comes often, ask the provider for a higher limit",
    ),
    "PSY613": (
        "the secret of inbound.{name} is none of Standard Webhooks",
        "nothing that it delivers is believed, so nothing comes in",
        "put whsec_ and 24 to 64 random bytes in base64 there, and the same at the sender",
    ),
    "PSY614": (
        "{person}, who answers for inbound.{name}, belongs to the school no more",
        "what it delivers without a name of its own cannot come in",
        "name somebody on the staff in [inbound.{name}]",
    ),
    "PSY625": (
        "the form does not say: {fields}",
        "nobody would know what it is about",
        "choose one of each, then send it again",
    ),
    "PSY626": (
        "this form is not yours, or has been open for too long",
        "an old page could enter something twice, or for somebody else",
        "look at it again and send it once more",
    ),
    "PSY618": (
        "nothing says who has reviewed the text behind {setting} of channel {channel}",
        "its provider holds that text and psysafe cannot read it; it goes to everybody as class K0",
        "read it at the provider, then enter it in templates.toml as [[provider]]",
    ),
    "PSY619": (
        "the message template {template} ({language}) is not as it was reviewed",
        "where it would stand, the neutral text goes in its place: fewer people learn who is meant",
        "see psysafe channels templates, then put the shipped text back or enter a review of it in "
        "templates.toml",
    ),
    "PSY627": (
        "templates.toml has an entry that cannot be used: {entry}",
        "what it says was reviewed counts as not reviewed",
        "mend the entry; template, language, text, digest, by and on are expected in each review",
    ),
    "PSY620": (
        "a plugin cannot be called that",
        "its name becomes that of a distribution, of a Python package and of a setting",
        "take at most 40 small letters, digits and - between them: door-bell",
    ),
    "PSY621": (
        "{name} is taken already: {holder}",
        "which of two a crisis message takes must not depend on luck",
        "choose another name",
    ),
    "PSY623": (
        "this link or code has run out",
        "an old message would still answer for somebody",
        "log in and answer in your inbox",
    ),
    "PSY624": (
        "too many codes that were not yours",
        "somebody may be trying them out",
        "wait ten minutes, or answer in your inbox",
    ),
    "PSY622": (
        "{folder} is there already",
        "what somebody has written would be overwritten",
        "choose another name or another folder with --into",
    ),
}
