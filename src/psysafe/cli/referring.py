"""Consents, and handing a student on to another helper (C6.1)."""

from __future__ import annotations

from typing import Final

import click

from psysafe.catalogue import say
from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer, table
from psysafe.cli.referral_page import offer_line, offer_lines
from psysafe.cli.steps import coded, done
from psysafe.cli.supporting import day, group

_CASE: Final = click.Argument(["case"], metavar="CASE")
_REFERRAL: Final = click.Argument(["referral"], metavar="REFERRAL")
_OFFER: Final = click.Argument(["offer"], metavar="OFFER")
_STUDENT: Final = click.Argument(["student"], metavar="STUDENT")
_RECEIVER: Final = click.Argument(["receiver"], metavar="RECEIVER")
_SCOPE: Final = click.Option(
    ["--scope"],
    multiple=True,
    required=True,
    metavar="SCOPE",
    help="可转交内容 · what may go [identity, contact, situation, observation, screening, family]",
)
_WHY: Final = click.Option(["--why"], callback=words, default="", help="理由 · why")


def _scopes(scope: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(coded("scopes", one) for one in scope)


consent = group("consent", "知情同意 · consents, by receiver")
refer = group("refer", "转介 · hand a student on to another helper")


@command(
    "consent give",
    _STUDENT,
    _RECEIVER,
    click.Option(["--by"], metavar="GUARDIAN", default="", help="监护人；不填为学生本人 · who"),
    _SCOPE,
    click.Option(["--how"], callback=words, required=True, help="如何取得 · on paper, where"),
    click.Option(["--until"], metavar="DAY", default="", help="有效至 · its last day"),
    help="登记同意 · write a consent down",
    writes=True,
)
def give(
    call: Call,
    student: str,
    receiver: str,
    by: str,
    scope: tuple[str, ...],
    how: str,
    until: str,
) -> Answer:
    last = day(call, until, "--until", last=True) if until else None
    receipt = call.desk.consents.give(student, receiver, _scopes(scope), by=by, how=how, until=last)
    return done(call, receipt)


@command(
    "consent withdraw",
    _STUDENT,
    click.Argument(["consent"], metavar="CONSENT"),
    help="撤回同意 · take a consent back: nothing more is passed on",
    writes=True,
)
def withdraw(call: Call, student: str, consent: str) -> Answer:
    return done(call, call.desk.consents.withdraw(student, consent))


@command(
    "refer propose",
    _CASE,
    click.Option(["--account"], callback=words, required=True, help="详细情况，留校 · the record"),
    click.Option(["--summary"], callback=words, required=True, help="给接收方 · what they read"),
    help="提出转介 · propose a referral, with the detailed record",
    writes=True,
)
def propose(call: Call, case: str, account: str, summary: str) -> Answer:
    return done(call, call.desk.referrals.propose(case, account=account, summary=summary))


@command(
    "refer opinion",
    _CASE,
    _REFERRAL,
    click.Argument(["opinion"], metavar="agrees|within_limits|opposes|cannot_say"),
    click.Option(["--limit"], multiple=True, metavar="SCOPE", help="学生同意转交的 · what only"),
    help="征求学生意见 · what the student thinks of it",
    writes=True,
)
def opinion(call: Call, case: str, referral: str, opinion: str, limit: tuple[str, ...]) -> Answer:
    said = coded("opinions", opinion)
    return done(call, call.desk.referrals.opinion(case, referral, said, _scopes(limit)))


@command(
    "refer activate",
    _CASE,
    _REFERRAL,
    click.Argument(["basis"], metavar="consent|statutory_duty|emergency"),
    _WHY,
    help="启动或恢复转介 · let offers go out, on a basis; also after a hold",
    writes=True,
)
def activate(call: Call, case: str, referral: str, basis: str, why: str) -> Answer:
    on = coded("referral_bases", basis)
    return done(call, call.desk.referrals.activate(case, referral, on, why))


@command("refer hold", _CASE, _REFERRAL, _WHY, help="暂停 · put it on hold", writes=True)
def hold(call: Call, case: str, referral: str, why: str) -> Answer:
    return done(call, call.desk.referrals.hold(case, referral, why))


@command(
    "refer revoke", _CASE, _REFERRAL, _WHY, help="撤销转介 · end it, take offers back", writes=True
)
def revoke(call: Call, case: str, referral: str, why: str) -> Answer:
    return done(call, call.desk.referrals.revoke(case, referral, why))


@command(
    "refer complete", _CASE, _REFERRAL, help="转介完成 · the help asked for is found", writes=True
)
def complete(call: Call, case: str, referral: str) -> Answer:
    return done(call, call.desk.referrals.complete(case, referral))


@command(
    "refer offer",
    _CASE,
    _REFERRAL,
    _RECEIVER,
    _SCOPE,
    click.Option(["--then"], multiple=True, metavar="RECEIVER", help="依次再转给 · who is next"),
    click.Option(["--instead-of"], metavar="OFFER", help="取代 · the offer that it takes over"),
    help="发给接收方 · offer it to a receiver, without a name until opened",
    writes=True,
)
def offer(
    call: Call,
    case: str,
    referral: str,
    receiver: str,
    scope: tuple[str, ...],
    then: tuple[str, ...],
    instead_of: str | None,
) -> Answer:
    receipt = call.desk.referrals.offer(
        case, referral, receiver, _scopes(scope), then=then, instead_of=instead_of
    )
    return done(call, receipt)


@command("refer recall", _CASE, _OFFER, help="收回 · take an offer back", writes=True)
def recall(call: Call, case: str, offer: str) -> Answer:
    return done(call, call.desk.referrals.recall(case, offer))


@command("refer offers", help="转给我的 · what is offered to you", writes=True)
def offers(call: Call) -> Answer:
    found = call.desk.referrals.offered()
    language = call.language
    headings = [
        say("due", language),
        say("state", language),
        say("asked for", language),
        "",
        say("telephone", language),
        say("offer", language),
    ]
    rows = [offer_line(call, line) for line in found]
    text = table(headings, rows) if rows else [say("Nothing is offered to you.", language)]
    return Answer(data=found, text=text)


@command("refer show", _OFFER, help="查看 · read an offer", writes=True)
def show(call: Call, offer: str) -> Answer:
    found = call.desk.referrals.get(offer)
    return Answer(data=found, text=offer_lines(call, found))


@command("refer open", _OFFER, help="打开 · open an offer", writes=True)
def open_offer(call: Call, offer: str) -> Answer:
    return done(call, call.desk.referrals.open(offer))


@command("refer accept", _OFFER, help="接受 · accept an offer", writes=True)
def accept(call: Call, offer: str) -> Answer:
    return done(call, call.desk.referrals.accept(offer))


@command("refer reject", _OFFER, _WHY, help="不接受 · reject an offer", writes=True)
def reject(call: Call, offer: str, why: str) -> Answer:
    return done(call, call.desk.referrals.reject(offer, why))


@command("refer start", _OFFER, help="已开始 · the student has been seen", writes=True)
def start(call: Call, offer: str) -> Answer:
    return done(call, call.desk.referrals.start(offer))


@command(
    "refer end",
    _OFFER,
    click.Argument(["outcome"]),
    help="结果 · what came of it [attended, admitted, no_show, refused_by_guardian, ...]",
    writes=True,
)
def end(call: Call, offer: str, outcome: str) -> Answer:
    return done(call, call.desk.referrals.end(offer, coded("offer_outcomes", outcome)))


for _step in (give, withdraw):
    consent.add_command(_step)
for _step in (
    *(propose, opinion, activate, hold, revoke, complete, offer, recall),
    *(offers, show, open_offer, accept, reject, start, end),
):
    refer.add_command(_step)
