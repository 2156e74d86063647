"""SMTP against real servers on loopback, most of which misbehave."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult

from vuelve.channels.providers.smtp.client import MESSAGES_PER_CONNECTION_MAX, SmtpProvider
from vuelve.channels.providers.smtp.tests.sink import Sink, free_port, own_certificate, smtp_server
from vuelve.channels.tests.provider_contract import Arrived, ProviderContract, outgoing, send_all
from vuelve.platform.extension import Provider, SendResult, SendState


class TestSmtp(ProviderContract):
    @pytest.fixture
    def provider(self) -> Iterator[Provider]:
        self.sink = Sink()
        with smtp_server(self.sink) as port:
            yield SmtpProvider(f"smtp://127.0.0.1:{port}")

    def arrived(self) -> list[Arrived] | None:
        return self.sink.arrived()


def attempt(script: dict[str, str], *, timeout_seconds: float = 20.0) -> tuple[SendResult, Sink]:
    sink = Sink(script)
    with smtp_server(sink) as port:
        [result] = send_all(
            SmtpProvider(f"smtp://127.0.0.1:{port}", timeout_seconds=timeout_seconds), [outgoing()]
        )
    return result, sink


@pytest.mark.parametrize(
    ("script", "state", "reason"),
    [
        ({"MAIL": "451 later"}, SendState.RETRY, "refused: 451 later"),
        ({"MAIL": "550 no"}, SendState.FAILED, "refused: 550 no"),
        ({"RCPT": "450 greylisted"}, SendState.RETRY, "refused: 450 greylisted"),
        ({"RCPT": "550 no such user"}, SendState.FAILED, "refused: 550 no such user"),
        ({"DATA": "452 full"}, SendState.RETRY, "refused: 452 full"),
        ({"DATA": "554 spam"}, SendState.FAILED, "refused: 554 spam"),
        ({"MAIL": "drop"}, SendState.RETRY, "connection_lost"),
        ({"RCPT": "drop"}, SendState.RETRY, "connection_lost"),
        ({"DATA": "drop"}, SendState.UNKNOWN, "connection_lost"),
    ],
)
def test_how_a_failure_is_taken(script: dict[str, str], state: SendState, reason: str) -> None:
    result, sink = attempt(script)
    assert result.state == state
    assert result.reason.startswith(reason)
    assert sink.envelopes == []


def test_a_server_that_is_silent_after_the_content_may_have_it() -> None:
    result, _ = attempt({"DATA": "hang"}, timeout_seconds=0.2)
    assert result.state == SendState.UNKNOWN


def test_nobody_listens() -> None:
    [result] = send_all(SmtpProvider(f"smtp://127.0.0.1:{free_port()}"), [outgoing()])
    assert result.state == SendState.RETRY
    assert result.reason.startswith("unreachable")


def test_a_server_that_does_not_speak_smtp() -> None:
    async def gibberish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def scenario() -> SendResult:
        server = await asyncio.start_server(gibberish, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        provider = SmtpProvider(f"smtp://127.0.0.1:{port}", timeout_seconds=1)
        try:
            return await provider.send(outgoing())
        finally:
            await provider.close()
            server.close()

    result = asyncio.run(scenario())
    assert result.state == SendState.RETRY


def test_a_server_that_never_greets() -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async def scenario() -> SendResult:
        server = await asyncio.start_server(silence, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        provider = SmtpProvider(f"smtp://127.0.0.1:{port}", timeout_seconds=0.2)
        try:
            return await provider.send(outgoing())
        finally:
            await provider.close()
            server.close()

    assert asyncio.run(scenario()).state == SendState.RETRY


def test_connections_are_used_again_also_after_a_refusal() -> None:
    sink = Sink({"RCPT": "once 550 no such user"})
    with smtp_server(sink) as port:
        provider = SmtpProvider(f"smtp://127.0.0.1:{port}")

        async def scenario() -> list[SendState]:
            states = [(await provider.send(outgoing(n))).state for n in range(1, 6)]
            await provider.close()
            return states

        states = asyncio.run(scenario())
    assert states == [SendState.FAILED, *[SendState.ACCEPTED] * 4]
    assert len(sink.sessions) == 1


def test_a_connection_that_the_server_has_closed_meanwhile_costs_nothing() -> None:
    sink = Sink()
    with smtp_server(sink) as port:
        provider = SmtpProvider(f"smtp://127.0.0.1:{port}")

        async def scenario() -> list[SendState]:
            first = await provider.send(outgoing(1))
            transport = provider._idle[0].client.transport
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
            await asyncio.sleep(0.05)
            second = await provider.send(outgoing(2))
            await provider.close()
            return [first.state, second.state]

        assert asyncio.run(scenario()) == [SendState.ACCEPTED, SendState.ACCEPTED]
    assert len(sink.sessions) == 2


def test_a_connection_is_left_after_so_many_messages() -> None:
    sink = Sink()
    with smtp_server(sink) as port:
        provider = SmtpProvider(f"smtp://127.0.0.1:{port}")

        async def scenario() -> None:
            for number in range(MESSAGES_PER_CONNECTION_MAX + 1):
                await provider.send(outgoing(number))
            await provider.close()

        asyncio.run(scenario())
    assert len(sink.sessions) == 2
    assert len(sink.envelopes) == MESSAGES_PER_CONNECTION_MAX + 1


def test_tls_from_the_start_and_starttls(tmp_path: Path) -> None:
    server, client = own_certificate(tmp_path)
    sink = Sink()
    with smtp_server(sink, tls_context=server) as port:
        [required] = send_all(
            SmtpProvider(f"smtp+starttls://127.0.0.1:{port}", tls_context=client), [outgoing()]
        )
        [offered] = send_all(SmtpProvider(f"smtp://127.0.0.1:{port}"), [outgoing()])
    with smtp_server(sink, ssl_context=server) as port:
        [implicit] = send_all(SmtpProvider(f"smtps://127.0.0.1:{port}", tls_context=client), [outgoing()])
    assert [required.state, offered.state, implicit.state] == [SendState.ACCEPTED] * 3
    assert sink.over_tls == [True, True, True]


def test_without_the_tls_that_is_asked_for_nothing_goes(tmp_path: Path) -> None:
    server, _ = own_certificate(tmp_path)
    plain, secure = Sink(), Sink()
    with smtp_server(plain) as port:
        [no_tls] = send_all(SmtpProvider(f"smtp+starttls://127.0.0.1:{port}"), [outgoing()])
    with smtp_server(secure, tls_context=server) as port:
        # The certificate is nobody's that we trust.
        [untrusted] = send_all(SmtpProvider(f"smtp+starttls://127.0.0.1:{port}"), [outgoing()])
    assert [no_tls.state, untrusted.state] == [SendState.RETRY, SendState.RETRY]
    assert plain.envelopes == secure.envelopes == []


def test_a_wrong_password_is_a_setting_to_mend_not_the_messages_fault() -> None:
    def check(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        return AuthResult(success=getattr(data, "password", b"") == b"right", handled=False)

    sink = Sink()
    with smtp_server(sink, authenticator=check, auth_require_tls=False, auth_required=True) as port:
        [wrong] = send_all(SmtpProvider(f"smtp://ana:wrong@127.0.0.1:{port}"), [outgoing()])
        [right] = send_all(SmtpProvider(f"smtp://ana:right@127.0.0.1:{port}"), [outgoing()])
    assert wrong.state == SendState.RETRY
    assert wrong.reason.startswith("connect: 535")
    assert right.state == SendState.ACCEPTED


def test_the_headers_of_a_promotion() -> None:
    sink = Sink()
    headers = {
        "Date": "Tue, 10 Mar 2026 18:00:00 +0000",
        "List-Unsubscribe": "<https://tienda.example/u/1.2.3>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    with smtp_server(sink) as port:
        [result] = send_all(SmtpProvider(f"smtp://127.0.0.1:{port}"), [outgoing(headers=headers)])
    [one] = sink.arrived()
    got = dict(one.headers)
    assert set(got) == {"From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type", *headers}
    assert {name: got[name] for name in headers} == headers
    assert got["From"] == "Tienda Ñandú <hola@tienda.example>"
    assert got["Message-ID"] == result.provider_message_id
    assert sink.envelopes[0].mail_from == "hola@tienda.example"
