"""The worker's tick of the journeys."""

from typing import ClassVar

from vuelve.channels.services import OutboxSink
from vuelve.journeys import engine
from vuelve.platform.clock import Clock


class JourneysTick:
    """Advances due runs; their messages go to the outbox."""

    name: ClassVar[str] = "journeys"
    interval_seconds: ClassVar[float] = 0.2

    def __init__(self) -> None:
        self._sink = OutboxSink()

    def tick(self, clock: Clock) -> int:
        return engine.tick(now=clock.now(), sink=self._sink)
