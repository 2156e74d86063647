"""What every provider must do, whoever is behind it. A provider's own tests inherit it:

class TestMine(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider: ...        # pointed at something on loopback that takes messages
    def arrived(self) -> list[Arrived] | None:  # what got there; None if the provider keeps nothing outside
"""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from vuelve.channels.contracts import CHANNELS
from vuelve.platform.extension import Outgoing, Provider, SendResult, SendState
from vuelve.platform.ids import MessageId, ShopId

TAKEN = {SendState.ACCEPTED, SendState.DELIVERED}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as the other side got it: every header name and value, the recipients, the decoded bodies."""

    recipients: list[str]
    headers: list[tuple[str, str]]
    text: str
    html: str


def outgoing(number: int = 1, **changes: Any) -> Outgoing:
    """A message like those that the dispatcher hands over."""
    message = Outgoing(
        shop=ShopId(1),
        message_id=MessageId(number),
        key=f"1:run:{number}:hello:email",
        channel="email",
        address=f"ana{number}@example.com",
        sender="Tienda Ñandú <hola@tienda.example>",
        subject="¡Gracias, Nadia!",
        html="<p>Tu pedido está en camino</p>",
        text="Tu pedido está en camino",
        headers={"Date": "Tue, 10 Mar 2026 18:00:00 +0000"},
    )
    return replace(message, **changes)


def run(*calls: Coroutine[Any, Any, SendResult]) -> list[SendResult]:
    async def together() -> list[SendResult]:
        return list(await asyncio.gather(*calls))

    return asyncio.run(together())


def send_all(provider: Provider, messages: Iterable[Outgoing]) -> list[SendResult]:
    """Send at once, within the provider's bound, and end its connections, as the dispatcher does."""

    async def carry() -> list[SendResult]:
        slots = asyncio.Semaphore(provider.concurrency_max)

        async def one(message: Outgoing) -> SendResult:
            async with slots:
                return await provider.send(message)

        try:
            return list(await asyncio.gather(*(one(message) for message in messages)))
        finally:
            await provider.close()

    return asyncio.run(carry())


class ProviderContract:
    def arrived(self) -> list[Arrived] | None:
        raise NotImplementedError

    def test_it_says_who_it_is(self, provider: Provider) -> None:
        assert provider.name.isidentifier()
        assert provider.channel in CHANNELS
        assert 1 <= provider.concurrency_max <= 1000

    def test_it_carries_a_message(self, provider: Provider) -> None:
        [result] = send_all(provider, [outgoing(7)])
        assert (result.message_id, result.state in TAKEN) == (7, True)
        assert result.provider_message_id
        if (arrived := self.arrived()) is not None:
            [one] = arrived
            assert one.recipients == ["ana7@example.com"]
            assert one.text.strip() == "Tu pedido está en camino"
            assert one.html.strip() == "<p>Tu pedido está en camino</p>"
            assert ("Subject", "¡Gracias, Nadia!") in one.headers

    def test_the_same_key_has_the_same_id(self, provider: Provider) -> None:
        first, again, other = send_all(provider, [outgoing(1), outgoing(1), outgoing(2)])
        assert first.provider_message_id == again.provider_message_id != other.provider_message_id

    @pytest.mark.parametrize(
        "changes",
        [
            {"html": ""},
            {"text": ""},
            {"html": "<p>" + "ñ€😀 " * 20_000 + "</p>"},
            {"html": "x" * 150_000},  # one line
            {"text": ".\n..\n.\r\n\r.\rFrom here\n", "html": "<p>.</p>\n.\n"},
            {"subject": "ñ" * 500},
            {"subject": "=?utf-8?b?evil?= plain"},
            {"headers": {}},
            {"headers": {"List-Unsubscribe": "<https://tienda.example/u/" + "x" * 500 + ">"}},
            {"sender": "hola@tienda.example"},
            {"sender": '"Tienda, S.A. de C.V." <hola@tienda.example>'},
        ],
    )
    def test_it_carries_all_kinds_of_contents(self, provider: Provider, changes: dict[str, Any]) -> None:
        message = outgoing(**changes)
        [result] = send_all(provider, [message])
        assert result.state in TAKEN
        if (arrived := self.arrived()) is not None:
            [one] = arrived
            assert one.text.split() == message.text.split()
            assert one.html.split() == message.html.split()
            assert [value for name, value in one.headers if name == "Subject"] == [message.subject]

    @pytest.mark.parametrize(
        "changes",
        [
            {"subject": "a\r\nBcc: evil@example.com"},
            {"subject": "a\nBcc: evil@example.com\n\nbody"},
            {"subject": "a\x00\x0b\x85\u2028Bcc: evil@example.com"},
            {"sender": "Tienda\r\nBcc: evil@example.com <hola@tienda.example>"},
            {"headers": {"X-A\r\nBcc": "evil@example.com"}},
            {"headers": {"X-A": "b\r\nBcc: evil@example.com"}},
            {"headers": {"X-A: b\r\nBcc": "evil@example.com", "": "x", "X Y": "z"}},
            {"key": "k\r\nBcc: evil@example.com"},
            {"text": "--=_x\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<evil@example.com>\r\n"},
        ],
    )
    def test_nothing_makes_a_header_or_a_recipient(self, provider: Provider, changes: dict[str, Any]) -> None:
        [result] = send_all(provider, [outgoing(**changes)])
        assert result.state in TAKEN | {SendState.FAILED}
        for one in self.arrived() or ():
            assert one.recipients == ["ana1@example.com"]
            names = [name.lower() for name, _ in one.headers]
            assert "bcc" not in names
            assert len(set(names)) == len(names)

    @pytest.mark.parametrize(
        "address",
        ["", "nobody", "a@b\r\nRCPT TO:<evil@example.com>", "a@b, evil@example.com", "a b@example.com", "<a@b>", "a@b\x00", "ñandú@example.com", "a" * 300 + "@example.com"],
    )  # fmt: skip
    def test_what_is_no_address_fails_and_reaches_nobody_else(self, provider: Provider, address: str) -> None:
        [result] = send_all(provider, [outgoing(address=address)])
        arrived = self.arrived()
        if arrived is not None:
            assert (result.state, arrived) == (SendState.FAILED, [])
            assert result.reason.startswith("bad_address")

    def test_many_at_once_arrive_once_each(self, provider: Provider) -> None:
        number = provider.concurrency_max * 3
        results = send_all(provider, (outgoing(n) for n in range(1, number + 1)))
        assert [(result.message_id, result.state in TAKEN) for result in results] == [
            (n, True) for n in range(1, number + 1)
        ]
        if (arrived := self.arrived()) is not None:
            assert sorted(one.recipients[0] for one in arrived) == sorted(
                f"ana{n}@example.com" for n in range(1, number + 1)
            )

    def test_it_can_be_closed_twice_and_used_again(self, provider: Provider) -> None:
        for number in (1, 2):
            [result] = send_all(provider, [outgoing(number)])
            assert result.state in TAKEN
        asyncio.run(provider.close())
        asyncio.run(provider.close())

    def test_reasons_are_one_short_line(self, provider: Provider) -> None:
        for result in send_all(provider, [outgoing(), outgoing(address="a\nb" * 500)]):
            assert len(result.reason) < 300
            assert result.reason.isprintable()
