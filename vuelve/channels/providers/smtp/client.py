"""SMTP with connections that are kept and reused.

What a failure means depends on how far the conversation had come: before DATA nothing was sent and it may be tried
again; a 5xx answer is final; once the content is on its way and the connection breaks, the server may have taken it.
"""

import asyncio
import ssl
from typing import ClassVar

import aiosmtplib
import structlog

from vuelve.channels.contracts import EMAIL
from vuelve.channels.providers.smtp import mime
from vuelve.channels.providers.smtp.url import SmtpServer, parse_smtp_url
from vuelve.channels.rules import is_address, reason
from vuelve.platform import env
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.env import SettingError
from vuelve.platform.extension import Outgoing, SendResult, SendState

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 20.0  # one command; below the dispatcher's own limit for a message
QUIT_SECONDS = 2.0
IDLE_SECONDS_MAX = 20.0  # servers hang up on idle clients; ours are closed before
MESSAGES_PER_CONNECTION_MAX = 100  # many servers take no more
RETRY_SECONDS = 60.0

_NETWORK_ERRORS = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError, EOFError)


class _Connection:
    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.messages = 0
        self.idle_since = 0.0


class SmtpProvider:
    """Connections belong to the event loop that opened them: `close` before another one is used."""

    name: ClassVar[str] = "smtp"
    channel: ClassVar[str] = EMAIL
    concurrency_max: ClassVar[int] = 10  # connections; what mail servers commonly allow one client

    def __init__(
        self,
        url: str | None = None,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Without a URL: that of the settings, read when it is needed. `tls_context`: for a certificate of one's own."""
        self._url = url
        self._tls_context = tls_context
        self._timeout_seconds = timeout_seconds
        self._idle: list[_Connection] = []

    def check_settings(self) -> None:
        self._server()

    async def send(self, message: Outgoing) -> SendResult:
        sender = mime.sender_address(message.sender)
        if not is_address(message.address) or not message.address.rpartition("@")[0].isascii():
            return _result(message, SendState.FAILED, "bad_address", message.address)
        if not is_address(sender):
            return _result(message, SendState.FAILED, "bad_sender", sender)
        content = mime.build(message)
        try:
            connection = await self._connection()
        except aiosmtplib.SMTPResponseException as error:
            return _refused(message, error, "connect")
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError) as error:
            return _result(message, SendState.RETRY, "unreachable", str(error))
        try:
            result = await self._converse(connection, message, sender, content)
        except BaseException:
            connection.client.close()  # cancelled, or a fault: the conversation is at no known point
            raise
        self._put_back(connection)
        return result

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(self._quit(connection) for connection in idle))

    async def _quit(self, connection: _Connection) -> None:
        try:
            await asyncio.wait_for(connection.client.quit(), timeout=QUIT_SECONDS)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            connection.client.close()

    async def _converse(
        self, connection: _Connection, message: Outgoing, sender: str, content: bytes
    ) -> SendResult:
        client = connection.client
        try:
            await client.mail(sender, timeout=self._timeout_seconds)
            await client.rcpt(mime.envelope_address(message.address), timeout=self._timeout_seconds)
        except aiosmtplib.SMTPResponseException as error:
            await self._reset(connection)
            return _refused(message, error, "refused")
        except _NETWORK_ERRORS as error:
            client.close()
            return _result(message, SendState.RETRY, "connection_lost", str(error), after_seconds=1.0)
        try:
            answer = await client.data(content, timeout=self._timeout_seconds)
        except aiosmtplib.SMTPResponseException as error:
            await self._reset(connection)
            return _refused(message, error, "refused")
        except _NETWORK_ERRORS as error:
            client.close()
            return _result(message, SendState.UNKNOWN, "connection_lost", str(error))
        return SendResult(
            message.message_id,
            SendState.ACCEPTED,
            provider_message_id=mime.message_id(message.key, sender),
            reason=answer.message[:100],
        )

    async def _reset(self, connection: _Connection) -> None:
        try:
            await connection.client.rset(timeout=self._timeout_seconds)
        except (aiosmtplib.SMTPException, OSError):
            connection.client.close()

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            fresh = monotonic_seconds() - connection.idle_since < IDLE_SECONDS_MAX
            if connection.client.is_connected and fresh:
                return connection
            connection.client.close()
        server = self._server()
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            username=server.username,
            password=server.password,
            timeout=self._timeout_seconds,
            # Where TLS is only a bonus, a certificate that cannot be checked is better than no encryption.
            validate_certs=self._tls_context is None and server.start_tls is not None,
            tls_context=self._tls_context,
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return _Connection(client)

    def _put_back(self, connection: _Connection) -> None:
        connection.messages += 1
        if not connection.client.is_connected:
            return
        if connection.messages >= MESSAGES_PER_CONNECTION_MAX:
            connection.client.close()
            return
        connection.idle_since = monotonic_seconds()
        self._idle.append(connection)

    def _server(self) -> SmtpServer:
        url = self._url if self._url is not None else str(env.get("VUELVE_SMTP_URL"))
        if not url:
            raise SettingError("VUELVE_SMTP_URL is empty: the smtp provider needs a server")
        return parse_smtp_url(url)


def _refused(message: Outgoing, error: aiosmtplib.SMTPResponseException, code: str) -> SendResult:
    """4xx: later; 5xx: never. Anything else is no answer that SMTP knows, and taken for a passing fault."""
    state = SendState.FAILED if 500 <= error.code < 600 and code != "connect" else SendState.RETRY
    return _result(message, state, code, f"{error.code} {error.message}")


def _result(
    message: Outgoing, state: SendState, code: str, detail: str, *, after_seconds: float = RETRY_SECONDS
) -> SendResult:
    return SendResult(message.message_id, state, reason=reason(code, detail), after_seconds=after_seconds)
