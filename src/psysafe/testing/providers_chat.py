"""Stand-ins for DingTalk, WeCom, WeChat and Feishu, on this machine.

Each checks what its provider checks (token, signature, who is known) and refuses in the words of
its provider: with a 200 and a code. `KNOWN` is the person that it knows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from psysafe.testing.channel_contract import Taken
from psysafe.testing.providers import (
    DELIVERED,
    FAILED,
    OF_OTHERS,
    READ,
    CallBack,
    Called,
    HttpProvider,
    Reply,
)

#: How far the time in a robot's signature may be from the provider's own, in seconds.
FRESH: Final = 3600


def _code(code: int, key: str = "errcode", **more: Any) -> Reply:
    return Reply(
        {key: code, "errmsg" if key == "errcode" else "msg": "as the provider says", **more}
    )


class _Robots(HttpProvider):
    """What a group's robot checks of a signature besides the signature: its time."""

    def _fresh(self, stamp: str, units: int) -> bool:
        off = int(stamp) / units - self.now().timestamp() if stamp.isdigit() else FRESH + 1
        return abs(off) <= FRESH


class DingTalk(_Robots):
    """`oapi.dingtalk.com`: the robot of a group, and work notices.

    The robot's token is `ROBOT` and its secret `sign_secret`, if it has one.
    """

    KNOWN: ClassVar[str] = "manager4711"
    ROBOT: ClassVar[str] = "robot-token"
    REFUSALS: ClassVar[Mapping[str, Reply]] = {
        "too often": _code(130101),
        "no such robot": _code(300005),
        "sign refused": _code(310000),
        "busy": _code(-1),
        "no title": _code(400402),
        "not in the application": _code(88, sub_code="33012", sub_msg="as the provider says"),
        "no right": _code(88, sub_code="60011", sub_msg="as the provider says"),
        "too many a day": _code(88, sub_code="143104", sub_msg="as the provider says"),
        "content refused": _code(88, sub_code="1430002", sub_msg="as the provider says"),
    }

    def __init__(self, sign_secret: str = "") -> None:
        self.sign_secret = sign_secret
        super().__init__()

    def beside(self, call: Called) -> Reply | None:
        if call.path == "/gettoken":
            return _code(0, access_token=self.give_token(), expires_in=7200)
        if call.path.startswith("/topapi/") and call.query.get("access_token") != self.token:
            return _code(88, sub_code="40014", sub_msg="as the provider says")
        return None

    def is_question(self, call: Called) -> bool:
        return call.path.endswith("/getsendresult")

    def told(self, call: Called, how: str) -> Reply:
        """The lists of a task, over-quota people among the forbidden; of an unknown one nothing."""
        lists: dict[str, list[Any]] = {name: [] for name in _LISTS.values()}
        task = call.json().get("task_id")
        if how == OF_OTHERS:
            lists["read_user_id_list"] = ["somebody-else"]
        elif how == FAILED:
            lists["forbidden_list"] = [{"userid": self.KNOWN, "code": "143105", "count": 1}]
        elif how in _LISTS and isinstance(task, int) and 1 <= task <= len(self.taken()):
            lists[_LISTS[how]] = [self.taken()[task - 1].address]
        return _code(0, send_result=lists)

    def taking(self, call: Called) -> Reply:
        if call.path == "/robot/send":
            return _code(0) if self._signed(call) else self.dated(_code(310000).body)
        return _code(0, task_id=len(self.taken()), request_id="r")

    def read(self, call: Called) -> Taken | None:
        said = call.json()
        if call.path == "/robot/send":
            if not self._signed(call):
                return None
            text = said["text"]["content"]
            (address,) = said["at"].get("atMobiles") or ("-",)
            return Taken(key=_tag(text), address=address, shown="", text=text)
        text = said["msg"]["text"]["content"]
        return Taken(key=_tag(text), address=said["userid_list"], shown="", text=text)

    def _signed(self, call: Called) -> bool:
        if call.query.get("access_token") != self.ROBOT:
            return False
        if not self.sign_secret:
            return True
        stamp = call.query.get("timestamp", "")
        if not self._fresh(stamp, 1000):
            return False
        text = f"{stamp}\n{self.sign_secret}".encode()
        good = hmac.new(self.sign_secret.encode(), text, hashlib.sha256).digest()
        return call.query.get("sign") == base64.b64encode(good).decode()


class WeCom(HttpProvider):
    """`qyapi.weixin.qq.com`: the robot of a group, application messages, school notices."""

    KNOWN: ClassVar[str] = "WangFang"
    ROBOT: ClassVar[str] = "robot-key"
    REFUSALS: ClassVar[Mapping[str, Reply]] = {
        "too often": _code(45009),
        "too many at once": _code(45033),
        "busy": _code(-1),
        "no such robot": _code(93000),
        "address not trusted": _code(60020),
        "nobody valid": _code(81013),
        "only receiver invalid": _code(0, invaliduser="wangfang", msgid="m-1"),
        "no licence": _code(0, unlicenseduser="wangfang", msgid="m-1"),
        "parent unknown": _code(0, invalid_parent_userid=["wangfang"]),
        "too long": _code(45002),
    }

    def beside(self, call: Called) -> Reply | None:
        if call.path == "/cgi-bin/gettoken":
            return _code(0, access_token=self.give_token(), expires_in=7200)
        if "access_token" in call.query and call.query["access_token"] != self.token:
            return _code(40014)
        return None

    def taking(self, call: Called) -> Reply:
        if call.path == "/cgi-bin/webhook/send":
            return _code(0 if call.query.get("key") == self.ROBOT else 93000)
        return _code(0, msgid=f"m-{len(self.taken())}", invaliduser="")

    def read(self, call: Called) -> Taken | None:
        said = call.json()
        if call.path == "/cgi-bin/webhook/send":
            if call.query.get("key") != self.ROBOT:
                return None
            text = said["text"]["content"]
            (address,) = said["text"].get("mentioned_mobile_list") or ("-",)
            return Taken(key=_tag(text), address=address, shown="", text=text)
        if said["msgtype"] == "template_card":
            card = said["template_card"]
            text, shown = card["sub_title_text"], card["main_title"]["title"]
            return Taken(key=card["task_id"], address=said["touser"], shown=shown, text=text)
        text, address = said["text"]["content"], said.get("touser")
        if address is None:
            kind = "parent" if "to_parent_userid" in said else "student"
            (name,) = said[f"to_{kind}_userid"]
            address = f"{kind}:{name}"
        return Taken(key=_tag(text), address=address, shown="", text=text)


class WeChat(HttpProvider):
    """`api.weixin.qq.com`: template messages of a service account."""

    KNOWN: ClassVar[str] = "oABCD1234567890abcdefghijklmn"
    REFUSALS: ClassVar[Mapping[str, Reply]] = {
        "no consent": _code(43101),
        "follower unknown": _code(40003),
        "not a follower": _code(43004),
        "too many for one": _code(43117),
        "too often": _code(45009),
        "field refused": _code(47003),
        "no such template": _code(40037),
        "address not trusted": _code(40164),
        "busy": _code(-1),
    }

    def __init__(self, event_token: str = "") -> None:
        self.event_token = event_token
        super().__init__()

    def call_back(
        self, which: int = -1, *, status: str = "success", forged: bool = False
    ) -> CallBack:
        """The event that tells what became of one of `taken()`; signed, unless it is `forged`."""
        number = len(self.taken()) + which + 1 if which < 0 else which + 1
        user = self.taken()[number - 1].address
        xml = (
            "<xml><MsgType><![CDATA[event]]></MsgType>"
            "<Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event>"
            f"<MsgID>{200_000_000 + number}</MsgID>"
            f"<FromUserName><![CDATA[{user}]]></FromUserName>"
            f"<Status><![CDATA[{status}]]></Status></xml>"
        )
        when, nonce = str(int(self.now().timestamp())), "nonce"
        token = "a stranger's" if forged else self.event_token
        text = "".join(sorted((token, when, nonce)))
        good = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        query = {"timestamp": when, "nonce": nonce, "signature": good}
        return CallBack(body=xml.encode(), query=query)

    def beside(self, call: Called) -> Reply | None:
        if call.path == "/cgi-bin/stable_token":
            return Reply({"access_token": self.give_token(), "expires_in": 7200})
        if call.query.get("access_token") != self.token:
            return _code(40001)
        fields = call.json()["data"].values()
        # A field that is left empty is refused.
        return None if all(field["value"] for field in fields) else _code(47003)

    def taking(self, call: Called) -> Reply:
        return _code(0, msgid=len(self.taken()) + 200_000_000)

    def read(self, call: Called) -> Taken | None:
        said = call.json()
        values = " ".join(str(field["value"]) for field in said["data"].values())
        return Taken(key=said["client_msg_id"], address=said["touser"], shown=values, text=values)


class Feishu(_Robots):
    """`open.feishu.cn`: the robot of a group, and messages of an application."""

    KNOWN: ClassVar[str] = "ou_7d8a6e6df7621556ce0d21922b676706"
    ROBOT: ClassVar[str] = "robot-token"
    REFUSALS: ClassVar[Mapping[str, Reply]] = {
        "sign refused": _code(19021, "code"),
        "address not trusted": _code(19022, "code"),
        "no keyword": _code(19024, "code"),
        "bad body": Reply({"code": 9499, "msg": "Bad Request"}, 400),
        "crowded": _code(11232, "code"),
        "receiver unknown": _code(230001, "code"),
        "not for this person": _code(230013, "code"),
        "too often": Reply({"code": 99991400, "msg": "limit"}, 400, {"x-ogw-ratelimit-reset": "7"}),
        "too often by status": Reply({}, 429, {"x-ogw-ratelimit-reset": "7"}),
        "no right": _code(99991672, "code"),
    }

    def __init__(self, sign_secret: str = "") -> None:
        self.sign_secret = sign_secret
        super().__init__()

    def beside(self, call: Called) -> Reply | None:
        if call.path.endswith("/tenant_access_token/internal"):
            found = self.give_token()
            return _code(0, "code", tenant_access_token=found, expire=7200)
        bearer = call.headers.get("authorization")
        if call.path.startswith("/open-apis/im/") and bearer != f"Bearer {self.token}":
            return _code(99991663, "code")
        return None

    def is_question(self, call: Called) -> bool:
        return call.path.endswith("/read_users")

    def told(self, call: Called, how: str) -> Reply:
        """Who has read it: the only thing that Feishu tells."""
        number = call.path.split("/")[-2].removeprefix("om_")
        readers = ["ou_of_somebody_else"] if how == OF_OTHERS else []
        if how == READ and number.isdigit() and 1 <= int(number) <= len(self.taken()):
            readers = [self.taken()[int(number) - 1].address]
        items = [{"user_id": one, "timestamp": "1"} for one in readers]
        return _code(0, "code", data={"items": items})

    def taking(self, call: Called) -> Reply:
        if call.path.startswith("/open-apis/bot/"):
            if self._signed(call):
                return _code(0, "code")
            return self.dated(_code(19021, "code").body)
        return _code(0, "code", data={"message_id": f"om_{len(self.taken())}"})

    def read(self, call: Called) -> Taken | None:
        said = call.json()
        if call.path.startswith("/open-apis/bot/"):
            if not self._signed(call):
                return None
            text = said["content"]["text"]
            address = "-"
            if text.startswith(_AT):
                address, _, text = text.removeprefix(_AT).partition('"></at> ')
            return Taken(key=_tag(text), address=address, shown="", text=text)
        text = json.loads(said["content"])["text"]
        return Taken(key=said["uuid"], address=said["receive_id"], shown="", text=text)

    def _signed(self, call: Called) -> bool:
        if not call.path.endswith(f"/{self.ROBOT}"):
            return False
        said = call.json()
        if not self.sign_secret:
            return True
        stamp = str(said.get("timestamp"))
        if not self._fresh(stamp, 1):
            return False
        key = f"{stamp}\n{self.sign_secret}".encode()
        good = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        return bool(said.get("sign") == good)


#: Where DingTalk lists the people of a task.
_LISTS: Final[Mapping[str, str]] = {
    READ: "read_user_id_list",
    DELIVERED: "unread_user_id_list",
    FAILED: "failed_user_id_list",
}
_AT: Final = '<at user_id="'


def _tag(text: str) -> str:
    """What a provider that compares texts would know a repeat by: the text itself, shortened."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
