"""aiosmtpd as a process of its own: `mail_process.py CERTIFICATE PASSWORD`.

Prints its port, and then a line of JSON for each letter that it takes. Mail to gone@ is refused,
mail of more than 4,000 octets too; encryption and a login are required.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Box:
    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address.startswith("gone@"):
            return "550 5.1.1 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        text = base64.b64encode(content).decode()
        line = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "content": text}
        print(json.dumps(line), flush=True)
        return "250 2.0.0 taken"


async def serve(certificate: str, password: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()

    def knows(_: Any, __: Any, ___: Any, way: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and data.password == password.encode()
        return AuthResult(success=known, handled=known)

    def line() -> SMTP:
        return SMTP(
            Box(),
            hostname="mail.school.example",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=knows,
            data_size_limit=4000,
            loop=loop,
        )

    server = await loop.create_server(line, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
