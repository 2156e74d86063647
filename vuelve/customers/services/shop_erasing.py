"""Erasing every person of a shop that has gone: all rows of all parts, orders included, in small commits.

The shop itself, its staff, templates and journeys are nobody's personal data and stay; so does the audit log, which
says that this was done.
"""

from collections import Counter as Tally

import structlog
from psycopg import sql

from vuelve.events.rewriting import hold_consumers
from vuelve.platform import jobs, limits
from vuelve.platform.db import for_shop
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.shops import services as shops

log = structlog.get_logger(__name__)

JOB = "privacy.erase_shop"
OWN_TABLES = ("customers_erased", "customers_disclosure")
KEPT = "shops"  # the part whose rows stay


def erase_shop(*, shop: ShopId, requested_by: str) -> None:
    """Ask for all people of a shop to be erased; the job runs once the transaction has committed."""
    with for_shop(shop):
        shops.audit(shop=shop, actor=requested_by, action="Shop Erasure Requested")
        jobs.defer(JOB, unique=f"{JOB}:{shop}", shop=int(shop))


@jobs.job(JOB)
def run_shop_erasure(*, shop: int) -> None:
    counts: Tally[str] = Tally()
    while _sweep(ShopId(shop), counts, is_last=False):
        pass
    # Batches that were under way have ended now, and nothing of theirs stays either.
    while _sweep(ShopId(shop), counts, is_last=True):
        pass
    counts["files"] = sum(each.throw_away_all(ShopId(shop)) for each in registry.personal_files)
    shops.audit(shop=ShopId(shop), actor="system", action="Shop Erased", detail=dict(counts))
    log.info("shop erased", shop=shop, rows=counts.total())


def _sweep(shop: ShopId, counts: Tally[str], *, is_last: bool) -> int:
    """Some rows of every table, packages further up first; returns how many."""
    parts = [part for part in reversed(registry.privacy) if part.name != KEPT]
    removed = 0
    for part in parts:
        sweep = getattr(part, "sweep", None)
        if sweep is not None:
            jobs.stop_if_told()
            with for_shop(shop) as cursor:
                if is_last:
                    hold_consumers(cursor)
                swept = sweep(cursor, shop, limits.ERASE_EVENTS_ROWS)
            counts.update(swept)
            removed += sum(swept.values())
            continue
        removed += sum(_sweep_table(shop, table, counts, is_last=is_last) for table in part.tables)
    return removed + sum(_sweep_table(shop, table, counts, is_last=is_last) for table in OWN_TABLES)


def _sweep_table(shop: ShopId, table: str, counts: Tally[str], *, is_last: bool) -> int:
    jobs.stop_if_told()
    with for_shop(shop) as cursor:
        if is_last:
            hold_consumers(cursor)
        # By place: partitions may have rows at the same place, and those are the shop's as well.
        query = sql.SQL(
            "DELETE FROM {table} WHERE shop_id = %s AND ctid = ANY (ARRAY("
            "SELECT ctid FROM {table} WHERE shop_id = %s LIMIT %s))"
        ).format(table=sql.Identifier(table))
        cursor.execute(query, [shop, shop, limits.ERASE_EVENTS_ROWS])
        counts[table] += cursor.rowcount
        return cursor.rowcount
