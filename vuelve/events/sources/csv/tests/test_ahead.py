import threading
from collections.abc import Iterator

import pytest

from vuelve.events.sources.csv.ahead import ahead


def _count(upto: int, made: list[int]) -> Iterator[int]:
    for n in range(upto):
        made.append(n)
        yield n


def _readers() -> int:
    return sum(thread.name == "csv-reader" for thread in threading.enumerate())


def test_items_come_in_order_and_not_too_many_ahead() -> None:
    made: list[int] = []
    items = ahead(_count(100, made), depth=2)
    assert next(items) == 0
    assert len(made) <= 5
    assert list(items) == list(range(1, 100))
    assert _readers() == 0


def test_what_the_thread_raises_is_raised_here() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("bad")

    items = ahead(broken(), depth=2)
    assert next(items) == 1
    with pytest.raises(ValueError, match="bad"):
        next(items)
    assert _readers() == 0


def test_who_leaves_early_leaves_no_thread_behind() -> None:
    items = ahead(_count(10_000, []), depth=1)
    next(items)
    items.close()
    assert _readers() == 0
