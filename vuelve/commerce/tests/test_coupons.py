"""A coupon's life: issued, redeemed once by its customer while it is valid; every denial leaves all as it was."""

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from vuelve.commerce.contracts import Coupon, CouponTerms
from vuelve.commerce.rules.coupons import coupon_code, coupon_expires_at
from vuelve.commerce.services import issue, redeem
from vuelve.commerce.tests.support import ANA, BEA, NOW, Store, later
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CODE_ALPHABET, CustomerId

TEN = CouponTerms(percent=10, valid_days=7)


def issued(store: Store, *, customer: CustomerId = ANA, key: str = "k1", terms: CouponTerms = TEN) -> Coupon:
    return issue(shop=store.id, customer=customer, terms=terms, key=key, now=NOW)


# --- codes and expiry ---------------------------------------------------------------------------


def test_a_code_follows_from_the_key_and_the_secret_of_the_shop() -> None:
    code = coupon_code(signing_key="s", key="run:1:offer")
    assert code == coupon_code(signing_key="s", key="run:1:offer")
    assert re.fullmatch(f"[{CODE_ALPHABET}]{{10}}", code)
    others = [
        coupon_code(signing_key="t", key="run:1:offer"),
        coupon_code(signing_key="s", key="run:2:offer"),
    ]
    assert code not in [*others, coupon_code(signing_key="s", key="run:1:offer", attempt=1)]


def test_codes_use_the_whole_alphabet_and_do_not_meet() -> None:
    codes = {coupon_code(signing_key="s", key=str(n)) for n in range(20_000)}
    assert len(codes) == 20_000
    for position in range(10):
        assert {code[position] for code in codes} == set(CODE_ALPHABET)


@pytest.mark.parametrize(
    ("issued_at", "days", "zone", "expected"),
    [
        ("2026-03-05T12:00Z", 7, "America/Mexico_City", "2026-03-13T06:00Z"),
        # Late in the evening: the day of issue does not count.
        ("2026-03-06T05:50Z", 1, "America/Mexico_City", "2026-03-07T06:00Z"),
        ("2026-03-06T06:10Z", 1, "America/Mexico_City", "2026-03-08T06:00Z"),
        ("2026-03-05T12:00Z", 1, "Asia/Tokyo", "2026-03-06T15:00Z"),
        # Over a change of clocks the days are local ones: 23 and 25 hours.
        ("2026-03-27T12:00Z", 2, "Europe/Madrid", "2026-03-29T22:00Z"),
        ("2026-10-23T12:00Z", 2, "Europe/Madrid", "2026-10-25T23:00Z"),
        # In Santiago the day begins at one o'clock when the clocks go forward.
        ("2026-09-04T12:00Z", 1, "America/Santiago", "2026-09-06T04:00Z"),
    ],
)
def test_an_offer_of_n_days_ends_with_the_nth_local_day(
    issued_at: str, days: int, zone: str, expected: str
) -> None:
    at = datetime.fromisoformat(issued_at)
    ends = coupon_expires_at(issued_at=at, valid_days=days, zone=ZoneInfo(zone))
    assert ends == datetime.fromisoformat(expected)
    assert ends.tzinfo is UTC
    assert ends - at >= timedelta(days=days) - timedelta(hours=1)


# --- issue -----------------------------------------------------------------------------------------


def test_issue(store: Store) -> None:
    coupon = issued(store)
    assert coupon == Coupon(
        code=coupon_code(signing_key=store.shop.signing_key, key="k1"),
        customer=ANA,
        percent=10,
        amount_minor=None,
        currency=None,
        issued_at=NOW,
        expires_at=datetime(2026, 3, 13, 6, tzinfo=UTC),
    )
    assert store.recorded("Coupon Issued") == [
        {"code": coupon.code, "percent": 10, "expires_at": "2026-03-13T06:00:00Z"}
    ]


def test_the_same_key_is_the_same_coupon(store: Store) -> None:
    first = issued(store)
    again = issue(shop=store.id, customer=ANA, terms=TEN, key="k1", now=later(days=3))
    assert again == first
    assert len(store.rows("commerce_coupon", "code")) == 1
    assert len(store.recorded("Coupon Issued")) == 1


@pytest.mark.parametrize(
    ("customer", "terms"),
    [
        (BEA, TEN),
        (ANA, CouponTerms(percent=20)),
        (ANA, CouponTerms(amount_minor=1000, currency="MXN")),
    ],
)
def test_a_key_does_not_stand_for_two_coupons(store: Store, customer: CustomerId, terms: CouponTerms) -> None:
    issued(store)
    before = store.everything()
    with pytest.raises(VuelveError) as refusal:
        issued(store, customer=customer, terms=terms)
    assert (refusal.value.code, refusal.value.status) == ("coupon_key_reused", 409)
    assert store.everything() == before
    assert len(store.recorded("Coupon Issued")) == 1


def test_a_code_that_is_taken_gives_way_to_the_next(store: Store) -> None:
    taken = coupon_code(signing_key=store.shop.signing_key, key="k1")
    with for_shop(store.id) as cursor:
        cursor.execute(
            "INSERT INTO commerce_coupon (shop_id, customer_id, code, percent, issued_at, expires_at, idempotency_key) "
            "VALUES (%s, %s, %s, 5, %s, %s, 'another')",
            [store.id, BEA, taken, NOW, later(days=1)],
        )
    coupon = issued(store)
    assert coupon.code == coupon_code(signing_key=store.shop.signing_key, key="k1", attempt=1)
    assert issued(store) == coupon


# --- redemption on an order ----------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["as it is", "lower case and blanks"])
@pytest.mark.parametrize("where", ["order", "product"])
def test_an_order_redeems_the_coupon_it_names(store: Store, typed: str, where: str) -> None:
    coupon = issued(store)
    code = coupon.code if typed == "as it is" else f" {coupon.code.lower()} "
    named = {"coupon": code} if where == "order" else {"products": [{"product_id": "p", "coupon": code}]}
    store.order("A1", at=later(days=1), **named)
    store.consume()
    kept = store.one("commerce_coupon")
    assert (kept["redeemed_at"], kept["redeemed_order_id"]) == (later(days=1), "A1")
    assert store.recorded("Coupon Redeemed") == [{"code": coupon.code, "order_id": "A1", "percent": 10}]
    assert store.rows("commerce_coupon_refusal", "reason") == []


def test_order_and_product_with_the_same_code_redeem_it_once(store: Store) -> None:
    code = issued(store).code
    store.order("A1", coupon=code, products=[{"product_id": "p", "coupon": code}] * 2)
    store.consume()
    assert len(store.recorded("Coupon Redeemed")) == 1
    assert store.rows("commerce_coupon_refusal", "reason") == []


def test_an_amount_off_says_so(store: Store) -> None:
    coupon = issued(store, terms=CouponTerms(amount_minor=5000, currency="MXN"))
    store.order("A1", coupon=coupon.code)
    store.consume()
    assert store.recorded("Coupon Redeemed") == [
        {"code": coupon.code, "order_id": "A1", "amount_minor": 5000, "currency": "MXN"}
    ]


def refused(store: Store) -> list[Any]:
    return store.rows("commerce_coupon_refusal", "customer_id", "order_id", "code", "reason")


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_of_two_orders_the_first_redeems(store: Store, in_one_batch: bool) -> None:
    coupon = issued(store)
    store.order("A1", coupon=coupon.code)
    if not in_one_batch:
        store.consume()
    store.order("A2", coupon=coupon.code)
    store.consume()
    assert store.one("commerce_coupon")["redeemed_order_id"] == "A1"
    assert len(store.recorded("Coupon Redeemed")) == 1
    assert refused(store) == [(ANA, "A2", coupon.code, "already_redeemed")]
    # The store has taken the coupon: the order itself stands.
    assert store.rows("commerce_order", "order_id") == ["A1", "A2"]


def test_an_order_placed_too_late_does_not_redeem(store: Store) -> None:
    coupon = issued(store)
    store.order("A1", at=coupon.expires_at, coupon=coupon.code)
    store.consume()
    assert store.one("commerce_coupon")["redeemed_at"] is None
    assert store.recorded("Coupon Redeemed") == []
    assert refused(store) == [(ANA, "A1", coupon.code, "expired")]


def test_an_order_placed_in_time_redeems_though_it_arrives_late(store: Store) -> None:
    coupon = issued(store)
    store.order("A1", at=coupon.expires_at - timedelta(seconds=1), coupon=coupon.code)
    store.consume(now=coupon.expires_at + timedelta(days=2))
    assert store.one("commerce_coupon")["redeemed_order_id"] == "A1"


def test_somebody_elses_coupon_is_not_redeemed(store: Store) -> None:
    coupon = issued(store, customer=ANA)
    store.order("B1", customer=BEA, coupon=coupon.code)
    store.consume()
    assert store.one("commerce_coupon")["redeemed_at"] is None
    assert store.recorded("Coupon Redeemed") == []
    assert refused(store) == [(BEA, "B1", coupon.code, "other_customer")]
    store.order("A1", customer=ANA, coupon=coupon.code)
    store.consume()
    assert store.one("commerce_coupon")["redeemed_order_id"] == "A1"


def test_the_coupon_of_a_merged_customer_is_their_own(store: Store) -> None:
    coupon = issued(store, customer=BEA)
    store.merge(BEA, ANA, recorded=False)
    store.order("A1", customer=ANA, coupon=coupon.code)
    store.consume()
    assert store.one("commerce_coupon")["redeemed_order_id"] == "A1"


def test_a_code_that_is_not_ours_is_the_stores_own_affair(store: Store) -> None:
    store.order("A1", coupon="BLACKFRIDAY")
    store.consume()
    assert store.rows("commerce_order", "coupon_code") == ["BLACKFRIDAY"]
    assert (refused(store), store.recorded("Coupon Redeemed")) == ([], [])


def test_a_rejected_or_repeated_order_redeems_nothing(store: Store) -> None:
    coupon = issued(store)
    store.order("A1")
    store.order("A1", coupon=coupon.code)
    store.order("A2", coupon=coupon.code, total="NaN")
    store.consume()
    assert store.one("commerce_coupon")["redeemed_at"] is None
    assert (refused(store), store.recorded("Coupon Redeemed")) == ([], [])


# --- redemption of one code ------------------------------------------------------------------------


def redeemed(store: Store, code: str, order_id: str = "A1", **change: Any) -> Coupon:
    facts: dict[str, Any] = {"customer": ANA, "at": NOW, "now": NOW} | change
    return redeem(shop=store.id, code=code, order_id=order_id, **facts)


def test_redeem(store: Store) -> None:
    code = issued(store).code
    coupon = redeemed(store, code.lower())
    assert (coupon.code, coupon.redeemed_at, coupon.redeemed_order_id) == (code, NOW, "A1")
    assert redeemed(store, code) == coupon  # the same order again
    # ... and the order itself, when it is told.
    store.order("A1", coupon=code)
    store.consume()
    assert store.recorded("Coupon Redeemed") == [{"code": code, "order_id": "A1", "percent": 10}]
    assert refused(store) == []


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"at": later(days=8)}, "coupon_expired", 409),
        ({"customer": BEA}, "coupon_other_customer", 409),
        ({"order_id": "A2"}, "coupon_already_redeemed", 409),
        ({"code": "NOSUCHCODE"}, "not_found", 404),
    ],
)
def test_a_denied_redemption_changes_nothing(
    store: Store, change: dict[str, Any], code: str, status: int
) -> None:
    facts = {"code": issued(store).code} | change
    if code == "coupon_already_redeemed":
        redeemed(store, facts["code"])
    before = store.everything()
    with pytest.raises(VuelveError) as refusal:
        redeemed(store, **facts)
    assert (refusal.value.code, refusal.value.status) == (code, status)
    assert store.everything() == before


def test_another_shops_coupon_does_not_exist(store: Store) -> None:
    from vuelve.testing import make_shop

    code = issued(store).code
    other = Store(make_shop())
    with pytest.raises(VuelveError) as refusal:
        redeemed(other, code)
    assert refusal.value.status == 404
    assert store.one("commerce_coupon")["redeemed_at"] is None


def test_of_two_redemptions_at_once_one_wins(store: Store) -> None:
    code = issued(store).code
    start = threading.Barrier(2)
    results: list[str] = []

    def attempt(order_id: str) -> None:
        try:
            start.wait(10)
            redeemed(store, code, order_id)
            results.append("redeemed")
        except VuelveError as error:
            results.append(f"{error.status} {error.code}")
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(order,)) for order in ("A1", "A2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["409 coupon_already_redeemed", "redeemed"]
    assert len(store.recorded("Coupon Redeemed")) == 1


def test_a_redemption_waits_for_the_one_under_way(store: Store) -> None:
    """Deterministic: the second begins while the first holds the coupon, and must not win after it."""
    code = issued(store).code
    failures: list[str] = []

    def second() -> None:
        try:
            redeemed(store, code, "A2")
        except VuelveError as error:
            failures.append(error.code)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with for_shop(store.id):
        redeemed(store, code, "A1")  # not committed yet
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        assert failures == []
    thread.join(30)
    assert failures == ["coupon_already_redeemed"]
    assert store.one("commerce_coupon")["redeemed_order_id"] == "A1"
