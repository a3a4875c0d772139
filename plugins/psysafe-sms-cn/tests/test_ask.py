"""An operator asks ahead whether template and signature are approved; nobody is written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psysafe.desk.operator import OperatorDesk
from psysafe.errors import InvalidDataError
from psysafe.net import SafetyNet
from psysafe.testing import Aliyun, open_school
from psysafe.testing.channel_contract import SECRET
from psysafe.testing.providers import Called, Reply

LINES = """
[channels.sms]
use = "aliyun_sms"
base = "{base}"
reach = "this-machine"
key_id = "{key}"
key_secret = {{ file = "{file}" }}
sign_name = "第三中学"
template = "SMS_1"
fields = {{ time = "answer_by" }}
"""


class StillLooking(Aliyun):
    """The provider has not approved the template yet."""

    def beside(self, call: Called) -> Reply | None:
        if call.headers.get("x-acs-action") == "QuerySmsTemplate":
            return Reply({"Code": "OK", "TemplateStatus": 0})
        return super().beside(call)


def operator(folder: Path, provider: Aliyun) -> tuple[SafetyNet, OperatorDesk]:
    open_school(folder / "school").close()
    secret = folder / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    secret.chmod(0o600)
    settings = folder / "school" / "psysafe.toml"
    told = LINES.format(base=provider.base, key=Aliyun.KEY_ID, file=secret)
    settings.write_text(settings.read_text(encoding="utf-8") + told, encoding="utf-8")
    net = SafetyNet.open(folder / "school")
    return net, net.operator()


@pytest.mark.parametrize(("provides", "objections"), [(Aliyun, []), (StillLooking, ["template"])])
def test_what_is_not_approved_is_named_before_it_is_needed(
    tmp_path: Path, provides: Any, objections: list[str]
) -> None:
    provider = provides(SECRET)
    net, desk = operator(tmp_path, provider)
    found = desk.channels.ask("sms")
    net.close()
    provider.stop()
    assert [(f.code, f.facts["field"]) for f in found] == [("PSY610", f) for f in objections]
    assert not provider.taken(), "nobody was written to"
    assert SECRET not in repr(found)


def test_a_channel_that_is_not_there_cannot_be_asked(tmp_path: Path) -> None:
    provider = Aliyun(SECRET)
    net, desk = operator(tmp_path, provider)
    with pytest.raises(InvalidDataError, match="PSY605"):
        desk.channels.ask("fax")
    assert desk.channels.ask("inbox") == ()
    net.close()
    provider.stop()
