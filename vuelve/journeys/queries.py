"""Reads of journeys for pages: counts come from the tally, never from the log of moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from vuelve.platform.db import Cursor, Statements, fetch_dicts
from vuelve.platform.ids import CustomerId, ShopId

SQL = Statements(__file__)


@dataclass(frozen=True, slots=True)
class JourneyCounts:
    inside: int = 0
    entered: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class StepCounts:
    """`standing`: customers at the step now; `left`: moves out of it so far, by outcome."""

    standing: int = 0
    left: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        return sum(self.left.values())


def journey_counts(cursor: Cursor, shop: ShopId) -> dict[int, JourneyCounts]:
    rows = cursor.execute(SQL["page_counts"], {"shop": shop}).fetchall()
    return {row[0]: JourneyCounts(inside=row[1], entered=row[2], sent=row[3]) for row in rows}


def step_counts(cursor: Cursor, shop: ShopId, *, journey: int, version: int) -> dict[str, StepCounts]:
    """By step key; '' is the entry."""
    where = {"shop": shop, "journey": journey, "version": version}
    left: dict[str, dict[str, int]] = {}
    for step, outcome, moves in cursor.execute(SQL["page_steps"], where).fetchall():
        left.setdefault(step, {})[outcome] = moves
    standing: dict[str, int] = dict(cursor.execute(SQL["page_standing"], where).fetchall())
    return {key: StepCounts(standing.get(key, 0), left.get(key, {})) for key in {*left, *standing}}


def runs_of(cursor: Cursor, shop: ShopId, ids: Sequence[CustomerId], *, rows: int) -> list[dict[str, Any]]:
    """The newest runs of a customer; `ids` are all ids that count for them."""
    cursor.execute(SQL["page_runs"], {"shop": shop, "ids": list(ids), "rows": rows})
    return fetch_dicts(cursor)
