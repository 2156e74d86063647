"""What became of an event: which consumers have read it, which could not take it, what they made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from vuelve.events.masking import kind_of_error
from vuelve.events.queries.live import Position, WholeEvent
from vuelve.platform.db import Cursor
from vuelve.platform.extension import Consumer, EventRef, Outcome, Text, registry
from vuelve.shops.http import ShopRequest

UNSTAMPED = -1


@dataclass(frozen=True, slots=True)
class Fate:
    """How far one consumer is with an event. `state`: read, waiting, passed_over (not its kind) or set_aside."""

    consumer: str
    label: Text
    state: str
    error: str = ""
    outcomes: Sequence[Outcome] = field(default_factory=tuple)

    @property
    def is_without_effect(self) -> bool:
        """It was read, and nothing could be made of it."""
        return bool(self.outcomes) and all(outcome.tone == "bad" for outcome in self.outcomes)


def fates_of(cursor: Cursor, request: ShopRequest, event: WholeEvent, *, is_readable: bool) -> list[Fate]:
    """One line a consumer, identity first, then those who read what it has stamped. Errors whole only if `is_readable`."""
    reached = _reached(cursor)
    errors: dict[str, str] = dict(
        cursor.execute(
            "SELECT consumer, error FROM events_quarantine WHERE shop_id = %s AND seq = %s",
            [request.shop_id, event.seq],
        ).fetchall()
    )
    ref = EventRef(event.xid, event.seq, event.name, event.customer_id, event.occurred_at)
    made = {
        source.key: source.of_event(cursor, request, request.shop_id, ref)
        for source in registry.event_outcomes
    }
    show = str if is_readable else kind_of_error
    return [
        Fate(
            consumer=consumer.name,
            label=label_of(consumer),
            state=_state(consumer, event, reached, errors),
            error=show(errors.get(consumer.name, "")),
            outcomes=made.get(consumer.name, ()),
        )
        for consumer in sorted(registry.consumers, key=lambda one: (not one.is_identity, len(one.after)))
    ]


def label_of(consumer: Consumer) -> Text:
    return getattr(consumer, "label", consumer.name)


def _reached(cursor: Cursor) -> dict[tuple[str, int], Position]:
    rows = cursor.execute("SELECT consumer, shard, xid, seq FROM events_cursor").fetchall()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def _state(
    consumer: Consumer,
    event: WholeEvent,
    reached: dict[tuple[str, int], Position],
    errors: dict[str, str],
) -> str:
    if consumer.name in errors:
        return "set_aside"
    names = consumer.names()
    if names is not None and event.name not in names:
        return "passed_over"
    if consumer.is_identity:
        shard = 0
    elif event.shard is None and event.customer_id is None:
        return "waiting"
    else:
        shard = UNSTAMPED if event.shard is None else event.shard
    return "read" if event.position <= reached.get((consumer.name, shard), (0, 0)) else "waiting"
