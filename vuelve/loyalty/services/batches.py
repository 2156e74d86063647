"""Many transfers at once: stage rows, post them, tell what happened. In the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime

from vuelve.events import services as events
from vuelve.loyalty.contracts import POINTS, Award, TransferKind
from vuelve.platform.db import Cursor, Statements, copy_rows
from vuelve.platform.ids import ShopId

SOURCE = "loyalty"  # of the events that this package records
SQL = Statements(str(__file__).replace("/services/", "/"))


def open_batches(cursor: Cursor) -> None:
    """Make the temporary tables of this connection if need be, and empty them: see `loyalty_open` for their columns."""
    cursor.execute("SELECT loyalty_open()")


def stage_awards(
    cursor: Cursor,
    shop: ShopId,
    awards: Iterable[Award],
    *,
    earned_at: datetime,
    expires_at: datetime | None,
    kind: TransferKind = TransferKind.AWARDED,
) -> None:
    copy_rows(
        cursor,
        "loyalty_award_in (shop_id, key, customer_id, node_id, unit, kind, points, reference, note, actor, earned_at, expires_at)",
        (
            (
                shop,
                each.key,
                each.customer,
                each.node or each.customer,
                POINTS,
                kind,
                each.points,
                each.reference,
                each.note,
                each.actor,
                earned_at,
                expires_at,
            )
            for each in awards
        ),
    )


def post_awards(cursor: Cursor, *, now: datetime) -> int:
    """Post `pg_temp.loyalty_award_in`; returns how many were new. A key that stands for another award stays as it is."""
    return _call(cursor, "loyalty_award", now)


def post_withdrawals(cursor: Cursor, *, now: datetime) -> int:
    """Post `pg_temp.loyalty_withdraw_in`; returns how many lots lost points."""
    return _call(cursor, "loyalty_withdraw", now)


def post_moves(cursor: Cursor, *, now: datetime) -> int:
    """Post `pg_temp.loyalty_move_in` and `pg_temp.loyalty_debt_in`; returns how many lots and debts went elsewhere."""
    return _call(cursor, "loyalty_move", now)


def post_due(cursor: Cursor, *, now: datetime) -> int:
    """Open or expire the lots of `pg_temp.loyalty_due_in`; returns how many changed."""
    return _call(cursor, "loyalty_settle", now)


def tell(cursor: Cursor, *, now: datetime) -> int:
    """Record an event for each transfer since `open_batches`; returns how many."""
    events.open_staging(cursor)
    if not cursor.execute(SQL["stage_told"]).rowcount:
        return 0
    return events.record_staged(cursor, now=now, source=SOURCE, is_new=True)


def _call(cursor: Cursor, function: str, now: datetime) -> int:
    row = cursor.execute(f"SELECT {function}(%s)", [now]).fetchone()
    assert row is not None
    return int(row[0])
