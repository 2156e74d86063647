"""How far a long stage is: bars for people, on stderr so that stdout stays clean for JSON."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

Advance = Callable[[int], None]


class Progress(Protocol):
    def stage(self, label: str, *, total: int) -> AbstractContextManager[Advance]:
        """One stage; call what it yields with how much more is done."""
        ...


class Bars:
    """Bars where stderr is a terminal; in a log file each finished stage is one line."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)

    @contextmanager
    def stage(self, label: str, *, total: int) -> Iterator[Advance]:
        with RichProgress(
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
        ) as bars:
            task = bars.add_task(label, total=total)
            yield lambda done: bars.advance(task, done)


class Silent:
    @contextmanager
    def stage(self, label: str, *, total: int) -> Iterator[Advance]:
        yield _pass


def _pass(done: int) -> None:
    pass
