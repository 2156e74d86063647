"""Who is who, for other packages: look up, make, follow a move."""

from datetime import datetime

from vuelve.customers.contracts import CUSTOMERS_MERGED, Identifier, IdentifierKind
from vuelve.customers.rules.texts import normal_email
from vuelve.customers.services import consents, profiles
from vuelve.customers.services.settling import SQL, hold, open_tables, settle
from vuelve.events.contracts import Origin
from vuelve.platform import limits
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.phones import phone_e164


def resolve(
    *,
    shop: ShopId,
    user_id: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    anonymous_id: str | None = None,
) -> CustomerId | None:
    """The customer of the strongest identifier given, or None if nobody has it. `phone` with its country code."""
    identifiers = _identifiers(shop, user_id, email, phone, anonymous_id)
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT customer_id FROM customers_identifier WHERE shop_id = %s AND kind = %s AND value = %s",
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

    `key` decides, as an event's message id does, between two claims of one instant. `phone` with its country code.
    Waits for others who write identities of the shop: call it before consents are given in the same transaction.
    """
    identifiers = _identifiers(shop, user_id, email, phone, anonymous_id)
    top, given = identifiers[0], {each.kind: each.value for each in identifiers[1:]}
    with for_shop(shop) as cursor:
        hold(cursor, shop)
        open_tables(cursor)
        cursor.execute(
            "INSERT INTO pg_temp.customers_sighting (shop_id, kind, value, email, phone, anonymous_id, is_identify, "
            "seen_at, message_id) VALUES (%s, %s, %s, %s, %s, %s, true, %s, %s)",
            [
                *top,
                given.get(IdentifierKind.EMAIL),
                given.get(IdentifierKind.PHONE),
                given.get(IdentifierKind.ANONYMOUS),
                now,
                key,
            ],
        )
        settled = settle(cursor, now=now)
        consents.record(cursor, (), moves=settled.moves)
        cursor.execute(
            "INSERT INTO pg_temp.customers_seen (shop_id, customer_id, first_at, last_at) "
            "SELECT shop_id, node_id, %(now)s, %(now)s FROM customers_identifier "
            "WHERE shop_id = %(shop)s AND kind = %(kind)s AND value = %(value)s",
            {"now": now, "shop": shop, "kind": top.kind, "value": top.value},
        )
        profiles.refresh(cursor, settled, now=now)
        found = resolve(shop=shop, user_id=user_id, email=email, phone=phone, anonymous_id=anonymous_id)
    assert found is not None
    return found


def canonical(*, shop: ShopId, customer: CustomerId) -> CustomerId:
    """The customer that this one counts for, or the same."""
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT canonical_id FROM customers_alias WHERE shop_id = %s AND customer_id = %s",
            [shop, customer],
        ).fetchone()
    return CustomerId(row[0]) if row else customer


def open_moves(cursor: Cursor) -> int:
    """For consumers behind identity: fill `pg_temp.customers_moved (shop_id, node_id, from_id, into_id)` with what their
    batch tells has moved; returns how many. After the rest of the batch they move their rows of that node from
    `from_id` to `into_id`, which is where the node is now; `into_id` = `node_id`: a merge that does not hold any more.
    """
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS customers_moved (shop_id bigint NOT NULL, node_id bigint NOT NULL, "
        "from_id bigint NOT NULL, into_id bigint NOT NULL)"
    )
    cursor.execute("SELECT vuelve_clear('pg_temp.customers_moved')")
    cursor.execute(SQL["fill_moved"], {"merged": CUSTOMERS_MERGED, "ours": Origin.OURS})
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
        IdentifierKind.PHONE: None if phone is None else phone_e164(phone, "ZZ") or phone,
        IdentifierKind.ANONYMOUS: anonymous_id,
    }
    found = tuple(Identifier(shop, kind, value) for kind, value in given.items() if value)
    if not found:
        raise VuelveError("identity_missing", "Nobody is named.", hint="Give one identifier at least.")
    for each in found:
        if len(each.value) > limits.IDENTITY_CHARS_MAX:
            raise VuelveError("identity_too_long", f"The id has {len(each.value)} characters.")
    return found
