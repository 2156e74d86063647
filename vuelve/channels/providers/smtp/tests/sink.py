"""SMTP servers on loopback for tests: one that takes everything, and ones that fail in every way there is."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from vuelve.channels.tests.provider_contract import Arrived


class Sink:
    """Takes messages. `script` says what to answer instead, by command: {"RCPT": "550 no"}; "drop" hangs up."""

    def __init__(self, script: dict[str, str] | None = None) -> None:
        self.script = script or {}
        self.envelopes: list[Envelope] = []
        self.sessions: set[int] = set()
        self.over_tls: list[bool] = []
        self.commands: list[str] = []

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        self.commands.append("MAIL")
        if answer := self._scripted(server, "MAIL"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._scripted(server, "RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert server.transport is not None
        self.over_tls.append(bool(session.ssl or server.transport.get_extra_info("ssl_object")))
        if self.script.get("DATA") == "hang":
            await asyncio.sleep(30)
        if answer := self._scripted(server, "DATA"):
            return answer
        self.envelopes.append(envelope)
        return "250 taken"

    def _scripted(self, server: SMTP, command: str) -> str:
        answer = self.script.get(command, "")
        if answer == "drop":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        if answer.startswith("once "):
            del self.script[command]
            return answer.removeprefix("once ")
        return answer

    def arrived(self) -> list[Arrived]:
        return [arrived(envelope) for envelope in self.envelopes]


def arrived(envelope: Envelope) -> Arrived:
    assert isinstance(envelope.content, bytes)
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Arrived(
        recipients=list(envelope.rcpt_tos),
        headers=[(name, str(value)) for name, value in message.items()],
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())


@contextmanager
def smtp_server(sink: Sink, **options: Any) -> Iterator[int]:
    """The port of a server on 127.0.0.1."""
    controller = Controller(sink, hostname="127.0.0.1", port=0, **options)
    controller.port = free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own_certificate(folder: Any) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for localhost that only its own client trusts: the server's context and the client's."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
