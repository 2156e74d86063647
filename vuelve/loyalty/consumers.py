"""What loyalty does with a batch of events: points for orders, taken back with refunds, given back with cancellations;
and points go with their customer.
"""

from typing import ClassVar

from django.utils.translation import gettext_lazy
from prometheus_client import Counter

from vuelve.commerce.consumers import ORDER_CANCELLED, ORDER_COMPLETED, ORDER_REFUNDED, ORDER_UPDATED
from vuelve.customers.contracts import CUSTOMERS_MERGED
from vuelve.customers.services import open_moves
from vuelve.loyalty.models import Programme
from vuelve.loyalty.services.batches import SQL, tell
from vuelve.loyalty.services.earning import follow_merges, hold_merges, open_orders, settle_orders
from vuelve.loyalty.services.programmes import live_terms
from vuelve.platform import limits
from vuelve.platform.extension import EventBatch, Text

_OF_ORDERS = frozenset({ORDER_COMPLETED, ORDER_UPDATED, ORDER_REFUNDED, ORDER_CANCELLED})

EARNED = Counter("vuelve_loyalty_orders_earned_total", "Orders that earned points.")


class LoyaltyConsumer:
    name: ClassVar[str] = "loyalty"
    label: ClassVar[Text] = gettext_lazy("Loyalty")
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity", "commerce")  # points are of orders as commerce knows them

    def names(self) -> frozenset[str]:
        """Without a programme nobody has points: nothing is read."""
        return _OF_ORDERS | {CUSTOMERS_MERGED} if Programme.objects.exists() else frozenset()

    def consume(self, batch: EventBatch) -> None:
        cursor = batch.cursor
        is_merging = open_moves(cursor) > 0
        hold_merges(cursor, is_merging=is_merging)
        open_orders(cursor)
        if is_merging:
            follow_merges(cursor, now=batch.now)
        terms = live_terms()
        found = cursor.execute(
            SQL["find_orders"],
            {
                "names": sorted(_OF_ORDERS),
                "shops": [each.shop for each in terms],
                "order_id_max": limits.ORDER_ID_CHARS_MAX,
            },
            prepare=True,
        ).rowcount
        if found:
            EARNED.inc(settle_orders(cursor, terms, now=batch.now))
        if found or is_merging:
            tell(cursor, now=batch.now)
