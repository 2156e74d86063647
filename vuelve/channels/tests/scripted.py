"""A provider for tests of the dispatcher, which no mailbox and no server can put into every situation."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from vuelve.platform.extension import Outgoing, SendResult, SendState


class Scripted:
    """A provider outside: answers as it is told to, and notes what it was given."""

    name: ClassVar[str] = "scripted"
    channel: ClassVar[str] = "email"
    concurrency_max: ClassVar[int] = 4

    def __init__(
        self, answer: Callable[[Outgoing], SendState] = lambda _: SendState.ACCEPTED, seconds: float = 0
    ) -> None:
        self.answer = answer
        self.seconds = seconds
        self.given: list[Outgoing] = []
        self.at_once = 0
        self.at_once_most = 0
        self.closed = False

    async def send(self, message: Outgoing) -> SendResult:
        self.given.append(message)
        self.at_once += 1
        self.at_once_most = max(self.at_once_most, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        state = self.answer(message)
        return SendResult(
            message.message_id,
            state,
            reason=f"said {state}",
            provider_message_id=f"p{message.message_id}",
            after_seconds=1,
        )

    async def close(self) -> None:
        self.closed = True
