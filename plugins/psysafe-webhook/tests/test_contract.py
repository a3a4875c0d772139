"""The webhook keeps the contract that every channel over HTTP must keep."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, ClassVar

from psysafe.contracts.channel import ResultClass, Secret
from psysafe.contracts.http import HttpChannel
from psysafe.testing import HttpChannelContract, HttpProvider
from psysafe.testing.channel_contract import NONSENSE, SECRET, Provider, Taken
from psysafe.testing.providers import Called, Reply
from psysafe_webhook import open_webhook

KEY = "whsec_" + base64.b64encode(SECRET.encode().ljust(24, b".")).decode()


class Portal(HttpProvider):
    """A system of the school that takes webhooks."""

    REFUSALS: ClassVar[Mapping[str, Reply]] = {
        NONSENSE: Reply(b"<html>please log in</html>"),
        "nobody here": Reply({"error": "unknown_receiver"}, 422),
        "unreadable": Reply({"error": "what is this"}, 422),
        "too large": Reply(b"", 413),
        "unknown signature": Reply(b"", 401),
        "gone": Reply(b"", 410),
        "too much": Reply(b"", 429, {"retry-after": "30"}),
        "maintenance": Reply(b"", 503, {"retry-after": "Mon, 02 Nov 2026 00:35:00 GMT"}),
    }

    def taking(self, call: Called) -> Reply:
        return Reply(b"", 204)

    def read(self, call: Called) -> Taken | None:
        said = call.json()
        return Taken(
            key=call.headers["webhook-id"],
            address=said["to"],
            shown=said["preview"],
            text=said["text"],
        )


class TestWebhook(HttpChannelContract):
    address = "t.wang@school"
    needed = ("url", "secret")
    statuses_with_success = (200, 201, 204)
    refusals: Mapping[str, ResultClass] = {
        "nobody here": ResultClass.PERMANENT_RECIPIENT,
        "unreadable": ResultClass.PERMANENT_CONTENT,
        "too large": ResultClass.PERMANENT_CONTENT,
        "unknown signature": ResultClass.MISCONFIGURED,
        "gone": ResultClass.MISCONFIGURED,
        "too much": ResultClass.RATE_LIMITED,
        "maintenance": ResultClass.TRANSIENT,
    }

    def start_provider(self) -> Provider:
        return Portal()

    def settings(self, provider: Provider) -> dict[str, Any]:
        assert isinstance(provider, Portal)
        return {"use": "webhook", "url": f"{provider.base}/psysafe", "secret": Secret(KEY)}

    def open_http(self, settings: Mapping[str, Any]) -> HttpChannel:
        return open_webhook(settings)
