"""Coupons: issue and redeem; when carts count as abandoned. With the consumer and the tick the only writers here.

Events recorded (amounts are integers in minor units):
`Coupon Issued` {code, percent | amount_minor + currency, expires_at (the first instant it is no longer valid)}
`Coupon Redeemed` {code, order_id, percent | amount_minor + currency}
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from vuelve.commerce.contracts import (
    CART_ABANDONED_MINUTES_MAX,
    CART_ABANDONED_MINUTES_MIN,
    Coupon,
    CouponTerms,
)
from vuelve.commerce.rules.coupons import coupon_code, coupon_expires_at, normalise_code
from vuelve.events import services as events
from vuelve.platform.db import Cursor, Statements, copy_rows, for_shop
from vuelve.platform.errors import VuelveError, conflict, not_found
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.contracts import ShopFacts
from vuelve.shops.queries import facts
from vuelve.shops.services import audit

SQL = Statements(__file__)
SOURCE = "commerce"

# Two keys of a shop meet in one code about once in 1,200 shops of a million coupons; five times in a row never.
CODE_ATTEMPTS_MAX = 5


# Shops share so many locks: a batch may hold rows of a thousand shops, the server's lock table not that many locks.
_MERGE_LOCKS = 64


def hold_merges(cursor: Cursor, *, shops: Iterable[int], merging: Collection[int] = ()) -> None:
    """Taken before writing rows of customers until the commit, so that a merge neither misses a row nor meets it half.

    Whoever moves rows of merged customers takes it for itself alone (`merging`): it then sees all rows that were
    written for a customer before the merge was known. Before any lock on a row, and in the order of their numbers:
    otherwise two batches could wait for each other.
    """
    locks = dict.fromkeys((shop % _MERGE_LOCKS for shop in shops), "pg_advisory_xact_lock_shared")
    locks |= dict.fromkeys((shop % _MERGE_LOCKS for shop in merging), "pg_advisory_xact_lock")
    for number in sorted(locks):
        cursor.execute(f"SELECT {locks[number]}(hashtext('commerce_merge'), %s)", [number])


def open_coupons(cursor: Cursor) -> None:
    """Make `pg_temp.commerce_coupon_wanted (customer_id, idempotency_key)` if need be, and empty it."""
    cursor.execute(SQL["open_coupons"])


def issue_staged(cursor: Cursor, *, shop: ShopFacts, terms: CouponTerms, now: datetime) -> int:
    """Issue a coupon for each row of `pg_temp.commerce_coupon_wanted`, in the caller's transaction; returns how many are new.

    A key that has its coupon keeps it, expiry included. Raises VuelveError `coupon_key_reused` (409) if a key stands
    for a coupon of other terms or of another customer.
    """
    hold_merges(cursor, shops=[shop.id])
    parameters: dict[str, object] = {
        "shop": shop.id,
        "percent": terms.percent,
        "amount_minor": terms.amount_minor,
        "currency": terms.currency,
        "now": now,
        "expires_at": coupon_expires_at(issued_at=now, valid_days=terms.valid_days, zone=shop.zone),
    }
    _insert_with_free_codes(cursor, shop, parameters)
    other = cursor.execute(SQL["coupon_of_other_terms"], parameters).fetchone()
    if other:
        raise conflict(
            "coupon_key_reused", f"`{other[0]}` stands for another coupon.", field="idempotency_key"
        )
    events.open_staging(cursor)
    cursor.execute(SQL["stage_issued"], parameters)
    issued = cursor.rowcount
    events.record_staged(cursor, now=now, source=SOURCE)
    return issued


def _insert_with_free_codes(cursor: Cursor, shop: ShopFacts, parameters: dict[str, object]) -> None:
    """Codes follow from the keys; where one is taken by another key, the next candidate is tried."""
    for attempt in range(CODE_ATTEMPTS_MAX):
        keys = [row[0] for row in cursor.execute(SQL["wanted_without_coupon"], {"shop": shop.id}).fetchall()]
        if not keys:
            return
        cursor.execute("SELECT vuelve_clear('pg_temp.commerce_coupon_candidate')")
        copy_rows(
            cursor,
            "commerce_coupon_candidate (idempotency_key, code)",
            ((key, coupon_code(signing_key=shop.signing_key, key=key, attempt=attempt)) for key in keys),
        )
        cursor.execute(SQL["insert_coupons"], parameters)
    if cursor.execute(SQL["wanted_without_coupon"], {"shop": shop.id}).fetchone():
        raise VuelveError("coupon_codes_exhausted", "No free coupon code was found.", status=500)


def issue(*, shop: ShopId, customer: CustomerId, terms: CouponTerms, key: str, now: datetime) -> Coupon:
    """One coupon. The same key again returns the first one; with other terms or customer it is an error (409)."""
    with for_shop(shop) as cursor:
        open_coupons(cursor)
        cursor.execute(
            "INSERT INTO pg_temp.commerce_coupon_wanted (customer_id, idempotency_key) VALUES (%s, %s)",
            [customer, key],
        )
        issue_staged(cursor, shop=facts(shop), terms=terms, now=now)
        row = cursor.execute(SQL["coupon_by_key"], {"shop": shop, "key": key}).fetchone()
        assert row is not None
        return Coupon(*row)


def redeem(
    *, shop: ShopId, customer: CustomerId, code: str, order_id: str, at: datetime, now: datetime
) -> Coupon:
    """Redeem one coupon for an order placed `at`. The same order again returns the first result.

    Raises VuelveError `coupon_expired`, `coupon_already_redeemed` or `coupon_other_customer` (409), `not_found` (404). Of two at once one wins. Nothing is kept of a denial: this asks, an order that names a coupon
    tells (see `consumers.py`).
    """
    code = normalise_code(code)
    with for_shop(shop) as cursor:
        hold_merges(cursor, shops=[shop])
        cursor.execute(SQL["open_coupon_uses"])
        cursor.execute(
            SQL["stage_use"],
            {"shop": shop, "customer": customer, "order_id": order_id, "code": code, "at": at},
        )
        settle_coupon_uses(cursor)
        used = cursor.execute("SELECT outcome FROM pg_temp.commerce_coupon_use").fetchone()
        if used is None or used[0] is None:
            raise not_found("coupon")
        if used[0] in _REFUSALS:
            raise conflict(f"coupon_{used[0]}", _REFUSALS[used[0]], field="code")
        events.open_staging(cursor)
        cursor.execute(SQL["stage_redeemed"])
        events.record_staged(cursor, now=now, source=SOURCE)
        row = cursor.execute(SQL["coupon_by_code"], {"shop": shop, "code": code}).fetchone()
        assert row is not None
        return Coupon(*row)


def settle_coupon_uses(cursor: Cursor) -> None:
    """Judge the uses of `pg_temp.commerce_coupon_use`, and redeem what is to be redeemed."""
    cursor.execute(SQL["judge_coupon_uses"])
    cursor.execute(SQL["redeem_coupons"])


def set_cart_abandoned_minutes(*, shop: ShopId, minutes: int, actor: str) -> None:
    """After how long without an order a cart counts as abandoned. Raises VuelveError `cart_minutes`."""
    if not CART_ABANDONED_MINUTES_MIN <= minutes <= CART_ABANDONED_MINUTES_MAX:
        raise VuelveError(
            "cart_minutes",
            f"The minutes must be a whole number from {CART_ABANDONED_MINUTES_MIN} to {CART_ABANDONED_MINUTES_MAX}.",
            field="minutes",
        )
    with for_shop(shop) as cursor:
        cursor.execute(
            "INSERT INTO commerce_setting (shop_id, cart_abandoned_minutes) VALUES (%s, %s) "
            "ON CONFLICT (shop_id) DO UPDATE SET cart_abandoned_minutes = excluded.cart_abandoned_minutes",
            [shop, minutes],
        )
        audit(shop=shop, actor=actor, action="Cart Delay Changed", detail={"minutes": minutes})


_REFUSALS = {
    "expired": "The coupon has expired.",
    "already_redeemed": "The coupon has been redeemed.",
    "other_customer": "The coupon belongs to another customer.",
}
