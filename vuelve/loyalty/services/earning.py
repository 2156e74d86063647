"""What orders earn: one rule, worked out from what commerce knows of an order now, however its events came.

An order earns once. Of what it earned stands what its remaining eligible amount would earn at the rate it was earned
at; the rest is taken back. It never grows again: see `sql/stand_orders.sql` and `sql/stage_order_withdrawals.sql`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from vuelve.loyalty.contracts import GIVEN_BACK_DAYS, POINTS, POINTS_RETURNED, ExpiryKind, Terms
from vuelve.loyalty.rules import expires_at
from vuelve.loyalty.services.batches import (
    SQL,
    open_batches,
    post_awards,
    post_moves,
    post_withdrawals,
    tell,
)
from vuelve.platform.db import Cursor, copy_rows, for_shop
from vuelve.platform.ids import ShopId

ANALYZE_ROWS_MIN = 500
# Ways to expire that give points a date when they are earned.
DATED = frozenset({ExpiryKind.AGE, ExpiryKind.FIXED_DAY})

# One for all shops: who moves lots waits for those who award, and the other way round.
_LOCK = "SELECT {kind}(hashtext('loyalty_merge'))"


def hold_merges(cursor: Cursor, *, is_merging: bool) -> None:
    """Before anything is posted, until the commit: a merge neither misses a lot nor meets it half made."""
    kind = "pg_advisory_xact_lock" if is_merging else "pg_advisory_xact_lock_shared"
    cursor.execute(_LOCK.format(kind=kind))


def open_orders(cursor: Cursor) -> None:
    """Make `pg_temp.loyalty_order (shop_id, order_id)` and what belongs to it if need be, and empty them."""
    cursor.execute(SQL["open_orders"])
    cursor.execute(
        "SELECT vuelve_clear('pg_temp.loyalty_order', 'pg_temp.loyalty_standing', 'pg_temp.loyalty_day')"
    )
    open_batches(cursor)


def follow_merges(cursor: Cursor, *, now: datetime) -> int:
    """Lots and debts of `pg_temp.customers_moved` go where they belong now."""
    cursor.execute(SQL["stage_node_moves"])
    cursor.execute(SQL["stage_debt_moves"])
    return post_moves(cursor, now=now)


def settle_orders(cursor: Cursor, terms: Sequence[Terms], *, now: datetime) -> int:
    """Award, take back and give back for the orders of `pg_temp.loyalty_order`; returns how many earned.

    Expects `open_orders` and `hold_merges`.
    """
    parameters = _parameters(terms)
    # Prepared, as the statements of a batch are here: of ten orders planning took longer than the work.
    standing = cursor.execute(SQL["stand_orders"], parameters, prepare=True).rowcount
    if not standing:
        return 0
    if standing > ANALYZE_ROWS_MIN:
        cursor.execute("ANALYZE pg_temp.loyalty_standing")
    if dated := [each for each in terms if each.expiry in DATED]:
        _fill_days(cursor, dated)
    row = cursor.execute(
        "SELECT bool_or(known_seq IS NOT NULL OR left_minor < eligible_minor OR is_cancelled) FROM pg_temp.loyalty_standing"
    ).fetchone()
    has_more = row is not None and bool(row[0])
    if has_more:
        cursor.execute(SQL["hold_accounts"])
    earned = 0
    if cursor.execute(SQL["stage_order_awards"], parameters, prepare=True).rowcount:
        earned = post_awards(cursor, now=now)
    if has_more:
        _take_back(cursor, parameters, now=now)
    return earned


def _take_back(cursor: Cursor, parameters: Mapping[str, Any], *, now: datetime) -> None:
    """Of orders that had earned before, or of which something was refunded."""
    cursor.execute("SELECT vuelve_clear('pg_temp.loyalty_move_in', 'pg_temp.loyalty_debt_in')")
    if cursor.execute(SQL["stage_order_moves"]).rowcount:
        post_moves(cursor, now=now)
    if cursor.execute(SQL["stage_order_withdrawals"], parameters).rowcount:
        post_withdrawals(cursor, now=now)
    _give_back_spent(cursor, now=now)


def award_past(shop: ShopId, terms: Terms, *, after: str, rows: int, now: datetime) -> str | None:
    """What orders after `after` (by id) earn, a page at a time, in a transaction; returns the last id, None at the end."""
    with for_shop(shop) as cursor:
        hold_merges(cursor, is_merging=False)
        open_orders(cursor)
        cursor.execute(SQL["find_past_orders"], {"shop": shop, "after": after, "rows": rows})
        row = cursor.execute("SELECT max(order_id) FROM pg_temp.loyalty_order").fetchone()
        assert row is not None
        settle_orders(cursor, [terms], now=now)
        tell(cursor, now=now)
        return None if row[0] is None else str(row[0])


def _give_back_spent(cursor: Cursor, *, now: datetime) -> None:
    """Points spent on an order that is cancelled."""
    spent = cursor.execute(SQL["spent_on_cancelled"]).fetchall()
    for shop, key, transfer in spent:
        with for_shop(ShopId(shop)) as inside:
            inside.execute(
                SQL["give_back"],
                {
                    "shop": shop,
                    "of": key,
                    "key": f"cancelled:{transfer}",
                    "note": "",
                    "actor": "",
                    "event": POINTS_RETURNED,
                    "days": GIVEN_BACK_DAYS,
                    "now": now,
                },
            )


def _fill_days(cursor: Cursor, terms: Sequence[Terms]) -> None:
    """When points earned on each day of the batch expire: a few days a shop, so that the rule stands in one place."""
    by_shop = {each.shop: each for each in terms}
    days = cursor.execute(
        "SELECT DISTINCT shop_id, day FROM pg_temp.loyalty_standing WHERE shop_id = ANY (%s)", [list(by_shop)]
    ).fetchall()
    copy_rows(
        cursor,
        "loyalty_day (shop_id, day, expires_at)",
        (
            (shop, day, expires_at(by_shop[shop], datetime.combine(day, time(12), by_shop[shop].zone)))
            for shop, day in days
        ),
    )


def _parameters(terms: Sequence[Terms]) -> dict[str, Any]:
    return {
        "unit": POINTS,
        "shops": [each.shop for each in terms],
        "currencies": [each.currency for each in terms],
        "zones": [str(each.zone) for each in terms],
        "started": [each.started_at for each in terms],
        "history": [each.counts_history for each in terms],
        "points": [each.rate_points for each in terms],
        "minor": [each.rate_minor for each in terms],
        "shipping": [each.includes_shipping for each in terms],
        "tax": [each.includes_tax for each in terms],
        "approval": [each.approval_days for each in terms],
        "debts": [each.allows_debt for each in terms],
    }
