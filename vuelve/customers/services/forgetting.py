"""Forgetting a customer of whom nothing was heard for long: as an erasure, but nobody asked and nothing is blocked.

Whoever comes back is welcome, as somebody new. One short transaction: the quiet have few rows.
"""

from datetime import datetime

import structlog

from vuelve.customers.services.disclosing import person_of
from vuelve.customers.services.erasing import is_leaving
from vuelve.customers.services.settling import hold
from vuelve.customers.services.verifying import rows_by_id
from vuelve.events.rewriting import hold_consumers
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId

log = structlog.get_logger(__name__)


def forget(*, shop: ShopId, customer: CustomerId, before: datetime, now: datetime) -> bool:
    """Take a customer who was last seen before `before` out of everything; False if they were seen meanwhile,
    or if it is not settled yet whose their rows are.

    Raises VuelveError `rows_left`, and changes nothing, if a package keeps rows of theirs.
    """
    with for_shop(shop) as cursor:
        hold_consumers(cursor)
        hold(cursor, shop)
        quiet = cursor.execute(
            "SELECT FROM customers_customer WHERE shop_id = %s AND id = %s AND last_seen_at < %s FOR UPDATE",
            [shop, customer, before],
        ).fetchone()
        if quiet is None:
            return False
        person = person_of(cursor, shop, customer)
        if is_leaving(cursor, person):
            return False
        row = cursor.execute("SELECT nextval('customers_id')").fetchone()
        assert row is not None
        for part in reversed(registry.privacy):
            part.erase(cursor, person, remains=CustomerId(row[0]), now=now)
        left = [
            column for column, rows in rows_by_id(cursor, shop, person.ids, indexed_only=True).items() if rows
        ]
        if left:
            raise VuelveError("rows_left", f"Rows are left in {', '.join(left)}.", status=500)
    log.info("customer forgotten", shop=shop)
    return True
