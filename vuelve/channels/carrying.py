"""Messages on their way: one asyncio loop, bounded per provider, alternating with the database work around it.

The loop runs only inside `collect`, so that everything else may use the (synchronous) database connection.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from vuelve.channels import telemetry
from vuelve.channels.claiming import Flight
from vuelve.channels.contracts import TIMED_OUT
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.extension import Provider, SendResult, SendState

log = structlog.get_logger(__name__)

# One call of a provider. Whatever took longer may have been sent.
SEND_SECONDS_MAX = 60.0
# A message that a slow provider has not even begun with by then goes back to the queue. Together with the time of one
# call it must stay below CLAIM_SECONDS_MAX: then a message that counts as lost is in nobody's hands.
BEGIN_SECONDS_MAX = 240.0


@dataclass(slots=True)
class Landed:
    flight: Flight
    result: SendResult | None  # None: not begun, so it may be sent by whoever claims it next


class Carrier:
    """Not for several threads. `close` must be called: it ends the providers' connections."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._tasks: dict[asyncio.Task[SendResult | None], Flight] = {}
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._providers: dict[str, Provider] = {}
        self.stopping = False

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    def launch(self, flights: Iterable[Flight]) -> None:
        loop = self._runner.get_loop()
        begin_until = monotonic_seconds() + BEGIN_SECONDS_MAX
        for flight in flights:
            provider = flight.provider
            self._providers.setdefault(provider.name, provider)
            slots = self._slots.setdefault(provider.name, asyncio.Semaphore(provider.concurrency_max))
            self._tasks[loop.create_task(self._carry(flight, slots, begin_until))] = flight

    def collect(self, seconds: float) -> list[Landed]:
        """Let messages travel for at most so long; those that have arrived."""
        if not self._tasks:
            return []
        done = self._runner.run(self._wait(seconds))
        return [Landed(self._tasks.pop(task), task.result()) for task in done]

    def close(self) -> None:
        async def close_all() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for provider in self._providers.values():
                await provider.close()

        if self._providers:
            self._runner.run(close_all())
        self._runner.close()

    async def _wait(self, seconds: float) -> set[asyncio.Task[SendResult | None]]:
        done, _ = await asyncio.wait(self._tasks, timeout=seconds)
        return done

    async def _carry(self, flight: Flight, slots: asyncio.Semaphore, begin_until: float) -> SendResult | None:
        message = flight.outgoing
        async with slots:
            began = monotonic_seconds()
            if self.stopping or began > begin_until:
                return None
            try:
                async with asyncio.timeout(SEND_SECONDS_MAX):
                    return await flight.provider.send(message)
            except TimeoutError:
                return SendResult(message.message_id, SendState.UNKNOWN, reason=TIMED_OUT)
            except Exception as error:
                # A provider says what the outside world does in its result; this is a fault of its own code, and
                # nobody knows how far it had come.
                log.exception("provider raised", provider=flight.provider.name, message=message.message_id)
                return SendResult(
                    message.message_id, SendState.UNKNOWN, reason=f"error: {type(error).__name__}"
                )
            finally:
                telemetry.SECONDS.labels("carry").observe(monotonic_seconds() - began)
