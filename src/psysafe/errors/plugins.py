"""Codes 5xx: plugins. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY501": (
        "the plugin {plugin} could not be loaded: {problem}",
        "whatever it gives is missing",
        "reinstall it, or disable it in [plugins]",
    ),
    "PSY502": (
        "the plugin {plugin} failed in {hook}: {problem}",
        "it is set aside so that it cannot take others down",
        "mend it or disable it",
    ),
    "PSY503": (
        "the plugin {plugin} has a hook that does not exist: {hook}",
        "it would never be called, and nobody would notice",
        "correct the name; hint: {hint}",
    ),
    "PSY504": (
        "the plugin {plugin} asks for an argument that {hook} does not give: {argument}",
        "it could never be called",
        "take the arguments of the hook reference",
    ),
    "PSY505": (
        "the plugin {plugin} gave {found} where a {expected} belongs",
        "what it means would be guessed",
        "return a list of {expected}",
    ),
    "PSY506": (
        "{kind} {name} is given by {plugin} and by {other}",
        "which one a crisis message takes must not depend on luck",
        "disable one of the two in [plugins]",
    ),
    "PSY507": (
        "the plugin {plugin} speaks contract {found} of {kind}; this version speaks {known}",
        "it would be called in a way that it does not expect",
        "install a fitting version",
    ),
    "PSY508": (
        "the plugin {plugin} did not answer within {seconds} s in {hook}",
        "an alarm cannot wait for it",
        "mend it or disable it",
    ),
    "PSY509": (
        "the plugin {plugin} is a hook wrapper",
        "a wrapper could change what other plugins say",
        "make it a plain hook",
    ),
    "PSY510": (
        "no {kind} named {name} is installed; there are: {known}",
        "the school's settings ask for it",
        "install the plugin, or correct [{kind}]",
    ),
    "PSY511": (
        "the plugin {plugin} has a hook that is not marked: {hook}",
        "it would never be called, and nobody would notice",
        "put @psysafe.hookimpl above it; an entry point must lead to what holds the hooks",
    ),
    "PSY512": (
        "[plugins] disables {plugin}, which is not installed",
        "a misspelt name disables nothing",
        "correct or remove the name; hint: {hint}",
    ),
    "PSY513": (
        "a channel speaks HTTP and the extra {extra} is not installed",
        "nothing can be sent over it",
        "pip install 'psysafe[{extra}]'",
    ),
}
