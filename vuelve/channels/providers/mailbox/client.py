"""The mailbox: a message's row, with the snapshot that it is rendered from, is all there is to keep.

Its effect is in the dispatcher's own transaction (`contracts.KeepingProvider`): a claim that is lost with its
dispatcher was never committed, so the message is queued still and may be taken again. No other provider may do that.
"""

from collections.abc import Sequence
from typing import ClassVar

from vuelve.channels.contracts import EMAIL
from vuelve.platform.extension import Outgoing, SendResult, SendState


class MailboxProvider:
    name: ClassVar[str] = "mailbox"
    channel: ClassVar[str] = EMAIL
    concurrency_max: ClassVar[int] = 1

    def keep(self, messages: Sequence[Outgoing]) -> Sequence[SendResult]:
        return [
            SendResult(message.message_id, SendState.DELIVERED, provider_message_id=message.key)
            for message in messages
        ]

    async def send(self, message: Outgoing) -> SendResult:
        return self.keep([message])[0]

    async def close(self) -> None:
        pass
