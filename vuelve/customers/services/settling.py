"""Identity's writes. Who an identifier counts for is worked out from all claims ever made, in `sql/find_owners.sql` and
`sql/find_roots.sql`: the same whatever the order and the repetition of the events that made them.

Whoever writes here holds the shop (`sql/hold_shop.sql`) before anything else of this package, and until the commit.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client import Counter

from vuelve.customers.contracts import CUSTOMERS_MERGED, SOURCE
from vuelve.events.services import open_staging, record_staged
from vuelve.platform.db import Cursor, Statements
from vuelve.platform.ids import ShopId

SQL = Statements(str(Path(__file__).parent))
BY_EVENT = "linked by an event"

MOVED = Counter(
    "vuelve_identity_moves_total", "Nodes that count for another customer than before.", ["reason"]
)


@dataclass(frozen=True, slots=True)
class Settled:
    """What was written; the profiles of `pg_temp.customers_touched` and the rows of new nodes are still to come."""

    nodes: int = 0  # new ones
    moves: int = 0  # nodes, new ones included, that count for another customer than before


def open_tables(cursor: Cursor) -> None:
    """Make and empty the working tables that everything here uses."""
    cursor.execute(SQL["open_tables"])


def hold(cursor: Cursor, shop: ShopId) -> None:
    """Wait until nobody else writes identities of the shop."""
    cursor.execute(SQL["hold_shop"], {"shop": shop})


def settle(cursor: Cursor, *, now: datetime, reason: str = BY_EVENT) -> Settled:
    """Work `pg_temp.customers_sighting` into nodes and claims, and those into who counts for whom."""
    cursor.execute(SQL["add_nodes"])
    nodes = cursor.rowcount
    cursor.execute(SQL["add_claims"])
    cursor.execute(SQL["ask_owners"])
    return Settled(nodes=nodes, moves=follow_claims(cursor, now=now, reason=reason))


def follow_claims(cursor: Cursor, *, now: datetime, reason: str) -> int:
    """Bring owners, roots, aliases and traits of `pg_temp.customers_asked` to what the claims say; returns the moves."""
    cursor.execute(SQL["find_owners"])
    cursor.execute(SQL["write_owners"])
    if not cursor.rowcount:
        return 0
    cursor.execute(SQL["find_roots"])
    cursor.execute(SQL["write_roots"])
    cursor.execute(SQL["find_moves"])
    row = cursor.execute(
        "SELECT count(*), count(*) FILTER (WHERE NOT is_new) FROM pg_temp.customers_moving"
    ).fetchone()
    assert row is not None
    moves, told = row
    if moves:
        cursor.execute(SQL["write_aliases"], {"now": now, "reason": reason})
    if told:
        MOVED.labels(reason).inc(told)
        open_staging(cursor)
        cursor.execute(SQL["stage_moves"], {"name": CUSTOMERS_MERGED, "now": now})
        record_staged(cursor, now=now, source=SOURCE)
    return int(moves)
