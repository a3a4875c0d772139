"""The keys of a school's vault: made, looked over, rotated, split in two, put back."""

from __future__ import annotations

import sys

import click

from psysafe.builtin import plugin as builtin
from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command, words
from psysafe.cli.output import Answer, pairs
from psysafe.contracts.keys import KeyKeeper
from psysafe.desk.keeping import keeper, make_keys
from psysafe.hooks import Plugins

_APPLY = click.Option(["--apply"], is_flag=True, help="真的执行 · do it")

keys = Group("keys", help="保险库的密钥 · the keys of the vault")


def _plugins(call: Call) -> Plugins:
    return Plugins.installed(disabled=call.settings.disabled_plugins, builtins=[builtin])


def _keeper(call: Call) -> KeyKeeper:
    return keeper(call.settings, _plugins(call))


@command("keys init", help="为尚无记录的学校生成密钥 · make the keys of a school without records")
def make(call: Call) -> Answer:
    make_keys(call.settings, _plugins(call))
    language = call.language
    text = [say("The keys are made.", language), *_share_them(call)]
    return Answer(data={"made": True}, text=text)


def _share_them(call: Call) -> list[str]:
    language = call.language
    said = say("Now make two recovery shares for two people, and back the key store up:", language)
    return [said, "  psysafe keys shares"]


@command("keys check", help="逐一打开每把密钥 · does every key open?")
def check(call: Call) -> Answer:
    state = _keeper(call).check()
    language = call.language
    data = {
        "store": state.store,
        "key": state.key,
        "subjects": state.subjects,
        "keys": state.keys,
        "erased": state.erased,
        "shared": state.shared,
    }
    text = pairs(
        [
            (say("key store", language), state.store),
            (say("wrapped under key", language), state.key),
            (say("people and the school, with keys of their own", language), str(state.subjects)),
            (say("keys", language), str(state.keys)),
            (say("erased", language), str(state.erased)),
            (say("recovery shares made", language), _yes(state.shared, language)),
        ]
    )
    return Answer(data=data, text=text, findings=state.findings)


def _yes(value: bool, language: str) -> str:
    return say("yes", language) if value else say("no", language)


@command("keys rotate", _APPLY, help="换用新的主密钥 · wrap every key under a new one")
def rotate(call: Call, apply: bool) -> Answer:
    language = call.language

    def progress(done: int, count: int) -> None:
        if sys.stderr.isatty():
            click.echo(say("{done} of {count} keys", language, done=done, count=count), err=True)

    found = _keeper(call).rotate(progress, dry_run=not apply)
    data = {
        "applied": apply,
        "keys": found.keys,
        "before": found.before,
        "after": found.after,
        "resumed": found.resumed,
        "by_hand": found.by_hand,
    }
    text = pairs(
        [
            (say("keys", language), str(found.keys)),
            (say("wrapped under key", language), found.before),
            (say("new key", language), found.after or say("a new one", language)),
        ]
    )
    if found.resumed:
        text.append(say("An interrupted rotation is gone on with.", language))
    if not apply:
        text.append(say("Nothing was changed. With --apply it is done.", language))
        return Answer(data=data, text=text)
    text.append(say("Every key was read back and opened before the old one was dropped.", language))
    if found.by_hand:
        said = say(
            "Now let [vault] key name the new key, take next_key out, and start psysafe again.",
            language,
        )
        text.append(said)
    text.append(say("The old recovery shares open nothing any more.", language))
    return Answer(data=data, text=[*text, *_share_them(call)])


@command("keys shares", help="生成两份恢复码 · two recovery shares, for two people")
def shares(call: Call) -> Answer:
    first, second = _keeper(call).shares()
    language = call.language
    text = [
        say("Write each on paper and give them to two people. They are shown only now.", language),
        "",
        say("share {which}", language, which=1),
        f"  {first}",
        "",
        say("share {which}", language, which=2),
        f"  {second}",
        "",
        say("One alone is worth nothing. Both together are the school's key.", language),
    ]
    return Answer(data={"shares": [first, second]}, text=text)


@command(
    "keys recover",
    click.Option(
        ["--first"],
        prompt="1",
        hide_input=True,
        callback=words,
        metavar="SHARE",
        help="第一份（- 为标准输入） · the first share; - reads it from stdin",
    ),
    click.Option(
        ["--second"],
        prompt="2",
        hide_input=True,
        metavar="SHARE",
        help="第二份 · the second share",
    ),
    _APPLY,
    help="用两份恢复码找回主密钥 · put the key back from two shares",
)
def recover(call: Call, first: str, second: str, apply: bool) -> Answer:
    found = _keeper(call).recover(first, second, dry_run=not apply)
    language = call.language
    text = pairs([(say("key", language), found.key), (say("file", language), found.file)])
    if not apply:
        text.append(say("Nothing was changed. With --apply it is done.", language))
    elif found.by_hand:
        said = say("Now put it where [vault] key says, and delete the file.", language)
        text.append(said)
    else:
        text.append(say("The key is back. See psysafe keys check.", language))
    data = {"applied": apply, "key": found.key, "file": found.file, "by_hand": found.by_hand}
    return Answer(data=data, text=text)


for _one in (make, check, rotate, shares, recover):
    keys.add_command(_one)
