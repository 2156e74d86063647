"""Orders: who has an order id, what is in the order, and what updates, refunds, payments and cancellations make of it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from vuelve.commerce.rules.refunds import Line, Order, Refund, RefundLine, settle
from vuelve.commerce.services import SQL
from vuelve.platform.db import Cursor, copy_rows, fetch_dicts

_Key = tuple[int, str]  # shop, order id


def read_orders(cursor: Cursor, bounds: Mapping[str, Any], seqs: list[int] | None = None) -> None:
    """Heads and lines of the batch's orders and updates, or only of the events named."""
    cursor.execute(SQL["read_orders"], {**bounds, "seqs": seqs})
    cursor.execute(SQL["read_lines"], {**bounds, "seqs": seqs})
    if cursor.execute(SQL["reject_orders_by_lines"]).rowcount:
        cursor.execute(SQL["drop_rejected_lines"])
    cursor.execute(SQL["fill_totals"])


def hold_orders(cursor: Cursor) -> bool:
    """Take or lock every order that the batch names, and settle whose it is; whether all of them are new."""
    touched = cursor.execute(SQL["touch_orders"]).rowcount
    # Without statistics a filter on these tables seems to leave one row, and joins compare each order with each.
    cursor.execute(
        "ANALYZE pg_temp.commerce_order_in (shop_id, order_id, claim_rank, reason), pg_temp.commerce_touch (shop_id, order_id, claim_rank)"
    )
    if cursor.execute(SQL["take_orders"]).rowcount == touched:
        return True
    cursor.execute(SQL["hold_orders"])
    cursor.execute(SQL["claim_orders"])
    cursor.execute(SQL["keep_claims"])
    return False


def write_orders(
    cursor: Cursor, bounds: Mapping[str, Any], *, are_all_fresh: bool, has_updates: bool
) -> bool:
    """What is in the orders now; whether new ones name coupons. Expects the keys held and rows of changed claims moved."""
    cursor.execute(SQL["report_conflicts"])
    cursor.execute(SQL["open_coupon_uses"])
    has_coupons = cursor.execute(SQL["collect_coupon_uses"]).rowcount > 0
    if has_updates:
        cursor.execute(SQL["keep_updates"])
    if not are_all_fresh:
        revived = [row[0] for row in cursor.execute(SQL["revive_updates"]).fetchall()]
        if revived:
            read_orders(cursor, bounds, revived)
    cursor.execute(SQL["choose_fresh" if are_all_fresh and not has_updates else "choose_contents"])
    cursor.execute(SQL["drop_other_lines"])
    cursor.execute(SQL["insert_orders"])
    cursor.execute(SQL["insert_items"])
    return has_coupons


def settle_orders(cursor: Cursor) -> None:
    """What refunds, payments, parcels and cancellations make of the batch's orders."""
    settle_refunds(cursor)
    cursor.execute(SQL["settle_payments"])
    cursor.execute(SQL["settle_orders"])
    cursor.execute(SQL["settle_deliveries"])
    cursor.execute(SQL["stage_delivered"])


def settle_refunds(cursor: Cursor) -> None:
    """What the refunds of the batch's orders give back, worked out anew from all of them."""
    orders = {(row["shop_id"], row["order_id"]): row for row in _fetch(cursor, "refunded_orders")}
    if not orders:
        return
    lines: defaultdict[_Key, list[Line]] = defaultdict(list)
    for row in _fetch(cursor, "lines_of_refunded"):
        key = row.pop("shop_id"), row.pop("order_id")
        lines[key].append(Line(number=row.pop("line"), **row))
    refunds: defaultdict[_Key, list[dict[str, Any]]] = defaultdict(list)
    for row in _fetch(cursor, "refunds_of_batch"):
        refunds[row["shop_id"], row["order_id"]].append(row)
    written: list[tuple[Any, ...]] = []
    given: list[tuple[Any, ...]] = []
    reports: list[tuple[Any, ...]] = []
    for key, row in orders.items():
        order = Order(row["currency"], row["digits"], row["total_minor"], lines[key])
        settled = settle(order, [_refund(each) for each in refunds[key]])
        place = (row["shop_id"], row["customer_id"], row["order_id"])
        given += ((*place, number, *gone) for number, gone in settled.lines.items())
        for each, asked in zip(settled.refunds, refunds[key], strict=True):
            written.append((*place, each.refund_id, each.outcome, each.amount_minor, each.excess_minor))
            if each.outcome in _REPORTS:
                reports.append(
                    (
                        row["shop_id"],
                        row["customer_id"],
                        asked["node_id"],
                        asked["event_seq"],
                        "Order Refunded",
                        row["order_id"],
                        _REPORTS[each.outcome],
                    )
                )
    _write(cursor, written, given, reports)


# What a merchant should look at, though the event was taken as far as it could be.
_REPORTS = {"capped": "refund_exceeds_order", "other_currency": "refund_currency"}


def _write(
    cursor: Cursor,
    refunds: Iterable[tuple[Any, ...]],
    lines: Iterable[tuple[Any, ...]],
    reports: Iterable[tuple[Any, ...]],
) -> None:
    cursor.execute(SQL["open_settled"])
    copy_rows(
        cursor,
        "commerce_refund_out (shop_id, customer_id, order_id, refund_id, outcome, amount_minor, excess_minor)",
        refunds,
    )
    copy_rows(
        cursor,
        "commerce_item_out (shop_id, customer_id, order_id, line, refunded_quantity, refunded_minor)",
        lines,
    )
    copy_rows(cursor, "commerce_report (shop_id, customer_id, node_id, seq, name, order_id, reason)", reports)
    cursor.execute(SQL["write_refunds"])


def _refund(row: Mapping[str, Any]) -> Refund:
    lines = json.loads(row["lines"], parse_float=Decimal) if row["lines"] else ()
    return Refund(
        refund_id=row["refund_id"],
        currency=row["currency"],
        requested=row["requested"],
        lines=[
            RefundLine(
                line_id=line["line_id"],
                product_id=line["product_id"],
                quantity=_decimal(line["quantity"]),
                amount=_decimal(line["amount"]),
            )
            for line in lines
        ],
    )


def _decimal(number: int | Decimal | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def _fetch(cursor: Cursor, statement: str) -> list[dict[str, Any]]:
    cursor.execute(SQL[statement])
    return fetch_dicts(cursor)
