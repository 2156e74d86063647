"""The only place that reads the wall clock. Everything else is given `now`, or a clock."""

from datetime import UTC, datetime, timedelta
from time import monotonic as _monotonic
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, time zone aware, in UTC."""
        ...


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved; for replays, backtests and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        if instant < self._now:
            raise ValueError(f"a clock does not run backwards: {instant} is before {self._now}")
        self._now = instant.astimezone(UTC)

    def advance(self, step: timedelta) -> None:
        self.move_to(self._now + step)


real = RealClock()


def monotonic_seconds() -> float:
    """For durations and deadlines inside one process; never stored."""
    return _monotonic()
