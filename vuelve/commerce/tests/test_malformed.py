"""A malformed order is passed over whole, with its reason, and stops nobody else."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from vuelve.commerce.tests.support import ANA, Store
from vuelve.platform import limits

LINE = {"product_id": "p", "price": 1}


def counted(event: str, reason: str) -> float:
    labels = {"event": event, "reason": reason}
    return REGISTRY.get_sample_value("vuelve_commerce_rejected_total", labels) or 0.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"order_id": None}, "order_id_missing"),
        ({"order_id": "  "}, "order_id_missing"),
        ({"order_id": {"no": "id"}}, "order_id_missing"),
        ({"order_id": ["A1"]}, "order_id_missing"),
        ({"order_id": True}, "order_id_missing"),
        ({"order_id": "x" * (limits.ORDER_ID_CHARS_MAX + 1)}, "order_id_too_long"),
        ({"currency": "PESOS"}, "currency_unknown"),
        ({"currency": "XXX"}, "currency_unknown"),
        ({"currency": {"code": "MXN"}}, "currency_unknown"),
        ({"total": "NaN"}, "amount_not_a_number"),
        ({"total": "Infinity"}, "amount_not_a_number"),
        ({"total": "1,234.50"}, "amount_not_a_number"),
        ({"total": "$5"}, "amount_not_a_number"),
        ({"total": {"amount": 5}}, "amount_not_a_number"),
        ({"total": [5]}, "amount_not_a_number"),
        ({"total": True}, "amount_not_a_number"),
        ({"total": "9" * 61}, "amount_not_a_number"),
        ({"total": "1e999"}, "amount_not_a_number"),
        ({"total": "1\u00a0"}, "amount_not_a_number"),
        ({"shipping": "free"}, "amount_not_a_number"),
        ({"total": -1}, "amount_negative"),
        ({"tax": "-0.01"}, "amount_negative"),
        ({"discount": -5}, "amount_negative"),
        ({"total": 1e15}, "amount_too_large"),
        ({"total": "1e99"}, "amount_too_large"),
        ({"revenue": limits.AMOUNT_MINOR_MAX}, "amount_too_large"),
        ({"products": "camera"}, "products_not_a_list"),
        ({"products": {"product_id": "p"}}, "products_not_a_list"),
        ({"products": 7}, "products_not_a_list"),
        ({"products": [LINE, 7]}, "product_not_an_object"),
        ({"products": [[LINE]]}, "product_not_an_object"),
        ({"products": [LINE, None]}, "product_not_an_object"),
        ({"products": [LINE] * (limits.ORDER_LINES_MAX + 1)}, "too_many_lines"),
        ({"products": [LINE, {"price": 1}]}, "product_id_missing"),
        ({"products": [{"product_id": "x" * 256}]}, "product_id_too_long"),
        ({"products": [LINE | {"price": "NaN"}]}, "amount_not_a_number"),
        ({"products": [LINE | {"quantity": "two"}]}, "amount_not_a_number"),
        ({"products": [LINE | {"price": -1}]}, "amount_negative"),
        ({"products": [LINE | {"quantity": -1}]}, "amount_negative"),
        ({"products": [LINE | {"amount": "-1"}]}, "amount_negative"),
        ({"products": [LINE | {"quantity": 10**7}]}, "amount_too_large"),
        ({"products": [LINE | {"price": 1e9, "quantity": 10**6}]}, "amount_too_large"),
        ({"note": "nul \x00 inside"}, "unreadable"),
        ({"note\x00": 1}, "unreadable"),
        ({"products": [LINE | {"name": "\ud83d"}]}, "unreadable"),
        ({"note": "\udc00 the wrong way round \ud83d"}, "unreadable"),
    ],
)
def test_a_malformed_order_changes_nothing_but_is_seen(
    store: Store, change: dict[str, Any], reason: str
) -> None:
    before, counter = store.everything(), counted("Order Completed", reason)
    store.order(**{"order_id": "BAD", "coupon": "HOLA", "products": [LINE], **change})
    store.consume()
    assert store.everything() == before
    rejected = store.one("commerce_rejected")
    assert (rejected["customer_id"], rejected["event_name"], rejected["reason"]) == (
        ANA,
        "Order Completed",
        reason,
    )
    assert counted("Order Completed", reason) == counter + 1


def test_the_others_of_the_batch_go_on(store: Store) -> None:
    store.order("A1", products=[LINE])
    store.order(None)
    store.order("A2", total="NaN")
    store.order("A3", products=[LINE, 7])
    store.order("A4", products=[LINE | {"price": -1}])
    store.track("Order Completed", ANA, [1, 2])
    store.track("Order Completed", ANA, {"order_id": "A5", "note": "\x00"})
    store.ship("delivered", order_id="A1")
    store.order("A6", products=[LINE])
    store.consume()
    assert store.rows("commerce_order", "order_id") == ["A1", "A6"]
    assert store.rows("commerce_order_key", "order_id") == ["A1", "A6"]
    assert store.rows("commerce_item", "order_id") == ["A1", "A6"]
    assert sorted(store.milestones()) == ["A1::confirmed", "A1:P1:delivered", "A6::confirmed"]
    assert store.rows("commerce_rejected", "order_id", "reason") == [
        ("A2", "amount_not_a_number"),
        ("A3", "product_not_an_object"),
        ("A4", "amount_negative"),
        (None, "order_id_missing"),
        (None, "unreadable"),
        (None, "unreadable"),
    ]


@pytest.mark.parametrize("batches", [1, 2])
def test_a_rejected_order_may_come_again_mended(store: Store, batches: int) -> None:
    store.order("A1", products=[LINE | {"price": "a lot"}])
    if batches == 2:
        store.consume()
    store.order("A1", products=[LINE])
    store.order("A1", total=5)  # and this one is a repeat
    store.consume()
    assert store.rows("commerce_order", "order_id", "total_minor") == [("A1", 10000)]
    assert store.rows("commerce_item", "line", "price_minor") == [(1, 100)]
    assert store.milestones() == ["A1::confirmed"]


@pytest.mark.parametrize(
    "text", ["😀 \\u0000 \\\\ud800", "ñandú \\", '"\\u0000"', "日本 \U0001f600\U0001f601"]
)
def test_what_only_looks_unreadable_is_read(store: Store, text: str) -> None:
    store.order(products=[LINE | {"name": text}])
    store.consume()
    assert store.rows("commerce_product", "name") == [text]


def test_odd_values_of_what_is_not_needed_do_no_harm(store: Store) -> None:
    odd = LINE | {"name": ["a"], "category": {"b": 1}, "url": 7, "brand": True, "coupon": []}
    store.order(coupon={"code": "X"}, products=[odd], email=None)
    store.consume()
    assert store.rows("commerce_item", "product_id") == ["p"]
    assert store.rows("commerce_rejected", "reason") == []
