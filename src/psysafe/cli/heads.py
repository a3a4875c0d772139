"""The heads of the chain: a key that signs them, and a copy in a second place."""

from __future__ import annotations

from psysafe.catalogue import say
from psysafe.cli.calling import Call, Group, command
from psysafe.cli.output import Answer

heads = Group("heads", help="日志链头的签名与外存 · signed heads of the journal, kept elsewhere")


@command("heads init", help="生成签名密钥 · make the key that signs heads")
def make(call: Call) -> Answer:
    public = call.operator.make_head_key()
    language = call.language
    text = [
        say("The key that signs is made. The public key is:", language),
        f"  {public}",
        say("Write it on paper, and into psysafe.toml with a second place:", language),
        "  [heads]",
        f'  check = "{public}"',
        '  to = ["/mnt/elsewhere/heads"]',
    ]
    return Answer(data={"public": public}, text=text)


@command("heads export", help="导出链头，不作核对 · export the head, without a proof")
def export(call: Call) -> Answer:
    files = call.operator.export_heads()
    text = [say("exported", call.language), *(f"  {file}" for file in files)]
    return Answer(data={"exported": [str(file) for file in files]}, text=text)


for each in (make, export):
    heads.add_command(each)
