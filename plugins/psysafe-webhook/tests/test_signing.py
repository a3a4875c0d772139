"""A receiver that knows the secret, and only that one, can tell that a message is the school's."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from psysafe.contracts.channel import ResultClass, Secret
from psysafe.contracts.http import HttpAnswer
from psysafe.testing.channel_contract import message
from psysafe_webhook import open_webhook
from psysafe_webhook.signing import key_of, signature

#: The sample that the specification publishes.
SAMPLE = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1614265330,
    b'{"test": 2432232314}',
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
)
PORTAL = {"use": "webhook", "url": "https://portal.school.example/psysafe"}


def test_the_published_sample_is_signed_as_published() -> None:
    secret, name, when, body, signed = SAMPLE
    key = key_of(secret)
    assert key is not None
    assert signature(key, name, when, body) == signed


@given(
    st.binary(min_size=24, max_size=64),
    st.text("abc-/0123", min_size=1, max_size=40),
    st.text(max_size=60),
)
def test_any_message_is_signed_as_the_reference_library_signs_it(
    key: bytes, name: str, text: str
) -> None:
    secret = base64.b64encode(key).decode()
    when = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
    body = text.encode("utf-8", errors="replace")
    theirs = Webhook(secret).sign(name, when, body.decode())
    assert signature(key, name, int(when.timestamp()), body) == theirs


def test_what_is_sent_is_what_a_receiver_can_verify_and_nothing_else() -> None:
    secret = SAMPLE[0]
    channel = open_webhook({**PORTAL, "secret": Secret(secret)})
    call = channel.build(message(), "t-1", datetime.now(UTC), None)
    Webhook(secret).verify(call.body, dict(call.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(call.body + b" ", dict(call.headers))


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        ({"retry-after": "30"}, timedelta(seconds=30)),
        ({"retry-after": "999999999"}, timedelta(days=1)),
        (
            {
                "retry-after": "Mon, 02 Nov 2026 00:35:00 GMT",
                "date": "Mon, 02 Nov 2026 00:30:00 GMT",
            },
            timedelta(minutes=5),
        ),
        ({"retry-after": "Mon, 02 Nov 2026 00:35:00 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_a_pause_is_read_in_seconds_and_as_a_date(
    said: dict[str, str], pause: timedelta | None
) -> None:
    channel = open_webhook({**PORTAL, "secret": Secret(SAMPLE[0])})
    found = channel.classify(HttpAnswer(status=429, headers=said), "t-1")
    assert found.cls is ResultClass.RATE_LIMITED
    assert found.retry_after == pause
