"""What commerce does with a batch of events: orders, catalogue, shipments, redemptions, merges.

Events read (amounts in major units, as JSON numbers or strings; Segment's ecommerce spec v2 where it has one):

`Order Completed`
    order_id (required), currency (ISO 4217; the shop's if missing), total, revenue, subtotal (after discounts, without
    shipping and tax), shipping, tax, discount, coupon, products[]: product_id (else sku, else name), sku, name,
    category, brand, image_url, url, price (of one), quantity (1 if missing), amount (of the line, after discounts;
    quantity x price if missing), coupon.
    A missing subtotal is revenue, else total - shipping - tax, else the sum of the lines; a missing total is
    subtotal + shipping + tax. Rounded half up to the currency's minor unit. The first event with an order id has it.
`Shipment Updated`
    order_id, status (required: packed, in_transit, out_for_delivery, delivered, or one of AfterShip's nine names),
    shipment_id (missing: the order's only shipment), carrier, tracking_url, eta_date.
`Customers Merged` (ours) {from_id, into_id}
    The rows of this package follow.

Events recorded, in the batch's transaction:

`Order Milestone Reached` {milestone_id, order_id, shipment_id, milestone, tracking_url, carrier, eta_date}
    once for each milestone (confirmed, packed, in_transit, out_for_delivery, delivered) that a live event reaches;
    `milestone_id` is `<order_id>:<shipment_id>:<milestone>`. Not for history, not for a milestone already passed.
`Coupon Redeemed`: see `services.py`.

A malformed event changes nothing and stops nothing: it is counted and kept, with its reason, in commerce_rejected.
"""

from typing import Any, ClassVar

import structlog
from prometheus_client import Counter

from vuelve.commerce.contracts import Milestone
from vuelve.commerce.rules import STATUSES
from vuelve.commerce.services import SOURCE, SQL, hold_merges, settle_coupon_uses
from vuelve.customers.contracts import CUSTOMERS_MERGED
from vuelve.customers.services import open_merges
from vuelve.events import services as events
from vuelve.platform import limits
from vuelve.platform.db import Cursor
from vuelve.platform.extension import EventBatch

log = structlog.get_logger(__name__)

REJECTED = Counter(
    "vuelve_commerce_rejected_total",
    "Malformed orders and shipments that were passed over.",
    ["event", "reason"],
)

ORDER_COMPLETED = "Order Completed"
SHIPMENT_UPDATED = "Shipment Updated"

# Past a million of one article it is a mistake; petrol is sold by the 10 millilitres.
QUANTITY_MAX = 1_000_000
URL_CHARS_MAX = 2_000

_BOUNDS: dict[str, Any] = {
    "order_id_max": limits.ORDER_ID_CHARS_MAX,
    "product_id_max": limits.IDENTITY_CHARS_MAX,
    "text_max": limits.TRAIT_TEXT_CHARS_MAX,
    "url_max": URL_CHARS_MAX,
    "lines_max": limits.ORDER_LINES_MAX,
    "amount_max": limits.AMOUNT_MINOR_MAX,
    "quantity_max": QUANTITY_MAX,
}


class CommerceConsumer:
    name: ClassVar[str] = "commerce"
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity",)

    def names(self) -> frozenset[str] | None:
        return frozenset({ORDER_COMPLETED, SHIPMENT_UPDATED, CUSTOMERS_MERGED})

    def consume(self, batch: EventBatch) -> None:
        cursor = batch.cursor
        present = {
            row[0] for row in cursor.execute("SELECT DISTINCT name FROM pg_temp.event_batch").fetchall()
        }
        cursor.execute(SQL["open_batch"])
        events.open_staging(cursor)
        if ORDER_COMPLETED in present:
            _take_orders(cursor)
        if SHIPMENT_UPDATED in present:
            cursor.execute(SQL["read_shipments"], _BOUNDS | _STATUSES)
        # Before the shipments move: an order that arrives after its shipment was sent is not confirmed any more.
        cursor.execute(SQL["stage_confirmed"])
        if SHIPMENT_UPDATED in present:
            _advance_shipments(cursor)
        # From here on no lock is awaited that another batch may hold while it waits for this one: the catalogue's
        # rows are taken before, the coupons' after.
        hold_merges(cursor, exclusively=CUSTOMERS_MERGED in present)
        _redeem_coupons(batch)
        events.record_staged(cursor, now=batch.now, source=SOURCE)
        _keep_rejected(batch)
        _follow_merges(cursor)


_STATUSES: dict[str, Any] = {
    "statuses": list(STATUSES),
    "milestones": [int(milestone) for milestone in STATUSES.values()],
}


def _take_orders(cursor: Cursor) -> None:
    cursor.execute(SQL["read_orders"], _BOUNDS)
    cursor.execute(SQL["read_lines"], _BOUNDS)
    cursor.execute(SQL["reject_orders_by_lines"])
    cursor.execute(SQL["take_orders"])
    cursor.execute(SQL["drop_other_lines"])
    cursor.execute(SQL["insert_orders"])
    cursor.execute(SQL["insert_items"])
    cursor.execute(SQL["upsert_products"])


def _advance_shipments(cursor: Cursor) -> None:
    cursor.execute(SQL["hold_shipments"])
    cursor.execute(SQL["advance_shipments"])
    cursor.execute(SQL["stage_milestones"], {"names": [milestone.key for milestone in Milestone]})


def _redeem_coupons(batch: EventBatch) -> None:
    cursor = batch.cursor
    cursor.execute(SQL["open_coupon_uses"])
    cursor.execute(SQL["collect_coupon_uses"])
    if not cursor.rowcount:
        return
    settle_coupon_uses(cursor)
    cursor.execute(SQL["refuse_coupons"], {"now": batch.now})
    cursor.execute(SQL["stage_redeemed"])


def _keep_rejected(batch: EventBatch) -> None:
    for shop, event, reason, count in batch.cursor.execute(
        SQL["insert_rejected"], {"now": batch.now}
    ).fetchall():
        REJECTED.labels(event, reason).inc(count)
        log.warning("rejected", shop=shop, rejected_event=event, reason=reason, count=count)


def _follow_merges(cursor: Cursor) -> None:
    open_merges(cursor)
    cursor.execute(SQL["find_merges"])
    if not cursor.rowcount:
        return
    cursor.execute(SQL["move_orders"])
    cursor.execute(SQL["move_shipments"])
    cursor.execute(SQL["move_coupons"])
