"""Refunds: the same event from `refunds/create` and from the order that holds the refund."""

from decimal import Decimal
from typing import Any

from vuelve.events.sources.shopify.history import is_history
from vuelve.events.sources.shopify.reading import (
    Payload,
    amount,
    child,
    id_of,
    items,
    number_of,
    plain,
    shop_amount,
    text,
    time_of,
    without_blanks,
)
from vuelve.platform.stores import Mapped, Reception, StoreEvent


def anonymous_id(order: str) -> str:
    """Whose an order of nobody known is, and what belongs to an order that is not known yet."""
    return f"shopify:order:{order}"


def refund(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`refunds/create`."""
    order = id_of(payload, "order_id")
    who = {"anonymous_id": anonymous_id(order), "order_id": order}
    return Mapped(events=[refund_event(payload, order, who, reception)])


def refund_event(payload: Payload, order: str, who: dict[str, Any], reception: Reception) -> StoreEvent:
    at = time_of(payload, "created_at", "processed_at")
    lines = [_line(line) for line in items(payload, "refund_line_items")]
    total = _total(payload)
    return StoreEvent(
        name="Order Refunded",
        at=at,
        message_id=f"refund/{id_of(payload)}",
        properties=without_blanks(
            {
                "order_id": order,
                "refund_id": id_of(payload),
                "total": plain(total),
                "reason": text(payload.get("note")),
                "products": lines,
            }
        ),
        historical=is_history(at, reception),
        **who,
    )


def _line(line: Payload) -> dict[str, Any]:
    quantity = line.get("quantity")
    item = child(line, "line_item")
    subtotal = shop_amount(line, "subtotal")
    return without_blanks(
        {
            "line_id": number_of(line.get("line_item_id")) or number_of(item.get("id")),
            "product_id": number_of(item.get("product_id")),
            "quantity": quantity if isinstance(quantity, int) else 1,
            "amount": None if subtotal is None else plain(subtotal),
        }
    )


def _total(payload: Payload) -> Decimal:
    """What went back to the customer, in the shop's currency; 0 if pieces came back without money.

    A transaction states its amount in the currency that was charged; where that is not the shop's, the refund's own
    pairs of amounts say the rate of the day of sale.
    """
    total, rate = Decimal(0), _rate(payload)
    for one in items(payload, "transactions"):
        if text(one.get("kind")).lower() != "refund" or text(one.get("status")).lower() not in (
            "success",
            "",
        ):
            continue
        if child(child(one, "amount_set"), "shop_money"):
            total += shop_amount(one, "amount") or Decimal(0)
        else:
            total += amount(one.get("amount"), "amount") * rate
    return total.quantize(Decimal("0.01")) if rate != 1 else total


def _rate(payload: Payload) -> Decimal:
    for line in items(payload, "refund_line_items"):
        for name in ("subtotal_set", "total_tax_set"):
            shop, shown = (child(child(line, name), money) for money in ("shop_money", "presentment_money"))
            if shop and shown and amount(shown.get("amount"), name) > 0:
                return amount(shop.get("amount"), name) / amount(shown.get("amount"), name)
    return Decimal(1)
