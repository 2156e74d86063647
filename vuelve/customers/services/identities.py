"""Who is who, for other packages: look up, make, follow a merge."""

from datetime import datetime

from vuelve.customers.contracts import CUSTOMERS_MERGED, Identifier, IdentifierKind
from vuelve.customers.rules.identity import Sighting
from vuelve.customers.rules.texts import normal_email
from vuelve.customers.services import profiles
from vuelve.customers.services.settling import SQL, open_tables, settle
from vuelve.events.contracts import Origin
from vuelve.platform import limits
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId, ShopId


def resolve(
    *,
    shop: ShopId,
    user_id: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    anonymous_id: str | None = None,
) -> CustomerId | None:
    """The customer of the strongest identifier given, or None if nobody holds it. `phone` is E.164."""
    identifiers = _identifiers(shop, user_id, email, phone, anonymous_id)
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT coalesce(a.canonical_id, i.customer_id) FROM customers_identifier i "
            "LEFT JOIN customers_alias a ON a.shop_id = i.shop_id AND a.customer_id = i.customer_id "
            "WHERE i.shop_id = %s AND i.kind = %s AND i.value = %s",
            identifiers[0],
        ).fetchone()
    return None if row is None else CustomerId(row[0])


def claim(
    *,
    shop: ShopId,
    user_id: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    anonymous_id: str | None = None,
    now: datetime,
    key: str,
) -> CustomerId:
    """The customer of these identifiers, made if there is none; the same as an identify call at `now` would do.

    `key` decides, as an event's message id does, between two claims of one instant. `phone` is E.164.
    Raises VuelveError `busy` if other writers keep changing the same customers.
    """
    identifiers = _identifiers(shop, user_id, email, phone, anonymous_id)
    sighting = Sighting(identifiers=identifiers, at=now, message_id=key, is_identify=True)
    with for_shop(shop) as cursor:
        open_tables(cursor)
        settled = settle(cursor, [sighting], now=now, may_wait=False)
        profiles.refresh(cursor, settled, now=now)
        found = resolve(shop=shop, user_id=user_id, email=email, phone=phone, anonymous_id=anonymous_id)
    assert found is not None
    return found


def canonical(*, shop: ShopId, customer: CustomerId) -> CustomerId:
    """The customer that this one was merged into, or the same."""
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT canonical_id FROM customers_alias WHERE shop_id = %s AND customer_id = %s",
            [shop, customer],
        ).fetchone()
    return CustomerId(row[0]) if row else customer


def open_merges(cursor: Cursor) -> int:
    """For consumers behind identity: fill `pg_temp.customers_merged (shop_id, from_id, into_id)` with the merges in
    their batch; returns how many. They move their rows from `from_id` to `into_id` after the rest of the batch.
    """
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS customers_merged (shop_id bigint NOT NULL, from_id bigint NOT NULL, "
        "into_id bigint NOT NULL)"
    )
    cursor.execute("SELECT vuelve_clear('pg_temp.customers_merged')")
    cursor.execute(SQL["fill_merged"], {"merged": CUSTOMERS_MERGED, "ours": Origin.OURS})
    return cursor.rowcount


def _identifiers(
    shop: ShopId, user_id: str | None, email: str | None, phone: str | None, anonymous_id: str | None
) -> tuple[Identifier, ...]:
    address = None
    if email is not None:
        address = normal_email(email)
        if address is None:
            raise VuelveError("invalid_email", f"`{email[:60]}` is no e-mail address.", field="email")
    given = {
        IdentifierKind.USER: user_id,
        IdentifierKind.EMAIL: address,
        IdentifierKind.PHONE: phone,
        IdentifierKind.ANONYMOUS: anonymous_id,
    }
    found = tuple(Identifier(shop, kind, value) for kind, value in given.items() if value)
    if not found:
        raise VuelveError("identity_missing", "Nobody is named.", hint="Give one identifier at least.")
    for each in found:
        if len(each.value) > limits.IDENTITY_CHARS_MAX:
            raise VuelveError("identity_too_long", f"The id has {len(each.value)} characters.")
    return found
