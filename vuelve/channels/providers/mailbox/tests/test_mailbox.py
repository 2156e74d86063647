"""The mailbox keeps the provider contract, and what it keeps is the message's own row."""

import pytest

from vuelve.channels.contracts import KeepingProvider
from vuelve.channels.providers.mailbox.client import MailboxProvider
from vuelve.channels.tests.provider_contract import Arrived, ProviderContract, outgoing
from vuelve.platform.extension import Provider, SendState


class TestMailbox(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return MailboxProvider()

    def arrived(self) -> list[Arrived] | None:
        return None


def test_it_keeps_in_the_dispatchers_own_transaction() -> None:
    provider = MailboxProvider()
    assert isinstance(provider, KeepingProvider)
    results = provider.keep([outgoing(1), outgoing(2)])
    assert [(result.message_id, result.state) for result in results] == [
        (1, SendState.DELIVERED),
        (2, SendState.DELIVERED),
    ]
