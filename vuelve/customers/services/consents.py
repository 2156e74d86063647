"""Consent: each decision is kept, and what holds is worked out from all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from vuelve.customers.contracts import CONSENT_GRANTED, CONSENT_REVOKED, SOURCE
from vuelve.customers.rules.consents import SOURCE_TRAITS, is_known
from vuelve.customers.rules.texts import clean_text
from vuelve.customers.services.settling import SQL, open_tables
from vuelve.events import services as events
from vuelve.platform import limits
from vuelve.platform.db import Cursor, copy_rows, for_shop
from vuelve.platform.errors import VuelveError, conflict, not_found
from vuelve.platform.ids import CustomerId, ShopId


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision to be kept under a node, and the customer for whom it counts."""

    shop: int
    node: int
    customer: int
    channel: str
    purpose: str
    is_granted: bool
    decided_at: datetime
    message_id: str
    source: str
    wording: str


def unsubscribe(
    *,
    shop: ShopId,
    customer: CustomerId,
    channel: str,
    purpose: str,
    now: datetime,
    key: str,
    source: str,
    wording: str = "",
) -> bool:
    """Revoke consent, at once and whatever was decided before; recorded as `Consent Revoked`.

    Idempotent by `key`: False if it was done before. Raises VuelveError `not_found`, `unknown_consent`, and
    `key_reused` if the key stands for another decision.
    """
    return _decide(shop, customer, channel, purpose, False, now, key, source, wording)


def grant(
    *,
    shop: ShopId,
    customer: CustomerId,
    channel: str,
    purpose: str,
    now: datetime,
    key: str,
    source: str,
    wording: str,
) -> bool:
    """Grant consent, with the words that the customer agreed to; recorded as `Consent Granted`. Else as unsubscribe."""
    return _decide(shop, customer, channel, purpose, True, now, key, source, wording)


def _decide(
    shop: ShopId,
    customer: CustomerId,
    channel: str,
    purpose: str,
    is_granted: bool,
    now: datetime,
    key: str,
    source: str,
    wording: str,
) -> bool:
    if not is_known(channel, purpose):
        raise VuelveError(
            "unknown_consent", f"There is no consent to `{purpose}` by `{channel}`.", field="channel"
        )
    source = source if source != SOURCE_TRAITS else SOURCE
    wording = clean_text(wording, limits.TRAIT_TEXT_CHARS_MAX)
    with for_shop(shop) as cursor:
        holder = _locked(cursor, shop, customer)
        row = cursor.execute(
            SQL["decided_before"],
            {"key": key, "shop": shop, "customer": holder, "channel": channel, "purpose": purpose},
        ).fetchone()
        assert row is not None
        latest, same_key = row
        if same_key is not None:
            if same_key is not is_granted:
                raise conflict("key_reused", "This key stands for another decision.", field="key")
            return False
        # A decision made here and now is the newest there is, even if an event's clock was ahead.
        decided_at = now if latest is None else max(now, latest + timedelta(microseconds=1))
        open_tables(cursor)
        record(
            cursor,
            [Decided(shop, holder, holder, channel, purpose, is_granted, decided_at, key, source, wording)],
        )
        events.record(
            shop=shop,
            name=CONSENT_GRANTED if is_granted else CONSENT_REVOKED,
            customer=holder,
            properties={"channel": channel, "purpose": purpose, "source": source, "wording": wording},
            key=key,
            now=now,
            source=SOURCE,
        )
        return True


def record(cursor: Cursor, decisions: Iterable[Decided], *, moves: int = 0) -> None:
    """Keep decisions and refresh what holds, also for who gained or lost a node; expects `open_tables`."""
    kept = list(decisions)
    if not kept and not moves:
        return
    copy_rows(
        cursor,
        "customers_decision (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source, wording)",
        (
            (
                each.shop,
                each.node,
                each.channel,
                each.purpose,
                each.is_granted,
                each.decided_at,
                each.message_id,
                each.source,
                each.wording,
            )
            for each in kept
        ),
    )
    copy_rows(
        cursor,
        "customers_decided (shop_id, customer_id, channel, purpose)",
        {(each.shop, each.customer, each.channel, each.purpose) for each in kept},
    )
    cursor.execute(SQL["lock_deciders"])
    cursor.execute(SQL["record_decisions"])
    if moves:
        cursor.execute(SQL["decide_moved"])
    cursor.execute(SQL["refresh_consents"], {"stated": SOURCE_TRAITS})


def _locked(cursor: Cursor, shop: ShopId, customer: CustomerId) -> CustomerId:
    """The customer that counts now, locked: who moves a node locks both customers before consents are worked out."""
    while True:
        row = cursor.execute(
            "SELECT canonical_id FROM customers_alias WHERE shop_id = %s AND customer_id = %s",
            [shop, customer],
        ).fetchone()
        if row is None:
            break
        customer = CustomerId(row[0])
    found = cursor.execute(
        "SELECT id FROM customers_customer WHERE shop_id = %s AND id = %s FOR NO KEY UPDATE", [shop, customer]
    ).fetchone()
    if found is None:
        raise not_found("customer")
    merged = cursor.execute(
        "SELECT canonical_id FROM customers_alias WHERE shop_id = %s AND customer_id = %s", [shop, customer]
    ).fetchone()
    return customer if merged is None else _locked(cursor, shop, CustomerId(merged[0]))
