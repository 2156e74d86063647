"""What commerce does with a batch of events: orders and what changes them, parcels, catalogue, coupons, merges.

Events read (amounts in major units, as JSON numbers or strings; Segment's ecommerce spec v2 where it has one). Each may
come twice, and in any order: what is kept follows from the set of events, not from their arrival.

`Order Completed`
    order_id (required), order_number (for people), currency (ISO 4217; the shop's if missing), total, revenue, subtotal
    (after discounts, without shipping and tax), shipping, tax, discount, coupon, ordered_at (the event's own time if
    missing, before 1970 or past tomorrow), payment_method, source_name, payments[] (as `Payment Updated`), products[]:
    product_id (else sku, else name), line_id, variant, sku, name, category, brand, image_url, url, price (of one), quantity (1 if missing), amount
    (of the line, after discounts; quantity x price if missing), coupon.
    A missing subtotal is revenue, else total - shipping - tax, else the sum of the lines; a missing total is
    subtotal + shipping + tax. Rounded half up to the currency's minor unit.
    The earliest event with an order id has it, by (time, message id), whatever arrives first. Another one with an equal
    total is a repeat; with another total or currency it is rejected as `order_conflict`.
`Order Updated`
    The whole order again, as above. Of the order and its updates the newest says what is in it. Whose it is, when it
    was placed and whether it is history stays as the order said.
`Order Refunded`
    order_id, refund_id (the event's own id if missing; the earliest event with one has it), total or amount, currency
    (the order's if missing; another one is rejected), products[]: line_id or product_id, quantity, amount. Neither
    products nor total: everything. How it is split: `rules/refunds.py`. What exceeds the order is cut off and reported.
`Order Cancelled`
    order_id, reason. The earliest one counts, and for good. It gives the order's coupons back (their last day stays),
    and of the order's parcels nothing more is told. Money is the refunds' business: a cancelled order counts nothing.
`Payment Updated`
    order_id, payment_id (the order's only one if missing), method, provider, state (pending, authorized, paid, failed,
    refunded, voided), amount (the order's total if missing), currency (the order's if missing), instalments.
    The newest event about a payment has the last word.
`Shipment Updated`
    order_id, status (required: packed, in_transit, out_for_delivery, delivered, or one of AfterShip's nine names),
    shipment_id (missing: the order's only shipment), carrier, tracking_number, tracking_url, eta_date, message,
    products[] (what is in this parcel): line_id, product_id, quantity.
    A parcel's milestone is the furthest it reached; the rest is as the newest event says that names it.
`Product Updated`
    product_id (required), sku, name, category, categories[], brand, image_url, images[], url, price, currency (the
    shop's if missing), stock (nothing said: not known), is_active, variants[]: variant_id, sku, name, price, stock.
    Of each field the newest event that states it has the last word; what orders say of a product fills the rest.
`Product Deleted`
    product_id. Until a newer `Product Updated`.
`Product Added`, `Product Removed`
    product_id or sku, quantity (added: 1 if missing; removed: all of it), variant, name, price, ..., cart_id, currency.
`Cart Viewed`, `Cart Updated`, `Checkout Started`, `Checkout Updated`
    cart_id, checkout_id, products[] (all that is in it), value, currency, url or checkout_url. With an order_id, or
    is_completed, it is no news of the cart: the order tells.
    A cart goes by cart_id, else checkout_id; without either a customer has one. An order closes its customer's carts, and
    the one it names (cart_id, else checkout_id). What is in a cart: `rules/carts.py`; when it is abandoned: `ticks.py`.
`Customers Merged` (ours)
    The rows of this package follow.

An update, refund, payment, cancellation or parcel whose order is not known waits in the database, however long it takes.

Events recorded, in the batch's transaction, of live events only:

`Order Milestone Reached` {milestone_id, order_id, shipment_id, milestone, tracking_url, tracking_number, carrier, eta_date}
    once for each milestone (confirmed, packed, in_transit, out_for_delivery, delivered) that is reached;
    `milestone_id` is `<order_id>:<shipment_id>:<milestone>`. Not for a milestone already passed.
`Shipment Problem Reported` {report_id, order_id, shipment_id, problem, message, tracking_*, carrier, eta_date}
    once a parcel and problem (attempt_failed, exception, expired) before it is delivered.
`Shipment Ready For Pickup` {report_id, order_id, shipment_id, message, tracking_*, carrier, eta_date}: once a parcel.
`Order Delivered` {order_id, parcels}
    once an order, when its last parcel has arrived; where all parcels say what is in them, when nothing is missing.
`Coupon Released` {code, order_id, percent | amount_minor + currency}: by a cancelled order.
`Coupon Redeemed`: see `services.py`.

A malformed event changes nothing and stops nothing: it is counted and kept, with its reason, in commerce_rejected.
"""

from typing import Any, ClassVar

import structlog
from django.utils.translation import gettext_lazy
from prometheus_client import Counter

from vuelve.commerce.consumers import carts, catalogue, moves, orders, shipments
from vuelve.commerce.contracts import CART_EVENTS
from vuelve.commerce.rules.words import PAYMENT_STATES, SHIPMENT_STATUSES
from vuelve.commerce.services import SOURCE, SQL, hold_merges, settle_coupon_uses
from vuelve.customers.contracts import CUSTOMERS_MERGED
from vuelve.events import services as events
from vuelve.platform import limits
from vuelve.platform.extension import EventBatch, Text

log = structlog.get_logger(__name__)

REJECTED = Counter(
    "vuelve_commerce_rejected_total",
    "Events about orders, parcels, carts and products that were passed over, or taken in part.",
    ["event", "reason"],
)

ORDER_COMPLETED = "Order Completed"
ORDER_UPDATED = "Order Updated"
ORDER_REFUNDED = "Order Refunded"
ORDER_CANCELLED = "Order Cancelled"
PAYMENT_UPDATED = "Payment Updated"
SHIPMENT_UPDATED = "Shipment Updated"
PRODUCT_UPDATED = "Product Updated"
PRODUCT_DELETED = "Product Deleted"

_OF_ORDERS = frozenset(
    {
        ORDER_COMPLETED,
        ORDER_UPDATED,
        ORDER_REFUNDED,
        ORDER_CANCELLED,
        PAYMENT_UPDATED,
        SHIPMENT_UPDATED,
    }
)
_OF_CATALOGUE = frozenset({PRODUCT_UPDATED, PRODUCT_DELETED})
_OF_CARTS = frozenset(CART_EVENTS)

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
    "words": list(SHIPMENT_STATUSES),
    "statuses": [status for status, _milestone in SHIPMENT_STATUSES.values()],
    "milestones": [int(milestone) for _status, milestone in SHIPMENT_STATUSES.values()],
    "payment_words": list(PAYMENT_STATES),
    "payment_states": list(PAYMENT_STATES.values()),
}


class CommerceConsumer:
    name: ClassVar[str] = "commerce"
    label: ClassVar[Text] = gettext_lazy("Orders")
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity",)
    ownerless: ClassVar[frozenset[str]] = _OF_CATALOGUE

    def names(self) -> frozenset[str] | None:
        return _OF_ORDERS | _OF_CATALOGUE | _OF_CARTS | {CUSTOMERS_MERGED}

    def consume(self, batch: EventBatch) -> None:
        """Locks are taken in one order by everybody: merges, keys of orders, products, coupons, carts."""
        cursor = batch.cursor
        found = cursor.execute("SELECT DISTINCT shop_id, name FROM pg_temp.event_batch").fetchall()
        present = {name for _shop, name in found}
        cursor.execute(SQL["open_batch"])
        events.open_staging(cursor)
        hold_merges(
            cursor,
            shops={shop for shop, _name in found},
            merging={shop for shop, name in found if name == CUSTOMERS_MERGED},
        )
        catalogue.read_products(cursor, _BOUNDS, is_any=bool(present & _OF_CATALOGUE))
        are_all_fresh = True
        if present & _OF_ORDERS:
            are_all_fresh = _take_orders(batch, present)
        elif present & _OF_CATALOGUE:
            catalogue.write_products(cursor)
        carts.read_carts(cursor, _BOUNDS, is_any=bool(present & _OF_CARTS))
        if not are_all_fresh:
            cursor.execute(SQL["reopen_carts"])
        if present & (_OF_CARTS | {ORDER_COMPLETED, ORDER_UPDATED}):
            cursor.execute(SQL["close_carts"])
        events.record_staged(cursor, now=batch.now, source=SOURCE)
        _keep_rejected(batch)
        moves.follow_merges(cursor)


def _take_orders(batch: EventBatch, present: set[str]) -> bool:
    """Whether all of them are new."""
    cursor = batch.cursor
    has_payments = _read(batch, present)
    are_all_fresh = orders.hold_orders(cursor)
    if not are_all_fresh:
        moves.follow_claims(cursor)
        cursor.execute(SQL["drop_payments"])
    if ORDER_CANCELLED in present:
        cursor.execute(SQL["cancel_orders"])
    if present & _OF_CATALOGUE:
        catalogue.write_products(cursor)
    has_coupons = False
    if present & {ORDER_COMPLETED, ORDER_UPDATED}:
        cursor.execute(SQL["upsert_products"])
        has_coupons = orders.write_orders(
            cursor, _BOUNDS, are_all_fresh=are_all_fresh, has_updates=ORDER_UPDATED in present
        )
    if ORDER_REFUNDED in present:
        cursor.execute(SQL["keep_refunds"])
    if has_payments:
        cursor.execute(SQL["keep_payments"])
    if SHIPMENT_UPDATED in present:
        cursor.execute(SQL["own_shipments"])
    # Before the shipments move: an order that arrives after its shipment was sent is not confirmed any more.
    cursor.execute(SQL["stage_confirmed"])
    if SHIPMENT_UPDATED in present:
        shipments.advance_shipments(cursor)
    if not are_all_fresh or has_payments or present & {ORDER_REFUNDED, ORDER_CANCELLED, SHIPMENT_UPDATED}:
        orders.settle_orders(cursor)
    _use_coupons(batch, are_named=has_coupons)
    return are_all_fresh


def _read(batch: EventBatch, present: set[str]) -> bool:
    """Into the working tables, with the reason of what is malformed; whether there are payments."""
    cursor = batch.cursor
    if present & {ORDER_COMPLETED, ORDER_UPDATED}:
        orders.read_orders(cursor, _BOUNDS)
    if ORDER_REFUNDED in present:
        cursor.execute(SQL["read_refunds"], _BOUNDS)
    if ORDER_CANCELLED in present:
        cursor.execute(SQL["read_cancels"], _BOUNDS)
    if SHIPMENT_UPDATED in present:
        cursor.execute(SQL["read_shipments"], _BOUNDS)
    if present & {ORDER_COMPLETED, ORDER_UPDATED, PAYMENT_UPDATED}:
        return cursor.execute(SQL["read_payments"], _BOUNDS).rowcount > 0
    return False


def _use_coupons(batch: EventBatch, *, are_named: bool) -> None:
    cursor = batch.cursor
    cursor.execute(SQL["release_coupons"])
    if not are_named:
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
