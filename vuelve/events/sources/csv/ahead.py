"""Rows are read and understood in one thread while another waits for the database."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_WAIT_SECONDS = 0.1


class _Made(Generic[Item]):
    """An item, or that there is none any more, and why."""

    __slots__ = ("error", "items")

    def __init__(self, items: list[Item], error: BaseException | None = None) -> None:
        self.items = items  # one, or none at the end
        self.error = error


def ahead(items: Iterator[Item], *, depth: int) -> Generator[Item, None, None]:
    """The items, made up to `depth` ahead in a thread of their own; what it raises is raised here.

    The thread has ended when the iterator has, also if its reader leaves early.
    """
    box: queue.Queue[_Made[Item]] = queue.Queue(depth)
    is_over = threading.Event()
    thread = threading.Thread(target=_make, args=(items, box, is_over), name="csv-reader", daemon=True)
    thread.start()
    try:
        while (made := box.get()).items:
            yield made.items[0]
        if made.error is not None:
            raise made.error
    finally:
        is_over.set()
        thread.join()


def _make(items: Iterator[Item], box: "queue.Queue[_Made[Item]]", is_over: threading.Event) -> None:
    try:
        for item in items:
            _put(box, _Made([item]), is_over)
            if is_over.is_set():
                return
        _put(box, _Made([]), is_over)
    except BaseException as error:
        _put(box, _Made([], error), is_over)


def _put(box: "queue.Queue[_Made[Item]]", made: _Made[Item], is_over: threading.Event) -> None:
    while not is_over.is_set():
        try:
            box.put(made, timeout=_WAIT_SECONDS)
            return
        except queue.Full:
            continue
