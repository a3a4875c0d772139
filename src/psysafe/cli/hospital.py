"""What a hospital stated, with its document: the only form of a diagnosis."""

from __future__ import annotations

import click

from psysafe.cli.calling import Call, command, words
from psysafe.cli.output import Answer
from psysafe.cli.steps import done


@command(
    "hospital",
    click.Argument(["case"], metavar="CASE"),
    click.Option(["--institution"], callback=words, required=True, help="医院 · which hospital"),
    click.Option(["--diagnosis"], callback=words, required=True, help="诊断 · what it stated"),
    click.Option(["--document"], callback=words, required=True, help="凭据 · its document"),
    help="登记医院的诊断（学校不作诊断） · what a hospital stated",
    writes=True,
)
def hospital(call: Call, case: str, institution: str, diagnosis: str, document: str) -> Answer:
    return done(call, call.desk.cases.hospital(case, institution, diagnosis, document))
