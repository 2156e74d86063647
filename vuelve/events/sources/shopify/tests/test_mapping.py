"""What Shopify's payloads mean: amounts, identity, consent, parcels, history. Pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vuelve.events.sources.shopify.mapping import MAPPERS
from vuelve.events.sources.shopify.reading import number_of, plain
from vuelve.events.sources.shopify.tests.payloads import payload, topic
from vuelve.platform.errors import VuelveError
from vuelve.platform.stores import Mapped, Reception, StoreEvent, StoreRequestKind

CONNECTED = datetime(2026, 2, 1, tzinfo=UTC)


def read(name: str, /, *, at: datetime | None = None, backfill: bool = False, **changes: Any) -> Mapped:
    reception = Reception(
        received_at=at or datetime(2026, 3, 2, 16, 1, tzinfo=UTC),
        connected_at=CONNECTED,
        is_backfill=backfill,
    )
    return MAPPERS[topic(name)](topic(name), payload(name, **changes), reception)


def only(mapped: Mapped, name: str) -> StoreEvent:
    [event] = [event for event in mapped.events if event.name == name]
    return event


def test_an_order_is_said_in_shop_money_and_its_parts_add_up() -> None:
    order = only(read("orders__create"), "Order Completed")
    said = order.properties
    assert (said["order_id"], said["order_number"], said["currency"]) == ("5550001110001", "#1001", "MXN")
    parts = [Decimal(said[name]) for name in ("subtotal", "shipping", "tax")]
    assert (parts, sum(parts), said["total"]) == ([1080, 99, Decimal("172.8")], Decimal("1351.8"), "1351.8")
    assert (said["discount"], said["coupon"]) == ("120", "BIENVENIDA10")
    lines = said["products"]
    assert [
        (one["line_id"], one["product_id"], one["quantity"], one["price"], one["amount"]) for one in lines
    ] == [
        ("14100000000001", "8800000000001", 2, "300", "540"),
        ("14100000000002", "8800000000002", 1, "600", "540"),
    ]
    assert (lines[0]["variant"], lines[0]["name"], lines[0]["brand"]) == (
        "Azul",
        "Taza de barro",
        "Barro Ejemplo",
    )
    assert (order.user_id, order.email, order.phone) == (
        "shopify:7200300400501",
        "lucia@example.com",
        "+523312345678",
    )
    assert order.at == datetime(2026, 3, 2, 16, tzinfo=UTC)
    [payment] = said["payments"]
    assert (payment["state"], payment["method"], payment["amount"]) == ("pending", "card", "1351.8")


def test_prices_with_tax_in_them_and_a_foreign_currency() -> None:
    """A customer in dollars: the shop's pesos count; tax is taken out of what has it in."""
    order = only(read("orders__create.guest"), "Order Completed")
    said = order.properties
    assert (said["currency"], said["presentment_currency"], said["total"]) == ("MXN", "USD", "698")
    parts = [Decimal(said[name]) for name in ("subtotal", "shipping", "tax")]
    assert parts == [Decimal("500"), Decimal("101.72"), Decimal("96.28")]
    assert sum(parts) == Decimal(said["total"])
    assert (said["payment_method"], said["payments"][0]["provider"]) == ("wallet", "gift_card, paypal")
    # A guest: by e-mail and the phone given at the till, never by the phone of whoever gets the parcel.
    assert (order.user_id, order.email, order.phone) == (None, "huesped@example.com", "+12025550143")


def test_a_refund_in_a_foreign_currency_is_said_in_the_shop_s() -> None:
    refund = only(read("orders__cancelled"), "Order Refunded")
    assert (refund.properties["total"], refund.properties["products"][0]["amount"]) == ("698", "580")
    cancelled = only(read("orders__cancelled"), "Order Cancelled")
    assert cancelled.properties == {"order_id": "5550001110002", "reason": "customer"}


def test_a_refund_says_the_same_alone_and_in_its_order() -> None:
    alone = only(read("refunds__create"), "Order Refunded")
    inside = only(read("orders__updated"), "Order Refunded")
    assert (alone.message_id, alone.at, alone.properties) == (inside.message_id, inside.at, inside.properties)
    assert alone.properties == {
        "order_id": "5550001110001",
        "refund_id": "9900000000001",
        "total": "313.2",
        "reason": "Llegó rota",
        "products": [
            {"line_id": "14100000000001", "product_id": "8800000000001", "quantity": 1, "amount": "270"}
        ],
    }
    # Whose it is, alone, the order tells.
    [order] = read("orders__create").seen
    assert (alone.order_id, order.user_id, order.email) == (order.object_id, inside.user_id, inside.email)


def test_pieces_may_come_back_without_money() -> None:
    refund = only(read("refunds__create", transactions=[]), "Order Refunded")
    assert (refund.properties["total"], refund.properties["products"][0]["quantity"]) == ("0", 1)
    failed = payload("refunds__create")["transactions"][0] | {"status": "failure"}
    assert only(read("refunds__create", transactions=[failed]), "Order Refunded").properties["total"] == "0"


def test_two_states_of_one_second_have_an_order() -> None:
    """Created and paid at 10:00:03: paid is what holds, whichever comes first."""
    pending = only(read("orders__updated", **payload("orders__create")), "Order Updated")
    paid = only(read("orders__paid"), "Order Updated")
    assert paid.at - pending.at == timedelta(microseconds=30)
    assert paid.message_id != pending.message_id


def test_an_update_of_an_order_never_seen_is_a_whole_order() -> None:
    mapped = read("orders__updated", at=datetime(2026, 3, 9, 19, 1, tzinfo=UTC))
    first = only(mapped, "Order Completed")
    assert first.message_id == only(read("orders__create"), "Order Completed").message_id
    assert first.historical  # nobody is thanked a week late
    assert not only(mapped, "Order Refunded").historical
    assert not only(mapped, "Order Updated").historical


def test_what_began_before_the_connection_is_history_unless_it_is_of_today() -> None:
    def histories(
        name: str, received: datetime, connected: datetime, backfill: bool = False
    ) -> dict[str, bool]:
        reception = Reception(received_at=received, connected_at=connected, is_backfill=backfill)
        mapped = MAPPERS[topic(name)](topic(name), payload(name), reception)
        return {event.name: event.historical for event in mapped.events}

    refunded = datetime(2026, 3, 9, 19, 1, tzinfo=UTC)
    old = histories("orders__updated", refunded, connected=datetime(2026, 3, 8, tzinfo=UTC))
    assert (old["Order Completed"], old["Order Updated"], old["Order Refunded"]) == (True, True, False)
    placed = datetime(2026, 3, 2, 16, 1, tzinfo=UTC)
    fresh = histories("orders__paid", placed, connected=placed)
    assert not any(fresh[name] for name in ("Order Completed", "Order Updated"))
    brought = histories("orders__paid", placed, connected=placed, backfill=True)
    assert brought["Order Completed"]
    assert brought["Order Updated"]
    during = histories("orders__paid", placed, connected=datetime(2026, 3, 2, 15, tzinfo=UTC), backfill=True)
    assert not during["Order Completed"]  # made while the backfill ran: its thank-you must not be lost


def test_test_orders_are_skipped() -> None:
    mapped = read("orders__create.test")
    assert (mapped.events, mapped.seen, mapped.skipped) == ((), (), "test_order")


def test_bought_at_the_till_by_nobody_known() -> None:
    mapped = read("orders__paid", customer=None, email="", contact_email=None, phone=None)
    assert {event.anonymous_id for event in mapped.events} == {"shopify:order:5550001110001"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"created_at": "yesterday", "processed_at": None}, "created_at"),
        ({"currency": "PESOS"}, "currency"),
        ({"total_price": None, "total_price_set": None}, "total_price"),
        ({"total_price_set": {"shop_money": {"amount": "NaN"}}}, "total_price"),
        ({"total_price_set": {"shop_money": {"amount": "1e400"}}}, "total_price"),
        ({"line_items": {}}, "line_items"),
        ({"line_items": [{"quantity": -2}]}, "quantity"),
        ({"line_items": [{"quantity": 1}] * 501}, "line_items"),
        ({"refunds": ["x"]}, "refunds"),
    ],
)
def test_an_order_that_cannot_be_right_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(VuelveError) as refused:
        read("orders__updated", **changes)
    assert refused.value.field == field


def test_parcels_on_their_way() -> None:
    created = only(read("fulfillments__create"), "Shipment Updated")
    assert created.properties == {
        "order_id": "5550001110001",
        "shipment_id": "6600000000001",
        "status": "packed",
        "carrier": "Estafeta",
        "tracking_number": "EJ0000000001",
        "tracking_url": "https://rastreo.example/EJ0000000001",
    }
    assert created.message_id == only(read("orders__fulfilled"), "Shipment Updated").message_id
    assert only(read("fulfillments__update"), "Shipment Updated").properties["status"] == "in_transit"
    words = {
        word: only(read("fulfillment_events__create.delivered", status=word), "Shipment Updated").properties["status"]
        for word in ("confirmed", "label_printed", "out_for_delivery", "attempted_delivery", "ready_for_pickup", "failure", "delivered", "a_new_word")
    }  # fmt: skip
    assert words == {
        "confirmed": "info_received",
        "label_printed": "packed",
        "out_for_delivery": "out_for_delivery",
        "attempted_delivery": "attempt_fail",
        "ready_for_pickup": "available_for_pickup",
        "failure": "exception",
        "delivered": "delivered",
        "a_new_word": "pending",
    }
    assert (
        only(read("fulfillments__update", status="cancelled"), "Shipment Updated").properties["status"]
        == "exception"
    )


def test_consents_keep_their_own_time_and_source() -> None:
    mapped = read("customers__update", at=datetime(2026, 3, 10, 14, 1, tzinfo=UTC))
    revoked, granted = only(mapped, "Consent Revoked"), only(mapped, "Consent Granted")
    assert (revoked.properties["channel"], revoked.at) == ("email", datetime(2026, 3, 10, 14, tzinfo=UTC))
    assert (granted.properties["channel"], granted.at) == ("sms", datetime(2026, 3, 1, 18, tzinfo=UTC))
    assert granted.properties == {
        "channel": "sms",
        "purpose": "marketing",
        "source": "shopify (other)",
        "wording": "Shopify: confirmed_opt_in",
    }
    # Who was never asked has decided nothing.
    never = {"state": "not_subscribed", "opt_in_level": "unknown", "consent_updated_at": None}
    quiet = read("customers__update", email_marketing_consent=never, sms_marketing_consent=None)
    assert [event.name for event in quiet.events] == ["identify"]


def test_consent_says_the_same_through_each_topic() -> None:
    consent = payload("customers_email_marketing_consent__update")["email_marketing_consent"]
    alone = only(read("customers_email_marketing_consent__update"), "Consent Granted")
    within = read("customers__update", email_marketing_consent=consent, sms_marketing_consent=None)
    assert only(within, "Consent Granted").message_id == alone.message_id
    assert alone.user_id == "shopify:7200300400501"
    sms = only(read("customers_marketing_consent__update"), "Consent Revoked")
    assert (sms.properties["channel"], sms.phone) == ("sms", "+523312345678")


def test_a_deleted_customer_is_not_written_to_any_more() -> None:
    mapped = read("customers__delete")
    assert {(event.name, event.properties["channel"]) for event in mapped.events} == {
        ("Consent Revoked", "email"),
        ("Consent Revoked", "sms"),
    }
    assert mapped.seen[0].is_gone


def test_a_checkout_is_tied_to_who_it_turns_out_to_be() -> None:
    begun, known = read("checkouts__create"), read("checkouts__update")
    first, later = only(begun, "Checkout Started"), only(known, "Checkout Updated")
    assert (first.user_id, first.email) == (None, None)
    assert first.anonymous_id == later.anonymous_id == "shopify:cart:hWN2cart0001EXAMPLE"
    assert later.email == "lucia@example.com"
    assert later.properties["checkout_id"] == payload("orders__create")["checkout_token"]
    assert later.properties["checkout_url"].startswith("https://")
    assert (first.properties["value"], len(first.properties["products"])) == ("1200", 2)


def test_products() -> None:
    said = only(read("products__create"), "Product Updated").properties
    assert (said["product_id"], said["price"], said["stock"], said["is_active"]) == (
        "8800000000001",
        "300",
        12,
        True,
    )
    assert [(one["variant_id"], one["stock"]) for one in said["variants"]] == [
        ("8800000000008", 12),
        ("8800000000009", 0),
    ]
    assert not only(read("products__update"), "Product Updated").properties["is_active"]
    assert only(read("products__delete"), "Product Deleted").properties == {"product_id": "8800000000003"}


def test_privacy_requests_name_the_person() -> None:
    kinds = {
        name: read(name).requests[0]
        for name in ("customers__data_request", "customers__redact", "shop__redact")
    }
    assert [request.kind for request in kinds.values()] == list(StoreRequestKind)
    assert kinds["customers__redact"].user_id == "shopify:7200300400501"
    assert kinds["customers__redact"].email == "lucia@example.com"
    assert kinds["shop__redact"].user_id is None


@pytest.mark.parametrize("same", [123, "123", "gid://shopify/Order/123", "gid://shopify/Order/123?x=1"])
def test_ids_have_one_spelling(same: Any) -> None:
    assert number_of(same) == "123"


@pytest.mark.parametrize("other", [None, True, -1, 1.5, "12a", "gid://other/Order/1", {}, ""])
def test_what_is_no_id(other: Any) -> None:
    assert number_of(other) == ""


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_an_amount_has_one_spelling(value: Decimal) -> None:
    assert Decimal(plain(value)) == value
    assert plain(value) == plain(value.quantize(Decimal("0.0001")))


def test_hostile_texts_lose_what_the_database_cannot_keep() -> None:
    mapped = read("orders__create", name="#1\x00001", tags="x" * 5_000, email="a@b\x00.example")
    said = only(mapped, "Order Completed").properties
    assert (said["order_number"], len(said["tags"])) == ("#1001", 1_000)
