"""The log of moves (`journeys_transition`) and its counts (`journeys_tally`), written in the transaction of the moves."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vuelve.platform.db import Cursor, Statements
from vuelve.platform.ids import ShopId

SQL = Statements(__file__)

TALLY_SLOTS = 16  # writers that add to the same count at once would wait for one another
MONTH_AHEAD = timedelta(days=35)  # the turn of a month finds its partition made


def ensure_months(cursor: Cursor, now: datetime) -> None:
    """Make the log's partitions of this month and the next; first in a transaction, since it locks the log."""
    cursor.execute(
        "SELECT vuelve_ensure_months('journeys_transition', %s, %s)",
        [now.date(), (now + MONTH_AHEAD).date()],
    )


@dataclass(slots=True)
class Tally:
    """Counts moves in memory; `write` adds them to the table in one statement, last in the transaction."""

    _moves: Counter[tuple[ShopId, int, str, str]] = field(default_factory=Counter)

    def add(self, shop: ShopId, version_id: int, step: str, outcome: str, moves: int) -> None:
        if moves:
            self._moves[shop, version_id, step, outcome] += moves

    def write(self, cursor: Cursor) -> int:
        """Returns how many moves were counted."""
        if not self._moves:
            return 0
        keys = sorted(self._moves)
        cursor.execute(
            SQL["count_moves"],
            {
                "shops": [key[0] for key in keys],
                "versions": [key[1] for key in keys],
                "steps": [key[2] for key in keys],
                "outcomes": [key[3] for key in keys],
                "moves": [self._moves[key] for key in keys],
                "slots": TALLY_SLOTS,
            },
        )
        return self._moves.total()
